/// One cubic Bézier segment over the parameters 0…1.
struct CubicCurve {
    var p0: Point, p1: Point, p2: Point, p3: Point

    init(_ p0: Point, _ p1: Point, _ p2: Point, _ p3: Point) { (self.p0, self.p1, self.p2, self.p3) = (p0, p1, p2, p3) }

    /// A straight segment, with its parameter proportional to length.
    init(from start: Point, to end: Point) {
        self.init(start, start.interpolated(to: end, 1.0 / 3), start.interpolated(to: end, 2.0 / 3), end)
    }

    func at(_ t: Double) -> Point {
        if t <= 0 { return p0 }
        if t >= 1 { return p3 }
        let a = p0.interpolated(to: p1, t), b = p1.interpolated(to: p2, t), c = p2.interpolated(to: p3, t)
        return a.interpolated(to: b, t).interpolated(to: b.interpolated(to: c, t), t)
    }

    /// The first derivative.
    func velocity(_ t: Double) -> Vector {
        let s = 1 - t
        return (p1 - p0) * (3 * s * s) + (p2 - p1) * (6 * s * t) + (p3 - p2) * (3 * t * t)
    }

    /// The second derivative.
    func acceleration(_ t: Double) -> Vector {
        ((p2 - p1) - (p1 - p0)) * (6 * (1 - t)) + ((p3 - p2) - (p2 - p1)) * (6 * t)
    }

    /// The parts before and after a parameter (de Casteljau).
    func split(at t: Double) -> (CubicCurve, CubicCurve) {
        let a = p0.interpolated(to: p1, t), b = p1.interpolated(to: p2, t), c = p2.interpolated(to: p3, t)
        let ab = a.interpolated(to: b, t), bc = b.interpolated(to: c, t), middle = ab.interpolated(to: bc, t)
        return (CubicCurve(p0, a, ab, middle), CubicCurve(middle, bc, c, p3))
    }

    /// The part between two parameters.
    func part(_ start: Double, _ end: Double) -> CubicCurve {
        let tail = start > 0 ? split(at: start).1 : self
        return end < 1 ? tail.split(at: (end - start) / (1 - start)).0 : tail
    }

    /// Length of the control polygon, which the curve's never exceeds.
    var polygonLength: Double { p0.distance(to: p1) + p1.distance(to: p2) + p2.distance(to: p3) }
}
