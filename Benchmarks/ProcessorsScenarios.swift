import AtelierJSON
import AtelierMemo
import AtelierProcessors
import Synchronization

extension Scenario {
    /// Chains, maps, parallels, splits, and parts by themselves.
    static let core: [Scenario] = [
        Scenario(name: "chain", defaults: ["parts": 10000, "stages": 1]) { parameters in
            try await run(chain(of: parameters.integer("stages")), parameters)
        },
        Scenario(name: "stream_chain", defaults: ["parts": 10000, "stages": 1]) { parameters in
            try await run(Chain((0..<parameters.integer("stages")).map { _ in appendToStream }), parameters)
        },
        Scenario(name: "map_await", defaults: ["parts": 200, "delay_ms": 10]) { parameters in
            let count = parameters.integer("parts"), delay = Duration.milliseconds(parameters.integer("delay_ms"))
            let slow = AsyncPartFunction { part, output in
                try await pause(for: delay)
                try await output.emit(Part(try part.text + "x"))
            }
            var fold = Fold()
            let seconds = try await time { for try await part in slow(source(count), limits: .unbounded) { fold.add(part) } }
            return Outcome(
                seconds: seconds,
                metrics: ["parts_per_s": Double(count) / seconds, "overhead_ms": (seconds - delay / .seconds(1)) * 1000],
                check: fold.check())
        },
        Scenario(name: "parallel", defaults: ["parts": 10000]) { parameters in
            let count = parameters.integer("parts")
            func tag(_ name: String, _ matches: @escaping @Sendable (MIMEType) -> Bool) -> PartFunction {
                PartFunction(matching: { matches($0.mimeType) }) { part, emitter in
                    let text = part.bytes.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
                    emitter.emit(Part(name + ":" + text))
                }
            }
            let media = Parallel([tag("T", \.isText), tag("I", \.isImage), tag("A", \.isAudio)], passing: .unlessOutput)
            let types: [MIMEType] = ["text/plain", "image/png", "audio/wav", "application/x-other"]
            let mixed = source(count) { index in
                let type = types[index & 3]
                return try type.isText ? Part("part-\(index)") : Part(bytes: Blob("part-\(index)"), mimeType: type)
            }
            var fold = Fold()
            let seconds = try await time { for try await part in media(mixed) { fold.add(part) } }
            return Outcome(seconds: seconds, metrics: ["parts_per_s": Double(count) / seconds], check: fold.check())
        },
        Scenario(name: "first_part", defaults: ["parts": 10000, "stages": 8, "delay_ms": 0]) { parameters in
            let count = parameters.integer("parts"), delay = Duration.milliseconds(parameters.integer("delay_ms"))
            let produced = Counter()
            let parts = source(count) { index in
                if delay > .zero, index > 0 { try await Task.sleep(for: delay) }
                produced.add()
                return textPart(index)
            }
            let processor = chain(of: parameters.integer("stages"))
            var fold = Fold(), first: Double?, ahead = 0
            let clock = ContinuousClock(), start = clock.now
            for try await part in processor(parts) {
                if first == nil {
                    first = (clock.now - start) / .seconds(1)
                    ahead = produced.count
                }
                fold.add(part)
            }
            return Outcome(
                seconds: (clock.now - start) / .seconds(1),
                metrics: ["first_part_us": (first ?? 0) * 1e6, "source_ahead_parts": Double(ahead)], check: fold.check())
        },
        Scenario(name: "bounded", defaults: ["parts": 100000, "bytes": 10240, "stages": 2, "sleep_every": 100]) { parameters in
            let count = parameters.integer("parts"), every = parameters.integer("sleep_every")
            let padding = String(repeating: "z", count: max(0, parameters.integer("bytes") - 12))
            let produced = Counter()
            let parts = source(count) { index in
                produced.add()
                return Part("b\(tenDigits(index))-" + padding)
            }
            let processor = chain(of: parameters.integer("stages"))
            var fold = Fold(), seen = 0, ahead = 0
            let seconds = try await time {
                for try await part in processor(parts) {
                    seen += 1
                    ahead = max(ahead, produced.count - seen)
                    fold.add(part)
                    if seen % every == 0 { try await Task.sleep(for: .milliseconds(1)) }
                }
            }
            return Outcome(
                seconds: seconds, metrics: ["parts_per_s": Double(count) / seconds, "max_ahead_parts": Double(ahead)], check: fold.check())
        },
        Scenario(name: "split_merge", defaults: ["parts": 10000, "ways": 3, "mode": "concat"]) { parameters in
            let count = parameters.integer("parts"), ways = parameters.integer("ways"), isMerge = parameters.text("mode") == "merge"
            var fold = Fold()
            let seconds = try await time {
                let branches = try source(count).split(into: ways)
                let joined = isMerge ? PartStream.merging(branches) : .concatenation(of: branches, limits: .unbounded)
                for try await part in joined { fold.add(part) }
            }
            return Outcome(
                seconds: seconds, metrics: ["parts_per_s": Double(count * ways) / seconds], check: fold.check(isOrdered: !isMerge))
        },
        Scenario(name: "serde", defaults: ["parts": 10000, "bytes": 200]) { parameters in
            let count = parameters.integer("parts"), text = String(repeating: "q", count: parameters.integer("bytes"))
            let parts = (0..<count).map { Part(text + "\($0)", role: "user", metadata: ["i": .integer($0), "s": "v"]) }
            let clock = ContinuousClock(), start = clock.now
            let lines = parts.map(\.json)
            let encoded = clock.now
            let back = try lines.map { try Part(json: $0) }
            let end = clock.now
            guard back == parts else { throw Arguments.Problem(text: "parts came back changed") }
            let encoding = (encoded - start) / .seconds(1), decoding = (end - encoded) / .seconds(1)
            return Outcome(
                seconds: encoding + decoding,
                metrics: [
                    "parts_per_s": Double(count) / (encoding + decoding), "encode_parts_per_s": Double(count) / encoding,
                    "decode_parts_per_s": Double(count) / decoding,
                ], check: ["parts": .integer(count), "bytes": 0, "sha256": ""])
        },
        Scenario(name: "construct", defaults: ["parts": 200000]) { parameters in
            let count = parameters.integer("parts")
            var length = 0
            let seconds = try await time {
                for index in 0..<count {
                    let part = Part("hello", role: "user", metadata: ["i": .integer(index)])
                    keep(part)
                    length += try part.text.utf8.count
                }
            }
            return Outcome(
                seconds: seconds, metrics: ["ns_per_part": seconds / Double(count) * 1e9],
                check: ["parts": .integer(count), "bytes": .integer(length), "sha256": ""])
        },
    ]

