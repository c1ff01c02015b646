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

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Jobs", .enabled(if: canServe, "libmicrohttpd or libcurl is not on this machine"))
struct JobTests {
    @Test("A job is accepted, done, and gives what a conversion gives; asked for again it is the same job")
    func lifeOfAJob() async throws {
        try await serving { client in
            let bytes = picture(), asked = try await client.post("/v1/jobs?kind=trace&name=logo.png", bytes, ["Idempotency-Key": "k1"])
            let job = try asked.json, id = try #require(job["id"]?.string)
            #expect([200, 202].contains(asked.status) && asked["location"] == "/v1/jobs/\(id)")
            let done = try #require(try await client.finished(job))
            #expect(done["state"]?.string == "done" && done["done"] == 1 && done["total"] == 1)
            let result = try await client.get("/v1/jobs/\(id)/result"), direct = try await client.post("/v1/trace", bytes)
            #expect(result.status == 200 && result.body == direct.body && result["etag"] == direct["etag"])
            #expect(result["content-disposition"] == "attachment; filename=\"logo.svg\"" && result["server-timing"] != nil)
            #expect(try await client.get("/v1/jobs/\(id)/result", ["If-None-Match": result["etag"]!]).status == 304)
            let again = try await client.post("/v1/jobs?kind=trace&name=logo.png", bytes, ["Idempotency-Key": "k1"])
            #expect(try again.status == 200 && again.json["id"]?.string == id && again["cache-status"] == "atelier; hit; detail=job")
            let named = try await client.post("/v1/jobs?kind=trace", picture(9), ["Idempotency-Key": "two words"])
            #expect(try named.status == 422 && named.json["code"]?.string == "bad-key")
            let other = try await client.post("/v1/jobs?kind=trace", picture(9), ["Idempotency-Key": "k1"])
            #expect(try other.status == 422 && other.json["code"]?.string == "key-reused")
            #expect(try await client.post("/v1/jobs/\(id)/cancel", [], type: "text/plain").status == 409)
            #expect(try await client.get("/v1/jobs/\(id)/report").json["items"] != nil)
            #expect(try await client.send("DELETE", "/v1/jobs/\(id)").status == 204)
            #expect(try await client.get("/v1/jobs/\(id)").status == 404)
            #expect(try await client.send("DELETE", "/v1/jobs/\(id)").status == 404)
        }
    }

    @Test("Of many files each has its own outcome; an archive holds those that came of it")
    func batch() async throws {
        try await serving { client in
            let form = form(
                files: [("a.png", picture(1)), ("bad.png", Array("no".utf8)), ("a.png", picture(2)), ("b.png", picture(3))],
                fields: [("kind", "trace"), ("colors", "3")])
            let job = try await client.post("/v1/jobs", form.body, type: form.type).json
            let done = try #require(try await client.finished(job))
            #expect(done["state"]?.string == "done" && done["total"] == 4 && done["failed"] == 1)
            guard case .array(let items)? = done["items"] else { throw NoList() }
            #expect(items.map { $0["state"]?.string } == ["done", "failed", "done", "done"])
            #expect(items[1]["error"]?["code"]?.string == "unreadable-input")
            let id = job["id"]!.string!
            let zip = try ZIPReader(try await client.get("/v1/jobs/\(id)/archive.zip").body)
            #expect(zip.members.map(\.name) == ["a.svg", "a 2.svg", "b.svg"])
            #expect(try await client.get("/v1/jobs/\(id)/results/3").body == zip.unpacked(zip.members[2]))
            let failed = try await client.get("/v1/jobs/\(id)/results/1")
            #expect(try failed.status == 409 && failed.json["code"]?.string == "unreadable-input")
            #expect(try await client.get("/v1/jobs/\(id)/results/4").status == 404)
        }
    }

    @Test("Events of a job have numbers, and go on behind the last that a client has; the end is an event")
    func events() async throws {
        try await serving { client in
            let job = try await client.post("/v1/jobs?kind=trace", picture(5)).json, path = job["links"]!["events"]!.string!
            let all = try await client.get(path)
            #expect(all["content-type"] == "text/event-stream" && all.text.hasPrefix("retry: ") && all.text.contains("event: end\n"))
            let numbers = all.text.split(separator: "\n").filter { $0.hasPrefix("id: ") }
            #expect(numbers.count >= 2 && all.text.contains("event: part\n"))
            let rest = try await client.get(path, ["Last-Event-ID": String(numbers[numbers.count - 2].dropFirst(4))])
            #expect(rest.text.split(separator: "\n").filter { $0.hasPrefix("id: ") } == numbers.suffix(1))
            // A number that is none of this service's is passed over.
            #expect(try await client.get(path, ["Last-Event-ID": "999999"]).text.contains("event: end\n"))
        }
    }

