extension BezierPath {
    /// The region that a line along the outline covers, as closed contours for the nonzero rule; curves stay curves.
    ///
    ///     let ring = BezierPath(ellipseAt: .zero, rx: 8, ry: 8).stroked(StrokeStyle(width: 2))
    ///     let clean = ring.resolved(.nonzero)          // without overlaps, for either fill rule
    ///
    /// The region is that of SVG 2, 13.5: all points on perpendiculars of half the width, with joins where the direction
    /// changes at a corner and caps at the ends of open subpaths. A cusp inside a segment is joined by a circle. A subpath
    /// without extent is a dot under round caps, an upright square under square ones, and else nothing.
    ///
    /// The contours overlap wherever the line does: each side of each segment is a strip between segment and offset, joins and
    /// caps are wedges, and every one of them is wound the same way. Where a segment bends more sharply than half the width,
    /// its strip ends at the centres of curvature and what lies beyond them is a contour of its own.
    ///
    /// - Parameters:
    ///   - style: Width, caps and joins.
    ///   - tolerance: How far the outline may lie from the true one; no less than 1e-9 of the extent of the path and 1e-6 of the
    ///     width. Offsets are fitted to it (see `OffsetCurve`), arcs divided.
    /// - Returns: Nothing for a width that is not above 1e-90, and for coordinates that are no numbers; what lies
    ///   beyond 1e90 counts as such, since its cube must be a number too.
    /// - Complexity: O(*n*) for *n* segments; at most 4096 cubics for each side of one.
    public func stroked(_ style: StrokeStyle, tolerance: Double = 0.01) -> BezierPath {
        guard style.width > 1 / Self.farthest, style.width < Self.farthest, isComputable, let bounds else { return BezierPath() }
        let limit = max(max(bounds.width, bounds.height) * 1e-9, style.width * 1e-6)
        var stroker = Stroker(style: style, tolerance: max(tolerance, limit))
        var start = Point.zero, current = Point.zero, hasSegment = false
        for element in elements {
            switch element {
            case .move(let p):
                if hasSegment { stroker.finish(isClosed: false, at: start) }
                (start, current, hasSegment) = (p, p, false)
            case .line(let p):
                stroker.addLine(current, p)
                (current, hasSegment) = (p, true)
            case .cubic(let c1, let c2, let p):
                stroker.add(CubicCurve(current, c1, c2, p))
                (current, hasSegment) = (p, true)
            case .close:
                stroker.addLine(current, start)
                stroker.finish(isClosed: true, at: start)
                (current, hasSegment) = (start, false)
            }
        }
        if hasSegment { stroker.finish(isClosed: false, at: start) }
        return stroker.result
    }
}

/// Lines and curves one after the other.
private struct Chain {
    var start: Point
    /// Steps shorter than this are rounding.
    let shortest: Double
    /// Straight ones have their control points on the line.
    var curves: [(curve: CubicCurve, isStraight: Bool)] = []

    var end: Point { curves.last?.curve.p3 ?? start }

    mutating func line(to p: Point) {
        if end.distance(to: p) > shortest { curves.append((CubicCurve(end, end, p, p), true)) }
    }

    mutating func cubic(_ curve: CubicCurve) { curves.append((curve, false)) }

    var reversed: Chain {
        Chain(
            start: end, shortest: shortest,
            curves: curves.reversed().map { (CubicCurve($0.curve.p3, $0.curve.p2, $0.curve.p1, $0.curve.p0), $0.isStraight) })
    }
}

extension BezierPath {
    fileprivate mutating func append(_ chain: Chain) {
        for (curve, isStraight) in chain.curves {
            if isStraight { line(to: curve.p3) } else { cubic(curve.p1, curve.p2, to: curve.p3) }
        }
    }

    fileprivate mutating func appendClosed(_ chain: Chain) {
        guard chain.curves.count > 1 else { return }
        move(to: chain.start)
        append(chain)
        close()
    }
}

/// The state of outlining one path, subpath by subpath.
private struct Stroker {
    /// A part of a segment that turns by a quarter at most.
    struct Part {
        var curve: CubicCurve
        var isStraight: Bool
        /// Of length 1.
        var startDirection: Vector, endDirection: Vector
        /// How it meets the part before it.
        var corner: Corner
    }

    enum Corner { case smooth, join, round }

    let style: StrokeStyle
    let tolerance: Double
    var result = BezierPath()
    private var parts: [Part] = []
    /// Set when a cusp was left out between the last part and the next.
    private var leftOutCusp = false

