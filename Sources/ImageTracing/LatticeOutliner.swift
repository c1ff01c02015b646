import AtelierGeometry

/// Turns ways along pixel edges into smooth outlines.
///
/// The steps are those of Selinger, "Potrace: a polygon-based tracing algorithm" (2003): the polygon with the fewest sides each of
/// which stays within half a pixel of the way (2.2), its corners moved to where the best lines through their sides meet (2.3.1),
/// corners and curves told apart (2.3.3), neighbouring curves joined while the result stays close (2.4). Different from there: the
/// polygon is found twice, the second time from one of its own corners, so that the place where the way begins leaves no mark; a
/// right angle between two straight runs of at least `squareArm` pixels is a corner whatever its size; joining begins at a corner.
///
/// - Complexity: O(length × longest straight run in corners); scratch of about 60 bytes a pixel edge, kept between ways.
struct LatticeOutliner {
    /// α from which a vertex is a corner, 0 (polygons only) to 4/3 (no corners).
    let cornerLimit: Double
    /// How far a joined curve may be from those it replaces, pixels; 0 joins nothing.
    let joinTolerance: Double
    /// Sides of a right angle that no curve has, pixels.
    private let squareArm = 3

    // The way, one point each pixel edge.
    private var x: [Int] = [], y: [Int] = []
    private var count = 0
    /// Index of the next point where the way turns, not wrapped: up to count.
    private var nextTurn: [Int] = []
    /// Length of the straight run that ends at a point where the way turns; 0 elsewhere.
    private var runBefore: [Int] = []
    /// The farthest point, not wrapped, to which the way is straight.
    private var reach: [Int] = []
    /// Sums over the points before each index: x, y, x², xy, y².
    private var sums: [Moments] = []

    private struct Moments {
        var x = 0, y = 0, xx = 0, xy = 0, yy = 0
        static func + (a: Self, b: Self) -> Self { Self(x: a.x + b.x, y: a.y + b.y, xx: a.xx + b.xx, xy: a.xy + b.xy, yy: a.yy + b.yy) }
        static func - (a: Self, b: Self) -> Self { Self(x: a.x - b.x, y: a.y - b.y, xx: a.xx - b.xx, xy: a.xy - b.xy, yy: a.yy - b.yy) }
    }

    init(cornerLimit: Double, joinTolerance: Double) { (self.cornerLimit, self.joinTolerance) = (cornerLimit, joinTolerance) }

    /// Adds the outline of one closed way given by its corners: at least four, each side level or upright.
    mutating func append(_ corners: ArraySlice<Point>, to path: inout BezierPath) {
        load(corners)
        findReach()
        var polygon = bestPolygon(from: 0)
        let second = bestPolygon(from: polygon.vertices[polygon.vertices.count / 2])
        if second.vertices.count < polygon.vertices.count
            || (second.vertices.count == polygon.vertices.count && second.penalty < polygon.penalty)
        {
            polygon = second
        }
        var pieces = smooth(polygon.vertices, adjusted(polygon.vertices))
        if joinTolerance > 0 { pieces = joined(pieces) }
        draw(pieces, to: &path)
    }

    // MARK: The way

    private mutating func load(_ corners: ArraySlice<Point>) {
        x.removeAll(keepingCapacity: true)
        y.removeAll(keepingCapacity: true)
        nextTurn.removeAll(keepingCapacity: true)
        runBefore.removeAll(keepingCapacity: true)
        var run = 0
        for k in corners.indices {
            let next = corners[k + 1 == corners.endIndex ? corners.startIndex : k + 1]
            var (px, py) = (Int(corners[k].x), Int(corners[k].y))
            let toX = Int(next.x), toY = Int(next.y)
            let (dx, dy) = ((toX - px).signum(), (toY - py).signum()), length = abs(toX - px) + abs(toY - py)
            let turn = x.count + length
            for i in 0..<length {
                x.append(px)
                y.append(py)
                nextTurn.append(turn)
                runBefore.append(i == 0 ? run : 0)
                px += dx
                py += dy
            }
            run = length
        }
        count = x.count
        runBefore[0] = run
        sums.removeAll(keepingCapacity: true)
        sums.reserveCapacity(count + 1)
        var sum = Moments()
        sums.append(sum)
        let (ox, oy) = (x[0], y[0])
        for i in 0..<count {
            let a = x[i] - ox, b = y[i] - oy
            sum = Moments(x: sum.x + a, y: sum.y + b, xx: sum.xx + a * a, xy: sum.xy + a * b, yy: sum.yy + b * b)
            sums.append(sum)
        }
    }

