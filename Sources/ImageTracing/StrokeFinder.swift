import AtelierGeometry

/// A line of constant width whose outline is a given closed row of boundary points.
struct FoundStroke {
    var path: BezierPath
    var width: Double
    /// Whether its ends and joins are round.
    var isRound: Bool
}

/// Recognises the outline of a line of constant width: two long sides at one distance, joined by two caps.
///
/// The caps are where the outline turns back on itself soonest. Points of one side are then paired with their nearest on the other;
/// the middles are the centre line; around a join, where points of the outer side have no partner, its two parts are made longer until they
/// meet. What the stroke of the fitted centre line does not explain is no stroke.
///
/// - Complexity: O(points) to refuse, O(points × segments) to accept.
struct StrokeFinder {
    private let p: [Point]
    private var s: [Double] = []
    private let n: Int
    private var total = 0.0

    /// - Parameter outline: The closed boundary, the first point not repeated, walked with the inside on the left.
    init(_ outline: [Point]) {
        p = outline
        n = outline.count
    }

    /// - Parameter area: Enclosed, px².
    mutating func find(area: Double, _ fitter: inout CurveFitter) -> FoundStroke? {
        guard n >= 16 else { return nil }
        s.reserveCapacity(n)
        for i in 0..<n {
            s.append(total)
            total += p[i].distance(to: p[(i + 1) % n])
        }
        // Length 2 ℓ + 2 w and area ℓ w.
        let root = total * total - 16 * area
        guard root > 0 else { return nil }
        let guess = (total - root.squareRoot()) / 4
        guard guess > 0.7, total > 9 * guess else { return nil }
        guard let (first, second) = caps(guess) else { return nil }
        guard let (width, middle) = centerLine(first, second, guess), middle.count >= 4 else { return nil }
        return stroke(middle, width, (first, second), &fitter)
    }

    /// The point `distance` further along the outline.
    private func index(_ i: Int, after distance: Double) -> Int {
        var k = i, left = distance
        if left >= 0 {
            while left > 0 { left -= p[k].distance(to: p[(k + 1) % n]); k = (k + 1) % n }
        } else {
            while left < 0 { left += p[k].distance(to: p[(k + n - 1) % n]); k = (k + n - 1) % n }
        }
        return k
    }

    /// The two places where the outline turns back on itself soonest.
    private func caps(_ width: Double) -> (Int, Int)? {
        var gap = [Double](repeating: 0, count: n)
        var ahead = index(0, after: 1.6 * width), behind = index(0, after: -1.6 * width)
        for i in 0..<n {
            func along(_ a: Int, _ b: Int) -> Double { let d = s[b] - s[a]; return d < 0 ? d + total : d }
            while along(i, ahead) < 1.6 * width { ahead = (ahead + 1) % n }
            while along((behind + 1) % n, i) >= 1.6 * width { behind = (behind + 1) % n }
            gap[i] = p[ahead].distance(to: p[behind])
        }
        var first = 0
        for i in 0..<n where gap[i] < gap[first] { first = i }
        var second = -1
        for i in 0..<n {
            var apart = abs(s[i] - s[first])
            apart = min(apart, total - apart)
            guard apart > max(3 * width, total / 6) else { continue }
            if second < 0 || gap[i] < gap[second] { second = i }
        }
        guard second >= 0, gap[first] < 1.7 * width, gap[second] < 1.7 * width else { return nil }
        return (first, second)
    }

