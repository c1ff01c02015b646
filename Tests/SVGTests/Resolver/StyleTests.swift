import AtelierSVG
import Testing

@Suite("Style")
struct StyleTests {
    @Test(
        "Stronger declarations win",
        arguments: [
            // attribute < type < class < id < style attribute < !important
            ("<style>rect{fill:#123}</style><rect width='1' height='1' fill='red'/>", "#123"),
            ("<style>.a{fill:#123}rect{fill:red}</style><rect class='b a' width='1' height='1'/>", "#123"),
            ("<style>#i{fill:#123}.a.b{fill:red}</style><rect id='i' class='a b' width='1' height='1'/>", "#123"),
            ("<style>#i{fill:red}</style><rect id='i' style='fill:#123' width='1' height='1'/>", "#123"),
            ("<style>rect{fill:#123!important}</style><rect style='fill:red' width='1' height='1'/>", "#123"),
            ("<style>rect{fill:red ! important}</style><rect style='fill:#123 !important' width='1' height='1'/>", "#123"),
            ("<style>rect{fill:red}rect{fill:#123}</style><rect width='1' height='1'/>", "#123"),
            ("<style>*{fill:red}rect{fill:#123}</style><rect width='1' height='1'/>", "#123"),
            ("<style>rect{fill:red}</style><style>rect{fill:#123}</style><rect width='1' height='1'/>", "#123"),
            ("<rect width='1' height='1' style='fill:red;fill:#123'/>", "#123"),
            ("<rect width='1' height='1' fill='#123' style='fill:device-cmyk(0 1 1 0)'/>", "#123"),
            ("<style>[id]{fill:red}:not(.g):where(#i){fill:#123}</style><rect id='i' width='1' height='1'/>", "#123"),
            ("<style>.a:is(.b,#i){fill:#123}.a.b.c{fill:red}</style><rect class='a b c' width='1' height='1'/>", "#123"),
            ("<style>rect{FILL:#123}</style><rect width='1' height='1'/>", "#123"),
            // Layers: later ones win, their own rules over inner layers', none over all; what is important the other way round.
            ("<style>@layer a{#i{fill:red}} rect{fill:#123}</style><rect id='i' width='1' height='1'/>", "#123"),
            ("<style>@layer a,b;@layer b{rect{fill:#123}}@layer a{#i{fill:red}}</style><rect id='i' width='1' height='1'/>", "#123"),
            ("<style>@layer a{rect{fill:#123!important}} #i{fill:red!important}</style><rect id='i' width='1' height='1'/>", "#123"),
            ("<style>@layer a{rect{fill:#123} @layer b{#i{fill:red}}}</style><rect id='i' width='1' height='1'/>", "#123"),
            ("<style>@layer a.b{#i{fill:red}} @layer a{rect{fill:#123}}</style><rect id='i' width='1' height='1'/>", "#123"),
            ("<style>@layer{#i{fill:red}} @layer{rect{fill:#123}}</style><rect id='i' width='1' height='1'/>", "#123"),
            ("<style>@layer a{#i{fill:red}}</style><style>@layer b{rect{fill:#123}}</style><rect id='i' width='1' height='1'/>", "#123"),
        ])
    func cascade(content: String, fill: String) throws {
        #expect(try rewritten(content).contains("fill=\"\(fill)\""))
    }

    @Test(
        "`@supports` holds for what is read",
        arguments: [
            ("(fill: red)", true), ("(fill: nonsense)", false), ("(foo: bar)", false), ("not (foo: bar)", true),
            ("(fill: red) and (not (foo: bar))", true), ("(fill: red) and (foo: bar)", false), ("(foo: bar) or (--x: 1)", true),
            ("selector(g:has(> rect))", true), ("selector(a:nonsense)", false), ("((fill: color-mix(in srgb, red, blue)))", true),
            ("(fill: red) and (x: 1) or (y: 1)", false), ("nonsense(1)", false), ("(fill: red", false), ("", false),
        ])
    func supports(condition: String, holds: Bool) throws {
        let content = "<style>@supports \(condition){rect{fill:#123}}</style><rect width='1' height='1'/>"
        #expect(try rewritten(content).contains("fill=\"#123\"") == holds)
    }

