import AtelierArchives
import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Slides")
struct SlideTests {
    @Test("A picture on a slide of another shape stands in the middle, as large as fits, and this is said")
    func fitted() {
        let slide = mapSlide(picture([rectangle(0, 0, 200, 100)]), SlideOptions(size: SlideSize(for: Size(400, 400))))
        #expect(slide.shapes.contains("<a:off x=\"0\" y=\"952500\"/><a:ext cx=\"3810000\" cy=\"1905000\"/>"))
        #expect(slide.messages == ["the picture has another shape than the slide and was fitted into its middle"])
    }

    @Test("What a fitted picture's edge would clip is noted where it shows")
    func overflow() {
        let square = SlideOptions(size: SlideSize(for: Size(400, 400)))
        #expect(mapSlide(picture([rectangle(0, -20, 200, 50)]), square).diagnostics.count == 2)
        #expect(mapSlide(picture([rectangle(-20, 0, 200, 50)]), square).diagnostics.count == 1)
        #expect(mapSlide(picture([rectangle(-20, -20, 300, 300)])).diagnostics.isEmpty)
    }

    @Test("A picture given its own size as the slide's maps as without options, silently")
    func ownSize() {
        let tree = picture([rectangle(3, 4, 5.5, 6)], size: Size(100.3333, 77.7))
        let slide = mapSlide(tree, SlideOptions(size: SlideSize(for: tree.size)))
        #expect(slide == mapSlide(tree))
        #expect(slide.messages.isEmpty)
    }

    @Test("A lifted icon takes its strokes along")
    func lifted() {
        let slide = mapSlide(picture([rectangle(4, 4, 8, 8, stroke: stroke(1))], size: Size(16, 16)))
        #expect(slide.shapes.contains("<a:off x=\"228600\" y=\"228600\"/><a:ext cx=\"457200\" cy=\"457200\"/>"))
        #expect(slide.shapes.contains("<a:ln w=\"57150\""))
    }

    @Test("A slide that nobody waits for any more has the elements so far, and is a slide")
    func cancelled() {
        let tree = picture((0..<9).map { rectangle(Double(10 * $0), 0, 5, 5) })
        var asked = 0, options = SlideOptions()
        options.builds = true
        let slide = mapSlide(
            tree, options,
            isCancelled: {
                asked += 1
                return asked > 4
            })
        #expect(slide.shapeCount == 4 && slide.shapes.ranges(of: "<p:sp>").count == 4)
        #expect(mapSlide(tree).shapeCount == 9)
    }

    @Test("The document's title names the slide")
    func title() {
        #expect(mapSlide(picture([], title: "a<b")).text.contains("<p:cSld name=\"a&lt;b\">"))
        #expect(mapSlide(picture([])).text.contains("<p:cSld><p:spTree>"))
    }

    @Test("A picture of every concept maps to the bytes it has always mapped to")
    func golden() {
        let turned = turn(35, about: Point(50, 50))
        let tree = picture([
            rectangle(0, 0, 10, 10, origin("rect", id: "a")),
            rectangle(20, 0, 30, 10, rx: 3, transform: turned, fill: fill(opacity: 0.25), stroke: stroke(dashes: [3, 1, 2, 1])),
            ellipse(70, 20, 10, 5, transform: turned, stroke: stroke(cap: .round, join: .round)),
            line(100, 10, 20, 90, stroke: stroke(cap: .square, join: .bevel)),
            path(polygon([(0, 0), (10, 0), (0, 10)]), transform: AffineTransform.scaling(-1, 1).followed(by: turned)),
            grouped([rectangle(1, 1, 2, 2), ellipse(5, 5, 2, 2)], origin("g", id: "pair"), opacity: 0.5),
        ])
        // The checksum of the slide's XML. When it changes on purpose, the mapping stage's version must be raised with it.
        #expect(mapSlide(tree).part.crc32 == 2_094_698_958)
    }

    @Test("Twenty thousand shapes and a thousand nested groups map whole")
    func large() {
        var nested = rectangle(1, 1, 5, 5)
        for _ in 0..<1000 { nested = grouped([nested, rectangle(2, 2, 3, 3)], opacity: 0.99) }
        let slide = mapSlide(picture((0..<20_000).map { rectangle(Double($0 % 200), 1, 0.5, 0.5) } + [nested]))
        #expect(slide.shapeCount == 20_000 + 1001 + 1000)
        let text = slide.text
        #expect(text.split(separator: "<p:grpSp>").count == text.split(separator: "</p:grpSp>").count)
    }

    @Test(
        "Coordinates that are no numbers cost their element alone, and huge ones are cut with a note",
        arguments: [Double.nan, .infinity, -.infinity, 1e308])
    func hostile(value: Double) {
        let good = rectangle(1, 1, 2, 2, origin("rect", id: "good"))
        for bad in [
            path(polygon([(0, 0), (value, 0), (0, 10)])), rectangle(0, 0, value, 5), ellipse(value, 0, 5, 5),
            rectangle(0, 0, 1, 1, transform: .scaling(value, value)), rectangle(0, 0, 1, 1, transform: .translation(value, 0)),
            line(0, 0, value, 5, stroke: stroke()),
        ] {
            let slide = mapSlide(picture([bad, good]))
            #expect(slide.shapes.contains("name=\"good\""))
            #expect(slide.diagnostics.count == 1)
        }
        // Paint values of this kind must not trap either; whether they show is the reader's business.
        _ = mapSlide(
            picture([
                rectangle(
                    0, 0, 5, 5, rx: value, opacity: value, fill: fill(opacity: value),
                    stroke: stroke(value, dashes: [value, 1], offset: value)), path(square(0, 0, 9), stroke: stroke(1, offset: value)),
                grouped([good, good], opacity: value),
            ]))
        _ = mapSlide(picture([good], size: Size(value, 10)))
    }
}
