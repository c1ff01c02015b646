import AtelierImageCodecs
import AtelierPixels
import Foundation
import Testing

/// A file of `Samples`, made by `Samples/make.py`.
func sample(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Bundle.module.resourceURL!.appending(path: "Samples/\(name).jpg")))
}

/// The colours of the eight squares of 8 × 8 pixels, four in a row, that every sample shows.
private let squares = [
    RGBA8(200, 30, 40), RGBA8(30, 160, 60), RGBA8(40, 60, 200), RGBA8(230, 210, 40),
    RGBA8(20, 20, 20), RGBA8(240, 240, 240), RGBA8(130, 60, 150), RGBA8(40, 170, 180),
]

@Suite("JPEG")
struct DecodeJPEGTests {
    @Test(
        "Every kind of JPEG shows its colours",
        arguments: [
            "baseline", "subsampled", "progressive", "restarts", "rgb", "cmyk", "ycck", "arithmetic", "arithmetic-progressive",
        ])
    func everyKind(name: String) throws {
        let raster = try decode(sample(name))
        #expect((raster.width, raster.height) == (32, 16))
        for (index, color) in squares.enumerated() {
            // The middle of the square: halved chroma reaches across its borders.
            let pixel = raster[index % 4 * 8 + 4, index / 4 * 8 + 4]
            for (value, wanted) in [(pixel.r, color.r), (pixel.g, color.g), (pixel.b, color.b)] {
                #expect(abs(Int(value) - Int(wanted)) <= 4, "square \(index): \(pixel)")
            }
            #expect(pixel.a == 255)
        }
    }

    @Test("A grey JPEG has equal red, green and blue")
    func grey() throws {
        let raster = try decode(sample("grey"))
        for (index, color) in squares.enumerated() {
            let pixel = raster[index % 4 * 8 + 4, index / 4 * 8 + 4]
            #expect(abs(Int(pixel.r) - Int(color.r)) <= 2 && pixel == RGBA8(pixel.r, pixel.r, pixel.r))
        }
    }

    @Test("Lossless recoding as progressive, with restarts or arithmetic, gives the very same pixels")
    func recoded() throws {
        let baseline = try decode(sample("baseline"))
        for name in ["progressive", "restarts", "arithmetic", "arithmetic-progressive"] {
            #expect(try decode(sample(name)) == baseline, "\(name)")
        }
    }

    @Test("A file cut at any byte is an error that names the byte", arguments: ["baseline", "progressive", "cmyk", "arithmetic"])
    func truncation(name: String) throws {
        let bytes = try sample(name)
        for count in 3..<bytes.count {
            let error = #expect(throws: ImageDecodingError.self) { try decode(Array(bytes[..<count])) }
            guard case .truncated(.jpeg, _, byte: count) = error else {
                Issue.record("\(count) bytes: \(error?.description ?? "no error")")
                continue
            }
        }
    }

    @Test(
        "Image data that is missing inside the file is an error, not grey",
        arguments: ["baseline", "subsampled", "restarts", "progressive"])
    func missingData(name: String) throws {
        var bytes = try sample(name)
        bytes.removeSubrange(bytes.count - 60..<bytes.count - 20)
        let error = #expect(throws: ImageDecodingError.self) { try decode(bytes) }
        guard case .damaged(.jpeg, _, _) = error else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
    }

    @Test(
        "No single flipped bit crashes or enlarges the picture beyond its limits",
        arguments: ["baseline", "progressive", "ycck", "arithmetic"])
    func flippedBits(name: String) throws {
        let bytes = try sample(name)
        var limits = DecodeLimits()
        limits.maxPixels = 1 << 20
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let raster = try? decode(damaged, limits) { #expect(raster.pixels.count <= 1 << 20, "bit \(bit)") }
        }
    }