    init(style: StrokeStyle, tolerance: Double) {
        self.style = style
        self.tolerance = tolerance
    }

    private var radius: Double { style.width / 2 }

    // MARK: Segments

    mutating func addLine(_ a: Point, _ b: Point) {
        let direction = (b - a).normalized
        guard direction != .zero else { return }
        append(Part(curve: CubicCurve(from: a, to: b), isStraight: true, startDirection: direction, endDirection: direction, corner: .join))
    }

    mutating func add(_ curve: CubicCurve) { add(curve, .join, depth: 0) }

    private mutating func append(_ part: Part) {
        parts.append(part)
        if leftOutCusp { parts[parts.count - 1].corner = .round }
        leftOutCusp = false
    }

    /// Adds a curve in parts whose directions all lie within a quarter turn. What cannot be divided so is a cusp.
    private mutating func add(_ curve: CubicCurve, _ corner: Corner, depth: Int) {
        let steps = [curve.p1 - curve.p0, curve.p2 - curve.p1, curve.p3 - curve.p2]
        let longest = max(steps[0].length, steps[1].length, steps[2].length)
        // The derivative is a mean of these three with weights that are not negative.
        let directions = steps.filter { $0.length > 1e-9 * longest }.map { $0.normalized }
        guard let first = directions.first, let last = directions.last, first != .zero, last != .zero else { return }
        // A little more than a quarter turn, so that quarters of circles stay whole.
        let least = -0.01
        var isTame = first.dot(last) > least
        for direction in directions where first.dot(direction) < least || direction.dot(last) < least { isTame = false }
        if isTame {
            let chord = (curve.p3 - curve.p0).normalized
            let isStraight = abs(chord.cross(curve.p1 - curve.p0)) + abs(chord.cross(curve.p2 - curve.p0)) <= 1e-3 * tolerance
            append(
                Part(
                    curve: curve, isStraight: isStraight, startDirection: isStraight ? chord : first,
                    endDirection: isStraight ? chord : last,
                    corner: corner))
        } else if curve.polygonLength <= tolerance / 4 || depth >= 40 {
            leftOutCusp = true
        } else {
            let halves = curve.split(at: 0.5)
            let count = parts.count
            add(halves.0, corner, depth: depth + 1)
            add(halves.1, parts.count == count ? corner : .smooth, depth: depth + 1)
        }
    }

    // MARK: Subpaths

    mutating func finish(isClosed: Bool, at start: Point) {
        defer {
            parts.removeAll(keepingCapacity: true)
            leftOutCusp = false
        }
        guard let first = parts.first, let last = parts.last else { return dot(at: start) }
        let left = side(radius, isClosed), right = side(-radius, isClosed)
        if isClosed {
            result.appendClosed(left)
            result.appendClosed(right.reversed)
            return
        }
        var outline = left
        cap(&outline, at: last.curve.p3, last.endDirection)
        for (curve, isStraight) in right.reversed.curves {
            if isStraight { outline.line(to: curve.p3) } else { outline.cubic(curve) }
        }
        cap(&outline, at: first.curve.p0, -first.startDirection)
        result.appendClosed(outline)
    }

    private mutating func dot(at p: Point) {
        if style.cap == .butt { return }
        let direction = Vector(1, 0)
        var chain = chain(from: p + direction.perpendicular * radius)
        cap(&chain, at: p, direction)
        cap(&chain, at: p, -direction)
        result.appendClosed(chain)
    }

    private func chain(from start: Point) -> Chain { Chain(start: start, shortest: tolerance * 1e-6) }

    /// The offset of all parts at a distance, with its joins.
    private mutating func side(_ distance: Double, _ isClosed: Bool) -> Chain {
        var chain = chain(from: parts[0].curve.p0 + parts[0].startDirection.perpendicular * distance)
        for (index, part) in parts.enumerated() {
            if index > 0 { join(&chain, parts[index - 1], part, part.corner, distance) }
            if part.isStraight {
                chain.line(to: part.curve.p3 + part.endDirection.perpendicular * distance)
            } else {
                offset(part, distance, &chain)
            }
        }
        if isClosed, let last = parts.last { join(&chain, last, parts[0], leftOutCusp ? .round : .join, distance) }
        return chain
    }

