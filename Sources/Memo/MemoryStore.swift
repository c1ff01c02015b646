import AtelierScheduling
import Synchronization

/// The level in memory: values by reference, bounded in bytes and in entries at every instant.
///
///     let engine = Engine(levels: [MemoryStore(byteLimit: 1 << 30)])
///
/// A hit holds the lock of one of 64 shards for a look-up in a table, and adds one to a counter of the entry; no list
/// moves and no value is copied. A put holds the order lock, lets go of what has the least value for its bytes
/// (`DensityQueue`), and only then adds the new entry: the bounds hold before, while and after. Beside the bound of the
/// store, partitions may have quotas; an entry in `a/b` counts against those of `a/b` and of `a`.
public final class MemoryStore: Store {
    /// Which entries are worth their place.
    public enum Admission: Sendable {
        /// Every one that fits. For tests about what ran.
        case everything
        /// Those whose loss costs at least this many nanoseconds.
        case worth(atLeast: UInt64)
    }

    /// Number of entries never exceeds this.
    public let entryLimit: Int
    private let admission: Admission
    /// Bytes of tables that each entry is counted with.
    private let overhead: Int
    private let seconds: @Sendable () -> Int64
    private let shards = Shards()
    // Locks are taken in this order: that of the order, then that of a shard or the ghosts'.
    private let order: Lock<MemoryOrder>
    private let ghosts = Lock(GhostList())
    /// The bound in bytes, where it can be read without the order lock.
    private let currentByteLimit: Atomic<Int>
    private let observer = Lock<Observer<EntryHeader>?>(nil)

    /// - Parameters:
    ///   - byteLimit: Most bytes kept. A value that is larger is not kept.
    ///   - entryLimit: Most entries kept.
    ///   - quotas: Most bytes kept of partitions, by name. Quotas may add up to more than `byteLimit`.
    ///   - admitting: What is kept. By default what costs 5 µs to get elsewhere: that is some five look-ups.
    public convenience init(
        byteLimit: Int = 512 << 20, entryLimit: Int = 1 << 20, quotas: [String: Int] = [:],
        admitting: Admission = .worth(atLeast: 5_000)
    ) {
        self.init(byteLimit: byteLimit, entryLimit: entryLimit, quotas: quotas, admitting: admitting, seconds: systemSeconds)
    }

    /// - Parameters:
    ///   - overhead: Bytes each entry is counted with beside its value. By default what header, tables and queue take (380
    ///     measured) and what remembers it afterwards.
    ///   - seconds: The time since 1970, for entries that expire.
    package init(
        byteLimit: Int = 512 << 20, entryLimit: Int = 1 << 20, quotas: [String: Int] = [:],
        admitting: Admission = .worth(atLeast: 5_000), overhead: Int = 512, seconds: @escaping @Sendable () -> Int64
    ) {
        self.entryLimit = max(0, entryLimit)
        self.overhead = overhead
        self.seconds = seconds
        admission = admitting
        order = Lock(MemoryOrder(byteLimit: max(0, byteLimit), quotas: quotas))
        currentByteLimit = Atomic(max(0, byteLimit))
    }

    /// `memory`
    public var name: String { "memory" }

    /// False: it keeps values as they are.
    public var storesBytesOnly: Bool { false }

    /// Bytes of all values together, with what the tables need for them, never exceed this.
    public var byteLimit: Int { currentByteLimit.load(ordering: .relaxed) }

    /// Bytes kept now.
    public var byteCount: Int { order.withLock { $0.bytes } }

    /// Entries kept now.
    public var count: Int { order.withLock { $0.entries } }

    /// What is kept and was let go, at one instant.
    public var contents: StoreContents {
        var contents = order.withLock { $0.contents }
        contents.ghostHits = ghosts.withLock { $0.hits }
        return contents
    }

    /// The entry under a digest, or why there is none. O(1).
    public func get(_ digest: Digest) -> Lookup {
        guard let (slot, expires) = shards.withTable(of: digest, { $0.find(digest) }) else {
            return .miss(ghosts.withLock { $0.reason(digest) })
        }
        if expires != .max, expires <= seconds() {
            expire(slot)
            return .miss(.expired)
        }
        slot.frequency.wrappingAdd(1, ordering: .relaxed)
        return .hit(Entry(slot))
    }

    /// A table's look-up, whatever the size.
    public func hitCost(ofBytes count: Int) -> UInt64 { 1_000 }

    /// The header under a digest, not counted as a hit.
    public func peek(_ digest: Digest) -> EntryHeader? { shards.withTable(of: digest) { $0.find(digest) }?.slot.header }

