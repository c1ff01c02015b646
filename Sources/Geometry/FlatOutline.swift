/// Outlines as chords on a grid, and the way back from chains of chords to curves.
struct FlatOutline {
    var chords: [Chord] = []
    private var sources: [Source] = []

    /// A straight or cubic segment of an outline; a straight one has its control points on the line.
    private struct Source {
        var points: (Point, Point, Point, Point)
        var isStraight: Bool
        /// How many chords stand for it.
        var count: Int

        /// The polar form: `blossom(t, t, t)` is the point, mixed arguments give the control points of parts
        /// (Ramshaw, "Blossoms are polar forms", 1989).
        func blossom(_ r: Double, _ s: Double, _ t: Double) -> Point {
            let a = points.0.interpolated(to: points.1, r), b = points.1.interpolated(to: points.2, r)
            let c = points.2.interpolated(to: points.3, r)
            return a.interpolated(to: b, s).interpolated(to: b.interpolated(to: c, s), t)
        }

        func at(_ t: Double) -> Point {
            if t <= 0 { return points.0 }
            if t >= 1 { return points.3 }
            return isStraight ? points.0.interpolated(to: points.3, t) : blossom(t, t, t)
        }

        func slope(_ t: Double) -> Vector {
            if isStraight { return points.3 - points.0 }
            let s = 1 - t
            return (points.1 - points.0) * (3 * s * s) + (points.2 - points.1) * (6 * s * t) + (points.3 - points.2) * (3 * t * t)
        }
    }

    /// Flattens outlines to within 2⁻¹⁴ of the larger side of their box. What has no size encloses nothing and gives no chords, and
    /// neither does an outline that cannot be computed with.
    ///
    /// - Parameter work: What chords may cost; reading ends when it is spent.
    init(_ paths: [BezierPath], work: inout Int) {
        var box: Rect?
        let paths = paths.map { $0.isComputable ? $0 : BezierPath() }
        for path in paths {
            guard let bounds = path.bounds else { continue }
            box = box.map { $0.union(bounds) } ?? bounds
        }
        guard let box else { return }
        let extent = max(box.maxX - box.minX, box.maxY - box.minY)
        guard extent > 0, extent.isFinite else { return }
        let grid = Grid(origin: Point(box.minX, box.minY), scale: Double(1 << 25) / extent)
        for (operand, path) in paths.enumerated() { add(path, operand, grid, tolerance: extent / Double(1 << 14), &work) }
    }

    private struct Grid {
        var origin: Point, scale: Double

        func point(_ p: Point) -> GridPoint {
            GridPoint(x: step((p.x - origin.x) * scale), y: step((p.y - origin.y) * scale))
        }

        /// A point of a curve may be computed to lie beside the box of all: far beside, when the box is tiny for where it lies.
        private func step(_ distance: Double) -> Int32 { distance > 0 ? Int32(min(distance, Double(1 << 25)).rounded()) : 0 }
    }

    private mutating func add(_ path: BezierPath, _ operand: Int, _ grid: Grid, tolerance: Double, _ work: inout Int) {
        var (start, current) = (Point.zero, Point.zero)
        var counted = chords.count
        for element in path.elements {
            // A chord takes the memory and, to be sorted, the time of some comparisons.
            work -= 32 * (chords.count - counted)
            counted = chords.count
            if work <= 0 { return }
            switch element {
            case .move(let p):
                addLine(current, start, operand, grid)
                (start, current) = (p, p)
            case .line(let p):
                addLine(current, p, operand, grid)
                current = p
            case .cubic(let c1, let c2, let p):
                // Wang's formula: so many chords of equal steps keep within the tolerance (Wang, 1984).
                let bend = max((current - c1 - (c1 - c2)).length, (c1 - c2 - (c2 - p)).length)
                let count = min(512, max(1, (0.75 * bend / tolerance).squareRoot().rounded(.up)))
                add(Source(points: (current, c1, c2, p), isStraight: false, count: Int(count)), operand, grid)
                current = p
            case .close:
                addLine(current, start, operand, grid)
                current = start
            }
        }
        addLine(current, start, operand, grid)
    }

    private mutating func addLine(_ a: Point, _ b: Point, _ operand: Int, _ grid: Grid) {
        if a == b { return }
        let points = (a, a.interpolated(to: b, 1.0 / 3), a.interpolated(to: b, 2.0 / 3), b)
        add(Source(points: points, isStraight: true, count: 1), operand, grid)
    }

