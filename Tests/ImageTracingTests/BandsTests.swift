import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Bands of rows shared by threads")
struct BandsTests {
    @Test("any order of the bands gives the same drawing", arguments: [false, true])
    func order(isTranslucent: Bool) {
        // Two bands and more of every pass: noisy stripes with soft edges, so that pixels are smoothed and mixed ones assigned.
        let width = 512, height = 520
        var pixels: [RGBA8] = [], seed: UInt32 = 1
        for y in 0..<height {
            for x in 0..<width {
                seed = seed &* 1_664_525 &+ 1_013_904_223
                let ramp = max(0, min(60, (x + y / 3) % 120 - 30)) * 3, noise = Int(seed >> 28) % 7
                let alpha: UInt8 = isTranslucent && y % 90 < 40 ? 128 : 255
                pixels.append(RGBA8(UInt8(ramp + noise), UInt8(200 - ramp + noise), UInt8(40 + noise), alpha))
            }
        }
        let image = Raster(width: width, height: height, pixels: pixels)
        func backwards(_ count: Int, _ body: @Sendable (Int) -> Void) { for i in (0..<count).reversed() { body(i) } }
        let one = quantize(image), other = quantize(image, each: backwards)
        #expect(one == other)
        #expect(segment(image, one) == segment(image, one, each: backwards))
    }

    @Test("bands cover all rows once, from the top down", arguments: [1, 8, 9, 100])
    func parts(height: Int) {
        let rows = mapBands(of: height, width: 8, pixels: 64, serially) { $0 }
        #expect(rows.flatMap { $0 } == Array(0..<height))
        #expect(rows.count == (height + 8) / 9)
    }
}
