extension BezierPath {
    /// The least and the greatest winding number of any face, where control points alone show that contours neither cross nor touch, each
    /// other or themselves; nil where they do not show it.
    ///
    /// Curves lie in the hulls of their control points, so curves whose hulls a line separates do not meet; where none is found, halves are
    /// looked at. Contours must keep 2⁻¹³ of the outline's larger side apart, twice what `Arrangement` flattens to. Glyphs and icons
    /// nearly always do, and are told here at a tenth of the price of an arrangement.
    ///
    /// - Parameters:
    ///   - isTidy: Whether nil is also to be said of a path with a subpath that is not closed, or a point.
    ///   - work: How many pairs may be looked at; those that were are taken off.
    /// - Complexity: O(*n* log *n* + *p*) for *n* curves, of which *p* pairs overlap in x; ends after some tens of looks for each curve.
    func clearWindings(ifTidy isTidy: Bool = false, work: inout Int) -> ClosedRange<Int>? {
        guard !isTidy || subpathsAreClosed, isComputable, let contours = SimpleContours(self) else { return nil }
        var looks = max(0, min(work, 64 * contours.pieces.count))
        let before = looks
        defer { work -= before - max(looks, 0) }
        return contours.areApart(&looks) ? contours.windings : nil
    }

    /// Whether each subpath draws something and ends with `close`.
    private var subpathsAreClosed: Bool {
        var isOpen = false, length = 0
        for element in elements {
            switch element {
            case .move:
                if isOpen { return false }
                (isOpen, length) = (true, 0)
            case .line, .cubic: (isOpen, length) = (true, length + 1)
            case .close:
                if length == 0 { return false }
                (isOpen, length) = (false, 0)
            }
        }
        return !isOpen
    }

    /// How often the outline winds around every point of a box, where its control points show that it stays clear of the box; nil where it
    /// may come in.
    ///
    /// - Complexity: O(*n*)
    public func winding(around box: Rect) -> Int? {
        guard isComputable else { return 0 }
        let point = box.center, box = Box(minX: box.minX, minY: box.minY, maxX: box.maxX, maxY: box.maxY)
        var (start, current, winding) = (Point.zero, Point.zero, 0)
        func pass(_ curve: CubicCurve) -> Bool {
            guard curve.staysClear(of: box, 3), let crossings = curve.crossings(leftOf: point, 24) else { return false }
            winding += crossings
            return true
        }
        for element in elements {
            switch element {
            case .move(let p):
                guard pass(CubicCurve(from: current, to: start)) else { return nil }
                (start, current) = (p, p)
            case .line(let p):
                guard pass(CubicCurve(from: current, to: p)) else { return nil }
                current = p
            case .cubic(let c1, let c2, let p):
                guard pass(CubicCurve(current, c1, c2, p)) else { return nil }
                current = p
            case .close:
                guard pass(CubicCurve(from: current, to: start)) else { return nil }
                current = start
            }
        }
        return pass(CubicCurve(from: current, to: start)) ? winding : nil
    }
}

/// Closed contours as pieces of curves, each contour with three or more, so that two of them share one end at most.
private struct SimpleContours {
    struct Piece {
        var curve: CubicCurve
        var box: Box
        var contour: Int
    }

    private(set) var pieces: [Piece] = []
    /// The first piece of each contour; the last number is the count of all pieces.
    private var starts = [0]
    private var boxes: [Box] = []
    /// How far apart contours must be.
    private var gap = 0.0

    /// Nil for an outline without any size, or whose contour is a loop in itself.
    init?(_ path: BezierPath) {
        var (start, current) = (Point.zero, Point.zero)
        pieces.reserveCapacity(path.elements.count + 8)
        for element in path.elements {
            switch element {
            case .move(let p):
                line(current, start)
                end()
                (start, current) = (p, p)
            case .line(let p):
                line(current, p)
                current = p
            case .cubic(let c1, let c2, let p):
                guard add(CubicCurve(current, c1, c2, p), 3) else { return nil }
                current = p
            case .close:
                line(current, start)
                end()
                current = start
            }
        }
        line(current, start)
        end()
        guard var box = boxes.first else { return nil }
        for other in boxes { box.unite(other) }
        gap = max(box.maxX - box.minX, box.maxY - box.minY) / Double(1 << 13)
        guard gap > 0, gap.isFinite else { return nil }
    }

    private mutating func line(_ a: Point, _ b: Point) {
        if a != b { append(CubicCurve(from: a, to: b)) }
    }

