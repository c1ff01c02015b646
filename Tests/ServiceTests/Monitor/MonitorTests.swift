import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierTelemetry
import Testing

@testable import AtelierService

@Suite("Numbers of a service")
struct MonitorTests {
    private final class World: Sendable {
        private let nanoseconds = Lock<UInt64>(90_000_000_000)
        let looks = Lock(0)
        var now: UInt64 { nanoseconds.withLock { $0 } }
        func pass(_ seconds: Double) { nanoseconds.withLock { $0 += UInt64(seconds * 1e9) } }
    }

    private let world = World()

    private func monitor() -> Monitor {
        let classes = [JobQueue.Class(name: "interactive", patience: 1), JobQueue.Class(name: "batch", patience: 2)]
        let admission = AtelierScheduling.Admission(JobQueue.Limits(slots: 3, capacity: 9, bytes: 1000, classes: classes))
        var statistics = Statistics(levels: ["memory"])
        statistics.levels[0].hits = 7
        return Monitor(
            .init(
                statistics: { [statistics] in statistics },
                contents: { [world] in
                    world.looks.withLock { $0 += 1 }
                    return ["memory": StoreContents(entries: 5, bytes: 600, byteLimit: 1000)]
                }, queue: { Snapshot.Queue(admission) }, jobs: { Snapshot.Jobs(done: 4) },
                models: { [Snapshot.Model(name: "m", isLoaded: true, byteCount: 10, uses: 2)] }, workerCount: 3, memoryLimit: 1 << 30),
            monotonic: { [world] in world.now }, wall: { [world] in Int64(world.now / 1_000_000) })
    }

