import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Text on slides")
struct TextTests {
    private func slide(_ content: String, _ mode: TextMode = .auto) throws -> Slide {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='100'>\(content)</svg>"
        return mapSlide(try SVG.read(Array(svg.utf8).span), SlideOptions(text: mode))
    }

    private func count(_ part: String, in text: String) -> Int { text.split(separator: part, omittingEmptySubsequences: false).count - 1 }

    @Test("A text becomes a text box of its own size, on its baseline, which nothing can wrap")
    func box() throws {
        let shapes = try slide("<text x='10' y='50' font-family='Arial' font-size='20' font-weight='700' fill='#f00'>Hi</text>").shapes
        #expect(shapes.contains("txBox=\"1\"") && shapes.contains("wrap=\"none\"") && shapes.contains("<a:noAutofit/>"))
        // 20 px are 15 pt; the line stands from one em above its baseline to a fifth below.
        #expect(shapes.contains("sz=\"1500\" b=\"1\" i=\"0\"") && shapes.contains("<a:off x=\"95250\" y=\"285750\"/>"))
        #expect(shapes.contains("cy=\"228600\"") && shapes.contains("<a:latin typeface=\"Arial\"/>"))
        #expect(shapes.contains("<a:srgbClr val=\"FF0000\"/>") && shapes.contains("<a:t>Hi</a:t>"))
    }

    @Test("Anchors are kept as alignment", arguments: [("start", "l"), ("middle", "ctr"), ("end", "r")])
    func anchors(_ anchor: String, _ alignment: String) throws {
        #expect(try slide("<text x='100' y='50' text-anchor='\(anchor)'>Hi</text>").shapes.contains("algn=\"\(alignment)\""))
    }

    @Test("Lines at one distance below each other are paragraphs of one box")
    func lines() throws {
        let shapes = try slide(
            "<text x='10' y='20' font-size='10'>a<tspan x='10' dy='12'>b</tspan><tspan x='10' dy='12'>c</tspan><tspan x='90' dy='12'>d</tspan></text>"
        ).shapes
        #expect(count("txBox", in: shapes) == 2 && count("<a:p>", in: shapes) == 4)
        #expect(count("<a:spcPts val=\"900\"/></a:lnSpc>", in: shapes) == 3)
    }

    @Test("Runs keep their styles")
    func runs() throws {
        let shapes = try slide(
            "<text y='50' letter-spacing='2'>a<tspan font-style='italic' text-decoration='underline line-through'>b</tspan></text>"
        ).shapes
        #expect(count("<a:r>", in: shapes) == 2 && count("spc=\"150\"", in: shapes) == 2)
        #expect(shapes.contains("i=\"1\" u=\"sng\" strike=\"sngStrike\""))
    }

    @Test("Text that is spread, or runs against its surroundings, is plain text under every profile")
    func nativeForms() throws {
        let cases = [
            ("<text textLength='120' font-size='20'><tspan x='0' y='30'>abc</tspan><tspan x='0' y='80'>de</tspan></text>", "spc=\"1181\""),
            ("<text y='30'>one <tspan direction='rtl' unicode-bidi='bidi-override'>two</tspan></text>", "<a:t>\u{202E}two\u{202C}</a:t>"),
            ("<text y='30'>\u{5D0} <tspan unicode-bidi='isolate'>1</tspan></text>", "<a:t>\u{2066}1\u{2069}</a:t>"),
            ("<text y='30' x='100' text-anchor='middle'>a<tspan x='100' dy='20' fill='red'>b</tspan></text>", "algn=\"ctr\""),
        ]
        for (content, sign) in cases {
            let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='100'>\(content)</svg>"
            let tree = try SVG.read(Array(svg.utf8).span)
            #expect(tree.diagnostics.isEmpty)
            for profile in Profile.allCases {
                let slide = mapSlide(tree, SlideOptions(profile: profile))
                #expect(slide.diagnostics.isEmpty && slide.shapes.contains(sign), "\(profile): \(content)")
            }
        }
    }

    @Test("A turned text is a turned box")
    func turned() throws {
        #expect(try slide("<text x='50' y='50' transform='rotate(-20 50 50)'>Hi</text>").shapes.contains("rot=\"20400000\""))
    }

    @Test("Without glyphs even text that would look wrong stays text, and that is said")
    func noFonts() throws {
        for content in ["<text rotate='20'>Hi</text>", "<text transform='skewX(20)'>Hi</text>", "<text stroke='red'>Hi</text>"] {
            let slide = try slide(content)
            #expect(slide.shapes.contains("<a:t>Hi</a:t>") && slide.diagnostics.count == 1, "\(content)")
        }
    }

    private func glyphs(_ mode: TextMode, stroke: SVG.Stroke? = nil, rotated: Bool = false, count: Int = 1) -> Slide {
        let font = SVG.Text.Font(
            families: ["Arial"], weight: 400, isItalic: false, family: "Arial", isFound: true, isComplete: true, foundWeight: 400,
            isFoundItalic: false, ascent: 0.9, descent: 0.2, lineGap: 0)
        let glyph = SVG.Text.Glyph(outline: square(0, -0.5, 0.5), transform: AffineTransform(a: 20, b: 0, c: 0, d: 20, e: 10, f: 50))
        let span = SVG.Text.Span(
            text: "H", font: font, size: 20, letterSpacing: 0, wordSpacing: 0, rise: 0, isSmallCaps: false, isKerned: true,
            language: nil, link: nil, fill: fill(), stroke: stroke, isStrokeFirst: false, opacity: 1, decorations: [],
            start: Point(10, 50), advance: 12, glyphs: Array(repeating: glyph, count: count), box: Rect(x: 10, y: 32, width: 12, height: 22)
        )
        let chunk = SVG.Text.Chunk(anchor: .start, place: Point(10, 50), advance: 12, isPlain: !rotated, spans: [span])
        let text = SVG.Text(origin: origin("text", id: "t"), chunks: [chunk])
        return mapSlide(picture([.text(text)]), SlideOptions(text: mode))
    }

    @Test("Outlines are drawn where a text box would look wrong or where they are asked for, with the text as description")
    func outlines() {
        #expect(glyphs(.auto).shapes.contains("<a:t>H</a:t>"))
        for slide in [glyphs(.outline), glyphs(.auto, stroke: stroke()), glyphs(.auto, rotated: true)] {
            #expect(slide.shapes.contains("name=\"t\" descr=\"H\"") && !slide.shapes.contains("<a:t>"))
            #expect(slide.shapes.contains("<a:off x=\"95250\" y=\"381000\"/><a:ext cx=\"95250\" cy=\"95250\"/>"))
        }
        #expect(
            glyphs(.keep, stroke: stroke()).shapes.contains("<a:t>H</a:t>") && glyphs(.keep, rotated: true).shapes.contains("<a:t>H</a:t>"))
    }

    @Test("Outlines of very many glyphs are not drawn, and that is said")
    func longText() {
        let slide = glyphs(.outline, count: 20_001)
        #expect(slide.shapes.contains("<a:t>H</a:t>") && slide.messages.count == 1)
    }
}
