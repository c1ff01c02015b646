import AtelierMemo
import AtelierScheduling
import Testing

@testable import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Warming", .timeLimit(.minutes(20)))
struct WarmingTests {
    let folder = DrawingFolder()

    @Test("What was asked for and is nowhere is made, and is a hit when it is asked for")
    func makes() async throws {
        let store = WatchedStore(), requests = [3, 4].map { folder.drawing($0) }
        let engine = Engine(levels: [MemoryStore(admitting: .everything), store])
        let report = await warm(
            engine, by: WarmPlan(requests, in: engine, filling: .all, now: 0), budget: .seconds(60), clock: ManualTime())
        #expect(report.outcomes == [.made, .made] && report.ending == .done && report.nanosecondsWarmed == 2_000_000)
        let later = Engine(levels: [store]), log = EventLog(later)
        for request in requests { _ = try await later.value(of: request.conversion().output) }
        #expect(log.runs == 0)
        let again = WarmPlan(requests, in: engine, filling: .all, now: 0)
        #expect(again.steps.isEmpty && again.alreadyThere == 2)
    }

    @Test("An engine that stays is warmed by a log in one call")
    func log() async throws {
        let store = WatchedStore(), engine = Engine(levels: [MemoryStore(admitting: .everything), store])
        let log = RequestLog(in: folder.path), request = folder.drawing(50)
        log.note([request, request])
        #expect(await warm(engine, from: log, budget: .seconds(60), now: 0).outcomes == [.made])
        let events = EventLog(engine)
        _ = try await engine.value(of: request.conversion().output)
        #expect(events.runs == 0)
    }

    @Test("What a stage of a lower version made is not what is warmed: the outputs of the version that runs are")
    func raisedVersion() async throws {
        let store = WatchedStore()
        var request = folder.drawing(5)
        // What the log and the level would hold from before: the same request under the digest it had then.
        request.use.output = Artifact.bytes([1]).digest
        store.put(
            Entry(
                header: EntryHeader(
                    digest: request.use.output, stage: "svg.write", stageVersion: 0, format: "blob", formatVersion: 1, byteCount: 3),
                payload: .bytes(Blob("old"))))
        let engine = Engine(levels: [store])
        let plan = WarmPlan([request], in: engine, filling: .lasting, now: 0)
        #expect(plan.steps.map(\.level) == [nil])
        #expect(await warm(engine, by: plan, budget: .seconds(60), clock: ManualTime()).outcomes == [.made])
        let log = EventLog(engine)
        #expect(try await engine.value(of: convertToSVG(.file(path: folder.path + "/5.svg")).output) != Blob("old"))
        #expect(log.runs == 0)
    }

    @Test("A fresh process lifts what is on disk into memory without opening a source")
    func lifts() async throws {
        let store = WatchedStore(), requests = [6, 7].map { folder.drawing($0) }
        let before = Engine(levels: [store])
        for request in requests {
            _ = try await before.value(of: request.conversion().output)
            _ = try await before.value(of: request.conversion().report)
        }
        for width in [6, 7] { unlink("\(folder.path)/\(width).svg") }
        let engine = Engine(levels: [MemoryStore(admitting: .everything), store]), log = EventLog(engine)
        #expect(WarmPlan(requests, in: engine, filling: .lasting, now: 0).alreadyThere == 2)
        let plan = WarmPlan(requests, in: engine, filling: .all, now: 0)
        #expect(plan.steps.map(\.level) == ["watched", "watched"])
        #expect(await warm(engine, by: plan, budget: .seconds(60), clock: ManualTime()).outcomes == [.loaded, .loaded])
        #expect(log.runs == 0)
        store.removeAll()
        for request in requests { _ = try await engine.value(of: request.conversion().output) }
        #expect(log.runs == 0)
    }

    @Test("Loading comes before making, then what is asked for most; the same files under other names count together")
    func ranking() async throws {
        let store = WatchedStore(), now: Int64 = 1_000_000
        var (stored, rare, frequent, old) = (
            folder.drawing(8), folder.drawing(9, at: now), folder.drawing(10, at: now), folder.drawing(11, at: now - 70 * 86_400)
        )
        _ = try await Engine(levels: [store]).value(of: stored.conversion().output)
        _ = try await Engine(levels: [store]).value(of: stored.conversion().report)
        frequent.use.weight = 2
        old.use.weight = 90
        stored.use.last = now
        rare.use.cost = 1 << 40  // costs as much to make as it saves
        var elsewhere = rare
        elsewhere.paths = ["/elsewhere.svg"]
        let engine = Engine(levels: [MemoryStore(admitting: .everything), store])
        let plan = WarmPlan([old, rare, stored, frequent, elsewhere, elsewhere], in: engine, filling: .all, now: now)
        #expect(plan.steps.map(\.logged.request) == [stored, rare, frequent, old].map(\.request))
        #expect(plan.steps[1].worth == 3)
    }

