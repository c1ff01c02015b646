import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import AtelierTesting
import Testing

@Suite("Paint and opacity")
struct PaintTests {
    @Test("Opacities of element, paint and groups are multiplied into one alpha")
    func alpha() {
        let text = shapes(grouped([rectangle(0, 0, 9, 9, opacity: 0.5, fill: fill(opacity: 0.5))], opacity: 0.5))
        #expect(text.contains("<a:alpha val=\"12500\"/>"))
    }

    @Test("Colours are written as six digits, opaque ones without alpha")
    func color() {
        let text = shapes(rectangle(0, 0, 9, 9, fill: fill(SVG.Color(red: 1, green: 0xAB, blue: 0xF0))))
        #expect(text.contains("<a:solidFill><a:srgbClr val=\"01ABF0\"/></a:solidFill>"))
    }

    @Test("No fill and no stroke are said explicitly")
    func none() {
        let text = shapes(rectangle(0, 0, 9, 9, fill: nil, stroke: stroke()))
        #expect(text.contains("</a:prstGeom><a:noFill/><a:ln w="))
        #expect(shapes(rectangle(0, 0, 9, 9)).contains("<a:ln><a:noFill/></a:ln>"))
    }

    @Test("What cannot be seen makes no shape")
    func invisible() {
        #expect(shapes(rectangle(0, 0, 9, 9, fill: nil)) == "")
        #expect(shapes(rectangle(0, 0, 9, 9, opacity: 0)) == "")
        #expect(shapes(rectangle(0, 0, 9, 9, fill: fill(opacity: 0), stroke: stroke(opacity: 0))) == "")
        #expect(shapes(grouped([rectangle(0, 0, 9, 9)], opacity: 0)) == "")
    }

    @Test("Opacity over fill and stroke of one element cuts the fill where the stroke is, or is noted; over one of them it is exact")
    func fillUnderStroke() {
        let both = picture([rectangle(0, 0, 9, 9, opacity: 0.5, stroke: stroke())])
        #expect(mapSlide(both, SlideOptions(profile: .editable)).messages.count == 1)
        let slide = mapSlide(both)
        // The fill without the inner half of its stroke, and the line itself.
        #expect(slide.messages.isEmpty && slide.shapes.contains("<a:off x=\"9525\" y=\"9525\"/><a:ext cx=\"66675\" cy=\"66675\"/>"))
        #expect(slide.contents == SlideContents(shapes: 2, groups: 1))
        #expect(mapSlide(picture([rectangle(0, 0, 9, 9, opacity: 0.5)])).messages.isEmpty)
        #expect(mapSlide(picture([rectangle(0, 0, 9, 9, opacity: 0.5, fill: nil, stroke: stroke())])).messages.isEmpty)
        #expect(mapSlide(picture([rectangle(0, 0, 9, 9, fill: fill(opacity: 0.5), stroke: stroke(opacity: 0.5))])).messages.isEmpty)
    }

    @Test("Strokes count when shapes of a translucent group overlap")
    func strokesOverlap() {
        let apart = [rectangle(0, 0, 10, 10), rectangle(11, 0, 10, 10)]
        #expect(mapSlide(picture([grouped(apart, opacity: 0.5)])).messages.isEmpty)
        let stroked = [rectangle(0, 0, 10, 10), rectangle(11, 0, 10, 10, fill: nil, stroke: stroke(4))]
        let editable = SlideOptions(profile: .editable)
        #expect(mapSlide(picture([grouped(stroked, opacity: 0.5)]), editable).messages.count == 1)
        #expect(mapSlide(picture([grouped([grouped(stroked)], opacity: 0.5)]), editable).messages.count == 1)
        #expect(mapSlide(picture([grouped(stroked, opacity: 1)]), editable).messages.isEmpty)
        #expect(mapSlide(picture([grouped(stroked, opacity: 0.5)])).messages.isEmpty)
    }

    @Test("Ten thousand bars side by side are told apart either way")
    func manyBars() {
        let bars = (0..<10_000).map { rectangle(0, Double($0) / 100, 200, 0.01) }
        #expect(mapSlide(picture([grouped(bars, opacity: 0.5)])).messages.isEmpty)
        #expect(mapSlide(picture([grouped(bars, transform: turn(90, about: .zero), opacity: 0.5)])).messages.isEmpty)
    }

    @Test("A translucent group is noted exactly when two of its boxes overlap", arguments: 0..<200)
    func overlapIsFound(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let boxes = (0..<Int(2 + seed % 12)).map { _ in
            Rect(x: random.whole(0...40), y: random.whole(0...40), width: random.whole(1...9), height: random.whole(1...9))
        }
        let overlap = boxes.indices.contains { i in
            boxes[..<i].contains {
                $0.minX < boxes[i].maxX && boxes[i].minX < $0.maxX && $0.minY < boxes[i].maxY && boxes[i].minY < $0.maxY
            }
        }
        let nodes = boxes.map { rectangle($0.minX, $0.minY, $0.width, $0.height) }
        let slide = mapSlide(picture([grouped(nodes, opacity: 0.5)]), SlideOptions(profile: .editable))
        #expect(slide.messages.isEmpty == !overlap, "seed \(seed)")
    }
}
