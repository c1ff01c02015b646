import AtelierGeometry
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

    // MARK: Palettes

    /// Colours of all layers.
    private func drawn(_ image: Raster<RGBA8>, _ options: QuantizeOptions) -> Set<RGBA8> {
        var result: Set<RGBA8> = []
        for layer in traced(image, TraceOptions(quantize: options)).layers {
            if case .color(let color)? = layer.fill { result.insert(color) } else { Issue.record("a layer without a colour") }
        }
        return result
    }

    @Test("As many colours as asked for, also when fewer stand out", arguments: [2, 3, 5, 6, 7])
    func exactCount(count: Int) {
        // The last two differ from others by less than what makes a colour by itself.
        let near = colors + [RGBA8(24, 76, 160), RGBA8(236, 40, 30)]
        let image = picture(140, 20, near.enumerated().map { i, c in (c, box(Double(i) * 20, 0, 20, 20)) })
        #expect(quantize(image, QuantizeOptions(colors: count)).palette.count == count)
        #expect(drawn(image, QuantizeOptions(colors: count)).count == count)
    }

    @Test("A larger colour distance leaves fewer colours, never nearer than it")
    func distance() {
        let greys = (0..<12).map { (k: Int) -> RGBA8 in RGBA8(UInt8(20 * k), UInt8(20 * k), UInt8(20 * k)) }
        let image = picture(240, 20, greys.enumerated().map { i, c in (c, box(Double(i) * 20, 0, 20, 20)) })
        var last = Int.max
        for distance in [1.0, 5, 12, 25] {
            let count = quantize(image, QuantizeOptions(colorDistance: distance, mode: .color)).palette.count
            #expect(count <= last)
            last = count
        }
        #expect(last < 8)
    }

    @Test("With a given palette only its colours are drawn, the nearest for each area, on anti-aliased edges too")
    func givenPalette() {
        let brand = [RGBA8(0, 40, 180), RGBA8(230, 30, 60), RGBA8(250, 250, 250), RGBA8(0, 0, 0)]
        let image = picture(80, 60, [(RGBA8(20, 60, 160), disc(25.3, 30.2, 18)), (RGBA8(220, 40, 30), disc(54.6, 29.7, 16))])
        #expect(drawn(image, QuantizeOptions(palette: brand)) == Set(brand.prefix(3)))
        #expect(drawn(cloud(48, 48), QuantizeOptions(palette: brand)).isSubset(of: brand))
    }

    @Test("Areas that take the same colour of a palette become one, and its outline stays where it was")
    func sharedPaint() {
        let image = picture(64, 64, [(RGBA8(220, 40, 30), box(10.5, 10.25, 20, 40)), (RGBA8(180, 30, 20), box(30.5, 10.25, 20, 40))])
        let red = RGBA8(255, 0, 0), white = RGBA8(255, 255, 255)
        let s = segment(image, quantize(image, QuantizeOptions(palette: [red, white])))
        #expect(s.regions.map(\.paint) == [.color(white), .color(red)])
        for p in s.points where p.x > 20 && p.x < 28 && p.y < 30 && p.y > 2 { #expect(abs(p.y - 10.25) < 0.08) }
    }

    @Test("A kept colour survives any number of colours exactly, and another is drawn as what it is to become", arguments: [nil, 2, 3, 4])
    func recoloring(count: Int?) {
        let kept = RGBA8(222, 44, 26), gone = colors[0], new = RGBA8(10, 200, 200)
        let changes = [Recoloring(from: kept, to: kept), Recoloring(from: gone, to: new)]
        let found = drawn(stripes(colors), QuantizeOptions(colors: count, recoloring: changes))
        #expect(found.isSuperset(of: [kept, new]))
        #expect(found.count == count ?? colors.count)
        #expect(!found.contains(gone))
    }

    @Test("Colours drawn alike become one; one that nothing is near changes nothing")
    func merging() {
        let merged = [Recoloring(from: colors[0], to: colors[1]), Recoloring(from: colors[1], to: colors[1])]
        #expect(drawn(stripes(colors), QuantizeOptions(recoloring: merged)) == Set(colors.dropFirst()))
        let far = [Recoloring(from: RGBA8(255, 0, 255), to: RGBA8(0, 0, 0))]
        #expect(drawn(stripes(colors), QuantizeOptions(recoloring: far)) == Set(colors))
    }

    @Test("Grey keeps the luma of every area and nothing of its hue")
    func grey() {
        let found = quantize(stripes(colors), QuantizeOptions(tone: .grey)).palette
        #expect(Set(found.map { Int($0.r) }) == Set(colors.map(luma)))
        #expect(found.allSatisfy { $0.r == $0.g && $0.g == $0.b })
    }

    @Test("A duotone lies between two given colours, or between two of the picture")
    func duotone() {
        let ink = RGBA8(40, 0, 90), paper = RGBA8(255, 240, 200)
        let image = picture(
            60, 60, background: RGBA8(255, 255, 255), [(RGBA8(0, 0, 0), box(5, 5, 20, 50)), (RGBA8(128, 128, 128), box(30, 5, 20, 50))])
        let given = drawn(image, QuantizeOptions(palette: [paper, ink], tone: .duotone))
        #expect(given == [ink, paper, RGBA8(148, 120, 145)])
        let found = drawn(stripes([colors[0], colors[4], colors[0], colors[4], colors[0]]), QuantizeOptions(tone: .duotone))
        #expect(found == [colors[0], colors[4]])
    }
}
