/// Elements in the order in which they should make room: least value for their bytes first, and older before younger.
///
///     var queue = DensityQueue<String>()
///     let place = queue.insert("a", density: 3, frequency: 1)     // worth 3 ns for each byte and use
///     let victim = queue.candidate { hits[$0]! }                  // where it stands now, and what it has left
///     queue.age(by: victim!.left)
///     queue.remove(victim!.place)
///
/// The value density of an element is its frequency times what one use saves, for each byte. There is one first-in
/// first-out queue for each half power of two of it, and an element's priority is the queue's age when it was appended
/// plus its rounded density (GreedyDual ageing: Cao and Irani, "Cost-Aware WWW Proxy Caching Algorithms", USITS 1997;
/// rounding into queues: Ghandeharizadeh et al., "CAMP", Middleware 2014). A use only changes the frequency, which the
/// owner counts; here it is noticed when the element comes to the head of its queue, which it then leaves for the tail of
/// the queue where it belongs by now (lazy promotion, as in SIEVE: Zhang et al., NSDI 2024).
///
/// A newcomer, of frequency 1, is worth less than what was asked for twice: most are never asked for again. How much less
/// is learnt from what became of the last newcomers (`newcomerWorth`).
///
/// Decision 0009 compares this with other policies. All operations are O(1), `candidate` amortised over the uses it finds.
struct DensityQueue<Element: Sendable>: Sendable {
    /// Where an element stands, until it is removed.
    typealias Place = Int

    private struct Node: Sendable {
        var element: Element?
        /// Of one use.
        var density: Double
        /// Age when it was appended, plus rounded density at that time.
        var priority: Double
        /// As it was counted when it was appended.
        var frequency: UInt64
        var rank: Int32
        /// Neighbours in the queue; -1 at its ends.
        var previous: Int32, next: Int32
    }

    private static var ranks: Int { 128 }

    private var nodes: [Node] = []
    private var free: [Int32] = []
    private var heads = [Int32](repeating: -1, count: ranks), tails = [Int32](repeating: -1, count: ranks)
    /// Of the heads; infinite where a queue is empty. Apart, so that finding the least reads one kilobyte and nothing else.
    private var priorities = [Double](repeating: .infinity, count: ranks)
    /// Grows with every element that makes room, by what it had left.
    private var ageNow = 0.0
    /// Newcomers whose turn has come, and those of them that had been asked for again. Old ones fade.
    private var newcomers = 0.0, wanted = 0.0

    /// Elements in the queue.
    private(set) var count = 0

    /// Puts an element at the tail of the queue of its value.
    ///
    /// - Parameters:
    ///   - density: What one use saves for each byte, in nanoseconds; above 0.
    ///   - frequency: How often it was asked for, from 1. An element that had been here before brings what it had.
    mutating func insert(_ element: Element, density: Double, frequency: UInt64) -> Place {
        let node = Node(element: element, density: density, priority: 0, frequency: frequency, rank: 0, previous: -1, next: -1)
        let place: Place
        if let last = free.popLast() {
            place = Int(last)
            nodes[place] = node
        } else {
            place = nodes.count
            nodes.append(node)
        }
        append(place)
        count += 1
        return place
    }

    /// Takes an element out.
    @discardableResult
    mutating func remove(_ place: Place) -> Element {
        unlink(place)
        free.append(Int32(place))
        count -= 1
        return nodes[place].element.take()!
    }

    /// The element that should make room next, and what it has left: its priority over the age of the queue.
    ///
    /// - Parameter frequency: How often an element was asked for by now.
    mutating func candidate(_ frequency: (Element) -> UInt64) -> (place: Place, element: Element, left: Double)? {
        // Uses that come in meanwhile could give every element another round for ever.
        var rounds = count
        while count > 0 {
            var rank = 0
            for other in 1..<Self.ranks where priorities[other] < priorities[rank] { rank = other }
            let place = Int(heads[rank])
            let element = nodes[place].element!
            let now = frequency(element)
            if now == nodes[place].frequency || rounds == 0 { return (place, element, max(0, priorities[rank] - ageNow)) }
            rounds -= 1
            if nodes[place].frequency == 1 { settleNewcomer(isWanted: true) }
            unlink(place)
            nodes[place].frequency = now
            append(place)
        }
        return nil
    }

    /// Makes everything in the queue older: what it has left is less by an amount.
    mutating func age(by amount: Double) { ageNow += amount }

    /// Learns that a newcomer made room without having been asked for again.
    mutating func newcomerWent() { settleNewcomer(isWanted: false) }

    private mutating func settleNewcomer(isWanted: Bool) {
        newcomers += 1
        if isWanted { wanted += 1 }
        // About as many count as there are elements.
        if newcomers > Double(max(64, count)) { (newcomers, wanted) = (newcomers / 2, wanted / 2) }
    }

    /// What a newcomer counts instead of one use: the square root of the share of newcomers that are wanted again, half way
    /// (in powers of two) between that share and 1. Measured in decision 0009; 1 for a queue that has learnt nothing.
    private var newcomerWorth: Double { ((wanted + 1) / (newcomers + 1)).squareRoot() }

    // MARK: Queues

    private mutating func append(_ place: Place) {
        let frequency = nodes[place].frequency
        let (rank, density) = Self.rounded(nodes[place].density * (frequency == 1 ? newcomerWorth : Double(frequency)))
        let tail = tails[rank]
        nodes[place].priority = ageNow + density
        (nodes[place].rank, nodes[place].previous, nodes[place].next) = (Int32(rank), tail, -1)
        if tail < 0 {
            heads[rank] = Int32(place)
            priorities[rank] = nodes[place].priority
        } else {
            nodes[Int(tail)].next = Int32(place)
        }
        tails[rank] = Int32(place)
    }

    private mutating func unlink(_ place: Place) {
        let (previous, next, rank) = (nodes[place].previous, nodes[place].next, Int(nodes[place].rank))
        if next < 0 { tails[rank] = previous } else { nodes[Int(next)].previous = previous }
        if previous < 0 {
            heads[rank] = next
            priorities[rank] = next < 0 ? .infinity : nodes[Int(next)].priority
        } else {
            nodes[Int(previous)].next = next
        }
    }

    /// The queue of a density, and the density all in it count with: exponent and first binary place of the number.
    /// From 2⁻²⁴ (1 µs for 16 GiB) to 2⁴⁰ (18 minutes for a byte); what lies beyond counts as the nearest.
    private static func rounded(_ density: Double) -> (rank: Int, density: Double) {
        let lowest = (1023 - 24) << 1
        let rank = min(max(Int(density.bitPattern >> 51) - lowest, 0), ranks - 1)
        return (rank, Double(bitPattern: UInt64(rank + lowest) << 51))
    }
}