    private func centerLine(_ first: Int, _ second: Int, _ guess: Double) -> (width: Double, middle: [Point])? {
        // Side a runs from the first cap to the second, side b back; b is walked backwards.
        var a: [Int] = [], b: [Int] = []
        var i = first
        while i != second { a.append(i); i = (i + 1) % n }
        i = first
        while i != second { b.append(i); i = (i + n - 1) % n }
        func trimmed(_ side: [Int]) -> [Int] {
            side.filter { p[$0].distance(to: p[first]) > 0.75 * guess + 0.5 && p[$0].distance(to: p[second]) > 0.75 * guess + 0.5 }
        }
        a = trimmed(a)
        guard a.count >= 4, b.count >= 4 else { return nil }
        // Side b: its points, and the vector to the next with its square and length; none for the last.
        let sides = b.indices.map { k in
            let v = k + 1 < b.count ? p[b[k + 1]] - p[b[k]] : Vector.zero
            return (start: p[b[k]], along: v, square: v.dot(v), length: v.length)
        }
        // Lengths of side b up to each of its points, and of its longest step.
        var walked: [Double] = [], length = 0.0, longest = 0.0
        for side in sides {
            walked.append(length)
            length += side.length
            longest = max(longest, side.length)
        }
        guard longest > 0 else { return nil }
        /// The point of side `k` nearest to `q`, and the square of its distance.
        func foot(_ q: Point, _ k: Int) -> (foot: Point, square: Double) {
            let side = sides[k]
            let t = side.square > 0 ? max(0, min(1, (q - side.start).dot(side.along) / side.square)) : 0
            let foot = side.start + side.along * t
            return (foot, (q - foot).dot(q - foot))
        }
        /// The partner on side b of every so many points of side a.
        func partners(every step: Int) -> [(a: Int, foot: Point, distance: Double)] {
            var pairs: [(a: Int, foot: Point, distance: Double)] = []
            pairs.reserveCapacity(a.count / step + 1)
            var k = 0
            // Around a sharp join the other side goes a long way before it is near again.
            let reach = 6.5 * guess + 4 + (step > 1 ? 3 * Double(step) : 0)
            for q in stride(from: 0, to: a.count, by: step).lazy.map({ a[$0] }) {
                let place = p[q], end = walked[k] + reach
                // The partner moves on as long as it comes nearer. What is farther than the nearest by some distance goes on for as long
                // before it can be nearer.
                var best = foot(place, k), nearest = best.square.squareRoot(), j = k
                while j + 2 < sides.count, walked[j] < end {
                    j += 1
                    let other = foot(place, j)
                    if other.square < best.square {
                        (best, nearest, k) = (other, other.square.squareRoot(), j)
                    } else if other.square > (nearest + 2 * longest) * (nearest + 2 * longest) {
                        j += Int((other.square.squareRoot() - nearest) / longest) - 1
                    }
                }
                // A partner on a cap is none.
                if min(best.foot.distance(to: p[first]), best.foot.distance(to: p[second])) < 0.65 * guess { continue }
                pairs.append((q, best.foot, best.square.squareRoot()))
            }
            return pairs
        }
        /// The median distance of partners, and how many of them have it.
        func agreement(_ pairs: [(a: Int, foot: Point, distance: Double)]) -> (width: Double, count: Int, mean: Double) {
            var widths: [Double] = []
            for pair in pairs { widths.append(pair.distance) }
            widths.sort()
            let width = widths[widths.count / 2]
            var count = 0, sum = 0.0
            for pair in pairs where abs(pair.distance - width) < 0.1 * width + 0.35 { (count, sum) = (count + 1, sum + pair.distance) }
            return (width, count, sum / Double(max(1, count)))
        }
        // Of a wide area a few points tell that it is no line.
        if a.count >= 512, guess > 8 {
            let few = partners(every: a.count / 128)
            guard few.count >= 4, agreement(few).count * 2 >= few.count else { return nil }
        }
        let pairs = partners(every: 1)
        guard pairs.count >= 4 else { return nil }
        let (width, agreeing, exact) = agreement(pairs)
        guard width > 0.7, abs(width - guess) < 0.3 * guess + 0.5 else { return nil }
        // Most pairs must agree before anything dearer is tried.
        guard agreeing * 10 >= pairs.count * 7 else { return nil }
        // The middles, in runs that no join interrupts.
        var middle: [Point] = [], starts: [Int] = []
        var isOpen = false
        for pair in pairs {
            guard pair.distance < 1.04 * exact + 0.15 else { isOpen = false; continue }
            let m = p[pair.a].interpolated(to: pair.foot, 0.5)
            if !isOpen || m.distance(to: middle[middle.count - 1]) > 0.3 * exact + 1.2 { starts.append(middle.count) }
            isOpen = true
            middle.append(m)
        }
        guard starts.count > 1 else { return (exact, middle) }
        return (exact, joined(middle, starts, exact))
    }

