import AtelierScheduling

/// What flights are made of: something with an identity, and what it needs first.
protocol FlightWork: Sendable {
    associatedtype Identity: Hashable & Sendable
    var digest: Digest { get }
    /// What requests share when they share a flight: the digest, and how it is to be found.
    var identity: Identity { get }
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
/// A flight's life: `looking` in the levels → `leasing`, where levels say who makes it → `waiting` for its inputs →
/// `measuring` its footprint → `ready` in the queue → `running` → `storing` → gone, its value handed to everyone who
/// waits. A plan turns from `running` to `following` the flight of the artifact it returned, and then to `storing` the
/// alias.
///
/// What holds at every moment:
/// - one flight per identity, so one run;
/// - who asked is resumed exactly once: with the value, the failure, or cancellation when they leave;
/// - a flight nobody waits for is given up: what runs is cancelled and its result dropped, never stored. Whoever
///   asks for it before the run has ended waits for the end and starts it anew;
/// - a lease is handed back exactly once, when its flight is gone: what others wait for has been stored, or given up;
/// - running footprints and pinned inputs stay within the budget, but for the recorded overdraft of the first in line.
struct Flights<Work: FlightWork, Value: FlightValue>: Sendable {
    typealias ID = UInt64
    typealias Waiter = UInt64

    enum Action: Sendable {
        /// Look in the levels; answer with `found`, `failed` or `missed`.
        case look(ID, Work)
        /// Become the one who makes it, or wait until it is there; answer with `found`, `failed` or `leased`.
        case lease(ID, Work)
        /// What a lease was for is over.
        case release(Lease)
        /// Say the footprint; answer with `ready`.
        case measure(ID, Work, [Value])
        /// Run; answer with `made`, `failed` or `follow`.
        case run(ID, Work, [Value], Cancellation)
        /// The artifact of a plan has its value: store the alias; answer with `found`.
        case storeAlias(ID, Work, target: Work, Validity, Value)
        /// Nobody waits for a run any more.
        case cancel(Cancellation)
        /// Somebody has an answer.
        case resume(Waiter, Result<Value, any Error>)
    }

    private enum Phase {
        case looking, leasing, waiting, measuring, ready, running, following, storing
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
        var leases: [Lease] = []
        /// Whether it counts as running: from admission until its outcome is stored.
        var holdsSlot = false
        /// How many plans had to run for this flight to be asked for.
        var planDepth = 0
        /// Of a plan: what its alias will be kept under.
        var validity = Validity()

        var isWanted: Bool { !waiters.isEmpty || !dependents.isEmpty }
    }

    /// Plans that return plans that return plans end here.
    static var longestPlanChain: Int { 256 }

    private var flights: [ID: Flight] = [:]
    private var byIdentity: [Work.Identity: ID] = [:]
    private var flightOfWaiter: [Waiter: ID] = [:]
    private var queue = UrgencyQueue()
    /// Values that waiting, running and following flights hold, each weighed once. Whoever needs one of them meanwhile
    /// gets it from here: without levels, or with small ones, what a plan led to would make the plan's inputs again,
    /// and plans upon plans again and again.
    private var pins: [Work.Identity: (holders: Int, value: Value)] = [:]
    private let isCurrent: @Sendable (Value) -> Bool
    private var nextID: ID = 0
    private let slots: Int
    private(set) var budget: ByteBudget

    /// - Parameters:
    ///   - slots: How many flights may run at a time.
    ///   - budget: How many bytes they may hold.
    ///   - isCurrent: Whether a pinned value is an answer for somebody who asks now.
    init(slots: Int, budget: ByteBudget, isCurrent: @escaping @Sendable (Value) -> Bool = { _ in true }) {
        self.isCurrent = isCurrent
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
        if !dropIfUnwanted(id, &actions) { complete(id, .success(value), &actions) }
        admit(&actions)
    }

    /// No level has it: the inputs are needed, and before them a lease where that is worth asking for.
    mutating func missed(_ id: ID, leasing: Bool = false, _ actions: inout [Action]) {
        if dropIfUnwanted(id, &actions) { return }
        if leasing, flights[id]!.leases.isEmpty {
            flights[id]!.phase = .leasing
            actions.append(.lease(id, flights[id]!.work))
        } else {
            gatherInputs(id, &actions)
        }
    }

    /// The leases are held; with none, it is made without.
    mutating func leased(_ id: ID, _ leases: [Lease], _ actions: inout [Action]) {
        flights[id]!.leases = leases
        if !dropIfUnwanted(id, &actions) { gatherInputs(id, &actions) }
    }

    /// Whether a flight that is `leasing` is still waited for. If not it is gone, and no answer is due.
    mutating func goesOn(_ id: ID, _ actions: inout [Action]) -> Bool { !dropIfUnwanted(id, &actions) }

