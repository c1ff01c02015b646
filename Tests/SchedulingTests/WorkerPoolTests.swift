#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Testing

@testable import AtelierScheduling

@Suite("Worker pool")
struct WorkerPoolTests {
    @Test("Every job runs, and on no more threads than allowed")
    func jobs() async {
        let pool = WorkerPool(threads: 3), atOnce = Load()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask(executorPreference: pool) {
                    atOnce.begin()
                    for _ in 0..<100 { _ = Task.isCancelled }
                    atOnce.end()
                }
            }
        }
        #expect(atOnce.counts.withLock { $0.done } == 200)
        #expect(atOnce.counts.withLock { $0.most } <= 3)
    }

    @Test("Threads that stand back do so all alike, those of other pools do not")
    func niceness() async {
        let process = __priority_which_t(PRIO_PROCESS.rawValue), own = getpriority(process, id_t(getpid()))
        for (pool, expected) in [(WorkerPool(threads: 4, niceness: 3), min(19, own + 3)), (WorkerPool(threads: 1), own)] {
            await withTaskGroup(of: Int32.self) { group in
                for _ in 0..<50 {
                    group.addTask(executorPreference: pool) {
                        // A thread started by one that has stepped back.
                        pool.async {}
                        return getpriority(process, 0)
                    }
                }
                for await niceness in group { #expect(niceness == expected) }
            }
        }
    }

    @Test("Jobs queued before the pool is forgotten still run")
    func forgotten() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let pool = WorkerPool(threads: 1)
            for index in 0..<50 {
                pool.async { if index == 49 { continuation.resume() } }
            }
        }
    }

    @Test("A shared loop makes every call once and returns after the last", arguments: [1, 2, 4, 16])
    func sharedLoop(threads: Int) {
        let pool = WorkerPool(threads: threads), atOnce = Load()
        for count in [0, 1, 2, 3, 100] {
            let calls = Lock([Int](repeating: 0, count: count))
            pool.concurrently(count) { index in
                atOnce.begin()
                calls.withLock { $0[index] += 1 }
                atOnce.end()
            }
            #expect(calls.withLock { $0 } == [Int](repeating: 1, count: count))
        }
        // The calling thread is one more here; in a job it is one of them.
        #expect(atOnce.counts.withLock { $0.most } <= threads)
    }

    @Test("Loops inside loops on a pool whose threads are all busy come to an end", arguments: [1, 2, 3])
    func nestedLoops(threads: Int) async {
        let pool = WorkerPool(threads: threads), calls = Load()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask(executorPreference: pool) {
                    pool.concurrently(5) { _ in pool.concurrently(7) { _ in calls.begin() } }
                }
            }
        }
        #expect(calls.counts.withLock { $0.now } == 20 * 5 * 7)
    }

    @Test("What a thread keeps it does next, brief jobs first, before what others queued")
    func kept() async {
        let pool = WorkerPool(threads: 1), log = Log()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            pool.async {
                log.add("first")
                pool.async { log.add("queued") }
                pool.keeping { pool.async { log.add("kept") } }
                // A second one of unknown length may wait for the first for ever: it is queued.
                pool.keeping {
                    pool.async {
                        log.add("queued after it")
                        continuation.resume()
                    }
                }
                pool.keeping(.brief) { pool.async { log.add("brief") } }
                pool.keeping(.brief) { pool.async { log.add("also brief") } }
            }
        }
        #expect(log.entries == ["first", "brief", "also brief", "kept", "queued", "queued after it"])
    }

    @Test("Outside of the pool nothing is kept")
    func outside() async {
        let pool = WorkerPool(threads: 1), other = WorkerPool(threads: 1)
        await withCheckedContinuation { continuation in pool.keeping { pool.async { continuation.resume() } } }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            other.async {
                other.isEnding()
                pool.keeping { pool.async { continuation.resume() } }
            }
        }
    }

    @Test("Jobs that follow from one another run on one thread, however many there are")
    func chain() async {
        let pool = WorkerPool(threads: 4), threads = Log()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            @Sendable func step(_ left: Int) {
                threads.add("\(pthread_self())")
                if left == 0 { return continuation.resume() }
                pool.keeping { pool.async { step(left - 1) } }
            }
            pool.async { step(1000) }
        }
        #expect(threads.entries.count == 1001)
        #expect(Set(threads.entries).count == 1)
    }

    @Test("A chain without end lets others get their turn")
    func fairness() async {
        let pool = WorkerPool(threads: 1), isOver = Lock(false), steps = Lock(0)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            @Sendable func step() {
                if isOver.withLock({ $0 }) { return continuation.resume() }
                steps.withLock { $0 += 1 }
                pool.keeping(.brief) { pool.async { step() } }
            }
            pool.async {
                pool.keeping(.brief) { pool.async { step() } }
                pool.async { isOver.withLock { $0 = true } }
            }
        }
        #expect(steps.withLock { $0 } <= 64)
    }

    @Test("No job is lost, kept or queued, and each runs once", arguments: [1, 4])
    func noJobIsLost(threads: Int) async {
        let pool = WorkerPool(threads: threads), log = Log()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            @Sendable func end(_ name: String) { if log.add(name) == 1000 { continuation.resume() } }
            for index in 0..<200 {
                pool.async {
                    for child in 0..<5 {
                        let name = "\(index) \(child)"
                        switch (index + child) % 4 {
                        case 0: pool.keeping { pool.async { end(name) } }
                        case 1: pool.keeping(.brief) { pool.async { end(name) } }
                        case 2:
                            pool.isEnding()
                            pool.async { end(name) }
                        default: pool.async { end(name) }
                        }
                    }
                }
            }
        }
        #expect(Set(log.entries).count == 1000)
    }

    @Test("A thread whose job blocks holds up only what that job kept")
    func blocked() async {
        let pool = WorkerPool(threads: 2), log = Log()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            pool.async {
                pool.async { log.add("queued") }
                pool.keeping { pool.async { continuation.resume() } }
                // Until the other thread has done what was queued.
                while log.entries.isEmpty { sched_yield() }
            }
        }
        #expect(log.entries == ["queued"])
    }

    @Test("What is kept runs even when the pool is forgotten meanwhile")
    func keptByAForgottenPool() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let pool = Lock<WorkerPool?>(WorkerPool(threads: 2))
            pool.withLock { $0! }.async {
                guard let last = pool.withLock({ $0.take() }) else { return }
                last.keeping { last.async { continuation.resume() } }
            }
        }
    }
}

private final class Load: Sendable {
    let counts = Lock((now: 0, most: 0, done: 0))

    func begin() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.done) } }
    func end() { counts.withLock { $0 = ($0.now - 1, $0.most, $0.done + 1) } }
}

private final class Log: Sendable {
    private let lines = Lock([String]())

    var entries: [String] { lines.withLock { $0 } }

    /// Returns how many there are.
    @discardableResult
    func add(_ line: String) -> Int {
        lines.withLock { lines in
            lines.append(line)
            return lines.count
        }
    }
}