    /// Runs of a centre line made longer until they meet.
    private func joined(_ middle: [Point], _ starts: [Int], _ width: Double) -> [Point] {
        var result: [Point] = []
        for (number, from) in starts.enumerated() {
            let to = number + 1 < starts.count ? starts[number + 1] : middle.count
            if let last = result.last {
                func direction(_ i: Int, _ step: Int, _ low: Int, _ high: Int) -> Vector {
                    var k = i
                    while k + step >= low, k + step < high, middle[k].distance(to: middle[i]) < max(3, width) { k += step }
                    return (middle[i] - middle[k]).normalized
                }
                let before = direction(from - 1, -1, starts[number - 1], from), after = direction(from, 1, from, to)
                let next = middle[from]
                let cross = before.cross(after)
                if abs(cross) > 0.1 {
                    let t = (next - last).cross(after) / cross, r = (next - last).cross(before) / cross
                    // Both go forwards to where they meet.
                    if t > -0.5, r > -0.5, t < 4 * width + 2, r < 4 * width + 2 {
                        let vertex = last + before * t
                        for k in 1..<max(1, Int(t)) { result.append(last + before * Double(k)) }
                        result.append(vertex)
                        for k in (1..<max(1, Int(r))).reversed() { result.append(next + after * Double(k)) }
                    }
                }
            }
            result.append(contentsOf: middle[from..<to])
        }
        return result
    }

    /// Where the line ends, from the outline around a cap: the centre of a half circle, or where a straight cut is. The errors are
    /// squared distances of the same points.
    ///
    /// - Parameters:
    ///   - near: A point of the centre line near the cap.
    ///   - direction: Unit vector from there to the cap.
    private func end(
        _ cap: Int, _ near: Point, _ direction: Vector, _ width: Double
    ) -> (round: Point, roundError: Double, flat: Point, flatError: Double) {
        let r = width / 2
        var around: [(u: Double, v: Double)] = []
        func take(_ i: Int) {
            let d = p[i] - near
            let v = abs(direction.cross(d))
            if v < 0.92 * r { around.append((d.dot(direction), v)) }
        }
        take(cap)
        var i = cap, walked = 0.0
        while walked < 1.2 * r + 0.5 {
            walked += p[i].distance(to: p[(i + 1) % n])
            i = (i + 1) % n
            take(i)
        }
        (i, walked) = (cap, 0)
        while walked < 1.2 * r + 0.5 {
            walked += p[i].distance(to: p[(i + n - 1) % n])
            i = (i + n - 1) % n
            take(i)
        }
        var round = 0.0, flat = 0.0, inner = 0.0
        for q in around {
            round += q.u - (r * r - q.v * q.v).squareRoot()
            if q.v < max(0.6 * r, r - 0.8) { (flat, inner) = (flat + q.u, inner + 1) }
        }
        round /= Double(max(1, around.count))
        flat = inner > 0 ? flat / inner : round + r
        var roundError = 0.0, flatError = 0.0
        for q in around {
            let x = q.u - round
            let d = (x * x + q.v * q.v).squareRoot() - r
            roundError += d * d
            flatError += (q.u - flat) * (q.u - flat)
        }
        return (near + direction * round, roundError, near + direction * flat, flatError)
    }

