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
    _ = try structure.decodedByteCount(within: limits)
    if let raster = decodeCommonPNG(bytes, structure) { return raster }
    let (width, height) = (structure.width, structure.height)

    var (status, position): (Int32, Int) = (0, 0)
    let pixels = bytes.withUnsafeBufferPointer { file in
        [RGBA8](inLargePages: width * height) { output, count in
            var source = PNGSource(file: file, pieces: structure.pieces)
            status = withUnsafeMutablePointer(to: &source) { source in
                decode(source, structure, into: output)
            }
            count = status == 0 ? width * height : 0
            position = source.position
        }
    }
    if status == Int32(SPNG_EMEM.rawValue) { throw .outOfMemory }
    // The decoder reads image data in steps of 8 KiB, so damage there lies up to as much before.
    if status != 0 { throw .damaged(.png, String(cString: spng_strerror(status)), byte: position) }
    return structure.orientation.upright(Raster(width: width, height: height, pixels: pixels))
}

extension PNGStructure {
    /// Bytes a decode will hold at its peak, as `DecodeLimits.maxDecodedBytes` counts them; throws when the header or the
    /// limits forbid the decode.
    func decodedByteCount(within limits: DecodeLimits) throws(ImageDecodingError) -> Int {
        guard width > 0, height > 0 else { throw .damaged(.png, "the picture has no pixels", byte: 16) }
        try limits.check(width: width, height: height)
        // The image data is joined where libdeflate inflates it; the raster alone is what the header decides.
        let byteCount = width * height * 4 * (orientation == .upright ? 1 : 2) + (isCommon ? compressedByteCount : 0)
        try limits.check(.decodedBytes, byteCount, against: limits.maxDecodedBytes)
        guard let filteredByteCount else {
            throw .damaged(.png, "colour type \(colorType) with \(bitDepth) bits does not exist in PNG", byte: 24)
        }
        // Deflate makes at most 1032 bytes out of one (258 out of two bits), so less data than this cannot be the picture.
        guard compressedByteCount >= filteredByteCount / 1032 else {
            let held = "\(compressedByteCount) bytes of image data are too few for \(width) × \(height) pixels"
            throw .damaged(.png, held, byte: nil)
        }
        return byteCount
    }
}

/// What the decoder reads from: the needed pieces of a file, one after the other.
private struct PNGSource {
    let file: UnsafeBufferPointer<UInt8>
    let pieces: [Range<Int>]
    var piece = 0
    /// Bytes of the current piece already read.
    var consumed = 0

    /// The byte of the file up to which has been read.
    var position: Int { piece < pieces.count ? pieces[piece].lowerBound + consumed : pieces.last!.upperBound }

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
    var transparency = spng_trns()
    if structure.hasTransparency {
        // Asking for the chunk reports what is wrong with it; decoding alone would go on without transparency.
        status = spng_get_trns(context, &transparency)
        if status != 0 { return status }
    }
    let flags = Int32(SPNG_DECODE_TRNS.rawValue)
    if structure.bitDepth == 16 {
        status = decodeRows(context, structure, Int32(SPNG_FMT_RGBA16.rawValue), flags) { row, columns, target, step in
            round16(row, columns, into: output, target, step)
        }
    } else if structure.colorType == 0 || structure.colorType == 3 {
        // libspng takes up to 35 ns for a pixel of these; a table takes 1 or 2 (measured, see Benchmarks/CodecBench.swift).
        var colors = [RGBA8](repeating: RGBA8(0, 0, 0), count: 256)
        status = fill(&colors, context, structure, transparency)
        if status != 0 { return status }
        status = decodeRows(context, structure, Int32(SPNG_FMT_PNG.rawValue), 0) { row, columns, target, step in
            colors.withUnsafeBufferPointer { lookUp(row, columns, structure.bitDepth, in: $0, into: output, target, step) }
        }
    } else {
        status = spng_decode_image(context, output.baseAddress, output.count * 4, Int32(SPNG_FMT_RGBA8.rawValue), flags)
    }
    if status != 0 { return status }
    // The last row may be complete before the last chunk is; reading on to the end checks that chunk's checksum.
    return spng_decode_chunks(context)
}