    private mutating func append(_ curve: CubicCurve) { pieces.append(Piece(curve: curve, box: curve.hullBox, contour: boxes.count)) }

    /// Adds a curve in pieces that do not turn back, so that none crosses itself.
    private mutating func add(_ curve: CubicCurve, _ depth: Int) -> Bool {
        let chord = curve.p3 - curve.p0
        let (a, b, c) = ((curve.p1 - curve.p0).dot(chord), (curve.p2 - curve.p1).dot(chord), (curve.p3 - curve.p2).dot(chord))
        if a >= 0, b >= 0, c >= 0, a + b + c > 0 {
            append(curve)
            return true
        }
        if curve.p0 == curve.p1, curve.p0 == curve.p2, curve.p0 == curve.p3 { return true }
        guard depth > 0 else { return false }
        let halves = curve.split(at: 0.5)
        return add(halves.0, depth - 1) && add(halves.1, depth - 1)
    }

    private mutating func end() {
        let start = starts[boxes.count]
        guard start < pieces.count else { return }
        while pieces.count < start + 3 {
            let halves = pieces[start...].flatMap { piece in [piece.curve.split(at: 0.5).0, piece.curve.split(at: 0.5).1] }
            pieces.removeSubrange(start...)
            halves.forEach { append($0) }
        }
        var box = pieces[start].box
        for piece in pieces[start...] { box.unite(piece.box) }
        boxes.append(box)
        starts.append(pieces.count)
    }

    // MARK: Apart

    /// Whether no two pieces meet but where one goes on from the other.
    func areApart(_ looks: inout Int) -> Bool {
        let order = pieces.indices.sorted { pieces[$0].box.minX < pieces[$1].box.minX }
        var open: [Int] = []
        for index in order {
            let piece = pieces[index]
            var kept = 0
            for place in open.indices {
                let other = open[place]
                if pieces[other].box.maxX + gap < piece.box.minX { continue }
                open[kept] = other
                kept += 1
                looks -= 1
                if looks < 0 { return false }
                if pieces[other].box.isApart(piece.box, by: gap) { continue }
                let areFine =
                    if goesOn(from: other, to: index) {
                        meetOnce(pieces[other].curve, piece.curve, &looks, 4)
                    } else if goesOn(from: index, to: other) {
                        meetOnce(piece.curve, pieces[other].curve, &looks, 4)
                    } else {
                        areApart(pieces[other].curve, piece.curve, &looks, 8)
                    }
                if !areFine { return false }
            }
            open.removeSubrange(kept...)
            open.append(index)
        }
        return true
    }

    /// Whether one piece follows another in their contour.
    private func goesOn(from a: Int, to b: Int) -> Bool {
        let contour = pieces[a].contour
        return pieces[b].contour == contour && (a + 1 == starts[contour + 1] ? starts[contour] : a + 1) == b
    }

    private func areApart(_ a: CubicCurve, _ b: CubicCurve, _ looks: inout Int, _ depth: Int) -> Bool {
        looks -= 1
        let (boxA, boxB) = (a.hullBox, b.hullBox)
        if boxA.isApart(boxB, by: gap) || a.hasBeside(b, by: gap) || b.hasBeside(a, by: gap) { return true }
        guard depth > 0, looks > 0 else { return false }
        let (longer, other) = boxA.side >= boxB.side ? (a, b) : (b, a)
        let halves = longer.split(at: 0.5)
        return areApart(halves.0, other, &looks, depth - 1) && areApart(halves.1, other, &looks, depth - 1)
    }

    /// Whether two curves, of which the second begins where the first ends, meet there only: a line across the joint separates them.
    private func meetOnce(_ a: CubicCurve, _ b: CubicCurve, _ looks: inout Int, _ depth: Int) -> Bool {
        looks -= 1
        let joint = b.p0, direction = (a.p3 - a.p0).normalized + (b.p3 - b.p0).normalized
        func isBefore(_ p: Point) -> Bool { p == joint || (joint - p).dot(direction) > 0 }
        func isAfter(_ p: Point) -> Bool { p == joint || (p - joint).dot(direction) > 0 }
        if direction.length > 0.01, isBefore(a.p0), isBefore(a.p1), isBefore(a.p2), isAfter(b.p1), isAfter(b.p2), isAfter(b.p3) {
            return true
        }
        guard depth > 0, looks > 0 else { return false }
        let (before, after) = (a.split(at: 0.5), b.split(at: 0.5))
        return areApart(before.0, b, &looks, 4) && areApart(before.1, after.1, &looks, 4) && meetOnce(before.1, after.0, &looks, depth - 1)
    }

