import AtelierJSON
import AtelierMemo
import AtelierRedis
import AtelierStages
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let cacheSpeed = Subcommand(
        name: "cache-speed", question: "how fast are hits, misses and puts of each level?",
        usage: """
                --bench NAME --value-bytes N --threads T --seconds S --keys K --zipf A --dir D
                [--redis unix:PATH|tcp:PORT]
                --bench  mem_hit      memory level; expiry checked, value by reference
                         disk_hit     disk level: opened, read, verified, decoded
                         disk_write   fresh keys into the disk level
                         redis_unix, redis_tcp  Redis level alone: asked for, verified
                         tiered_hit   engine with disk and a memory level for a tenth
                         get_or_compute_miss  engine with both, fresh keys, a stage
                                      that does nothing; making the key included
                         single_flight  T tasks ask for the same new key at a time
                                      whose making takes 1 ms; then 1 000 tasks
                --dir    files are written in it and left there
                --redis  a server to write to, for the two rows of that level

                The last line is JSON: operations per second, median and percentiles
                of their latencies in microseconds. Values are text that compresses
                about 3:1; keys are drawn from a Zipf distribution before timing.
            """
    ) { arguments in
        let load = try CacheLoad(arguments)
        let name = try arguments.string("bench")
        var measured: Measured
        switch name {
        case "mem_hit": measured = memoryHits(load)
        case "disk_hit": measured = try diskHits(load)
        case "disk_write": measured = try diskWrites(load)
        case "redis_unix", "redis_tcp": measured = try redisHits(load, at: try arguments.string("redis"))
        case "tiered_hit": measured = try tieredHits(load)
        case "get_or_compute_miss": measured = try misses(load)
        case "single_flight": measured = singleFlights(load)
        default: throw Arguments.Problem(text: "--bench \(name): there is no such measurement here")
        }
        print(measured.json(name, load).text)
        return 0
    }
}

/// What is asked of a level.
private struct CacheLoad: Sendable {
    var valueBytes: Int, threads: Int, keys: Int
    var seconds: Double, zipf: Double
    var folder: String
    /// Chances of key 0, of keys 0 and 1, and so on.
    private var cumulated: [Double]

    init(_ arguments: Arguments) throws {
        func number(_ name: String) throws -> Double {
            guard let number = Double(try arguments.string(name)), number >= 0 else {
                throw Arguments.Problem(text: "--\(name) is not a positive number")
            }
            return number
        }
        valueBytes = max(1, try arguments.integer("value-bytes"))
        threads = max(1, try arguments.integer("threads"))
        keys = max(1, try arguments.integer("keys"))
        (seconds, zipf) = (try number("seconds"), try number("zipf"))
        folder = try arguments.string("dir")
        cumulated = []
        var sum = 0.0
        for rank in 1...keys {
            sum += 1 / pow(Double(rank), zipf)
            cumulated.append(sum)
        }
        for index in cumulated.indices { cumulated[index] /= sum }
    }

