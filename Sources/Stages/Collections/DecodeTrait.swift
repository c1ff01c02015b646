public import AtelierImageCodecs
public import AtelierLayers
public import AtelierMemo

extension TraitImage: Storable {}

/// Turns the file of a trait into an image that is ready to be drawn, at the size the collection has.
public struct DecodeTrait: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "layers.trait"
    /// Raised when the same bytes give other pixels.
    public static let version = 1

    /// The file.
    public var source: Artifact<Blob>
    /// The factor: `to` pixels for every `from`.
    public var from: Int, to: Int
    /// What is refused before decoding.
    public var limits: DecodeLimits
    /// The libraries that decode here: other versions may give other pixels.
    public internal(set) var decoders: [String]

    /// The image of one file.
    ///
    /// - Parameter isWebP: Whether it is decoded as WebP, by a library that is opened for this; it is told by the name, as what is in the file is
    ///   read later.
    public init(source: Artifact<Blob>, isWebP: Bool = false, scale: Scale = .whole, limits: DecodeLimits = .init()) {
        self.source = source
        (from, to) = (scale.from, scale.to)
        self.limits = limits
        decoders = isWebP ? [WebP.library] : ImageFormat.decoders
    }

    /// What decoding holds at its peak, by the file's header, and the image, which is at most as large as the raster.
    public func footprint(in context: Context) -> Int {
        let file = context[source].bytes
        // What forbids decoding counts as nothing here; `run` reports it.
        return (try? decodingFootprint(of: file.span, limits: limits)).map { $0 * 2 } ?? 0
    }

    /// Decodes; throws `ImageDecodingError` or `WebPError`.
    public func run(in context: Context) throws -> TraitImage {
        let file = context[source].bytes
        let isWebP = decoders != ImageFormat.decoders
        let raster = isWebP ? try WebP.decode(file.span, limits: limits) : try decodeImage(file.span, limits: limits)
        return TraitImage(raster.scaled(by: Scale(from: from, to: to)))
    }
}