/// Decodes row by row of each pass, and gives every row with its number of pixels, the index of its first pixel in the
/// picture and the distance from there to the next.
private func decodeRows(
    _ context: OpaquePointer, _ structure: PNGStructure, _ format: Int32, _ flags: Int32,
    _ expand: (_ row: UnsafeRawPointer, _ columns: Int, _ target: Int, _ step: Int) -> Void
) -> Int32 {
    var status = spng_decode_image(context, nil, 0, format, flags | Int32(SPNG_DECODE_PROGRESSIVE.rawValue))
    if status != 0 { return status }
    let byteCount = structure.width * 8  // four samples of 16 bits, the widest there is
    let row = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    defer { row.deallocate() }
    let passes = structure.isInterlaced ? Adam7.passes : [Adam7(x: 0, y: 0, stepX: 1, stepY: 1)]
    var place = spng_row_info()
    while true {
        status = spng_get_row_info(context, &place)
        if status != 0 { return status }
        let pass = passes[Int(place.pass)]
        status = spng_decode_scanline(context, row, byteCount)
        if status != 0 && status != Int32(SPNG_EOI.rawValue) { return status }
        // libspng numbers the rows of a pass as they stand in the picture.
        expand(row, pass.columns(of: structure.width), Int(place.row_num) * structure.width + pass.x, pass.stepX)
        if status == Int32(SPNG_EOI.rawValue) { return 0 }
    }
}

/// Rounds samples of 16 bits to 8; libspng's own reduction would cut the lower byte off.
private func round16(
    _ row: UnsafeRawPointer, _ columns: Int, into output: UnsafeMutableBufferPointer<RGBA8>, _ target: Int, _ step: Int
) {
    let samples = UnsafeBufferPointer(start: row.assumingMemoryBound(to: SIMD4<UInt16>.self), count: columns)
    var target = target
    for sample in samples {
        // Exactly round(v / 257) for every v.
        let c = SIMD4<UInt8>(truncatingIfNeeded: (SIMD4<UInt32>(truncatingIfNeeded: sample) &* 255 &+ 32895) &>> 16)
        output.initializeElement(at: target, to: RGBA8(c.x, c.y, c.z, c.w))
        target += step
    }
}

/// Unpacks samples of 1, 2, 4 or 8 bits, high bits first, and looks their colours up.
private func lookUp(
    _ row: UnsafeRawPointer, _ columns: Int, _ bitDepth: Int, in colors: UnsafeBufferPointer<RGBA8>,
    into output: UnsafeMutableBufferPointer<RGBA8>, _ target: Int, _ step: Int
) {
    let bytes = row.assumingMemoryBound(to: UInt8.self)
    var target = target
    if bitDepth == 8 {
        for column in 0..<columns {
            output.initializeElement(at: target, to: colors[Int(bytes[column])])
            target += step
        }
        return
    }
    // A byte holds 8, 4 or 2 samples; its number and theirs are parts of the column.
    let (byteShift, mask) = (3 - bitDepth.trailingZeroBitCount, UInt8(truncatingIfNeeded: 1 << bitDepth - 1))
    let last = 1 << byteShift - 1
    for column in 0..<columns {
        let shift = UInt8(truncatingIfNeeded: (last - column & last) &* bitDepth)
        output.initializeElement(at: target, to: colors[Int(bytes[column &>> byteShift] &>> shift & mask)])
        target += step
    }
}

/// The colours of all sample values of a grey or palette picture. Beyond the palette's end they stay opaque black.
private func fill(
    _ colors: inout [RGBA8], _ context: OpaquePointer, _ structure: PNGStructure, _ transparency: spng_trns
) -> Int32 {
    if structure.colorType == 0 {
        let most = 1 << structure.bitDepth - 1
        for value in 0...most {
            let grey = UInt8(value * 255 / most)
            let isMasked = structure.hasTransparency && Int(transparency.gray) == value
            colors[value] = RGBA8(grey, grey, grey, isMasked ? 0 : 255)
        }
        return 0
    }
    var palette = spng_plte()
    let status = spng_get_plte(context, &palette)
    if status != 0 { return status == Int32(SPNG_ECHUNKAVAIL.rawValue) ? Int32(SPNG_ENOPLTE.rawValue) : status }
    // C arrays inside structures come as tuples; their bytes are the elements.
    withUnsafeBytes(of: palette.entries) { entries in
        withUnsafeBytes(of: transparency.type3_alpha) { alphas in
            for index in 0..<Int(palette.n_entries) {
                let entry = entries.load(fromByteOffset: index * MemoryLayout<spng_plte_entry>.stride, as: spng_plte_entry.self)
                let alpha = index < Int(transparency.n_type3_entries) ? alphas[index] : 255
                colors[index] = RGBA8(entry.red, entry.green, entry.blue, alpha)
            }
        }
    }
    return 0
}
