import AtelierGeometry
public import AtelierMemo
public import AtelierSVG

/// Finds the size of a drawing and says how it becomes a picture.
public struct RasterizeDrawing: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "svg.rasterizeDrawing"
    /// Raised when the same drawing takes another way.
    public static let version = 1

    /// The document, and the same read.
    public var svg: Artifact<Blob>, tree: Artifact<SVG.Tree>
    /// How large the picture is.
    public var size: RenderingSize
    /// Most pixels of it.
    public var maxPixels: Int
    /// The stage the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A way for one drawing.
    public init(svg: Artifact<Blob>, tree: Artifact<SVG.Tree>, size: RenderingSize, maxPixels: Int) {
        self.svg = svg
        self.tree = tree
        self.size = size
        self.maxPixels = maxPixels
        self.stages = StageIdentities.toPicture
    }

    /// Decides; throws `RenderingTooLarge`.
    public func plan(in context: Context) throws -> Artifact<Rendering> {
        let drawing = context[tree].size
        let (width, height) = size.pixels(for: (drawing.width, drawing.height))
        guard width * height <= maxPixels else { throw RenderingTooLarge(width: width, height: height, limit: maxPixels) }
        return Artifact(RasterizeSVG(svg: svg, width: width, height: height))
    }
}

/// A picture with more pixels than are allowed.
public struct RenderingTooLarge: Error, Equatable, CustomStringConvertible {
    /// Columns and rows, and most pixels.
    public var width: Int, height: Int, limit: Int

    /// One sentence: what, and what would help.
    public var description: String {
        "a picture of \(width) x \(height) has more pixels than the limit of \(limit); choose a smaller one or raise max-pixels"
    }
}
