import AtelierImageTracing
import AtelierMemo
import Testing

@testable import AtelierStages

@Suite("Recipes")
struct RecipesTests {
    let engine: Engine
    let log: EventLog

    init() {
        engine = Engine(levels: [MemoryStore(admitting: .everything)])
        log = EventLog(engine)
    }

    private func picture(_ name: String) throws -> Artifact<Blob> { try .file(path: Sample.path(of: name)) }

    @Test("A picture becomes a PowerPoint file through every stage of the line, once")
    func pictureToSlide() async throws {
        let deck = try convertToPPTX([picture("logo.png")])
        let bytes = try await engine.value(of: deck.output)
        #expect(bytes.bytes.starts(with: Array("PK\u{3}\u{4}".utf8)))
        #expect(log.runs(of: DecodeImage.self) == 1)
        #expect(log.runs(of: QuantizeColors.self) == 1)
        #expect(log.runs(of: SegmentRegions.self) == 1)
        #expect(log.runs(of: FitPaths.self) == 1)
        #expect(log.runs(of: WriteDrawing.self) == 1)
        #expect(log.runs(of: ParseSVG.self) == 1)
        #expect(log.runs(of: MapSlide.self) == 1)
        #expect(log.runs(of: PackPPTX.self) == 1)
        #expect(log.runs(of: SVGFromSource.self) == 1)
        #expect(log.runs(of: DeckOfSlides.self) == 1)
        #expect(log.runs == 11)
    }

    @Test("The second request runs nothing and gives the same bytes")
    func warm() async throws {
        let first = try await engine.value(of: convertToPPTX([picture("logo.png")]).output)
        let runs = log.runs
        let second = try await engine.value(of: convertToPPTX([picture("logo.png")]).output)
        #expect(log.runs == runs)
        #expect(first == second)
    }

    @Test("A changed fit option reruns the fit and what follows, nothing before it")
    func changedFit() async throws {
        var options = ConversionOptions()
        _ = try await engine.value(of: convertToPPTX([picture("logo.png")], options).output)
        _ = log.drain()
        options.trace.fit.tolerance *= 2
        _ = try await engine.value(of: convertToPPTX([picture("logo.png")], options).output)
        #expect(log.runs(of: DecodeImage.self) + log.runs(of: QuantizeColors.self) + log.runs(of: SegmentRegions.self) == 0)
        // The plan decides again because the options are in its key; it leads to the same picture.
        #expect(log.runs(of: SVGFromSource.self) == 1)
        #expect(log.runs(of: FitPaths.self) == 1)
        #expect(log.runs(of: WriteDrawing.self) == 1)
        #expect(log.runs(of: PackPPTX.self) == 1)
        #expect(log.runs == 8)
    }

    @Test("Two decks that share two pages map each shared page once")
    func sharedPages() async throws {
        let (logo, icon, leaf) = try (picture("logo.png"), picture("icon.png"), picture("leaf.svg"))
        _ = try await engine.value(of: convertToPPTX([logo, icon]).output)
        _ = try await engine.value(of: convertToPPTX([logo, icon, leaf]).output)
        #expect(log.runs(of: MapSlide.self) == 3)
    }

    @Test("A file that is no picture is refused with what it is and what would help")
    func unknown() async throws {
        let deck = convertToPPTX([.bytes(Array("once upon a time".utf8))])
        await #expect { _ = try await engine.value(of: deck.output) } throws: { error in
            "\(error)".contains("neither PNG, JPEG nor SVG")
        }
    }
}
