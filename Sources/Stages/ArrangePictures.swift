public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// Puts drawings into the cells of a grid.
public struct ArrangePictures: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.arrange"
    /// Raised when the same drawings give another one.
    public static let version = 1

    /// The drawings in reading order; at most as many as the grid takes.
    public var trees: [Artifact<SVG.Tree>]
    /// Columns and rows.
    public var grid: PictureGrid
    /// Extent of the whole.
    public var width: EMU, height: EMU
    /// Distance to the edges and between the drawings, in points.
    public var margin: Double
    /// How each is brought into its cell.
    public var fit: SlideFit

    /// A grid of drawings.
    public init(_ trees: [Artifact<SVG.Tree>], in grid: PictureGrid, width: EMU, height: EMU, margin: Double, fit: SlideFit) {
        self.trees = trees
        self.grid = grid
        self.width = width
        self.height = height
        self.margin = margin
        self.fit = fit
    }

    /// Arranges.
    public func run(in context: Context) throws -> SVG.Tree {
        arrange(trees.map { context[$0] }, in: grid, width: width, height: height, margin: margin * 4 / 3, fit: fit)
    }
}
