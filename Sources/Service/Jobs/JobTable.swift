import AtelierMemo
import AtelierScheduling
import AtelierStages

/// All jobs there are: what was asked for, how far it is, and who follows it.
///
/// A value of states behind one lock; running is for `ServiceState+Jobs.swift`, keeping for `JobFolder`.
final class JobTable: Sendable {
    /// What is told to those who wait for a change.
    typealias Bell = AsyncStream<Void>.Continuation

    private struct State {
        var jobs: [Digest: ConversionJob] = [:]
        /// What clients meant by a name of theirs: a job, or a wish that was waited for, then with the time it was last made, in seconds
        /// since 1970.
        var names: [WishName: (wish: Digest, waited: Int64?)] = [:]
        /// Where bytes come from that jobs made.
        var results: [Digest: (job: Digest, item: Int)] = [:]
        var tasks: [Digest: (attempt: Int, task: Task<Void, Never>)] = [:]
        var bells: [Int: (job: Digest?, bell: Bell)] = [:]
        var nextBell = 0, nextSequence = 0
        /// Jobs that changed lately, with the number of the change and whose they were, for those who follow all.
        var changes: [(number: Int, job: Digest, owners: Set<JobOwner>)] = []
        var lastChange = 0
        /// How jobs ended since the service began.
        var ends: [ConversionJob.Phase: Int] = [:]
        /// How many jobs are in each phase, and sequence numbers of those that are queued, rising, by the place of their class.
        private(set) var phases: [ConversionJob.Phase: Int] = [:], lines: [Int: [Int]] = [:]

        /// Puts a job in the place of the one that was there, or nothing.
        mutating func put(_ job: ConversionJob?, at id: Digest) {
            if let before = jobs[id] {
                phases[before.phase, default: 0] -= 1
                let place = placeInLine(of: before)
                if before.phase == .queued { lines[before.urgency.place]?.remove(at: place) }
            }
            jobs[id] = job
            guard let job else { return }
            phases[job.phase, default: 0] += 1
            let place = placeInLine(of: job)
            if job.phase == .queued { lines[job.urgency.place, default: []].insert(job.sequence, at: place) }
        }

        /// How many of its class wait before a job; where it stands or belongs.
        func placeInLine(of job: ConversionJob) -> Int {
            let line = lines[job.urgency.place] ?? []
            var range = 0..<line.count
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                range = line[middle] < job.sequence ? middle + 1..<range.upperBound : range.lowerBound..<middle
            }
            return range.lowerBound
        }

