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
    /// Their slides, those of the first drawing first.
    public var slides: [Artifact<Slide>]
    /// What each slide shows: a drawing, or a part of one.
    public var parts: [Artifact<SVG.Tree>]
    /// How many slides each drawing has.
    public var slideCounts: [Int]
    /// The pixels of their drawings, in the order of `Slide.drawings(of:)`.
    public var renderings: [Artifact<Rendering>]
    /// Whether what became of every single element is listed.
    public var listsElements: Bool

    /// The report on a deck; without parts and counts it has one slide for each drawing.
    public init(
        trees: [Artifact<SVG.Tree>], slides: [Artifact<Slide>], parts: [Artifact<SVG.Tree>]? = nil, slideCounts: [Int]? = nil,
        renderings: [Artifact<Rendering>] = [], listsElements: Bool = false
    ) {
        let counts = slideCounts ?? trees.map { _ in 1 }, parts = parts ?? trees
        precondition(
            trees.count == counts.count && parts.count == slides.count && counts.reduce(0, +) == slides.count,
            "a report takes every slide once, with what it shows")
        self.parts = parts
        self.trees = trees
        self.slides = slides
        self.slideCounts = counts
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
        var rest = slides[...], all = zip(slides, parts).map { SlideSummary(of: $0, from: context[$1], listed: listsElements) }[...]
        let summaries = slideCounts.map { count in
            defer { all = all.dropFirst(count) }
            return all.prefix(count).reduce(SlideSummary()) { $0 + $1 }
        }
        return ConversionReport(
            pages: zip(trees, slideCounts).map { tree, count in
                let own = Array(rest.prefix(count))
                rest = rest.dropFirst(count)
                let missing = Slide.drawings(of: own).compactMap { problems[$0] }.map { reason in
                    SVG.Diagnostic(
                        .unsupported, element: "svg", line: 0, "a picture is seen only in programs that draw SVG themselves: \(reason)")
                }
                return context[tree].diagnostics + own.flatMap(\.diagnostics) + missing
            },
            slides: summaries)
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
