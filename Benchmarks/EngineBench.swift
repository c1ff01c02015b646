import AtelierJSON
import AtelierMemo
import AtelierStages
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let engine = Subcommand(
        name: "engine", question: "what do a key, a warm hit and a run cost?",
        usage: """
                [--rounds 15] [--hits 100000] [--runs 2000] [--threads 1,4]
                --hits     hits per round and thread
                --runs     stages per round, each made once
                --threads  numbers of threads that hit at a time

                Keys: an artifact of a stage with 8 scalar properties, and of one
                with 25 in nested structs. Hits: value(of:) of artifacts already
                built, in turns with a dictionary behind one
                lock; ratios are to that. Runs: a stage that does nothing.
                Leases: the same with a level of bytes that grants every lease,
                in turns with one that has none. Waiters: from the end of a run
                until each of 1000 who asked for it has the value.
            """
    ) { arguments in
        let rounds = max(3, try arguments.integer("rounds", default: 15))
        let hits = try arguments.integer("hits", default: 100_000)
        let runs = try arguments.integer("runs", default: 2_000)
        let threads = try arguments.integers("threads", default: [1, 4])
        let result = blocking { await measure(rounds: rounds, hits: hits, runs: runs, threadCounts: threads) }
        print(JSON.object([.init("bench", .string("engine"))] + result).text)
        return 0
    }
}

/// The size of an ordinary stage.
private struct EightScalars: Stage {
    static let name = "bench.eight", version = 1
    var source: Artifact<Blob>
    var seed: UInt64 = 0
    var count = 16, iterations = 20
    var tolerance = 0.5, cornerAngle = 60.0
    var isInverted = false
    var mode = "stacked"
    var limit: Int? = nil

    func run(in context: Context) -> Blob { context[source] }
}

/// The size of the full trace options.
private struct TwentyFive: Stage {
    struct Colours: Codable { var count = 16, seed: UInt64 = 0, spread = 0.1, merge = 0.02, keepsAlpha = true, space = "oklab" }
    struct Regions: Codable { var smallest = 4, speckle = 2, blur = 0.0, connectivity = 8, layering = "stacked", gap = 0.25 }
    struct Curves: Codable {
        var tolerance = 0.4, cornerAngle = 60.0, smoothness = 1.0, precision = 2, maximumSegments = 4096, closes = true
    }
    struct Written: Codable {
        var decimals = 2, isRelative = true, title: String? = nil, width: Double? = nil, unit = "px", background = "none", pretty = false
    }

    static let name = "bench.twentyFive", version = 1
    var source: Artifact<Blob>
    var colours = Colours(), regions = Regions(), curves = Curves(), output = Written()

    func run(in context: Context) -> Blob { context[source] }
}

private func measure(rounds: Int, hits: Int, runs: Int, threadCounts: [Int]) async -> [JSON.Member] {
    let source = Artifact.bytes([1, 2, 3])
    var eight = EightScalars(source: source), nested = TwentyFive(source: source)
    let keys: [JSON] = [
        row(
            "8 scalars and an input",
            Timing(rounds: rounds) {
                eight.seed &+= 1
                return Artifact(eight).digest
            }.members),
        row(
            "25 properties in nested structs and an input",
            Timing(rounds: rounds) {
                nested.colours.seed &+= 1
                return Artifact(nested).digest
            }.members),
    ]

    let engine = Engine(levels: [MemoryStore(admitting: .everything)])
    let artifacts = (0..<1024).map { Artifact(EightScalars(source: source, seed: UInt64($0))) }
    var values: [Digest: Blob] = [:]
    for artifact in artifacts { values[artifact.digest] = try! await engine.value(of: artifact) }
    let dictionary = Behind(values)
    var hitRows: [JSON] = []
    for threads in threadCounts {
        var plain: [Double] = [], warm: [Double] = []
        // In turns, so that a neighbour's load falls on both.
        for _ in 0..<rounds {
            plain.append(
                await nanosecondsEach(hits, threads) { thread in
                    for index in 0..<hits { keep(dictionary[artifacts[(index &* 7 &+ thread) & 1023].digest]) }
                })
            warm.append(
                await nanosecondsEach(hits, threads) { thread in
                    for index in 0..<hits { keep(try! await engine.value(of: artifacts[(index &* 7 &+ thread) & 1023])) }
                })
        }
        let ratios = zip(warm, plain).map { $0 / $1 }
        hitRows.append(
            .object([
                .init("threads", .integer(threads)), .init("hit_ns", quartiles(warm)), .init("dictionary_ns", quartiles(plain)),
                .init("ratio", quartiles(ratios)),
            ]))
    }

    var made: [Double] = []
    for round in 0..<rounds {
        let fresh = (0..<runs).map { Artifact(EightScalars(source: source, seed: UInt64(1_000_000 + round * runs + $0))) }
        made.append(
            await nanosecondsEach(runs, 1) { _ in
                for artifact in fresh { keep(try! await engine.value(of: artifact)) }
            })
    }
    var without: [Double] = [], with: [Double] = []
    for _ in 0..<rounds {
        without.append(await runsOfUnknownCost(runs, over: PlainLevel()))
        with.append(await runsOfUnknownCost(runs, over: GrantingLevel()))
    }
    var released: [Double] = []
    for round in 0..<rounds { released.append(await nanosecondsForAll(1000, round: round)) }
    return [
        .init("keys", .array(keys)), .init("hits", .array(hitRows)), .init("run_of_nothing_ns", quartiles(made)),
        .init(
            "leases",
            .object([
                .init("without_ns", quartiles(without)), .init("with_ns", quartiles(with)),
                .init("difference_ns", quartiles(zip(with, without).map { $0 - $1 })),
            ])),
        .init("last_of_1000_waiters_us", quartiles(released.map { $0 / 1000 })),
    ]
}

