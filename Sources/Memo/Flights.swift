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

    /// An object, because most operations look at one field of a few flights, and the value of so many fields would be copied whole
    /// for each look (a fifth of the time of a small conversion). One value of `Flights` owns it, under its owner's lock.
    private final class Flight: @unchecked Sendable {
        let id: ID
        let work: Work
        let identity: Work.Identity
        var phase = Phase.looking
        var urgency: Urgency
        var waiters: [Waiter] = []
        /// Flights that need this one's value, with the place among their inputs (0 for a plan that follows).
        var dependents: [(flight: Flight, place: Int)] = []
        /// Flights of the inputs that are not there yet, by place; of a plan that follows, its target. And how many there are.
        var needs: [Flight?] = [], needCount = 0
        var values: [Value?] = []
        var footprint = 0
        var cancellation: Cancellation?
        var leases: [Lease] = []
        /// Whether it counts as running: from admission until its outcome is stored.
        var holdsSlot = false
        /// How many plans had to run for this flight to be asked for.
        let planDepth: Int
        /// Of a plan: what its alias will be kept under.
        var validity = Validity()

        init(id: ID, work: Work, identity: Work.Identity, urgency: Urgency, planDepth: Int) {
            self.id = id
            self.work = work
            self.identity = identity
            self.urgency = urgency
            self.planDepth = planDepth
        }

        var isWanted: Bool { !waiters.isEmpty || !dependents.isEmpty }

        /// No longer waits for inputs, and says for which it did.
        func letGoOfNeeds() -> [Flight] {
            let others = needs.compactMap(\.self)
            for other in others { other.dependents.removeAll { $0.flight === self } }
            (needs, needCount) = ([], 0)
            return others
        }
    }

    /// Plans that return plans that return plans end here.
    static var longestPlanChain: Int { 256 }

    private var flights: [ID: Flight] = [:]
    private var byIdentity: [Work.Identity: Flight] = [:]
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

    /// What runs now for something that was asked for, or is being stored, from what is made first to what is made last.
    func running(for identity: Work.Identity) -> [Work] {
        var found = [byIdentity[identity]].compactMap(\.self), seen = Set(found.map(\.id)), next = 0
        while next < found.count {
            for case let need? in found[next].needs where seen.insert(need.id).inserted { found.append(need) }
            next += 1
        }
        return found.reversed().filter(\.holdsSlot).map(\.work)
    }

    // MARK: What askers do

    /// Somebody wants a value; joins the flight that is under way or begins one.
    mutating func ask(_ work: Work, waiter: Waiter, deadline: UInt64, _ actions: inout [Action]) {
        let flight = flight(for: work, deadline: deadline, planDepth: 0, &actions)
        flight.waiters.append(waiter)
        flightOfWaiter[waiter] = flight.id
    }

    /// Somebody does not want the value any more; nothing happens when they have their answer.
    mutating func leave(_ waiter: Waiter, _ actions: inout [Action]) {
        guard let flight = flightOfWaiter.removeValue(forKey: waiter).flatMap({ flights[$0] }) else { return }
        flight.waiters.removeAll { $0 == waiter }
        actions.append(.resume(waiter, .failure(CancellationError())))
        abandonUnwanted([flight], &actions)
        admit(&actions)
    }

    /// Lets more or fewer bytes be held from now on; what runs keeps what it has.
    mutating func resize(budget limit: Int, _ actions: inout [Action]) {
        budget.limit = limit
        admit(&actions)
    }

    // MARK: What the owner answers

    /// The value was found in a level, or the alias of a plan is stored, or what was made is stored.
    mutating func found(_ id: ID, _ value: Value, _ actions: inout [Action]) {
        let flight = flights[id]!
        releaseSlot(of: flight)
        if !dropIfUnwanted(flight, &actions) { complete(flight, .success(value), &actions) }
        admit(&actions)
    }

    /// No level has it: the inputs are needed, and before them a lease where that is worth asking for.
    mutating func missed(_ id: ID, leasing: Bool = false, _ actions: inout [Action]) {
        let flight = flights[id]!
        if dropIfUnwanted(flight, &actions) { return }
        if leasing, flight.leases.isEmpty {
            flight.phase = .leasing
            actions.append(.lease(id, flight.work))
        } else {
            gatherInputs(flight, &actions)
        }
    }

    /// The leases are held; with none, it is made without.
    mutating func leased(_ id: ID, _ leases: [Lease], _ actions: inout [Action]) {
        let flight = flights[id]!
        flight.leases = leases
        if !dropIfUnwanted(flight, &actions) { gatherInputs(flight, &actions) }
    }

    /// Whether a flight that is `leasing` is still waited for. If not it is gone, and no answer is due.
    mutating func goesOn(_ id: ID, _ actions: inout [Action]) -> Bool { !dropIfUnwanted(flights[id]!, &actions) }

    private mutating func gatherInputs(_ flight: Flight, _ actions: inout [Action]) {
        let inputs = flight.work.inputs
        flight.values = Array(repeating: nil, count: inputs.count)
        flight.needs = Array(repeating: nil, count: inputs.count)
        flight.phase = .waiting
        for (place, input) in inputs.enumerated() {
            if let value = pinned(input) {
                pin(value, input.identity)
                flight.values[place] = value
                continue
            }
            let need = self.flight(for: input, deadline: flight.urgency.deadline, planDepth: flight.planDepth, &actions)
            need.dependents.append((flight, place))
            flight.needs[place] = need
            flight.needCount += 1
        }
        if flight.needCount == 0 { measure(flight, &actions) }
    }

    /// The footprint of a flight whose inputs are there.
    mutating func ready(_ id: ID, footprint: Int, _ actions: inout [Action]) {
        let flight = flights[id]!
        if flight.isWanted {
            flight.footprint = footprint
            flight.phase = .ready
        } else {
            queue.remove(id)
            remove(flight, &actions)
        }
        admit(&actions)
    }

    /// A run has given a value. Returns whether to store it and then say `found`; if not, the run was given up.
    mutating func made(_ id: ID, _ actions: inout [Action]) -> Bool {
        let flight = flights[id]!
        precondition(flight.phase == .running, "a run ended that was not under way")
        releaseInputs(of: flight)
        if flight.cancellation?.isCancelled == false {
            flight.phase = .storing
            return true
        }
        releaseSlot(of: flight)
        restartOrRemove(flight, &actions)
        admit(&actions)
        return false
    }

    /// A run, a look-up or the storing of an alias has failed.
    mutating func failed(_ id: ID, _ error: any Error, _ actions: inout [Action]) {
        defer { admit(&actions) }
        let flight = flights[id]!
        if flight.phase == .running {
            releaseSlot(of: flight)
            if flight.cancellation?.isCancelled == true { return restartOrRemove(flight, &actions) }
        }
        if !dropIfUnwanted(flight, &actions) { complete(flight, .failure(error), &actions) }
    }

    /// A plan has run and says which artifact answers for it.
    ///
    /// - Parameters:
    ///   - reach: Digests of the artifact and everything it is built on.
    ///   - validity: Handed back with the alias.
    mutating func follow(_ id: ID, _ target: Work, reach: Set<Digest>, validity: Validity = Validity(), _ actions: inout [Action]) {
        defer { admit(&actions) }
        let flight = flights[id]!
        releaseSlot(of: flight)
        if flight.cancellation?.isCancelled == true { return restartOrRemove(flight, &actions) }
        // What waits for this plan must not be what the plan waits for.
        if isAwaited(flight, by: reach) {
            return complete(flight, .failure(flight.work.failure(PlanError.needsItself)), &actions)
        }
        let depth = flight.planDepth + 1
        if depth > Self.longestPlanChain { return complete(flight, .failure(flight.work.failure(PlanError.endless)), &actions) }
        flight.validity = validity
        if let value = pinned(target) {
            flight.phase = .storing
            actions.append(.storeAlias(id, flight.work, target: target, validity, value))
            return
        }
        let need = self.flight(for: target, deadline: flight.urgency.deadline, planDepth: depth, &actions)
        need.dependents.append((flight, 0))
        (flight.needs, flight.needCount) = ([need], 1)
        flight.phase = .following
    }

    // MARK: Flights

    private mutating func flight(for work: Work, deadline: UInt64, planDepth: Int, _ actions: inout [Action]) -> Flight {
        let identity = work.identity
        if let flight = byIdentity[identity] {
            raise(flight, deadline: deadline)
            return flight
        }
        let id = nextID
        nextID += 1
        // Flights are numbered as they are asked for, consumers before their inputs. Among equal deadlines the lower
        // number goes first, so begun chains are finished, and their values let go, before new ones begin.
        let urgency = Urgency(deadline: deadline, sequence: id)
        let flight = Flight(id: id, work: work, identity: identity, urgency: urgency, planDepth: planDepth)
        flights[id] = flight
        byIdentity[identity] = flight
        actions.append(.look(id, work))
        return flight
    }

    /// Moves a flight and everything it needs forward.
    private mutating func raise(_ flight: Flight, deadline: UInt64) {
        guard flight.urgency.deadline > deadline else { return }
        var pending = [flight]
        while let flight = pending.popLast() {
            guard flight.urgency.deadline > deadline else { continue }
            flight.urgency.deadline = deadline
            if flight.phase == .ready || flight.phase == .measuring { queue.insert(flight.id, at: flight.urgency) }
            for case let need? in flight.needs { pending.append(need) }
        }
    }

    private mutating func measure(_ flight: Flight, _ actions: inout [Action]) {
        flight.phase = .measuring
        // It keeps its place while it is measured: what comes after it must not overtake it.
        queue.insert(flight.id, at: flight.urgency)
        actions.append(.measure(flight.id, flight.work, flight.values.map { $0! }))
    }

    private mutating func admit(_ actions: inout [Action]) {
        while budget.runningCount < slots, let id = queue.first, let flight = flights[id], flight.phase == .ready,
            budget.admits(flight.footprint)
        {
            queue.remove(id)
            let cancellation = Cancellation()
            budget.begin(flight.footprint)
            flight.phase = .running
            flight.cancellation = cancellation
            flight.holdsSlot = true
            actions.append(.run(id, flight.work, flight.values.map { $0! }, cancellation))
        }
    }

    private mutating func releaseSlot(of flight: Flight) {
        guard flight.holdsSlot else { return }
        flight.holdsSlot = false
        budget.end(flight.footprint)
    }

    /// A look-up, a measurement or a store has come back to a flight that everybody has left meanwhile.
    private mutating func dropIfUnwanted(_ flight: Flight, _ actions: inout [Action]) -> Bool {
        if flight.isWanted { return false }
        remove(flight, &actions)
        return true
    }

    /// A cancelled run has ended: whoever has asked since gets a new one.
    private mutating func restartOrRemove(_ flight: Flight, _ actions: inout [Action]) {
        guard flight.isWanted else { return remove(flight, &actions) }
        releaseInputs(of: flight)
        flight.phase = .looking
        flight.cancellation = nil
        actions.append(.look(flight.id, flight.work))
    }

    private mutating func remove(_ flight: Flight, _ actions: inout [Action]) {
        releaseInputs(of: flight)
        flights[flight.id] = nil
        byIdentity[flight.identity] = nil
        for lease in flight.leases { actions.append(.release(lease)) }
    }

    /// Hands an outcome to everyone who waits; a failure fails what was built on it in turn.
    private mutating func complete(_ flight: Flight, _ outcome: Result<Value, any Error>, _ actions: inout [Action]) {
        var pending = [flight]
        var unwanted: [Flight] = []
        while let flight = pending.popLast() {
            remove(flight, &actions)
            for waiter in flight.waiters {
                flightOfWaiter[waiter] = nil
                actions.append(.resume(waiter, outcome))
            }
            for (dependent, place) in flight.dependents {
                dependent.needs[place] = nil
                dependent.needCount -= 1
                switch outcome {
                case .success(let value):
                    if dependent.phase == .following {
                        dependent.phase = .storing
                        actions.append(.storeAlias(dependent.id, dependent.work, target: flight.work, dependent.validity, value))
                    } else {
                        pin(value, flight.identity)
                        dependent.values[place] = value
                        if dependent.needCount == 0 { measure(dependent, &actions) }
                    }
                case .failure:
                    unwanted += dependent.letGoOfNeeds()
                    pending.append(dependent)
                }
            }
            // Flights refer to each other only while both are under way.
            flight.dependents = []
        }
        abandonUnwanted(unwanted, &actions)
    }

    /// Gives up flights nobody waits for, and the inputs nobody else needs.
    private mutating func abandonUnwanted(_ candidates: [Flight], _ actions: inout [Action]) {
        var pending = candidates
        while let flight = pending.popLast() {
            guard flights[flight.id] === flight, !flight.isWanted else { continue }
            switch flight.phase {
            case .looking, .leasing, .measuring, .storing:
                break  // the owner's answer will find it unwanted, or wanted again
            case .running:
                if let cancellation = flight.cancellation, !cancellation.isCancelled {
                    cancellation.mark()
                    actions.append(.cancel(cancellation))
                }
            case .ready:
                queue.remove(flight.id)
                remove(flight, &actions)
            case .waiting, .following:
                pending += flight.letGoOfNeeds()
                remove(flight, &actions)
            }
        }
    }

    /// Whether a flight, or anything that waits for it, directly or not, has one of the digests.
    private func isAwaited(_ flight: Flight, by digests: Set<Digest>) -> Bool {
        var seen: Set<ID> = []
        var pending = [flight]
        while let flight = pending.popLast() {
            if digests.contains(flight.work.digest) { return true }
            for (dependent, _) in flight.dependents where seen.insert(dependent.id).inserted { pending.append(dependent) }
        }
        return false
    }

    // MARK: Pins

    private func pinned(_ work: Work) -> Value? {
        guard let value = pins[work.identity]?.value, isCurrent(value) else { return nil }
        return value
    }

    private mutating func pin(_ value: Value, _ identity: Work.Identity) {
        let holders = pins[identity, default: (0, value)].holders + 1
        pins[identity, default: (0, value)].holders = holders
        if holders == 1 { budget.pin(value.byteCount) }
    }

    private mutating func releaseInputs(of flight: Flight) {
        guard !flight.values.isEmpty else { return }
        for (input, value) in zip(flight.work.inputs, flight.values) where value != nil {
            let identity = input.identity
            pins[identity]!.holders -= 1
            if pins[identity]!.holders == 0 { budget.unpin(pins.removeValue(forKey: identity)!.value.byteCount) }
        }
        flight.values = []
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
