/// The plane cut up by the chords of one or two outlines: edges that meet only at their ends, each with the winding
/// numbers on its two sides.
///
/// Points lie on a grid of whole numbers below 2²⁶, so that cross products are exact in 64 bits and no question has two
/// answers. Each edge remembers the part of the curve it stands for.
struct Arrangement {
    /// How often an outline winds around a point, by operand.
    typealias Winding = SIMD2<Int32>

    struct Edge {
        /// Ends, the one further left (or higher, of two above each other) first.
        var low: GridPoint, high: GridPoint
        /// What crossing it towards growing y adds.
        var delta: Winding
        /// The curve it stands for, and that curve's parameters at the two ends.
        var source: Int, atLow: Double, atHigh: Double
        /// Winding numbers on the side of smaller y, or to the right of a vertical edge, and on the other side.
        var above = Winding.zero, below = Winding.zero
    }

    let rules: (FillRule, FillRule)
    private(set) var edges: [Edge] = []
    private var flat: FlatOutline

    /// - Parameters:
    ///   - operands: One or two outlines.
    ///   - work: How many chords may be compared; what was spent is taken off, and nil comes of having spent it all.
    init?(_ operands: [(path: BezierPath, rule: FillRule)], work: inout Int) {
        rules = (operands[0].rule, operands[operands.count - 1].rule)
        flat = FlatOutline(operands.map { $0.path }, work: &work)
        if work > 0 { ChordCutter.cut(&flat.chords, work: &work) }
        if work <= 0 { return nil }
        merge()
        sweep()
    }

    /// Whether both fill rules enclose the same faces of the first operand.
    var rulesAgree: Bool {
        edges.allSatisfy { edge in
            [edge.above.x, edge.below.x].allSatisfy { FillRule.nonzero.encloses(Int($0)) == FillRule.evenOdd.encloses(Int($0)) }
        }
    }

    /// The boundary of what `includes` says, asked with whether a face is enclosed by each operand.
    func outline(_ includes: (_ first: Bool, _ second: Bool) -> Bool) -> BezierPath {
        func isInside(_ winding: Winding) -> Bool {
            includes(rules.0.encloses(Int(winding.x)), rules.1.encloses(Int(winding.y)))
        }
        var boundary: [DirectedEdge] = []
        for edge in edges {
            let (above, below) = (isInside(edge.above), isInside(edge.below))
            if above == below { continue }
            // The inside lies to the right of the way.
            boundary.append(
                below
                    ? DirectedEdge(from: edge.low, to: edge.high, source: edge.source, start: edge.atLow, end: edge.atHigh)
                    : DirectedEdge(from: edge.high, to: edge.low, source: edge.source, start: edge.atHigh, end: edge.atLow))
        }
        return contours(of: boundary).reduce(into: BezierPath()) { flat.append($1, to: &$0) }
    }

    // MARK: Edges

    /// Where a chord comes among all: by its ends.
    private struct Order {
        var low: UInt64, high: UInt64
        var index: Int
    }

    /// Chords between the same two points become one edge.
    private mutating func merge() {
        let chords = flat.chords
        func edge(_ index: Int) -> Edge {
            let chord = chords[index], isRising = chord.from < chord.to
            var delta = Winding.zero
            delta[chord.operand] = isRising ? 1 : -1
            return isRising
                ? Edge(low: chord.from, high: chord.to, delta: delta, source: chord.source, atLow: chord.start, atHigh: chord.end)
                : Edge(low: chord.to, high: chord.from, delta: delta, source: chord.source, atLow: chord.end, atHigh: chord.start)
        }
        var order: [Order] = []
        order.reserveCapacity(chords.count)
        for index in chords.indices {
            let (a, b) = (chords[index].from.key, chords[index].to.key)
            order.append(Order(low: min(a, b), high: max(a, b), index: index))
        }
        order.sort { a, b in
            if a.low != b.low { return a.low < b.low }
            if a.high != b.high { return a.high < b.high }
            let (one, other) = (edge(a.index), edge(b.index))
            return (one.source, one.atLow) < (other.source, other.atLow)
        }
        edges.reserveCapacity(order.count)
        for place in order {
            let edge = edge(place.index)
            if let last = edges.last, last.low == edge.low, last.high == edge.high {
                edges[edges.count - 1].delta &+= edge.delta
            } else {
                if edges.last?.delta == .zero { edges.removeLast() }
                edges.append(edge)
            }
        }
        if edges.last?.delta == .zero { edges.removeLast() }
    }

