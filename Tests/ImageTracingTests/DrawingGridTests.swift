import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("The grid on which an icon was drawn")
struct DrawingGridTests {
    /// A cross, a frame and three bars in units of an icon, `pixels` pixels wide each and `shift` pixels off.
    private func icon(pixels p: Double, shift: Double = 0, side: Int) -> Raster<RGBA8> {
        func unit(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> (Point) -> Bool {
            box(x * p + shift, y * p + shift, width * p, height * p)
        }
        let ink = RGBA8(35, 38, 41), red = RGBA8(200, 40, 40)
        return picture(
            side, side,
            [
                (ink, { unit(2, 4, 9, 3)($0) || unit(5, 1, 3, 9)($0) }), (red, unit(13, 2, 6, 2)), (red, unit(13, 6, 4, 1)),
                (ink, unit(3, 13, 15, 7)), (RGBA8(255, 255, 255), unit(4, 15, 9, 3)),
            ])
    }

    @Test("An icon is written in its own units, whatever size it was rendered at", arguments: [128, 200, 256])
    func units(side: Int) {
        let text = svg(icon(pixels: Double(side) / 22, side: side))
        #expect(text.contains("viewBox=\"0 0 22 22\""), "\(text)")
        #expect(text.contains("x=\"13\" y=\"2\" width=\"6\" height=\"2\""), "\(text)")
    }

    @Test("Where edges lie on no grid from the corner of the picture, coordinates stay what they are")
    func none() {
        let drawing = traced(icon(pixels: 10.7, shift: 5.9, side: 256))
        #expect(DrawingGrid(of: drawing.layers, width: 256, height: 256) == nil)
        #expect(drawing.gridUnits == drawing.gridUnits.rounded())
    }

    @Test("Two edges tell no grid")
    func tooFew() {
        let layer = TracedDrawing.Layer(.rect(Rect(x: 32, y: 0, width: 32, height: 128), radius: 0), fill: .color(RGBA8(0, 0, 0)))
        #expect(DrawingGrid(of: [layer], width: 128, height: 128) == nil)
    }

    @Test("Edges near a line go to it, with the handles of their curves; what lies between lines stays")
    func snapping() throws {
        var path = BezierPath()
        path.move(to: Point(16.05, 8.04))
        path.line(to: Point(63.96, 7.98))
        path.line(to: Point(64.02, 40.03))
        path.cubic(Point(64.02, 50.03), Point(50, 61.3), to: Point(36.3, 61.3))
        path.line(to: Point(15.97, 56.02))
        path.close()
        let ink = Paint.color(RGBA8(0, 0, 0))
        let bars = (1...6).map {
            TracedDrawing.Layer(.rect(Rect(x: 72, y: 8 + 16 * Double($0), width: 40, height: 8), radius: 0), fill: ink)
        }
        let grid = try #require(DrawingGrid(of: [.init(.path(path), fill: ink)] + bars, width: 128, height: 128))
        #expect(grid.columns == 16)
        var expected = BezierPath()
        expected.move(to: Point(16, 8))
        expected.line(to: Point(64, 8))
        expected.line(to: Point(64, 40))
        expected.cubic(Point(64, 50), Point(50, 61.3), to: Point(36.3, 61.3))
        expected.line(to: Point(16, 56))
        expected.close()
        guard case .path(let snapped) = grid.snapped([.init(.path(path), fill: ink)])[0].shape else { return #expect(Bool(false)) }
        #expect(snapped.elements.count == expected.elements.count)
        for (a, b) in zip(samples(snapped), samples(expected)) { #expect(a.distance(to: b) < 1e-9) }
    }

    @Test("Shapes beside one another keep their common coordinates")
    func cutout() {
        var options = TraceOptions()
        options.fit.layering = .cutout
        let units = traced(icon(pixels: 128.0 / 22, side: 128), options).gridUnits
        #expect(units == units.rounded())
    }
}

@Suite("What rounding moves")
struct RoundingErrorTests {
    private let ink = Paint.color(RGBA8(0, 0, 0))

    @Test("The sides of a box move as their coordinates are rounded")
    func box() {
        // Both upright sides, 10 long, by 0.25; of the level ones, 20 long, one by 0.5 and one not at all.
        let error = RoundingError([.init(.rect(Rect(Point(0.25, 0.5), Point(20.25, 11)), radius: 0), fill: ink)])
        let length = 2 * 10.5 + 2 * 20
        #expect(abs(error(unitsPerPixel: 1).meanSquare - (2 * 10.5 * 0.0625 + 20 * 0.25) / length) < 1e-12)
        #expect(error(unitsPerPixel: 1).largest == 0.5)
        #expect(error(unitsPerPixel: 4).largest == 0)
    }

    @Test("Lines move across, not along; a stroke's width moves both of its sides")
    func lines() {
        let stroke = TracedDrawing.Stroke(paint: ink, width: 2.5, isRound: false)
        let line = TracedDrawing.Layer(.line(Point(0.25, 3), Point(9.5, 3)), fill: nil, stroke: stroke)
        #expect(abs(RoundingError([line])(unitsPerPixel: 1).meanSquare - 0.0625) < 1e-12)
    }

    @Test("Circles move with their centres and radii")
    func circles() {
        let circle = TracedDrawing.Layer(.circle(center: Point(10.25, 10), radius: 4), fill: ink)
        #expect(abs(RoundingError([circle])(unitsPerPixel: 1).meanSquare - 0.0625 / 2) < 1e-12)
    }

    @Test("An even shift of a curve counts by how far it goes across the curve")
    func curves() {
        var path = BezierPath()
        path.move(to: Point(0, 0.25))
        path.cubic(Point(1, 0.25), Point(2, 0.25), to: Point(3, 0.25))
        // Without a line back: a curve that is straight moves by what its points do.
        #expect(abs(RoundingError([.init(.path(path), fill: ink)])(unitsPerPixel: 1).meanSquare - 0.0625) < 1e-12)
    }
}
