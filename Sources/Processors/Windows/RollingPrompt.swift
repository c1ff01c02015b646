import AtelierScheduling

/// Cuts an endless stream into prompts, each of which begins with what is kept of those before.
///
///     let prompts = RollingPrompt(keeping: .lastTurns(5))
///     let answer = model(prompts.pending)          // reads what is there, then what is added
///     prompts.add(question)
///     try await prompts.finalize()                 // the model's input ends; the next prompt begins
///
/// A model may begin to read before its prompt is complete. What comes while it answers and belongs behind the answer is put
/// aside with `stash` and added by `applyStash`. May be used by several tasks; `finalize` by one at a time.
public final class RollingPrompt: Sendable {
    private struct State: Sendable {
        var pending: Prompt
        /// What is added while the policy runs; nil when it does not.
        var late: [Part]?
        var hasEnded = false
        var stash: [Part] = []

        mutating func add(_ part: Part) {
            if hasEnded { return }
            if late == nil { pending.append(part) } else { late!.append(part) }
        }
    }

    private let state = Lock(State(pending: Prompt(History())))
    private let policy: HistoryPolicy
    private let historyLimit: Int

    /// - Parameters:
    ///   - policy: What is kept when a prompt is complete.
    ///   - historyLimit: Most bytes that may be kept, by `Part.footprint`; more is an error.
    public init(keeping policy: HistoryPolicy = .all, historyLimit: Int = 256 << 20) {
        self.policy = policy
        self.historyLimit = historyLimit
    }

    /// The prompt that is being put together, from its beginning; it ends when the prompt is finalized.
    public var pending: PartStream {
        let prompt = state.withLock { $0.pending }
        return PartStream(once: { _ in PromptIterator(prompt) })
    }

    /// Adds a part to the prompt; to the next one while it is finalized.
    public func add(_ part: Part) { state.withLock { $0.add(part) } }

    /// Puts a part aside.
    public func stash(_ part: Part) { state.withLock { $0.stash.append(part) } }

    /// Adds what was put aside.
    public func applyStash() {
        state.withLock { state in
            for part in state.stash { state.add(part) }
            state.stash = []
        }
    }

    /// Completes the prompt and begins the next, with what the policy keeps.
    ///
    /// - Throws: `HistoryError`, and what a summarising processor throws.
    public func finalize() async throws {
        let complete = state.withLock { state in
            state.late = []
            return state.pending
        }
        let history = try await policy.kept(of: complete.close(.success(())))
        guard history.footprint <= historyLimit else { throw HistoryError.tooLong(bytes: history.footprint, limit: historyLimit) }
        state.withLock { state in
            state.pending = Prompt(history)
            for part in state.late ?? [] { state.pending.append(part) }
            state.late = nil
        }
    }

    /// Completes the prompt, after which there is none; its readers find the end or an error, and what is added is forgotten.
    func end(_ outcome: Result<Void, any Error> = .success(())) {
        let last = state.withLock { state in
            state.hasEnded = true
            return state.pending
        }
        _ = last.close(outcome)
    }
}

/// Why a history cannot go on.
public enum HistoryError: Error, Hashable, CustomStringConvertible {
    /// More was kept than allowed.
    case tooLong(bytes: Int, limit: Int)

    /// One sentence.
    public var description: String {
        switch self {
        case .tooLong(let bytes, let limit):
            "the history has grown to \(bytes) bytes, more than the limit of \(limit); a policy such as lastTurns keeps less of it"
        }
    }
}

/// A history that no longer changes, and what is added to it until the prompt is complete.
final class Prompt: Sendable {
    private struct State: Sendable {
        var added: [Part] = []
        var arrived = ContinuousClock.now
        var outcome: Result<Void, any Error>?
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0

        mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
            if waiting.isEmpty { return [] }
            defer { waiting.removeAll() }
            return Array(waiting.values)
        }
    }

    let history: History
    private let state = Lock(State())

    init(_ history: History) { self.history = history }

    func append(_ part: Part) {
        let waiting = state.withLock { state in
            precondition(state.outcome == nil, "a part was added to a prompt that is complete")
            state.added.append(part)
            state.arrived = .now
            return state.takeWaiting()
        }
        for reader in waiting { reader.resume() }
    }

    /// No more parts come. Returns the history with those that came.
    func close(_ outcome: Result<Void, any Error>) -> History {
        let (added, arrived, waiting) = state.withLock { state in
            state.outcome = outcome
            return (state.added, state.arrived, state.takeWaiting())
        }
        for reader in waiting { reader.resume() }
        var whole = history
        for part in added { whole.append(part, arrived: arrived) }
        return whole
    }

    /// What was added after so many parts; nil when that is all.
    nonisolated(nonsending) func added(after count: Int) async throws -> ArraySlice<Part>? {
        while true {
            try Task.checkCancellation()
            let (parts, outcome) = state.withLock { ($0.added[count...], $0.outcome) }
            if !parts.isEmpty { return parts }
            if let outcome {
                try outcome.get()
                return nil
            }
            await waitForMore(than: count)
        }
    }

    private nonisolated(nonsending) func waitForMore(than count: Int) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.outcome != nil || state.added.count > count || Task.isCancelled { return true }
                    state.waiting[waiter] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume()
        }
    }
}

/// Reads a prompt from its beginning.
final class PromptIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private let prompt: Prompt
    private var nextTurn = 0
    private var addedCount = 0
    private var parts: [Part] = []
    private var taken = 0

    init(_ prompt: Prompt) {
        self.prompt = prompt
        super.init(hasBatches: true)
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        while taken == parts.count {
            parts = try await nextBatch()
            taken = 0
            if parts.isEmpty { return nil }
        }
        taken += 1
        return parts[taken - 1]
    }

    override func partsAtHand() -> [Part]? {
        guard nextTurn < prompt.history.turns.count else { return nil }
        nextTurn += 1
        return prompt.history.turns[nextTurn - 1].parts
    }

    override nonisolated(nonsending) func nextBatch() async throws -> [Part] {
        if let parts = partsAtHand() { return parts }
        guard let added = try await prompt.added(after: addedCount) else { return [] }
        addedCount += added.count
        return Array(added)
    }
}
