import AtelierImageCodecs
import AtelierPixels
import AtelierTesting
import Testing

/// Colour type and bit depth.
struct PNGKind: CustomTestStringConvertible {
    var colorType: Int, bitDepth: Int
    var testDescription: String { "colour type \(colorType), \(bitDepth) bits" }

    /// All that PNG allows.
    static let all =
        [1, 2, 4, 8, 16].map { PNGKind(colorType: 0, bitDepth: $0) } + [1, 2, 4, 8].map { PNGKind(colorType: 3, bitDepth: $0) }
        + [2, 4, 6].flatMap { type in [8, 16].map { PNGKind(colorType: type, bitDepth: $0) } }
}

@Suite("PNG")
struct DecodePNGTests {
    @Test("Every colour type, depth and interlacing decodes to the samples scaled to 8 bits", arguments: PNGKind.all, [false, true])
    func everyKind(kind: PNGKind, isInterlaced: Bool) throws {
        let seed: UInt64 = 7
        var random = SplitMix(seed: seed)
        // All sizes up to 9 meet every way a pass of the interlacing can be empty.
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 3), (4, 5), (5, 4), (7, 8), (8, 7), (9, 9), (33, 17)] {
            for hasTransparency in [false, true] {
                let file = PNGFile.random(kind, width, height, isInterlaced, hasTransparency, &random)
                let raster = try decode(file.bytes)
                #expect((raster.width, raster.height) == (width, height))
                #expect(
                    raster.pixels == file.expected,
                    "\(kind.testDescription), \(width) × \(height), transparency \(hasTransparency), seed \(seed)")
            }
        }
    }

    @Test("Samples of 16 bits round to the nearest of 8, all 65536 of them")
    func rounding() throws {
        let file = PNGFile(width: 256, height: 256, bitDepth: 16, colorType: 0, samples: (0...65535).map { UInt16($0) })
        let raster = try decode(file.bytes)
        for value in 0...65535 { #expect(Int(raster.pixels[value].r) == (value * 255 * 2 + 65535) / (65535 * 2)) }
    }

    @Test("A file cut at any byte is an error that names a byte and a part")
    func truncation() {
        let bytes = PNGFile(width: 3, height: 2, samples: Array(repeating: 9, count: 24)).bytes
        for count in 8..<bytes.count {
            let error = #expect(throws: ImageDecodingError.self) { try decode(Array(bytes[..<count])) }
            guard case .truncated(.png, _, byte: count) = error else {
                Issue.record("\(count) bytes: \(error?.description ?? "no error")")
                continue
            }
        }
    }

    @Test("A flipped bit anywhere in a chunk that decides pixels is an error")
    func flippedBits() {
        let bytes = PNGFile.palettePicture([0, 1, 2, 1], width: 2, bitDepth: 8, palette: [1, 2, 3, 4, 5, 6, 7, 8, 9]).bytes
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: ImageDecodingError.self, "bit \(bit)") { try decode(damaged) }
        }
    }

    @Test("A wrong checksum is named with the byte behind it")
    func wrongChecksum() {
        var bytes = PNGFile.palettePicture([0, 1], width: 2, bitDepth: 1, palette: [1, 2, 3, 4, 5, 6]).bytes
        // The signature, IHDR with 13 bytes, PLTE with 6: 8 + 25 + 18.
        bytes[50] ^= 1
        #expect(throws: ImageDecodingError.damaged(.png, "invalid chunk checksum", byte: 51)) { try decode(bytes) }
    }

    @Test("A header that promises more pixels than its data can hold is refused before memory is taken")
    func bomb() {
        let bytes = PNGFile(width: 7000, height: 7000, bitDepth: 1, colorType: 0, samples: []).header(andData: [0x78, 1, 1, 0, 0, 255, 255])
        let error = #expect(throws: ImageDecodingError.self) { try decode(bytes) }
        #expect(error?.description.contains("too few for 7000 × 7000 pixels") == true)
    }

    @Test("A picture one pixel wide and millions high is refused, as each row costs")
    func tall() {
        let bytes = PNGFile(width: 1, height: 20_000_000, bitDepth: 1, colorType: 0).header(andData: Array(repeating: 0, count: 40_000))
        #expect(throws: ImageDecodingError.tooLarge(.side, value: 20_000_000, limit: 1_000_000)) { try decode(bytes) }
    }

    @Test("Limits on bytes, sides, pixels and memory are named in the error")
    func limits() {
        let bytes = PNGFile(width: 3, height: 2, samples: Array(repeating: 9, count: 24)).bytes
        func failure(_ change: (inout DecodeLimits) -> Void) -> ImageDecodingError? {
            var limits = DecodeLimits()
            change(&limits)
            return #expect(throws: ImageDecodingError.self) { try decode(bytes, limits) }
        }
        #expect(failure { $0.maxFileBytes = 20 } == .tooLarge(.fileBytes, value: bytes.count, limit: 20))
        #expect(failure { $0.maxSide = 2 } == .tooLarge(.side, value: 3, limit: 2))
        #expect(failure { $0.maxPixels = 5 } == .tooLarge(.pixels, value: 6, limit: 5))
        // The raster's 24 bytes, and the 37 of the image data.
        #expect(failure { $0.maxDecodedBytes = 60 } == .tooLarge(.decodedBytes, value: 61, limit: 60))
    }

    @Test("Metadata neither costs nor hurts, however broken")
    func metadata() throws {
        var file = PNGFile(width: 1, height: 1, samples: [1, 2, 3, 4])
        file.extra = [("iCCP", [1, 2, 3]), ("tEXt", []), ("gAMA", [0]), ("zTXt", Array(repeating: 255, count: 1000)), ("acTL", [7])]
        #expect(try decode(file.bytes).pixels == [RGBA8(1, 2, 3, 4)])
    }

    @Test("Chunks that come twice, late or in between are errors")
    func chunkOrder() {
        var file = PNGFile.palettePicture([0, 1], width: 2, bitDepth: 1, palette: [1, 2, 3, 4, 5, 6])
        file.transparency = [7]
        let chunks = file.chunks  // IHDR, PLTE, tRNS, IDAT, IEND
        for order in [[0, 1, 1, 2, 3, 4], [0, 1, 2, 2, 3, 4], [0, 1, 3, 2, 4], [0, 2, 3, 1, 4], [0, 0, 1, 2, 3, 4], [1, 0, 2, 3, 4]] {
            #expect(throws: ImageDecodingError.self, "\(order)") { try decode(PNGFile.bytes(of: order.map { chunks[$0] })) }
        }
        let (data, time) = (chunks[3].body, (name: "tIME", body: [UInt8](repeating: 1, count: 7)))
        let halves = [("IDAT", Array(data[..<5])), time, ("IDAT", Array(data[5...]))]
        let error = #expect(throws: ImageDecodingError.self) { try decode(PNGFile.bytes(of: chunks[..<3] + halves + chunks[4...])) }
        #expect(error?.description.contains("interrupted") == true)
    }

    @Test("A palette picture without a palette is an error")
    func missingPalette() {
        var file = PNGFile.palettePicture([0, 1], width: 2, bitDepth: 1, palette: [1, 2, 3, 4, 5, 6])
        file.palette = nil
        #expect(throws: ImageDecodingError.self) { try decode(file.bytes) }
    }

    @Test("A palette index beyond the palette is opaque black")
    func paletteIndex() throws {
        let file = PNGFile.palettePicture([0, 3], width: 2, bitDepth: 2, palette: [1, 2, 3, 4, 5, 6])
        #expect(try decode(file.bytes).pixels == [RGBA8(1, 2, 3), RGBA8(0, 0, 0)])
    }

    @Test("Transparency that contradicts the picture is an error, not an opaque picture")
    func badTransparency() {
        for (colorType, body) in [(3, [UInt8](repeating: 0, count: 9)), (2, [1, 2, 3]), (0, []), (6, [0, 0]), (4, [0, 0])] {
            var file = PNGFile(width: 1, height: 1, colorType: colorType)
            file.samples = Array(repeating: 0, count: file.channelCount)
            if colorType == 3 { file.palette = [1, 2, 3] }
            file.transparency = body
            #expect(throws: ImageDecodingError.self, "colour type \(colorType)") { try decode(file.bytes) }
        }
    }

    @Test("An orientation in the eXIf chunk sets the picture upright")
    func orientation() throws {
        var file = PNGFile(width: 2, height: 1, colorType: 0, samples: [10, 20])
        file.extra = [("eXIf", [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0])]
        let raster = try decode(file.bytes)
        #expect((raster.width, raster.height) == (1, 2))
        #expect(raster.pixels.map(\.r) == [10, 20])
    }
}

