import AtelierGeometry

/// Chooses where a smooth row of points is divided and whether each part is a line or a cubic.
///
/// Joints are chosen among candidates by dynamic programming, so that the sum over the parts of
/// ∫ distance² ds + price · bytes is smallest (Plass and Stone, "Curve-Fitting with Piecewise Parametric Cubics", SIGGRAPH 1983,
/// with a price for the parts instead of their number). Candidates stand closer where the row bends. At a joint both sides share a
/// tangent: that of the points around it or, beside a line, that of the line.
///
/// - Complexity: for each candidate the fits of at most `window` later ones, each over a bounded number of samples.
struct SplitSearch {
    /// One part of the result.
    struct Part {
        /// Index of the point at which it ends.
        var to: Int
        /// Where it ends.
        var end: Point
        /// Control points; nil for a line.
        var handles: (Point, Point)?
    }

    /// Square pixels times pixels of length that a byte is worth.
    var price = 0.1
    /// Largest distance of a point from its curve.
    var tolerance = 0.3

    /// Whether the row is the boundary of a texture: a bend in it is no blemish, and cubics are fitted less exactly.
    var isTexture = false

    /// Estimated bytes after compression, measured on traced drawings.
    private let cubicBytes = 7.6, quadraticBytes = 5.2, smoothBytes = 5.0, lineBytes = 3.0
    /// Bytes that a bend where no corner was found is charged with: even a slight one shows when the drawing is enlarged.
    private func bendBytes(_ a: Vector, _ b: Vector) -> Double {
        if isTexture { return 0 }
        let sine = abs(a.cross(b))
        return (4 * min(1, 8 * sine) + 3 * sine) * (a.dot(b) > 0 ? 1 : 4)
    }
    private let window = 40
    /// Bytes by which a candidate may be dearer than one before it and still be the better place to go on from. Measured: without this rule the
    /// search fits two to three times as many cubics for 0.2 % less bytes.
    private let overtaken = 1.0

    /// What was found last: parts in order.
    private(set) var parts: [Part] = []

    // Scratch.
    private var joints: [Int] = []
    private var places: [Point] = []
    private var tangents: [Vector] = []
    private var sums: [Sums] = []
    private var states: [State] = []

    /// The best way to a candidate that ends with a cubic (even places) or a line (odd places).
    private struct State {
        var cost = Double.infinity
        var before = -1
        var tangent = Vector.zero
        var c1 = Point.zero
        var c2 = Point.zero
        var isCurve = false
    }

    /// Sums of the moments of all points before an index, each weighted by the length it stands for.
    private struct Sums {
        var w = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0
    }

    /// - Parameters:
    ///   - p: All points.
    ///   - s: Length along the points up to each.
    ///   - startTangent: Unit vector into the row, nil when it begins at a corner.
    ///   - endTangent: Unit vector back into the row, nil when it ends at a corner.
    mutating func search(_ p: [Point], _ s: [Double], _ from: Int, _ to: Int, _ startTangent: Vector?, _ endTangent: Vector?) {
        p.withUnsafeBufferPointer { p in
            s.withUnsafeBufferPointer { s in
                search(p.baseAddress!, s.baseAddress!, from, to, startTangent, endTangent)
            }
        }
    }

