import AtelierGeometry
public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Finds the costly work of mapping a drawing and says how it becomes a slide: each piece of it as an artifact of its own, the
/// rest in line (decision 0023).
public struct SlideOfTree: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.slideOfTree"
    /// Raised when the same drawing takes another way.
    public static let version = 1

    /// The drawing.
    public var tree: Artifact<SVG.Tree>
    /// How it becomes a slide.
    public var options: SlideOptions
    /// Answers on outlines that are there already.
    public var outlines: [Artifact<OutlineAnswer>]
    /// How often answers may lead to further questions; what is left then is done in line.
    public var rounds: Int
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A way for one drawing.
    public init(tree: Artifact<SVG.Tree>, options: SlideOptions = .init()) {
        self.init(tree: tree, options: options, outlines: [], rounds: 3)
    }

    private init(tree: Artifact<SVG.Tree>, options: SlideOptions, outlines: [Artifact<OutlineAnswer>], rounds: Int) {
        self.tree = tree
        self.options = options
        self.outlines = outlines
        self.rounds = rounds
        self.stages = StageIdentities.toSlide
    }

    /// Decides.
    public func plan(in context: Context) throws -> Artifact<Slide> {
        let work =
            rounds == 0 ? [] : costlyWork(of: context[tree], options, knowing: answers(of: outlines, in: context))
        if work.isEmpty { return Artifact(MapSlide(tree: tree, options: options, outlines: outlines)) }
        return Artifact(
            SlideOfTree(
                tree: tree, options: options, outlines: outlines + work.map { Artifact(AnswerOutline($0)) }, rounds: rounds - 1))
    }
}

/// Finds answers by the identity of their questions.
func answers(of outlines: [Artifact<OutlineAnswer>], in context: Context) -> (OutlineWork) -> OutlineAnswer? {
    if outlines.isEmpty { return { _ in nil } }
    let known = Dictionary(outlines.map { ($0.digest, context[$0]) }) { first, _ in first }
    return { known[Artifact(AnswerOutline($0)).digest] }
}
