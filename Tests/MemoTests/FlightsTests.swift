import AtelierScheduling
import AtelierTesting
import Testing

@testable import AtelierMemo

/// Drives `Flights` through random schedules of asking, leaving, finding, running, failing, following and evicting,
/// with a model beside it that knows what must come out.
@Suite("Flights")
struct FlightsTests {
    @Test("In 100,000 random schedules every digest has one run, nobody is forgotten, the budget holds, nothing is stored after a cancel")
    func explore() async {
        let findings = await exploreSchedules(100_000) { seed in
            var explorer = Explorer(seed: seed)
            return explorer.explore()
        }
        #expect(findings.isEmpty)
    }

    @Test("In 40,000 random schedules processes that share leases come to an end, make nothing twice at a time, and keep no lease")
    func exploreTogether() async {
        let findings = await exploreSchedules(40_000) { Explorer.explore(processes: 2 + Int($0 % 2), seed: $0) }
        #expect(findings.isEmpty)
    }

    @Test("Joining raises the priority of a flight and of everything it waits for")
    func raising() {
        let source = Job(1), background = Job(2, [source]), other = Job(3)
        var flights = Flights<Job, Worth>(slots: 1, budget: ByteBudget(limit: 100))
        var actions: [Flights<Job, Worth>.Action] = []
        let blocker = Job(4)
        flights.ask(blocker, waiter: 0, deadline: 0, &actions)
        flights.missed(0, &actions)
        flights.ready(0, footprint: 0, &actions)
        flights.ask(background, waiter: 1, deadline: 20, &actions)
        flights.missed(1, &actions)  // asks for `source`, flight 2
        flights.missed(2, &actions)
        flights.ready(2, footprint: 0, &actions)
        flights.ask(other, waiter: 2, deadline: 10, &actions)
        flights.missed(3, &actions)
        flights.ready(3, footprint: 0, &actions)
        actions = []

        flights.ask(background, waiter: 3, deadline: 5, &actions)
        #expect(flights.made(0, &actions))
        flights.found(0, Worth(digest: blocker.digest, byteCount: 0), &actions)

        #expect(actions.running == [source.digest])
    }

    @Test("A value that a flight holds serves the next one, unless it is no longer current", arguments: [true, false])
    func pins(isCurrent: Bool) {
        let input = Job(1)
        var flights = Flights<Job, Worth>(slots: 1, budget: ByteBudget(limit: 100)) { _ in isCurrent }
        var actions: [Flights<Job, Worth>.Action] = []
        flights.ask(Job(2, [input]), waiter: 0, deadline: 0, &actions)
        flights.missed(0, &actions)  // asks for the input, flight 1
        flights.found(1, Worth(digest: input.digest, byteCount: 1), &actions)
        flights.ask(Job(3, [input]), waiter: 1, deadline: 0, &actions)
        actions = []
        flights.missed(2, &actions)
        switch actions.first {
        case .measure(2, _, let values): #expect(isCurrent && values.map(\.digest) == [input.digest])
        case .look(3, let job): #expect(!isCurrent && job.digest == input.digest)
        default: Issue.record("\(actions)")
        }
    }

    @Test("Work larger than the budget waits for the rest and runs alone, and the overdraft is counted")
    func largerThanTheBudget() {
        var flights = Flights<Job, Worth>(slots: 4, budget: ByteBudget(limit: 100))
        var actions: [Flights<Job, Worth>.Action] = []
        for (id, footprint) in [60, 500, 10].enumerated() {
            flights.ask(Job(id), waiter: UInt64(id), deadline: UInt64(id), &actions)
            flights.missed(UInt64(id), &actions)
            flights.ready(UInt64(id), footprint: footprint, &actions)
        }
        #expect(actions.running == [Job(0).digest])
        actions = []
        #expect(flights.made(0, &actions))
        flights.found(0, Worth(digest: Job(0).digest, byteCount: 1), &actions)
        #expect(actions.running == [Job(1).digest])
        #expect(flights.budget.overdrafts == 1)
        actions = []
        #expect(flights.made(1, &actions))
        flights.found(1, Worth(digest: Job(1).digest, byteCount: 1), &actions)
        #expect(actions.running == [Job(2).digest])
    }

