import AtelierTesting
import Testing

@testable import AtelierGeometry

@Suite("Strokes")
struct StrokeTests {
    @Test("A straight line becomes a rectangle, longer by its square caps")
    func line() {
        let path = polyline([Point(0, 0), Point(10, 0)])
        #expect(isNear(area(path.stroked(StrokeStyle(width: 2)).resolved(.nonzero)), 20))
        #expect(isNear(area(path.stroked(StrokeStyle(width: 2, cap: .square)).resolved(.nonzero)), 24))
        #expect(abs(area(path.stroked(StrokeStyle(width: 2, cap: .round), tolerance: 1e-4).resolved(.nonzero)) - 20 - .pi) < 1e-3)
        #expect(path.stroked(StrokeStyle(width: 2)).bounds == Rect(Point(0, -1), Point(10, 1)))
    }

    @Test("Corners: a mitre up to its limit, then a bevel or a cut; rounds and bevels always")
    func joins() {
        // A right angle: the mitre is √2 times as long as the line is wide.
        let corner = polyline([Point(0, 0), Point(10, 0), Point(10, 10)])
        func ink(_ join: StrokeStyle.Join, _ limit: Double) -> Double {
            area(corner.stroked(StrokeStyle(width: 2, join: join, miterLimit: limit), tolerance: 1e-4).resolved(.nonzero))
        }
        let arms = 10.0 * 2 * 2 - 1  // they share a square of 1
        #expect(isNear(ink(.bevel, 4), arms + 0.5))
        #expect(isNear(ink(.miter, 1.5), arms + 1))
        #expect(isNear(ink(.miter, 1.4), arms + 0.5))
        #expect(isNear(ink(.miterClip, 1.5), arms + 1))
        #expect(abs(ink(.round, 4) - arms - .pi / 4) < 1e-3)
        // Cut at 1.2 half widths from the corner: a triangle of √2 − 1.2 is missing from the tip.
        let missing = 2.0.squareRoot() - 1.2
        #expect(isNear(ink(.miterClip, 1.2), arms + 1 - missing * missing))
    }

    @Test("A closed subpath has a join where it closes and no caps")
    func closed() {
        var square = polyline([Point(0, 0), Point(10, 0), Point(10, 10), Point(0, 10)])
        square.close()
        let ink = square.stroked(StrokeStyle(width: 2, cap: .square)).resolved(.nonzero)
        #expect(isNear(area(ink), 144 - 64))
        #expect(ink.bounds == Rect(Point(-1, -1), Point(11, 11)))
    }

    @Test("Subpaths without extent are dots under round and square caps, a lone move is nothing")
    func dots() {
        var dot = BezierPath()
        dot.move(to: Point(3, 4))
        #expect(dot.stroked(StrokeStyle(width: 2, cap: .round)).isEmpty)
        dot.close()
        #expect(dot.stroked(StrokeStyle(width: 2, cap: .round)).isEmpty == false)
        #expect(dot.stroked(StrokeStyle(width: 2, cap: .butt)).isEmpty)
        #expect(dot.stroked(StrokeStyle(width: 2, cap: .square)).bounds == Rect(Point(2, 3), Point(4, 5)))
        #expect(abs(area(dot.stroked(StrokeStyle(width: 2, cap: .round), tolerance: 1e-4).resolved(.nonzero)) - .pi) < 1e-3)
    }

    @Test("Dots and lines are wound alike, so that overlaps stay inked")
    func sameWinding() {
        var path = polyline([Point(0, 0), Point(10, 0)])
        path.move(to: Point(5, 0))
        path.line(to: Point(5, 0))
        let region = path.stroked(StrokeStyle(width: 2, cap: .square))
        #expect(winding(samples(of: region, count: 8), 9, around: Point(5, 0.5)).magnitude == 2)
    }

