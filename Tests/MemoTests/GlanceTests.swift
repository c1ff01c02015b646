import AtelierScheduling
import AtelierTesting
import Testing

@testable import AtelierMemo

@Suite("What is near is read where it is asked for")
struct GlanceTests {
    // MARK: The level on disk

    @Test("A glance says what a look says, for entries of segments and small files, once the index is open")
    func sameAnswers() throws {
        let folder = TemporaryFolder()
        let entries = [0, 1, 5_000, 100_000].map { makeEntry(noise($0), name: "\($0) bytes") }
        do {
            let store = try store(in: folder)
            for entry in entries { store.put(entry) }
        }
        let store = try store(in: folder)
        #expect(glance(store, entries[0].header.digest) == nil, "the index may have to be made first")
        #expect(store.keeps(entries[0].header.digest))
        for entry in entries {
            #expect(glance(store, entry.header.digest)?.entry.map(same(as: entry)) == true)
            #expect(glance(store, entry.header.digest)?.entry.map(same(as: entry)) == true, "from the place known now")
        }
        #expect(glance(store, digest("another")).map(reason) == .neverSeen)
        store.evict(entries[2].header.digest)
        #expect(glance(store, entries[2].header.digest).map(reason) == .neverSeen)
    }

    @Test("What another process appends is seen by a glance")
    func anotherProcess() throws {
        let folder = TemporaryFolder()
        let (one, other) = (try store(in: folder), try store(in: folder))
        one.put(makeEntry(text(100), name: "first"))
        #expect(other.keeps(digest("first")))
        one.put(makeEntry(text(100), name: "second"))
        #expect(glance(other, digest("second"))?.entry != nil)
    }

    @Test("What is large, over, damaged or made in the future is left to a look")
    func left() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let large = makeEntry(noise(300_000), name: "large"), damaged = makeEntry(noise(100_000), name: "damaged")
        var over = makeEntry(text(100), name: "over"), ahead = makeEntry(text(100), name: "ahead")
        over.header.expires = 1_699_999_999
        (ahead.header.created, ahead.header.expires) = (1_700_010_000, 1_700_020_000)
        for entry in [large, damaged, over, ahead] { store.put(entry) }
        try writeFile(noise(100_000).bytes, to: store.path(of: damaged.header.digest))
        for entry in [large, damaged, over, ahead] { #expect(glance(store, entry.header.digest) == nil) }
        #expect(store.keeps(large.header.digest) && store.keeps(ahead.header.digest))
        #expect(reason(store.get(damaged.header.digest)) == .damaged)
        #expect(reason(store.get(over.header.digest)) == .expired)
    }

    @Test("A glance does not wait for who has the index")
    func indexInUse() throws {
        let folder = TemporaryFolder()
        let entry = makeEntry(text(100), name: "kept")
        try store(in: folder).put(entry)
        let store = try store(in: folder)
        #expect(!store.keeps(digest("another")))
        store.reader.withLock { _ in #expect(glance(store, entry.header.digest) == nil) }
        #expect(glance(store, entry.header.digest)?.entry != nil)
    }

    @Test("After three late answers nothing is near, until some ten were in time")
    func pace() {
        let pace = Pace()
        func isKept(after count: Int, of nanoseconds: UInt64) -> Bool {
            for _ in 0..<count { pace.note(nanoseconds, expected: 10_000) }
            return pace.isKept
        }
        #expect(isKept(after: 2, of: 5_000_000))
        #expect(!isKept(after: 1, of: 5_000_000))
        #expect(isKept(after: 10, of: 9_000))
    }

    // MARK: The engine

    @Test("What the first level of bytes answers at a glance no other thread is asked for; the events are the same")
    func near() async throws {
        func outcome(isNear: Bool) async throws -> (level: NearStore, events: [Event.Kind], misses: [Event.Miss]) {
            let level = NearStore(isNear: isNear)
            let engine = Engine(levels: [MemoryStore(admitting: .everything), level]), log = EventLog(engine)
            let artifact = Artifact(Constant(value: 7))
            #expect(try await engine.value(of: artifact).value == 7)
            let restarted = Engine(levels: [MemoryStore(admitting: .everything), level]), secondLog = EventLog(restarted)
            for _ in 0..<2 { #expect(try await restarted.value(of: artifact).value == 7) }
            let events = log.events + secondLog.events
            return (level, events.map(\.kind), events.flatMap(\.misses))
        }
        let near = try await outcome(isNear: true), far = try await outcome(isNear: false)
        #expect(near.level.gets == 0)
        #expect(far.level.gets == 2)
        #expect(near.events == far.events && near.misses == far.misses)
        #expect(near.events == [.miss, .run, .put, .put, .put, .hit, .hit])
    }

    @Test("A second level of bytes is never read at a glance: finding something there may write to the first")
    func second() async throws {
        let (first, second) = (NearStore(isNear: true), NearStore(isNear: true))
        let engine = Engine(levels: [first, second])
        #expect(try await engine.value(of: Artifact(Constant(value: 1))).value == 1)
        #expect(second.gets == 1)
    }

    @Test("What has tags is looked for where other machines may be asked about them")
    func tagged() async throws {
        let level = NearStore(isNear: true)
        let artifact = Artifact(Constant(value: 1)).tagged("font/Lato")
        _ = try await Engine(levels: [level]).value(of: artifact)
        let before = level.gets
        _ = try await Engine(levels: [level]).value(of: artifact)
        #expect(level.gets == before + 1)
    }

    @Test("Of many artifacts looked for at once only the first are read at a glance")
    func many() async throws {
        let level = NearStore(isNear: true)
        let parts = (0..<40).map { Artifact(Constant(value: $0)) }
        #expect(try await Engine(levels: [level]).value(of: Artifact(Sum(terms: parts))).value == 780)
        #expect(level.gets > 0 && level.gets < 40)
    }

    private func store(in folder: TemporaryFolder) throws -> DiskStore {
        DiskStore(in: try CacheDirectory(opening: folder.path), limit: 64 << 20, now: { 1_700_000_000 })
    }

    /// A glance of a store that has kept its pace, whatever else the machine does.
    private func glance(_ store: DiskStore, _ digest: Digest) -> Lookup? {
        for _ in 0..<64 { store.pace.note(0, expected: 1) }
        return store.glance(digest)
    }

    private func reason(_ lookup: Lookup) -> MissReason? { if case .miss(let reason) = lookup { reason } else { nil } }
}

/// A level that keeps bytes and counts how often it is asked where it may take its time.
private final class NearStore: Store {
    private let bytes = BytesStore(), count = Lock(0)
    private let isNear: Bool

    init(isNear: Bool) { self.isNear = isNear }

    var name: String { "near" }
    var storesBytesOnly: Bool { true }
    var gets: Int { count.withLock { $0 } }

    func hitCost(ofBytes count: Int) -> UInt64 { 0 }
    func get(_ digest: Digest) -> Lookup {
        count.withLock { $0 += 1 }
        return bytes.get(digest)
    }
    func glance(_ digest: Digest) -> Lookup? { isNear ? bytes.get(digest) : nil }
    func peek(_ digest: Digest) -> EntryHeader? { bytes.peek(digest) }
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome { bytes.put(entry, lossCost: lossCost) }
    func evict(_ digest: Digest) { bytes.evict(digest) }
}
