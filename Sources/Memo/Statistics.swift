public import AtelierTelemetry

/// What an engine has done since it was made, or several did, in sum.
public struct Statistics: Sendable, Equatable {
    /// By level, in the order of the engine's levels.
    public var levels: [LevelStatistics] = []
    /// By name of the stage or plan that was asked for.
    public var stages = Breakdown()
    /// By tag of the artifact asked for; an artifact with two tags counts under both.
    public var tags = Breakdown()
    /// By partition of the artifact asked for; what is in none counts in none.
    public var partitions = Breakdown()
    /// Requests no level could answer.
    public var misses = 0
    /// Stages and plans that ran to their end.
    public var runs = 0
    /// Stages and plans that threw.
    public var failures = 0
    /// Sum of the recorded chain costs of all hits.
    public var nanosecondsSaved: UInt64 = 0
    /// Sum of what ran.
    public var nanosecondsSpent: UInt64 = 0

    /// Nothing done yet, with levels of these names.
    public init(levels: [String] = []) { self.levels = levels.map(LevelStatistics.init) }

    /// Hits by level.
    public var hits: [Int] { levels.map(\.hits) }

    /// Hits of all levels together.
    public var allHits: Int { levels.reduce(0) { $0 + $1.hits } }

    /// The share of requests that some level answered, from 0 to 1; nil when nothing was asked.
    public var hitRate: Double? { share(allHits, of: allHits + misses) }

    /// How many times as long the work would have taken without any level; nil when nothing ran and nothing was found.
    public var speedUp: Double? {
        let without = Double(nanosecondsSpent) + Double(nanosecondsSaved)
        return without == 0 ? nil : without / max(1, Double(nanosecondsSpent))
    }
}

/// What one level has done.
public struct LevelStatistics: Sendable, Equatable {
    /// The level's.
    public var name: String
    /// Look-ups it answered.
    public var hits = 0
    /// Look-ups it could not answer, by reason, whether or not another level could.
    public var misses: [MissReason: Int] = [:]
    /// Entries given to it, by what became of them.
    public var puts: [PutOutcome: Int] = [:]
    /// Entries it let go to make room.
    public var evictions = 0
    /// Look-ups that twice the bytes would have answered.
    public var ghostHits = 0
    /// Weight of the values put and found, in bytes of memory.
    public var bytesIn = 0, bytesOut = 0
    /// Sum of the recorded chain costs of its hits.
    public var nanosecondsSaved: UInt64 = 0
    /// How long a hit took, from asking the level to having the value.
    public var hitLatency = LatencyHistogram()
    /// How long it took to learn that it has no answer.
    public var missLatency = LatencyHistogram()

    /// A level that has done nothing.
    public init(_ name: String) { self.name = name }

    /// Misses for all reasons.
    public var allMisses: Int { misses.values.reduce(0, +) }

    /// The share of its look-ups that it answered, from 0 to 1; nil when it was not asked.
    public var hitRate: Double? { share(hits, of: hits + allMisses) }

    /// The share it would have answered with twice the bytes.
    public var hitRateAtTwiceTheSize: Double? { share(hits + min(ghostHits, allMisses), of: hits + allMisses) }
}

/// What was done for the requests that share a stage, a tag or a partition.
public struct UsageStatistics: Sendable, Equatable {
    /// Requests answered by a level, and by none.
    public var hits = 0, misses = 0
    /// How often something ran to its end for them.
    public var runs = 0
    /// What that took, and what hits made unnecessary, in nanoseconds.
    public var nanosecondsSpent: UInt64 = 0, nanosecondsSaved: UInt64 = 0
    /// Weight of the values found and made.
    public var bytes = 0

    /// Nothing done.
    public init() {}

    mutating func add(_ other: UsageStatistics) {
        hits += other.hits
        misses += other.misses
        runs += other.runs
        nanosecondsSpent &+= other.nanosecondsSpent
        nanosecondsSaved &+= other.nanosecondsSaved
        bytes += other.bytes
    }

    func since(_ earlier: UsageStatistics) -> UsageStatistics {
        // What a name has can shrink by becoming part of `other`.
        var later = self
        later.hits -= min(hits, earlier.hits)
        later.misses -= min(misses, earlier.misses)
        later.runs -= min(runs, earlier.runs)
        later.nanosecondsSpent -= min(nanosecondsSpent, earlier.nanosecondsSpent)
        later.nanosecondsSaved -= min(nanosecondsSaved, earlier.nanosecondsSaved)
        later.bytes -= min(bytes, earlier.bytes)
        return later
    }
}

