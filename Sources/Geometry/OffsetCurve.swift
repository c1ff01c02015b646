/// The curve at a signed distance beside a cubic, as cubics.
///
/// For each interval of the parameter the tangents at both ends are those of the source, and the lengths of the two handles
/// follow by least squares from points of the true offset, with their parameters corrected once (Hoschek, "Spline approximation
/// of offset curves", Computer Aided Geometric Design 5, 1988). Where the distance from the true offset, measured at seven
/// points, exceeds the tolerance, the interval is halved. Where the source bends more sharply than the distance, the offset
/// runs backwards between two cusps; intervals are cut at the cusps, so that each piece runs one way.
struct OffsetCurve {
    /// A cubic beside the source between two of its parameters.
    struct Piece {
        var curve: CubicCurve
        var start: Double, end: Double
        /// Whether it runs against the source, beyond the centre of curvature.
        var isBackward: Bool
    }

    let source: CubicCurve
    /// Directions at the ends of the source, of length 1: its derivative may vanish there.
    let startDirection: Vector, endDirection: Vector
    /// Towards `Vector.perpendicular` when positive.
    let distance: Double
    let tolerance: Double
    private(set) var pieces: [Piece] = []

    private static let samples = [0.06, 0.2, 0.35, 0.5, 0.65, 0.8, 0.94]
    /// 4096 pieces for one cubic are more than any drawing needs; what is still inexact then stays so.
    private static let deepest = 12

    init(_ source: CubicCurve, _ startDirection: Vector, _ endDirection: Vector, distance: Double, tolerance: Double) {
        self.source = source
        (self.startDirection, self.endDirection) = (startDirection, endDirection)
        (self.distance, self.tolerance) = (distance, tolerance)
        add(0, 1, depth: 0)
    }

    func direction(_ t: Double) -> Vector {
        if t <= 0 { return startDirection }
        if t >= 1 { return endDirection }
        return source.velocity(t).normalized
    }

    func point(_ t: Double) -> Point { source.at(t) + direction(t).perpendicular * distance }

    /// The centre of curvature, but no further from the source than the offset.
    func center(_ t: Double) -> Point {
        let velocity = source.velocity(t), speed = velocity.length
        let radius = speed * speed * speed / velocity.cross(source.acceleration(t))
        guard radius.isFinite else { return source.at(t) }
        return source.at(t) + direction(t).perpendicular * min(max(radius, -distance.magnitude), distance.magnitude)
    }

    /// Positive where the offset runs the way of the source: 1 − κ · distance, times the cube of the speed.
    private func progress(_ t: Double) -> Double {
        let velocity = source.velocity(t), speed = velocity.length
        return speed * speed * speed - distance * velocity.cross(source.acceleration(t))
    }

    private mutating func add(_ start: Double, _ end: Double, depth: Int) {
        if depth < Self.deepest {
            var last = (t: 0.0, isBackward: false)
            for (index, share) in Self.samples.enumerated() {
                let t = start + (end - start) * share, isBackward = progress(t) < 0
                if index > 0, isBackward != last.isBackward {
                    var (low, high) = (last.t, t)
                    for _ in 0..<40 {
                        let middle = (low + high) / 2
                        if (progress(middle) < 0) == last.isBackward { low = middle } else { high = middle }
                    }
                    add(start, high, depth: depth + 1)
                    add(high, end, depth: depth + 1)
                    return
                }
                last = (t, isBackward)
            }
        }
        let (curve, isBackward, error) = fit(start, end)
        if error <= 0.7 * tolerance || depth >= Self.deepest {
            pieces.append(Piece(curve: curve, start: start, end: end, isBackward: isBackward))
        } else {
            let middle = (start + end) / 2
            add(start, middle, depth: depth + 1)
            add(middle, end, depth: depth + 1)
        }
    }

    /// One cubic for an interval, and the greatest distance of a sample from it.
    private func fit(_ start: Double, _ end: Double) -> (curve: CubicCurve, isBackward: Bool, error: Double) {
        let p0 = point(start), p3 = point(end)
        let isBackward = progress((start + end) / 2) < 0
        let way = isBackward ? -1.0 : 1.0
        let d0 = direction(start) * way, d1 = direction(end) * way
        let times = Self.samples.map { start + (end - start) * $0 }
        let targets = times.map { point($0) }

        let extent = targets.reduce(p0.distance(to: p3)) { max($0, $1.distance(to: p0)) }
        if extent <= tolerance / 2 { return (CubicCurve(from: p0, to: p3), isBackward, 0) }

        // The offset follows the source, and so do its parameters at first.
        var parameters = Self.samples
        var best = (curve: CubicCurve(from: p0, to: p3), error: Double.infinity)
        for _ in 0..<3 {
            let curve = Self.leastSquares(p0, d0, d1, p3, targets, parameters)
            var error = 0.0
            for index in targets.indices {
                var u = parameters[index]
                // The point of the cubic nearest to the sample, by Newton's method on the way along the cubic.
                for _ in 0..<3 {
                    let gap = curve.at(u) - targets[index], velocity = curve.velocity(u)
                    let slope = velocity.dot(velocity) + gap.dot(curve.acceleration(u))
                    guard slope > 0 else { break }
                    u = min(max(u - gap.dot(velocity) / slope, 0), 1)
                }
                parameters[index] = u
                error = max(error, curve.at(u).distance(to: targets[index]))
            }
            if error < best.error { best = (curve, error) }
            if error <= 0.7 * tolerance { break }
        }
        return (best.curve, isBackward, best.error)
    }

    private static func leastSquares(
        _ p0: Point, _ d0: Vector, _ d1: Vector, _ p3: Point, _ targets: [Point], _ parameters: [Double]
    ) -> CubicCurve {
        var (aa, ab, bb, ar, br) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (target, u) in zip(targets, parameters) {
            let s = 1 - u
            let (b1, b2) = (3 * s * s * u, 3 * s * u * u)
            let rest = target - p0.interpolated(to: p3, b2 + u * u * u)
            aa += b1 * b1
            bb += b2 * b2
            ab -= b1 * b2 * d0.dot(d1)
            ar += b1 * d0.dot(rest)
            br -= b2 * d1.dot(rest)
        }
        let determinant = aa * bb - ab * ab, chord = p0.distance(to: p3)
        var (alpha, beta) = ((ar * bb - br * ab) / determinant, (br * aa - ar * ab) / determinant)
        // Handles that point backwards or far away would make loops of their own.
        if !(alpha >= 0 && beta >= 0 && alpha + beta <= 4 * chord) { (alpha, beta) = (chord / 3, chord / 3) }
        return CubicCurve(p0, p0 + d0 * alpha, p3 - d1 * beta, p3)
    }
}
