import AtelierProcessors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// When a request is sent again that brought nothing: after refusals that may pass, and connections that failed. Once a part of
/// an answer has been handed on it is not repeated.
public struct RetryPolicy: Sendable {
    /// How often a request is sent at most.
    public var attempts: Int
    /// The wait before the second attempt; it doubles from there. A quarter of each is left to chance, so that clients that were
    /// refused together do not return together.
    public var firstWait: Duration
    /// No wait is longer. A server that asks for more (`Retry-After`) is not asked again.
    public var longestWait: Duration
    /// How it waits; for tests.
    var sleep: @Sendable (Duration) async throws -> Void = { try await pause(for: $0) }
    /// Seconds since 1970; for tests.
    var now: @Sendable () -> Int = { Int(time(nil)) }

    /// Four attempts, after half a second, one and two, or what the server asks for, up to a minute.
    public init(attempts: Int = 4, firstWait: Duration = .milliseconds(500), longestWait: Duration = .seconds(60)) {
        precondition(attempts > 0, "a request is sent once at least")
        self.attempts = attempts
        self.firstWait = firstWait
        self.longestWait = longestWait
    }

    /// Whether an answer of this status may be another one soon.
    static func isPassing(_ status: Int) -> Bool { [408, 409, 425, 429, 500, 502, 503, 504, 529].contains(status) }

    /// The wait after some failed attempts, from 1.
    func wait(after failures: Int) -> Duration {
        let whole = min(firstWait * (1 << min(failures - 1, 20)), longestWait)
        return whole * Double.random(in: 0.75...1)
    }

    /// What `Retry-After` asks for: seconds or a date (RFC 9110, section 10.2.3); nil for anything else.
    func wait(askedFor field: String?) -> Duration? {
        guard let field else { return nil }
        if let seconds = Int(field) { return seconds >= 0 ? .seconds(seconds) : nil }
        return secondsSince1970(field).map { .seconds(max(0, $0 - now())) }
    }
}

/// Reads a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still sent; nil for anything else.
func secondsSince1970(_ text: String) -> Int? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), (1...31).contains(day),
        let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]), (1970...9999).contains(year)
    else { return nil }
    let time = words[4].split(separator: ":").map { Int($0) }
    guard time.count == 3, let hour = time[0], let minute = time[1], let second = time[2], (0...23).contains(hour),
        (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    // Days of the Gregorian calendar, counted in years that begin in March.
    let y = month < 2 ? year - 1 : year, m = (month + 10) % 12
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719_469
    return days * 86400 + hour * 3600 + minute * 60 + second
}
