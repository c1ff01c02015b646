#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierScheduling
import Testing

@testable import AtelierMemo

private struct LeadingToGate: Plan {
    static let name = "test.leadingToGate", version = 1
    var gate: Int
    func plan(in context: Context) -> Artifact<Number> { Artifact(Gated(gate: gate)) }
}

@Suite("Engine: flights")
struct EngineFlightTests {
    @Test("A thousand who ask at once share one run")
    func singleFlight() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let artifact = Artifact(Gated(gate: 100))
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<1000 { group.addTask { try await engine.value(of: artifact).value } }
            await Gate.number(100).arrived()
            Gate.number(100).open()
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(values == [100])
        #expect(log.runs(of: Gated.self) == 1)
    }

    @Test("What is asked for together shares everything, also where nothing is kept", arguments: 0..<20)
    func together(round: Int) async throws {
        let engine = Engine(levels: []), log = EventLog(engine)
        let shared = Artifact(Constant(value: round)), middle = Artifact(Increment(of: shared))
        let (one, other, none) = try await engine.values(
            of: Artifact(Sum(terms: [middle])), Artifact(Sum(terms: [shared, middle])), Artifact<Number>?.none)
        #expect(one.value == round + 1 && other.value == 2 * round + 1 && none == nil)
        #expect(log.runs == 4)
    }

    @Test("A failure among what is asked for together ends the waiting, and what nobody else wants is cancelled")
    func togetherFailing() async throws {
        let engine = Engine(levels: []), log = EventLog(engine)
        let gated = Artifact(Stubborn(gate: 140))
        let failure = await #expect(throws: StageFailure.self) {
            _ = try await engine.values(of: gated, Artifact(Failing()), Artifact(Constant(value: 3)))
        }
        #expect(failure?.stage == "test.failing")
        Gate.number(140).open()
        #expect(await eventually { engine.underWay.flights == 0 && engine.underWay.waiters == 0 })
        #expect(log.runs(of: Constant.self) <= 1)
    }

    @Test("A failure reaches everyone who waits, names the stage that failed, and is not kept")
    func failure() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let failing = Artifact(Failing()), built = Artifact(Sum(terms: [Artifact(Constant(value: 1)), failing]))
        for _ in 0..<2 {
            let failure = await #expect(throws: StageFailure.self) { _ = try await engine.value(of: built) }
            #expect(failure?.stage == "test.failing")
            #expect(failure?.digest == failing.digest)
            #expect(failure?.underlying is NotANumber)
        }
        #expect(log.count(.failed) == 2)
    }

    @Test("A failure that says so is kept for its time, and then tried again")
    func storableFailure() async throws {
        let manual = ManualClock()
        let engine = Engine(levels: [everything()], configuration: .init(), clock: manual.clock), log = EventLog(engine)
        let artifact = Artifact(Failing(isStorable: true))
        await #expect(throws: StageFailure.self) { _ = try await engine.value(of: artifact) }
        manual.advance(seconds: 59)
        let remembered = await #expect(throws: StageFailure.self) { _ = try await engine.value(of: Artifact(Increment(of: artifact))) }
        #expect(remembered?.description == "test.failing: byte 7: not a number")
        #expect(log.count(.failed) == 1)
        manual.advance(seconds: 1)
        await #expect(throws: StageFailure.self) { _ = try await engine.value(of: artifact) }
        #expect(log.count(.failed) == 2)
    }

    @Test("The stage that runs on the way to an artifact is known, through plans too, and none while nobody asks")
    func stageUnderWay() async throws {
        let engine = Engine(levels: [everything()])
        let built = Artifact(Increment(of: Artifact(LeadingToGate(gate: 141))))
        #expect(engine.stageUnderWay(to: built) == nil)
        async let value = engine.value(of: built)
        await Gate.number(141).arrived()
        #expect(engine.stageUnderWay(to: built) == "test.gated" && engine.stageUnderWay(to: Artifact(Constant(value: 1))) == nil)
        Gate.number(141).open()
        #expect(try await value.value == 142)
        #expect(engine.stageUnderWay(to: built) == nil)
    }

    @Test("Who leaves is told at once; the run goes on for those who stay")
    func oneLeaves() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let artifact = Artifact(Gated(gate: 101))
        let stays = Task { try await engine.value(of: artifact) }, leaves = Task { try await engine.value(of: artifact) }
        await Gate.number(101).arrived()
        leaves.cancel()
        await #expect(throws: CancellationError.self) { _ = try await leaves.value }
        Gate.number(101).open()
        #expect(try await stays.value.value == 101)
        #expect(log.runs(of: Gated.self) == 1)
    }

    @Test("When the last leaves the run is cancelled and nothing is stored")
    func lastLeaves() async throws {
        let store = everything(), engine = Engine(levels: [store]), log = EventLog(engine)
        let artifact = Artifact(Stubborn(gate: 102))
        let asks = Task { try await engine.value(of: artifact) }
        await Gate.number(102).arrived()
        asks.cancel()
        await #expect(throws: CancellationError.self) { _ = try await asks.value }
        Gate.number(102).open()
        #expect(await eventually { log.runs(of: Stubborn.self) == 1 })
        #expect(store.count == 0)
    }

    @Test("Who asks again while a cancelled run has not ended gets a new one after it")
    func askedAgain() async throws {
        let engine = Engine(levels: [everything()]), log = EventLog(engine)
        let artifact = Artifact(Stubborn(gate: 103))
        let first = Task { try await engine.value(of: artifact) }
        await Gate.number(103).arrived()
        first.cancel()
        _ = await first.result
        let second = Task { try await engine.value(of: artifact) }
        // Asking has no outside sign; either order must do, and nearly always it has asked by then.
        for _ in 0..<100 { await Task.yield() }
        Gate.number(103).open()
        #expect(try await second.value.value == 103)
        #expect(log.count(.put) == 1)
    }

    @Test("A task that is cancelled before it asks leaves nothing behind")
    func cancelledBefore() async throws {
        let engine = Engine(levels: [everything()])
        let artifact = Artifact(Gated(gate: 104))
        let asks = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await engine.value(of: artifact)
        }
        asks.cancel()
        await #expect(throws: CancellationError.self) { _ = try await asks.value }
        Gate.number(104).open()
        #expect(try await engine.value(of: artifact).value == 104)
    }

    @Test("With one worker the more urgent goes first, and joining makes urgent what it waits for")
    func priorities() async throws {
        // Time moves with the questions alone, however long a busy machine takes to ask them: what counts is patience.
        let time = ManualClock()
        let engine = Engine(levels: [everything()], configuration: .init(workers: 1), clock: time.clock)
        let order = Order()
        let blocker = Task { try await engine.value(of: Artifact(Gated(gate: 105))) }
        await Gate.number(105).arrived()
        let input = Artifact(Noted(name: "input", order: order.number))
        let joined = Artifact(Noted(name: "joined", order: order.number, input: input))
        var tasks: [Task<Number, any Error>] = []
        for (artifact, priority) in [
            (joined, Priority.background), (Artifact(Noted(name: "normal", order: order.number)), .normal),
            (Artifact(Noted(name: "interactive", order: order.number)), .interactive), (joined, .interactive),
        ] {
            time.advance(nanoseconds: 1)
            tasks.append(Task { try await engine.value(of: artifact, priority: priority) })
            #expect(await eventually { engine.underWay.waiters == tasks.count + 1 })
        }
        Gate.number(105).open()
        for task in tasks { _ = try await task.value }
        _ = try await blocker.value
        #expect(order.names == ["interactive", "input", "joined", "normal"])
    }

    @Test("Stages run on the engine's workers, never more at a time than there are")
    func workers() async throws {
        let engine = Engine(levels: [], configuration: .init(workers: 2))
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask { _ = try await engine.value(of: Artifact(Noted(name: "\(index)", order: order.number))) }
            }
            try await group.waitForAll()
        }
        #expect(order.names.count == 40)
        #expect(order.mostAtOnce <= 2)
    }

    @Test("Stages that block a thread hold up none of the runtime's: more can block at a time than there are processors")
    func ownThreads() async throws {
        let engine = Engine(levels: [], configuration: .init(workers: 24))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<24 { group.addTask { _ = try await engine.value(of: Artifact(Meeting(place: 0, seat: index, seats: 24))) } }
            try await group.waitForAll()
        }
    }

    @Test("A task on the workers that asks for a chain of stages is answered on its own thread", arguments: [1, 4])
    func oneThread(workers: Int) async throws {
        let engine = Engine(levels: [], configuration: .init(workers: workers)), log = ThreadLog.number(workers)
        var chain = Artifact(Traced(log: workers))
        for _ in 0..<50 { chain = Artifact(Traced(log: workers, input: chain)) }
        let own = try await withTaskExecutorPreference(engine.workers) { [chain] in
            _ = try await engine.value(of: chain)
            return currentThread()
        }
        #expect(log.threads == Array(repeating: own, count: 51))
    }

    @Test("What a task on the workers asks for at once runs at once")
    func sharedOut() async throws {
        let engine = Engine(levels: [], configuration: .init(workers: 4))
        for place in 1...3 {
            let seats = (0..<4).map { Artifact(Meeting(place: place, seat: $0, seats: 4)) }
            try await withTaskExecutorPreference(engine.workers) { _ = try await engine.value(of: Artifact(Sum(terms: seats))) }
        }
    }

    @Test("Tasks on the only worker are all answered, and one that is cancelled at once", arguments: [1, 2])
    func onTheOnlyWorker(workers: Int) async throws {
        let engine = Engine(levels: [everything()], configuration: .init(workers: workers)), gate = 130 + workers
        try await withTaskExecutorPreference(engine.workers) {
            let held = Task(executorPreference: engine.workers) { try await engine.value(of: Artifact(Gated(gate: gate))) }
            await Gate.number(gate).arrived()
            try await withThrowingTaskGroup(of: Int.self) { group in
                let one = Artifact(Constant(value: 1))
                for index in 0..<100 where workers > 1 {
                    group.addTask { try await engine.value(of: Artifact(Sum(terms: [one, Artifact(Constant(value: index))]))).value }
                }
                var sum = 0
                while let value = try await group.next() { sum += value }
                #expect(sum == (workers > 1 ? 100 + 4950 : 0))
            }
            held.cancel()
            await #expect(throws: CancellationError.self) { try await held.value }
            Gate.number(gate).open()
        }
    }

    @Test("Footprints that do not fit together run one after the other; one beyond the budget runs alone")
    func budget() async throws {
        let engine = Engine(levels: [], configuration: .init(workers: 4, byteBudget: 100))
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    _ = try await engine.value(
                        of: Artifact(Noted(name: "\(index)", order: order.number, footprint: index == 7 ? 1000 : 60)))
                }
            }
            try await group.waitForAll()
        }
        #expect(order.mostAtOnce == 1)
        #expect(engine.budgetUse.overdrafts == 1)
        #expect(engine.budgetUse.peakByteCount == 1000)
    }
}

