import AtelierGeometry

/// A fitted boundary: where it starts and the segments that follow, each from the end of the one before.
struct FittedCurve {
    enum Segment {
        case line(Point)
        case cubic(Point, Point, Point)

        var end: Point {
            switch self {
            case .line(let p), .cubic(_, _, let p): p
            }
        }
    }
    var start: Point
    var segments: [Segment] = []
}

/// Turns a row of boundary points into lines and cubic Béziers.
///
/// Corners come first (where the directions of two arms differ although neither arm is curved), then straight runs, then cubics in
/// between: least squares with tangents shared at every joint that is not a corner (Schneider, "An Algorithm for Automatically
/// Fitting Digitized Curves", Graphics Gems, 1990), each as long as the tolerance allows, and the joints then moved so
/// that the largest error of the curve is as small as that number of segments permits.
struct CurveFitter {
    var tolerance: Double
    /// Turning at a corner, radians.
    var cornerAngle: Double

    /// The part of the corner angle that must be left when the bend of the arms is taken off, 0…1.
    let certainty: Double
    /// What a byte is worth: square pixels of distance times pixels of length.
    var price = 0.1
    /// Whether boundaries are those of a texture. Nothing in them was drawn as a corner or a line, and what is cheapest is what fits best.
    var isTexture = false

    // Scratch of one curve: the points and how far each is from the next (for the last of a closed row, the first).
    private var row: [Point] = []
    private var steps: [Double] = []
    // Scratch of one piece: the points and the length along them up to each.
    private var p: [Point] = []
    private var s: [Double] = []
    private var splits = SplitSearch()
    // Scratch of one curve: its segments.
    private var assembly = Assembly()

    /// An assembly with nothing in it, in the memory of the one before.
    private mutating func assemble(from start: Point) -> Assembly {
        var result = Assembly()
        swap(&result, &assembly)
        result.reset(start)
        return result
    }

    /// The assembled curve; its memory is kept for the next.
    private mutating func finish(_ result: inout Assembly, closed: Bool) -> FittedCurve {
        let curve = result.finish(closed: closed, tolerance: tolerance)
        swap(&result, &assembly)
        return curve
    }

    init(tolerance: Double, cornerAngle: Double, certainty: Double) {
        self.certainty = certainty
        self.tolerance = tolerance
        self.cornerAngle = cornerAngle
    }

    /// Fits an open row of points; the first and the last stay where they are.
    mutating func fitOpen(_ points: [Point]) -> FittedCurve {
        load(points, closed: false)
        guard row.count > 2 else { return FittedCurve(start: points[0], segments: [.line(points[points.count - 1])]) }
        if isTexture { return fitTexture(closed: false) }
        let corners = findCorners(closed: false)
        let all = row
        var result = assemble(from: all[0])
        var from = 0, fromPoint = all[0]
        for c in corners {
            fitPiece(all, from, c.index, fromPoint, c.position, &result)
            (from, fromPoint) = (c.index, c.position)
        }
        fitPiece(all, from, all.count - 1, fromPoint, all[all.count - 1], &result, fixedEnd: true)
        return finish(&result, closed: false)
    }

    /// Fits a closed row of points, the first not repeated.
    mutating func fitClosed(_ points: [Point]) -> FittedCurve {
        load(points, closed: true)
        guard row.count > 3 else {
            return FittedCurve(start: points[0], segments: points.dropFirst().map { .line($0) })
        }
        if isTexture { return fitTexture(closed: true) }
        let corners = findCorners(closed: true)
        let n = row.count
        // Unroll so that the first corner (or, on a smooth curve, the middle of the straightest stretch) is at both ends.
        let turn = corners.first?.index ?? 0
        var unrolled: [Point] = []
        unrolled.reserveCapacity(n + 1)
        unrolled.append(contentsOf: row[turn...])
        unrolled.append(contentsOf: row[...turn])
        guard let first = corners.first else {
            var tangent = row[(turn + 2) % n] - row[(turn + n - 2) % n]
            tangent = tangent.normalized
            var result = assemble(from: unrolled[0])
            setPiece(unrolled, 0, n, unrolled[0], unrolled[n], trim: false)
            fitStretch(startTangent: tangent, endTangent: -tangent, &result)
            return finish(&result, closed: true)
        }
        var result = assemble(from: first.position)
        var from = 0, fromPoint = first.position
        for c in corners.dropFirst() {
            let index = c.index - turn
            fitPiece(unrolled, from, index, fromPoint, c.position, &result)
            (from, fromPoint) = (index, c.position)
        }
        fitPiece(unrolled, from, n, fromPoint, first.position, &result)
        return finish(&result, closed: true)
    }