    private mutating func add(_ source: Source, _ operand: Int, _ grid: Grid) {
        var (last, start) = (grid.point(source.points.0), 0.0)
        for step in 1...source.count {
            let end = step == source.count ? 1 : Double(step) / Double(source.count)
            let point = grid.point(source.at(end))
            if point == last { continue }
            chords.append(Chord(from: last, to: point, operand: operand, source: sources.count, start: start, end: end))
            (last, start) = (point, end)
        }
        sources.append(source)
    }

    // MARK: Back to curves

    /// A part of one source, walked from one parameter to another.
    private struct Run {
        var source: Int
        var start: Double, end: Double
    }

    /// Adds the contour that a closed chain of edges stands for.
    func append(_ chain: [DirectedEdge], to path: inout BezierPath) {
        var runs: [Run] = []
        for edge in chain {
            let run = Run(source: edge.source, start: edge.start, end: edge.end)
            if let last = runs.last, continues(last, run) { runs[runs.count - 1].end = run.end } else { runs.append(run) }
        }
        if runs.count > 1, let last = runs.last, continues(last, runs[0]) {
            runs[0].start = last.start
            runs.removeLast()
        }
        var joints = runs.map { sources[$0.source].at($0.start) }
        for index in runs.indices {
            let before = (index + runs.count - 1) % runs.count
            if let point = join(&runs, before, index) { joints[index] = point }
        }
        if joints.count > 2 {
            // A corner between two lines that go on straight is none: it was one of an outline inside the region.
            let kept = runs.indices.filter { index in
                let before = (index + runs.count - 1) % runs.count
                guard sources[runs[before].source].isStraight, sources[runs[index].source].isStraight else { return true }
                let (a, b) = (joints[index] - joints[before], joints[(index + 1) % runs.count] - joints[index])
                return abs(a.cross(b)) > 1e-9 * a.length * b.length || a.dot(b) < 0
            }
            (runs, joints) = (kept.map { runs[$0] }, kept.map { joints[$0] })
        }
        guard !joints.isEmpty else { return }
        path.move(to: joints[0])
        for (index, run) in runs.enumerated() {
            let source = sources[run.source], from = joints[index], to = joints[(index + 1) % runs.count]
            if source.isStraight {
                if index < runs.count - 1 { path.line(to: to) }
                continue
            }
            let control1 = source.blossom(run.start, run.start, run.end) + (from - source.at(run.start))
            let control2 = source.blossom(run.start, run.end, run.end) + (to - source.at(run.end))
            path.cubic(control1, control2, to: to)
        }
        path.close()
    }

    /// Whether a part goes on where another ended, but for chords too short for the grid.
    private func continues(_ a: Run, _ b: Run) -> Bool {
        guard a.source == b.source, (a.end > a.start) == (b.end > b.start) else { return false }
        let gap = b.end > b.start ? b.start - a.end : a.end - b.start
        return gap >= 0 && gap <= 2 / Double(sources[a.source].count) && (sources[a.source].isStraight || gap < 0.25)
    }

    /// Where one run ends and the next begins: an end of a source as it was given, else the crossing of the two curves.
    private func join(_ runs: inout [Run], _ before: Int, _ after: Int) -> Point? {
        let a = sources[runs[before].source], b = sources[runs[after].source]
        let (t0, s0) = (runs[before].end, runs[after].start)
        if t0 == 0 || t0 == 1 { return a.at(t0) }
        if s0 == 0 || s0 == 1 { return b.at(s0) }
        var (t, s) = (t0, s0)
        for _ in 0..<8 {
            let gap = b.at(s) - a.at(t), (d, e) = (a.slope(t), b.slope(s))
            let determinant = d.cross(e)
            guard abs(determinant) > 1e-12 * d.length * e.length else { return nil }
            let (dt, ds) = (gap.cross(e) / determinant, gap.cross(d) / determinant)
            (t, s) = (t + dt, s + ds)
            guard t > 0, t < 1, s > 0, s < 1, abs(t - t0) <= 2 / Double(a.count), abs(s - s0) <= 2 / Double(b.count) else { return nil }
            if abs(dt) + abs(ds) < 1e-14 { break }
        }
        (runs[before].end, runs[after].start) = (t, s)
        return a.at(t).interpolated(to: b.at(s), 0.5)
    }
}
