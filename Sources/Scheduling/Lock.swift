// Scheduling: what decides when work runs. A lock, a queue ordered by urgency, a byte budget, worker threads.
// It knows nothing of stages or digests. Start with `UrgencyQueue`.

#if TSAN
    #if canImport(Glibc)
        package import Glibc
    #elseif canImport(Musl)
        package import Musl
    #endif
#else
    package import Synchronization
#endif

/// State behind a lock, touched for microseconds; nothing awaits, blocks or calls out while holding it.
///
///     let table = Lock([Digest: Int]())
///     table.withLock { $0[digest] = 1 }
///
/// It is `Mutex`, and `pthread_mutex_t` under `-DTSAN`: the thread sanitizer does not see Synchronization's
/// `Mutex` and reports false races.
package struct Lock<State: Sendable>: ~Copyable, Sendable {
    #if TSAN
        /// Owned by this value: initialised in `init`, destroyed in `deinit`, never copied (the type is noncopyable).
        @usableFromInline nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
        @usableFromInline nonisolated(unsafe) let state: UnsafeMutablePointer<State>

        @inlinable package init(_ initial: State) {
            mutex = .allocate(capacity: 1)
            mutex.initialize(to: pthread_mutex_t())
            precondition(pthread_mutex_init(mutex, nil) == 0, "a mutex could not be made")
            state = .allocate(capacity: 1)
            state.initialize(to: initial)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
            state.deinitialize(count: 1)
            state.deallocate()
        }

        @inlinable package borrowing func withLock<Result, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&state.pointee)
        }
    #else
        @usableFromInline let mutex: Mutex<State>

        @inlinable package init(_ initial: State) { mutex = Mutex(initial) }

        @inlinable package borrowing func withLock<Result: Sendable, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            try mutex.withLock { state throws(Failure) in try body(&state) }
        }
    #endif
}
