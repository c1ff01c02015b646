public import AtelierMemo

/// How much of something is looked at.
public enum SampleSize: Hashable, Sendable, CustomStringConvertible {
    /// So many.
    case count(Int)
    /// So many of a hundred; at least one of any.
    case percent(Double)

    /// Reads `25` or `2.5%`.
    public init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
            self = .percent(percent)
        } else {
            guard let count = Int(text), count > 0 else { return nil }
            self = .count(count)
        }
    }

    /// As it is read.
    public var description: String {
        switch self {
        case .count(let count): "\(count)"
        case .percent(let percent): "\(percent)%"
        }
    }

    func of(_ total: Int) -> Int {
        switch self {
        case .count(let count): min(count, total)
        case .percent(let percent): min(total, Int((Double(total) * percent / 100).rounded(.up)))
        }
    }
}

/// What remaking a sample of requests showed about what levels hold.
public struct SampleReport: Sendable {
    /// A wrong result under a right key: an entry whose checksum is right and whose bytes are not what its key says.
    public struct Wrong: Hashable, Sendable {
        /// Name of the level.
        public var level: String
        /// The entry.
        public var digest: Digest
        /// Name and version of the stage that made it, by its header.
        public var stage: String, stageVersion: Int
        /// Bytes of the value it holds, and of the remade one.
        public var heldCount: Int, remadeCount: Int
        /// First byte in which they differ, from 0.
        public var firstDifference: Int
        /// Whether the remade value has taken its place.
        public var isRepaired = false
    }

    /// Requests that were remade.
    public var remade = 0
    /// Values that levels held and that were equal.
    public var equal = 0
    /// Those that were not.
    public var wrong: [Wrong] = []
    /// Entries that a level refused as damaged, by digest, and whether the remade value has taken their place.
    public var damaged: [Digest: Bool] = [:]
    /// Requests whose sources are gone, changed or came through a pipe.
    public var cannotBeRemade = 0
    /// Requests that failed when they were remade, each as a sentence.
    public var failures: [String] = []

    /// Nothing looked at yet.
    public init() {}
}

extension [LoggedRequest] {
    /// A sample, the same for the same seed and requests, in their order.
    public func sample(_ size: SampleSize, seed: UInt64) -> [LoggedRequest] {
        var state = seed, rest = Array<Int>(indices), chosen: [Int] = []
        for _ in 0..<size.of(count) {
            // SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            let place = Int((word ^ (word >> 31)) % UInt64(rest.count))
            chosen.append(rest[place])
            rest.swapAt(place, rest.count - 1)
            rest.removeLast()
        }
        return chosen.sorted().map { self[$0] }
    }
}

/// Remakes requests in an engine without levels and compares the bytes with what levels hold under their digests.
///
/// A checksum tells that an entry is as it was written; only this tells that what was written was right. A request at a
/// time, so that memory stays that of one; cancelling the task ends it after the request in hand.
///
/// - Parameters:
///   - levels: Those that hold bytes are looked at.
///   - threads: Workers of the remaking engine. Another number than the first run had also shows results that depend
///     on it.
///   - repairing: Whether remade values take the place of what is wrong or damaged. They are made a second time, by the
///     way every value goes into a level, and compared again.
public func check(_ requests: [LoggedRequest], against levels: [any Store], threads: Int, repairing: Bool) async -> SampleReport {
    let scratch = Engine(levels: [], configuration: .init(workers: threads, cachePolicy: .off))
    let levels = levels.filter(\.storesBytesOnly)
    var report = SampleReport()
    for logged in requests where !Task.isCancelled {
        do {
            let conversion = try logged.conversion()
            // At once, so that they share what both are built on: without levels nothing else keeps it.
            async let output = scratch.value(of: conversion.output), diagnostics = scratch.value(of: conversion.report)
            let remade = [
                (conversion.output.digest, encoded(try await output)), (conversion.report.digest, encoded(try await diagnostics)),
            ]
            report.remade += 1
            let first = compare(remade, with: levels)
            report.equal += first.equal
            var (wrong, damaged) = (first.wrong, Dictionary(uniqueKeysWithValues: first.damaged.map { ($0, false) }))
            if repairing, !wrong.isEmpty || !damaged.isEmpty {
                for digest in first.visited { for level in levels { level.evict(digest) } }
                await remake(conversion, into: levels)
                let second = compare(remade, with: levels)
                for index in wrong.indices {
                    wrong[index].isRepaired = !second.wrong.contains {
                        $0.digest == wrong[index].digest && $0.level == wrong[index].level
                    }
                }
                for digest in damaged.keys { damaged[digest] = !second.damaged.contains(digest) }
            }
            report.wrong += wrong
            report.damaged.merge(damaged) { $0 && $1 }
        } catch {
            switch (error as? StageFailure)?.underlying ?? error {
            case is SourceError: report.cannotBeRemade += 1
            case is CancellationError: break
            default: report.failures.append("\(error)")
            }
        }
    }
    return report
}

