import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Colours of thin features")
struct ThinColorTests {
    private let paper = RGBA8(255, 255, 255), gray = RGBA8(120, 120, 120)

    private func ring(_ radius: Double, _ width: Double) -> (Point) -> Bool {
        { abs($0.distance(to: Point(32, 32)) - radius) < width / 2 }
    }

    private func palette(_ image: Raster<RGBA8>, _ options: QuantizeOptions = .init()) -> [RGBA8] { quantize(image, options).palette }

    @Test("A ring of one to two pixels is not lost, though no pixel of it is flat", arguments: [1.0, 1.5, 2])
    func thinRing(width: Double) {
        let image = picture(64, 64, background: paper, [(gray, ring(20.3, width))])
        let drawing = traced(image)
        let grays = drawing.layers.compactMap { layer in
            if case .color(let color)? = layer.fill ?? layer.stroke?.paint, color != paper { color.r } else { nil }
        }
        // A line of one pixel hardly covers any pixel whole.
        #expect(!grays.isEmpty)
        #expect(grays.allSatisfy { (115...(width < 1.5 ? 165 : 135)).contains($0) })
        #expect(Similarity.ssim(of: render(drawing), to: image) > 0.9)
    }

    @Test("A thin line on nothing keeps its colour and its opacity")
    func transparent() {
        let image = picture(64, 64, background: RGBA8(0, 0, 0, 0), [(RGBA8(200, 30, 30), ring(20, 2))])
        let colors = palette(image)
        #expect(colors.contains { $0.a == 255 && $0.r > 190 && $0.g < 45 })
    }

    @Test("Blends of colours that are there add none: edges, blurred edges, three colours meeting")
    func blends() {
        let black = RGBA8(0, 0, 0), red = RGBA8(220, 30, 30)
        #expect(palette(picture(64, 64, background: paper, [(black, disc(32, 32, 20)), (red, box(20.5, 30.5, 30, 30))])).count == 3)
        // A ramp of five pixels between two flat areas.
        var soft = Raster(width: 64, height: 64, filledWith: paper)
        for y in 0..<64 { for x in 0..<64 { soft[x, y] = RGBA8(gray: min(255, max(0, (x - 29) * 51))) } }
        #expect(palette(soft).count == 2)
    }

    @Test("A thin line beside an area of a like colour keeps its own")
    func beside() {
        let green = RGBA8(178, 234, 113), yellow = RGBA8(246, 242, 135)
        let colors = palette(picture(64, 64, background: paper, [(yellow, box(4, 40, 50, 20)), (green, { abs($0.y - 20) < 1.2 })]))
        #expect(colors.contains(yellow))
        #expect(colors.contains { abs(Int($0.r) - 178) < 8 && abs(Int($0.g) - 234) < 8 && abs(Int($0.b) - 113) < 8 })
    }

    @Test("A slanted line of about a pixel is one region from end to end", arguments: [0.35, 0.6, 0.85])
    func slanted(slope: Double) {
        let length = (1 + slope * slope).squareRoot()
        let image = picture(64, 64, background: paper, [(gray, { $0.x > 4 && $0.x < 60 && abs($0.y - 5.2 - slope * $0.x) / length < 0.6 })])
        let lines = segment(image, quantize(image)).regions.filter { $0.paint != .color(paper) }
        #expect(lines.count == 1)
        #expect(lines.allSatisfy { $0.area > 50 })
    }

    @Test("No more colours than asked for, and a thin one when there is room")
    func limited() {
        let image = picture(64, 64, background: paper, [(gray, ring(20.3, 2))])
        #expect(palette(image, QuantizeOptions(colors: 1)).count == 1)
        #expect(palette(image, QuantizeOptions(colors: 2)).count == 2)
    }
}

extension RGBA8 {
    fileprivate init(gray value: Int) { self.init(UInt8(value), UInt8(value), UInt8(value)) }
}
