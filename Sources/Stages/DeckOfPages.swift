import AtelierGeometry
public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Looks at drawings and says how they become one deck: which parts of them are slides, how large slides are, what template they go into.
public struct DeckOfPages: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.deckOfPages"
    /// Raised when the same pages take another way.
    public static let version = 2

    /// What the deck is made of.
    public var pages: DeckPages
    /// Title in the document's properties; a template keeps its own.
    public var title: String?
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A way for some pages.
    public init(_ pages: DeckPages, title: String?) {
        self.pages = pages
        self.title = title
        self.stages = StageIdentities.toDeck
    }

    /// Decides; throws `DeckError` and `TemplateError`.
    public func plan(in context: Context) throws -> Artifact<Blob> {
        let layout = try DeckLayout(of: pages, in: context)
        return Artifact(
            DeckOfSlides(slides: layout.slides, title: title, notes: layout.notes, template: pages.template, layout: layout.layout))
    }
}

/// Says what there is to report on pages that become one deck.
public struct ReportOnPages: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "report.onPages"
    /// Raised when the same pages take another way.
    public static let version = 2

    /// What the deck is made of.
    public var pages: DeckPages
    /// Whether what became of every single element is listed.
    public var listsElements: Bool
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A report on some pages.
    public init(_ pages: DeckPages, listsElements: Bool = false) {
        self.pages = pages
        self.listsElements = listsElements
        self.stages = StageIdentities.toDeck
    }

    /// Decides; throws `DeckError` and `TemplateError`.
    public func plan(in context: Context) throws -> Artifact<ConversionReport> {
        let layout = try DeckLayout(of: pages, in: context)
        return Artifact(
            ReportOnSlides(
                trees: pages.trees, slides: layout.reported, parts: layout.parts, slideCounts: layout.slideCounts,
                listsElements: listsElements))
    }
}

/// Says what the slides show that some pages become.
public struct ShowPages: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "report.showPages"
    /// Raised when the same pages take another way.
    public static let version = 1

    /// What the deck is made of.
    public var pages: DeckPages
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// What some pages show.
    public init(_ pages: DeckPages) {
        self.pages = pages
        self.stages = StageIdentities.toShown
    }

    /// Decides; throws `DeckError` and `TemplateError`.
    public func plan(in context: Context) throws -> Artifact<Blob> {
        let layout = try DeckLayout(of: pages, in: context)
        return Artifact(ShowSlides(trees: layout.shown, slides: layout.slides, options: layout.options))
    }
}

/// What a deck is made of.
public struct DeckPages: Sendable, Encodable {
    /// The drawings, one for each file; at least one.
    public var trees: [Artifact<SVG.Tree>]
    /// How they become slides; without a size that of the largest is taken, with a template its own.
    public var options: SlideOptions
    /// Which parts of them are slides.
    public var deck: DeckOptions
    /// A presentation that the slides are put into.
    public var template: Artifact<Blob>?
    /// A text file with the notes of the slides.
    public var notes: Artifact<Blob>?

    /// A deck from its parts.
    public init(
        trees: [Artifact<SVG.Tree>], options: SlideOptions, deck: DeckOptions = .init(), template: Artifact<Blob>? = nil,
        notes: Artifact<Blob>? = nil
    ) {
        self.trees = trees
        self.options = options
        self.deck = deck
        self.template = template
        self.notes = notes
    }
}

/// What was decided about a deck.
private struct DeckLayout {
    /// The slides in order.
    var slides: [Artifact<Slide>] = []
    /// The drawing on each of them, and how all are mapped.
    var shown: [Artifact<SVG.Tree>] = [], options = SlideOptions()
    /// The slides that the report looks at, those of the first file first, and how many each file has. In a grid they are the pictures
    /// apart, so that each finding has its file.
    var reported: [Artifact<Slide>] = [], slideCounts: [Int] = []
    /// What each of those shows.
    var parts: [Artifact<SVG.Tree>] = []
    var notes = SlideNotes()
    /// Part of the template's layout.
    var layout: String?

    /// A slide, or a picture of a grid.
    private struct Picture {
        var tree: Artifact<SVG.Tree>, size: Size, summary: String?
    }