    /// Passes over the plane from left to right and numbers the faces: at a point, edges that end there make way for
    /// those that begin there, and winding numbers are summed up from the edge before them.
    private mutating func sweep() {
        let ending = edges.indices.sorted { edges[$0].high.key }
        var status: [Int] = []
        var (nextStart, nextEnd) = (0, 0)
        while nextStart < edges.count || nextEnd < ending.count {
            // Edges begin before they end, so the next point is one of these two.
            var point = edges[ending[nextEnd]].high
            if nextStart < edges.count { point = min(point, edges[nextStart].low) }

            var (low, high) = (0, status.count)
            while low < high {
                let middle = (low + high) / 2
                if edges[status[middle]].side(of: point) > 0 { low = middle + 1 } else { high = middle }
            }
            var (ended, last) = (0, low)
            while nextEnd < ending.count, edges[ending[nextEnd]].high == point { (ended, nextEnd) = (ended + 1, nextEnd + 1) }
            while last < status.count, edges[status[last]].high == point { last += 1 }
            if last - low == ended {
                status.removeSubrange(low..<last)
            } else {
                // Chords the cutting has left crossing, after its last round.
                status.removeAll { edges[$0].high == point }
                low = min(low, status.count)
            }

            let first = nextStart
            while nextStart < edges.count, edges[nextStart].low == point { nextStart += 1 }
            if first == nextStart { continue }
            let starting = (first..<nextStart).sorted { a, b in (edges[a].high - point).cross(edges[b].high - point) > 0 }
            var winding = low > 0 ? edges[status[low - 1]].below : .zero
            for index in starting {
                edges[index].above = winding
                winding &+= edges[index].delta
                edges[index].below = winding
            }
            status.insert(contentsOf: starting, at: low)
        }
    }

    // MARK: Contours

    /// Boundary edges in closed chains; where several meet, each chain keeps to the same inside, so that none touches itself
    /// from within.
    private func contours(of boundary: [DirectedEdge]) -> [[DirectedEdge]] {
        let edges = boundary.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
        var isUsed = [Bool](repeating: false, count: edges.count)
        func firstEdge(from point: GridPoint) -> Int {
            var (low, high) = (0, edges.count)
            while low < high {
                let middle = (low + high) / 2
                if edges[middle].from < point { low = middle + 1 } else { high = middle }
            }
            return low
        }
        var result: [[DirectedEdge]] = []
        for seed in edges.indices where !isUsed[seed] {
            var chain: [DirectedEdge] = [], current = seed
            while true {
                isUsed[current] = true
                chain.append(edges[current])
                let point = edges[current].to
                if point == edges[seed].from { break }
                let back = edges[current].from - point
                var (candidate, best) = (firstEdge(from: point), -1)
                while candidate < edges.count, edges[candidate].from == point {
                    if !isUsed[candidate], best < 0 || back.turns(to: edges[candidate].to - point, before: edges[best].to - point) {
                        best = candidate
                    }
                    candidate += 1
                }
                guard best >= 0 else { break }
                current = best
            }
            if encloses(chain) { result.append(chain) }
        }
        return result
    }

    /// Whether a chain is closed and wider than the grid's own error: what is no wider than a step or two is rounding.
    private func encloses(_ chain: [DirectedEdge]) -> Bool {
        guard let first = chain.first, let last = chain.last, last.to == first.from, chain.count > 1 else { return false }
        var (area, length) = (0.0, 0.0)
        for edge in chain {
            let (a, b) = (edge.from - first.from, edge.to - first.from)
            area += Double(a.cross(b))
            length += Double(abs(b.dx - a.dx) + abs(b.dy - a.dy))
        }
        return abs(area) > 2 * length
    }
}

/// A piece of a region's boundary, the inside on its right.
struct DirectedEdge {
    var from: GridPoint, to: GridPoint
    var source: Int, start: Double, end: Double
}

/// A point on the grid, ordered from left to right, then by growing y.
struct GridPoint: Hashable, Comparable {
    var x: Int32, y: Int32

    /// Both coordinates, none of which is negative, as one number in the same order.
    var key: UInt64 { UInt64(UInt32(bitPattern: x)) << 32 | UInt64(UInt32(bitPattern: y)) }

    static func < (a: GridPoint, b: GridPoint) -> Bool { a.key < b.key }
    static func - (a: GridPoint, b: GridPoint) -> GridVector { GridVector(dx: Int64(a.x) - Int64(b.x), dy: Int64(a.y) - Int64(b.y)) }
}

/// A displacement on the grid.
struct GridVector {
    var dx: Int64, dy: Int64

    /// Exact: components are below 2²⁷.
    func cross(_ other: GridVector) -> Int64 { dx * other.dy - dy * other.dx }

    /// A line of this direction passes through the pixel around a point when twice their cross product is less than this.
    var reach: UInt64 { dx.magnitude + dy.magnitude }

    /// Turning from this direction with the inside on the right hand of who arrives against it: whether `a` is met before `b`.
    func turns(to a: GridVector, before b: GridVector) -> Bool {
        func isInFirstHalf(_ v: GridVector) -> Bool {
            let cross = cross(v)
            return cross < 0 || cross == 0 && dx * v.dx + dy * v.dy < 0
        }
        let (isAFirst, isBFirst) = (isInFirstHalf(a), isInFirstHalf(b))
        return isAFirst == isBFirst ? a.cross(b) < 0 : isAFirst
    }
}

extension Arrangement.Edge {
    /// Positive for a point of greater y than the edge, zero for one on its line.
    func side(of point: GridPoint) -> Int64 { (high - low).cross(point - low) }
}
