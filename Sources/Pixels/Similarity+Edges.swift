/// Edges and gradients of two pictures, compared row by row: four rows of each kind are held.
///
/// A gradient is computed in 64 bits and rounded once for each direction, so that what is equal by symmetry is equal and
/// the same pixels are maxima everywhere.
struct EdgeRows {
    /// Rows an arena must give.
    static let rowCount = 2 * (6 * 4 + 1)

    /// Squares of the gradient's unit below which nothing is an edge.
    private static let threshold: Float = 8

    private struct Picture {
        /// Row y of each at `y mod 4`.
        let luma: ArraySlice<FloatRow>, across: ArraySlice<FloatRow>
        let gx: ArraySlice<FloatRow>, gy: ArraySlice<FloatRow>, magnitude: ArraySlice<FloatRow>
        /// 1 for an edge pixel.
        let edges: ArraySlice<FloatRow>
        let down: FloatRow

        init(_ rows: ArraySlice<FloatRow>) {
            func four(_ i: Int) -> ArraySlice<FloatRow> { ArraySlice(Array(rows.dropFirst(4 * i).prefix(4))) }
            (luma, across, gx, gy, magnitude, edges) = (four(0), four(1), four(2), four(3), four(4), four(5))
            down = rows[rows.startIndex + 24]
        }
    }

    private let width: Int, height: Int
    private let a: Picture, b: Picture
    private var edgeCount = (a: 0, b: 0), matched = (a: 0, b: 0)
    /// Of 1 − similarity.
    private var sum = 0.0, squares = 0.0

    init(width: Int, height: Int, _ rows: [FloatRow]) {
        (self.width, self.height) = (width, height)
        a = Picture(rows[0..<25])
        b = Picture(rows[25..<50])
    }

    /// Harmonic mean of precision and recall.
    var f1: Double {
        if edgeCount.a == 0, edgeCount.b == 0 { return 1 }
        if edgeCount.a == 0 || edgeCount.b == 0 { return 0 }
        let p = Double(matched.b) / Double(edgeCount.b), r = Double(matched.a) / Double(edgeCount.a)
        return p + r == 0 ? 0 : 2 * p * r / (p + r)
    }

    /// Standard deviation of the gradients' similarity.
    var deviation: Double {
        let count = Double(width * height), mean = sum / count
        return max(0, squares / count - mean * mean).squareRoot()
    }

    /// Takes row `y`; rows come in order.
    mutating func push(_ y: Int, _ first: FloatRow, _ second: FloatRow) {
        begin(y, first, a)
        begin(y, second, b)
        let steps = y == height - 1 ? 3 : 0
        // Each step needs the row after its own; the last push finishes all.
        for later in 0...steps {
            let g = y + later - 1
            if g >= 0, g < height {
                gradient(g, a)
                gradient(g, b)
                compare(g)
            }
            let e = y + later - 2
            if e >= 0, e < height {
                thin(e, a)
                thin(e, b)
            }
            let m = y + later - 3
            if m >= 0, m < height { match(m) }
        }
    }

    private func begin(_ y: Int, _ row: FloatRow, _ picture: Picture) {
        let luma = picture.luma[y & 3], across = picture.across[y & 3]
        for x in 0..<width { luma[x] = row[x] }
        (luma[-1], luma[width]) = (row[0], row[width - 1])
        var x = 0
        while x < width {
            store(vector(luma, x + 1) - vector(luma, x - 1), across, x)
            x += 8
        }
    }

