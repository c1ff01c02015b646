import AtelierScheduling
import AtelierTesting
import Testing

@testable import AtelierMemo

@Suite("Memory store")
struct MemoryStoreTests {
    @Test("It does what every store does", arguments: StoreConformance.allCases)
    func conformance(_ behaviour: StoreConformance) async throws {
        try await behaviour.check { limit in MemoryStore(byteLimit: limit, admitting: .everything) }
    }

    @Test("Bytes, entries and quotas stay within their bounds at every instant, while tasks put, get, evict and resize")
    func bounds() async {
        let quotas = ["a": 60_000, "a/b": 30_000, "c": 10_000]
        let store = MemoryStore(byteLimit: 200_000, entryLimit: 60, quotas: quotas, admitting: .everything)
        let isDone = Lock(false), samples = Lock((count: 0, broken: [StoreContents]()))
        let sampler = Thread {
            while !isDone.withLock({ $0 }) {
                let contents = store.contents
                let isWithin = contents.partitions.values.allSatisfy { $0.bytes <= $0.quota ?? .max }
                samples.withLock { samples in
                    samples.count += 1
                    if contents.bytes > 200_000 || contents.entries > 60 || !isWithin { samples.broken.append(contents) }
                }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SplitMix(seed: UInt64(task))
                    for _ in 0..<2_000 {
                        let number = Int.random(in: 0..<300, using: &random)
                        let entry = weighing(
                            Int.random(in: 0..<20_000, using: &random), number,
                            in: ["", "a", "a/b", "a/d", "c", "e"].randomElement(using: &random)!)
                        switch Int.random(in: 0..<100, using: &random) {
                        case 0..<60: store.put(entry, lossCost: UInt64.random(in: 0..<1 << 30, using: &random))
                        case 60..<75: store.evict(entry.header.digest)
                        case 75: store.resize(byteLimit: Int.random(in: 50_000...200_000, using: &random))
                        default: _ = store.get(entry.header.digest)
                        }
                    }
                }
            }
        }
        isDone.withLock { $0 = true }
        sampler.join()
        let (count, broken) = samples.withLock { $0 }
        #expect(count > 0)
        #expect(broken.isEmpty, "\(broken.prefix(1))")
        for number in 0..<300 { store.evict(weighing(0, number).header.digest) }
        let contents = store.contents
        #expect(contents.bytes == 0 && contents.entries == 0, "every sum comes back to nothing")
        #expect(contents.partitions == quotas.mapValues { StoreContents.Partition(quota: $0) })
    }

    @Test("What was hit since it came outlives what was not")
    func hitsCount() {
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 3, admitting: .everything)
        for number in 0..<3 { store.put(weighing(1, number)) }
        _ = store.get(weighing(1, 0).header.digest)
        store.put(weighing(1, 3))
        store.put(weighing(1, 4))
        #expect((0..<5).map { store.keeps(weighing(1, $0).header.digest) } == [true, false, false, true, true])
    }

    @Test("What costs more to lose outlives what is as large, and what is smaller what costs as much")
    func density() {
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 3, admitting: .everything)
        store.put(weighing(1_000, 0), lossCost: 10_000_000)
        store.put(weighing(1_000, 1), lossCost: 1_000_000)
        store.put(weighing(9_000, 2), lossCost: 10_000_000)
        store.put(weighing(1_000, 3), lossCost: 10_000_000)
        store.put(weighing(1_000, 4), lossCost: 10_000_000)
        #expect((0..<5).map { store.peek(weighing(1, $0).header.digest) != nil } == [true, false, false, true, true])
    }

    @Test("A year of loss counts as ten minutes, and none at all as a look-up")
    func clamped() {
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 2, admitting: .everything)
        store.put(weighing(1_000, 0), lossCost: 31_557_600_000_000_000)
        store.put(weighing(1_000, 1), lossCost: 600_000_000_000)
        store.put(weighing(1_000, 2), lossCost: 600_000_000_000)
        #expect(store.peek(weighing(1, 0).header.digest) == nil, "as dear as the others, and older")
        store.put(weighing(1_000, 3), lossCost: 0)
        store.put(weighing(1_000, 4), lossCost: 900)
        #expect(store.contents.entries == 2 && store.peek(weighing(1, 3).header.digest) == nil)
    }

    @Test("A miss says whether the entry had to go, expired or was never there")
    func reasons() {
        let now = Lock(Int64(100))
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 2, admitting: .everything) { now.withLock { $0 } }
        func reason(_ number: Int) -> MissReason? {
            if case .miss(let reason) = store.get(weighing(1, number).header.digest) { reason } else { nil }
        }
        var brief = weighing(1, 0)
        brief.header.expires = 160
        store.put(brief)
        #expect(reason(0) == nil)
        now.withLock { $0 = 159 }
        #expect(reason(0) == nil)
        now.withLock { $0 = 160 }
        #expect(reason(0) == .expired)
        #expect(reason(0) == .expired)
        #expect(store.contents == StoreContents(byteLimit: 1 << 20), "its place is free")
        for number in 1...3 { store.put(weighing(1, number)) }
        #expect((1...4).map(reason) == [.evicted, nil, nil, .neverSeen])
        #expect(store.contents.evictions == 1)
        #expect(store.contents.ghostHits == 1)
        store.put(weighing(1, 1))
        #expect(reason(1) == nil)
    }

    @Test("What comes back continues at the frequency it had")
    func ghosts() {
        let store = MemoryStore(byteLimit: 1_000, entryLimit: 2, admitting: .everything, overhead: 0) { 0 }
        store.put(weighing(100, 0))
        for _ in 0..<50 { _ = store.get(weighing(1, 0).header.digest) }
        store.put(weighing(100, 100), lossCost: 1 << 50)
        store.resize(byteLimit: 100)
        #expect(!store.keeps(weighing(1, 0).header.digest))
        store.evict(weighing(1, 100).header.digest)
        store.resize(byteLimit: 1_000)
        store.put(weighing(100, 0))
        for number in 1...20 { store.put(weighing(100, number)) }
        #expect(store.keeps(weighing(1, 0).header.digest), "51 times the value of what came after it")
    }

    @Test("A partition that is full makes room inside; what is larger than its quota finds none")
    func quotas() {
        let store = MemoryStore(byteLimit: 1 << 20, quotas: ["a": 10_000, "a/b": 4_000], admitting: .everything, overhead: 0) { 0 }
        for number in 0..<10 { store.put(weighing(1_000, number, in: "c")) }
        for number in 10..<16 { store.put(weighing(1_000, number, in: "a")) }
        for number in 20..<26 { store.put(weighing(1_000, number, in: "a/b/x")) }
        var contents = store.contents
        #expect(contents.partitions["a/b"] == .init(bytes: 4_000, entries: 4, quota: 4_000))
        #expect(contents.partitions["a/b/x"] == .init(bytes: 4_000, entries: 4))
        #expect(contents.partitions["a"] == .init(bytes: 10_000, entries: 10, quota: 10_000))
        store.put(weighing(3_000, 30, in: "a"))
        contents = store.contents
        #expect(contents.partitions["a"] == .init(bytes: 10_000, entries: 8, quota: 10_000))
        #expect(contents.partitions["c"] == .init(bytes: 10_000, entries: 10))
        #expect(contents.entries == 18 && contents.evictions == 5 && contents.byteLimit == 1 << 20)
        #expect(store.put(weighing(4_001, 31, in: "a/b"), lossCost: 1 << 30) == .noRoom)
        #expect(store.put(weighing(4_001, 31, in: "a/bc"), lossCost: 1 << 30) == .kept, "a/bc is not below a/b")
        #expect(store.put(weighing(2 << 20, 32), lossCost: 1 << 30) == .tooLarge)
    }

    @Test("Pressure inside a partition does not make the others older")
    func ageing() {
        let store = MemoryStore(byteLimit: 40_000, quotas: ["a": 2_000], admitting: .everything, overhead: 0) { 0 }
        for number in 0..<30 { store.put(weighing(1_000, number), lossCost: 2_000_000) }
        for number in 100..<400 { store.put(weighing(1_000, number, in: "a"), lossCost: 1_000_000_000) }
        for number in 30..<60 { store.put(weighing(1_000, number), lossCost: 1_000_000) }
        let kept = (0..<30).count { store.peek(weighing(0, $0).header.digest) != nil }
        #expect(kept > 20, "they are worth twice what came later: \(kept)")
    }

    @Test("A header that claims impossible bytes does no harm", arguments: [Int.min, -1, Int.max])
    func impossibleBytes(claimed: Int) {
        let store = MemoryStore(byteLimit: 10_000, admitting: .everything)
        for number in 0..<100 { store.put(weighing(number == 50 ? claimed : 1_000, number)) }
        #expect((0...10_000).contains(store.byteCount))
        for number in 0..<100 { store.evict(weighing(1, number).header.digest) }
        #expect(store.byteCount == 0)
    }

    @Test("A smaller bound holds at once and a larger one lets the level grow again")
    func resize() {
        let store = MemoryStore(byteLimit: 100_000, admitting: .everything, overhead: 0) { 0 }
        for number in 0..<100 { store.put(weighing(1_000, number)) }
        store.resize(byteLimit: 30_500)
        #expect(store.byteCount == 30_000 && store.byteLimit == 30_500 && store.contents.evictions == 70)
        for number in 100..<200 { store.put(weighing(1_000, number)) }
        #expect(store.byteCount == 30_000)
        store.resize(byteLimit: 100_000)
        for number in 200..<300 { store.put(weighing(1_000, number)) }
        #expect(store.byteCount == 100_000)
    }

    @Test("Evictions are told, replacing and forgetting are not")
    func evictions() {
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 1, admitting: .everything)
        let told = Lock<[Digest]>([])
        store.observeEvictions { header in told.withLock { $0.append(header.digest) } }
        store.put(weighing(1, 0))
        store.put(weighing(2, 0))
        store.put(weighing(1, 1))
        store.evict(weighing(1, 1).header.digest)
        store.put(weighing(1, 2))
        #expect(told.withLock { $0 } == [weighing(1, 0).header.digest])
    }

    @Test("The hundred thousandth eviction is told as the first is")
    func manyEvictions() {
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 1, admitting: .everything), count = Lock(0)
        store.observeEvictions { _ in count.withLock { $0 += 1 } }
        for number in 0...100_000 { store.put(weighing(100, number)) }
        #expect(count.withLock { $0 } == 100_000)
    }

    @Test("A replaced or forgotten value is let go at once")
    func released() {
        final class Canary: Sendable {}
        struct Held: Storable {
            let canary: Canary
            var byteCount: Int { 8 }
        }
        let store = MemoryStore(admitting: .everything)
        weak var replaced: Canary?, forgotten: Canary?
        do {
            let canaries = [Canary(), Canary()]
            (replaced, forgotten) = (canaries[0], canaries[1])
            for (number, canary) in canaries.enumerated() {
                var entry = weighing(8, number)
                entry.payload = .value(Held(canary: canary))
                store.put(entry)
            }
        }
        #expect(replaced != nil && forgotten != nil)
        store.put(weighing(8, 0))
        store.evict(weighing(8, 1).header.digest)
        #expect(replaced == nil && forgotten == nil)
    }

    @Test("What cost less than it is worth is not kept: a final output counts its chain, an intermediate itself")
    func admission() {
        let store = MemoryStore(admitting: .worth(atLeast: 1000))
        var entry = weighing(1, 0)
        (entry.header.selfCost, entry.header.chainCost) = (999, 50_000)
        store.put(entry)
        #expect(store.count == 0)
        (entry.header.format, entry.header.formatVersion) = ("blob", 1)
        store.put(entry)
        #expect(store.count == 1)
    }
}

private func weighing(_ bytes: Int, _ number: Int, in partition: String = "") -> Entry {
    let header = EntryHeader(digest: digest("\(number)"), stage: "test.weight", stageVersion: 1, byteCount: bytes, partition: partition)
    return Entry(header: header, payload: .value(Weight(byteCount: bytes)))
}
