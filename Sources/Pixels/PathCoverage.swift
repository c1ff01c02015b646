import AtelierGeometry

/// How much of each pixel a path covers.
///
/// Curves become straight edges, and every row is worked out from the pieces of edges in it. Pieces whose columns overlap form a
/// cluster; between clusters the winding number is one number, so pixels there are inside or outside as a whole. In a cluster whose
/// pieces all lead the same way the inside begins or ends once at any height, and the signed areas between the pieces and the right
/// end of their pixels add up to the coverage, as in font rasterisers. Added up that way, areas that overlap, or that wind in opposite
/// directions, come out wrong. So any other cluster is cut at the ends and crossings of its pieces into bands in which the pieces
/// keep their order; walking each band from the left, only pieces where inside and outside meet by the fill rule are added.
/// Coverage is exact in either case. A cluster of more than 256 pieces is cut into 16 bands instead, in each of which pieces are
/// upright where they cross its middle.
struct PathCoverage: Sendable {
    private struct Edge {
        var x0: Double, y0: Double, x1: Double, y1: Double  // y0 ≤ y1
        var slope: Double
        /// 1 downwards, −1 upwards, 0 for a level one.
        var direction: Int32
        /// Rows it has pieces in.
        var firstRow: Int32, endRow: Int32
    }

    /// The part of an edge in one row.
    private struct Piece {
        var xa: Double, ya: Double, xb: Double, yb: Double  // ya ≤ yb
        var direction: Int32

        var low: Double { min(xa, xb) }
        var high: Double { max(xa, xb) }

        @inline(__always)
        func x(at y: Double) -> Double {
            if y <= ya { return xa }
            if y >= yb { return xb }
            return xa + (xb - xa) * ((y - ya) / (yb - ya))
        }
    }

    private struct Crossing {
        /// At the upper end, in the middle and at the lower end of a band.
        var top: Double, middle: Double, bottom: Double
        var direction: Int32
    }

    private var width = 0, height = 0
    private var edges: [Edge] = []
    /// Edges in the order of their first rows; `starts[r]` is where those of row `firstRow + r` begin.
    private var sorted: [Int32] = [], starts: [Int32] = []
    private var firstRow = 0, endRow = 0
    private var active: [Int32] = []
    private var pieces: [Piece] = []
    private var cuts: [Double] = []
    private var crossings: [Crossing] = []

    /// Most of a curve's flattening error.
    static var tolerance: Double { 0.02 }

    // MARK: Edges

    /// Takes the edges of a path, in pixels.
    mutating func take(_ path: BezierPath, _ transform: AffineTransform, width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        edges.removeAll(keepingCapacity: true)
        (firstRow, endRow) = (Int.max, 0)
        var start = Point.zero, current = Point.zero, isFine = true
        func pixel(_ p: Point) -> Point {
            let q = transform(p)
            isFine = isFine && q.x.magnitude < 1e15 && q.y.magnitude < 1e15
            return q
        }
        for element in path.elements {
            switch element {
            case .move(let p):
                add(current, start)
                start = pixel(p)
                current = start
            case .line(let p):
                let q = pixel(p)
                add(current, q)
                current = q
            case .cubic(let c1, let c2, let p):
                let (q1, q2, q) = (pixel(c1), pixel(c2), pixel(p))
                if isFine { add(current, q1, q2, q) }
                current = q
            case .close:
                add(current, start)
                current = start
            }
            if !isFine {
                edges.removeAll(keepingCapacity: true)
                return
            }
        }
        add(current, start)
        sort()
    }

    private mutating func add(_ a: Point, _ b: Point) {
        guard a != b else { return }
        let isDown = a.y <= b.y
        let (p, q) = isDown ? (a, b) : (b, a)
        guard q.y > 0, p.y < Double(height), min(p.x, q.x) < Double(width) else { return }
        let isLevel = p.y == q.y
        // A level edge on a border between rows lies in none.
        if isLevel, p.y == p.y.rounded(.down) { return }
        let first = max(0, Int(p.y)), end = isLevel ? first + 1 : min(height, Int(q.y.rounded(.up)))
        (firstRow, endRow) = (min(firstRow, first), max(endRow, end))
        edges.append(
            Edge(
                x0: p.x, y0: p.y, x1: q.x, y1: q.y, slope: isLevel ? 0 : (q.x - p.x) / (q.y - p.y),
                direction: isLevel ? 0 : isDown ? 1 : -1, firstRow: Int32(first), endRow: Int32(end)))
    }

