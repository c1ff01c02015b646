import AtelierScheduling
import CAtelierLinux

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A model that can be loaded: its name, the digest of its bytes, and how it is made of them.
public struct ModelSource<Model: Sendable>: Sendable {
    /// What people call it.
    public var name: String
    /// Identity of its bytes: another digest is another model, even of the same name.
    public var digest: String
    /// What it is thought to hold before it was loaded once.
    public var expectedBytes: Int
    /// Makes the model and measures it. It must not ask the shelf.
    public var load: @Sendable () throws -> (model: Model, byteCount: Int)

    /// A model from its parts.
    public init(
        name: String, digest: String, expectedBytes: Int = 0, load: @escaping @Sendable () throws -> (model: Model, byteCount: Int)
    ) {
        (self.name, self.digest, self.expectedBytes, self.load) = (name, digest, expectedBytes, load)
    }

    /// Name and digest: what the shelf knows it by.
    fileprivate var key: String { name + "@" + digest }
}

/// Loads models when they are first used, keeps them while that is worth their bytes, and never lets go of one in use.
///
///     let shelf = ModelShelf(limit: 256 << 20)
///     let margins = try shelf.use(selector) { $0.margins(of: features) }
///
/// Concurrent first uses of one model load it once; different models load side by side, each on the thread that asked first.
/// Those that do not fit wait for what is in use, unless their thread uses a model already. A model that could not be loaded is
/// not tried again for a second, then two, four, up to five minutes. Models nobody has used for `age` seconds go with the next
/// use of any, or with `unloadIdle`; one that is missed soon after is kept longer from then on.
public final class ModelShelf: Sendable {
    private struct State: Sendable {
        var table: ModelTable
        var models: [String: any Sendable] = [:]
        var waiters: [UInt64: Waiter] = [:]
        var last: UInt64 = 0
        /// How many models each thread uses.
        var holders: [UInt: Int] = [:]
    }

    /// A thread that waits for its answer.
    private final class Waiter: Sendable {
        let signal = Semaphore()
        let answer = Lock<ModelTable.Action?>(nil)
    }

    private let state: Lock<State>
    private let now: @Sendable () -> Double

    /// - Parameters:
    ///   - limit: Bytes of models that are kept; more only while they are used by threads that use others too, or alone.
    ///   - age: Seconds that a model may be idle.
    public convenience init(limit: Int, age: Double = 600) {
        self.init(limit: limit, age: age, now: monotonicSeconds)
    }

    /// - Parameter now: Seconds of a clock that never goes back.
    package init(limit: Int, age: Double, now: @escaping @Sendable () -> Double) {
        state = Lock(State(table: ModelTable(limits: .init(bytes: limit, age: age))))
        self.now = now
    }

    /// Makes a model known, so that the report has it.
    public func register<Model>(_ source: ModelSource<Model>) {
        state.withLock { $0.table.register(source.key, digest: source.digest, expectedBytes: source.expectedBytes) }
    }

    /// Hands a model to `body`, loading it if it is not there. Blocks while somebody else loads it or room is awaited.
    ///
    /// - Throws: `ModelFailure` when it cannot be loaded, and what `body` throws.
    public func use<Model, Result>(_ source: ModelSource<Model>, _ body: (Model) throws -> Result) throws -> Result {
        let key = source.key, thread = currentThread(), waiter = Waiter()
        var actions: [ModelTable.Action] = []
        state.withLock { state in
            state.table.register(key, digest: source.digest, expectedBytes: source.expectedBytes)
            state.last += 1
            state.waiters[state.last] = waiter
            let holds = state.holders[thread, default: 0] > 0
            state.table.ask(key, waiter: state.last, holds: holds, now: now(), &actions)
            settle(actions, &state)
        }
        while true {
            waiter.signal.wait()
            switch waiter.answer.withLock({ $0.take() }) {
            case .load: load(source)
            case .refuse(_, let failure): throw failure
            case .grant:
                // Kept by this local until it is given back, whatever the table forgets.
                let model = state.withLock { state -> any Sendable in
                    state.holders[thread, default: 0] += 1
                    return state.models[key]!
                }
                defer { giveBack(key, thread) }
                return try body(model as! Model)
            case .unload, nil: preconditionFailure("a waiter was woken without an answer")
            }
        }
    }

    /// Loads a model before anybody uses it. Throws `ModelFailure`.
    public func preload<Model>(_ source: ModelSource<Model>) throws { try use(source) { _ in } }

