package import AtelierScheduling
import AtelierTelemetry
import Synchronization

/// Finds what an artifact promises in its levels, or makes it, once.
///
///     let engine = Engine(levels: [MemoryStore()])
///     let svg = try await engine.value(of: traced, priority: .interactive)
///
/// Levels are asked in order; the first hit wins and fills the ones before it. Everyone who asks for a digest while
/// it is being made waits for the same run. Stages run on `workers` threads of the engine's own, in order of
/// urgency and within a byte budget.
public final class Engine: Sendable {
    /// What an engine is made with.
    public struct Configuration: Sendable {
        /// How many stages run at a time; by default one per processor.
        public var workers: Int
        /// Bytes that running stages and their inputs may hold; by default 2 GiB. See `Stage.footprint(in:)`.
        public var byteBudget: Int
        /// Whether levels are asked and filled.
        public var cachePolicy: CachePolicy

        /// A configuration from its parts.
        public init(workers: Int = processorCount(), byteBudget: Int = 2 << 30, cachePolicy: CachePolicy = .on) {
            self.workers = max(1, workers)
            self.byteBudget = max(0, byteBudget)
            self.cachePolicy = cachePolicy
        }
    }

    /// The levels, nearest first.
    public let levels: [any Store]
    /// What the engine was made with.
    public let configuration: Configuration

    private let flights: Lock<Flights<Wanted, Made>>
    private let nextWaiter = Atomic<UInt64>(0)
    private let waiting = Lock<[UInt64: Round]>([:])
    /// Where stages run. A task that prefers it and asks for what has to be made changes no thread for that.
    package let workers: WorkerPool
    /// Where levels may block. Apart from the workers: a look-up must not stand behind minutes of tracing.
    let readers: WorkerPool
    /// Those that keep values as they are, and every one.
    let memoryLevels: LevelMask, allLevels: LevelMask
    /// The levels before the first that keeps bytes, and those with it.
    let immediateLevels: LevelMask, nearLevels: LevelMask
    let tags: TagTable
    /// Levels that say who makes a digest, nearest first, with their places.
    let leaseKeepers: [(place: Int, keeper: any LeaseKeeper)]
    let stageCosts = StageCosts()
    /// What `refresh` has made anew, so that it is not made twice.
    let refreshed = Lock<Set<Digest>>([])
    /// Who waits at more than background priority, and what gives way to them.
    let urgent = Lock(UrgentWork())
    let observers = Lock<[Observer<Event>]>([])
    let isObserved = Atomic(false)
    /// Called with every artifact that a level on disk or network took.
    let putObserver = Lock<Observer<Node>?>(nil)
    /// Striped by digest, so that hits on several threads seldom meet.
    let counters: [Counters]
    /// What asking and filling each level is called.
    let levelSpans: [LevelSpans]
    let clock: Clock
    let steady: SteadyTime

    /// An engine over some levels; with none it makes everything and keeps nothing.
    public convenience init(levels: [any Store], configuration: Configuration = Configuration()) {
        self.init(levels: levels, configuration: configuration, clock: Clock())
    }

    /// An engine that runs its stages on threads that are there already; it lets them be as many as it is configured for.
    package convenience init(levels: [any Store], configuration: Configuration, on workers: WorkerPool) {
        workers.allow(threads: configuration.workers)
        self.init(levels: levels, configuration: configuration, clock: Clock(), workers: workers)
    }

    init(levels: [any Store], configuration: Configuration, clock: Clock, workers: WorkerPool? = nil) {
        self.levels = levels
        self.configuration = configuration
        precondition(levels.count <= 64, "an engine has at most 64 levels")
        self.clock = clock
        steady = SteadyTime(clock)
        let tags = TagTable(keepers: levels.compactMap { $0 as? any TagKeeper }, clock: clock)
        self.tags = tags
        flights = Lock(
            Flights(slots: configuration.workers, budget: ByteBudget(limit: configuration.byteBudget)) {
                tags.areCurrent($0.validity.tags)
            })
        self.workers = workers ?? WorkerPool(threads: configuration.workers)
        readers = WorkerPool(threads: min(4, configuration.workers), name: "reader")
        allLevels = LevelMask(of: levels) { _ in true }
        memoryLevels = LevelMask(of: levels) { !$0.storesBytesOnly }
        let firstOfBytes = levels.firstIndex { $0.storesBytesOnly } ?? levels.count
        immediateLevels = allLevels.before(firstOfBytes)
        nearLevels = allLevels.before(firstOfBytes + 1)
        leaseKeepers = levels.enumerated().compactMap { place, level in (level as? any LeaseKeeper).map { (place, $0) } }
        levelSpans = levels.map { LevelSpans(level: $0.name) }
        counters = (0..<8).map { _ in Counters(levels: levels.map(\.name)) }
        for (index, level) in levels.enumerated() {
            level.observeEvictions { [weak self] header in self?.evicted(header, from: index) }
        }
    }

