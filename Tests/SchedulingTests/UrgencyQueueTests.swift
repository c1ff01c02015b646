import Testing

@testable import AtelierScheduling

@Suite("Urgency queue")
struct UrgencyQueueTests {
    @Test("Elements leave by deadline, equals in the order they came, whatever was inserted, moved and removed", arguments: 0..<20)
    func order(seed: Int) {
        var random = Steps(state: UInt64(seed))
        var queue = UrgencyQueue(), model: [UInt64: Urgency] = [:]
        for step in 0..<500 {
            let element = UInt64.random(in: 0..<60, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0..<2:
                let urgency = Urgency(deadline: UInt64.random(in: 0..<20, using: &random), sequence: UInt64(step))
                queue.insert(element, at: urgency)
                model[element] = urgency
            case 2: #expect(queue.remove(element) == (model.removeValue(forKey: element) != nil))
            default:
                let first = model.min { $0.value < $1.value }?.key
                #expect(queue.first == first)
                if let first {
                    queue.remove(first)
                    model[first] = nil
                }
            }
        }
        #expect(queue.count == model.count)
    }

    @Test("Patience runs out: what waited long goes before what is more impatient and came late")
    func ageing() {
        var queue = UrgencyQueue()
        let (background, early, late) = (UInt64(0), UInt64(1), UInt64(2))
        queue.insert(background, at: Urgency(deadline: 0 + 20, sequence: 0))
        queue.insert(early, at: Urgency(deadline: 17 + 2, sequence: 1))
        #expect(queue.first == early)
        queue.remove(early)
        queue.insert(late, at: Urgency(deadline: 19 + 2, sequence: 2))
        #expect(queue.first == background)
    }
}

/// Numbers that a seed repeats (a linear congruential generator; Knuth, TAOCP 2, 3.3.4).
private struct Steps: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 32)
    }
}