    private mutating func search(
        _ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ from: Int, _ to: Int, _ startTangent: Vector?, _ endTangent: Vector?
    ) {
        choose(p, s, from, to)
        accumulate(p, s, from, to)
        let m = joints.count
        if let startTangent { tangents[0] = startTangent }
        states.removeAll(keepingCapacity: true)
        states.append(contentsOf: repeatElement(State(), count: 2 * m))
        states[0].cost = 0
        for i in 0..<m - 1 {
            let least = min(states[2 * i].cost, states[2 * i + 1].cost)
            guard least < .infinity else { continue }
            // Whoever is farther at the same cost leads to everything that lies before both, and closer to it.
            var ahead = Double.infinity
            for k in 2 * i + 2..<max(2 * i + 2, min(2 * m - 2, 2 * (i + window))) { ahead = min(ahead, states[k].cost) }
            guard ahead > least + price * overtaken else { continue }
            for kind in 0..<2 {
                let state = states[2 * i + kind]
                guard state.cost < least + price * cubicBytes + 1e-12, state.cost < .infinity,
                    state.cost + price * lineBytes <= min(states[2 * m - 2].cost, states[2 * m - 1].cost)
                else { continue }
                for j in i + 1..<min(m, i + window + 1) where state.cost + price * lineBytes < states[2 * j + 1].cost {
                    guard let square = lineError(p, i, j) else { break }
                    let direction = (places[j] - places[i]).normalized
                    var bytes = lineBytes
                    if i > 0 || startTangent != nil { bytes += bendBytes(kind == 0 ? tangents[i] : state.tangent, direction) }
                    if j == m - 1, let endTangent { bytes += bendBytes(-endTangent, direction) }
                    let cost = state.cost + square + price * bytes
                    if cost < states[2 * j + 1].cost {
                        states[2 * j + 1] = State(cost: cost, before: 2 * i + kind, tangent: direction)
                    }
                }
                // The least that a cubic from here to the end costs, and one to somewhere before.
                let leastCubic = state.cost + price * smoothBytes, leastWay = leastCubic + price * lineBytes
                // One cubic to the end, where it is not far: when it is good, little else needs a look.
                let isNear = m - 1 - i <= window / 2
                if isNear, leastCubic < states[2 * m - 2].cost, leastCubic <= states[2 * m - 1].cost {
                    _ = curve(p, s, i, m - 1, kind, state, startTangent, endTangent)
                }
                var misses = 0
                for j in i + 1..<min(isNear ? m - 1 : m, i + window + 1) {
                    // Whatever a cubic from here costs, one from farther back or another way to the end was cheaper.
                    let least = j == m - 1 ? leastCubic : leastWay
                    // In a texture, where bends are free, neither is a cubic where a line is as cheap.
                    guard leastCubic < states[2 * j].cost, !isTexture || leastCubic < states[2 * j + 1].cost,
                        least <= min(states[2 * m - 2].cost, states[2 * m - 1].cost)
                    else { continue }
                    if curve(p, s, i, j, kind, state, startTangent, endTangent) {
                        misses = 0
                    } else {
                        misses += 1
                        if misses >= (isTexture ? 2 : 4) { break }
                    }
                }
            }
            // Something must lead on: a line to the next candidate, however bad.
            if states[2 * i + 2].cost == .infinity, states[2 * i + 3].cost == .infinity {
                let kind = states[2 * i].cost <= states[2 * i + 1].cost ? 0 : 1
                states[2 * i + 3] = State(
                    cost: least + price * 4 * cubicBytes, before: 2 * i + kind, tangent: (places[i + 1] - places[i]).normalized)
            }
        }
        parts.removeAll(keepingCapacity: true)
        var at = states[2 * m - 2].cost <= states[2 * m - 1].cost ? 2 * m - 2 : 2 * m - 1
        while at > 1 {
            let state = states[at]
            let k = at / 2
            parts.append(Part(to: joints[k], end: places[k], handles: at % 2 == 0 ? (state.c1, state.c2) : nil))
            at = state.before
        }
        parts.reverse()
    }