    /// Fits the row as it is by price alone.
    private mutating func fitTexture(closed: Bool) -> FittedCurve {
        if closed { row.append(row[0]) }
        var result = assemble(from: row[0])
        setPiece(row, 0, row.count - 1, row[0], row[row.count - 1], trim: false)
        fitSmooth(0, p.count - 1, nil, nil, &result)
        return finish(&result, closed: closed)
    }

    // MARK: Points

    /// Takes points over, leaving out those that crowd their predecessor or turn back on it.
    private mutating func load(_ points: [Point], closed: Bool) {
        row.removeAll(keepingCapacity: true)
        steps.removeAll(keepingCapacity: true)
        row.reserveCapacity(points.count + 1)
        steps.reserveCapacity(points.count + 1)
        var last = points[0]
        row.append(last)
        for q in points.dropFirst() {
            let step = q.distance(to: last)
            guard step > 0.3 else { continue }
            row.append(q)
            steps.append(step)
            last = q
        }
        if closed {
            while row.count > 3, row[row.count - 1].distance(to: row[0]) <= 0.3 { row.removeLast() }
            steps.removeLast(max(0, steps.count - row.count + 1))
            steps.append(row[row.count - 1].distance(to: row[0]))
        } else if row.count > 1 {
            // The end is fixed: if it was dropped, it replaces the last one kept.
            let n = row.count, end = points[points.count - 1]
            if row[n - 1] != end {
                if n > 2 {
                    row[n - 1] = end
                    steps[n - 2] = row[n - 2].distance(to: end)
                } else {
                    steps.append(row[n - 1].distance(to: end))
                    row.append(end)
                }
            }
            steps.append(0)
        } else {
            row.append(points[points.count - 1])
            steps.append(row[0].distance(to: row[1]))
            steps.append(0)
        }
    }

    // MARK: Tips

