import AtelierScheduling
import Testing

@testable import AtelierMemo

/// Engines that share a level stand for processes; the second one's clock moves only when the test moves it.
@Suite("Leases")
struct LeaseTests {
    private let shared = SharedStore(), time = ManualClock()

    private func engine(_ levels: [any Store]? = nil, clock: Clock = Clock()) -> (Engine, EventLog) {
        let engine = Engine(levels: levels ?? [everything(), shared], configuration: .init(), clock: clock)
        return (engine, EventLog(engine))
    }

    /// Lets the second process look again, once the first has given its lease back.
    private func lookAgain() async {
        #expect(await eventually { shared.leased.isEmpty && time.pauseCount == 1 })
        time.advance(nanoseconds: 100_000_000)
    }

    @Test("Two processes that want the same make it once, with everything it is built on")
    func once() async throws {
        let (here, hereLog) = engine(), (there, thereLog) = engine(clock: time.clock)
        let artifact = Artifact(Gated(gate: 220, input: Artifact(Constant(value: 3))))
        let first = Task { try await here.value(of: artifact) }
        await Gate.number(220).arrived()
        let second = Task { try await there.value(of: artifact) }
        #expect(await eventually { time.pauseCount == 1 })
        time.advance(nanoseconds: 100_000_000)
        #expect(await eventually { time.pauseCount == 1 }, "it goes on waiting")
        Gate.number(220).open()
        #expect(try await first.value.value == 220)
        await lookAgain()
        #expect(try await second.value.value == 220)
        #expect(hereLog.runs == 2)
        #expect(thereLog.runs == 0)
        #expect(thereLog.events.last?.level == "shared")
        #expect(await eventually { shared.leased.isEmpty })
    }

    @Test("A holder that fails, or is given up, gives the lease back, and who waited makes it", arguments: [false, true])
    func givenBack(isCancelled: Bool) async throws {
        let gate = isCancelled ? 221 : 222
        let (here, _) = engine(), (there, log) = engine(clock: time.clock)
        let artifact = Artifact(FailsOnce(gate: gate))
        let first = Task { try await here.value(of: artifact) }
        await Gate.number(gate).arrived()
        let second = Task { try await there.value(of: artifact) }
        #expect(await eventually { time.pauseCount == 1 })
        if isCancelled { first.cancel() }
        Gate.number(gate).open()
        _ = await first.result
        await lookAgain()
        #expect(try await second.value.value == gate)
        #expect(log.runs == 1)
        #expect(await eventually { shared.leased.isEmpty })
    }

    @Test("Who has waited for half a minute makes it too")
    func patienceEnds() async throws {
        let (there, log) = engine(clock: time.clock), artifact = Artifact(Constant(value: 4))
        guard case .granted(let lease) = shared.lease(artifact.digest) else {
            Issue.record("nobody has it yet")
            return
        }
        let asks = Task { try await there.value(of: artifact) }
        #expect(await eventually { time.pauseCount == 1 })
        time.advance(seconds: 29)
        #expect(await eventually { time.pauseCount == 1 })
        #expect(log.runs == 0)
        time.advance(seconds: 1)
        #expect(try await asks.value.value == 4)
        lease.release()
    }

    @Test("A flight that waits for somebody else is gone soon after everyone has left it, and leaves no lease")
    func left() async throws {
        let server = SharedStore(name: "server"), artifact = Artifact(Constant(value: 5))
        let (there, _) = engine([shared, server], clock: time.clock)
        guard case .granted(let lease) = server.lease(artifact.digest) else {
            Issue.record("nobody has it yet")
            return
        }
        let asks = Task { try await there.value(of: artifact) }
        #expect(await eventually { time.pauseCount == 1 })
        #expect(shared.leased == [artifact.digest], "the nearer lease is held while the farther is waited for")
        asks.cancel()
        await #expect(throws: CancellationError.self) { _ = try await asks.value }
        time.advance(nanoseconds: 100_000_000)
        #expect(await eventually { there.underWay.flights == 0 && shared.leased.isEmpty })
        lease.release()
    }

    @Test("A level that cannot be asked holds nobody up")
    func unavailable() async throws {
        shared.isReachable = false
        let (here, log) = engine(clock: time.clock)
        #expect(try await here.value(of: Artifact(Constant(value: 6))).value == 6)
        #expect(log.runs == 1)
        #expect(time.pauseCount == 0)
    }

    @Test("No lease is taken for what stays in memory, for what is not kept, or for a level that may not be asked")
    func notWanted() async throws {
        struct Light: Stage {
            static let name = "test.light", version = 1
            func run(in context: Context) -> Weight { Weight(byteCount: 1) }
        }
        let (here, _) = engine()
        _ = try await here.value(of: Artifact(Light()))
        _ = try await here.value(of: Artifact(Constant(value: 7)), policy: .read)
        _ = try await here.value(of: Artifact(Constant(value: 8)), levels: .memory)
        _ = try await here.value(of: Artifact(Constant(value: 9)), policy: .off)
        #expect(shared.leaseRequests.isEmpty)
        _ = try await here.value(of: Artifact(Increment(of: Artifact(Constant(value: 10)))))
        #expect(shared.leaseRequests.count == 1)
    }

    @Test("Stages that have shown to be cheap are made without asking, dear ones go on asking", arguments: [1, 50] as [UInt64])
    func cheap(milliseconds: UInt64) async throws {
        let (here, _) = engine(clock: time.clock), number = Times.add(time)
        for value in 0..<5 { _ = try await here.value(of: Artifact(Timed(clock: number, value: value, milliseconds: milliseconds))) }
        #expect(shared.leaseRequests.count == (milliseconds < 5 ? 1 : 5))
        #expect(await eventually { shared.leased.isEmpty })
    }

    @Test("Flights that ask in different ways wait for each other's lease and end")
    func differentWays() async throws {
        let (here, log) = engine(clock: time.clock), artifact = Artifact(Gated(gate: 223))
        let first = Task { try await here.value(of: artifact) }
        await Gate.number(223).arrived()
        let second = Task { try await here.value(of: artifact, levels: .only(["shared"])) }
        #expect(await eventually { time.pauseCount == 1 })
        Gate.number(223).open()
        _ = try await first.value
        await lookAgain()
        _ = try await second.value
        #expect(log.runs == 1)
    }
}

/// Throws the first time, or when cancelled.
private struct FailsOnce: Stage {
    static let name = "test.failsOnce", version = 1
    private static let runs = Lock<[Int: Int]>([:])
    var gate: Int
    func run(in context: Context) async throws -> Number {
        await Gate.number(gate).pass()
        let run = Self.runs.withLock { runs in
            runs[gate, default: 0] += 1
            return runs[gate]!
        }
        if run == 1 { throw NotANumber() }
        return Number(gate)
    }
}

/// Takes so long on a clock of the test.
private struct Timed: Stage {
    static let name = "test.timed", version = 1
    var clock: Int
    var value: Int
    var milliseconds: UInt64
    func run(in context: Context) -> Number {
        Times.number(clock).advance(nanoseconds: milliseconds * 1_000_000)
        return Number(value)
    }
}

private enum Times {
    private static let clocks = Lock<[ManualClock]>([])

    static func add(_ clock: ManualClock) -> Int {
        clocks.withLock { clocks in
            clocks.append(clock)
            return clocks.count - 1
        }
    }
    static func number(_ number: Int) -> ManualClock { clocks.withLock { $0[number] } }
}
