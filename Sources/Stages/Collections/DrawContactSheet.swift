import AtelierImageCodecs
public import AtelierLayers
public import AtelierMemo

/// Draws a range of a collection's items in small, a grid of them in one PNG picture.
///
/// Items in full size are `DrawItems`, and where a folder receives them plain work, which its journal remembers (decision 0039).
public struct DrawContactSheet: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "layers.sheet"
    /// Raised when the same items give other bytes.
    public static let version = 1

    /// The project file, nil where folders say what there is, and where it lies.
    public var project: Artifact<Blob>?, source: PlanCollection.Source
    /// The plan of the items.
    public var plan: Artifact<CollectionPlan>
    /// What the project was planned with.
    public var seed: UInt64
    /// The images of the project and the files they are of.
    public var images: [Artifact<TraitImage>], files: [String]
    /// Size of the items in pixels, and what they were multiplied with.
    public var width: Int, height: Int, from: Int, to: Int
    /// How many of the first items there are at most, and the most pixels of a cell.
    public var count: Int
    /// What compresses: another version may give other bytes.
    public internal(set) var encoder: String

    /// The first items of a plan.
    public init(
        _ project: Artifact<Blob>?, in source: PlanCollection.Source, plan: Artifact<CollectionPlan>, seed: UInt64,
        images: [(file: String, image: Artifact<TraitImage>)], size: PixelSize, scale: Scale = .whole, count: Int
    ) {
        self.project = project
        self.source = source
        self.plan = plan
        self.seed = seed
        self.images = images.map(\.image)
        files = images.map(\.file)
        (width, height, from, to) = (size.width, size.height, scale.from, scale.to)
        self.count = count
        encoder = ImageCodecs.pngEncoder
    }

    /// A sheet of at most 4096 pixels a side.
    public func footprint(in context: Context) -> Int { 4096 * 4096 * 8 }

    /// Draws; throws `DrawingError`.
    public func run(in context: Context) throws -> Blob {
        var project = try source.project(self.project.map { context[$0] })
        project.seed = seed
        let plan = context[plan]
        let images = Dictionary(zip(files, images.map { context[$0] })) { first, _ in first }
        let drawing = try Drawing(
            project, plan, images: images, size: PixelSize(width: width, height: height), scale: Scale(from: from, to: to),
            output: .png(.stored))
        return Blob(drawing.contactSheet(of: 0..<min(count, plan.count), each: context.concurrently))
    }
}