/// The thread that runs this code.
private func currentThread() -> UInt { UInt(pthread_self()) }

/// Threads that stages ran on.
private final class ThreadLog: Sendable {
    private static let logs = Lock<[Int: ThreadLog]>([:])
    private let noted = Lock([UInt]())

    static func number(_ number: Int) -> ThreadLog {
        logs.withLock { logs in
            let log = logs[number] ?? ThreadLog()
            logs[number] = log
            return log
        }
    }

    var threads: [UInt] { noted.withLock { $0 } }
    func note() { noted.withLock { $0.append(currentThread()) } }
}

/// Notes the thread it runs on.
private struct Traced: Stage {
    static let name = "test.traced", version = 1
    var log: Int
    var input: Artifact<Number>?

    init(log: Int, input: Artifact<Number>? = nil) { (self.log, self.input) = (log, input) }

    func run(in context: Context) -> Number {
        ThreadLog.number(log).note()
        return Number(input.map { context[$0].value + 1 } ?? 0)
    }
}

/// Blocks its thread until every seat of the place is taken.
private struct Meeting: Stage {
    static let name = "test.meeting", version = 1
    private static let taken = Lock<[Int: Int]>([:])

    var place: Int
    var seat: Int
    var seats: Int

    func run(in context: Context) throws -> Number {
        Self.taken.withLock { $0[place, default: 0] += 1 }
        let deadline = ContinuousClock.now + .seconds(60)
        while Self.taken.withLock({ $0[place]! }) < seats {
            if ContinuousClock.now > deadline { throw NotANumber() }
        }
        return Number(seat)
    }
}

