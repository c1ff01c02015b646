/// A minimal PNG writer for tests: stored (uncompressed) deflate, no filters, every colour type, and every way to be wrong.
struct PNGFile {
    var width: Int
    var height: Int
    var bitDepth = 8
    var colorType = 6
    var isInterlaced = false
    /// One value per channel of each pixel, row by row, as the depth stores them.
    var samples: [UInt16] = []
    /// Red, green and blue of each palette entry.
    var palette: [UInt8]?
    /// The body of tRNS.
    var transparency: [UInt8]?
    /// Chunks put between the header and the palette.
    var extra: [(name: String, body: [UInt8])] = []

    var channelCount: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1 }

    static func palettePicture(_ indices: [UInt16], width: Int, bitDepth: Int, palette: [UInt8]) -> PNGFile {
        PNGFile(width: width, height: indices.count / width, bitDepth: bitDepth, colorType: 3, samples: indices, palette: palette)
    }

    /// The chunks in order, ready to be taken out, cut or exchanged.
    var chunks: [(name: String, body: [UInt8])] {
        let header =
            bigEndian(width) + bigEndian(height) + [UInt8(bitDepth), UInt8(colorType), 0, 0, isInterlaced ? 1 : 0]
        var chunks = [(name: "IHDR", body: header)] + extra
        if let palette { chunks.append(("PLTE", palette)) }
        if let transparency { chunks.append(("tRNS", transparency)) }
        return chunks + [("IDAT", stored(rows)), ("IEND", [])]
    }

    var bytes: [UInt8] { Self.bytes(of: chunks) }

    static func bytes(of chunks: [(name: String, body: [UInt8])]) -> [UInt8] {
        chunks.reduce([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { $0 + chunk($1.name, $1.body) }
    }

    static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + body
        return bigEndian(body.count) + checked + bigEndian(Int(crc32(checked)))
    }

    /// All rows with their filter bytes, pass by pass.
    private var rows: [UInt8] {
        // Start and distance of the pixels of each pass (PNG, 8.2).
        let passes: [(x: Int, y: Int, stepX: Int, stepY: Int)] =
            isInterlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            : [(0, 0, 1, 1)]
        var output: [UInt8] = []
        for pass in passes where pass.x < width {
            for y in stride(from: pass.y, to: height, by: pass.stepY) {
                output.append(0)
                var (bits, held): (UInt32, Int) = (0, 0)
                for x in stride(from: pass.x, to: width, by: pass.stepX) {
                    for channel in 0..<channelCount {
                        bits = bits << UInt32(bitDepth) | UInt32(samples[(y * width + x) * channelCount + channel])
                        held += bitDepth
                        while held >= 8 {
                            output.append(UInt8(truncatingIfNeeded: bits >> UInt32(held - 8)))
                            held -= 8
                        }
                    }
                }
                if held > 0 { output.append(UInt8(truncatingIfNeeded: bits << UInt32(8 - held))) }
            }
        }
        return output
    }
}

private func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

/// A zlib stream of stored blocks.
private func stored(_ data: [UInt8]) -> [UInt8] {
    var output: [UInt8] = [0x78, 0x01]
    var rest = data[...]
    repeat {
        let block = rest.prefix(65535)
        rest = rest.dropFirst(65535)
        output.append(rest.isEmpty ? 1 : 0)
        let count = UInt16(block.count)
        output += [UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)]
        output += block
    } while !rest.isEmpty
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in data {
        a = (a + UInt32(byte)) % 65521
        b = (b + a) % 65521
    }
    return output + bigEndian(Int(b << 16 | a))
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
}
