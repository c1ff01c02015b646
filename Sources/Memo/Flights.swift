import AtelierScheduling

/// What flights are made of: something with an identity, and what it needs first.
protocol FlightWork: Sendable {
    var digest: Digest { get }
    /// Distinct by digest.
    var inputs: [Self] { get }
    /// An error with the name of whom it happened to.
    func failure(_ error: any Error) -> any Error
}

/// A value that weighs something while it is pinned.
protocol FlightValue: Sendable {
    var byteCount: Int { get }
}

/// Which digests are being found or made, who waits for them, and what may run now.
///
/// A value without clocks, threads or calls: every operation says what happened and appends to `actions` what its
/// owner has to do, outside the lock that guards this value. Tests drive it through random schedules.
///
/// A flight's life: `looking` in the levels → `waiting` for its inputs → `measuring` its footprint → `ready` in the
/// queue → `running` → `storing` → gone, its value handed to everyone who waits. A plan turns from `running` to
/// `following` the flight of the artifact it returned, and then to `storing` the alias.
///
/// What holds at every moment:
/// - one flight per digest, so one run per digest;
/// - who asked is resumed exactly once: with the value, the failure, or cancellation when they leave;
/// - a flight nobody waits for is given up: what runs is cancelled and its result dropped, never stored. Whoever
///   asks for it before the run has ended waits for the end and starts it anew;
/// - running footprints and pinned inputs stay within the budget, but for the recorded overdraft of the first in line.
struct Flights<Work: FlightWork, Value: FlightValue>: Sendable {
    typealias ID = UInt64
    typealias Waiter = UInt64

    enum Action: Sendable {
        /// Look in the levels; answer with `found`, `failed` or `missed`.
        case look(ID, Work)
        /// Say the footprint; answer with `ready`.
        case measure(ID, Work, [Value])
        /// Run; answer with `made`, `failed` or `follow`.
        case run(ID, Work, [Value], Cancellation)
        /// The artifact of a plan has its value: store the alias; answer with `found`.
        case storeAlias(ID, Work, target: Work, [TagGeneration], Value)
        /// Nobody waits for a run any more.
        case cancel(Cancellation)
        /// Somebody has an answer.
        case resume(Waiter, Result<Value, any Error>)
    }

    private enum Phase {
        case looking, waiting, measuring, ready, running, following, storing
    }

    private struct Flight {
        let work: Work
        var phase = Phase.looking
        var urgency: Urgency
        var waiters: [Waiter] = []
        /// Flights that need this one's value, with the place among their inputs (0 for a plan that follows).
        var dependents: [(flight: ID, place: Int)] = []
        /// Flights of the inputs that are not there yet, by place; of a plan that follows, its target.
        var needs: [Int: ID] = [:]
        var values: [Value?] = []
        var footprint = 0
        var cancellation: Cancellation?
        /// Whether it counts as running: from admission until its outcome is stored.
        var holdsSlot = false
        /// How many plans had to run for this flight to be asked for.
        var planDepth = 0
        /// Of a plan: what its alias will be kept under.
        var tags: [TagGeneration] = []

        var isWanted: Bool { !waiters.isEmpty || !dependents.isEmpty }
    }

    /// Plans that return plans that return plans end here.
    static var longestPlanChain: Int { 256 }

    private var flights: [ID: Flight] = [:]
    private var byDigest: [Digest: ID] = [:]
    private var flightOfWaiter: [Waiter: ID] = [:]
    private var queue = UrgencyQueue()
    /// Values that waiting, running and following flights hold, each weighed once. Whoever needs one of them meanwhile
    /// gets it from here: without levels, or with small ones, what a plan led to would make the plan's inputs again,
    /// and plans upon plans again and again.
    private var pins: [Digest: (holders: Int, value: Value)] = [:]
    private var nextID: ID = 0
    private let slots: Int
    private(set) var budget: ByteBudget

