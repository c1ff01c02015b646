/// Decides whether a server in trouble is asked: after failures in a row nobody is, except for a probe now and then.
///
/// A value without clock or thread; whoever owns it says what time it is. Two failed calls open it, or one that could not
/// even connect: with limits of 100 ms for connecting and 250 ms for a call that is half a second of trouble. Probes
/// come after half a second, then after twice as long each time up to half a minute, each wait a fifth longer or
/// shorter by chance, so that machines that lost the server at once do not come back at once.
struct CircuitBreaker: Sendable {
    enum State: Sendable, Equatable {
        /// Calls go through.
        case closed
        /// None does, until this time.
        case open(until: UInt64)
        /// One probe is under way since this time.
        case probing(since: UInt64)
        /// None does any more: the trouble is a setting, not the moment.
        case off
    }

    /// What to do with a call.
    enum Admission: Sendable, Equatable {
        case call
        case rest
        /// Rest, and try the server aside.
        case probe
    }

    private(set) var state = State.closed
    /// Nanoseconds of the wait that is drawn next, before chance.
    private var wait = firstWait
    private var failures = 0
    private var putsRestUntil: UInt64?
    private var random: UInt64

    static let failuresToOpen = 2
    static let firstWait: UInt64 = 500_000_000
    static let longestWait: UInt64 = 30_000_000_000
    /// A probe that nobody heard of for so long is taken for lost.
    static let longestProbe: UInt64 = 10_000_000_000
    /// How long nothing is put after the server said that it takes nothing.
    static let putRest: UInt64 = 10_000_000_000

    /// - Parameter seed: Of the chance in the waits.
    init(seed: UInt64) { random = seed }

    /// O(1).
    mutating func admission(at time: @autoclosure () -> UInt64) -> Admission {
        if case .closed = state { return .call }
        let now = time()
        switch state {
        case .closed, .off: return .rest
        case .open(let until): if now < until { return .rest }
        case .probing(let since): if now < since + Self.longestProbe { return .rest }
        }
        state = .probing(since: now)
        return .probe
    }

    /// Whether something may be put.
    func takesPuts(at now: UInt64) -> Bool { putsRestUntil ?? 0 <= now }

    /// A call has come back whole. One that began before the breaker opened does not close it.
    mutating func succeeded() { failures = 0 }

    /// A call has failed; true when that opened the breaker.
    mutating func failed(at now: UInt64, couldConnect: Bool) -> Bool {
        guard state == .closed else { return false }
        failures += 1
        guard failures >= Self.failuresToOpen || !couldConnect else { return false }
        open(at: now)
        return true
    }

    /// The probe has found the server well; true when that closed the breaker.
    mutating func probeSucceeded() -> Bool {
        guard case .probing = state else { return false }
        (state, failures, wait) = (.closed, 0, Self.firstWait)
        return true
    }

    /// The probe has not.
    mutating func probeFailed(at now: UInt64) {
        if case .probing = state { open(at: now) }
    }

    /// The server has refused to take something; true when it took everything until now.
    mutating func refusedPut(at now: UInt64) -> Bool {
        defer { putsRestUntil = now + Self.putRest }
        return putsRestUntil == nil
    }

    /// The server has taken something; true when it had refused to until now.
    mutating func tookPut() -> Bool {
        defer { putsRestUntil = nil }
        return putsRestUntil != nil
    }

    /// Ends it; true when it was not ended before.
    mutating func turnOff() -> Bool {
        defer { state = .off }
        return state != .off
    }

    private mutating func open(at now: UInt64) {
        // Knuth's congruential generator for MMIX (TAOCP 2, 3.3.4); its upper bits are good enough for this.
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let share = 80 + (random >> 33) % 41
        state = .open(until: now + wait / 100 * share)
        wait = min(wait * 2, Self.longestWait)
    }
}