/// Runs to its end whoever has left.
private struct Stubborn: Stage {
    static let name = "test.stubborn", version = 1
    var gate: Int
    func run(in context: Context) async -> Number {
        await Gate.number(gate).pass()
        return Number(gate)
    }
}

/// Notes that it ran, and who ran beside it.
private struct Noted: Stage {
    static let name = "test.noted", version = 1
    var name: String
    var order: Int
    var footprint = 0
    var input: Artifact<Number>?

    init(name: String, order: Int, footprint: Int = 0, input: Artifact<Number>? = nil) {
        (self.name, self.order, self.footprint, self.input) = (name, order, footprint, input)
    }

    func footprint(in context: Context) -> Int { footprint }
    func run(in context: Context) -> Number {
        Order.begin(order, name)
        for _ in 0..<1000 { _ = context.isCancelled }
        Order.end(order)
        return Number(0)
    }
}

private final class Order: Sendable {
    private struct State: Sendable {
        var names: [String] = []
        var now = 0
        var most = 0
    }
    private static let states = Lock<[State]>([])

    let number = Order.states.withLock { states in
        states.append(State())
        return states.count - 1
    }

    static func begin(_ number: Int, _ name: String) {
        states.withLock { states in
            states[number].names.append(name)
            states[number].now += 1
            states[number].most = max(states[number].most, states[number].now)
        }
    }
    static func end(_ number: Int) { states.withLock { $0[number].now -= 1 } }

    var names: [String] { Order.states.withLock { $0[number].names } }
    var mostAtOnce: Int { Order.states.withLock { $0[number].most } }
}
