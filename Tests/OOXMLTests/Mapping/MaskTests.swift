import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

private let white = SVG.Color(red: 255, green: 255, blue: 255)
private let whole = Rect(x: 0, y: 0, width: 200, height: 100)

private func slide(
    _ nodes: [SVG.Node], under mask: [SVG.Node], _ kind: SVG.Mask.Kind = .luminance(isLinear: false), region: Rect = whole
) -> Slide {
    let mask = SVG.Mask(kind: kind, region: region, children: mask)
    return mapSlide(picture([.group(SVG.Group(origin: origin("g", id: "m"), mask: mask, children: nodes))]))
}

@Suite("Masks on slides")
struct MaskTests {
    @Test("White with a black hole leaves the shape with a hole, opaque and silently")
    func hole() {
        let slide = slide(
            [rectangle(0, 0, 40, 40)], under: [rectangle(0, 0, 200, 100, fill: fill(white)), rectangle(10, 10, 9, 9, fill: fill(black))])
        #expect(slide.messages.isEmpty && slide.contents.shapes == 1)
        #expect(slide.shapes.split(separator: "<a:moveTo>").count - 1 == 2 && !slide.shapes.contains("<a:alpha"))
    }

    @Test("A grey gives its luminance as alpha: that of light when the mask says so, or the mask's alpha alone")
    func grey() {
        let gray = fill(SVG.Color(red: 128, green: 128, blue: 128), opacity: 0.5)
        let content = [rectangle(0, 0, 40, 40)], mask = [rectangle(0, 0, 200, 100, fill: gray)]
        #expect(slide(content, under: mask).shapes.contains("<a:alpha val=\"25098\"/>"))
        #expect(slide(content, under: mask, .luminance(isLinear: true)).shapes.contains("<a:alpha val=\"10"))
        #expect(slide(content, under: mask, .alpha).shapes.contains("<a:alpha val=\"50000\"/>"))
    }

    @Test("Red weighs 0.2125, green 0.7154, blue 0.0721")
    func coefficients() {
        for (color, alpha) in [
            (SVG.Color(red: 255, green: 0, blue: 0), 21250), (SVG.Color(red: 0, green: 255, blue: 0), 71540),
            (SVG.Color(red: 0, green: 0, blue: 255), 7210),
        ] {
            let slide = slide([rectangle(0, 0, 9, 9)], under: [rectangle(0, 0, 200, 100, fill: fill(color))])
            #expect(slide.shapes.contains("<a:alpha val=\"\(alpha)\"/>"))
        }
    }

    @Test("Nothing is seen outside the region and outside what the mask draws")
    func outside() {
        #expect(slide([rectangle(0, 0, 9, 9)], under: []).shapes == "")
        #expect(slide([rectangle(0, 0, 9, 9)], under: [rectangle(50, 0, 9, 9, fill: fill(white))]).shapes == "")
        let half = slide(
            [rectangle(0, 0, 40, 40)], under: [rectangle(0, 0, 200, 100, fill: fill(white))],
            region: Rect(x: 0, y: 0, width: 20, height: 100))
        #expect(half.shapes.contains("<a:ext cx=\"190500\" cy=\"381000\"/>"))
    }

    @Test("A mask hides what the element's filter makes, not what it is made of")
    func filtered() {
        let shift = SVG.Filter(region: whole, primitives: [.init(.offset(.source, Vector(40, 0)))])
        let mask = SVG.Mask(region: Rect(x: 0, y: 0, width: 60, height: 100), children: [rectangle(0, 0, 200, 100, fill: fill(white))])
        let group = SVG.Group(origin: origin("g", id: "m"), filter: shift, mask: mask, children: [rectangle(0, 0, 40, 40)])
        let slide = mapSlide(picture([.group(group)]))
        #expect(slide.messages.isEmpty && slide.contents.shapes == 1)
        #expect(slide.shapes.contains("<a:off x=\"381000\" y=\"0\"/><a:ext cx=\"190500\" cy=\"381000\"/>"))
    }

    @Test("A gradient from white to black under a plain shape becomes a gradient of its alpha")
    func gradient() {
        let paint = SVG.Paint.gradient(
            SVG.Gradient(
                shape: .linear(from: Point(0, 0), to: Point(40, 0)),
                stops: [.init(offset: 0, color: white), .init(offset: 1, color: black)]))
        let slide = slide([rectangle(0, 0, 40, 40)], under: [rectangle(0, 0, 200, 100, fill: SVG.Fill(paint: paint))])
        #expect(slide.messages.isEmpty && slide.contents.shapes == 1 && slide.shapes.contains("prst=\"rect\""))
        #expect(slide.shapes.contains("<a:gs pos=\"0\"><a:srgbClr val=\"000000\"/>"))
        #expect(slide.shapes.contains("<a:gs pos=\"50000\"><a:srgbClr val=\"000000\"><a:alpha val=\"50000\"/>"))
        #expect(slide.shapes.contains("<a:gs pos=\"100000\"><a:srgbClr val=\"000000\"><a:alpha val=\"0\"/>"))
    }

    @Test("A mask over a gradient by a gradient is a picture of that element, and says why")
    func alternative() {
        let paint = SVG.Paint.gradient(
            SVG.Gradient(
                shape: .linear(from: Point(0, 0), to: Point(40, 0)),
                stops: [.init(offset: 0, color: white), .init(offset: 1, color: black)]))
        let slide = slide(
            [rectangle(0, 0, 40, 40, fill: SVG.Fill(paint: paint))], under: [rectangle(0, 0, 200, 100, fill: SVG.Fill(paint: paint))])
        #expect(slide.contents == SlideContents(pictures: 1))
        #expect(slide.messages == ["it became a picture of its own, as slides have no masks, and this one is not made of plain areas"])
    }
}