    // MARK: Windings

    /// The least and the greatest winding number beside any contour, which are those of all faces, as contours do not meet; nil where a
    /// contour has next to no area, or another goes through its first point.
    var windings: ClosedRange<Int>? {
        var (least, greatest) = (0, 0)
        for (contour, start) in starts.dropLast().enumerated() {
            let point = pieces[start].curve.p0
            var outside = 0
            for other in boxes.indices where other != contour && boxes[other].contains(point) {
                for piece in pieces[starts[other]..<starts[other + 1]] {
                    guard let crossings = piece.curve.crossings(leftOf: point, 24) else { return nil }
                    outside += crossings
                }
            }
            let area = pieces[start..<starts[contour + 1]].reduce(0) { $0 + $1.curve.area(from: point) }
            guard area.magnitude > gap * gap else { return nil }
            let inside = outside + (area > 0 ? 1 : -1)
            (least, greatest) = (min(least, outside, inside), max(greatest, outside, inside))
        }
        return least...greatest
    }
}

/// A box of control points.
private struct Box {
    var minX: Double, minY: Double, maxX: Double, maxY: Double

    var side: Double { max(maxX - minX, maxY - minY) }

    mutating func unite(_ other: Box) {
        (minX, minY) = (min(minX, other.minX), min(minY, other.minY))
        (maxX, maxY) = (max(maxX, other.maxX), max(maxY, other.maxY))
    }

    func isApart(_ other: Box, by gap: Double) -> Bool {
        minX - other.maxX > gap || other.minX - maxX > gap || minY - other.maxY > gap || other.minY - maxY > gap
    }

    func contains(_ p: Point) -> Bool { p.x >= minX && p.x <= maxX && p.y >= minY && p.y <= maxY }
}

extension CubicCurve {
    fileprivate var hullBox: Box {
        Box(
            minX: min(min(p0.x, p1.x), min(p2.x, p3.x)), minY: min(min(p0.y, p1.y), min(p2.y, p3.y)),
            maxX: max(max(p0.x, p1.x), max(p2.x, p3.x)), maxY: max(max(p0.y, p1.y), max(p2.y, p3.y)))
    }

    /// Whether a line along this curve's chord has the other's hull on one side and its own on the other, so far apart.
    fileprivate func hasBeside(_ other: CubicCurve, by gap: Double) -> Bool {
        let normal = (p3 - p0).perpendicular.normalized
        if normal == .zero { return false }
        func distance(_ p: Point) -> Double { (p - p0).dot(normal) }
        let (a, b) = (distance(p1), distance(p2))
        let (w, x, y, z) = (distance(other.p0), distance(other.p1), distance(other.p2), distance(other.p3))
        return min(min(w, x), min(y, z)) > max(0, max(a, b)) + gap || max(max(w, x), max(y, z)) < min(0, min(a, b)) - gap
    }

    /// Whether boxes of so many halves tell that no point of the curve lies in a box.
    fileprivate func staysClear(of box: Box, _ depth: Int) -> Bool {
        if p0 == p3, p0 == p1, p0 == p2 { return true }
        if hullBox.isApart(box, by: 0) { return true }
        guard depth > 0 else { return false }
        let halves = split(at: 0.5)
        return halves.0.staysClear(of: box, depth - 1) && halves.1.staysClear(of: box, depth - 1)
    }

    /// How often the curve crosses the line from a point to the left, upwards less downwards on screen; nil when it goes through the point as
    /// far as so many halvings can say.
    fileprivate func crossings(leftOf p: Point, _ depth: Int) -> Int? {
        let box = hullBox
        if p.y < box.minY || p.y > box.maxY || p.x < box.minX { return 0 }
        if p.x > box.maxX { return (p0.y <= p.y) == (p3.y <= p.y) ? 0 : (p3.y > p.y ? -1 : 1) }
        guard depth > 0 else { return nil }
        let halves = split(at: 0.5)
        guard let first = halves.0.crossings(leftOf: p, depth - 1), let second = halves.1.crossings(leftOf: p, depth - 1) else {
            return nil
        }
        return first + second
    }

    /// Twice the area swept as seen from a point, positive clockwise on screen.
    fileprivate func area(from origin: Point) -> Double {
        let (a, b, c, d) = (p0 - origin, p1 - origin, p2 - origin, p3 - origin)
        return (6 * a.cross(b) + 3 * a.cross(c) + a.cross(d) + 3 * b.cross(c) + 3 * b.cross(d) + 6 * c.cross(d)) / 10
    }
}
