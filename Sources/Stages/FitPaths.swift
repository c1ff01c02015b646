public import AtelierImageTracing
public import AtelierMemo

/// Fits corners, lines and cubics to the boundaries of a segmentation and orders them into layers.
public struct FitPaths: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.fit"
    /// Raised when the same boundaries give other paths.
    public static let version = 11

    /// Regions and boundaries.
    public var segmentation: Artifact<Segmentation>
    /// How closely and smoothly paths follow boundaries.
    public var options: FitOptions

    /// A fit of one segmentation.
    public init(segmentation: Artifact<Segmentation>, options: FitOptions = .init()) {
        self.segmentation = segmentation
        self.options = options
    }

    /// Points and prefix sums of one chain at a time, and the paths.
    public func footprint(in context: Context) -> Int { context[segmentation].byteCount }

    /// Fits.
    public func run(in context: Context) throws -> TracedDrawing {
        let drawing = fit(context[segmentation], options, each: context.concurrently) { context.isCancelled }
        try context.checkCancellation()
        return drawing
    }
}
