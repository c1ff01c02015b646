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

    @Test("Bytes and entries stay within their bounds at every instant, while eight tasks put, get and evict")
    func bounds() async {
        let store = MemoryStore(byteLimit: 200_000, entryLimit: 60, admitting: .everything)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SplitMix(seed: UInt64(task))
                    for _ in 0..<2_000 {
                        let number = Int.random(in: 0..<300, using: &random)
                        let entry = weighing(Int.random(in: 0..<20_000, using: &random), number)
                        switch Int.random(in: 0..<5, using: &random) {
                        case 0..<3: store.put(entry)
                        case 3: store.evict(entry.header.digest)
                        default: _ = store.get(entry.header.digest)
                        }
                        #expect(store.byteCount <= 200_000)
                        #expect(store.count <= 60)
                    }
                }
            }
        }
    }

    @Test("What was hit since it came outlives what was not")
    func secondChance() {
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 3, admitting: .everything)
        for number in 0..<3 { store.put(weighing(1, number)) }
        _ = store.get(weighing(1, 0).header.digest)
        store.put(weighing(1, 3))
        store.put(weighing(1, 4))
        #expect((0..<5).map { store.keeps(weighing(1, $0).header.digest) } == [true, false, false, true, true])
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

private func weighing(_ bytes: Int, _ number: Int) -> Entry {
    Entry(
        header: EntryHeader(digest: digest("\(number)"), stage: "test.weight", stageVersion: 1, byteCount: bytes),
        payload: .value(Weight(byteCount: bytes)))
}
