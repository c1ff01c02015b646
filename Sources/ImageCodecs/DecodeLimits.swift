/// What a picture may cost; checked against the file's header before anything is decoded.
///
///     var limits = DecodeLimits()
///     limits.maxPixels = 4_000_000
///     let raster = try decodeImage(bytes, limits: limits)
///
/// With the defaults, decoding holds at most `maxDecodedBytes` and 32 MB beside the file.
public struct DecodeLimits: Codable, Hashable, Sendable {
    /// Size of the file, in bytes. Default: 256 MiB.
    public var maxFileBytes = 256 << 20
    /// Width × height, in pixels. Default: 50 million, the largest pictures of telephones.
    public var maxPixels = 50_000_000
    /// Width and height, each, in pixels: a picture one pixel wide costs by its rows, one pixel high by the buffers for a row.
    /// Default: 1 million.
    public var maxSide = 1_000_000
    /// Memory a decode holds at its peak, in bytes: the raster (4 per pixel), the coefficients of a JPEG with several scans
    /// (up to 8 per pixel), the copy that turns a rotated picture upright (4 per pixel), the copy of a JPEG with oddities to
    /// put right (its size), the joined image data of a PNG (its size). Buffers for rows, at most 32 bytes for each pixel of the width, come on top. Default: 1 GiB.
    public var maxDecodedBytes = 1 << 30
    /// Pixels × scans of a JPEG, since a few bytes of progressive data can ask for another pass over the whole picture.
    /// Pictures under two megapixels count as two, for what each scan costs by itself; arithmetic coding counts
    /// sixteenfold, being slower and able to describe a picture in no bytes at all. Default: 2³⁰, which is 21 scans of
    /// 50 megapixels, or 512 scans of a small picture.
    public var maxScanPixels = 1 << 30

    /// The defaults.
    public init() {}
}
