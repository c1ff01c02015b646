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
}
