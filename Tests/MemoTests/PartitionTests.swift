import Testing

@testable import AtelierMemo

@Suite("Partitions")
struct PartitionTests {
    private let number = Artifact(Constant(value: 1))

    @Test("A partition is an identity of its own, inherited by what is built on it")
    func identity() {
        let a = number.partitioned("tenant/a"), b = number.partitioned("tenant/b")
        #expect(Set([number.digest, a.digest, b.digest, a.partitioned("tenant/b").digest]).count == 4)
        #expect(a.digest == Artifact(Constant(value: 1)).partitioned("tenant/a").digest)
        #expect(Artifact(Increment(of: a)).digest != Artifact(Increment(of: number)).digest)
        #expect(Artifact(Increment(of: a)).partition == "tenant/a")
        #expect(a.tagged("font").partition == "tenant/a")
        #expect(a.partitioned("tenant/b").partition == "tenant/b")
        #expect(number.partition.isEmpty)
    }

    @Test("What is built on two partitions has its own identity and counts against the first")
    func meeting() {
        let a = number.partitioned("a"), b = number.partitioned("b")
        let built = Artifact(Sum(terms: [number, b, a]))
        #expect(built.partition == "b")
        #expect(Set([built.digest, Artifact(Sum(terms: [number, a, a])).digest, Artifact(Sum(terms: [number, b, b])).digest]).count == 3)
    }

    @Test("Partitions share no entries, and headers say whose an entry is")
    func entries() async throws {
        let store = everything(), engine = Engine(levels: [store]), log = EventLog(engine)
        for partition in ["a", "b", "a"] {
            let built = Artifact(Increment(of: number.partitioned(partition)))
            #expect(try await engine.value(of: built).value == 2)
            #expect(store.peek(built.digest)?.partition == partition)
        }
        #expect(log.runs == 4)
        _ = try await engine.value(of: number)
        #expect(log.runs == 5)
        #expect(store.peek(number.digest)?.partition.isEmpty == true)
    }

    @Test("A source in a partition is read as the same bytes, and a file is still checked")
    func sources() async throws {
        let folder = TemporaryFolder(), path = folder.path + "/file"
        try writeFile([1, 2], to: path)
        struct Count: Stage {
            static let name = "test.count", version = 1
            var source: Artifact<Blob>
            func run(in context: Context) -> Number { Number(context[source].count) }
        }
        let engine = Engine(levels: [everything()])
        for source: Artifact<Blob> in [try .file(path: path), .bytes([1, 2])] {
            let built = Artifact(Count(source: source.partitioned("a")))
            #expect(try await engine.value(of: built).value == 2)
            #expect(built.digest != Artifact(Count(source: source)).digest)
        }
    }
}
