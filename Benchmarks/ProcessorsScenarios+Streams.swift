import AtelierJSON
import AtelierMemo
import AtelierProcessors
import Synchronization

extension Scenario {
    /// Caches, windows and text.
    static let streams: [Scenario] = [
        Scenario(name: "cache_hits", defaults: ["distinct": 1000, "rounds": 10, "bytes": 1024]) { parameters in
            let distinct = parameters.integer("distinct"), rounds = parameters.integer("rounds")
            let count = max(12, parameters.integer("bytes"))
            let made: @Sendable (Int) -> Part = { Part(numbered($0, count: count)) }
            let calls = Counter()
            let work = AsyncPartFunction { part, output in
                calls.add()
                try await output.emit(Part(String(try part.text.prefix(12))))
            }
            let cached = work.cached(in: try Cache(entryLimit: distinct * 2), as: "work")
            try await cached(source(distinct, made)).drain()
            var fold = Fold()
            let seconds = try await time {
                for _ in 0..<rounds { for try await part in cached(source(distinct, made)) { fold.add(part) } }
            }
            return Outcome(
                seconds: seconds, metrics: ["hits_per_s": Double(distinct * rounds) / seconds, "misses": Double(calls.count)],
                check: fold.check())
        },
        Scenario(name: "hash", defaults: ["bytes": 1024, "kind": "text", "iters": 1000]) { parameters in
            let count = parameters.integer("bytes"), iterations = parameters.integer("iters")
            let bytes = (0..<count).map { index -> UInt8 in UInt8((index % 251 * 131 + 17) & 0x7F | 0x20) }
            let isText = parameters.text("kind") == "text", metadata: Metadata = ["a": 1, "b": "two"]
            // New bytes each time, as a key is remembered with them.
            func part() throws -> Part {
                isText
                    ? Part(String(decoding: bytes, as: UTF8.self), metadata: metadata)
                    : try Part(bytes: Blob(bytes), mimeType: "image/png", metadata: metadata)
            }
            var key: ContentKey?, seconds = 0.0
            let clock = ContinuousClock()
            for _ in 0..<iterations {
                let part = try part(), start = clock.now
                key = ContentKey(of: part)
                seconds += (clock.now - start) / .seconds(1)
                keep(key)
            }
            return Outcome(
                seconds: seconds,
                metrics: [
                    "us_per_hash": seconds / Double(iterations) * 1e6, "gb_per_s": Double(count * iterations) / seconds / 1e9,
                ], check: ["parts": .integer(iterations), "bytes": .integer(count), "sha256": ""])
        },
        Scenario(name: "window", defaults: ["parts": 5000, "turn": 10, "keep_turns": 3]) { parameters in
            let count = parameters.integer("parts"), turn = parameters.integer("turn"), kept = parameters.integer("keep_turns")
            let counting = StreamFunction { input, output in
                var count = 0
                for try await _ in input { count += 1 }
                try await output.emit(Part("\(count)"))
            }
            let window = Window(counting, keeping: kept == 0 ? .all : .lastTurns(kept))
            let parts = source(count) { ($0 + 1) % turn == 0 ? .endOfTurn() : textPart($0) }
            var fold = Fold()
            let seconds = try await time { for try await part in window(parts) { fold.add(part) } }
            return Outcome(seconds: seconds, metrics: ["parts_per_s": Double(count) / seconds], check: fold.check())
        },
        Scenario(name: "text_match", defaults: ["parts": 10000, "every": 20]) { parameters in
            let count = parameters.integer("parts"), every = parameters.integer("every")
            let match = TextMatch(try TextPattern(#"\[[^\]]*\]"#), into: "hit")
            let parts = source(count) { index in
                switch index % every {
                case 0: Part(" aa[b")
                case 1: Part("c]dd ")
                default: Part("token ")
                }
            }
            var fold = Fold(), hits = 0
            let seconds = try await time {
                for try await part in match(parts) {
                    if part.substream == "hit" { hits += 1 }
                    fold.add(part)
                }
            }
            guard case .object(var check) = fold.check() else { preconditionFailure("a check is an object") }
            check.append(.init("hits", .integer(hits)))
            return Outcome(seconds: seconds, metrics: ["parts_per_s": Double(count) / seconds], check: .object(check))
        },
    ]
}

/// `c`, ten digits, `-`, and `y` up to a length.
private func numbered(_ number: Int, count: Int) -> String {
    String(unsafeUninitializedCapacity: count) { bytes in
        bytes.update(repeating: UInt8(ascii: "y"))
        (bytes[0], bytes[11]) = (UInt8(ascii: "c"), UInt8(ascii: "-"))
        var rest = number
        for place in (1...10).reversed() {
            bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return count
    }
}
