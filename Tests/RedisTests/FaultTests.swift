import AtelierMemo
import AtelierMemoTesting
import AtelierScheduling
import Testing

@testable import AtelierRedis

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Redis in trouble", .enabled(if: TestServer.program != nil, "redis-server is not installed"))
struct FaultTests {
    /// A server with two entries, a proxy before it, and a store that goes through the proxy with short limits.
    private struct Scene {
        let server: TestServer, proxy: FaultProxy, store: RedisStore
        let clock = ManualClock(), told = Sentences()
        let small = makeEntry(noise(700), name: "small"), large = makeEntry(noise(200_000), name: "large")

        init(_ options: RedisOptions = .hasty) throws {
            server = try TestServer()
            proxy = try FaultProxy(before: server)
            let (clock, told) = (clock, told)
            store = RedisStore(
                at: try proxy.address, options: options, clock: { clock.now }, now: systemSeconds, tell: { told.add($0) })
            let direct = try server.store()
            direct.put(small)
            direct.put(large)
        }

        /// Whether a look-up finds the entry; nothing else may ever be found.
        func finds(_ entry: Entry) -> Bool {
            guard let found = store.get(entry.header.digest).entry else { return false }
            #expect(same(as: entry)(found), "wrong bytes")
            return same(as: entry)(found)
        }

        /// Whether the store comes back, as time goes by.
        func recovers() async -> Bool {
            await eventually {
                clock.advance(by: .seconds(40))
                return finds(small) && finds(large)
            }
        }
    }

