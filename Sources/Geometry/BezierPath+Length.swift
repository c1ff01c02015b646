extension BezierPath {
    /// The length of all segments together, closing lines included, within 1e-4 of itself and far closer for smooth curves.
    ///
    /// A cubic is halved until its chord is nearly as long as its control polygon; their mean is then its length to second
    /// order (Gravesen, "Adaptive Subdivision and the Length and Energy of Bézier Curves", Computational Geometry 8, 1997).
    /// - Complexity: O(*n*); at most 64 pieces for each cubic.
    public var length: Double {
        var sum = 0.0
        var current = Point.zero, start = Point.zero
        for element in elements {
            switch element {
            case .move(let p): (current, start) = (p, p)
            case .line(let p):
                sum += current.distance(to: p)
                current = p
            case .cubic(let c1, let c2, let p):
                sum += cubicLength(current, c1, c2, p, depth: 6)
                current = p
            case .close:
                sum += current.distance(to: start)
                current = start
            }
        }
        return sum
    }
}

private func cubicLength(_ p0: Point, _ p1: Point, _ p2: Point, _ p3: Point, depth: Int) -> Double {
    let chord = p0.distance(to: p3)
    let polygon = p0.distance(to: p1) + p1.distance(to: p2) + p2.distance(to: p3)
    if depth == 0 || polygon - chord <= 1e-3 * polygon { return (chord + polygon) / 2 }
    let a = p0.interpolated(to: p1, 0.5), b = p1.interpolated(to: p2, 0.5), c = p2.interpolated(to: p3, 0.5)
    let ab = a.interpolated(to: b, 0.5), bc = b.interpolated(to: c, 0.5)
    let middle = ab.interpolated(to: bc, 0.5)
    return cubicLength(p0, a, ab, middle, depth: depth - 1) + cubicLength(middle, bc, c, p3, depth: depth - 1)
}
