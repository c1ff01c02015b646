import AtelierFonts
import AtelierGeometry
import AtelierSVG
import Testing

@Suite("Clip paths")
struct ClipsTests {
    /// The region left by a clip path of these shapes; nil when nothing is clipped.
    private func clip(_ shapes: String, attributes: String = "", on content: String = "<rect width='90' height='90' CLIP/>") throws
        -> BezierPath?
    {
        let text = "<clipPath id='c' \(attributes)>\(shapes)</clipPath>" + content.replacing("CLIP", with: "clip-path='url(#c)'")
        let tree = try tree(text)
        guard case .group(let group)? = tree.root.children.first else { return tree.root.children.isEmpty ? BezierPath() : nil }
        return group.clip
    }

    @Test(
        "A rectangle round everything it clips is left out, and only then",
        arguments: [
            ("<rect width='9' height='9'/>", "<g CLIP><rect x='1' y='1' width='8' height='8'/></g>", true),
            ("<rect width='9' height='9'/>", "<g CLIP><rect x='1' y='1' width='9' height='8'/></g>", false),
            ("<rect width='9' height='9'/>", "<g CLIP><rect x='1' y='1' width='8' height='8' stroke='red'/></g>", false),
            ("<rect width='9' height='9'/>", "<g transform='scale(5)' CLIP><rect width='9' height='9'/></g>", true),
            ("<rect width='9' height='9'/>", "<g CLIP><rect width='9' height='9' transform='scale(5)'/></g>", false),
            ("<rect width='9' height='9'/>", "<rect width='5' height='5' transform='scale(5)' CLIP/>", true),
            ("<rect width='9' height='9'/>", "<use href='#r' x='20'  CLIP/><defs><rect id='r' width='9' height='9'/></defs>", true),
            ("<rect width='9' height='9'/>", "<svg x='10' width='9' height='9' CLIP><rect width='9' height='9'/></svg>", true),
            ("<rect width='100%' height='100%'/>", "<rect width='100' height='50' CLIP/>", true),
            ("<rect width='9' height='9' rx='2'/>", "<rect width='5' height='5' CLIP/>", false),
            ("<circle r='99'/>", "<rect width='5' height='5' CLIP/>", false),
        ])
    func roomyClip(shape: String, content: String, isRoomy: Bool) throws {
        let text = "<clipPath id='c'>\(shape)</clipPath>" + content.replacing("CLIP", with: "clip-path='url(#c)'")
        #expect(try tree(text).diagnostics == [])
        #expect(try written(text).contains("clip-path") == !isRoomy)
    }

    @Test(
        "Basic shapes and reference boxes clip",
        arguments: [
            ("circle()", (25.0, 15.0, 20.0, 20.0)), ("circle(5px at 10px 20%)", (25, 14, 10, 10)),
            ("circle(farthest-side)", (20, 10, 30, 30)),
            ("circle(50% at left top)", (7.252, 2.252, 25.495, 25.495)),
            ("ellipse(10% closest-side at right 10px bottom 5px)", (37, 25, 6, 10)),
            ("ellipse() fill-box", (20, 15, 30, 20)), ("inset(5px)", (25, 20, 20, 10)),
            ("inset(10% 20% 5px round 3px / 2px)", (26, 17, 18, 13)),
            ("rect(auto 30px 10px 5px)", (25, 15, 25, 10)), ("xywh(1px 2px 50% 5px round 1px)", (21, 17, 15, 5)),
            ("polygon(0 0, 100% 0, 0 100%)", (20, 15, 30, 20)), ("polygon(evenodd, 0 0, 9px 0, 9px 9px)", (20, 15, 9, 9)),
            ("path(\"M1 1h8v8z\")", (21, 16, 8, 8)), ("view-box", (0, 0, 100, 100)), ("fill-box circle(2px)", (33, 23, 4, 4)),
        ])
    func basicShapes(shape: String, box: (Double, Double, Double, Double)) throws {
        let clipped = "<path d='M20 15h30v20h-30z' style='clip-path:\(shape)'/>"
        let tree = try tree(clipped)
        #expect(tree.diagnostics == [])
        guard case .group(let group)? = tree.root.children.first, let found = group.clip?.bounds else {
            // A clip that holds all there is is left out.
            #expect(box.0 <= 20 && box.1 <= 15 && box.2 >= 30 && box.3 >= 20)
            return
        }
        let expected = Rect(x: box.0, y: box.1, width: box.2, height: box.3)
        #expect(abs(found.minX - expected.minX) < 0.01 && abs(found.maxX - expected.maxX) < 0.01, "\(found)")
        #expect(abs(found.minY - expected.minY) < 0.01 && abs(found.maxY - expected.maxY) < 0.01, "\(found)")
    }

