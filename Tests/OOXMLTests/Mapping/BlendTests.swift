import AtelierGeometry
import AtelierPixels
import AtelierSVG
import Testing

@testable import AtelierOOXML

@Suite("Blend modes and paint order on slides")
struct BlendTests {
    private let red = SVG.Color(red: 255, green: 128, blue: 0)

    private func blended(_ mode: SVG.BlendMode, isolated: Bool = false, front: SVG.Color = SVG.Color(red: 128, green: 128, blue: 128))
        -> Slide
    {
        let group = SVG.Node.group(
            SVG.Group(origin: origin("g"), blend: mode, children: [rectangle(10, 0, 20, 20, fill: fill(front))]))
        return mapSlide(
            picture([
                rectangle(0, 0, 20, 20, fill: fill(red)),
                .group(SVG.Group(origin: origin("g"), isIsolated: isolated, children: [group])),
            ]))
    }

    @Test("What lies over a plain colour is painted in the mixture, what lies over nothing in its own")
    func multiply() {
        let slide = blended(.multiply)
        #expect(slide.messages.isEmpty && slide.contents.shapes == 3)
        // 128/255 × (255, 128, 0), and the grey itself.
        #expect(slide.shapes.contains("val=\"804000\"") && slide.shapes.contains("val=\"808080\""))
    }

    @Test("An isolated group blends with nothing behind it")
    func isolated() {
        let slide = blended(.multiply, isolated: true)
        #expect(slide.contents.shapes == 2 && slide.shapes.contains("prst=\"rect\"") && !slide.shapes.contains("val=\"804000\""))
    }

    @Test(
        "Each mode gives the colour that the specification's formula gives",
        arguments: [
            (SVG.BlendMode.screen, "FFC080"), (.overlay, "FF8000"), (.darken, "808000"), (.lighten, "FF8080"), (.colorDodge, "FFFF00"),
            (.colorBurn, "FF0200"), (.hardLight, "FF8001"), (.difference, "7F0080"), (.exclusion, "7F7F80"), (.luminosity, "D76C00"),
        ])
    func modes(mode: SVG.BlendMode, color: String) {
        let text = blended(mode).shapes
        let colors = text.split(separator: "<a:srgbClr val=\"").dropFirst().map { String($0.prefix(6)) }
        #expect(colors.contains(color), "\(colors)")
    }

    @Test("A stroke under its fill is a shape of its own below that of the fill")
    func strokeFirst() {
        var path = SVG.Path(origin: origin("path", id: "p"), geometry: square(10, 10, 20), fill: fill(red), stroke: stroke(6))
        path.isStrokeFirst = true
        let slide = mapSlide(picture([.path(path)]))
        let parts = slide.shapes.split(separator: "<p:sp>").dropFirst()
        #expect(parts.count == 2 && slide.contents.groups == 1 && slide.messages.isEmpty)
        #expect(parts.first?.contains("<a:ln w=") == true && parts.last?.contains("val=\"FF8000\"") == true)
    }
}
