import AtelierPixels
import AtelierTesting
import Testing

@testable import AtelierImageCodecs

/// Pixels of a picture as a layout wants them, with flat stretches, gradients and noise.
private func samplePixels(_ layout: PNGLayout, _ random: inout SplitMix) -> [UInt8] {
    let count = layout.bytesPerRow * layout.height
    var bytes = random.bytes(count)
    let width = layout.bytesPerRow
    for index in 0..<count {
        let (x, y) = (index % width, index / width)
        if x < width / 2 { bytes[index] = y < layout.height / 2 ? 200 : UInt8(truncatingIfNeeded: y) }
        if x > width * 3 / 4, y > 2 { bytes[index] = bytes[index - width] }
    }
    if case .palette(let colors) = layout.color {
        for index in 0..<count { bytes[index] %= UInt8(truncatingIfNeeded: min(255, colors.count)) }
    }
    return bytes
}

/// Writes a picture as drawing does: rows of a band at a time, with a margin around them.
private func encoded(_ pixels: [UInt8], _ layout: PNGLayout) -> BandedPNG {
    var coder = PNGBandCoder(layout), file = BandedPNG(layout)
    let margin = [UInt8](repeating: 7, count: PNGBandCoder.margin)
    for band in 0..<layout.bandCount {
        let rows = layout.rows(ofBand: band)
        let bytes = margin + pixels[rows.lowerBound * layout.bytesPerRow..<rows.upperBound * layout.bytesPerRow] + margin
        bytes.withUnsafeBufferPointer { _ = coder.code($0.baseAddress! + PNGBandCoder.margin, rowCount: rows.count, into: &file) }
    }
    coder.finish(&file)
    return file
}

private func colors(_ pixels: [UInt8], _ layout: PNGLayout) -> [RGBA8] {
    let size = layout.color.bytesPerPixel
    return stride(from: 0, to: pixels.count, by: size).map { at in
        switch layout.color {
        case .rgb: RGBA8(pixels[at], pixels[at + 1], pixels[at + 2])
        case .rgba: RGBA8(pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3])
        case .palette(let colors): colors[Int(pixels[at])]
        }
    }
}

@Suite("PNG files made of bands")
struct BandedPNGTests {
    @Test("Every level, filter, kind of pixel and height reads back as it was")
    func roundTrip() throws {
        var random = SplitMix(seed: 1)
        let palette = (0..<200).map { RGBA8(UInt8($0), UInt8(255 - $0), 9, $0 == 0 ? 0 : 255) }
        for (width, height) in [(1, 1), (3, 2), (64, 65), (90, 130), (701, 40)] {
            for color in [PNGColor.rgb, .rgba, .palette(palette)] {
                for level in PNGLevel.allCases {
                    for filter in PNGFilter.allCases {
                        let layout = PNGLayout(width: width, height: height, color: color, level: level, filter: filter, rowsPerBand: 32)
                        let pixels = samplePixels(layout, &random)
                        let raster = try decodeImage(encoded(pixels, layout).bytes.span)
                        #expect(raster.pixels == colors(pixels, layout), "\(width) × \(height) \(level) \(filter)")
                    }
                }
            }
        }
    }

    @Test("A band of another file of the layout reads back like one coded here")
    func bandsOfOthers() throws {
        var random = SplitMix(seed: 2)
        let layout = PNGLayout(width: 50, height: 64, color: .rgb, rowsPerBand: 32)
        let top = samplePixels(layout, &random), whole = encoded(top, layout)
        // Where the chunks lie: signature 8, IHDR 25, the head of the stream 14.
        var other = BandedPNG(layout), coder = PNGBandCoder(layout), bands: [BandedPNG.Band] = []
        var source = BandedPNG(layout)
        for band in 0..<2 {
            let bytes = [UInt8](repeating: 0, count: 64) + top[band * 32 * 150..<(band + 1) * 32 * 150] + [UInt8](repeating: 0, count: 64)
            bytes.withUnsafeBufferPointer { bands.append(coder.code($0.baseAddress! + 64, rowCount: 32, into: &source)!) }
        }
        for band in bands { _ = other.append(band, of: source) }
        coder.finish(&other)
        #expect(other.bytes == whole.bytes)
    }

