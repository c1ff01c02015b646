import AtelierGeometry

/// An ellipse with level axes; a circle when the radii are equal.
struct EllipseModel {
    var center: Point
    var rx: Double, ry: Double

    /// Signed distance to the outline, negative inside; exact for circles, first order otherwise (Sampson).
    @inline(__always)
    func distance(_ p: Point) -> Double {
        let x = p.x - center.x, y = p.y - center.y
        if rx == ry { return (x * x + y * y).squareRoot() - rx }
        let gx = x / (rx * rx), gy = y / (ry * ry)
        let slope = (gx * gx + gy * gy).squareRoot()
        guard slope > 1e-9 else { return -min(rx, ry) }
        return (x * gx + y * gy - 1) / (2 * slope)
    }

    /// The least-squares circle: the algebraic one (Kåsa), then Gauss–Newton on distances.
    static func circle(_ points: [Point]) -> EllipseModel? {
        let n = Double(points.count)
        guard points.count >= 6 else { return nil }
        var mx = 0.0, my = 0.0
        for p in points { mx += p.x; my += p.y }
        mx /= n
        my /= n
        var (xx, xy, yy, xz, yz, zz) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for p in points {
            let x = p.x - mx, y = p.y - my, z = x * x + y * y
            xx += x * x
            xy += x * y
            yy += y * y
            xz += x * z
            yz += y * z
            zz += z
        }
        let determinant = xx * yy - xy * xy
        guard determinant > 1e-6 * xx * yy, xx > 0, yy > 0 else { return nil }
        let a = (xz * yy - yz * xy) / (2 * determinant), b = (yz * xx - xz * xy) / (2 * determinant)
        var model = EllipseModel(center: Point(mx + a, my + b), rx: 0, ry: 0)
        model.rx = (a * a + b * b + zz / n).squareRoot()
        var equations = NormalEquations<3>()
        for _ in 0..<3 {
            equations.reset()
            for p in points {
                let v = p - model.center, length = max(1e-9, v.length)
                equations.row[0] = -v.dx / length
                equations.row[1] = -v.dy / length
                equations.row[2] = -1
                equations.add(length - model.rx)
            }
            guard equations.solve() else { return nil }
            model.center = model.center + Vector(equations.solution[0], equations.solution[1])
            model.rx += equations.solution[2]
            guard model.rx > 0.3, model.rx < 1e5 else { return nil }
        }
        model.ry = model.rx
        return model
    }

    /// The least-squares ellipse near a first guess; Gauss–Newton on first-order distances.
    static func ellipse(_ points: [Point], from guess: Rect) -> EllipseModel? {
        var model = EllipseModel(center: guess.center, rx: guess.width / 2, ry: guess.height / 2)
        guard points.count >= 8, model.rx > 0.5, model.ry > 0.5 else { return nil }
        var equations = NormalEquations<4>()
        for _ in 0..<5 {
            equations.reset()
            for p in points {
                let x = p.x - model.center.x, y = p.y - model.center.y
                let gx = x / (model.rx * model.rx), gy = y / (model.ry * model.ry)
                let slope = max(1e-9, (gx * gx + gy * gy).squareRoot())
                equations.row[0] = -gx / slope
                equations.row[1] = -gy / slope
                equations.row[2] = -gx * x / (slope * model.rx)
                equations.row[3] = -gy * y / (slope * model.ry)
                equations.add((x * gx + y * gy - 1) / (2 * slope))
            }
            guard equations.solve() else { return nil }
            model.center = model.center + Vector(equations.solution[0], equations.solution[1])
            model.rx += equations.solution[2]
            model.ry += equations.solution[3]
            guard model.rx > 0.5, model.ry > 0.5, model.rx < 1e5, model.ry < 1e5 else { return nil }
        }
        return model
    }

    var perimeter: Double {
        // Ramanujan's first formula.
        3.141_592_653_6 * (3 * (rx + ry) - ((3 * rx + ry) * (rx + 3 * ry)).squareRoot())
    }
}

/// A rectangle with equal quarter circles at its corners, level or turned.
struct BoxModel {
    var center: Point
    /// Unit vector along the side of half length `a`.
    var axis: Vector
    var a: Double, b: Double
    /// Of the corners, 0 to the smaller half side.
    var radius: Double

    @inline(__always)
    private func local(_ p: Point) -> (u: Double, v: Double) {
        let d = p - center
        return (d.dx * axis.dx + d.dy * axis.dy, d.dy * axis.dx - d.dx * axis.dy)
    }

