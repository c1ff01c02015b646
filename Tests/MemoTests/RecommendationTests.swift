import AtelierTelemetry
import Testing

@testable import AtelierMemo

@Suite("Recommendations")
struct RecommendationTests {
    /// A level that was asked a thousand times, half of them in vain.
    private func level(_ name: String = "disk", misses: [MissReason: Int] = [:]) -> LevelStatistics {
        var level = LevelStatistics(name)
        level.hits = 500
        level.misses = misses
        level.misses[.neverSeen] = 500 - misses.values.reduce(0, +)
        level.nanosecondsSaved = 500 * 10_000_000
        for _ in 0..<500 { level.hitLatency.record(nanoseconds: 20_000) }
        return level
    }

    private func all(_ level: LevelStatistics, contents: StoreContents? = nil, runs: Int = 500) -> [Recommendation] {
        var statistics = Statistics()
        statistics.levels = [level]
        statistics.misses = level.allMisses
        statistics.runs = runs
        statistics.nanosecondsSpent = UInt64(runs) * 10_000_000
        return Recommendation.all(from: statistics, contents: contents.map { [level.name: $0] } ?? [:])
    }

    private func texts(_ level: LevelStatistics) -> [String] { all(level).map(\.text) }

    @Test("A level that works well is left alone")
    func silent() { #expect(all(level()) == []) }

    @Test("Nothing is said about numbers too small to mean anything")
    func small() {
        var level = LevelStatistics("disk")
        (level.hits, level.ghostHits) = (20, 20)
        level.misses = [.evicted: 60, .unavailable: 60, .expired: 50]
        level.puts = [.tooLarge: 50, .noRoom: 50]
        #expect(all(level, runs: 190) == [])
        #expect(Recommendation.all(from: Statistics()) == [])
    }

    @Test("Ghost hits say what twice the size would find")
    func ghosts() {
        var level = level()
        level.ghostHits = 60
        #expect(texts(level) == ["12 % of disk misses would have been hits at twice the size: raise its limit (--disk-limit)"])
        level.ghostHits = 20
        #expect(texts(level) == [])
        level.ghostHits = 60_000
        level.name = "redis"
        #expect(texts(level) == ["100 % of redis misses would have been hits at twice the size: raise the limit of its server (maxmemory)"])
    }

    @Test("A level that cannot count ghosts is judged by what it evicted")
    func evicted() {
        #expect(texts(level(misses: [.evicted: 200])) == ["40 % of disk misses had to make room: raise its limit (--disk-limit)"])
    }

    @Test("Room that nothing uses can be given back")
    func lessRoom() {
        var busy = level()
        busy.hits = 5_000
        let text = all(busy, contents: StoreContents(entries: 9, bytes: 30, byteLimit: 1_000)).map(\.text)
        #expect(text == ["disk uses 3 % of its room and nothing had to go: its limit can be lowered"])
        #expect(all(busy, contents: StoreContents(entries: 9, bytes: 30, byteLimit: 1_000, evictions: 1)) == [])
        #expect(all(level(), contents: StoreContents(entries: 9, bytes: 30, byteLimit: 1_000)) == [])
    }

    @Test("A level that answers slower than making takes is better not asked")
    func slow() {
        var level = level("redis")
        level.nanosecondsSaved = 500 * 4_000
        #expect(
            texts(level) == ["redis answers in 20 µs what is made in 4.0 µs: raise the cost from which it is used, or switch it off"])
    }

    @Test("Reasons of misses have their advice, each with its share")
    func reasons() {
        #expect(texts(level(misses: [.unavailable: 50])).first?.hasPrefix("disk could not be asked in 5 % of look-ups: ") == true)
        #expect(
            texts(level(misses: [.expired: 100])) == ["20 % of disk misses had expired before they were used: raise their time to live"])
        #expect(texts(level(misses: [.invalidated: 150])).first?.hasPrefix("30 % of disk misses were invalidated by a tag: ") == true)
        #expect(
            texts(level(misses: [.otherVersion: 215])) == ["43 % of disk misses were another version: nothing to do, they are remade once"])
        #expect(
            texts(level(misses: [.damaged: 1])) == [
                "1 of 1000 look-ups in disk found a damaged entry: run atelier cache verify, and check the medium"
            ])
    }

    @Test("Entries that were refused have their advice")
    func refused() {
        var level = level()
        level.puts = [.kept: 900, .noRoom: 100]
        #expect(texts(level).first?.hasPrefix("10 % of entries for disk found no room: ") == true)
        level.puts = [.kept: 900, .tooLarge: 100]
        #expect(texts(level).first?.hasPrefix("10 % of entries for disk are larger than it takes: ") == true)
        level.puts = [.kept: 100, .notWorthIt: 900]
        #expect(texts(level) == [])
    }

    @Test("Where nothing is asked for twice, a cache is not worth having")
    func neverTwice() {
        var statistics = Statistics(levels: ["disk"])
        statistics.levels[0].hits = 1
        statistics.levels[0].misses = [.neverSeen: 999]
        statistics.misses = 999
        let found = Recommendation.all(from: statistics)
        #expect(found.map(\.topic) == [.neverSeen] && found[0].text.hasPrefix("100 % of 1000 requests were asked for the first time"))
    }

    @Test("Every topic has a case above")
    func topics() {
        #expect(Recommendation.Topic.allCases.count == 11)
    }
}
