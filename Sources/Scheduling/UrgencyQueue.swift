/// When a piece of work should begin, and who goes first among equals.
///
/// The deadline is virtual: moment of asking plus patience of the asker. Ageing follows from it: a request with 20 s
/// of patience that has waited 19 s goes before one with 2 s that comes now. So nothing starves: the wait is at most
/// the difference of two patiences plus the work ahead at that moment.
package struct Urgency: Comparable, Sendable {
    /// Nanoseconds on the monotonic clock.
    package var deadline: UInt64
    /// Breaks ties: first come, first served.
    package var sequence: UInt64

    package init(deadline: UInt64, sequence: UInt64) {
        self.deadline = deadline
        self.sequence = sequence
    }

    package static func < (a: Urgency, b: Urgency) -> Bool {
        a.deadline != b.deadline ? a.deadline < b.deadline : a.sequence < b.sequence
    }
}

/// Numbers by urgency, most urgent first; the urgency of a queued number can change and it can leave.
///
/// A binary heap with the position of every element beside it: all operations O(log *n*), looking at the first O(1).
package struct UrgencyQueue: Sendable {
    package typealias Element = UInt64

    private var heap: [(urgency: Urgency, element: Element)] = []
    private var positions: [Element: Int] = [:]

    package init() {}

    package var count: Int { heap.count }
    package var first: Element? { heap.first?.element }
    /// When the first should begin.
    package var firstUrgency: Urgency? { heap.first?.urgency }

    /// Calls a function with every element, in no order that means anything.
    package func forEach(_ body: (Element) -> Void) { for entry in heap { body(entry.element) } }

    /// Adds an element, or changes the urgency of one that is queued already.
    package mutating func insert(_ element: Element, at urgency: Urgency) {
        if let position = positions[element] {
            heap[position].urgency = urgency
            settle(position)
        } else {
            heap.append((urgency, element))
            positions[element] = heap.count - 1
            settle(heap.count - 1)
        }
    }

    /// Takes an element out, wherever it stands. Returns whether it was queued.
    @discardableResult
    package mutating func remove(_ element: Element) -> Bool {
        guard let position = positions.removeValue(forKey: element) else { return false }
        let last = heap.removeLast()
        if position < heap.count {
            heap[position] = last
            positions[last.element] = position
            settle(position)
        }
        return true
    }

    private mutating func settle(_ start: Int) {
        var position = start
        while position > 0, heap[position].urgency < heap[(position - 1) / 2].urgency {
            exchange(position, (position - 1) / 2)
            position = (position - 1) / 2
        }
        while true {
            var least = position
            for child in [2 * position + 1, 2 * position + 2]
            where child < heap.count && heap[child].urgency < heap[least].urgency { least = child }
            guard least != position else { return }
            exchange(position, least)
            position = least
        }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        positions[heap[a].element] = a
        positions[heap[b].element] = b
    }
}