    /// `part-<i>` through a processor.
    private static func run(_ processor: some Processor, _ parameters: Parameters) async throws -> Outcome {
        let count = parameters.integer("parts")
        var fold = Fold(), first: Double?
        let clock = ContinuousClock(), start = clock.now
        for try await part in processor(source(count)) {
            if first == nil { first = (clock.now - start) / .seconds(1) }
            fold.add(part)
        }
        let seconds = (clock.now - start) / .seconds(1)
        return Outcome(
            seconds: seconds,
            metrics: [
                "parts_per_s": Double(count) / seconds, "stage_parts_per_s": Double(count * parameters.integer("stages")) / seconds,
                "first_part_s": first ?? 0,
            ], check: fold.check())
    }
}

/// Seconds that `body` takes.
func time(_ body: () async throws -> Void) async rethrows -> Double {
    let clock = ContinuousClock(), start = clock.now
    try await body()
    return (clock.now - start) / .seconds(1)
}

/// A source that is asked for one part after the other and never pauses by itself.
func source(
    _ count: Int, _ make: nonisolated(nonsending) @escaping @Sendable (Int) async throws -> Part = { textPart($0) }
) -> PartStream {
    let made = Counter()
    return PartStream {
        let index = made.count
        guard index < count else { return nil }
        made.add()
        return try await make(index)
    }
}

func textPart(_ index: Int) -> Part { Part("part-\(index)", role: "user") }

/// A count that several tasks may read and one raises.
final class Counter: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.wrappingAdd(1, ordering: .relaxed) }
}

private func chain(of stages: Int) -> PartChain { PartChain((0..<stages).map { _ in append }) }

private let append = PartFunction { part, emitter in emitter.emit(part.replacing(text: try part.text + "x")) }

private let appendToStream = StreamFunction { input, output in
    for try await part in input { try await output.emit(part.replacing(text: try part.text + "x")) }
}

func tenDigits(_ index: Int) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits
}
