import AtelierTesting
import Testing

@testable import AtelierMemo

@Suite("Slot table")
struct SlotTableTests {
    @Test("It does as a dictionary does, while it grows, shrinks and fills again", arguments: 0..<8)
    func randomOperations(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var table = SlotTable(), model: [Digest: Slot] = [:]
        // Few digests, so that each comes and goes often; many more than the table begins with.
        let digests = (0..<300).map { digest("\($0)") }
        for step in 0..<20_000 {
            let digest = digests[Int.random(in: 0..<digests.count, using: &random)]
            // Mostly filling, then mostly emptying.
            if Int.random(in: 0..<10, using: &random) < (step / 2_000 % 2 == 0 ? 7 : 3) {
                if model[digest] == nil {
                    let slot = slot(digest)
                    table.insert(slot)
                    model[digest] = slot
                }
            } else {
                #expect(table.remove(digest) === model.removeValue(forKey: digest))
            }
            let other = digests[Int.random(in: 0..<digests.count, using: &random)]
            #expect(table.find(other)?.slot === model[other])
            #expect(table.count == model.count)
        }
        for digest in digests { #expect(table.find(digest)?.slot === model[digest]) }
    }

    @Test("Digests that collide are kept apart, and the rest is found when one of them goes", arguments: 0..<40)
    func collisions(gone: Int) {
        // The place depends on the first two words alone.
        let digests = (0..<40).map { Digest(words: (7, 7, UInt64($0), 0)) }
        var table = SlotTable()
        for digest in digests { table.insert(slot(digest)) }
        #expect(table.remove(digests[gone])?.header.digest == digests[gone])
        #expect(table.remove(digests[gone]) == nil)
        for (number, digest) in digests.enumerated() {
            #expect(table.find(digest)?.slot.header.digest == (number == gone ? nil : digest))
        }
    }

    @Test("The digest of zeros is one like others, and an empty cell is none")
    func zeros() {
        let zeros = Digest(words: (0, 0, 0, 0))
        var table = SlotTable()
        #expect(table.find(zeros) == nil)
        #expect(table.remove(zeros) == nil)
        table.insert(slot(zeros, expires: 60))
        #expect(table.find(zeros)?.expires == 60)
        #expect(table.remove(zeros)?.header.expires == 60)
        #expect(table.find(zeros) == nil && table.count == 0)
    }

    @Test("What never expires does so at the end of time")
    func expiry() {
        var table = SlotTable()
        table.insert(slot(digest("never")))
        #expect(table.find(digest("never"))?.expires == .max)
    }
}

private func slot(_ digest: Digest, expires: Int64? = nil) -> Slot {
    let header = EntryHeader(digest: digest, stage: "test.slot", stageVersion: 1, byteCount: 1, expires: expires)
    return Slot.make(header, .value(Weight(byteCount: 1)), bytes: 1)
}

@Suite("Entry")
struct EntryTests {
    @Test("A value is given as the type it is kept as, and as no other")
    func valueOfType() {
        let header = EntryHeader(digest: digest("entry"), stage: "test.entry", stageVersion: 1, byteCount: 3)
        let text = Blob("a blob of text")[2..<6]
        var entry = Entry(header: header, payload: .value(text))
        #expect(entry.value(of: Blob.self) == Blob("blob"))
        #expect(entry.value(of: Weight.self) == nil)
        entry.payload = .value(Weight(byteCount: 7))
        #expect(entry.value(of: Weight.self)?.byteCount == 7)
        #expect(entry.header.byteCount == 3, "the header stays when the payload changes")
        entry.payload = .bytes(text)
        #expect(entry.value(of: Blob.self) == nil, "bytes as they lie on disk are no value")
    }
}
