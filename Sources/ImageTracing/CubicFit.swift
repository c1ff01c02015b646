import AtelierGeometry

/// A cubic fitted to a row of points whose ends are given.
struct CubicFit {
    var c1: Point
    var c2: Point
    /// Mean squared distance of the samples, px².
    var meanSquare: Double
    /// Largest distance of a sample, px.
    var worst: Double
}

/// Fits the cubic from `a` to `d` whose distance from the points between is smallest, by Gauss–Newton on the distances along the
/// normals with one step of each sample's parameter towards its foot in every round.
///
/// The unknowns are the lengths of the two handles; where a tangent is not given, its direction too. A weak pull towards handles of a
/// third of the length keeps straight stretches determined.
///
/// - Parameters:
///   - p: All points; `from` and `to` are near `a` and `d` and not looked at.
///   - s: Length along the points up to each.
///   - start: Unit tangent at `a`, nil when free.
///   - end: Unit tangent at `d`, pointing back into the curve, nil when free.
///   - locked: The first control point, when it is given.
///   - samples: Points looked at, at most 48, spread evenly.
///   - limit: Distance at which the fit is of no use; nil is then returned.
/// - Complexity: O(samples × rounds).
func fitCubic(
    _ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ from: Int, _ to: Int, _ a: Point, _ d: Point, start: Vector?, end: Vector?,
    locked: Point? = nil, samples: Int, rounds: Int, limit: Double
) -> CubicFit? {
    let length = max(1e-6, s[to] - s[from])
    let inner = to - from - 1
    let chord = (d - a).normalized
    guard inner > 0 else {
        let t1 = start ?? chord, t2 = end ?? -chord
        return CubicFit(c1: locked ?? a + t1 * (length / 3), c2: d + t2 * (length / 3), meanSquare: 0, worst: 0)
    }
    let m = min(inner, min(48, samples))
    var t1 = start ?? .zero, t2 = end ?? .zero
    if start == nil {
        let k = min(to - 1, from + 1 + inner / 4)
        t1 = (p[k] - a).normalized
        if t1 == .zero { t1 = chord }
    }
    if end == nil {
        let k = max(from + 1, to - 1 - inner / 4)
        t2 = (p[k] - d).normalized
        if t2 == .zero { t2 = -chord }
    }
    let n1 = t1.perpendicular, n2 = t2.perpendicular
    let isLocked = locked != nil
    let free1 = start == nil && inner > 2 && !isLocked, free2 = end == nil && inner > 2
    let third = length / 3
    var alpha = third, beta = third, delta = 0.0, epsilon = 0.0
    var c1 = locked ?? a + t1 * alpha, c2 = d + t2 * beta
    var u = InlineArray<48, Double>(repeating: 0)
    var index = InlineArray<48, Int32>(repeating: 0)
    for k in 0..<m {
        let i = from + 1 + (m == inner ? k : (2 * k + 1) * inner / (2 * m))
        index[k] = Int32(truncatingIfNeeded: i)
        u[k] = (s[i] - s[from]) / length
    }
    let pull = 3e-4 * Double(m)
    var round = 0
    while true {
        let isLast = round == rounds
        var sum = 0.0, worst = 0.0
        var (h11, h12, h13, h14, h22, h23, h24) = (pull, 0.0, 0.0, 0.0, pull, 0.0, 0.0)
        var (h33, h34, h44) = (pull, 0.0, pull)
        var g1 = pull * (third - alpha), g2 = pull * (third - beta), g3 = -pull * delta, g4 = -pull * epsilon
        for k in 0..<m {
            let q = p[Int(index[k])]
            let t = u[k], v = 1 - t
            let vv = v * v, tt = t * t
            let b1 = 3 * vv * t, b2 = 3 * v * tt
            let b0 = vv * v, b3 = tt * t
            let ex = b0 * a.x + b1 * c1.x + b2 * c2.x + b3 * d.x - q.x
            let ey = b0 * a.y + b1 * c1.y + b2 * c2.y + b3 * d.y - q.y
            let vt = 2 * v * t
            let dx = 3 * (vv * (c1.x - a.x) + vt * (c2.x - c1.x) + tt * (d.x - c2.x))
            let dy = 3 * (vv * (c1.y - a.y) + vt * (c2.y - c1.y) + tt * (d.y - c2.y))
            let inverse = 1 / (dx * dx + dy * dy + 1e-12)
            let cross = dx * ey - dy * ex, along = dx * ex + dy * ey
            let square = cross * cross * inverse
            sum += square
            worst = max(worst, square)
            if isLast {
                // What is left along the curve is harmless unless it is much.
                worst = max(worst, 0.09 * along * along * inverse)
                continue
            }
            u[k] = max(0.001, min(0.999, t - along * inverse))
            let ci = cross * inverse
            let j1 = isLocked ? 0 : b1 * (dx * t1.dy - dy * t1.dx), j2 = b2 * (dx * t2.dy - dy * t2.dx)
            h11 += j1 * j1 * inverse
            h12 += j1 * j2 * inverse
            h22 += j2 * j2 * inverse
            g1 -= j1 * ci
            g2 -= j2 * ci
            if free1 || free2 {
                let j3 = free1 ? b1 * (dx * n1.dy - dy * n1.dx) : 0, j4 = free2 ? b2 * (dx * n2.dy - dy * n2.dx) : 0
                h13 += j1 * j3 * inverse
                h14 += j1 * j4 * inverse
                h23 += j2 * j3 * inverse
                h24 += j2 * j4 * inverse
                h33 += j3 * j3 * inverse
                h34 += j3 * j4 * inverse
                h44 += j4 * j4 * inverse
                g3 -= j3 * ci
                g4 -= j4 * ci
            }
        }
        if isLast { return CubicFit(c1: c1, c2: c2, meanSquare: sum / Double(m), worst: worst.squareRoot()) }
        if round > 0, worst > 25 * limit * limit { return nil }
        // Cholesky, unknowns in the order 1 2 3 4; all pivots are at least `pull`.
        let l11 = h11
        let f2 = h12 / l11, f3 = h13 / l11, f4 = h14 / l11
        let k22 = h22 - f2 * h12
        g2 -= f2 * g1
        if free1 || free2 {
            let k23 = h23 - f2 * h13, k24 = h24 - f2 * h14
            let k33 = h33 - f3 * h13
            let k34 = h34 - f3 * h14
            let k44 = h44 - f4 * h14
            g3 -= f3 * g1
            g4 -= f4 * g1
            let e3 = k23 / k22, e4 = k24 / k22
            let m33 = k33 - e3 * k23, m34 = k34 - e3 * k24, m44 = k44 - e4 * k24
            g3 -= e3 * g2
            g4 -= e4 * g2
            let o4 = m34 / m33
            let z4 = (g4 - o4 * g3) / (m44 - o4 * m34)
            let z3 = (g3 - m34 * z4) / m33
            let z2 = (g2 - k23 * z3 - k24 * z4) / k22
            let z1 = (g1 - h12 * z2 - h13 * z3 - h14 * z4) / l11
            alpha += z1
            beta += z2
            delta += z3
            epsilon += z4
            delta = max(-alpha, min(alpha, delta))
            epsilon = max(-beta, min(beta, epsilon))
        } else {
            let z2 = g2 / k22
            beta += z2
            alpha += (g1 - h12 * z2) / l11
        }
        alpha = max(0.04 * length, min(1.2 * length, alpha))
        beta = max(0.04 * length, min(1.2 * length, beta))
        if !isLocked { c1 = a + t1 * alpha + n1 * (free1 ? max(-length, min(length, delta)) : 0) }
        c2 = d + t2 * beta + n2 * (free2 ? max(-length, min(length, epsilon)) : 0)
        round += 1
    }
}

