import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

@Suite("Gradients on slides")
struct GradientTests {
    private let red = SVG.Color(red: 255, green: 0, blue: 0), blue = SVG.Color(red: 0, green: 0, blue: 255)

    private func linear(
        _ from: Point, _ to: Point, spread: SVG.Gradient.Spread = .pad, transform: AffineTransform = .identity,
        stops: [SVG.Gradient.Stop]? = nil
    ) -> SVG.Fill {
        let stops = stops ?? [.init(offset: 0, color: red), .init(offset: 1, color: blue, opacity: 0.5)]
        return SVG.Fill(
            paint: .gradient(SVG.Gradient(shape: .linear(from: from, to: to), transform: transform, spread: spread, stops: stops)))
    }

    private func radial(_ center: Point, _ radius: Double, focus: Point? = nil, transform: AffineTransform = .identity) -> SVG.Fill {
        let stops = [SVG.Gradient.Stop(offset: 0, color: red), .init(offset: 1, color: blue)]
        let shape = SVG.Gradient.Shape.radial(center: center, radius: radius, focus: focus ?? center, focusRadius: 0)
        return SVG.Fill(paint: .gradient(SVG.Gradient(shape: shape, transform: transform, stops: stops)))
    }

    private func box(_ fill: SVG.Fill, transform: AffineTransform = .identity) -> (shapes: String, messages: [String]) {
        let slide = mapSlide(picture([path(square(0, 0, 100), transform: transform, fill: fill)]))
        return (slide.shapes, slide.messages)
    }

    /// Positions of the stops.
    private func positions(_ text: String) -> [Int] {
        text.split(separator: "<a:gs pos=\"").dropFirst().compactMap { Int($0.prefix { $0 != "\"" }) }
    }

    @Test("A gradient from side to side keeps its stops, alpha too")
    func plain() {
        let (shapes, messages) = box(linear(Point(0, 0), Point(100, 0)))
        #expect(messages.isEmpty && shapes.contains("<a:lin ang=\"0\" scaled=\"0\"/>"))
        #expect(positions(shapes) == [0, 100_000])
        #expect(shapes.contains("<a:srgbClr val=\"FF0000\"/>") && shapes.contains("<a:srgbClr val=\"0000FF\"><a:alpha val=\"50000\"/>"))
    }

    @Test("A gradient inside its shape is held to both ends, one beyond it is cut to what is seen")
    func partial() {
        #expect(positions(box(linear(Point(25, 0), Point(75, 0))).shapes) == [0, 25_000, 75_000, 100_000])
        let beyond = box(linear(Point(-100, 0), Point(200, 0))).shapes
        #expect(positions(beyond) == [0, 100_000] && !beyond.contains("FF0000") && beyond.contains("AA0055") && beyond.contains("5500AA"))
    }

    @Test("Colours run across lines of one colour: along the diagonal from corner to corner, and at right angles under a skew")
    func directions() {
        let diagonal = box(linear(Point(0, 0), Point(100, 100))).shapes
        #expect(diagonal.contains("ang=\"2700000\"") && positions(diagonal) == [0, 100_000])
        // Stretched to twice the width, lines of one colour lean; the colours still begin and end in the corners.
        let stretched = box(linear(Point(0, 0), Point(100, 100)), transform: .scaling(2, 1)).shapes
        #expect(stretched.contains("ang=\"3806097\"") && positions(stretched) == [0, 100_000])
        #expect(box(linear(Point(0, 0), Point(0, -100))).shapes.contains("ang=\"16200000\""))
    }

    @Test("A shape that is turned turns its gradient with it; one that is flipped is drawn as it looks")
    func turned() {
        let shapes = box(linear(Point(0, 0), Point(100, 0)), transform: turn(30, about: Point(50, 50))).shapes
        #expect(shapes.contains("rot=\"1800000\"") && shapes.contains("ang=\"0\""))
        let flipped = box(linear(Point(0, 0), Point(50, 0)), transform: AffineTransform(a: -1, b: 0, c: 0, d: 1, e: 100, f: 0)).shapes
        #expect(!flipped.contains("flip") && (flipped.contains("ang=\"10800000\"")))
    }

    @Test("Repeated and reflected gradients are unrolled; one that repeats too often is its mean colour, and noted")
    func spread() {
        #expect(positions(box(linear(Point(0, 0), Point(50, 0), spread: .reflect)).shapes) == [0, 50_000, 50_000, 100_000])
        let repeated = box(linear(Point(0, 0), Point(50, 0), spread: .repeat))
        #expect(positions(repeated.shapes) == [0, 50_000, 50_000, 100_000] && repeated.messages.isEmpty)
        let hatched = box(linear(Point(0, 0), Point(0.1, 0), spread: .repeat))
        #expect(hatched.messages.count == 1 && hatched.shapes.contains("<a:solidFill><a:srgbClr val=\"800080\">"))
    }

    @Test("More stops than anybody would edit are sampled")
    func manyStops() {
        let stops = (0...500).map { SVG.Gradient.Stop(offset: Double($0) / 500, color: $0 % 2 == 0 ? red : blue) }
        #expect(positions(box(linear(Point(0, 0), Point(100, 0), stops: stops)).shapes).count == 100)
    }

    @Test("A circle about the middle reaches half the diagonal; others are noted")
    func circles() {
        let (shapes, messages) = box(radial(Point(50, 50), 50))
        #expect(messages.isEmpty && shapes.contains("<a:fillToRect l=\"50000\" t=\"50000\" r=\"50000\" b=\"50000\"/>"))
        #expect(positions(shapes) == [0, 70_711, 100_000])
        #expect(box(radial(Point(20, 50), 50)).messages.count == 1)
        #expect(box(radial(Point(50, 50), 50, transform: .scaling(1, 0.5))).messages.contains { $0.contains("elliptical") })
        let focused = box(radial(Point(50, 50), 50, focus: Point(30, 50)))
        #expect(focused.messages.count == 1 && focused.shapes.contains("l=\"42000\"") && positions(focused.shapes).count == 25)
    }

    @Test("Lines take gradients too")
    func strokes() {
        var line = stroke(4)
        line.paint = linear(Point(0, 0), Point(100, 0)).paint
        let shapes = mapSlide(picture([path(square(0, 0, 100), fill: nil, stroke: line)])).shapes
        #expect(shapes.contains("<a:noFill/><a:ln w=\"38100\" cap=\"flat\"><a:gradFill"))
    }

    @Test("Gradients of impossible numbers map without a trap", arguments: [0.0, -1, 1e-300, 1e300, .infinity, .nan])
    func hostile(number: Double) {
        for fill in [
            linear(Point(number, 0), Point(number, number)), linear(Point(0, 0), Point(1, 1), transform: .scaling(number, number)),
            radial(Point(number, 50), 5), radial(Point(50, 50), number), radial(Point(50, 50), 50, focus: Point(number, number)),
            radial(Point(50, 50), 50, transform: .scaling(1, number)),
            linear(Point(0, 0), Point(number, 1), spread: .repeat),
        ] {
            #expect(box(fill).shapes.contains("<p:sp>"))
        }
    }
}
