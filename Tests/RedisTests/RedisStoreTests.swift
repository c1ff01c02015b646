import AtelierMemo
import AtelierMemoTesting
import AtelierScheduling
import Testing

@testable import AtelierRedis

@Suite("Redis store", .enabled(if: TestServer.program != nil, "redis-server is not installed"))
struct RedisStoreTests {
    // The bound in bytes is the server's, and so is the choice what goes: an entry just put may.
    @Test("Every behaviour of a store, save for the bound", arguments: StoreConformance.allCases.filter { $0 != .bound })
    func conformance(_ behaviour: StoreConformance) async throws {
        let server = try TestServer()
        try await behaviour.check { limit in
            try server.ask("FLUSHALL")
            var options = RedisOptions.patient
            options.largestEntry = limit / 2
            return try server.store(options)
        }
    }

    @Test("A server with a bound lets entries go to stay within it, and every put is kept")
    func bound() throws {
        let server = try TestServer("--maxmemory", "8mb", "--maxmemory-policy", "volatile-lfu"), store = try server.store()
        for number in 0..<300 { #expect(store.put(makeEntry(noise(50_000 + number), name: "\(number)")) == .kept) }
        let contents = store.contents
        #expect(contents.evictions > 100 && contents.entries > 20)
        // Redis makes room before a command, so that one entry may be too many.
        #expect(contents.byteLimit == 8 << 20 && contents.bytes <= 9 << 20)
        #expect(store.condition == .connected)
    }

    private func key(_ entry: Entry) -> String { "atelier:\(EntryFile.layoutVersion):\(entry.header.digest)" }

    @Test("An entry stands under the documented key, and another machine finds it")
    func shared() throws {
        let server = try TestServer()
        let entry = makeEntry(noise(40_000), name: "shared")
        #expect(try server.store().put(entry) == .kept)
        #expect(try server.value(key(entry)) != nil)
        #expect(try server.store().get(entry.header.digest).entry.map(same(as: entry)) == true)
    }

    @Test("A changed, cut, prolonged or exchanged value is a miss, and deleted")
    func forged() throws {
        let server = try TestServer(), store = try server.store()
        let entry = makeEntry(noise(5_000), name: "right"), other = makeEntry(noise(5_000), name: "other")
        store.put(entry)
        store.put(other)
        let right = try #require(try server.value(key(entry)))
        var forgeries = [
            right[..<(right.count / 2)], Blob(Array(right.bytes) + [0]), Blob([]), Blob("hello"),
            try #require(try server.value(key(other))),
        ]
        for position in [0, 7, 20, 45, 100, right.count - 1] {
            var bytes = Array(right.bytes)
            bytes[position] ^= 0x40
            forgeries.append(Blob(bytes))
        }
        for (number, forgery) in forgeries.enumerated() {
            try server.set(key(entry), forgery)
            guard case .miss(.damaged) = store.get(entry.header.digest) else {
                Issue.record("forgery \(number) was not found out")
                continue
            }
            #expect(try server.value(key(entry)) == nil, "forgery \(number) stays")
        }
        #expect(store.condition == .connected)
    }

    @Test("A value of another layout is a miss and stays")
    func foreign() throws {
        let server = try TestServer(), store = try server.store()
        let entry = makeEntry(noise(500), name: "foreign")
        store.put(entry)
        var bytes = Array(try #require(try server.value(key(entry))).bytes)
        bytes[4] = 99
        try server.set(key(entry), Blob(bytes))
        guard case .miss(.otherVersion) = store.get(entry.header.digest) else {
            Issue.record("no miss for another version")
            return
        }
        #expect(try server.value(key(entry)) != nil)
    }

    @Test("A key of another type is a miss, and makes room for the entry")
    func wrongType() throws {
        let server = try TestServer(), store = try server.store()
        let entry = makeEntry(noise(500), name: "typed")
        try server.ask("HSET", key(entry), "a", "b")
        guard case .miss(.damaged) = store.get(entry.header.digest) else {
            Issue.record("no miss")
            return
        }
        #expect(try server.ask("EXISTS", key(entry)) == .integer(0))
        #expect(store.put(entry) == .kept)
        #expect(store.keeps(entry.header.digest))
    }

    @Test("An entry lives as long as the options say, give or take a tenth, and never beyond its own time")
    func lifetimes() throws {
        let server = try TestServer()
        var options = RedisOptions.patient
        options.secondsKept = 100_000
        let time = Lock<Int64>(1_000_000)
        let store = RedisStore(
            at: try server.address(), options: options, clock: monotonicNanoseconds, now: { time.withLock { $0 } }, tell: { _ in })
        func secondsLeft(_ entry: Entry) throws -> Int64 {
            guard case .integer(let seconds) = try server.ask("TTL", key(entry)) else { return -9 }
            return seconds
        }
        var lifetimes: Set<Int64> = []
        for number in 0..<20 {
            var entry = makeEntry(noise(100), name: "life \(number)")
            entry.header.created = 1_000_000
            store.put(entry)
            let seconds = try secondsLeft(entry)
            #expect((89_900...110_000).contains(seconds))
            lifetimes.insert(seconds)
        }
        #expect(lifetimes.count > 10, "all go at once")
        var short = makeEntry(noise(100), name: "short")
        short.header.expires = 1_000_500
        store.put(short)
        #expect((400...500).contains(try secondsLeft(short)))

        // Used in the first half of its time it is left alone, in the second half it is renewed.
        var entry = makeEntry(noise(100), name: "renewed")
        entry.header.created = 1_000_000
        store.put(entry)
        try server.ask("EXPIRE", key(entry), "777")
        #expect(store.keeps(entry.header.digest))
        #expect(try secondsLeft(entry) <= 777)
        time.withLock { $0 += 60_000 }
        #expect(store.keeps(entry.header.digest))
        #expect(try secondsLeft(entry) > 80_000)

        time.withLock { $0 = 2_000_000 }
        guard case .miss(.expired) = store.get(short.header.digest) else {
            Issue.record("an entry whose time is over is an answer")
            return
        }
        #expect(try server.ask("EXISTS", key(short)) == .integer(0))
    }

    @Test("Only what costs three times its look-up is sent, and nothing above the limit")
    func admission() throws {
        let server = try TestServer()
        var options = RedisOptions.patient
        options.largestEntry = 10_000
        let store = try server.store(options)
        let entry = makeEntry(noise(5_000), name: "worth")
        let cost = store.hitCost(ofBytes: 5_000)
        #expect(store.put(entry, lossCost: cost * 3 - 3) == .notWorthIt)
        #expect(try server.ask("DBSIZE") == .integer(0))
        #expect(store.put(entry, lossCost: cost * 3 + 3) == .kept)
        #expect(store.put(makeEntry(noise(10_000), name: "large")) == .tooLarge)
    }

    @Test("Contents come from the server")
    func contents() throws {
        let server = try TestServer(), store = try server.store()
        for number in 0..<7 { store.put(makeEntry(noise(1_000), name: "\(number)")) }
        let contents = store.contents
        #expect(contents.entries == 7 && contents.bytes > 7_000 && contents.byteLimit == nil)
        try server.ask("CONFIG", "SET", "maxmemory", "100mb")
        #expect(store.contents.byteLimit == 100 << 20)
    }

    @Test("User, password and database are used, through TCP as well")
    func authentication() throws {
        let server = try TestServer("--requirepass", "hunter2")
        let told = Sentences()
        let entry = makeEntry(noise(100), name: "secret")
        let bare = try server.store(tell: told.add)
        #expect(bare.put(entry) == .unavailable)
        #expect(bare.condition == .off)
        #expect(bare.get(entry.header.digest).entry == nil)
        #expect(told.all.count == 1 && told.all[0].contains("NOAUTH"))

        let wrong = RedisStore(
            at: try RedisAddress("redis://:wrong@127.0.0.1:\(server.port)/3", environment: { _ in nil }), options: .patient, tell: told.add)
        #expect(wrong.put(entry) == .unavailable)
        #expect(wrong.condition == .off)
        #expect(told.all.count == 2 && told.all[1].contains("WRONGPASS") && !told.all[1].contains(":wrong"))

        let right = RedisStore(
            at: try RedisAddress(
                "redis://default@127.0.0.1:\(server.port)/3", environment: { $0 == "ATELIER_REDIS_PASSWORD" ? "hunter2" : nil }),
            options: .patient)
        #expect(right.put(entry) == .kept)
        #expect(right.keeps(entry.header.digest))
        #expect(right.contents.entries == 1)
    }

    @Test("A user who may only read reads, learns of tags, and says once that nothing can be put")
    func readOnlyUser() throws {
        let server = try TestServer()
        let entry = makeEntry(noise(100), name: "read")
        let writer = try server.store()
        writer.put(entry)
        #expect(writer.raise(tag: "logo", to: 3))
        try server.ask("ACL", "SETUSER", "reader", "on", ">pw", "~*", "&*", "+get", "+getrange", "+hgetall", "+subscribe", "+ping")
        let told = Sentences()
        let reader = RedisStore(
            at: try RedisAddress("redis://reader:pw@127.0.0.1:\(server.port)", environment: { _ in nil }), options: .patient,
            tell: told.add)
        #expect(reader.tagGenerations() == ["logo": 3])
        #expect(reader.keeps(entry.header.digest))
        #expect(reader.put(makeEntry(noise(100), name: "other")) == .unavailable)
        #expect(reader.condition == .refusing)
        #expect(reader.keeps(entry.header.digest))
        #expect(told.all.count == 1 && told.all[0].contains("NOPERM"))
    }

    @Test("A database the server does not have is like no server")
    func noDatabase() throws {
        let server = try TestServer()
        let store = RedisStore(at: try server.address("?db=9999"), options: .patient)
        #expect(store.put(makeEntry(noise(100), name: "x")) == .unavailable)
        #expect(store.condition == .resting)
    }

    @Test("More callers than connections wait for one another, and each gets its own entry")
    func bounded() async throws {
        let server = try TestServer()
        var options = RedisOptions.patient
        options.connections = 2
        let store = try server.store(options)
        let entries = (0..<8).map { makeEntry(noise(30_000 + $0), name: "\($0)") }
        for entry in entries { store.put(entry) }
        let pool = WorkerPool(threads: 8)
        let wrong = await withTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask(executorPreference: pool) {
                    (0..<50).count { _ in store.get(entries[number].header.digest).entry.map(same(as: entries[number])) != true }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
        guard case .bulk(let clients) = try server.ask("CLIENT", "LIST") else { return }
        // Ours, and the one that asks.
        #expect(clients.withUnsafeBytes { $0.count { $0 == UInt8(ascii: "\n") } } <= 3)
    }
}