    // MARK: Asking

    /// The value of an artifact, found or made.
    ///
    /// Cancelling the task gives up waiting at once; what runs for it is cancelled when nobody else waits.
    ///
    /// - Parameters:
    ///   - artifact: What is wanted.
    ///   - priority: How soon.
    ///   - levels: Which levels may answer this request, and be filled by it. What others look for elsewhere at the same
    ///     time is not shared with it.
    ///   - policy: Whether they are asked and filled; nil for what the engine was made with.
    /// - Throws: `StageFailure` for what a stage threw, `CancellationError` when the task is cancelled.
    public nonisolated(nonsending) func value<Value: Storable>(
        of artifact: Artifact<Value>, priority: Priority = .normal, levels: Levels = .all, policy: CachePolicy? = nil
    ) async throws -> Value {
        let asking = Asking(levels: mask(of: levels), policy: policy ?? configuration.cachePolicy)
        let value = try await value(of: artifact.node, priority, asking)
        guard let value = value.cast(to: Value.self) else {
            preconditionFailure("\(type(of: value)) where \(Value.self) was promised: two stages share a name")
        }
        return value
    }

    /// Apart from the generic function, which other modules cannot specialise.
    private nonisolated(nonsending) func value(of node: Node, _ priority: Priority, _ asking: Asking) async throws -> any Storable {
        let asked = clock.nanoseconds()
        var trail = Trail(isTimed: false, asked: asked)
        if let found = find(node, asking, in: immediateLevels & asking.levels, &trail) {
            hit(node, found, trail)
            return try found.answer.get().value
        }
        let changes = tags.freshChangeCount()
        while true {
            let made = try await fly([Wanted(node: node, asking: asking)], asked: asked, priority)[0]
            if isAnswer(made, to: changes) { return made.value }
        }
    }

    /// The values of artifacts, asked for together: what they share is made once even where nothing is kept.
    package nonisolated(nonsending) func values<A: Storable, B: Storable, C: Storable>(
        of a: Artifact<A>, _ b: Artifact<B>, _ c: Artifact<C>?
    ) async throws -> (A, B, C?) {
        let asking = Asking(levels: mask(of: .all), policy: configuration.cachePolicy)
        let values = try await values(of: [a.node, b.node] + (c.map { [$0.node] } ?? []), asking)
        guard let first = values[0].cast(to: A.self), let second = values[1].cast(to: B.self) else {
            preconditionFailure("another type of value than was promised: two stages share a name")
        }
        return (first, second, c == nil ? nil : values[2].cast(to: C.self))
    }

    private nonisolated(nonsending) func values(of nodes: [Node], _ asking: Asking) async throws -> [any Storable] {
        let asked = clock.nanoseconds()
        var values = [(any Storable)?](repeating: nil, count: nodes.count)
        for (place, node) in nodes.enumerated() {
            var trail = Trail(isTimed: false, asked: asked)
            guard let found = find(node, asking, in: immediateLevels & asking.levels, &trail) else { continue }
            hit(node, found, trail)
            values[place] = try found.answer.get().value
        }
        while true {
            let changes = tags.freshChangeCount(), missing = values.indices.filter { values[$0] == nil }
            if missing.isEmpty { return values.compactMap(\.self) }
            let made = try await fly(missing.map { Wanted(node: nodes[$0], asking: asking) }, asked: asked, .normal)
            for (place, made) in zip(missing, made) where isAnswer(made, to: changes) { values[place] = made.value }
        }
    }

