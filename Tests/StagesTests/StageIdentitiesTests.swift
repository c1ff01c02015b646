import AtelierImageCodecs
import AtelierMemo
import AtelierModels
import AtelierOOXML
import Testing

@testable import AtelierStages

@Suite("Identities in plans")
struct StageIdentitiesTests {
    @Test("Every stage a plan leads to stands in its key", arguments: ["logo.png", "dusk.jpg", "leaf.svg"])
    func ledTo(sample: String) async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let source = try Artifact<Blob>.file(path: Sample.path(of: sample))
        let options = ConversionOptions()
        for drawings in [SVGFromSource.Drawings.kept, .rewritten] {
            let plan = SVGFromSource(source: source, options: options, drawings: drawings)
            try await expectNamed(in: plan.stages, by: Artifact(plan), engine)
        }
        let report = ReportOnSource(source: source, options: options.svg)
        try await expectNamed(in: report.stages, by: Artifact(report), engine)
        guard sample != "leaf.svg" else { return }
        let review = ReviewOfSource(source: source, options: options)
        try await expectNamed(in: review.stages, by: Artifact(review), engine)
    }

    @Test("Every stage a search leads to stands in the keys of plans, and those it repeats in its own")
    func search() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let source = try Artifact<Blob>.file(path: Sample.path(of: "icon.png"))
        for options in [ConversionOptions(targetSSIM: 0.5), ConversionOptions(isAutomatic: true)] {
            let plan = SVGFromSource(source: source, options: options, drawings: .kept)
            try await expectNamed(in: plan.stages, by: Artifact(plan), engine)
            let report = ReportOnSource(source: source, options: options.svg, searching: options)
            try await expectNamed(in: report.stages, by: Artifact(report), engine)
        }
        #expect(StageIdentities.repeatedBySearch.contains(StageIdentities.of(FitPaths.self)))
        #expect(StageIdentities.repeatedByChoice.contains(StageIdentities.of(QuantizeColors.self)))
    }

    @Test("The digest of the model that is written down is that of the model in the program, and every plan that may ask it names it")
    func model() {
        #expect(Digest(hashing: Blob(TracingModel.bytes)).description == TracingModel.digest)
        for stages in [StageIdentities.toSVG, StageIdentities.toReport, StageIdentities.repeatedBySearch] {
            #expect(stages.contains(TracingModel.digest))
        }
    }

    @Test("Every stage a deck's plan adds stands in its key")
    func decks() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let trees = try ["leaf.svg", "icon.svg"].map { try Artifact(ParseSVG(source: .file(path: Sample.path(of: $0)))) }
        // What the trees are made of is in the plan's key by their digests.
        let known = StageIdentities.of(ParseSVG.self)
        var options = DeckOptions()
        options.grid = PictureGrid(columns: 2, rows: 1)
        let layers = Artifact(ParseSVG(source: .bytes(Array("<svg><g id='a'><path d='M0 0h9v9z'/></g></svg>".utf8))))
        var pages = [DeckPages(trees: trees, options: .init()), DeckPages(trees: trees, options: .init(), deck: options)]
        options.pages = .layers
        pages.append(DeckPages(trees: [layers], options: .init(), deck: options))
        for pages in pages {
            let deck = DeckOfPages(pages, title: nil)
            try await expectNamed(in: deck.stages + "," + known, by: Artifact(deck), engine)
            let report = ReportOnPages(pages)
            try await expectNamed(in: report.stages + "," + known, by: Artifact(report), engine)
            let shown = ShowPages(pages)
            try await expectNamed(in: shown.stages + "," + known, by: Artifact(shown), engine)
        }
    }

    @Test("Every stage that slides with pictures add stands in their plans' keys")
    func pictures() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let slides = [Artifact(SlideOfOnePicture())]
        let known = StageIdentities.of(SlideOfOnePicture.self) + "," + StageIdentities.of(ParseSVG.self)
        let deck = DeckOfSlides(slides: slides, title: nil)
        try await expectNamed(in: deck.stages + "," + known, by: Artifact(deck), engine)
        let trees = [try Artifact(ParseSVG(source: .file(path: Sample.path(of: "leaf.svg"))))]
        let report = ReportOnSlides(trees: trees, slides: slides)
        try await expectNamed(in: report.stages + "," + known, by: Artifact(report), engine)
    }

    @Test("Every stage a picture of a drawing leads to stands in its key")
    func pictureOfDrawing() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let source = try Artifact<Blob>.file(path: Sample.path(of: "leaf.svg")), tree = Artifact(ParseSVG(source: source))
        let plan = RasterizeDrawing(svg: source, tree: tree, size: .init(width: 9), maxPixels: 100)
        try await expectNamed(in: plan.stages + "," + StageIdentities.of(ParseSVG.self), by: Artifact(plan), engine)
    }

    @Test("Every stage an archive of a collection leads to stands in its key")
    func collection() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)]), art = SampleCollection()
        let archive = try art.request().archive(of: art.sources)
        try await expectNamed(in: archive.stages, by: Artifact(archive), engine)
    }

    /// Runs a plan and looks at every stage that ran for it.
    private func expectNamed<Value: Storable>(in stages: String, by plan: Artifact<Value>, _ engine: Engine) async throws {
        let log = EventLog(engine)
        _ = try await engine.value(of: plan)
        let ran = log.events.filter { $0.kind == .run }.map { "\($0.stage)@\($0.version)" }
        let plans = [
            SVGFromSource.name, ReportOnSource.name, DeckOfPages.name, ReportOnPages.name, ShowPages.name, DeckOfSlides.name,
            ReportOnSlides.name,
            SlideOfTree.name, ReviewOfSource.name, RasterizeDrawing.name, ArchiveOfCollection.name,
        ].map { "\($0)@" }
        let names = stages.split(separator: ",").map(String.init)
        for identity in ran where !plans.contains(where: identity.hasPrefix) {
            #expect(names.contains(identity))
        }
    }
}