    private mutating func offset(_ part: Part, _ distance: Double, _ chain: inout Chain) {
        let offset = OffsetCurve(part.curve, part.startDirection, part.endDirection, distance: distance, tolerance: tolerance)
        var index = 0
        while index < offset.pieces.count {
            guard offset.pieces[index].isBackward else {
                chain.cubic(offset.pieces[index].curve)
                index += 1
                continue
            }
            // Up to the centres of curvature here, from there to the offset as a contour of its own.
            let first = index
            while index < offset.pieces.count, offset.pieces[index].isBackward { index += 1 }
            let run = offset.pieces[first..<index], before = chain.end
            var centers = self.chain(from: offset.center(run[first].start)), beyond = self.chain(from: before)
            for piece in run {
                for step in 1...4 { centers.line(to: offset.center(piece.start + (piece.end - piece.start) * Double(step) / 4)) }
                beyond.cubic(piece.curve)
            }
            chain.line(to: centers.start)
            for (curve, _) in centers.curves { chain.line(to: curve.p3) }
            chain.line(to: beyond.end)

            var region = centers
            region.line(to: beyond.end)
            region.curves += beyond.reversed.curves
            result.appendClosed(distance > 0 ? region : region.reversed)
        }
    }

    // MARK: Joins and caps

    /// Leads from the offset of one part to that of the next.
    private func join(_ chain: inout Chain, _ a: Part, _ b: Part, _ corner: Corner, _ distance: Double) {
        let vertex = a.curve.p3
        let (d0, d1) = (a.endDirection, b.startDirection)
        let (from, to) = (d0.perpendicular * distance, d1.perpendicular * distance)
        let cross = d0.cross(d1), dot = d0.dot(d1)
        defer { chain.line(to: b.curve.p0 + to) }
        if dot > 0, corner == .smooth || abs(cross) <= 1e-9 { return }
        // A turn back on itself has no outer side: take the same one on either call.
        let isLeftOuter = abs(cross) > 1e-9 ? cross < 0 : true
        guard isLeftOuter == (distance > 0) else {
            chain.line(to: vertex)
            chain.line(to: b.curve.p0)
            return
        }
        let half = (max(0, (1 + dot) / 2)).squareRoot()  // cosine of half the turn
        // Inside a segment there are no corners: where one turns back, it does so by a cusp.
        switch (corner == .join ? style.join : .round) {
        case .round:
            let middle = half > 1e-6 ? ((from + to) * (1 / (2 * radius * half))) : d0
            arc(&chain, about: vertex, from: from * (1 / radius), to: middle)
            arc(&chain, about: vertex, from: middle, to: to * (1 / radius))
        case .bevel: break
        case .miter, .miterClip:
            if half * style.miterLimit >= 1 {
                chain.line(to: vertex + (from + to) * (1 / (1 + dot)))
            } else if style.join == .miterClip {
                let sine = max(0, (1 - dot) / 2).squareRoot()
                let beyond = (style.miterLimit - half) * radius / sine
                guard beyond > 0, beyond.isFinite else { break }
                chain.line(to: vertex + from + d0 * beyond)
                chain.line(to: vertex + to - d1 * beyond)
            }
        }
    }

    /// Leads round the end of a line that arrives in a direction, from the left to the right of it.
    private func cap(_ chain: inout Chain, at p: Point, _ direction: Vector) {
        let side = direction.perpendicular
        switch style.cap {
        case .butt: break
        case .square:
            chain.line(to: p + (side + direction) * radius)
            chain.line(to: p + (direction - side) * radius)
        case .round:
            arc(&chain, about: p, from: side, to: direction)
            arc(&chain, about: p, from: direction, to: -side)
        }
        chain.line(to: p - side * radius)
    }

    /// A circular arc of at most 90° between two directions of length 1.
    private func arc(_ chain: inout Chain, about p: Point, from a: Vector, to b: Vector, depth: Int = 0) {
        let cross = a.cross(b), dot = a.dot(b)
        // The error of a cubic of 90° is 2.7e-4 of the radius and falls with the sixth power of the angle.
        let share = abs(cross) / (1 + dot)  // tangent of half the angle
        var error = 2.8e-4 * radius
        for _ in 0..<6 { error *= min(share, 1) }
        if error > tolerance / 2, depth < 8 {
            let middle = (a + b).normalized
            arc(&chain, about: p, from: a, to: middle, depth: depth + 1)
            arc(&chain, about: p, from: middle, to: b, depth: depth + 1)
            return
        }
        let end = p + b * radius
        guard abs(cross) > 1e-12 else { return chain.line(to: end) }
        let handle = 4.0 / 3 * share / (1 + (1 + share * share).squareRoot()) * (cross > 0 ? 1 : -1)
        chain.cubic(CubicCurve(chain.end, p + (a + a.perpendicular * handle) * radius, p + (b - b.perpendicular * handle) * radius, end))
    }
}
