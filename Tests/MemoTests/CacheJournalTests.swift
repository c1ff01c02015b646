import AtelierScheduling
import Testing

@testable import AtelierMemo

@Suite("Cache journal")
struct CacheJournalTests {
    let folder = TemporaryFolder()

    private func directory() throws -> CacheDirectory { try CacheDirectory(opening: folder.path + "/cache") }

    @Test("A process tells what it did once, however often it writes")
    func numbers() async throws {
        let directory = try directory(), engine = Engine(levels: [everything(), BytesStore()])
        let journal = CacheJournal(of: engine, in: directory, now: { 1_000 })
        journal.write()
        #expect(History(of: directory).stretches.isEmpty)
        _ = try await engine.value(of: Artifact(Constant(value: 1)))
        journal.write()
        journal.write()
        _ = try await engine.value(of: Artifact(Constant(value: 1)))
        journal.write()
        let history = History(of: directory)
        #expect(history.stretches.count == 2)
        #expect(history.total.runs == 1 && history.total.hits == [1, 0] && history.total.levels[1].misses == [.neverSeen: 1])
    }

    @Test("While it lasts it writes once a minute")
    func minute() async throws {
        let directory = try directory(), engine = Engine(levels: [BytesStore()]), time = Lock(Int64(1_000))
        let journal = CacheJournal(of: engine, in: directory, now: { time.withLock { $0 } })
        for second in 0..<180 {
            time.withLock { $0 = 1_000 + Int64(second) }
            _ = try await engine.value(of: Artifact(Constant(value: second)))
            journal.write(ifOlderThan: 60)
        }
        #expect(History(of: directory).stretches.map(\.end) == [1_060, 1_120])
        journal.write()
        #expect(History(of: directory).total.runs == 180)
    }

    @Test("Keys of what went to a level on disk are noted with those of its inputs, each once")
    func keys() async throws {
        let directory = try directory(), engine = Engine(levels: [everything(), BytesStore()])
        let journal = CacheJournal(of: engine, in: directory, now: { 1_000 })
        let inner = Artifact(Constant(value: 1)), outer = Artifact(Increment(of: inner))
        for artifact in [outer, Artifact(Increment(of: outer)), outer] { _ = try await engine.value(of: artifact) }
        journal.write()
        let log = KeyLog(of: directory)
        #expect(log.entries.count == 3 && log.digests["test.increment"]?.count == 2)
        #expect(log.entries[inner.digest]?.noted == 1_000)
    }

    @Test("An engine without a level for bytes notes no keys")
    func memoryOnly() async throws {
        let directory = try directory(), engine = Engine(levels: [everything()])
        let journal = CacheJournal(of: engine, in: directory, now: { 1_000 })
        _ = try await engine.value(of: Artifact(Constant(value: 1)))
        journal.write()
        #expect(KeyLog(of: directory).entries.isEmpty && History(of: directory).total.runs == 1)
    }

    @Test("A log that has grown too long keeps the latest of every stage")
    func shorter() {
        func payload(_ value: Int) -> [UInt8] { NotedKey.payload(of: Artifact(Constant(value: value)).node, noted: Int64(value))! }
        let rare = NotedKey.payload(of: Artifact(Increment(of: Artifact(Constant(value: 1)))).node, noted: 5)!
        let payloads = [rare] + (0..<2_000).map(payload) + [payload(1_990)]
        let log = KeyLog(payloads: KeyLog.shorter(payloads.map { $0[...] }).map { $0[...] })
        #expect(log.digests["test.increment"]?.count == 1)
        #expect(log.digests["test.constant"]?.count == KeyLog.keysPerStage)
        #expect(
            log.digests["test.constant"]?.prefix(2) == [Artifact(Constant(value: 1_990)).digest, Artifact(Constant(value: 1_999)).digest])
    }
}
