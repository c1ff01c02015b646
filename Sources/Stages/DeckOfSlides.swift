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
    /// Title in the document's properties.
    public var title: String?
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: [String]

    /// A way for some slides.
    public init(slides: [Artifact<Slide>], title: String?) {
        self.slides = slides
        self.title = title
        self.stages = StageIdentities.fromSlides
    }

    /// Decides.
    public func plan(in context: Context) throws -> Artifact<Blob> {
        Artifact(PackPPTX(slides: slides, renderings: renderings(of: slides, in: context), title: title))
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
    /// Their slides.
    public var slides: [Artifact<Slide>]
    /// Whether what became of every single element is listed.
    public var listsElements: Bool
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: [String]

    /// A report on some slides; as many as trees.
    public init(trees: [Artifact<SVG.Tree>], slides: [Artifact<Slide>], listsElements: Bool = false) {
        self.trees = trees
        self.slides = slides
        self.listsElements = listsElements
        self.stages = StageIdentities.fromSlides
    }

    /// Decides.
    public func plan(in context: Context) throws -> Artifact<ConversionReport> {
        Artifact(ReportSlides(trees: trees, slides: slides, renderings: renderings(of: slides, in: context), listsElements: listsElements))
    }
}

/// The pixels of all drawings on the slides; slides that share a drawing share its pixels.
private func renderings(of slides: [Artifact<Slide>], in context: Context) -> [Artifact<Rendering>] {
    Slide.drawings(of: slides.map { context[$0] }).map { drawing in
        Artifact(RasterizeSVG(svg: .bytes(drawing.svg), width: drawing.width, height: drawing.height))
    }
}
