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
                beside hiredis; ratios above 1 say that ours is faster. Then the same
                conversion with a Redis level whose server is gone, its breaker open,
                and without one.
            """
    ) { arguments in
        let folder = try arguments.string("dir")
        let native = try? arguments.string("native")  // without it our own figures stand alone
        let rounds = max(1, try arguments.integer("rounds", default: 7))
        let sizes = try arguments.integers("sizes", default: [1024, 102_400, 1_048_576])
        let milliseconds = try arguments.integer("milliseconds", default: 300)
        let server = try BenchServer(in: folder)
        defer { server.stop() }
        var rows: [JSON] = []
        for (place, address, native_address) in server.places {
            for size in sizes {
                let keys = min(1000, (64 << 20) / size)
                let store = RedisStore(at: try RedisAddress(address)) { print($0) }
                let digests = (0..<keys).map { Digest(hashing: Blob("\(size) \($0)")) }
                let values = (0..<keys).map { drawing($0, count: size) }
                var gets: [Double] = [], sets: [Double] = [], peers: [Double] = []
                for _ in 0..<rounds {
                    sets.append(
                        median(milliseconds) { index in
                            store.put(entry(digests[index % keys], values[index % keys])) == .kept
                        })
                    for index in 0..<keys { store.put(entry(digests[index], values[index])) }
                    gets.append(
                        median(milliseconds) { index in
                            let key = index &* 7 % keys
                            guard case .bytes(let found)? = store.get(digests[key]).entry?.payload else { return false }
                            return found.count == size
                        })
                    if let native {
                        peers.append(
                            try output(
                                of: "\(native) --bench redis_\(place) --value-bytes \(size) --threads 1 --seconds \(Double(milliseconds) / 1000) "
                                    + "--keys \(keys) --dir \(folder) --redis \(native_address)", number: "median_us"))
                    }
                }
                rows.append(
                    .object(
                        [
                            .init("place", .string(place)), .init("value_bytes", .integer(size)), .init("get_us", quartiles(gets)),
                            .init("set_us", quartiles(sets)),
                        ]
                            + (native == nil
                                ? []
                                : [
                                    .init("hiredis_get_us", quartiles(peers)),
                                    .init("get_ratio", quartiles(zip(peers, gets).map { $0 / $1 })),
                                ])))
            }
        }
        print(JSON.object([.init("bench", .string("redis")), .init("rows", .array(rows))]).text)
        return 0
    }
}

/// A redis-server of our own, that keeps nothing on disk.
private struct BenchServer {
    /// Name, our address, and how the comparison program writes it.
    let places: [(String, String, String)]
    private let socket: String

    init(in folder: String) throws {
        socket = "\(folder)/redis.sock"
        // Some port that is probably free; a server that cannot have it does not start.
        let port = 20_000 + Int(getpid()) % 20_000
        _ = try run(
            "redis-server --port \(port) --bind 127.0.0.1 --unixsocket \(socket) --save '' --appendonly no --daemonize yes "
                + "--dir \(folder) --logfile \(folder)/redis.log")
        places = [("unix", "unix:\(socket)", "unix:\(socket)"), ("tcp", "redis://127.0.0.1:\(port)", "tcp:\(port)")]
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
private func output(of command: String, number name: String) throws -> Double {
    let text = try run(command)
    guard let range = text.firstRange(of: "\"\(name)\":"), let number = Double(text[range.upperBound...].prefix { "0123456789.".contains($0) })
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

private func quartiles(_ values: [Double]) -> JSON {
    let sorted = values.sorted()
    return .array([1, 2, 3].map { .number((sorted[sorted.count * $0 / 4] * 100).rounded() / 100) })
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
        text += "<path d=\"M\(next(2000)) \(next(2000))C\(next(999)),\(next(999))\" fill=\"#\(String(next(1 << 24), radix: 16))\"/>\n".utf8
    }
    return Blob(text[..<count])
}
