/// A record of what was asked of a cache, to be replayed through the memory level.
///
///     let trace = try CacheTrace(parsing: blob)
///     let replay = trace.replay(capacity: 512 << 20)
///     Double(replay.hits) / Double(trace.accesses.count)
package struct CacheTrace: Sendable {
    /// One request: a look-up and, when it misses, a put.
    package struct Access: Sendable {
        /// What is asked for.
        package var digest: Digest
        /// Bytes of the value.
        package var size: Int
        /// Nanoseconds that a miss costs; 0 where that is unknown.
        package var cost: UInt64

        package init(digest: Digest, size: Int, cost: UInt64) {
            self.digest = digest
            self.size = size
            self.cost = cost
        }
    }

    /// What a replay has shown.
    package struct Replay: Sendable, Equatable {
        /// Requests answered, and the sums of their bytes and of what they would have cost in nanoseconds.
        package var hits = 0, byteHits = 0, costSaved: UInt64 = 0
        /// Most bytes of values held at a time.
        package var peakBytes = 0
        /// Values that made room, and misses that twice the capacity would have answered.
        package var evictions = 0, ghostHits = 0
    }

    /// Why a text is no trace.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        /// From 1.
        package var line: Int

        package var description: String { "line \(line) is not \"key size cost\" in whole numbers" }
    }

    /// In the order they were made.
    package var accesses: [Access]

    /// A trace from its requests.
    package init(_ accesses: [Access]) { self.accesses = accesses }

    /// Reads lines of three decimal numbers separated by a space: key, bytes, and microseconds to make it or 0 where
    /// that is unknown. Empty lines are nothing.
    package init(parsing text: Blob) throws(Malformed) {
        accesses = []
        var number = 0
        for line in text.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }
            if words.isEmpty { continue }
            guard words.count == 3, let key = decimal(words[0]), let size = decimal(words[1]), let cost = decimal(words[2]),
                size <= UInt64(Int32.max) << 16, cost < .max / 1_000
            else { throw Malformed(line: number) }
            accesses.append(Access(digest: Digest(spreading: key), size: Int(size), cost: cost * 1_000))
        }
    }

    /// Asks a memory level of its own for everything in the trace, in order, and puts what it misses.
    ///
    /// - Parameter capacity: Most bytes of values; what the level needs for its tables is not counted.
    package func replay(capacity: Int) -> Replay {
        let store = MemoryStore(byteLimit: capacity, entryLimit: .max, admitting: .everything, overhead: 0, seconds: { 0 })
        var replay = Replay()
        let nothing = Entry.Payload.bytes(Blob([]))
        for access in accesses {
            if store.get(access.digest).entry != nil {
                replay.hits += 1
                replay.byteHits += access.size
                replay.costSaved &+= access.cost
            } else {
                let header = EntryHeader(digest: access.digest, stage: "", stageVersion: 0, byteCount: access.size)
                store.put(Entry(header: header, payload: nothing), lossCost: access.cost)
                // Room is made before an entry comes, so that the most is held just after.
                replay.peakBytes = max(replay.peakBytes, store.byteCount)
            }
        }
        let contents = store.contents
        (replay.evictions, replay.ghostHits) = (contents.evictions, contents.ghostHits)
        return replay
    }
}

extension Digest {
    /// A digest for a number, spread as evenly as those of bytes are (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
    fileprivate init(spreading number: UInt64) {
        func mixed(_ step: UInt64) -> UInt64 {
            var z = number &+ step &* 0x9E37_79B9_7F4A_7C15
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
        self.init(words: (mixed(1), mixed(2), mixed(3), number))
    }
}

/// A decimal number without sign that fits.
private func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
        let (tens, overflows) = number.multipliedReportingOverflow(by: 10)
        let (sum, carries) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
        if overflows || carries { return nil }
        number = sum
    }
    return digits.isEmpty ? nil : number
}
