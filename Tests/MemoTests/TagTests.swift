import Testing

@testable import AtelierMemo

@Suite("Tags")
struct TagTests {
    private let lato = Artifact(Constant(value: 1)).tagged("font/Lato")

    @Test("Tags are not in the digest, and everything built on a tagged artifact inherits them")
    func inherited() {
        #expect(lato.digest == Artifact(Constant(value: 1)).digest)
        let built = Artifact(Sum(terms: [Artifact(Increment(of: lato)), Artifact(Constant(value: 2)).tagged("template", "a")]))
        #expect(built.tags == ["a", "font/Lato", "template"])
        #expect(
            built.digest
                == Artifact(Sum(terms: [Artifact(Increment(of: Artifact(Constant(value: 1)))), Artifact(Constant(value: 2))])).digest)
    }

    @Test("Invalidating a tag, or a level above it, makes what is built on it anew, and nothing else", arguments: ["font/Lato", "font"])
    func invalidated(tag: String) async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let built = Artifact(Increment(of: lato)), other = Artifact(Constant(value: 9)).tagged("font/Noto")
        _ = try await engine.value(of: built)
        _ = try await engine.value(of: other)
        engine.invalidate(tag: "fonts")
        engine.invalidate(tag: "font/La")
        _ = try await engine.value(of: built)
        #expect(log.runs == 3)
        engine.invalidate(tag: tag)
        _ = try await engine.value(of: built)
        #expect(log.runs == 5)
        _ = try await engine.value(of: built)
        _ = try await engine.value(of: other)
        #expect(log.runs == (tag == "font" ? 6 : 5))
    }

    @Test("An invalidation while the value is computed reaches it")
    func duringRun() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let artifact = Artifact(Gated(gate: 200, input: lato))
        let asks = Task { try await engine.value(of: artifact) }
        await Gate.number(200).arrived()
        engine.invalidate(tag: "font/Lato")
        Gate.number(200).open()
        _ = try await asks.value
        _ = try await engine.value(of: artifact)
        #expect(log.runs(of: Gated.self) == 2)
    }

    @Test("What a plan led to hands its tags to everything that was built on the plan")
    func throughPlans() async throws {
        struct Choose: Plan {
            static let name = "test.choose", version = 1
            var number = 4
            func plan(in context: Context) -> Artifact<Number> { Artifact(Constant(value: number)).tagged("font/Lato") }
        }
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let built = Artifact(Increment(of: Artifact(Choose())))
        _ = try await engine.value(of: built)
        engine.invalidate(tag: "font/Lato")
        _ = try await engine.value(of: built)
        #expect(log.runs(of: Increment.self) == 2)
        #expect(log.runs(of: Constant.self) == 2)
    }

    @Test("An entry made without a tag is not an answer for a tagged artifact once the tag was invalidated")
    func untaggedEntry() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        _ = try await engine.value(of: Artifact(Constant(value: 1)))
        _ = try await engine.value(of: lato)
        #expect(log.runs == 1)
        engine.invalidate(tag: "font/Lato")
        _ = try await engine.value(of: lato)
        #expect(log.runs == 2)
    }
}
