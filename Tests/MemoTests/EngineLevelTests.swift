import AtelierScheduling
import AtelierTelemetry
import Testing

@testable import AtelierMemo

@Suite("Engine: levels")
struct EngineLevelTests {
    @Test("A hit in a later level fills the ones before it")
    func fillsUpward() async throws {
        let bytes = BytesStore(), artifact = Artifact(Constant(value: 5))
        _ = try await Engine(levels: [everything(), bytes]).value(of: artifact)

        let memory = everything(), engine = Engine(levels: [memory, bytes]), log = EventLog(engine)
        #expect(try await engine.value(of: artifact).value == 5)
        #expect(try await engine.value(of: artifact).value == 5)
        #expect(log.events.filter { $0.kind == .hit }.map(\.level) == ["bytes", "memory"])
        #expect(log.runs == 0)
        #expect(engine.statistics.hits == [1, 1])
    }

    @Test("Sources are kept nowhere, values without a format in memory, values with one everywhere, unless the stage says otherwise")
    func retention() async throws {
        struct Weigh: Stage {
            static let name = "test.weigh", version = 1
            var source: Artifact<Blob>
            func run(in context: Context) -> Weight { Weight(byteCount: context[source].count) }
        }
        struct Intermediate: Stage {
            static let name = "test.intermediate", version = 1
            var retention: Retention { .memory }
            var weight: Artifact<Weight>
            func run(in context: Context) -> Number { Number(context[weight].byteCount) }
        }
        struct Passing: Stage {
            static let name = "test.passing", version = 1
            var retention: Retention { .none }
            var number: Artifact<Number>
            func run(in context: Context) -> Number { context[number] }
        }
        struct Final: Stage {
            static let name = "test.final", version = 1
            var number: Artifact<Number>
            func run(in context: Context) -> Number { context[number] }
        }
        let memory = everything(), bytes = BytesStore(), engine = Engine(levels: [memory, bytes]), log = EventLog(engine)
        let weight = Artifact(Weigh(source: .bytes([1, 2, 3])))
        let final = Artifact(Final(number: Artifact(Passing(number: Artifact(Intermediate(weight: weight))))))
        #expect(try await engine.value(of: final).value == 3)
        #expect(bytes.stages == ["test.final"])
        #expect(memory.count == 3)
        #expect(log.events.allSatisfy { $0.stage != "source" })
    }

    @Test("Bytes of a foreign format or version, and bytes that cannot be read, are a miss", arguments: 0..<3)
    func foreign(damage: Int) async throws {
        let bytes = BytesStore(), artifact = Artifact(Constant(value: 5))
        _ = try await Engine(levels: [bytes]).value(of: artifact)
        bytes.replace(artifact.digest) { entry in
            switch damage {
            case 0: entry.header.format = "another"
            case 1: entry.header.formatVersion = 2
            default: entry.payload = .bytes(Blob("not a number"))
            }
        }
        let engine = Engine(levels: [bytes]), log = EventLog(engine)
        #expect(try await engine.value(of: artifact).value == 5)
        #expect(log.runs == 1)
        // What was made in its place is there next time.
        #expect(try await engine.value(of: artifact).value == 5)
        #expect(log.runs == 1)
    }

    @Test("Off neither looks nor keeps, read looks and does not keep, refresh makes again once and keeps")
    func policies() async throws {
        func engine(_ policy: CachePolicy, _ levels: [any Store]) -> (Engine, EventLog) {
            let engine = Engine(levels: levels, configuration: .init(cachePolicy: policy))
            return (engine, EventLog(engine))
        }
        let artifact = Artifact(Increment(of: Artifact(Constant(value: 1)))), kept = BytesStore()
        _ = try await Engine(levels: [kept]).value(of: artifact)

        let (off, offLog) = engine(.off, [everything(), kept])
        for _ in 0..<2 { _ = try await off.value(of: artifact) }
        #expect(offLog.runs == 4)
        #expect(offLog.count(.hit) + offLog.count(.put) == 0)

        let memory = everything(), (read, readLog) = engine(.read, [memory, kept])
        _ = try await read.value(of: artifact)
        _ = try await read.value(of: Artifact(Increment(of: artifact)))
        #expect(readLog.runs == 1)
        #expect(readLog.count(.put) == 0)
        #expect(memory.count == 0)

        let (refresh, refreshLog) = engine(.refresh, [everything(), kept])
        for _ in 0..<2 { _ = try await refresh.value(of: artifact) }
        #expect(refreshLog.runs == 2)
        #expect(refreshLog.count(.hit) == 1)
        #expect(refreshLog.count(.put) == 4)
    }

