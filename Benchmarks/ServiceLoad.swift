import AtelierArchives
import AtelierHTTP
import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierScheduling
import AtelierTelemetry

/// Users of a running service: each asks, reads, thinks and asks again, for new things and for what somebody has asked for before.
struct ServiceLoad: Sendable {
    let url: String, users: Int, seconds: Double
    /// Most bytes the service may have in memory.
    let memoryBudget: Int
    /// Of requests, how many of a hundred ask for something again.
    let repeats: Int
    let key: String?

    private enum Kind: String, CaseIterable { case trace, deck, collection }

    /// What is asked for; equal ones are equal requests.
    private struct Wish: Hashable, Sendable {
        var kind: Int, seed: UInt64
    }

    /// What became of the requests of one kind.
    fileprivate struct Tally: Sendable {
        var wait = LatencyHistogram(), count = 0, repeated = 0, found = 0, refused = 0, failed = 0
        var problems: [String: Int] = [:]
    }

    private struct State: Sendable {
        var asked: [Wish] = []
        /// Those that somebody has an answer to: only they can be found.
        var answered: Set<Wish> = []
        var tallies = Kind.allCases.map { _ in Tally() }
        var mostResident = 0
    }

    private final class Shared: Sendable { let state = Lock(State()) }

    func run() async throws -> Int32 {
        let shared = Shared(), clock = ContinuousClock(), end = clock.now + .seconds(seconds)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for user in 0..<users { group.addTask { try await use(as: user, until: end, shared) } }
            group.addTask { try await watch(until: end, shared) }
            try await group.waitForAll()
        }
        let state = shared.state.withLock { $0 }
        var all = Tally()
        for tally in state.tallies { all.add(tally) }
        let mean = Double(all.wait.total) * 1e-9 / Double(max(1, all.wait.count)), rate = Double(all.found) / Double(max(1, all.repeated))
        var failures: [String] = []
        if mean >= 5 { failures.append("the mean wait is 5 s or more") }
        if rate <= 0.8 { failures.append("80 % or less of what was asked again was found") }
        if state.mostResident > memoryBudget { failures.append("the service took more memory than its budget") }
        if all.failed > 0 { failures.append("requests failed") }
        print(
            JSON.object([
                "schema": "service-load/1", "users": .integer(users), "seconds": .number(seconds), "requests": .integer(all.count),
                "mean_wait_ms": .number((mean * 1e6).rounded() / 1e3), "repeats": .integer(all.repeated),
                "hit_rate_of_repeats": .number((rate * 1e4).rounded() / 1e4), "refused": .integer(all.refused),
                "failed": .integer(all.failed),
                "kinds": .array(zip(Kind.allCases, state.tallies).map { $1.json(named: $0.rawValue) }),
                "resident_mb": ["most": .integer(state.mostResident >> 20), "budget": .integer(memoryBudget >> 20)],
                "missed": .array(failures.map { .string($0) }),
            ]).text)
        return failures.isEmpty ? 0 : 1
    }

    private func use(as user: Int, until end: ContinuousClock.Instant, _ shared: Shared) async throws {
        let client = HTTPClient(), clock = ContinuousClock()
        var random = Draws(seed: UInt64(user) + 1)
        while clock.now < end {
            let wish = shared.state.withLock { state -> Wish in
                if random.below(100) < repeats, !state.asked.isEmpty {
                    // What was asked for lately is asked for again more than what is long ago.
                    let back = min(random.below(state.asked.count), random.below(state.asked.count))
                    return state.asked[state.asked.count - 1 - back]
                }
                let wish = Wish(
                    kind: [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][random.below(10)], seed: UInt64(user) << 32 | UInt64(random.below(1 << 30)))
                state.asked.append(wish)
                return wish
            }
            let request = try self.request(wish)
            let isRepeat = shared.state.withLock { $0.answered.contains(wish) }
            let begin = clock.now
            var status = 0, isFound = false, pause = 0.0, problem = ""
            do {
                let answer = try await client.send(request), body = try await answer.body.bytes()
                (status, isFound) = (answer.status, answer["cache-status"]?.contains("hit") ?? false)
                if status != 200 { problem = String(decoding: body.prefix(200), as: UTF8.self) }
                pause = answer["retry-after"].flatMap(Double.init) ?? 0
            } catch { problem = "\(error)" }
            let took = UInt64((clock.now - begin) / .nanoseconds(1))
            shared.state.withLock { state in
                state.tallies[wish.kind].count += 1
                switch status {
                case 200:
                    state.tallies[wish.kind].wait.record(nanoseconds: took)
                    state.tallies[wish.kind].repeated += isRepeat ? 1 : 0
                    state.tallies[wish.kind].found += isRepeat && isFound ? 1 : 0
                    state.answered.insert(wish)
                case 429: state.tallies[wish.kind].refused += 1
                default:
                    state.tallies[wish.kind].failed += 1
                    state.tallies[wish.kind].problems["\(status) \(problem)", default: 0] += 1
                }
            }
            // Somebody looks at the result.
            try await Task.sleep(for: .milliseconds(200 + random.below(800)) + .seconds(pause))
        }
    }

    /// Looks at the memory of the service once a second.
    private func watch(until end: ContinuousClock.Instant, _ shared: Shared) async throws {
        let client = HTTPClient(), clock = ContinuousClock()
        while clock.now < end {
            let answer = try await client.send(HTTPRequest(url + "/v1/stats", headers: headers)), body = try await answer.body.bytes()
            if answer.status == 200, case .object(let members) = try JSON(parsing: body),
                case .object(let memory)? = members.first(where: { $0.name == "memory" })?.value,
                case .integer(let resident)? = memory.first(where: { $0.name == "rss" })?.value
            {
                shared.state.withLock { $0.mostResident = max($0.mostResident, resident) }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    // MARK: Requests

    private var headers: [HTTPHeader] { key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? [] }

    private func request(_ wish: Wish) throws -> HTTPRequest {
        switch Kind.allCases[wish.kind] {
        case .trace:
            let side = [200, 256, 320][Int(wish.seed % 3)]
            let source = LoadJob.source(.trace, side: side, seed: wish.seed)
            return post("/v1/trace", "image/png", Array(source.bytes))
        case .deck:
            let pages = (0...wish.seed % 3).map { LoadJob.source(.pptx, side: 512, seed: wish.seed ^ $0 << 20) }
            let parts = pages.enumerated().map { ("file", "page\($0).svg", "image/svg+xml", Array($1.bytes)) }
            return form("/v1/pptx", parts)
        case .collection:
            return form(
                "/v1/compose", [("file", "layers.zip", "application/zip", try layers(wish.seed)), ("count", nil, nil, Array("8".utf8))])
        }
    }

    /// Two layers of three pictures each.
    private func layers(_ seed: UInt64) throws -> [UInt8] {
        var archive = ZIPWriter()
        for layer in ["1-ground", "2-mark"] {
            for picture in 0..<3 {
                let tint = UInt8(truncatingIfNeeded: seed &* 2_654_435_761 >> (8 * UInt64(picture)))
                var raster = Raster(width: 96, height: 96, filledWith: RGBA8(tint, 90, UInt8(picture * 80), layer == "1-ground" ? 255 : 0))
                for y in 24..<72 where layer == "2-mark" { for x in 24 + 8 * picture..<72 { raster[x, y] = RGBA8(200, tint, 40) } }
                try archive.add("\(layer)/\(["one", "two", "three"][picture]).png", PackedBytes(storing: encodePNG(raster)))
            }
        }
        return archive.finish()
    }

    private func post(_ path: String, _ type: String, _ body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            url + path, method: "POST", headers: headers + [HTTPHeader("Content-Type", type)], body: body,
            limits: HTTPLimits(idle: .seconds(120)))
    }

    private func form(_ path: String, _ parts: [(name: String, file: String?, type: String?, bytes: [UInt8])]) -> HTTPRequest {
        let boundary = "7f1b3c9a-load"
        var body: [UInt8] = []
        for part in parts {
            body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"".utf8
            if let file = part.file { body += "; filename=\"\(file)\"".utf8 }
            if let type = part.type { body += "\r\nContent-Type: \(type)".utf8 }
            body += "\r\n\r\n".utf8
            body += part.bytes
            body += "\r\n".utf8
        }
        body += "--\(boundary)--\r\n".utf8
        return post(path, "multipart/form-data; boundary=\(boundary)", body)
    }
}

extension ServiceLoad.Tally {
    fileprivate mutating func add(_ other: ServiceLoad.Tally) {
        wait.add(other.wait)
        count += other.count
        repeated += other.repeated
        found += other.found
        refused += other.refused
        failed += other.failed
    }
}

extension ServiceLoad.Tally {
    fileprivate func json(named name: String) -> JSON {
        func milliseconds(_ share: Double) -> JSON { .number(Double(wait.quantile(share) / 1000) / 1000) }
        return [
            "kind": .string(name), "requests": .integer(count), "repeats": .integer(repeated), "found": .integer(found),
            "wait_ms": ["p50": milliseconds(0.5), "p95": milliseconds(0.95), "p99": milliseconds(0.99)],
            "problems": .array(problems.sorted { $0.key < $1.key }.prefix(5).map { .string("\($0.value) times \($0.key)") }),
        ]
    }
}

/// Numbers that a seed repeats (SplitMix64; Steele, Lea, Flood 2014).
private struct Draws {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ word >> 31) % UInt64(max(1, bound)))
    }
}
