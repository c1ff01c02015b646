import AtelierImageCodecs
import AtelierPixels
import Testing

/// `decodeImage` on an array (a span may not leave the expression an expectation takes apart).
func decode(_ bytes: [UInt8], _ limits: DecodeLimits = DecodeLimits()) throws(ImageDecodingError) -> Raster<RGBA8> {
    try decodeImage(bytes.span, limits: limits)
}

@Suite("Decoding by content")
struct DecodeImageTests {
    @Test("A file of another format is named, with what helps")
    func foreignFormats() {
        let samples: [([UInt8], String)] = [
            (Array("GIF89a".utf8), "GIF"), (Array("RIFF\0\0\0\0WEBPVP8 ".utf8), "WebP"), (Array("%PDF-1.7".utf8), "PDF"),
            ([0, 0, 0, 24] + Array("ftypheic".utf8), "HEIC"), (Array("<svg xmlns=''/>".utf8), "SVG"),
        ]
        for (bytes, name) in samples {
            let error = #expect(throws: ImageDecodingError.unsupportedFormat(name)) { try decode(bytes) }
            #expect(error?.description == "This is a \(name) file, which is not read as a picture; convert it to PNG or JPEG.")
        }
    }

    @Test("What is no picture at all says so", arguments: [[], [0], Array("hello, world".utf8), [0xFF, 0xD8], [0x89, 0x50]])
    func unrecognized(bytes: [UInt8]) {
        #expect(throws: ImageDecodingError.unrecognized) { try decode(bytes) }
    }

    @Test("The libraries that decode are named, JPEG's by what it makes of a probe")
    func decoders() throws {
        #expect(ImageFormat.png.decoder.hasPrefix("libspng 0."))
        let jpeg = ImageFormat.jpeg.decoder
        #expect(jpeg.hasPrefix("libjpeg-turbo decoding as ") && jpeg.count > 36, "\(jpeg)")
    }

    @Test("The footprint is what the limit on memory counts, and needs no decoding")
    func footprints() throws {
        let upright = try sample("progressive")
        for bytes in [upright, withOrientation(6, upright), try sample("baseline"), PNGFile(width: 9, height: 7).header(andData: [0])] {
            let footprint = try footprint(bytes)
            var limits = DecodeLimits()
            limits.maxDecodedBytes = footprint - 1
            #expect(throws: ImageDecodingError.tooLarge(.decodedBytes, value: footprint, limit: footprint - 1)) {
                try decode(bytes, limits)
            }
        }
        #expect(try footprint(upright) == 512 * (4 + 6))
    }

    @Test("A header that promises 2⁶² pixels is refused, not multiplied out")
    func hugeHeader() {
        let bytes = PNGFile(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF).header(andData: [0])
        #expect(throws: ImageDecodingError.tooLarge(.side, value: 0x7FFF_FFFF, limit: 1_000_000)) { try footprint(bytes) }
        #expect(throws: ImageDecodingError.tooLarge(.side, value: 0x7FFF_FFFF, limit: 1_000_000)) { try decode(bytes) }
    }

    private func footprint(_ bytes: [UInt8]) throws(ImageDecodingError) -> Int { try decodingFootprint(of: bytes.span) }
}
