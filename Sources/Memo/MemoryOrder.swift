import AtelierScheduling
import Synchronization

/// The sums and queues of the memory level: what it holds, against which bounds, and what should make room.
///
/// Scope 0 is the whole level, every other one a partition with a quota. An entry stands in the queue of the innermost
/// scope that covers it and counts against all that do. To make room in a scope is to let go of the entry with the least
/// left in any queue inside; all of them age by what it had left.
struct MemoryOrder: Sendable {
    private struct Scope: Sendable {
        var limit: Int
        var bytes = 0
        var entries = 0
        var queue = DensityQueue<Slot>()
        /// Scopes that cover it, itself first and the level last; and those it covers, with itself.
        var covering: [Int], covered: [Int]
    }

    private var scopes: [Scope]
    private let scopeOfPartition: [String: Int]
    /// Without quotas: what is kept of each partition, with those below it.
    private var partitions: [String: StoreContents.Partition] = [:]
    private var evictions = 0

    /// - Parameter quotas: Most bytes of partitions, by name.
    init(byteLimit: Int, quotas: [String: Int]) {
        let names = [""] + quotas.keys.filter { !$0.isEmpty }.sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        scopeOfPartition = numbers
        scopes = names.map { name in
            Scope(
                limit: name.isEmpty ? byteLimit : max(0, quotas[name]!),
                covering: enclosing(name).compactMap { numbers[$0] }.reversed(),
                covered: names.indices.filter { enclosing(names[$0]).contains(name) })
        }
    }

    /// Bound of the whole level.
    var byteLimit: Int {
        get { scopes[0].limit }
        set { scopes[0].limit = newValue }
    }

    /// What the whole level holds.
    var bytes: Int { scopes[0].bytes }
    var entries: Int { scopes[0].entries }

    /// Everything but the ghosts' hits.
    var contents: StoreContents {
        var named = partitions
        for (name, scope) in scopeOfPartition where scope > 0 { named[name, default: .init()].quota = scopes[scope].limit }
        return StoreContents(entries: entries, bytes: bytes, byteLimit: byteLimit, evictions: evictions, partitions: named)
    }

    /// The innermost scope that covers a partition.
    func scope(of partition: String) -> Int {
        if partition.isEmpty || scopes.count == 1 { return 0 }
        return enclosing(partition).reversed().lazy.compactMap { scopeOfPartition[$0] }.first!
    }

    /// Bounds of the partitions that cover a scope.
    func quotas(over scope: Int) -> [Int] { scopes[scope].covering.filter { $0 > 0 }.map { scopes[$0].limit } }

    /// Counts an entry; the bounds must have room for it.
    mutating func add(_ slot: Slot, density: Double, to scope: Int) {
        slot.scope = scope
        slot.place = scopes[scope].queue.insert(slot, density: density, frequency: slot.frequency.load(ordering: .relaxed))
        count(slot, 1)
    }

    /// Stops counting an entry.
    mutating func remove(_ slot: Slot) {
        scopes[slot.scope].queue.remove(slot.place)
        count(slot, -1)
    }

    /// Takes out one entry that has to go before another of so many bytes can come into a scope; nil when there is room.
    mutating func evict(toFit bytes: Int, entryLimit: Int, in scope: Int) -> Slot? {
        let full = scopes[scope].covering.first { scopes[$0].bytes > scopes[$0].limit - bytes }
        guard let full = full ?? (entries >= entryLimit ? 0 : nil) else { return nil }
        var victim: Slot?, least = Double.infinity
        for inside in scopes[full].covered {
            let candidate = scopes[inside].queue.candidate { $0.frequency.load(ordering: .relaxed) }
            if let candidate, candidate.left < least { (victim, least) = (candidate.element, candidate.left) }
        }
        guard let victim else { return nil }
        for inside in scopes[full].covered { scopes[inside].queue.age(by: least) }
        if victim.frequency.load(ordering: .relaxed) == 1 { scopes[victim.scope].queue.newcomerWent() }
        remove(victim)
        evictions += 1
        return victim
    }

    private mutating func count(_ slot: Slot, _ sign: Int) {
        for covering in scopes[slot.scope].covering {
            scopes[covering].bytes += sign * slot.bytes
            scopes[covering].entries += sign
        }
        for name in enclosing(slot.header.partition) where !name.isEmpty {
            partitions[name, default: .init()].bytes += sign * slot.bytes
            partitions[name]!.entries += sign
            if partitions[name]!.entries == 0 { partitions[name] = nil }
        }
    }
}

/// A partition and all above it, outermost first: nobody's (the empty name), `a`, `a/b`.
private func enclosing(_ partition: String) -> [String] {
    if partition.isEmpty { return [""] }
    return [""] + partition.indices.filter { partition[$0] == "/" }.map { String(partition[..<$0]) } + [partition]
}
