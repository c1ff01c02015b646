import AtelierPixels
import Testing

@testable import AtelierImageCodecs

/// Numbers as bytes, the lowest first.
private func bytes(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }

private func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
    Array(name.utf8) + bytes(body.count, 4) + body + (body.count % 2 == 1 ? [0] : [])
}

private func file(_ chunks: [UInt8]...) -> [UInt8] {
    let body = Array("WEBP".utf8) + chunks.joined()
    return Array("RIFF".utf8) + bytes(body.count, 4) + body
}

private func lossy(_ width: Int, _ height: Int, frame: UInt8 = 0) -> [UInt8] {
    chunk("VP8 ", [frame, 0, 0, 0x9D, 0x01, 0x2A] + bytes(width | 1 << 14, 2) + bytes(height | 2 << 14, 2) + [0, 0, 0])
}

private func lossless(_ width: Int, _ height: Int, version: Int = 0) -> [UInt8] {
    chunk("VP8L", [0x2F] + bytes(width - 1 | (height - 1) << 14 | 1 << 28 | version << 29, 4))
}

private func canvas(_ width: Int, _ height: Int, flags: UInt8 = 0) -> [UInt8] {
    chunk("VP8X", [flags, 0, 0, 0] + bytes(width - 1, 3) + bytes(height - 1, 3))
}

@Suite("Sizes of WebP files")
struct WebPTests {
    @Test("The three kinds of files say their size in their headers")
    func kinds() throws {
        for (name, file, width, height) in [
            ("lossy", file(lossy(300, 7)), 300, 7), ("lossless", file(lossless(16_383, 1)), 16_383, 1),
            ("canvas", file(canvas(20, 30, flags: 0x10), chunk("ALPH", [1, 2, 3]), lossy(20, 30)), 20, 30),
            ("profile", file(canvas(5, 6), chunk("ICCP", [9]), lossless(5, 6), chunk("EXIF", [])), 5, 6),
        ] {
            let size = try WebP.imageSize(of: file.span)
            #expect(size == (width, height), "\(name)")
            #expect(try pictureSize(of: file.span) == (width, height), "\(name)")
        }
    }

    @Test("A file that is turned when it is decoded has its size afterwards")
    func turned() throws {
        // A TIFF structure with one entry: orientation 6.
        let note: [UInt8] =
            Array("II".utf8) + bytes(42, 2) + bytes(8, 4) + bytes(1, 2) + bytes(0x0112, 2) + bytes(3, 2) + bytes(1, 4) + bytes(6, 4)
        #expect(try WebP.imageSize(of: file(canvas(20, 30, flags: 8), lossless(20, 30), chunk("EXIF", note)).span) == (30, 20))
    }

    @Test("What is cut short, contradicts itself, moves or is no picture is refused in a sentence")
    func refusals() {
        let cut = file(lossless(9, 9))
        for (name, file) in [
            ("nothing", file()), ("no picture", file(canvas(3, 3))), ("contradiction", file(canvas(3, 3), lossy(3, 4))),
            ("animation", file(canvas(3, 3, flags: 2), lossy(3, 3))), ("between frames", file(lossy(3, 3, frame: 1))),
            ("no columns", file(lossy(0, 3))), ("later version", file(lossless(3, 3, version: 1))),
            ("cut in the chunk", Array(cut.dropLast(2))), ("cut in its head", Array(cut.prefix(15))),
            ("short chunk", file(chunk("VP8L", [0x2F, 0]))), ("other", Array("RIFF0000WAVE".utf8)),
        ] {
            #expect(throws: WebPError.damaged, "\(name)") { try WebP.imageSize(of: file.span) }
        }
        #expect(WebPError.damaged.description.hasSuffix("."))
    }

    @Test("Limits are looked at before anything is decoded")
    func limits() {
        var limits = DecodeLimits()
        limits.maxPixels = 99
        #expect(throws: WebPError.self) { try WebP.imageSize(of: file(lossless(10, 10)).span, limits: limits) }
        #expect(throws: Never.self) { try WebP.imageSize(of: file(lossless(9, 11)).span, limits: limits) }
        limits.maxFileBytes = 8
        #expect(throws: WebPError.self) { try WebP.imageSize(of: file(lossless(2, 2)).span, limits: limits) }
    }

    @Test("A file that the library wrote has the size it was written with", .enabled(if: WebP.isAvailable, "libwebp is not here"))
    func written() throws {
        let pixels = [UInt8](repeating: 77, count: 13 * 5 * 4)
        let file = try #require(WebP.encode(pixels, width: 13, height: 5, bytesPerPixel: 4))
        #expect(try WebP.imageSize(of: file.span) == (13, 5))
        let picture = try WebP.decode(file.span)
        #expect(picture.width == 13 && picture.height == 5)
    }
}