    /// 65 536 keys to ask for, drawn for one thread.
    func draws(_ thread: Int) -> [Int] {
        var random = UInt64(99 + thread)
        return (0..<1 << 16).map { _ in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let chance = Double(random >> 11) * 0x1p-53
            var (low, high) = (0, keys - 1)
            while low < high {
                let middle = (low + high) / 2
                if cumulated[middle] < chance { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// Text like that of an SVG file, which compresses about 3:1, other text for each key.
    func value(_ key: Int) -> Blob {
        var random = UInt64(key) &* 7919 &+ 1
        func draw(_ range: UInt64) -> UInt64 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return (random >> 11) % range
        }
        var text: [UInt8] = []
        text.reserveCapacity(valueBytes + 64)
        func append(_ number: UInt64) { text += String(number).utf8 }
        while text.count < valueBytes {
            text += "<path d=\"M".utf8
            append(draw(2000))
            text += " ".utf8
            append(draw(2000))
            text += "C".utf8
            append(draw(999))
            text += ",".utf8
            append(draw(999))
            text += "\" fill=\"#".utf8
            let colour = String(draw(1 << 24), radix: 16)
            text += String(repeating: "0", count: 6 - colour.count).utf8
            text += colour.utf8
            text += "\"/>\n".utf8
        }
        return Blob(Array(text[..<valueBytes]))
    }

    /// The value of a key as an entry that lives an hour.
    func entry(_ key: Int, _ digest: Digest) -> Entry {
        let value = value(key)
        let header = EntryHeader(
            digest: digest, stage: "bench.speed", stageVersion: 1, format: "blob", formatVersion: 1, byteCount: value.count,
            selfCost: 50_000_000, chainCost: 50_000_000, created: Int64(time(nil)), expires: Int64(time(nil)) + 3600)
        return Entry(header: header, payload: .value(value))
    }

    /// The digests of all keys.
    func digests() -> [Digest] { (0..<UInt64(keys)).map { withUnsafeBytes(of: $0) { Digest(hashing: $0) } } }

    func diskStore() throws -> DiskStore { DiskStore(in: try CacheDirectory(opening: folder + "/cache"), limit: 64 << 30) }
}

/// Latencies of all threads, and what else is worth telling.
private struct Measured {
    var microseconds: [Float] = []
    var operations = 0
    var seconds = 0.0
    var storedRatio = 1.0
    var more: [JSON.Member] = []

    func json(_ name: String, _ load: CacheLoad) -> JSON {
        let sorted = microseconds.sorted()
        func percentile(_ share: Double) -> JSON {
            rounded(sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]))
        }
        return .object(
            [
                .init("bench", .string(name)), .init("impl", .string("swift")), .init("value_bytes", .integer(load.valueBytes)),
                .init("threads", .integer(load.threads)), .init("keys", .integer(load.keys)), .init("zipf", .number(load.zipf)),
                .init("ops", .integer(operations)), .init("seconds", rounded(seconds)),
                .init("ops_per_s", .integer(Int(Double(operations) / max(seconds, 1e-9)))), .init("median_us", percentile(0.5)),
                .init("p99_us", percentile(0.99)), .init("p999_us", percentile(0.999)), .init("stored_ratio", rounded(storedRatio)),
            ] + more)
    }
}

private func rounded(_ number: Double) -> JSON { .number((number * 1000).rounded() / 1000) }

private func monotonicMicroseconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) * 1e6 + Double(now.tv_nsec) / 1e3
}

/// Calls `operation` with drawn keys on every thread until the time is over, and times each call, or each `stride`th.
private func measure(
    _ load: CacheLoad, warm: Bool = true, stride: Int = 1, _ operation: @escaping @Sendable (_ key: Int, _ count: Int) -> Void
) -> Measured {
    let collected = Mutex((latencies: [Float](), operations: 0))
    let ready = Atomic(0), started = Atomic(false)
    let begin = Atomic(UInt64(0))
    withThreads(load.threads) { thread in
        let draws = load.draws(thread)
        if warm { for count in 0..<50 { operation(draws[count], count) } }
        var latencies: [Float] = []
        latencies.reserveCapacity(1 << 20)
        ready.add(1, ordering: .sequentiallyConsistent)
        if thread == 0 {
            while ready.load(ordering: .acquiring) < load.threads { sched_yield() }
            begin.store(monotonicMicroseconds().bitPattern, ordering: .relaxed)
            started.store(true, ordering: .releasing)
        }
        while !started.load(ordering: .acquiring) { sched_yield() }
        let end = monotonicMicroseconds() + load.seconds * 1e6
        var count = 0
        while true {
            let before = monotonicMicroseconds()
            if before >= end { break }
            operation(draws[count & 0xFFFF], count)
            latencies.append(Float(monotonicMicroseconds() - before))
            count += 1
            for _ in 1..<max(2, stride) where stride > 1 {
                operation(draws[count & 0xFFFF], count)
                count += 1
            }
        }
        collected.withLock { all in
            all.latencies += latencies
            all.operations += count
        }
    }
    let seconds = (monotonicMicroseconds() - Double(bitPattern: begin.load(ordering: .relaxed))) / 1e6
    return collected.withLock { Measured(microseconds: $0.latencies, operations: $0.operations, seconds: seconds) }
}

// MARK: Levels

private func memoryHits(_ load: CacheLoad) -> Measured {
    let store = MemoryStore(byteLimit: 64 << 30, entryLimit: 1 << 24, admitting: .everything)
    let digests = load.digests()
    for (key, digest) in digests.enumerated() { store.put(load.entry(key, digest)) }
    return measure(load, stride: 16) { key, _ in
        // The store has looked at the time of the entry.
        guard let blob = store.get(digests[key]).entry?.value(of: Blob.self) else { fatalError("a key is missing") }
        keep(blob.withUnsafeBytes { $0[0] ^ $0[$0.count - 1] })
    }
}