    /// Where the ends of thin strokes and the bottoms of thin notches go: pixels less than half covered belong to the other side, so the
    /// row turns back before its tip. The sides, made longer, say where it is.
    ///
    /// Points around a tip are left out and one at the tip takes their place.
    ///
    /// - Returns: Indices of the tips, rising.
    private mutating func sharpenTips(closed: Bool) -> [Int] {
        let n = row.count
        let reach = 4.0
        guard n >= 14 else { return [] }
        // Length along the row before each point, three times around when closed.
        let m = closed ? 3 * n : n
        s.removeAll(keepingCapacity: true)
        s.reserveCapacity(m)
        var length = 0.0
        s.append(0)
        for lap in 0..<m / n {
            for k in 0..<(lap < m / n - 1 ? n : n - 1) {
                length += steps[k]
                s.append(length)
            }
        }
        let first = closed ? n : 0, last = closed ? 2 * n : n
        // Distance between the points `reach` before and after, the smaller the sharper.
        var folds: [Double] = []
        s.withUnsafeBufferPointer { s in
            row.withUnsafeBufferPointer { p in
                var low = 0, high = 0
                // The same in the row.
                var lowPlace = 0, highPlace = 0
                for i in first..<last {
                    while s[i] - s[low] > reach { low += 1; lowPlace = lowPlace + 1 == n ? 0 : lowPlace + 1 }
                    while high < m - 1, s[high] - s[i] < reach { high += 1; highPlace = highPlace + 1 == n ? 0 : highPlace + 1 }
                    guard low > 0 || closed, s[high] - s[i] >= reach, high - low < n / 2 else { continue }
                    let across = p[highPlace] - p[lowPlace], span = s[high] - s[low]
                    // Most rows are far from folding.
                    guard across.dot(across) < 0.1765 * span * span else { continue }
                    let fold = across.length
                    if fold < 0.42 * span {
                        if folds.isEmpty { folds = [Double](repeating: .infinity, count: n) }
                        folds[i - first] = fold / span
                    }
                }
            }
        }
        guard !folds.isEmpty else { return [] }
        let p = row
        var drop = [Bool](repeating: false, count: n)
        var tips: [(index: Int, place: Point)] = []
        for i in first..<last where folds[i - first] < .infinity {
            let fold = folds[i - first]
            // The sharpest within 3 px.
            var isSharpest = true
            for step in [-1, 1] {
                var k = i + step
                while isSharpest, k >= 0, k < m, abs(s[k] - s[i]) < 3 {
                    let other = folds[k % n]
                    if other < fold || (other == fold && step < 0) { isSharpest = false }
                    k += step
                }
            }
            guard isSharpest else { continue }
            var sides: (Moments, Moments) = (Moments(), Moments())
            var k = i
            while k > 0, s[i] - s[k - 1] <= 7.5, i - k < n / 3 { k -= 1; if s[i] - s[k] >= 2 { sides.0.add(p[k % n]) } }
            k = i
            while k < m - 1, s[k + 1] - s[i] <= 7.5, k - i < n / 3 { k += 1; if s[k] - s[i] >= 2 { sides.1.add(p[k % n]) } }
            guard sides.0.count >= 3, sides.1.count >= 3, sides.0.spread < 0.25, sides.1.spread < 0.25 else { continue }
            var d0 = sides.0.direction, d1 = sides.1.direction
            let here = p[i % n]
            if d0.dot(here - sides.0.center) < 0 { d0 = -d0 }
            if d1.dot(here - sides.1.center) < 0 { d1 = -d1 }
            let cross = d0.cross(d1)
            guard d0.dot(d1) > 0.5, abs(cross) > 0.05 else { continue }
            let t = (sides.1.center - sides.0.center).cross(d1) / cross
            let meeting = sides.0.center + d0 * t
            let axis = (d0 + d1).normalized
            let ahead = (meeting - here).dot(axis)
            // The sides must close in and be close already where the row turns.
            guard ahead > -0.7, ahead * abs(cross) < 1.3, ahead < 7, abs((meeting - here).cross(axis)) < 1 else { continue }
            tips.append((i - first, meeting))
            k = i - 1
            while k > 0, s[i] - s[k] < 1.8 { drop[k % n] = true; k -= 1 }
            k = i + 1
            while k < m - 1, s[k] - s[i] < 1.8 { drop[k % n] = true; k += 1 }
        }
        guard !tips.isEmpty else { return [] }
        for tip in tips { row[tip.index] = tip.place; drop[tip.index] = false }
        if !closed { drop[0] = false; drop[n - 1] = false }
        var result: [Int] = [], kept = 0, next = 0
        for i in 0..<n where !drop[i] {
            if next < tips.count, tips[next].index == i { result.append(kept); next += 1 }
            row[kept] = row[i]
            kept += 1
        }
        row.removeLast(n - kept)
        steps.removeAll(keepingCapacity: true)
        for i in 0..<kept { steps.append(row[i].distance(to: row[i + 1 < kept ? i + 1 : 0])) }
        return result
    }

    // MARK: Corners

    struct Corner {
        var index: Int
        var position: Point
    }

    private mutating func findCorners(closed: Bool) -> [Corner] {
        let tips = sharpenTips(closed: closed)
        guard row.count >= 5 else { return [] }
        return row.withUnsafeBufferPointer { p in
            steps.withUnsafeBufferPointer { corners(Walk(p: p.baseAddress!, steps: $0.baseAddress!, n: p.count, isClosed: closed), tips) }
        }
    }