    @Test("A source that has changed, is gone or came through a pipe is left alone and said")
    func sources() async {
        var (changed, gone, piped) = (folder.drawing(12), folder.drawing(13), folder.drawing(14))
        (changed.use.weight, gone.use.weight) = (3, 2)
        folder.write(Array("<svg/>".utf8), to: "12.svg")
        unlink(folder.path + "/13.svg")
        piped.paths = [nil]
        let engine = Engine(levels: [WatchedStore()])
        let plan = WarmPlan([changed, gone, piped], in: engine, filling: .all, now: 0)
        let report = await warm(engine, by: plan, budget: .seconds(60), clock: ManualTime())
        #expect(report.outcomes == [.sourceChanged, .sourceGone, .sourceGone] && report.nanosecondsWarmed == 0)
    }

    @Test("What fails is said, what stands for no conversion is counted")
    func failures() async {
        folder.write(Array("nothing".utf8), to: "bad.svg")
        let source = Artifact.bytes(Array("nothing".utf8)).digest, use = RequestUse(of: source, cost: 1, at: 0)
        let bad = LoggedRequest(Request(target: .svg, sources: [source]), paths: [folder.path + "/bad.svg"], use: use)
        let none = LoggedRequest(Request(target: .svg, sources: [source, source]), paths: [nil, nil], use: use)
        let engine = Engine(levels: [WatchedStore()])
        let plan = WarmPlan([bad, none], in: engine, filling: .all, now: 0)
        #expect(plan.impossible == 1)
        let report = await warm(engine, by: plan, budget: .seconds(60), clock: ManualTime())
        #expect(report.outcomes == [.failed("the content is neither PNG, JPEG, WebP nor SVG; convert it to one of these first")])
    }

    @Test("It ends as soon as somebody waits; what they asked for is made")
    func load() async throws {
        let store = WatchedStore(), requests = (20..<24).map { folder.drawing($0) }
        let engine = Engine(levels: [store], configuration: .init(workers: 4))
        let urgent = try folder.drawing(40).conversion().output, isOver = Barrier(), asked = Lock<Task<Blob, any Error>?>(nil)
        store.watch { _ in
            asked.withLock { asked in asked = asked ?? Task { try await engine.value(of: urgent, priority: .interactive) } }
            // No level answers anybody before warming has ended.
            isOver.wait()
        }
        let plan = WarmPlan(requests, in: engine, filling: .all, now: 0)
        let report = await warm(engine, by: plan, budget: .seconds(60), clock: ManualTime())
        isOver.open()
        #expect(report.ending == .load && report.outcomes == [.left, .left, .left, .left])
        #expect(try await asked.withLock { $0 }?.value.isEmpty == false)
    }

    @Test("In a busy engine nothing is begun")
    func busy() async throws {
        let store = WatchedStore(), engine = Engine(levels: [store]), isOver = Barrier()
        let urgent = try folder.drawing(41).conversion().output
        store.watch { _ in isOver.wait() }
        let asked = Task { try await engine.value(of: urgent) }
        while engine.load == 0 { await Task.yield() }
        let plan = WarmPlan([folder.drawing(42)], in: engine, filling: .all, now: 0)
        let report = await warm(engine, by: plan, budget: .seconds(60), clock: ManualTime())
        #expect(report.ending == .load && report.outcomes == [.left])
        isOver.open()
        _ = try await asked.value
    }

    @Test("At the end of its budget it is cancelled, and what would take longer than what is left is not begun")
    func budget() async {
        let store = WatchedStore(), time = ManualTime(), isOver = Barrier()
        let engine = Engine(levels: [store], configuration: .init(workers: 4))
        var requests = (24..<27).map { folder.drawing($0) }
        requests[0].use.cost = 90_000_000_000
        let plan = WarmPlan(requests, in: engine, filling: .all, now: 0)
        store.watch { _ in
            time.advance(by: .seconds(61))
            isOver.wait()
        }
        let report = await warm(engine, by: plan, budget: .seconds(60), clock: time)
        isOver.open()
        #expect(report.ending == .budget && report.outcomes == [.left, .left, .left] && report.duration == .seconds(61))

        store.watch { _ in }
        let rest = await warm(engine, by: plan, budget: .seconds(60), clock: time)
        #expect(rest.ending == .budget && rest.count { $0 == .made } == 2)
    }

    @Test("No more are begun than allowed, and cancelling ends it")
    func limitAndCancellation() async {
        let store = WatchedStore(), engine = Engine(levels: [store], configuration: .init(workers: 4))
        let plan = WarmPlan((27..<31).map { folder.drawing($0) }, in: engine, filling: .all, now: 0)
        let limited = await warm(engine, by: plan, budget: .seconds(60), limit: 2, atOnce: 3, clock: ManualTime())
        #expect(limited.ending == .budget && limited.count { $0 == .made } == 2)

        store.removeAll()
        let isOver = Barrier(), (begun, begin) = AsyncStream<Void>.makeStream()
        store.watch { _ in
            begin.yield()
            isOver.wait()
        }
        let warming = Task { await warm(engine, by: plan, budget: .seconds(60), clock: ManualTime()) }
        for await _ in begun { break }
        warming.cancel()
        #expect(await warming.value.ending == .interrupted)
        isOver.open()
    }
}
