/// Which models are in memory, who uses them, and which go first: the decisions of `ModelShelf` as a value.
///
/// The owner calls an operation, then carries out the actions it returns, in order. Time is passed in, in seconds of any clock
/// that never goes back. What is in use is never unloaded. A first use for which there is no room waits while what is in use may
/// come back; who uses a model already is let beyond the budget instead, so that nobody waits for those who wait.
struct ModelTable: Sendable {
    /// Something the owner has to do.
    enum Action: Hashable, Sendable {
        /// Load the model in the name of this waiter, then call `loaded` or `failed`.
        case load(waiter: UInt64, model: String)
        /// Let the waiter use the model; it calls `giveBack` after.
        case grant(waiter: UInt64, model: String)
        /// Tell the waiter why there is no model.
        case refuse(waiter: UInt64, ModelFailure)
        /// Forget the model.
        case unload(model: String)
    }

    /// How much is kept, and for how long.
    struct Limits: Hashable, Sendable {
        /// Bytes of models in memory.
        var bytes: Int
        /// Seconds after which a model that nobody uses is unloaded.
        var age: Double
        /// Seconds in which a model that could not be loaded is not tried again; twice as long after each failure more.
        var backOff = 1.0, longestBackOff = 300.0
    }

    /// One model.
    struct Entry: Sendable {
        enum State: Hashable, Sendable {
            case absent
            case loading
            case loaded
        }

        let digest: String
        fileprivate(set) var state = State.absent
        /// As measured when it was loaded last; before that as expected.
        fileprivate(set) var bytes: Int
        /// Seconds that loading took last.
        fileprivate(set) var cost = 0.0
        fileprivate(set) var leases = 0
        fileprivate(set) var lastUse = 0.0
        /// Rank among those that may go: what reloading a byte costs, above that of what went before it was used
        /// (P. Cao and S. Irani, "Cost-Aware WWW Proxy Caching Algorithms", 1997: GreedyDual-Size).
        fileprivate(set) var rank = 0.0
        /// How many times the age it may be idle: doubled when it was missed soon after it was unloaded for its age, halved
        /// when it was not.
        fileprivate(set) var patience = 1.0
        fileprivate(set) var agedAt: Double?
        fileprivate(set) var failures = 0
        fileprivate(set) var failure: ModelFailure?
        fileprivate(set) var uses = 0, loads = 0, unloads = 0, failedLoads = 0
    }

    private struct Waiter {
        var id: UInt64
        var model: String
    }

    private(set) var limits: Limits
    private(set) var entries: [String: Entry] = [:]
    /// Waiting for a load that is under way, or for room; in the order they came.
    private var waiting: [Waiter] = []
    /// Which waiter each load is made for.
    private var loaders: [String: UInt64] = [:]
    private var floor = 0.0
    /// Bytes of what is loaded and being loaded, and the most there ever were.
    private(set) var bytes = 0, peak = 0
    /// How often a model was loaded beyond the budget.
    private(set) var overdrafts = 0

    init(limits: Limits) { self.limits = limits }

    /// Waiters that have not been answered.
    var waitingCount: Int { waiting.count + loaders.count }

    /// Makes a model known; it is loaded when it is first asked for.
    mutating func register(_ model: String, digest: String, expectedBytes: Int) {
        if entries[model] == nil { entries[model] = Entry(digest: digest, bytes: expectedBytes) }
    }

    /// Asks for a registered model.
    /// - Parameter holds: Whether who asks uses another model now, and must not wait for room.
    mutating func ask(_ model: String, waiter: UInt64, holds: Bool, now: Double, _ actions: inout [Action]) {
        unloadAged(now, &actions)
        switch entries[model]!.state {
        case .loaded: grant(model, waiter, now, &actions)
        case .loading: waiting.append(Waiter(id: waiter, model: model))
        case .absent:
            if let failure = entries[model]!.failure, now < failure.retryAt {
                actions.append(.refuse(waiter: waiter, failure))
            } else if !holds, !fits(model) || isQueued, isAnythingHeld {
                waiting.append(Waiter(id: waiter, model: model))
            } else {
                begin(model, waiter, now, &actions)
            }
        }
    }

    /// Counts a model as loaded, and lets everybody in who waits for it.
    mutating func loaded(_ model: String, bytes measured: Int, seconds: Double, now: Double, _ actions: inout [Action]) {
        let waiter = loaders.removeValue(forKey: model)!
        bytes += measured - entries[model]!.bytes
        peak = max(peak, bytes)
        entries[model]!.bytes = measured
        entries[model]!.cost = seconds
        entries[model]!.state = .loaded
        entries[model]!.loads += 1
        (entries[model]!.failures, entries[model]!.failure) = (0, nil)
        grant(model, waiter, now, &actions)
        for other in waiting where other.model == model { grant(model, other.id, now, &actions) }
        waiting.removeAll { $0.model == model }
        makeRoom(for: 0, now, &actions)
        admitWaiting(now, &actions)
    }

