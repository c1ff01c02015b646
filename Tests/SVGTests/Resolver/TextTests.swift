import AtelierFonts
import AtelierGeometry
import AtelierSVG
import Testing

/// The chunks of all texts of a drawing.
func textChunks(_ content: String) throws -> [SVG.Text.Chunk] { allTexts(in: try tree(content).root).flatMap(\.chunks) }

private func allTexts(in group: SVG.Group) -> [SVG.Text] {
    group.children.flatMap { child -> [SVG.Text] in
        switch child {
        case .text(let text): [text]
        case .group(let group): allTexts(in: group)
        case .path, .image: []
        }
    }
}

/// Text is set here without fonts: widths are estimates, the same on every machine.
@Suite("Text")
struct TextTests {
    private func texts(_ content: String) throws -> [SVG.Text] { allTexts(in: try tree(content).root) }

    private func chunks(_ content: String) throws -> [SVG.Text.Chunk] { try textChunks(content) }

    @Test(
        "White space is collapsed over elements, and kept where the file asks for it",
        arguments: [
            ("<text> a  b\n c </text>", "a b c"), ("<text>a <tspan> b</tspan> c</text>", "a b c"),
            ("<text>\n <tspan>a</tspan>\n</text>", "a"),
            ("<text xml:space='preserve'> a  b </text>", " a  b "), ("<text style='white-space:pre'>a\n b</text>", "a  b"),
            ("<text>a<!-- x -->b<title>t</title>c &amp; &#228;</text>", "abc & ä"),
        ])
    func whiteSpace(_ content: String, _ expected: String) throws {
        #expect(try chunks(content).flatMap(\.spans).map(\.text).joined() == expected)
    }

    @Test("A new x or y begins a chunk, dx and dy do not")
    func chunkBorders() throws {
        let all = try chunks("<text x='1' y='2'>ab<tspan x='5'>c</tspan><tspan y='9'>d</tspan><tspan dy='3'>e</tspan></text>")
        #expect(all.map { $0.spans.map(\.text) } == [["ab"], ["c"], ["d", "e"]])
        #expect(all[0].place == Point(1, 2) && all[1].place == Point(5, 2))
        #expect(all.map(\.isPlain) == [true, true, false])
        #expect(all[2].spans[1].start.y == 12)
    }

    @Test("Anchors put start, middle or end of a chunk at its place")
    func anchors() throws {
        let starts = try ["start", "middle", "end"].map { anchor in
            try chunks("<text x='50' text-anchor='\(anchor)' font-size='10'>abcd</text>")[0].spans[0].start.x
        }
        let width = try chunks("<text font-size='10'>abcd</text>")[0].advance
        #expect(width > 15 && width < 30)
        #expect(starts == [50, 50 - width / 2, 50 - width])
    }

    @Test("Text from right to left begins on the right and runs in the order of the script")
    func rightToLeft() throws {
        let chunk = try chunks("<text x='50' direction='rtl'>\u{5D0}\u{5D1} a</text>")[0]
        #expect(chunk.isRightToLeft && abs(chunk.spans[0].start.x + chunk.advance - 50) < 1e-9)
    }

    @Test("Styles are inherited, and the font shorthand sets what it leaves out to its initial value")
    func styles() throws {
        let span = try chunks(
            "<g font-weight='bold' font-style='italic' letter-spacing='.5em' font-size='20' font-family=\"A B, 'C'\"><text>x</text></g>")[0]
            .spans[0]
        #expect(span.font.families == ["A B", "C"] && span.font.weight == 700 && span.font.isItalic)
        #expect(span.letterSpacing == 10 && span.size == 20)
        let other = try chunks("<g font-weight='bold' font-style='italic'><text style=\"font: 12px/1.5 'D E', serif\">x</text></g>")[0]
            .spans[0]
        #expect(other.font.families == ["D E", "serif"] && other.font.weight == 400 && !other.font.isItalic && other.size == 12)
        let third = try chunks("<text style='font:italic 900 small-caps 2em monospace'>x</text>")[0].spans[0]
        #expect(third.font.weight == 900 && third.font.isItalic && third.isSmallCaps && third.size == 32)
    }

    @Test(
        "Weights are relative to the parent's",
        arguments: [("bolder", 700), ("lighter", 100), ("300", 300), ("inherit", 400), ("normal", 400)])
    func weights(_ value: String, _ expected: Int) throws {
        #expect(try chunks("<g font-weight='400'><text font-weight='\(value)'>x</text></g>")[0].spans[0].font.weight == expected)
    }

