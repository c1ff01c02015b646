import AtelierMemo
import AtelierMemoTesting
import AtelierScheduling
import Testing

@testable import AtelierRedis

@Suite("Tags and leases in Redis", .enabled(if: TestServer.program != nil, "redis-server is not installed"))
struct SharingTests {
    // MARK: Tags

    @Test("A tag raised on one machine is known on another")
    func tags() async throws {
        let server = try TestServer(), (a, b) = (try server.store(), try server.store())
        #expect(a.tagGenerations() == [:])
        let epoch = b.tagEpoch
        #expect(a.raise(tag: "font/Lato", to: 7))
        #expect(a.tagGenerations() == ["font/Lato": 7])
        #expect(await eventually { b.tagEpoch != epoch })
        #expect(b.tagGenerations() == ["font/Lato": 7])
    }

    @Test("A generation only grows, whatever its size")
    func growing() async throws {
        let server = try TestServer(), (a, b) = (try server.store(), try server.store())
        for generation in [9, 10, 1 << 60, (1 << 60) + 1, 1 << 60, 3, .max, .max - 1] as [UInt64] {
            #expect(a.raise(tag: "ü/tag with spaces", to: generation))
        }
        #expect(b.tagGenerations() == ["ü/tag with spaces": .max])
        #expect(b.raise(tag: "ü/tag with spaces", to: 1))
        #expect(a.tagGenerations() == ["ü/tag with spaces": .max])
    }

    @Test("What the server loses is told to it again by whoever knows it")
    func lost() async throws {
        let server = try TestServer(), a = try server.store()
        #expect(a.raise(tag: "logo", to: 1_700_000_000_000_000))
        #expect(a.tagGenerations() != nil)
        try server.ask("FLUSHALL")
        // Some other tag, under an epoch that was never there.
        let b = try server.store()
        #expect(b.raise(tag: "other", to: 5))
        #expect(try await eventually { try server.ask("HGET", "atelier:tags", "logo") == .bulk(Blob("1700000000000000")) })
        #expect(await eventually { b.tagGenerations() == ["logo": 1_700_000_000_000_000, "other": 5] })
    }

    @Test("With tags in use and a copy that cannot be read anew, a look-up is no answer")
    func old() async throws {
        let server = try TestServer(), proxy = try FaultProxy(before: server), clock = ManualClock()
        let store = RedisStore(at: try proxy.address, options: .patient, clock: { clock.now }, now: systemSeconds, tell: { _ in })
        let entry = makeEntry(noise(500), name: "tagged")
        store.put(entry)
        #expect(store.tagGenerations() == [:])
        #expect(store.keeps(entry.header.digest))
        proxy.fault = .answer("-ERR no scripts today\r\n")
        clock.advance(by: .seconds(2))
        guard case .miss(.unavailable) = store.get(entry.header.digest) else {
            Issue.record("an answer without knowing the tags")
            return
        }
        #expect(store.tagGenerations() == nil)
        #expect(!store.raise(tag: "x", to: 1))
        proxy.fault = .none
        #expect(store.keeps(entry.header.digest))
    }

    @Test("Fields that are not ours do no harm")
    func strangers() throws {
        let server = try TestServer(), store = try server.store()
        try server.ask("HSET", "atelier:tags", "a", "12", "b", "-3", "c", "much", "d", "99999999999999999999999", "\u{0}", "1")
        try server.ask("SET", "atelier:tags:epoch", "tuesday")
        #expect(store.tagGenerations() == ["a": 12, "\u{0}": 1])
    }

    // MARK: Leases

    private func granted(_ outcome: LeaseOutcome) -> Lease? {
        if case .granted(let lease) = outcome { lease } else { nil }
    }

