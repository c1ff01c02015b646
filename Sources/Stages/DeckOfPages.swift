public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Finds the slide size for pages of different sizes and says how they become one deck.
public struct DeckOfPages: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.deckOfPages"
    /// Raised when the same pages take another way.
    public static let version = 2

    /// The drawings in page order; at least one.
    public var trees: [Artifact<SVG.Tree>]
    /// How they become slides; the size is overruled.
    public var options: SlideOptions
    /// Title in the document's properties.
    public var title: String?
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: [String]

    /// A way for some pages.
    public init(trees: [Artifact<SVG.Tree>], options: SlideOptions, title: String?) {
        self.trees = trees
        self.options = options
        self.title = title
        self.stages = StageIdentities.toDeck
    }

    /// Decides.
    public func plan(in context: Context) throws -> Artifact<Blob> {
        Artifact(DeckOfSlides(slides: slides(of: trees, options, in: context), title: title))
    }
}

/// Says what there is to report on pages of different sizes that become one deck.
public struct ReportOnPages: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "report.onPages"
    /// Raised when the same pages take another way.
    public static let version = 2

    /// The drawings in page order; at least one.
    public var trees: [Artifact<SVG.Tree>]
    /// How they become slides; the size is overruled.
    public var options: SlideOptions
    /// Whether what became of every single element is listed.
    public var listsElements: Bool
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: [String]

    /// A report on some pages.
    public init(trees: [Artifact<SVG.Tree>], options: SlideOptions, listsElements: Bool = false) {
        self.trees = trees
        self.options = options
        self.listsElements = listsElements
        self.stages = StageIdentities.toDeck
    }

    /// Decides.
    public func plan(in context: Context) throws -> Artifact<ConversionReport> {
        Artifact(ReportOnSlides(trees: trees, slides: slides(of: trees, options, in: context), listsElements: listsElements))
    }
}

/// Every page mapped for slides of the largest page's size (by area; the first of equals): no page has to shrink much.
private func slides(of trees: [Artifact<SVG.Tree>], _ options: SlideOptions, in context: Context) -> [Artifact<Slide>] {
    var options = options
    options.size = trees.map { SlideSize(for: context[$0].size) }.reduce(nil) { largest, size in
        guard let largest, largest.area >= size.area else { return size }
        return largest
    }
    return trees.map { Artifact(SlideOfTree(tree: $0, options: options)) }
}

extension SlideSize {
    /// In square EMU; at most 51,206,400², which an `Int` holds.
    fileprivate var area: Int { width.rawValue * height.rawValue }
}
