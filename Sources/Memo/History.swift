import AtelierTelemetry

/// What the processes that used a cache directory have done, in the order in which they said so.
///
///     let history = History(of: directory)
///     print(history.total.hitRate, history.hours(24, until: now).map(\.statistics.hitRate))
///
/// Every process adds its numbers to the file `history` of the directory when it ends, and once a minute when it is long
/// about it. `docs/formats/cache-history.md` describes the file.
public struct History: Sendable, Equatable {
    /// What was done in one stretch of time.
    public struct Stretch: Sendable, Equatable {
        /// Seconds since 1970.
        public var begin: Int64, end: Int64
        /// How many times processes have said something.
        public var reports: Int
        /// In sum.
        public var statistics: Statistics

        /// A stretch from its parts.
        public init(begin: Int64, end: Int64, reports: Int, statistics: Statistics) {
            (self.begin, self.end, self.reports, self.statistics) = (begin, end, reports, statistics)
        }
    }

    /// Oldest first.
    public private(set) var stretches: [Stretch]

    /// Reads what a directory has. Damaged records and those of other versions are left out.
    public init(of directory: CacheDirectory) {
        self.init(payloads: Self.file(in: directory).payloads())
    }

    init(payloads: [ArraySlice<UInt8>]) { self.init(payloads.compactMap(Stretch.init(payload:))) }

    /// A history of these stretches.
    public init(_ stretches: [Stretch]) { self.stretches = stretches.sorted { ($0.end, $0.begin) < ($1.end, $1.begin) } }

    /// Everything in sum.
    public var total: Statistics { stretches.reduce(into: Statistics()) { $0.add($1.statistics) } }

    /// The last hours, one stretch each whether or not anything was done, oldest first; the last one ends with the hour of `until`.
    public func hours(_ count: Int, until now: Int64) -> [Stretch] { steps(of: 3600, count, until: now) }

    /// The same by days of 24 hours, as UTC counts them.
    public func days(_ count: Int, until now: Int64) -> [Stretch] { steps(of: 86_400, count, until: now) }

    private func steps(of length: Int64, _ count: Int, until now: Int64) -> [Stretch] {
        let first = floor(now, length) - length * Int64(count - 1)
        var steps = (0..<Int64(count)).map { index in
            Stretch(begin: first + index * length, end: first + (index + 1) * length, reports: 0, statistics: Statistics())
        }
        for stretch in stretches where stretch.end >= first {
            let index = Int((stretch.end - first) / length)
            guard steps.indices.contains(index) else { continue }
            steps[index].reports += stretch.reports
            steps[index].statistics.add(stretch.statistics)
        }
        return steps
    }

    // MARK: The file

    /// A run of one picture is some 400 bytes: this is a thousand of them.
    private static func file(in directory: CacheDirectory) -> RecordFile {
        RecordFile(directory: directory, name: "history", limit: 512 << 10)
    }

    /// Adds what a process did. Complexity: one open and one write, and now and then a summary of everything.
    static func append(_ stretch: Stretch, to directory: CacheDirectory) {
        file(in: directory).append([stretch.payload]) { payloads in
            History(payloads: payloads).summary(until: stretch.end).stretches.map(\.payload)
        }
    }

    /// The last two days by the hour, what was before by the day, for ninety days.
    func summary(until now: Int64) -> History {
        var sums: [Stretch] = []
        for stretch in stretches where stretch.end > now - 90 * 86_400 {
            let length: Int64 = stretch.end > now - 2 * 86_400 ? 3600 : 86_400
            let begin = floor(stretch.end, length)
            if let last = sums.last, floor(last.end, length) == begin {
                sums[sums.count - 1].begin = min(last.begin, stretch.begin)
                sums[sums.count - 1].end = max(last.end, stretch.end)
                sums[sums.count - 1].reports += stretch.reports
                sums[sums.count - 1].statistics.add(stretch.statistics)
            } else {
                sums.append(stretch)
            }
        }
        return History(sums)
    }
}

/// The multiple of `length` at or below a time.
private func floor(_ time: Int64, _ length: Int64) -> Int64 { time - (time % length + length) % length }

// MARK: - As bytes

extension History.Stretch {
    /// Raised when records are written otherwise; those of other versions are skipped.
    private static let version: UInt8 = 1

    var payload: [UInt8] {
        var writer = RecordWriter()
        writer.put(Self.version)
        writer.put(UInt64(clamping: begin))
        writer.put(UInt64(clamping: end))
        writer.put(reports)
        writer.put(statistics)
        return writer.bytes
    }

    init?(payload: ArraySlice<UInt8>) {
        var reader = RecordReader(bytes: payload)
        guard reader.byte() == Self.version, let begin = reader.count(), let end = reader.count(), let reports = reader.count(),
            let statistics = reader.statistics(), reader.bytes.isEmpty
        else { return nil }
        self.init(begin: Int64(begin), end: Int64(end), reports: reports, statistics: statistics)
    }
}

