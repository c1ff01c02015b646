import AtelierScheduling

/// Somebody who asks for some artifacts together and goes on when all answers are there, or one is a failure.
final class Round: Sendable {
    typealias End = (continuation: CheckedContinuation<[Made], any Error>, outcome: Result<[Made], any Error>)

    /// One number for each question.
    let waiters: ClosedRange<UInt64>

    private struct State {
        var answers: [Made?]
        var missing: Int
        /// Nil before it begins and after its end.
        var continuation: CheckedContinuation<[Made], any Error>?
    }
    private let state: Lock<State>

    init(waiters: ClosedRange<UInt64>) {
        self.waiters = waiters
        state = Lock(State(answers: Array(repeating: nil, count: waiters.count), missing: waiters.count))
    }

    func begin(_ continuation: CheckedContinuation<[Made], any Error>) { state.withLock { $0.continuation = continuation } }

    /// Does not want the answers any more.
    func leave(_ flights: inout Flights<Wanted, Made>, _ actions: inout [Flights<Wanted, Made>.Action]) {
        for waiter in waiters { flights.leave(waiter, &actions) }
    }

    /// Takes the answer to one question; what there is to do if the round ends with it.
    func note(_ outcome: Result<Made, any Error>, of waiter: UInt64) -> End? {
        state.withLock { state in
            guard let continuation = state.continuation else { return nil }
            switch outcome {
            case .success(let made):
                state.answers[Int(waiter - waiters.lowerBound)] = made
                state.missing -= 1
                guard state.missing == 0 else { return nil }
                state.continuation = nil
                return (continuation, .success(state.answers.compactMap(\.self)))
            case .failure(let error):
                state.continuation = nil
                return (continuation, .failure(error))
            }
        }
    }
}
