import Testing

@testable import AtelierMemo

@Suite("Engine")
struct EngineTests {
    @Test("A value asked for twice is made once")
    func madeOnce() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let sum = Artifact(Sum(terms: [Artifact(Constant(value: 1)), Artifact(Constant(value: 2))]))

        #expect(try await engine.value(of: sum).value == 3)
        #expect(try await engine.value(of: sum).value == 3)

        #expect(log.runs(of: Sum.self) == 1)
        #expect(log.runs(of: Constant.self) == 2)
        #expect(log.count(.hit) == 1)
    }

    @Test("An engine without levels makes everything and keeps nothing")
    func noLevels() async throws {
        let engine = Engine(levels: []), log = EventLog(engine)
        let one = Artifact(Constant(value: 1))
        #expect(try await engine.value(of: Artifact(Sum(terms: [one, Artifact(Increment(of: one))]))).value == 3)
        #expect(try await engine.value(of: Artifact(Sum(terms: [one, Artifact(Increment(of: one))]))).value == 3)
        #expect(log.runs(of: Increment.self) == 2)
        #expect(log.count(.put) == 0)
    }

    @Test("A repeated request is one look-up: inputs that were evicted meanwhile are not made again")
    func lazy() async throws {
        let store = everything(), engine = Engine(levels: [store]), log = EventLog(engine)
        let inner = Artifact(Constant(value: 1)), outer = Artifact(Increment(of: inner))
        _ = try await engine.value(of: outer)
        store.evict(inner.digest)
        _ = log.drain()
        #expect(try await engine.value(of: outer).value == 2)
        #expect(log.events.map(\.kind) == [.hit])
    }

    @Test("Only what a changed option reaches runs again")
    func incremental() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let (one, two, three) = (Artifact(Constant(value: 1)), Artifact(Constant(value: 2)), Artifact(Constant(value: 3)))
        _ = try await engine.value(of: Artifact(Sum(terms: [Artifact(Increment(of: one)), two])))
        _ = log.drain()
        #expect(try await engine.value(of: Artifact(Sum(terms: [Artifact(Increment(of: one)), three]))).value == 5)
        #expect(log.runs == 2)
        #expect(log.runs(of: Increment.self) == 0)
    }

    @Test("A chain of 100,000 artifacts is built, made, explained, found and released without overflowing the stack")
    func longChain() async throws {
        let engine = Engine(levels: [everything()])
        var chain = Artifact(Constant(value: 0))
        for _ in 0..<100_000 { chain = Artifact(Increment(of: chain)) }
        #expect(try await engine.value(of: chain).value == 100_000)
        #expect(engine.statistics.runs == 100_001)
        #expect(engine.explain(chain).lines.count == 100_001)
        chain = Artifact(Constant(value: 0))
    }

    @Test("A chain that splits and meets again at every link is walked once")
    func diamonds() async throws {
        struct Either: Stage {
            static let name = "test.either", version = 1
            var one: Artifact<Number>, other: Artifact<Number>
            func run(in context: Context) -> Number { Number(max(context[one].value, context[other].value)) }
        }
        let engine = Engine(levels: [everything()])
        var top = Artifact(Constant(value: 0))
        for _ in 0..<200 { top = Artifact(Either(one: top, other: Artifact(Increment(of: top)))) }
        #expect(try await engine.value(of: top).value == 200)
        #expect(engine.statistics.runs == 401)
        #expect(engine.explain(top).lines.filter { !$0.isRepeated }.count == 401)
    }
}
