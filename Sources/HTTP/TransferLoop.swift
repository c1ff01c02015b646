import AtelierScheduling
import CAtelierCurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The thread that moves the bytes of all transfers of a client. It works while there are any.
///
/// Everything of libcurl happens on that thread, but for the call that wakes it. Connections stay open between requests.
final class TransferLoop: @unchecked Sendable {
    // Unchecked: `transfers` and `multi` are used only by the job on the one thread of `worker`, of which there is one at a time
    // (`Mailbox.isRunning`); `curl_multi_wakeup` may be called from any thread.

    private enum Order {
        case begin(Transfer)
        case resume(Transfer)
        case cancel(Transfer)
    }

    private struct Mailbox {
        var orders: [Order] = []
        var isRunning = false
    }

    private let curl: Libcurl
    private let multi: OpaquePointer
    private let worker = WorkerPool(threads: 1)
    private let mailbox = Lock(Mailbox())
    private var transfers: [OpaquePointer: ActiveTransfer] = [:]

    init?(_ curl: Libcurl) {
        guard let multi = curl.makeMulti() else { return nil }
        (self.curl, self.multi) = (curl, multi)
    }

    deinit { _ = curl.releaseMulti(multi) }

    func begin(_ transfer: Transfer) { post(.begin(transfer)) }

    /// Reads on where the reader was behind.
    func resume(_ transfer: Transfer) { post(.resume(transfer)) }

    /// Ends a transfer, if it has not ended; its reader is told at once.
    func cancel(_ transfer: Transfer) {
        if transfer.end(.failure(CancellationError())) { post(.cancel(transfer)) }
    }

    private func post(_ order: Order) {
        let starts = mailbox.withLock { mailbox in
            mailbox.orders.append(order)
            defer { mailbox.isRunning = true }
            return !mailbox.isRunning
        }
        if starts {
            // Holds this object until no transfer is left.
            worker.async { self.run() }
        } else {
            _ = curl.wake(multi)
        }
    }

    private func run() {
        // A peer that has gone is an error of the transfer, not the end of the process.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while true {
            let hasNone = transfers.isEmpty
            let orders: [Order]? = mailbox.withLock { mailbox in
                if mailbox.orders.isEmpty, hasNone {
                    mailbox.isRunning = false
                    return nil
                }
                defer { mailbox.orders = [] }
                return mailbox.orders
            }
            guard let orders else { return }
            for order in orders { follow(order) }
            var running: Int32 = 0
            _ = curl.perform(multi, &running)
            finish()
            let wait = endIdle()
            if !transfers.isEmpty { _ = curl.poll(multi, nil, 0, Int32(wait), nil) }
        }
    }

    private func follow(_ order: Order) {
        switch order {
        case .begin(let transfer):
            guard !transfer.hasEnded else { return }  // cancelled before it began
            guard let active = ActiveTransfer(transfer, curl), curl.add(multi, active.easy) == 0 else {
                transfer.end(.failure(HTTPError.failed(url: transfer.request.shownURL, "there is not enough memory")))
                return
            }
            transfers[active.easy] = active
        case .resume(let transfer):
            guard let active = transfers.values.first(where: { $0.transfer === transfer }) else { return }
            active.lastActivity = monotonicNanoseconds()
            _ = curl.pause(active.easy, 0)
        case .cancel(let transfer):
            if let active = transfers.values.first(where: { $0.transfer === transfer }) { release(active) }
        }
    }

    /// Sees to transfers that libcurl is done with.
    private func finish() {
        var left: Int32 = 0
        while let message = curl.message(multi, &left) {
            // The one kind there is: 1, `CURLMSG_DONE`. What it points to goes with the handle.
            guard message.pointee.message == 1, let easy = message.pointee.easy else { continue }
            let code = message.pointee.data.code
            guard let active = transfers[easy] else { continue }
            active.end(code)
            release(active)
        }
    }

    /// Ends transfers on which nothing happens. Returns the milliseconds until the next one may be due.
    private func endIdle() -> Int {
        var wait = 1000
        for active in transfers.values {
            guard let patience = active.patience else { continue }
            if patience == 0 {
                active.endIdle()
                release(active)
            } else {
                wait = min(wait, patience)
            }
        }
        return wait
    }

    private func release(_ active: ActiveTransfer) {
        _ = curl.remove(multi, active.easy)
        transfers[active.easy] = nil
    }
}