/// Usage by name, for a bounded number of names: whatever comes when there is no place any more counts as `other`.
public struct Breakdown: Sendable, Equatable {
    /// Most names, `other` not counted.
    public static let limit = 64
    /// Stands for all names that found no place.
    public static let other = "other"

    /// What was counted.
    public private(set) var usage: [String: UsageStatistics] = [:]

    /// Nothing counted.
    public init() {}

    mutating func count(_ name: String, _ change: (inout UsageStatistics) -> Void) {
        let hasPlace = usage[name] != nil || usage.count < Self.limit
        change(&usage[hasPlace ? name : Self.other, default: UsageStatistics()])
    }

    mutating func add(_ other: Breakdown) {
        // By name, so that which names find a place does not depend on the hash seed.
        for (name, usage) in other.usage.sorted(by: { $0.key < $1.key }) { count(name) { $0.add(usage) } }
    }

    func since(_ earlier: Breakdown) -> Breakdown {
        var later = self
        for (name, usage) in earlier.usage { later.usage[name] = later.usage[name]?.since(usage) }
        later.usage = later.usage.filter { $0.value != UsageStatistics() }
        return later
    }
}

// MARK: - Sums and differences

extension Statistics {
    /// Adds what others did; levels are matched by name.
    public mutating func add(_ other: Statistics) {
        for level in other.levels {
            let index = levels.firstIndex { $0.name == level.name } ?? levels.count
            if index == levels.count { levels.append(LevelStatistics(level.name)) }
            levels[index].add(level)
        }
        stages.add(other.stages)
        tags.add(other.tags)
        partitions.add(other.partitions)
        misses += other.misses
        runs += other.runs
        failures += other.failures
        nanosecondsSaved &+= other.nanosecondsSaved
        nanosecondsSpent &+= other.nanosecondsSpent
    }

    /// What was done since `earlier`, a former state of these statistics.
    public func since(_ earlier: Statistics) -> Statistics {
        var later = self
        for index in levels.indices where index < earlier.levels.count {
            later.levels[index] = levels[index].since(earlier.levels[index])
        }
        later.stages = stages.since(earlier.stages)
        later.tags = tags.since(earlier.tags)
        later.partitions = partitions.since(earlier.partitions)
        later.misses -= earlier.misses
        later.runs -= earlier.runs
        later.failures -= earlier.failures
        later.nanosecondsSaved &-= earlier.nanosecondsSaved
        later.nanosecondsSpent &-= earlier.nanosecondsSpent
        return later
    }

    /// Whether there is nothing worth noting: no request and no run.
    public var isEmpty: Bool { allHits == 0 && misses == 0 && runs == 0 && failures == 0 }
}

extension LevelStatistics {
    mutating func add(_ other: LevelStatistics) {
        hits += other.hits
        misses.merge(other.misses, uniquingKeysWith: +)
        puts.merge(other.puts, uniquingKeysWith: +)
        evictions += other.evictions
        ghostHits += other.ghostHits
        bytesIn += other.bytesIn
        bytesOut += other.bytesOut
        nanosecondsSaved &+= other.nanosecondsSaved
        hitLatency.add(other.hitLatency)
        missLatency.add(other.missLatency)
    }

    fileprivate func since(_ earlier: LevelStatistics) -> LevelStatistics {
        var later = self
        later.hits -= earlier.hits
        later.misses = difference(misses, earlier.misses)
        later.puts = difference(puts, earlier.puts)
        later.evictions -= earlier.evictions
        later.ghostHits -= earlier.ghostHits
        later.bytesIn -= earlier.bytesIn
        later.bytesOut -= earlier.bytesOut
        later.nanosecondsSaved &-= earlier.nanosecondsSaved
        later.hitLatency = hitLatency.since(earlier.hitLatency)
        later.missLatency = missLatency.since(earlier.missLatency)
        return later
    }
}

private func difference<Name>(_ counts: [Name: Int], _ earlier: [Name: Int]) -> [Name: Int] {
    var later = counts
    for (name, count) in earlier { later[name, default: 0] -= count }
    return later.filter { $0.value != 0 }
}

private func share(_ part: Int, of whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