    @Test("Shapes of a clip path are united, each by its own clip rule, whatever they are painted with")
    func union() throws {
        let two = try clip("<rect width='20' height='20' fill='none'/><rect x='10' width='20' height='20' opacity='0.1' stroke='red'/>")
        #expect(two?.bounds == Rect(x: 0, y: 0, width: 30, height: 20) && two?.elements.count == 5)
        let ring = "<path d='M0 0h40v40h-40zM10 10h20v20h-20z' CLIPRULE/>"
        #expect(try clip(ring.replacing("CLIPRULE", with: "clip-rule='evenodd'"))?.elements.count == 10)
        #expect(try clip(ring.replacing("CLIPRULE", with: "fill-rule='evenodd'"))?.elements.count == 5)
        #expect(try clip(ring.replacing("CLIPRULE", with: ""), attributes: "clip-rule='evenodd'")?.elements.count == 10)
    }

    @Test("A clip path of nothing hides what it clips; hidden shapes and groups in it are nothing")
    func nothing() throws {
        for shapes in [
            "", "<rect width='9' height='9' display='none'/>", "<g><rect width='9' height='9'/></g>",
            "<rect width='9' height='9' visibility='hidden'/>",
        ] {
            #expect(try clip(shapes)?.isEmpty == true, "\(shapes)")
        }
        #expect(try clip("<rect id='r' width='9' height='9' visibility='hidden'/><use href='#r' visibility='visible'/>")?.isEmpty == true)
    }

    @Test("Box units, transforms and clip paths of the clip path and of its shapes")
    func coordinates() throws {
        let half = "clipPathUnits='objectBoundingBox'"
        #expect(try clip("<rect width='.5' height='.5'/>", attributes: half)?.bounds == Rect(x: 0, y: 0, width: 45, height: 45))
        let moved = try clip("<rect width='9' height='9' transform='translate(1 2)'/>", attributes: "transform='scale(2)'")
        #expect(moved?.bounds == Rect(x: 2, y: 4, width: 18, height: 18))
        let inner = "<clipPath id='d'><rect width='5' height='50'/></clipPath>"
        #expect(try clip("<rect width='50' height='5' clip-path='url(#d)'/>\(inner)")?.bounds == Rect(x: 0, y: 0, width: 5, height: 5))
        #expect(
            try clip("<rect width='50' height='5'/>", attributes: "clip-path='url(#d)'", on: "<rect width='90' height='90' CLIP/>\(inner)")?
                .bounds == Rect(x: 0, y: 0, width: 5, height: 5))
        let used = try clip("<use href='#r' x='3'/>", on: "<rect width='90' height='90' CLIP/><defs><circle id='r' r='2'/></defs>")
        #expect(used.flatMap { $0.bounds }.map { abs($0.minX - 1) < 1e-6 && abs($0.maxX - 5) < 1e-6 } == true)
    }

    @Test("What is written clips the same when it is read again")
    func roundTrip() throws {
        let text =
            "<clipPath id='c'><circle cx='20' cy='20' r='10'/></clipPath><g id='clip1' clip-path='url(#c)'><rect width='90' height='90'/></g>"
        let first = SVG.write(try tree(text)), second = SVG.write(try SVG.read(first.span))
        #expect(String(decoding: first, as: UTF8.self).contains("clip2"), "an id of the tree is not used twice")
        guard case .group(let a)? = try SVG.read(first.span).root.children.first,
            case .group(let b)? = try SVG.read(second.span).root.children.first
        else {
            Issue.record("no group")
            return
        }
        let (p, q) = (try #require(a.clip?.bounds), try #require(b.clip?.bounds))
        #expect(abs(p.minX - q.minX) < 0.01 && abs(p.maxY - q.maxY) < 0.01)
    }

    @Test("Fonts of text that clips and masks are known, wherever it stands")
    func fonts() throws {
        let text = """
            <svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'>
            <clipPath id='a'><text y='20' font-family='serif'>a</text></clipPath>
            <clipPath id='b' clip-path='url(#a)'><text y='20' font-family='sans-serif'>b</text></clipPath>
            <mask id='m'><text y='20' font-family='monospace' font-weight='bold' fill='white'>m</text></mask>
            <rect width='90' height='90' clip-path='url(#b)' mask='url(#m)'/></svg>
            """
        let document = try SVG.Document(parsing: Array(text.utf8).span, limits: .init())
        let typesetter = Typesetter.system()
        _ = try document.resolved(typesetter: typesetter)
        let asked = try document.fontBook().entries.map(\.request.families)
        #expect(try document.fontBook() == typesetter.book)
        #expect(asked.count == 3, "\(asked)")
    }
}