    /// A flight under way that we joined may rest on what was invalidated before we asked. Then we ask again: what is older than our
    /// question is soon gone.
    private func isAnswer(_ made: Made, to changes: UInt64) -> Bool {
        made.validity.tags.isEmpty || made.validity.changes >= changes || tags.areCurrent(made.validity.tags)
    }

    private nonisolated(nonsending) func fly(_ wanted: [Wanted], asked: UInt64, _ priority: Priority) async throws -> [Made] {
        let deadline = asked &+ priority.patience, isUrgent = priority != .background
        let last = nextWaiter.add(UInt64(wanted.count), ordering: .relaxed).newValue
        let round = Round(waiters: last - UInt64(wanted.count) + 1...last)
        defer { if isUrgent { urgent.withLock { $0.waiters -= 1 } } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                round.begin(continuation)
                waiting.withLock { for waiter in round.waiters { $0[waiter] = round } }
                // The task is about to wait.
                perform(isLast: true) { flights, actions in
                    for (waiter, wanted) in zip(round.waiters, wanted) { flights.ask(wanted, waiter: waiter, deadline: deadline, &actions) }
                }
                // After joining a flight: work that gives way must not take with it what is wanted now.
                if isUrgent { becameUrgent() }
                // A cancellation that came before the question found nobody to resume.
                if Task.isCancelled { leave(round) }
            }
        } onCancel: {
            leave(round)
        }
    }

    /// Makes every entry with this tag, and with tags below it, count as absent: here, and for every process that shares
    /// a level which is a `TagKeeper`. O(1), but it takes as long as these levels take to be told; one that cannot be
    /// told now is told later, by this process.
    ///
    /// Entries remember the generation that was current before their computation began, so one that is being
    /// computed now is reached as well, wherever it is, and whoever asks from now on does not get it.
    public func invalidate(tag: String) { tags.invalidate(tag) }

    /// What the engine has done so far.
    public var statistics: Statistics {
        var sum = Statistics(levels: levels.map(\.name))
        for counter in counters { sum.add(counter.state.withLock { $0.statistics }) }
        // Ghosts of a level outside are those of all processes: whoever shows it adds them.
        for (index, level) in levels.enumerated() where !level.storesBytesOnly {
            sum.levels[index].ghostHits = level.contents.ghostHits
        }
        return sum
    }

    /// How often stages were admitted beyond the byte budget, the most bytes that were held, and what may be and is held now.
    var budgetUse: (overdrafts: Int, peakByteCount: Int, limit: Int, held: Int) {
        flights.withLock { ($0.budget.overdrafts, $0.budget.peak, $0.budget.limit, $0.budget.used) }
    }

    /// How many artifacts are being found or made now, and how many requests wait for them.
    var underWay: (flights: Int, waiters: Int) { flights.withLock { ($0.count, $0.waiterCount) } }

    /// Name of the stage that runs now on the way to an artifact somebody has asked for; of several the one that is furthest from it.
    /// Nil while everything waits, or nobody asks.
    package func stageUnderWay<Value: Storable>(to artifact: Artifact<Value>) -> String? {
        let asking = Asking(levels: mask(of: .all), policy: configuration.cachePolicy)
        let running = flights.withLock { $0.running(for: Wanted(node: artifact.node, asking: asking).identity) }
        return running.first { !$0.node.isPlan }?.node.name
    }

    /// Calls a function with every event from now on, on the thread where it happens; it must return quickly.
    /// `EventLog` is the usual one.
    public func observe(_ observer: @escaping @Sendable (Event) -> Void) {
        observers.withLock { $0.append(Observer(tell: observer)) }
        isObserved.store(true, ordering: .releasing)
    }

    private func leave(_ round: Round) { perform { round.leave(&$0, &$1) } }

    // MARK: Flights

    /// Changes the flights and does what follows from it.
    ///
    /// - Parameter isLast: Whether the job that this thread runs ends with it. Then what is to be run next stays on the thread where
    ///   it is one of the workers, with everything brief; more than that is for others.
    func perform(isLast: Bool = false, _ change: (inout Flights<Wanted, Made>, inout [Flights<Wanted, Made>.Action]) -> Void) {
        var actions: [Flights<Wanted, Made>.Action] = []
        follow(&actions, change)
        // What an action leads to at once is appended instead of called, so that chains take no stack.
        var position = 0, looks = 0
        while position < actions.count {
            let action = actions[position]
            position += 1
            switch action {
            case .look(let id, let wanted):
                looks += 1
                look(id, wanted, in: looks <= Self.mostNearLooks ? nearLevels : immediateLevels, &actions)
            case .lease(let id, let wanted): readers.async { [self] in seekLease(LeaseSearch(id: id, wanted: wanted)) }
            // Elsewhere, because it may have to cross a network and those who wait come next.
            case .release(let lease): readers.async { lease.release() }
            case .measure(let id, let wanted, let values):
                let node = wanted.node
                let context = Context(inputs: node.inputs, values: values.map(\.value), cancellation: Cancellation(), workers: workers) {
                    _ in
                }
                let footprint = node.work.footprint(in: context)
                follow(&actions) { $0.ready(id, footprint: footprint, &$1) }
            case .run(let id, let wanted, let values, let cancellation):
                if isLast, handsOn(actions[position...]) {
                    let weight = values.reduce(0) { $0 + $1.byteCount }
                    let length = stageCosts.isBrief(wanted.node, inputByteCount: weight) ? WorkerPool.Length.brief : .unknown
                    workers.keeping(length) { run(id, wanted, values, cancellation) }
                } else {
                    run(id, wanted, values, cancellation)
                }
            case .storeAlias(let id, let wanted, let target, let validity, let value):
                storeAlias(id, wanted, target.node, validity, value, &actions)
            case .cancel(let cancellation): cancellation.cancelTask()
            case .resume(let waiter, let outcome):
                let round = waiting.withLock { $0.removeValue(forKey: waiter) }
                if let round, let end = round.note(outcome, of: waiter) {
                    // Nobody waits for the rest of a round that has failed.
                    if case .failure = end.outcome { follow(&actions) { round.leave(&$0, &$1) } }
                    if isLast, handsOn(actions[position...]) {
                        workers.keeping { end.continuation.resume(with: end.outcome) }
                    } else {
                        end.continuation.resume(with: end.outcome)
                    }
                }
            }
            if position == 1024 {
                actions.removeFirst(position)
                position = 0
            }
        }
    }

    private func follow(
        _ actions: inout [Flights<Wanted, Made>.Action],
        _ change: (inout Flights<Wanted, Made>, inout [Flights<Wanted, Made>.Action]) -> Void
    ) {
        flights.withLock { change(&$0, &actions) }
    }

    /// What is looked for at once beyond this is looked for by several threads.
    private static let mostNearLooks = 16

    /// Looks in the near levels here, where each answers sooner than another thread is woken, else in all of them where
    /// waiting is allowed.
    private func look(_ id: UInt64, _ wanted: Wanted, in near: LevelMask, _ actions: inout [Flights<Wanted, Made>.Action]) {
        let node = wanted.node, asking = wanted.asking
        if let blob = (node.work as? BytesWork)?.blob {
            return follow(&actions) { $0.found(id, Made(value: blob), &$1) }
        }
        let places = places(of: node, asking)
        var trail = Trail(mayWait: false)
        let found = find(node, asking, in: near & places, &trail)
        if found == nil, trail.isCut || !places.without(near).isEmpty, asking.policy != .off {
            readers.async { [self] in
                var trail = Trail()
                let found = find(node, asking, in: places, &trail)
                tell(node, found, trail)
                let leasing = wantsLease(wanted)
                perform { $0.answered(id, found, leasing: leasing, &$1) }
            }
        } else {
            tell(node, found, trail)
            let leasing = found == nil && wantsLease(wanted)
            follow(&actions) { $0.answered(id, found, leasing: leasing, &$1) }
        }
    }

    private func tell(_ node: Node, _ found: Found?, _ trail: Trail) {
        if let found { hit(node, found, trail) } else { missed(node, trail) }
    }

    private func run(_ id: UInt64, _ wanted: Wanted, _ values: [Made], _ cancellation: Cancellation) {
        let node = wanted.node, ready = clock.nanoseconds()
        // Owned by the flight: `cancellation` ends it when nobody waits for the flight any more.
        let task = Task(executorPreference: workers) { [self] in
            for (input, value) in zip(node.inputs, values) { input.costs.withLock { $0 = $0 ?? value.costs } }
            let validity = validity(of: node, builtOn: values)
            let context = Context(inputs: node.inputs, values: values.map(\.value), cancellation: cancellation, workers: workers) {
                [self] fraction in
                report(.progress, node) { $0.fraction = fraction }
            }
            let begun = clock.nanoseconds(), waited = begun > ready ? begun - ready : 0
            let span = OpenSpan(SpanName(node.name))
            do {
                let product = try await node.work.run(in: context)
                let took = clock.nanoseconds() &- begun
                span.end(byteCount: product.byteCount, waited: waited)
                stageCosts.note(run: took, of: node)
                let costs = node.record(node.isSource ? 0 : took)
                switch product {
                case .value(let value):
                    let made = Made(value: value, costs: costs, validity: validity)
                    stageCosts.note(costs.chain, of: node.name)
                    ran(node, costs, byteCount: made.byteCount)
                    finish(id, wanted, made)
                case .artifact(let target):
                    ran(node, costs, byteCount: 0)
                    let reach = target.reach()
                    perform(isLast: true) {
                        $0.follow(id, Wanted(node: target, asking: wanted.asking), reach: reach, validity: validity, &$1)
                    }
                }
            } catch {
                span.end(waited: waited)
                let failure = StageFailure(stage: node.name, digest: node.digest, underlying: error)
                if !cancellation.isCancelled {
                    let costs = node.record(clock.nanoseconds() &- begun)
                    failed(node)
                    remember(failure, node, wanted.asking, costs, validity)
                }
                perform(isLast: true) { $0.failed(id, failure, &$1) }
            }
        }
        cancellation.attach(task)
    }

    /// Until when a run that begins now gives an answer. Its tags are read now: what is invalidated later, reaches it.
    private func validity(of node: Node, builtOn values: [Made]) -> Validity {
        let changes = node.tags.isEmpty ? UInt64.max : tags.freshChangeCount()
        return values.reduce(Validity(tags: tags.generations(of: node.tags), changes: changes)) { $0.met(with: $1.validity) }
    }

    private func finish(_ id: UInt64, _ wanted: Wanted, _ made: Made) {
        // Stored before anyone is told: who has the value can rely on finding it.
        var isWanted = false
        perform { isWanted = $0.made(id, &$1) }
        guard isWanted else { return }
        var made = made
        made.validity = store(made, of: wanted.node, wanted.asking)
        perform(isLast: true) { [made] in $0.found(id, made, &$1) }
    }

    private func storeAlias(
        _ id: UInt64, _ wanted: Wanted, _ target: Node, _ validity: Validity, _ value: Made,
        _ actions: inout [Flights<Wanted, Made>.Action]
    ) {
        let node = wanted.node
        target.costs.withLock { $0 = $0 ?? value.costs }
        let own = node.costs.withLock { $0?.own ?? 0 }
        var made = value
        made.costs = node.record(own, target: target)
        made.validity = validity.met(with: value.validity)
        stageCosts.note(made.costs.chain, of: node.name)
        made.validity = store(made, of: node, wanted.asking, aliasOf: target.digest)
        follow(&actions) { $0.found(id, made, &$1) }
    }
}

/// Whether what is left to do is little, and only gives work to others.
private func handsOn(_ rest: ArraySlice<Flights<Wanted, Made>.Action>) -> Bool {
    rest.count <= 16
        && rest.allSatisfy { action in
            switch action {
            case .run, .resume, .cancel: true
            case .look, .lease, .release, .measure, .storeAlias: false
            }
        }
}

extension Flights where Value == Made {
    /// What the levels said.
    mutating func answered(_ id: ID, _ found: Found?, leasing: Bool, _ actions: inout [Action]) {
        switch found?.answer {
        case .success(let made): self.found(id, made, &actions)
        case .failure(let failure): failed(id, failure, &actions)
        case nil: missed(id, leasing: leasing, &actions)
        }
    }
}