    /// Unloads what has been idle for too long; for a clock that ticks.
    public func unloadIdle() {
        change { table, now, actions in table.unloadAged(now, &actions) }
    }

    /// Unloads models that nobody uses, those that are cheapest to load first, until at most `bytes` are held; under memory pressure.
    public func trim(to bytes: Int) {
        change { table, _, actions in table.trim(to: bytes, &actions) }
    }

    /// What is loaded, and what became of each model so far.
    public var usage: ModelUsage { state.withLock { ModelUsage($0.table) } }

    // MARK: - Carrying out

    private func load<Model>(_ source: ModelSource<Model>) {
        let key = source.key, start = now()
        do {
            let (model, byteCount) = try source.load()
            change { table, now, actions in
                table.loaded(key, bytes: byteCount, seconds: now - start, now: now, &actions)
            } first: {
                $0.models[key] = model
            }
        } catch {
            change { table, now, actions in table.failed(key, reason: "\(error)", now: now, &actions) }
        }
    }

    private func giveBack(_ key: String, _ thread: UInt) {
        change { table, now, actions in
            table.giveBack(key, now: now, &actions)
        } first: {
            $0.holders[thread]! -= 1
            if $0.holders[thread] == 0 { $0.holders[thread] = nil }
        }
    }

    private func change(
        _ body: (inout ModelTable, Double, inout [ModelTable.Action]) -> Void, first: (inout State) -> Void = { _ in }
    ) {
        let gone = state.withLock { state -> [any Sendable] in
            var actions: [ModelTable.Action] = []
            first(&state)
            body(&state.table, now(), &actions)
            return settle(actions, &state)
        }
        // Models are freed outside the lock; what large ones held goes back to the system.
        if !gone.isEmpty { giveMemoryBack(gone) }
    }

    /// Wakes who has an answer; returns what was unloaded, so that it can be freed outside the lock.
    @discardableResult
    private func settle(_ actions: [ModelTable.Action], _ state: inout State) -> [any Sendable] {
        var gone: [any Sendable] = []
        for action in actions {
            switch action {
            case .unload(let model): gone.append(state.models.removeValue(forKey: model)!)
            case .load(let waiter, _):
                state.waiters[waiter]!.answer.withLock { $0 = action }
                state.waiters[waiter]!.signal.post()
            case .grant(let waiter, _), .refuse(let waiter, _):
                let waiter = state.waiters.removeValue(forKey: waiter)!
                waiter.answer.withLock { $0 = action }
                waiter.signal.post()
            }
        }
        return gone
    }
}

private func giveMemoryBack(_ models: consuming [any Sendable]) {
    models = []
    #if canImport(Glibc)
        _ = malloc_trim(0)
    #endif
}

private func currentThread() -> UInt {
    #if canImport(Musl)
        UInt(bitPattern: pthread_self())
    #else
        UInt(pthread_self())
    #endif
}

@Sendable private func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// What a shelf holds and has done.
public struct ModelUsage: Hashable, Sendable {
    /// One model.
    public struct Entry: Hashable, Sendable {
        /// Its name and, after an `@`, its digest.
        public var name: String
        /// Whether it is in memory, its bytes as measured last, and how many use it now.
        public var isLoaded: Bool, byteCount: Int, users: Int
        /// How often it was used, loaded, unloaded, and could not be loaded.
        public var uses: Int, loads: Int, unloads: Int, failedLoads: Int
        /// Seconds that loading it took last.
        public var loadSeconds: Double
        /// Why it could not be loaded last; nil when it could.
        public var failure: String?
    }

    /// Every model, by name.
    public var models: [Entry]
    /// Bytes of models in memory now, at most, and as allowed.
    public var byteCount: Int, peakByteCount: Int, limit: Int
    /// How often a model was loaded beyond the limit.
    public var overdrafts: Int

    init(_ table: ModelTable) {
        models = table.entries.sorted { $0.key < $1.key }.map { name, entry in
            Entry(
                name: name, isLoaded: entry.state == .loaded, byteCount: entry.bytes, users: entry.leases, uses: entry.uses,
                loads: entry.loads, unloads: entry.unloads, failedLoads: entry.failedLoads, loadSeconds: entry.cost,
                failure: entry.failure?.reason)
        }
        (byteCount, peakByteCount, limit, overdrafts) = (table.bytes, table.peak, table.limits.bytes, table.overdrafts)
    }
}
