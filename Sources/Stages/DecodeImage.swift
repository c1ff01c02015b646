public import AtelierImageCodecs
public import AtelierMemo
public import AtelierPixels

extension ImageFormat {
    /// What decodes each format here, in the order of the cases.
    static let decoders = allCases.map(\.decoder)
}

/// Turns the bytes of a PNG or JPEG file into pixels.
public struct DecodeImage: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "image.decode"
    /// Raised when the same bytes decode to other pixels.
    public static let version = 1

    /// The file.
    public var source: Artifact<Blob>
    /// What is refused before decoding.
    public var limits: DecodeLimits
    /// The libraries that decode here: other versions may give other pixels.
    public internal(set) var decoders: [String]

    /// A decoding of one file.
    public init(source: Artifact<Blob>, limits: DecodeLimits = .init()) {
        self.source = source
        self.limits = limits
        self.decoders = ImageFormat.decoders
    }

    /// What decoding holds at its peak, by the file's header.
    public func footprint(in context: Context) -> Int {
        let file = context[source].bytes
        // What forbids decoding counts as nothing here; `run` reports it.
        return (try? decodingFootprint(of: file.span, limits: limits)) ?? 0
    }

    /// Decodes; throws `ImageDecodingError`.
    public func run(in context: Context) throws -> Raster<RGBA8> {
        let file = context[source].bytes
        return try decodeImage(file.span, limits: limits)
    }
}
