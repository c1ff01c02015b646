/// The parts of a conversation, turn by turn. A copy shares what it has in common with others, so that every window over a long
/// history costs a reference for each turn and not a copy of each part.
public struct History: Sendable {
    /// Up to and with an end of turn; the last may be open.
    struct Turn: Sendable {
        var parts: [Part] = []
        /// When the youngest part came.
        var arrived: ContinuousClock.Instant
        var isClosed = false
        var footprint = 0
    }

    private(set) var turns: [Turn] = []
    /// How many parts there are.
    public private(set) var count = 0
    /// Bytes of all parts, by `Part.footprint`.
    public private(set) var footprint = 0

    /// No parts.
    public init() {}

    /// Parts that came at one time.
    public init(_ parts: some Sequence<Part>, arrived: ContinuousClock.Instant = .now) {
        for part in parts { append(part, arrived: arrived) }
    }

    /// All parts in order. O(parts).
    public var parts: [Part] { turns.flatMap(\.parts) }

    /// Adds a part.
    public mutating func append(_ part: Part, arrived: ContinuousClock.Instant = .now) {
        if turns.last?.isClosed ?? true { turns.append(Turn(arrived: arrived)) }
        let footprint = part.footprint
        turns[turns.count - 1].parts.append(part)
        turns[turns.count - 1].arrived = arrived
        turns[turns.count - 1].footprint += footprint
        if part.isEndOfTurn { turns[turns.count - 1].isClosed = true }
        count += 1
        self.footprint += footprint
    }

    /// Adds a turn that is over, or what there is of one, sharing its parts.
    mutating func append(_ turn: Turn) {
        if turn.parts.isEmpty { return }
        if turns.last?.isClosed ?? true {
            turns.append(turn)
        } else {
            turns[turns.count - 1].parts += turn.parts
            turns[turns.count - 1].footprint += turn.footprint
            (turns[turns.count - 1].arrived, turns[turns.count - 1].isClosed) = (turn.arrived, turn.isClosed)
        }
        count += turn.parts.count
        footprint += turn.footprint
    }

    /// Forgets the oldest turns.
    mutating func removeFirst(turns number: Int) {
        for turn in turns.prefix(number) {
            count -= turn.parts.count
            footprint -= turn.footprint
        }
        turns.removeFirst(number)
    }
}

/// What is kept of a history when a turn is over.
///
///     Window(describe, keeping: .lastTurns(3))
///     Window(describe, keeping: .summarised(by: model, when: { $0.footprint > 100_000 }))
public struct HistoryPolicy: Sendable {
    private let apply: @Sendable (inout History) async throws -> Void

    /// What the policy keeps of a history whose last turn is over.
    public func kept(of history: History) async throws -> History {
        var kept = history
        try await apply(&kept)
        return kept
    }

    /// A policy of one's own: gets all parts, gives those that are kept.
    public init(_ body: @escaping @Sendable ([Part]) async throws -> [Part]) {
        apply = { history in history = History(try await body(history.parts)) }
    }

    private init(applying body: @escaping @Sendable (inout History) async throws -> Void) { apply = body }

    /// Everything.
    public static let all = HistoryPolicy(applying: { _ in })

    /// Nothing: every turn stands alone.
    public static let none = HistoryPolicy(applying: { $0 = History() })

    /// The last turns, of which the one to come counts as one; at least 1.
    public static func lastTurns(_ count: Int) -> HistoryPolicy {
        precondition(count > 0, "the turn to come is always kept")
        return HistoryPolicy(applying: { history in
            let closed = history.turns.count { $0.isClosed }
            history.removeFirst(turns: max(0, closed + 1 - count))
        })
    }

    /// What is not older than a time when the turn ends. A turn goes as a whole, when its youngest part is older.
    public static func newer(than age: Duration) -> HistoryPolicy {
        HistoryPolicy(applying: { history in
            let limit = ContinuousClock.now - age
            history.removeFirst(turns: history.turns.firstIndex { $0.arrived >= limit } ?? history.turns.count)
        })
    }

    /// What a processor makes of the older turns, in front of the younger ones as they are.
    ///
    /// - Parameters:
    ///   - processor: Gets all parts of the older turns; a model, usually.
    ///   - count: How many turns stay as they are, besides the one to come.
    ///   - condition: Whether it is time; until then everything is kept.
    public static func summarised(
        by processor: any Processor, keepingTurns count: Int = 1, when condition: @escaping @Sendable (History) -> Bool
    ) -> HistoryPolicy {
        precondition(count >= 0, "a number of turns is not negative")
        return HistoryPolicy(applying: { history in
            guard history.turns.count > count, condition(history) else { return }
            let older = history.turns.prefix(history.turns.count - count), younger = history.turns.suffix(count)
            let summary = try await processor(Content(older.flatMap(\.parts))).gather()
            history = History(summary.parts)
            // Else the turn after it would be part of the summary's.
            if !summary.parts.isEmpty, summary.parts.last?.isEndOfTurn != true { history.append(Part.endOfTurn()) }
            for turn in younger { history.append(turn) }
        })
    }
}
