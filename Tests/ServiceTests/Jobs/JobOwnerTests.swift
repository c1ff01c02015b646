import AtelierArchives
import AtelierHTTP
import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierServing
import AtelierStages
import AtelierTesting
import Testing

@testable import AtelierService

@Suite("Owners of jobs", .enabled(if: canServe, "libmicrohttpd or libcurl is not on this machine"))
struct JobOwnerTests {
    /// A folder with keys, and what their owners send.
    private struct Keys {
        let folder = scratchFolder()
        let a: [String: String], b: [String: String], admin: [String: String]

        init() throws {
            let file = KeyFile(path: folder + "/keys.json")
            func key(_ name: String, _ scopes: Set<Scope>) throws -> [String: String] {
                ["Authorization": "Bearer " + (try file.add(name, scopes: scopes, now: 0))]
            }
            (a, b, admin) = (
                try key("a", [.read, .convert]), try key("b", [.read, .convert]), try key("admin", [.read, .convert, .admin])
            )
        }
    }

    /// Identifiers of the jobs that a caller is listed.
    private func listed(_ client: TestClient, _ key: [String: String]) async throws -> [String] {
        guard case .array(let jobs)? = try await client.get("/v1/jobs", key).json["jobs"] else { throw NoList() }
        return jobs.compactMap { $0["id"]?.string }
    }

    @Test("A job is there for the key that asked for it and for admins, and nowhere for others")
    func foreignJobs() async throws {
        let keys = try Keys()
        try await serving(in: keys.folder) { client in
            let job = try await client.post("/v1/jobs?kind=trace", picture(20), keys.a).json, id = try #require(job["id"]?.string)
            for _ in 0..<60 where try await client.get("/v1/jobs/\(id)?wait=60", keys.a).json["state"]?.string != "done" {}
            for path in ["", "/events", "/result", "/results", "/results/0", "/archive.zip", "/report"] {
                #expect(try await client.get("/v1/jobs/\(id)\(path)", keys.b).status == 404, "\(path)")
                #expect(try await client.get("/v1/jobs/\(id)\(path)", keys.a).status == 200, "\(path)")
                #expect(try await client.get("/v1/jobs/\(id)\(path)", keys.admin).status == 200, "\(path)")
            }
            #expect(try await client.send("POST", "/v1/jobs/\(id)/cancel", [], keys.b).status == 404)
            #expect(try await client.send("DELETE", "/v1/jobs/\(id)", nil, keys.b).status == 404)
            #expect(try await listed(client, keys.a) == [id])
            #expect(try await listed(client, keys.b) == [])
            #expect(try await listed(client, keys.admin) == [id])
            // Who knows a digest has what it names.
            let result = try #require(try await client.get("/v1/jobs/\(id)/result", keys.a)["etag"]).filter { $0 != "\"" }
            #expect(try await client.get("/v1/blobs/\(result)", keys.b).status == 200)
            // A job of no key has no key's owner.
            #expect(try await client.get("/v1/jobs/\(id)").status == 401)
        }
    }

