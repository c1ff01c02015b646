public import AtelierPixels

/// Decodes a PNG or JPEG file into sRGB pixels with straight alpha.
///
///     let raster = try decodeImage(file.span)
///
/// - **Colour.** Samples are taken as sRGB: gAMA, cHRM, sRGB, iCCP, cICP and embedded ICC profiles are not applied.
///   Samples of 16 bits are rounded to 8, shallower ones scaled to the full range. CMYK and YCCK JPEG are read as
///   Adobe writes them (inverted) and converted without a profile: R = C × K ÷ 255 of the stored samples, rounded.
/// - **Alpha.** From the PNG's alpha channel or tRNS chunk; JPEG is opaque. Colours under alpha 0 are kept as stored.
/// - **Orientation.** The picture stands upright: Exif orientation 1–8 is applied (JPEG APP1, PNG eXIf).
/// - **Animation.** Of an animated PNG, the default image.
/// - **Damage.** A file that is cut short or contradicts its format is an error, never a partly grey picture; see
///   `docs/formats/images.md`. Metadata that does not change pixels is skipped unread, whatever its state.
///
/// The same bytes give the same raster on every processor (the accurate integer DCT, no floating point).
///
/// - Parameters:
///   - bytes: The whole file. Its content decides the format.
///   - limits: What it may cost; checked before decoding.
/// - Returns: A raster of at least one pixel.
/// - Complexity: O(file + pixels); the memory is bounded by `limits.maxDecodedBytes`.
public func decodeImage(
    _ bytes: Span<UInt8>, limits: DecodeLimits = DecodeLimits()
) throws(ImageDecodingError) -> Raster<RGBA8> {
    switch try limits.format(of: bytes) {
    case .png: try decodePNG(bytes, limits)
    case .jpeg: try decodeJPEG(bytes, limits)
    }
}

/// Bytes that decoding this file will hold at its peak beside the file, as `DecodeLimits.maxDecodedBytes` counts them.
///
/// Reads headers only. Throws what `decodeImage` would throw before it decodes: for a format or feature that is not read,
/// a file that is cut short, a limit.
///
/// - Complexity: O(chunks) for PNG, O(file) for JPEG, about a nanosecond for each byte.
public func decodingFootprint(
    of bytes: Span<UInt8>, limits: DecodeLimits = DecodeLimits()
) throws(ImageDecodingError) -> Int {
    switch try limits.format(of: bytes) {
    case .png: try PNGStructure(bytes).decodedByteCount(within: limits)
    case .jpeg: try JPEGStructure(bytes).decodedByteCount(within: limits, fileByteCount: bytes.count)
    }
}

extension DecodeLimits {
    /// The format of a file that is small enough; throws when there is none.
    func format(of bytes: Span<UInt8>) throws(ImageDecodingError) -> ImageFormat {
        try check(.fileBytes, bytes.count, against: maxFileBytes)
        if let format = ImageFormat.sniff(bytes) { return format }
        guard let name = ImageFormat.nameOfForeignFormat(bytes) else { throw .unrecognized }
        throw .unsupportedFormat(name)
    }

    /// Throws when `value` exceeds `limit`.
    func check(_ quantity: ImageDecodingError.Quantity, _ value: Int, against limit: Int) throws(ImageDecodingError) {
        if value > limit { throw .tooLarge(quantity, value: value, limit: limit) }
    }

    /// Throws when a picture of this size is too large; both sides are below 2³².
    func check(width: Int, height: Int) throws(ImageDecodingError) {
        try check(.side, max(width, height), against: maxSide)
        let pixelCount = width.multipliedReportingOverflow(by: height)
        try check(.pixels, pixelCount.overflow ? .max : pixelCount.partialValue, against: maxPixels)
    }
}