    private func corners(_ walk: Walk, _ tips: [Int]) -> [Corner] {
        let p = walk.p, n = walk.n, closed = walk.isClosed
        // Places where the row turns, the turning left to others.
        var turning: [Double] = []
        let slight = 0.3 * cornerAngle * cornerAngle
        for i in 0..<n {
            // Nearly straight: no need to look closer.
            if closed || (i > 2 && i < n - 3), n > 6 {
                let before = i >= 3 ? i - 3 : i + n - 3, after = i + 3 < n ? i + 3 : i + 3 - n
                let q = p[i], a = q - p[before], b = p[after] - q
                let dot = a.dot(b), cross = a.cross(b)
                if dot > 0, cross * cross < slight * (dot * dot + cross * cross) { continue }
            }
            guard let back = walk.arm(i, -1), let ahead = walk.arm(i, 1) else { continue }
            // Both arms point away from i.
            let total = angle(from: -back.direction, to: ahead.direction)
            if abs(total) < cornerAngle { continue }
            let bend = ahead.bend - back.bend
            if turning.isEmpty { turning = [Double](repeating: 0, count: n) }
            turning[i] = abs(total) > abs(total - 1.5 * bend) ? total - (abs(1.5 * bend) > abs(total) ? total : 1.5 * bend) : total
        }
        if turning.isEmpty { return tips.map { Corner(index: $0, position: p[$0]) } }
        for tip in tips {
            // Nothing else is a corner beside a tip.
            for step in [-1, 1] {
                var d = 0.0, k = tip
                for _ in 1..<n {
                    let next = k + step
                    guard closed || (next >= 0 && next < n) else { break }
                    d += p[k].distance(to: p[(next + n) % n])
                    if d > 3 { break }
                    k = (next + n) % n
                    turning[k] = 0
                }
            }
            turning[tip] = 0
        }
        var corners: [Corner] = []
        var nextTip = 0
        for i in 0..<n {
            if nextTip < tips.count, tips[nextTip] == i {
                corners.append(Corner(index: i, position: p[i]))
                nextTip += 1
                continue
            }
            let t = abs(turning[i])
            guard t > certainty * cornerAngle else { continue }
            // Largest within 2 px to both sides; the first of equals.
            var isPeak = true
            var d = 0.0, k = 1
            while isPeak, k < n, closed || i + k < n {
                d += walk.steps[(i + k - 1) % n]
                if d > 2 { break }
                if abs(turning[(i + k) % n]) > t { isPeak = false }
                k += 1
            }
            (d, k) = (0, 1)
            while isPeak, k < n, closed || i - k >= 0 {
                d += walk.steps[(i - k + n) % n]
                if d > 2 { break }
                if abs(turning[(i - k + n) % n]) >= t { isPeak = false }
                k += 1
            }
            guard isPeak, let back = walk.arm(i, -1), let ahead = walk.arm(i, 1) else { continue }
            var position = p[i]
            // Anti-aliasing rounds a corner off; its sides meet further out.
            let cross = back.direction.cross(ahead.direction)
            if abs(cross) > 0.25, back.spread < 0.2, ahead.spread < 0.2 {
                let t = (ahead.center - back.center).cross(ahead.direction) / cross
                let meeting = back.center + back.direction * t
                if meeting.distance(to: p[i]) < 1.6 { position = meeting }
            }
            corners.append(Corner(index: i, position: position))
        }
        return corners
    }

    /// A row of points to walk along.
    private struct Walk {
        let p: UnsafePointer<Point>
        /// From each point to the next.
        let steps: UnsafePointer<Double>
        let n: Int
        let isClosed: Bool

        /// The points from 0.7 to 4.4 px beside a point, or nil when there is none.
        @inline(__always)
        func arm(_ i: Int, _ step: Int) -> Arm? {
            let gap = 0.7, reach = 4.0
            var near = Moments(), far = Moments()
            var d = 0.0, j = i, left = n - 1
            while left > 0 {
                var k = j + step
                if k < 0 || k >= n {
                    guard isClosed else { break }
                    k = k < 0 ? n - 1 : 0
                }
                d += steps[step > 0 ? j : k]
                if d > reach + 0.4 { break }
                j = k
                if d >= gap { if d < (gap + reach) / 2 { near.add(p[k]) } else { far.add(p[k]) } }
                left -= 1
            }
            var all = near
            all.add(far)
            guard all.count >= 2 else { return nil }
            var direction = all.direction
            if direction.dot(p[j] - p[i]) < 0 { direction = -direction }
            return Arm(near: near, far: far, all: all, direction: direction)
        }
    }

    /// A short stretch of boundary beside a point, seen from it.
    private struct Arm {
        var near: Moments
        var far: Moments
        var all: Moments
        /// Unit vector away from the point.
        var direction: Vector

        var center: Point { all.center }
        /// Root mean square distance of its points from its line.
        var spread: Double { all.spread }
        /// Signed turning between the near and the far half, radians.
        var bend: Double {
            guard near.count >= 2, far.count >= 2 else { return 0 }
            var a = near.direction, b = far.direction
            if a.dot(direction) < 0 { a = -a }
            if b.dot(direction) < 0 { b = -b }
            return angle(from: a, to: b)
        }
    }

    // MARK: Pieces between corners