    /// Remembers why a model could not be loaded, and tells everybody who waits for it.
    mutating func failed(_ model: String, reason: String, now: Double, _ actions: inout [Action]) {
        let waiter = loaders.removeValue(forKey: model)!
        bytes -= entries[model]!.bytes
        entries[model]!.state = .absent
        entries[model]!.failures += 1
        entries[model]!.failedLoads += 1
        var pause = limits.backOff
        for _ in 1..<max(1, min(32, entries[model]!.failures)) { pause *= 2 }
        let failure = ModelFailure(model: model, reason: reason, retryAt: now + min(limits.longestBackOff, pause))
        entries[model]!.failure = failure
        actions.append(.refuse(waiter: waiter, failure))
        for other in waiting where other.model == model { actions.append(.refuse(waiter: other.id, failure)) }
        waiting.removeAll { $0.model == model }
        admitWaiting(now, &actions)
    }

    /// Ends one use.
    mutating func giveBack(_ model: String, now: Double, _ actions: inout [Action]) {
        precondition(entries[model]!.leases > 0, "a model was given back that nobody had")
        entries[model]!.leases -= 1
        entries[model]!.lastUse = now
        makeRoom(for: 0, now, &actions)
        admitWaiting(now, &actions)
        unloadAged(now, &actions)
    }

    /// Unloads what has been idle for too long.
    mutating func unloadAged(_ now: Double, _ actions: inout [Action]) {
        for (model, entry) in idle where now - entry.lastUse > limits.age * entry.patience {
            entries[model]!.agedAt = now
            unload(model, &actions)
        }
    }

    /// Unloads models that nobody uses until those in memory have at most so many bytes, lowest rank first.
    mutating func trim(to most: Int, _ actions: inout [Action]) {
        while bytes > most, let victim = idle.min(by: { ($0.1.rank, $0.1.lastUse, $0.0) < ($1.1.rank, $1.1.lastUse, $1.0) }) {
            floor = max(floor, victim.1.rank)
            unload(victim.0, &actions)
        }
    }

    // MARK: - Steps

    /// Loaded and in nobody's use, in the order of their names.
    private var idle: [(String, Entry)] {
        entries.filter { $0.value.state == .loaded && $0.value.leases == 0 }.sorted { $0.key < $1.key }
    }

    /// Whether something is in use or being loaded, so that room will come.
    private var isAnythingHeld: Bool { entries.contains { $0.value.leases > 0 || $0.value.state == .loading } }

    /// Whether somebody waits for room: who comes later must not overtake.
    private var isQueued: Bool { waiting.contains { entries[$0.model]!.state == .absent } }

    /// Whether a model fits when all that is idle goes.
    private func fits(_ model: String) -> Bool {
        bytes - idle.reduce(0) { $0 + $1.1.bytes } + entries[model]!.bytes <= limits.bytes
    }

    private mutating func grant(_ model: String, _ waiter: UInt64, _ now: Double, _ actions: inout [Action]) {
        entries[model]!.leases += 1
        entries[model]!.uses += 1
        entries[model]!.lastUse = now
        entries[model]!.rank = floor + entries[model]!.cost / Double(max(1, entries[model]!.bytes))
        actions.append(.grant(waiter: waiter, model: model))
    }

    private mutating func begin(_ model: String, _ waiter: UInt64, _ now: Double, _ actions: inout [Action]) {
        if let agedAt = entries[model]!.agedAt {
            // Missed soon after its age was up: it may be idle for longer.
            let wasSoon = now - agedAt <= limits.age
            entries[model]!.patience = wasSoon ? min(16, entries[model]!.patience * 2) : max(1, entries[model]!.patience / 2)
            entries[model]!.agedAt = nil
        }
        makeRoom(for: entries[model]!.bytes, now, &actions)
        if bytes + entries[model]!.bytes > limits.bytes { overdrafts += 1 }
        bytes += entries[model]!.bytes
        peak = max(peak, bytes)
        entries[model]!.state = .loading
        loaders[model] = waiter
        actions.append(.load(waiter: waiter, model: model))
    }

    private mutating func makeRoom(for needed: Int, _ now: Double, _ actions: inout [Action]) {
        trim(to: max(0, limits.bytes - needed), &actions)
    }

    private mutating func unload(_ model: String, _ actions: inout [Action]) {
        bytes -= entries[model]!.bytes
        entries[model]!.state = .absent
        entries[model]!.unloads += 1
        actions.append(.unload(model: model))
    }

    /// Lets waiters in, in their order, as long as there is room; the first also where nothing is held that could make room.
    private mutating func admitWaiting(_ now: Double, _ actions: inout [Action]) {
        while let place = waiting.firstIndex(where: { entries[$0.model]!.state == .absent }) {
            let next = waiting[place]
            guard fits(next.model) || !isAnythingHeld else { return }
            waiting.remove(at: place)
            begin(next.model, next.id, now, &actions)
        }
    }
}

/// Why a model cannot be used now.
public struct ModelFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which model.
    public var model: String
    /// What loading it said.
    public var reason: String
    /// When it is tried again, in seconds of the shelf's clock.
    package var retryAt: Double

    /// One sentence.
    public var description: String { "the model \(model) cannot be loaded: \(reason)" }
}
