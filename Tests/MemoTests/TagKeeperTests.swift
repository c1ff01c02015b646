import Testing

@testable import AtelierMemo

/// Engines that share a level stand for processes that share a folder, or machines that share a server.
@Suite("Tags across processes")
struct TagKeeperTests {
    private let lato = Artifact(Constant(value: 1)).tagged("font/Lato")

    @Test("What one process invalidates, another makes anew", arguments: ["font/Lato", "font"])
    func reachesOthers(tag: String) async throws {
        let shared = SharedStore()
        let here = Engine(levels: [everything(), shared]), there = Engine(levels: [everything(), shared]), log = EventLog(there)
        let built = Artifact(Increment(of: lato)), other = Artifact(Constant(value: 2)).tagged("font/Noto")
        _ = try await there.value(of: built)
        _ = try await there.value(of: other)
        here.invalidate(tag: tag)
        _ = try await there.value(of: built)
        #expect(log.runs == 5)
        _ = try await there.value(of: other)
        #expect(log.runs == (tag == "font" ? 6 : 5))
        // And a process that begins later hears of it too, and finds what was made since.
        let later = Engine(levels: [everything(), shared]), laterLog = EventLog(later)
        _ = try await later.value(of: built)
        #expect(laterLog.runs == 0)
    }

    @Test("What a process computes while another invalidates is nobody's answer")
    func whileComputing() async throws {
        let shared = SharedStore()
        let here = Engine(levels: [everything(), shared]), there = Engine(levels: [everything(), shared]), log = EventLog(here)
        let artifact = Artifact(Gated(gate: 210, input: lato))
        let asks = Task { try await there.value(of: artifact) }
        await Gate.number(210).arrived()
        here.invalidate(tag: "font/Lato")
        Gate.number(210).open()
        #expect(try await asks.value.value == 210)
        _ = try await here.value(of: artifact)
        #expect(log.runs(of: Gated.self) == 1)
    }

    @Test("What is built on an intermediate that a level had goes with it, also when that was invalidated only afterwards")
    func inherited() async throws {
        let shared = SharedStore()
        _ = try await Engine(levels: [shared]).value(of: lato)
        let engine = Engine(levels: [everything(), shared]), log = EventLog(engine)
        let built = Artifact(Gated(gate: 211, input: lato))
        let asks = Task { try await engine.value(of: built) }
        await Gate.number(211).arrived()
        #expect(log.runs == 0)
        engine.invalidate(tag: "font")
        Gate.number(211).open()
        _ = try await asks.value
        _ = try await engine.value(of: built)
        #expect(log.runs(of: Gated.self) == 2)
        #expect(log.runs(of: Constant.self) == 1)
    }

    @Test("An intermediate made without a tag hands that on: what is built on it under the tag is as old")
    func untaggedIntermediate() async throws {
        let store = everything(), engine = Engine(levels: [store]), log = EventLog(engine)
        _ = try await engine.value(of: Artifact(Constant(value: 1)))
        let built = Artifact(Increment(of: lato))
        _ = try await engine.value(of: built)
        #expect(store.peek(built.digest)?.tags.map(\.generation) == [0, 0])
        engine.invalidate(tag: "font")
        _ = try await engine.value(of: built)
        #expect(log.runs == 4)
    }