private func diskHits(_ load: CacheLoad) throws -> Measured {
    let store = try load.diskStore()
    let digests = load.digests()
    for (key, digest) in digests.enumerated() {
        guard store.put(load.entry(key, digest)) == .kept else { throw Arguments.Problem(text: "the disk level kept nothing") }
    }
    let stored = fileBytes(in: load.folder)
    var measured = measure(load) { key, _ in
        guard case .bytes(let value)? = store.get(digests[key]).entry?.payload, value.count == load.valueBytes else {
            fatalError("a key is missing")
        }
        keep(value)
    }
    measured.storedRatio = Double(stored) / Double(load.keys * load.valueBytes)
    return measured
}

private func diskWrites(_ load: CacheLoad) throws -> Measured {
    let store = try load.diskStore()
    let entries = (0..<64).map { load.entry($0, Digest(hashing: Blob([UInt8($0)]))) }
    let number = Atomic(UInt64(0))
    var measured = measure(load, warm: false) { _, count in
        var entry = entries[count & 63]
        let next = number.add(1, ordering: .relaxed).newValue
        entry.header.digest = withUnsafeBytes(of: next) { Digest(hashing: $0) }
        guard store.put(entry) == .kept else { fatalError("the disk level kept nothing") }
    }
    measured.storedRatio = Double(fileBytes(in: load.folder)) / Double(max(1, measured.operations) * load.valueBytes)
    measured.more = [.init("durability", .string("none: not synced, what a power cut tears fails its checksum"))]
    return measured
}

/// - Parameter place: `unix:PATH`, or `tcp:PORT` of this machine.
private func redisHits(_ load: CacheLoad, at place: String) throws -> Measured {
    let address = try RedisAddress(place.hasPrefix("tcp:") ? "redis://127.0.0.1:\(place.dropFirst(4))" : place)
    let store = RedisStore(at: address)
    let digests = load.digests()
    for (key, digest) in digests.enumerated() {
        guard store.put(load.entry(key, digest)) == .kept else { throw Arguments.Problem(text: "the Redis level kept nothing") }
    }
    return measure(load) { key, _ in
        guard case .bytes(let value)? = store.get(digests[key]).entry?.payload, value.count == load.valueBytes else {
            fatalError("a key is missing")
        }
        keep(value)
    }
}

/// Bytes of all files in a folder and those below.
private func fileBytes(in folder: String) -> Int {
    guard let stream = opendir(folder) else { return 0 }
    defer { closedir(stream) }
    var sum = 0
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name == "." || name == ".." { continue }
        var status = stat()
        guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
        sum += status.st_mode & S_IFMT == S_IFDIR ? fileBytes(in: "\(folder)/\(name)") : Int(status.st_size)
    }
    return sum
}

// MARK: Engine

/// Gives back a value that is there already.
private struct Ready: Stage {
    static let name = "bench.ready", version = 1
    var key: UInt64
    var run = 0

    func run(in context: Context) -> Blob { readyValue.withLock { $0 } }
}

private let readyValue = Mutex(Blob([]))

/// Takes a millisecond, and counts how often it ran.
private struct Slow: Stage {
    static let name = "bench.slow", version = 1
    var key: UInt64

    func run(in context: Context) -> Blob {
        computes.add(1, ordering: .relaxed)
        usleep(1000)
        return readyValue.withLock { $0 }
    }
}

private let computes = Atomic(0)

/// Ends when `crowd` tasks have asked for it, and says when it did.
private struct Awaited: Stage {
    static let name = "bench.awaited", version = 1
    static let crowd = 1000
    var key: UInt64

    func run(in context: Context) -> Blob {
        computes.add(1, ordering: .relaxed)
        while asking.load(ordering: .acquiring) < Self.crowd { usleep(100) }
        usleep(5000)  // the last of them are on their way into the flight
        leaderEnd.store(monotonicMicroseconds().bitPattern, ordering: .releasing)
        return Blob([1])
    }
}

private let asking = Atomic(0)
private let leaderEnd = Atomic(UInt64(0))