    @Test("Every entry and event records what its stage cost, and the chain with each distinct input once")
    func costs() async throws {
        struct Costly: Stage {
            static let name = "test.costly", version = 1
            var clock: Int
            var nanoseconds: UInt64
            var inputs: [Artifact<Number>] = []
            func run(in context: Context) -> Number {
                Clocks.number(clock).advance(nanoseconds: nanoseconds)
                return Number(0)
            }
        }
        let clock = Clocks.next()
        let engine = Engine(levels: [everything()], configuration: .init(workers: 1), clock: Clocks.number(clock).clock),
            log = EventLog(engine)
        let a = Artifact(Costly(clock: clock, nanoseconds: 5)), b = Artifact(Costly(clock: clock, nanoseconds: 7, inputs: [a]))
        let c = Artifact(Costly(clock: clock, nanoseconds: 11, inputs: [a])),
            d = Artifact(Costly(clock: clock, nanoseconds: 13, inputs: [b, c]))
        _ = try await engine.value(of: d)
        func costs(_ kind: Event.Kind) -> [[UInt64]] {
            log.events.filter { $0.kind == kind }.map { [$0.selfCost, $0.chainCost] }.sorted { $0[0] < $1[0] }
        }
        #expect(costs(.run) == [[5, 5], [7, 12], [11, 16], [13, 36]])
        #expect(costs(.put) == costs(.run))
        _ = try await engine.value(of: d)
        #expect(costs(.hit) == [[13, 36]])
        #expect(engine.statistics.nanosecondsSaved == 36)
        #expect(engine.statistics.nanosecondsSpent == 36)

        // Of what was found the inputs are not known; its recorded chain stands for them.
        let e = Artifact(Costly(clock: clock, nanoseconds: 1, inputs: [b, c]))
        _ = try await engine.value(of: e)
        #expect(log.events.last { $0.kind == .run }?.chainCost == 24)
        let fresh = Artifact(
            Costly(
                clock: clock, nanoseconds: 2,
                inputs: [Artifact(Costly(clock: clock, nanoseconds: 7, inputs: [Artifact(Costly(clock: clock, nanoseconds: 5))]))]))
        _ = try await engine.value(of: fresh)
        #expect(log.events.last { $0.kind == .run }?.chainCost == 14)
    }

    @Test("Explaining runs nothing and says where everything lies and what it cost")
    func explain() async throws {
        let store = everything(), engine = Engine(levels: [store]), log = EventLog(engine)
        let source = Artifact.bytes([7]), one = Artifact(Constant(value: 1)), two = Artifact(Increment(of: one))
        struct Read: Stage {
            static let name = "test.read", version = 9
            var source: Artifact<Blob>, number: Artifact<Number>
            func run(in context: Context) -> Number { context[number] }
        }
        let top = Artifact(Read(source: source, number: two))
        #expect(engine.explain(top).lines.allSatisfy { $0.level == nil })
        _ = try await engine.value(of: two)
        store.evict(one.digest)
        _ = log.drain()

        let lines = engine.explain(top).lines
        #expect(log.events.isEmpty)
        #expect(lines.map(\.depth) == [0, 1, 1, 2])
        #expect(lines.map(\.stage) == ["test.read", "source", "test.increment", "test.constant"])
        #expect(lines.map(\.version) == [9, 0, 1, 1])
        #expect(lines.map(\.level) == [nil, nil, "memory", nil])
        #expect(lines.map(\.isSource) == [false, true, false, false])
        #expect(lines[2].header?.byteCount == 8)
        #expect(lines[2].digest == two.digest)
    }

    @Test("Events come in order, and a full log drops the oldest and counts them")
    func events() async throws {
        let engine = Engine(levels: [MemoryStore(entryLimit: 1, admitting: .everything)])
        let log = EventLog(engine), short = EventLog(engine, capacity: 2)
        for value in 0..<2 { _ = try await engine.value(of: Artifact(Constant(value: value))) }
        // The store makes room within the put, before the put is told.
        #expect(log.events.map(\.kind) == [.miss, .run, .put, .miss, .run, .evict, .put])
        #expect(short.events.map(\.kind) == [.evict, .put])
        #expect(short.dropped == 5)
        #expect(log.drain().count == 7)
        #expect(log.events.isEmpty)
    }

    @Test("A stage's progress reaches who listens")
    func progress() async throws {
        struct Slow: Stage {
            static let name = "test.slow", version = 1
            var steps = 4
            func run(in context: Context) -> Number {
                for step in 1...steps { context.progress(Double(step) / Double(steps)) }
                return Number(steps)
            }
        }
        let engine = Engine(levels: []), log = EventLog(engine)
        _ = try await engine.value(of: Artifact(Slow()))
        #expect(log.events.filter { $0.kind == .progress }.map(\.fraction) == [0.25, 0.5, 0.75, 1])
    }

    @Test("Statistics count hits by level, misses, runs, failures and the latency of hits")
    func statistics() async throws {
        let engine = Engine(levels: [everything()]), artifact = Artifact(Constant(value: 1))
        for _ in 0..<5 { _ = try await engine.value(of: artifact) }
        _ = try? await engine.value(of: Artifact(Failing()))
        let statistics = engine.statistics
        #expect(statistics.hits == [4])
        #expect(statistics.misses == 2)
        #expect(statistics.runs == 1)
        #expect(statistics.failures == 1)
        #expect(statistics.levels[0].hitLatency.count == 4)
    }
}

private enum Clocks {
    private static let clocks = Lock<[ManualClock]>([])

    static func next() -> Int {
        clocks.withLock { clocks in
            clocks.append(ManualClock())
            return clocks.count - 1
        }
    }
    static func number(_ number: Int) -> ManualClock { clocks.withLock { $0[number] } }
}
