internal import AtelierGeometry

/// Cuts contours where they cross themselves, so that even-odd layers can say their nonzero fill.
///
/// A closed curve walked from crossing to crossing falls apart into loops that do not cross themselves; the loops together
/// wind around every point as often as the whole did. Curves stay curves: they are cut, not flattened.
struct SelfCrossingCutter {
    /// Contours that cross themselves more often than this are left whole.
    private static let mostCrossings = 128
    /// Pairs of chords looked at before giving up.
    private static let mostPairs = 1_000_000

    /// One side of the contour; a straight one is a cubic with its control points on the line.
    private struct Side {
        var points: (Point, Point, Point, Point)
        var isStraight: Bool

        func at(_ t: Double) -> Point { blossom(t, t, t) }

        /// The polar form: `blossom(t, t, t)` is the point, mixed arguments give control points of parts
        /// (Ramshaw, "Blossoms are polar forms", 1989).
        func blossom(_ r: Double, _ s: Double, _ t: Double) -> Point {
            let (a, b, c) = (
                points.0.interpolated(to: points.1, r), points.1.interpolated(to: points.2, r), points.2.interpolated(to: points.3, r)
            )
            return a.interpolated(to: b, s).interpolated(to: b.interpolated(to: c, s), t)
        }

        func slope(_ t: Double) -> Vector {
            let s = 1 - t
            return (points.1 - points.0) * (3 * s * s) + (points.2 - points.1) * (6 * s * t) + (points.3 - points.2) * (3 * t * t)
        }
    }

    /// A piece of a side, flattened.
    private struct Chord {
        var a: Point, b: Point
        var side: Int
        var from: Double, to: Double
    }

    /// Where the walk meets a crossing, each of which it meets twice.
    private struct Meeting {
        var side: Int
        var t: Double
        var crossing: Int
        var point: Point
    }

    private var sides: [Side] = []
    private var chords: [Chord] = []
    private var meetings: [Meeting] = []

    /// The path with self-crossing contours in loops, all closed; nil when one crosses itself too often.
    static func cut(_ subpaths: [ArraySlice<BezierPath.Element>]) -> BezierPath? {
        var result = BezierPath()
        for subpath in subpaths {
            var cutter = SelfCrossingCutter(subpath)
            guard cutter.findCrossings() else { return nil }
            cutter.appendLoops(to: &result)
        }
        return result
    }

    private init(_ subpath: ArraySlice<BezierPath.Element>) {
        guard case .move(let start)? = subpath.first else { return }
        var current = start
        func addLine(to p: Point, _ sides: inout [Side]) {
            guard p != current else { return }
            sides.append(
                Side(points: (current, current.interpolated(to: p, 1.0 / 3), current.interpolated(to: p, 2.0 / 3), p), isStraight: true))
            current = p
        }
        for element in subpath {
            switch element {
            case .move, .close: break
            case .line(let p): addLine(to: p, &sides)
            case .cubic(let c1, let c2, let p):
                sides.append(Side(points: (current, c1, c2, p), isStraight: false))
                current = p
            }
        }
        addLine(to: start, &sides)
        for (index, side) in sides.enumerated() {
            let count = side.isStraight ? 1 : 8
            for k in 0..<count {
                let (from, to) = (Double(k) / Double(count), Double(k + 1) / Double(count))
                chords.append(Chord(a: side.at(from), b: side.at(to), side: index, from: from, to: to))
            }
        }
    }