    private mutating func gatherInputs(_ id: ID, _ actions: inout [Action]) {
        var flight = flights[id]!
        let inputs = flight.work.inputs
        flight.values = Array(repeating: nil, count: inputs.count)
        flight.phase = .waiting
        for (place, input) in inputs.enumerated() {
            if let value = pinned(input) {
                pin(value, input.identity)
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
            remove(id, &actions)
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
        if !dropIfUnwanted(id, &actions) { complete(id, .failure(error), &actions) }
    }

    /// A plan has run and says which artifact answers for it.
    ///
    /// - Parameters:
    ///   - reach: Digests of the artifact and everything it is built on.
    ///   - validity: Handed back with the alias.
    mutating func follow(_ id: ID, _ target: Work, reach: Set<Digest>, validity: Validity = Validity(), _ actions: inout [Action]) {
        defer { admit(&actions) }
        releaseSlot(of: id)
        if flights[id]!.cancellation?.isCancelled == true { return restartOrRemove(id, &actions) }
        // What waits for this plan must not be what the plan waits for.
        if waiting(on: id).contains(where: reach.contains) {
            return complete(id, .failure(flights[id]!.work.failure(PlanError.needsItself)), &actions)
        }
        let depth = flights[id]!.planDepth + 1
        if depth > Self.longestPlanChain { return complete(id, .failure(flights[id]!.work.failure(PlanError.endless)), &actions) }
        flights[id]!.validity = validity
        if let value = pinned(target) {
            flights[id]!.phase = .storing
            actions.append(.storeAlias(id, flights[id]!.work, target: target, validity, value))
            return
        }
        let need = flight(for: target, deadline: flights[id]!.urgency.deadline, planDepth: depth, &actions)
        flights[need]!.dependents.append((id, 0))
        flights[id]!.needs = [0: need]
        flights[id]!.phase = .following
    }

    // MARK: Flights

    private mutating func flight(for work: Work, deadline: UInt64, planDepth: Int, _ actions: inout [Action]) -> ID {
        if let id = byIdentity[work.identity] {
            raise(id, deadline: deadline)
            return id
        }
        let id = nextID
        nextID += 1
        // Flights are numbered as they are asked for, consumers before their inputs. Among equal deadlines the lower
        // number goes first, so begun chains are finished, and their values let go, before new ones begin.
        flights[id] = Flight(work: work, urgency: Urgency(deadline: deadline, sequence: id), planDepth: planDepth)
        byIdentity[work.identity] = id
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
    private mutating func dropIfUnwanted(_ id: ID, _ actions: inout [Action]) -> Bool {
        if flights[id]!.isWanted { return false }
        remove(id, &actions)
        return true
    }

    /// A cancelled run has ended: whoever has asked since gets a new one.
    private mutating func restartOrRemove(_ id: ID, _ actions: inout [Action]) {
        guard flights[id]!.isWanted else { return remove(id, &actions) }
        releaseInputs(of: id)
        flights[id]!.phase = .looking
        flights[id]!.cancellation = nil
        actions.append(.look(id, flights[id]!.work))
    }

    private mutating func remove(_ id: ID, _ actions: inout [Action]) {
        releaseInputs(of: id)
        let flight = flights.removeValue(forKey: id)!
        byIdentity[flight.work.identity] = nil
        for lease in flight.leases { actions.append(.release(lease)) }
    }

    /// Hands an outcome to everyone who waits; a failure fails what was built on it in turn.
    private mutating func complete(_ id: ID, _ outcome: Result<Value, any Error>, _ actions: inout [Action]) {
        var pending = [id]
        var unwanted: [ID] = []
        while let id = pending.popLast() {
            let flight = flights[id]!
            remove(id, &actions)
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
                            .storeAlias(dependent, flights[dependent]!.work, target: flight.work, flights[dependent]!.validity, value))
                    } else {
                        pin(value, flight.work.identity)
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
            case .looking, .leasing, .measuring, .storing:
                break  // the owner's answer will find it unwanted, or wanted again
            case .running:
                if let cancellation = flight.cancellation, !cancellation.isCancelled {
                    cancellation.mark()
                    actions.append(.cancel(cancellation))
                }
            case .ready:
                queue.remove(id)
                remove(id, &actions)
            case .waiting, .following:
                for (place, need) in flight.needs {
                    flights[need]!.dependents.removeAll { $0.flight == id && $0.place == place }
                    pending.append(need)
                }
                remove(id, &actions)
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

    private func pinned(_ work: Work) -> Value? {
        guard let value = pins[work.identity]?.value, isCurrent(value) else { return nil }
        return value
    }

    private mutating func pin(_ value: Value, _ identity: Work.Identity) {
        pins[identity, default: (0, value)].holders += 1
        if pins[identity]!.holders == 1 { budget.pin(value.byteCount) }
    }

    private mutating func releaseInputs(of id: ID) {
        let flight = flights[id]!
        for (place, input) in flight.work.inputs.enumerated() where place < flight.values.count && flight.values[place] != nil {
            pins[input.identity]!.holders -= 1
            if pins[input.identity]!.holders == 0 { budget.unpin(pins.removeValue(forKey: input.identity)!.value.byteCount) }
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
