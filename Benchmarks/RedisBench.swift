import AtelierJSON
import AtelierMemo
import AtelierRedis
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let redis = Subcommand(
        name: "redis", question: "what do look-ups in Redis cost, and what does a Redis that is gone?",
        usage: """
                --dir D [--native PROGRAM] [--sizes 1024,102400,1048576] [--rounds 7]
                [--milliseconds 300]
                --dir     folder for the socket of a redis-server started for this
                --native  the comparison program of the cache benchmarks, built; its
                          hiredis rows run in turns with ours
                --rounds  runs of each row

                Medians of one get and one set through a unix socket and TCP, each run
                beside hiredis; ratios above 1 say that ours is faster. Then conversions
                with a Redis level whose server is gone, its breaker open, in turns with
                conversions without one; ratios above 1 say that it costs.
            """
    ) { arguments in
        let plan = Plan(
            folder: try arguments.string("dir"), native: arguments.has("native") ? try arguments.string("native") : nil,
            rounds: max(1, try arguments.integer("rounds", default: 7)),
            milliseconds: try arguments.integer("milliseconds", default: 300))
        let sizes = try arguments.integers("sizes", default: [1024, 102_400, 1_048_576])
        let server = try BenchServer(in: plan.folder)
        var rows: [JSON] = []
        do {
            defer { server.stop() }
            for place in server.places {
                for size in sizes { rows.append(try plan.row(at: place, size)) }
            }
        }
        let gone = try blocking { () async -> Result<JSON, any Error> in
            do { return .success(try await plan.gone(server.places[0].address)) } catch { return .failure(error) }
        }.get()
        print(JSON.object(["bench": .string("redis"), "rows": .array(rows), "gone": gone]).text)
        return 0
    }
}

/// What is measured, and how often.
private struct Plan: Sendable {
    var folder: String
    var native: String?
    var rounds: Int
    var milliseconds: Int

    /// Gets and sets of one size, in turns with the peer's gets.
    func row(at place: BenchServer.Place, _ size: Int) throws -> JSON {
        let count = min(1000, (64 << 20) / size)
        let store = RedisStore(at: place.address)
        let entries = (0..<count).map { entry(Digest(hashing: Blob("\(size) \($0)")), drawing($0, count: size)) }
        var gets: [Double] = [], sets: [Double] = [], peers: [Double] = []
        for _ in 0..<rounds {
            sets.append(median(milliseconds) { store.put(entries[$0 % count]) == .kept })
            for entry in entries { store.put(entry) }
            gets.append(
                median(milliseconds) { turn in
                    guard case .bytes(let found)? = store.get(entries[turn &* 7 % count].header.digest).entry?.payload else { return false }
                    return found.count == size
                })
            if let native {
                let command =
                    "\(native) --bench redis_\(place.name) --value-bytes \(size) --threads 1 --keys \(count) --dir \(folder)"
                    + " --seconds \(Double(milliseconds) / 1000) --redis \(place.peerAddress)"
                peers.append(try number("median_us", from: command))
            }
        }
        return .object([
            "place": .string(place.name), "value_bytes": .integer(size), "get_us": quartiles(gets), "set_us": quartiles(sets),
            "hiredis_get_us": native == nil ? nil : quartiles(peers),
            "get_ratio": native == nil ? nil : quartiles(zip(peers, gets).map { $0 / $1 }),
        ])
    }

    /// Conversions of small drawings with a level whose server is gone, in turns with none; and one look-up in it.
    func gone(_ address: RedisAddress) async throws -> JSON {
        let store = RedisStore(at: address)
        let unknown = Digest(hashing: Blob("unknown"))
        while store.condition == .connected { _ = store.get(unknown) }
        let disk = DiskStore(in: try CacheDirectory(opening: folder + "/cache"), limit: 1 << 30)
        let lookup = Timing(rounds: 15) { store.get(unknown).entry == nil }
        return .object([
            "condition": .string(store.condition.rawValue), "lookup_us": .number((lookup.median * 1e9).rounded() / 1000),
            "behind_memory": await conversions([], [store]), "behind_memory_and_disk": await conversions([disk], [disk, store]),
        ])
    }

