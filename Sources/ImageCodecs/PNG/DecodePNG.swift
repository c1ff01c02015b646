import AtelierPixels
import CAtelierSpng

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Decodes a file that starts with the PNG signature.
func decodePNG(_ bytes: Span<UInt8>, _ limits: DecodeLimits) throws(ImageDecodingError) -> Raster<RGBA8> {
    let structure = try PNGStructure(bytes)
    let (width, height) = (structure.width, structure.height)
    guard width > 0, height > 0 else { throw .damaged(.png, "the picture has no pixels", byte: 16) }
    // At most 2⁶⁴ by the header, so the product is capped, not trusted.
    let pixelCount = width.multipliedReportingOverflow(by: height)
    try limits.check(.pixels, pixelCount.overflow ? .max : pixelCount.partialValue, against: limits.maxPixels)
    let copies = structure.orientation == .upright ? 1 : 2
    try limits.check(.decodedBytes, width * height * 4 * copies, against: limits.maxDecodedBytes)
    guard let filteredByteCount = structure.filteredByteCount else {
        let combination = "colour type \(structure.colorType) with \(structure.bitDepth) bits"
        throw .damaged(.png, "\(combination) does not exist in PNG", byte: 24)
    }
    // Deflate makes at most 1032 bytes out of one (258 out of two bits), so less data than this cannot be the picture.
    guard structure.compressedByteCount >= filteredByteCount / 1032 else {
        let held = "\(structure.compressedByteCount) bytes of image data are too few for \(width) × \(height) pixels"
        throw .damaged(.png, held, byte: nil)
    }

    var status: Int32 = 0
    let pixels = bytes.withUnsafeBufferPointer { file in
        [RGBA8](unsafeUninitializedCapacity: width * height) { output, count in
            var source = PNGSource(file: file, pieces: structure.pieces)
            status = withUnsafeMutablePointer(to: &source) { source in
                decode(source, structure, into: output)
            }
            count = status == 0 ? width * height : 0
        }
    }
    if status != 0 { throw pngError(status) }
    return structure.orientation.upright(Raster(width: width, height: height, pixels: pixels))
}

/// What the decoder reads from: the needed pieces of a file, one after the other.
private struct PNGSource {
    let file: UnsafeBufferPointer<UInt8>
    let pieces: [Range<Int>]
    var piece = 0
    /// Bytes of the current piece already read.
    var consumed = 0

    mutating func read(_ count: Int, into destination: UnsafeMutableRawPointer) -> Bool {
        var done = 0
        while done < count {
            guard piece < pieces.count else { return false }
            let left = pieces[piece].count - consumed
            let step = min(left, count - done)
            memcpy(destination + done, file.baseAddress! + pieces[piece].lowerBound + consumed, step)
            done += step
            consumed += step
            if step == left { (piece, consumed) = (piece + 1, 0) }
        }
        return true
    }
}

/// Decodes into `output`, one element per pixel, and returns libspng's status: 0 when every pixel is written.
private func decode(
    _ source: UnsafeMutablePointer<PNGSource>, _ structure: PNGStructure, into output: UnsafeMutableBufferPointer<RGBA8>
) -> Int32 {
    // Each IDAT has a CRC, which is checked; the Adler-32 over the inflated bytes would find nothing more and costs a tenth.
    guard let context = spng_ctx_new(Int32(SPNG_CTX_IGNORE_ADLER32.rawValue)) else { return Int32(SPNG_EMEM.rawValue) }
    defer { spng_ctx_free(context) }
    // A chunk that reaches the decoder decides pixels, so a wrong checksum is an error in tRNS as well.
    let action = Int32(SPNG_CRC_ERROR.rawValue)
    var status = spng_set_crc_action(context, action, action)
    if status != 0 { return status }
    status = spng_set_png_stream(
        context,
        { _, source, destination, length in
            guard let source, let destination else { return Int32(SPNG_IO_ERROR.rawValue) }
            let isRead = source.assumingMemoryBound(to: PNGSource.self).pointee.read(length, into: destination)
            return Int32(isRead ? 0 : SPNG_IO_EOF.rawValue)
        }, source)
    if status != 0 { return status }
    if structure.hasTransparency {
        // Asking for the chunk reports what is wrong with it; decoding alone would go on without transparency.
        var transparency = spng_trns()
        status = spng_get_trns(context, &transparency)
        if status != 0 { return status }
    }
    let flags = Int32(SPNG_DECODE_TRNS.rawValue)
    if structure.bitDepth < 16 {
        status = spng_decode_image(context, output.baseAddress, output.count * 4, Int32(SPNG_FMT_RGBA8.rawValue), flags)
    } else {
        status = decode16(context, structure, flags, into: output)
    }
    if status != 0 { return status }
    // The last row may be complete before the last chunk is; reading on to the end checks that chunk's checksum.
    return spng_decode_chunks(context)
}

/// Decodes samples of 16 bits row by row and rounds them; libspng's own reduction would cut the lower byte off.
private func decode16(
    _ context: OpaquePointer, _ structure: PNGStructure, _ flags: Int32, into output: UnsafeMutableBufferPointer<RGBA8>
) -> Int32 {
    var status = spng_decode_image(
        context, nil, 0, Int32(SPNG_FMT_RGBA16.rawValue), flags | Int32(SPNG_DECODE_PROGRESSIVE.rawValue))
    if status != 0 { return status }
    let row = UnsafeMutableBufferPointer<SIMD4<UInt16>>.allocate(capacity: structure.width)
    defer { row.deallocate() }
    var place = spng_row_info()
    while true {
        status = spng_get_row_info(context, &place)
        if status != 0 { return status }
        let pass = structure.isInterlaced ? Adam7.passes[Int(place.pass)] : Adam7(x: 0, y: 0, stepX: 1, stepY: 1)
        let columns = pass.columns(of: structure.width)
        status = spng_decode_scanline(context, row.baseAddress, columns * 8)
        if status != 0 && status != Int32(SPNG_EOI.rawValue) { return status }
        // For interlaced pictures libspng numbers rows as they stand in the picture.
        var target = Int(place.row_num) * structure.width + pass.x
        for column in 0..<columns {
            // Exactly round(v / 257) for every v.
            let rounded = (SIMD4<UInt32>(truncatingIfNeeded: row[column]) &* 255 &+ 32895) &>> 16
            let c = SIMD4<UInt8>(truncatingIfNeeded: rounded)
            output.initializeElement(at: target, to: RGBA8(c.x, c.y, c.z, c.w))
            target += pass.stepX
        }
        if status == Int32(SPNG_EOI.rawValue) { return 0 }
    }
}

private func pngError(_ status: Int32) -> ImageDecodingError {
    if status == Int32(SPNG_EMEM.rawValue) { return .outOfMemory }
    return .damaged(.png, String(cString: spng_strerror(status)), byte: nil)
}
