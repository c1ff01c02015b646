public import AtelierMemo
public import AtelierSVG

/// Writes a resolved tree as small, clean SVG.
public struct WriteSVG: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "svg.write"
    /// Raised when the same tree gives other bytes.
    public static let version = 5

    /// What is written.
    public var tree: Artifact<SVG.Tree>

    /// The text of one tree.
    public init(tree: Artifact<SVG.Tree>) { self.tree = tree }

    /// Writes.
    public func run(in context: Context) throws -> Blob { Blob(SVG.write(context[tree])) }
}
