import Synchronization

extension WorkerPool {
    /// Calls a function once for every number from 0 up to `count`, on this thread and on those of the pool that come free
    /// meanwhile, and returns when every call has returned.
    ///
    /// Numbers are taken in rising order, each by whoever is free. This thread works too, and waits only for calls that others
    /// have begun, so a job of the pool may call it, also inside another such loop, and a busy pool makes it no slower than
    /// a plain loop. Calls should take some 50 µs or more: a thread that sleeps takes about as long to wake.
    package func concurrently(_ count: Int, _ body: @Sendable (Int) -> Void) {
        let helpers = min(threads, count) - 1
        guard helpers > 0 else {
            for index in 0..<max(0, count) { body(index) }
            return
        }
        withoutActuallyEscaping(body) { body in
            let loop = SharedLoop(count: count, body)
            for _ in 0..<helpers { async { loop.work() } }
            loop.work()
            loop.finish()
        }
    }
}

/// A loop that several threads share. Those that come when all numbers are taken leave at once, even after the loop has
/// returned.
private final class SharedLoop: Sendable {
    private let count: Int
    /// Written before any other thread has the loop, and cleared when every call has returned; read only by who has taken a number.
    private nonisolated(unsafe) var body: (@Sendable (Int) -> Void)?
    private let next = Atomic(0), done = Atomic(0)
    /// Posted once, by the last call to return when that is not the caller's.
    private let end = Semaphore()

    init(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        self.count = count
        self.body = body
    }

    func work() {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            body!(index)
            if done.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == count { end.post() }
        }
    }

    /// Waits for all calls; for the thread that made the loop.
    func finish() {
        end.wait()
        body = nil
    }
}