    @Test("Of one stream each caller gets the jobs that are theirs, and that they are gone")
    func foreignEvents() async throws {
        let keys = try Keys()
        try await serving(in: keys.folder) { client in
            let mine = try await client.post("/v1/jobs?kind=trace", picture(21), keys.a).json["id"]!.string!
            let other = try await client.post("/v1/jobs?kind=trace", picture(22), keys.b).json["id"]!.string!
            let shared = try await client.post("/v1/jobs?kind=trace", picture(23), keys.a).json["id"]!.string!
            #expect(try await client.post("/v1/jobs?kind=trace", picture(23), keys.b).json["id"]?.string == shared)
            for (id, key) in [(mine, keys.a), (other, keys.b), (shared, keys.a)] {
                for _ in 0..<60 where try await client.get("/v1/jobs/\(id)?wait=60", key).json["state"]?.string != "done" {}
            }
            #expect(try await client.send("DELETE", "/v1/jobs/\(mine)", nil, keys.a).status == 204)
            // Still there for its other owner.
            #expect(try await client.send("DELETE", "/v1/jobs/\(shared)", nil, keys.a).status == 204)
            func told(_ key: [String: String], until last: String) async throws -> String {
                let answer = try await HTTPClient().send(
                    HTTPRequest(
                        client.url + "/v1/events?topics=jobs&hz=10&last_event_id=0", headers: key.map { HTTPHeader($0, $1) },
                        limits: HTTPLimits(idle: .seconds(900))))
                var text = ""
                for try await piece in answer.body {
                    text += String(decoding: piece, as: UTF8.self)
                    if text.contains(last) { break }
                }
                return text
            }
            let a = try await told(keys.a, until: shared), b = try await told(keys.b, until: shared)
            #expect(a.contains("{\"id\":\"\(mine)\",\"state\":\"deleted\"}") && a.contains("{\"id\":\"\(shared)\",\"state\":\"deleted\"}"))
            #expect(!a.contains(other) && b.contains(other) && !b.contains(mine))
            #expect(b.contains(shared) && !b.contains("deleted"))
            #expect(try await client.get("/v1/jobs/\(shared)", keys.a).status == 404)
            #expect(try await client.get("/v1/jobs/\(shared)", keys.b).status == 200)
        }
    }

    @Test("The same name of two keys is two names")
    func names() async throws {
        let keys = try Keys()
        try await serving(in: keys.folder) { client in
            func ask(_ number: Int, _ key: [String: String], _ path: String = "/v1/jobs?kind=trace") async throws -> Int {
                try await client.post(path, picture(number), key.merging(["Idempotency-Key": "k"]) { $1 }).status
            }
            let first = try await ask(24, keys.a), second = try await ask(25, keys.b)
            #expect(first < 300 && second < 300)
            let third = try await ask(25, keys.a), fourth = try await ask(24, keys.b, "/v1/trace")
            #expect(third == 422 && fourth == 422)
        }
    }

    @Test("Both who asked for a job have it, also after a restart; one who cancels it cancels for themselves")
    func twoOwners() async throws {
        let keys = try Keys(), gate = Gate(), engine = Engine(levels: [MemoryStore()], configuration: .init(workers: 1))
        // Nothing runs until the gate opens.
        engine.workers.async { gate.wait() }
        let name = Lock("")
        try await serving(in: keys.folder, engine: engine) { client in
            let first = try await client.post("/v1/jobs?kind=trace", picture(26), keys.a.merging(["Idempotency-Key": "x"]) { $1 }).json
            let id = try #require(first["id"]?.string)
            #expect(try await client.get("/v1/jobs/\(id)", keys.b).status == 404)
            #expect(try await client.post("/v1/jobs?kind=trace", picture(26), keys.b).json["id"]?.string == id)
            #expect(try await client.get("/v1/jobs/\(id)", keys.b).status == 200)
            let cancelled = try await client.send("POST", "/v1/jobs/\(id)/cancel", [], keys.a)
            #expect(try cancelled.status == 202 && cancelled.json["state"]?.string == "cancelled")
            #expect(try await client.get("/v1/jobs/\(id)/events", keys.a).text.contains("event: end\n"))
            #expect(try await client.send("POST", "/v1/jobs/\(id)/cancel", [], keys.a).status == 409)
            #expect(try await client.get("/v1/jobs/\(id)", keys.b).json["state"]?.string != "cancelled")
            name.withLock { $0 = id }
        }
        gate.open()
        let id = name.withLock { $0 }
        try await serving(in: keys.folder) { client in
            for _ in 0..<60 where try await client.get("/v1/jobs/\(id)?wait=60", keys.b).json["state"]?.string != "done" {}
            #expect(try await client.get("/v1/jobs/\(id)/result", keys.b).status == 200)
            // Over, it is what it is for all of them; and the name is still the first's.
            #expect(try await client.get("/v1/jobs/\(id)", keys.a).json["state"]?.string == "done")
            let other = try await client.post("/v1/jobs?kind=trace", picture(27), keys.a.merging(["Idempotency-Key": "x"]) { $1 })
            #expect(try other.json["code"]?.string == "key-reused")
            #expect(try await client.post("/v1/jobs?kind=trace", picture(27), keys.b.merging(["Idempotency-Key": "x"]) { $1 }).status < 300)
        }
    }

