import AtelierJSON
import AtelierMemo
import AtelierScheduling
import Synchronization
import Testing

@testable import AtelierProcessors

@Suite("Cached processors", .timeLimit(.minutes(20)))
struct CacheTests {
    /// Counts its runs and adds `!`.
    private struct Work: Sendable {
        let runs = Count()
        let gate: Gate?
        var processor: AsyncPartFunction {
            AsyncPartFunction { [runs, gate] part, output in
                runs.add()
                try await output.emit(part.replacing(text: try part.text + "!"))
                if let gate {
                    try await gate.wait()
                    try await output.emit(part.replacing(text: try part.text + "?"))
                }
            }
        }

        init(gate: Gate? = nil) { self.gate = gate }
    }

    final class Count: Sendable {
        private let count = Atomic(0)
        var total: Int { count.load(ordering: .acquiring) }
        func add() { count.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    }

    /// Opens once; waiting for it ends with an error when the waiting task is cancelled.
    final class Gate: Sendable {
        private let state = Atomic(false)
        private let cancelled = Atomic(false)
        var sawCancellation: Bool { cancelled.load(ordering: .acquiring) }
        func open() { state.store(true, ordering: .releasing) }
        func wait() async throws {
            while !state.load(ordering: .acquiring) {
                do { try await Task.sleep(for: .milliseconds(1)) } catch {
                    cancelled.store(true, ordering: .releasing)
                    throw error
                }
            }
        }
    }