    /// The value of a line of Prometheus' text.
    private func value(_ name: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.utf8.count + 1)) }
    }

    @Test("Under one number the panel and Prometheus say the same; a quarter of a second later the number is another")
    func sameNumbers() async throws {
        let monitor = monitor()
        await monitor.run { throw CancellationError() }
        world.pass(0.25)
        for (status, milliseconds) in [(200, 10), (404, 20), (429, 1), (500, 40)] {
            monitor.began()
            monitor.answered(status: status, nanoseconds: UInt64(milliseconds) * 1_000_000)
        }
        monitor.began()
        let snapshot = monitor.snapshot, text = snapshot.prometheusText, json = snapshot.json
        #expect(json["number"] == 2 && value("atelier_snapshot_number", in: text) == 2)
        let requests = try #require(json["requests"])
        #expect(requests["total"] == 4 && requests["errors"] == 3 && requests["rejected"] == 1 && requests["failed"] == 1)
        #expect(requests["under_way"] == 1 && value("atelier_http_requests_under_way", in: text) == 1)
        #expect(value("atelier_http_requests_total", in: text) == 4)
        #expect(value(#"atelier_http_errors_total{kind="refused"}"#, in: text) == 1)
        let p95 = try #require(value(#"atelier_http_recent_latency_seconds{quantile="0.95"}"#, in: text))
        guard case .number(let shown)? = json["latency_ms"]?["p95"] else { return #expect(Bool(false)) }
        #expect(abs(p95 * 1000 - shown) < 0.001 && 40...43 ~= shown)
        #expect(
            json["cache"]?["levels"] == [
                ["name": "memory", "hits": 7, "misses": 0, "bytes": 600, "limit": 1000, "entries": 5, "evictions": 0]
            ])
        #expect(value(#"atelier_cache_level_hits_total{level="memory"}"#, in: text) == 7)
        #expect(json["queue"]?["slots"] == 3 && value("atelier_queue_slots", in: text) == 3)
        #expect(json["jobs"]?["done"] == 4 && value(#"atelier_jobs{state="done"}"#, in: text) == 4)
        // Whoever asks at the same time sees the same.
        monitor.answered(status: 200, nanoseconds: 1)
        #expect(monitor.snapshot.json == json)
        world.pass(0.25)
        #expect(monitor.snapshot.number == 3 && monitor.snapshot.requests.total == 5)
    }

    @Test("What takes longer is looked at once a second; latencies of more than a minute ago are forgotten")
    func rarely() async {
        let monitor = monitor()
        monitor.began()
        monitor.answered(status: 200, nanoseconds: 5_000_000)
        let rounds = Lock(0)
        await monitor.run { [world] in
            for _ in 0..<20 {
                _ = monitor.snapshot
                world.pass(0.05)
            }
            let round = rounds.withLock { rounds in
                rounds += 1
                return rounds
            }
            if round == 3 { throw CancellationError() }
        }
        #expect(world.looks.withLock { $0 } == 3)
        #expect(monitor.snapshot.requests.recentLatency.count == 1)
        world.pass(30)
        #expect(monitor.snapshot.requests.recentLatency.count == 1)
        world.pass(30)
        #expect(monitor.snapshot.requests.recentLatency.count == 0 && monitor.snapshot.requests.latency.count == 1)
    }

    @Test("The history has a point a second with rates in it, for an hour")
    func history() async throws {
        let monitor = monitor()
        struct Enough: Error {}
        let rounds = Lock(0)
        await monitor.run { [world] in
            for _ in 0..<10 {
                monitor.began()
                monitor.answered(status: 200, nanoseconds: 1_000_000)
            }
            world.pass(1)
            if rounds.withLock({
                $0 += 1; return $0
            }) == 3700 {
                throw Enough()
            }
        }
        #expect(monitor.history(seconds: 1 << 20).points.count == 3600)
        let last = monitor.history(seconds: 5).json
        #expect(last["series"]?["per_second"] == [10.0, 10.0, 10.0, 10.0, 10.0])
        #expect(monitor.snapshot.requests.perSecond == 10)
    }

    @Test("Lanes keep the longest slices; a flame has shares of the whole")
    func lanes() throws {
        var timeline = Timeline(begin: 1000, end: 11_000_000)
        let spans = (0..<10).map {
            Timeline.Span(name: "svg.parse", begin: UInt64($0) * 1_000_000 + 1000, end: UInt64($0 + 1) * 1_000_000, depth: 0)
        }
        timeline.lanes = [Timeline.Lane(number: 3, name: "worker", spans: spans)]
        guard case .array(let lanes)? = timeline.lanesJSON(mostSlices: 4)["threads"], case .array(let slices)? = lanes[0]["slices"] else {
            return #expect(Bool(false))
        }
        #expect(slices.count == 4 && lanes[0]["name"] == "worker 3" && slices[0]["name"] == "svg.parse")
        #expect(timeline.busyShares[0].busyShare > 0.9)
        let flame = Snapshot.Flame(timeline)
        #expect(flame.frames.map(\.width) == [1] && flame.frames[0].name == "svg.parse")
    }

    @Test("A trace's parent is read as the specification says")
    func traceParent() {
        let trace = "0af7651916cd43dd8448eb211c80319c", parent = "b7ad6b7169203331"
        #expect(TraceParent("00-\(trace)-\(parent)-01")?.trace == trace && TraceParent("00-\(trace)-\(parent)-01")?.parent == parent)
        #expect(TraceParent("01-\(trace)-\(parent)-01-more")?.trace == trace)
        let zeros = String(repeating: "0", count: 32)
        for text in [
            "", "00-1-2-3", "00-\(trace)-\(parent)-01-more", "ff-\(trace)-\(parent)-01", "00-\(zeros)-\(parent)-01",
            "00-\(trace)-\(zeros.prefix(16))-01", "00-\(trace.uppercased())-\(parent)-01",
        ] { #expect(TraceParent(text) == nil) }
    }

    @Test("The log writes whole lines of JSON in order, and counts those it has no room for")
    func log() async throws {
        let written = Lock([UInt8]()), isOpen = Semaphore()
        let log = ServiceLog(wall: { 1_790_000_000_123 }) { bytes in
            isOpen.wait()
            written.withLock { $0 += bytes }
            isOpen.post()
        }
        log.note("first", ["path": "/v1/\"x\"\n", "gone": nil])
        let long = JSON.string(String(repeating: "x", count: 1 << 19))
        for _ in 0..<4 { log.note("long", ["text": long]) }
        isOpen.post()
        while !String(decoding: written.withLock { $0 }, as: UTF8.self).contains("dropped") { await Task.yield() }
        let lines = String(decoding: written.withLock { $0 }, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines[0] == #"{"time":"2026-09-21T14:13:20.123Z","event":"first","path":"/v1/\"x\"\n"}"#)
        #expect(
            lines.last?.hasSuffix(#""event":"dropped","lines":3}"#) == true
                || lines.last?.hasSuffix(#""event":"dropped","lines":2}"#) == true)
    }
}
