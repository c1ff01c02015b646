import AtelierJSON
public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Writes what slides show and what became of every element, as JSON: an array with an object for each slide.
///
/// `svg` is the resolved drawing where it lies on the slide, whose elements carry their places as `data-node`; it is left out where it
/// is larger than `mostBytes`. `width_emu` and `height_emu` are the slide's, `background` its colour where one was asked for.
/// `elements` are as in docs/formats/command-json.md, each with its place (`node`), `totals` counts them by outcome.
public struct ShowSlides: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "report.showSlides"
    /// Raised when the same slides give other bytes.
    public static let version = 1
    /// The largest drawing that is shown.
    public static let mostBytes = 8 << 20

    /// The drawing on each slide, and the slides.
    public var trees: [Artifact<SVG.Tree>], slides: [Artifact<Slide>]
    /// How the drawings became slides.
    public var options: SlideOptions
    /// The stage that writes drawings as these are written: another version may give other bytes.
    public internal(set) var writer: String

    /// What some slides show.
    public init(trees: [Artifact<SVG.Tree>], slides: [Artifact<Slide>], options: SlideOptions) {
        precondition(trees.count == slides.count, "a slide shows one drawing")
        self.trees = trees
        self.slides = slides
        self.options = options
        self.writer = StageIdentities.of(WriteSVG.self)
    }

    /// The text of the drawings, and as JSON.
    public func footprint(in context: Context) -> Int { trees.reduce(0) { $0 + context[$1].byteCount } }

    /// Writes.
    public func run(in context: Context) throws -> Blob {
        let shown = zip(trees, slides).map { tree, slide in
            let (tree, slide) = (context[tree], context[slide])
            // The slide itself is no node of the drawing, so the places in it begin with 0 for the drawing's root.
            let svg = SVG.write(placed(tree, options), placesFrom: -1)
            let summary = SlideSummary(of: slide, from: tree, listed: true)
            return JSON.object([
                "svg": svg.count > Self.mostBytes ? nil : .string(String(decoding: svg, as: UTF8.self)),
                "width_emu": .integer(slide.size.width.rawValue), "height_emu": .integer(slide.size.height.rawValue),
                "background": options.background.map { .string($0.written) },
                "totals": summary.json,
                "elements": .array(summary.decisions.enumerated().map { $1.json(at: $0) }),
            ])
        }
        return Blob(JSON.array(shown).bytes)
    }
}