    /// Keeps an entry, if it is worth it and fits, in place of the one with the same digest. O(1) amortised, times the
    /// number of partitions with a quota.
    ///
    /// - Parameter lossCost: Counts as 10 minutes at most: a longer time is one spent asleep.
    /// - Returns: `tooLarge` for what exceeds the store's bound, `noRoom` for what exceeds its partition's quota.
    @discardableResult
    public func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        let header = entry.header
        if case .worth(let least) = admission, lossCost < least { return .notWorthIt }
        // A header from elsewhere may claim anything.
        let slot = Slot.make(header, entry.payload, bytes: min(max(0, header.byteCount), .max / 2) + overhead)
        // What a loss costs is never less than a hit here; above all not nothing, which would say "unknown".
        let density = Double(min(max(lossCost, hitCost(ofBytes: slot.bytes)), 600_000_000_000)) / Double(max(1, slot.bytes))
        // What goes is handed out, so that its value is let go outside the locks.
        let (outcome, evicted, replaced) = order.withLock { order -> (PutOutcome, [Slot], Slot?) in
            let scope = order.scope(of: header.partition)
            guard slot.bytes <= order.byteLimit, entryLimit > 0 else { return (.tooLarge, [], nil) }
            guard order.quotas(over: scope).allSatisfy({ slot.bytes <= $0 }) else { return (.noRoom, [], nil) }
            let earlier = shards.withTable(of: header.digest) { $0.remove(header.digest) }
            if let earlier {
                order.remove(earlier)
                slot.frequency.store(earlier.frequency.load(ordering: .relaxed), ordering: .relaxed)
            } else if let ghost = ghosts.withLock({ $0.take(header.digest) }) {
                slot.frequency.store(ghost.frequency + 1, ordering: .relaxed)
            }
            let evicted = makeRoom(for: slot.bytes, entryLimit: entryLimit, in: scope, of: &order)
            order.add(slot, density: density, to: scope)
            shards.withTable(of: header.digest) { $0.insert(slot) }
            return (.kept, evicted, earlier)
        }
        withExtendedLifetime(replaced) { tell(of: evicted) }
        return outcome
    }

    /// Forgets an entry.
    public func evict(_ digest: Digest) {
        _ = order.withLock { order in
            let slot = shards.withTable(of: digest) { $0.remove(digest) }
            if let slot { order.remove(slot) }
            return slot
        }
    }

    /// Changes the bound in bytes, and lets go at once of what exceeds it. For memory pressure.
    public func resize(byteLimit: Int) {
        let evicted = order.withLock { order in
            order.byteLimit = max(0, byteLimit)
            currentByteLimit.store(order.byteLimit, ordering: .relaxed)
            return makeRoom(for: 0, entryLimit: .max, in: 0, of: &order)
        }
        tell(of: evicted)
    }

    /// Tells of every entry that has to make room.
    public func observeEvictions(_ observer: @escaping @Sendable (EntryHeader) -> Void) {
        self.observer.withLock { $0 = Observer(tell: observer) }
    }

    /// Lets go until so many bytes fit into a scope and there are less entries than the limit.
    private func makeRoom(for bytes: Int, entryLimit: Int, in scope: Int, of order: inout MemoryOrder) -> [Slot] {
        var evicted: [Slot] = []
        while let victim = order.evict(toFit: bytes, entryLimit: entryLimit, in: scope) {
            forget(victim, .evicted, keeping: order.entries)
            evicted.append(victim)
        }
        return evicted
    }

    /// Takes out an entry whose time is over, unless another has taken its place.
    private func expire(_ slot: Slot) {
        let digest = slot.header.digest
        order.withLock { order in
            guard shards.withTable(of: digest, { $0.find(digest)?.slot === slot }) else { return }
            order.remove(slot)
            forget(slot, .expired, keeping: order.entries)
        }
    }

    /// Takes an entry out of the table and remembers that it was there.
    private func forget(_ slot: Slot, _ reason: MissReason, keeping entries: Int) {
        let digest = slot.header.digest
        _ = shards.withTable(of: digest) { $0.remove(digest) }
        let frequency = slot.frequency.load(ordering: .relaxed), bytes = reason == .evicted ? slot.bytes : 0
        ghosts.withLock {
            $0.note(digest, reason, frequency: frequency, bytes: bytes, byteLimit: byteLimit, entryLimit: max(64, entries))
        }
    }

    private func tell(of evicted: [Slot]) {
        if evicted.isEmpty { return }
        guard let observer = observer.withLock({ $0 }) else { return }
        for slot in evicted { observer.tell(slot.header) }
    }
}
