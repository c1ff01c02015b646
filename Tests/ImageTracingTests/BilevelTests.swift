import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Ink and paper")
struct BilevelTests {
    let black = RGBA8(0, 0, 0), white = RGBA8(255, 255, 255)

    /// Every pixel whose centre is inside, without anti-aliasing.
    private func hard(_ width: Int, _ height: Int, _ isInk: (Point) -> Bool) -> Raster<RGBA8> {
        var image = Raster(width: width, height: height, filledWith: white)
        for y in 0..<height { for x in 0..<width where isInk(Point(Double(x) + 0.5, Double(y) + 0.5)) { image[x, y] = black } }
        return image
    }

    private func ink(_ image: Raster<RGBA8>, _ options: TraceOptions = .init()) throws -> BezierPath {
        try #require(traced(image, options).layers.last).shape.outline
    }

    @Test("A picture of two colours is known by itself and keeps them")
    func twoColors() {
        var image = hard(40, 30, disc(20, 15, 9))
        for i in image.pixels.indices { image.pixels[i] = image.pixels[i] == black ? RGBA8(200, 30, 40) : RGBA8(250, 240, 200) }
        let quantized = quantize(image)
        #expect(quantized.kind == .bilevel)
        #expect(quantized.palette == [RGBA8(250, 240, 200), RGBA8(200, 30, 40)])
        image[3, 3] = RGBA8(249, 240, 200)
        #expect(quantize(image).kind == .areas)
    }

    @Test("Of two colours the transparent one is the paper, and nothing is drawn for it")
    func transparentPaper() {
        var image = hard(20, 20, box(2, 2, 16, 16))
        for i in image.pixels.indices where image.pixels[i] == white { image.pixels[i] = RGBA8(9, 9, 9, 0) }
        let drawing = traced(image)
        #expect(drawing.layers.count == 1)
        #expect(drawing.layers.first?.fill == .color(black))
    }

    @Test("A staircase becomes the circle it came from", arguments: [8.0, 13.5, 31.2, 77])
    func circle(radius: Double) throws {
        let size = Int(radius * 2 + 8), center = Point(Double(size) / 2 + 0.3, Double(size) / 2 - 0.2)
        let outline = try ink(hard(size, size, disc(center.x, center.y, radius)))
        for p in samples(outline) {
            let error = abs(p.distance(to: center) - radius)
            #expect(error < 0.75)
        }
        #expect(cubicCount(outline) <= 12)
        let area = abs(area(outline)), expected = Double.pi * radius * radius
        #expect(abs(area - expected) < 0.02 * expected)
    }

    @Test("Boxes have four sharp corners at any size", arguments: [3, 4, 6, 9, 40])
    func squares(side: Int) throws {
        let outline = try ink(hard(60, 60, box(7, 5, Double(side), Double(side))))
        #expect(cubicCount(outline) == 0)
        #expect(outline.elements.count == 5 || outline.elements.count == 6)
        #expect(abs(area(outline)) == Double(side * side))
    }

    @Test("A slanted box has four sides")
    func slanted() throws {
        func isInside(_ p: Point) -> Bool {
            let x = (p.x - 40) * 0.96 + (p.y - 40) * 0.28, y = (p.y - 40) * 0.96 - (p.x - 40) * 0.28
            return abs(x) < 25 && abs(y) < 17
        }
        let outline = try ink(hard(80, 80, isInside))
        #expect(outline.elements.count <= 14)
        for p in samples(outline) {
            let x = abs((p.x - 40) * 0.96 + (p.y - 40) * 0.28), y = abs((p.y - 40) * 0.96 - (p.x - 40) * 0.28)
            let error = max(x - 25, y - 17)
            #expect(abs(error) < 1)
        }
    }

    @Test("A ring has a hole")
    func ring() throws {
        let outline = try ink(
            hard(60, 60) {
                let d = $0.distance(to: Point(30, 30)); return d < 24 && d > 12
            })
        #expect(subpathCount(outline) == 2)
        #expect(abs(abs(area(outline)) - Double.pi * (24 * 24 - 12 * 12)) < 20)
    }

