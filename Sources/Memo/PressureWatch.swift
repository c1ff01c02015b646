package import AtelierScheduling

/// Lets a memory level shrink while the machine, or the control group the process is in, is short of memory, and grow back.
///
///     let store = MemoryStore(byteLimit: 4 << 30)
///     let watch = PressureWatch(of: store)
///     let watching = Task { await watch.run() }          // a process that stays; cancelled by whoever stops it
///
/// Nobody watches without being asked: a sleeping task costs a short run a thread and a twentieth of its time (measured:
/// 4.8 ms instead of 4.6). A command that has many things to make calls `look` before each instead.
public final class PressureWatch: Sendable {
    private struct State: Sendable {
        var gauge: MemoryGauge
        /// In nanoseconds.
        var looked: UInt64
        var isBlind = false
    }

    private let store: MemoryStore
    private let most: Int
    private let nanoseconds: @Sendable () -> UInt64
    private let state: Lock<State>

    /// A watch over a level. Its bound in bytes now is what it may hold without pressure.
    public convenience init(of store: MemoryStore) {
        self.init(of: store, gauge: MemoryGauge(), nanoseconds: monotonicNanoseconds)
    }

    /// - Parameter nanoseconds: A clock that never goes back.
    package init(of store: MemoryStore, gauge: MemoryGauge, nanoseconds: @escaping @Sendable () -> UInt64) {
        self.store = store
        self.nanoseconds = nanoseconds
        most = store.byteLimit
        state = Lock(State(gauge: gauge, looked: nanoseconds()))
    }

    /// Looks at the memory of the system and changes the level's bound, when a second has passed since the last look, or
    /// since the watch was made. When it has not, that is one reading of the clock.
    ///
    /// - Returns: Whether another look may tell anything; false where the system tells nothing of its memory.
    @discardableResult
    public func look() -> Bool {
        let now = nanoseconds()
        let pressure = state.withLock { state -> MemoryPressure? in
            guard !state.isBlind, now >= state.looked + 1_000_000_000 else { return nil }
            state.looked = now
            let pressure = state.gauge.read()
            state.isBlind = pressure == nil
            return pressure
        }
        if let pressure {
            let limit = pressure.limit(after: store.byteLimit, held: store.byteCount, most: most)
            if limit != store.byteLimit { store.resize(byteLimit: limit) }
        }
        return state.withLock { !$0.isBlind }
    }

    /// Looks every second until the task is cancelled or the system tells nothing.
    public func run() async { await run { try await Task.sleep(for: .seconds(1)) } }

    /// - Parameter pause: Waits for the time of the next look; throws to end.
    func run(pause: () async throws -> Void) async {
        // A pause that throws is the end, whatever it threw.
        while (try? await pause()) != nil, look() {}
    }
}
