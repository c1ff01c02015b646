import AtelierTelemetry

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
/// Jobs start in the order they came, but for those that a thread keeps for itself (`keeping`). Threads are made when the first
/// jobs need them and end with the pool, after the jobs already queued.
package final class WorkerPool: TaskExecutor {
    private let core: Core

    /// - Parameters:
    ///   - threads: Most threads at a time, at least 1.
    ///   - name: What the lanes of its threads are called.
    ///   - niceness: How far its threads stand back behind others, 0 to 19 (setpriority(2), which Linux has for each thread).
    package init(threads: Int, name: String = "worker", niceness: Int32 = 0) {
        precondition(threads > 0, "a pool has at least one thread")
        core = Core(threads: threads, name: SpanName(name), niceness: niceness)
    }

    deinit { core.close() }

    /// Most threads at a time.
    package var threads: Int { core.threads }

    /// Runs a closure on one of the threads.
    package func async(_ work: @escaping @Sendable () -> Void) { core.add(.work(work)) }

    package func enqueue(_ job: consuming ExecutorJob) {
        core.add(.task(UnownedJob(job), asUnownedTaskExecutor(), self))
    }

    /// Lets the pool have more threads from now on; what has been added waits for those there are.
    package func allow(threads: Int) { core.allow(threads: threads) }

    /// How long a job will take, as far as whoever adds it knows.
    package enum Length: Sendable {
        /// Less than it takes to wake a thread.
        case brief
        case unknown
    }

    /// Adds jobs that follow from the job this thread is about to end; the thread does them next, and none is woken for them.
    ///
    /// A job that follows from another is ready when that one ends, and so is the thread. Waking another for it takes longer than
    /// many jobs do. Whoever calls this promises to be done: what a thread keeps starts when its job has ended, and no other thread
    /// takes it. So that nothing waits for anything long, a thread keeps any number of brief jobs and one that may be long, which
    /// comes last; what goes beyond that is queued, as everything is on threads that are not the pool's. After 64 jobs in a row
    /// what is kept goes to the end of the queue as well.
    package func keeping<Result, Failure: Error>(
        _ length: Length = .unknown, _ add: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let worker = Worker.current, worker.core === core else { return try add() }
        let before = worker.keeps
        worker.keeps = length
        defer { worker.keeps = before }
        return try add()
    }

    /// Says that the job of this thread does nothing more than hand out what it has: the same for whatever it adds until it ends.
    package func isEnding() {
        guard let worker = Worker.current, worker.core === core else { return }
        worker.keeps = .unknown
    }
}

/// A thread of a pool, seen by no other.
private final class Worker {
    /// Held by `Core.work`, which outlives this.
    unowned(unsafe) let core: Core
    /// Whether jobs that are added now may stay here.
    var keeps: WorkerPool.Length?
    private var brief: [Core.Job] = []
    private var last: Core.Job?
    private var inARow = 0

    private static let mostInARow = 64

    init(of core: Core) { self.core = core }

    /// Takes a job that stays with the thread; whether it does.
    func keep(_ job: Core.Job) -> Bool {
        switch keeps {
        case nil: return false
        case .brief: brief.append(job)
        case .unknown:
            if last != nil { return false }
            last = job
        }
        return true
    }

    /// What to do next, before what is queued.
    func next() -> Core.Job? {
        keeps = nil
        guard !brief.isEmpty || last != nil else {
            inARow = 0
            return nil
        }
        inARow += 1
        if inARow > Self.mostInARow {
            inARow = 0
            for job in brief { core.queue(job) }
            brief.removeAll()
            if let job = last.take() { core.queue(job) }
            return nil
        }
        // Few at a time.
        return brief.isEmpty ? last.take() : brief.removeFirst()
    }

    /// The one that runs this code; nil on threads that are no pool's.
    static var current: Worker? {
        pthread_getspecific(key).map { Unmanaged<Worker>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Makes this the current one of the thread, which sees to it that it lives.
    func begin() { pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque()) }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0, "no room for a thread's own value")
        return key
    }()
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
        var threads = 0, mostThreads: Int
        var idle = 0
        var isClosed = false
    }

    private let state: Lock<State>
    /// Posted once per queued job and once per thread at the end; the threads keep `self` alive while they wait on it.
    private let semaphore = Semaphore()

    private let name: SpanName, niceness: Int32

    init(threads: Int, name: SpanName, niceness: Int32) {
        state = Lock(State(mostThreads: threads))
        self.name = name
        self.niceness = niceness
    }

    func add(_ job: Job) {
        if let worker = Worker.current, worker.core === self, worker.keep(job) { return }
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            let queued = state.jobs.count - state.head
            guard state.idle < queued, state.threads < state.mostThreads else { return false }
            state.threads += 1
            return true
        }
        if needsThread { start() }
        semaphore.post()
    }

    var threads: Int { state.withLock { $0.mostThreads } }

    func allow(threads: Int) { state.withLock { $0.mostThreads = max($0.mostThreads, threads) } }

    /// Adds a job for threads that are there already.
    func queue(_ job: Job) {
        state.withLock { $0.jobs.append(job) }
        semaphore.post()
    }

    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in 0..<threads { semaphore.post() }
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
        let worker = Worker(of: self)
        worker.begin()
        OpenSpan.call(lane: name)
        // From where the process stands: the thread that starts this one may have stepped back itself. Standing back is never refused.
        let process = __priority_which_t(PRIO_PROCESS.rawValue)
        if niceness > 0 { setpriority(process, 0, min(19, getpriority(process, id_t(getpid())) + niceness)) }
        while true {
            while let job = worker.next() { run(job) }
            state.withLock { $0.idle += 1 }
            semaphore.wait()
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
            if let job { run(job) } else if state.withLock({ $0.isClosed }) { return }
        }
    }

    private func run(_ job: Job) {
        switch job {
        case .work(let work): work()
        case .task(let job, let executor, _): job.runSynchronously(on: executor)
        }
        // A task that waits has left this thread with the spans it had begun.
        OpenSpan.leave()
    }
}
