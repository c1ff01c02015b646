import AtelierMemo
import Testing

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
        #expect(log.runs(of: Constant.self) == 2)
        #expect(log.count(.put) == 0)
    }

    @Test("A chain of 100,000 artifacts is built, made, found and released without overflowing the stack")
    func longChain() async throws {
        let engine = Engine(levels: [everything()])
        var chain = Artifact(Constant(value: 0))
        for _ in 0..<100_000 { chain = Artifact(Increment(of: chain)) }
        #expect(try await engine.value(of: chain).value == 100_000)
        #expect(engine.statistics.runs == 100_001)
        chain = Artifact(Constant(value: 0))
    }
}