    /// Offers the cubics from one candidate to another; false if none is within the tolerance.
    private mutating func curve(
        _ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ i: Int, _ j: Int, _ kind: Int, _ state: State, _ startTangent: Vector?,
        _ endTangent: Vector?
    ) -> Bool {
        let from = joints[i], to = joints[j], a = places[i], d = places[j]
        let samples = min(32, 12 + (to - from) / 16)
        let start: Vector? = i == 0 ? startTangent : kind == 0 ? tangents[i] : state.tangent
        let end: Vector? = j == joints.count - 1 ? endTangent : -tangents[j]
        guard
            let fit = fitCubic(p, s, from, to, a, d, start: start, end: end, samples: samples, rounds: isTexture ? 1 : 2, limit: tolerance),
            fit.worst <= tolerance
        else { return false }
        let length = s[to] - s[from]
        offer(fit, state.cost + fit.meanSquare * length + price * cubicBytes, 2 * i + kind, j)
        // Good enough to be worth a try with fewer numbers.
        if state.cost + price * quadraticBytes < states[2 * j].cost,
            let (c1, c2) = quadratic(fit, a, d, start, end),
            let fit = measureCubic(p, s, from, to, a, c1, c2, d, samples: samples, limit: tolerance),
            fit.worst <= tolerance
        {
            offer(fit, state.cost + fit.meanSquare * length + price * quadraticBytes, 2 * i + kind, j)
        }
        if kind == 0, i > 0, state.isCurve, state.cost + price * smoothBytes < states[2 * j].cost {
            let mirrored = a + (a - state.c2)
            let given = (mirrored - a).length, wished = (fit.c1 - a).length
            if given > 0.5 * wished, given < 2 * wished,
                let fit = fitCubic(
                    p, s, from, to, a, d, start: start, end: end, locked: mirrored, samples: samples, rounds: 1, limit: tolerance),
                fit.worst <= tolerance
            {
                offer(fit, state.cost + fit.meanSquare * length + price * smoothBytes, 2 * i, j)
            }
        }
        return true
    }

    private mutating func offer(_ fit: CubicFit, _ cost: Double, _ before: Int, _ j: Int) {
        guard cost < states[2 * j].cost else { return }
        states[2 * j] = State(cost: cost, before: before, tangent: tangents[j], c1: fit.c1, c2: fit.c2, isCurve: true)
    }

    /// The control points of the quadratic curve nearest to a cubic that keeps the tangents given.
    private func quadratic(_ fit: CubicFit, _ a: Point, _ d: Point, _ start: Vector?, _ end: Vector?) -> (Point, Point)? {
        var control: Point
        if let start, let end {
            let cross = start.cross(end)
            guard abs(cross) > 0.02 else { return nil }
            let t = (d - a).cross(end) / cross, r = (d - a).cross(start) / cross
            guard t > 0, r > 0 else { return nil }
            control = a + start * t
        } else if end != nil {
            control = d + (fit.c2 - d) * 1.5
        } else if start != nil {
            control = a + (fit.c1 - a) * 1.5
        } else {
            control = (a + (fit.c1 - a) * 1.5).interpolated(to: d + (fit.c2 - d) * 1.5, 0.5)
        }
        let c1 = a.interpolated(to: control, 2.0 / 3), c2 = d.interpolated(to: control, 2.0 / 3)
        // Far from the cubic: not worth measuring.
        guard c1.distance(to: fit.c1) + c2.distance(to: fit.c2) < 8 * tolerance else { return nil }
        return (c1, c2)
    }

    /// Candidates: the ends and, between, one for every eighth of a right angle turned or some length, at least 2.5 px apart.
    private mutating func choose(_ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ from: Int, _ to: Int) {
        joints.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        tangents.removeAll(keepingCapacity: true)
        joints.append(from)
        places.append(p[from])
        tangents.append((p[min(to, from + 2)] - p[from]).normalized)
        let longest = max(5, (s[to] - s[from]) / 16)
        var lastTangent = tangents[0], due = 0.0
        var i = from + 1
        while i < to {
            let (place, tangent) = local(p, s, i, from, to)
            let turn = abs(lastTangent.cross(tangent))
            lastTangent = tangent
            due += (s[i] - s[i - 1]) / longest + turn / 0.26
            if due >= 1, s[i] - s[joints[joints.count - 1]] >= 2.5, s[to] - s[i] >= 2 {
                joints.append(i)
                places.append(place)
                tangents.append(tangent)
                due = 0
            }
            i += 1
        }
        joints.append(to)
        places.append(p[to])
        tangents.append((p[to] - p[max(from, to - 2)]).normalized)
    }

