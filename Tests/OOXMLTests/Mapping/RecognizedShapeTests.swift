import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Paths that are named geometries")
struct RecognizedShapeTests {
    @Test("Circles and ellipses of cubics, of the textbook's handles too")
    func ellipses() {
        #expect(shapes(path(BezierPath(ellipseAt: Point(20, 30), rx: 10, ry: 5))).contains("prst=\"ellipse\""))
        let (r, h) = (10.0, 5.522_847_5)
        var circle = BezierPath()
        circle.move(to: Point(50, 40))
        circle.cubic(Point(50 + h, 40), Point(60, 50 - h), to: Point(60, 50))
        circle.cubic(Point(60, 50 + h), Point(50 + h, 60), to: Point(50, 50 + r))
        circle.cubic(Point(50 - h, 60), Point(40, 50 + h), to: Point(40, 50))
        circle.cubic(Point(40, 50 - h), Point(50 - h, 40), to: Point(50, 40))
        #expect(shapes(path(circle)).contains("prst=\"ellipse\""))
        #expect(!shapes(path(circle, stroke: stroke())).contains("prst=\"ellipse\""), "an open outline shows its ends")
        circle.close()
        #expect(shapes(path(circle, stroke: stroke())).contains("prst=\"ellipse\""))
        #expect(!shapes(path(circle, stroke: stroke(dashes: [4, 2]))).contains("prst"), "dashes begin elsewhere")
        var half = BezierPath()
        half.move(to: Point(60, 50))
        half.arc(to: Point(40, 50), rx: 10, ry: 10, rotation: Angle(degrees: 0), isLarge: false, sweeps: true)
        half.close()
        #expect(!shapes(path(half)).contains("prst=\"ellipse\""))
    }

    @Test("Rounded rectangles, and not those with one other corner")
    func rounded() {
        let outline = BezierPath(Rect(x: 10, y: 10, width: 40, height: 20), rx: 5, ry: 5)
        #expect(shapes(path(outline)).contains("prst=\"roundRect\"><a:avLst><a:gd name=\"adj\" fmla=\"val 25000\"/>"))
        var mixed = BezierPath()
        for (index, element) in outline.elements.enumerated() {
            switch element {
            case .move(let p): mixed.move(to: p)
            case .line(let p): mixed.line(to: p)
            case .cubic(let a, let b, let p): if index == 2 { mixed.line(to: p) } else { mixed.cubic(a, b, to: p) }
            case .close: mixed.close()
            }
        }
        #expect(shapes(path(mixed)).contains("custGeom"))
    }

    @Test("Triangles on a side along an axis, whichever way they point")
    func triangles() {
        #expect(
            shapes(path(polygon([(0, 20), (10, 0), (40, 20)]))).contains(
                "prst=\"triangle\"><a:avLst><a:gd name=\"adj\" fmla=\"val 25000\"/>"))
        let down = shapes(path(polygon([(0, 0), (10, 20), (20, 0)])))
        #expect(down.contains("<a:xfrm flipV=\"1\"><a:off x=\"0\" y=\"0\"/>") && down.contains("val 50000"))
        // Pointing right: 20 wide, 40 high; upright it is 40 wide and 20 high about the same middle.
        let play = shapes(path(polygon([(10, 10), (30, 30), (10, 50)])))
        #expect(play.contains("<a:xfrm rot=\"5400000\"><a:off x=\"0\" y=\"190500\"/><a:ext cx=\"381000\" cy=\"190500\"/>"))
        #expect(shapes(path(polygon([(30, 10), (10, 20), (30, 50)]))).contains("rot=\"16200000\""))
        #expect(shapes(path(polygon([(0, 0), (10, 20), (20, 3)]))).contains("custGeom"))
        #expect(shapes(path(polygon([(0, 20), (30, 0), (20, 20)]))).contains("custGeom"), "the tip lies beyond the base")
    }

    @Test("Rhombi on their tips, and no bow ties")
    func diamonds() {
        #expect(shapes(path(polygon([(10, 0), (20, 20), (10, 40), (0, 20)]))).contains("prst=\"diamond\""))
        #expect(shapes(path(polygon([(10, 0), (10, 40), (20, 20), (0, 20)]))).contains("custGeom"))
        #expect(shapes(path(polygon([(10, 0), (20, 20), (10, 30), (0, 20)]))).contains("custGeom"))
    }
}
