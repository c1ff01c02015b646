import Testing

@testable import AtelierMemo

@Suite("Ghost list")
struct GhostListTests {
    private func spread(_ number: UInt64) -> Digest { Digest(words: (number, 0, 0, 0)) }

    @Test("What went is known with its reason and frequency until it is taken")
    func reasons() {
        var list = GhostList()
        list.note(spread(1), .evicted, frequency: 7, bytes: 10, byteLimit: 100, entryLimit: 4)
        list.note(spread(2), .expired, frequency: 3, bytes: 0, byteLimit: 100, entryLimit: 4)
        #expect(list.reason(spread(1)) == .evicted)
        #expect(list.reason(spread(2)) == .expired)
        #expect(list.reason(spread(3)) == .neverSeen)
        #expect(list.take(spread(1))?.frequency == 7)
        #expect(list.take(spread(1)) == nil)
        #expect(list.reason(spread(1)) == .neverSeen)
    }

    @Test("Beyond the limits in entries and in bytes the oldest are forgotten; what went again counts from then")
    func bounded() {
        var list = GhostList()
        for number in 0..<5_000 {
            list.note(spread(UInt64(number % 3_000)), .evicted, frequency: 1, bytes: 1, byteLimit: 1_000, entryLimit: 100)
        }
        #expect((0..<3_000).filter { list.reason(spread(UInt64($0))) == .evicted } == Array(1_900..<2_000))
        list.note(spread(9_000), .evicted, frequency: 1, bytes: 990, byteLimit: 1_000, entryLimit: 100)
        #expect((0..<3_000).filter { list.reason(spread(UInt64($0))) == .evicted } == Array(1_990..<2_000))
        list.note(spread(9_001), .evicted, frequency: 1, bytes: 1_001, byteLimit: 1_000, entryLimit: 100)
        #expect(list.reason(spread(9_001)) == .neverSeen && list.reason(spread(9_000)) == .neverSeen)
        list.note(spread(9_002), .evicted, frequency: 1, bytes: 1_000, byteLimit: 1_000, entryLimit: 100)
        #expect(list.reason(spread(9_002)) == .evicted)
    }

    @Test("A miss of what had to go counts once as a hit of twice the size; of what expired it does not")
    func ghostHits() {
        var list = GhostList()
        for _ in 0..<2 {
            list.note(spread(1), .evicted, frequency: 1, bytes: 60, byteLimit: 100, entryLimit: 9)
            for _ in 0..<3 { _ = list.reason(spread(1)) }
        }
        #expect(list.hits == 2)
        list.note(spread(4), .expired, frequency: 1, bytes: 0, byteLimit: 100, entryLimit: 9)
        _ = list.reason(spread(4))
        #expect(list.hits == 2, "a larger level would have expired it too")
    }
}