    /// Place and direction of a row near one of its points: a straight line for the direction and a parabola (Savitzky–Golay) for the place,
    /// over up to three points to both sides.
    @inline(__always)
    private func local(_ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ i: Int, _ from: Int, _ to: Int) -> (Point, Vector) {
        let reach = min(3, min(i - from, to - i))
        var mean = 0.0
        for k in i &- reach...i &+ reach { mean += s[k] }
        mean /= Double(2 * reach + 1)
        var dx = 0.0, dy = 0.0
        for k in i &- reach...i &+ reach {
            dx += (s[k] - mean) * (p[k].x - p[i].x)
            dy += (s[k] - mean) * (p[k].y - p[i].y)
        }
        let tangent = Vector(dx, dy).normalized
        var place = p[i]
        if reach == 3 {
            // Weights −2 3 6 7 6 3 −2, of 21; only the part across the row counts.
            let vx = (-2 * (p[i - 3].x + p[i + 3].x) + 3 * (p[i - 2].x + p[i + 2].x) + 6 * (p[i - 1].x + p[i + 1].x) - 14 * p[i].x) / 21
            let vy = (-2 * (p[i - 3].y + p[i + 3].y) + 3 * (p[i - 2].y + p[i + 2].y) + 6 * (p[i - 1].y + p[i + 1].y) - 14 * p[i].y) / 21
            let across = tangent.perpendicular
            let shift = max(-0.3, min(0.3, vx * across.dx + vy * across.dy))
            place = place + across * shift
        }
        return (place, tangent == .zero ? (p[i + 1] - p[i - 1]).normalized : tangent)
    }

    private mutating func accumulate(_ p: UnsafePointer<Point>, _ s: UnsafePointer<Double>, _ from: Int, _ to: Int) {
        sums.removeAll(keepingCapacity: true)
        var t = Sums()
        sums.append(t)
        let o = p[from]
        for i in from...to {
            let w = ((i < to ? s[i + 1] - s[i] : 0) + (i > from ? s[i] - s[i - 1] : 0)) / 2
            let x = p[i].x - o.x, y = p[i].y - o.y
            t.w += w
            t.x += w * x
            t.y += w * y
            t.xx += w * x * x
            t.xy += w * x * y
            t.yy += w * y * y
            sums.append(t)
        }
    }

    /// ∫ distance² ds of the points between two candidates from the straight line that fits them best, with what its ends
    /// cost in place; nil if a point is farther than the tolerance.
    private func lineError(_ p: UnsafePointer<Point>, _ i: Int, _ j: Int) -> Double? {
        let from = joints[i], to = joints[j], base = joints[0]
        let a = places[i], d = places[j] - a
        let length = d.length
        guard length > 1e-6 else { return nil }
        let count = to - from - 1
        if count > 0 {
            let limit = tolerance * length
            let step = max(1, count / 12)
            var k = from + 1
            while k < to {
                if abs(d.cross(p[k] - a)) > limit { return nil }
                k += step
            }
        }
        // Moments about the chord.
        let o = p[base], u = sums[from - base], v = sums[to - base + 1]
        let w = v.w - u.w
        let ox = a.x - o.x, oy = a.y - o.y
        let x = v.x - u.x - w * ox, y = v.y - u.y - w * oy
        let xx = v.xx - u.xx - 2 * ox * (v.x - u.x) + w * ox * ox
        let yy = v.yy - u.yy - 2 * oy * (v.y - u.y) + w * oy * oy
        let xy = v.xy - u.xy - ox * (v.y - u.y) - oy * (v.x - u.x) + w * ox * oy
        let nx = -d.dy / length, ny = d.dx / length
        let chord = nx * nx * xx + 2 * nx * ny * xy + ny * ny * yy
        let mean = nx * x + ny * y
        // The ends will move towards the best line: of what a shift of the chord would remove, half is counted.
        return max(0, chord - 0.5 * mean * mean / max(w, 1e-9))
    }
}
