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
    return [.init("keys", .array(keys)), .init("hits", .array(hitRows)), .init("run_of_nothing_ns", quartiles(made))]
}

private func row(_ name: String, _ members: [JSON.Member]) -> JSON { .object([.init("what", .string(name))] + members) }

/// First quartile, median, third quartile.
private func quartiles(_ values: [Double]) -> JSON {
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
