/// A `JobQueue` that tasks wait in.
///
///     let admission = Admission(JobQueue.Limits(slots: 4, capacity: 100, bytes: 2 << 30, classes: classes))
///     let answer = try await admission.run(job) { _ in try await engine.value(of: artifact) }
///
/// Cancelling the task takes its job out of the queue at once; while it runs, the slot is free as soon as `body` returns, which work
/// that waits for an engine does at once. A face turns a `JobQueue.Refusal` into its own words: status 503 or 429 with
/// `Retry-After` for a service.
package final class Admission: Sendable {
    /// What a job that runs knows of itself.
    package struct Turn: Hashable, Sendable {
        /// How many began before it.
        package var number: Int
        /// When it was asked for and when it began, on the queue's clock.
        package var asked: UInt64, begin: UInt64
    }

    private struct State: Sendable {
        var queue: JobQueue
        var waiters: [JobQueue.ID: (asked: UInt64, continuation: CheckedContinuation<Turn, any Error>)] = [:]
        var next: JobQueue.ID = 0
        var begun = 0
        /// When the alarm rings that was set last.
        var alarm: UInt64?
    }

    private let state: Lock<State>
    private let clock: @Sendable () -> UInt64
    private let sleep: @Sendable (_ nanoseconds: UInt64) async throws -> Void

    package convenience init(_ limits: JobQueue.Limits) {
        let start = ContinuousClock.now
        self.init(
            limits, clock: { UInt64(max(0, (ContinuousClock.now - start) / .nanoseconds(1))) },
            sleep: { try await Task.sleep(nanoseconds: $0) })
    }

    /// - Parameters:
    ///   - clock: Nanoseconds that never go back.
    ///   - sleep: Returns after so many nanoseconds by that clock, or throws to say that nobody need wait for it any more.
    package init(
        _ limits: JobQueue.Limits, clock: @escaping @Sendable () -> UInt64,
        sleep: @escaping @Sendable (_ nanoseconds: UInt64) async throws -> Void
    ) {
        state = Lock(State(queue: JobQueue(limits)))
        self.clock = clock
        self.sleep = sleep
    }

    /// Nanoseconds on the clock that deadlines are on.
    package var now: UInt64 { clock() }

    /// What became of jobs up to now.
    package var statistics: JobStatistics { state.withLock { $0.queue.statistics } }

    /// How many wait and run, and the bytes of those that run: now and at most.
    package var load: (waiting: Int, running: Int, bytes: Int, peakBytes: Int) {
        state.withLock { state in
            let counts = state.queue.counts
            return (counts.waiting, counts.running, state.queue.budget.used, state.queue.budget.peak)
        }
    }

    /// Everything there is to say of the queue at one moment.
    package struct Report: Sendable {
        package var limits: JobQueue.Limits
        package var statistics: JobStatistics
        package var classes: [(waiting: Int, running: Int)]
        /// Of those that run, and at most.
        package var bytes: Int, byteLimit: Int
    }

    /// What is so now.
    package var report: Report {
        state.withLock { state in
            let queue = state.queue
            return Report(
                limits: queue.limits, statistics: queue.statistics, classes: queue.classCounts, bytes: queue.budget.used,
                byteLimit: queue.budget.limit)
        }
    }

    /// Runs a job when it is its turn.
    /// - Throws: `JobQueue.Refusal`, `CancellationError`, or what `body` throws.
    package nonisolated(nonsending) func run<Result>(
        _ job: JobQueue.Job, _ body: nonisolated(nonsending) (Turn) async throws -> Result
    ) async throws -> Result {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let turn = try await begin(id, job)
        let result: Result
        do { result = try await body(turn) } catch {
            perform { $0.queue.end(id, isCancelled: error is CancellationError, now: $1, &$2) }
            throw error
        }
        perform { $0.queue.end(id, now: $1, &$2) }
        return result
    }

    /// Nanoseconds until a job would be done that came now, going by how predictions held up to now.
    package func expectedTime(of job: JobQueue.Job) -> UInt64 {
        let now = clock()
        return state.withLock { $0.queue.wait(for: job.client, in: job.place, now: now) + $0.queue.work(of: job) }
    }

    /// Refuses what waits and whatever comes.
    package func close() { perform { $0.queue.close(now: $1, &$2) } }

    /// Lets more or fewer bytes be held from now on.
    package func resize(bytes: Int) { perform { $0.queue.resize(bytes: bytes, now: $1, &$2) } }

    private nonisolated(nonsending) func begin(_ id: JobQueue.ID, _ job: JobQueue.Job) async throws -> Turn {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                perform { state, now, actions in
                    state.waiters[id] = (now, continuation)
                    state.queue.add(id, job, now: now, &actions)
                }
                // A cancellation that came before found nobody.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: JobQueue.ID) {
        var left: CheckedContinuation<Turn, any Error>?
        perform { state, now, actions in
            if state.queue.cancel(id, now: now, &actions) { left = state.waiters.removeValue(forKey: id)?.continuation }
        }
        left?.resume(throwing: CancellationError())
    }

    /// Changes the queue and tells everyone what came of it.
    private func perform(_ change: (inout State, UInt64, inout [JobQueue.Action]) -> Void) {
        let told = state.withLock { state in
            var actions: [JobQueue.Action] = []
            let now = clock()
            change(&state, now, &actions)
            return actions.compactMap { action -> (CheckedContinuation<Turn, any Error>, Result<Turn, any Error>)? in
                switch action {
                case .begin(let id):
                    let number = state.begun
                    state.begun += 1
                    return state.waiters.removeValue(forKey: id).map {
                        ($0.continuation, .success(Turn(number: number, asked: $0.asked, begin: now)))
                    }
                case .refuse(let id, let refusal):
                    return state.waiters.removeValue(forKey: id).map { ($0.continuation, .failure(refusal)) }
                }
            }
        }
        for (continuation, outcome) in told { continuation.resume(with: outcome) }
        setAlarm()
    }

    /// Sees to it that somebody whose last moment passes is told even if nothing else happens.
    private func setAlarm() {
        let alarm: UInt64? = state.withLock { state in
            guard let moment = state.queue.nextMoment, moment < state.alarm ?? .max else { return nil }
            state.alarm = moment
            return moment
        }
        guard let alarm else { return }
        let now = clock()
        // Nobody cancels it: it rings once, and holds the queue no longer than a deadline lasts.
        Task { [weak self, sleep] in
            do { try await sleep(alarm > now ? alarm - now : 0) } catch { return }
            self?.ring(alarm)
        }
    }

    private func ring(_ alarm: UInt64) {
        state.withLock { if $0.alarm == alarm { $0.alarm = nil } }
        perform { $0.queue.advance(now: $1, &$2) }
    }
}
