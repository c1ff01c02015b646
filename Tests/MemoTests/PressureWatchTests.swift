import AtelierScheduling
import Testing

@testable import AtelierMemo

/// A control group of 1000 bytes, and a clock, that the test sets.
private final class Group: Sendable {
    private let state = Lock((use: "100", nanoseconds: UInt64(0)))

    func set(use: String) { state.withLock { $0.use = use } }
    func advance(seconds: Double) { state.withLock { $0.nanoseconds += UInt64(seconds * 1e9) } }

    func watch(_ yielding: Yielding...) -> PressureWatch {
        let gauge = MemoryGauge(text: { path in
            switch path {
            case "/sys/fs/cgroup/memory.current": self.state.withLock { $0.use }
            case "/sys/fs/cgroup/memory.max": "1000\n"
            default: nil
            }
        }) { 0 }
        return PressureWatch(of: yielding, gauge: gauge) { self.state.withLock { $0.nanoseconds } }
    }
}

@Suite("Pressure watch")
struct PressureWatchTests {
    @Test("The level shrinks while memory is short and grows back to what it was")
    func shrinksAndGrows() {
        let store = MemoryStore(byteLimit: 16_000, admitting: .everything, overhead: 0) { 0 }
        for number in 0..<16 {
            let header = EntryHeader(digest: digest("\(number)"), stage: "test.weight", stageVersion: 1, byteCount: 1_000)
            store.put(Entry(header: header, payload: .value(Weight(byteCount: 1_000))))
        }
        let group = Group(), watch = group.watch(store.yielding)
        let limits = ["500", "950", "950", "850", "500", "500", "100", "100", "100", "100", "100", "100"].map { use in
            group.set(use: use)
            group.advance(seconds: 1)
            #expect(watch.look())
            return store.byteLimit
        }
        #expect(
            limits == [16_000, 12_000, 9_000, 9_000, 10_000, 11_000, 12_000, 13_000, 14_000, 15_000, 16_000, 16_000])
        #expect(store.contents.evictions == 7 && store.byteCount == 9_000)
    }

    @Test("An engine makes work wait only when its level has no more to give, and lets it go on before the level grows")
    func engine() {
        let store = MemoryStore(byteLimit: 16_000), group = Group()
        let engine = Engine(levels: [store], configuration: .init(workers: 1, byteBudget: 160_000))
        let watch = group.watch(store.yielding, engine.yieldingBudget)
        let limits = ["950", "950", "500", "500"].map { use in
            group.set(use: use)
            group.advance(seconds: 1)
            watch.look()
            return [store.byteLimit, engine.budgetUse.limit]
        }
        // Neither holds anything, so each goes to its least at once.
        #expect(limits == [[1_000, 160_000], [1_000, 10_000], [1_000, 20_000], [1_000, 30_000]])
        for _ in 0..<14 {
            group.advance(seconds: 1)
            watch.look()
        }
        #expect(engine.budgetUse.limit == 160_000 && store.byteLimit == 2_000)
    }

    @Test("It looks at most once a second, and the first time after one")
    func seldom() {
        let store = MemoryStore(byteLimit: 16_000), group = Group(), watch = group.watch(store.yielding)
        group.set(use: "990")
        watch.look()
        group.advance(seconds: 0.9)
        watch.look()
        #expect(store.byteLimit == 16_000)
        group.advance(seconds: 0.1)
        watch.look()
        #expect(store.byteLimit == 1_000)
        group.set(use: "1")
        watch.look()
        #expect(store.byteLimit == 1_000)
    }

    @Test("Watching ends when it is cancelled, and where the system tells nothing")
    func ends() async {
        let store = MemoryStore(byteLimit: 16_000), group = Group(), watch = group.watch(store.yielding)
        var looks = 0
        await watch.run {
            looks += 1
            if looks == 3 { throw CancellationError() }
            group.set(use: "990")
            group.advance(seconds: 1)
        }
        #expect(looks == 3 && store.byteLimit == 1_000)
        group.set(use: "nobody knows")
        await watch.run { group.advance(seconds: 1) }
        #expect(!watch.look())
        let task = Task { await watch.run() }
        task.cancel()
        await task.value
    }
}