extension PNGFile {
    static func random(
        _ kind: PNGKind, _ width: Int, _ height: Int, _ isInterlaced: Bool, _ hasTransparency: Bool, _ random: inout SplitMix
    ) -> PNGFile {
        var file = PNGFile(width: width, height: height, bitDepth: kind.bitDepth, colorType: kind.colorType, isInterlaced: isInterlaced)
        let most = UInt16(truncatingIfNeeded: (1 << kind.bitDepth) - 1)
        file.samples = (0..<width * height * file.channelCount).map { _ in .random(in: 0...most, using: &random) }
        if kind.colorType == 3 { file.palette = (0...most).flatMap { _ in (0..<3).map { _ in UInt8.random(in: 0...255, using: &random) } } }
        guard hasTransparency else { return file }
        switch kind.colorType {
        case 3: file.transparency = (0...most / 2).map { _ in .random(in: 0...255, using: &random) }
        // The first pixel's own value, so that something becomes transparent.
        case 0, 2: file.transparency = file.samples[..<file.channelCount].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        default: break
        }
        return file
    }

    /// What the samples mean, said as plainly as possible.
    var expected: [RGBA8] {
        let most = (1 << bitDepth) - 1
        return (0..<width * height).map { pixel in
            let values = samples[pixel * channelCount..<(pixel + 1) * channelCount]
            let c = values.map { UInt8((Int($0) * 255 * 2 + most) / (most * 2)) }
            let isMasked = transparency == values.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
            switch colorType {
            case 0: return RGBA8(c[0], c[0], c[0], isMasked ? 0 : 255)
            case 2: return RGBA8(c[0], c[1], c[2], isMasked ? 0 : 255)
            case 4: return RGBA8(c[0], c[0], c[0], c[1])
            case 6: return RGBA8(c[0], c[1], c[2], c[3])
            default:
                let index = Int(values.first!)
                let alpha = transparency.map { index < $0.count ? $0[index] : 255 } ?? 255
                return RGBA8(palette![3 * index], palette![3 * index + 1], palette![3 * index + 2], alpha)
            }
        }
    }

    /// The file with other image data than its own rows.
    func header(andData data: [UInt8]) -> [UInt8] {
        var empty = self
        (empty.width, empty.height) = (0, 0)
        var chunks = empty.chunks
        let size = [width, height].flatMap { value in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
        chunks[0].body.replaceSubrange(0..<8, with: size)
        chunks[chunks.count - 2].body = data
        return PNGFile.bytes(of: chunks)
    }
}