// MARK: Leases

/// Does nothing, under a name nobody has used: the engine knows no cost of it, and asks for a lease.
private struct Unheard: Stage {
    static let number = Atomic(0)
    static var name: String { "bench.unheard\(number.load(ordering: .relaxed))" }
    static let version = 1
    var seed: Int

    func run(in context: Context) -> Blob { Blob([]) }
}

private func runsOfUnknownCost(_ count: Int, over level: any Store) async -> Double {
    let engine = Engine(levels: [level])
    let fresh = (0..<count).map { seed in
        Unheard.number.add(1, ordering: .relaxed)
        return Artifact(Unheard(seed: seed))
    }
    return await nanosecondsEach(count, 1) { _ in
        for artifact in fresh { keep(try! await engine.value(of: artifact)) }
    }
}

/// Keeps nothing, and blocks as far as the engine knows.
private struct PlainLevel: Store {
    var name: String { "plain" }
    var storesBytesOnly: Bool { true }
    func hitCost(ofBytes count: Int) -> UInt64 { .max / 3 }
    func get(_ digest: Digest) -> Lookup { .miss(.neverSeen) }
    func peek(_ digest: Digest) -> EntryHeader? { nil }
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome { .notWorthIt }
    func evict(_ digest: Digest) {}
}

private struct GrantingLevel: LeaseKeeper {
    private let level = PlainLevel()

    var name: String { "granting" }
    var storesBytesOnly: Bool { true }
    func hitCost(ofBytes count: Int) -> UInt64 { level.hitCost(ofBytes: count) }
    func get(_ digest: Digest) -> Lookup { .miss(.neverSeen) }
    func peek(_ digest: Digest) -> EntryHeader? { nil }
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome { .notWorthIt }
    func evict(_ digest: Digest) {}
    func lease(_ digest: Digest) -> LeaseOutcome { .granted(Lease {}) }
}

// MARK: Waiters

/// Ends when it is told to.
private struct Held: Stage {
    static let name = "bench.held", version = 1
    static let open = Atomic(-1), runs = Atomic(0)
    var round: Int

    func run(in context: Context) -> Blob {
        Self.runs.add(1, ordering: .relaxed)
        while Self.open.load(ordering: .acquiring) < round { sched_yield() }
        return Blob([])
    }
}

/// From the end of a run until all who asked for it have the value.
private func nanosecondsForAll(_ waiters: Int, round: Int) async -> Double {
    let engine = Engine(levels: [MemoryStore(admitting: .everything)]), artifact = Artifact(Held(round: round))
    let runs = Held.runs.load(ordering: .relaxed), asked = RunCounter()
    let clock = ContinuousClock()
    var begun = clock.now
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<waiters {
            group.addTask {
                asked.value.add(1, ordering: .relaxed)
                keep(try! await engine.value(of: artifact))
            }
        }
        while asked.value.load(ordering: .relaxed) < waiters { await Task.yield() }
        // The last have said that they will ask; after this they have.
        try! await Task.sleep(for: .milliseconds(20))
        begun = clock.now
        Held.open.store(round, ordering: .releasing)
    }
    precondition(Held.runs.load(ordering: .relaxed) == runs + 1, "one key, one run")
    return (clock.now - begun) / .nanoseconds(1)
}

private final class RunCounter: Sendable {
    let value = Atomic(0)
}

private func row(_ name: String, _ members: [JSON.Member]) -> JSON { .object([.init("what", .string(name))] + members) }

/// First quartile, median, third quartile.
func quartiles(_ values: [Double]) -> JSON {
    let sorted = values.sorted()
    return .array([1, 2, 3].map { .number((sorted[sorted.count * $0 / 4] * 100).rounded() / 100) })
}

private func nanosecondsEach(_ count: Int, _ threads: Int, _ body: @escaping @Sendable (Int) async -> Void) async -> Double {
    let clock = ContinuousClock()
    let elapsed = await clock.measure {
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<threads { group.addTask { await body(thread) } }
        }
    }
    return elapsed / .nanoseconds(1) / Double(count)
}

/// The peer: what one would write without an engine.
private final class Behind: Sendable {
    private let table: Mutex<[Digest: Blob]>

    init(_ values: [Digest: Blob]) { table = Mutex(values) }

    subscript(digest: Digest) -> Blob? { table.withLock { $0[digest] } }
}

/// Runs asynchronous work to its end from a synchronous caller, off the main actor.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) -> Result {
    let outcome = Outcome<Result>()
    // The task is waited for below, so it owns nothing that outlives this call.
    Task.detached { outcome.set(await body()) }
    return outcome.get()
}

private final class Outcome<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    /// Made in `init`, destroyed in `deinit`; semaphores may be used from any thread.
    private nonisolated(unsafe) let isSet = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(isSet, 0, 0) }

    deinit {
        sem_destroy(isSet)
        isSet.deallocate()
    }

    func set(_ new: Value) {
        value.withLock { $0 = new }
        sem_post(isSet)
    }

    func get() -> Value {
        while sem_wait(isSet) != 0 {}  // interrupted by a signal
        return value.withLock { $0! }
    }
}