    @Test(
        "Whatever the network does, no wrong byte comes back, the breaker opens after two calls, and closes when all is well",
        arguments: [
            .cut(after: 0), .cut(after: 1), .cut(after: 4), .cut(after: 300), .cut(after: 150_000), .silence, .trickle, .refuse,
        ] as [FaultProxy.Fault])
    func network(_ fault: FaultProxy.Fault) async throws {
        let scene = try Scene()
        scene.proxy.fault = fault
        var asked = 0
        while scene.store.condition == .connected, asked < 20 {
            #expect(!scene.finds(scene.large))
            asked += 1
        }
        #expect(asked <= CircuitBreaker.failuresToOpen)
        #expect(scene.store.condition == .resting)
        #expect(scene.told.all.count == 1)

        // Open, it asks nobody.
        // What was on its way when it opened may still arrive.
        var before = scene.proxy.counts
        _ = await eventually {
            usleep(20_000)
            defer { before = scene.proxy.counts }
            return scene.proxy.counts == before
        }
        for _ in 0..<1_000 { #expect(!scene.finds(scene.small)) }
        #expect(scene.store.put(scene.small) == .unavailable)
        #expect(scene.proxy.counts == before)

        scene.proxy.fault = .none
        #expect(await scene.recovers())
        #expect(scene.told.all.count >= 2 && scene.told.all[1].contains("answers again"))
    }

    @Test(
        "Answers that are none, or that announce the impossible, are a miss",
        arguments: ([
            "nonsense\r\n", "\r\n", "$-2\r\n", "$12x\r\n", "$\r\n", "$99999999999999999999999\r\n", "$999999999999\r\n", "$500000000\r\n",
            "$5\r\nhello--", "*-7\r\n", "*2000000000\r\n", "+OK\r\n", ":7\r\n", "*1\r\n$2\r\nhi\r\n", "%1\r\n+a\r\n+b\r\n", "_\r\n",
            "$-1\r\n$-1\r\n",
            String(repeating: "*1\r\n", count: 50_000), String(repeating: "x", count: 300_000), "$3\r\nabc\r\n+OK\r\n", "\0\0\0\0",
        ] as [String]).map { Answer(text: $0) })
    func nonsense(_ answer: Answer) async throws {
        let scene = try Scene()
        scene.proxy.fault = .answer(answer.text)
        for _ in 0..<5 { #expect(!scene.finds(scene.large)) }
        #expect(scene.store.peek(scene.small.header.digest) == nil)
        #expect(scene.store.tagGenerations()?.isEmpty != false)
        if case .granted = scene.store.lease(scene.small.header.digest) { Issue.record("a lease was granted by nonsense") }
        #expect(scene.store.contents.entries == 0)
        scene.proxy.fault = .none
        // What was taken for damage is deleted: all is well when a put comes back.
        let came = await eventually {
            scene.clock.advance(by: .seconds(40))
            return scene.store.put(scene.small) == .kept && scene.finds(scene.small)
        }
        #expect(came)
    }

    @Test("A late answer never becomes the answer to another question")
    func late() async throws {
        let scene = try Scene()
        #expect(await scene.recovers())
        scene.proxy.fault = .hold
        #expect(!scene.finds(scene.large))
        scene.proxy.fault = .none
        for _ in 0..<20 { _ = scene.finds(scene.small) }
        #expect(await scene.recovers())

        // An answer more than was asked for, together with the right one or after it.
        scene.proxy.fault = .answer("$-1\r\n$3\r\nold\r\n")
        #expect(!scene.finds(scene.small))
        scene.proxy.fault = .none
        #expect(await scene.recovers())
    }

    @Test(
        "Refusals: puts rest, gets go on, and the owner hears it once",
        arguments: [
            "LOADING Redis is loading the dataset in memory", "READONLY You can't write", "OOM command not allowed", "MISCONF disk",
        ])
    func refusals(_ error: String) async throws {
        let scene = try Scene(.patient)
        scene.proxy.fault = .answer("-\(error)\r\n")
        let outcome = scene.store.put(scene.small)
        #expect(outcome == (error.hasPrefix("OOM") ? .noRoom : .unavailable))
        #expect(scene.store.condition == .refusing)
        scene.proxy.fault = .none
        let before = scene.proxy.counts.requests
        #expect(scene.store.put(scene.small) == .unavailable)
        #expect(scene.proxy.counts.requests == before, "puts rest")
        #expect(scene.finds(scene.small) && scene.finds(scene.large), "gets go on")
        scene.proxy.fault = .answer("-\(error)\r\n")
        scene.clock.advance(by: .seconds(11))
        scene.store.put(scene.small)
        #expect(scene.told.all.count == 1)
        scene.proxy.fault = .none
        scene.clock.advance(by: .seconds(11))
        #expect(scene.store.put(scene.small) == .kept)
        #expect(scene.told.all.count == 2 && scene.told.all[1].contains("takes entries again"))
    }

    @Test(
        "A cluster and missing rights end the level with one sentence",
        arguments: ["MOVED 3999 127.0.0.1:6381", "ASK 3999 h:1", "NOAUTH", "NOPERM no"])
    func settings(_ error: String) throws {
        let scene = try Scene(.patient)
        scene.proxy.fault = .answer("-\(error)\r\n")
        #expect(!scene.finds(scene.small))
        scene.proxy.fault = .none
        scene.clock.advance(by: .seconds(100_000))
        #expect(!scene.finds(scene.small))
        #expect(scene.store.condition == .off)
        #expect(scene.told.all.count == 1 && scene.told.all[0].contains(error.prefix { $0 != " " }))
    }

    @Test(
        "A busy or orphaned server is left alone like one that is gone",
        arguments: ["BUSY a script runs", "MASTERDOWN link is down", "CLUSTERDOWN"])
    func busy(_ error: String) async throws {
        let scene = try Scene(.patient)
        scene.proxy.fault = .answer("-\(error)\r\n")
        for _ in 0..<3 { #expect(!scene.finds(scene.small)) }
        #expect(scene.store.condition == .resting)
        scene.proxy.fault = .none
        #expect(await scene.recovers())
    }

    @Test("What a server says reaches the owner as printable text of bounded length")
    func hostileText() throws {
        let scene = try Scene(.patient)
        scene.proxy.fault = .answer("-NOAUTH \u{1B}[2J\u{7}" + String(repeating: "z", count: 5_000) + "\r\n")
        #expect(!scene.finds(scene.small))
        let sentence = try #require(scene.told.all.first)
        #expect(sentence.utf8.count < 600 && sentence.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    }

    @Test("A server that is killed and comes back empty is found again, and takes entries")
    func killed() async throws {
        let scene = try Scene()
        #expect(await scene.recovers())
        scene.server.kill()
        for _ in 0..<5 { #expect(!scene.finds(scene.small)) }
        #expect(scene.store.condition == .resting)
        try scene.server.start()
        let isBack = await eventually {
            scene.clock.advance(by: .seconds(40))
            return scene.store.put(scene.small) == .kept && scene.finds(scene.small)
        }
        #expect(isBack)
    }

    @Test("A server that is stopped costs two calls, and is found again when it goes on")
    func paused() async throws {
        let scene = try Scene()
        #expect(await scene.recovers())
        scene.server.pause()
        var asked = 0
        while scene.store.condition == .connected, asked < 20 {
            _ = scene.finds(scene.large)
            asked += 1
        }
        #expect(asked <= CircuitBreaker.failuresToOpen)
        scene.server.resume()
        #expect(await scene.recovers())
    }

    @Test("A real server that is full or a replica goes on answering")
    func realRefusals() throws {
        let server = try TestServer()
        let told = Sentences()
        let clock = ManualClock()
        let store = RedisStore(
            at: try server.address(), options: .patient, clock: { clock.now }, now: systemSeconds, tell: { told.add($0) })
        let entry = makeEntry(noise(900), name: "kept")
        store.put(entry)
        try server.ask("CONFIG", "SET", "maxmemory", "1")
        #expect(store.put(makeEntry(noise(900), name: "more")) == .noRoom)
        #expect(store.condition == .refusing)
        #expect(store.keeps(entry.header.digest))
        try server.ask("CONFIG", "SET", "maxmemory", "0")
        clock.advance(by: .seconds(11))
        #expect(store.put(makeEntry(noise(900), name: "more")) == .kept)
        try server.ask("REPLICAOF", "127.0.0.1", "1")
        #expect(store.put(makeEntry(noise(900), name: "third")) == .unavailable)
        #expect(store.keeps(entry.header.digest))
        #expect(told.all.count == 3)
    }
}

/// What a server says; a test's name shows no more of it than its beginning, on one line.
struct Answer: CustomTestStringConvertible {
    let text: String

    var testDescription: String { String(text.prefix(24)).debugDescription }
}
