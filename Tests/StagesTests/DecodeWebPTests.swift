import AtelierImageCodecs
import AtelierMemo
import AtelierPixels
import Testing

@testable import AtelierStages

@Suite("WebP as a source", .enabled(if: WebP.isAvailable, "libwebp is not installed"))
struct DecodeWebPTests {
    static let picture = Raster(
        width: 24, height: 16,
        pixels: (0..<24 * 16).map { (4..<12).contains($0 / 24) && (3..<15).contains($0 % 24) ? RGBA8(200, 30, 30) : RGBA8(250, 250, 250) })

    /// The picture as a file without loss; with a note about how it was held, in the container that has room for one (RFC 9649, section 2.7).
    static func file(orientation: UInt8? = nil) throws -> [UInt8] {
        let bytes = picture.pixels.flatMap { [$0.r, $0.g, $0.b, $0.a] }
        let encoded = bytes.withUnsafeBufferPointer { WebP.encode($0.baseAddress!, width: 24, height: 16, bytesPerPixel: 4) }
        let plain = try #require(encoded)
        guard let orientation else { return plain }
        let tiff: [UInt8] = [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
        var chunks = Array("WEBPVP8X".utf8) + [10, 0, 0, 0, 0x18, 0, 0, 0]
        chunks += [24 - 1, 0, 0, 16 - 1, 0, 0]
        chunks += plain[12...]
        chunks += Array("EXIF".utf8) + [UInt8(tiff.count), 0, 0, 0] + tiff
        return Array("RIFF".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: chunks.count >> (8 * $0)) } + chunks
    }

    @Test("It gives the drawing that the same pixels as PNG give")
    func traced() async throws {
        let engine = Engine(levels: [])
        let fromWebP = try await engine.value(of: convertToSVG(.bytes(Self.file())).output)
        let fromPNG = try await engine.value(of: convertToSVG(.bytes(encodePNG(Self.picture))).output)
        #expect(fromWebP == fromPNG)
    }

    @Test("The library stands in the keys of what is made of it, and in those of nothing else")
    func keys() throws {
        let webP = try Artifact<Blob>.bytes(Self.file()), png = Artifact<Blob>.bytes(encodePNG(Self.picture))
        #expect(SVGFromSource(source: webP, options: .init(), drawings: .kept).stages.contains(WebP.library))
        #expect(ReviewOfSource(source: webP, options: .init()).stages.contains(WebP.library))
        #expect(SVGFromSource(source: png, options: .init(), drawings: .kept).stages == StageIdentities.toSVG)
    }

    @Test("It is set upright as its note says")
    func upright() throws {
        let turnedFile = try Self.file(orientation: 6), plainFile = try Self.file(orientation: 1)
        let turned = try WebP.decode(turnedFile.span), plain = try WebP.decode(plainFile.span)
        #expect(turned.width == 16 && turned.height == 24)
        // The stored upper left corner of the red patch is the upper right one after a turn to the right.
        #expect(turned[16 - 1 - 4, 3] == RGBA8(200, 30, 30))
        #expect(turned[16 - 1 - 3, 3] == RGBA8(250, 250, 250))
        #expect(plain == Self.picture)
    }

    @Test("A file cut short is an error with a sentence, wherever it is cut")
    func damaged() throws {
        let file = try Self.file(orientation: 6)
        for count in stride(from: 12, to: file.count - 40, by: 7) {
            #expect(throws: WebPError.self) { _ = try WebP.decode(Array(file.prefix(count)).span) }
        }
    }
}
