/// An outline of straight and cubic segments in one or more subpaths.
///
///     var path = BezierPath()
///     path.move(to: Point(0, 0)); path.line(to: Point(8, 0)); path.line(to: Point(8, 8)); path.close()
///     let moved = path.transformed(by: .translation(1, 1))
///
/// Quadratic curves and arcs are turned into cubics when they enter, so every consumer meets four cases only.
@frozen
public struct BezierPath: Hashable, Sendable {
    /// One drawing step; each continues from where the last one ended.
    @frozen
    public enum Element: Hashable, Sendable {
        /// Starts a subpath.
        case move(Point)
        /// A straight segment.
        case line(Point)
        /// A cubic Bézier segment: two control points and the end.
        case cubic(Point, Point, Point)
        /// A straight segment back to the start of the subpath, joined there.
        case close
    }

    /// The steps in drawing order. The first is a `move`, and so is one that follows `close`.
    public internal(set) var elements: [Element]

    /// An empty path.
    public init() { elements = [] }

    /// One of a path's `subpaths` as a path of its own.
    public init(_ subpath: ArraySlice<Element>) { elements = Array(subpath) }

    /// Whether nothing would be drawn.
    @inlinable public var isEmpty: Bool { elements.isEmpty }

    /// Makes room for further elements.
    public mutating func reserveCapacity(_ count: Int) { elements.reserveCapacity(count) }

    /// Starts a subpath at `p`.
    public mutating func move(to p: Point) { elements.append(.move(p)) }

    /// Adds a straight segment. A path must have begun.
    public mutating func line(to p: Point) {
        restartAfterClose()
        elements.append(.line(p))
    }

    /// Adds a cubic segment. A path must have begun.
    public mutating func cubic(_ control1: Point, _ control2: Point, to p: Point) {
        restartAfterClose()
        elements.append(.cubic(control1, control2, p))
    }

    /// Adds a quadratic segment as the cubic that draws the same curve exactly.
    public mutating func quadratic(_ control: Point, to p: Point) {
        let start = currentPoint ?? control
        cubic(start.interpolated(to: control, 2.0 / 3), p.interpolated(to: control, 2.0 / 3), to: p)
    }

    /// Closes the current subpath; closing twice or closing nothing has no effect.
    public mutating func close() {
        switch elements.last {
        case nil, .close: break
        default: elements.append(.close)
        }
    }

    /// The elements of each subpath, in drawing order.
    public var subpaths: [ArraySlice<Element>] {
        var result: [ArraySlice<Element>] = [], start = 0
        for index in elements.indices.dropFirst() {
            guard case .move = elements[index] else { continue }
            result.append(elements[start..<index])
            start = index
        }
        if !elements.isEmpty { result.append(elements[start...]) }
        return result
    }

    /// Adds every subpath of another path.
    public mutating func append(_ other: BezierPath) { elements.append(contentsOf: other.elements) }

    /// Where the next segment would start: nil when nothing was drawn, the subpath's start after `close`.
    public var currentPoint: Point? {
        switch elements.last {
        case nil: nil
        case .move(let p), .line(let p), .cubic(_, _, let p): p
        case .close: lastMove
        }
    }

    /// The path with every point mapped.
    public func transformed(by transform: AffineTransform) -> BezierPath {
        var result = BezierPath()
        result.elements = elements.map { element in
            switch element {
            case .move(let p): .move(transform(p))
            case .line(let p): .line(transform(p))
            case .cubic(let c1, let c2, let p): .cubic(transform(c1), transform(c2), transform(p))
            case .close: .close
            }
        }
        return result
    }

    private var lastMove: Point? {
        for element in elements.reversed() {
            if case .move(let p) = element { return p }
        }
        return nil
    }

    mutating func restartAfterClose() {
        precondition(!elements.isEmpty, "a path starts with move(to:)")
        if case .close? = elements.last, let start = lastMove { elements.append(.move(start)) }
    }
}
