import AtelierScheduling
import Synchronization

/// How long an output may take, and how often it is tried.
struct Patience: Sendable {
    /// Longest time of one try; nil for any.
    var timeout: Duration?
    /// Further tries after failures that may pass.
    var retries = 0
    /// Waits, or throws when the task is cancelled.
    var wait: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Makes a job, again where that may help.
    ///
    /// A try that takes too long is cancelled: what waits for it goes on at once, and a stage that it runs ends at its next look whether
    /// it is still wanted. Its failure is a limit.
    func make(_ job: Job, on workers: WorkerPool?, _ perform: @escaping @Sendable (Job) async -> Outcome) async -> Outcome {
        var tries = 0
        while true {
            let outcome = await limited(job, on: workers, perform)
            tries += 1
            guard tries <= retries, outcome.made == nil, !outcome.failures.isEmpty, outcome.failures.allSatisfy(\.mayPass) else {
                return outcome
            }
            do { try await wait(Self.pause(after: tries)) } catch { return outcome }
        }
    }

    /// 0.1 s, doubled with every try up to 5 s.
    static func pause(after tries: Int) -> Duration { .milliseconds(min(5000, 100 << min(10, tries - 1))) }

    private func limited(
        _ job: Job, on workers: WorkerPool?, _ perform: @escaping @Sendable (Job) async -> Outcome
    ) async -> Outcome {
        guard let timeout else { return await perform(job) }
        let begin = ContinuousClock.now, isOver = Expiry()
        // Owned by this function, which waits for it; cancelled with it or by the clock.
        let work = Task(executorPreference: workers) { await perform(job) }
        // Detached, so that it does not wait for a worker that the work may hold. Cancelled when the work has ended.
        let clock = Task.detached { [wait] in
            try await wait(timeout)
            isOver.flag.store(true, ordering: .releasing)
            work.cancel()
        }
        var outcome = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        clock.cancel()
        guard outcome.made == nil, isOver.flag.load(ordering: .acquiring), outcome.failures.contains(where: { $0.kind == .cancelled })
        else {
            return outcome
        }
        let input = job.inputs.count == 1 ? job.inputs.first : nil
        let place = input?.shown ?? printable(job.output)
        outcome.failures = [
            Failure(
                kind: .limit, input: input?.path,
                message: "\(place): not done within the \(written(timeout)) of --item-timeout; raise it or leave the file out")
        ]
        outcome.seconds = (ContinuousClock.now - begin).inSeconds
        return outcome
    }
}

/// A flag that two tasks share.
private final class Expiry: Sendable {
    let flag = Atomic(false)
}