    @Test("Baselines move spans, baseline-shift adds up and is kept apart")
    func baselines() throws {
        let metrics = FontMetrics.estimated
        let hanging = try chunks("<text y='50' font-size='10' dominant-baseline='hanging'>x</text>")[0].spans[0]
        #expect(abs(hanging.start.y - (50 + 8 * metrics.ascent)) < 1e-9 && hanging.rise == 0)
        let nested = try chunks(
            "<text y='50' font-size='10'><tspan baseline-shift='20%'>a<tspan baseline-shift='-5'>b</tspan></tspan></text>")
        #expect(nested[0].spans.map(\.rise) == [2, -3] && nested[0].spans.map(\.start.y) == [48, 53])
    }

    @Test("Decorations are painted as the element that asks for them")
    func decorations() throws {
        let span = try chunks(
            "<text fill='red' text-decoration='underline'>a<tspan fill='blue' text-decoration='line-through'>b</tspan></text>")[0]
            .spans[1]
        #expect(span.decorations.map(\.kind) == [.underline, .lineThrough])
        #expect(span.decorations.map(\.fill) == [color(255, 0, 0), color(0, 0, 255)])
    }

    private func color(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> SVG.Fill {
        SVG.Fill(paint: .color(SVG.Color(red: red, green: green, blue: blue)))
    }

    @Test("Elements around a text give it lines in their own paint")
    func linesFromOutside() throws {
        let span = try chunks("<g fill='red' text-decoration='underline'><text fill='blue' text-decoration='overline'>a</text></g>")[0]
            .spans[0]
        #expect(span.decorations.map(\.kind) == [.underline, .overline])
        #expect(span.decorations.map(\.fill) == [color(255, 0, 0), color(0, 0, 255)])
    }

    @Test(
        "Lines follow their glyphs: one piece where these stand on one line, else one for each",
        arguments: [
            ("<text x='5' y='9' text-decoration='underline'>abc</text>", 1),
            ("<text text-decoration='underline' dx='0 5' textLength='90'>abc</text>", 1),
            ("<text text-decoration='underline' dy='0 5'>abc</text>", 2), ("<text text-decoration='underline' rotate='20'>abc</text>", 3),
            ("<path id='p' d='M0 40Q30 0 60 40'/><text><textPath href='#p' text-decoration='underline'>abc</textPath></text>", 3),
        ])
    func linePieces(_ content: String, _ count: Int) throws {
        let line = try #require(try chunks(content)[0].spans[0].decorations.first?.outline)
        #expect(line.elements.count { if case .move = $0 { true } else { false } } == count)
    }

    @Test("A line lies along its whole span, in lines that run down at its left")
    func lineBounds() throws {
        for (mode, isDown) in [("lr", false), ("tb", true)] {
            let span = try chunks("<text x='50' y='40' font-size='10' writing-mode='\(mode)' text-decoration='underline'>abc</text>")[0]
                .spans[0]
            let line = try #require(span.decorations.first?.outline.bounds)
            #expect(abs((isDown ? line.height : line.width) - span.advance) < 1e-9)
            #expect(isDown ? line.maxX <= 50 && line.minY == 40 : line.minY >= 40 && line.minX == 50)
        }
    }

    @Test(
        "Text runs along basic shapes as along paths, where their own transform puts them",
        arguments: [
            ("<circle id='p' cx='50' cy='50' r='40'", Point(90, 50)), ("<rect id='p' x='20' y='30' width='60' height='9'", Point(20, 30)),
            ("<line id='p' x1='5' y1='6' x2='90' y2='6'", Point(5, 6)), ("<polyline id='p' points='5,6 90,6'", Point(5, 6)),
            ("<path id='p' transform='translate(9 9)' d='M5 6h80'", Point(14, 15)),
            ("<ellipse id='p' cx='50' cy='9' rx='40' ry='30'", Point(90, 9)),
        ])
    func onShapes(_ shape: String, _ start: Point) throws {
        let span = try chunks("\(shape) fill='none'/><text font-size='2'><textPath href='#p'>a</textPath></text>")[0].spans[0]
        #expect(span.box.minX > start.x - 3 && span.box.maxX < start.x + 3 && span.box.minY > start.y - 3 && span.box.maxY < start.y + 3)
    }

    @Test(
        "On the right side of a path text runs from its end, with its foot towards it", arguments: [("", 100), ("startOffset='10%'", 91)])
    func onTheRight(_ offset: String, _ start: Double) throws {
        let content = "<path id='p' d='M10 20h90'/><text font-size='10'><textPath href='#p' side='right' \(offset)>a</textPath></text>"
        let box = try chunks(content)[0].spans[0].box
        #expect(abs(box.maxX - start) < 1e-9 && abs(box.width - 5.7) < 1e-9 && box.center.y > 20)
        #expect(try tree(content).diagnostics.isEmpty)
    }

    @Test("On a path x is a distance, y has no meaning, and what follows the path begins where its text ends")
    func placesOnPaths() throws {
        let path = "<path id='p' d='M10 20h90'/>"
        let all = try chunks("\(path)<text font-size='10'><textPath href='#p'>a<tspan x='50' y='7'>b</tspan></textPath>c</text>")
        #expect(all.map { $0.spans.map(\.text) } == [["a"], ["b"], ["c"]])
        #expect(abs(all[1].spans[0].box.minX - 60) < 1e-9 && abs(all[2].place.x - 60 - all[1].advance) < 1e-9 && all[2].place.y == 20)
    }

    @Test("Spans that differ in paint alone are set as one; a mark on a letter of another span is drawn with it")
    func setTogether() throws {
        let marked = try chunks("<text>e<tspan fill='red'>\u{301}x</tspan><tspan fill='blue'>\u{301}</tspan></text>")[0].spans
        #expect(marked.map(\.text).joined() == "e\u{301}x\u{301}" && marked.count == 2)
        let moved = try chunks("<text writing-mode='tb' dx='0 5' dy='0 7'>ab</text>")[0]
        #expect(moved.spans[0].box.minX < -5 && moved.advance > 20)
    }

    @Test(
        "text-transform changes letters before anything counts them",
        arguments: [("uppercase", "STRASSE IT'S"), ("lowercase", "straße it's"), ("capitalize", "Straße It's"), ("none", "straße it's")])
    func casing(_ value: String, _ expected: String) throws {
        let all = try chunks("<text style='text-transform:\(value)'>stra<tspan>ße</tspan> it's</text>")
        #expect(all.flatMap(\.spans).map(\.text).joined() == expected)
    }

    @Test(
        "In lines that run down ideographs stand upright and Latin letters lie, unless the file says otherwise",
        arguments: [
            ("\u{3042}\u{3044}", "", true), ("ab", "", false), ("ab", "text-orientation:upright", true),
            ("\u{3042}\u{3044}", "text-orientation:sideways", false),
        ])
    func upright(_ text: String, _ style: String, _ isUpright: Bool) throws {
        let chunk = try chunks("<text x='50' y='10' font-size='10' style='writing-mode:vertical-rl;\(style)'>\(text)</text>")[0]
        let box = chunk.spans[0].box
        // Upright letters are one em apart and as wide as they are; lying ones as wide as a line.
        #expect((chunk.advance == 20 && abs(box.center.x - 50) < 1e-9 && box.width <= 10) == isUpright)
    }

    @Test("Text without paint is left out but holds its place, and links are kept")
    func invisible() throws {
        let all = try chunks(
            "<text>a<tspan visibility='hidden'>bbb</tspan><a href='u'><tspan>c</tspan></a><tspan display='none'>d</tspan></text>")
        #expect(all[0].spans.map(\.text) == ["a", "c"] && all[0].spans[1].link == "u")
        #expect(all[0].spans[1].start.x > all[0].spans[0].start.x + 2 * all[0].spans[0].advance)
        #expect(try texts("<text fill='none'>a</text><text opacity='0'>a</text><text></text>").isEmpty)
    }

    @Test("Gradients refer to the box of the whole text")
    func gradients() throws {
        let content =
            "<linearGradient id='g'><stop stop-color='red'/><stop offset='1'/></linearGradient><text x='10' y='20' fill='url(#g)'>ab</text>"
        let text = try #require(try texts(content).first)
        let box = try #require(text.box)
        guard case .gradient(let gradient)? = text.chunks[0].spans[0].fill?.paint else { throw Missing() }
        #expect(gradient.transform(Point(0, 0)) == box.origin && gradient.transform(Point(1, 1)) == Point(box.maxX, box.maxY))
    }

    private struct Missing: Error {}

    @Test("Writing and reading text again gives the same text")
    func rewriting() throws {
        let content = """
            <text x="10" y="20" font-family="'A B', serif" font-size="20" font-weight="700" letter-spacing="2">a &lt; b<tspan fill="#f00"> c</tspan></text>
            """
        let first = try tree(content), again = try SVG.read(SVG.write(first).span)
        func spans(_ tree: SVG.Tree) -> [SVG.Text.Span] {
            tree.root.children.flatMap { child -> [SVG.Text.Span] in
                if case .text(let text) = child { text.chunks.flatMap(\.spans) } else { [] }
            }
        }
        #expect(spans(again).map(\.text) == ["a < b", " c"])
        #expect(spans(again).map(\.font) == spans(first).map(\.font))
        #expect(spans(again).map(\.fill) == spans(first).map(\.fill))
        #expect(zip(spans(again), spans(first)).allSatisfy { $0.start.distance(to: $1.start) < 0.01 })
    }
}
