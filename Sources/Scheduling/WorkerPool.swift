#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Own threads for work that computes or blocks, so that the cooperative pool stays free for what only waits.
///
///     let pool = WorkerPool(threads: 4)
///     Task(executorPreference: pool) { try await stage.run(in: context) }
///     pool.async { … }
///
/// Jobs start in the order they came. Threads are made when the first jobs need them and end with the pool, after
/// the jobs already queued.
package final class WorkerPool: TaskExecutor {
    package let threads: Int
    private let core = Core()

    /// - Parameter threads: Most threads at a time, at least 1.
    package init(threads: Int) {
        precondition(threads > 0, "a pool has at least one thread")
        self.threads = threads
    }

    deinit { core.close() }

    /// Runs a closure on one of the threads.
    package func async(_ work: @escaping @Sendable () -> Void) { core.add(.work(work), limit: threads) }

    package func enqueue(_ job: consuming ExecutorJob) {
        core.add(.task(UnownedJob(job), asUnownedTaskExecutor(), self), limit: threads)
    }
}

/// What the threads share; they hold it, not the pool, so that a forgotten pool can end them.
private final class Core: Sendable {
    enum Job: Sendable {
        case work(@Sendable () -> Void)
        /// The pool is held until the job has run: the job's executor is an unowned reference to it.
        case task(UnownedJob, UnownedTaskExecutor, WorkerPool)
    }

    struct State: Sendable {
        var jobs: [Job] = []
        var head = 0
        var threads = 0
        var idle = 0
        var isClosed = false
    }

    private let state = Lock(State())
    /// Posted once per queued job and once per thread at the end. Made in `init`, destroyed in `deinit`; the
    /// threads keep `self` alive while they wait on it, and semaphores may be used from any thread.
    private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        semaphore.initialize(to: sem_t())
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func add(_ job: Job, limit: Int) {
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            let queued = state.jobs.count - state.head
            guard state.idle < queued, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        if needsThread { start() }
        sem_post(semaphore)
    }

    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in 0..<threads { sem_post(semaphore) }
    }

    private func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        // What a main thread has, also where the C library's default for others is 128 KB.
        pthread_attr_setstacksize(&attributes, 8 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
            let core = Unmanaged<Core>.fromOpaque(pointer!).takeRetainedValue()
            core.work()
            return nil
        }
        let core = Unmanaged.passRetained(self)
        if pthread_create(&thread, &attributes, body, core.toOpaque()) != 0 {
            core.release()
            let others = state.withLock { state in
                state.threads -= 1
                return state.threads
            }
            // With one thread left the work only takes longer; with none it would never be done.
            precondition(others > 0, "no worker thread could be started")
        }
    }

    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            while sem_wait(semaphore) != 0 {}  // interrupted by a signal
            let job: Job? = state.withLock { state in
                state.idle -= 1
                guard state.head < state.jobs.count else { return nil }
                let job = state.jobs[state.head]
                state.head += 1
                if state.head == state.jobs.count {
                    state.jobs.removeAll(keepingCapacity: state.head <= 1024)
                    state.head = 0
                } else if state.head >= 1024, state.head * 2 >= state.jobs.count {
                    state.jobs.removeFirst(state.head)
                    state.head = 0
                }
                return job
            }
            switch job {
            case .work(let work): work()
            case .task(let job, let executor, _): job.runSynchronously(on: executor)
            case nil: if state.withLock({ $0.isClosed }) { return }
            }
        }
    }
}
