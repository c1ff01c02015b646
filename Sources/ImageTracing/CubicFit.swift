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
/// third of the length keeps straight stretches determined. Samples are single-precision vectors from `a`, four at a time; what they add up
/// to is solved in double precision.
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
    var u = InlineArray<8, SIMD4<Float>>(repeating: .zero), qx = u, qy = u
    let groups = (m &+ 3) / 4
    // What lies after the last sample are its doubles, which do not count.
    let isCounted = SIMD4<Float>(0, 1, 2, 3) .< Float(m &- 4 &* (groups &- 1))
    let perLength = 1 / length
    let spread = Spread(m, from, inner)
    for k in 0..<groups {
        for l in 0..<4 {
            let i = spread.index(min(4 &* k &+ l, m &- 1))
            qx[unchecked: k][l] = Float(p[i].x - a.x)
            qy[unchecked: k][l] = Float(p[i].y - a.y)
            u[unchecked: k][l] = Float((s[i] - s[from]) * perLength)
        }
    }
    let pull = 3e-4 * Double(m)
    let h1 = SIMD2<Float>(isLocked ? .zero : t1), h2 = SIMD2<Float>(t2), h3 = SIMD2<Float>(free1 ? n1 : .zero)
    let h4 = SIMD2<Float>(free2 ? n2 : .zero)
    let hasFree = free1 || free2
    let square = Float(limit * limit)
    var round = 0
    while true {
        let curve = PowerCubic(c1 - a, c2 - a, d - a)
        if round == rounds {
            var sum = SIMD4<Float>.zero, worst = SIMD4<Float>.zero
            for k in 0..<groups {
                var foot = curve.foot(qx[unchecked: k], qy[unchecked: k], u[unchecked: k])
                if k == groups &- 1 { foot.inverse.replace(with: 0, where: .!isCounted) }
                let distance = foot.cross * foot.cross * foot.inverse
                sum += distance
                // What is left along the curve is harmless unless it is much.
                let along = 0.09 * foot.along * foot.along * foot.inverse
                worst = worst.replacing(with: distance, where: distance .> worst)
                worst = worst.replacing(with: along, where: along .> worst)
                if any(worst .> 1.000_01 * square) { return nil }
            }
            return CubicFit(c1: c1, c2: c2, meanSquare: Double(sum.sum()) / Double(m), worst: Double(worst.max()).squareRoot())
        }
        var worst = SIMD4<Float>.zero
        var (s11, s12, s13, s14) = (SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero)
        var (s22, s23, s24) = (SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero)
        var (s33, s34, s44) = (SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero)
        var (r1, r2, r3, r4) = (SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero)
        for k in 0..<groups {
            let t = u[unchecked: k]
            var foot = curve.foot(qx[unchecked: k], qy[unchecked: k], t)
            let step = foot.along * foot.inverse
            if k == groups &- 1 { foot.inverse.replace(with: 0, where: .!isCounted) }
            let ci = foot.cross * foot.inverse, distance = foot.cross * ci
            worst = worst.replacing(with: distance, where: distance .> worst)
            let v = 1 - t
            let vt = 3 * v * t
            let b1 = vt * v, b2 = vt * t
            let moved = t - step
            let raised = moved.replacing(with: 0.001, where: moved .< 0.001)
            u[unchecked: k] = raised.replacing(with: 0.999, where: raised .> 0.999)
            let dx = foot.dx, dy = foot.dy
            let j1 = b1 * (dx * h1.y - dy * h1.x), j2 = b2 * (dx * h2.y - dy * h2.x)
            let i1 = j1 * foot.inverse, i2 = j2 * foot.inverse
            s11 += j1 * i1
            s12 += j1 * i2
            s22 += j2 * i2
            r1 += j1 * ci
            r2 += j2 * ci
            if hasFree {
                let j3 = b1 * (dx * h3.y - dy * h3.x), j4 = b2 * (dx * h4.y - dy * h4.x)
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
        if round > 0, any(worst .> 25 * square) { return nil }
        let h11 = pull + Double(s11.sum()), h12 = Double(s12.sum()), h22 = pull + Double(s22.sum())
        let g1 = pull * (third - alpha) - Double(r1.sum())
        var g2 = pull * (third - beta) - Double(r2.sum())
        // Cholesky, unknowns in the order 1 2 3 4; all pivots are at least `pull`.
        let l11 = h11
        let f2 = h12 / l11
        let k22 = h22 - f2 * h12
        g2 -= f2 * g1
        if hasFree {
            let h13 = Double(s13.sum()), h14 = Double(s14.sum()), h23 = Double(s23.sum()), h24 = Double(s24.sum())
            let h33 = pull + Double(s33.sum()), h34 = Double(s34.sum()), h44 = pull + Double(s44.sum())
            var g3 = -pull * delta - Double(r3.sum()), g4 = -pull * epsilon - Double(r4.sum())
            let f3 = h13 / l11, f4 = h14 / l11
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
    let curve = PowerCubic(c1 - a, c2 - a, d - a)
    let perLength = 1 / length
    var sum = SIMD4<Float>.zero, worst = SIMD4<Float>.zero
    let spread = Spread(m, from, inner)
    var k = 0
    while k < m {
        var qx = SIMD4<Float>.zero, qy = qx, t = qx
        for l in 0..<4 {
            let i = spread.index(min(k &+ l, m &- 1))
            qx[l] = Float(p[i].x - a.x)
            qy[l] = Float(p[i].y - a.y)
            t[l] = Float((s[i] - s[from]) * perLength)
        }
        for _ in 0..<2 {
            let foot = curve.foot(qx, qy, t)
            t -= foot.along * foot.inverse
            t.replace(with: 0.001, where: t .< 0.001)
            t.replace(with: 0.999, where: t .> 0.999)
        }
        var foot = curve.foot(qx, qy, t)
        if m &- k < 4 { foot.inverse.replace(with: 0, where: SIMD4<Float>(0, 1, 2, 3) .>= Float(m &- k)) }
        let distance = foot.cross * foot.cross * foot.inverse, along = 0.09 * foot.along * foot.along * foot.inverse
        sum += distance
        worst = worst.replacing(with: distance, where: distance .> worst)
        worst = worst.replacing(with: along, where: along .> worst)
        if any(worst .> Float(1.000_01 * limit * limit)) { return nil }
        k += 4
    }
    return CubicFit(c1: c1, c2: c2, meanSquare: Double(sum.sum()) / Double(m), worst: Double(worst.max()).squareRoot())
}

/// Samples spread evenly over the points between two.
private struct Spread {
    private let first: Int
    /// From one sample to the next, in 2⁻³² points.
    private let step: Int

    /// - Parameter m: Number of samples, of the `inner` points after `from`.
    @inline(__always)
    init(_ m: Int, _ from: Int, _ inner: Int) {
        first = from &+ 1
        step = m == inner ? 1 << 32 : (inner << 32) / m
    }

    @inline(__always)
    func index(_ k: Int) -> Int { first &+ (k &* step &+ step >> 1) >> 32 }
}

/// A cubic from the origin by the powers of its parameter, evaluated at four places at once.
private struct PowerCubic {
    private let x1: Float, x2: Float, x3: Float
    private let y1: Float, y2: Float, y3: Float

    @inline(__always)
    init(_ c1: Vector, _ c2: Vector, _ d: Vector) {
        (x1, x2, x3) = (Float(3 * c1.dx), Float(3 * (c2.dx - 2 * c1.dx)), Float(d.dx + 3 * (c1.dx - c2.dx)))
        (y1, y2, y3) = (Float(3 * c1.dy), Float(3 * (c2.dy - 2 * c1.dy)), Float(d.dy + 3 * (c1.dy - c2.dy)))
    }

    /// How the curve passes points: its derivative (dx, dy) at the parameters `t`, the inverse square of that, and the vector from the
    /// point to the curve, times the derivative across and along.
    @inline(__always)
    func foot(_ qx: SIMD4<Float>, _ qy: SIMD4<Float>, _ t: SIMD4<Float>) -> (
        dx: SIMD4<Float>, dy: SIMD4<Float>, inverse: SIMD4<Float>, cross: SIMD4<Float>, along: SIMD4<Float>
    ) {
        let ex = ((x3 * t + x2) * t + x1) * t - qx, ey = ((y3 * t + y2) * t + y1) * t - qy
        let dx = (3 * x3 * t + 2 * x2) * t + x1, dy = (3 * y3 * t + 2 * y2) * t + y1
        return (dx, dy, 1 / (dx * dx + dy * dy + 1e-12), dx * ey - dy * ex, dx * ex + dy * ey)
    }
}

extension SIMD2<Float> {
    fileprivate init(_ v: Vector) { self.init(Float(v.dx), Float(v.dy)) }
}