    @Test("The checksum of two pieces is that of both behind each other")
    func adler() {
        func plain(_ bytes: [UInt8]) -> UInt32 {
            var (a, b): (UInt32, UInt32) = (1, 0)
            for byte in bytes {
                a = (a + UInt32(byte)) % 65521
                b = (b + a) % 65521
            }
            return b << 16 | a
        }
        var random = SplitMix(seed: 3)
        for count in [0, 1, 5, 65_520, 65_521, 131_043] {
            let first = random.bytes(count / 3), second = random.bytes(count)
            #expect(combinedAdler(plain(first), plain(second), second.count) == plain(first + second))
        }
        let full = [UInt8](repeating: 255, count: 70_000)
        #expect(combinedAdler(plain(full), plain(full), full.count) == plain(full + full))
    }

    @Test("Flat art takes little, noise hardly more than itself")
    func sizes() {
        let flat = PNGLayout(width: 512, height: 512, color: .rgb)
        #expect(encoded([UInt8](repeating: 90, count: 512 * 512 * 3), flat).bytes.count < 8000)
        var random = SplitMix(seed: 4)
        let noise = random.bytes(512 * 512 * 3)
        #expect(encoded(noise, flat).bytes.count < noise.count * 103 / 100)
    }

    @Test("Every filter of every common kind is undone as libspng does it")
    func filters() throws {
        var random = SplitMix(seed: 5)
        for colorType in [2, 6] {
            let channels = colorType == 2 ? 3 : 4, (width, height) = (37, 40)
            var rows: [UInt8] = []
            for y in 0..<height { rows += [UInt8(y % 5)] + random.bytes(width * channels) }
            let file = filteredPNG(width, height, colorType, rows)
            // A chunk of transparency sends RGB to libspng; RGBA with Exif's eighth orientation and back is no such door, so compare by hand.
            var expected: [UInt8] = []
            for y in 0..<height {
                for x in 0..<width * channels {
                    let at = y * width * channels + x
                    func byte(_ dx: Int, _ dy: Int) -> Int {
                        x - dx * channels < 0 || y - dy < 0 ? 0 : Int(expected[at - dx * channels - dy * width * channels])
                    }
                    let (a, b, c) = (byte(1, 0), byte(0, 1), byte(1, 1))
                    let p = a + b - c, (pa, pb, pc) = (abs(p - a), abs(p - b), abs(p - c))
                    let paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c
                    let prediction = [0, a, b, (a + b) / 2, paeth][y % 5]
                    expected.append(rows[y * (width * channels + 1) + 1 + x] &+ UInt8(prediction))
                }
            }
            let raster = try decodeImage(file.span)
            let layout = PNGLayout(width: width, height: height, color: colorType == 2 ? .rgb : .rgba)
            #expect(raster.pixels == colors(expected, layout))
        }
    }

    @Test("A row with a filter there is not, data that ends early and a wrong checksum are errors")
    func damage() {
        let rows = [UInt8](repeating: 0, count: 10 * 31)
        var bad = rows
        bad[31] = 5
        #expect(throws: ImageDecodingError.self) { try decodeImage(filteredPNG(10, 10, 2, bad).span) }
        #expect(throws: ImageDecodingError.self) { try decodeImage(filteredPNG(10, 10, 2, Array(rows.dropLast(40))).span) }
        var file = filteredPNG(10, 10, 2, rows)
        file[60] ^= 1
        #expect(throws: ImageDecodingError.self) { try decodeImage(file.span) }
    }
}

/// A file of rows that are filtered already.
private func filteredPNG(_ width: Int, _ height: Int, _ colorType: Int, _ rows: [UInt8]) -> [UInt8] {
    var chunks = PNGFile(width: width, height: height, colorType: colorType, samples: [UInt16](repeating: 0, count: width * height * 4))
        .chunks
    let place = chunks.firstIndex { $0.name == "IDAT" }!
    let count = UInt16(rows.count)
    let adler: [UInt8] = [0, 0, 0, 0]  // read by nobody: chunks have checksums of their own
    chunks[place].body =
        [0x78, 0x01, 1, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)] + rows + adler
    return PNGFile.bytes(of: chunks)
}
