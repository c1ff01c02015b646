/// An outline made ready for questions about parts of the plane far smaller than itself.
///
///     let index = OutlineIndex(coast)
///     let bay = index.outline(near: box).combined(.intersection, with: BezierPath(box))
///
/// What lies wholly on one side of a box can be moved about on that side without winding around any point of the box more or
/// less often, so a whole stretch of it is as good as the line between its ends. Boxes of stretches in a tree find these.
public struct OutlineIndex: Sendable {
    private struct Segment {
        var start: Point, control1: Point, control2: Point, end: Point
        var isStraight: Bool

        var bounds: Rect {
            let box = Rect(start, end)
            return isStraight ? box : box.union(Rect(control1, control2))
        }
    }

    private static let fan = 8

    private var segments: [Segment] = []
    /// The first segment of each subpath.
    private var starts: [Int] = []
    /// Of every eight segments one box, then of every eight of these, up to one.
    private var levels: [[Rect]] = []

    /// Prepares an outline. Open subpaths are closed, as filling closes them.
    ///
    /// - Complexity: O(*n*) in time and memory.
    public init(_ outline: BezierPath) {
        segments.reserveCapacity(outline.elements.count)
        var (start, current) = (Point.zero, Point.zero)
        func line(_ end: Point) -> Segment { Segment(start: current, control1: current, control2: end, end: end, isStraight: true) }
        for element in outline.elements {
            switch element {
            case .move(let p):
                if current != start { segments.append(line(start)) }
                if starts.last != segments.count { starts.append(segments.count) }
                (start, current) = (p, p)
            case .line(let p):
                segments.append(line(p))
                current = p
            case .cubic(let c1, let c2, let p):
                segments.append(Segment(start: current, control1: c1, control2: c2, end: p, isStraight: false))
                current = p
            case .close:
                if current != start { segments.append(line(start)) }
                current = start
            }
        }
        if current != start { segments.append(line(start)) }
        if starts.last == segments.count { starts.removeLast() }

        var boxes = segments.map { $0.bounds }
        while boxes.count > 1 {
            boxes = stride(from: 0, to: boxes.count, by: Self.fan).map { first in
                boxes[first..<min(first + Self.fan, boxes.count)].dropFirst().reduce(boxes[first]) { $0.union($1) }
            }
            levels.append(boxes)
        }
    }

    /// An outline that winds around every point of a box as often as the whole one does, of the segments near the box and few others.
    ///
    /// Points on the edge of the box are not meant: a caller to whom these matter asks for a larger box.
    /// - Complexity: O(*k* log *n*) for *k* segments that come near the box.
    public func outline(near box: Rect) -> BezierPath {
        var trail = Trail()
        if levels.isEmpty {
            for index in segments.indices { visit(index, box, &trail) }
        } else {
            visit(levels.count - 1, 0, box, &trail)
        }
        trail.endSubpath()
        return trail.path
    }

    /// Visits the segments below a box of a level.
    private func visit(_ level: Int, _ index: Int, _ box: Rect, _ trail: inout Trail) {
        var span = Self.fan
        for _ in 0..<level { span *= Self.fan }
        let range = index * span..<min((index + 1) * span, segments.count)
        let sides = levels[level][index].sides(of: box)
        if sides.isEmpty {
            let children = range.lowerBound / (span / Self.fan)..<(range.upperBound + span / Self.fan - 1) / (span / Self.fan)
            for child in children { if level == 0 { visit(child, box, &trail) } else { visit(level - 1, child, box, &trail) } }
            return
        }
        // The last subpath that begins in here, and whether the one before goes on.
        let last = subpath(of: range.upperBound - 1), first = starts[last]
        if first >= range.lowerBound {
            let isInside = starts[subpath(of: range.lowerBound)] < range.lowerBound
            if isInside, let open = trail.start { trail.pass(to: open, sides) }
            trail.begin(at: segments[first].start)
        }
        trail.pass(to: segments[range.upperBound - 1].end, sides)
    }

    private func visit(_ index: Int, _ box: Rect, _ trail: inout Trail) {
        let segment = segments[index]
        if starts[subpath(of: index)] == index { trail.begin(at: segment.start) }
        let sides = segment.bounds.sides(of: box)
        if !sides.isEmpty { return trail.pass(to: segment.end, sides) }
        trail.draw()
        if segment.isStraight {
            trail.path.line(to: segment.end)
        } else {
            trail.path.cubic(segment.control1, segment.control2, to: segment.end)
        }
    }

    /// The subpath that a segment belongs to.
    private func subpath(of index: Int) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }

    /// The way along an outline, with what is passed over not drawn yet.
    private struct Trail {
        var path = BezierPath()
        /// Where the subpath in hand begins.
        var start: Point?
        private var isDrawn = false
        /// How far it was passed over, and on which sides all of that lies.
        private var pending: (end: Point, sides: Sides)?

        mutating func begin(at point: Point) {
            endSubpath()
            start = point
        }

        mutating func pass(to end: Point, _ sides: Sides) {
            if let passed = pending, !passed.sides.isDisjoint(with: sides) {
                pending = (end, passed.sides.intersection(sides))
            } else {
                if pending != nil { draw() }
                pending = (end, sides)
            }
        }

        /// Draws up to where the way has come.
        mutating func draw() {
            if !isDrawn, let start { path.move(to: start) }
            isDrawn = true
            if let pending { path.line(to: pending.end) }
            pending = nil
        }

        /// Ends a subpath; one that lies on one side of the box as a whole leaves nothing.
        mutating func endSubpath() {
            if isDrawn {
                draw()
                path.close()
            }
            (pending, isDrawn, start) = (nil, false, nil)
        }
    }
}

/// On which sides of a box something lies as a whole.
private struct Sides: OptionSet {
    var rawValue: UInt8
}

extension Rect {
    fileprivate func sides(of box: Rect) -> Sides {
        Sides(
            rawValue: (maxX < box.minX ? 1 : 0) | (minX > box.maxX ? 2 : 0) | (maxY < box.minY ? 4 : 0) | (minY > box.maxY ? 8 : 0))
    }
}
