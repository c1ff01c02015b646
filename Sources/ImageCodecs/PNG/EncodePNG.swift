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
    let width = raster.width * 4
    var filtered: [UInt8] = []
    filtered.reserveCapacity((width + 1) * raster.height)
    raster.pixels.withUnsafeBytes { pixels in
        let zeros = [UInt8](repeating: 0, count: width)
        var candidates = (sub: [UInt8](repeating: 0, count: width), up: [UInt8](repeating: 0, count: width))
        zeros.withUnsafeBytes { zeros in
            for y in 0..<raster.height {
                let row = UnsafeRawBufferPointer(rebasing: pixels[(y * width)..<((y + 1) * width)])
                let above = y == 0 ? zeros : UnsafeRawBufferPointer(rebasing: pixels[((y - 1) * width)..<(y * width)])
                let sub = difference(of: row, shifted: 4, into: &candidates.sub)
                let up = difference(of: row, to: above, into: &candidates.up)
                filtered.append(up <= sub ? 2 : 1)
                filtered += up <= sub ? candidates.up : candidates.sub
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

/// Writes what is left of each byte after the one `shifted` bytes before it; returns how far the bytes lie from zero.
private func difference(of row: UnsafeRawBufferPointer, shifted: Int, into out: inout [UInt8]) -> Int {
    var sum = 0
    for i in 0..<row.count {
        let value = i < shifted ? row[i] : row[i] &- row[i - shifted]
        out[i] = value
        sum &+= Int(Int8(bitPattern: value).magnitude)
    }
    return sum
}

/// The same against another row.
private func difference(of row: UnsafeRawBufferPointer, to above: UnsafeRawBufferPointer, into out: inout [UInt8]) -> Int {
    var sum = 0
    for i in 0..<row.count {
        let value = row[i] &- above[i]
        out[i] = value
        sum &+= Int(Int8(bitPattern: value).magnitude)
    }
    return sum
}

private func zlib(_ bytes: [UInt8]) -> [UInt8] {
    guard let compressor = libdeflate_alloc_compressor(6) else { fatalError("out of memory for a compressor") }
    defer { libdeflate_free_compressor(compressor) }
    let room = libdeflate_zlib_compress_bound(compressor, bytes.count)
    return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        count = libdeflate_zlib_compress(compressor, bytes, bytes.count, buffer.baseAddress!, room)
    }
}