    @Test("Among equals a begun chain is finished before the next begins")
    func depthFirst() {
        var flights = Flights<Job, Worth>(slots: 1, budget: ByteBudget(limit: 100))
        var actions: [Flights<Job, Worth>.Action] = []
        let pages = (0..<3).map { Job(10 + $0, [Job(20 + $0)]) }
        flights.ask(Job(0, pages), waiter: 0, deadline: 0, &actions)
        var order: [Digest] = []
        while let action = actions.first {
            actions.removeFirst()
            switch action {
            case .look(let id, _): flights.missed(id, &actions)
            case .measure(let id, _, _): flights.ready(id, footprint: 0, &actions)
            case .run(let id, let job, _, _):
                order.append(job.digest)
                if flights.made(id, &actions) { flights.found(id, Worth(digest: job.digest, byteCount: 1), &actions) }
            default: break
            }
        }
        #expect(order == [20, 10, 21, 11, 22, 12, 0].map { Job($0).digest })
    }
}

/// A node of a random graph; a plan leads to `target`.
struct Job: FlightWork {
    var number: Int
    var inputs: [Job] = []
    var target: [Job] = []
    var digest: Digest { Digest(words: (UInt64(number), 0, 0, 0)) }
    var identity: Int { number }

    init(_ number: Int, _ inputs: [Job] = []) {
        self.number = number
        self.inputs = inputs
    }

    func failure(_ error: any Error) -> any Error { error }
    var reach: Set<Digest> { inputs.reduce(into: [digest]) { $0.formUnion($1.reach) } }
}

struct Worth: FlightValue, Equatable {
    var digest: Digest
    var byteCount: Int
}

extension [Flights<Job, Worth>.Action] {
    var running: [Digest] {
        compactMap { action in
            if case .run(_, let job, _, _) = action { job.digest } else { nil }
        }
    }
}

private struct Broken: Error {}

/// What processes share: levels that keep what one of them has made, and leases on it.
private final class World {
    var stored: Set<Digest> = []
    let leases = LeaseTable()
    var hasLeases = false
    /// Digests that were made without a lease, because it could not be asked for.
    var isFree: Set<Digest> = []
    /// Which process runs a digest or stores what came of it.
    var making: [Digest: Int] = [:]

}

private final class LeaseTable: Sendable {
    private let state = Lock((taken: Set<Digest>(), isBroken: false))

    /// Nil when somebody has it.
    func lease(_ digest: Digest) -> Lease? {
        guard state.withLock({ $0.taken.insert(digest).inserted }) else { return nil }
        return Lease { [self] in
            state.withLock { if $0.taken.remove(digest) == nil { $0.isBroken = true } }
        }
    }

    /// What is wrong with the leases when all is over.
    var finding: String? {
        state.withLock { state in
            if state.isBroken { return "a lease was given back twice" }
            return state.taken.isEmpty ? nil : "\(state.taken.count) leases were never given back"
        }
    }
}

private struct Explorer {
    private var random: SplitMix
    private var flights: Flights<Job, Worth>
    private let limit: Int
    private var jobs: [Job] = []
    /// What the owner has been told to do and has not done yet, in any order.
    private var outstanding: [Flights<Job, Worth>.Action] = []
    private var running: [(id: UInt64, job: Job, footprint: Int, cancellation: Cancellation)] = []
    /// Runs whose value is being stored; they hold their place as well.
    private var storing: [(id: UInt64, job: Job, footprint: Int)] = []
    private let world: World
    private let process: Int
    private var asked: [UInt64: (digest: Digest, hasLeft: Bool)] = [:]
    private var answered: Set<UInt64> = []
    /// Who has been told to be answered, whenever that is done.
    private var resumed: Set<UInt64> = []
    private var finding: String?

    init(seed: UInt64, world: World = World(), process: Int = 0) {
        self.world = world
        self.process = process
        random = SplitMix(seed: seed)
        limit = random.int(in: 5..<41)
        flights = Flights(slots: random.int(in: 1..<4), budget: ByteBudget(limit: limit))
        for number in 0..<random.int(in: 1..<7) {
            var job = Job(number)
            for input in jobs where random.int(in: 0..<3) == 0 { job.inputs.append(input) }
            if number > 0, random.int(in: 0..<4) == 0 { job.target = [jobs[random.int(in: 0..<number)]] }
            jobs.append(job)
        }
    }

    private func footprint(_ job: Job) -> Int { job.number * 7 % 23 }
    private func worth(_ job: Job) -> Worth { Worth(digest: job.digest, byteCount: job.number * 5 % 11) }