    @inline(__always)
    private func wrapped(_ i: Int) -> Int { i >= count ? i - count : i }

    /// 0 right, 1 down, 2 left, 3 up.
    @inline(__always)
    private func direction(_ dx: Int, _ dy: Int) -> Int { dx > 0 ? 0 : dy > 0 ? 1 : dx < 0 ? 2 : 3 }

    // MARK: Straight parts (2.2.1)

    /// For every point, how far the way from it and from every point after it is straight: some line passes all its points within
    /// half a pixel in each direction, and it does not go all four ways.
    ///
    /// From the first point, the directions that pass within one pixel of another form a wedge between two corners of the square
    /// around it; a point is reached while the wedges of all before it have a direction towards it in common. It is enough to look
    /// where the way turns, and to find the last point of the side on which the wedge is left.
    private mutating func findReach() {
        reach = [Int](repeating: 0, count: count)
        let n = count
        x.withUnsafeBufferPointer { x in
            y.withUnsafeBufferPointer { y in
                nextTurn.withUnsafeBufferPointer { nextTurn in
                    for i in 0..<n {
                        var seen = 0
                        // The wedge: directions d with left × d ≤ 0 ≤ right × d (y down), open as long as both are zero.
                        var (lx, ly, rx, ry) = (0, 0, 0, 0)
                        var from = i, to = nextTurn[i]
                        search: while true {
                            let f = from >= n ? from - n : from, t = to >= n ? to - n : to
                            let sx = (x[t] - x[f]).signum(), sy = (y[t] - y[f]).signum()
                            seen |= 1 << direction(sx, sy)
                            if seen == 15 {
                                reach[i] = from
                                break search
                            }
                            let dx = x[t] - x[i], dy = y[t] - y[i]
                            if lx * dy - ly * dx > 0 || rx * dy - ry * dx < 0 {
                                // Some point of this side is the last inside.
                                var low = 0, high = abs(x[t] - x[f]) + abs(y[t] - y[f])
                                let bx = x[f] - x[i], by = y[f] - y[i]
                                while high - low > 1 {
                                    let middle = (low + high) / 2
                                    let mx = bx + sx * middle, my = by + sy * middle
                                    if lx * my - ly * mx > 0 || rx * my - ry * mx < 0 { high = middle } else { low = middle }
                                }
                                reach[i] = from + low
                                break search
                            }
                            if abs(dx) > 1 || abs(dy) > 1 {
                                // The corners of the square around the point that are farthest left and right as seen from the first.
                                let cx = dx.signum(), cy = dy.signum()
                                let ax = dx + (cy != 0 ? -cy : -cx), ay = dy + (cx != 0 ? cx : -cy)
                                if lx * ay - ly * ax <= 0 { (lx, ly) = (ax, ay) }
                                let ox = dx + (cy != 0 ? cy : -cx), oy = dy + (cx != 0 ? -cx : -cy)
                                if rx * oy - ry * ox >= 0 { (rx, ry) = (ox, oy) }
                            }
                            from = to
                            to = nextTurn[t] + (to >= n ? n : 0)
                            if to >= i + n {
                                reach[i] = min(from, i + n - 1)
                                break search
                            }
                        }
                    }
                }
            }
        }
        // No point reaches farther than one after it.
        var limit = reach[0] + n
        for _ in 0..<2 {
            for i in (0..<n).reversed() {
                limit = min(limit, reach[i])
                reach[i] = limit
            }
            limit += n
        }
    }

    // MARK: Polygon (2.2.3, 2.2.4)