    @Test("A job that all its owners have cancelled ends")
    func allCancel() async throws {
        let keys = try Keys(), gate = Gate(), engine = Engine(levels: [MemoryStore()], configuration: .init(workers: 1))
        engine.workers.async { gate.wait() }
        try await serving(in: keys.folder, engine: engine) { client in
            let id = try #require(try await client.post("/v1/jobs?kind=trace", picture(28), keys.a).json["id"]?.string)
            _ = try await client.post("/v1/jobs?kind=trace", picture(28), keys.b)
            for key in [keys.a, keys.b] { #expect(try await client.send("POST", "/v1/jobs/\(id)/cancel", [], key).status == 202) }
            #expect(try await client.get("/v1/jobs/\(id)", keys.admin).json["state"]?.string == "cancelled")
            // An admin's cancelling is for all.
            let next = try #require(try await client.post("/v1/jobs?kind=trace", picture(29), keys.a).json["id"]?.string)
            #expect(try await client.send("POST", "/v1/jobs/\(next)/cancel", [], keys.admin).status == 202)
            #expect(try await client.get("/v1/jobs/\(next)", keys.a).json["state"]?.string == "cancelled")
        }
        gate.open()
    }
}

@Suite("Answers", .enabled(if: canServe, "libmicrohttpd or libcurl is not on this machine"))
struct AnswerTests {
    @Test("Stretches of an archive are those of the whole, if it is still the one")
    func ranges() async throws {
        try await serving { client in
            let form = form(files: (0..<4).map { ("\($0).png", picture($0)) }, fields: [("kind", "trace")])
            let job = try await client.post("/v1/jobs", form.body, type: form.type).json
            _ = try await client.finished(job)
            let path = "/v1/jobs/\(job["id"]!.string!)/archive.zip"
            let whole = try await client.get(path), all = whole.body, tag = try #require(whole["etag"])
            #expect(try ZIPReader(all).members.count == 4)
            #expect(whole["content-length"] == "\(all.count)" && whole["accept-ranges"] == "bytes")
            let head = try await client.send("HEAD", path)
            #expect(head.body.isEmpty && head["content-length"] == "\(all.count)")
            let (last, middle) = (all.count - 1, all.count / 2)
            for (range, wanted) in [
                ("0-0", 0...0), ("10-99", 10...99), ("\(middle)-", middle...last), ("-30", last - 29...last), ("1-\(last + 9)", 1...last),
                ("40-\(middle)", 40...middle), ("\(last)-", last...last),
            ] {
                let part = try await client.get(path, ["Range": "bytes=\(range)", "If-Range": tag])
                #expect(part.status == 206 && part.body == Array(all[wanted]), "\(range)")
                #expect(part["content-range"] == "bytes \(wanted.lowerBound)-\(wanted.upperBound)/\(all.count)", "\(range)")
            }
            #expect(try await client.get(path, ["Range": "bytes=0-0", "If-Range": "\"other\""]).status == 200)
            let beyond = try await client.get(path, ["Range": "bytes=\(all.count)-"])
            #expect(beyond.status == 416 && beyond["content-range"] == "bytes */\(all.count)")
            // Results as well.
            let one = try await client.get(path.replacing("archive.zip", with: "results/2"), ["Range": "bytes=1-3"])
            #expect(one.status == 206 && String(decoding: one.body, as: UTF8.self) == "svg")
        }
    }

