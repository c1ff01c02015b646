import AtelierScheduling

/// What one process tells a cache directory about itself: its numbers (`History`) and the keys of what it put there
/// (`Explanation.WhyMissed` compares with them).
///
///     let journal = CacheJournal(of: engine, in: directory)
///     …
///     journal.write()                  // at the end; `write(ifOlderThan: 60)` now and then while it lasts
///
/// Keys are noted when a level on disk or network takes an artifact, off the path of hits; nothing is written before
/// `write`, unless a megabyte has come together.
public final class CacheJournal: Sendable {
    private struct State: Sendable {
        var told = Statistics()
        var since: Int64
        /// What was noted, so that shared inputs are noted once.
        var seen: Set<Digest> = []
        var keys: [[UInt8]] = [], keyBytes = 0

        mutating func takeKeys() -> [[UInt8]] {
            defer { (keys, keyBytes) = ([], 0) }
            return keys
        }
    }

    private let engine: Engine
    private let directory: CacheDirectory
    private let now: @Sendable () -> Int64
    private let state: Lock<State>

    /// Most bytes of keys held, and most digests remembered.
    private static let mostBytes = 1 << 20, mostSeen = 1 << 16

    /// Listens from now on. The directory must be open for writing.
    public convenience init(of engine: Engine, in directory: CacheDirectory) {
        self.init(of: engine, in: directory, now: systemSeconds)
    }

    init(of engine: Engine, in directory: CacheDirectory, now: @escaping @Sendable () -> Int64) {
        self.engine = engine
        self.directory = directory
        self.now = now
        state = Lock(State(since: now()))
        engine.putObserver.withLock { $0 = Observer { [weak self] node in self?.note(node) } }
    }

    private func note(_ node: Node) {
        var pending = [node], payloads: [[UInt8]] = []
        let noted = now()
        while let node = pending.popLast() {
            let isNew = state.withLock { state in
                if state.seen.count >= Self.mostSeen { state.seen.removeAll() }
                return state.seen.insert(node.digest).inserted
            }
            guard isNew else { continue }
            pending += node.inputs
            // Outside the lock: encoding a key takes microseconds.
            if let payload = NotedKey.payload(of: node, noted: noted) { payloads.append(payload) }
        }
        let full = state.withLock { state -> [[UInt8]] in
            state.keys += payloads
            state.keyBytes += payloads.reduce(0) { $0 + $1.count }
            return state.keyBytes < Self.mostBytes ? [] : state.takeKeys()
        }
        if !full.isEmpty { append(full) }
    }

    private func append(_ keys: [[UInt8]]) { KeyLog.file(in: directory).append(keys, shorter: KeyLog.shorter) }

    /// Appends what has come together since the last time; nothing when nothing has.
    ///
    /// - Parameter seconds: With it, only when the last time is at least so long ago.
    public func write(ifOlderThan seconds: Int64 = 0) {
        let now = now()
        guard state.withLock({ now - $0.since >= seconds }) else { return }
        let statistics = engine.statistics
        let (stretch, keys) = state.withLock { state -> (History.Stretch?, [[UInt8]]) in
            let news = statistics.since(state.told)
            let stretch = History.Stretch(begin: state.since, end: now, reports: 1, statistics: news)
            (state.told, state.since) = (statistics, now)
            return (news.isEmpty ? nil : stretch, state.takeKeys())
        }
        if !keys.isEmpty { append(keys) }
        if let stretch { History.append(stretch, to: directory) }
    }
}
