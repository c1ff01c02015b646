import AtelierGeometry
@testable import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Groups")
struct GroupTests {
    @Test("A group's inner coordinates are the slide's, in the box of its children")
    func box() {
        let text = shapes(
            grouped([rectangle(0, 0, 10, 10), rectangle(20, 20, 10, 10)], origin("g", id: "pair"), transform: .translation(5, 5)))
        #expect(
            text.hasPrefix(
                """
                <p:grpSp><p:nvGrpSpPr><p:cNvPr id="2" name="pair"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>\
                <a:off x="47625" y="47625"/><a:ext cx="285750" cy="285750"/><a:chOff x="47625" y="47625"/>\
                <a:chExt cx="285750" cy="285750"/></a:xfrm></p:grpSpPr><p:sp>
                """))
        #expect(text.hasSuffix("</p:sp></p:grpSp>"))
    }

    @Test("Empty groups, and nameless ones around a single thing, leave no trace")
    func dissolved() {
        #expect(shapes(grouped([grouped([]), grouped([rectangle(0, 0, 9, 9, fill: nil)])])) == "")
        let alone = shapes(grouped([grouped([rectangle(0, 0, 9, 9)])]))
        #expect(!alone.contains("grpSp") && alone.contains("<p:sp>"))
        #expect(shapes(grouped([rectangle(0, 0, 9, 9)], origin("g", id: "named"))).contains("<p:grpSp>"))
        #expect(!shapes(grouped([grouped([]), rectangle(0, 0, 9, 9)])).contains("grpSp"))
    }

    @Test("Nested groups nest, and transforms add up")
    func nested() {
        let inner = grouped([rectangle(1, 1, 2, 2), rectangle(5, 5, 2, 2)], transform: .scaling(2, 2))
        let text = shapes(grouped([inner, rectangle(0, 0, 1, 1)], transform: .translation(10, 0)))
        #expect(text.split(separator: "<p:grpSp>").count == 2)  // two tags at the very start make no piece between them
        #expect(text.contains("<a:off x=\"114300\" y=\"19050\"/><a:ext cx=\"38100\" cy=\"38100\"/>"))
    }

    @Test("Titles name shapes, ids where there is none, kinds where there is neither; descriptions become alt text")
    func names() {
        #expect(shapes(rectangle(0, 0, 9, 9, origin("rect", id: "i", title: "T", summary: "D"))).contains("name=\"T\" descr=\"D\"/>"))
        #expect(shapes(rectangle(0, 0, 9, 9, origin("rect", id: "i"))).contains("name=\"i\"/>"))
        #expect(shapes(rectangle(0, 0, 9, 9, origin("rect", id: "i", title: ""))).contains("name=\"i\"/>"))
        #expect(shapes(rectangle(0, 0, 9, 9)).contains("name=\"Rectangle 2\"/>"))
        #expect(shapes(ellipse(0, 0, 9, 9)).contains("name=\"Ellipse 2\"/>"))
        #expect(shapes(line(0, 0, 9, 9, stroke: stroke())).contains("name=\"Line 2\"/>"))
        #expect(shapes(path(polygon([(0, 0), (9, 1), (1, 9)]))).contains("name=\"Freeform 2\"/>"))
    }

    @Test("Markup in names is escaped, control characters and noncharacters are left out")
    func hostileNames() {
        let name = "a\u{0}\u{1B}<b>&\"c\"\u{FFFE}\u{FFFF}\n\td é 🎨"
        #expect(shapes(rectangle(0, 0, 9, 9, origin("rect", title: name))).contains("name=\"a&lt;b&gt;&amp;&quot;c&quot;  d é 🎨\""))
    }

    @Test("Shapes of a linked group lead to its address, the same address by one relationship")
    func links() throws {
        func linked(_ address: String, _ node: SVG.Node) -> SVG.Node {
            .group(SVG.Group(origin: origin("a"), link: address, children: [node]))
        }
        let slide = mapSlide(
            picture([
                linked("http://a.org/?b&c", grouped([rectangle(0, 0, 9, 9), line(0, 0, 9, 9, stroke: stroke())])), rectangle(9, 0, 9, 9),
                linked("b c.html", linked("http://a.org/?b&c", ellipse(5, 5, 1, 1))), linked("b c.html", ellipse(9, 9, 1, 1)),
                linked("#here", ellipse(9, 9, 1, 1)),
            ]))
        let text = slide.text
        #expect(slide.links == ["http://a.org/?b&c", "b%20c.html"])
        #expect(text.split(separator: "<a:hlinkClick r:id=\"link1\"/></p:cNvPr>").count == 4)
        #expect(text.split(separator: "<a:hlinkClick r:id=\"link2\"/></p:cNvPr>").count == 2)
        #expect(slide.diagnostics.map(\.message) == ["the link to `#here` is left out: slides take addresses of files, pages and mail"])
        let package = String(decoding: try packPresentation([slide]), as: UTF8.self)
        #expect(package.contains("ppt/slides/_rels/slide1.xml.rels"))
    }

    @Test(
        "Addresses are escaped, and those that slides cannot take refused",
        arguments: [
            ("https://a.b/c?d=e#f", "https://a.b/c?d=e#f"), (" a b ", "a%20b"), ("é", "%C3%A9"), ("%41%4", "%41%254"),
            ("mailto:a@b.c", "mailto:a@b.c"),
            ("javascript:alert(1)", nil), ("#a", nil), ("", nil), ("data:text/plain,a", nil), ("a/b:c", "a/b:c"), ("\u{1}x\n", "x%0A"),
        ])
    func addresses(written: String, address: String?) {
        #expect(linkAddress(written) == address)
    }

    @Test("Every id on a slide is used once")
    func ids() {
        let text = mapSlide(
            picture([
                grouped([rectangle(0, 0, 9, 9), grouped([line(0, 0, 9, 9, stroke: stroke()), ellipse(5, 5, 1, 1)])]),
                path(polygon([(0, 0), (9, 1), (1, 9)])),
            ])
        ).text
        let ids = text.split(separator: "<p:cNvPr id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(ids.count == 7 && Set(ids).count == 7)
    }
}
