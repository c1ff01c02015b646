internal import AtelierGeometry
internal import AtelierSVG

// Programs that export icons write circles, rounded rectangles and arrows as paths. Those that a named geometry draws exactly are
// written as that one: people find handles on it instead of points.

extension BezierPath {
    /// The rectangle, with or without round corners, or the ellipse that a path draws once round; nil for any other path.
    ///
    /// A path counts as one when it is a single subpath, closed unless it need not be, and no point of it is further from the shape
    /// than 5e-4 of the radius, which is what cubics for quarter circles are off themselves.
    /// - Complexity: O(*n*)
    func recognizedShape(mayBeOpen: Bool) -> SVG.BasicShape? {
        if let (rect, isClosed) = alignedRectangle, isClosed || mayBeOpen { return .rect(rect, rx: 0, ry: 0) }
        guard (3...20).contains(elements.count), let box = bounds, box.width > 0, box.height > 0,
            let samples = samplesOfRound(mayBeOpen: mayBeOpen)
        else { return nil }
        if samples.isCurved, isOnEllipse(samples.points, box), abs(abs(samples.area) / (box.width * box.height) - .pi / 4) < 1e-3 {
            return .ellipse(center: box.center, rx: box.width / 2, ry: box.height / 2)
        }
        guard let radius = samples.firstRadius, radius > 0, radius <= min(box.width, box.height) / 2 * (1 + 1e-6) else { return nil }
        let corners = (4 - .pi) * radius * radius
        guard samples.points.allSatisfy({ Self.distance(of: $0, fromRounded: box, radius) <= 5e-4 * radius }),
            abs(abs(samples.area) - (box.width * box.height - corners)) <= 1e-3 * radius * radius
        else { return nil }
        return .rect(box, rx: radius, ry: radius)
    }

    /// Points on the way round, whether all segments are curves, the area inside, and how wide the first curve is.
    private func samplesOfRound(mayBeOpen: Bool) -> (points: [Point], isCurved: Bool, area: Double, firstRadius: Double?)? {
        guard case .move(let start) = elements[0] else { return nil }
        var (current, points, isCurved, area) = (start, [Point](), true, 0.0)
        var firstRadius: Double?
        for (index, element) in elements.enumerated().dropFirst() {
            switch element {
            case .move: return nil
            case .line(let p):
                if p != current { isCurved = false }
                area += (current - start).cross(p - start) / 2
                points.append(p)
                current = p
            case .cubic(let a, let b, let p):
                for step in 1...8 {
                    let t = Double(step) / 8, s = 1 - t
                    let q = Point(
                        s * s * s * current.x + 3 * s * s * t * a.x + 3 * s * t * t * b.x + t * t * t * p.x,
                        s * s * s * current.y + 3 * s * s * t * a.y + 3 * s * t * t * b.y + t * t * t * p.y)
                    points.append(q)
                }
                // Exact: the integral of half the cross product of place and way (Green).
                let (u, v, w) = (a - start, b - start, p - start), o = current - start
                area += (6 * o.cross(u) + 3 * o.cross(v) + o.cross(w) + 3 * u.cross(v) + 3 * u.cross(w) + 6 * v.cross(w)) / 20
                firstRadius = firstRadius ?? min(abs(p.x - current.x), abs(p.y - current.y))
                current = p
            case .close:
                guard index == elements.count - 1 else { return nil }
                if current.distance(to: start) > 1e-9 { isCurved = false }
                return (points, isCurved, area, firstRadius)
            }
        }
        return mayBeOpen ? (points, isCurved, area, firstRadius) : nil
    }

    private func isOnEllipse(_ points: [Point], _ box: Rect) -> Bool {
        points.allSatisfy { p in
            let x = (p.x - box.center.x) / (box.width / 2), y = (p.y - box.center.y) / (box.height / 2)
            return abs(x * x + y * y - 1) <= 1e-3
        }
    }

    private static func distance(of p: Point, fromRounded box: Rect, _ radius: Double) -> Double {
        let x = abs(p.x - box.center.x) - (box.width / 2 - radius), y = abs(p.y - box.center.y) - (box.height / 2 - radius)
        if x > 0, y > 0 { return abs(Vector(x, y).length - radius) }
        return abs(max(x, y) - radius)
    }

    /// The corners of a single subpath of three or four straight sides, closed unless it need not be.
    func corners(mayBeOpen: Bool) -> [Point]? {
        guard (3...6).contains(elements.count), case .move(let start) = elements[0] else { return nil }
        var corners = [start], isClosed = false
        for element in elements.dropFirst() {
            switch element {
            case .line(let p): corners.append(p)
            case .close: isClosed = true
            case .move, .cubic: return nil
            }
        }
        if corners.last == start { corners.removeLast() }
        return (isClosed || mayBeOpen) && (3...4).contains(corners.count) ? corners : nil
    }
}

/// A triangle or a rhombus as slides know it, upright in a box of its own.
struct RecognizedPolygon {
    var geometry: PresetGeometry
    /// The middle of the box, in the path's coordinates, and its size before the turn.
    var center: Point, size: Size
    /// Quarter turns clockwise, after a flip upside down.
    var quarterTurns = 0
    var isUpsideDown = false

    /// Nil when the corners are those of another polygon.
    init?(_ corners: [Point]) {
        var box = Rect(corners[0], corners[1])
        for corner in corners { box = box.union(Rect(corner, corner)) }
        guard box.width > 0, box.height > 0 else { return nil }
        (center, size) = (box.center, box.size)
        func isSame(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(box.width, box.height) }
        if corners.count == 4 {
            // Every corner lies in the middle of a side, and they go round.
            for (a, b) in zip(corners, corners[2...] + corners[..<2]) {
                guard isSame(a.x + b.x, 2 * center.x), isSame(a.y + b.y, 2 * center.y) else { return nil }
                guard isSame(a.x, center.x) != isSame(a.y, center.y) else { return nil }
            }
            guard isSame(corners[0].x, center.x) != isSame(corners[1].x, center.x) else { return nil }
            geometry = .diamond
            return
        }
        for index in 0..<3 {
            let (apex, a, b) = (corners[index], corners[(index + 1) % 3], corners[(index + 2) % 3])
            if isSame(a.y, b.y), !isSame(a.x, b.x) {
                let share = (apex.x - min(a.x, b.x)) / abs(a.x - b.x)
                guard share >= -1e-6, share <= 1 + 1e-6 else { continue }
                geometry = .triangle(adjust: Int(min(max(share, 0), 1) * 100_000 + 0.5))
                isUpsideDown = apex.y > a.y
                return
            }
        }
        for index in 0..<3 {
            let (apex, a, b) = (corners[index], corners[(index + 1) % 3], corners[(index + 2) % 3])
            if isSame(a.x, b.x), !isSame(a.y, b.y) {
                var share = (apex.y - min(a.y, b.y)) / abs(a.y - b.y)
                guard share >= -1e-6, share <= 1 + 1e-6 else { continue }
                quarterTurns = apex.x > a.x ? 1 : 3
                if quarterTurns == 3 { share = 1 - share }
                size = Size(box.height, box.width)
                geometry = .triangle(adjust: Int(min(max(share, 0), 1) * 100_000 + 0.5))
                return
            }
        }
        return nil
    }
}
