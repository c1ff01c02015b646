import AtelierScheduling
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

    private let flights: Lock<Flights<Node, Made>>
    private let nextWaiter = Atomic<UInt64>(0)
    private let waiting = Lock<[UInt64: CheckedContinuation<Made, any Error>]>([:])
    private let workers: WorkerPool
    /// For levels that block. Apart from the workers: a look-up must not stand behind minutes of tracing.
    private let readers: WorkerPool
    /// The first levels, that answer from memory, and whether there are others.
    let immediateLevels: Range<Int>, hasBlockingLevels: Bool
    let tags = TagTable()
    /// What `refresh` has made anew, so that it is not made twice.
    let refreshed = Lock<Set<Digest>>([])
    let observers = Lock<[@Sendable (Event) -> Void]>([])
    let isObserved = Atomic(false)
    /// Striped by digest, so that hits on several threads seldom meet.
    let counters: [Counters]
    let clock: Clock

    /// An engine over some levels; with none it makes everything and keeps nothing.
    public convenience init(levels: [any Store], configuration: Configuration = Configuration()) {
        self.init(levels: levels, configuration: configuration, clock: Clock())
    }

    init(levels: [any Store], configuration: Configuration, clock: Clock) {
        self.levels = levels
        self.configuration = configuration
        self.clock = clock
        flights = Lock(Flights(slots: configuration.workers, budget: ByteBudget(limit: configuration.byteBudget)))
        workers = WorkerPool(threads: configuration.workers)
        readers = WorkerPool(threads: min(4, configuration.workers))
        let immediate = levels.prefix { !$0.storesBytesOnly }.count
        immediateLevels = 0..<immediate
        hasBlockingLevels = immediate < levels.count
        counters = (0..<8).map { _ in Counters(levels: levels.count) }
        for level in levels {
            level.observeEvictions { [weak self] header in self?.evicted(header, from: level.name) }
        }
    }

    // MARK: Asking

    /// The value of an artifact, found or made.
    ///
    /// Cancelling the task gives up waiting at once; what runs for it is cancelled when nobody else waits.
    ///
    /// - Throws: `StageFailure` for what a stage threw, `CancellationError` when the task is cancelled.
    public nonisolated(nonsending) func value<Value: Storable>(
        of artifact: Artifact<Value>, priority: Priority = .normal
    ) async throws -> Value {
        let value = try await value(of: artifact.node, priority)
        guard let value = value as? Value else {
            preconditionFailure("\(type(of: value)) where \(Value.self) was promised: two stages share a name")
        }
        return value
    }

    /// Apart from the generic function, which other modules cannot specialise.
    private nonisolated(nonsending) func value(of node: Node, _ priority: Priority) async throws -> any Storable {
        let asked = clock.nanoseconds()
        if case .hit(let found) = find(node, in: immediateLevels) {
            hit(node, found, latency: clock.nanoseconds() &- asked)
            return try found.answer.get().value
        }
        let waiter = nextWaiter.add(1, ordering: .relaxed).newValue
        let made = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0[waiter] = continuation }
                perform { flights, actions in
                    flights.ask(node, waiter: waiter, deadline: asked &+ priority.patience, &actions)
                }
                // A cancellation that came before the question found nobody to resume.
                if Task.isCancelled { leave(waiter) }
            }
        } onCancel: {
            leave(waiter)
        }
        return made.value
    }

    /// Makes every entry with this tag, and with tags below it, count as absent. O(1).
    ///
    /// Entries remember the generation that was current before their computation began, so one that is being
    /// computed now is reached as well.
    public func invalidate(tag: String) { tags.invalidate(tag) }

    /// What the engine has done so far.
    public var statistics: Statistics {
        counters.reduce(into: Statistics(levels: levels.count)) { sum, counter in counter.state.withLock { sum.add($0) } }
    }

    /// How often stages were admitted beyond the byte budget, and the most bytes that were held.
    var budgetUse: (overdrafts: Int, peakByteCount: Int) {
        flights.withLock { ($0.budget.overdrafts, $0.budget.peak) }
    }

    /// How many artifacts are being found or made now, and how many requests wait for them.
    var underWay: (flights: Int, waiters: Int) { flights.withLock { ($0.count, $0.waiterCount) } }

    /// Calls a function with every event from now on, on the thread where it happens; it must return quickly.
    /// `EventLog` is the usual one.
    public func observe(_ observer: @escaping @Sendable (Event) -> Void) {
        observers.withLock { $0.append(observer) }
        isObserved.store(true, ordering: .releasing)
    }

    private func leave(_ waiter: UInt64) { perform { $0.leave(waiter, &$1) } }

    // MARK: Flights

    /// Changes the flights and does what follows from it.
    private func perform(_ change: (inout Flights<Node, Made>, inout [Flights<Node, Made>.Action]) -> Void) {
        var actions = flights.withLock { flights in
            var actions: [Flights<Node, Made>.Action] = []
            change(&flights, &actions)
            return actions
        }
        // What an action leads to at once is appended instead of called, so that chains take no stack.
        var position = 0
        while position < actions.count {
            let action = actions[position]
            position += 1
            switch action {
            case .look(let id, let node): look(id, node, &actions)
            case .measure(let id, let node, let values):
                let context = Context(inputs: node.inputs, values: values.map(\.value), cancellation: Cancellation()) { _ in }
                let footprint = node.work.footprint(in: context)
                follow(&actions) { $0.ready(id, footprint: footprint, &$1) }
            case .run(let id, let node, let values, let cancellation): run(id, node, values, cancellation)
            case .storeAlias(let id, let node, let target, let tags, let value):
                storeAlias(id, node, target, tags, value, &actions)
            case .cancel(let cancellation): cancellation.cancelTask()
            case .resume(let waiter, let outcome):
                waiting.withLock { $0.removeValue(forKey: waiter) }?.resume(with: outcome)
            }
            if position == 1024 {
                actions.removeFirst(position)
                position = 0
            }
        }
    }

    private func follow(
        _ actions: inout [Flights<Node, Made>.Action],
        _ change: (inout Flights<Node, Made>, inout [Flights<Node, Made>.Action]) -> Void
    ) {
        actions += flights.withLock { flights in
            var more: [Flights<Node, Made>.Action] = []
            change(&flights, &more)
            return more
        }
    }

    private func look(_ id: UInt64, _ node: Node, _ actions: inout [Flights<Node, Made>.Action]) {
        if let blob = (node.work as? BytesWork)?.blob {
            return follow(&actions) { $0.found(id, Made(value: blob), &$1) }
        }
        let search = find(node, in: immediateLevels)
        if case .miss = search, hasBlockingLevels, node.retention == .everywhere, configuration.cachePolicy != .off {
            readers.async { [self] in
                let search = find(node, in: levels.indices)
                tell(node, search)
                perform { $0.answered(id, search, &$1) }
            }
        } else {
            tell(node, search)
            follow(&actions) { $0.answered(id, search, &$1) }
        }
    }

    private func tell(_ node: Node, _ search: Search) {
        switch search {
        case .hit(let found): hit(node, found)
        case .miss(let reasons): missed(node, reasons)
        }
    }

    private func run(_ id: UInt64, _ node: Node, _ values: [Made], _ cancellation: Cancellation) {
        // Owned by the flight: `cancellation` ends it when nobody waits for the flight any more.
        let task = Task(executorPreference: workers) { [self] in
            for (input, value) in zip(node.inputs, values) { input.costs.withLock { $0 = $0 ?? value.costs } }
            var tags = self.tags.generations(of: node.tags)
            for value in values { tags = TagGeneration.merged(tags, value.tags) }
            let context = Context(inputs: node.inputs, values: values.map(\.value), cancellation: cancellation) { [self] fraction in
                report(.progress, node) { $0.fraction = fraction }
            }
            let begun = clock.nanoseconds()
            do {
                let product = try await node.work.run(in: context)
                let costs = node.record(node.isSource ? 0 : clock.nanoseconds() &- begun)
                switch product {
                case .value(let value):
                    let made = Made(value: value, costs: costs, tags: tags)
                    ran(node, costs, byteCount: made.byteCount)
                    finish(id, node, made)
                case .artifact(let target):
                    ran(node, costs, byteCount: 0)
                    let reach = target.reach()
                    perform { [tags] in $0.follow(id, target, reach: reach, tags: tags, &$1) }
                }
            } catch {
                let failure = StageFailure(stage: node.name, digest: node.digest, underlying: error)
                if !cancellation.isCancelled {
                    failed(node)
                    remember(failure, node, tags)
                }
                perform { $0.failed(id, failure, &$1) }
            }
        }
        cancellation.attach(task)
    }

    private func finish(_ id: UInt64, _ node: Node, _ made: Made) {
        // Stored before anyone is told: who has the value can rely on finding it.
        var isWanted = false
        perform { isWanted = $0.made(id, &$1) }
        guard isWanted else { return }
        store(made, of: node)
        perform { $0.found(id, made, &$1) }
    }

    private func storeAlias(
        _ id: UInt64, _ node: Node, _ target: Node, _ tags: [TagGeneration], _ value: Made,
        _ actions: inout [Flights<Node, Made>.Action]
    ) {
        target.costs.withLock { $0 = $0 ?? value.costs }
        let own = node.costs.withLock { $0?.own ?? 0 }
        var made = value
        made.costs = node.record(own, target: target)
        made.tags = TagGeneration.merged(tags, value.tags)
        store(made, of: node, aliasOf: target.digest)
        follow(&actions) { $0.found(id, made, &$1) }
    }
}

extension Flights where Value == Made {
    /// What the levels said.
    fileprivate mutating func answered(_ id: ID, _ search: Search, _ actions: inout [Action]) {
        switch search {
        case .hit(let hit):
            switch hit.answer {
            case .success(let made): found(id, made, &actions)
            case .failure(let failure): failed(id, failure, &actions)
            }
        case .miss: missed(id, &actions)
        }
    }
}
