import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Arrowheads")
struct ArrowheadTests {
    /// A line with a head of so many line widths, as the resolver makes it.
    private func arrow(
        _ shape: SVG.Arrowhead.Shape = .triangle, _ end: SVG.Arrowhead.End = .end, width: Double, length: Double, reach: Double = 0,
        lineWidth: Double = 4, line: BezierPath = polygon([(10, 50), (100, 50)], closed: false)
    ) -> SVG.Node {
        let head = path(polygon([(0, 0), (length, width / 2), (0, width)]))
        var marker = SVG.Group(
            origin: origin("marker"), transform: .translation(100 - length + reach, 50 - width / 2), children: [head])
        marker.arrowhead = SVG.Arrowhead(end: end, shape: shape, length: length, width: width, reach: reach)
        return grouped([path(line, fill: nil, stroke: stroke(lineWidth)), .group(marker)], origin("line", id: "arrow"))
    }

    @Test("A head of a size that slides have becomes theirs, on one line with the element's name")
    func native() {
        let slide = mapSlide(picture([arrow(width: 12, length: 12)]))
        #expect(slide.shapes.contains("<a:miter lim=\"400000\"/><a:tailEnd type=\"triangle\" w=\"med\" len=\"med\"/></a:ln>"))
        #expect(slide.shapeCount == 1 && slide.shapes.contains("<p:cxnSp>") && slide.shapes.contains("name=\"arrow\""))
        #expect(slide.messages.isEmpty)
        let start = mapSlide(picture([arrow(.stealth, .start, width: 8, length: 20)]))
        #expect(start.shapes.contains("<a:headEnd type=\"stealth\" w=\"sm\" len=\"lg\"/>"))
    }

    @Test("A thin line's heads are measured by two points, as programs draw them")
    func thin() {
        // Two points are 8/3 pixels.
        #expect(mapSlide(picture([arrow(width: 8, length: 8, lineWidth: 1)])).shapes.contains("w=\"med\" len=\"med\""))
    }

    @Test("A head of another size stays a shape of its own, but for who wants to edit")
    func otherSizes() {
        let node = arrow(width: 16, length: 30)
        #expect(!mapSlide(picture([node])).shapes.contains("tailEnd"))
        let editable = mapSlide(picture([node]), SlideOptions(profile: .editable))
        #expect(editable.shapes.contains("<a:tailEnd type=\"triangle\" w=\"med\" len=\"lg\"/>") && editable.messages.count == 1)
        #expect(!mapSlide(picture([arrow(width: 12, length: 12.5)]), SlideOptions(profile: .exact)).shapes.contains("tailEnd"))
    }

    @Test("A head beyond the end makes a straight line longer; a curved one keeps its shapes")
    func beyond() {
        let slide = mapSlide(picture([arrow(width: 12, length: 12, reach: 12)]))
        #expect(slide.shapes.contains("<a:ext cx=\"971550\" cy=\"0\"/>"), "from 10 to 112")
        var curve = BezierPath()
        curve.move(to: Point(10, 50))
        curve.cubic(Point(40, 20), Point(70, 50), to: Point(100, 50))
        #expect(!mapSlide(picture([arrow(width: 12, length: 12, reach: 12, line: curve)])).shapes.contains("tailEnd"))
        #expect(mapSlide(picture([arrow(width: 12, length: 12, line: curve)])).shapes.contains("tailEnd"))
    }
}