extension RecordWriter {
    fileprivate mutating func put(_ statistics: Statistics) {
        put(statistics.misses)
        put(statistics.runs)
        put(statistics.failures)
        put(statistics.nanosecondsSaved)
        put(statistics.nanosecondsSpent)
        put(statistics.levels) { writer, level in
            writer.put(level.name)
            writer.put(level.hits)
            writer.put(level.misses.sorted { $0.key.rawValue < $1.key.rawValue }) {
                $0.put($1.key.rawValue); $0.put($1.value)
            }
            writer.put(level.puts.sorted { $0.key.rawValue < $1.key.rawValue }) {
                $0.put($1.key.rawValue); $0.put($1.value)
            }
            for number in [level.evictions, level.ghostHits, level.bytesIn, level.bytesOut] { writer.put(number) }
            writer.put(level.nanosecondsSaved)
            writer.put(level.hitLatency)
            writer.put(level.missLatency)
        }
        for breakdown in [statistics.stages, statistics.tags, statistics.partitions] { put(breakdown) }
    }

    private mutating func put(_ histogram: LatencyHistogram) {
        put(histogram.occupied) {
            $0.put($1.bucket); $0.put($1.count)
        }
        put(histogram.total)
        put(histogram.longest)
    }

    private mutating func put(_ breakdown: Breakdown) {
        put(breakdown.usage.sorted { $0.key < $1.key }) { writer, item in
            writer.put(item.key)
            for number in [item.value.hits, item.value.misses, item.value.runs, item.value.bytes] { writer.put(number) }
            writer.put(item.value.nanosecondsSpent)
            writer.put(item.value.nanosecondsSaved)
        }
    }
}

extension RecordReader {
    /// Nanoseconds: below 2⁵⁶, two years.
    private mutating func nanoseconds() -> UInt64? { number().flatMap { $0 < 1 << 56 ? $0 : nil } }

    fileprivate mutating func statistics() -> Statistics? {
        var statistics = Statistics()
        guard let misses = count(), let runs = count(), let failures = count(), let saved = nanoseconds(), let spent = nanoseconds(),
            let levels = list({ $0.level() }), let stages = breakdown(), let tags = breakdown(), let partitions = breakdown()
        else { return nil }
        (statistics.misses, statistics.runs, statistics.failures) = (misses, runs, failures)
        (statistics.nanosecondsSaved, statistics.nanosecondsSpent) = (saved, spent)
        (statistics.levels, statistics.stages, statistics.tags, statistics.partitions) = (levels, stages, tags, partitions)
        return statistics
    }

    private mutating func level() -> LevelStatistics? {
        guard let name = text(), let hits = count(), let misses = counts(of: MissReason.self), let puts = counts(of: PutOutcome.self),
            let evictions = count(), let ghostHits = count(), let bytesIn = count(), let bytesOut = count(),
            let saved = nanoseconds(), let hitLatency = histogram(), let missLatency = histogram()
        else { return nil }
        var level = LevelStatistics(name)
        (level.hits, level.misses, level.puts) = (hits, misses, puts)
        (level.evictions, level.ghostHits, level.bytesIn, level.bytesOut) = (evictions, ghostHits, bytesIn, bytesOut)
        (level.nanosecondsSaved, level.hitLatency, level.missLatency) = (saved, hitLatency, missLatency)
        return level
    }

    /// Names that this version does not know are left out.
    private mutating func counts<Name: RawRepresentable & Hashable>(of: Name.Type) -> [Name: Int]? where Name.RawValue == String {
        guard
            let pairs = list({ reader -> (String, Int)? in
                guard let name = reader.text(), let count = reader.count() else { return nil }
                return (name, count)
            })
        else { return nil }
        return Dictionary(pairs.compactMap { pair in Name(rawValue: pair.0).map { ($0, pair.1) } }, uniquingKeysWith: +)
    }

    private mutating func histogram() -> LatencyHistogram? {
        guard
            let occupied = list({ reader -> (bucket: Int, count: UInt64)? in
                guard let bucket = reader.count(), let count = reader.count() else { return nil }
                return (bucket, UInt64(count))
            }), let total = number(), let longest = number()
        else { return nil }
        return LatencyHistogram(occupied: occupied, total: total, longest: longest)
    }

    private mutating func breakdown() -> Breakdown? {
        guard
            let items = list({ reader -> (String, UsageStatistics)? in
                var usage = UsageStatistics()
                guard let name = reader.text(), let hits = reader.count(), let misses = reader.count(), let runs = reader.count(),
                    let bytes = reader.count(), let spent = reader.nanoseconds(), let saved = reader.nanoseconds()
                else { return nil }
                (usage.hits, usage.misses, usage.runs, usage.bytes) = (hits, misses, runs, bytes)
                (usage.nanosecondsSpent, usage.nanosecondsSaved) = (spent, saved)
                return (name, usage)
            })
        else { return nil }
        var breakdown = Breakdown()
        for (name, usage) in items { breakdown.count(name) { $0.add(usage) } }
        return breakdown
    }
}