    private func stroke(_ middle: [Point], _ width: Double, _ caps: (Int, Int), _ fitter: inout CurveFitter) -> FoundStroke? {
        let m = middle.count
        func direction(_ from: Int, _ step: Int) -> Vector {
            var k = from
            while k + step >= 0, k + step < m, middle[k].distance(to: middle[from]) < max(2.5, 0.8 * width) { k += step }
            let near = (middle[from] - middle[k]).normalized
            var j = k
            while j + step >= 0, j + step < m, middle[j].distance(to: middle[k]) < max(2.5, 0.8 * width) { j += step }
            guard j != k else { return near }
            // A bend goes on.
            let far = (middle[k] - middle[j]).normalized
            return near.dot(far) > 0.8 ? (near * 1.75 - far * 0.75).normalized : near
        }
        let startDirection = direction(0, 1), endDirection = direction(m - 1, -1)
        let start = end(caps.0, middle[0], startDirection, width), finish = end(caps.1, middle[m - 1], endDirection, width)
        let isRound = width > 2.2 && start.roundError + finish.roundError < start.flatError + finish.flatError
        let first = isRound ? start.round : start.flat, last = isRound ? finish.round : finish.flat
        var line: [Point] = [first]
        for q in middle where (q - first).dot(startDirection) < -0.2 || q.distance(to: first) > width {
            if (q - last).dot(endDirection) < -0.2 || q.distance(to: last) > width { line.append(q) }
        }
        line.append(last)
        guard line.count >= 3 else { return nil }
        // Both sides move with the middle, and it is known better than either.
        fitter.tolerance *= 0.7
        fitter.price *= 0.5
        let curve = fitter.fitOpen(line)
        var path = BezierPath()
        path.move(to: curve.start)
        for segment in curve.segments {
            switch segment {
            case .line(let q): path.line(to: q)
            case .cubic(let c1, let c2, let q): path.cubic(c1, c2, to: q)
            }
        }
        guard explains(curve, width, isRound) else { return nil }
        return FoundStroke(path: path, width: width, isRound: isRound)
    }

    /// Whether the stroke's outline lies where the points do.
    private func explains(_ curve: FittedCurve, _ width: Double, _ isRound: Bool) -> Bool {
        var flat: [Point] = [curve.start]
        for segment in curve.segments {
            let a = flat[flat.count - 1]
            switch segment {
            case .line(let q): flat.append(q)
            case .cubic(let c1, let c2, let q):
                for k in 1...12 {
                    let t = Double(k) / 12, v = 1 - t
                    let (b0, b1, b2, b3) = (v * v * v, 3 * v * v * t, 3 * v * t * t, t * t * t)
                    flat.append(
                        Point(b0 * a.x + b1 * c1.x + b2 * c2.x + b3 * q.x, b0 * a.y + b1 * c1.y + b2 * c2.y + b3 * q.y))
                }
            }
        }
        let count = flat.count
        guard count <= 600 else { return false }
        let r = width / 2
        // Some pieces at a time have a box, and those whose box is farther than what was found are passed over.
        let stretch = 8
        let boxes = stride(from: 0, to: count - 1, by: stretch).map { k in
            var (low, high) = (flat[k], flat[k])
            for q in flat[k...min(k + stretch, count - 1)] {
                (low.x, low.y) = (min(low.x, q.x), min(low.y, q.y))
                (high.x, high.y) = (max(high.x, q.x), max(high.y, q.y))
            }
            return (low: low, high: high)
        }
        var misfit = Misfit()
        // The piece nearest to the point before is near this one too.
        var at = 0
        for q in p {
            var nearest = Double.infinity, place = 0.0
            /// Of equally near pieces the first counts.
            func look(_ k: Int) {
                let v = flat[k + 1] - flat[k], d = q - flat[k]
                let square = v.dot(v)
                let t = square > 0 ? d.dot(v) / square : 0
                let clamped = max(0, min(1, t))
                let foot = flat[k] + v * clamped
                let distance = (q - foot).dot(q - foot)
                if distance < nearest || distance == nearest && k < at { (nearest, at, place) = (distance, k, t) }
            }
            look(at)
            for (n, box) in boxes.enumerated() {
                let x = max(0, box.low.x - q.x, q.x - box.high.x), y = max(0, box.low.y - q.y, q.y - box.high.y)
                // Rounding may put a foot a little nearer than its box.
                if x * x + y * y > nearest * 1.000_001 { continue }
                for k in n * stretch..<min((n + 1) * stretch, count - 1) { look(k) }
            }
            if !isRound, (at == 0 && place <= 0) || (at == count - 2 && place >= 1) {
                // Beyond a flat end: how far.
                let v = flat[at + 1] - flat[at]
                misfit.add((place <= 0 ? -place : place - 1) * v.length)
            } else {
                let residual = nearest.squareRoot() - r
                // Corners of flat ends are mixed pixels.
                if !isRound, residual < 0, min(q.distance(to: flat[0]), q.distance(to: flat[count - 1])) < r + 0.8 { continue }
                misfit.add(residual)
            }
        }
        return misfit.isExplained(within: 0.3)
    }
}
