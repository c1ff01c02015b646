import AtelierTesting
import Testing

@testable import AtelierMemo

@Suite("Density queue")
struct DensityQueueTests {
    /// A queue of numbers with the uses that a test counts.
    private struct Uses {
        var queue = DensityQueue<Int>()
        var frequency: [Int: UInt64] = [:]
        var places: [Int: Int] = [:]

        mutating func insert(_ element: Int, density: Double, frequency: UInt64 = 2) {
            self.frequency[element] = frequency
            places[element] = queue.insert(element, density: density, frequency: frequency)
        }

        mutating func candidate() -> (place: Int, element: Int, left: Double)? { queue.candidate { frequency[$0]! } }

        /// Makes room by one element.
        mutating func next() -> Int? {
            guard let (place, element, left) = candidate() else { return nil }
            queue.age(by: left)
            #expect(queue.remove(place) == element && places[element] == place)
            return element
        }

        mutating func drain() -> [Int] {
            var order: [Int] = []
            while let element = next() { order.append(element) }
            return order
        }
    }

    @Test("The least dense goes first, and among equals the oldest")
    func order() {
        var uses = Uses()
        for (element, density) in [(1, 8.0), (2, 0.5), (3, 100), (4, 0.5), (5, 8), (6, 1e-9), (7, 1e15)] {
            uses.insert(element, density: density)
        }
        #expect(uses.drain() == [6, 2, 4, 1, 5, 3, 7])
        #expect(uses.queue.count == 0)
        #expect(uses.candidate() == nil)
    }

    @Test("What was used since it came moves to the queue of its new value when its turn comes")
    func promotion() {
        var uses = Uses()
        for element in 0..<4 { uses.insert(element, density: 1) }
        uses.frequency[0] = 200
        uses.frequency[2] = 20
        #expect(uses.drain() == [1, 3, 2, 0])
    }

    @Test("What is not used any more is overtaken by what comes later, however dear it was")
    func ageing() {
        var uses = Uses()
        uses.insert(0, density: 64)
        for element in 1...1_000 {
            uses.insert(element, density: 8)
            if uses.next() == 0 {
                #expect((6...20).contains(element), "about 2 · 64 / (2 · 8) generations")
                return
            }
        }
        Issue.record("it never made room")
    }

    @Test("When newcomers are seldom wanted again, a new one goes before an older one that was")
    func newcomers() {
        var uses = Uses()
        uses.insert(0, density: 1, frequency: 1)
        uses.insert(1, density: 1.5, frequency: 1)
        for _ in 0..<60 { uses.queue.newcomerWent() }
        uses.insert(2, density: 4, frequency: 1)
        #expect(uses.drain() == [2, 0, 1], "4 · √(1 / 61) is less than 1")
        for element in 100..<1_100 {
            uses.insert(element, density: 1, frequency: 1)
            uses.frequency[element] = 2
            #expect(uses.next() == element)
        }
        uses.insert(3, density: 1, frequency: 2)
        uses.insert(4, density: 4, frequency: 1)
        #expect(uses.drain() == [3, 4], "all were wanted again: a newcomer counts as one use")
    }

    @Test("Uses that come in without end hold nothing up")
    func endlessUses() {
        var uses = Uses(), count: UInt64 = 2
        for element in 0..<10 { uses.insert(element, density: 1) }
        let candidate = uses.queue.candidate { _ in
            count += 1
            return count
        }
        #expect(candidate != nil)
    }

    @Test("It agrees with a plain search for the least priority", arguments: 0..<20)
    func againstPlainSearch(seed: UInt64) {
        struct Plain {
            var element: Int, density: Double, priority: Double, rounded: Double, seen: UInt64, turn: Int
            var order: (Double, Double, Int) { (priority, rounded, turn) }
        }
        // Down to 2ᵏ or 1.5 · 2ᵏ.
        func rounded(_ value: Double) -> Double {
            var power = 0x1p-24
            while power * 2 <= value { power *= 2 }
            return value >= power * 1.5 ? power * 1.5 : power
        }
        var random = SplitMix(seed: seed)
        var uses = Uses(), plain: [Plain] = [], age = 0.0, turn = 0
        func evicted() -> Int? {
            while let index = plain.indices.min(by: { plain[$0].order < plain[$1].order }) {
                let now = uses.frequency[plain[index].element]!
                if now == plain[index].seen {
                    age = max(age, plain[index].priority)
                    return plain.remove(at: index).element
                }
                turn += 1
                (plain[index].seen, plain[index].turn) = (now, turn)
                plain[index].rounded = rounded(plain[index].density * Double(now))
                plain[index].priority = age + plain[index].rounded
            }
            return nil
        }
        for element in 0..<400 {
            let density = Double(Int.random(in: 1...1_000, using: &random)), value = rounded(density * 2)
            uses.insert(element, density: density)
            turn += 1
            plain.append(Plain(element: element, density: density, priority: age + value, rounded: value, seen: 2, turn: turn))
            for _ in 0..<3 { uses.frequency[Int.random(in: 0...element, using: &random)]! += 1 }
            if element % 3 == 2 {
                let expected = evicted(), found = uses.next()
                #expect(found == expected, "seed \(seed), after \(element)")
                if found != expected { return }
            }
        }
    }
}
