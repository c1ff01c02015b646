public import AtelierPixels
import CAtelierSpng

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
    try limits.check(.fileBytes, bytes.count, against: limits.maxFileBytes)
    switch ImageFormat.sniff(bytes) {
    case .png: return try decodePNG(bytes, limits)
    case .jpeg: return try decodeJPEG(bytes, limits)
    case nil:
        guard let name = ImageFormat.nameOfForeignFormat(bytes) else { throw .unrecognized }
        throw .unsupportedFormat(name)
    }
}

extension DecodeLimits {
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