    private mutating func setPiece(_ all: [Point], _ from: Int, _ to: Int, _ start: Point, _ end: Point, trim: Bool) {
        p.removeAll(keepingCapacity: true)
        s.removeAll(keepingCapacity: true)
        p.reserveCapacity(to - from + 1)
        s.reserveCapacity(to - from + 1)
        var last = start, length = 0.0
        p.append(start)
        s.append(0)
        for q in all[min(from + 1, to)..<to] {
            // Points beside a corner are rounded off by anti-aliasing.
            if trim, to - from > 5 {
                let a = q - start, b = q - end
                if a.dot(a) < 1 || b.dot(b) < 1 { continue }
            }
            length += q.distance(to: last)
            p.append(q)
            s.append(length)
            last = q
        }
        p.append(end)
        s.append(length + end.distance(to: last))
    }

    private mutating func fitPiece(
        _ all: [Point], _ from: Int, _ to: Int, _ start: Point, _ end: Point, _ result: inout Assembly, fixedEnd: Bool = false
    ) {
        setPiece(all, from, to, start, end, trim: true)
        fitStretch(startTangent: nil, endTangent: nil, &result)
        result.corner()
    }

    /// Fits the loaded points: straight runs as lines, what lies between as cubics.
    private mutating func fitStretch(startTangent: Vector?, endTangent: Vector?, _ result: inout Assembly) {
        let n = p.count
        if n <= 2 || isLine(0, n - 1) {
            result.line(to: p[n - 1], model: n > 3 ? moments(0, n - 1) : nil)
            return
        }
        var cursor = 0
        var tangent = startTangent
        for run in straightRuns() {
            var direction = run.moments.direction
            if direction.dot(p[run.to] - p[run.from]) < 0 { direction = -direction }
            // A run that nearly reaches the end of the piece is the end of the piece.
            var from = run.from <= 2 && cursor == 0 && startTangent == nil ? 0 : run.from
            var to = run.to >= n - 3 && endTangent == nil ? n - 1 : run.to
            // Where a curve follows, the band of the run reaches a little into it.
            let slack = min(2.5, 0.1 * (s[to] - s[from]))
            if from > cursor { while from + 4 < to, s[from] - s[run.from] < slack { from += 1 } }
            if to < n - 1 { while to - 4 > from, s[run.to] - s[to] < slack { to -= 1 } }
            if from > cursor {
                let entry = run.moments.projection(of: p[from])
                p[from] = entry
                fitSmooth(cursor, from, tangent, -direction, &result)
            }
            if to < n - 1 { p[to] = run.moments.projection(of: p[to]) }
            result.line(to: p[to], model: run.moments)
            cursor = to
            tangent = direction
        }
        if cursor < n - 1 { fitSmooth(cursor, n - 1, tangent, endTangent, &result) }
    }

    private func moments(_ from: Int, _ to: Int) -> Moments {
        var m = Moments()
        // The ends may be corners, placed by other means.
        if to - from > 3 { for i in from + 1..<to { m.add(p[i]) } } else { for i in from...to { m.add(p[i]) } }
        return m
    }

    private func isLine(_ from: Int, _ to: Int) -> Bool {
        let axis = p[to] - p[from]
        let length = axis.length
        guard length > 1e-9 else { return false }
        let limit = 0.8 * tolerance
        var sum = 0.0
        for i in from + 1..<max(from + 1, to) {
            let v = p[i] - p[from]
            let d = axis.cross(v) / length
            if abs(d) > limit || v.dot(axis) < -limit * length { return false }
            sum += d
        }
        // A shallow arc lies on one side throughout.
        return abs(sum) <= 0.6 * limit * Double(to - from)
    }

    private struct Run {
        var from: Int
        var to: Int
        var moments: Moments
    }

