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

    @Test("The width follows the transform; stretched unevenly, the stroke becomes the region it covers, grouped with the fill")
    func scaled() {
        #expect(shapes(rectangle(0, 0, 9, 9, transform: .scaling(3, -3), stroke: stroke(2))).contains("<a:ln w=\"57150\""))
        let uneven = rectangle(10, 10, 9, 9, origin("rect", id: "box"), transform: .scaling(4, 1), stroke: stroke(2))
        let slide = mapSlide(picture([uneven]))
        #expect(slide.messages.isEmpty)
        #expect(!slide.shapes.contains("<a:ln w") && slide.shapes.contains("<p:grpSp>") && slide.shapes.contains("name=\"box\""))
        // 9…20 by 9…20, four times as wide.
        #expect(slide.shapes.contains("<a:off x=\"342900\" y=\"85725\"/><a:ext cx=\"419100\" cy=\"104775\"/>"))
        let editable = mapSlide(picture([uneven]), SlideOptions(profile: .editable))
        #expect(editable.shapes.contains("<a:ln w=\"38100\""))
        #expect(editable.messages == ["the transform stretches the stroke unevenly and it was given one mean width"])
        let slightly = mapSlide(picture([rectangle(0, 0, 9, 9, transform: .scaling(1.04, 1), stroke: stroke(2))]))
        #expect(slightly.shapes.contains("<a:ln w=") && slightly.messages.count == 1)
    }

    @Test("A mitre cut off at its limit is drawn as a region, and natively where none is cut")
    func miterClip() {
        let tip = polygon([(10, 60), (15, 10), (20, 60)], closed: false)
        let cut = mapSlide(picture([path(tip, fill: nil, stroke: stroke(4, join: .miterClip))]))
        #expect(!cut.shapes.contains("<a:ln w") && cut.messages.isEmpty)
        let whole = mapSlide(picture([path(square(10, 10, 9), fill: nil, stroke: stroke(4, join: .miterClip))]))
        #expect(whole.shapes.contains("<a:miter lim=\"400000\"/>"))
    }

    @Test("A stroke in several colours is a line of slides, but a region where only the picture counts")
    func gradients() {
        let stops = [SVG.Gradient.Stop(offset: 0, color: black), .init(offset: 1, color: SVG.Color(red: 255, green: 255, blue: 255))]
        let paint = SVG.Paint.gradient(SVG.Gradient(shape: .linear(from: Point(0, 0), to: Point(100, 0)), stops: stops))
        let node = path(polygon([(0, 0), (50, 20), (80, 0)], closed: false), fill: nil, stroke: SVG.Stroke(paint: paint, width: 4))
        #expect(mapSlide(picture([node])).shapes.contains("cap=\"flat\"><a:gradFill"))
        let exact = mapSlide(picture([node]), SlideOptions(profile: .exact)).shapes
        #expect(!exact.contains("<a:ln w") && exact.contains("<a:gradFill"))
    }

    @Test("A straight line keeps its exact width under uneven stretching")
    func stretchedLine() {
        let across = mapSlide(picture([line(10, 10, 10, 20, transform: .scaling(4, 1), stroke: stroke(2))]))
        #expect(across.shapes.contains("<a:ln w=\"76200\"") && across.messages.isEmpty)
        let along = mapSlide(picture([line(10, 10, 20, 10, transform: .scaling(4, 1), stroke: stroke(2))]))
        #expect(along.shapes.contains("<a:ln w=\"19050\"") && along.messages.isEmpty)
    }

    @Test("A line whose ends a skew slants keeps them slanted")
    func slantedEnds() {
        let skew = AffineTransform.skewX(Angle(degrees: -45))
        let slanted = line(60, 14, 14, 60, transform: skew, stroke: stroke(8))
        #expect(!mapSlide(picture([slanted])).shapes.contains("<p:cxnSp>"))
        let editable = mapSlide(picture([slanted]), SlideOptions(profile: .editable))
        #expect(editable.shapes.contains("<p:cxnSp>") && editable.messages.count == 1)
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

    @Test(
        "An offset to the start of a dash turns the list; with one inside a dash each dash is a line, all in one shape",
        arguments: [0, 7, -5, 12, 19, 12e9])
    func exactOffset(offset: Double) {
        let slide = mapSlide(picture([rectangle(0, 0, 90, 9, stroke: stroke(1, dashes: [6, 1, 2, 3], offset: offset))]))
        let turned = (offset / 12).truncatingRemainder(dividingBy: 1) != 0
        #expect(slide.shapes.contains(turned ? "<a:custDash><a:ds d=\"200000\"" : "<a:custDash><a:ds d=\"600000\""))
        #expect(slide.messages.isEmpty)
        let shifted = rectangle(0, 0, 90, 9, stroke: stroke(1, dashes: [6, 1, 2, 3], offset: offset + 2))
        let split = mapSlide(picture([shifted]))
        #expect(split.messages.isEmpty && !split.shapes.contains("custDash") && split.shapeCount == 1)
        #expect(split.shapes.split(separator: "<a:moveTo>").count > 30, "198 pixels by dashes of 12")
        #expect(split.shapes.contains(" stroke=\"0\">") && split.shapes.contains(" fill=\"none\">"))
        let inside = mapSlide(picture([shifted]), SlideOptions(profile: .editable))
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
