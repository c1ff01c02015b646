import AtelierGeometry
import AtelierTesting
import Testing

@Suite("Writing path data")
struct PathDataWriterTests {
    private func written(_ path: BezierPath, _ decimals: Int, unitsPerPixel: Double = 1) -> String {
        var writer = PathDataWriter(unitsPerPixel: unitsPerPixel, decimals: decimals)
        writer.append(path)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(
        "Path data comes back short",
        arguments: [
            ("M1 2L3 4 5 4 5 9Z", 3, "M1 2l2 2h2v5z"),
            ("M0 0C0 1 2 3 4 4S8 8 9 9", 3, "M0 0c0 1 2 3 4 4s4 4 5 5"),
            ("M5 5C9 1 1 1 5 5", 3, "M5 5c4-4-4-4 0 0"),
            ("M0 0h1zm.5.25h.125", 3, "M0 0h1zm.5.25h.125"),
            ("M.123456 0h1", 5, "M.12346 0h1"),
            ("M0 0Q6 0 6 6T12 12", 3, "M0 0q6 0 6 6t6 6"),
            ("M0 0Q6 0 6 6Q9 9 3 3", 3, "M0 0q6 0 6 6 3 3-3-3"),
        ])
    func short(data: String, decimals: Int, expected: String) {
        #expect(written(read(data).path, decimals) == expected)
    }

    @Test("What is written reads back as the same path within the grid")
    func roundTrip() {
        let seed: UInt64 = 21
        var random = SplitMix(seed: seed)
        func value() -> Double { .random(in: -50...50, using: &random) }
        for round in 0..<300 {
            let decimals = Int(random.next() % 10)
            var path = BezierPath()
            path.move(to: Point(value(), value()))
            for _ in 0..<8 {
                switch random.next() % 4 {
                case 0: path.cubic(Point(value(), value()), Point(value(), value()), to: path.currentPoint!)  // a loop
                case 1: path.line(to: Point(value(), value()))
                default: path.cubic(Point(value(), value()), Point(value(), value()), to: Point(value(), value()))
                }
            }
            path.close()
            let back = read(written(path, decimals)).path
            var grid = 1.0
            for _ in 0..<decimals { grid /= 10 }
            guard back.elements.count == path.elements.count else {
                Issue.record("seed \(seed), round \(round): \(written(path, decimals))")
                continue
            }
            for (a, b) in zip(path.elements, back.elements) {
                switch (a, b) {
                case (.move(let p), .move(let q)), (.line(let p), .line(let q)): #expect(p.distance(to: q) < grid)
                case (.cubic(let p1, let p2, let p), .cubic(let q1, let q2, let q)):
                    // The first control point may be the reflection of the one before, which is a grid unit off at most.
                    #expect(p1.distance(to: q1) < 2.2 * grid && p2.distance(to: q2) < grid && p.distance(to: q) < grid)
                case (.close, .close): break
                default: Issue.record("seed \(seed), round \(round): \(a) became \(b)")
                }
            }
        }
    }

    @Test("What readers see of written path data is known without reading it")
    func drawn() {
        let seed: UInt64 = 5
        var random = SplitMix(seed: seed)
        func value() -> Double { .random(in: -6...6, using: &random) }
        for round in 0..<300 {
            var path = BezierPath()
            // Small and smooth, so that curves become quadratic, reflected and straight ones on a grid.
            for _ in 0..<2 {
                path.move(to: Point(value(), value()))
                var leaving = Vector(value(), value())
                for _ in 0..<6 {
                    let from = path.currentPoint!, to = Point(value(), value()), arriving = Vector(value(), value())
                    switch random.next() % 4 {
                    case 0: path.line(to: to)
                    case 1: path.quadratic(from + leaving, to: to)
                    default: path.cubic(from + leaving, to + arriving * -1, to: to)
                    }
                    leaving = arriving
                }
                path.close()
            }
            let units = Double(1 + random.next() % 3)
            let text = written(path, 0, unitsPerPixel: units)
            let known = path.written(unitsPerPixel: units).transformed(by: .scaling(units, units)).elements.flatMap(numbers)
            let seen = read(text).path.elements.flatMap(numbers)
            #expect(known.count == seen.count, "seed \(seed), round \(round): \(text)")
            for (a, b) in zip(known, seen) { #expect(abs(a - b) < 1e-9, "seed \(seed), round \(round): \(text)") }
        }
    }

    private func numbers(_ element: BezierPath.Element) -> [Double] {
        switch element {
        case .move(let p): [0, p.x, p.y]
        case .line(let p): [1, p.x, p.y]
        case .cubic(let c1, let c2, let p): [2, c1.x, c1.y, c2.x, c2.y, p.x, p.y]
        case .close: [3]
        }
    }
}
