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
}

private final class Load: Sendable {
    let counts = Lock((now: 0, most: 0, done: 0))

    func begin() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.done) } }
    func end() { counts.withLock { $0 = ($0.now - 1, $0.most, $0.done + 1) } }
}