    /// - Parameters:
    ///   - slots: How many flights may run at a time.
    ///   - budget: How many bytes they may hold.
    init(slots: Int, budget: ByteBudget) {
        self.slots = slots
        self.budget = budget
    }

    /// Number of flights under way.
    var count: Int { flights.count }
    /// Number of askers that have no answer yet.
    var waiterCount: Int { flightOfWaiter.count }

    // MARK: What askers do

    /// Somebody wants a value; joins the flight that is under way or begins one.
    mutating func ask(_ work: Work, waiter: Waiter, deadline: UInt64, _ actions: inout [Action]) {
        let id = flight(for: work, deadline: deadline, planDepth: 0, &actions)
        flights[id]!.waiters.append(waiter)
        flightOfWaiter[waiter] = id
    }

    /// Somebody does not want the value any more; nothing happens when they have their answer.
    mutating func leave(_ waiter: Waiter, _ actions: inout [Action]) {
        guard let id = flightOfWaiter.removeValue(forKey: waiter) else { return }
        flights[id]!.waiters.removeAll { $0 == waiter }
        actions.append(.resume(waiter, .failure(CancellationError())))
        abandonUnwanted([id], &actions)
        admit(&actions)
    }

    // MARK: What the owner answers

    /// The value was found in a level, or the alias of a plan is stored, or what was made is stored.
    mutating func found(_ id: ID, _ value: Value, _ actions: inout [Action]) {
        releaseSlot(of: id)
        if !dropIfUnwanted(id) { complete(id, .success(value), &actions) }
        admit(&actions)
    }

    /// No level has it: the inputs are needed.
    mutating func missed(_ id: ID, _ actions: inout [Action]) {
        guard !dropIfUnwanted(id), var flight = flights[id] else { return }
        let inputs = flight.work.inputs
        flight.values = Array(repeating: nil, count: inputs.count)
        flight.phase = .waiting
        for (place, input) in inputs.enumerated() {
            if let value = pins[input.digest]?.value {
                pin(value, input.digest)
                flight.values[place] = value
                continue
            }
            let need = self.flight(for: input, deadline: flight.urgency.deadline, planDepth: flight.planDepth, &actions)
            flights[need]!.dependents.append((id, place))
            flight.needs[place] = need
        }
        flights[id] = flight
        if flight.needs.isEmpty { measure(id, &actions) }
    }

    /// The footprint of a flight whose inputs are there.
    mutating func ready(_ id: ID, footprint: Int, _ actions: inout [Action]) {
        if flights[id]!.isWanted {
            flights[id]!.footprint = footprint
            flights[id]!.phase = .ready
        } else {
            queue.remove(id)
            remove(id)
        }
        admit(&actions)
    }

    /// A run has given a value. Returns whether to store it and then say `found`; if not, the run was given up.
    mutating func made(_ id: ID, _ actions: inout [Action]) -> Bool {
        precondition(flights[id]!.phase == .running, "a run ended that was not under way")
        releaseInputs(of: id)
        if flights[id]!.cancellation?.isCancelled == false {
            flights[id]!.phase = .storing
            return true
        }
        releaseSlot(of: id)
        restartOrRemove(id, &actions)
        admit(&actions)
        return false
    }

    /// A run, a look-up or the storing of an alias has failed.
    mutating func failed(_ id: ID, _ error: any Error, _ actions: inout [Action]) {
        defer { admit(&actions) }
        if flights[id]!.phase == .running {
            releaseSlot(of: id)
            if flights[id]!.cancellation?.isCancelled == true { return restartOrRemove(id, &actions) }
        }
        if !dropIfUnwanted(id) { complete(id, .failure(error), &actions) }
    }

