import AtelierTesting
import Testing

@testable import AtelierScheduling

@Suite("Rate limiter")
struct RateLimiterTests {
    private let second: UInt64 = 1_000_000_000

    @Test("A burst goes at once, then one for each interval, and the wait that is said is exact to the nanosecond")
    func exact() {
        var limiter = RateLimiter(perClient: .init(perSecond: 3, burst: 2))
        #expect(limiter.spend(1, by: "a", now: 0) == nil)
        #expect(limiter.spend(1, by: "a", now: 0) == nil)
        #expect(limiter.spend(1, by: "a", now: 0) == 333_333_333)
        #expect(limiter.spend(1, by: "a", now: 333_333_332) == 1)
        #expect(limiter.spend(1, by: "a", now: 333_333_333) == nil)
        #expect(limiter.spend(1, by: "b", now: 333_333_333) == nil)
    }

    @Test("More than a burst wants a whole burst, and is paid back before the next")
    func large() {
        var limiter = RateLimiter(perClient: .init(perSecond: 1, burst: 10))
        #expect(limiter.spend(1, by: "a", now: 0) == nil)
        #expect(limiter.spend(100, by: "a", now: 0) == second)
        #expect(limiter.spend(100, by: "a", now: second) == nil)
        #expect(limiter.spend(1, by: "a", now: second) == 91 * second)
    }

    @Test("What all spend together is bounded too, and a refused client has spent nothing")
    func total() {
        var limiter = RateLimiter(perClient: .init(perSecond: 1, burst: 5), total: .init(perSecond: 2, burst: 8))
        for _ in 0..<5 { #expect(limiter.spend(1, by: "a", now: 0) == nil) }
        for _ in 0..<3 { #expect(limiter.spend(1, by: "b", now: 0) == nil) }
        #expect(limiter.spend(1, by: "b", now: 0) == second / 2)
        #expect(limiter.spend(2, by: "b", now: second) == nil)
        #expect(limiter.spend(1, by: "a", now: second) == second / 2)
    }

    @Test("Who has their whole burst again is forgotten, and of too many the one that owes least")
    func table() {
        var limiter = RateLimiter(perClient: .init(perSecond: 1, burst: 2), mostClients: 3)
        for (index, client) in ["a", "b", "c"].enumerated() { #expect(limiter.spend(2, by: client, now: UInt64(index)) == nil) }
        #expect(limiter.clientCount == 3)
        #expect(limiter.spend(1, by: "d", now: 3) == nil && limiter.clientCount == 3)
        #expect(limiter.spend(2, by: "c", now: 4) != nil && limiter.spend(2, by: "a", now: 4) == nil)
        #expect(limiter.spend(1, by: "e", now: 5 * second) == nil && limiter.clientCount == 1)
    }

    @Test("In 4,000 random schedules nobody gets more than burst and rate allow, and who waits as told is let through")
    func explore() {
        for seed in 0..<4_000 {
            if let finding = Self.explore(seed: UInt64(seed)) {
                Issue.record("seed \(seed): \(finding)")
                break
            }
        }
    }

    private static func explore(seed: UInt64) -> String? {
        var random = SplitMix(seed: seed)
        let perClient = RateLimiter.Rate(perSecond: random.whole(1...20), burst: random.whole(1...10))
        let total = random.int(in: 0..<2) == 0 ? RateLimiter.Rate(perSecond: random.whole(1...40), burst: random.whole(5...20)) : nil
        var limiter = RateLimiter(perClient: perClient, total: total), now: UInt64 = 0
        // A bucket for each, full at first: what the limiter must never exceed.
        var buckets: [String: (level: Double, at: UInt64)] = [:], shared = (level: total?.burst ?? 0, at: UInt64(0))
        func filled(_ bucket: (level: Double, at: UInt64), _ rate: RateLimiter.Rate) -> Double {
            min(rate.burst, bucket.level + Double(now - bucket.at) * 1e-9 * rate.perSecond)
        }
        for _ in 0..<40 {
            now += UInt64(random.int(in: 0..<300_000_000))
            let client = "\(random.int(in: 0..<4))", amount = random.whole(0...12) / 2
            var wait = limiter.spend(amount, by: client, now: now)
            if let first = wait, random.int(in: 0..<2) == 0 {
                if first > 1, limiter.spend(amount, by: client, now: now + first - 1) != 1 {
                    return "a nanosecond too early is let through"
                }
                now += first
                wait = limiter.spend(amount, by: client, now: now)
                if wait != nil { return "who waited as told is to wait again" }
            }
            let level = filled(buckets[client] ?? (perClient.burst, now), perClient), common = total.map { filled(shared, $0) }
            let isAllowed = level >= min(amount, perClient.burst) && common ?? .infinity >= min(amount, total?.burst ?? 0)
            if wait == nil {
                if level < min(amount, perClient.burst) - 1e-6 { return "client \(client) spends \(amount) of \(level)" }
                if let common, let total, common < min(amount, total.burst) - 1e-6 { return "all spend \(amount) of \(common)" }
                buckets[client] = (level - amount, now)
                if let common { shared = (common - amount, now) }
            } else if isAllowed, level > min(amount, perClient.burst) + 1e-6, common ?? .infinity > min(amount, total?.burst ?? 0) + 1e-6 {
                return "client \(client) may not spend \(amount) of \(level)"
            }
        }
        return nil
    }
}