    init(of pages: DeckPages, in context: Context) throws {
        var options = pages.options
        let pictures = try pages.trees.indices.map { try Self.pictures(of: pages, $0, in: context) }
        if let template = pages.template {
            if options.size != nil { throw DeckError.sizeOfTemplate }
            let presentation = try PresentationTemplate(reading: context[template].withUnsafeBytes(Array.init))
            let place = try presentation.place(layout: pages.deck.layout, placeholder: pages.deck.placeholder)
            options.size = presentation.size
            options.area = place.area
            options.showsTitle = place.layout.hasTitle
            layout = place.layout.part
        }
        let size = options.size ?? (pages.deck.grid == nil ? Self.largest(pictures.joined().map(\.size)) : nil) ?? .wide
        options.size = size

        let all = pictures.flatMap(\.self)
        if let grid = pages.deck.grid {
            let (width, height) = (options.area?.width ?? size.width, options.area?.height ?? size.height)
            var inside = options
            inside.fit = .contain
            for start in stride(from: 0, to: all.count, by: grid.count) {
                let some = all[start..<min(start + grid.count, all.count)]
                let arranged = ArrangePictures(
                    some.map(\.tree), in: grid, width: width, height: height, margin: pages.deck.margin, fit: options.fit)
                shown.append(Artifact(arranged))
                slides.append(Artifact(SlideOfTree(tree: Artifact(arranged), options: inside)))
                notes.texts.append(Self.text(of: some.compactMap(\.summary)))
            }
            var apart = options
            let cell = SlideArea(
                x: EMU(rawValue: 0), y: EMU(rawValue: 0), width: EMU(rawValue: width.rawValue / grid.columns),
                height: EMU(rawValue: height.rawValue / grid.rows))
            (apart.area, apart.builds, apart.showsTitle) = (cell, false, false)
            reported = all.map { Artifact(SlideOfTree(tree: $0.tree, options: apart)) }
            self.options = inside
        } else {
            shown = all.map(\.tree)
            self.options = options
            slides = all.map { Artifact(SlideOfTree(tree: $0.tree, options: options)) }
            notes.texts = all.map { Self.text(of: [$0.summary].compactMap(\.self)) }
            reported = slides
        }
        slideCounts = pictures.map(\.count)
        parts = all.map(\.tree)

        if let file = pages.notes {
            notes = SlideNotes(written: String(decoding: context[file].bytes, as: UTF8.self))
            if notes.texts.count > slides.count { throw DeckError.tooManyNotes(count: notes.texts.count, slides: slides.count) }
        } else if !pages.deck.notesFromDescriptions {
            notes = SlideNotes()
        }
    }

    private static func text(of summaries: [String]) -> String? { summaries.isEmpty ? nil : summaries.joined(separator: "\n") }

    private static func pictures(of pages: DeckPages, _ file: Int, in context: Context) throws -> [Picture] {
        let artifact = pages.trees[file], tree = context[artifact]
        switch pages.deck.pages {
        case .layers:
            let layers = tree.layers
            if layers.isEmpty { throw DeckError.noLayers }
            return layers.map { place in
                Picture(
                    tree: Artifact(PartOfDrawing(of: artifact, .layer, place)), size: tree.size, summary: tree.layer(at: place).summary)
            }
        case .pages where !tree.pages.isEmpty:
            return tree.pages.indices.map { index in
                Picture(
                    tree: Artifact(PartOfDrawing(of: artifact, .page, index)), size: tree.pages[index].frame.size,
                    summary: index == 0 ? tree.summary : nil)
            }
        case .files, .pages:
            return [Picture(tree: artifact, size: tree.size, summary: tree.summary)]
        }
    }

    /// The slide size of the largest picture by area (the first of equals): none has to shrink much.
    private static func largest(_ sizes: [Size]) -> SlideSize? {
        sizes.map { SlideSize(for: $0) }.reduce(nil) { largest, size in
            guard let largest, largest.area >= size.area else { return size }
            return largest
        }
    }
}

extension SlideSize {
    /// In square EMU; at most 51,206,400², which an `Int` holds.
    fileprivate var area: Int { width.rawValue * height.rawValue }
}