    /// Meets chords in the order of their upper ends with those still open there; false when there is too much to do.
    private mutating func findCrossings() -> Bool {
        let order = chords.indices.sorted { (min(chords[$0].a.y, chords[$0].b.y), $0) < (min(chords[$1].a.y, chords[$1].b.y), $1) }
        var open: [Int] = []
        var (pairs, crossings) = (0, 0)
        for index in order {
            let chord = chords[index]
            let top = min(chord.a.y, chord.b.y)
            open.removeAll { max(chords[$0].a.y, chords[$0].b.y) < top }
            pairs += open.count
            guard pairs <= Self.mostPairs else { return false }
            for other in open {
                let (i, j) = (min(index, other), max(index, other))
                guard j - i > 1, j - i < chords.count - 1, let (t, s) = Self.crossing(chords[i], chords[j]) else { continue }
                guard crossings < Self.mostCrossings else { return false }
                let (first, second, point) = refined(chords[i].side, t, chords[j].side, s)
                meetings.append(Meeting(side: chords[i].side, t: first, crossing: crossings, point: point))
                meetings.append(Meeting(side: chords[j].side, t: second, crossing: crossings, point: point))
                crossings += 1
            }
            open.append(index)
        }
        meetings.sort { ($0.side, $0.t, $0.crossing) < ($1.side, $1.t, $1.crossing) }
        return true
    }

    /// Where two chords cross, as parameters of their sides; their ends belong to the chord that starts there.
    private static func crossing(_ p: Chord, _ q: Chord) -> (Double, Double)? {
        let (d, e) = (p.b - p.a, q.b - q.a)
        let det = d.cross(e)
        guard det != 0 else { return nil }
        let (u, v) = ((q.a - p.a).cross(e) / det, (q.a - p.a).cross(d) / det)
        guard u >= 0, u < 1, v >= 0, v < 1 else { return nil }
        return (p.from + (p.to - p.from) * u, q.from + (q.to - q.from) * v)
    }

    /// Moves a crossing of chords to where the curves cross, by Newton's method; stays where it was if that leads astray.
    private func refined(_ i: Int, _ t0: Double, _ j: Int, _ s0: Double) -> (Double, Double, Point) {
        var (t, s) = (t0, s0)
        for _ in 0..<5 {
            let gap = sides[j].at(s) - sides[i].at(t)
            let (d, e) = (sides[i].slope(t), sides[j].slope(s))
            let det = d.cross(e)
            guard det != 0 else { break }
            t += gap.cross(e) / det
            s += gap.cross(d) / det
        }
        let isBetter = t >= 0 && t <= 1 && s >= 0 && s <= 1 && abs(t - t0) < 0.125 && abs(s - s0) < 0.125
        if !isBetter { (t, s) = (t0, s0) }
        return (t, s, sides[i].at(t).interpolated(to: sides[j].at(s), 0.5))
    }

    /// Walks the contour and closes a loop whenever a crossing is met again.
    private func appendLoops(to result: inout BezierPath) {
        guard let start = sides.first?.points.0 else { return }
        var pieces: [(side: Side, crossing: Int)] = []  // each with the crossing it starts from; −1 for none
        var (crossing, from, position) = (-1, 0.0, start)
        func piece(_ side: Side, to t: Double, _ end: Point) -> Side {
            Side(points: (position, side.blossom(from, from, t), side.blossom(from, t, t), end), isStraight: side.isStraight)
        }
        var next = meetings.startIndex
        for (index, side) in sides.enumerated() {
            from = 0
            while next < meetings.endIndex, meetings[next].side == index {
                let meeting = meetings[next]
                next += 1
                pieces.append((piece(side, to: meeting.t, meeting.point), crossing))
                if let first = pieces.firstIndex(where: { $0.crossing == meeting.crossing }) {
                    Self.append(pieces[first...].map(\.side), to: &result)
                    pieces.removeSubrange(first...)
                }
                (crossing, from, position) = (meeting.crossing, meeting.t, meeting.point)
            }
            pieces.append((piece(side, to: 1, side.points.3), crossing))
            (crossing, position) = (-1, side.points.3)
        }
        Self.append(pieces.map(\.side), to: &result)
    }

    private static func append(_ loop: [Side], to result: inout BezierPath) {
        guard let start = loop.first?.points.0 else { return }
        result.move(to: start)
        for side in loop {
            if side.isStraight { result.line(to: side.points.3) } else { result.cubic(side.points.1, side.points.2, to: side.points.3) }
        }
        result.close()
    }
}
