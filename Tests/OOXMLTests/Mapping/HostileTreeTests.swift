import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import AtelierTesting
import Testing

@Suite("Hostile trees")
struct HostileTreeTests {
    @Test("Made-up trees of impossible numbers map without a trap, and every number written is one slides allow", arguments: 0..<40)
    func madeUp(block: UInt64) {
        for seed in block * 25..<block * 25 + 25 {
            var maker = TreeMaker(random: SplitMix(seed: seed), oddity: seed % 2 == 0 ? 20 : 200)
            let text = mapSlide(maker.tree()).text
            for name in [" cx=\"", " cy=\"", " w=\"", " h=\"", " val=\"", " lim=\"", " d=\"", " sp=\""] {
                for piece in text.split(separator: name).dropFirst() {
                    // Colours share the attribute `val` with alpha; they have digits only by chance.
                    let value = piece.prefix { $0 != "\"" }
                    guard name != " val=\"" || value.count != 6 else { continue }
                    #expect(Int(value).map { (0...2_147_483_647).contains($0) } == true, "seed \(seed):\(name)\(value)")
                }
            }
            for name in [" x=\"", " y=\""] {
                for piece in text.split(separator: name).dropFirst() {
                    let value = piece.prefix { $0 != "\"" }
                    #expect(Int(value).map { (-2_147_483_648...2_147_483_647).contains($0) } == true, "seed \(seed):\(name)\(value)")
                }
            }
        }
    }
}

/// Makes trees that no reader would: NaN, infinities, giants and dwarfs wherever a number goes, and names of anything.
struct TreeMaker {
    var random: SplitMix
    /// One number in this many is odd.
    var oddity: UInt64

    mutating func tree() -> SVG.Tree {
        SVG.Tree(
            size: random.next() % 4 == 0 ? Size(number(), number()) : Size(200, 100),
            root: SVG.Group(
                origin: origin(), transform: transform(), opacity: fraction(), children: (0..<6).map { _ in node(depth: 3) }),
            title: origin().title)
    }

    private mutating func number() -> Double {
        guard random.next() % oddity == 0 else { return random.whole(-200...2000) / 10 }
        let odd = [
            0, -0.0, .nan, .infinity, -.infinity, 1e308, -1e300, .leastNonzeroMagnitude, 1e18, 9.3e18, -1e9, 1e5,
            Double(bitPattern: random.next()),
        ]
        return odd[Int(random.next() % UInt64(odd.count))]
    }

    private mutating func fraction() -> Double {
        random.next() % oddity == 0 ? number() : [0, 0.5, 1, 1][Int(random.next() % 4)]
    }

    private mutating func transform() -> AffineTransform {
        switch random.next() % 4 {
        case 0: AffineTransform(a: number(), b: number(), c: number(), d: number(), e: number(), f: number())
        case 1: .scaling(number(), number())
        case 2: .rotation(Angle(degrees: random.whole(0...360)))
        default: .identity
        }
    }

    private mutating func origin() -> SVG.Origin {
        let names: [String?] = [nil, "", "a", "\u{0}\u{8}<&\"'>]]>", "\u{FFFE}x\u{FFFF}", "é🎨"]
        let picked = (0..<3).map { _ in names[Int(random.next() % UInt64(names.count))] }
        return SVG.Origin(element: "path", id: picked[0], title: picked[1], summary: picked[2], line: 3)
    }

    private mutating func node(depth: Int) -> SVG.Node {
        if depth > 0, random.next() % 4 == 0 {
            let children = (0..<random.next() % 5).map { _ in node(depth: depth - 1) }
            return .group(SVG.Group(origin: origin(), transform: transform(), opacity: fraction(), children: children))
        }
        var (geometry, shape) = (outline(), SVG.BasicShape?.none)
        switch random.next() % 6 {
        case 0:
            let rect = Rect(x: number(), y: number(), width: number(), height: number())
            (geometry, shape) = (BezierPath(rect), .rect(rect, rx: number(), ry: number()))
        case 1:
            let (center, rx, ry) = (Point(number(), number()), number(), number())
            (geometry, shape) = (BezierPath(ellipseAt: center, rx: rx, ry: ry), .ellipse(center: center, rx: rx, ry: ry))
        default: break
        }
        let fill = random.next() % 4 == 0 ? nil : SVG.Fill(paint: .color(black), opacity: fraction())
        return .path(
            SVG.Path(
                origin: origin(), geometry: geometry, shape: shape, transform: transform(), opacity: fraction(), fill: fill,
                stroke: random.next() % 2 == 0 ? nil : stroke()))
    }

    private mutating func stroke() -> SVG.Stroke {
        SVG.Stroke(
            paint: .color(black), opacity: fraction(), width: number(), cap: [.butt, .round, .square][Int(random.next() % 3)],
            join: [.miter, .round, .bevel][Int(random.next() % 3)], miterLimit: number(),
            dashes: random.next() % 2 == 0 ? [] : (0..<random.next() % 5).map { _ in number() }, dashOffset: number())
    }

    private mutating func outline() -> BezierPath {
        var path = BezierPath()
        path.move(to: Point(number(), number()))
        for _ in 0..<random.next() % 12 {
            switch random.next() % 6 {
            case 0: path.move(to: Point(number(), number()))
            case 1: path.close()
            case 2: path.cubic(Point(number(), number()), Point(number(), number()), to: Point(number(), number()))
            default: path.line(to: Point(number(), number()))
            }
        }
        return path
    }
}
