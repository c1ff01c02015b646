/// How the level that machines share behaves.
public struct RedisOptions: Sendable {
    /// Stands before every key; for several projects in one database.
    public var prefix = ""
    /// How long an entry is kept since it was last used, in seconds; less when its own time is over before. Each
    /// digest gets up to a tenth more or less, so that what was put together does not go together.
    public var secondsKept: Int64 = 7 * 86_400
    /// Most bytes of one entry with its header.
    public var largestEntry = 16 << 20
    /// Most connections at a time. Calls beyond wait for one.
    public var connections = 16
    /// How long being connected may take.
    public var connectLimit = Duration.milliseconds(100)
    /// How long a call may go without a byte moving.
    public var callLimit = Duration.milliseconds(250)
    /// Bytes a second below which a network is as good as none: a call may take `callLimit` and the time for its bytes.
    public var slowestNetwork = 10 << 20
    /// How long a lease outlives its holder's last sign of life.
    public var leaseTime = Duration.seconds(10)

    /// The defaults.
    public init() {}
}

extension Duration {
    /// Whole nanoseconds; 0 for less than none.
    var wholeNanoseconds: UInt64 { UInt64(max(0, self / .nanoseconds(1))) }
}
