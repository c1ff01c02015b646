import AtelierImageCodecs
import AtelierPixels

/// Decodes any bytes as a JPEG.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJPEG(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes: [UInt8] = [0xFF, 0xD8, 0xFF] + UnsafeBufferPointer(start: start, count: count).dropFirst(3)
    var limits = DecodeLimits()
    limits.maxPixels = 1 << 22
    limits.maxScanPixels = 1 << 26
    if let raster = try? decodeImage(bytes.span, limits: limits) { precondition(raster.pixels.count <= limits.maxPixels) }
    return 0
}
