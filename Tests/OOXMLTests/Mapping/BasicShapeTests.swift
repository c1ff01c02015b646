import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Basic shapes")
struct BasicShapeTests {
    @Test("A rectangle is a named shape with its edges on exact units")
    func rect() {
        #expect(
            shapes(rectangle(10, 20, 30, 40, origin("rect", id: "r"))) == """
                <p:sp><p:nvSpPr><p:cNvPr id="2" name="r"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>\
                <a:xfrm><a:off x="95250" y="190500"/><a:ext cx="285750" cy="381000"/></a:xfrm>\
                <a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val="000000"/></a:solidFill>\
                <a:ln><a:noFill/></a:ln></p:spPr></p:sp>
                """)
    }

    @Test("Round corners are named when both radii agree on the slide, else drawn")
    func roundRect() {
        #expect(shapes(rectangle(0, 0, 40, 20, rx: 5)).contains("prst=\"roundRect\"><a:avLst><a:gd name=\"adj\" fmla=\"val 25000\"/>"))
        #expect(shapes(rectangle(0, 0, 40, 20, rx: 5, ry: 4)).contains("custGeom"))
        #expect(shapes(rectangle(0, 0, 40, 20, rx: 5, transform: .scaling(1, 2))).contains("custGeom"))
        #expect(shapes(rectangle(0, 0, 40, 20, rx: 5, ry: 2.5, transform: .scaling(1, 2))).contains("roundRect"))
        #expect(shapes(rectangle(0, 0, 40, 20, rx: 5, ry: 0)).contains("prst=\"rect\""))
    }

    @Test("Circles and ellipses are named; a turned circle is not turned")
    func ellipses() {
        #expect(shapes(ellipse(50, 50, 20, 10)).contains("<a:off x=\"285750\" y=\"381000\"/><a:ext cx=\"381000\" cy=\"190500\"/>"))
        #expect(shapes(ellipse(50, 50, 20, 10, transform: turn(30, about: .zero))).contains("rot=\"1800000\""))
        #expect(!shapes(ellipse(50, 50, 20, 20, transform: turn(30, about: .zero))).contains("rot="))
    }

    @Test("A path that draws a rectangle is one")
    func drawnRectangle() {
        #expect(shapes(path(square(5, 5, 10))).contains("prst=\"rect\""))
        #expect(shapes(path(square(5, 5, 10, clockwise: false))).contains("prst=\"rect\""))
        #expect(shapes(path(polygon([(0, 0), (9, 0), (9, 5), (0, 5), (0, 0)]))).contains("prst=\"rect\""))
        #expect(shapes(path(polygon([(0, 0), (9, 0), (9, 5), (0, 5)], closed: false))).contains("prst=\"rect\""))
        // Open and stroked: one side is missing. A parallelogram, a bow tie and a triangle are none.
        #expect(shapes(path(polygon([(0, 0), (9, 0), (9, 5), (0, 5)], closed: false), stroke: stroke())).contains("custGeom"))
        #expect(shapes(path(polygon([(0, 0), (9, 0), (8, 5), (0, 5)]))).contains("custGeom"))
        #expect(shapes(path(polygon([(0, 0), (9, 5), (9, 0), (0, 5)]))).contains("custGeom"))
        #expect(!shapes(path(polygon([(0, 0), (9, 0), (9, 5)]))).contains("prst=\"rect\""))
    }

    @Test("Turns by quarters and mirrorings of symmetric shapes leave no trace")
    func quarters() {
        for degrees in [0.0, 90, 180, 270, -90, 360] {
            let text = shapes(rectangle(40, 40, 20, 10, rx: 2, transform: turn(degrees, about: Point(50, 45))))
            #expect(!text.contains("rot="), "\(degrees)°")
        }
        #expect(
            shapes(rectangle(40, 40, 20, 10, transform: turn(90, about: Point(50, 45))))
                .contains("<a:off x=\"428625\" y=\"333375\"/><a:ext cx=\"95250\" cy=\"190500\"/>"))
        #expect(!shapes(rectangle(1, 1, 20, 10, transform: .scaling(-1, 1))).contains("flip"))
    }

    @Test("Dashed outlines begin where SVG begins them: no named ellipse, no simplified turn")
    func dashed() {
        #expect(shapes(ellipse(50, 50, 20, 10, stroke: stroke(dashes: [4, 2]))).contains("custGeom"))
        #expect(shapes(rectangle(1, 1, 20, 10, rx: 3, stroke: stroke(dashes: [4, 2]))).contains("custGeom"))
        let turned = shapes(rectangle(1, 1, 20, 10, transform: turn(180, about: .zero), stroke: stroke(dashes: [4, 2])))
        #expect(turned.contains("prst=\"rect\"") && turned.contains("rot=\"10800000\""))
    }

    @Test("A line is a connector from its first to its last point, and has no inside")
    func lines() {
        let falling = shapes(line(10, 10, 30, 20, stroke: stroke()))
        #expect(falling.contains("<p:cxnSp>") && falling.contains("<a:off x=\"95250\" y=\"95250\"/><a:ext cx=\"190500\" cy=\"95250\"/>"))
        #expect(!falling.contains("flip") && !falling.contains("</a:prstGeom><a:solidFill>"))
        #expect(shapes(line(30, 20, 10, 10, stroke: stroke())).contains("<a:xfrm flipH=\"1\" flipV=\"1\">"))
        #expect(shapes(line(10, 20, 30, 10, stroke: stroke())).contains("<a:xfrm flipV=\"1\">"))
        #expect(shapes(path(polygon([(1, 1), (5, 9)], closed: false), stroke: stroke())).contains("<p:cxnSp>"))
        #expect(shapes(path(polygon([(1, 1), (5, 9)], closed: false))) == "")
    }
}