    @Test("Two pixels that touch at a corner are joined as asked")
    func turns() throws {
        var image = hard(12, 12) { _ in false }
        for k in 2..<6 { image[k, k] = black }
        func parts(_ turns: TurnPolicy) throws -> Int {
            subpathCount(try ink(image, TraceOptions(segment: SegmentOptions(speckleArea: 0, turns: turns))))
        }
        #expect(try parts(.black) == 1)
        #expect(try parts(.white) == 4)
        #expect(try parts(.minority) == 1)
        #expect(try parts(.majority) == 4)
    }

    @Test("Specks of either colour up to the area are left out")
    func specks() throws {
        var image = hard(40, 40, box(10, 10, 20, 20))
        image[3, 3] = black
        image[4, 3] = black
        image[20, 20] = white
        func parts(_ area: Int) throws -> Int { subpathCount(try ink(image, TraceOptions(segment: SegmentOptions(speckleArea: area)))) }
        #expect(try parts(0) == 3)
        #expect(try parts(1) == 2)
        #expect(try parts(2) == 1)
    }

    @Test("Otsu's level lies between two humps")
    func otsu() {
        var histogram = [Int](repeating: 0, count: 256)
        for l in 30..<60 { histogram[l] = 10 }
        for l in 180..<240 { histogram[l] = 40 }
        #expect((59..<180).contains(otsuLevel(histogram)))
    }

    @Test("Sauvola's ink stays ink where the paper is darker than ink elsewhere")
    func sauvola() {
        var image = Raster(width: 120, height: 60, filledWith: white)
        for y in 0..<60 {
            for x in 0..<120 {
                let paper = 250 - x * 3 / 2, isInk = x % 20 < 4 && y % 30 > 4
                let l = UInt8(isInk ? paper - 60 : paper)
                image[x, y] = RGBA8(l, l, l)
            }
        }
        let found = binarize(image, BilevelOptions(threshold: .sauvola, window: 21))
        var wrong = 0
        for y in 0..<60 { for x in 0..<120 where (found.indices[y * 120 + x] == 1) != (x % 20 < 4 && y % 30 > 4) { wrong += 1 } }
        #expect(wrong < 120)
    }

    @Test("A level, its inverse, and transparency over a background")
    func level() {
        var image = Raster(width: 4, height: 1, filledWith: white)
        image.pixels = [RGBA8(0, 0, 0), RGBA8(100, 100, 100), RGBA8(160, 160, 160), RGBA8(0, 0, 0, 0)]
        func indices(_ o: BilevelOptions) -> [UInt8] { binarize(image, o).indices }
        #expect(indices(BilevelOptions(threshold: .level)) == [1, 1, 0, 0])
        #expect(indices(BilevelOptions(threshold: .level, level: 0.2)) == [1, 0, 0, 0])
        #expect(indices(BilevelOptions(threshold: .level, isInverted: true)) == [0, 0, 1, 1])
        #expect(indices(BilevelOptions(threshold: .level, background: black)) == [1, 1, 0, 1])
    }

    @Test("Chosen colours are used, and transparent paper is not drawn")
    func colors() {
        let options = BilevelOptions(ink: RGBA8(200, 0, 0), paper: RGBA8(0, 0, 0, 0))
        let drawing = traced(
            picture(40, 40, [(black, disc(20, 20, 10))]), TraceOptions(quantize: QuantizeOptions(mode: .bw, bilevel: options)))
        #expect(drawing.layers.map(\.fill) == [.color(RGBA8(200, 0, 0))])
    }

    @Test("Any small picture in black and white gives outlines within it", arguments: 1...20)
    func noise(seed: Int) {
        var random = Seeded(state: UInt64(seed))
        let width = 1 + Int(random.next() % 24), height = 1 + Int(random.next() % 24), share = random.next() % 9 + 1
        var image = Raster(width: width, height: height, filledWith: white)
        for i in image.pixels.indices where random.next() % 10 < share { image.pixels[i] = black }
        for turns in TurnPolicy.allCases {
            for alpha in [0, 1, 1.334] {
                let options = TraceOptions(
                    quantize: QuantizeOptions(mode: .bw), segment: SegmentOptions(speckleArea: 0, turns: turns),
                    fit: FitOptions(cornerAlpha: alpha, joinTolerance: alpha))
                for layer in traced(image, options).layers {
                    for p in samples(layer.shape.outline) {
                        #expect((-1...Double(width) + 1).contains(p.x) && (-1...Double(height) + 1).contains(p.y))
                    }
                }
            }
        }
    }
}
