import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Fitting curves to rows of points")
struct CurveFitterTests {
    let ink = RGBA8(20, 20, 20)

    /// A closed wavy row of points about a pixel apart.
    private func blob(_ seed: UInt64, radius: Double) -> [Point] {
        var random = Seeded(state: seed)
        func value() -> Double { Double(random.next() % 2001) / 1000 - 1 }
        let waves = (2...5).map { (n: $0, a: value() * radius / Double(5 * $0), b: value() * radius / Double(5 * $0)) }
        let count = Int(6.3 * radius)
        return (0..<count).map { i in
            let angle = Angle(degrees: 360 * Double(i) / Double(count)).sineAndCosine
            let r = waves.reduce(radius) { sum, wave in
                let turned = Angle(degrees: 360 * Double(i * wave.n) / Double(count)).sineAndCosine
                return sum + wave.a * turned.cosine + wave.b * turned.sine
            }
            return Point(100 + r * angle.cosine, 100 + r * angle.sine)
        }
    }

    private func path(_ curve: FittedCurve) -> BezierPath {
        var path = BezierPath()
        path.move(to: curve.start)
        for segment in curve.segments {
            switch segment {
            case .line(let p): path.line(to: p)
            case .cubic(let c1, let c2, let p): path.cubic(c1, c2, to: p)
            }
        }
        return path
    }

    @Test("No point is farther from its curve than the tolerance", arguments: 1...12 as ClosedRange<UInt64>)
    func withinTolerance(seed: UInt64) {
        let points = blob(seed, radius: 20 + 6 * Double(seed))
        for tolerance in [0.15, 0.3, 1.0] {
            var fitter = CurveFitter(tolerance: tolerance, cornerAngle: 0.7, certainty: 0.7)
            fitter.price = 1
            let curve = fitter.fitClosed(points)
            #expect(curve.segments.last?.end == curve.start)
            let outline = [curve.start] + samples(path(curve))
            var worst = (0.0, Point.zero)
            for p in points {
                var nearest = Double.infinity
                for i in outline.indices.dropFirst() {
                    let a = outline[i - 1], d = outline[i] - a
                    let t = max(0, min(1, (p - a).dot(d) / max(1e-12, d.dot(d))))
                    nearest = min(nearest, p.distance(to: a + d * t))
                }
                if nearest > worst.0 { worst = (nearest, p) }
            }
            // Long parts are measured at samples only, and joints with lines move once more.
            #expect(worst.0 < 1.5 * tolerance + 0.05, "seed \(seed), tolerance \(tolerance), at \(worst.1), \(curve)")
        }
    }

    @Test("A dearer byte makes the drawing shorter, to within what the search leaves out", arguments: [1, 2, 3] as [UInt64])
    func monotone(seed: UInt64) {
        let image = picture(
            128, 128,
            [
                (
                    ink,
                    { p in
                        let d = p - Point(64, 64)
                        let wave = Double(seed) * 3 * (d.dx * d.dx - d.dy * d.dy) / max(1, d.dot(d)) + 5 * d.dx * d.dy / max(1, d.dot(d))
                        return d.length < 44 + wave
                    }
                ), (RGBA8(200, 60, 40), disc(50, 70, 12)),
            ])
        let counts = [6.0, 60, 600, 6000, 60_000].map { lambda in
            writeSVG(traced(image, TraceOptions(fit: FitOptions(tolerance: 0.5, lambda: lambda)))).count
        }
        for (dear, cheap) in zip(counts.dropFirst(), counts) { #expect(Double(dear) <= 1.01 * Double(cheap), "\(counts)") }
        #expect(Double(counts.last!) < 0.8 * Double(counts.first!))
    }

    @Test("The corners of polygons stay where they are", arguments: 1...8 as ClosedRange<UInt64>)
    func polygons(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let count = 3 + Int(seed % 4)
        let turn = Double(random.next() % 360)
        let corners = (0..<count).map { k in
            let angle = Angle(degrees: turn + 360 * Double(k) / Double(count)).sineAndCosine
            let r = 36 + Double(random.next() % 80) / 10
            return Point(48 + r * angle.cosine, 48 + r * angle.sine)
        }
        let image = picture(
            96, 96,
            [
                (
                    ink,
                    { p in
                        corners.indices.allSatisfy { k in
                            let a = corners[k], b = corners[(k + 1) % count]
                            return (b - a).cross(p - a) >= 0
                        }
                    }
                )
            ])
        let outline = samples(try #require(traced(image).layers.last).shape.outline)
        for corner in corners {
            let nearest = outline.map { $0.distance(to: corner) }.min() ?? .infinity
            #expect(nearest < 0.3, "seed \(seed): \(corner) is \(nearest) px away")
        }
    }

    @Test("The tip of a thin wedge is found, beyond the last pixel that is half covered")
    func tip() throws {
        let tip = Point(84.3, 30.6)
        let image = picture(96, 60, [(ink, { p in p.x > 10 && p.x < tip.x && abs(p.y - tip.y) < (tip.x - p.x) * 0.08 })])
        let outline = samples(try #require(traced(image).layers.last).shape.outline)
        let nearest = outline.map { $0.distance(to: tip) }.min() ?? .infinity
        #expect(nearest < 1.5, "\(nearest) px away")
    }

    @Test("Every subpath is closed, and inside the picture")
    func closed() {
        let drawing = traced(
            picture(
                80, 60, [(ink, disc(20, 30, 33)), (RGBA8(220, 40, 30), box(35.3, 8.2, 60, 17.7)), (RGBA8(40, 160, 60), disc(60, 50, 9))]))
        for layer in drawing.layers {
            guard case .path(let path) = layer.shape else { continue }
            for (i, element) in path.elements.enumerated() {
                if case .move = element, i > 0 { #expect(path.elements[i - 1] == .close) }
            }
            #expect(path.elements.last == .close)
        }
    }

    @Test("Rearranged subpaths enclose what they enclosed, with a line left to z")
    func rearranged() {
        var path = BezierPath()
        for (x, y) in [(10.0, 10.0), (70, 60), (12, 30)] {
            path.move(to: Point(x, y))
            path.line(to: Point(x + 9.5, y + 1.5))
            path.cubic(Point(x + 12, y + 4), Point(x + 12, y + 8), to: Point(x + 5, y + 9))
            path.cubic(Point(x - 1, y + 9), Point(x - 1, y + 4), to: Point(x, y))
            path.close()
        }
        let shorter = arranged(path)
        #expect(abs(area(shorter) - area(path)) < 1e-6)
        #expect(shorter.elements.count == path.elements.count - 3)
    }
}
