/// An `AdaptiveLimit` that tasks wait at, first come, first served.
///
///     let pass = try await gate.enter()
///     …
///     gate.leave(pass, .done(nanoseconds))
///
/// Who has entered leaves, whatever happens.
package final class ConcurrencyGate: Sendable {
    private struct State: Sendable {
        var limit: AdaptiveLimit
        /// Rising with the order of coming.
        var waiters = UrgencyQueue(), continuations: [UInt64: CheckedContinuation<AdaptiveLimit.Pass, any Error>] = [:]
        var next: UInt64 = 0
    }

    private let state: Lock<State>

    package init(_ limit: AdaptiveLimit) { state = Lock(State(limit: limit)) }

    /// How many may be under way, how many are, and how many wait.
    package var load: (limit: Int, underWay: Int, waiting: Int) {
        state.withLock { ($0.limit.count, $0.limit.underWay, $0.waiters.count) }
    }

    /// Waits for room.
    /// - Throws: `CancellationError`.
    package nonisolated(nonsending) func enter() async throws -> AdaptiveLimit.Pass {
        let (pass, number): (AdaptiveLimit.Pass?, UInt64) = state.withLock { state in
            // Nobody overtakes.
            if state.waiters.count == 0, let pass = state.limit.begin() { return (pass, 0) }
            state.next += 1
            return (nil, state.next)
        }
        if let pass { return pass }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { state in
                    state.waiters.insert(number, at: Urgency(deadline: number, sequence: number))
                    state.continuations[number] = continuation
                }
                // Room, or a cancellation, that came before found nobody.
                if Task.isCancelled { cancel(number) }
                letIn()
            }
        } onCancel: {
            cancel(number)
        }
    }

    /// Says what became of a request, which lets others in.
    package func leave(_ pass: AdaptiveLimit.Pass, _ outcome: AdaptiveLimit.Outcome, cost: Double = 1) {
        state.withLock { $0.limit.end(pass, outcome, cost: cost) }
        letIn()
    }

    private func cancel(_ number: UInt64) {
        let continuation = state.withLock { state in
            state.waiters.remove(number)
            return state.continuations.removeValue(forKey: number)
        }
        continuation?.resume(throwing: CancellationError())
    }

    private func letIn() {
        while true {
            let entered: (CheckedContinuation<AdaptiveLimit.Pass, any Error>, AdaptiveLimit.Pass)? = state.withLock { state in
                guard let number = state.waiters.first, let pass = state.limit.begin() else { return nil }
                state.waiters.remove(number)
                return state.continuations.removeValue(forKey: number).map { ($0, pass) }
            }
            guard let (continuation, pass) = entered else { return }
            continuation.resume(returning: pass)
        }
    }
}
