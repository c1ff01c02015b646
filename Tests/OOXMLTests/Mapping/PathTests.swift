import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Paths")
struct PathTests {
    @Test("Curves stay cubic, in the tight box of the curve, counted from its corner")
    func cubic() {
        var curve = BezierPath()
        curve.move(to: Point(10, 20))
        curve.cubic(Point(10, 60), Point(50, 60), to: Point(50, 20))
        let text = shapes(path(curve))
        // The curve bulges to y = 50, three quarters of the way to its control points.
        #expect(text.contains("<a:off x=\"95250\" y=\"190500\"/><a:ext cx=\"381000\" cy=\"285750\"/>"))
        #expect(
            text.contains(
                """
                <a:path w="381000" h="285750"><a:moveTo><a:pt x="0" y="0"/></a:moveTo><a:cubicBezTo><a:pt x="0" y="381000"/>\
                <a:pt x="381000" y="381000"/><a:pt x="381000" y="0"/></a:cubicBezTo></a:path>
                """))
    }

    @Test("Neighbours that share an edge share it on the slide")
    func neighbours() {
        let left = shapes(path(polygon([(0.1, 0.1), (3.337, 0.1), (3.337, 5), (1, 6)])))
        let right = shapes(path(polygon([(3.337, 0.1), (9, 0.1), (8, 6), (3.337, 5)])))
        // 3.337 px = 31784.925 EMU.
        #expect(left.contains("<a:off x=\"953\" y=\"953\"/><a:ext cx=\"30832\""))
        #expect(right.contains("<a:off x=\"31785\""))
    }

    @Test("Subpaths without a segment draw nothing and are left out")
    func lonelyMoves() {
        let triangle = polygon([(5, 5), (15, 6), (6, 15)])
        var dotted = triangle
        dotted.move(to: Point(90, 90))
        #expect(shapes(path(dotted)) == shapes(path(triangle)))
        var nothing = BezierPath()
        nothing.move(to: Point(1, 1))
        #expect(shapes(path(nothing)) == "")
        #expect(shapes(path(BezierPath())) == "")
    }

    @Test("A subpath without extent is a dot where the caps of its stroke show, and nothing otherwise")
    func dots() {
        var dot = BezierPath()
        dot.move(to: Point(5, 5))
        dot.line(to: Point(5, 5))
        var closed = dot
        closed.close()
        for path in [path(dot, stroke: stroke(cap: .round)), path(closed, stroke: stroke(cap: .square))] {
            #expect(shapes(path).contains("<a:off x=\"47625\" y=\"47625\"/><a:ext cx=\"0\" cy=\"0\"/>"))
        }
        #expect(shapes(path(dot, stroke: stroke()), path(closed)) == "")
    }

    @Test("A flat path has a flat box and flat coordinates")
    func flat() {
        let text = shapes(path(polygon([(0, 5), (10, 5), (5, 5)], closed: false), fill: nil, stroke: stroke()))
        #expect(text.contains("<a:ext cx=\"95250\" cy=\"0\"/>"))
        #expect(text.contains("<a:path w=\"95250\" h=\"0\"><a:moveTo><a:pt x=\"0\" y=\"0\"/>"))
    }

    @Test("Nothing is drawn through a transform that flattens the plane")
    func flattened() {
        let slide = mapSlide(picture([rectangle(0, 0, 9, 9, transform: .scaling(0, 1)), ellipse(0, 0, 5, 5, transform: .scaling(0, 0))]))
        #expect(slide.shapes == "" && slide.diagnostics.isEmpty)
    }

    @Test("What reaches far beyond the slide is cut there and noted")
    func farAway() {
        let slide = mapSlide(picture([rectangle(-1e9, -1e9, 2e9, 2e9)]))
        #expect(slide.shapes.contains("<a:off x=\"-1000000000\" y=\"-1000000000\"/><a:ext cx=\"2000000000\" cy=\"2000000000\"/>"))
        #expect(slide.messages == ["the element reaches more than 1000 inches beyond the slide and was cut there"])
    }
}