/// As `measure`, with a task in place of each thread.
private func measureTasks(_ load: CacheLoad, _ operation: @escaping @Sendable (_ key: Int, _ task: Int, _ count: Int) async -> Void)
    -> Measured
{
    blocking {
        await withTaskGroup(of: ([Float], Double).self) { group in
            let draws = (0..<load.threads).map { load.draws($0) }
            let start = monotonicMicroseconds()
            for task in 0..<load.threads {
                group.addTask {
                    var latencies: [Float] = []
                    latencies.reserveCapacity(1 << 20)
                    let end = start + load.seconds * 1e6
                    var before = monotonicMicroseconds()
                    while before < end {
                        await operation(draws[task][latencies.count & 0xFFFF], task, latencies.count)
                        let after = monotonicMicroseconds()
                        latencies.append(Float(after - before))
                        before = after
                    }
                    return (latencies, before)
                }
            }
            var measured = Measured()
            var end = start
            for await (latencies, ended) in group {
                measured.microseconds += latencies
                end = max(end, ended)
            }
            measured.operations = measured.microseconds.count
            measured.seconds = (end - start) / 1e6
            return measured
        }
    }
}

private func tieredHits(_ load: CacheLoad) throws -> Measured {
    let disk = try load.diskStore()
    let artifacts = (0..<load.keys).map { Artifact(Ready(key: UInt64($0))) }
    for (key, artifact) in artifacts.enumerated() { disk.put(load.entry(key, artifact.digest)) }
    let memory = MemoryStore(byteLimit: load.keys * load.valueBytes / 10)
    let engine = Engine(levels: [memory, disk])
    var measured = measureTasks(load) { key, _, _ in
        let value = try! await engine.value(of: artifacts[key])
        precondition(value.count == load.valueBytes, "a value was made, not found")
        keep(value)
    }
    measured.storedRatio = Double(fileBytes(in: load.folder)) / Double(load.keys * load.valueBytes)
    measured.more = [.init("hits_of_memory_and_disk", .array(engine.statistics.hits.map { .integer(Int($0)) }))]
    return measured
}

private func misses(_ load: CacheLoad) throws -> Measured {
    readyValue.withLock { $0 = load.value(0) }
    let engine = Engine(levels: [MemoryStore(), try load.diskStore()])
    return measureTasks(load) { _, task, count in
        let value = try! await engine.value(of: Artifact(Ready(key: UInt64(task) << 32 | UInt64(count), run: 1)))
        keep(value)
    }
}

private func singleFlights(_ load: CacheLoad) -> Measured {
    readyValue.withLock { $0 = load.value(0) }
    let engine = Engine(levels: [MemoryStore()])
    var measured = Measured()
    var distinct = 0
    let start = monotonicMicroseconds()
    while monotonicMicroseconds() - start < load.seconds * 1e6 {
        let artifact = Artifact(Slow(key: UInt64(distinct)))
        distinct += 1
        measured.microseconds += gather(load.threads) {
            let before = monotonicMicroseconds()
            keep(try! await engine.value(of: artifact))
            return Float(monotonicMicroseconds() - before)
        }
    }
    measured.seconds = (monotonicMicroseconds() - start) / 1e6
    measured.operations = measured.microseconds.count
    measured.more = [.init("computes", .integer(computes.load(ordering: .relaxed))), .init("distinct_keys", .integer(distinct))]

    computes.store(0, ordering: .relaxed)
    let crowds = 15
    let releases: [Double] = (0..<crowds).map { crowd in
        asking.store(0, ordering: .releasing)
        let artifact = Artifact(Awaited(key: UInt64(crowd)))
        let ends = gather(Awaited.crowd) {
            asking.add(1, ordering: .releasing)
            keep(try! await engine.value(of: artifact))
            return monotonicMicroseconds()
        }
        return ends.max()! - Double(bitPattern: leaderEnd.load(ordering: .acquiring))
    }
    measured.more += [
        .init("waiters", .integer(Awaited.crowd)),
        .init("computes_per_crowd", rounded(Double(computes.load(ordering: .relaxed)) / Double(crowds))),
        .init("median_release_of_last_us", rounded(releases.sorted()[crowds / 2])),
        .init("best_release_of_last_us", rounded(releases.min()!)),
    ]
    return measured
}

/// What so many tasks at a time give back.
private func gather<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable () async -> Value) -> [Value] {
    blocking {
        await withTaskGroup(of: Value.self) { group in
            for _ in 0..<count { group.addTask { await body() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}