    /// Returns what was violated first.
    mutating func explore() -> String? {
        for _ in 0..<random.int(in: 5..<26) where finding == nil { step() }
        // Everything comes to its end.
        var steps = 0
        while finding == nil, !isIdle {
            goOn()
            steps += 1
            if steps > 10_000 { return "it does not end" }
        }
        return finding ?? remains
    }

    /// Several processes with the same work at hand.
    static func explore(processes count: Int, seed: UInt64) -> String? {
        var random = SplitMix(seed: seed)
        let world = World()
        world.hasLeases = true
        // The same seed gives all of them the same jobs; what they do differs by their number.
        var processes = (0..<count).map { Explorer(seed: seed, world: world, process: $0) }
        for process in processes.indices { processes[process].random = SplitMix(seed: seed &+ UInt64(process) << 32) }
        var steps = random.int(in: 10..<50)
        while steps > 0 || !processes.allSatisfy(\.isIdle) {
            let process = random.int(in: 0..<count)
            if steps > 0 { processes[process].step() } else { processes[process].goOn() }
            if let finding = processes[process].finding { return "process \(process): \(finding)" }
            steps -= 1
            if steps < -20_000 { return "it does not end" }
        }
        return processes.lazy.compactMap(\.remains).first ?? world.leases.finding
    }

    private var isIdle: Bool { outstanding.isEmpty && running.isEmpty && storing.isEmpty }

    private mutating func goOn() {
        switch random.int(in: 0..<4) {
        case 0: end()
        case 1: finishStoring()
        default: act()
        }
    }

    /// What is wrong with a process that has nothing more to do.
    private var remains: String? {
        if flights.count != 0 { return "\(flights.count) flights are left that nothing will move" }
        if flights.budget.used != 0 || flights.budget.runningCount != 0 { return "\(flights.budget.used) bytes are never given back" }
        if answered.count != asked.count { return "\(asked.count - answered.count) waiters are lost" }
        return nil
    }

    private mutating func step() {
        switch random.int(in: 0..<10) {
        case 0..<2:
            let waiter = UInt64(asked.count), job = jobs[random.int(in: 0..<jobs.count)]
            asked[waiter] = (job.digest, false)
            let deadline = UInt64(random.int(in: 0..<8))
            change { $0.ask(job, waiter: waiter, deadline: deadline, &$1) }
        case 2:
            guard !asked.isEmpty else { return }
            let waiter = UInt64(random.int(in: 0..<asked.count))
            if !answered.contains(waiter) { asked[waiter]!.hasLeft = true }
            change { $0.leave(waiter, &$1) }
            if !answered.contains(waiter), !outstanding.contains(where: { $0.resumes(waiter) }) {
                finding = "waiter \(waiter) left and is not told"
            }
        case 3: if let digest = world.stored.sorted().first { world.stored.remove(digest) }
        case 4..<7: act()
        case 7: finishStoring()
        default: end()
        }
    }

    /// Whether somebody waits for something that leads to a job.
    private func isWanted(_ job: Job) -> Bool {
        var pending = asked.filter { !$0.value.hasLeft && !resumed.contains($0.key) }.map { Int($0.value.digest.words.0) }
        var seen: Set<Int> = []
        while let number = pending.popLast() {
            if number == job.number { return true }
            if seen.insert(number).inserted { pending += (jobs[number].inputs + jobs[number].target).map(\.number) }
        }
        return false
    }

    private mutating func change(_ body: (inout Flights<Job, Worth>, inout [Flights<Job, Worth>.Action]) -> Void) {
        var actions: [Flights<Job, Worth>.Action] = []
        body(&flights, &actions)
        for action in actions {
            if case .resume(let waiter, _) = action { resumed.insert(waiter) }
            // A run holds its place from the moment it is admitted, whenever its owner comes to start it.
            guard case .run(let id, let job, let values, let cancellation) = action else { continue }
            if running.contains(where: { $0.job.digest == job.digest }) || storing.contains(where: { $0.job.digest == job.digest }) {
                finding = "job \(job.number) runs twice at a time"
            }
            if !isWanted(job) { finding = "job \(job.number) runs and nobody waits for it" }
            if values.map(\.digest) != job.inputs.map(\.digest) { finding = "job \(job.number) has other inputs" }
            let held = running.map(\.footprint) + storing.map(\.footprint)
            let used = held.reduce(flights.budget.pinned, +)
            if !held.isEmpty, used + footprint(job) > limit { finding = "\(used) + \(footprint(job)) bytes exceed \(limit)" }
            if world.hasLeases, !world.isFree.contains(job.digest), let other = world.making[job.digest] {
                finding = "job \(job.number) runs in process \(other) too"
            }
            world.making[job.digest] = process
            running.append((id, job, footprint(job), cancellation))
        }
        outstanding += actions.filter { if case .run = $0 { false } else { true } }
    }

