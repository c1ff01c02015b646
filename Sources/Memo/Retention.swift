/// Where an output may be kept, for how long, and from which cost on.
///
///     var retention: Retention { text.count > 80 ? Retention(in: .except(["redis"]), for: .seconds(3600)) : .none }
public struct Retention: Hashable, Sendable {
    /// The levels it may be kept in. Values without a byte format stay in memory all the same.
    public var levels: Levels
    /// After how many seconds it is no answer any more; nil for never. Every digest has a time of its own, up to a tenth
    /// shorter or longer, so that what was made together is not made again together. What is built on it expires with it.
    public var secondsToLive: Int64?
    /// Nanoseconds; what cost less is not kept.
    public var leastCost: UInt64

    /// A retention from its parts.
    ///
    /// - Parameters:
    ///   - time: Rounded up to whole seconds.
    ///   - cost: Of the stage alone, and for what leaves memory also of what it is built on.
    public init(in levels: Levels, for time: Duration? = nil, ifCosting cost: Duration = .zero) {
        self.levels = levels
        secondsToLive = time.map { max(1, $0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0)) }
        leastCost = UInt64(min(max(0, cost / .nanoseconds(1)), 1e18))
    }

    /// Nowhere: made again each time it is needed.
    public static var none: Retention { Retention(levels: .none) }
    /// In the memory level only.
    public static var memory: Retention { Retention(levels: .memory) }
    /// In every level.
    public static var everywhere: Retention { Retention(levels: .all) }

    /// For good and at any cost; apart from the other initialiser, because every artifact makes one.
    private init(levels: Levels) {
        self.levels = levels
        secondsToLive = nil
        leastCost = 0
    }

    /// Whether it may be kept where others can find it.
    var leavesMemory: Bool { levels != .none && levels != .memory }

    /// The time to live of one digest, up to a tenth from what was said.
    func secondsToLive(of digest: Digest) -> Int64? {
        // The second word: the first chooses places in tables.
        secondsToLive.map { max(1, $0 + Int64(Double($0) * 0.2 * (Double(digest.words.1 >> 11) * 0x1p-53 - 0.5))) }
    }
}
