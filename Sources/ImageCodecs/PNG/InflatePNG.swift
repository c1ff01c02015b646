import AtelierPixels
import CAtelierDeflate
import CAtelierKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Decodes the kinds of PNG that nearly all are, 8 bits of RGB or RGBA without interlacing and tRNS, with libdeflate and filters of our
/// own; nil for every other kind and for whatever is not in order, which libspng then reports.
///
/// A picture of 2048 × 2048 takes less than half of libspng's time (decision 0032): inflating is faster where the whole stream is at hand, and
/// filters keep a pixel in a register.
func decodeCommonPNG(_ bytes: Span<UInt8>, _ structure: PNGStructure) -> Raster<RGBA8>? {
    guard structure.isCommon, let filteredByteCount = structure.filteredByteCount
    else { return nil }
    let pixelBytes = structure.colorType == 6 ? 4 : 3, rowBytes = structure.width * pixelBytes
    let (width, height) = (structure.width, structure.height)
    // Rows are inflated into the memory of the pixels, at its end, and moved to their places from the top: what is written never overtakes
    // what is read. The slack is what the types of the rows take, and a row for those that widen.
    let capacity = width * height + (height + rowBytes) / 4 + 32
    var isDecoded = false
    let pixels = [RGBA8](inLargePages: capacity) { output, count in
        let target = UnsafeMutableRawPointer(output.baseAddress!).assumingMemoryBound(to: UInt8.self)
        let filtered = target + capacity * 4 - filteredByteCount - 64
        isDecoded =
            bytes.withUnsafeBufferPointer { inflate($0, structure, into: filtered, count: filteredByteCount) }
            && atelier_unfilter(filtered, rowBytes, height, Int32(pixelBytes)) == 0
        guard isDecoded else { return }
        for row in 0..<height {
            let source = filtered + row * (rowBytes + 1) + 1, place = target + row * width * 4
            if pixelBytes == 4 {
                memmove(place, source, rowBytes)
            } else {
                atelier_widen(source, place, width)
            }
        }
        count = width * height
    }
    return isDecoded ? structure.orientation.upright(Raster(width: width, height: height, pixels: pixels)) : nil
}

/// Joins the image data of all IDAT chunks, whose checksums are compared, and inflates it to exactly `count` bytes; whether that went well.
private func inflate(
    _ file: UnsafeBufferPointer<UInt8>, _ structure: PNGStructure, into output: UnsafeMutablePointer<UInt8>, count: Int
) -> Bool {
    let joined = UnsafeMutablePointer<UInt8>.allocate(capacity: structure.compressedByteCount + 1)
    defer { joined.deallocate() }
    var length = 0
    for piece in structure.pieces {
        // The first piece begins with the signature.
        var position = piece.lowerBound == 0 ? PNGStructure.signature.count : piece.lowerBound
        while position < piece.upperBound {
            let chunk = file.baseAddress! + position
            func number(_ offset: Int) -> UInt32 {
                UInt32(bigEndian: UnsafeRawPointer(chunk).loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            }
            let size = Int(number(0))
            guard libdeflate_crc32(0, chunk + 4, size + 4) == number(8 + size) else { return false }
            if number(4) == 0x4944_4154 {  // IDAT
                memcpy(joined + length, chunk + 8, size)
                length += size
            }
            position += size + 12
        }
    }
    guard let decompressor = libdeflate_alloc_decompressor() else { return false }
    defer { libdeflate_free_decompressor(decompressor) }
    var (used, written) = (0, 0)
    // A zlib stream of deflate without a dictionary (RFC 1950); its own checksum finds nothing that those of the chunks do not.
    guard length > 6, joined[0] & 0x0F == 8, joined[0] >> 4 <= 7, joined[1] & 0x20 == 0, (Int(joined[0]) << 8 | Int(joined[1])) % 31 == 0,
        libdeflate_deflate_decompress_ex(decompressor, joined + 2, length - 2, output, count, &used, &written) == LIBDEFLATE_SUCCESS
    else { return false }
    return written == count && used + 2 + 4 <= length
}

extension PNGStructure {
    /// Whether this is one of the kinds that are decoded without libspng.
    var isCommon: Bool { bitDepth == 8 && !isInterlaced && !hasTransparency && (colorType == 6 || colorType == 2) }
}
