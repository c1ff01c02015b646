import AtelierJSON
import AtelierServing
import Synchronization

/// One request on its way: counted when it comes, and once when it is answered or given up, whichever it is.
final class Ticket: Sendable {
    private let monitor: Monitor
    private let isAnswered = Atomic(false)

    init(_ monitor: Monitor) {
        self.monitor = monitor
        monitor.began()
    }

    /// Its answer is known.
    func answered(status: Int, nanoseconds: UInt64) {
        guard isAnswered.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        monitor.answered(status: status, nanoseconds: nanoseconds)
    }

    deinit {
        // The client has left before its body was there.
        if !isAnswered.load(ordering: .relaxed) { monitor.abandoned() }
    }
}