/// Makes again those requests that led to some digests, into the levels that lost them.
///
/// - Returns: The digests that some level has again.
public func restore(_ lost: Set<Digest>, by requests: [LoggedRequest], into levels: [any Store]) async -> Set<Digest> {
    let levels = levels.filter(\.storesBytesOnly)
    for logged in requests where !Task.isCancelled {
        guard let conversion = try? logged.conversion() else { continue }  // a count of sources this version does not take
        let reached = levels.flatMap { level in
            [conversion.output.digest, conversion.report.digest].flatMap { trail(from: $0, in: level).digests }
        }
        if !lost.isDisjoint(with: reached) { await remake(conversion, into: levels) }
    }
    return lost.filter { digest in levels.contains { $0.peek(digest) != nil } }
}

/// Asks an engine over the levels, so that what they miss is made and kept as always.
private func remake(_ conversion: Conversion, into levels: [any Store]) async {
    let engine = Engine(levels: levels)
    async let output = engine.value(of: conversion.output), report = engine.value(of: conversion.report)
    // What cannot be made or kept stays missing, and that is what is looked at next.
    _ = try? await (output, report)
}

/// The entry under a digest in one level, and all digests on the way when aliases lead to it.
private func trail(from digest: Digest, in level: any Store) -> (digests: [Digest], lookup: Lookup) {
    var digests = [digest]
    while true {
        let lookup = level.get(digests[digests.count - 1])
        // As many as plans may lead to one another, and never in a circle.
        guard case .hit(let entry) = lookup, case .alias(let target) = entry.payload, digests.count < 256, !digests.contains(target)
        else { return (digests, lookup) }
        digests.append(target)
    }
}

private struct Comparison {
    var equal = 0
    var wrong: [SampleReport.Wrong] = []
    var damaged: [Digest] = []
    /// All digests on the way to what was wrong or damaged.
    var visited: Set<Digest> = []
}

private func compare(_ remade: [(digest: Digest, bytes: Blob?)], with levels: [any Store]) -> Comparison {
    var result = Comparison()
    for (digest, bytes) in remade {
        guard let bytes else { continue }
        for level in levels {
            let (digests, lookup) = trail(from: digest, in: level)
            switch lookup {
            case .miss(.damaged):
                result.damaged.append(digests[digests.count - 1])
                result.visited.formUnion(digests)
            case .miss: break
            case .hit(let entry):
                guard case .bytes(let held) = entry.payload else { continue }
                guard let place = firstDifference(held, bytes) else {
                    result.equal += 1
                    continue
                }
                let header = entry.header
                result.wrong.append(
                    .init(
                        level: level.name, digest: header.digest, stage: header.stage, stageVersion: header.stageVersion,
                        heldCount: held.count, remadeCount: bytes.count, firstDifference: place))
                result.visited.formUnion(digests)
            }
        }
    }
    return result
}

private func encoded<Value: Storable>(_ value: Value) -> Blob? { Value.format?.encode(value) }

/// Where two values differ first, their common length when one goes on; nil when they are equal.
private func firstDifference(_ a: Blob, _ b: Blob) -> Int? {
    if a == b { return nil }
    return zip(a.bytes, b.bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? min(a.count, b.count)
}
