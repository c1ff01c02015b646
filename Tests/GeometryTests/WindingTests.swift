import AtelierTesting
import Testing

@testable import AtelierGeometry

@Suite("Winding numbers told by control points")
struct WindingTests {
    @Test("Contours that keep apart are told, with how often they wind")
    func apart() {
        #expect(windings(ring(50, 50, 40)) == 0...1)
        #expect(windings(ring(50, 50, -40)) == -1...0, "the other way round")
        #expect(windings(ring(50, 50, 40), ring(50, 50, -30)) == 0...1, "an o")
        #expect(windings(ring(50, 50, 40), ring(50, 50, 30)) == 0...2, "a disc within a disc")
        #expect(windings(ring(20, 50, 15), ring(80, 50, -15)) == -1...1)
        #expect(windings(BezierPath(Rect(x: 0, y: 0, width: 10, height: 10))) == 0...1)
        var lens = BezierPath()
        lens.move(to: Point(0, 0))
        lens.cubic(Point(10, -10), Point(20, -10), to: Point(30, 0))
        lens.cubic(Point(20, 10), Point(10, 10), to: Point(0, 0))
        #expect(windings(lens) == 0...1, "two curves and no close")
        var work = 1000
        #expect(lens.clearWindings(ifTidy: true, work: &work) == nil)
        work = 3
        #expect(ring(50, 50, 40).clearWindings(work: &work) == nil && work >= 0)
    }

    @Test("Contours that cross, touch or turn back are not")
    func together() {
        #expect(windings(ring(50, 50, 40), ring(80, 50, 40)) == nil)
        #expect(windings(ring(50, 50, 40), ring(50, 50, 40)) == nil)
        #expect(windings(ring(50, 50, 40), ring(130, 50, 40.001)) == nil, "nearer than an arrangement can tell")
        var path = BezierPath()
        path.move(to: Point(0, 0))
        path.cubic(Point(40, 40), Point(-30, 40), to: Point(10, 0))
        #expect(windings(path) == nil, "a loop")
        for points in [[Point(10, 10), Point(10, 0), Point(0, 10)], [Point(10, 0)], [Point(10, 0), Point(5, 0), Point(5, 5)]] {
            path = BezierPath()
            path.move(to: .zero)
            points.forEach { path.line(to: $0) }
            path.close()
            #expect(windings(path) == nil, "\(points)")
        }
        #expect(windings(BezierPath()) == nil)
    }

    @Test("What is said of random contours holds at random points, and for the arrangement of their chords", arguments: 0..<12)
    func random(seed: Int) {
        var random = SplitMix(seed: UInt64(seed)), told = 0
        for _ in 0..<60 {
            var path = BezierPath()
            for _ in 0..<random.int(in: 1..<5) { path.append(blob(&random)) }
            guard let range = windings(path) else { continue }
            told += 1
            for _ in 0..<100 {
                let winding = BooleanTests().winding(of: path, point(&random))
                #expect(range.contains(winding), "seed \(seed): \(path.elements)")
            }
            var work = BezierPath.usualWork
            let arrangement = Arrangement([(path, .nonzero)], work: &work)
            let agree = arrangement?.rulesAgree
            #expect(agree == (range.upperBound < 2 && range.lowerBound > -2), "seed \(seed): \(path.elements)")
        }
        #expect(told >= 10 && told < 60, "\(told) of 60 told")
    }

    @Test("A box that an outline stays clear of is wound around as its points are", arguments: 0..<12)
    func boxes(seed: Int) {
        var random = SplitMix(seed: UInt64(100 + seed)), inside = 0, outside = 0, unknown = 0
        for _ in 0..<200 {
            let path = blob(&random), corner = point(&random)
            let box = Rect(x: corner.x, y: corner.y, width: Double(random.int(in: 0..<20)), height: Double(random.int(in: 1..<20)))
            let winding = path.winding(around: box)
            switch winding {
            case nil: unknown += 1
            case 0?: outside += 1
            default: inside += 1
            }
            guard let winding else { continue }
            for x in [0.01, 0.4, 0.99] {
                let p = Point(box.minX + x * box.width, box.minY + (1 - x) * box.height)
                #expect(BooleanTests().winding(of: path, p) == winding, "seed \(seed): \(path.elements) \(box)")
            }
        }
        #expect(inside > 0 && outside > 0 && unknown > 0 && unknown < 150, "\(inside) \(outside) \(unknown)")
    }

    private func windings(_ paths: BezierPath...) -> ClosedRange<Int>? {
        var path = BezierPath(), work = BezierPath.usualWork
        paths.forEach { path.append($0) }
        return path.clearWindings(work: &work)
    }

    /// A circle, the other way round for a negative radius.
    private func ring(_ x: Double, _ y: Double, _ radius: Double) -> BezierPath {
        let mirror = AffineTransform(a: 1, b: 0, c: 0, d: radius > 0 ? 1 : -1, e: x, f: y)
        return BezierPath(ellipseAt: .zero, rx: radius.magnitude, ry: radius.magnitude).transformed(by: mirror)
    }

    private func point(_ random: inout SplitMix) -> Point {
        Point(Double(random.int(in: 0..<10000)) / 100, Double(random.int(in: 0..<10000)) / 100)
    }

    /// A contour around a point, of lines and curves, either way round; some cross themselves.
    private func blob(_ random: inout SplitMix) -> BezierPath {
        let center = point(&random), size = Double(random.int(in: 4..<50)), count = random.int(in: 3..<9)
        let way = random.int(in: 0..<2) == 0 ? 1.0 : -1.0
        func at(_ turn: Double) -> Point {
            let (sine, cosine) = Angle(degrees: way * 360 * turn).sineAndCosine, radius = size * Double(random.int(in: 50..<101)) / 100
            return Point(center.x + radius * cosine, center.y + radius * sine)
        }
        var path = BezierPath()
        path.move(to: at(0))
        for k in 1..<count {
            let turn = Double(k) / Double(count), step = 1 / Double(count)
            if random.int(in: 0..<2) == 0 {
                path.line(to: at(turn))
            } else {
                path.cubic(at(turn - step * 0.67), at(turn - step * 0.33), to: at(turn))
            }
        }
        path.close()
        return path
    }
}