    @Test("`:has()` looks at what comes after, as well")
    func following() throws {
        let style = "<style>rect:has(+circle){fill:#123}rect:has(~line){stroke:#456}</style>"
        let written = try rewritten(style + "<rect width='1' height='1'/><circle r='1'/><line x2='9' stroke='red'/>")
        #expect(written.contains("fill=\"#123\"") && written.contains("stroke=\"#456\""))
        let other = try rewritten(style + "<circle r='1'/><rect width='1' height='1'/><g><line x2='9' stroke='red'/></g>")
        #expect(!other.contains("#123") && !other.contains("#456"))
    }

    @Test(
        "Selectors match by type, class, id and what stands above",
        arguments: [
            ("g rect", true), ("g>rect", true), ("svg>rect", false), ("g > g > rect", true), ("#o rect", true), ("#o > rect", false),
            (".c rect", true),
            (".c>#i>rect", true), ("rect g", false), ("svg rect", true), ("svg>g rect.r", true), ("rect.r.s", true), ("rect.r.t", false),
            ("circle, rect", true), ("a, .s", true), ("Rect", false), ("*", true), ("g *", true), ("g g g rect", false),
            ("g:has(> rect) rect", true), ("#o:has(> rect) rect", false), ("#o:has(g rect.s) rect", true), ("rect:has(*)", false),
            ("rect:not(:has(*))", true), ("svg:has(circle, .r) rect", true), ("svg:has(circle) rect", false), ("rect:has(+ *)", false),
            ("#o:has(#i:has(rect)) rect", true), ("#i:has(#o rect) rect", false),
        ])
    func selectors(selector: String, matches: Bool) throws {
        let content =
            "<style>\(selector){fill:#123}</style><g id='o' class='c'><g id='i'><rect class='r s' width='1' height='1'/></g></g>"
        #expect(try rewritten(content).contains("fill=\"#123\"") == matches)
    }

    @Test("A descendant selector looks further up when a nearer ancestor fails")
    func backtracking() throws {
        let content = "<style>#a > g rect {fill:#123}</style><g id='a'><g><g><rect width='1' height='1'/></g></g></g>"
        #expect(try rewritten(content).contains("fill=\"#123\""))
    }

    @Test("Style sheets may hold comments, old comment marks and at-rules")
    func sheetSyntax() throws {
        let content = """
            <style type="text/css"><![CDATA[ <!-- @charset "x"; @font-face { font-family: a; }
            /* rect{fill:red} */ rect/**/{ fill : /* no; */ #123 ; stroke:none } } circle{} --> ]]></style><rect width='1' height='1'/>
            """
        #expect(try rewritten(content) == "<rect width=\"1\" height=\"1\" fill=\"#123\"/>")
    }

