import AtelierScheduling
import Testing

@testable import AtelierMemo

@Suite("Retention")
struct RetentionTests {
    /// Kept as the test says; takes a millisecond by the test's clock.
    private struct Kept: Stage {
        static let name = "test.kept", version = 1
        var value: Int
        var input: Artifact<Number>?
        static let retentions = Lock<[Int: Retention]>([:])
        var retention: Retention { Self.retentions.withLock { $0[value] } ?? .everywhere }
        func run(in context: Context) -> Number { Number(value) }

        init(_ value: Int, _ retention: Retention = .everywhere, input: Artifact<Number>? = nil) {
            (self.value, self.input) = (value, input)
            Self.retentions.withLock { $0[value] = retention }
        }
    }

    private let time = ManualClock()

    private func engine(_ levels: any Store...) -> (Engine, EventLog) {
        let engine = Engine(levels: levels, configuration: .init(), clock: time.clock)
        return (engine, EventLog(engine))
    }

    @Test("An output is an answer for its time to live, give or take a tenth, in memory and outside")
    func timeToLive() async throws {
        for values in [0..<20, 20..<40] {
            let bytes = BytesStore(), (engine, log) = values.lowerBound == 0 ? engine(everything(), bytes) : engine(bytes)
            let artifacts = values.map { Artifact(Kept($0, Retention(in: .all, for: .seconds(1000)))) }
            for artifact in artifacts { _ = try await engine.value(of: artifact) }
            time.advance(seconds: 899)
            for artifact in artifacts { _ = try await engine.value(of: artifact) }
            #expect(log.runs == 20)
            // Not all at once: the middle of the range finds some gone.
            time.advance(seconds: 101)
            for artifact in artifacts { _ = try await engine.value(of: artifact) }
            #expect(log.runs > 22 && log.runs < 38)
            time.advance(seconds: 1101)
            for artifact in artifacts { _ = try await engine.value(of: artifact) }
            #expect(log.runs > 40)
        }
    }

    @Test("The time to live of a digest is the same everywhere")
    func jitter() {
        let retention = Retention(in: .all, for: .seconds(1000))
        let times = (0..<1000).map { retention.secondsToLive(of: digest("\($0)"))! }
        #expect(times == (0..<1000).map { retention.secondsToLive(of: digest("\($0)"))! })
        #expect(times.min()! >= 900 && times.min()! < 905 && times.max()! <= 1100 && times.max()! > 1095)
        #expect(Retention(in: .all, for: .milliseconds(1500)).secondsToLive == 2)
        #expect(Retention(in: .all, for: .milliseconds(1)).secondsToLive(of: digest("")) == 1)
    }

    @Test("What is built on an output that expires, expires with it, found or made")
    func inherited() async throws {
        let bytes = BytesStore(), short = Artifact(Kept(50, Retention(in: .all, for: .seconds(1000))))
        _ = try await engine(bytes).0.value(of: short)
        time.advance(seconds: 500)
        let (engine, log) = engine(everything(), bytes)
        let built = Artifact(Increment(of: short))
        _ = try await engine.value(of: built)
        #expect(log.runs == 1)
        time.advance(seconds: 601)
        _ = try await engine.value(of: built)
        #expect(log.runs == 3)
    }

    @Test("Setting the clock does not move what is in memory; outside, an entry of the future counts as made now")
    func clockJumps() async throws {
        let bytes = BytesStore(), (engine, log) = engine(everything(), bytes)
        let artifact = Artifact(Kept(60, Retention(in: .all, for: .seconds(1000))))
        time.set(by: 100_000)
        _ = try await engine.value(of: artifact)
        time.set(by: -100_000)
        time.advance(seconds: 899)
        _ = try await engine.value(of: artifact)
        #expect(log.runs == 1)
        time.advance(seconds: 202)
        _ = try await engine.value(of: Artifact(Kept(60, Retention(in: .all, for: .seconds(1000)))), levels: .only(["memory"]))
        #expect(log.runs == 2, "its time is over in memory")

        let (later, laterLog) = self.engine(bytes)
        _ = try await later.value(of: artifact)
        time.advance(seconds: 899)
        _ = try await later.value(of: artifact)
        #expect(laterLog.runs == 0)
        time.advance(seconds: 202)
        _ = try await later.value(of: artifact)
        #expect(laterLog.runs == 1)
    }

    @Test("Times and sizes that nobody can have written are no answer, and no crash")
    func absurd() async throws {
        let artifact = Artifact(Constant(value: 61))
        for (created, expires, size, runs) in [
            (Int64.min, Int64.max, 8, 0), (.max, .min, 8, 1), (.max, .max, 8, 1), (0, .min, 8, 1), (0, .max, -1, 1),
        ] {
            let bytes = BytesStore(), (engine, log) = engine(everything(), bytes)
            _ = try await Engine(levels: [bytes]).value(of: artifact)
            bytes.replace(artifact.digest) { ($0.header.created, $0.header.expires, $0.header.byteCount) = (created, expires, size) }
            #expect(try await engine.value(of: artifact).value == 61)
            #expect(log.runs == runs, "made at \(created), until \(expires), \(size) bytes")
        }
    }

    @Test("An instance says where it is kept, by name too, and from which cost on")
    func places() async throws {
        let near = BytesStore(), far = SharedStore(name: "far"), memory = everything(), (engine, _) = engine(memory, near, far)
        _ = try await engine.value(of: Artifact(Kept(70, Retention(in: .except(["far"])))))
        #expect((memory.count, near.stages.count, far.stages.count) == (1, 1, 0))
        _ = try await engine.value(of: Artifact(Kept(71, Retention(in: .only(["far"])))))
        #expect((memory.count, near.stages.count, far.stages.count) == (1, 1, 1))
        _ = try await engine.value(of: Artifact(Kept(72, .none)))
        _ = try await engine.value(of: Artifact(Kept(73, Retention(in: .all, ifCosting: .milliseconds(1)))))
        #expect((memory.count, near.stages.count, far.stages.count) == (1, 1, 1))
    }

