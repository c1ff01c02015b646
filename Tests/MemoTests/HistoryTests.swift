import AtelierTelemetry
import AtelierTesting
import Testing

@testable import AtelierMemo

@Suite("History")
struct HistoryTests {
    let folder = TemporaryFolder()

    private func directory() throws -> CacheDirectory { try CacheDirectory(opening: folder.path + "/cache") }

    private func stretch(at time: Int64, hits: Int = 1, misses: Int = 1) -> History.Stretch {
        var statistics = Statistics(levels: ["memory", "disk"])
        statistics.levels[1].hits = hits
        statistics.levels[1].misses = [.neverSeen: misses, .evicted: 2]
        statistics.levels[1].puts = [.kept: 4]
        statistics.levels[1].hitLatency.record(nanoseconds: 12_345)
        statistics.levels[1].ghostHits = 1
        statistics.misses = misses
        statistics.nanosecondsSaved = 1_000_000_007
        statistics.stages.count("tracing.fit") {
            $0.hits = hits; $0.nanosecondsSpent = 5
        }
        statistics.tags.count("font/Lato") { $0.misses = 3 }
        return History.Stretch(begin: time - 2, end: time, reports: 1, statistics: statistics)
    }

    @Test("What processes did is read back as it was written")
    func roundTrip() throws {
        let directory = try directory(), (first, second) = (stretch(at: 5_000), stretch(at: 9_000, hits: 7))
        #expect(History(of: directory).stretches.isEmpty)
        History.append(first, to: directory)
        History.append(second, to: directory)
        #expect(History(of: directory) == History([first, second]))
        let total = History(of: directory).total
        #expect(total.levels[1].hits == 8 && total.levels[1].misses[.evicted] == 4 && total.levels[1].hitLatency.count == 2)
        #expect(total.nanosecondsSaved == 2_000_000_014)
    }

    @Test("Records of another version, and whatever is no record, are passed over")
    func foreign() {
        let payload = stretch(at: 5_000).payload
        var newer = payload
        newer[0] += 1
        #expect(History.Stretch(payload: newer[...]) == nil)
        for count in payload.indices { #expect(History.Stretch(payload: payload[..<count]) == nil) }
        var random = SplitMix(seed: 11), sum = Statistics()
        for _ in 0..<5_000 {
            var changed = payload
            for _ in 0..<3 { changed[Int(random.next() % UInt64(payload.count))] = UInt8(truncatingIfNeeded: random.next()) }
            // Whatever they say, they can be summed.
            if let stretch = History.Stretch(payload: changed[...]) { sum.add(stretch.statistics) }
        }
    }

    @Test("Hours and days hold what ended in them, and are there when nothing did")
    func steps() {
        let now: Int64 = 100 * 86_400 + 5 * 3600 + 60
        let history = History([
            stretch(at: now - 90 * 86_400, hits: 9), stretch(at: now - 3600, hits: 3, misses: 1), stretch(at: now - 30, hits: 1, misses: 3),
            stretch(at: now - 10, hits: 1, misses: 3),
        ])
        let hours = history.hours(24, until: now)
        #expect(hours.count == 24 && hours.last?.begin == now - 60)
        #expect(hours.suffix(2).map(\.statistics.hitRate) == [0.75, 0.25] && hours.suffix(2).map(\.reports) == [1, 2])
        #expect(hours.dropLast(2).allSatisfy { $0.reports == 0 && $0.statistics.hitRate == nil })
        #expect(history.days(14, until: now).map(\.reports) == [Int](repeating: 0, count: 13) + [3])
    }

    @Test("A summary keeps every number of ninety days, by the hour for two days and by the day before")
    func summary() {
        let now: Int64 = 1_000 * 86_400
        let recent = (0..<500).map { stretch(at: now - Int64($0) * 60) }
        let older = (0..<1_000).map { stretch(at: now - 3 * 86_400 - Int64($0) * 3600) }
        let forgotten = stretch(at: now - 91 * 86_400)
        let history = History(recent + older + [forgotten]), summary = history.summary(until: now)
        #expect(summary.stretches.count < 60)
        #expect(summary.stretches.reduce(0) { $0 + $1.reports } == 1_500)
        #expect(summary.total == History(recent + older).total)
        #expect(summary.summary(until: now) == summary)
    }

    @Test("The file stays bounded however many processes report")
    func bounded() throws {
        let directory = try directory()
        for index in 0..<4_000 { History.append(stretch(at: 1_000_000 + Int64(index)), to: directory) }
        #expect(try Blob.reading(path: directory.path + "/history", limit: 1 << 30).count <= 512 << 10)
        #expect(History(of: directory).total.levels[1].hits == 4_000)
    }
}
