import AtelierGeometry
import AtelierTesting
import Testing

/// The point of a cubic at `t`.
func point(_ p0: Point, _ p1: Point, _ p2: Point, _ p3: Point, _ t: Double) -> Point {
    let a = p0.interpolated(to: p1, t), b = p1.interpolated(to: p2, t), c = p2.interpolated(to: p3, t)
    return a.interpolated(to: b, t).interpolated(to: b.interpolated(to: c, t), t)
}

/// Largest distance of the path's cubics from the ellipse, in the frame where its larger radius is 1.
func error(of path: BezierPath, fromEllipseAt center: Point, rx: Double, ry: Double, rotation: Double) -> Double {
    let angle = Angle(degrees: -rotation)
    var worst = 0.0
    var current = Point.zero
    for element in path.elements {
        switch element {
        case .move(let p), .line(let p): current = p
        case .cubic(let a, let b, let p):
            for i in 0...32 {
                let q = point(current, a, b, p, Double(i) / 32)
                let r = AffineTransform.rotation(angle)(q - center)
                let onCircle = Vector(r.dx / rx, r.dy / ry)
                worst = max(worst, abs(onCircle.length - 1))
            }
            current = p
        case .close: break
        }
    }
    return worst
}

@Suite("Shapes as paths")
struct ShapesTests {
    @Test("An arc stays within 1e-4 of its radius for every angle, size and direction")
    func arcError() {
        var random = SplitMix(seed: 11)
        func value(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &random) }
        for _ in 0..<400 {
            let rx = value(0.5...80), ry = value(0.5...80), rotation = value(-180...180)
            let center = Point(value(-50...50), value(-50...50))
            let from = value(0...360), turn = value(-359...359)
            let map = AffineTransform.scaling(rx, ry).followed(by: .rotation(Angle(degrees: rotation)))
            func on(_ degrees: Double) -> Point {
                let (s, c) = Angle(degrees: degrees).sineAndCosine
                return center + map(Vector(c, s))
            }
            var path = BezierPath()
            path.move(to: on(from))
            path.arc(
                to: on(from + turn), rx: rx, ry: ry, rotation: Angle(degrees: rotation), isLarge: abs(turn) > 180, sweeps: turn > 0)
            // Near half a turn the centre is ill conditioned: rounding of the end points moves it.
            if abs(abs(turn) - 180) < 0.1 || abs(turn) < 1 { continue }
            #expect(error(of: path, fromEllipseAt: center, rx: rx, ry: ry, rotation: rotation) < 1e-4, "\(rx) \(ry) \(from) \(turn)")
        }
    }

    @Test("An arc ends exactly where it was told to")
    func arcEnd() {
        var path = BezierPath()
        path.move(to: Point(0.1, 0.2))
        path.arc(to: Point(7.3, 9.7), rx: 30, ry: 11, rotation: Angle(degrees: 33), isLarge: true, sweeps: false)
        #expect(path.currentPoint == Point(7.3, 9.7))
    }

    @Test("A quarter arc takes two cubics, half a turn three, a nearly whole one five")
    func arcPieces() {
        func pieces(_ data: String) -> Int { read(data).path.elements.count - 1 }
        #expect(pieces("M4 0A4 4 0 010 4") == 2)
        #expect(pieces("M4 0A4 4 0 01-4 0") == 3)
        #expect(pieces("M4 0A4 4 0 113.9-.1") == 5)
    }

    @Test("A circle of two half arcs closes on the points given, however often it is repeated")
    func repeatedArcs() {
        let path = read("M0 0" + String(repeating: "a5 5 0 0110 0a5 5 0 01-10 0", count: 500)).path
        #expect(path.currentPoint == Point(0, 0))
        #expect(error(of: path, fromEllipseAt: Point(5, 0), rx: 5, ry: 5, rotation: 0) < 1e-4)
    }

    @Test(
        "Impossible arcs become what SVG says",
        arguments: [
            ("M0 0A0 5 0 0 1 8 0", "M0,0 L8,0"),
            ("M1 1A5 5 0 0 1 1 1", ""),
            ("M0 0A-4 -4 0 0 1 8 0", described(read("M0 0A4 4 0 0 1 8 0").path)),
            ("M0 0A1 1 0 0 1 8 0", described(read("M0 0A4 4 0 0 1 8 0").path)),
        ])
    func impossibleArcs(data: String, expected: String) {
        #expect(described(read(data).path) == expected)
    }

    @Test("An ellipse of four cubics stays within 2e-4 of its radius")
    func ellipse() {
        let path = BezierPath(ellipseAt: Point(3, 4), rx: 20, ry: 10)
        #expect(path.elements.count == 6)
        #expect(error(of: path, fromEllipseAt: Point(3, 4), rx: 20, ry: 10, rotation: 0) < 2e-4)
    }

    @Test("A rectangle is four straight sides")
    func rect() {
        #expect(described(BezierPath(Rect(x: 1, y: 2, width: 3, height: 4))) == "M1,2 L4,2 L4,6 L1,6 Z")
    }

    @Test("Corners rounded to half the sides leave no straight piece between them")
    func pill() {
        let path = BezierPath(Rect(x: 0, y: 0, width: 10, height: 4), rx: 2, ry: 9)
        let lines = path.elements.filter { if case .line = $0 { true } else { false } }
        #expect(lines.count == 2)
        #expect(path.bounds == Rect(x: 0, y: 0, width: 10, height: 4))
    }
}

@Suite("Bounds")
struct BoundsTests {
    @Test(
        "Bounds are those of the curve, not of its control points",
        arguments: [
            ("M0 0C0 4 4 4 4 0", Rect(x: 0, y: 0, width: 4, height: 3)),
            ("M0 0Q5-8 10 0", Rect(x: 0, y: -4, width: 10, height: 4)),
            ("M2 3L8 1", Rect(x: 2, y: 1, width: 6, height: 2)),
            ("M0 0h4v4zM9 9l1 1", Rect(x: 0, y: 0, width: 10, height: 10)),
        ])
    func exact(data: String, expected: Rect) throws {
        let bounds = try #require(read(data).path.bounds)
        #expect(abs(bounds.minX - expected.minX) < 1e-12 && abs(bounds.maxX - expected.maxX) < 1e-12)
        #expect(abs(bounds.minY - expected.minY) < 1e-12 && abs(bounds.maxY - expected.maxY) < 1e-12)
    }

    @Test("Bounds hold every point of random cubics and touch them on all four sides")
    func random() throws {
        var random = SplitMix(seed: 5)
        func value() -> Double { .random(in: -10...10, using: &random) }
        for _ in 0..<200 {
            let p = (0..<4).map { _ in Point(value(), value()) }
            var path = BezierPath()
            path.move(to: p[0])
            path.cubic(p[1], p[2], to: p[3])
            let bounds = try #require(path.bounds)
            let points = (0...2000).map { point(p[0], p[1], p[2], p[3], Double($0) / 2000) }
            let xs = points.map(\.x), ys = points.map(\.y)
            #expect(abs(bounds.minX - xs.min()!) < 1e-4 && abs(bounds.maxX - xs.max()!) < 1e-4)
            #expect(abs(bounds.minY - ys.min()!) < 1e-4 && abs(bounds.maxY - ys.max()!) < 1e-4)
            #expect(bounds.minX <= xs.min()! + 1e-12 && bounds.maxY >= ys.max()! - 1e-12)
        }
    }

    @Test("An empty path has no bounds")
    func empty() { #expect(BezierPath().bounds == nil) }
}
