import AtelierArchives
import AtelierImageCodecs
import AtelierMemo
import AtelierMemoTesting
import AtelierOOXML
import AtelierSVG
import Testing

@testable import AtelierStages

/// A slide that shows one drawing, as mapping gives it where shapes do not do.
struct SlideOfOnePicture: Stage {
    static let name = "test.slideOfOnePicture", version = 1
    var drawing = "<circle cx='1' cy='1' r='1'/>"

    func run(in context: Context) throws -> Slide {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 2'>\(drawing)</svg>"
        let drawing = Drawing(svg: Array(svg.utf8), width: 4, height: 4)
        let size = SlideSize(width: EMU(rawValue: 914_400), height: EMU(rawValue: 914_400))
        return Slide(
            part: Packer().pack(Array("<p:sld/>".utf8)), size: size, shapeCount: 1, diagnostics: [],
            media: [.rendering(drawing), .drawing(drawing)])
    }
}

@Suite("Pictures of slides")
struct RenderingTests {
    @Test("A rendering reads back from its bytes; anything else is damage")
    func format() throws {
        let format = try #require(Rendering.format)
        for rendering in [Rendering.png([1, 2, 3]), .png([]), .failed("no library")] {
            #expect(try format.decode(format.encode(rendering)) == rendering)
        }
        #expect(throws: (any Error).self) { try format.decode(Blob([])) }
        #expect(throws: (any Error).self) { try format.decode(Blob([2, 0])) }
    }

    @Test("A drawing on two slides is drawn once, and another drawing once more")
    func shared() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let log = EventLog(engine)
        let one = Artifact(SlideOfOnePicture()), other = Artifact(SlideOfOnePicture(drawing: "<rect width='1' height='1'/>"))
        let deck = try await engine.value(of: Artifact(DeckOfSlides(slides: [one, one, other], title: nil)))
        #expect(log.runs(of: RasterizeSVG.self) == 2)
        #expect(deck.count > 1000)
        _ = try await engine.value(of: Artifact(DeckOfSlides(slides: [other], title: "other")))
        #expect(log.runs(of: RasterizeSVG.self) == 2)
    }

    @Test("A drawing that cannot be drawn costs its picture, which the report says once for each slide")
    func failed() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let slide = Artifact(SlideOfOnePicture(drawing: "<broken"))
        let tree = Artifact(ParseSVG(source: .bytes(Array("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 2'/>".utf8))))
        _ = try await engine.value(of: Artifact(DeckOfSlides(slides: [slide], title: nil)))
        let report = try await engine.value(of: Artifact(ReportOnSlides(trees: [tree], slides: [slide])))
        #expect(report.pages.map(\.count) == [1])
        #expect(report.pages[0][0].message.hasPrefix("a picture is seen only in programs that draw SVG themselves: "))
    }

    @Test(
        "The size of a picture follows from what is said of it and the drawing",
        arguments: [
            (RenderingSize(), 40, 20), (RenderingSize(scale: 2.5), 100, 50), (RenderingSize(width: 10), 10, 5),
            (RenderingSize(height: 10), 20, 10), (RenderingSize(width: 3, height: 3), 3, 3), (RenderingSize(scale: 0.01), 1, 1),
        ])
    func size(size: RenderingSize, width: Int, height: Int) {
        #expect(size.pixels(for: (40, 20)) == (width, height))
    }

    @Test("A picture with more pixels than allowed is refused before it is drawn")
    func tooLarge() async throws {
        let source = Artifact<Blob>.bytes(Array("<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'/>".utf8))
        var options = ConversionOptions()
        options.image.maxPixels = 799
        let error = await #expect(throws: StageFailure.self) {
            try await Engine(levels: []).value(of: rasterizeSVG(source, .init(), options))
        }
        #expect(error?.underlying as? RenderingTooLarge == RenderingTooLarge(width: 40, height: 20, limit: 799))
    }
}
