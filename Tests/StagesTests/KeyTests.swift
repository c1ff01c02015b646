import AtelierFonts
import AtelierGeometry
import AtelierImageTracing
import AtelierLayers
import AtelierMemo
import AtelierMemoTesting
import AtelierOOXML
import AtelierPixels
import AtelierSVG
import Foundation
import Testing

@testable import AtelierStages

/// Rule 1: everything a result depends on is in its key. Every stage and plan of the room stands in `stages`.
@Suite("Keys of stages")
struct KeyTests {
    static let file = Artifact<Blob>.bytes([1])
    static let image = Artifact(DecodeImage(source: file)), quantized = Artifact(QuantizeColors(image: image))
    static let regions = Artifact(SegmentRegions(image: image, quantized: quantized))
    static let drawing = Artifact(FitPaths(segmentation: regions))
    static let features = Artifact(MeasureFeatures(image: image))
    static let found = Artifact(SearchTrace(image: image, quantized: quantized, features: features, options: .init(), target: 0.9))
    static let tree = Artifact(ParseSVG(source: file)), slide = Artifact(MapSlide(tree: tree))

    static let rendering = Artifact(RasterizeSVG(svg: file, width: 1, height: 1))

    /// A name and what is wrong with the key of that stage.
    static let stages: [(name: String, problems: @Sendable () -> [String])] = [
        (DecodeImage.name, { keyProblems(of: DecodeImage(source: file)) }),
        (DecodeWebP.name, { keyProblems(of: DecodeWebP(source: file)) }),
        (
            QuantizeColors.name,
            {
                keyProblems(
                    of: QuantizeColors(image: image),
                    changing: [
                        "options.palette": { $0.options.palette = somePalette },
                        "options.recoloring": { $0.options.recoloring = someRecoloring },
                        "options.bilevel.ink": { $0.options.bilevel.ink = RGBA8(1, 2, 3) },
                        "options.bilevel.paper": { $0.options.bilevel.paper = RGBA8(1, 2, 3) },
                    ])
            }
        ),
        (SegmentRegions.name, { keyProblems(of: SegmentRegions(image: image, quantized: quantized)) }),
        (FitPaths.name, { keyProblems(of: FitPaths(segmentation: regions)) }),
        (WriteDrawing.name, { keyProblems(of: WriteDrawing(drawing: drawing)) }),
        (
            SearchTrace.name,
            {
                keyProblems(
                    of: SearchTrace(image: image, quantized: quantized, features: features, options: .init(), target: 0.9),
                    changing: [
                        "options.quantize.palette": { $0.options.quantize.palette = somePalette },
                        "options.quantize.recoloring": { $0.options.quantize.recoloring = someRecoloring },
                        "options.quantize.bilevel.ink": { $0.options.quantize.bilevel.ink = RGBA8(1, 2, 3) },
                        "options.quantize.bilevel.paper": { $0.options.quantize.bilevel.paper = RGBA8(1, 2, 3) },
                    ])
            }
        ),
        (MeasureFeatures.name, { keyProblems(of: MeasureFeatures(image: image)) }),
        (
            ChooseTrace.name,
            {
                keyProblems(
                    of: ChooseTrace(image: image, options: .init()),
                    changing: [
                        "options.quantize.palette": { $0.options.quantize.palette = somePalette },
                        "options.quantize.recoloring": { $0.options.quantize.recoloring = someRecoloring },
                        "options.quantize.bilevel.ink": { $0.options.quantize.bilevel.ink = RGBA8(1, 2, 3) },
                        "options.quantize.bilevel.paper": { $0.options.quantize.bilevel.paper = RGBA8(1, 2, 3) },
                    ])
            }
        ),
        (SVGOfSearch.name, { keyProblems(of: SVGOfSearch(found: found)) }),
        (ReportSearch.name, { keyProblems(of: ReportSearch(found: found)) }),
        (ReviewTrace.name, { keyProblems(of: ReviewTrace(image: image, svg: file)) }),
        (
            ReviewOfSource.name,
            {
                keyProblems(
                    of: ReviewOfSource(source: file, options: .init()),
                    changing: [
                        "options.slide.size": { $0.options.slide.size = someSize },
                        "options.slide.area": { $0.options.slide.area = someArea },
                        "options.deck.grid": { $0.options.deck.grid = someGrid },
                        "options.slide.background": { $0.options.slide.background = someColor },
                        "options.trace.quantize.bilevel.ink": { $0.options.trace.quantize.bilevel.ink = RGBA8(1, 2, 3) },
                        "options.trace.quantize.bilevel.paper": { $0.options.trace.quantize.bilevel.paper = RGBA8(1, 2, 3) },
                        "options.trace.quantize.palette": { $0.options.trace.quantize.palette = somePalette },
                        "options.trace.quantize.recoloring": { $0.options.trace.quantize.recoloring = someRecoloring },
                    ])
            }
        ),
        (ParseSVG.name, { keyProblems(of: ParseSVG(source: file, fonts: someFonts, files: someFiles, webP: "libwebp 1")) }),
        (ReadDrawing.name, { keyProblems(of: ReadDrawing(source: file, fonts: .current, files: someFiles, webP: "libwebp 1")) }),
        (WriteSVG.name, { keyProblems(of: WriteSVG(tree: tree)) }),
        (
            MapSlide.name,
            {
                keyProblems(
                    of: MapSlide(tree: tree),
                    changing: [
                        "options.size": { $0.options.size = someSize }, "options.area": { $0.options.area = someArea },
                        "options.background": { $0.options.background = someColor },
                    ])
            }
        ),
        (RasterizeSVG.name, { keyProblems(of: RasterizeSVG(svg: file, width: 3, height: 4)) }),
        (
            RasterizeDrawing.name,
            { keyProblems(of: RasterizeDrawing(svg: file, tree: tree, size: RenderingSize(width: 3, height: 4, scale: 2), maxPixels: 5)) }
        ),
        (AnswerOutline.name, { keyProblems(of: AnswerOutline(OutlineWork(.difference, BezierPath()))) }),
        (
            SlideOfTree.name,
            {
                keyProblems(
                    of: SlideOfTree(tree: tree),
                    changing: [
                        "options.size": { $0.options.size = someSize }, "options.area": { $0.options.area = someArea },
                        "options.background": { $0.options.background = someColor },
                    ])
            }
        ),
        (
            PackPPTX.name,
            {
                keyProblems(
                    of: PackPPTX(
                        slides: [slide], renderings: [rendering], title: "a", notes: SlideNotes(["b"]), template: file, layout: "c"))
            }
        ),
        (ReportSlides.name, { keyProblems(of: ReportSlides(trees: [tree], slides: [slide], renderings: [rendering])) }),
        (
            DeckOfSlides.name,
            { keyProblems(of: DeckOfSlides(slides: [slide], title: "a", notes: SlideNotes(["b"]), template: file, layout: "c")) }
        ),
        (ReportOnSlides.name, { keyProblems(of: ReportOnSlides(trees: [tree], slides: [slide])) }),
        (PartOfDrawing.name, { keyProblems(of: PartOfDrawing(of: tree, .layer, 1)) }),
        (
            ArrangePictures.name,
            {
                keyProblems(
                    of: ArrangePictures(
                        [tree], in: someGrid, width: EMU(rawValue: 1), height: EMU(rawValue: 2), margin: 3, fit: .contain))
            }
        ),
        (ReportTree.name, { keyProblems(of: ReportTree(tree: tree)) }),
        (DecodeTrait.name, { keyProblems(of: DecodeTrait(source: file)) }),
        (
            ChooseCoding.name,
            {
                keyProblems(
                    of: ChooseCoding(first: somePlaced, firstImages: [trait], images: [trait], ground: .transparent, style: someStyle),
                    changing: ["first": { $0.first = otherPlaced[0] }, "ground": { $0.ground = .color(RGBA8(1, 2, 3)) }])
            }
        ),
        (
            DrawItems.name,
            {
                keyProblems(
                    of: DrawItems(somePlaced, images: [trait], coding: coding, style: someStyle, start: 1),
                    changing: ["items": { $0.items = otherPlaced[0] }])
            }
        ),
        (
            PackCollection.name,
            {
                keyProblems(
                    of: PackCollection(someProject, plan: planned, ranges: [file], first: 0, count: 1),
                    changing: ["source.options.items": { otherItems(&$0.source.options) }])
            }
        ),
        (
            ArchiveOfCollection.name,
            {
                keyProblems(
                    of: ArchiveOfCollection(someProject, pictures: [("a", file)], canvas: PixelSize(width: 1, height: 2)),
                    changing: [
                        "source.options.items": { otherItems(&$0.source.options) }, "canvas": { $0.canvas = nil },
                    ])
            }
        ),
        (
            ReportOnCollection.name,
            {
                keyProblems(
                    of: ReportOnCollection(someProject), changing: ["source.options.items": { otherItems(&$0.source.options) }])
            }
        ),
        (PlanCollection.name, { keyProblems(of: PlanCollection(file, in: somePlace, seed: 1, start: 2, count: 3)) }),
        (
            DrawContactSheet.name,
            {
                keyProblems(
                    of: DrawContactSheet(
                        file, in: somePlace, plan: Artifact(PlanCollection(file, in: somePlace)), seed: 1,
                        images: [("a", Artifact(DecodeTrait(source: file)))], size: PixelSize(width: 2, height: 3),
                        scale: Scale(from: 5, to: 4), count: 6))
            }
        ),
        (
            SVGFromSource.name,
            {
                keyProblems(
                    of: SVGFromSource(
                        source: file, options: .init(), drawings: .kept, fonts: .current, files: someFiles, webP: "libwebp 1"),
                    changing: [
                        "options.slide.size": { $0.options.slide.size = someSize },
                        "options.slide.area": { $0.options.slide.area = someArea },
                        "options.deck.grid": { $0.options.deck.grid = someGrid },
                        "options.slide.background": { $0.options.slide.background = someColor },
                        "options.trace.quantize.bilevel.ink": { $0.options.trace.quantize.bilevel.ink = RGBA8(1, 2, 3) },
                        "options.trace.quantize.bilevel.paper": { $0.options.trace.quantize.bilevel.paper = RGBA8(1, 2, 3) },
                        "options.trace.quantize.palette": { $0.options.trace.quantize.palette = somePalette },
                        "options.trace.quantize.recoloring": { $0.options.trace.quantize.recoloring = someRecoloring },
                    ])
            }
        ),
        (
            ReportOnSource.name,
            {
                keyProblems(
                    of: ReportOnSource(source: file, options: .init(), fonts: .current, files: someFiles, webP: "libwebp 1"),
                    changing: ["searching": { $0.searching = ConversionOptions(targetSSIM: 0.9) }])
            }
        ),
        (
            DeckOfPages.name,
            {
                keyProblems(
                    of: DeckOfPages(somePages, title: "a"),
                    changing: [
                        "pages.options.size": { $0.pages.options.size = someSize },
                        "pages.options.area": { $0.pages.options.area = someArea }, "pages.deck.grid": { $0.pages.deck.grid = someGrid },
                        "pages.options.background": { $0.pages.options.background = someColor },
                    ])
            }
        ),
        (
            ReportOnPages.name,
            {
                keyProblems(
                    of: ReportOnPages(somePages),
                    changing: [
                        "pages.options.size": { $0.pages.options.size = someSize },
                        "pages.options.area": { $0.pages.options.area = someArea }, "pages.deck.grid": { $0.pages.deck.grid = someGrid },
                        "pages.options.background": { $0.pages.options.background = someColor },
                    ])
            }
        ),
        (
            ShowPages.name,
            {
                keyProblems(
                    of: ShowPages(somePages),
                    changing: [
                        "pages.options.size": { $0.pages.options.size = someSize },
                        "pages.options.area": { $0.pages.options.area = someArea }, "pages.deck.grid": { $0.pages.deck.grid = someGrid },
                        "pages.options.background": { $0.pages.options.background = someColor },
                    ])
            }
        ),
        (
            ShowSlides.name,
            {
                keyProblems(
                    of: ShowSlides(trees: [tree], slides: [slide], options: .init()),
                    changing: [
                        "options.size": { $0.options.size = someSize }, "options.area": { $0.options.area = someArea },
                        "options.background": { $0.options.background = someColor },
                    ])
            }
        ),
    ]

