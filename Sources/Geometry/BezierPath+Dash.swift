extension BezierPath {
    /// The outline cut into dashes by length along it; curves stay curves.
    ///
    /// The pattern begins anew with every subpath (SVG 2, 13.5.6). Where it is on at both ends of a closed subpath, the last dash
    /// and the first are one. A dash of no length becomes a line of a millionth of the pattern, which keeps its direction for
    /// square caps. Lengths are those of `length` and dashes lie within 1e-6 of them, far closer on smooth curves.
    ///
    /// - Parameters:
    ///   - pattern: Lengths of dashes and gaps in turn, not negative; an odd list counts twice.
    ///   - offset: How far into the pattern the outline begins; any finite number.
    /// - Returns: Open subpaths. The outline as it is for a pattern that is none (empty, negative, not finite, adding up to 0)
    ///   and for one that would cut it into more than 100 000 dashes.
    /// - Complexity: O(*n* + *d*) for *n* segments and *d* dashes.
    public func dashed(_ pattern: [Double], offset: Double = 0) -> BezierPath {
        let lengths = pattern.count % 2 == 0 ? pattern : pattern + pattern
        let period = lengths.reduce(0, +)
        guard period > 0, period.isFinite, lengths.allSatisfy({ $0 >= 0 }), offset.isFinite else { return self }
        let total = length
        guard total.isFinite, total / period * Double(lengths.count) <= 200_000 else { return self }

        // Where in the pattern every subpath begins.
        let turns = offset / period
        guard turns.magnitude < 1e15 else { return self }
        var phase = offset - Double(Int(turns)) * period
        if phase < 0 { phase += period }
        var index = 0
        while index < lengths.count - 1, phase > 0, phase >= lengths[index] {
            phase -= lengths[index]
            index += 1
        }
        let begin = (index: index, left: max(0, lengths[index] - phase))

        var dasher = Dasher(lengths: lengths, shortest: period * 1e-6, begin: begin)
        var start = Point.zero, current = Point.zero
        for element in elements {
            switch element {
            case .move(let p):
                dasher.finish(isClosed: false)
                (start, current) = (p, p)
            case .line(let p):
                dasher.add(CubicCurve(from: current, to: p), isStraight: true)
                current = p
            case .cubic(let c1, let c2, let p):
                dasher.add(CubicCurve(current, c1, c2, p), isStraight: false)
                current = p
            case .close:
                dasher.add(CubicCurve(from: current, to: start), isStraight: true)
                dasher.finish(isClosed: true)
                current = start
            }
        }
        dasher.finish(isClosed: false)
        return dasher.result
    }
}

/// The state of cutting one path.
private struct Dasher {
    let lengths: [Double]
    let shortest: Double
    let begin: (index: Int, left: Double)
    var result = BezierPath()

    private var index: Int, left: Double
    private typealias Dash = [(curve: CubicCurve, isStraight: Bool)]
    /// Those of the subpath, complete but for the last while it is being drawn.
    private var dashes: [Dash] = []
    private var dash: Dash = []
    /// Whether the first dash began with the subpath: on a closed one it may go on from the last.
    private var beginsInDash = false
    private var isAtStart = true

    init(lengths: [Double], shortest: Double, begin: (index: Int, left: Double)) {
        self.lengths = lengths
        self.shortest = shortest
        self.begin = begin
        (index, left) = begin
    }

    private var isOn: Bool { index % 2 == 0 }

    mutating func add(_ curve: CubicCurve, isStraight: Bool) {
        let measure = isStraight ? nil : CurveMeasure(curve)
        let total = measure?.length ?? curve.p0.distance(to: curve.p3)
        guard total > 0 else { return }
        var (done, start) = (0.0, 0.0)
        while total - done > left {
            done += left
            let end = measure?.parameter(at: done) ?? done / total
            if isOn {
                if end > start { append(curve, start, end, isStraight) }
                if dash.isEmpty { appendPoint(curve, at: end) }
                flush()
            }
            isAtStart = false
            start = end
            index = (index + 1) % lengths.count
            left = lengths[index]
        }
        left -= total - done
        if isOn, start < 1 { append(curve, start, 1, isStraight) }
    }