    /// The points of the polygon with the fewest sides, and among those the smallest sum of deviations, that begins at `start`.
    private func bestPolygon(from start: Int) -> (vertices: [Int], penalty: Double) {
        let n = count
        // Positions count from `start`. A side may be drawn between two points when the way from before the one to after the other
        // is straight, so that polygons with sides one point shorter all exist.
        var far = [Int](repeating: n, count: n + 1)
        for p in 0..<n {
            let i = (start + p) % n, before = i == 0 ? n - 1 : i - 1
            far[p] = min(n, p + max(1, reach[before] - before - 2))
        }
        // Farthest corners after k sides from the start, and nearest ones from which the end is within the sides left.
        var latest = [0]
        while latest[latest.count - 1] < n { latest.append(far[latest[latest.count - 1]]) }
        let sides = latest.count - 1
        var nearest = [Int](repeating: n, count: n + 1)
        var p = 0
        for q in 1...n {
            while far[p] < q { p += 1 }
            nearest[q] = p
        }
        var earliest = [Int](repeating: 0, count: sides + 1)
        earliest[sides] = n
        for k in (1..<max(1, sides)).reversed() { earliest[k] = nearest[earliest[k + 1]] }

        var cost = [Double](repeating: .infinity, count: n + 1)
        var before = [Int](repeating: 0, count: n + 1)
        cost[0] = 0
        for k in 1...sides {
            // The windows of different k do not overlap: a point in two of them would make a polygon with one side less.
            let low = k == 1 ? 0 : earliest[k - 1], high = latest[k - 1]
            for j in earliest[k]...latest[k] {
                var best = Double.infinity, from = high
                for i in max(low, nearest[j])...high {
                    let c = cost[i] + deviation(start + i, start + j)
                    if c < best { (best, from) = (c, i) }
                }
                cost[j] = best
                before[j] = from
            }
        }
        var vertices = [Int](repeating: 0, count: sides)
        var j = n
        for k in (0..<sides).reversed() {
            j = before[j]
            vertices[k] = (start + j) % n
        }
        return (vertices, cost[n])
    }

    /// Moments of the points from `i` to `j`, both included, relative to the first point of the way.
    @inline(__always)
    private func moments(_ i: Int, _ j: Int) -> (sum: Moments, count: Int) {
        let from = i >= count ? i - count : i
        let to = j - (i >= count ? count : 0)
        if to < count { return (sums[to + 1] - sums[from], to - from + 1) }
        return (sums[count] - sums[from] + sums[to - count + 1], to - from + 1)
    }

    /// Length of the side times the standard deviation of the points from it; `i` ≤ `j` ≤ i + count.
    @inline(__always)
    private func deviation(_ i: Int, _ j: Int) -> Double {
        let (s, n) = moments(i, j)
        let (a, b) = (wrapped(i), wrapped(j))
        let k = Double(n)
        let px = Double(x[a] + x[b]) / 2 - Double(x[0]), py = Double(y[a] + y[b]) / 2 - Double(y[0])
        let dx = Double(x[b] - x[a]), dy = Double(y[b] - y[a])
        let xx = (Double(s.xx) - 2 * Double(s.x) * px) / k + px * px
        let xy = (Double(s.xy) - Double(s.x) * py - Double(s.y) * px) / k + px * py
        let yy = (Double(s.yy) - 2 * Double(s.y) * py) / k + py * py
        return max(0, dy * dy * xx - 2 * dx * dy * xy + dx * dx * yy).squareRoot()
    }

    // MARK: Corners of the polygon (2.3.1)

    /// The squared distance from a line as a quadratic form in x and y.
    private struct DistanceForm {
        var xx = 0.0, xy = 0.0, yy = 0.0, x = 0.0, y = 0.0, one = 0.0

        /// Distance from the line through a point with a unit normal.
        init(through p: Point, normal n: Vector) {
            let c = -(n.dx * p.x + n.dy * p.y)
            (xx, xy, yy, x, y, one) = (n.dx * n.dx, n.dx * n.dy, n.dy * n.dy, n.dx * c, n.dy * c, c * c)
        }

        static func + (a: Self, b: Self) -> Self {
            var r = a
            r.xx += b.xx
            r.xy += b.xy
            r.yy += b.yy
            r.x += b.x
            r.y += b.y
            r.one += b.one
            return r
        }

        func callAsFunction(_ p: Point) -> Double {
            xx * p.x * p.x + 2 * xy * p.x * p.y + yy * p.y * p.y + 2 * x * p.x + 2 * y * p.y + one
        }
    }

