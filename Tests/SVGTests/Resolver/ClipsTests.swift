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
            ("<rect x='10' width='9' height='9'/>", "<svg x='10' width='9' height='9' CLIP><rect width='9' height='9'/></svg>", true),
            ("<rect width='100%' height='100%'/>", "<rect width='100' height='50' CLIP/>", true),
            ("<rect width='9' height='9' rx='2'/>", "<rect width='5' height='5' CLIP/>", false),
            ("<circle r='99'/>", "<rect width='5' height='5' CLIP/>", false),
        ])
    func roomyClip(shape: String, content: String, isRoomy: Bool) throws {
        let text = "<clipPath id='c'>\(shape)</clipPath>" + content.replacing("CLIP", with: "clip-path='url(#c)'")
        #expect(try tree(text).diagnostics == [])
        #expect(try written(text).contains("clip-path") == !isRoomy)
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
}