    @Test("A name of a conversion that is waited for stands for it: asked again the answer is the same, asked otherwise there is none")
    func names() async throws {
        try await serving { client in
            func ask(_ path: String, _ number: Int, _ name: String, _ fields: [String: String] = [:]) async throws -> TestClient.Answer {
                try await client.post(path, picture(number), fields.merging(["Idempotency-Key": name]) { $1 })
            }
            // At the same time and after one another.
            async let one = ask("/v1/trace", 30, "n"), two = ask("/v1/trace", 30, "n")
            let (first, second) = try await (one, two), third = try await ask("/v1/trace", 30, "n")
            #expect([first, second, third].allSatisfy { $0.status == 200 && $0.body == first.body && $0["etag"] == first["etag"] })
            for (path, number) in [("/v1/trace", 31), ("/v1/trace?colors=3", 30), ("/v1/pptx", 30), ("/v1/jobs?kind=trace", 31)] {
                let other = try await ask(path, number, "n")
                #expect(try other.status == 422 && other.json["code"]?.string == "key-reused", "\(path)")
            }
            #expect(try await ask("/v1/pptx", 30, "m").status == 200)
            #expect(try await ask("/v1/trace", 30, String(repeating: "n", count: 257)).status == 422)
            // What became a job stays one.
            let job = try await ask("/v1/trace", 32, "j", ["Prefer": "respond-async"])
            _ = try await client.finished(job.json)
            #expect(try await ask("/v1/trace", 32, "j").json["id"] == job.json["id"])
        }
    }

    @Test("Asked for both, a client gets the document and the bytes it is about")
    func mixed() async throws {
        try await serving { client in
            let bytes = picture(33), answer = try await client.post("/v1/trace?name=x.png", bytes, ["Accept": "multipart/mixed"])
            let type = try #require(answer["content-type"]), prefix = "multipart/mixed; boundary="
            #expect(answer.status == 200 && type.hasPrefix(prefix) && answer["vary"] == "Accept")
            let boundary = String(type.dropFirst(prefix.count))
            let parts = answer.text.components(separatedBy: "--\(boundary)")
            #expect(parts.count == 4 && parts[0].isEmpty && parts[3] == "--\r\n")
            let document = try #require(parts[1].components(separatedBy: "\r\n\r\n").last)
            let json = try JSON(parsing: Array(document.utf8.dropLast(2)))
            let trace = try await client.post("/v1/trace", bytes)
            #expect(json["report"] != nil && json["svg"] == nil && json["result"]?["bytes"] == .integer(trace.body.count))
            #expect(parts[2].hasPrefix("\r\nContent-Type: image/svg+xml\r\n") && parts[2].hasSuffix("\r\n\r\n\(trace.text)\r\n"))
        }
    }

    @Test("OpenAPI asks for a key where one is asked for")
    func security() async throws {
        func wanted(_ document: JSON, _ method: String, _ path: String) -> JSON? { document["paths"]?[path]?[method]?["security"] }
        func key(_ scope: String) -> JSON { .object(["key": .array([.string(scope)])]) }
        try await serving { client in
            let document = try await client.get("/openapi.json").json
            #expect(wanted(document, "post", "/v1/trace") == .array([]) && document["components"]?["securitySchemes"] == nil)
        }
        let folder = scratchFolder()
        _ = try KeyFile(path: folder + "/keys.json").add("a", scopes: [.read], now: 0)
        try await serving(in: folder) {
            $0.access.anonymous = [.read]
        } _: { client in
            let document = try await client.get("/openapi.json").json
            #expect(wanted(document, "post", "/v1/trace") == .array([key("convert")]))
            #expect(wanted(document, "get", "/v1/jobs") == .array([.object([]), key("read")]))
            #expect(wanted(document, "get", "/healthz") == .array([]) && document["components"]?["securitySchemes"]?["key"] != nil)
        }
    }
}

extension String {
    /// What lies between the places of another string.
    fileprivate func components(separatedBy other: String) -> [String] {
        var parts: [String] = [], rest = self[...]
        while let place = rest.firstRange(of: other) {
            parts.append(String(rest[..<place.lowerBound]))
            rest = rest[place.upperBound...]
        }
        return parts + [String(rest)]
    }
}