    /// Every vertex where the lines through its two sides come closest, within half a pixel of where it was.
    private func adjusted(_ vertices: [Int]) -> [Point] {
        let m = vertices.count
        var lines: [(center: Point, direction: Vector)] = []
        lines.reserveCapacity(m)
        for k in 0..<m {
            let i = vertices[k]
            var j = vertices[(k + 1) % m]
            if j <= i { j += count }
            lines.append(line(i, j))
        }
        return (0..<m).map { k in
            let before = lines[k == 0 ? m - 1 : k - 1], after = lines[k]
            // Coordinates relative to the vertex keep the forms small.
            let ox = Double(x[vertices[k]]), oy = Double(y[vertices[k]])
            func form(_ l: (center: Point, direction: Vector)) -> DistanceForm {
                DistanceForm(through: Point(l.center.x - ox, l.center.y - oy), normal: l.direction.perpendicular)
            }
            let q = form(before) + form(after)
            var p = Point(0, 0)
            let determinant = q.xx * q.yy - q.xy * q.xy
            if determinant > 1e-9 {
                p = Point((q.xy * q.y - q.yy * q.x) / determinant, (q.xy * q.x - q.xx * q.y) / determinant)
            } else {
                // Parallel lines: the place on their middle next to the vertex.
                let n = before.direction.perpendicular
                let distance = -(n.dx * q.x + n.dy * q.y) / 2
                p = Point(n.dx * distance, n.dy * distance)
            }
            if max(abs(p.x), abs(p.y)) > 0.5 { p = lowestOnSquare(q) }
            return Point(p.x + ox, p.y + oy)
        }
    }

    /// Where the form is least on the border of the square from −½ to ½.
    private func lowestOnSquare(_ q: DistanceForm) -> Point {
        var best = Point(0, 0), least = Double.infinity
        func offer(_ p: Point) {
            let v = q(p)
            if v < least { (least, best) = (v, p) }
        }
        for side in [-0.5, 0.5] {
            if q.yy > 1e-9 { offer(Point(side, max(-0.5, min(0.5, -(q.xy * side + q.y) / q.yy)))) }
            if q.xx > 1e-9 { offer(Point(max(-0.5, min(0.5, -(q.xy * side + q.x) / q.xx)), side)) }
            offer(Point(side, -0.5))
            offer(Point(side, 0.5))
        }
        return best
    }

    /// The line with the least squared distance from the points from `i` to `j`.
    private func line(_ i: Int, _ j: Int) -> (center: Point, direction: Vector) {
        let (s, n) = moments(i, j)
        let k = Double(n), cx = Double(s.x) / k, cy = Double(s.y) / k
        let xx = Double(s.xx) / k - cx * cx, xy = Double(s.xy) / k - cx * cy, yy = Double(s.yy) / k - cy * cy
        let half = (xx + yy) / 2, root = ((xx - yy) * (xx - yy) / 4 + xy * xy).squareRoot()
        // The eigenvector of the larger eigenvalue, from the row that is not nearly zero.
        let larger = half + root
        var d = abs(larger - xx) >= abs(larger - yy) ? Vector(xy, larger - xx) : Vector(larger - yy, xy)
        if d.length < 1e-9 { d = xx >= yy ? Vector(1, 0) : Vector(0, 1) }
        return (Point(cx + Double(x[0]), cy + Double(y[0])), d.normalized)
    }

    // MARK: Corners and curves (2.3.3)

    /// What is drawn around one vertex of the polygon, from the middle of the side before it to the middle of the side after it.
    private struct Piece {
        var vertex: Point
        /// Nil for a corner.
        var alpha: Double?
        var end: Point
        /// Control points of a curve.
        var c1 = Point(0, 0), c2 = Point(0, 0)
    }

    private func smooth(_ vertices: [Int], _ places: [Point]) -> [Piece] {
        let m = places.count
        func around(_ k: Int, _ list: [Point]) -> (before: Point, here: Point, after: Point) {
            (list[k == 0 ? m - 1 : k - 1], list[k], list[k + 1 == m ? 0 : k + 1])
        }
        let alphas = (0..<m).map { k -> Double? in
            let (before, here, after) = around(k, places)
            // How far the vertex lies beyond the chord, in steps of the line that touches the unit square around it.
            let chord = after - before
            let extent = abs(chord.dx) + abs(chord.dy)
            var alpha = 4.0 / 3
            if extent > 0 {
                let ratio = abs((here - before).cross(chord)) / extent
                alpha = ratio > 1 ? (1 - 1 / ratio) * 4 / 3 : 0
            }
            return alpha >= cornerLimit || isSquare(vertices[k]) ? nil : min(1, max(0.55, alpha))
        }
        // The sides run through the middle of the staircase, and a curve cuts off its vertex: a circle would shrink by a fifth of a
        // pixel. The vertex moves away from its chord until the area is what it was.
        let moved = (0..<m).map { k -> Point in
            let (before, here, after) = around(k, places)
            guard let alpha = alphas[k] else { return here }
            let chord = after - before, length = chord.length
            guard length > 0 else { return here }
            let height = (here - before).cross(chord) / length
            // A quarter of the triangle over the chord is the one between the middles of the sides.
            let shift = height * 0.25 * (1 - 0.3 * alpha * (4 - alpha))
            return here - chord.perpendicular * (shift / length)
        }
        return (0..<m).map { k in
            let (before, here, after) = around(k, moved)
            let start = before.interpolated(to: here, 0.5), end = here.interpolated(to: after, 0.5)
            guard let alpha = alphas[k] else { return Piece(vertex: here, alpha: nil, end: end) }
            return Piece(
                vertex: here, alpha: alpha, end: end, c1: start.interpolated(to: here, alpha), c2: end.interpolated(to: here, alpha))
        }
    }

