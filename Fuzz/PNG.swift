import AtelierImageCodecs
import AtelierPixels

/// Decodes any bytes as a PNG, with the checksums of its chunks set right: hardly a changed file would get past them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPNG(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + UnsafeBufferPointer(start: start, count: count).dropFirst(8)
    var chunk = 8
    while bytes.count - chunk >= 12 {
        let length = bytes[chunk..<chunk + 4].reduce(0) { $0 << 8 | Int($1) }
        guard length <= bytes.count - chunk - 12 else { break }
        let end = chunk + 8 + length
        let checksum = crc32(bytes[chunk + 4..<end])
        for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * index)) }
        chunk = end + 4
    }
    var limits = DecodeLimits()
    limits.maxPixels = 1 << 22
    if let raster = try? decodeImage(bytes.span, limits: limits) { precondition(raster.pixels.count <= limits.maxPixels) }
    return 0
}

private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
}
