public import AtelierMemo
public import AtelierSVG

/// Takes a layer or a page out of a drawing.
public struct PartOfDrawing: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "svg.part"
    /// Raised when the same drawing gives another part.
    public static let version = 1

    /// What is taken out.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The layer at a place among the root's children, with what is in no layer.
        case layer
        /// The page of some number, from 0.
        case page
    }

    /// The drawing.
    public var tree: Artifact<SVG.Tree>
    /// What is taken out of it.
    public var kind: Kind
    /// Which of them.
    public var index: Int

    /// A part of a drawing that has it.
    public init(of tree: Artifact<SVG.Tree>, _ kind: Kind, _ index: Int) {
        self.tree = tree
        self.kind = kind
        self.index = index
    }

    /// Takes it out.
    public func run(in context: Context) throws -> SVG.Tree {
        switch kind {
        case .layer: context[tree].layer(at: index)
        case .page: context[tree].page(at: index)
        }
    }
}