    private func gradient(_ y: Int, _ picture: Picture) {
        let above = mirrored(y - 1, height) & 3, below = mirrored(y + 1, height) & 3
        let lumaAbove = picture.luma[above], lumaBelow = picture.luma[below], down = picture.down
        var x = 0
        while x < width {
            store(vector(lumaBelow, x) - vector(lumaAbove, x), down, x)
            x += 8
        }
        (down[-1], down[width]) = (down[0], down[width - 1])
        let (before, here, after) = (picture.across[above], picture.across[y & 3], picture.across[below])
        let gx = picture.gx[y & 3], gy = picture.gy[y & 3], magnitude = picture.magnitude[y & 3]
        x = 0
        while x < width {
            let u = smoothed(vector(before, x), vector(here, x), vector(after, x))
            let v = smoothed(vector(down, x - 1), vector(down, x), vector(down, x + 1))
            store(u, gx, x)
            store(v, gy, x)
            let wu = SIMD8<Double>(u), wv = SIMD8<Double>(v)
            store(SIMD8<Float>((wu * wu + wv * wv).squareRoot()), magnitude, x)
            x += 8
        }
        (magnitude[-1], magnitude[width]) = (magnitude[0], magnitude[width - 1])
    }

    /// Half of 3/16, 10/16, 3/16.
    @inline(__always)
    private func smoothed(_ p: SIMD8<Float>, _ q: SIMD8<Float>, _ r: SIMD8<Float>) -> SIMD8<Float> {
        SIMD8<Float>(SIMD8<Double>(q) * 0.625 + (SIMD8<Double>(p) + SIMD8<Double>(r)) * 0.1875) * 0.5
    }

    /// Similarity of the gradients of a row.
    private mutating func compare(_ y: Int) {
        let p = a.magnitude[y & 3], q = b.magnitude[y & 3], c: Float = 170.0 / 9
        var total = SIMD8<Float>.zero, totalSquares = SIMD8<Float>.zero
        var x = 0
        while x < width {
            let u = vector(p, x), v = vector(q, x), d = u - v
            // 1 − (2uv + c) / (u² + v² + c)
            var rest = d * d / (u * u + v * v + c)
            if x + 8 > width { for i in width - x..<8 { rest[i] = 0 } }
            total += rest
            totalSquares += rest * rest
            x += 8
        }
        for i in 0..<8 {
            sum += Double(total[i])
            squares += Double(totalSquares[i])
        }
    }

    /// Keeps what is no less than one neighbour across the edge and more than the other.
    private func thin(_ y: Int, _ picture: Picture) {
        let gx = picture.gx[y & 3], gy = picture.gy[y & 3], here = picture.magnitude[y & 3], edges = picture.edges[y & 3]
        let above = picture.magnitude[max(0, y - 1) & 3], below = picture.magnitude[min(height - 1, y + 1) & 3]
        for x in 0..<width {
            let g = here[x]
            guard g > Self.threshold else {
                edges[x] = 0
                continue
            }
            let ax = abs(gx[x]), ay = abs(gy[x])
            let next: Float, last: Float
            if ax > 2.4142 * ay {
                (next, last) = (here[x + 1], here[x - 1])
            } else if ay > 2.4142 * ax {
                (next, last) = (below[x], above[x])
            } else if gx[x] * gy[x] > 0 {
                (next, last) = (below[x + 1], above[x - 1])
            } else {
                (next, last) = (below[x - 1], above[x + 1])
            }
            edges[x] = g >= next && g > last ? 1 : 0
        }
        (edges[-1], edges[width]) = (0, 0)
    }

    /// Counts the edge pixels of a row and those with one of the other picture beside, above, below or in their place.
    private mutating func match(_ y: Int) {
        func near(_ picture: Picture, _ x: Int) -> Bool {
            let here = picture.edges[y & 3]
            if here[x] + here[x - 1] + here[x + 1] > 0 { return true }
            return y > 0 && picture.edges[(y - 1) & 3][x] > 0 || y < height - 1 && picture.edges[(y + 1) & 3][x] > 0
        }
        let p = a.edges[y & 3], q = b.edges[y & 3]
        for x in 0..<width {
            if p[x] > 0 {
                edgeCount.a += 1
                if near(b, x) { matched.a += 1 }
            }
            if q[x] > 0 {
                edgeCount.b += 1
                if near(a, x) { matched.b += 1 }
            }
        }
    }
}