    @Test("One machine holds a lease at a time, and gives it back")
    func leases() throws {
        let server = try TestServer(), (a, b) = (try server.store(), try server.store())
        let lease = try #require(granted(a.lease(digest("x"))))
        for store in [a, b] {
            guard case .taken = store.lease(digest("x")) else {
                Issue.record("two leases at once")
                return
            }
        }
        #expect(granted(b.lease(digest("y"))) != nil)
        lease.release()
        #expect(try server.ask("EXISTS", "atelier:lock:\(digest("x"))") == .integer(0))
        #expect(granted(b.lease(digest("x"))) != nil)
    }

    @Test("A lease that was lost is not given back for its new holder")
    func lostLease() throws {
        let server = try TestServer(), (a, b) = (try server.store(), try server.store())
        let lease = try #require(granted(a.lease(digest("x"))))
        try server.ask("DEL", "atelier:lock:\(digest("x"))")
        #expect(granted(b.lease(digest("x"))) != nil)
        lease.release()
        #expect(try server.ask("EXISTS", "atelier:lock:\(digest("x"))") == .integer(1))
    }

    @Test("A holder that slept through its lease cannot replace what a later one has put")
    func fencing() throws {
        let server = try TestServer(), (a, b) = (try server.store(), try server.store())
        let early = makeEntry(noise(50_000), name: "early", digest: digest("x"))
        let late = makeEntry(noise(50_001), name: "late", digest: digest("x"))
        let first = try #require(granted(a.lease(digest("x"))))
        try server.ask("DEL", "atelier:lock:\(digest("x"))")
        let second = try #require(granted(b.lease(digest("x"))))
        #expect(b.put(late) == .kept)
        #expect(a.put(early) == .kept, "an entry can be found, the later one")
        #expect(a.get(digest("x")).entry.map(same(as: late)) == true)
        second.release()
        first.release()
        // Without a lease it is an ordinary put.
        #expect(a.put(early) == .kept)
        #expect(b.get(digest("x")).entry.map(same(as: early)) == true)
    }

    @Test("Fencing numbers grow although the server lost the last one")
    func fenceLost() throws {
        let server = try TestServer(), a = try server.store()
        #expect(granted(a.lease(digest("x"))) != nil)
        let before = try #require(a.leases.fence(digest("x")).flatMap(UInt64.init))
        try server.ask("FLUSHALL")
        #expect(granted(a.lease(digest("x"))) != nil)
        let after = try #require(a.leases.fence(digest("x")).flatMap(UInt64.init))
        #expect(after > before)
    }

    @Test("A held lease is renewed after a third of its time, one that was lost is not")
    func renewal() throws {
        let server = try TestServer(), clock = ManualClock()
        let store = RedisStore(at: try server.address(), options: .patient, clock: { clock.now }, now: systemSeconds, tell: { _ in })
        #expect(granted(store.lease(digest("x"))) != nil && granted(store.lease(digest("y"))) != nil)
        func timeLeft(_ name: String) throws -> Int64 {
            guard case .integer(let time) = try server.ask("PTTL", "atelier:lock:\(digest(name))") else { return -9 }
            return time
        }
        try server.ask("PEXPIRE", "atelier:lock:\(digest("x"))", "1000000")
        try server.ask("SET", "atelier:lock:\(digest("y"))", "somebody", "PX", "1000000")
        store.leases.renew()
        #expect(try timeLeft("x") > 900_000, "not yet")
        clock.advance(by: .seconds(4))
        store.leases.renew()
        #expect((1...10_000).contains(try timeLeft("x")))
        #expect(try timeLeft("y") > 900_000)
    }

    @Test("Without a server there are no leases and no waiting")
    func away() throws {
        let server = try TestServer(), store = try server.store()
        server.kill()
        guard case .unavailable = store.lease(digest("x")) else {
            Issue.record("a lease from nobody")
            return
        }
        #expect(store.condition == .resting)
        guard case .unavailable = store.lease(digest("x")) else {
            Issue.record("a lease from nobody")
            return
        }
        #expect(!store.raise(tag: "t", to: 1))
    }
}