    @Test("Oddities of common cameras change nothing")
    func oddities() throws {
        let bytes = try sample("baseline")
        let pixels = try decode(bytes)
        let scan = try #require(bytes.firstRange(of: [0xFF, 0xDA, 0, 12])).lowerBound

        #expect(try decode(bytes + Array("camera data".utf8) + bytes) == pixels, "bytes behind the end marker")
        #expect(try decode(bytes.dropLast(2) + [0, 0, 0, 0xFF, 0xD9]) == pixels, "bytes between the last block and the end marker")
        #expect(try decode(bytes[..<scan] + [0, 1, 2, 0xFF, 0] + bytes[scan...]) == pixels, "stray bytes between segments")
        #expect(try decode(bytes[..<scan] + [0xFF, 0xFF, 0xFF] + bytes[scan...]) == pixels, "fill bytes")

        var version = bytes
        version[try #require(bytes.firstRange(of: Array("JFIF\0".utf8))).upperBound] = 2
        #expect(try decode(version) == pixels, "JFIF 2")
        var spectrum = bytes
        spectrum.replaceSubrange(scan + 11..<scan + 14, with: [0, 0, 0])
        #expect(try decode(spectrum) == pixels, "spectral parameters of a sequential scan")
    }

    @Test("Stray bytes in thousands of places are refused")
    func manyStrayBytes() throws {
        let bytes = try sample("baseline")
        let scan = try #require(bytes.firstRange(of: [0xFF, 0xDA])).lowerBound
        var odd = bytes
        odd.insert(contentsOf: Array(repeating: [0, 0xFF, 0x01] as [UInt8], count: 2000).joined(), at: scan)
        let error = #expect(throws: ImageDecodingError.self) { try decode(odd) }
        #expect(error == .damaged(.jpeg, "stray bytes in more than 1000 places", byte: scan + 3000))
    }

    @Test("Processes that are not read are named")
    func unsupported() throws {
        let bytes = try sample("baseline")
        let frame = try #require(bytes.firstRange(of: [0xFF, 0xC0])).lowerBound
        func failure(_ offset: Int, _ value: [UInt8]) -> ImageDecodingError? {
            var changed = bytes
            changed.replaceSubrange(frame + offset..<frame + offset + value.count, with: value)
            return #expect(throws: ImageDecodingError.self) { try decode(changed) }
        }
        #expect(failure(1, [0xC3]) == .unsupportedFeature(.jpeg, "lossless coding"))
        #expect(failure(1, [0xC5]) == .unsupportedFeature(.jpeg, "hierarchical coding"))
        #expect(failure(1, [0xF7]) == .unsupportedFeature(.jpeg, "JPEG-LS coding"))
        #expect(failure(1, [0xF3]) == .damaged(.jpeg, "FFF3 is no marker of this format", byte: frame))
        #expect(failure(4, [12]) == .unsupportedFeature(.jpeg, "12 bits per sample"))
        #expect(failure(5, [0, 0]) == .unsupportedFeature(.jpeg, "a height given after the image data (DNL)"))
    }

    @Test("Limits count pixels, the memory of progressive coding, rotation, and pixels × scans")
    func limits() throws {
        func failure(_ bytes: [UInt8], _ change: (inout DecodeLimits) -> Void) -> ImageDecodingError? {
            var limits = DecodeLimits()
            change(&limits)
            return #expect(throws: ImageDecodingError.self) { try decode(bytes, limits) }
        }
        let (baseline, progressive) = (try sample("baseline"), try sample("progressive"))
        #expect(failure(baseline) { $0.maxPixels = 511 } == .tooLarge(.pixels, value: 512, limit: 511))
        #expect(failure(baseline) { $0.maxDecodedBytes = 2000 } == .tooLarge(.decodedBytes, value: 2048, limit: 2000))
        // Two bytes for each coefficient of three components, and the raster.
        #expect(failure(progressive) { $0.maxDecodedBytes = 5000 } == .tooLarge(.decodedBytes, value: 512 * 10, limit: 5000))
        #expect(failure(withOrientation(6, baseline)) { $0.maxDecodedBytes = 4000 } == .tooLarge(.decodedBytes, value: 4096, limit: 4000))
        #expect(failure(progressive) { $0.maxScanPixels = 1 << 21 } == .tooLarge(.scanPixels, value: 10 << 21, limit: 1 << 21))
        #expect(failure(try sample("arithmetic")) { $0.maxScanPixels = 1 << 21 } == .tooLarge(.scanPixels, value: 16 << 21, limit: 1 << 21))
    }

    @Test("A progressive file with a thousand scans is refused before any is decoded")
    func scanBomb() throws {
        let bytes = try sample("progressive")
        let scan = try #require(bytes.firstRange(of: [0xFF, 0xDA]))
        let end = try #require(bytes[scan.upperBound...].firstRange(of: [0xFF, 0xC4])).lowerBound
        let bomb = bytes[..<end] + Array(repeating: bytes[scan.lowerBound..<end], count: 1000).joined() + bytes[end...]
        let error = #expect(throws: ImageDecodingError.self) { try decode(Array(bomb)) }
        #expect(error == .tooLarge(.scanPixels, value: 1010 << 21, limit: 1 << 30))
    }
}
