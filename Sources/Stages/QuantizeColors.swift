public import AtelierImageTracing
public import AtelierMemo
public import AtelierPixels

/// Chooses the palette of a picture and gives every flat pixel its colour.
public struct QuantizeColors: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.quantize"
    /// Raised when the same picture gives other colours.
    public static let version = 5

    /// The picture.
    public var image: Artifact<Raster<RGBA8>>
    /// How colours are chosen.
    public var options: QuantizeOptions

    /// A quantisation of one picture.
    public init(image: Artifact<Raster<RGBA8>>, options: QuantizeOptions = .init()) {
        self.image = image
        self.options = options
    }

    /// Working planes of about 16 bytes a pixel.
    public func footprint(in context: Context) -> Int { context[image].pixels.count * 16 }

    /// Quantises.
    public func run(in context: Context) throws -> QuantizedImage {
        let quantized = quantize(context[image], options, each: context.concurrently) { context.isCancelled }
        try context.checkCancellation()
        return quantized
    }
}
