import AtelierScheduling
import Testing

@testable import AtelierService

@Suite("Rates of clients")
struct ClientRatesTests {
    private final class Time: Sendable {
        private let nanoseconds = Lock<UInt64>(1_000_000_000)
        var now: UInt64 { nanoseconds.withLock { $0 } }
        func pass(_ seconds: Double) { nanoseconds.withLock { $0 += UInt64(seconds * 1e9) } }
    }

    private let time = Time()

    private func rates(_ text: String, burst: Int?) throws -> ClientRates {
        let rate = try #require(RateLimiter.Rate(written: text, burst: burst))
        return ClientRates(rate, clock: { [time] in time.now })
    }

    @Test("The fields say what is allowed, what is left and when all is there again; whole seconds, rounded up")
    func fields() throws {
        let rates = try rates("720/m", burst: 120), client = ClientRates.Client(.key, "studio")
        let first = rates.spend(1, by: client)
        #expect(first.fields.map(\.value) == [#""key";q=120;w=10"#, #""key";r=119;t=1"#] && first.retryAfter == nil)
        for _ in 0..<119 { #expect(rates.spend(1, by: client).retryAfter == nil) }
        let last = rates.spend(1, by: client)
        #expect(last.retryAfter == 1 && last.fields[1].value == #""key";r=0;t=10"#)
        // Another client is not held up, one of the same name and another kind neither.
        #expect(rates.spend(1, by: ClientRates.Client(.address, "studio")).retryAfter == nil)
        time.pass(1)
        for _ in 0..<12 { #expect(rates.spend(1, by: client).retryAfter == nil) }
        #expect(rates.spend(1, by: client).retryAfter == 1)
    }

    @Test("What is predicted to be much work spends as much; a share of two has twice the room")
    func costs() throws {
        let rates = try rates("10/s", burst: 20)
        let plain = ClientRates.Client(.address, "::1"), double = ClientRates.Client(.key, "two", share: 2)
        #expect(rates.spend(15, by: plain).rest == 5)
        #expect(rates.spend(15, by: plain).retryAfter == 1)
        let standing = rates.spend(15, by: double)
        #expect(standing.rest == 25 && standing.quota == 40 && standing.retryAfter == nil)
        // More than ever fits is owed.
        let huge = ClientRates.Client(.address, "huge")
        #expect(rates.spend(500, by: huge).retryAfter == nil)
        #expect(rates.spend(1, by: huge).retryAfter == 49)
    }

    @Test("Rates are written as a count for a second, a minute or an hour")
    func written() {
        #expect(RateLimiter.Rate(written: "720/m", burst: 120) == .init(perSecond: 12, burst: 120))
        #expect(RateLimiter.Rate(written: "2/s", burst: nil) == .init(perSecond: 2, burst: 20))
        #expect(RateLimiter.Rate(written: "3600/h", burst: nil) == .init(perSecond: 1, burst: 10))
        for text in ["", "12", "12/d", "0/s", "-1/s", "x/s", "1/s/s", "nan/s"] {
            #expect(RateLimiter.Rate(written: text, burst: nil) == nil)
        }
    }
}
