import AtelierTelemetry
import AtelierTesting
import Testing

@testable import AtelierScheduling

@Suite("Job queue")
struct JobQueueTests {
    @Test("In 4,000 random schedules everybody is told once, limits hold, order and shares are kept, nobody starves")
    func explore() async {
        let findings = await exploreSchedules(4_000) { JobQueueExplorer.explore(seed: $0) }
        #expect(findings.isEmpty, "\(findings.prefix(2))")
    }

    private let classes = [
        JobQueue.Class(name: "interactive", patience: 200), .init(name: "normal", patience: 2_000),
        .init(name: "background", patience: 20_000),
    ]

    private func queue(slots: Int = 1, capacity: Int = 1_000, bytes: Int = 1_000, shedding: UInt64? = nil) -> JobQueue {
        JobQueue(.init(slots: slots, capacity: capacity, bytes: bytes, classes: classes, sheddingInterval: shedding))
    }

    @Test("A class with more patience goes first once it has waited the difference longer")
    func ageing() {
        var bench = Bench(queue())
        bench.add("a", 1, cost: 100)
        bench.add("b", 2, cost: 10)  // due at 20,000
        bench.now = 19_000
        bench.add("c", 0, cost: 10)  // due at 19,200
        bench.now = 19_900
        bench.add("d", 0, cost: 10)  // due at 20,100
        #expect(bench.endAll() == ["a", "c", "b", "d"])
    }

    @Test("A client with a hundred jobs and one with ten of a tenth each get the same work in the same time")
    func shares() {
        var bench = Bench(queue())
        for _ in 0..<100 { bench.add("large", 1, cost: 100) }
        for _ in 0..<100 { bench.add("small", 1, cost: 10) }
        let order = bench.endAll().prefix(56)
        #expect(order.count { $0 == "large" } == 6 && order.count { $0 == "small" } == 50)
    }

    @Test("Who asks one after the other, and much each time, does not get more than others who do the same with little")
    func sequential() {
        var bench = Bench(queue())
        for client in ["large", "small", "little"] { bench.add(client, 1, cost: client == "large" ? 100 : 10) }
        var served: [String: UInt64] = [:]
        for _ in 0..<220 {
            let client = bench.end()!, cost: UInt64 = client == "large" ? 100 : 10
            served[client, default: 0] += cost
            bench.add(client, 1, cost: cost)
        }
        #expect(served["large"]! <= served["small"]! + 200 && served["small"]! <= served["large"]! + 200)
    }

    @Test("Where nobody waits, what one had before is forgotten")
    func forgetting() {
        var bench = Bench(queue())
        for _ in 0..<5 {
            bench.add("a", 1, cost: 1_000)
            #expect(bench.end() == "a")
        }
        bench.add("x", 1, cost: 1)
        bench.add("a", 1, cost: 1)
        bench.add("b", 1, cost: 1)
        #expect(bench.endAll() == ["x", "a", "b"])
    }

    @Test("A full queue refuses the one who filled it and takes others, who cost it its newest")
    func full() {
        var bench = Bench(queue(capacity: 3))
        for _ in 0..<4 { bench.add("flood", 1, cost: 10) }
        #expect(bench.refusals.isEmpty)
        bench.add("flood", 1, cost: 10)
        bench.add("light", 1, cost: 10)
        #expect(bench.refusals == [4: .full(retryAfter: 1_000_000), 3: .shed(retryAfter: 1_000_000)])
        #expect(bench.endAll() == ["flood", "light", "flood", "flood"])
    }

    @Test("What cannot be done in time is refused at once, with when it could be; what turns out so, when its last moment has passed")
    func deadlines() {
        var bench = Bench(queue())
        bench.add("a", 1, cost: 100)
        bench.add("b", 1, cost: 100)
        bench.add("c", 1, cost: 50, deadline: 249)
        #expect(bench.refusals == [2: .late(retryAfter: 1)])
        bench.add("c", 1, cost: 50, deadline: 250)
        #expect(bench.queue.nextMoment == 201)
        bench.now = 200
        bench.change { $0.advance(now: $1, &$2) }
        #expect(bench.refusals[3] == nil)
        bench.now = 201
        bench.change { $0.advance(now: $1, &$2) }
        #expect(bench.refusals[3] == .late(retryAfter: 1))
        #expect(bench.queue.nextMoment == nil)
    }

    @Test("Predictions follow what work really takes")
    func pace() {
        var bench = Bench(queue())
        for _ in 0..<400 {
            bench.add("a", 1, cost: 100)
            bench.now += 300
            _ = bench.end()
        }
        bench.add("a", 1, cost: 100)
        bench.add("a", 1, cost: 100)
        #expect((590...600).contains(bench.queue.wait(for: "b", in: 2, now: bench.now)))
    }

