import AtelierJSON
import AtelierProcessors
import Testing

/// What `docs/processors.md` quotes.
@Suite("Guide to streams of parts")
struct GuideTests {
    private let model = AsyncPartFunction { part, output in try await output.emit(Part("<\(try part.text)>")) }
    private let fetch = AsyncPartFunction(matching: { $0.mimeType.isJSON }) { part, output in
        guard case .string(let url)? = (try part.record(type: "FetchRequest"))["url"] else { return }
        try await output.emit(Part("page of \(url)"))
    }

    @Test("A pipeline that remembers")
    func pipeline() async throws {
        var texts: [String] = []
        let cache = try Cache(byteLimit: 256 << 20)
        let describe = model.cached(in: cache, as: "describe 2")
        let pipeline = TextMatch.urls() + fetch + describe
        for try await part in pipeline(["See https://example", ".org."]) { texts.append(try part.text) }
        #expect(texts == ["<See >", "<page of https://example.org>", "<.>"])
    }

    @Test("Partitions, times, conditions and keys of one's own")
    func ways() async throws {
        let resize = model, answer = model
        let cache = try Cache()
        let input: Content = [Part("a", metadata: ["topic": "letters"]), Part("b", metadata: ["topic": "letters"])]
        // Lives for an hour, for large parts only.
        let large = resize.cached(
            in: cache.partitioned("tenant/a").expiring(after: .seconds(3600)), as: "resize 1", when: { $0.footprint > 100_000 })
        // What has the same topic has the same answer; what has none is not cached.
        let byTopic = answer.cached(
            in: cache, as: "answer 4",
            key: { part in
                guard case .string(let topic)? = part.metadata["topic"] else { return nil }
                return ContentKey(topic)
            })
        // One pipeline for all, a partition for each.
        let theirs = try await Cache.$current.withValue(cache.partitioned("tenant/b")) { try await byTopic(input).gather() }
        #expect(try await large(input).text() == "<a><b>")
        #expect(theirs.count == 2)
    }
}