    /// Whether the way turns at a point between two long straight runs, which the raster of a curve never does.
    private func isSquare(_ i: Int) -> Bool { runBefore[i] >= squareArm && nextTurn[i] - i >= squareArm }

    // MARK: Joining curves (2.4)

    private struct Joint {
        var c1: Point, c2: Point
        var penalty: Double
    }

    /// Runs of curves replaced by as few as possible that stay close to them.
    private func joined(_ input: [Piece]) -> [Piece] {
        let m = input.count
        // Begin after a corner when there is one.
        let first = input.firstIndex { $0.alpha == nil }.map { ($0 + 1) % m } ?? 0
        let pieces = first == 0 ? input : Array(input[first...] + input[..<first])
        func start(_ k: Int) -> Point { pieces[k == 0 ? m - 1 : k - 1].end }
        // Which way each curve bends, and the area between the pieces and the origin up to each.
        var bend = [Double](repeating: 0, count: m), area = [Double](repeating: 0, count: m + 1)
        for k in 0..<m {
            let piece = pieces[k], s = start(k)
            if let alpha = piece.alpha {
                let triangle = (piece.vertex - s).cross(piece.end - s) / 2
                bend[k] = triangle > 0 ? 1 : triangle < 0 ? -1 : 0
                area[k + 1] = area[k] + 0.3 * alpha * (4 - alpha) * triangle
            } else {
                area[k + 1] = area[k]
            }
            // From the chord to the origin, which is the first start.
            area[k + 1] += (s - start(0)).cross(piece.end - start(0)) / 2
        }
        var length = [Int](repeating: 0, count: m + 1), penalty = [Double](repeating: 0, count: m + 1)
        var before = [Int](repeating: 0, count: m + 1)
        var how = [Joint?](repeating: nil, count: m + 1)
        for j in 1...m {
            // Alone.
            (length[j], penalty[j], before[j], how[j]) = (length[j - 1] + 1, penalty[j - 1], j - 1, nil)
            var i = j - 2
            while i >= 0 {
                guard let joint = join(pieces, i, j, bend, area) else { break }
                if length[i] + 1 < length[j] || (length[i] + 1 == length[j] && penalty[i] + joint.penalty < penalty[j]) {
                    (length[j], penalty[j], before[j], how[j]) = (length[i] + 1, penalty[i] + joint.penalty, i, joint)
                }
                i -= 1
            }
        }
        var result: [Piece] = []
        var j = m
        while j > 0 {
            var piece = pieces[j - 1]
            if let joint = how[j] {
                piece.alpha = 1
                (piece.c1, piece.c2) = (joint.c1, joint.c2)
            }
            result.append(piece)
            j = before[j]
        }
        return result.reversed()
    }

