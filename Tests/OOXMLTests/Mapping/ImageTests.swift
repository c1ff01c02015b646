import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

@Suite("Images on slides")
struct ImageTests {
    private func slide(
        frame: Rect = Rect(x: 10, y: 10, width: 40, height: 20), visible: Rect? = nil, transform: AffineTransform = .identity,
        opacity: Double = 1, clip: BezierPath? = nil, count: Int = 1
    ) -> Slide {
        let image = SVG.Node.image(
            SVG.Image(
                origin: origin("image"), file: [0xFF, 0xD8, 0xFF], format: .jpeg, frame: frame, visible: visible, transform: transform,
                opacity: opacity))
        let group = SVG.Group(origin: origin("g"), clip: clip, children: Array(repeating: image, count: count))
        return mapSlide(picture([.group(group)]))
    }

    @Test("A picture is one picture; the same file several times is one file")
    func plain() {
        let slide = slide(count: 3)
        #expect(slide.shapes.contains("<a:off x=\"95250\" y=\"95250\"/><a:ext cx=\"381000\" cy=\"190500\"/>"))
        #expect(slide.shapes.contains("<a:blip r:embed=\"rId2\"></a:blip><a:stretch>") && !slide.shapes.contains("rId3"))
        #expect(slide.media.count == 1 && slide.messages.isEmpty && slide.shapeCount == 4)
    }

    @Test("What is not seen is cropped, in thousandths of a percent")
    func crop() {
        let shapes = slide(visible: Rect(x: 20, y: 10, width: 20, height: 20)).shapes
        #expect(shapes.contains("<a:srcRect l=\"25000\" r=\"25000\"/>"))
        #expect(shapes.contains("<a:off x=\"190500\" y=\"95250\"/><a:ext cx=\"190500\" cy=\"190500\"/>"))
    }

    @Test("Turns and flips are the picture's own; a slant makes a picture of the picture")
    func transforms() {
        #expect(slide(transform: .rotation(Angle(degrees: 30))).shapes.contains("rot=\"1800000\""))
        #expect(slide(transform: .scaling(-1, 1).followed(by: .translation(100, 0))).shapes.contains("flipH=\"1\""))
        let slanted = slide(transform: AffineTransform(a: 1, b: 0, c: 0.5, d: 1, e: 0, f: 0))
        #expect(slanted.messages == ["it became a picture of its own, as slides cannot slant pictures"])
    }

    @Test("Opacity is native; a rectangular clip crops, another one is the picture's outline")
    func effects() {
        #expect(slide(opacity: 0.25).shapes.contains("<a:alphaModFix amt=\"25000\"/>"))
        let cropped = slide(clip: square(0, 0, 30)).shapes
        #expect(cropped.contains("<a:srcRect r=\"50000\"/>") && cropped.contains("prst=\"rect\""))
        let round = slide(clip: BezierPath(ellipseAt: Point(30, 20), rx: 10, ry: 10)).shapes
        #expect(round.contains("<a:srcRect l=\"25000\" r=\"25000\"/>") && round.contains("<a:custGeom>"))
        #expect(slide(clip: square(60, 60, 9)).media.isEmpty)
    }
}