    /// Signed distance to the outline, negative inside; beside a sharp corner, to the farther side's line.
    @inline(__always)
    func distance(_ p: Point) -> Double {
        let (u, v) = local(p)
        let x = abs(u) - a + radius, y = abs(v) - b + radius
        if x > 0, y > 0, radius > 0 { return (x * x + y * y).squareRoot() - radius }
        return max(x, y) - radius
    }

    /// Distance from the nearest corner of the box without rounding.
    @inline(__always)
    func cornerDistance(_ p: Point) -> Double {
        let (u, v) = local(p)
        let x = abs(u) - a, y = abs(v) - b
        return (x * x + y * y).squareRoot()
    }

    /// How far from a sharp corner mixed pixels round it off, px.
    var mixedCorner: Double { min(1.5, 0.75 * min(a, b)) }

    /// Gauss–Newton on distances.
    ///
    /// - Parameters:
    ///   - turns: Whether the direction is a parameter.
    ///   - rounds: Whether the radius is one; otherwise points near a corner do not count, because mixed pixels round it off.
    /// - Returns: False when the points do not determine the box.
    mutating func improve(_ points: [Point], turns: Bool, rounds: Bool, steps: Int) -> Bool {
        var equations = NormalEquations<6>()
        for _ in 0..<steps {
            equations.reset()
            var sides = 0
            let reach = mixedCorner
            var left = SideSums(), right = SideSums(), top = SideSums(), bottom = SideSums()
            for p in points {
                let (u, v) = local(p)
                let x = abs(u) - a + radius, y = abs(v) - b + radius
                let su: Double = u < 0 ? -1 : 1, sv: Double = v < 0 ? -1 : 1
                guard x > 0, y > 0, radius > 0 else {
                    if !rounds, cornerDistance(p) < reach { continue }
                    if x > y {
                        if u < 0 { left.add(x - radius, -v) } else { right.add(x - radius, v) }
                    } else {
                        if v < 0 { top.add(y - radius, u) } else { bottom.add(y - radius, -u) }
                    }
                    continue
                }
                let length = (x * x + y * y).squareRoot()
                let nu = x / length, nv = y / length, distance = length - radius
                sides |= (u < 0 ? 1 : 2) | (v < 0 ? 4 : 8)
                equations.row[0] = -nu * su
                equations.row[1] = -nv * sv
                equations.row[2] = -nu
                equations.row[3] = -nv
                equations.row[4] = turns ? nu * su * v - nv * sv * u : 0
                equations.row[5] = rounds ? nu + nv - 1 : 0
                equations.add(distance)
            }
            if left.count > 0 { sides |= 1; equations.add(left, turns, 1, 0, -1, 0) }
            if right.count > 0 { sides |= 2; equations.add(right, turns, -1, 0, -1, 0) }
            if top.count > 0 { sides |= 4; equations.add(top, turns, 0, 1, 0, -1) }
            if bottom.count > 0 { sides |= 8; equations.add(bottom, turns, 0, -1, 0, -1) }
            if sides != 15 { return false }
            // A little weight on "no change" keeps what no point speaks of where it is.
            equations.damp(1e-4)
            guard equations.solve() else { return false }
            let d = equations.solution
            center = center + axis * d[0] + axis.perpendicular * d[1]
            a += d[2]
            b += d[3]
            if turns { axis = (axis + axis.perpendicular * max(-0.1, min(0.1, d[4]))).normalized }
            guard a > 0.2, b > 0.2, a < 1e5, b < 1e5 else { return false }
            radius = max(0, min(min(a, b), radius + d[5]))
        }
        return true
    }
}

/// What points beside one side of a box add to its equations.
private struct SideSums {
    private(set) var count = 0.0
    /// Of the distances, the derivatives by the direction, the squares of these, and their products with the distances.
    fileprivate var d = 0.0, t = 0.0, tt = 0.0, td = 0.0

    @inline(__always)
    mutating func add(_ distance: Double, _ turn: Double) {
        count += 1
        d += distance
        t += turn
        tt += turn * turn
        td += turn * distance
    }
}