/// How far the points are from a given cubic; parameters are moved to the feet in a few steps.
///
/// - Parameters: as `fitCubic`.
func measureCubic(
    _ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ from: Int, _ to: Int, _ a: Point, _ c1: Point, _ c2: Point, _ d: Point,
    samples: Int
) -> CubicFit {
    let length = max(1e-6, s[to] - s[from]), inner = to - from - 1
    let m = min(inner, samples)
    var sum = 0.0, worst = 0.0
    for k in 0..<max(0, m) {
        let i = from + 1 + (m == inner ? k : (2 * k + 1) * inner / (2 * m))
        let q = p[i]
        var t = (s[i] - s[from]) / length
        var round = 0
        while true {
            let v = 1 - t
            let vv = v * v, tt = t * t
            let b1 = 3 * vv * t, b2 = 3 * v * tt
            let b0 = vv * v, b3 = tt * t
            let ex = b0 * a.x + b1 * c1.x + b2 * c2.x + b3 * d.x - q.x
            let ey = b0 * a.y + b1 * c1.y + b2 * c2.y + b3 * d.y - q.y
            let vt = 2 * v * t
            let dx = 3 * (vv * (c1.x - a.x) + vt * (c2.x - c1.x) + tt * (d.x - c2.x))
            let dy = 3 * (vv * (c1.y - a.y) + vt * (c2.y - c1.y) + tt * (d.y - c2.y))
            let inverse = 1 / (dx * dx + dy * dy + 1e-12)
            let along = dx * ex + dy * ey
            if round == 2 {
                let cross = dx * ey - dy * ex
                sum += cross * cross * inverse
                worst = max(worst, cross * cross * inverse, 0.09 * along * along * inverse)
                break
            }
            t = max(0.001, min(0.999, t - along * inverse))
            round += 1
        }
    }
    return CubicFit(c1: c1, c2: c2, meanSquare: sum / Double(max(1, m)), worst: worst.squareRoot())
}
