import Testing

@testable import AtelierRedis

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private let second: UInt64 = 1_000_000_000

    @Test("Two failed calls in a row open it, one that could not connect does at once, successes in between keep it closed")
    func opening() {
        var breaker = CircuitBreaker(seed: 1)
        let answer1 = breaker.failed(at: 0, couldConnect: true)
        #expect(!answer1)
        breaker.succeeded()
        let answer2 = breaker.failed(at: 1, couldConnect: true)
        #expect(!answer2)
        let answer3 = breaker.admission(at: 1)
        #expect(answer3 == .call)
        let answer4 = breaker.failed(at: 2, couldConnect: true)
        #expect(answer4)
        let answer5 = breaker.failed(at: 3, couldConnect: true)
        #expect(!answer5, "it opens once")
        let answer6 = breaker.admission(at: 3)
        #expect(answer6 == .rest)

        var other = CircuitBreaker(seed: 1)
        let answer7 = other.failed(at: 0, couldConnect: false)
        #expect(answer7)
    }

    @Test("Probes come one at a time, ever later, up to half a minute, and never all at one moment")
    func backingOff() {
        var waits: [[UInt64]] = []
        for seed in 0..<20 as Range<UInt64> {
            var breaker = CircuitBreaker(seed: seed), now: UInt64 = 0, line: [UInt64] = []
            _ = breaker.failed(at: now, couldConnect: false)
            for _ in 0..<10 {
                guard case .open(let until) = breaker.state else {
                    Issue.record("not open")
                    return
                }
                line.append(until - now)
                let answer8 = breaker.admission(at: until - 1)
                #expect(answer8 == .rest)
                now = until
                let answer9 = breaker.admission(at: now)
                #expect(answer9 == .probe)
                let answer10 = breaker.admission(at: now)
                #expect(answer10 == .rest, "one probe at a time")
                breaker.probeFailed(at: now)
            }
            waits.append(line)
        }
        for line in waits {
            #expect((400_000_000...600_000_000).contains(line[0]))
            #expect(line.allSatisfy { $0 <= CircuitBreaker.longestWait / 5 * 6 })
            #expect(line[9] >= CircuitBreaker.longestWait / 5 * 4)
        }
        #expect(Set(waits.map { $0[0] }).count > 10)
    }

    @Test("A probe that went well closes it, a call from before does not, and a probe nobody heard of is tried again")
    func closing() {
        var breaker = CircuitBreaker(seed: 3)
        _ = breaker.failed(at: 0, couldConnect: false)
        breaker.succeeded()
        let answer11 = breaker.admission(at: 1)
        #expect(answer11 == .rest)
        let answer12 = breaker.probeSucceeded()
        #expect(!answer12, "nobody sent one")
        let answer13 = breaker.admission(at: second)
        #expect(answer13 == .probe)
        let answer14 = breaker.admission(at: second + CircuitBreaker.longestProbe)
        #expect(answer14 == .probe)
        let answer15 = breaker.probeSucceeded()
        #expect(answer15)
        let answer16 = breaker.admission(at: 2 * second)
        #expect(answer16 == .call)
    }

    @Test("Turned off it stays off")
    func off() {
        var breaker = CircuitBreaker(seed: 4)
        let answer17 = breaker.turnOff()
        #expect(answer17)
        let answer18 = breaker.turnOff()
        #expect(!answer18)
        let answer19 = breaker.admission(at: .max)
        #expect(answer19 == .rest)
        let answer20 = breaker.probeSucceeded()
        #expect(!answer20)
    }

    @Test("Refused puts rest, and only the first refusal is news")
    func refusals() {
        var breaker = CircuitBreaker(seed: 5)
        #expect(breaker.takesPuts(at: 0))
        let answer21 = breaker.refusedPut(at: 0)
        #expect(answer21)
        let answer22 = breaker.refusedPut(at: 1)
        #expect(!answer22)
        #expect(!breaker.takesPuts(at: CircuitBreaker.putRest))
        #expect(breaker.takesPuts(at: CircuitBreaker.putRest + 1))
        let answer23 = breaker.tookPut()
        #expect(answer23)
        let answer24 = breaker.tookPut()
        #expect(!answer24)
    }

    @Test("The cost of a look-up follows what was measured, base and bytes apart")
    func cost() {
        var cost = NetworkCost(isLocal: false)
        #expect(cost.cost(ofBytes: 1_000_000) == 8_200_000)
        for _ in 0..<50 {
            cost.add(bytes: 1_000, nanoseconds: 20_000)
            cost.add(bytes: 1_000_000, nanoseconds: 320_000)
        }
        #expect((19_000...21_000).contains(cost.cost(ofBytes: 0)))
        #expect((310_000...330_000).contains(cost.cost(ofBytes: 1_000_000)))
    }

    @Test("A fast network stays one while every second answer waits for a processor, and a slow one shows at once")
    func busyMachine() {
        var cost = NetworkCost(isLocal: true)
        for _ in 0..<50 {
            cost.add(bytes: 100_000, nanoseconds: 50_000)
            cost.add(bytes: 100_000, nanoseconds: 600_000)
        }
        #expect(cost.perByte < 0.5)
        var tunnel = NetworkCost(isLocal: true)
        for _ in 0..<3 { tunnel.add(bytes: 100_000, nanoseconds: 1_000_000) }
        #expect(tunnel.perByte > 1.9)
    }
}
