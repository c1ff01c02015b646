public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Collects the diagnostics of a deck: what reading each page found, then what mapping it found, then which pictures are missing.
public struct ReportSlides: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "report.slides"
    /// Raised when the same slides give another report.
    public static let version = 2

    /// The drawings in page order.
    public var trees: [Artifact<SVG.Tree>]
    /// Their slides.
    public var slides: [Artifact<Slide>]
    /// The pixels of their drawings, in the order of `Slide.drawings(of:)`.
    public var renderings: [Artifact<Rendering>]
    /// Whether what became of every single element is listed.
    public var listsElements: Bool

    /// The report on a deck; as many slides as trees.
    public init(
        trees: [Artifact<SVG.Tree>], slides: [Artifact<Slide>], renderings: [Artifact<Rendering>] = [], listsElements: Bool = false
    ) {
        precondition(trees.count == slides.count, "a report takes one slide for each drawing")
        self.trees = trees
        self.slides = slides
        self.renderings = renderings
        self.listsElements = listsElements
    }

    /// Collects.
    public func run(in context: Context) throws -> ConversionReport {
        let slides = slides.map { context[$0] }
        var problems: [Drawing: String] = [:]
        for (drawing, rendering) in zip(Slide.drawings(of: slides), renderings) {
            if case .failed(let reason) = context[rendering] { problems[drawing] = reason }
        }
        return ConversionReport(
            pages: zip(trees, slides).map { tree, slide in
                let missing = Slide.drawings(of: [slide]).compactMap { problems[$0] }.map { reason in
                    SVG.Diagnostic(
                        .unsupported, element: "svg", line: 0, "a picture is seen only in programs that draw SVG themselves: \(reason)")
                }
                return context[tree].diagnostics + slide.diagnostics + missing
            },
            slides: zip(trees, slides).map { SlideSummary(of: $1, from: context[$0], listed: listsElements) })
    }
}

/// Collects the diagnostics of reading one SVG document.
public struct ReportTree: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "report.tree"
    /// Raised when the same tree gives another report.
    public static let version = 1

    /// The document; nil for a picture, which is traced and has nothing to report.
    public var tree: Artifact<SVG.Tree>?

    /// The report on one document.
    public init(tree: Artifact<SVG.Tree>?) { self.tree = tree }

    /// Collects.
    public func run(in context: Context) throws -> ConversionReport {
        ConversionReport(pages: [tree.map { context[$0].diagnostics } ?? []])
    }
}