        var isFull: Bool { phases[.queued, default: 0] + phases[.running, default: 0] >= JobTable.mostUnderWay }
    }

    private let state = Lock(State())

    /// Most jobs that are kept after their end, and that are under way.
    static let mostKept = 10_000, mostUnderWay = 10_000
    private static let mostChanges = 1024

    // MARK: Asking

    subscript(id: Digest) -> ConversionJob? { state.withLock { $0.jobs[id] } }

    /// The job that made bytes of this digest, and by which of its parts.
    func maker(of result: Digest) -> (job: ConversionJob, item: Int)? {
        state.withLock { state in
            guard let place = state.results[result], let job = state.jobs[place.job] else { return nil }
            return (job, place.item)
        }
    }

    /// Jobs that fit, the newest first, from behind a sequence number on.
    func page(before sequence: Int?, most: Int, where fits: (ConversionJob) -> Bool) -> [ConversionJob] {
        let jobs = state.withLock { Array($0.jobs.values) }
        return Array(
            jobs.filter { $0.sequence < sequence ?? .max && fits($0) }.sorted { $0.sequence > $1.sequence }.prefix(most))
    }

    /// How many jobs are in each phase, those that ended since the service began included when they are forgotten.
    var counts: [ConversionJob.Phase: Int] {
        state.withLock { state in state.ends.merging(state.phases.filter { !$0.key.isOver && $0.value > 0 }) { $0 + $1 } }
    }

    static let isFullProblem = Problem(
        429, "queue-full", "as many jobs are under way as may", limit: JobTable.mostUnderWay, retryAfter: 10)

    /// Whether as many jobs are under way as may.
    var isFull: Bool { state.withLock(\.isFull) }

    /// How many jobs go before one that waits.
    func position(of job: ConversionJob) -> Int? {
        guard job.phase == .queued else { return nil }
        return state.withLock { state in
            state.lines.reduce(state.placeInLine(of: job)) { $0 + ($1.key < job.urgency.place ? $1.value.count : 0) }
        }
    }

    /// Jobs that changed after a number and are or were a caller's, each once, with its last number; and the last number of all.
    func changes(after number: Int, seenBy caller: Caller) -> (jobs: [(number: Int, id: Digest)], last: Int) {
        state.withLock { state in
            var latest: [Digest: (number: Int, isSeen: Bool)] = [:]
            for change in state.changes where change.number > number {
                let wasSeen = latest[change.job]?.isSeen ?? false
                latest[change.job] = (change.number, wasSeen || caller.hasAllJobs || change.owners.contains(caller.owner))
            }
            let seen = latest.filter(\.value.isSeen).sorted { $0.value.number < $1.value.number }
            return (seen.map { ($0.value.number, $0.key) }, state.lastChange)
        }
    }

    /// The number of the last change.
    var lastChange: Int { state.withLock { $0.lastChange } }

    // MARK: Changing

    /// What becomes of a wish for a job.
    enum Admittance {
        /// It is new, or ended without a result and is to be done again.
        case new(ConversionJob)
        /// It is there; whether it has an owner, a name or a webhook that it had not.
        case known(ConversionJob, isChanged: Bool)
        /// The name stands for another wish.
        case otherName
        case full
    }

    /// Adds a job, unless it is known; then its owners are of it too.
    func admit(_ job: ConversionJob) -> Admittance {
        state.withLock { state in
            for name in job.names { if let known = state.names[name], known.wish != job.id { return .otherName } }
            if let before = state.jobs[job.id] {
                var known = before
                // Beyond some, names last as long as those of wishes that are waited for.
                let isLast = known.names.count < Self.mostNamesOfJob
                for name in job.names where !known.names.contains(name) { state.names[name] = (job.id, isLast ? nil : job.created) }
                if isLast { known.names.formUnion(job.names) }
                known.owners.formUnion(job.owners)
                for owner in job.owners { known.withdrawals[owner] = nil }
                known.webhooks.formUnion(job.webhooks)
                let isAgain = known.phase == .failed || known.phase == .cancelled
                if isAgain {
                    known.phase = .queued
                    known.attempt += 1
                    known.entries = []
                    (known.ended, known.urgency, known.withdrawals) = (nil, job.urgency, [:])
                    for index in known.items.indices { known.items[index] = .init(name: known.items[index].name) }
                    known.note("progress")
                }
                state.put(known, at: job.id)
                let isChanged =
                    (known.owners, known.names, known.webhooks, known.withdrawals) != (
                        before.owners, before.names, before.webhooks, before.withdrawals
                    )
                if isAgain || isChanged { changed(known, &state) }
                return isAgain ? .new(known) : .known(known, isChanged: isChanged)
            }
            guard !state.isFull else { return .full }
            var job = job
            for name in job.names { state.names[name] = (job.id, nil) }
            add(&job, to: &state)
            return .new(job)
        }
    }

    /// What a name is to who waits for a wish.
    enum Claim {
        /// It stands for this wish now.
        case waited
        /// It stands for the job that this wish became.
        case job
        /// It stands for another wish.
        case otherName
    }

    /// Most names of wishes that were waited for, and of one job.
    static let mostNames = 100_000, mostNamesOfJob = 1000

    /// Makes a name stand for a wish that is waited for.
    func claim(_ name: WishName, for wish: Digest, at time: Int64) -> Claim {
        state.withLock { state in
            if let known = state.names[name] {
                guard known.wish == wish else { return .otherName }
                if known.waited == nil { return .job }
            }
            state.names[name] = (wish, time)
            if state.names.count > Self.mostNames + state.jobs.count { forgetNames(before: .max, most: Self.mostNames / 10, &state) }
            return .waited
        }
    }

    /// Forgets names of wishes that were waited for before a time.
    func forgetNames(before time: Int64) { state.withLock { forgetNames(before: time, most: .max, &$0) } }

    /// The oldest first.
    private func forgetNames(before time: Int64, most: Int, _ state: inout State) {
        let old = state.names.filter { ($0.value.waited ?? .max) < time }.sorted { $0.value.waited! < $1.value.waited! }
        for (name, _) in old.prefix(most) { state.names[name] = nil }
    }

    /// Adds what an earlier service knew.
    func restore(_ jobs: [ConversionJob]) {
        state.withLock { state in
            for job in jobs {
                var job = job
                for name in job.names { state.names[name] = (job.id, nil) }
                if job.phase.isOver { job.note("end") }
                add(&job, to: &state)
            }
        }
    }

    private func add(_ job: inout ConversionJob, to state: inout State) {
        state.nextSequence += 1
        job.sequence = state.nextSequence
        if !job.phase.isOver { job.note("progress") }
        for (index, item) in job.items.enumerated() { if let result = item.result { state.results[result.digest] = (job.id, index) } }
        state.put(job, at: job.id)
        changed(job, &state)
    }

    /// Changes a job that is under way and rings for those who follow it; nil when it has gone, is over, or was begun again since.
    @discardableResult
    func change(_ id: Digest, attempt: Int, _ body: (inout ConversionJob) -> Void) -> ConversionJob? {
        let (job, bells): (ConversionJob?, [Bell]) = state.withLock { state in
            guard var job = state.jobs[id], job.attempt == attempt, !job.phase.isOver else { return (nil, []) }
            body(&job)
            for (index, item) in job.items.enumerated() { if let result = item.result { state.results[result.digest] = (id, index) } }
            if job.phase.isOver { state.ends[job.phase, default: 0] += 1 }
            state.put(job, at: id)
            changed(job, &state)
            return (job, state.bells.values.compactMap { $0.job == nil || $0.job == id ? $0.bell : nil })
        }
        for bell in bells { bell.yield() }
        return job
    }

    /// Somebody need not be told of a job any more.
    func forgetWebhook(_ url: String, of id: Digest) { state.withLock { _ = $0.jobs[id]?.webhooks.remove(url) } }

    /// An owner wants a job that is under way no longer, others do; the job, nil where there are no others.
    func withdraw(_ owner: JobOwner, from id: Digest, at time: Int64) -> ConversionJob? {
        leave(id) { job in
            guard job.owners.contains(owner), !job.owners.subtracting(job.withdrawals.keys).subtracting([owner]).isEmpty else {
                return false
            }
            job.withdrawals[owner] = time
            return true
        }
    }

    /// A job is no longer an owner's, and still others'; the job, nil where there are no others.
    func disown(_ owner: JobOwner, _ id: Digest) -> ConversionJob? {
        leave(id) { job in
            guard job.owners.count > 1, job.owners.remove(owner) != nil else { return false }
            job.withdrawals[owner] = nil
            job.names = job.names.filter { $0.owner != owner }
            return true
        }
    }

    /// Changes a job for one of its owners and rings for those who follow it; nil where `body` does not want to.
    private func leave(_ id: Digest, _ body: (inout ConversionJob) -> Bool) -> ConversionJob? {
        let (job, bells): (ConversionJob?, [Bell]) = state.withLock { state in
            guard let before = state.jobs[id] else { return (nil, []) }
            var job = before
            guard body(&job) else { return (nil, []) }
            for name in before.names.subtracting(job.names) { state.names[name] = nil }
            state.put(job, at: id)
            // Told to who was its owner as well.
            changed(before, &state)
            return (job, state.bells.values.compactMap { $0.job == nil || $0.job == id ? $0.bell : nil })
        }
        for bell in bells { bell.yield() }
        return job
    }

    private func changed(_ job: ConversionJob, _ state: inout State) {
        state.lastChange += 1
        state.changes.append((state.lastChange, job.id, job.owners))
        if state.changes.count > Self.mostChanges { state.changes.removeFirst(Self.mostChanges / 4) }
    }

    /// Forgets a job; returns it with the task that runs it.
    func remove(_ id: Digest) -> (job: ConversionJob, task: Task<Void, Never>?)? {
        let (found, bells): ((ConversionJob, Task<Void, Never>?)?, [Bell]) = state.withLock { state in
            guard let job = state.jobs[id] else { return (nil, []) }
            state.put(nil, at: id)
            for name in job.names where state.names[name]?.wish == id { state.names[name] = nil }
            for item in job.items {
                if let result = item.result, state.results[result.digest]?.job == id { state.results[result.digest] = nil }
            }
            changed(job, &state)
            return ((job, state.tasks.removeValue(forKey: id)?.task), state.bells.values.map(\.bell))
        }
        for bell in bells { bell.yield() }
        return found
    }

    /// Jobs that ended before a time, and the oldest beyond as many as are kept.
    func outdated(before time: Int64) -> [Digest] {
        state.withLock { state in
            let over = state.jobs.values.filter(\.phase.isOver).sorted { ($0.ended ?? 0, $0.sequence) < ($1.ended ?? 0, $1.sequence) }
            let surplus = max(0, over.count - Self.mostKept)
            return over.enumerated().filter { $0.offset < surplus || ($0.element.ended ?? 0) < time }.map(\.element.id)
        }
    }

    // MARK: Tasks

    /// Runs a job in a task, which is kept until it ends.
    func run(_ job: ConversionJob, _ body: @escaping @Sendable () async -> Void) {
        // The table owns the task: removing the job and ending the service cancel it.
        state.withLock { state in
            state.tasks[job.id] = (
                job.attempt,
                Task {
                    await body()
                    self.state.withLock { if $0.tasks[job.id]?.attempt == job.attempt { $0.tasks[job.id] = nil } }
                }
            )
        }
    }

    func task(of id: Digest) -> Task<Void, Never>? { state.withLock { $0.tasks[id]?.task } }

    var tasks: [Task<Void, Never>] { state.withLock { $0.tasks.values.map(\.task) } }

    // MARK: Following

    /// A stream that gives something whenever a job, or any for nil, may have changed.
    func follow(_ id: Digest?) -> AsyncStream<Void> {
        let (stream, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextBell += 1
            state.bells[state.nextBell] = (id, bell)
            return state.nextBell
        }
        bell.onTermination = { [weak self] _ in _ = self?.state.withLock { $0.bells.removeValue(forKey: number) } }
        bell.yield()
        return stream
    }

    /// Rings for everybody: time has passed.
    func ringAll() {
        for bell in state.withLock({ $0.bells.values.map(\.bell) }) { bell.yield() }
    }
}
