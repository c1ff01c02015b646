public import AtelierImageCodecs
public import AtelierMemo
public import AtelierPixels

/// Turns the bytes of a WebP file into pixels, as `DecodeImage` does for the formats whose libraries are part of the program.
public struct DecodeWebP: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "image.decodeWebP"
    /// Raised when the same bytes decode to other pixels.
    public static let version = 1

    /// The file.
    public var source: Artifact<Blob>
    /// What is refused before decoding.
    public var limits: DecodeLimits
    /// The library, opened to be named here: other versions may give other pixels.
    public internal(set) var library: String

    /// A decoding of one file.
    public init(source: Artifact<Blob>, limits: DecodeLimits = .init()) {
        self.source = source
        self.limits = limits
        library = WebP.library
    }

    /// What decoding holds at its peak, by the file's header.
    public func footprint(in context: Context) -> Int {
        let file = context[source].bytes
        // What forbids decoding counts as nothing here; `run` reports it.
        return (try? WebP.decodingFootprint(of: file.span, limits: limits)) ?? 0
    }

    /// Decodes; throws `WebPError`.
    public func run(in context: Context) throws -> Raster<RGBA8> {
        let file = context[source].bytes
        return try WebP.decode(file.span, limits: limits)
    }
}