    /// One curve for pieces i ..< j, or nil when it would be too far from them.
    private func join(_ pieces: [Piece], _ i: Int, _ j: Int, _ bend: [Double], _ area: [Double]) -> Joint? {
        let m = pieces.count
        if bend[i] == 0 { return nil }
        for k in i..<j where pieces[k].alpha == nil || bend[k] != bend[i] { return nil }
        let p0 = pieces[i == 0 ? m - 1 : i - 1].end, p3 = pieces[j - 1].end
        let origin = pieces[m - 1].end
        // Tangents at both ends; the whole must turn by less than 179°, step by step so that a full turn is not missed.
        let first = pieces[i].vertex - p0
        for k in i..<j {
            let d = pieces[k].end - pieces[k].vertex
            let cross = first.cross(d) * bend[i], dot = first.dot(d)
            if cross <= 0 || dot < -0.999_847_7 * first.length * d.length { return nil }
        }
        let last = p3 - pieces[j - 1].vertex
        // Where the tangents meet: p0 + s · first = p3 − t · last.
        let cross = first.cross(last)
        let s = (p3 - p0).cross(last) / cross, t = first.cross(p3 - p0) / cross
        guard s > 0, t > 0 else { return nil }
        let meeting = p0 + first * s
        // The curve with the same area between itself and its chord as the pieces together.
        let triangle = (meeting - p0).cross(p3 - p0) / 2
        let wanted = area[j] - area[i] - (p0 - origin).cross(p3 - origin) / 2
        guard triangle != 0 else { return nil }
        let root = 4 - wanted / (0.3 * triangle)
        guard root >= 0 else { return nil }
        let alpha = 2 - root.squareRoot()
        guard alpha > 0, alpha < 1.34 else { return nil }
        let c1 = p0.interpolated(to: meeting, alpha), c2 = p3.interpolated(to: meeting, alpha)
        let curve = Cubic(p0: p0, c1: c1, c2: c2, p3: p3)
        var penalty = 0.0
        // It must touch every side between two vertices near its middle part …
        for k in i..<j - 1 {
            let a = pieces[k].vertex, side = pieces[k + 1].vertex - a, length = side.length
            guard length > 0, let t = curve.parameter(parallelTo: side) else { return nil }
            let p = curve.point(t)
            let distance = (p - a).cross(side) / length
            let along = (p - a).dot(side) / length
            if abs(distance) > joinTolerance || along < 0 || along > length { return nil }
            penalty += distance * distance
        }
        // … and be no flatter around a vertex than the piece there.
        for k in i..<j {
            let a = pieces[k == 0 ? m - 1 : k - 1].end, chord = pieces[k].end - a, length = chord.length
            guard length > 0, let t = curve.parameter(parallelTo: chord) else { return nil }
            let distance = (curve.point(t) - a).cross(chord) / length
            let own = (pieces[k].vertex - a).cross(chord) / length * 0.75 * (pieces[k].alpha ?? 1)
            let d = abs(distance), o = abs(own)
            if distance * own < 0 || d < o - joinTolerance { return nil }
            if d < o { penalty += (d - o) * (d - o) }
        }
        return Joint(c1: c1, c2: c2, penalty: penalty)
    }

    private struct Cubic {
        var p0: Point, c1: Point, c2: Point, p3: Point

        func point(_ t: Double) -> Point {
            let u = 1 - t
            let a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t
            return Point(a * p0.x + b * c1.x + c * c2.x + d * p3.x, a * p0.y + b * c1.y + c * c2.y + d * p3.y)
        }

        /// Where the tangent has a direction: the first such place from 0 to 1.
        func parameter(parallelTo d: Vector) -> Double? {
            let a = (c1 - p0).cross(d), b = (c2 - c1).cross(d), c = (p3 - c2).cross(d)
            // a (1−t)² + 2 b t (1−t) + c t² = 0
            let square = a - 2 * b + c, linear = 2 * (b - a)
            func valid(_ t: Double) -> Double? { t >= 0 && t <= 1 ? t : nil }
            if abs(square) < 1e-12 { return linear == 0 ? nil : valid(-a / linear) }
            let discriminant = linear * linear - 4 * square * a
            guard discriminant >= 0 else { return nil }
            let root = discriminant.squareRoot()
            return valid((-linear + root) / (2 * square)) ?? valid((-linear - root) / (2 * square))
        }
    }

    // MARK: Drawing

    /// Between two corners runs one straight line; the middles of sides are written only where a curve begins or ends.
    private func draw(_ pieces: [Piece], to path: inout BezierPath) {
        guard let last = pieces.last else { return }
        let begin = last.alpha == nil ? last.vertex : last.end
        path.move(to: begin)
        var isAtMiddle = last.alpha != nil
        for (k, piece) in pieces.enumerated() {
            if piece.alpha != nil {
                if !isAtMiddle { path.line(to: pieces[k == 0 ? pieces.count - 1 : k - 1].end) }
                path.cubic(piece.c1, piece.c2, to: piece.end)
                isAtMiddle = true
            } else {
                path.line(to: piece.vertex)
                isAtMiddle = false
            }
        }
        path.close()
    }
}