extension NormalEquations {
    /// Adds points whose residuals have the same derivatives, those given, by all unknowns but the direction.
    fileprivate mutating func add(_ sums: SideSums, _ turns: Bool, _ r0: Double, _ r1: Double, _ r2: Double, _ r3: Double) {
        row = [r0, r1, r2, r3, 0, 0]
        for i in 0..<4 where row[i] != 0 {
            for j in 0...i { matrix[i * 7 + j] += sums.count * row[i] * row[j] }
            matrix[i * 7 + 6] -= row[i] * sums.d
            if turns { matrix[28 + i] += row[i] * sums.t }
        }
        if turns {
            matrix[32] += sums.tt
            matrix[34] -= sums.td
        }
    }
}

/// Normal equations of a small linear least-squares problem of `count` unknowns, at most 6.
struct NormalEquations<let count: Int> {
    /// Lower triangle, row by row with a stride of 7; the right side in column 6.
    fileprivate var matrix = InlineArray<42, Double>(repeating: 0)
    /// Derivatives of the next residual by each parameter.
    var row = InlineArray<6, Double>(repeating: 0)
    private(set) var solution = InlineArray<6, Double>(repeating: 0)

    @inline(__always)
    mutating func reset() { matrix = .init(repeating: 0) }

    /// Adds a residual with the derivatives in `row`.
    @inline(__always)
    mutating func add(_ residual: Double) {
        for i in 0..<count {
            let r = row[unchecked: i]
            if r == 0 { continue }
            for j in 0...i { matrix[unchecked: i * 7 + j] += r * row[unchecked: j] }
            matrix[unchecked: i * 7 + 6] -= r * residual
        }
    }

    mutating func damp(_ weight: Double) { for i in 0..<count { matrix[i * 8] += weight } }

    /// Cholesky's decomposition; false when the matrix is not positive definite.
    mutating func solve() -> Bool {
        for i in 0..<count {
            for j in 0...i {
                var sum = matrix[i * 7 + j]
                for k in 0..<j { sum -= matrix[i * 7 + k] * matrix[j * 7 + k] }
                if i == j {
                    guard sum > 1e-9 else { return false }
                    matrix[i * 7 + i] = sum.squareRoot()
                } else {
                    matrix[i * 7 + j] = sum / matrix[j * 7 + j]
                }
            }
        }
        for i in 0..<count {
            var sum = matrix[i * 7 + 6]
            for k in 0..<i { sum -= matrix[i * 7 + k] * solution[k] }
            solution[i] = sum / matrix[i * 7 + i]
        }
        for i in (0..<count).reversed() {
            var sum = solution[i]
            for k in i + 1..<max(i + 1, count) { sum -= matrix[k * 7 + i] * solution[k] }
            solution[i] = sum / matrix[i * 7 + i]
        }
        return true
    }
}

/// How far boundary points lie from a model, split into what changes from point to point (noise) and what persists over
/// several (another shape).
struct Misfit {
    private var squares = 0.0, changes = 0.0, slow = 0.0, count = 0.0
    private var worstSlow = 0.0
    /// The last four residuals.
    private var (w0, w1, w2, w3) = (0.0, 0.0, 0.0, 0.0)

    /// Takes the next residual, px, in walking order.
    @inline(__always)
    mutating func add(_ residual: Double) {
        squares += residual * residual
        if count > 0 { changes += (residual - w0) * (residual - w0) }
        count += 1
        let mean = count >= 5 ? (residual + w0 + w1 + w2 + w3) / 5 : 0
        (w0, w1, w2, w3) = (residual, w0, w1, w2)
        slow += mean * mean
        worstSlow = max(worstSlow, abs(mean))
    }

    /// Root mean square distance, px.
    var rms: Double { (squares / max(1, count)).squareRoot() }
    /// Standard deviation of the noise, px.
    var noise: Double { (changes / max(1, 2 * (count - 1))).squareRoot() }
    /// Root mean square of the mean over five neighbours, px.
    var persistent: Double { (slow / max(1, count - 4)).squareRoot() }
    /// The largest mean over five neighbours, px.
    var worst: Double { worstSlow }

    /// Whether the points may well be the model's, seen through the noise. Few points are no evidence against another shape, so
    /// theirs must lie closer.
    var isExplained: Bool { isExplained(within: 0.08) }

    /// - Parameter limit: What the model itself may be off, root mean square px.
    func isExplained(within limit: Double) -> Bool {
        let noise = min(0.25, noise) * max(0.1, min(1, (count - 12) / 48))
        return count >= 6 && rms < limit + 2 * noise && rms < 0.6 && persistent < limit + 1.1 * noise && worst < 3 * limit + 2.5 * noise
    }
}
