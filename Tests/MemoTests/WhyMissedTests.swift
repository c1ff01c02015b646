import Testing

@testable import AtelierMemo

/// Sources → decode → quantize → write, as a picture takes it.
private struct Decode: Stage {
    static let name = "why.decode", version = 1, retention = Retention.memory
    var source: Artifact<Blob>
    func run(in context: Context) -> Number { Number(context[source].count) }
}

private struct Quantize: Stage {
    static let name = "why.quantize", version = 3, retention = Retention.memory
    var image: Artifact<Number>
    var count = 16
    var space: String? = nil
    func run(in context: Context) -> Number { context[image] }
}

private struct QuantizeNewer: Stage {
    static let name = "why.quantize", version = 4, retention = Retention.memory
    var image: Artifact<Number>
    var count = 16
    var space: String? = nil
    func run(in context: Context) -> Number { context[image] }
}

private struct Write: Stage {
    static let name = "why.write", version = 1
    var image: Artifact<Number>
    var decimals = 2
    func run(in context: Context) -> Number { context[image] }
}

@Suite("Why missed")
struct WhyMissedTests {
    let folder = TemporaryFolder()

    private func photo(_ name: String, _ bytes: String) throws -> Artifact<Blob> {
        try writeFile(bytes.utf8, to: folder.path + "/" + name)
        return try .file(path: folder.path + "/" + name)
    }

    private func written(_ photo: Artifact<Blob>, count: Int = 16, decimals: Int = 2) -> Artifact<Number> {
        Artifact(Write(image: Artifact(Quantize(image: Artifact(Decode(source: photo)), count: count)), decimals: decimals))
    }

    /// Makes artifacts in one process, and asks about another one in the next.
    private func why(_ asked: Artifact<Number>, after made: [Artifact<Number>]) async throws -> Explanation.WhyMissed {
        let directory = try CacheDirectory(opening: folder.path + "/cache"), bytes = BytesStore()
        let first = Engine(levels: [everything(), bytes]), journal = CacheJournal(of: first, in: directory, now: { 1_000 })
        for artifact in made { _ = try await first.value(of: artifact) }
        journal.write()
        let second = Engine(levels: [everything(), bytes])
        return try #require(second.explain(asked, comparing: KeyLog(of: directory)).lines[0].whyMissed)
    }

    @Test("A field that changed far down is named with its stage, and what each level says")
    func field() async throws {
        let photo = try photo("photo.png", "abc")
        let why = try await why(written(photo, count: 12), after: [written(photo)])
        #expect(why.differences == [.field(stage: "why.quantize", path: "count", was: "16", is: "12")])
        #expect(why.levels == [.init(level: "memory", reason: .neverSeen), .init(level: "bytes", reason: .neverSeen)])
        #expect(why.nearestPut == 1_000 && why.putBefore == nil)
    }

    @Test("A raised version is named")
    func version() async throws {
        let decoded = Artifact(Decode(source: try photo("photo.png", "abc")))
        let why = try await why(
            Artifact(Write(image: Artifact(QuantizeNewer(image: decoded)))),
            after: [Artifact(Write(image: Artifact(Quantize(image: decoded))))])
        #expect(why.differences == [.version(stage: "why.quantize", was: 3, is: 4)])
    }

    @Test("A source with other bytes is named with the path it had")
    func source() async throws {
        let before = try written(photo("photo.png", "abc"))
        _ = try await why(written(.bytes([1])), after: [before])
        let after = try photo("photo.png", "abcd")
        let why = try await why(written(after), after: [])
        #expect(why.differences == [.source(path: folder.path + "/photo.png", digest: after.digest)])
    }

    @Test("Bytes that came through a pipe differ as a source without a path")
    func pipe() async throws {
        let after = Artifact.bytes([2])
        let why = try await why(written(after), after: [written(.bytes([1]))])
        #expect(why.differences == [.source(path: nil, digest: after.digest)])
    }

    @Test("Of several results the nearest is taken, of equally near ones the latest")
    func nearest() async throws {
        let photo = try photo("photo.png", "abc"), other = try self.photo("other.png", "xyz")
        let made = [written(photo, count: 15, decimals: 3), written(photo, count: 14), written(photo, count: 13), written(other, count: 9)]
        let why = try await why(written(photo, count: 12), after: made)
        #expect(why.differences == [.field(stage: "why.quantize", path: "count", was: "13", is: "12")])
    }

    @Test("An input that another stage makes now is named by both")
    func maker() async throws {
        let decoded = Artifact(Decode(source: try photo("photo.png", "abc")))
        let why = try await why(Artifact(Write(image: decoded)), after: [Artifact(Write(image: Artifact(Quantize(image: decoded))))])
        #expect(why.differences == [.maker(stage: "why.write", path: "image", was: "why.quantize", is: "why.decode")])
    }

    @Test("Inputs more and less in a list are fields that were absent or are")
    func lists() async throws {
        let (a, b, c) = (Artifact(Constant(value: 1)), Artifact(Constant(value: 2)), Artifact(Constant(value: 3)))
        let why = try await why(Artifact(Sum(terms: [a, b, c])), after: [Artifact(Sum(terms: [a, b]))])
        #expect(
            why.differences == [
                .field(stage: "test.sum", path: "terms[2]", was: "absent", is: "an input (\(c.digest.description.prefix(12)))"),
                .field(stage: "test.sum", path: "terms.count", was: "2", is: "3"),
            ])
    }

    @Test("A result that was kept and has gone is told from one that never was")
    func gone() async throws {
        let directory = try CacheDirectory(opening: folder.path + "/cache"), bytes = BytesStore()
        let engine = Engine(levels: [bytes]), journal = CacheJournal(of: engine, in: directory, now: { 1_234 })
        let artifact = try written(photo("photo.png", "abc"))
        _ = try await engine.value(of: artifact)
        journal.write()
        bytes.evict(artifact.digest)
        let why = try #require(engine.explain(artifact, comparing: KeyLog(of: directory)).lines[0].whyMissed)
        #expect(why.putBefore == 1_234 && why.differences == [])
    }

    @Test("What is there, and what nobody asked reasons for, has none")
    func quiet() async throws {
        let directory = try CacheDirectory(opening: folder.path + "/cache"), engine = Engine(levels: [BytesStore()])
        let artifact = try written(photo("photo.png", "abc"))
        #expect(engine.explain(artifact).lines[0].whyMissed == nil)
        #expect(engine.explain(artifact, comparing: KeyLog(of: directory)).lines[0].whyMissed?.nearestPut == nil)
        _ = try await engine.value(of: artifact)
        #expect(engine.explain(artifact, comparing: KeyLog(of: directory)).lines.allSatisfy { $0.whyMissed == nil })
    }
}
