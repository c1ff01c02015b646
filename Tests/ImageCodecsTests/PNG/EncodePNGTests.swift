import AtelierImageCodecs
import AtelierPixels
import Testing

@Suite("PNG encoding")
struct EncodePNGTests {
    @Test("What is written is read back the same", arguments: [(1, 1), (3, 5), (200, 41)])
    func roundTrip(width: Int, height: Int) throws {
        var random = SystemRandomNumberGenerator()
        let smooth = (0..<width * height).map { i in
            RGBA8(UInt8(truncatingIfNeeded: i % width), UInt8(truncatingIfNeeded: i / width), 7, UInt8.random(in: 0...255, using: &random))
        }
        let raster = Raster(width: width, height: height, pixels: smooth)
        let file = encodePNG(raster)
        #expect(try decodeImage(file.span) == raster)
        #expect(encodePNG(raster) == file)
    }

    @Test("Flat and smooth pictures become small")
    func small() {
        let flat = Raster(width: 500, height: 500, filledWith: RGBA8(10, 20, 30))
        #expect(encodePNG(flat).count < 3000)
        let ramp = Raster(width: 500, height: 500, pixels: (0..<250_000).map { RGBA8(UInt8(($0 % 500) / 2), 0, 0) })
        #expect(encodePNG(ramp).count < 6000)
    }
}
