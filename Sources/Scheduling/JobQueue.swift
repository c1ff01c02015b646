import AtelierTelemetry

/// Jobs that ask to be done: which begin now, which wait, which are refused, and what became of them.
///
/// A value without clocks, threads or calls, as flights are: every operation is told the time, and appends to `actions` what its owner
/// has to do. `Admission` is the usual owner. Tests drive it through random schedules.
///
/// A job begins when a slot and its bytes are free and `FairQueue` has it first. What holds at every moment:
/// - who was added is told exactly once that it begins or why not, unless it is cancelled first;
/// - at most `slots` run, and the bytes of those that run stay within the budget, but for one that is alone;
/// - at most `capacity` wait. When there is no room, the client with the most waiting loses its newest, so that one who floods the
///   queue closes it to itself alone;
/// - what cannot be done by its deadline is refused as soon as that is known: at once, or when its last moment to begin has passed;
/// - when the delay that others cause stays above a class's patience for an interval, the newest of the client with the most
///   waiting is refused, again after interval/√2, interval/√3, … as long as that lasts (the control law of CoDel, RFC 8289 section 5.4).
///
/// The first in line is never overtaken for its size: it waits until its bytes are free, and so do those behind it.
package struct JobQueue: Sendable {
    package typealias ID = UInt64

    /// A class of service.
    package struct Class: Hashable, Sendable {
        package var name: String
        /// For how long others may go first, in nanoseconds.
        package var patience: UInt64

        package init(name: String, patience: UInt64) {
            self.name = name
            self.patience = patience
        }
    }

    /// How much may be in hand.
    package struct Limits: Hashable, Sendable {
        /// How many jobs run at a time.
        package var slots: Int
        /// How many wait.
        package var capacity: Int
        /// Bytes that running jobs may hold.
        package var bytes: Int
        /// The most urgent first.
        package var classes: [Class]
        /// How long delays may stay above the patience of their class before jobs are refused for it; nil for ever.
        package var sheddingInterval: UInt64?

        package init(slots: Int, capacity: Int, bytes: Int, classes: [Class], sheddingInterval: UInt64? = nil) {
            self.slots = max(1, slots)
            self.capacity = max(0, capacity)
            self.bytes = bytes
            self.classes = classes
            self.sheddingInterval = sheddingInterval
        }
    }

    /// What is asked for.
    package struct Job: Hashable, Sendable {
        /// Who asks; clients of one class have equal shares.
        package var client: String
        /// Place among the classes.
        package var place: Int
        /// Predicted work in nanoseconds, on one slot; an hour at most.
        package var cost: UInt64
        /// Predicted peak in bytes.
        package var bytes: Int
        /// When it has to be done; nil for whenever.
        package var deadline: UInt64?

        package init(client: String, place: Int, cost: UInt64, bytes: Int = 0, deadline: UInt64? = nil) {
            self.client = client
            self.place = place
            self.cost = min(cost, 3_600_000_000_000)
            self.bytes = max(0, bytes)
            self.deadline = deadline
        }
    }

    /// Why a job is not done; `retryAfter` is in nanoseconds, and a prediction.
    package enum Refusal: Error, Hashable, Sendable {
        /// As many wait as may.
        case full(retryAfter: UInt64)
        /// It would not be done by its deadline.
        case late(retryAfter: UInt64)
        /// It was waiting, and had to give way for others to be served.
        case shed(retryAfter: UInt64)
        /// No more jobs are taken.
        case closed
    }

    package enum Action: Hashable, Sendable {
        case begin(ID)
        case refuse(ID, Refusal)
    }

    private struct Running {
        var job: Job
        var began: UInt64
    }

    package private(set) var limits: Limits
    private var waiting: FairQueue
    private var jobs: [ID: Job] = [:]
    private var running: [ID: Running] = [:]
    /// Jobs with a deadline, by the last moment to begin.
    private var expiries = UrgencyQueue()
    package private(set) var budget: ByteBudget
    private var shedding: [Shedding]
    package private(set) var statistics: JobStatistics
    /// Work that was done, and what had been predicted of it; older work counts less and less.
    private var done = 1.0, predicted = 1.0
    private var isClosed = false

    package init(_ limits: Limits) {
        self.limits = limits
        waiting = FairQueue(patiences: limits.classes.map(\.patience))
        budget = ByteBudget(limit: limits.bytes)
        shedding = limits.classes.map { _ in Shedding() }
        statistics = JobStatistics(classes: limits.classes.map(\.name))
    }

    /// How many wait, and how many run.
    package var counts: (waiting: Int, running: Int) { (waiting.count, running.count) }

    /// The same of each class.
    package var classCounts: [(waiting: Int, running: Int)] {
        var counts = limits.classes.indices.map { (waiting: waiting.count(in: $0), running: 0) }
        for run in running.values { counts[run.job.place].running += 1 }
        return counts
    }

    // MARK: What askers do

    /// Somebody asks, under a number that was never used before.
    package mutating func add(_ id: ID, _ job: Job, now: UInt64, _ actions: inout [Action]) {
        admit(now, &actions)
        statistics.classes[job.place].asked += 1
        if isClosed { return refuse(id, job, .closed, &actions) }
        if let deadline = job.deadline {
            let end = now + wait(for: job.client, in: job.place, now: now) + work(of: job)
            if end > deadline { return refuse(id, job, .late(retryAfter: end - deadline), &actions) }
            expiries.insert(id, at: Urgency(deadline: deadline - work(of: job), sequence: id))
        }
        jobs[id] = job
        waiting.add(id, .init(client: job.client, place: job.place, cost: job.cost, arrival: now), now: now)
        admit(now, &actions)
        while waiting.count > limits.capacity, let heaviest = waiting.heaviest {
            let pause = drainTime(now)
            // The one that comes gives way where its client has as many as anybody.
            if waiting.entry(id) != nil, waiting.count(with: id) >= heaviest.count {
                drop(id, .full(retryAfter: pause), now, &actions)
            } else {
                drop(heaviest.item, .shed(retryAfter: pause), now, &actions)
            }
            // It may have been first in line, and too large for now.
            admit(now, &actions)
        }
    }

    /// Somebody does not want it any more. Returns whether it was waiting; what runs goes on until its owner says that it has ended.
    @discardableResult
    package mutating func cancel(_ id: ID, now: UInt64, _ actions: inout [Action]) -> Bool {
        let job = take(id, now: now)
        if let job { statistics.classes[job.place].cancelled += 1 }
        admit(now, &actions)
        return job != nil
    }

    /// Takes no more jobs; those that wait are refused, those that run end as they like.
    package mutating func close(now: UInt64, _ actions: inout [Action]) {
        isClosed = true
        for id in jobs.keys.sorted() { drop(id, .closed, now, &actions) }
    }

    // MARK: What the owner says

    /// A job that ran has ended, in whatever way.
    package mutating func end(_ id: ID, isCancelled: Bool = false, now: UInt64, _ actions: inout [Action]) {
        guard let run = running.removeValue(forKey: id) else { preconditionFailure("a job ended that does not run") }
        budget.end(run.job.bytes)
        let took = now - run.began
        if isCancelled {
            statistics.classes[run.job.place].cancelled += 1
        } else {
            statistics.classes[run.job.place].work.record(nanoseconds: took)
            if run.job.cost > 0 {
                // One that was taken for something else says little of the others.
                done = done * 0.98 + min(max(Double(took), Double(run.job.cost) / 16), Double(run.job.cost) * 16)
                predicted = predicted * 0.98 + Double(run.job.cost)
            }
        }
        admit(now, &actions)
        if running.isEmpty, waiting.count == 0 { waiting.settle() }
    }

    /// Time has passed.
    package mutating func advance(now: UInt64, _ actions: inout [Action]) { admit(now, &actions) }

    /// When to call `advance` if nothing else happens before.
    package var nextMoment: UInt64? { expiries.firstUrgency.map { $0.deadline + 1 } }

    /// Lets more or fewer bytes be held from now on; what runs keeps what it has.
    package mutating func resize(bytes: Int, now: UInt64, _ actions: inout [Action]) {
        budget.limit = bytes
        admit(now, &actions)
    }

    // MARK: Predictions

    /// Nanoseconds a job takes, going by how predictions held up to now.
    package func work(of job: Job) -> UInt64 { nanoseconds(Double(job.cost)) }

    private func nanoseconds(_ cost: Double) -> UInt64 { UInt64(min(cost * (done / predicted), 1e15)) }

    /// How long a job would wait that came now; 0 where it would begin at once.
    package func wait(for client: String, in place: Int, now: UInt64) -> UInt64 {
        if running.count < limits.slots, waiting.count == 0 { return 0 }
        let ahead = nanoseconds(Double(waiting.costAhead(of: client, in: place, now: now)))
        return (ahead + remaining(now)) / UInt64(limits.slots)
    }

    /// How long what runs has to go in the mean: about then a full queue has room.
    private func drainTime(_ now: UInt64) -> UInt64 {
        let mean = running.isEmpty ? 0 : remaining(now) / UInt64(running.count)
        return max(1_000_000, mean)
    }

    /// Of what runs.
    private func remaining(_ now: UInt64) -> UInt64 {
        running.values.reduce(0) { sum, run in
            let end = run.began + work(of: run.job)
            return sum + (end > now ? end - now : 0)
        }
    }

    // MARK: Changes

    private mutating func admit(_ now: UInt64, _ actions: inout [Action]) {
        expire(now, &actions)
        while running.count < limits.slots, let id = waiting.first, let job = jobs[id], budget.admits(job.bytes) {
            let delay = waiting.delay(of: id, now: now), arrival = waiting.entry(id)!.arrival
            _ = take(id, asBegun: true, now: now)
            running[id] = Running(job: job, began: now)
            budget.begin(job.bytes)
            statistics.classes[job.place].wait.record(nanoseconds: now - arrival)
            actions.append(.begin(id))
            shed(after: delay, in: job.place, now, &actions)
        }
    }

    private mutating func shed(after delay: UInt64, in place: Int, _ now: UInt64, _ actions: inout [Action]) {
        guard let interval = limits.sheddingInterval, waiting.count(in: place) > 0 else { return shedding[place] = Shedding() }
        guard shedding[place].drops(delay, above: limits.classes[place].patience, for: interval, now: now) else { return }
        if let heaviest = waiting.heaviest { drop(heaviest.item, .shed(retryAfter: drainTime(now)), now, &actions) }
    }

    private mutating func expire(_ now: UInt64, _ actions: inout [Action]) {
        while let id = expiries.first, let last = expiries.firstUrgency?.deadline, last < now {
            drop(id, .late(retryAfter: now - last), now, &actions)
        }
    }

    private mutating func drop(_ id: ID, _ refusal: Refusal, _ now: UInt64, _ actions: inout [Action]) {
        guard let job = take(id, now: now) else { return }
        refuse(id, job, refusal, &actions)
    }

    private mutating func refuse(_ id: ID, _ job: Job, _ refusal: Refusal, _ actions: inout [Action]) {
        statistics.classes[job.place].count(refusal)
        actions.append(.refuse(id, refusal))
    }

    /// Takes a job out of what waits; nil where it does not.
    private mutating func take(_ id: ID, asBegun: Bool = false, now: UInt64) -> Job? {
        guard waiting.remove(id, taken: asBegun, now: now) != nil else { return nil }
        expiries.remove(id)
        return jobs.removeValue(forKey: id)
    }
}

/// When delays in a class have been too long for too long.
private struct Shedding {
    private var above: UInt64?
    private var drops: UInt64 = 0
    private var next: UInt64 = 0

    /// Whether one is to be dropped now that somebody begins after such a delay.
    mutating func drops(_ delay: UInt64, above target: UInt64, for interval: UInt64, now: UInt64) -> Bool {
        guard delay > target else {
            self = Shedding()
            return false
        }
        guard let above else {
            self.above = now
            return false
        }
        guard now - above >= interval, now >= next else { return false }
        drops += 1
        next = now + UInt64(Double(interval) / Double(drops).squareRoot())
        return true
    }
}
