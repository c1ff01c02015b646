import AtelierScheduling

/// The slots of one shard by digest: a hash table with open addressing, linear probing and removal by shifting back
/// (Knuth, The Art of Computer Programming 3, 6.4, algorithms L and R).
///
/// What a hit must compare stands in the table itself, digest and time of expiry: of the slot it touches only what it
/// changes. `Dictionary` needs a second place for the value and a third for the time.
struct SlotTable: Sendable {
    private struct Cell {
        var digest: Digest
        /// In seconds since 1970; `.max` for never.
        var expires: Int64
        var slot: Slot?
    }

    private static let empty = Cell(digest: Digest(words: (0, 0, 0, 0)), expires: .max, slot: nil)

    /// A power of two of them, at most three quarters taken, so that every search ends.
    private var cells = [Cell](repeating: Self.empty, count: 8)
    private(set) var count = 0

    /// The slot under a digest, and when it expires, in seconds since 1970; `.max` for never. O(1).
    func find(_ digest: Digest) -> (slot: Slot, expires: Int64)? {
        var index = home(of: digest)
        while let slot = cells[index].slot {
            if cells[index].digest == digest { return (slot, cells[index].expires) }
            index = next(index)
        }
        return nil
    }

    /// Keeps a slot under its digest, under which there must be none. O(1) amortised.
    mutating func insert(_ slot: Slot) {
        if (count + 1) * 4 > cells.count * 3 { grow() }
        place(Cell(digest: slot.header.digest, expires: slot.header.expires ?? .max, slot: slot))
        count += 1
    }

    /// Takes out the slot under a digest. O(1).
    mutating func remove(_ digest: Digest) -> Slot? {
        var hole = home(of: digest)
        while cells[hole].slot != nil, cells[hole].digest != digest { hole = next(hole) }
        guard let removed = cells[hole].slot else { return nil }
        // What comes after moves back, unless the hole is before its home: a search would no longer get there.
        var index = next(hole)
        while cells[index].slot != nil {
            let distance = index &- home(of: cells[index].digest)
            if distance & mask >= (index &- hole) & mask {
                cells[hole] = cells[index]
                hole = index
            }
            index = next(index)
        }
        cells[hole] = Self.empty
        count -= 1
        return removed
    }

    private var mask: Int { cells.count - 1 }

    private func next(_ index: Int) -> Int { (index + 1) & mask }

    /// Where the search for a digest begins.
    private func home(of digest: Digest) -> Int { digest._rawHashValue(seed: 0) & mask }

    private mutating func place(_ cell: Cell) {
        var index = home(of: cell.digest)
        while cells[index].slot != nil { index = next(index) }
        cells[index] = cell
    }

    private mutating func grow() {
        let old = cells
        cells = [Cell](repeating: Self.empty, count: old.count * 2)
        for cell in old where cell.slot != nil { place(cell) }
    }
}

/// Tables of the memory level, each with a lock of its own; the digest says which.
struct Shards: ~Copyable, Sendable {
    // In place, so that a look-up retains no shard.
    private let shards = InlineArray<64, Shard> { _ in Shard() }

    /// A table on lines of memory of its own, which threads would otherwise take from one another: with three tables to a line,
    /// four threads found 1.7 million entries a second instead of 2.7.
    private struct Shard: ~Copyable, Sendable {
        let table = Lock(SlotTable())
        private let distance = InlineArray<13, UInt64>(repeating: 0)
    }

    /// Hands the table of a digest to `body` while nobody else has it.
    func withTable<Result: Sendable>(of digest: Digest, _ body: (inout SlotTable) -> Result) -> Result {
        shards[Int(truncatingIfNeeded: digest.words.1 & 63)].table.withLock(body)
    }
}