    static let someProject = ComposedProject(file, in: somePlace, plan: file, options: .init())
    static let somePlaced = try! PlacedItems(0..<0, of: CollectionPlan(seed: 0, start: 0, layerCount: 0), in: Project(name: "", layers: []))
    static let someStyle = PictureStyle(PixelSize(width: 2, height: 3), .init())
    static let trait = Artifact(DecodeTrait(source: file))
    static let coding = Artifact(
        ChooseCoding(first: somePlaced, firstImages: [trait], images: [trait], ground: .transparent, style: someStyle))
    static let planned = Artifact(PlanCollection(file, in: somePlace))

    /// Items that differ from `somePlaced` in everything they consist of.
    static let otherPlaced: [PlacedItems] = {
        let layer = Layer(name: "a", traits: [Trait(name: "b", weight: Weight(1), pieces: [Piece(file: "c")])])
        var project = Project(name: "", layers: [layer]), plan = CollectionPlan(seed: 0, start: 0, layerCount: 1)
        plan.append([0], configuration: 0)
        func placed() -> PlacedItems { try! PlacedItems(0..<1, of: plan, in: project) }
        var all = [placed()]
        project.background = .color(RGBA8(1, 2, 3))
        all.append(placed())
        project.layers[0].offset.x = 1
        all.append(placed())
        project.layers[0].blend = .multiply
        all.append(placed())
        project.layers[0].opacity = 0.5
        all.append(placed())
        project.layers[0].traits[0].pieces[0].file = "d"
        return all + [placed()]
    }()
    static func otherItems(_ options: inout CompositionOptions) { options.items = CompositionOptions.Items(first: 1, last: 2) }

