import AtelierTesting
import Testing

@testable import AtelierScheduling

@Suite("Adaptive limit")
struct AdaptiveLimitTests {
    @Test("It finds about as many as a server has workers, from below and from above", arguments: [4, 12, 40, 100])
    func finding(workers: Int) {
        var simulation = Simulation(workers: workers, seed: 1)
        let limits = simulation.run(requests: 30_000).suffix(10_000)
        let mean = Double(limits.reduce(0, +)) / Double(limits.count)
        // Enough to use the server, and a queue that is no longer than what it does.
        #expect(mean > 0.9 * Double(workers) && mean < 2.2 * Double(workers), "\(mean)")
    }

    @Test("Requests that cost a hundred times as much are no queue")
    func costs() {
        var simulation = Simulation(workers: 20, seed: 2)
        simulation.costs = [1, 1, 1, 100]
        let limits = simulation.run(requests: 25_000).suffix(10_000)
        #expect(Double(limits.reduce(0, +)) / 10_000 > 18)
    }

    @Test("A server that becomes three times slower is the same server, not a queue")
    func slower() {
        var simulation = Simulation(workers: 16, seed: 3)
        _ = simulation.run(requests: 20_000)
        simulation.slowness = 3
        let limits = simulation.run(requests: 25_000).suffix(10_000)
        #expect(Double(limits.reduce(0, +)) / 10_000 > 14)
    }

    @Test("Refusals take a tenth for each window, whatever number of them, and never the last")
    func refusals() {
        var limit = AdaptiveLimit(initial: 100, floor: 2)
        var passes = (0..<100).compactMap { _ in limit.begin() }
        #expect(limit.begin() == nil)
        for pass in passes { limit.end(pass, .refused) }
        #expect(limit.count == 90)
        for _ in 0..<200 {
            passes = [limit.begin()!]
            limit.end(passes[0], .refused)
        }
        #expect(limit.count == 2 && limit.underWay == 0)
    }

    @Test("What is cancelled teaches nothing")
    func others() {
        var limit = AdaptiveLimit(initial: 10)
        for _ in 0..<1_000 { limit.end(limit.begin()!, .other) }
        #expect(limit.count == 10)
    }

    @Test("A limit that is not used does not grow")
    func unused() {
        var limit = AdaptiveLimit(initial: 16)
        for _ in 0..<2_000 { limit.end(limit.begin()!, .done(1_000_000)) }
        #expect(limit.count <= 16)
    }
}

/// A server with workers and a queue, and clients who always want more.
private struct Simulation {
    var costs: [Double] = [1]
    var slowness = 1.0
    private var limit = AdaptiveLimit(initial: 16)
    private var random: SplitMix
    private var now: UInt64 = 0
    /// When each worker is free again.
    private var free: [UInt64]
    private var ends: [(end: UInt64, began: UInt64, cost: Double, pass: AdaptiveLimit.Pass)] = []

    init(workers: Int, seed: UInt64) {
        free = Array(repeating: 0, count: workers)
        random = SplitMix(seed: seed)
    }

    /// The limit at the end of each request.
    mutating func run(requests: Int) -> [Int] {
        var limits: [Int] = []
        while limits.count < requests {
            while let pass = limit.begin() {
                let worker = free.indices.min { free[$0] < free[$1] }!, cost = costs[random.int(in: 0..<costs.count)]
                // 10 ms, give or take a fifth.
                let took = UInt64(cost * slowness * random.whole(8_000_000...12_000_000))
                free[worker] = max(now, free[worker]) + took
                ends.append((free[worker], now, cost, pass))
            }
            let index = ends.indices.min { ends[$0].end < ends[$1].end }!, request = ends.remove(at: index)
            now = request.end
            limit.end(request.pass, .done(now - request.began), cost: request.cost)
            limits.append(limit.count)
        }
        return limits
    }
}