    @Test("Who asks after an invalidation is not answered by a run that began before it")
    func joinsNothingOld() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let artifact = Artifact(Gated(gate: 212, input: lato))
        let before = Task { try await engine.value(of: artifact) }
        await Gate.number(212).arrived()
        engine.invalidate(tag: "font/Lato")
        let after = Task { try await engine.value(of: artifact) }
        #expect(await eventually { engine.underWay.waiters == 2 })
        Gate.number(212).open()
        _ = try await (before.value, after.value)
        #expect(log.runs(of: Gated.self) == 2)
    }

    @Test("What cannot be said now is said later, and machines that were apart agree again")
    func apart() async throws {
        let server = SharedStore(name: "server"), folder = SharedStore(name: "folder"), time = ManualClock()
        let here = Engine(levels: [everything(), folder, server], configuration: .init(), clock: time.clock)
        let there = Engine(levels: [everything(), server]), log = EventLog(there)
        _ = try await there.value(of: lato)
        server.isReachable = false
        here.invalidate(tag: "font")
        #expect(folder.generations.count == 1)
        _ = try await there.value(of: lato)
        #expect(log.runs == 1)

        server.isReachable = true
        time.advance(seconds: 1)
        _ = try await here.value(of: lato)
        #expect(server.generations["font"] ?? 0 >= folder.generations["font"]!)
        _ = try await there.value(of: lato)
        #expect(log.runs <= 2)
        let raises = server.raises
        _ = try await here.value(of: lato)
        #expect(server.raises == raises, "what is said is not said again")
    }

    @Test("What one level knows and another does not is passed on by whoever has both")
    func passedOn() async throws {
        let server = SharedStore(name: "server"), folder = SharedStore(name: "folder")
        Engine(levels: [folder]).invalidate(tag: "font/Lato")
        Engine(levels: [server]).invalidate(tag: "template")
        let both = Engine(levels: [folder, server])
        _ = try await both.value(of: lato)
        #expect(folder.generations == server.generations)
        #expect(folder.generations.keys.sorted() == ["font/Lato", "template"])
    }

    @Test("An invalidation that was said late counts even when the others' clock was ahead")
    func clockBehind() async throws {
        let server = SharedStore(name: "server"), behind = ManualClock(), ahead = ManualClock()
        ahead.set(by: 100)
        let here = Engine(levels: [everything(), server], configuration: .init(), clock: behind.clock)
        let there = Engine(levels: [everything(), server], configuration: .init(), clock: ahead.clock), log = EventLog(there)
        there.invalidate(tag: "font")
        server.isReachable = false
        here.invalidate(tag: "font")
        server.isReachable = true
        _ = try await there.value(of: lato)
        behind.advance(seconds: 1)
        _ = try await here.value(of: lato)
        _ = try await there.value(of: lato)
        #expect(log.runs + log.count(.hit) { $0.level == "server" } == 2, "the value of before is no answer any more")
    }

    @Test("Work without tags asks no keeper, hits with tags read its epoch, and an invalidation says one thing to each")
    func cost() async throws {
        let shared = SharedStore(), engine = Engine(levels: [everything(), shared])
        let plain = (100..<200).map { Artifact(Constant(value: $0)) }
        for artifact in plain { _ = try await engine.value(of: artifact) }
        #expect(shared.epochReads == 0, "before the first tag there is nothing to ask")
        _ = try await engine.value(of: lato)
        let reads = shared.epochReads
        for artifact in plain { _ = try await engine.value(of: artifact) }
        #expect(shared.epochReads == reads)
        _ = try await engine.value(of: lato)
        #expect(shared.epochReads > reads)
        engine.invalidate(tag: "font")
        #expect(shared.raises == 1)
    }

    @Test("Generations are moments, and always grow")
    func moments() {
        let time = ManualClock(), table = TagTable(clock: time.clock)
        func generation() -> UInt64 { table.generations(of: ["font"])[0].generation }
        #expect(generation() == 0)
        table.invalidate("font")
        #expect(generation() == 4_000_000_000_000_000)
        time.set(by: -1000)
        table.invalidate("font")
        #expect(generation() == 4_000_000_000_000_001)
    }

    @Test("A keeper that says the largest generation there is does no harm")
    func largest() async throws {
        let shared = SharedStore(), engine = Engine(levels: [everything(), shared]), log = EventLog(engine)
        #expect(shared.raise(tag: "font", to: .max))
        engine.invalidate(tag: "font")
        for _ in 0..<2 { _ = try await engine.value(of: lato) }
        #expect(log.runs == 1)
    }
}
