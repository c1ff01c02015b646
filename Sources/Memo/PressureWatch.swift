package import AtelierScheduling

/// Lets an engine hold less while the machine, or the control group the process is in, is short of memory, and grow back: first its
/// level in memory, then the byte budget of what runs, so that work waits only when there is nothing left to forget.
///
///     let engine = Engine(levels: [MemoryStore(byteLimit: 4 << 30)])
///     let watch = PressureWatch(of: engine)
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

    private let yielding: [Yielding]
    private let nanoseconds: @Sendable () -> UInt64
    private let state: Lock<State>

    /// A watch over an engine. What it may hold now is what it may hold without pressure.
    public convenience init(of engine: Engine) {
        let stores = engine.levels.compactMap { $0 as? MemoryStore }
        self.init(of: stores.map(\.yielding) + [engine.yieldingBudget], gauge: MemoryGauge(), nanoseconds: monotonicNanoseconds)
    }

    /// - Parameters:
    ///   - yielding: What costs least to lose comes first.
    ///   - nanoseconds: A clock that never goes back.
    package init(of yielding: [Yielding], gauge: MemoryGauge, nanoseconds: @escaping @Sendable () -> UInt64) {
        self.yielding = yielding
        self.nanoseconds = nanoseconds
        state = Lock(State(gauge: gauge, looked: nanoseconds()))
    }

    /// Looks at the memory of the system and changes one bound, when a second has passed since the last look, or
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
        pressure?.apply(to: yielding)
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

extension MemoryStore {
    /// Its bound in bytes, as something that can shrink.
    var yielding: Yielding {
        Yielding(most: byteLimit, limit: { self.byteLimit }, held: { self.byteCount }, resize: { self.resize(byteLimit: $0) })
    }
}

extension Engine {
    /// What running stages may hold, as something that can shrink.
    var yieldingBudget: Yielding {
        Yielding(
            most: configuration.byteBudget, limit: { self.budgetUse.limit }, held: { self.budgetUse.held },
            resize: { limit in self.perform { $0.resize(budget: limit, &$1) } })
    }
}
