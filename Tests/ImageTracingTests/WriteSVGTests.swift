import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("SVG of a drawing")
struct WriteSVGTests {
    private let ink = Paint.color(RGBA8(0, 0, 0)), red = Paint.color(RGBA8(204, 0, 0))

    private func written(_ layers: [TracedDrawing.Layer], _ options: DrawingOptions = .init(decimals: 1, statesSize: false)) -> String {
        String(decoding: writeSVG(TracedDrawing(width: 20, height: 10, layers: layers), options), as: UTF8.self)
    }

    private func document(_ content: String) -> String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 100\">\(content)</svg>"
    }

    @Test("Each shape is the element of its name, without attributes that say the default")
    func shapes() {
        let corner = Rect(x: 0, y: 2, width: 5.5, height: 4)
        #expect(
            written([
                .init(.circle(center: Point(4, 5.25), radius: 3), fill: red),
                .init(.ellipse(center: Point(0, 5), rx: 3, ry: 2), fill: ink),
                .init(.rect(corner, radius: 0), fill: ink), .init(.rect(corner, radius: 1), fill: red),
            ])
                == document(
                    """
                    <circle fill="#c00" cx="40" cy="53" r="30"/><ellipse cy="50" rx="30" ry="20"/>\
                    <rect y="20" width="55" height="40"/><rect fill="#c00" y="20" width="55" height="40" rx="10"/>
                    """))
    }

    @Test("A stroke says its width, round ends, and that nothing is filled")
    func strokes() {
        let stroke = TracedDrawing.Stroke(paint: red, width: 1.5, isRound: true)
        let thin = TracedDrawing.Stroke(paint: .color(RGBA8(0, 0, 0, 128)), width: 1, isRound: false)
        #expect(
            written([
                .init(.line(Point(0, 1), Point(20, 9)), fill: nil, stroke: stroke),
                .init(.circle(center: Point(4, 5), radius: 3), fill: nil, stroke: thin),
                .init(.rect(Rect(x: 1, y: 1, width: 2, height: 2), radius: 0), fill: ink, stroke: stroke),
            ])
                == document(
                    """
                    <line stroke="#c00" stroke-width="15" stroke-linecap="round" y1="10" x2="200" y2="90"/>\
                    <circle fill="none" stroke="#000" stroke-opacity=".5" stroke-width="10" cx="40" cy="50" r="30"/>\
                    <rect stroke="#c00" stroke-width="15" stroke-linecap="round" stroke-linejoin="round" x="10" y="10" width="20" height="20"/>
                    """))
    }

    @Test("A gradient is written once, before the shapes, however many use it")
    func gradients() {
        let stops = [GradientStop(offset: 0, color: RGBA8(255, 0, 0)), GradientStop(offset: 1, color: RGBA8(0, 0, 0, 0))]
        let linear = Paint.linear(.init(start: Point(1, 2), end: Point(3, 2), stops: stops))
        let round = Paint.radial(.init(center: Point(5, 5), radius: 2, stops: stops))
        let turned = Paint.radial(.init(place: .init(a: 2, b: 1, c: -1, d: 2, e: 5, f: 5), stops: stops))
        let box = TracedDrawing.Shape.rect(Rect(x: 0, y: 0, width: 20, height: 10), radius: 0)
        let text = "<stop stop-color=\"red\"/><stop offset=\"1\" stop-opacity=\"0\"/>"
        #expect(
            written([linear, round, linear, turned].map { .init(box, fill: $0) })
                == document(
                    """
                    <linearGradient gradientUnits="userSpaceOnUse" id="a" x1="10" y1="20" x2="30" y2="20">\(text)</linearGradient>\
                    <radialGradient gradientUnits="userSpaceOnUse" id="b" cx="50" cy="50" r="20">\(text)</radialGradient>\
                    <radialGradient gradientUnits="userSpaceOnUse" id="c" cx="0" cy="0" r="1" gradientTransform="matrix(20 10 -10 20 50 50)">\(text)\
                    </radialGradient>\
                    <rect fill="url(#a)" width="200" height="100"/><rect fill="url(#b)" width="200" height="100"/>\
                    <rect fill="url(#a)" width="200" height="100"/><rect fill="url(#c)" width="200" height="100"/>
                    """))
    }
}
