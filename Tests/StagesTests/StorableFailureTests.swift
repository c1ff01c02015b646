import AtelierImageCodecs
import AtelierMemo
import AtelierSVG
import Testing

@testable import AtelierStages

@Suite("Failures of stages, remembered")
struct StorableFailureTests {
    private let engine = Engine(levels: [MemoryStore(admitting: .everything)])

    private func failure(_ artifact: Artifact<some Storable>) async -> StageFailure? {
        await #expect(throws: StageFailure.self) { _ = try await engine.value(of: artifact) }
    }

    @Test("A picture and a drawing that are broken fail alike, fresh and remembered, and are read once")
    func remembered() async {
        let log = EventLog(engine)
        let png = Artifact(DecodeImage(source: .bytes([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])))
        let fresh = await failure(png), again = await failure(png)
        #expect(fresh?.underlying is ImageDecodingError)
        #expect(fresh?.underlying as? ImageDecodingError == again?.underlying as? ImageDecodingError)
        #expect(fresh?.description == again?.description)
        let svg = Artifact(ParseSVG(source: .bytes(Array("<svg".utf8))))
        let freshSVG = await failure(svg), againSVG = await failure(svg)
        #expect(freshSVG?.underlying is SVG.ParseError)
        #expect(freshSVG?.underlying as? SVG.ParseError == againSVG?.underlying as? SVG.ParseError)
        #expect(log.count(.failed) == 2)
    }

    @Test("A limit that was met is not remembered")
    func limits() async {
        let log = EventLog(engine)
        var options = SVG.ReadOptions()
        options.limits.elementCount = 1
        let svg = Artifact(ParseSVG(source: .bytes(Array("<svg xmlns='http://www.w3.org/2000/svg'><g/><g/></svg>".utf8)), options: options))
        for _ in 0..<2 {
            guard case SVG.ParseError.tooManyElements? = await failure(svg)?.underlying else {
                Issue.record("two elements are more than one")
                return
            }
        }
        #expect(log.count(.failed) == 2)
        #expect(ImageDecodingError.tooLarge(.side, value: 2, limit: 1).secondsKept == 0)
        #expect(ImageDecodingError.outOfMemory.secondsKept == 0)
    }
}