    @Test("While a job is made it says which stage runs, where it is asked for and in its events, and no longer when it is over")
    func step() async throws {
        let engine = Engine(levels: [MemoryStore()]), isSeen = Lock(false)
        // Holds the worker between a stage's end and the next one's begin.
        engine.observe { event in
            guard event.kind == .run, event.stage == "tracing.segment" else { return }
            while !isSeen.withLock(\.self) { usleep(1000) }
        }
        try await serving(engine: engine) { client in
            let asked = try await client.post("/v1/jobs?kind=trace", picture(31)).json, links = try #require(asked["links"])
            let answer = try await HTTPClient().send(
                HTTPRequest(client.url + links["events"]!.string!, limits: HTTPLimits(idle: .seconds(900))))
            var text = "", job = JSON.null
            for try await piece in answer.body {
                text += String(decoding: piece, as: UTF8.self)
                guard !isSeen.withLock(\.self), text.contains(#""step":{"stage":"tracing.segment","label":"Segment"}"#) else { continue }
                job = try await client.get(links["self"]!.string!).json
                isSeen.withLock { $0 = true }
            }
            #expect(job["state"]?.string == "running" && job["step"]?["label"]?.string == "Segment")
            guard case .array(let items)? = job["items"] else { throw NoList() }
            #expect(items[0]["step"] == job["step"])
            let done = try #require(try await client.finished(asked))
            #expect(done["state"]?.string == "done" && done["step"] == nil && done["steps"] != nil)
        }
    }

    @Test("All jobs in one stream, behind the last change that a client has")
    func topics() async throws {
        try await serving { client in
            #expect(try await client.get("/v1/events?topics=jobs,weather").status == 422)
            let job = try await client.post("/v1/jobs?kind=trace", picture(6)).json
            _ = try await client.finished(job)
            let answer = try await HTTPClient().send(
                HTTPRequest(client.url + "/v1/events?topics=queue,jobs&hz=10&last_event_id=0", limits: HTTPLimits(idle: .seconds(900))))
            var text = ""
            for try await piece in answer.body {
                text += String(decoding: piece, as: UTF8.self)
                if text.contains("event: queue\n"), text.contains("event: jobs\n"), text.contains("\"state\":\"done\"") { break }
            }
            #expect(text.contains("\"slots\":2"))
        }
    }

    @Test("Jobs come in pages, the newest first, by state and kind")
    func pages() async throws {
        try await serving { client in
            for number in 0..<5 { _ = try await client.finished(try await client.post("/v1/jobs?kind=trace", picture(number)).json) }
            var path = "/v1/jobs?limit=2&state=done&kind=trace", ids: [String] = [], pages = 0
            while pages < 10 {
                let page = try await client.get(path)
                guard case .array(let jobs)? = try page.json["jobs"] else { throw NoList() }
                ids += jobs.compactMap { $0["id"]?.string }
                pages += 1
                guard let next = try page.json["next"]?.string else { break }
                #expect(page["link"] == "<\(next)>; rel=\"next\"")
                path = next
            }
            #expect(pages == 3 && Set(ids).count == 5)
            #expect(try await client.get("/v1/jobs?state=failed").json["jobs"] == .array([]))
            #expect(try await client.get("/v1/jobs?limit=0").status == 422)
        }
    }

    @Test("A service goes on with what an earlier one was asked for, and knows what that had done")
    func restart() async throws {
        let folder = scratchFolder(), digest = Lock<String?>(nil), done = Lock<String?>(nil)
        try await serving(in: folder) { client in
            let blob = try await client.post("/v1/blobs", picture(7)).json["digest"]?.string
            digest.withLock { $0 = blob }
            let job = try await client.post("/v1/jobs?kind=trace", picture(8), ["Idempotency-Key": "kept"]).json
            _ = try await client.finished(job)
            let id = job["id"]?.string
            done.withLock { $0 = id }
        }
        // What a killed service leaves: a record of what was asked for.
        let input = Submission.Input(digest: try #require(digest.withLock { $0 }.flatMap(Digest.init)), name: "left.png")
        let wishes = Wishes(.trace, over: .init())
        let left = ConversionJob(
            .init(wishes: wishes, inputs: [input]), of: .nobody, urgency: .normal, defaults: .init(), at: systemSeconds())
        try await JobFolder(path: folder + "/jobs", defaults: .init()).write { left }

        try await serving(in: folder) { client in
            let job = try #require(try await client.finished(try await client.get("/v1/jobs/\(left.id)").json))
            #expect(job["state"]?.string == "done")
            #expect(try await client.get("/v1/jobs/\(left.id)/result").text.hasPrefix("<svg"))
            let id = try #require(done.withLock { $0 }), known = try await client.get("/v1/jobs/\(id)").json
            #expect(known["state"]?.string == "done")
            let result = known["items"].flatMap { if case .array(let items) = $0 { items[0]["result"]?["digest"]?.string } else { nil } }
            #expect(try await client.get("/v1/blobs/\(try #require(result))").text.hasPrefix("<svg"))
            // The end is told again to whoever has not heard it.
            #expect(try await client.get("/v1/jobs/\(id)/events").text.contains("event: end\n"))
            #expect(try await client.post("/v1/jobs?kind=trace", picture(9), ["Idempotency-Key": "kept"]).status == 422)
        }
    }

    @Test("A job that is cancelled ends; asked for again it is begun again")
    func cancelling() async throws {
        // Nothing runs until the gate opens.
        let gate = Gate(), engine = Engine(levels: [MemoryStore()], configuration: .init(workers: 1))
        engine.workers.async { gate.wait() }
        try await serving(engine: engine) { client in
            let job = try await client.post("/v1/jobs?kind=trace", picture(10)).json, path = job["links"]!["self"]!.string!
            let cancelled = try await client.post(path + "/cancel", [], type: "text/plain")
            #expect(try cancelled.status == 202 && cancelled.json["state"]?.string == "cancelled")
            #expect(try await client.get(path + "/result").json["code"]?.string == "cancelled")
            gate.open()
            let again = try await client.post("/v1/jobs?kind=trace", picture(10)).json
            #expect(again["id"] == job["id"])
            #expect(try await client.finished(again)?["state"]?.string == "done")
            // Its first end is not told to those who follow it now.
            let told = try await client.get(path + "/events").text
            #expect(told.split(separator: "event: end\n").count == 2 && !told.contains("cancelled"))
        }
        gate.open()
    }

    @Test("A service that ends takes no more work, and says so")
    func draining() async throws {
        let configuration = ServiceConfiguration(server: .init(port: 0), folder: scratchFolder(), version: "1", slots: 1)
        let state = try ServiceState(configuration, engine: Engine(levels: []))
        let table = RouteTable(state.routes)
        state.drain()
        for (method, path, status) in [("POST", "/v1/trace", 503), ("GET", "/readyz", 503), ("GET", "/healthz", 200)] {
            if case .answer(let response) = state.admit(RequestHead(method: method, rawPath: path), to: table) {
                #expect(response.status == status)
            } else {
                Issue.record("\(path) is taken")
            }
        }
    }
}

@Suite("Webhooks")
struct WebhookTests {
    @Test("Messages are authenticated as RFC 4231 has it")
    func vectors() {
        func check(_ key: [UInt8], _ message: [UInt8], _ expected: String) {
            let found = authenticationCode(of: message, key: key).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(found == expected)
        }
        // Section 4.2 to 4.5, 4.7 and 4.8.
        check(.init(repeating: 0x0B, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        check(
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        check(
            .init(repeating: 0xAA, count: 20), .init(repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
        check(Array(1...25), .init(repeating: 0xCD, count: 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
        check(
            .init(repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        check(
            .init(repeating: 0xAA, count: 131),
            Array(
                "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                    .utf8), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")
    }

    @Test("Only hosts that are listed are told, by TLS unless private ones are allowed")
    func rules() {
        var rules = WebhookRules()
        #expect(rules.refusal(of: "https://hooks.example.org/a") != nil)
        (rules.hosts, rules.secret) = (["hooks.example.org", "*.example.com"], Array("0123456789abcdef".utf8))
        for url in ["https://hooks.example.org/a?b", "https://HOOKS.example.org:8443", "https://a.b.example.com/x"] {
            #expect(rules.refusal(of: url) == nil, "\(url)")
        }
        for url in [
            "http://hooks.example.org/", "https://example.com/", "https://xexample.com/", "https://user@hooks.example.org/",
            "https://hooks.example.org.evil.net/", "ftp://hooks.example.org/", "https://", "https://hooks.example.org/a b", "",
            "https://evil.net/?https://hooks.example.org", "https://evil.net#.example.com",
        ] { #expect(rules.refusal(of: url)?.status == 422, "\(url)") }
        rules.allowsPrivate = true
        #expect(rules.refusal(of: "http://hooks.example.org/") == nil)
    }

    @Test(
        "The end of a job is told, signed, and again until it is heard",
        .enabled(if: canServe, "libmicrohttpd or libcurl is not on this machine"))
    func telling() async throws {
        let heard = Gate(), count = Lock(0)
        let host = try HandServer { _, peer in
            let number = count.withLock { count in
                count += 1
                return count
            }
            peer.send("HTTP/1.1 \(number == 1 ? "503 Busy" : "204 Yes")\r\nContent-Length: 0\r\n\r\n")
            if number == 2 { heard.open() }
        }
        let secret = Array("0123456789abcdef".utf8)
        try await serving {
            ($0.webhooks.hosts, $0.webhooks.secret, $0.webhooks.allowsPrivate) = (["127.0.0.1"], secret, true)
        } _: { client in
            #expect(try await client.post("/v1/jobs?kind=trace&webhook=https://evil.net/", picture()).status == 422)
            let job = try await client.post("/v1/jobs?kind=trace&webhook=\(host.url)/hook", picture()).json
            #expect(try await client.finished(job)?["state"]?.string == "done")
            for _ in 0..<120_000 where count.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
            let request = try #require(host.requests.first), time = try #require(request.headers["atelier-timestamp"])
            #expect(request.method == "POST" && request.path == "/hook")
            let code = authenticationCode(of: Array("\(time).".utf8) + request.body, key: secret)
            #expect(request.headers["atelier-signature"] == "v1=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            let message = try JSON(parsing: request.body)
            #expect(message["event"]?.string == "job.done" && message["job"]?["id"] == job["id"])
        }
    }
}