    @Test("A request names the levels that may answer it and be filled, and shares no flight with one that names others")
    func levelsPerCall() async throws {
        let near = BytesStore(), far = SharedStore(name: "far"), memory = everything(), (engine, log) = engine(memory, near, far)
        let artifact = Artifact(Kept(80)), built = Artifact(Increment(of: artifact))
        _ = try await engine.value(of: built, levels: .only(["far"]))
        #expect((memory.count, near.stages.count, far.stages.count) == (0, 0, 2))
        #expect(log.runs == 2)
        _ = try await engine.value(of: built, levels: .except(["far"]))
        #expect(log.runs == 4)
        _ = try await engine.value(of: built, levels: .none)
        #expect(log.runs == 6)
        _ = try await engine.value(of: built)
        #expect(log.runs == 6)
        _ = try await engine.value(of: built, policy: .off)
        #expect(log.runs == 8)
        _ = try await engine.value(of: built, policy: .refresh)
        #expect(log.runs == 10)

        let gated = Artifact(Gated(gate: 230))
        let tasks = [Levels.all, .all, .memory, .memory].map { levels in Task { try await engine.value(of: gated, levels: levels) } }
        #expect(await eventually { engine.underWay.waiters == 4 })
        await Gate.number(230).arrived(2)
        Gate.number(230).open()
        for task in tasks { _ = try await task.value }
        #expect(log.runs(of: Gated.self) == 2)
    }

    @Test("What another request pins is no answer for one that forbids the level it came from")
    func pins() async throws {
        let far = SharedStore(name: "far"), input = Artifact(Constant(value: 81))
        _ = try await Engine(levels: [far]).value(of: input)
        let (engine, log) = engine(far)
        // Holds the input, found in the far level, while it runs.
        let holder = Task { try await engine.value(of: Artifact(Gated(gate: 231, input: input))) }
        await Gate.number(231).arrived()
        _ = try await engine.value(of: Artifact(Increment(of: input)), levels: .none)
        #expect(log.runs(of: Constant.self) == 1)
        Gate.number(231).open()
        _ = try await holder.value
    }

    @Test("A level that keeps bytes is not offered what costs less than three hits on it")
    func worth() async throws {
        struct Slow: Stage {
            static let name = "test.slowly", version = 1
            var value: Int
            func run(in context: Context) -> Number { Number(value) }
        }
        // The clock stands still: everything costs nothing, and a hit here costs something.
        let disk = PricedStore(hitCost: 1), free = PricedStore(hitCost: 0)
        _ = try await engine(disk).0.value(of: Artifact(Slow(value: 1)))
        _ = try await engine(free).0.value(of: Artifact(Slow(value: 1)))
        #expect(disk.entries.stages.isEmpty)
        #expect(free.entries.stages.count == 1)
        let header = EntryHeader(digest: digest(""), stage: "", stageVersion: 0, byteCount: 0)
        #expect(PricedStore(hitCost: 10).isWorth(30, of: header))
        #expect(!PricedStore(hitCost: 10).isWorth(29, of: header))
    }

    @Test("A search says for every level why it has no answer")
    func reasons() async throws {
        let near = BytesStore(), far = SharedStore(name: "far"), (engine, _) = engine(everything(), near, far)
        let artifact = Artifact(Kept(90, Retention(in: .all, for: .seconds(100)))).tagged("font/Lato")
        func reasons(_ levels: LevelMask? = nil) -> [MissReason?] {
            let asking = Asking(levels: engine.allLevels, policy: .on)
            var trail = Trail()
            let found = engine.find(artifact.node, asking, in: levels ?? engine.allLevels, &trail)
            return found == nil ? trail.misses.map { $0?.reason } : []
        }
        #expect(reasons() == [.neverSeen, .neverSeen, .neverSeen])
        #expect(reasons(engine.memoryLevels) == [.neverSeen, nil, nil])
        _ = try await engine.value(of: artifact)
        #expect(reasons() == [])
        far.isReachable = false
        near.replace(artifact.digest) { $0.header.format = "another" }
        engine.invalidate(tag: "font")
        #expect(reasons() == [.invalidated, .invalidated, .unavailable])
        far.isReachable = true
        time.advance(seconds: 200)
        #expect(reasons() == [.expired, .expired, .expired])
        #expect([MissReason.neverSeen, .evicted, .expired, .invalidated].min() == .invalidated)

        let other = Artifact(Constant(value: 91))
        _ = try await engine.value(of: other, levels: .except(["memory"]))
        near.replace(other.digest) { $0.payload = .bytes(Blob("not a number")) }
        var trail = Trail()
        #expect(engine.find(other.node, Asking(levels: engine.allLevels, policy: .on), in: engine.allLevels, &trail) == nil)
        #expect(trail.misses.map { $0?.reason } == [.neverSeen, .damaged, nil])
    }
}

/// A level whose hits cost what the test says.
private struct PricedStore: Store {
    var hitCost: UInt64
    let entries = BytesStore()

    var name: String { "priced" }
    var storesBytesOnly: Bool { true }
    func hitCost(ofBytes count: Int) -> UInt64 { hitCost }
    func get(_ digest: Digest) -> Lookup { entries.get(digest) }
    func peek(_ digest: Digest) -> EntryHeader? { entries.peek(digest) }
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome { entries.put(entry, lossCost: lossCost) }
    func evict(_ digest: Digest) { entries.evict(digest) }
}
