import AtelierGeometry
@testable import AtelierImageTracing
import AtelierPixels
import Testing

@Suite("Rendering of drawings")
struct RenderTests {
    @Test("Layers are painted in order, fills before strokes, at any scale")
    func layers() {
        let drawing = TracedDrawing(
            width: 10, height: 6,
            layers: [
                .init(.rect(Rect(x: 0, y: 0, width: 10, height: 6), radius: 0), fill: .color(RGBA8(255, 255, 255))),
                .init(
                    .circle(center: Point(5, 3), radius: 2), fill: .color(RGBA8(255, 0, 0)),
                    stroke: .init(paint: .color(RGBA8(0, 0, 255)), width: 1, isRound: false)),
                .init(
                    .line(Point(0, 5.5), Point(10, 5.5)), fill: nil,
                    stroke: .init(paint: .color(RGBA8(0, 0, 0)), width: 1, isRound: false)),
            ])
        for scale in [1.0, 3] {
            let picture = render(drawing, scale: scale), s = Int(scale)
            #expect(picture.width == 10 * s && picture.height == 6 * s)
            #expect(picture[0, 0] == RGBA8(255, 255, 255))
            #expect(picture[5 * s, 3 * s - 1] == RGBA8(255, 0, 0))
            #expect(picture[0, 5 * s] == RGBA8(0, 0, 0))
        }
        #expect(render(drawing, scale: 3)[15, 3] == RGBA8(0, 0, 255))
        #expect(render(drawing, scale: 1e-9).pixels.count == 1)
    }
}
