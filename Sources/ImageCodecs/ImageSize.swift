/// Width and height of a PNG or JPEG file in pixels, as stored: before its note on which way up it is.
///
/// Reads headers only, but walks the whole file, so that one that is cut short is found. Throws what `decodeImage` would throw before it
/// decodes.
/// - Complexity: O(chunks) for PNG, O(file) for JPEG, about a nanosecond for each byte.
public func imageSize(
    of bytes: Span<UInt8>, limits: DecodeLimits = DecodeLimits()
) throws(ImageDecodingError) -> (format: ImageFormat, width: Int, height: Int) {
    let format = try limits.format(of: bytes)
    switch format {
    case .png:
        let structure = try PNGStructure(bytes)
        _ = try structure.decodedByteCount(within: limits)
        return (format, structure.width, structure.height)
    case .jpeg:
        let structure = try JPEGStructure(bytes)
        _ = try structure.decodedByteCount(within: limits, fileByteCount: bytes.count)
        return (format, structure.width, structure.height)
    }
}

/// Width and height of a PNG, JPEG or WebP file in pixels, by its headers; of WebP as it is decoded, of the others as stored.
///
/// Throws `ImageDecodingError` or `WebPError`.
public func pictureSize(of bytes: Span<UInt8>, limits: DecodeLimits = DecodeLimits()) throws -> (width: Int, height: Int) {
    if WebP.sniff(bytes) { return try WebP.imageSize(of: bytes, limits: limits) }
    let size = try imageSize(of: bytes, limits: limits)
    return (size.width, size.height)
}
