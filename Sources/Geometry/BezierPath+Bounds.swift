extension BezierPath {
    /// The smallest rectangle that holds every point of the outline, exact for curves; nil for an empty path.
    ///
    /// A subpath of a single `move` counts with its point. Stroke width is not part of it.
    /// - Complexity: O(*n*)
    public var bounds: Rect? {
        guard case .move(let first)? = elements.first else { return nil }
        var low = first, high = first
        var current = first, start = first
        func include(_ p: Point) {
            low = Point(min(low.x, p.x), min(low.y, p.y))
            high = Point(max(high.x, p.x), max(high.y, p.y))
        }
        for element in elements {
            switch element {
            case .move(let p):
                include(p)
                (current, start) = (p, p)
            case .line(let p):
                include(p)
                current = p
            case .cubic(let c1, let c2, let p):
                include(p)
                // Curves whose control points lie inside the box add nothing: they stay in the hull.
                if min(c1.x, c2.x) < low.x || max(c1.x, c2.x) > high.x {
                    extend(&low.x, &high.x, current.x, c1.x, c2.x, p.x)
                }
                if min(c1.y, c2.y) < low.y || max(c1.y, c2.y) > high.y {
                    extend(&low.y, &high.y, current.y, c1.y, c2.y, p.y)
                }
                current = p
            case .close:
                current = start
            }
        }
        return Rect(low, high)
    }

    /// Whether all coordinates can be computed with: those that are no numbers cannot, nor can what lies beyond 1e90, since its cube
    /// must be a number too. Drawings have such coordinates where transforms overflow.
    var isComputable: Bool {
        func isFine(_ p: Point) -> Bool { p.x.magnitude < Self.farthest && p.y.magnitude < Self.farthest }
        return elements.allSatisfy { element in
            switch element {
            case .move(let p), .line(let p): isFine(p)
            case .cubic(let c1, let c2, let p): isFine(c1) && isFine(c2) && isFine(p)
            case .close: true
            }
        }
    }

    static var farthest: Double { 1e90 }
}

/// Widens `low…high` by the extremes of one coordinate of a cubic: the roots of its derivative inside 0…1.
private func extend(_ low: inout Double, _ high: inout Double, _ p0: Double, _ p1: Double, _ p2: Double, _ p3: Double) {
    // Derivative / 3 = a·t² + 2·b·t + c.
    let a = p3 - p0 + 3 * (p1 - p2)
    let b = p0 - 2 * p1 + p2
    let c = p1 - p0
    func include(_ t: Double) {
        guard t > 0, t < 1 else { return }
        let u = 1 - t
        let value = u * u * u * p0 + 3 * u * u * t * p1 + 3 * u * t * t * p2 + t * t * t * p3
        low = min(low, value)
        high = max(high, value)
    }
    let discriminant = b * b - a * c
    guard discriminant >= 0 else { return }
    // The stable pair of formulas: neither subtracts nearly equal numbers (Press et al., Numerical Recipes, 5.6).
    let q = b < 0 ? -b + discriminant.squareRoot() : -b - discriminant.squareRoot()
    if a != 0 { include(q / a) }
    if q != 0 { include(c / q) }
}