    /// Drawings nobody has converted before, with some levels behind memory and with others; either goes first in turn.
    private func conversions(_ plain: [any Store], _ extended: [any Store]) async -> JSON {
        var times: [[Double]] = [[], []]
        let clock = ContinuousClock(), perRound = 20
        for round in 0..<(rounds * 10) {
            for turn in [round % 2, 1 - round % 2] {
                let first = Int(getpid()) * 1_000_000 + (round * 2 + turn + extended.count * 10_000) * perRound
                let sources = (0..<perRound).map { Artifact.bytes(Array(document(first + $0).utf8)) }
                let engine = Engine(levels: [MemoryStore()] + (turn == 0 ? plain : extended))
                let time = await clock.measure {
                    for source in sources { keep(try! await engine.value(of: convertToPPTX([source]).output)) }
                }
                times[turn].append(time / .milliseconds(perRound))
            }
        }
        return .object([
            "conversion_ms": quartiles(times[1]), "without_redis_ms": quartiles(times[0]),
            "ratio": quartiles(zip(times[1], times[0]).map { $0 / $1 }),
        ])
    }

    private func document(_ number: Int) -> String {
        let paths = drawing(number, count: 4_000).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        return "<svg xmlns='http://www.w3.org/2000/svg' width='2000' height='2000'>"
            + paths.split(separator: "\n").dropLast().joined(separator: "\n") + "</svg>"
    }
}

/// A redis-server of our own, that keeps nothing on disk.
private struct BenchServer {
    struct Place {
        var name: String
        var address: RedisAddress
        /// As the comparison program wants it written.
        var peerAddress: String
    }

    let places: [Place]
    private let socket: String

    init(in folder: String) throws {
        socket = "\(folder)/redis.sock"
        // Some port that is probably free; a server that cannot have it does not start.
        let port = 20_000 + Int(getpid()) % 20_000
        _ = try run(
            "redis-server --port \(port) --bind 127.0.0.1 --unixsocket \(socket) --save '' --appendonly no --daemonize yes "
                + "--dir \(folder) --logfile \(folder)/redis.log")
        places = [
            Place(name: "unix", address: try RedisAddress("unix:\(socket)"), peerAddress: "unix:\(socket)"),
            Place(name: "tcp", address: try RedisAddress("redis://127.0.0.1:\(port)"), peerAddress: "tcp:\(port)"),
        ]
        _ = try run("until redis-cli -s \(socket) ping >/dev/null 2>&1; do sleep 0.05; done")
    }

    func stop() {
        _ = try? run("redis-cli -s \(socket) shutdown nosave")  // gone already is stopped too
    }
}

private struct CommandFailed: Error { var command: String }

/// What a shell command prints.
private func run(_ command: String) throws -> String {
    guard let stream = popen(command, "r") else { throw CommandFailed(command: command) }
    var text: [UInt8] = []
    while case let byte = getc(stream), byte != EOF { text.append(UInt8(byte)) }
    guard pclose(stream) == 0 else { throw CommandFailed(command: command) }
    return String(decoding: text, as: UTF8.self)
}

/// A member of the JSON object a command prints.
private func number(_ name: String, from command: String) throws -> Double {
    let text = try run(command)
    guard let range = text.firstRange(of: "\"\(name)\":"),
        let number = Double(text[range.upperBound...].prefix { "0123456789.".contains($0) })
    else { throw CommandFailed(command: command) }
    return number
}

/// Median microseconds of `body`, which says whether it went well, over so many milliseconds.
private func median(_ milliseconds: Int, _ body: (Int) -> Bool) -> Double {
    let clock = ContinuousClock(), end = clock.now + .milliseconds(milliseconds)
    var times: [Double] = []
    var now = clock.now
    while now < end {
        let start = now
        guard body(times.count) else { return .nan }
        now = clock.now
        times.append((now - start) / .microseconds(1))
    }
    return times.sorted()[times.count / 2]
}

private func entry(_ digest: Digest, _ bytes: Blob) -> Entry {
    let header = EntryHeader(
        digest: digest, stage: "bench.redis", stageVersion: 1, format: "blob", formatVersion: 1, byteCount: bytes.count, chainCost: 1 << 40,
        created: Int64(time(nil)))
    return Entry(header: header, payload: .bytes(bytes))
}

/// Text of an SVG drawing, which compresses about 3:1.
private func drawing(_ number: Int, count: Int) -> Blob {
    var random = UInt64(number) &* 7919 &+ 1
    func next(_ limit: UInt64) -> UInt64 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (random >> 33) % limit
    }
    var text: [UInt8] = []
    text.reserveCapacity(count + 96)
    while text.count < count {
        text +=
            "<path d=\"M\(next(2000)) \(next(2000))C\(next(999)) \(next(999)) \(next(999)) \(next(999)) \(next(999)) \(next(999))\" fill=\"#\(String(next(1 << 24), radix: 16))\"/>\n"
            .utf8
    }
    return Blob(text)[..<count]
}