    /// Stretches so straight, for their length, that they were drawn as lines, in order.
    ///
    /// On a circle the stretch that stays within a band grows with the square root of its width; a line ends where it ends.
    private func straightRuns() -> [Run] {
        let n = p.count
        guard n > 8 else { return [] }
        let narrow = 0.28 * tolerance, wide = 4 * narrow
        func longest(_ limit: Double) -> [Int] {
            p.withUnsafeBufferPointer { p in
                [Int](unsafeUninitializedCapacity: n) { reach, count in
                    var m = Moments()
                    var j = 0
                    m.add(p[0])
                    for i in 0..<n {
                        if j < i { j = i; m = Moments(); m.add(p[i]) }
                        while j + 1 < n {
                            var extended = m
                            extended.add(p[j + 1])
                            if extended.isWider(than: limit) { break }
                            m = extended
                            j += 1
                        }
                        reach[i] = j
                        m.remove(p[i])
                    }
                    count = n
                }
            }
        }
        let tight = longest(narrow)
        // Of the stretches with one end the longest.
        var order: [UInt64] = []
        for i in 0..<n where i == 0 || tight[i] > tight[i - 1] {
            let length = s[tight[i]] - s[i]
            // The longest first, then by place: the bits of positive numbers are in their order.
            if tight[i] > i + 5, length >= 6 { order.append(UInt64(~Float(length).bitPattern) << 32 | UInt64(i)) }
        }
        guard !order.isEmpty else { return [] }
        let loose = longest(wide)
        order.sort()
        var taken: [Run] = []
        for key in order.prefix(64) {
            let i = Int(key & 0xFFFF_FFFF), j = tight[i]
            if taken.contains(where: { i < $0.to && j > $0.from }) { continue }
            let length = s[j] - s[i]
            // The widest loose stretch that contains the run.
            var k = i
            while k > 0, loose[k - 1] >= j { k -= 1 }
            var longestLoose = 0.0
            for m in k...i { longestLoose = max(longestLoose, s[loose[m]] - s[m]) }
            guard longestLoose < 1.45 * length || (i <= 2 && j >= n - 3) else { continue }
            var m = Moments()
            for q in i...j { m.add(p[q]) }
            taken.append(Run(from: i, to: j, moments: m))
        }
        return taken.sorted { $0.from < $1.from }
    }

    // MARK: Cubics

    private mutating func fitSmooth(_ from: Int, _ to: Int, _ startTangent: Vector?, _ endTangent: Vector?, _ result: inout Assembly) {
        splits.price = price
        splits.tolerance = tolerance
        splits.isTexture = isTexture
        var cursor = from
        splits.search(p, s, from, to, startTangent, endTangent)
        for part in splits.parts {
            if let (c1, c2) = part.handles {
                result.add(.cubic(c1, c2, part.end))
            } else {
                result.line(to: part.end, model: part.to - cursor > 3 ? moments(cursor, part.to) : nil)
            }
            cursor = part.to
        }
    }
}

/// First and second moments of points: the straight line through them by total least squares.
struct Moments {
    private(set) var count = 0.0
    private var x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0

    @inline(__always)
    mutating func add(_ p: Point) { accumulate(p, 1) }
    @inline(__always)
    mutating func remove(_ p: Point) { accumulate(p, -1) }
    @inline(__always)
    mutating func add(_ other: Moments) {
        count += other.count
        (x, y, xx, xy, yy) = (x + other.x, y + other.y, xx + other.xx, xy + other.xy, yy + other.yy)
    }

    @inline(__always)
    private mutating func accumulate(_ p: Point, _ w: Double) {
        count += w
        x += w * p.x
        y += w * p.y
        xx += w * p.x * p.x
        xy += w * p.x * p.y
        yy += w * p.y * p.y
    }

    var center: Point { Point(x / max(1, count), y / max(1, count)) }

    private var covariance: (xx: Double, xy: Double, yy: Double) {
        let n = max(1, count)
        return (xx / n - (x / n) * (x / n), xy / n - (x / n) * (y / n), yy / n - (y / n) * (y / n))
    }

    /// Whether the root mean square distance from the line exceeds `limit`: whether both eigenvalues of the covariance exceed its square.
    @inline(__always)
    func isWider(than limit: Double) -> Bool {
        let square = limit * limit * count * count
        let a = count * xx - x * x - square, b = count * yy - y * y - square, c = count * xy - x * y
        return a > 0 && b > 0 && a * b > c * c
    }

    /// Unit vector along the line, of either sign.
    @inline(__always)
    var direction: Vector {
        let c = covariance
        let difference = c.xx - c.yy, root = (difference * difference + 4 * c.xy * c.xy).squareRoot()
        let v = difference >= 0 ? Vector(difference + root, 2 * c.xy) : Vector(2 * c.xy, root - difference)
        let unit = v.normalized
        return unit == .zero ? Vector(1, 0) : unit
    }

    /// Root mean square distance from the line.
    var spread: Double {
        let c = covariance
        let difference = c.xx - c.yy, root = (difference * difference + 4 * c.xy * c.xy).squareRoot()
        return max(0, (c.xx + c.yy - root) / 2).squareRoot()
    }

    func projection(of p: Point) -> Point {
        let d = direction
        return center + d * (p - center).dot(d)
    }
}

