public import AtelierTelemetry

/// What an engine has done since it was made.
public struct Statistics: Sendable, Equatable {
    /// Hits by level, in the order of the engine's levels.
    public var hits: [Int]
    /// Look-ups no level could answer.
    public var misses = 0
    /// Stages and plans that ran to their end.
    public var runs = 0
    /// Stages and plans that threw.
    public var failures = 0
    /// Sum of the recorded chain costs of all hits.
    public var nanosecondsSaved: UInt64 = 0
    /// Sum of what ran.
    public var nanosecondsSpent: UInt64 = 0
    /// How long requests answered by the first levels took, from being asked to having the value.
    public var hitLatency = LatencyHistogram()

    init(levels: Int) { hits = Array(repeating: 0, count: levels) }

    mutating func add(_ other: Statistics) {
        for index in hits.indices { hits[index] += other.hits[index] }
        misses += other.misses
        runs += other.runs
        failures += other.failures
        nanosecondsSaved &+= other.nanosecondsSaved
        nanosecondsSpent &+= other.nanosecondsSpent
        hitLatency.add(other.hitLatency)
    }
}
