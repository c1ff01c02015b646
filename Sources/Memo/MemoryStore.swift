import AtelierScheduling

/// The level in memory: values by reference, bounded in bytes and in entries at every instant.
///
///     let engine = Engine(levels: [MemoryStore(byteLimit: 1 << 30)])
///
/// A hit takes the lock of one of 64 shards and sets a bit; it copies no value. A put holds the order lock, lets go
/// of entries first come first served, except that one hit since it was last looked at gets another round, and
/// only then adds the new entry: the bounds hold before, while and after.
public final class MemoryStore: Store {
    /// Which entries are worth their place.
    public enum Admission: Sendable {
        /// Every one that fits. For tests about what ran.
        case everything
        /// Those whose loss costs at least this many nanoseconds.
        case worth(atLeast: UInt64)
    }

    /// Bytes of all values together never exceed this.
    public let byteLimit: Int
    /// Nor their number this.
    public let entryLimit: Int
    private let admission: Admission
    private let shards: Shards
    private let order = Lock(Order())
    private let observer = Lock<(@Sendable (EntryHeader) -> Void)?>(nil)

    /// - Parameters:
    ///   - byteLimit: Most bytes kept. A value that is larger is not kept.
    ///   - entryLimit: Most entries kept.
    ///   - admitting: What is kept. By default what costs 5 µs to get elsewhere: that is some five look-ups.
    public init(byteLimit: Int = 512 << 20, entryLimit: Int = 1 << 20, admitting: Admission = .worth(atLeast: 5_000)) {
        self.byteLimit = byteLimit
        self.entryLimit = entryLimit
        admission = admitting
        shards = Shards()
    }

    /// `memory`
    public var name: String { "memory" }

    /// False: it keeps values as they are.
    public var storesBytesOnly: Bool { false }

    /// Bytes kept now.
    public var byteCount: Int { order.withLock { $0.bytes } }

    /// Entries kept now.
    public var count: Int { order.withLock { $0.entries } }

    /// The entry under a digest. O(1).
    public func get(_ digest: Digest) -> Lookup {
        shards[digest].withLock { table in
            guard let slot = table[digest] else { return .miss(.neverSeen) }
            slot.wasHit = true
            return .hit(Entry(header: slot.header, payload: slot.payload!))
        }
    }

    /// A table's look-up, whatever the size.
    public func hitCost(ofBytes count: Int) -> UInt64 { 1_000 }

    /// The header under a digest, not counted as a hit.
    public func peek(_ digest: Digest) -> EntryHeader? { shards[digest].withLock { $0[digest]?.header } }

    /// Keeps an entry, if it is worth it and fits, in place of the one with the same digest. O(1) amortised.
    @discardableResult
    public func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        let header = entry.header
        if case .worth(let least) = admission, lossCost < least { return .notWorthIt }
        let bytes = Self.weight(of: header)
        guard bytes <= byteLimit, entryLimit > 0 else { return .tooLarge }
        let released = order.withLock { order in
            var released = remove(header.digest, from: &order).map { [$0] } ?? []
            // Hits that come in meanwhile could give every entry another round for ever.
            var rounds = order.entries
            while order.bytes > byteLimit - bytes || order.entries >= entryLimit, let oldest = order.next() {
                rounds -= 1
                let stays = shards[oldest.header.digest].withLock { table in
                    defer { oldest.wasHit = false }
                    if oldest.wasHit, rounds >= 0 { return true }
                    table[oldest.header.digest] = nil
                    return false
                }
                if stays { order.queue.append(oldest) } else { released.append(order.drop(oldest, isEvicted: true)) }
            }
            let slot = Slot(entry, bytes: bytes)
            order.add(slot)
            shards[header.digest].withLock { $0[header.digest] = slot }
            return released
        }
        if let observer = observer.withLock({ $0 }) {
            for gone in released where gone.isEvicted { observer(gone.header) }
        }
        return .kept
    }

    /// Forgets an entry.
    public func evict(_ digest: Digest) { _ = order.withLock { remove(digest, from: &$0) } }

    private func remove(_ digest: Digest, from order: inout Order) -> Released? {
        shards[digest].withLock { $0.removeValue(forKey: digest) }.map { order.drop($0, isEvicted: false) }
    }

    /// Tells of every entry that has to make room.
    public func observeEvictions(_ observer: @escaping @Sendable (EntryHeader) -> Void) {
        self.observer.withLock { $0 = observer }
    }

    /// The value, and what the tables need for an entry without one.
    private static func weight(of header: EntryHeader) -> Int { header.byteCount + 256 }
}

/// One entry with what eviction needs. `wasHit` is touched under the lock of the shard the entry is in, `payload`
/// only when it is in none any more; the rest never changes.
private final class Slot: @unchecked Sendable {
    let header: EntryHeader
    let bytes: Int
    /// Nil once the entry is no longer kept: the queue may hold the slot for a while, but not the value.
    var payload: Entry.Payload?
    var wasHit = false

    init(_ entry: Entry, bytes: Int) {
        header = entry.header
        payload = entry.payload
        self.bytes = bytes
    }
}

/// An entry on its way out; its value is released where this is, and that is never under a lock.
private struct Released: Sendable {
    let header: EntryHeader
    let payload: Entry.Payload?
    let isEvicted: Bool
}

/// Entries in the order they came, and their sums.
private struct Order: Sendable {
    var queue: [Slot] = []
    var head = 0
    var bytes = 0
    var entries = 0

    mutating func add(_ slot: Slot) {
        queue.append(slot)
        bytes += slot.bytes
        entries += 1
    }

    /// Stops counting an entry; the queue steps over it when it comes to it.
    mutating func drop(_ slot: Slot, isEvicted: Bool) -> Released {
        defer { slot.payload = nil }
        bytes -= slot.bytes
        entries -= 1
        if queue.count - head > 2 * entries + 64 {
            queue = queue[head...].filter { $0.payload != nil && $0 !== slot }
            head = 0
        }
        return Released(header: slot.header, payload: slot.payload, isEvicted: isEvicted)
    }

    /// Takes the oldest entry that is kept out of the queue.
    mutating func next() -> Slot? {
        while head < queue.count {
            let slot = queue[head]
            head += 1
            if head >= 1024, head * 2 >= queue.count {
                queue.removeFirst(head)
                head = 0
            }
            if slot.payload != nil { return slot }
        }
        return nil
    }
}

/// 64 tables, each with a lock of its own; the digest says which.
private final class Shards: Sendable {
    final class Shard: Sendable {
        let table = Lock<[Digest: Slot]>([:])
    }

    private let shards: [Shard] = (0..<64).map { _ in Shard() }

    subscript(digest: Digest) -> Shard { shards[Int(truncatingIfNeeded: digest.words.1 & 63)] }
}

extension Shards.Shard {
    fileprivate func withLock<Result: Sendable>(_ body: (inout [Digest: Slot]) -> Result) -> Result { table.withLock(body) }
}