    @Test("Widths and coordinates that are no numbers give nothing")
    func hostile() {
        let path = polyline([Point(0, 0), Point(10, 0)])
        for width in [0, -1, .nan, .infinity] { #expect(path.stroked(StrokeStyle(width: width)).isEmpty) }
        #expect(polyline([Point(0, 0), Point(.infinity, 0)]).stroked(StrokeStyle(width: 1)).isEmpty)
        #expect(polyline([Point(0, 0), Point(.nan, 0)]).stroked(StrokeStyle(width: 1)).isEmpty)
        #expect(BezierPath().stroked(StrokeStyle(width: 1)).isEmpty)
    }

    @Test("With round caps and joins the region is all that lies within half the width", arguments: 0..<16)
    func distance(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let path = randomPath(&random), width = number(0.5...30, &random)
        let region = path.stroked(StrokeStyle(width: width, cap: .round, join: .round), tolerance: 0.01)
        let source = samples(of: path, count: 64), outline = samples(of: region, count: 12)
        // What lies between is a matter of the tolerance and of this test's own chords.
        let slack = 0.25
        for _ in 0..<40 {
            let p = Point(number(-30...130, &random), number(-30...130, &random))
            let distance = gap(p, source, 65)
            guard abs(distance - width / 2) > slack else { continue }
            #expect((winding(outline, 13, around: p) != 0) == (distance < width / 2), "seed \(seed), width \(width), \(p)")
        }
    }

    @Test("No point of the outline is further from the true one than the tolerance", arguments: 0..<9)
    func accuracy(seed: Int) {
        var random = SplitMix(seed: UInt64(1000 + seed))
        let path = randomPath(&random), width = number(0.5...8, &random)
        let tolerance = [0.1, 0.01, 0.001][seed % 3]
        let region = path.stroked(StrokeStyle(width: width, cap: .round, join: .round), tolerance: tolerance)
        // Where the outline stands free, its distance from the path is half the width; elsewhere it lies inside.
        let truth = path.stroked(StrokeStyle(width: width, cap: .round, join: .round), tolerance: tolerance / 100)
        let fine = samples(of: truth, count: 40), source = samples(of: path, count: 300)
        for p in samples(of: region, count: 5) where gap(p, source, 301) > width / 2 - tolerance {
            #expect(gap(p, fine, 41) <= tolerance * 1.01, "seed \(seed) at \(p)")
        }
        for p in samples(of: region, count: 5) {
            #expect(gap(p, source, 301) <= width / 2 + tolerance * 1.01 + 1e-4, "seed \(seed) at \(p)")
        }
    }

    @Test("Curves bent more sharply than half the width leave no hole")
    func tight() {
        let circle = BezierPath(ellipseAt: Point(50, 50), rx: 3, ry: 3)
        let ink = circle.stroked(StrokeStyle(width: 20), tolerance: 1e-3).resolved(.nonzero)
        #expect(abs(area(ink) - .pi * 169) < 0.2)
        // A hairpin: out and back over the same line.
        var pin = BezierPath()
        pin.move(to: Point(0, 0))
        pin.cubic(Point(40, 0), Point(40, 0), to: Point(0, 0))
        let bent = pin.stroked(StrokeStyle(width: 4), tolerance: 1e-3).resolved(.nonzero)
        #expect(abs(area(bent) - 30 * 4 - 2 * .pi) < 0.05)
        #expect(abs((bent.bounds?.maxX ?? 0) - 32) < 1e-2)
    }

    @Test("The count of curves grows slowly with the accuracy and not with the size")
    func economy() {
        let circle = BezierPath(ellipseAt: .zero, rx: 50, ry: 50)
        #expect(circle.stroked(StrokeStyle(width: 4), tolerance: 1e-3).elements.count == 12)
        #expect(circle.stroked(StrokeStyle(width: 4), tolerance: 1e-4).elements.count <= 52)
        #expect(circle.transformed(by: .scaling(1e6, 1e6)).stroked(StrokeStyle(width: 4e6), tolerance: 1e3).elements.count == 12)
    }
}

@Suite("Dashes")
struct DashTests {
    @Test(
        "A width so small that nothing can be divided by it draws nothing",
        arguments: [0, -1, Double.leastNormalMagnitude / 256, 1e-91, Double.nan])
    func vanishingWidth(width: Double) {
        var path = BezierPath()
        path.move(to: Point(27, 27))
        path.line(to: Point(27, 8.75))
        path.cubic(Point(-30.5, -31.25), Point(-31.25, -31.25), to: Point(-31.25, -31.25))
        #expect(path.stroked(StrokeStyle(width: width, cap: .round, join: .round)).isEmpty)
    }

    @Test("A line is cut by length, from the offset into the pattern on")
    func line() {
        let path = polyline([Point(0, 0), Point(10, 0)])
        #expect(path.dashed([3, 2]).spans == [0...3, 5...8])
        #expect(path.dashed([3, 2], offset: 1).spans == [0...2, 4...7, 9...10])
        #expect(path.dashed([3, 2], offset: -1).spans == [1...4, 6...9])
        #expect(path.dashed([3, 2], offset: 10_001).spans == path.dashed([3, 2], offset: 1).spans)
        #expect(path.dashed([4]).spans == [0...4, 8...10], "an odd list counts twice")
        #expect(path.dashed([3, 2], offset: 3).spans == [2...5, 7...10])
        #expect(path.dashed([20, 5]).spans == [0...10])
    }

