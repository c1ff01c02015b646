import Testing

@testable import AtelierMemo

/// Chooses by looking at a value: even numbers stay, odd ones are made even.
private struct MakeEven: Plan {
    static let name = "test.makeEven", version = 1
    var number: Artifact<Number>
    func plan(in context: Context) -> Artifact<Number> {
        context[number].value % 2 == 0 ? number : Artifact(Increment(of: number))
    }
}

/// Returns something built on itself.
private struct Ouroboros: Plan {
    static let name = "test.ouroboros", version = 1
    var depth: Int
    func plan(in context: Context) -> Artifact<Number> {
        depth == 0 ? Artifact(Increment(of: Artifact(Ouroboros(depth: 2)))) : Artifact(Ouroboros(depth: depth - 1))
    }
}

private struct Endless: Plan {
    static let name = "test.endless", version = 1
    var step = 0
    func plan(in context: Context) -> Artifact<Number> { Artifact(Endless(step: step + 1)) }
}

@Suite("Plans")
struct PlanTests {
    @Test("A plan runs, then what it returned is made; its own digest answers next time, with one hit")
    func alias() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let even = Artifact(MakeEven(number: Artifact(Constant(value: 3))))
        #expect(try await engine.value(of: even).value == 4)
        #expect(log.runs(of: MakeEven.self) == 1)
        #expect(log.runs(of: Increment.self) == 1)
        _ = log.drain()
        #expect(try await engine.value(of: Artifact(MakeEven(number: Artifact(Constant(value: 3))))).value == 4)
        #expect(log.events.map(\.kind) == [.hit])
        #expect(log.events[0].stage == "test.makeEven")
    }

    @Test("A plan may return one of its inputs, and be an input itself")
    func identity() async throws {
        let engine = Engine(levels: [everything()])
        let even = Artifact(MakeEven(number: Artifact(Constant(value: 8))))
        #expect(try await engine.value(of: Artifact(Increment(of: even))).value == 9)
        #expect(
            try await engine.value(of: Artifact(MakeEven(number: Artifact(MakeEven(number: Artifact(Increment(of: even))))))).value == 10)
    }

    @Test("When what an alias leads to is gone, the plan runs again")
    func evictedTarget() async throws {
        let store = everything(), engine = Engine(levels: [store]), log = EventLog(engine)
        let three = Artifact(Constant(value: 3)), even = Artifact(MakeEven(number: three))
        _ = try await engine.value(of: even)
        store.evict(Artifact(Increment(of: three)).digest)
        _ = log.drain()
        #expect(try await engine.value(of: even).value == 4)
        #expect(log.runs(of: MakeEven.self) == 1)
        #expect(log.runs(of: Increment.self) == 1)
    }

    @Test("An alias leaves memory and answers in another process's engine")
    func aliasOnDisk() async throws {
        let bytes = BytesStore(), even = Artifact(MakeEven(number: Artifact(Constant(value: 3))))
        _ = try await Engine(levels: [everything(), bytes]).value(of: even)
        let engine = Engine(levels: [everything(), bytes]), log = EventLog(engine)
        for _ in 0..<2 { #expect(try await engine.value(of: even).value == 4) }
        #expect(log.runs == 0)
        #expect(engine.statistics.hits == [1, 1])
    }

    @Test("A plan frees its slot before what it returned is made: one worker is enough for plans upon plans")
    func oneWorker() async throws {
        let engine = Engine(levels: [], configuration: .init(workers: 1))
        var artifact = Artifact(Constant(value: 1))
        for _ in 0..<50 { artifact = Artifact(MakeEven(number: Artifact(Increment(of: artifact)))) }
        #expect(try await engine.value(of: artifact).value == 100)
    }

    @Test("A plan that needs itself fails instead of waiting for ever, also through other plans")
    func needsItself() async throws {
        for depth in [0, 1, 2] {
            let failure = await #expect(throws: StageFailure.self) {
                _ = try await Engine(levels: [everything()]).value(of: Artifact(Ouroboros(depth: depth)))
            }
            #expect(failure?.underlying as? PlanError == .needsItself)
        }
    }

    @Test("Plans that go on returning plans fail")
    func endless() async throws {
        let failure = await #expect(throws: StageFailure.self) { _ = try await Engine(levels: []).value(of: Artifact(Endless())) }
        #expect(failure?.underlying as? PlanError == .endless)
    }

    @Test("What a plan led to counts as its input: its chain has the target's cost once")
    func explained() async throws {
        let engine = Engine(levels: [everything()])
        let three = Artifact(Constant(value: 3)), even = Artifact(MakeEven(number: three))
        #expect(engine.explain(even).lines.map(\.isPlan) == [true, false])
        _ = try await engine.value(of: even)
        let line = engine.explain(even).lines[0]
        #expect(line.leadsTo == Artifact(Increment(of: three)).digest)
        #expect(line.level == "memory")
        let costs = [three, Artifact(Increment(of: three))].map { engine.explain($0).lines[0].header!.selfCost }
        #expect(line.header?.chainCost == line.header!.selfCost + costs[0] + costs[1])
    }
}
