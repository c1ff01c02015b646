// Telemetry: what was measured, as plain values: how long things took, what threads did, where the time of a run went. It imports no
// other room and decides nothing. Start with `LatencyHistogram` for numbers, `withSpan` and `Timeline` for profiles.

/// How often each duration occurred, in 16 steps per power of two: a quantile is at most 6.25 % too high.
///
///     var histogram = LatencyHistogram()
///     histogram.record(nanoseconds: 830)
///     histogram.quantile(0.99)
///
/// Values from 0 ns to 2⁶⁴ − 1 ns have a bucket; below 16 ns every nanosecond has its own. A histogram in which nothing was
/// counted takes no memory beyond itself, any other 8 KB.
public struct LatencyHistogram: Sendable, Equatable {
    private static let stepsPerOctave = 16
    private static let bucketCount = bucket(of: .max) + 1
    /// Empty until something is counted.
    private var buckets: [UInt64] = []

    /// Number of durations recorded.
    public private(set) var count: UInt64 = 0
    /// Their sum in nanoseconds; stays at the largest number instead of overflowing.
    public private(set) var total: UInt64 = 0
    /// The longest, in nanoseconds.
    public private(set) var longest: UInt64 = 0

    /// An empty histogram.
    public init() {}

    /// Counts one duration.
    public mutating func record(nanoseconds: UInt64) {
        if buckets.isEmpty { buckets = [UInt64](repeating: 0, count: Self.bucketCount) }
        buckets[Self.bucket(of: nanoseconds)] += 1
        count += 1
        let (sum, overflow) = total.addingReportingOverflow(nanoseconds)
        total = overflow ? .max : sum
        longest = max(longest, nanoseconds)
    }

    /// Adds everything another histogram has counted.
    public mutating func add(_ other: LatencyHistogram) {
        if other.count == 0 { return }
        if buckets.isEmpty { buckets = [UInt64](repeating: 0, count: Self.bucketCount) }
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        count &+= other.count
        let (sum, overflow) = total.addingReportingOverflow(other.total)
        total = overflow ? .max : sum
        longest = max(longest, other.longest)
    }

    /// The smallest bucket bound that at least this share of the durations does not exceed, in nanoseconds.
    ///
    /// - Parameter share: 0.5 for the median, 0.99 for p99; clamped to 0…1.
    /// - Returns: 0 when nothing was recorded.
    public func quantile(_ share: Double) -> UInt64 {
        let wanted = max(1, UInt64(max(0, min(1, share)) * Double(count) + 0.999_999))
        var seen: UInt64 = 0
        for index in buckets.indices {
            seen += buckets[index]
            if seen >= wanted { return min(Self.upperBound(of: index), longest) }
        }
        return 0
    }

    /// What was counted since `earlier`, a former state of this histogram. The longest is that of all times: when it was is
    /// not known.
    public func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
        guard earlier.count > 0 else { return self }
        guard count > earlier.count else { return LatencyHistogram() }
        var later = self
        for index in buckets.indices { later.buckets[index] &-= min(buckets[index], earlier.buckets[index]) }
        later.count = count - earlier.count
        later.total = total - min(total, earlier.total)
        return later
    }

    /// How many durations were at most so long, to within the bucket it falls into.
    public func count(upTo nanoseconds: UInt64) -> UInt64 {
        buckets.isEmpty ? 0 : buckets[...Self.bucket(of: nanoseconds)].reduce(0, &+)
    }

    /// The buckets that counted something, in order, and how often; with `longest` and `total` it is all there is to know.
    public var occupied: [(bucket: Int, count: UInt64)] {
        buckets.indices.filter { buckets[$0] > 0 }.map { ($0, buckets[$0]) }
    }

    /// A histogram with the buckets that another one had; nil when there are no such buckets.
    public init?(occupied: [(bucket: Int, count: UInt64)], total: UInt64, longest: UInt64) {
        if occupied.isEmpty { return }
        buckets = [UInt64](repeating: 0, count: Self.bucketCount)
        for (bucket, count) in occupied {
            guard buckets.indices.contains(bucket) else { return nil }
            buckets[bucket] &+= count
            self.count &+= count
        }
        (self.total, self.longest) = (total, longest)
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= 16 else { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount  // ≥ 4
        return (octave - 3) * stepsPerOctave + Int(value >> UInt64(octave - 4)) - stepsPerOctave
    }

    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= stepsPerOctave else { return UInt64(bucket) }
        let octave = bucket / stepsPerOctave + 3, step = UInt64(bucket % stepsPerOctave + stepsPerOctave)
        let (next, overflow) = (step + 1).multipliedReportingOverflow(by: 1 << UInt64(octave - 4))
        return overflow ? .max : next - 1
    }
}
