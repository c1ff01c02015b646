import Testing

@testable import AtelierMemo

@Suite("Ghost list")
struct GhostListTests {
    private func spread(_ number: UInt64) -> Digest { Digest(words: (number, 0, 0, 0)) }

    @Test("What went is known with its reason and frequency until it is taken")
    func reasons() {
        var list = GhostList()
        list.note(spread(1), .evicted, frequency: 7, bytes: 10, limit: 4)
        list.note(spread(2), .expired, frequency: 3, bytes: 0, limit: 4)
        #expect(list.reason(spread(1), byteLimit: 100) == .evicted)
        #expect(list.reason(spread(2), byteLimit: 100) == .expired)
        #expect(list.reason(spread(3), byteLimit: 100) == .neverSeen)
        #expect(list.take(spread(1))?.frequency == 7)
        #expect(list.take(spread(1)) == nil)
        #expect(list.reason(spread(1), byteLimit: 100) == .neverSeen)
    }

    @Test("Beyond the limit the oldest are forgotten; what went again counts from then")
    func bounded() {
        var list = GhostList()
        for number in 0..<5_000 { list.note(spread(UInt64(number % 3_000)), .evicted, frequency: 1, bytes: 1, limit: 100) }
        let known = (0..<3_000).filter { list.take(spread(UInt64($0))) != nil }
        #expect(known == Array(1_900..<2_000))
    }

    @Test("A miss counts as a hit of twice the size when no more than the level's bytes went since, and once")
    func ghostHits() {
        var list = GhostList()
        list.note(spread(1), .evicted, frequency: 1, bytes: 60, limit: 100)
        list.note(spread(2), .evicted, frequency: 1, bytes: 40, limit: 100)
        list.note(spread(3), .evicted, frequency: 1, bytes: 10, limit: 100)
        _ = list.reason(spread(1), byteLimit: 100)
        #expect(list.hits == 0, "110 bytes went since, itself included")
        _ = list.reason(spread(2), byteLimit: 100)
        _ = list.reason(spread(2), byteLimit: 100)
        #expect(list.hits == 1)
        list.note(spread(4), .expired, frequency: 1, bytes: 0, limit: 100)
        _ = list.reason(spread(4), byteLimit: 100)
        #expect(list.hits == 1, "a larger level would have expired it too")
    }
}