    @Test("What a style sheet cannot say here is reported and costs only its rule")
    func unsupportedRules() throws {
        let content = """
            <style>@import 'a.css'; rect:hover{fill:red} rect:odd{fill:red} a+,rect{fill:red} @container a { rect{fill:red} }
            rect{fill:#123} @keyframes k { from {fill:red} }</style><rect width='1' height='1'/>
            """
        #expect(try rewritten(content).contains("#123"))
        #expect(
            try diagnostics(content) == [
                "unsupported style: `@import 'a.css'`: an external style sheet is not read",
                "unsupported style: the selector `rect:odd` is not supported and its rule left out",
                "unsupported style: the selector `a+,rect` is not supported and its rule left out",
                "unsupported style: `@container` in a style sheet is not supported and left out",
                "unsupported style: animation by style sheets is not played; the picture shows the state without it",
            ])
    }

    @Test(
        "Selectors match by attributes, siblings and places",
        arguments: [
            ("[fill]", "abc"), ("[data-k]", "b"), ("[data-k=x]", "b"), ("[data-k='X' i]", "b"), ("[data-k=X]", ""), ("[class~=r]", "ab"),
            ("[class|=s]", "c"), ("[class^=r]", "a"), ("[class$='r']", "ab"), ("[class*='-']", "c"), ("[ data-k ~= \"x\" ]", "b"),
            ("[nothing]", ""), ("*|rect[svg|fill]", "abc"), ("svg|rect", "abc"),
            ("rect + rect", "bc"), ("rect ~ rect", "bc"), ("#a + rect", "b"), ("#a ~ rect", "bc"), ("#c + *", ""), ("g > rect+rect", "bc"),
            ("rect:first-child", "a"), ("rect:last-child", "c"), ("rect:only-child", ""), ("rect:first-of-type", "a"),
            ("rect:nth-child(2)", "b"), ("rect:nth-child(odd)", "ac"), ("rect:nth-child( even )", "b"), ("rect:nth-child(2n+1)", "ac"),
            ("rect:nth-child(-n + 2)", "ab"), ("rect:nth-child(n+2)", "bc"), ("rect:nth-last-child(1)", "c"),
            ("rect:nth-of-type(3)", "c"), ("rect:nth-last-of-type(3n)", "a"), ("rect:nth-child(3n-1)", "b"),
            ("rect:not(#b)", "ac"), ("rect:not(.r, #c)", ""), ("rect:is(#a, #c)", "ac"), (":where(rect):not(:first-child)", "bc"),
            ("rect:hover", ""), ("rect::before", ""), ("rect:root", ""), (":root rect:empty", "abc"), ("rect:not(:hover)", "abc"),
            ("#\\61", "a"), ("rect.\\72 ", "ab"),
        ])
    func placesAndAttributes(selector: String, matched: String) throws {
        let content = """
            <style>\(selector){stroke:#123}</style><g><rect id='a' class='r' width='1' height='1' fill='red'/>
            <rect id='b' class='q r' data-k='x' width='1' height='1' fill='red'/><rect id='c' class='s-1' width='1' height='1' fill='red'/></g>
            """
        let lines = try rewritten(content).split(separator: "\n").filter { $0.contains("#123") }
        #expect(lines.map { String($0.split(separator: "id=\"")[1].prefix(1)) }.joined() == matched)
        #expect(try diagnostics(content) == [])
    }

    @Test(
        "Media queries are those of a still picture on a light screen as large as the canvas",
        arguments: [
            ("all", true), ("screen", true), ("only screen and (min-width: 100px)", true), ("(min-width:101px)", false), ("print", false),
            ("not print", true), ("print, screen", true), ("(prefers-color-scheme: dark)", false), ("(prefers-color-scheme:light)", true),
            ("(orientation: landscape)", false), ("", true), ("(max-width: 6em) and (max-height: 200px)", false),
        ])
    func media(query: String, holds: Bool) throws {
        let content = "<style>@media \(query) { rect { fill: #123 } } rect{stroke:#456}</style><rect width='1' height='1'/>"
        #expect(try rewritten(content).contains("#123") == holds)
        #expect(try rewritten(content).contains("#456"))
        #expect(try rewritten("<style media='\(query)'>rect{fill:#123}</style><rect width='1' height='1'/>").contains("#123") == holds)
        #expect(try diagnostics(content) == [])
    }

    @Test(
        "Custom properties are inherited, replaced in values and in one another, and fall back",
        arguments: [
            ("<g style='--c:#123'><rect style='fill:var(--c)'/></g>", "#123"),
            ("<style>:root{--c: #123}</style><rect fill='var(--c)'/>", "#123"),
            ("<rect style='fill:var(--c, #123)'/>", "#123"), ("<rect style='fill:var(--c, var(--d, #123))'/>", "#123"),
            ("<g style='--r:17;--c:rgb(var(--r) 34 51)'><rect style='fill: var( --c )'/></g>", "#123"),
            ("<g style='--c:red'><rect style='--c:#123;fill:var(--c)'/></g>", "#123"),
            ("<g style='--C:red;--c:#123'><rect style='fill:VAR(--c)'/></g>", "#123"),
            ("<g fill='#123'><rect style='fill:red;fill:var(--none)'/></g>", "#123"),
            ("<g fill='#123'><rect style='--a:var(--b);--b:var(--a);fill:var(--a)'/></g>", "#123"),
            ("<defs><rect id='r' width='9' height='9' style='fill:var(--c,red)'/></defs><use href='#r' style='--c:#123'/>", "#123"),
            ("<g style='--c:red'><rect style='--c:initial;fill:var(--c,#123)'/></g>", "#123"),
        ])
    func customProperties(content: String, fill: String) throws {
        let content = content.replacing("<rect style", with: "<rect width='1' height='1' style").replacing(
            "<rect fill", with: "<rect width='1' height='1' fill")
        #expect(try rewritten(content).contains("fill=\"\(fill)\""))
    }

    @Test("Custom properties that multiply end in an error or lose their value, soon")
    func customPropertyBomb() throws {
        var style = "--a0:xxxxxxxxxxxxxxxx;"
        for i in 1..<40 { style += "--a\(i):var(--a\(i - 1))var(--a\(i - 1));" }
        let content = "<rect style='\(style)fill:var(--a39,#123)' width='1' height='1'/>"
        #expect(try rewritten(content).contains("#123"))
    }

    @Test(
        "Keywords that every property has",
        arguments: [
            ("<g opacity='.5'><rect opacity='inherit'/></g>", "<rect width=\"1\" height=\"1\" opacity=\".5\"/>"),
            ("<g style='opacity:.5'><rect style='opacity:inherit'/></g>", "<rect width=\"1\" height=\"1\" opacity=\".5\"/>"),
            ("<g fill='red'><rect fill='blue' style='fill:unset'/></g>", "fill=\"#f00\""),
            ("<g fill='red'><rect fill='blue' style='fill:revert'/></g>", "fill=\"#f00\""),
            ("<g fill='red'><rect opacity='.5' style='opacity:unset'/></g>", "<rect width=\"1\" height=\"1\" fill=\"#f00\"/>"),
            ("<g fill='red'><rect style='opacity:.5;all:unset;width:1px;height:1px'/></g>", "fill=\"#f00\""),
            ("<g fill='red'><rect stroke='red' style='all:initial;width:1px;height:1px'/></g>", "<rect width=\"1\" height=\"1\"/>"),
            (
                "<g display='inline'><g fill='red' style='opacity:.5'><g opacity='inherit'><rect opacity='inherit'/></g></g></g>",
                "<rect width=\"1\" height=\"1\" opacity=\".5\" fill=\"#f00\"/>"
            ),
        ])
    func keywords(content: String, expected: String) throws {
        let content = content.replacing("<rect", with: "<rect width='1' height='1'")
        #expect(try rewritten(content).contains(expected))
    }

    @Test("Fill and stroke are inherited, opacity is not")
    func inheritance() throws {
        let content = "<g fill='red' stroke='#00f' stroke-width='3' opacity='.5'><g><path d='M0 0h9'/></g></g>"
        #expect(
            try rewritten(content) == """
                <g opacity=".5">
                <g>
                <path d="M0 0h9" fill="#f00" stroke="#00f" stroke-width="3"/>
                </g>
                </g>
                """)
    }

    @Test("inherit, initial and currentColor")
    func keywords() throws {
        let content = """
            <g fill='red' color='#123' opacity='.5'><rect width='1' height='1' style='fill:initial'/>\
            <rect width='2' height='1' fill='currentColor'/><rect width='3' height='1' fill='inherit' opacity='inherit'/>\
            <g fill='currentColor'><rect width='4' height='1' color='lime'/></g></g>
            """
        #expect(
            try rewritten(content) == """
                <g opacity=".5">
                <rect width="1" height="1"/>
                <rect width="2" height="1" fill="#123"/>
                <rect width="3" height="1" opacity=".5" fill="#f00"/>
                <g>
                <rect width="4" height="1" fill="#0f0"/>
                </g>
                </g>
                """)
    }

    @Test(
        "A value that is not valid is reported and left out",
        arguments: [
            ("stroke-width='bold'", "invalid path: stroke-width `bold` is not valid; it is left out"),
            ("stroke-width='-1'", "invalid path: stroke-width `-1` is not valid; it is left out"),
            ("stroke-linecap='flat'", "invalid path: stroke-linecap `flat` is not valid; it is left out"),
            ("stroke-miterlimit='0'", "invalid path: stroke-miterlimit `0` is not valid; it is left out"),
            ("stroke-miterlimit='2mm'", "invalid path: stroke-miterlimit `2mm` is not valid; it is left out"),
            ("fill='#12'", "invalid path: fill `#12` is not valid; it is left out"),
            ("fill='rgb(1,2)'", "invalid path: fill `rgb(1,2)` is not valid; it is left out"),
            ("opacity='x'", "invalid path: opacity `x` is not valid; it is left out"),
            ("transform='rotate(1,2)'", "invalid path: transform `rotate(1,2)` is not valid; it is left out"),
            ("pathLength='-1'", "invalid path: pathLength `-1` is not valid; it is left out"),
            ("style='fill:var(--a)'", "invalid path: fill `var(--a)` refers to a custom property without a value; it is left out"),
        ])
    func invalidValues(attribute: String, message: String) throws {
        let content = "<path stroke='#000' d='M0 0h9v9' \(attribute)/>"
        #expect(try diagnostics(content) == [message])
        #expect(try rewritten(content) == "<path d=\"M0 0h9v9\" stroke=\"#000\"/>")
    }

    @Test(
        "Every stroke property is read",
        arguments: [
            ("stroke='#123'", "stroke=\"#123\""),
            ("stroke='#123' stroke-opacity='.25'", "stroke=\"#123\" stroke-opacity=\".25\""),
            ("stroke='#12345680'", "stroke=\"#123456\" stroke-opacity=\".502\""),
            ("stroke='#123' stroke-width='10%'", "stroke=\"#123\" stroke-width=\"10\""),
            ("stroke='#123' stroke-width='1mm'", "stroke=\"#123\" stroke-width=\"3.77952756\""),
            (
                "stroke='#123' stroke-linecap='round' stroke-linejoin='bevel'",
                "stroke=\"#123\" stroke-linecap=\"round\" stroke-linejoin=\"bevel\""
            ),
            (
                "stroke='#123' stroke-linecap='square' stroke-linejoin='round'",
                "stroke=\"#123\" stroke-linecap=\"square\" stroke-linejoin=\"round\""
            ),
            ("stroke='#123' stroke-miterlimit='2.5'", "stroke=\"#123\" stroke-miterlimit=\"2.5\""),
            ("stroke='#123' stroke-dasharray='3, 1 2'", "stroke=\"#123\" stroke-dasharray=\"3 1 2 3 1 2\""),
            (
                "stroke='#123' stroke-dasharray='1em 50%' stroke-dashoffset='-2px'",
                "stroke=\"#123\" stroke-dasharray=\"16 50\" stroke-dashoffset=\"-2\""
            ),
            ("stroke='#123' stroke-dasharray='0 0'", "stroke=\"#123\""),
            ("stroke='#123' stroke-dasharray='none'", "stroke=\"#123\""),
            (
                "stroke='#123' stroke-dasharray='10 5' stroke-dashoffset='20' pathLength='90'",
                "stroke=\"#123\" stroke-dasharray=\"1 .5\" stroke-dashoffset=\"2\""
            ),
            ("stroke='#123' stroke-dasharray='10 5' pathLength='0'", "stroke=\"#123\""),
            ("stroke='#123' pathLength='9'", "stroke=\"#123\""),
        ])
    func strokes(attributes: String, expected: String) throws {
        #expect(try rewritten("<path d='M0 0h9' fill='none' \(attributes)/>") == "<path d=\"M0 0h9\" fill=\"none\" \(expected)/>")
    }

    @Test(
        "What paints nothing is not in the tree",
        arguments: [
            "<path d='M0 0h9' fill='none'/>", "<path d='M0 0h9' opacity='0'/>", "<path d='M0 0h9' fill-opacity='0'/>",
            "<path d='M0 0h9' display='none'/>", "<g display='none'><path d='M0 0h9'/></g>", "<path d='M0 0h9' visibility='hidden'/>",
            "<path d='M0 0h9' fill='transparent'/>", "<path d='M0 0h9' fill='none' stroke='red' stroke-width='0'/>", "<g/>",
            "<defs><path d='M0 0h9'/></defs>", "<symbol><path d='M0 0h9'/></symbol>", "<path d='M0 0h9' transform='scale(0)'/>",
        ])
    func nothing(content: String) throws {
        #expect(try tree(content).root.children.isEmpty)
        #expect(try diagnostics(content) == [])
    }

    @Test("A visible child of a hidden group is drawn")
    func visibleInHidden() throws {
        #expect(try rewritten("<g visibility='hidden'><path d='M0 0h9' visibility='visible'/></g>") == "<g>\n<path d=\"M0 0h9\"/>\n</g>")
    }

    @Test("A stroke that does not scale keeps its width on the canvas and its outline where it was")
    func nonScalingStroke() throws {
        let content = "<g transform='scale(4)'><path d='M1 1h9' fill='none' stroke='red' vector-effect='non-scaling-stroke'/></g>"
        #expect(
            try rewritten(content) == """
                <g transform="scale(4)">
                <path d="M4 4h36" transform="scale(.25)" fill="none" stroke="#f00"/>
                </g>
                """)
    }
}
