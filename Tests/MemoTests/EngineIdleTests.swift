import Testing

@testable import AtelierMemo

@Suite("Engine: work that gives way")
struct EngineIdleTests {
    @Test("It is cancelled when somebody waits, and the load is back at nothing afterwards")
    func givesWay() async throws {
        let engine = Engine(levels: [everything()])
        let warming = Task { await engine.whileIdle { try? await engine.value(of: Artifact(Gated(gate: 700)), priority: .background) } }
        await Gate.number(700).arrived()
        #expect(engine.load == 0)
        let urgent = Task { try await engine.value(of: Artifact(Gated(gate: 701)), priority: .interactive) }
        let (result, gaveWay) = await warming.value
        #expect(result == nil && gaveWay)
        #expect(engine.load == 1)
        Gate.number(700).open()
        Gate.number(701).open()
        #expect(try await urgent.value.value == 701)
        #expect(engine.load == 0)
    }

    @Test("What it had begun goes on for whoever wants it too")
    func joined() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine), artifact = Artifact(Gated(gate: 702))
        let warming = Task { await engine.whileIdle { try? await engine.value(of: artifact, priority: .background) } }
        await Gate.number(702).arrived()
        let urgent = Task { try await engine.value(of: artifact) }
        #expect(await warming.value.gaveWay)
        Gate.number(702).open()
        #expect(try await urgent.value.value == 702)
        #expect(log.runs(of: Gated.self) == 1)
    }

    @Test("Neither background requests nor answers from memory disturb it")
    func undisturbed() async throws {
        let engine = Engine(levels: [everything()])
        _ = try await engine.value(of: Artifact(Constant(value: 1)))
        let (value, gaveWay) = await engine.whileIdle {
            _ = try? await engine.value(of: Artifact(Constant(value: 1)), priority: .interactive)
            return try? await engine.value(of: Artifact(Constant(value: 2)), priority: .background)
        }
        #expect(value == Number(2) && !gaveWay)
    }

    @Test("In a busy engine it is cancelled from the start")
    func busy() async throws {
        let engine = Engine(levels: [everything()])
        let urgent = Task { try await engine.value(of: Artifact(Gated(gate: 703))) }
        await Gate.number(703).arrived()
        #expect(await engine.whileIdle { Task.isCancelled } == (true, true))
        Gate.number(703).open()
        _ = try await urgent.value
        #expect(await engine.whileIdle { Task.isCancelled } == (false, false))
    }

    @Test("Cancelling its caller cancels it")
    func callerCancelled() async {
        let engine = Engine(levels: [everything()])
        let warming = Task { await engine.whileIdle { try? await engine.value(of: Artifact(Gated(gate: 704)), priority: .background) } }
        await Gate.number(704).arrived()
        warming.cancel()
        let (result, gaveWay) = await warming.value
        #expect(result == nil && !gaveWay)
        Gate.number(704).open()
    }
}
