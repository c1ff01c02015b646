import AtelierScheduling

/// The time, as the engine sees it.
struct Clock: Sendable {
    /// Never goes back; for costs and deadlines.
    var nanoseconds: @Sendable () -> UInt64 = monotonicNanoseconds
    /// Since 1970, jumping when somebody sets the clock; for what other processes read.
    var microseconds: @Sendable () -> UInt64 = systemMicroseconds
    /// Returns after so many nanoseconds; holds no thread meanwhile.
    var pause: @Sendable (UInt64) async -> Void = { nanoseconds in
        // Nobody has the task that waits here, so nobody cancels it.
        try? await Task.sleep(nanoseconds: nanoseconds)
    }

    /// Seconds since 1970.
    var seconds: Int64 { Int64(microseconds() / 1_000_000) }
}

/// Seconds since 1970 as they were when this was made, and from then on as they pass: setting the clock moves nothing.
///
/// Whatever stays in the process expires by this; entries outside expire by the wall clock, which is all their readers
/// have in common.
struct SteadyTime: Sendable {
    private let clock: Clock
    private let beganSeconds: Int64, beganNanoseconds: UInt64

    init(_ clock: Clock) {
        self.clock = clock
        (beganSeconds, beganNanoseconds) = (clock.seconds, clock.nanoseconds())
    }

    var seconds: Int64 { beganSeconds + Int64((clock.nanoseconds() &- beganNanoseconds) / 1_000_000_000) }
}