    @Test("What is no pattern, or asks for too many dashes, leaves the line whole")
    func none() {
        let path = polyline([Point(0, 0), Point(10, 0)])
        for pattern in [[], [0, 0], [-1, 2], [.nan, 1], [.infinity, 1], [1e-9, 1e-9]] { #expect(path.dashed(pattern) == path) }
        #expect(path.dashed([1, 1], offset: .nan) == path)
        #expect(path.dashed([0, 20], offset: 3).isEmpty)
    }

    @Test("A dash of no length keeps its place and its direction")
    func dots() {
        let path = polyline([Point(0, 0), Point(0, 10)])
        let dots = path.dashed([0, 4])
        #expect(zip(dots.subpathStarts, [0, 4, 8]).allSatisfy { abs($0.y - $1) < 1e-9 } && dots.subpathStarts.count == 3)
        let ink = dots.stroked(StrokeStyle(width: 2, cap: .square)).resolved(.nonzero)
        #expect(abs(area(ink) - 12) < 1e-3)
    }

    @Test("Dashes that meet where a closed subpath closes are one")
    func closed() {
        var square = polyline([Point(0, 0), Point(10, 0), Point(10, 10), Point(0, 10)])
        square.close()
        #expect(square.dashed([12, 8]).subpathStarts == [Point(0, 0), Point(10, 10)])
        #expect(square.dashed([6, 4], offset: 3).subpathStarts.count == 4)
        #expect(square.dashed([100, 1]) == square)
    }

    @Test("Dashes on a curve have their length, and it stays a curve")
    func curve() {
        let circle = BezierPath(ellipseAt: .zero, rx: 10, ry: 10)
        let dashes = circle.dashed([2, 3])
        let lengths = dashes.subpaths.map { BezierPath($0).length }
        #expect(lengths.count == 13)
        #expect(lengths.dropLast().allSatisfy { abs($0 - 2) < 1e-3 })
        #expect(dashes.elements.allSatisfy { if case .line = $0 { false } else { true } })
    }
}

// MARK: Made-up paths and slow truths

private func number(_ range: ClosedRange<Double>, _ random: inout SplitMix) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(random.int(in: 0..<1_000_001)) / 1e6
}

private func polyline(_ points: [Point]) -> BezierPath {
    var path = BezierPath()
    path.move(to: points[0])
    for point in points.dropFirst() { path.line(to: point) }
    return path
}

private func randomPath(_ random: inout SplitMix) -> BezierPath {
    func point(_ random: inout SplitMix) -> Point { Point(number(0...100, &random), number(0...100, &random)) }
    var path = BezierPath()
    for _ in 0..<random.int(in: 1..<3) {
        var last = point(&random)
        path.move(to: last)
        for _ in 0..<random.int(in: 1..<5) {
            let next = point(&random)
            switch random.int(in: 0..<6) {
            case 0: path.line(to: next)
            case 1: path.cubic(last, point(&random), to: next)  // no handle at the start
            case 2: path.cubic(point(&random), next, to: next)
            case 3:
                // Small and tight.
                let near = last + Vector(number(-3...3, &random), number(-3...3, &random))
                path.cubic(last + Vector(5, 1), near + Vector(-4, 3), to: near)
                last = near
                continue
            default: path.cubic(point(&random), point(&random), to: next)
            }
            last = next
        }
        if random.int(in: 0..<2) == 0 { path.close() }
    }
    return path
}

/// Points along all segments, closing lines included.
private func samples(of path: BezierPath, count: Int) -> [Point] {
    var points: [Point] = []
    var (start, current) = (Point.zero, Point.zero)
    func add(_ curve: CubicCurve) {
        for step in 0...count { points.append(curve.at(Double(step) / Double(count))) }
    }
    for element in path.elements {
        switch element {
        case .move(let p): (start, current) = (p, p)
        case .line(let p):
            add(CubicCurve(from: current, to: p))
            current = p
        case .cubic(let c1, let c2, let p):
            add(CubicCurve(current, c1, c2, p))
            current = p
        case .close:
            add(CubicCurve(from: current, to: start))
            current = start
        }
    }
    return points
}

/// To polylines of so many points each.
private func gap(_ p: Point, _ points: [Point], _ count: Int) -> Double {
    var best = Double.infinity
    for index in 0..<(points.count - 1) where index % count != count - 1 {
        let (a, b) = (points[index], points[index + 1])
        let (wx, wy, px, py) = (b.x - a.x, b.y - a.y, p.x - a.x, p.y - a.y)
        let square = wx * wx + wy * wy
        let t = square > 0 ? min(max((px * wx + py * wy) / square, 0), 1) : 0
        let (dx, dy) = (px - wx * t, py - wy * t)
        best = min(best, dx * dx + dy * dy)
    }
    return best.squareRoot()
}

/// How often polylines of so many points each wind round a point, by their crossings with a ray.
private func winding(_ points: [Point], _ count: Int, around p: Point) -> Int {
    var sum = 0
    for index in 0..<(points.count - 1) where index % count != count - 1 {
        let (a, b) = (points[index], points[index + 1])
        guard (a.y <= p.y) != (b.y <= p.y) else { continue }
        if a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x) > p.x { sum += b.y > a.y ? 1 : -1 }
    }
    return sum
}

private func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-5 * max(1, abs(b)) }

private func area(_ path: BezierPath) -> Double {
    let points = samples(of: path, count: 64)
    var sum = 0.0
    for index in points.indices.dropLast() where index % 65 != 64 {
        sum += (points[index] - .zero).cross(points[index + 1] - .zero) / 2
    }
    return sum
}

extension BezierPath {
    fileprivate var subpathStarts: [Point] {
        elements.compactMap { if case .move(let p) = $0 { p } else { nil } }
    }

    /// Of dashes along the x axis, rounded to a thousandth.
    fileprivate var spans: [ClosedRange<Double>] {
        subpaths.map { subpath in
            let box = BezierPath(subpath).bounds ?? Rect(.zero, .zero)
            return (box.minX * 1000).rounded() / 1000...(box.maxX * 1000).rounded() / 1000
        }
    }
}