    /// A plan has run and says which artifact answers for it.
    ///
    /// - Parameters:
    ///   - reach: Digests of the artifact and everything it is built on.
    ///   - tags: Handed back with the alias.
    mutating func follow(_ id: ID, _ target: Work, reach: Set<Digest>, tags: [TagGeneration] = [], _ actions: inout [Action]) {
        defer { admit(&actions) }
        releaseSlot(of: id)
        if flights[id]!.cancellation?.isCancelled == true { return restartOrRemove(id, &actions) }
        // What waits for this plan must not be what the plan waits for.
        if waiting(on: id).contains(where: reach.contains) {
            return complete(id, .failure(flights[id]!.work.failure(PlanError.needsItself)), &actions)
        }
        let depth = flights[id]!.planDepth + 1
        if depth > Self.longestPlanChain { return complete(id, .failure(flights[id]!.work.failure(PlanError.endless)), &actions) }
        flights[id]!.tags = tags
        if let value = pins[target.digest]?.value {
            flights[id]!.phase = .storing
            actions.append(.storeAlias(id, flights[id]!.work, target: target, tags, value))
            return
        }
        let need = flight(for: target, deadline: flights[id]!.urgency.deadline, planDepth: depth, &actions)
        flights[need]!.dependents.append((id, 0))
        flights[id]!.needs = [0: need]
        flights[id]!.phase = .following
    }

    // MARK: Flights

    private mutating func flight(for work: Work, deadline: UInt64, planDepth: Int, _ actions: inout [Action]) -> ID {
        if let id = byDigest[work.digest] {
            raise(id, deadline: deadline)
            return id
        }
        let id = nextID
        nextID += 1
        // Flights are numbered as they are asked for, consumers before their inputs. Among equal deadlines the lower
        // number goes first, so begun chains are finished, and their values let go, before new ones begin.
        flights[id] = Flight(work: work, urgency: Urgency(deadline: deadline, sequence: id), planDepth: planDepth)
        byDigest[work.digest] = id
        actions.append(.look(id, work))
        return id
    }

    /// Moves a flight and everything it needs forward.
    private mutating func raise(_ id: ID, deadline: UInt64) {
        var pending = [id]
        while let id = pending.popLast() {
            guard flights[id]!.urgency.deadline > deadline else { continue }
            flights[id]!.urgency.deadline = deadline
            if flights[id]!.phase == .ready || flights[id]!.phase == .measuring { queue.insert(id, at: flights[id]!.urgency) }
            pending.append(contentsOf: flights[id]!.needs.values)
        }
    }

    private mutating func measure(_ id: ID, _ actions: inout [Action]) {
        flights[id]!.phase = .measuring
        // It keeps its place while it is measured: what comes after it must not overtake it.
        queue.insert(id, at: flights[id]!.urgency)
        actions.append(.measure(id, flights[id]!.work, flights[id]!.values.map { $0! }))
    }

    private mutating func admit(_ actions: inout [Action]) {
        while budget.runningCount < slots, let id = queue.first, flights[id]!.phase == .ready, budget.admits(flights[id]!.footprint) {
            queue.remove(id)
            let cancellation = Cancellation()
            budget.begin(flights[id]!.footprint)
            flights[id]!.phase = .running
            flights[id]!.cancellation = cancellation
            flights[id]!.holdsSlot = true
            actions.append(.run(id, flights[id]!.work, flights[id]!.values.map { $0! }, cancellation))
        }
    }

    private mutating func releaseSlot(of id: ID) {
        guard flights[id]!.holdsSlot else { return }
        flights[id]!.holdsSlot = false
        budget.end(flights[id]!.footprint)
    }

    /// A look-up, a measurement or a store has come back to a flight that everybody has left meanwhile.
    private mutating func dropIfUnwanted(_ id: ID) -> Bool {
        if flights[id]!.isWanted { return false }
        remove(id)
        return true
    }

    /// A cancelled run has ended: whoever has asked since gets a new one.
    private mutating func restartOrRemove(_ id: ID, _ actions: inout [Action]) {
        guard flights[id]!.isWanted else { return remove(id) }
        releaseInputs(of: id)
        flights[id]!.phase = .looking
        flights[id]!.cancellation = nil
        actions.append(.look(id, flights[id]!.work))
    }

