import AtelierGeometry
import AtelierSVG
import Testing

/// Set without fonts, as in `TextTests`.
@Suite("Text of web pages in drawings")
struct ForeignTextTests {
    private let page = "xmlns='http://www.w3.org/1999/xhtml'"

    private func texts(_ content: String) throws -> [SVG.Text] {
        try tree(content).root.children.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    @Test("A label is text in the middle of its box, in the colour and fonts that style sheets say, and is reported")
    func label() throws {
        let content = """
            <style>.label{color:#333;font-size:10px} .label span{font-family:A} p{margin:0}</style>
            <foreignObject x='10' y='20' width='100' height='15'>
            <div \(page) class='label' style='display:table-cell;white-space:nowrap;line-height:1.5;text-align:center'>
            <span><p>A <b>label</b></p></span></div></foreignObject>
            """
        let text = try #require(try texts(content).first), chunk = text.chunks[0]
        #expect(text.string == "A label" && text.chunks.count == 1 && chunk.anchor == .middle && chunk.place.x == 60)
        #expect(chunk.spans.map(\.font.weight) == [400, 700] && chunk.spans[0].font.families == ["A"] && chunk.spans[0].size == 10)
        #expect(chunk.spans[0].fill?.paint == .color(SVG.Color(red: 0x33, green: 0x33, blue: 0x33)))
        #expect(chunk.place.y > 27 && chunk.place.y < 35)
        let diagnostics = try tree(content).diagnostics
        #expect(diagnostics.map(\.outcome) == [.approximated] && diagnostics[0].element == "foreignObject")
    }

    @Test(
        "Blocks and line ends part lines, long ones are wrapped at the width",
        arguments: [
            ("<p \u{1}>a</p><p \u{1}>b <i>c</i></p>", "a\nb c"), ("<div \u{1}>a<br/>b\n c<br/></div>", "a\nb c"),
            ("<div \u{1}>aaaa bbbb cccc</div>", "aaaa\nbbbb\ncccc"),
            ("<div \u{1} style='white-space:nowrap'>aaaa bbbb cccc</div>", "aaaa bbbb cccc"),
            ("<pre \u{1}>a  b\nc</pre>", "a  b\nc"),
            ("<div \u{1}><style>p{}</style><title>t</title>a<b style='display:none'>b</b></div>", "a"),
            ("<ul \u{1}><li>a</li><li>b</li></ul>", "a\nb"), ("<div>a<span>b</span></div>", "ab"),
        ])
    func lines(_ content: String, _ expected: String) throws {
        let content = content.replacing("\u{1}", with: page)
        #expect(try texts("<foreignObject width='50' height='90' font-size='16'>\(content)</foreignObject>").map(\.string) == [expected])
    }

    @Test("Lines stand a line's height apart, at the top of a box that is much higher")
    func heights() throws {
        let content = "<div \(page) style='font-size:10px;line-height:2'>a<br/>b</div>"
        let chunks = try #require(try texts("<foreignObject y='100' width='50' height='900'>\(content)</foreignObject>").first).chunks
        #expect(chunks.count == 2 && abs(chunks[1].place.y - chunks[0].place.y - 20) < 1e-9)
        #expect(chunks[0].place.y > 105 && chunks[0].place.y < 120)
    }

    @Test("In a switch it stands behind what this room draws itself, and without text it is left out as before")
    func alternatives() throws {
        let label = "<foreignObject width='50' height='20'><p \(page)>a</p></foreignObject>"
        #expect(try texts("<switch>\(label)</switch><switch>\(label)<text>b</text></switch>").isEmpty)
        func strings(_ group: SVG.Group) -> [String] {
            group.children.flatMap { child -> [String] in
                switch child {
                case .text(let text): [text.string]
                case .group(let group): strings(group)
                case .path, .image: []
                }
            }
        }
        #expect(strings(try tree("<switch>\(label)</switch><switch>\(label)<text>b</text></switch>").root) == ["a", "b"])
        #expect(
            try tree("<foreignObject width='9' height='9'><img \(page) src='a'/></foreignObject>").diagnostics.map(\.message) == [
                "foreign content is not drawn"
            ])
    }
}