    @Test("The first in line waits for its bytes, and nobody overtakes it; more than the budget runs alone")
    func bytes() {
        var bench = Bench(queue(slots: 3, bytes: 100))
        bench.add("a", 1, cost: 10, bytes: 60)
        bench.add("b", 1, cost: 10, bytes: 500)
        bench.add("c", 1, cost: 10, bytes: 10)
        #expect(bench.queue.counts.running == 1)
        #expect(bench.end() == "a" && bench.queue.counts.running == 1)
        #expect(bench.end() == "b" && bench.queue.counts.running == 1)
        #expect(bench.queue.budget.peak == 500 && bench.queue.budget.overdrafts == 1)
    }

    @Test("Cancelling what is first in line lets the next one in")
    func cancelling() {
        var bench = Bench(queue(slots: 2, bytes: 100))
        bench.add("a", 1, cost: 10, bytes: 60)
        bench.add("b", 1, cost: 10, bytes: 60)
        bench.add("c", 1, cost: 10, bytes: 10)
        bench.change { $0.cancel(1, now: $1, &$2) }
        #expect(bench.queue.counts == (0, 2))
        #expect(bench.endAll() == ["a", "c"])
    }

    @Test("Delays beyond patience cost the largest crowd its newest, faster and faster, and stop when delays do")
    func shedding() {
        var bench = Bench(queue(shedding: 1_000))
        for _ in 0..<50 { bench.add("flood", 1, cost: 700) }
        for client in 0..<8 { bench.add("light \(client)", 1, cost: 700) }
        var sheds: [UInt64] = []
        while bench.queue.counts.running > 0 {
            let before = bench.refusals.count
            bench.now += 700
            _ = bench.end()
            if bench.refusals.count > before { sheds.append(bench.now) }
        }
        // The lights wait for a while; the flood's next one waits for what the lights have, and no longer.
        #expect(sheds == [3_500, 4_900, 6_300] && bench.refusals.values.allSatisfy { if case .shed = $0 { true } else { false } })
        #expect(bench.begun.filter { $0.hasPrefix("light") }.count == 8)
    }

    @Test("A closed queue refuses who waits and who comes, and lets end what runs")
    func closing() {
        var bench = Bench(queue())
        bench.add("a", 1, cost: 10)
        bench.add("b", 1, cost: 10)
        bench.change { $0.close(now: $1, &$2) }
        bench.add("c", 1, cost: 10)
        #expect(bench.refusals == [1: .closed, 2: .closed])
        #expect(bench.endAll() == ["a"])
    }

    @Test("Times of waiting and of working are counted apart")
    func statistics() {
        var bench = Bench(queue())
        bench.add("a", 0, cost: 10)
        bench.add("b", 0, cost: 10)
        bench.now = 1_600
        _ = bench.end()
        bench.now = 1_603
        _ = bench.end()
        let statistics = bench.queue.statistics.classes[0]
        #expect(statistics.wait.longest == 1_600 && statistics.wait.count == 2)
        #expect(statistics.work.longest == 1_600 && statistics.work.total == 1_603)
    }
}

/// A queue and what came of its actions.
private struct Bench {
    var queue: JobQueue
    var now: UInt64 = 0
    var refusals: [UInt64: JobQueue.Refusal] = [:]
    var begun: [String] = []
    private var clients: [UInt64: String] = [:]
    private var running: [UInt64] = []
    private var next: UInt64 = 0

    init(_ queue: JobQueue) { self.queue = queue }

    mutating func add(_ client: String, _ place: Int, cost: UInt64, bytes: Int = 0, deadline: UInt64? = nil) {
        let id = next
        next += 1
        clients[id] = client
        change { $0.add(id, .init(client: client, place: place, cost: cost, bytes: bytes, deadline: deadline), now: $1, &$2) }
    }

    mutating func change(_ body: (inout JobQueue, UInt64, inout [JobQueue.Action]) -> Void) {
        var actions: [JobQueue.Action] = []
        body(&queue, now, &actions)
        for action in actions {
            switch action {
            case .begin(let id):
                running.append(id)
                begun.append(clients[id]!)
            case .refuse(let id, let refusal): refusals[id] = refusal
            }
        }
    }

    /// Ends the one that has run longest.
    mutating func end() -> String? {
        guard !running.isEmpty else { return nil }
        let id = running.removeFirst()
        change { $0.end(id, now: $1, &$2) }
        return clients[id]
    }

    mutating func endAll() -> [String] {
        var order: [String] = []
        while let client = end() { order.append(client) }
        return order
    }
}
