public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Finds the drawings of slides that need pixels and says how all become one deck.
public struct DeckOfSlides: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.deckOfSlides"
    /// Raised when the same slides take another way.
    public static let version = 1

    /// The slides in order; at least one.
    public var slides: [Artifact<Slide>]
    /// Title in the document's properties; a template keeps its own.
    public var title: String?
    /// What the speaker reads.
    public var notes: SlideNotes
    /// A presentation that the slides are put into, and the part of their layout in it.
    public var template: Artifact<Blob>?, layout: String?
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A way for some slides.
    public init(
        slides: [Artifact<Slide>], title: String?, notes: SlideNotes = .init(), template: Artifact<Blob>? = nil, layout: String? = nil
    ) {
        self.slides = slides
        self.title = title
        self.notes = notes
        self.template = template
        self.layout = layout
        self.stages = StageIdentities.fromSlides
    }

    /// Decides.
    public func plan(in context: Context) throws -> Artifact<Blob> {
        Artifact(
            PackPPTX(
                slides: slides, renderings: renderings(of: slides, in: context), title: title, notes: notes, template: template,
                layout: layout))
    }
}

/// Says what there is to report on slides, their pictures included.
public struct ReportOnSlides: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "report.onSlides"
    /// Raised when the same slides take another way.
    public static let version = 1

    /// The drawings in page order.
    public var trees: [Artifact<SVG.Tree>]
    /// Their slides, those of the first drawing first.
    public var slides: [Artifact<Slide>]
    /// What each slide shows: a drawing, or a part of one.
    public var parts: [Artifact<SVG.Tree>]
    /// How many slides each drawing has.
    public var slideCounts: [Int]
    /// Whether what became of every single element is listed.
    public var listsElements: Bool
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A report on some slides; without parts and counts one for each tree.
    public init(
        trees: [Artifact<SVG.Tree>], slides: [Artifact<Slide>], parts: [Artifact<SVG.Tree>]? = nil, slideCounts: [Int]? = nil,
        listsElements: Bool = false
    ) {
        self.trees = trees
        self.slides = slides
        self.parts = parts ?? trees
        self.slideCounts = slideCounts ?? trees.map { _ in 1 }
        self.listsElements = listsElements
        self.stages = StageIdentities.fromSlides
    }

    /// Decides.
    public func plan(in context: Context) throws -> Artifact<ConversionReport> {
        Artifact(
            ReportSlides(
                trees: trees, slides: slides, parts: parts, slideCounts: slideCounts, renderings: renderings(of: slides, in: context),
                listsElements: listsElements))
    }
}

/// The pixels of all drawings on the slides; slides that share a drawing share its pixels.
private func renderings(of slides: [Artifact<Slide>], in context: Context) -> [Artifact<Rendering>] {
    Slide.drawings(of: slides.map { context[$0] }).map { drawing in
        Artifact(RasterizeSVG(svg: .bytes(drawing.svg), width: drawing.width, height: drawing.height))
    }
}
