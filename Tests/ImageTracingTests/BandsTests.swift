import AtelierGeometry
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

    @Test("any order of the layers gives the same text")
    func layers() {
        let stops = [GradientStop(offset: 0, color: RGBA8(255, 0, 0)), GradientStop(offset: 1, color: RGBA8(0, 0, 255))]
        let layers = (0..<300).map { k in
            let gradient = LinearGradient(start: Point(0, 0), end: Point(Double(k), 9), stops: stops)
            let paint: Paint = k % 3 > 0 ? .color(RGBA8(UInt8(k % 251), 7, 90)) : .linear(gradient)
            return TracedDrawing.Layer(.circle(center: Point(Double(k), 5), radius: 3), fill: paint)
        }
        let drawing = TracedDrawing(width: 300, height: 10, gridUnits: 2, layers: layers)
        func backwards(_ count: Int, _ body: @Sendable (Int) -> Void) { for i in (0..<count).reversed() { body(i) } }
        let text = writeSVG(drawing)
        #expect(text == writeSVG(drawing, each: backwards))
        #expect(String(decoding: text, as: UTF8.self).split(separator: "<").count { $0.hasPrefix("circle") } == 300)
    }

    @Test("bands cover all rows once, from the top down", arguments: [1, 8, 9, 100])
    func parts(height: Int) {
        let rows = mapBands(of: height, width: 8, pixels: 64, serially) { $0 }
        #expect(rows.flatMap { $0 } == Array(0..<height))
        #expect(rows.count == (height + 8) / 9)
    }
}
