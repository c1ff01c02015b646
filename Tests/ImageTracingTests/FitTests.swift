import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("From pixels to curves")
struct FitTests {
    let ink = RGBA8(20, 60, 160), paper = RGBA8(255, 255, 255)

    @Test("A disc comes back within a tenth of a pixel, whatever its place between pixels", arguments: [0.0, 0.25, 0.4, 0.77])
    func discIsRecovered(offset: Double) throws {
        let (cx, cy, r) = (32 + offset, 30 - offset, 19.3)
        let drawing = traced(picture(64, 64, [(ink, disc(cx, cy, r))]), TraceOptions(fit: FitOptions(tolerance: 0.1)))
        #expect(drawing.layers.map(\.fill) == [.color(paper), .color(ink)])
        let layer = try #require(drawing.layers.last)
        for p in samples(layer.shape.outline) {
            let error = p.distance(to: Point(cx, cy)) - r
            #expect(abs(error) < 0.1)
        }
        #expect(layer.shape.outline.elements.count <= 12, "a circle needs a handful of cubics")
    }

    @Test("A rectangle between pixels comes back as four lines within a tenth of a pixel")
    func rectangleIsRecovered() throws {
        let drawing = traced(picture(60, 50, [(ink, box(10.3, 12.6, 35.4, 22.2))]))
        let path = try #require(drawing.layers.last).shape.outline
        #expect(cubicCount(path) == 0)
        for corner in [Point(10.3, 12.6), Point(45.7, 12.6), Point(45.7, 34.8), Point(10.3, 34.8)] {
            let nearest = samples(path).map { $0.distance(to: corner) }.min() ?? .infinity
            #expect(nearest < 0.15, "corner \(corner) is \(nearest) px away")
        }
        let missing = abs(area(path)) - 35.4 * 22.2
        #expect(abs(missing) < 5)
    }

    @Test("A turned square keeps its corners sharp")
    func turnedSquare() throws {
        let c = Point(32, 32)
        let drawing = traced(picture(64, 64, [(ink, { abs($0.x - c.x) * 0.8 + abs($0.y - c.y) < 18 })]))
        let path = try #require(drawing.layers.last).shape.outline
        for corner in [Point(32, 14), Point(54.5, 32), Point(32, 50), Point(9.5, 32)] {
            let nearest = samples(path).map { $0.distance(to: corner) }.min() ?? .infinity
            #expect(nearest < 0.35, "corner \(corner) is \(nearest) px away")
        }
    }

    @Test("What is enclosed is painted on top of what encloses it, which has no hole")
    func nested() {
        let drawing = traced(picture(64, 64, [(ink, disc(32, 32, 24)), (RGBA8(220, 30, 30), disc(32, 32, 12))]))
        #expect(drawing.layers.map(\.fill) == [.color(paper), .color(ink), .color(RGBA8(220, 30, 30))])
        for layer in drawing.layers.dropFirst() {
            #expect(subpathCount(layer.shape.outline) == 1)
        }
    }

    @Test("A hole that holds an opaque disc with a hole of its own stays open inside")
    func holeInsideAnIsland() throws {
        let none = RGBA8(0, 0, 0, 0), red = RGBA8(220, 30, 30)
        let drawing = traced(
            picture(80, 80, background: none, [(ink, disc(40, 40, 36)), (red, disc(40, 40, 24)), (none, disc(40, 40, 12))]))
        let center = Point(40, 40)
        for layer in drawing.layers {
            #expect(samples(layer.shape.outline).allSatisfy { $0.distance(to: center) > 11 })
            let most = 3.14159 * (36.0 * 36 - 11.0 * 11)
            #expect(abs(area(layer.shape.outline)) < most)
        }
        #expect(drawing.layers.count == 2)
    }

    @Test("Opacity is kept: a translucent disc has its alpha, and nothing is painted under it")
    func translucency() throws {
        let glass = RGBA8(200, 40, 40, 128)
        let drawing = traced(picture(64, 64, background: RGBA8(0, 0, 0, 0), [(glass, disc(32, 32, 20))]))
        #expect(drawing.layers.count == 1)
        guard case .color(let color)? = drawing.layers.first?.fill else { throw PaintIsNoColor() }
        #expect((127...129).contains(color.a))
        #expect((198...202).contains(color.r))
    }

    @Test("Turning a picture by 90° four times gives the same covered area each time")
    func rotation() throws {
        var image = picture(90, 50, [(ink, box(8.4, 9.7, 30, 21)), (RGBA8(230, 160, 20), disc(64, 27, 15.5))])
        var areas: [[Double]] = []
        for _ in 0..<4 {
            areas.append(traced(image).layers.map { abs(area($0.shape.outline)) }.sorted())
            var turned = Raster(width: image.height, height: image.width, filledWith: paper)
            for y in 0..<image.height { for x in 0..<image.width { turned[image.height - 1 - y, x] = image[x, y] } }
            image = turned
        }
        for other in areas.dropFirst() {
            #expect(other.count == areas[0].count)
            for (a, b) in zip(other, areas[0]) {
                let allowed = 0.004 * max(a, 500)
                #expect(abs(a - b) < allowed, "\(areas)")
            }
        }
    }

    @Test("Shapes at the frame end exactly on it")
    func frame() throws {
        let drawing = traced(picture(40, 40, [(ink, { $0.x + 0.3 * $0.y < 21 })]))
        for layer in drawing.layers {
            for p in samples(layer.shape.outline) {
                #expect((0...40).contains(p.x))
                #expect((0...40).contains(p.y))
            }
        }
        let path = try #require(drawing.layers.last).shape.outline
        let points = samples(path)
        #expect(points.contains { $0.y == 0 })
        #expect(points.contains { $0.y == 40 })
    }

    @Test("A larger tolerance never needs more segments")
    func tolerance() {
        let image = picture(
            96, 96,
            [
                (
                    ink,
                    { p in
                        let d = p - Point(48, 48); return d.length < 30 + 6 * d.dx / 30 * d.dy / 30
                    }
                )
            ])
        let counts = [0.1, 0.3, 1.0, 3.0].map { tolerance in
            traced(image, TraceOptions(fit: FitOptions(tolerance: tolerance))).layers.reduce(0) { $0 + $1.shape.outline.elements.count }
        }
        #expect(counts == counts.sorted(by: >), "\(counts)")
    }

    @Test("Under a texture lies a large area near its mean colour, under a drawing the largest")
    func background() {
        let black = RGBA8(0, 0, 0), grey = RGBA8(130, 130, 130)
        let image = picture(60, 60, [(black, box(0, 0, 60, 24)), (grey, box(0, 24, 60, 20))])
        let options = TraceOptions(quantize: QuantizeOptions(mode: .color))
        var segmentation = segment(image, quantize(image, options.quantize), options.segment)
        func first() -> Paint { segmentation.regions[Int(PaintOrder(segmentation).painted[0])].paint }
        #expect(first() == .color(black))
        segmentation.isTextured = true
        #expect(first() == .color(grey))
    }
}
