import AtelierScheduling

/// Something the engine did.
public struct Event: Sendable, Equatable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// A stage or plan ran and gave an output; `selfCost` is what it took.
        case run
        /// A level answered; `nanosecondsSaved` is the chain cost it recorded.
        case hit
        /// No level had the output; it is going to be made.
        case miss
        /// An entry went into a level.
        case put
        /// A level let an entry go to make room.
        case evict
        /// A stage or plan threw.
        case failed
        /// A running stage said how far it is.
        case progress
    }

    /// What happened.
    public var kind: Kind
    /// Name and version of the stage or plan.
    public var stage: String, version: Int
    /// The artifact.
    public var digest: Digest
    /// Name of the level for hits, puts and evictions; nil otherwise.
    public var level: String?
    /// Nanoseconds in `run`, and with all distinct inputs; 0 where nothing is known.
    public var selfCost: UInt64 = 0, chainCost: UInt64 = 0
    /// Of a put, what not finding the entry in that level will cost, in nanoseconds.
    public var lossCost: UInt64 = 0
    /// Weight of the value in bytes.
    public var byteCount = 0
    /// Of a hit, nanoseconds from asking the level to having the value.
    public var latency: UInt64 = 0
    /// Of a miss, and of a hit in a later level, why the levels asked had no answer.
    public var misses: [Miss] = []
    /// From 0 to 1, for `progress`.
    public var fraction = 0.0

    /// A level without an answer.
    public struct Miss: Sendable, Equatable {
        /// The level's name.
        public var level: String
        /// Why it had none.
        public var reason: MissReason
    }

    /// What a hit has saved: the cost of making the value from its sources.
    public var nanosecondsSaved: UInt64 { kind == .hit ? chainCost : 0 }
}

/// The latest events of an engine, in a ring: when nobody drains it the oldest go, and are counted.
///
///     let log = EventLog(engine)
///     _ = try await engine.value(of: deck)
///     log.runs(of: MapSlide.self)
public final class EventLog: Sendable {
    private struct Ring: Sendable {
        var events: [Event] = []
        var start = 0
        var dropped = 0
    }

    private let capacity: Int
    private let ring = Lock(Ring())

    /// Listens to an engine from now on, for as long as the engine lives.
    ///
    /// - Parameter capacity: Events kept until they are drained; at least 1.
    public init(_ engine: Engine, capacity: Int = 65_536) {
        precondition(capacity > 0, "a log holds at least one event")
        self.capacity = capacity
        engine.observe { [self] event in add(event) }
    }

    private func add(_ event: Event) {
        ring.withLock { ring in
            if ring.events.count < capacity {
                ring.events.append(event)
            } else {
                ring.events[ring.start] = event
                ring.start = (ring.start + 1) % capacity
                ring.dropped += 1
            }
        }
    }

    /// The events kept, oldest first.
    public var events: [Event] { ring.withLock { Array($0.events[$0.start...] + $0.events[..<$0.start]) } }

    /// How many events had to go before they were drained.
    public var dropped: Int { ring.withLock { $0.dropped } }

    /// Takes the events kept, oldest first, out of the ring.
    public func drain() -> [Event] {
        ring.withLock { ring in
            defer { (ring.events, ring.start) = ([], 0) }
            return Array(ring.events[ring.start...] + ring.events[..<ring.start])
        }
    }

    /// How often a stage ran, by the events kept.
    public func runs<S: Stage>(of stage: S.Type) -> Int { count(.run) { $0.stage == S.name } }

    /// How often a plan ran, by the events kept.
    public func runs<P: Plan>(of plan: P.Type) -> Int { count(.run) { $0.stage == P.name } }

    /// How often any stage or plan ran, by the events kept.
    public var runs: Int { count(.run) { _ in true } }

    /// How many events of a kind are kept that fit.
    public func count(_ kind: Event.Kind, where fits: (Event) -> Bool = { _ in true }) -> Int {
        events.count { $0.kind == kind && fits($0) }
    }
}

/// A function that is told of something.
///
/// In a structure of its own, because a bare function behind a lock grows: every look at it wraps it once more and keeps
/// the wrapping (Swift 6.3), until some ten thousand looks later a call of it takes the whole stack.
struct Observer<Subject>: Sendable {
    var tell: @Sendable (Subject) -> Void
}
