import AtelierJSON
import AtelierMemo
import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

/// Where the pictures of `Examples/art` are.
private let art = String(#filePath.prefix(upTo: #filePath.range(of: "/Tests/")!.lowerBound)) + "/Examples/art/"

private func run(_ scratch: Scratch, _ arguments: String...) async -> (code: ExitCode, out: String, err: String) {
    let console = scratch.console()
    let code = await Command.run(arguments, environment: ["ATELIER_CACHE_DIR": scratch["cache"]], console: console)
    return (code, scratch.read(".out") ?? "", scratch.read(".err") ?? "")
}

@Suite("Cache statistics")
struct CacheStatsTests {
    @Test("What runs did is shown by another process: levels, stages, JSON and Prometheus text")
    func afterRuns() async throws {
        let scratch = Scratch()
        for _ in 0..<2 { #expect(await run(scratch, "trace", art + "icon.png", "-o", scratch["icon.svg"], "-q").code == .done) }

        let text = await run(scratch, "cache", "stats").out
        #expect(text.contains(" saved, ") && text.contains(" requests found, ") && text.contains("hit rate, last 24 hours  "))
        #expect(text.contains("\ndisk ") && text.contains("disk misses: never seen "))
        let stages = await run(scratch, "cache", "stats", "--by", "stage").out
        #expect(stages.contains("\ntracing.fit ") && stages.contains("\nsvg.fromSource "))
        #expect(await run(scratch, "cache", "stats", "--by", "tag").out.contains("no tag was used"))

        guard case .object(let members) = try JSON(parsing: Array(await run(scratch, "cache", "stats", "--json").out.utf8)) else {
            Issue.record("no object")
            return
        }
        #expect(members.first == .init("version", .integer(1)))
        #expect(
            members.map(\.name).suffix(7) == ["totals", "levels", "stages", "tags", "partitions", "history", "recommendations"])

        let prometheus = await run(scratch, "cache", "stats", "--prometheus").out
        #expect(prometheus.contains("\natelier_cache_level_hits_total{level=\"disk\"} "))
        #expect(!prometheus.contains("\natelier_cache_level_hits_total{level=\"disk\"} 0\n"))
        #expect(prometheus.contains("\natelier_stage_runs_total{stage=\"tracing.fit\"} 1\n"))
    }

    @Test("Runs that may not write to the cache, or have none, tell nothing")
    func untold() async {
        let scratch = Scratch()
        #expect(await run(scratch, "trace", art + "icon.png", "-o", scratch["a.svg"], "-q").code == .done)
        let before = scratch.read("cache/history")
        #expect(before != nil)
        for cache in ["read", "off"] {
            #expect(await run(scratch, "trace", art + "icon.png", "-o", scratch[cache + ".svg"], "-q", "--cache", cache).code == .done)
        }
        #expect(scratch.read("cache/history") == before)
    }

    @Test("Watching shows a block each time until it is interrupted")
    func watch() async throws {
        let scratch = Scratch()
        #expect(await run(scratch, "trace", art + "icon.png", "-o", scratch["a.svg"], "-q").code == .done)
        guard case .cache(let command) = try Invocation(parsing: ["cache", "stats", "--watch"]) else {
            Issue.record("no cache command")
            return
        }
        var blocks = 0
        let code = try await command.stats(scratch["cache"], Configuration(), console: scratch.console()) {
            blocks += 1
            if blocks == 3 { throw CancellationError() }
        }
        #expect(code == .interrupted && blocks == 3)
        let shown = try #require(scratch.read(".out"))
        #expect(shown.components(of: " entries, ") == 3 && shown.hasSuffix("\n\n") && !shown.contains("\u{1b}"))
    }

    @Test(
        "An option that belongs to another word is refused in a sentence that names the word",
        arguments: [
            ("cache clear --sample 3", "--sample belongs to cache verify"), ("cache clear --watch", "--watch belongs to cache stats"),
            ("cache clear --no-watch", "--no-watch belongs to cache stats"), ("cache stats --dry-run", "--dry-run belongs to cache warm"),
            ("cache verify --budget=3", "--budget belongs to cache warm"), ("cache path --by tag", "--by belongs to cache stats"),
            ("cache warm --trace -", "--trace belongs to cache simulate"), ("cache simulate --seed 1", "--seed belongs to cache verify"),
            ("config path --origin", "--origin belongs to config show"),
            ("cache verify --seed 1", "--seed says something about --sample only"),
        ])
    func options(line: String, sentence: String) {
        #expect(throws: UsageError(sentence)) { try Invocation(parsing: line.split(separator: " ").map(String.init)) }
    }

    @Test("Two formats at once are refused, and so is what only explain takes")
    func usage() {
        #expect(throws: UsageError.self) { try Invocation(parsing: ["cache", "stats", "--json", "--prometheus"]) }
        #expect(throws: UsageError.self) { try Invocation(parsing: ["trace", "a.png", "--why-missed"]) }
    }

    @Test("The table, advice and history are those of the numbers")
    func text() {
        var statistics = Statistics(levels: ["memory", "disk"])
        statistics.levels[1].hits = 600
        statistics.levels[1].misses = [.neverSeen: 300, .otherVersion: 100]
        statistics.levels[1].puts = [.kept: 390, .tooLarge: 10]
        statistics.misses = 400
        statistics.nanosecondsSaved = 90_000_000_000
        statistics.nanosecondsSpent = 10_000_000_000
        let now: Int64 = 1_000_000
        let report = CacheStatistics(
            path: "/cache", contents: StoreContents(entries: 7, bytes: 3 << 20, byteLimit: 5 << 20, ghostHits: 48),
            history: History([.init(begin: now - 5, end: now, reports: 1, statistics: statistics)]), now: now)
        #expect(
            report.text(by: .level) == """
                /cache: 7 entries, 3.0 MiB of 5.0 MiB
                90.0 s saved, 10.0 times as fast as without (10.0 s spent)
                60.0 % of 1000 requests found, 0 steps run, 0 failed

                level   hits  misses    rate  at twice  puts  evicted   saved  hit p50  p99  miss p50  p99
                memory     0       0       -         -     0        0  0.00 s        -    -         -    -
                disk     600     400  60.0 %    64.8 %   390        0  0.00 s        -    -         -    -
                disk misses: never seen 300, other version 100
                disk did not keep: too large 10

                hit rate, last 24 hours  ·······················▅  last 14 days  ·············▅

                → 12 % of disk misses would have been hits at twice the size: raise its limit (--disk-limit)
                → 25 % of disk misses were another version: nothing to do, they are remade once

                """)
    }

    @Test("explain --why-missed names the option that changed, and a source with other bytes")
    func whyMissed() async throws {
        let scratch = Scratch()
        scratch.write("", to: "a.png")
        try copy("icon.png", to: scratch["a.png"])
        #expect(await run(scratch, "trace", scratch["a.png"], "-o", scratch["a.svg"], "--colors", "16", "-q").code == .done)
        let changed = await run(scratch, "explain", "trace", scratch["a.png"], "--colors", "12", "--why-missed")
        #expect(changed.code == .done)
        #expect(changed.out.contains("tracing.quantize: options.colors was 16, is 12\n") && changed.out.contains("disk: never seen"))
        let same = await run(scratch, "explain", "trace", scratch["a.png"], "--colors", "16", "--why-missed")
        #expect(!same.out.contains("never seen"))
        let other = await run(scratch, "explain", "trace", art + "badge.png", "--colors", "16", "--why-missed", "--json")
        #expect(other.out.contains("source: was \(scratch["a.png"]), is \(art)badge.png"))
        try copy("badge.png", to: scratch["a.png"])
        let rewritten = await run(scratch, "explain", "trace", scratch["a.png"], "--colors", "16", "--why-missed")
        #expect(rewritten.out.contains("source \(scratch["a.png"]): other bytes (changed 20"))
    }

    @Test("Events have what a replay needs: bytes, costs, reasons and what losing an entry costs")
    func events() async throws {
        let scratch = Scratch()
        for isFirst in [true, false] {
            let made = await run(scratch, "trace", art + "icon.png", "-o", scratch["a.svg"], "-q", "--events", scratch["events"])
            #expect(made.code == .done)
            let lines = try #require(scratch.read("events")).split(separator: "\n")
            for line in lines { _ = try JSON(parsing: Array(line.utf8)) }
            func has(_ kind: String, _ members: String...) -> Bool {
                lines.contains { line in line.contains("\"event\":\"\(kind)\"") && members.allSatisfy { line.contains("\"\($0)\":") } }
            }
            if isFirst {
                #expect(has("run", "stage", "digest", "milliseconds", "chainMilliseconds", "bytes"))
                #expect(has("miss", "misses", "digest") && has("put", "level", "lossMilliseconds", "chainMilliseconds", "bytes"))
            } else {
                #expect(has("hit", "level", "latencyMilliseconds", "chainMilliseconds", "bytes"))
            }
        }
    }

    private func copy(_ name: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        try Blob.reading(path: art + name, limit: 1 << 30).write(to: descriptor)
    }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? { firstRange(of: part) }

    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