    mutating func finish(isClosed: Bool) {
        let isWhole = isAtStart && isOn
        if isOn, !dash.isEmpty { flush() }
        if isClosed, !isWhole, isOn, beginsInDash, dashes.count > 1 {
            dashes[0] = dashes.removeLast() + dashes[0]
        }
        for dash in dashes { write(dash, isClosed: isClosed && isWhole) }
        (index, left) = begin
        (dashes, beginsInDash, isAtStart) = ([], false, true)
    }

    private mutating func append(_ curve: CubicCurve, _ start: Double, _ end: Double, _ isStraight: Bool) {
        let part =
            isStraight
            ? CubicCurve(
                from: curve.p0.interpolated(to: curve.p3, start), to: end == 1 ? curve.p3 : curve.p0.interpolated(to: curve.p3, end))
            : curve.part(start, end)
        dash.append((part, isStraight))
    }

    private mutating func appendPoint(_ curve: CubicCurve, at t: Double) {
        let p = curve.at(t)
        let direction = [t, min(t + 1e-3, 1), max(t - 1e-3, 0)].map { curve.velocity($0).normalized }.first { $0 != .zero } ?? Vector(1, 0)
        dash.append((CubicCurve(from: p, to: p + direction * shortest), true))
    }

    private mutating func flush() {
        if isAtStart { beginsInDash = true }
        dashes.append(dash)
        dash = []
    }

    private mutating func write(_ dash: Dash, isClosed: Bool) {
        guard let first = dash.first else { return }
        result.move(to: first.curve.p0)
        for (index, part) in dash.enumerated() {
            if !part.isStraight {
                result.cubic(part.curve.p1, part.curve.p2, to: part.curve.p3)
            } else if !isClosed || index < dash.count - 1 {
                result.line(to: part.curve.p3)
            }
        }
        if isClosed { result.close() }
    }
}

/// Lengths along a cubic.
///
/// Gauss's rule of five points over pieces, each halved until the halves together agree with it to 1e-9 of its control polygon.
private struct CurveMeasure {
    private struct Piece {
        var start: Double, end: Double
        /// Lengths from the beginning of the curve to its ends.
        var before: Double, after: Double
    }

    private let curve: CubicCurve
    private var pieces: [Piece] = []

    init(_ curve: CubicCurve) {
        self.curve = curve
        add(0, 1, integral(0, 1), 1e-9 * curve.polygonLength, depth: 0)
    }

    var length: Double { pieces.last?.after ?? 0 }

    private func integral(_ a: Double, _ b: Double) -> Double {
        let middle = (a + b) / 2, half = (b - a) / 2
        var sum = 0.568_888_888_888_888_9 * curve.velocity(middle).length
        for (x, weight) in [(0.538_469_310_105_683, 0.478_628_670_499_366_5), (0.906_179_845_938_664, 0.236_926_885_056_189_1)] {
            sum += weight * (curve.velocity(middle + half * x).length + curve.velocity(middle - half * x).length)
        }
        return sum * half
    }

    private mutating func add(_ a: Double, _ b: Double, _ whole: Double, _ tolerance: Double, depth: Int) {
        let middle = (a + b) / 2
        let (first, second) = (integral(a, middle), integral(middle, b))
        if depth >= 12 || abs(first + second - whole) <= tolerance {
            pieces.append(Piece(start: a, end: b, before: length, after: length + first + second))
        } else {
            add(a, middle, first, tolerance, depth: depth + 1)
            add(middle, b, second, tolerance, depth: depth + 1)
        }
    }

    /// The parameter at a length from the beginning.
    func parameter(at distance: Double) -> Double {
        var (low, high) = (0, pieces.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].after < distance { low = middle + 1 } else { high = middle }
        }
        let piece = pieces[low]
        var (a, b) = (piece.start, piece.end)
        var t = a + (b - a) * (distance - piece.before) / max(piece.after - piece.before, 1e-300)
        for _ in 0..<8 {
            let error = piece.before + integral(piece.start, t) - distance
            if abs(error) <= 1e-10 * length { break }
            if error > 0 { b = t } else { a = t }
            let next = t - error / curve.velocity(t).length
            t = next > a && next < b ? next : (a + b) / 2
        }
        return t
    }
}
