import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Colours")
struct QuantizeTests {
    let colors = [RGBA8(20, 60, 160), RGBA8(220, 40, 30), RGBA8(40, 160, 70), RGBA8(240, 200, 20), RGBA8(255, 255, 255)]

    private func stripes(_ order: [RGBA8]) -> Raster<RGBA8> {
        picture(100, 20, order.enumerated().map { i, c in (c, box(i == 0 ? 0 : Double(i) * 20 + 0.5, 0, 21, 20)) })
    }

    @Test("Flat colours are found exactly, and no blends")
    func exactColors() {
        #expect(Set(quantize(stripes(colors)).palette) == Set(colors))
    }

    @Test("The order in which colours appear does not change which are found")
    func orderDoesNotMatter() {
        #expect(Set(quantize(stripes(colors)).palette) == Set(quantize(stripes(colors.reversed())).palette))
    }

    @Test("No more colours than asked for", arguments: [1, 2, 3, 4])
    func limit(count: Int) {
        let found = quantize(stripes(colors), QuantizeOptions(colors: count)).palette
        #expect(found.count == count)
    }

    @Test("Noise does not make colours")
    func noise() {
        var random = Seeded(state: 5)
        var image = stripes(colors)
        for i in image.pixels.indices {
            func jitter(_ v: UInt8) -> UInt8 { UInt8(min(255, max(0, Int(v) + Int(random.next() % 13) - 6))) }
            let p = image.pixels[i]
            image.pixels[i] = RGBA8(jitter(p.r), jitter(p.g), jitter(p.b))
        }
        #expect(quantize(image).palette.count == colors.count)
    }

    @Test("Full transparency is one colour, whatever lies under it")
    func transparent() {
        var random = Seeded(state: 6)
        var image = Raster(width: 16, height: 16, filledWith: RGBA8(0, 0, 0, 0))
        for i in image.pixels.indices { image.pixels[i].r = UInt8(truncatingIfNeeded: random.next()) }
        #expect(quantize(image).palette == [RGBA8(0, 0, 0, 0)])
    }
}
