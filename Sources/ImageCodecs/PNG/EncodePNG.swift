public import AtelierPixels
import CAtelierDeflate

/// Facts about the room as a whole.
public enum ImageCodecs {
    /// What compresses PNG files here, for the key of whatever is written with it.
    public static var pngEncoder: String { "libdeflate " + LIBDEFLATE_VERSION_STRING }
}

/// Writes a raster as a PNG file: 8 bits a channel with alpha, not interlaced, one IDAT.
///
/// Each row takes the filter, of Sub and Up, whose bytes lie nearer to zero, which is what PNG (12.8) recommends for choosing; the others gain
/// little on drawings. Equal rasters give equal bytes under one `ImageCodecs.pngEncoder`.
/// - Complexity: O(pixels)
public func encodePNG(_ raster: Raster<RGBA8>) -> [UInt8] {
    let width = raster.width * 4, zeros = [UInt8](repeating: 0, count: width)
    let filtered = [UInt8](unsafeUninitializedCapacity: (width + 1) * raster.height) { output, count in
        raster.pixels.withUnsafeBytes { pixels in
            zeros.withUnsafeBytes { zeros in
                for y in 0..<raster.height {
                    let row = UnsafeRawBufferPointer(rebasing: pixels[(y * width)..<((y + 1) * width)])
                    let above = y == 0 ? zeros : UnsafeRawBufferPointer(rebasing: pixels[((y - 1) * width)..<(y * width)])
                    let sub = distance(of: row.first(4), to: zeros) &+ distance(of: row.behind(4), to: row)
                    let isUp = distance(of: row, to: above) <= sub
                    output[count] = isUp ? 2 : 1
                    let line = UnsafeMutableBufferPointer(rebasing: output[(count + 1)...])
                    // What stands before the first pixel counts as zero (PNG, 9.2).
                    if isUp {
                        difference(of: row, to: above, into: line)
                    } else {
                        difference(of: row.first(4), to: zeros, into: line)
                        difference(of: row.behind(4), to: row, into: UnsafeMutableBufferPointer(rebasing: line[4...]))
                    }
                    count += 1 + width
                }
            }
        }
    }

    var file = PNGStructure.signature
    var header: [UInt8] = []
    header.append(bigEndian: UInt32(raster.width))
    header.append(bigEndian: UInt32(raster.height))
    header += [8, 6, 0, 0, 0]  // bits, RGBA, deflate, adaptive filters, not interlaced
    file.append(chunk: "IHDR", header)
    file.append(chunk: "IDAT", zlib(filtered))
    file.append(chunk: "IEND", [])
    return file
}

/// How far what is left of the bytes of a row after as many others lies from zero.
private func distance(of row: UnsafeRawBufferPointer, to others: UnsafeRawBufferPointer) -> UInt32 {
    precondition(others.count >= row.count)
    var sum: UInt32 = 0
    // As many as sixteen bits can count, of 128 at most each: eight lie in a register where of Int there would be two.
    for start in stride(from: 0, to: row.count, by: 256) {
        var part: UInt16 = 0
        for place in start..<min(start + 256, row.count) { part &+= UInt16(Int8(bitPattern: row[place] &- others[place]).magnitude) }
        sum &+= UInt32(part)
    }
    return sum
}

/// Writes what is left of the bytes of a row after as many others.
private func difference(of row: UnsafeRawBufferPointer, to others: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<UInt8>) {
    precondition(others.count >= row.count && out.count >= row.count)
    for place in 0..<row.count { out[place] = row[place] &- others[place] }
}

extension UnsafeRawBufferPointer {
    fileprivate func first(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: prefix(count)) }
    fileprivate func behind(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: dropFirst(count)) }
}

private func zlib(_ bytes: [UInt8]) -> [UInt8] {
    guard let compressor = libdeflate_alloc_compressor(6) else { fatalError("out of memory for a compressor") }
    defer { libdeflate_free_compressor(compressor) }
    let room = libdeflate_zlib_compress_bound(compressor, bytes.count)
    return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        count = libdeflate_zlib_compress(compressor, bytes, bytes.count, buffer.baseAddress!, room)
    }
}