    /// Does one of the things the owner was told to do.
    private mutating func act() {
        guard !outstanding.isEmpty else { return }
        switch outstanding.remove(at: random.int(in: 0..<outstanding.count)) {
        case .look(let id, let job):
            switch (world.stored.contains(job.digest), random.int(in: 0..<12)) {
            case (_, 0): change { $0.failed(id, Broken(), &$1) }  // a remembered failure
            case (true, _): change { [worth] in $0.found(id, worth(job), &$1) }
            case (false, _): change { [world] in $0.missed(id, leasing: world.hasLeases, &$1) }
            }
        case .measure(let id, let job, _): change { [footprint] in $0.ready(id, footprint: footprint(job), &$1) }
        case .storeAlias(let id, let job, let target, _, let value):
            if value.digest != job.digest, value.digest != target.digest { finding = "job \(job.number) is answered by a stranger" }
            world.stored.insert(job.digest)
            change { [worth] in $0.found(id, worth(job), &$1) }
        case .cancel(let cancellation):
            if !cancellation.isCancelled { finding = "a run is told of a cancellation that did not happen" }
        case .resume(let waiter, let outcome):
            if !answered.insert(waiter).inserted { finding = "waiter \(waiter) is answered twice" }
            let (digest, hasLeft) = asked[waiter]!
            switch outcome {
            case .success(let value): if value.digest != digest { finding = "waiter \(waiter) has another job's value" }
            case .failure(is CancellationError): if !hasLeft { finding = "waiter \(waiter) is cancelled and had not left" }
            case .failure: break
            }
        case .run: break
        case .lease(let id, let job): lease(id, job)
        case .release(let lease): lease.release()
        }
    }

    private mutating func lease(_ id: UInt64, _ job: Job) {
        if world.stored.contains(job.digest) { return change { [worth] in $0.found(id, worth(job), &$1) } }
        if random.int(in: 0..<20) == 0 {
            world.isFree.insert(job.digest)
            return change { $0.leased(id, [], &$1) }
        }
        if let lease = world.leases.lease(job.digest) { return change { $0.leased(id, [lease], &$1) } }
        var goesOn = false
        change { goesOn = $0.goesOn(id, &$1) }
        if goesOn { outstanding.append(.lease(id, job)) }
    }

    /// One of the runs comes to its end, well or badly; a cancelled one may not have noticed.
    private mutating func end() {
        guard !running.isEmpty else { return }
        let (id, job, _, cancellation) = running.remove(at: random.int(in: 0..<running.count))
        // Until it is stored nobody else may begin; where a plan leads to is another matter.
        var isStoring = false
        defer { if !isStoring { world.making[job.digest] = nil } }
        if random.int(in: 0..<6) == 0 {
            let error: any Error = cancellation.isCancelled ? CancellationError() : Broken()
            change { $0.failed(id, error, &$1) }
        } else if let target = job.target.first {
            change { $0.follow(id, target, reach: target.reach, &$1) }
        } else {
            let isCancelled = cancellation.isCancelled
            var isWanted = false
            change { isWanted = $0.made(id, &$1) }
            if isWanted, isCancelled { finding = "job \(job.number) is stored after its cancellation" }
            if isWanted { storing.append((id, job, footprint(job))) }
            isStoring = isWanted
        }
    }

    private mutating func finishStoring() {
        guard !storing.isEmpty else { return }
        let (id, job, _) = storing.remove(at: random.int(in: 0..<storing.count))
        world.making[job.digest] = nil
        world.stored.insert(job.digest)
        change { [worth] in $0.found(id, worth(job), &$1) }
    }
}

extension Flights<Job, Worth>.Action {
    fileprivate func resumes(_ waiter: UInt64) -> Bool {
        if case .resume(waiter, _) = self { true } else { false }
    }
}
