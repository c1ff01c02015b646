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
///   - samples: Points looked at, at most 32, spread evenly.
///   - limit: Distance of a sample at which the fit is of no use; nil is then returned.
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
    let m = min(inner, min(32, samples))
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
    // Two samples at a time; an odd one is doubled and its double does not count.
    var u = InlineArray<16, SIMD2<Double>>(repeating: .zero), qx = u, qy = u
    let pairs = (m + 1) / 2
    let perLength = 1 / length
    for k in 0..<pairs {
        let i = sample(2 * k, m, from, inner), j = sample(min(2 * k + 1, m - 1), m, from, inner)
        qx[unchecked: k] = SIMD2(p[i].x, p[j].x)
        qy[unchecked: k] = SIMD2(p[i].y, p[j].y)
        u[unchecked: k] = SIMD2(s[i] - s[from], s[j] - s[from]) * perLength
    }
    let pull = 3e-4 * Double(m)
    let h1 = isLocked ? .zero : t1, h3 = free1 ? n1 : .zero, h4 = free2 ? n2 : .zero
    var round = 0
    while true {
        let curve = PowerCubic(a, c1, c2, d)
        if round == rounds {
            var sum = SIMD2<Double>.zero
            var worst = SIMD2<Double>.zero
            for k in 0..<pairs {
                let foot = curve.foot(qx[unchecked: k], qy[unchecked: k], u[unchecked: k])
                var square = foot.cross * foot.cross * foot.inverse
                if k == pairs - 1, m & 1 == 1 { square[1] = 0 }
                sum += square
                // What is left along the curve is harmless unless it is much.
                let along = 0.09 * foot.along * foot.along * foot.inverse
                worst = worst.replacing(with: square, where: square .> worst)
                worst = worst.replacing(with: along, where: along .> worst)
                // A little more than the limit: the caller looks closely.
                if max(worst[0], worst[1]) > 1.000_001 * limit * limit { return nil }
            }
            let mean = (sum[0] + sum[1]) / Double(m)
            return CubicFit(c1: c1, c2: c2, meanSquare: mean, worst: max(worst[0], worst[1]).squareRoot())
        }
        var worst = SIMD2<Double>.zero
        var (s11, s12, s13, s14) = (SIMD2<Double>.zero, SIMD2<Double>.zero, SIMD2<Double>.zero, SIMD2<Double>.zero)
        var (s22, s23, s24) = (SIMD2<Double>.zero, SIMD2<Double>.zero, SIMD2<Double>.zero)
        var (s33, s34, s44) = (SIMD2<Double>.zero, SIMD2<Double>.zero, SIMD2<Double>.zero)
        var (r1, r2, r3, r4) = (SIMD2<Double>.zero, SIMD2<Double>.zero, SIMD2<Double>.zero, SIMD2<Double>.zero)
        for k in 0..<pairs {
            let t = u[unchecked: k]
            var foot = curve.foot(qx[unchecked: k], qy[unchecked: k], t)
            let step = foot.along * foot.inverse
            if k == pairs - 1, m & 1 == 1 { foot.inverse[1] = 0 }
            let square = foot.cross * foot.cross * foot.inverse
            worst = worst.replacing(with: square, where: square .> worst)
            let v = 1 - t
            let vt = 3 * v * t
            let b1 = vt * v, b2 = vt * t
            let moved = t - step
            let raised = moved.replacing(with: 0.001, where: moved .< 0.001)
            u[unchecked: k] = raised.replacing(with: 0.999, where: raised .> 0.999)
            let ci = foot.cross * foot.inverse
            let dx = foot.dx, dy = foot.dy
            let j1 = b1 * (dx * h1.dy - dy * h1.dx), j2 = b2 * (dx * t2.dy - dy * t2.dx)
            let i1 = j1 * foot.inverse, i2 = j2 * foot.inverse
            s11 += j1 * i1
            s12 += j1 * i2
            s22 += j2 * i2
            r1 += j1 * ci
            r2 += j2 * ci
            if free1 || free2 {
                let j3 = b1 * (dx * h3.dy - dy * h3.dx), j4 = b2 * (dx * h4.dy - dy * h4.dx)
                let i3 = j3 * foot.inverse, i4 = j4 * foot.inverse
                s13 += i1 * j3
                s14 += i1 * j4
                s23 += i2 * j3
                s24 += i2 * j4
                s33 += i3 * j3
                s34 += i3 * j4
                s44 += i4 * j4
                r3 += j3 * ci
                r4 += j4 * ci
            }
        }
        if round > 0, max(worst[0], worst[1]) > 25 * limit * limit { return nil }
        let h11 = pull + s11[0] + s11[1], h12 = s12[0] + s12[1], h22 = pull + s22[0] + s22[1]
        let h13 = s13[0] + s13[1], h14 = s14[0] + s14[1], h23 = s23[0] + s23[1], h24 = s24[0] + s24[1]
        let h33 = pull + s33[0] + s33[1], h34 = s34[0] + s34[1], h44 = pull + s44[0] + s44[1]
        let g1 = pull * (third - alpha) - r1[0] - r1[1]
        var g2 = pull * (third - beta) - r2[0] - r2[1], g3 = -pull * delta - r3[0] - r3[1], g4 = -pull * epsilon - r4[0] - r4[1]
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

/// How far the points are from a given cubic, nil when one is farther than `limit`; parameters are moved to the feet in a few steps.
///
/// - Parameters: as `fitCubic`.
func measureCubic(
    _ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ from: Int, _ to: Int, _ a: Point, _ c1: Point, _ c2: Point, _ d: Point,
    samples: Int, limit: Double
) -> CubicFit? {
    let length = max(1e-6, s[to] - s[from]), inner = to - from - 1
    let m = min(inner, samples)
    guard m > 0 else { return CubicFit(c1: c1, c2: c2, meanSquare: 0, worst: 0) }
    let curve = PowerCubic(a, c1, c2, d)
    let perLength = 1 / length
    var sum = 0.0, worst = 0.0
    var k = 0
    while k < m {
        let i = sample(k, m, from, inner), j = sample(min(k + 1, m - 1), m, from, inner)
        let qx = SIMD2(p[i].x, p[j].x), qy = SIMD2(p[i].y, p[j].y)
        var t = SIMD2(s[i] - s[from], s[j] - s[from]) * perLength
        for _ in 0..<2 {
            let foot = curve.foot(qx, qy, t)
            t -= foot.along * foot.inverse
            t.replace(with: 0.001, where: t .< 0.001)
            t.replace(with: 0.999, where: t .> 0.999)
        }
        let foot = curve.foot(qx, qy, t)
        let square = foot.cross * foot.cross * foot.inverse, along = 0.09 * foot.along * foot.along * foot.inverse
        sum += k + 1 < m ? square[0] + square[1] : square[0]
        worst = max(worst, max(max(square[0], square[1]), max(along[0], along[1])))
        if worst > 1.000_001 * limit * limit { return nil }
        k += 2
    }
    return CubicFit(c1: c1, c2: c2, meanSquare: sum / Double(m), worst: worst.squareRoot())
}

/// Index of the `k`th of `m` points spread evenly over the `inner` ones after `from`.
@inline(__always)
private func sample(_ k: Int, _ m: Int, _ from: Int, _ inner: Int) -> Int {
    from &+ 1 &+ (m == inner ? k : (2 &* k &+ 1) &* inner / (2 &* m))
}

/// A cubic by the powers of its parameter, evaluated at two places at once.
private struct PowerCubic {
    private let x0: Double, x1: Double, x2: Double, x3: Double
    private let y0: Double, y1: Double, y2: Double, y3: Double

    @inline(__always)
    init(_ a: Point, _ c1: Point, _ c2: Point, _ d: Point) {
        (x0, x1, x2, x3) = (a.x, 3 * (c1.x - a.x), 3 * (a.x - 2 * c1.x + c2.x), d.x - a.x + 3 * (c1.x - c2.x))
        (y0, y1, y2, y3) = (a.y, 3 * (c1.y - a.y), 3 * (a.y - 2 * c1.y + c2.y), d.y - a.y + 3 * (c1.y - c2.y))
    }

    /// How the curve passes points: its derivative (dx, dy) at the parameters `t`, the inverse square of that, and the vector from the
    /// point to the curve, times the derivative across and along.
    @inline(__always)
    func foot(_ qx: SIMD2<Double>, _ qy: SIMD2<Double>, _ t: SIMD2<Double>) -> (
        dx: SIMD2<Double>, dy: SIMD2<Double>, inverse: SIMD2<Double>, cross: SIMD2<Double>, along: SIMD2<Double>
    ) {
        let ex = ((x3 * t + x2) * t + x1) * t + (x0 - qx), ey = ((y3 * t + y2) * t + y1) * t + (y0 - qy)
        let dx = (3 * x3 * t + 2 * x2) * t + x1, dy = (3 * y3 * t + 2 * y2) * t + y1
        return (dx, dy, 1 / (dx * dx + dy * dy + 1e-12), dx * ey - dy * ex, dx * ex + dy * ey)
    }
}