    private mutating func remove(_ id: ID) {
        releaseInputs(of: id)
        let flight = flights.removeValue(forKey: id)!
        byDigest[flight.work.digest] = nil
    }

    /// Hands an outcome to everyone who waits; a failure fails what was built on it in turn.
    private mutating func complete(_ id: ID, _ outcome: Result<Value, any Error>, _ actions: inout [Action]) {
        var pending = [id]
        var unwanted: [ID] = []
        while let id = pending.popLast() {
            let flight = flights[id]!
            remove(id)
            for waiter in flight.waiters {
                flightOfWaiter[waiter] = nil
                actions.append(.resume(waiter, outcome))
            }
            for (dependent, place) in flight.dependents {
                flights[dependent]!.needs[place] = nil
                switch outcome {
                case .success(let value):
                    if flights[dependent]!.phase == .following {
                        flights[dependent]!.phase = .storing
                        actions.append(
                            .storeAlias(dependent, flights[dependent]!.work, target: flight.work, flights[dependent]!.tags, value))
                    } else {
                        pin(value, flight.work.digest)
                        flights[dependent]!.values[place] = value
                        if flights[dependent]!.needs.isEmpty { measure(dependent, &actions) }
                    }
                case .failure:
                    for (otherPlace, other) in flights[dependent]!.needs {
                        flights[other]!.dependents.removeAll { $0.flight == dependent && $0.place == otherPlace }
                        unwanted.append(other)
                    }
                    flights[dependent]!.needs = [:]
                    pending.append(dependent)
                }
            }
        }
        abandonUnwanted(unwanted, &actions)
    }

    /// Gives up flights nobody waits for, and the inputs nobody else needs.
    private mutating func abandonUnwanted(_ candidates: [ID], _ actions: inout [Action]) {
        var pending = candidates
        while let id = pending.popLast() {
            guard let flight = flights[id], !flight.isWanted else { continue }
            switch flight.phase {
            case .looking, .measuring, .storing:
                break  // the owner's answer will find it unwanted, or wanted again
            case .running:
                if let cancellation = flight.cancellation, !cancellation.isCancelled {
                    cancellation.mark()
                    actions.append(.cancel(cancellation))
                }
            case .ready:
                queue.remove(id)
                remove(id)
            case .waiting, .following:
                for (place, need) in flight.needs {
                    flights[need]!.dependents.removeAll { $0.flight == id && $0.place == place }
                    pending.append(need)
                }
                remove(id)
            }
        }
    }

    /// Digests of a flight and of everything that waits for it, directly or not.
    private func waiting(on id: ID) -> Set<Digest> {
        var seen: Set<ID> = [id]
        var digests: Set<Digest> = []
        var pending = [id]
        while let id = pending.popLast() {
            digests.insert(flights[id]!.work.digest)
            for (dependent, _) in flights[id]!.dependents where seen.insert(dependent).inserted { pending.append(dependent) }
        }
        return digests
    }

    // MARK: Pins

    private mutating func pin(_ value: Value, _ digest: Digest) {
        pins[digest, default: (0, value)].holders += 1
        if pins[digest]!.holders == 1 { budget.pin(value.byteCount) }
    }

    private mutating func releaseInputs(of id: ID) {
        let flight = flights[id]!
        for (place, input) in flight.work.inputs.enumerated() where place < flight.values.count && flight.values[place] != nil {
            pins[input.digest]!.holders -= 1
            if pins[input.digest]!.holders == 0 { budget.unpin(pins.removeValue(forKey: input.digest)!.value.byteCount) }
        }
        flights[id]!.values = []
    }
}

/// Why the artifact a plan returned cannot be made.
public enum PlanError: Error, Equatable, CustomStringConvertible {
    /// The plan is among the inputs of the artifact it returned, directly or through other plans.
    case needsItself
    /// Plans went on returning plans.
    case endless

    /// One sentence.
    public var description: String {
        switch self {
        case .needsItself: "the plan returned an artifact that needs the plan itself"
        case .endless: "more than 256 plans returned plans in turn"
        }
    }
}
