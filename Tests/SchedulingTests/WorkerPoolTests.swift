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

    @Test("Jobs queued before the pool is forgotten still run")
    func forgotten() async {
        await withCheckedContinuation { continuation in
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
}

private final class Load: Sendable {
    let counts = Lock((now: 0, most: 0, done: 0))

    func begin() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.done) } }
    func end() { counts.withLock { $0 = ($0.now - 1, $0.most, $0.done + 1) } }
}