    /// A cubic as chords of equal parameter steps, as many as keep the distance (Wang's bound on the second differences).
    private mutating func add(_ p0: Point, _ p1: Point, _ p2: Point, _ p3: Point) {
        let low = min(min(p0.y, p1.y), min(p2.y, p3.y)), high = max(max(p0.y, p1.y), max(p2.y, p3.y))
        guard high > 0, low < Double(height), min(min(p0.x, p1.x), min(p2.x, p3.x)) < Double(width) else { return }
        let bend = max(((p2 - p1) - (p1 - p0)).length, ((p3 - p2) - (p2 - p1)).length)
        let count = max(1, min(4096, Int((0.75 * bend / Self.tolerance).squareRoot().rounded(.up))))
        var last = p0
        for i in 1..<max(1, count) {
            let t = Double(i) / Double(count), s = 1 - t
            let (b0, b1, b2, b3) = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
            let p = Point(
                b0 * p0.x + b1 * p1.x + b2 * p2.x + b3 * p3.x, b0 * p0.y + b1 * p1.y + b2 * p2.y + b3 * p3.y)
            add(last, p)
            last = p
        }
        add(last, p3)
    }

    /// Sorts edges by their first row, by counting.
    private mutating func sort() {
        guard !edges.isEmpty else { return }
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: endRow - firstRow + 2))
        for edge in edges { starts[Int(edge.firstRow) - firstRow + 2] += 1 }
        for i in 3..<max(3, starts.count) { starts[i] += starts[i - 1] }
        sorted.removeAll(keepingCapacity: true)
        sorted.append(contentsOf: repeatElement(0, count: edges.count))
        for i in edges.indices {
            let row = Int(edges[i].firstRow) - firstRow + 1
            sorted[Int(starts[row])] = Int32(i)
            starts[row] += 1
        }
    }

    // MARK: Rows

    /// Calls `body(y, x, count, amounts)` for runs of pixels from the top, each row from the left: `amounts` are `count` coverages
    /// of 255 at most, or nil for pixels that are covered whole. What is not covered may be left out.
    mutating func forEachSpan(_ rule: FillRule, _ body: (Int, Int, Int, UnsafePointer<UInt8>?) -> Void) {
        guard !edges.isEmpty else { return }
        active.removeAll(keepingCapacity: true)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width + 3) { areas in
            areas.initialize(repeating: 0)
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: width + 1) { amounts in
                for row in firstRow..<endRow {
                    gather(row)
                    sweep(row, rule, areas.baseAddress!, amounts.baseAddress!, body)
                }
            }
        }
    }

    /// Makes the pieces of a row, from the left.
    private mutating func gather(_ row: Int) {
        for i in starts[row - firstRow]..<starts[row - firstRow + 1] { active.append(sorted[Int(i)]) }
        pieces.removeAll(keepingCapacity: true)
        let top = Double(row), bottom = Double(row + 1), right = Double(width)
        var kept = 0
        for k in active.indices {
            let index = active[k]
            let edge = edges[Int(index)]
            if Int(edge.endRow) <= row { continue }
            let ya = max(edge.y0, top), yb = min(edge.y1, bottom)
            let xa = edge.y0 >= top ? edge.x0 : clamped(edge.x0 + (ya - edge.y0) * edge.slope, edge)
            let xb = edge.y1 <= bottom ? edge.x1 : clamped(edge.x0 + (yb - edge.y0) * edge.slope, edge)
            let before = pieces.count
            let piece = Piece(xa: xa, ya: ya, xb: xb, yb: yb, direction: edge.direction)
            if piece.low >= 0, piece.high <= right { insert(piece) } else { insert(clipping: piece, right) }
            // Edges keep the order of their pieces, which changes little from row to row.
            active[kept] = index
            var place = kept
            kept += 1
            if pieces.count == before + 1 {
                while place > 0, order(active[place - 1], row) > order(index, row) {
                    active[place] = active[place - 1]
                    place -= 1
                }
                active[place] = index
            }
        }
        active.removeSubrange(kept...)
    }

    @inline(__always)
    private func clamped(_ x: Double, _ edge: Edge) -> Double { min(max(x, min(edge.x0, edge.x1)), max(edge.x0, edge.x1)) }

    /// Where an edge enters a row, about.
    @inline(__always)
    private func order(_ index: Int32, _ row: Int) -> Double {
        let edge = edges[Int(index)]
        return edge.x0 + (max(edge.y0, Double(row)) - edge.y0) * edge.slope
    }

    private mutating func insert(_ piece: Piece) {
        pieces.append(piece)
        var i = pieces.count - 1
        let low = piece.low
        while i > 0, pieces[i - 1].low > low {
            pieces[i] = pieces[i - 1]
            i -= 1
        }
        pieces[i] = piece
    }

    /// What lies left of the picture counts at its left end; what lies right of it does not count.
    private mutating func insert(clipping piece: Piece, _ right: Double) {
        guard piece.low < right else { return }
        var piece = piece
        if piece.high <= 0 {
            (piece.xa, piece.xb) = (0, 0)
            return insert(piece)
        }
        if piece.direction == 0 {
            (piece.xa, piece.xb) = (max(0, min(right, piece.xa)), max(0, min(right, piece.xb)))
            return insert(piece)
        }
        func y(at x: Double) -> Double {
            min(piece.yb, max(piece.ya, piece.ya + (x - piece.xa) / (piece.xb - piece.xa) * (piece.yb - piece.ya)))
        }
        if piece.low < 0 {
            let cut = y(at: 0)
            var outside = piece
            if piece.xa < 0 {
                (outside.xa, outside.xb, outside.yb) = (0, 0, cut)
                (piece.xa, piece.ya) = (0, cut)
            } else {
                (outside.xa, outside.xb, outside.ya) = (0, 0, cut)
                (piece.xb, piece.yb) = (0, cut)
            }
            insert(outside)
        }
        if piece.high > right {
            let cut = y(at: right)
            if piece.xa > right { (piece.xa, piece.ya) = (right, cut) } else { (piece.xb, piece.yb) = (right, cut) }
        }
        insert(piece)
    }

    @inline(__always)
    private mutating func sweep(
        _ row: Int, _ rule: FillRule, _ areas: UnsafeMutablePointer<Double>, _ amounts: UnsafeMutablePointer<UInt8>,
        _ body: (Int, Int, Int, UnsafePointer<UInt8>?) -> Void
    ) {
        func isInside(_ winding: Int) -> Bool { rule == .nonzero ? winding != 0 : winding & 1 != 0 }
        var x = 0, i = 0, winding = 0
        while i < pieces.count {
            let low = Int(pieces[i].low)
            var high = Int(pieces[i].high), end = i + 1
            var height = (pieces[i].yb - pieces[i].ya) * Double(pieces[i].direction)
            let direction = pieces[i].direction
            var isAligned = direction != 0
            while end < pieces.count, Int(pieces[end].low) <= high {
                high = max(high, Int(pieces[end].high))
                height += (pieces[end].yb - pieces[end].ya) * Double(pieces[end].direction)
                isAligned = isAligned && pieces[end].direction == direction
                end += 1
            }
            let before = isInside(winding)
            if before, low > x { body(row, x, low - x, nil) }
            let next = winding + Int(height.rounded())
            x = min(width, high + 1)
            if isAligned, abs(height - Double(direction)) < 1e-9 {
                let after = isInside(next)
                if before != after {
                    for k in i..<end {
                        add(pieces[k].xa, pieces[k].ya, pieces[k].xb, pieces[k].yb, after ? 1 : -1, areas)
                    }
                }
            } else if end - i > 256 {
                addSampled(i..<end, winding, Double(row), isInside, areas)
            } else {
                addOrdered(i..<end, winding, isInside, areas)
            }
            var amount = before ? 1.0 : 0.0
            for k in low..<x {
                amount += areas[k]
                areas[k] = 0
                amounts[k - low] = UInt8(truncatingIfNeeded: Int32(max(0, min(1, amount)) * 255 + 0.5))
            }
            areas[x] = 0
            areas[high + 1] = 0
            if x > low { body(row, low, x - low, amounts) }
            (winding, i) = (next, end)
        }
        if isInside(winding), x < width { body(row, x, width - x, nil) }
    }

    /// Adds the area right of a piece to the pixels it crosses and to the first one behind each of them.
    @inline(__always)
    private func add(
        _ xa: Double, _ ya: Double, _ xb: Double, _ yb: Double, _ sign: Double, _ areas: UnsafeMutablePointer<Double>
    ) {
        let height = (yb - ya) * sign
        let low = min(xa, xb), high = max(xa, xb)
        var column = Int(low)
        let last = Int(high)
        if column == last {
            let share = (low + high) / 2 - Double(column)
            areas[column] += height * (1 - share)
            areas[column + 1] += height * share
            return
        }
        let perColumn = height / (high - low)
        var x = low
        while column <= last {
            let end = min(high, Double(column + 1))
            let part = perColumn * (end - x), share = (x + end) / 2 - Double(column)
            areas[column] += part * (1 - share)
            areas[column + 1] += part * share
            x = end
            column += 1
        }
    }

    /// Adds pieces band by band.
    private mutating func addOrdered(
        _ range: Range<Int>, _ winding: Int, _ isInside: (Int) -> Bool, _ areas: UnsafeMutablePointer<Double>
    ) {
        cuts.removeAll(keepingCapacity: true)
        for k in range where pieces[k].direction != 0 {
            cuts.append(pieces[k].ya)
            cuts.append(pieces[k].yb)
        }
        // Cuts are taken from the end: the upper ones first.
        cuts.sort(by: >)
        guard var top = cuts.popLast() else { return }
        // Each crossing needs one cut; with rounding it might need them for ever.
        var spare = 4 * range.count + 64
        while let bottom = cuts.last {
            guard bottom > top else {
                cuts.removeLast()
                continue
            }
            order(range, top, bottom)
            if spare > 0, let cut = firstCrossing(top, bottom) {
                spare -= 1
                cuts.append(cut)
                continue
            }
            walk(winding, top, bottom, isInside, areas)
            top = bottom
            cuts.removeLast()
        }
    }

    /// Takes the pieces that run through a band, from the left.
    private mutating func order(_ range: Range<Int>, _ top: Double, _ bottom: Double) {
        crossings.removeAll(keepingCapacity: true)
        for k in range where pieces[k].direction != 0 && pieces[k].ya <= top && pieces[k].yb >= bottom {
            let a = pieces[k].x(at: top), b = pieces[k].x(at: bottom)
            crossings.append(Crossing(top: a, middle: (a + b) / 2, bottom: b, direction: pieces[k].direction))
            var i = crossings.count - 1
            let new = crossings[i]
            while i > 0, crossings[i - 1].middle > new.middle {
                crossings[i] = crossings[i - 1]
                i -= 1
            }
            crossings[i] = new
        }
    }

    /// Where two neighbours of a band cross inside it.
    private func firstCrossing(_ top: Double, _ bottom: Double) -> Double? {
        for i in 1..<max(1, crossings.count) {
            let above = crossings[i].top - crossings[i - 1].top, below = crossings[i].bottom - crossings[i - 1].bottom
            guard above < -1e-7 || below < -1e-7, above * below < 0 else { continue }
            let cut = top + (bottom - top) * (above / (above - below))
            if cut > top, cut < bottom { return cut }
        }
        return nil
    }

    /// Adds what separates inside from outside in a band.
    private func walk(
        _ winding: Int, _ top: Double, _ bottom: Double, _ isInside: (Int) -> Bool, _ areas: UnsafeMutablePointer<Double>
    ) {
        var winding = winding, wasInside = isInside(winding)
        for crossing in crossings {
            winding += Int(crossing.direction)
            let isNow = isInside(winding)
            if isNow != wasInside { add(crossing.top, top, crossing.bottom, bottom, isNow ? 1 : -1, areas) }
            wasInside = isNow
        }
    }

    /// Adds many pieces as upright ones in 16 bands.
    private mutating func addSampled(
        _ range: Range<Int>, _ winding: Int, _ top: Double, _ isInside: (Int) -> Bool, _ areas: UnsafeMutablePointer<Double>
    ) {
        for band in 0..<16 {
            let a = top + Double(band) / 16, b = top + Double(band + 1) / 16, middle = (a + b) / 2
            crossings.removeAll(keepingCapacity: true)
            for k in range where pieces[k].ya <= middle && pieces[k].yb > middle {
                let x = pieces[k].x(at: middle)
                crossings.append(Crossing(top: x, middle: x, bottom: x, direction: pieces[k].direction))
            }
            crossings.sort { $0.middle < $1.middle }
            walk(winding, a, b, isInside, areas)
        }
    }
}
