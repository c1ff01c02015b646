import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Strokes")
struct StrokeTests {
    @Test("Width, cap, join and mitre limit")
    func basics() {
        #expect(
            shapes(rectangle(0, 0, 9, 9, stroke: stroke(2))).contains(
                """
                <a:ln w="19050" cap="flat"><a:solidFill><a:srgbClr val="000000"/></a:solidFill><a:miter lim="400000"/></a:ln>
                """))
        #expect(shapes(rectangle(0, 0, 9, 9, stroke: stroke(cap: .round, join: .round))).contains("cap=\"rnd\""))
        #expect(shapes(rectangle(0, 0, 9, 9, stroke: stroke(join: .round))).contains("<a:round/>"))
        #expect(shapes(rectangle(0, 0, 9, 9, stroke: stroke(cap: .square, join: .bevel))).contains("cap=\"sq\""))
        #expect(shapes(rectangle(0, 0, 9, 9, stroke: stroke(join: .bevel))).contains("<a:bevel/>"))
    }

    @Test("The width follows the transform; uneven stretching is noted")
    func scaled() {
        #expect(shapes(rectangle(0, 0, 9, 9, transform: .scaling(3, -3), stroke: stroke(2))).contains("<a:ln w=\"57150\""))
        let slide = mapSlide(picture([rectangle(0, 0, 9, 9, transform: .scaling(4, 1), stroke: stroke(2))]))
        #expect(slide.shapes.contains("<a:ln w=\"38100\""))
        #expect(slide.messages == ["the transform stretches the stroke unevenly and it was given one mean width"])
    }

    @Test("A straight line keeps its exact width under uneven stretching")
    func stretchedLine() {
        let across = mapSlide(picture([line(10, 10, 10, 20, transform: .scaling(4, 1), stroke: stroke(2))]))
        #expect(across.shapes.contains("<a:ln w=\"76200\"") && across.messages.isEmpty)
        let along = mapSlide(picture([line(10, 10, 20, 10, transform: .scaling(4, 1), stroke: stroke(2))]))
        #expect(along.shapes.contains("<a:ln w=\"19050\"") && along.messages.isEmpty)
    }

    @Test("A line whose ends a skew would slant is noted")
    func slantedEnds() {
        let skew = AffineTransform.skewX(Angle(degrees: -45))
        #expect(mapSlide(picture([line(60, 14, 14, 60, transform: skew, stroke: stroke(8))])).messages.count == 1)
        #expect(mapSlide(picture([line(10, 10, 60, 30, transform: turn(30, about: .zero), stroke: stroke(8))])).messages.isEmpty)
    }

    @Test("A stroke too thin for a unit is one unit: zero would be a hairline; one too wide is limited and noted")
    func extremes() {
        #expect(shapes(rectangle(0, 0, 9, 9, stroke: stroke(1e-9))).contains("<a:ln w=\"1\""))
        let slide = mapSlide(picture([rectangle(0, 0, 9, 9, stroke: stroke(1e6))]))
        #expect(slide.shapes.contains("<a:ln w=\"20116800\"") && slide.messages.count == 1)
    }

    @Test("Dashes are parts of the width")
    func dashes() {
        let text = shapes(rectangle(0, 0, 90, 9, transform: .scaling(2, 2), stroke: stroke(2, dashes: [6, 1, 2, 3])))
        #expect(text.contains("<a:custDash><a:ds d=\"300000\" sp=\"50000\"/><a:ds d=\"100000\" sp=\"150000\"/></a:custDash><a:miter"))
    }

    @Test("Dots are dashes of next to no length, where caps can show them")
    func dots() {
        #expect(
            shapes(rectangle(0, 0, 90, 9, stroke: stroke(2, cap: .round, dashes: [0, 4]))).contains("<a:ds d=\"1000\" sp=\"200000\"/>"))
        #expect(shapes(rectangle(0, 0, 90, 9, stroke: stroke(2, dashes: [0, 4]))).contains("<a:ds d=\"0\" sp=\"200000\"/>"))
    }

    @Test("An offset to the start of a dash turns the list; one inside a dash is noted", arguments: [0, 7, -5, 12, 19, 12e9])
    func exactOffset(offset: Double) {
        let slide = mapSlide(picture([rectangle(0, 0, 90, 9, stroke: stroke(1, dashes: [6, 1, 2, 3], offset: offset))]))
        let turned = (offset / 12).truncatingRemainder(dividingBy: 1) != 0
        #expect(slide.shapes.contains(turned ? "<a:custDash><a:ds d=\"200000\"" : "<a:custDash><a:ds d=\"600000\""))
        #expect(slide.messages.isEmpty)
        let inside = mapSlide(picture([rectangle(0, 0, 90, 9, stroke: stroke(1, dashes: [6, 1, 2, 3], offset: offset + 2))]))
        #expect(inside.messages == ["slides have no dash offset, so the dashes begin at the nearest whole dash"])
    }

    @Test(
        "Lists that are no dash patterns give a solid line and a note", arguments: [[1.0], [-1, 2], [0, 0], [.nan, 1], [.infinity, 1]])
    func invalid(dashes: [Double]) {
        let slide = mapSlide(picture([rectangle(0, 0, 90, 9, stroke: stroke(dashes: dashes))]))
        #expect(!slide.shapes.contains("custDash"))
        #expect(slide.diagnostics.map(\.outcome) == [.invalid])
        #expect(slide.diagnostics.first?.line == 7)
    }
}
