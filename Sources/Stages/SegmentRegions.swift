public import AtelierImageTracing
public import AtelierMemo
public import AtelierPixels

/// Finds the regions of a quantised picture and their shared sub-pixel boundaries.
public struct SegmentRegions: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.segment"
    /// Raised when the same colours give other regions.
    public static let version = 7

    /// The picture, for the coverage of anti-aliased pixels.
    public var image: Artifact<Raster<RGBA8>>
    /// Its palette and labels.
    public var quantized: Artifact<QuantizedImage>
    /// What counts as a region.
    public var options: SegmentOptions

    /// A segmentation of one picture.
    public init(image: Artifact<Raster<RGBA8>>, quantized: Artifact<QuantizedImage>, options: SegmentOptions = .init()) {
        self.image = image
        self.quantized = quantized
        self.options = options
    }

    /// Working planes of about 24 bytes a pixel.
    public func footprint(in context: Context) -> Int { context[image].pixels.count * 24 }

    /// Segments.
    public func run(in context: Context) throws -> Segmentation {
        let regions = segment(
            context[image], context[quantized], options, each: context.concurrently, isCancelled: { context.isCancelled })
        try context.checkCancellation()
        return regions
    }
}