/// Signed angle between two unit vectors, radians, positive clockwise on screen; a polynomial, exact to 0.0002.
func angle(from a: Vector, to b: Vector) -> Double {
    let y = a.cross(b), x = a.dot(b)
    let (ax, ay) = (abs(x), abs(y))
    guard ax + ay > 0 else { return 0 }
    let z = min(ax, ay) / max(ax, ay)
    let z2 = z * z
    // Hastings, "Approximations for Digital Computers" (1955), sheet 11.
    var r = z * (0.999_866 + z2 * (-0.330_299_5 + z2 * (0.180_141 + z2 * (-0.085_133 + z2 * 0.020_835_1))))
    if ay > ax { r = 1.570_796_326_8 - r }
    if x < 0 { r = 3.141_592_653_6 - r }
    return y < 0 ? -r : r
}

/// Collects segments; joins consecutive lines at the intersection of the lines they were fitted to.
struct Assembly {
    private var start = Point.zero
    private var segments: [FittedCurve.Segment] = []
    private var models: [Moments?] = []
    /// Segment numbers before which a corner lies.
    private var corners: [Int] = []
    // Scratch of `finish`.
    private var lines: [Line?] = []
    private var isCorner: [Bool] = []

    /// Begins a curve.
    mutating func reset(_ start: Point) {
        self.start = start
        segments.removeAll(keepingCapacity: true)
        models.removeAll(keepingCapacity: true)
        corners.removeAll(keepingCapacity: true)
    }

    mutating func line(to p: Point, model: Moments?) {
        segments.append(.line(p))
        models.append(model)
    }

    mutating func add(_ segment: FittedCurve.Segment) {
        segments.append(segment)
        models.append(nil)
    }

    mutating func corner() { corners.append(segments.count) }

    /// The straight line a segment was fitted to: level or upright when that changes its ends by less than a quarter pixel.
    private struct Line {
        var center: Point
        var direction: Vector
        var length: Double
        var isAxial: Bool { direction.dx == 0 || direction.dy == 0 }
    }

    mutating func finish(closed: Bool, tolerance: Double) -> FittedCurve {
        let n = segments.count
        var curve = FittedCurve(start: start, segments: segments)
        lines.removeAll(keepingCapacity: true)
        for (i, model) in models.enumerated() {
            guard let model else {
                lines.append(nil)
                continue
            }
            let length = segments[i].end.distance(to: i > 0 ? segments[i - 1].end : start)
            var d = model.direction
            if abs(d.dy) * length < 0.25 { d = Vector(1, 0) } else if abs(d.dx) * length < 0.25 { d = Vector(0, 1) }
            lines.append(Line(center: model.center, direction: d, length: length))
        }
        isCorner.removeAll(keepingCapacity: true)
        isCorner.append(contentsOf: repeatElement(false, count: n + 1))
        for c in corners { isCorner[c] = true }
        // Joint j lies before segment j; joint n is the start again when the curve is closed. Open ends stay where they are.
        for j in 1..<n + 1 where j < n || (closed && j == n) {
            let before = lines[j - 1], after = lines[j % n]
            let joint = segments[j - 1].end
            var place = joint
            if let before, let after, n > 1 {
                let cross = before.direction.cross(after.direction)
                if abs(cross) > 0.2 {
                    place = before.center + before.direction * ((after.center - before.center).cross(after.direction) / cross)
                } else if !isCorner[j] {
                    // Nearly one line: the level or upright one stays so, or else the longer one.
                    let line = (before.isAxial ? 1e9 : before.length) >= (after.isAxial ? 1e9 : after.length) ? before : after
                    place = line.center + line.direction * (joint - line.center).dot(line.direction)
                }
            } else if let line = before ?? after {
                place = line.center + line.direction * (joint - line.center).dot(line.direction)
            }
            // Only anti-aliasing rounds corners off by more than the tolerance.
            guard place.distance(to: joint) < (isCorner[j] ? 1.2 : tolerance) else { continue }
            switch curve.segments[j - 1] {
            case .line: curve.segments[j - 1] = .line(place)
            case .cubic(let c1, let c2, let p): curve.segments[j - 1] = .cubic(c1, c2 + (place - p), place)
            }
            if case .cubic(let c1, let c2, let p) = curve.segments[j % n] { curve.segments[j % n] = .cubic(c1 + (place - joint), c2, p) }
            if j == n { curve.start = place }
        }
        return curve
    }
}
