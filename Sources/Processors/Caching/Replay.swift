import AtelierScheduling

/// The output of one run while it is being made, for everyone who wants it: who comes late gets it from the beginning.
///
/// The run has a task of its own, which is cancelled when the last reader leaves; so it outlives the reader that began it as
/// long as there is another. What it has given is kept until its end, up to a limit. Beyond that nobody can join any more, what
/// all readers have taken is let go, and the run waits for the slowest of them.
final class Replay: Sendable {
    private struct State: Sendable {
        /// From part number `dropped` on.
        var parts: [Part] = []
        var dropped = 0
        var byteCount = 0
        var outcome: Result<Void, any Error>?
        /// How many parts each reader has taken.
        var taken: [Int: Int] = [:]
        var nextReader = 0
        var isComplete = true
        /// Those who wait for more, and the run when it waits for them.
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var runWaits: CheckedContinuation<Void, Never>?
        var task: Task<Void, Never>?
        var isAbandoned = false

        var count: Int { dropped + parts.count }

        /// Takes out what to resume when something has changed for readers.
        mutating func readersToWake() -> [CheckedContinuation<Void, Never>] {
            defer { waiting.removeAll() }
            return Array(waiting.values)
        }

        /// Lets go of what everybody has taken, where it is not kept for those to come.
        mutating func trim() {
            guard !isComplete, let least = taken.values.min(), least > dropped else { return }
            parts.removeFirst(least - dropped)
            dropped = least
        }
    }

    private let byteLimit: Int
    private let state = Lock(State())

    /// How far the run may be ahead of the slowest reader when what it gives is no longer kept.
    private static let mostUnread = 64

    /// - Parameter byteLimit: Most bytes kept.
    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// Begins the run. Its task belongs to the readers: the last to leave cancels it.
    func begin(_ body: @escaping @Sendable () async throws -> Void) {
        RunningTasks.begin()
        let task = Task {
            do {
                try await body()
                end(.success(()))
            } catch {
                end(.failure(error))
            }
            RunningTasks.end()
        }
        let isAbandoned = state.withLock { state in
            state.task = state.outcome == nil ? task : nil
            return state.isAbandoned
        }
        if isAbandoned { task.cancel() }
    }

    // MARK: The run

    /// Adds a part. Waits where nothing is kept and readers are behind.
    func append(_ part: Part) async throws {
        let (waking, mustWait) = state.withLock { state in
            state.parts.append(part)
            state.byteCount += part.footprint
            if state.byteCount > byteLimit { state.isComplete = false }
            state.trim()
            return (state.readersToWake(), !state.isComplete && state.parts.count > Self.mostUnread)
        }
        for reader in waking { reader.resume() }
        if mustWait { await waitForReaders() }
        try Task.checkCancellation()
    }

    private func waitForReaders() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.parts.count <= Self.mostUnread || state.isAbandoned || Task.isCancelled { return true }
                    state.runWaits = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.runWaits.take() }?.resume()
        }
    }

    /// All parts so far; nil when there were too many to keep.
    var kept: [Part]? { state.withLock { $0.isComplete ? $0.parts : nil } }

    private func end(_ outcome: Result<Void, any Error>) {
        let waking = state.withLock { state in
            state.outcome = outcome
            state.task = nil
            return state.readersToWake()
        }
        for reader in waking { reader.resume() }
    }

    // MARK: Readers

    /// A new reader, from the first part on; nil when the first parts are gone or the run was given up.
    func join() -> Reader? {
        state.withLock { state in
            guard state.isComplete, !state.isAbandoned else { return nil }
            let reader = state.nextReader
            state.nextReader += 1
            state.taken[reader] = 0
            return Reader(replay: self, number: reader)
        }
    }

    private func leave(_ reader: Int) {
        let (task, run) = state.withLock { state in
            state.taken[reader] = nil
            state.trim()
            let run = state.runWaits.take()
            guard state.taken.isEmpty, state.outcome == nil else { return (Task<Void, Never>?.none, run) }
            state.isAbandoned = true
            return (state.task, run)
        }
        run?.resume()
        task?.cancel()
    }

    /// What nobody else has taken for this reader: none yet, some, or the end.
    private enum News {
        case none
        case parts(ArraySlice<Part>)
        case ended(Result<Void, any Error>)
    }

    private func take(for reader: Int) -> News {
        let (news, run) = state.withLock { state in
            let taken = state.taken[reader]!
            guard taken < state.count else {
                return (state.outcome.map { News.ended($0) } ?? .none, CheckedContinuation<Void, Never>?.none)
            }
            let parts = state.parts[(taken - state.dropped)...]
            state.taken[reader] = state.count
            state.trim()
            return (.parts(parts), state.isComplete ? nil : state.runWaits.take())
        }
        run?.resume()
        return news
    }

    private func waitForNews(_ reader: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.taken[reader]! < state.count || state.outcome != nil || Task.isCancelled { return true }
                    state.waiting[reader] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: reader) }?.resume()
        }
    }

    /// One that reads the run. It leaves when it is let go.
    final class Reader: Sendable {
        private let replay: Replay
        private let number: Int

        fileprivate init(replay: Replay, number: Int) {
            self.replay = replay
            self.number = number
        }

        deinit { replay.leave(number) }

        /// The parts that have come since the last call, at least one; nil at the end.
        ///
        /// - Throws: What the run has thrown; `CancellationError` when the reader's task is cancelled.
        func next() async throws -> ArraySlice<Part>? {
            while true {
                try Task.checkCancellation()
                switch replay.take(for: number) {
                case .parts(let parts): return parts
                case .ended(let outcome):
                    try outcome.get()
                    return nil
                case .none: await replay.waitForNews(number)
                }
            }
        }
    }
}
