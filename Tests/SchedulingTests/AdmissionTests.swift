import AtelierTelemetry
import AtelierTesting
import Testing

@testable import AtelierScheduling

@Suite("Admission")
struct AdmissionTests {
    private let time = ManualTime()

    private func admission(slots: Int = 1, capacity: Int = 100) -> Admission {
        let classes = [JobQueue.Class(name: "normal", patience: 2_000), .init(name: "background", patience: 20_000)]
        return Admission(
            .init(slots: slots, capacity: capacity, bytes: 1 << 20, classes: classes), clock: { [time] in time.now },
            sleep: { [time] in await time.sleep($0) })
    }

    @Test("Jobs run as slots come free, and give back what they held, also when they fail")
    func running() async throws {
        let admission = admission(slots: 2), running = Lock((now: 0, most: 0))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask { @Sendable in
                    do {
                        try await admission.run(job("\(number % 3)", place: number % 2)) { _ in
                            running.withLock {
                                $0.now += 1
                                $0.most = max($0.most, $0.now)
                            }
                            await Task.yield()
                            running.withLock { $0.now -= 1 }
                            if number % 4 == 0 { throw Broken() }
                        }
                        #expect(number % 4 != 0)
                    } catch { #expect(error is Broken && number % 4 == 0) }
                }
            }
        }
        #expect(running.withLock { $0.most <= 2 && $0.now == 0 })
        #expect(admission.load == (0, 0, 0, 2))
        #expect(admission.statistics.classes.reduce(0) { $0 + Int($1.work.count) } == 40)
    }

    @Test("Cancelling what waits takes it out at once, and cancelling what runs frees its slot when the work returns")
    func cancelling() async throws {
        let admission = admission(), gate = Gate()
        let first = Task { try await admission.run(job()) { _ in try await gate.wait() } }
        await until { admission.load.running == 1 }
        let second = Task { try await admission.run(job("b")) { _ in } }, third = Task { try await admission.run(job("c")) { _ in 3 } }
        await until { admission.load.waiting == 2 }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(admission.load.waiting == 1)
        first.cancel()
        #expect(try await third.value == 3)
        #expect(admission.statistics.classes[0].cancelled == 2)
    }

    @Test("Who is cancelled before asking does not run")
    func cancelledBefore() async {
        let admission = admission(), gate = Gate()
        let holder = Task { try await admission.run(job()) { _ in try await gate.wait() } }
        await until { admission.load.running == 1 }
        let late = Task {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in continuation.resume() }
            while !Task.isCancelled { await Task.yield() }
            try await admission.run(job("b")) { _ in Issue.record("it runs") } as Void
        }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(admission.load.waiting == 0)
        holder.cancel()
        _ = await holder.result
    }

    @Test("Whose last moment to begin passes is told, though nothing else happens")
    func deadline() async throws {
        let admission = admission(), gate = Gate()
        let holder = Task { try await admission.run(job()) { _ in try await gate.wait() } }
        await until { admission.load.running == 1 }
        let waiting = Task { try await admission.run(job("b", deadline: 250)) { _ in } }
        await until { admission.load.waiting == 1 && time.sleepers == 1 }
        time.advance(to: 151)
        await #expect(throws: JobQueue.Refusal.late(retryAfter: 1)) { try await waiting.value }
        holder.cancel()
        _ = await holder.result
    }

    @Test("A queue without room and a closed one refuse at once")
    func refusals() async throws {
        let admission = admission(capacity: 0), gate = Gate()
        let holder = Task { try await admission.run(job()) { _ in try await gate.wait() } }
        await until { admission.load.running == 1 }
        await #expect(throws: JobQueue.Refusal.full(retryAfter: 1_000_000)) { try await admission.run(job("b")) { _ in } }
        admission.close()
        await #expect(throws: JobQueue.Refusal.closed) { try await admission.run(job("b")) { _ in } }
        holder.cancel()
        _ = await holder.result
    }
}

@Suite("Concurrency gate")
struct ConcurrencyGateTests {
    @Test("Tasks enter in the order they came as others leave; one that is cancelled does not")
    func order() async throws {
        let gate = ConcurrencyGate(AdaptiveLimit(initial: 2, floor: 2)), entered = Lock<[Int]>([])
        let a = try await gate.enter(), b = try await gate.enter()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<3 {
            tasks.append(
                Task { @Sendable in
                    let pass = try await gate.enter()
                    entered.withLock { $0.append(number) }
                    gate.leave(pass, .other)
                })
            await until { gate.load.waiting == number + 1 }
        }
        tasks[1].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[1].value }
        gate.leave(a, .done(1))
        try await tasks[0].value
        try await tasks[2].value
        gate.leave(b, .refused)
        #expect(entered.withLock { $0 } == [0, 2])
        #expect(gate.load == (2, 0, 0))
    }
}

private struct Broken: Error {}

private func job(_ client: String = "a", place: Int = 0, deadline: UInt64? = nil) -> JobQueue.Job {
    JobQueue.Job(client: client, place: place, cost: 100, bytes: 1, deadline: deadline)
}

/// Lets nobody through who is not cancelled.
private final class Gate: Sendable {
    func wait() async throws { while true { try await Task.sleep(for: .seconds(3600)) } }
}

/// Waits until something is so; there is nothing to wait for that says it.
private func until(_ condition: @Sendable () -> Bool) async { while !condition() { await Task.yield() } }

/// A clock that goes when it is told.
private final class ManualTime: Sendable {
    private let state = Lock((now: UInt64(0), sleepers: [(until: UInt64, continuation: CheckedContinuation<Void, Never>)]()))

    var now: UInt64 { state.withLock { $0.now } }
    var sleepers: Int { state.withLock { $0.sleepers.count } }

    func sleep(_ nanoseconds: UInt64) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.sleepers.append(($0.now + nanoseconds, continuation)) }
        }
    }

    func advance(to moment: UInt64) {
        let awake = state.withLock { state in
            state.now = moment
            let awake = state.sleepers.filter { $0.until <= moment }
            state.sleepers.removeAll { $0.until <= moment }
            return awake
        }
        for sleeper in awake { sleeper.continuation.resume() }
    }
}
