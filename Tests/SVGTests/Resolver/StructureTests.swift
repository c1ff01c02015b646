import AtelierSVG
import Testing

@Suite("Structure")
struct StructureTests {
    @Test("use draws what it refers to, displaced and with its own style inherited")
    func use() throws {
        let content =
            "<defs><rect id='r' width='5' height='5'/></defs><use href='#r' x='3' fill='#123' transform='scale(2)'/><use xlink:href='#r'/>"
        #expect(
            try rewritten(content) == """
                <g transform="matrix(2 0 0 2 6 0)">
                <rect width="5" height="5" id="r" fill="#123"/>
                </g>
                <g>
                <rect width="5" height="5"/>
                </g>
                """)
    }

    @Test("A symbol is fitted into the width and height of its use")
    func symbol() throws {
        let content =
            "<symbol id='s' viewBox='0 0 10 10' opacity='.5'><rect width='50%' height='5'/></symbol><use href='#s' x='5' width='20' height='40'/>"
        #expect(
            try rewritten(content) == """
                <g transform="translate(5)">
                <g id="s" transform="matrix(2 0 0 2 0 10)" opacity=".5">
                <rect width="5" height="5"/>
                </g>
                </g>
                """)
    }

    @Test(
        "use of itself, of nothing and of other files is reported and draws nothing",
        arguments: [
            ("<g id='a'><use href='#a'/></g>", "invalid use: use of `#a` inside itself is not drawn"),
            ("<use href='#b'/>", "invalid use: use of `#b`, which is not in the file"),
            ("<use href='o.svg#b'/>", "unsupported use: use of another file, `o.svg#b`, is not followed"),
            (
                "<defs><g id='a'><use id='v' href='#b'/></g><g id='b'><use id='w' href='#a'/></g></defs><use href='#a'/>",
                "invalid use#w: use of `#a` inside itself is not drawn"
            ),
        ])
    func brokenUse(content: String, message: String) throws {
        #expect(try tree(content).root.children.isEmpty)
        #expect(try diagnostics(content) == [message])
    }

    @Test("use elements that multiply end in an error, not in time or memory")
    func useBomb() {
        var content = "<defs><path id='a0' d='M0 0h1'/>"
        for i in 1...20 { content += "<g id='a\(i)'>" + String(repeating: "<use href='#a\(i - 1)'/>", count: 10) + "</g>" }
        content += "</defs><use href='#a20'/>"
        #expect(throws: SVG.ParseError.tooComplex(limit: 20_000, line: 1)) { try tree(content, stepCount: 20_000) }
    }

    @Test("use elements that nest too deep are cut with a diagnostic")
    func deepUse() throws {
        var content = "<defs><path id='a0' d='M0 0h1'/>"
        for i in 1...400 { content += "<g id='a\(i)'><use href='#a\(i - 1)'/></g>" }
        #expect(try diagnostics(content + "</defs><use href='#a400'/>").first?.contains("nested deeper than 256 levels") == true)
    }

    @Test(
        "switch draws its first fitting alternative",
        arguments: [
            ("<rect width='1' height='1' requiredExtensions='x'/><rect width='2' height='1'/><rect width='3' height='1'/>", "2"),
            ("<rect width='1' height='1' systemLanguage='is'/><rect width='2' height='1' systemLanguage='de, en'/>", "2"),
            ("<rect width='1' height='1' systemLanguage='en-GB'/><rect width='2' height='1'/>", "1"),
            ("<foreignObject width='9' height='9'/><rect width='2' height='1'/>", "2"),
            ("<title>t</title><rect width='1' height='1' requiredFeatures='x'/><rect width='2' height='1'/>", "1"),
        ])
    func switches(alternatives: String, width: String) throws {
        #expect(try rewritten("<switch>\(alternatives)</switch>").contains("<rect width=\"\(width)\""))
        #expect(try tree("<switch>\(alternatives)</switch>").diagnostics.isEmpty)
    }

    @Test("The link of an `a` stays with its content")
    func links() throws {
        let content = "<a xlink:href='http://a.org/?b&amp;c'><rect width='1' height='1'/></a><a href=''><rect width='2' height='1'/></a>"
        guard case .group(let group) = try tree(content).root.children[0] else { throw Missing() }
        #expect(group.link == "http://a.org/?b&c")
        #expect(
            try rewritten(content) == """
                <a href="http://a.org/?b&amp;c">
                <rect width="1" height="1"/>
                </a>
                <g>
                <rect width="2" height="1"/>
                </g>
                """)
        #expect(try diagnostics(content) == [])
    }

    private struct Missing: Error {}

    @Test("All animations of a file are one line")
    func animations() throws {
        let content = "<rect width='1' height='1'><animate/><set/></rect><defs><g id='g'><animateMotion/></g></defs>"
        #expect(try diagnostics(content) == ["unsupported animate: 3 animations are not mapped; the picture shows the state without"])
    }

    @Test("Titles and descriptions stay with their elements")
    func titles() throws {
        let content =
            "<title> The\n picture </title><desc>All</desc><g id='g'><title>A &amp; B</title><path d='M0 0h1'><desc>line</desc></path></g>"
        let tree = try tree(content)
        #expect(tree.title == "The picture" && tree.summary == "All")
        #expect(
            try rewritten(content) == """
                <title>The picture</title>
                <desc>All</desc>
                <g id="g">
                <title>A &amp; B</title>
                <path d="M0 0h1">
                <desc>line</desc>
                </path>
                </g>
                """)
    }

    @Test("Diagnostics name line and element and come in document order")
    func places() throws {
        let text = "<svg viewBox='0 0 9 9'>\n<script id='t'>x</script>\n<g><foreignObject/></g>\n</svg>"
        let diagnostics = try SVG.read(Array(text.utf8).span).diagnostics
        #expect(
            diagnostics == [
                SVG.Diagnostic(.unsupported, element: "script#t", line: 2, "scripts are not run"),
                SVG.Diagnostic(.unsupported, element: "foreignObject", line: 3, "foreign content is not drawn"),
            ])
    }

    @Test(
        "Everything not drawn as written is listed",
        arguments: [
            ("<text>a<rect/></text>", "unsupported rect: rect inside text is left out"),
            (
                "<text>a<textPath href='#p'>b</textPath></text>",
                "invalid textPath: textPath `#p` refers to no path; its text is left out"
            ),
            ("<image href='a.png'/>", "unsupported image: the picture `a.png` is left out: there is no folder to look in"),
            ("<foreignObject/>", "unsupported foreignObject: foreign content is not drawn"),
            ("<script>1</script>", "unsupported script: scripts are not run"),
            ("<blob/>", "unsupported blob: the element `blob` is not known here; it and its content are left out"),
            (
                "<rect width='1' height='1'><animate/></rect>",
                "unsupported animate: an animation is not mapped; the picture shows the state without"
            ),
            ("<rect width='1' height='1' clip-path='shape(x)'/>", "approximated rect: drawn without clipping `shape(x)`"),
            (
                "<clipPath id='c'><rect width='9' height='9' clip-path='url(#c)'/></clipPath><rect width='1' height='1' clip-path='url(#c)'/>",
                "invalid rect: clip-path `url(#c)` refers to itself; drawn without it"
            ),
            ("<g id='c'/><rect width='1' height='1' mask='url(#c)'/>", "approximated rect: drawn without masking `url(#c)`"),
            (
                "<mask id='m'><rect width='1' height='1' mask='url(#m)'/></mask><rect width='1' height='1' mask='url(#m)'/>",
                "invalid rect: mask `url(#m)` refers to itself; drawn without it"
            ),
            (
                "<rect width='1' height='1' filter='url(#d)'/>",
                "invalid rect: filter `url(#d)` refers to nothing in the file and is left out"
            ),
            (
                "<rect width='1' height='1' style='mix-blend-mode:plus-lighter'/>",
                "approximated rect: mix-blend-mode `plus-lighter` is drawn as `normal`"
            ),
            (
                "<pattern id='p' width='1' height='1'><path d='M0 0h1v1' fill='url(#p)'/></pattern><rect width='1' height='1' fill='url(#p)'/>",
                "invalid path: a pattern inside itself, or eight deep in others, is not drawn"
            ),
            ("<rect width='1' height='1' fill='url(#q)'/>", "invalid rect: fill refers to `#q`, which is not in the file; drawn without"),
            ("<rect width='1' height='1' fill='url(#q) none'/>", ""),
            (
                "<g id='q'/><rect width='1' height='1' fill='url(#q)'/>",
                "invalid rect: fill refers to `#q`, which is no paint server; drawn without"
            ),
            (
                "<path d='M0 0h1' stroke='red' stroke-linejoin='arcs'/>",
                "approximated path: stroke-linejoin `arcs` is drawn as `miter-clip`"
            ),
        ])
    func unsupported(content: String, message: String) throws {
        #expect(try diagnostics(content) == (message.isEmpty ? [] : [message]))
    }

    @Test(
        "A gradient of one stop is its colour, one without stops is nothing, one without extent the last colour",
        arguments: [
            (
                "<linearGradient id='g' x2='0'><stop stop-color='#123'/><stop offset='1' stop-color='#456'/></linearGradient>", "url(#g)",
                "fill=\"#456\""
            ),
            (
                "<radialGradient id='g' r='0'><stop/><stop offset='1' stop-color='#456'/></radialGradient>", "url(#g) #789",
                "fill=\"#456\""
            ),
            (
                "<linearGradient id='g' xlink:href='#h'/><radialGradient id='h'><stop stop-color='#123' stop-opacity='.5'/></radialGradient>",
                "url('#g')", "fill=\"#123\" fill-opacity=\".5\""
            ),
            (
                "<g color='#123'><linearGradient id='g'><stop stop-color='currentColor'/></linearGradient></g>", "url( \"#g\" )",
                "fill=\"#123\""
            ),
            ("<style>stop{stop-color:#123}</style><linearGradient id='g'><stop/></linearGradient>", "url(#g)", "fill=\"#123\""),
            ("<linearGradient id='g' xlink:href='#h'/><linearGradient id='h' xlink:href='#g'/>", "url(#g) red", "none"),
            ("<linearGradient id='g'/>", "url(#g)", "none"),
        ])
    func gradients(definition: String, fill: String, expected: String) throws {
        let fill = fill.replacing("\"", with: "&quot;").replacing("'", with: "&apos;")
        let line = try rewritten("\(definition)<rect width='1' height='1' fill='\(fill)'/>")
        #expect(line == (expected == "none" ? "" : "<rect width=\"1\" height=\"1\" \(expected)/>"))
    }
}
