/// What a picture may cost; checked against the file's header before anything is decoded.
///
///     var limits = DecodeLimits()
///     limits.maxPixels = 4_000_000
///     let raster = try decodeImage(bytes, limits: limits)
///
/// With the defaults, decoding holds at most `maxDecodedBytes` beside the file.
public struct DecodeLimits: Codable, Hashable, Sendable {
    /// Size of the file, in bytes. Default: 256 MiB.
    public var maxFileBytes = 256 << 20
    /// Width × height, in pixels. Default: 2²⁶ ≈ 67 million, a picture of 8192 × 8192.
    public var maxPixels = 1 << 26
    /// Memory a decode holds at its peak, in bytes: the raster (4 per pixel), the coefficients of a JPEG with several scans
    /// (up to 8 per pixel), the copy that turns a rotated picture upright (4 per pixel). Default: 1 GiB.
    public var maxDecodedBytes = 1 << 30
    /// Pixels × scans of a JPEG, pictures under a megapixel counted as one megapixel: a few bytes of progressive data
    /// can ask for a pass over the whole picture. Arithmetic coding, 16 times as slow and able to describe a picture in
    /// almost no bytes, counts sixteenfold. Default: 2³⁰, ten scans of 100 megapixels.
    public var maxScanPixels = 1 << 30

    /// The defaults.
    public init() {}
}
