import AtelierArchives
public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Maps a resolved SVG tree to the native shapes of one slide.
public struct MapSlide: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.map"
    /// Raised when the same tree gives another slide.
    public static let version = 14

    /// The drawing.
    public var tree: Artifact<SVG.Tree>
    /// How it becomes a slide.
    public var options: SlideOptions
    /// Answers to questions on its outlines that take long; they change no result.
    public var outlines: [Artifact<OutlineAnswer>]
    /// Version of the compressing library: a slide is kept as it lies in the package, and its bytes may differ.
    public internal(set) var library: String

    /// The slide of one drawing.
    public init(tree: Artifact<SVG.Tree>, options: SlideOptions = .init(), outlines: [Artifact<OutlineAnswer>] = []) {
        self.tree = tree
        self.options = options
        self.outlines = outlines
        self.library = Archives.libraryVersion
    }

    /// A slide's XML takes about three times the tree.
    public func footprint(in context: Context) -> Int { context[tree].byteCount * 3 }

    /// Maps.
    public func run(in context: Context) throws -> Slide {
        let slide = mapSlide(context[tree], options, knowing: answers(of: outlines, in: context)) { context.isCancelled }
        try context.checkCancellation()
        return slide
    }
}
