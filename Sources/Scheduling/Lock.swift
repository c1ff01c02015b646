// Scheduling: what decides when work runs. A lock, a queue ordered by urgency, a byte budget, worker threads; for whoever serves many: a
// queue with classes and shares, rate limits, limits that find themselves. What decides is a value that is told the time; a class beside
// it has the lock and the tasks that wait. It knows nothing of stages or digests. Start with `UrgencyQueue`, or with `Admission`.

#if TSAN
    #if canImport(Glibc)
        public import Glibc
    #elseif canImport(Musl)
        public import Musl
    #endif
#else
    public import Synchronization
#endif

/// State behind a lock, touched for microseconds; nothing awaits, blocks or calls out while holding it.
///
///     let table = Lock([Digest: Int]())
///     table.withLock { $0[digest] = 1 }
///
/// Public, as only public generics are specialised in other modules (measured: `@inlinable package` is called through
/// its generic form, and costs as much as the look-up it guards).
///
/// It is `Mutex`, and `pthread_mutex_t` under `-DTSAN`: the thread sanitizer does not see Synchronization's
/// `Mutex` and reports false races.
@frozen
public struct Lock<State: Sendable>: ~Copyable, Sendable {
    #if TSAN
        /// Owned by this value: initialised in `init`, destroyed in `deinit`, never copied (the type is noncopyable).
        @usableFromInline nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
        @usableFromInline nonisolated(unsafe) let state: UnsafeMutablePointer<State>

        /// A lock around some state.
        @inlinable public init(_ initial: State) {
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

        /// Hands the state to `body` while nobody else has it.
        @inlinable public borrowing func withLock<Result, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&state.pointee)
        }

        /// The same if nobody has it now; nil without waiting if somebody does.
        @inlinable public borrowing func withLockIfAvailable<Result, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result? {
            guard pthread_mutex_trylock(mutex) == 0 else { return nil }
            defer { pthread_mutex_unlock(mutex) }
            return try body(&state.pointee)
        }
    #else
        @usableFromInline let mutex: Mutex<State>

        /// A lock around some state.
        @inlinable public init(_ initial: State) { mutex = Mutex(initial) }

        /// Hands the state to `body` while nobody else has it.
        @inlinable public borrowing func withLock<Result: Sendable, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            try mutex.withLock { state throws(Failure) in try body(&state) }
        }

        /// The same if nobody has it now; nil without waiting if somebody does.
        @inlinable public borrowing func withLockIfAvailable<Result: Sendable, Failure: Error>(
            _ body: (inout State) throws(Failure) -> Result
        ) throws(Failure) -> Result? {
            try mutex.withLockIfAvailable { state throws(Failure) in try body(&state) }
        }
    #endif
}