    private func until(_ condition: @Sendable () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("What comes from the cache says so, and what is made does not")
    func hitsAreMarked() async throws {
        let work = Work(), cache = try Cache(), cached = work.processor.cached(in: cache, as: "work")
        let first = try await cached(["a"]).gather(), second = try await cached(["a"]).gather()
        #expect(first.text == "a!" && second.text == "a!")
        #expect(first[0].metadata["from_cache"] == nil)
        #expect(second[0].metadata["from_cache"] == true)
        #expect(work.runs.total == 1)
        #expect(cache.statistics.hitRate == 0.5)
    }

    @Test("A part from a cache has the key that it had before")
    func marksAreNotPartOfKeys() async throws {
        let outer = Work(), inner = Work(), cache = try Cache()
        let both = inner.processor.cached(in: cache, as: "inner") + outer.processor.cached(in: cache, as: "outer")
        for _ in 0..<3 { #expect(try await both(["a"]).text() == "a!!") }
        #expect(inner.runs.total == 1 && outer.runs.total == 1)
    }

    @Test("Who asks for what is being made gets what is there and then the rest; it runs once")
    func followersShareARun() async throws {
        let gate = Gate(), work = Work(gate: gate), cache = try Cache(), cached = work.processor.cached(in: cache, as: "work")
        async let first = cached(["a"]).text()
        try await until { work.runs.total == 1 }
        var second = cached(["a"]).makeAsyncIterator()
        // The run cannot have ended: it waits at the gate.
        #expect(try await second.next()?.text == "a!")
        gate.open()
        #expect(try await second.next()?.text == "a?")
        #expect(try await second.next() == nil)
        #expect(try await first == "a!a?")
        #expect(work.runs.total == 1)
        #expect(cache.statistics.joined == 1)
    }

    @Test("A run goes on when the one who began it leaves and another waits")
    func leaderMayLeave() async throws {
        let gate = Gate(), work = Work(gate: gate), cached = work.processor.cached(in: try Cache(), as: "work")
        let leader = Task { try await cached(["a"]).text() }
        try await until { work.runs.total == 1 }
        var follower = cached(["a"]).makeAsyncIterator()
        #expect(try await follower.next()?.text == "a!")
        leader.cancel()
        _ = await leader.result
        gate.open()
        #expect(try await follower.next()?.text == "a?")
        #expect(!gate.sawCancellation)
    }

    @Test("A run that nobody waits for is cancelled, and not stored")
    func abandonedRunsAreCancelled() async throws {
        let gate = Gate(), work = Work(gate: gate), cache = try Cache(), cached = work.processor.cached(in: cache, as: "work")
        let reader = Task { try await cached(["a"]).text() }
        try await until { work.runs.total == 1 }
        reader.cancel()
        try await until { gate.sawCancellation }
        gate.open()
        #expect(try await cached(["a"]).text() == "a!a?")
        #expect(work.runs.total == 2)
    }

    @Test("After an error, an error as a part, or nothing, the next one runs again")
    func failuresAreNotStored() async throws {
        struct Failure: Error {}
        let runs = Count(), cache = try Cache()
        let failing = AsyncPartFunction { part, output in
            runs.add()
            try await output.emit(part)
            throw Failure()
        }
        let reporting = AsyncPartFunction { _, output in
            runs.add()
            try await output.emit(.exception(Failure()))
        }
        let silent = AsyncPartFunction { _, _ in runs.add() }
        for _ in 0..<2 { await #expect(throws: Failure.self) { try await failing.cached(in: cache, as: "1")(["a"]).drain() } }
        for _ in 0..<2 { try await reporting.cached(in: cache, as: "2")(["a"]).drain() }
        for _ in 0..<2 { try await silent.cached(in: cache, as: "3")(["a"]).drain() }
        #expect(runs.total == 6)
        #expect(cache.statistics.stored == 0)
    }

    @Test("An entry is no answer when its time is over")
    func entriesExpire() async throws {
        let clock = Seconds(), work = Work()
        let cache = try Cache(seconds: { clock.now }).expiring(after: .seconds(60)), cached = work.processor.cached(in: cache, as: "work")
        for (second, runs) in [(1000, 1), (1059, 1), (1060, 2), (1100, 2)] {
            clock.set(second)
            #expect(try await cached(["a"]).text() == "a!")
            #expect(work.runs.total == runs, "at \(second)")
        }
    }

    @Test("Names, partitions and the cache of the task keep answers apart")
    func partitions() async throws {
        let work = Work(), cache = try Cache()
        let one = work.processor.cached(in: cache, as: "one"), two = work.processor.cached(in: cache, as: "two")
        try await one(["a"]).drain()
        try await two(["a"]).drain()
        #expect(work.runs.total == 2)
        for _ in 0..<2 { try await Cache.$current.withValue(cache.partitioned("tenant")) { try await one(["a"]).drain() } }
        #expect(work.runs.total == 3)
        try await work.processor.cached(in: cache.partitioned("tenant"), as: "one")(["a"]).drain()
        #expect(work.runs.total == 3)
        #expect(cache.partitioned("a").partitioned("b").partition == "a/b")
    }

    @Test("A condition and a key of one's own say what is cached")
    func conditionsAndKeys() async throws {
        let work = Work(), cache = try Cache()
        let long = work.processor.cached(in: cache, as: "long", when: { $0.isText && ((try? $0.text.utf8.count) ?? 0) > 3 })
        for text in ["abc", "abc", "abcd", "abcd"] { try await long(Content(text)).drain() }
        #expect(work.runs.total == 3)
        let byTopic = work.processor.cached(
            in: cache, as: "topic",
            key: { part in
                if case .string(let topic)? = part.metadata["topic"] { ContentKey(topic) } else { nil }
            })
        try await byTopic([Part("x", metadata: ["topic": "t"]), "u"]).drain()
        #expect(try await byTopic([Part("y", metadata: ["topic": "t"]), "u"]).text() == "x!u!")
        #expect(work.runs.total == 6)
        #expect(cache.statistics.notCacheable == 2)
    }

    @Test("Whole inputs above the limit pass as they come, and are not cached")
    func longInputs() async throws {
        let runs = Count(), cache = try Cache()
        let join = StreamFunction { input, output in
            runs.add()
            try await output.emit(Part(try await input.text()))
        }
        let cached = join.cached(in: cache, as: "join", inputLimit: 200)
        for _ in 0..<2 { #expect(try await cached(["a", "b"]).text() == "ab") }
        #expect(runs.total == 1)
        for _ in 0..<2 { #expect(try await cached(["a", "b", "c", "d", "e"]).text() == "abcde") }
        #expect(runs.total == 3)
    }

    @Test("An output that is longer than what is kept of it comes whole, and is not stored")
    func longOutputs() async throws {
        let runs = Count(), cache = Cache(levels: [MemoryStore()], recordLimit: 10_000)
        let many = AsyncPartFunction { _, output in
            runs.add()
            for number in 0..<1000 { try await output.emit(Part("\(number)")) }
        }
        let cached = many.cached(in: cache, as: "many")
        for _ in 0..<2 { #expect(try await cached(["a"]).gather().count == 1000) }
        #expect(runs.total == 2)
    }

    @Test("What another process has stored outside is found, and kept in memory")
    func levelsOutside() async throws {
        let outside = BytesStore(), work = Work()
        let slow = AsyncPartFunction { part, output in
            try await Task.sleep(for: .milliseconds(2))
            try await work.processor.process(part, into: output)
        }
        func cached() -> CachedPartProcessor { slow.cached(in: Cache(levels: [MemoryStore(), outside]), as: "work") }
        let picture = try Part(bytes: Blob([1, 2, 3]), mimeType: "image/png", role: "user", metadata: ["n": 1, "list": [1, "two"]])
        let keep = AsyncPartFunction { part, output in
            try await Task.sleep(for: .milliseconds(2))
            try await output.emit(part)
        }
        _ = try await cached()(["a"]).gather()
        _ = try await keep.cached(in: Cache(levels: [MemoryStore(), outside]), as: "keep")([picture]).gather()
        let other = cached()
        #expect(try await other(["a"]).text() == "a!")
        let again = try await other(["a"]).gather()
        #expect(work.runs.total == 1 && outside.hits.total == 1)
        #expect(again[0].metadata["from_cache"] == true)
        var back = try await keep.cached(in: Cache(levels: [outside]), as: "keep")([picture]).gather()[0]
        #expect(back.metadata["from_cache"] == true)
        back.metadata["from_cache"] = nil
        #expect(back == picture)
    }

    @Test("An entry outside that cannot be read counts as none")
    func damageOutside() async throws {
        let outside = BytesStore(), work = Work()
        let cache = Cache(levels: [outside])
        await cache.put("kept", for: "a", cost: .seconds(1))
        #expect(await cache.content(for: "a")?.text == "kept")
        outside.damage()
        #expect(await cache.content(for: "a") == nil)
        await cache.remove("a")
        #expect(outside.count == 0)
        #expect(try await work.processor.cached(in: cache, as: "work")(["a"]).text() == "a!")
    }

    @Test("A cache without room is refused")
    func noRoom() {
        #expect(throws: CacheError.noRoom(bytes: 1, entries: 0)) { try Cache(byteLimit: 1, entryLimit: 0) }
        #expect(throws: CacheError.self) { try Cache(byteLimit: 0) }
    }
}

/// A clock of the test.
private final class Seconds: Sendable {
    private let seconds = Atomic(Int64(0))
    var now: Int64 { seconds.load(ordering: .acquiring) }
    func set(_ now: Int) { seconds.store(Int64(now), ordering: .releasing) }
}

/// A level outside the process, in memory all the same.
private final class BytesStore: Store {
    private let entries = Lock([Digest: Entry]())
    let hits = CacheTests.Count()
    let name = "outside"
    let storesBytesOnly = true

    var count: Int { entries.withLock { $0.count } }

    func hitCost(ofBytes count: Int) -> UInt64 { 1 }

    func get(_ digest: Digest) -> Lookup {
        guard let entry = entries.withLock({ $0[digest] }) else { return .miss(.neverSeen) }
        hits.add()
        return .hit(entry)
    }

    func peek(_ digest: Digest) -> EntryHeader? { entries.withLock { $0[digest]?.header } }

    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        entries.withLock { $0[entry.header.digest] = entry }
        return .kept
    }

    func evict(_ digest: Digest) { entries.withLock { $0[digest] = nil } }

    func damage() {
        entries.withLock { entries in for key in entries.keys { entries[key]!.payload = .bytes(Blob([9, 0, 0, 0, 0, 0, 0, 0, 1])) } }
    }
}

@Suite("Content keys")
struct ContentKeyTests {
    @Test("Every field counts, and where one field ends")
    func fieldsCount() throws {
        let parts: [Part] = [
            "a", Part("a", role: "user"), Part("a", substream: "user"), Part("a", mimeType: "text/html"), Part("a", metadata: ["n": 1]),
            Part("a", metadata: ["n": "1"]), Part("a", metadata: ["n": [1]]), Part(.text("a"), isThought: true), "", "b",
            try Part(bytes: Blob("a"), mimeType: "image/png"), try Part(bytes: Blob("a"), mimeType: "image/jpeg"),
            .file(uri: "a", mimeType: "image/png"),
            .functionCall("a", arguments: [:]), .functionCall("a", arguments: ["x": 1]), .functionCall("a", arguments: [:], id: "1"),
            .functionResponse("a", "x"), .functionResponse("a", "x", isError: true), .functionResponse("a", "x", callID: "1"),
            Part(.executableCode(code: "a", language: "b")), Part(.executableCode(code: "ab", language: "")),
            Part(.codeResult(outcome: "a", output: nil)), Part(.codeResult(outcome: "a", output: "")),
        ]
        let keys = parts.map { ContentKey(of: $0)! }, tableKeys = parts.map { TableKey(of: $0)! }
        #expect(Set(keys).count == parts.count)
        #expect(Set(tableKeys).count == parts.count)
        #expect(ContentKey(of: ["ab", "c"]) != ContentKey(of: ["a", "bc"]))
        #expect(ContentKey(of: ["ab"]) != ContentKey(of: ["a", "b"]))
        #expect(ContentKey("a") != ContentKey(of: Part("a")))
    }

    @Test("The order of metadata does not count, nor when and how a part came, nor what is ignored")
    func whatDoesNotCount() {
        let plain = ContentKey(of: Part("a", metadata: ["x": 1, "y": 2]))
        #expect(ContentKey(of: Part("a", metadata: ["y": 2, "x": 1])) == plain)
        #expect(ContentKey(of: Part("a", metadata: ["x": 1, "y": 2, "capture_time": 3.5, "from_cache": true])) == plain)
        #expect(ContentKey(of: Part("a", metadata: ["x": 1, "y": 2, "timestamp": 7]), ignoring: ["timestamp"]) == plain)
        #expect(ContentKey(of: Part("a", mimeType: "text/plain")) == ContentKey(of: Part("a")))
        #expect(TableKey(of: Part("a", mimeType: "text/plain")) == TableKey(of: Part("a")))
        #expect(TableKey(of: [Part("a")]) == TableKey(of: Part("a")))
    }

    @Test("Long payloads are told apart by their last byte, remembered or not")
    func longPayloads() throws {
        for count in [1023, 1024, 1025, 5000, 2 << 20] {
            var bytes = [UInt8](repeating: 7, count: count)
            let part = try Part(bytes: Blob(bytes), mimeType: "image/png")
            let first = ContentKey(of: part), table = TableKey(of: part)
            #expect(ContentKey(of: part) == first && TableKey(of: part) == table)
            #expect(ContentKey(of: try Part(bytes: Blob(bytes), mimeType: "image/png")) == first)
            bytes[count - 1] = 8
            let other = try Part(bytes: Blob(bytes), mimeType: "image/png")
            #expect(ContentKey(of: other) != first && TableKey(of: other) != table)
        }
    }

    @Test("Keys that leave the process stay what they are")
    func keysAreStable() throws {
        let part = try Part(bytes: Blob([UInt8](0..<200)), mimeType: "image/png", role: "user", metadata: ["a": 1, "b": "two"])
        #expect(ContentKey(of: [part, "text"])?.description == "04302de6c015d9f0bf0be5b58bb5f8baa942bde87a542836f88308fb8f68721c")
        #expect(ContentKey("text").description == "bcefbfe7e2616afba35322efde4eb0f238f3c6689130d00ed06604b740e64f20")
    }

    @Test("What holds an error has no key")
    func errorsHaveNone() {
        struct Failure: Error {}
        #expect(ContentKey(of: ["a", .exception(Failure())]) == nil)
        #expect(TableKey(of: ["a", .exception(Failure())]) == nil)
    }
}
