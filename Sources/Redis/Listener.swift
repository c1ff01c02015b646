import AtelierMemo
import AtelierScheduling
import Synchronization

/// A thread that hears of invalidated tags as they happen, reads them anew twice a second in case it did not, and renews
/// leases. It starts with the first use of either, and ends with the store.
final class Listener: Sendable {
    private let client: RedisClient
    private let tags: TagCopy
    private let leases: HeldLeases
    private let hasStarted = Atomic<Bool>(false)
    private let isClosed = Atomic<Bool>(false)
    private let wake = Signal()
    private let thread = WorkerPool(threads: 1)

    /// Half of the oldest a copy may be: what a poll takes comes on top.
    private static let pollPace = TagCopy.oldest / 2

    init(_ client: RedisClient, _ tags: TagCopy, _ leases: HeldLeases) {
        self.client = client
        self.tags = tags
        self.leases = leases
    }

    func start() {
        if hasStarted.load(ordering: .relaxed) || hasStarted.exchange(true, ordering: .relaxed) { return }
        thread.async { [self] in run() }
    }

    /// Ends the thread at its next turn.
    func close() {
        isClosed.store(true, ordering: .releasing)
        wake.raise()
    }

    private func run() {
        var subscription: Connection?
        while !isClosed.load(ordering: .acquiring) {
            if subscription == nil, client.state == .closed { subscription = try? subscribed() }  // tried again next turn
            _ = tags.refresh()
            leases.renew()
            let pace = leases.isEmpty ? Self.pollPace : min(Self.pollPace, leases.pace / 2)
            wake.wait(atMost: pace, or: subscription?.descriptorToPoll ?? -1)
            // What is said does not matter, only that something was.
            while let connection = subscription, !connection.isFresh {
                if (try? connection.message()) == nil { subscription = nil }  // closed or no Redis: subscribe anew
            }
        }
    }

    private func subscribed() throws(RedisError) -> Connection {
        let connection = try client.connect()
        if case .failure(let error) = try connection.call(Command("SUBSCRIBE", tags.channel)) { throw .server(error) }
        return connection
    }
}
