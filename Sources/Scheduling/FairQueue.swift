/// What waits, by class and client, and which goes next.
///
/// Two orders in one. Between classes the **earliest virtual deadline** decides: the moment somebody came to stand at the front of
/// their client's line, plus the patience of the class. Inside a class clients have **equal shares of the predicted cost**, by
/// start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996): a client's first is tagged with the larger of the class's virtual time
/// and the client's last tag plus the cost it stood for, and the smallest tag goes first. One client's are strictly first in, first
/// out, and so are those of clients who ask for one thing each.
///
/// Start-time fair queueing alone lets ever new clients overtake for ever. So once the one who has been at the front longest is
/// overdue, who comes new to the class is tagged behind it. Nothing starves: what stands at the front waits at most for the difference of
/// two patiences, and then for shares of those who are there already.
///
/// A value without a clock. Adding, taking and removing are O(log *n*), amortised.
package struct FairQueue: Sendable {
    package typealias Item = UInt64

    /// Who waits, and for how much.
    package struct Waiting: Sendable {
        package var client: String
        /// Place among the patiences; the first is the most urgent.
        package var place: Int
        /// Predicted work in nanoseconds.
        package var cost: UInt64
        /// Nanoseconds on the clock of whoever uses the queue.
        package var arrival: UInt64
    }

    private struct FlowKey: Hashable {
        var place: Int, client: String
    }

    /// What one client has waiting in one class.
    private struct Flow {
        var key: FlowKey
        /// In order of coming; some may have left.
        var line: [Item] = []
        var head = 0
        var count = 0
        var cost: UInt64 = 0
        /// Of the front.
        var tag: UInt64 = 0
        /// When the one before the front was taken.
        var taken: UInt64 = 0

        mutating func add(_ item: Item, cost: UInt64) {
            line.append(item)
            count += 1
            self.cost += cost
        }

        /// What is left of the line without those who have gone, wherever they stood; each is passed once.
        mutating func dropGone(_ isThere: (Item) -> Bool) {
            while head < line.count, !isThere(line[head]) { head += 1 }
            while line.count > head, !isThere(line[line.count - 1]) { line.removeLast() }
            guard line.count > 2 * count + 16 else { return }
            line = line[head...].filter(isThere)
            head = 0
        }
    }

    private struct Group {
        var patience: UInt64
        /// Tag of the last that was taken.
        var virtualTime: UInt64 = 0
        /// Flows by tag of their front, and by how long it has been the front.
        var byTag = UrgencyQueue(), byAge = UrgencyQueue()
        /// Tags that clients who have nothing waiting now would begin with.
        var owed: [String: UInt64] = [:]
        var count = 0
        var cost: UInt64 = 0
    }

    private var groups: [Group]
    private var flows: [UInt64: Flow] = [:]
    private var flowNumbers: [FlowKey: UInt64] = [:]
    private var entries: [Item: (entry: Waiting, sequence: UInt64)] = [:]
    private var nextFlow: UInt64 = 0, nextSequence: UInt64 = 0
    /// The flow with the most waiting first; among equals the less urgent class.
    private var bySize = UrgencyQueue()
    /// Beyond this many, clients who owe little are forgotten.
    private static let mostOwing = 4096

    /// - Parameter patiences: Of each class in nanoseconds, the most urgent first.
    package init(patiences: [UInt64]) {
        precondition(!patiences.isEmpty, "a queue has at least one class")
        groups = patiences.map { Group(patience: $0) }
    }

    package var count: Int { entries.count }

    /// How many of a class wait.
    package func count(in place: Int) -> Int { groups[place].count }

    package func entry(_ item: Item) -> Waiting? { entries[item]?.entry }

    package mutating func add(_ item: Item, _ entry: Waiting, now: UInt64) {
        precondition(entries.updateValue((entry, nextSequence), forKey: item) == nil, "it waits already")
        nextSequence += 1
        let key = FlowKey(place: entry.place, client: entry.client)
        let number: UInt64
        if let known = flowNumbers[key] {
            number = known
        } else {
            number = nextFlow
            nextFlow += 1
            flowNumbers[key] = number
            flows[number] = Flow(key: key)
        }
        groups[entry.place].count += 1
        groups[entry.place].cost += entry.cost
        flows[number]!.add(item, cost: entry.cost)
        if flows[number]!.count == 1 {
            flows[number]!.tag = firstTag(of: entry.client, in: entry.place, now: now)
            stand(number)
        }
        weigh(number)
    }

    /// Who goes next: of the class whose longest at the front is due first, the one with the smallest tag.
    package var first: Item? {
        let due = groups.indices.lazy.compactMap { place in groups[place].byAge.firstUrgency.map { (place, $0) } }
        let place = due.min { a, b in
            let (x, y) = (a.1.deadline + groups[a.0].patience, b.1.deadline + groups[b.0].patience)
            return (x, a.0) < (y, b.0)
        }?.0
        return place.flatMap { groups[$0].byTag.first }.flatMap { front(of: $0) }
    }

    /// How long an item has been at the front of its client's line: what others made it wait.
    package func delay(of item: Item, now: UInt64) -> UInt64 {
        guard let entry = entry(item), let flow = flow(of: entry) else { return 0 }
        let since = max(entry.arrival, flow.taken)
        return now > since ? now - since : 0
    }

    /// Takes out one who begins (`taken`: its client has had its cost), or leaves.
    @discardableResult
    package mutating func remove(_ item: Item, taken: Bool = false, now: UInt64) -> Waiting? {
        guard let entry = entry(item) else { return nil }
        let key = FlowKey(place: entry.place, client: entry.client), number = flowNumbers[key]!
        let isFront = front(of: number) == item
        entries[item] = nil
        groups[entry.place].count -= 1
        groups[entry.place].cost -= entry.cost
        flows[number]!.count -= 1
        flows[number]!.cost -= entry.cost
        if taken {
            groups[entry.place].virtualTime = max(groups[entry.place].virtualTime, flows[number]!.tag)
            flows[number]!.tag += entry.cost
            flows[number]!.taken = now
        }
        if flows[number]!.count == 0 {
            leave(number)
        } else {
            flows[number]!.dropGone { entries[$0] != nil }
            if isFront { stand(number) }
            weigh(number)
        }
        return entry
    }

    /// The newest of the client that has the most waiting; among equals, of the less urgent class.
    package var heaviest: (item: Item, count: Int)? {
        // What has gone from the end of a line is dropped at once.
        bySize.first.flatMap { flows[$0] }.flatMap { flow in flow.line.last.map { ($0, flow.count) } }
    }

    /// How many wait with an item's client in its class.
    package func count(with item: Item) -> Int { entry(item).flatMap(flow(of:))?.count ?? 0 }

    /// Predicted cost of what goes before something that comes now: everything of classes that are not more patient, as far as the
    /// client's share lets the rest of its own class go first.
    ///
    /// - Complexity: O(clients with something waiting in the class).
    package func costAhead(of client: String, in place: Int, now: UInt64) -> UInt64 {
        var cost: UInt64 = 0
        for (other, group) in groups.enumerated() where other != place && group.patience <= groups[place].patience { cost += group.cost }
        let own = flowNumbers[FlowKey(place: place, client: client)].flatMap { flows[$0] }
        let tag = own.map { $0.tag + $0.cost } ?? firstTag(of: client, in: place, now: now)
        groups[place].byTag.forEach { number in
            let flow = flows[number]!
            if flow.key.client == client {
                cost += flow.cost
            } else if flow.tag <= tag, let front = front(of: number) {
                cost += min(flow.cost, tag - flow.tag + entries[front]!.entry.cost)
            }
        }
        return cost
    }

    /// Nothing waits and nothing runs: from now on nobody is held up by what they had.
    package mutating func settle() {
        for place in groups.indices {
            groups[place].virtualTime = groups[place].owed.values.reduce(groups[place].virtualTime, max)
            groups[place].owed.removeAll()
        }
    }

    // MARK: Flows

    private func flow(of entry: Waiting) -> Flow? {
        flowNumbers[FlowKey(place: entry.place, client: entry.client)].flatMap { flows[$0] }
    }

    private func front(of number: UInt64) -> Item? { flows[number].flatMap { $0.line[$0.head...].first } }

    /// The tag of a client who had nothing waiting.
    private func firstTag(of client: String, in place: Int, now: UInt64) -> UInt64 {
        let group = groups[place]
        var tag = max(group.virtualTime, group.owed[client] ?? 0)
        if let oldest = group.byAge.first, let since = group.byAge.firstUrgency?.deadline, now > since + group.patience {
            tag = max(tag, flows[oldest]!.tag)
        }
        return tag
    }

    /// Puts a flow among the others by its front.
    private mutating func stand(_ number: UInt64) {
        let flow = flows[number]!
        guard let item = front(of: number), let (entry, sequence) = entries[item] else { return }
        groups[flow.key.place].byTag.insert(number, at: Urgency(deadline: flow.tag, sequence: sequence))
        groups[flow.key.place].byAge.insert(number, at: Urgency(deadline: max(entry.arrival, flow.taken), sequence: sequence))
    }

    private mutating func weigh(_ number: UInt64) {
        let flow = flows[number]!
        // Numbers rise, so among equals of a class it is the older flow.
        let urgency = UInt64(groups.count - flow.key.place) << 48 | number
        bySize.insert(number, at: Urgency(deadline: UInt64.max - UInt64(flow.count), sequence: urgency))
    }

    private mutating func leave(_ number: UInt64) {
        let flow = flows.removeValue(forKey: number)!, place = flow.key.place
        flowNumbers[flow.key] = nil
        groups[place].byTag.remove(number)
        groups[place].byAge.remove(number)
        bySize.remove(number)
        if flow.tag > groups[place].virtualTime {
            groups[place].owed[flow.key.client] = flow.tag
            if groups[place].owed.count > Self.mostOwing { forget(place) }
        }
    }

    /// Of clients who owe something, keeps those who still do, and at most half as many as are allowed.
    private mutating func forget(_ place: Int) {
        let now = groups[place].virtualTime
        let owing = groups[place].owed.filter { $0.value > now }.sorted { ($0.value, $0.key) > ($1.value, $1.key) }
        groups[place].owed = Dictionary(uniqueKeysWithValues: owing.prefix(Self.mostOwing / 2).map { ($0.key, $0.value) })
    }
}
