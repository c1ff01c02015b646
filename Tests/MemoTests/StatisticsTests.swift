import AtelierTelemetry
import Testing

@testable import AtelierMemo

@Suite("Statistics")
struct StatisticsTests {
    @Test("Every level counts why it had no answer, also when a later one had it")
    func reasons() async throws {
        let bytes = BytesStore(), artifact = Artifact(Constant(value: 5))
        _ = try await Engine(levels: [bytes]).value(of: artifact)
        let engine = Engine(levels: [everything(), bytes])
        _ = try await engine.value(of: artifact)
        _ = try await engine.value(of: artifact)
        _ = try await engine.value(of: Artifact(Constant(value: 6)))

        let (memory, disk) = (engine.statistics.levels[0], engine.statistics.levels[1])
        #expect((memory.name, memory.hits, memory.misses) == ("memory", 1, [.neverSeen: 2]))
        #expect((disk.name, disk.hits, disk.misses) == ("bytes", 1, [.neverSeen: 1]))
        #expect(memory.hitLatency.count == 1 && disk.hitLatency.count == 1)
        #expect(memory.missLatency.count == 2 && disk.missLatency.count == 1)
        #expect(engine.statistics.misses == 1 && engine.statistics.hitRate == 2.0 / 3)
        #expect(memory.hitRate == 1.0 / 3 && disk.hitRate == 0.5)
    }

    @Test("An entry that was invalidated, and one whose bytes cannot be read, are counted as such")
    func flaws() async throws {
        let bytes = BytesStore(), engine = Engine(levels: [bytes])
        let tagged = Artifact(Constant(value: 5)).tagged("font/Lato"), plain = Artifact(Constant(value: 6))
        for artifact in [tagged, plain] { _ = try await engine.value(of: artifact) }
        engine.invalidate(tag: "font")
        bytes.replace(plain.digest) { $0.payload = .bytes(Blob("not a number")) }
        for artifact in [tagged, plain] { _ = try await engine.value(of: artifact) }
        #expect(engine.statistics.levels[0].misses == [.neverSeen: 2, .invalidated: 1, .damaged: 1])
    }

    @Test("Puts are counted by what became of them, bytes by the weight of the values")
    func puts() async throws {
        let small = MemoryStore(byteLimit: 600, admitting: .everything), engine = Engine(levels: [small])
        for value in 0..<4 { _ = try await engine.value(of: Artifact(Constant(value: value))) }
        _ = try await engine.value(of: Artifact(Heavy()))
        _ = try await engine.value(of: Artifact(Constant(value: 3)))
        let level = engine.statistics.levels[0]
        #expect(level.puts == [.kept: 4, .tooLarge: 1])
        #expect(level.bytesIn == 32 && level.bytesOut == 8)
        #expect(level.evictions == 4 - small.count)
    }

    @Test("Stages, tags and partitions have their hits, misses, runs and bytes")
    func breakdown() async throws {
        let engine = Engine(levels: [everything()])
        let sum = Artifact(Sum(terms: [Artifact(Constant(value: 1)), Artifact(Constant(value: 2))])).tagged("a", "b").partitioned("tenant")
        _ = try await engine.value(of: sum)
        _ = try await engine.value(of: sum)
        let statistics = engine.statistics
        #expect(statistics.stages.usage.keys.sorted() == ["test.constant", "test.sum"])
        let constants = try #require(statistics.stages.usage["test.constant"])
        #expect((constants.hits, constants.misses, constants.runs, constants.bytes) == (0, 2, 2, 16))
        for usage in [statistics.stages.usage["test.sum"], statistics.tags.usage["a"], statistics.tags.usage["b"]] {
            let usage = try #require(usage)
            #expect((usage.hits, usage.misses, usage.runs, usage.bytes) == (1, 1, 1, 16))
        }
        #expect(statistics.partitions.usage["tenant"]?.hits == 1)
    }

    @Test("Names beyond the bound count as other, and no count is lost")
    func bound() {
        var breakdown = Breakdown()
        for index in 0..<100 { breakdown.count("tag\(index)") { $0.hits += 1 } }
        #expect(breakdown.usage.count == Breakdown.limit + 1)
        #expect(breakdown.usage[Breakdown.other]?.hits == 36)
        var sum = breakdown
        sum.add(breakdown)
        #expect(sum.usage.values.reduce(0) { $0 + $1.hits } == 200)
        #expect(sum.usage.count == Breakdown.limit + 1)
    }

    @Test("What was done since is what sums back to the whole")
    func since() async throws {
        let engine = Engine(levels: [everything(), BytesStore()])
        _ = try await engine.value(of: Artifact(Increment(of: Artifact(Constant(value: 1)))).tagged("t"))
        let earlier = engine.statistics
        _ = try await engine.value(of: Artifact(Increment(of: Artifact(Constant(value: 1)))).tagged("t"))
        _ = try await engine.value(of: Artifact(Increment(of: Artifact(Constant(value: 2)))))
        let later = engine.statistics, news = later.since(earlier)
        #expect((news.runs, news.misses, news.allHits) == (2, 2, 1))
        #expect(news.tags.usage["t"]?.hits == 1 && news.tags.usage["t"]?.runs == 0)
        var sum = earlier
        sum.add(news)
        #expect(sum.levels.map(\.hits) == later.levels.map(\.hits) && sum.levels.map(\.misses) == later.levels.map(\.misses))
        #expect(sum.nanosecondsSpent == later.nanosecondsSpent && sum.stages == later.stages)
        #expect(later.since(later).isEmpty)
    }

    @Test("Speed-up is what was spent and saved over what was spent")
    func speedUp() {
        var statistics = Statistics()
        #expect(statistics.speedUp == nil && statistics.hitRate == nil)
        (statistics.nanosecondsSpent, statistics.nanosecondsSaved) = (2_000, 18_000)
        #expect(statistics.speedUp == 10)
    }

    @Test("Prometheus text has the numbers of every level, stage, tag and partition")
    func prometheus() {
        var statistics = Statistics(levels: ["memory", "disk"])
        statistics.levels[1].misses[.evicted] = 7
        statistics.levels[0].hits = 41
        statistics.tags.count("font/\"Lato\"") { $0.hits = 3 }
        let text = statistics.prometheusText(contents: ["disk": StoreContents(entries: 12, bytes: 4096, byteLimit: 8192)])
        for line in [
            "atelier_cache_level_hits_total{level=\"memory\"} 41",
            "atelier_cache_level_misses_total{level=\"disk\",reason=\"evicted\"} 7",
            "atelier_cache_level_entries{level=\"disk\"} 12", "atelier_cache_level_limit_bytes{level=\"disk\"} 8192",
            "atelier_tag_hits_total{tag=\"font/\\\"Lato\\\"\"} 3", "# TYPE atelier_cache_level_lookup_seconds histogram",
        ] {
            #expect(text.contains(line + "\n"))
        }
    }
}

/// Too large for the level of its test.
private struct Heavy: Stage {
    static let name = "test.heavy", version = 1
    func run(in context: Context) -> Weight { Weight(byteCount: 10_000) }
}
