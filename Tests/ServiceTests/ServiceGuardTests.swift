import AtelierHTTP
import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierServing
import AtelierStages
import AtelierTesting
import Testing

@testable import AtelierService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("A service and its numbers", .enabled(if: HTTPServer.isAvailable && HTTPClient.isAvailable, "libmicrohttpd or libcurl is not here"))
struct ServiceGuardTests {
    /// Starts a service over an empty folder, asks it things, and stops it.
    private func serving(
        _ change: (inout ServiceConfiguration) -> Void = { _ in }, keys: (KeyFile) throws -> Void = { _ in },
        _ body: (_ url: String) async throws -> Void
    ) async throws {
        var template = Array("/tmp/atelier-guard-XXXXXX".utf8CString)
        let folder = String(cString: mkdtemp(&template)!)
        var configuration = ServiceConfiguration(
            server: .init(port: 0), folder: folder, version: "test", slots: 2)
        change(&configuration)
        try keys(KeyFile(path: folder + "/keys.json"))
        let service = try Service(engine: Engine(levels: [MemoryStore()]), configuration)
        do {
            try await body("http://127.0.0.1:\(service.port)")
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    private func ask(
        _ url: String, method: String = "GET", _ headers: [HTTPHeader] = [], body: String? = nil
    ) async throws -> (status: Int, answer: HTTPResponse, json: JSON) {
        // A busy machine may take its time.
        let request = HTTPRequest(
            url, method: method, headers: headers, body: body.map { Array($0.utf8) },
            limits: HTTPLimits(connect: .seconds(600), idle: .seconds(600)))
        let answer = try await HTTPClient().send(request)
        let bytes = try await answer.body.bytes()
        return (answer.status, answer, (try? JSON(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self)))  // pages are no JSON
    }

    @Test("Panel and Prometheus speak of the same snapshot")
    func snapshots() async throws {
        try await serving { url in
            for _ in 0..<1000 {
                let stats = try await ask(url + "/v1/stats").json, text = try await ask(url + "/metrics").json.string ?? ""
                guard case .integer(let number)? = stats["number"], text.contains("\natelier_snapshot_number \(number)\n") else { continue }
                guard case .integer(let total)? = stats["requests"]?["total"] else { break }
                #expect(text.contains("\natelier_http_requests_total \(total)\n"))
                return
            }
            Issue.record("no two answers spoke of the same snapshot")
        }
    }

    @Test("What answers look like is what OpenAPI says")
    func documents() async throws {
        try await serving { url in
            let api = try await ask(url + "/openapi.json").json
            guard case .object(let named)? = api["components"]?["schemas"] else { return #expect(Bool(false)) }
            for (path, name) in [
                ("/v1/stats", "Snapshot"), ("/v1/stats/history?window=1m", "History"), ("/v1/threads?seconds=1", "Threads"),
                ("/v1/cache", "Cache"), ("/version", "Version"), ("/v1/presets", "Presets"), ("/v1/jobs", "JobPage"),
                ("/v1/stats/history?window=x", "Problem"), ("/nothing", "Problem"),
            ] {
                let document = try await ask(url + path).json
                let problem = try schema(name, in: named).problem(with: document)
                #expect(problem == nil, "\(path)")
            }
            // Every schema that is referred to is there.
            let text = api.text
            for part in text.split(separator: "#/components/schemas/").dropFirst() {
                let name = part.prefix { $0 != "\"" }
                #expect(named.contains { $0.name == name }, "\(name)")
            }
        }
    }

    /// A named schema by itself, with references as this project's checker has them.
    private func schema(_ name: String, in named: [JSON.Member]) throws -> JSONSchema {
        let plain = named.filter { !$0.name.hasSuffix("Settings") && !$0.name.hasSuffix("Request") }
        let text = JSON.object([
            .init("$ref", .string("#/components/schemas/\(name)")), .init("$defs", .object(plain)),
        ]).text.split(separator: "#/components/schemas/", omittingEmptySubsequences: false).joined(separator: "#/$defs/")
        var document = try JSON(parsing: Array(text.utf8))
        // Patterns are for other checkers.
        document = document.without("pattern")
        return try JSONSchema(document)
    }

    @Test("Keys and rates act on every route, and problems say what helps")
    func guarded() async throws {
        let text = Lock("")
        try await serving {
            $0.access.rate = RateLimiter.Rate(perSecond: 0.001, burst: 5)
        } keys: { file in
            let key = try file.add("reader", scopes: [.read], now: 0)
            text.withLock { $0 = key }
        } _: { url in
            let key = [HTTPHeader("Authorization", "Bearer \(text.withLock { $0 })")]
            let anonymous = try await ask(url + "/v1/stats")
            #expect(anonymous.status == 401 && anonymous.answer["www-authenticate"] == "Bearer" && anonymous.json["code"] == "key-wanted")
            let known = try await ask(url + "/v1/stats", key)
            #expect(known.status == 200 && known.answer["ratelimit-policy"] == #""key";q=5;w=5000"#)
            #expect(try await ask(url + "/v1/trace", method: "POST", key, body: "x").status == 403)
            #expect(try await ask(url + "/v1/cache/memory", method: "DELETE", key).status == 403)
            #expect(try await ask(url + "/v1/stats", key).status == 200)
            #expect(try await ask(url + "/v1/stats", key).status == 200)
            let beyond = try await ask(url + "/v1/stats", key)
            #expect(beyond.status == 429 && beyond.json["code"] == "rate-limited")
            #expect(beyond.answer["retry-after"].flatMap { Int($0) }.map(JSON.integer) == beyond.json["retry_after"])
            // What is open to all is not counted.
            for path in ["/healthz", "/readyz", "/version", "/docs", "/"] { #expect(try await ask(url + path).status == 200, "\(path)") }
        }
    }

    @Test("The cache is looked at, emptied and invalidated; unknown words are refused")
    func cache() async throws {
        try await serving { url in
            let json = [HTTPHeader("Content-Type", "application/json")]
            func act(_ name: String, _ body: String) async throws -> (status: Int, json: JSON) {
                let answer = try await ask(url + "/v1/cache/" + name, method: "POST", json, body: body)
                return (answer.status, answer.json)
            }
            let drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"
            let svg = [HTTPHeader("Content-Type", "image/svg+xml"), HTTPHeader("Accept", "application/json")]
            let made = try await ask(url + "/v1/pptx?report=brief", method: "POST", svg, body: drawing)
            #expect(made.status == 200 && made.json["cache"] == "miss")
            #expect(try await ask(url + "/v1/pptx?report=brief", method: "POST", svg, body: drawing).json["cache"] == "hit")
            let digest = try #require(made.json["result"]?["digest"]?.string)
            let dry = try await act("invalidate", #"{"digest":"\#(digest)","dry_run":true}"#)
            #expect(dry.json["levels"] == ["memory"] && dry.json["dry_run"] == true)
            #expect(try await ask(url + "/v1/pptx?report=brief", method: "POST", svg, body: drawing).json["cache"] == "hit")
            #expect(try await act("invalidate", #"{"tag":"x"}"#).status == 200)
            for body in ["{}", #"{"tag":"x","digest":"\#(digest)"}"#, #"{"tag":1}"#, #"{"other":1}"#, "[]", #"{"tag":"x","dry_run":1}"#] {
                #expect(try await act("invalidate", body).status == 422, "\(body)")
            }
            #expect(try await act("invalidate", "").status == 400)
            // Nothing is on disk here.
            for name in ["warm", "verify"] { #expect(try await act(name, "{}").status == 409) }
            #expect(try await ask(url + "/v1/cache/other", method: "DELETE").status == 404)
            #expect(try await ask(url + "/v1/cache/memory?dry_run=perhaps", method: "DELETE").status == 422)
            #expect(try await ask(url + "/v1/cache/memory", method: "DELETE").json["action"] == "empty")
            #expect(try await ask(url + "/v1/pptx?report=brief", method: "POST", svg, body: drawing).json["cache"] == "miss")
        }
    }

    @Test("Metrics have a place of their own where that is wanted, without keys")
    func ownMetrics() async throws {
        try await serving {
            $0.metrics = HTTPServer.Configuration(port: 0, threads: 1)
        } _: { url in
            let answer = try await ask(url + "/metrics")
            #expect(answer.status == 404)
        }
    }

    @Test("A conversion that works too long, or a picture that declares too much, is ended with the right status")
    func limits() async throws {
        try await serving {
            $0.workLimit = 0.000_001
        } _: { url in
            let drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"
            let answer = try await ask(url + "/v1/pptx", method: "POST", [HTTPHeader("Content-Type", "image/svg+xml")], body: drawing)
            // Made before the clock was looked at, or not.
            #expect(answer.status == 503 ? answer.json["code"] == "too-long" : answer.status == 200)
        }
    }
}

extension JSON {
    /// The document without members of a name whose value is a text.
    fileprivate func without(_ name: String) -> JSON {
        switch self {
        case .object(let members):
            .object(
                members.filter { $0.name != name || $0.value.string == nil }.map { Member($0.name, $0.value.without(name)) })
        case .array(let elements): .array(elements.map { $0.without(name) })
        default: self
        }
    }
}
