import AtelierImageTracing
import AtelierArchives
import AtelierMemo
import AtelierOOXML
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

    @Test("A layer is a slide; a grid, notes and a template are what the options say, and the report keeps to the files")
    func decks() async throws {
        let text = "<svg><desc>all</desc><g id='a'><desc>first</desc><path d='M0 0h9v9z'/></g><g id='b'><path d='M0 0h9v9z'/></g></svg>"
        let layers = Artifact.bytes(Array(text.utf8)), leaf = try picture("leaf.svg")
        var options = ConversionOptions()
        func parts(_ conversion: Conversion, _ kind: String) async throws -> Int {
            let file = try await engine.value(of: conversion.output).withUnsafeBytes(Array.init)
            #expect(try checkPresentation(file) == [])
            return try ZIPReader(file).members.count { $0.name.hasPrefix("ppt/\(kind)/") && !$0.name.contains("_rels") }
        }
        options.deck.pages = .layers
        options.deck.notesFromDescriptions = true
        let deck = convertToPPTX([layers], options)
        #expect(try await parts(deck, "slides") == 2)
        #expect(try await parts(deck, "notesSlides") == 1)
        #expect(try await engine.value(of: deck.report).pages.count == 1)
        options.deck = DeckOptions()
        options.deck.grid = PictureGrid(columns: 2, rows: 1)
        let grid = convertToPPTX([layers, leaf, layers], options)
        #expect(try await parts(grid, "slides") == 2)
        #expect(try await engine.value(of: grid.report).pages.count == 3)
        options.deck = DeckOptions()
        let inserted = convertToPPTX([leaf], options, template: deck.output, notes: .bytes(Array("Say it".utf8)))
        #expect(try await parts(inserted, "slides") == 3)
        #expect(try await parts(inserted, "notesSlides") == 2)

        options.deck.pages = .layers
        await #expect(throws: StageFailure.self) {
            _ = try await engine.value(of: convertToPPTX([.bytes(Array("<svg><path d='M0 0h9'/></svg>".utf8))], options).output)
        }
        await #expect(throws: StageFailure.self) {
            _ = try await engine.value(of: convertToPPTX([leaf], notes: .bytes(Array("a\n---\nb".utf8))).output)
        }
    }

    @Test("A file that is no picture is refused with what it is and what would help")
    func unknown() async throws {
        let deck = convertToPPTX([.bytes(Array("once upon a time".utf8))])
        await #expect { _ = try await engine.value(of: deck.output) } throws: { error in
            "\(error)".contains("neither PNG, JPEG, WebP nor SVG")
        }
    }
}
