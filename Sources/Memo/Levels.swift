/// Which levels of an engine, by what they are or by name.
///
///     try await engine.value(of: deck, levels: .except(["redis"]))
public enum Levels: Hashable, Sendable {
    /// None of them.
    case none
    /// Those that keep values as they are.
    case memory
    /// Every one.
    case all
    /// Those with these names.
    case only(Set<String>)
    /// All but those with these names.
    case except(Set<String>)

    /// Whether a level is one of them.
    public func contains(_ level: any Store) -> Bool {
        switch self {
        case .none: false
        case .memory: !level.storesBytesOnly
        case .all: true
        case .only(let names): names.contains(level.name)
        case .except(let names): !names.contains(level.name)
        }
    }
}

/// Some of an engine's levels, a bit for each: an engine has at most 64.
struct LevelMask: Hashable, Sendable {
    var bits: UInt64

    static let none = LevelMask(bits: 0)

    static func & (a: LevelMask, b: LevelMask) -> LevelMask { LevelMask(bits: a.bits & b.bits) }

    var isEmpty: Bool { bits == 0 }
    func contains(_ level: Int) -> Bool { bits >> UInt64(level) & 1 == 1 }
    /// Those before a level.
    func before(_ level: Int) -> LevelMask { LevelMask(bits: bits & ((1 << UInt64(level)) - 1)) }
    /// Those that are not in another mask.
    func without(_ other: LevelMask) -> LevelMask { LevelMask(bits: bits & ~other.bits) }
}

extension LevelMask {
    /// The places of levels that fit.
    init(of levels: [any Store], where fits: (any Store) -> Bool) {
        bits = 0
        for (index, level) in levels.enumerated() where fits(level) { bits |= 1 << UInt64(index) }
    }
}