    static let somePlace = PlanCollection.Source(folder: "a", files: ["b"])
    static let someFiles = [LinkedSource(path: "a", file: file), LinkedSource(path: "b", refused: .missing)]
    static let somePalette = [RGBA8(1, 2, 3)]
    static let someRecoloring = [Recoloring(from: RGBA8(1, 2, 3), to: RGBA8(4, 5, 6))]
    static let someFonts = FontBook(
        entries: [
            FontBook.Entry(
                request: FontRequest(families: ["A"]),
                fonts: [FontFile(path: "/a", index: 0, byteCount: 1, modified: 1, families: ["A"], weight: 400, isItalic: false)])
        ], library: "1")
    static let somePages = DeckPages(trees: [tree], options: .init(), template: file, notes: file)
    static let someGrid = PictureGrid(columns: 2, rows: 3), someColor = SVG.Color(red: 1, green: 2, blue: 3)
    static let someArea = SlideArea(x: EMU(rawValue: 1), y: EMU(rawValue: 2), width: EMU(rawValue: 3), height: EMU(rawValue: 4))
    static let someSize = SlideSize(width: EMU(rawValue: 2_000_000), height: EMU(rawValue: 3_000_000))

    @Test("Every stored property is in the key, and a change of any of them changes the digest", arguments: stages.indices)
    func complete(_ index: Int) {
        #expect(Self.stages[index].problems() == [], "\(Self.stages[index].name)")
    }

    @Test("Items that show other images, places, blend modes, opacities or backgrounds have other keys")
    func placedItems() {
        let keys = Self.otherPlaced.map {
            Artifact(DrawItems($0, images: [Self.trait], coding: Self.coding, style: Self.someStyle, start: 1)).digest
        }
        #expect(Set(keys).count == Self.otherPlaced.count)
    }

    @Test("Names are unique, and every stage and plan of the room is held to this")
    func names() throws {
        let folder = Sample.root + "/Sources/Stages"
        let sources = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        let declared = try sources.flatMap { file in
            try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).matches(of: #/public struct \w+: (Stage|Plan) /#)
        }
        #expect(Set(Self.stages.map(\.name)).count == declared.count)
    }
}
