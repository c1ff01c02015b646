/// Which regions touch which, to merge neighbours that are not worth two shapes.
///
/// Merging two regions costs the squared error that one colour makes in place of two (Ward), n₁n₂/(n₁+n₂) · |c₁ − c₂|², and saves
/// the bytes of a path and of the border between them: the functional of Mumford and Shah with piecewise constant colour. Pairs are
/// merged by rising quotient of the two until it reaches λ (Koepfler, Lopez and Morel, "A Multiscale Algorithm for Image
/// Segmentation by Variational Method", 1994), so that a larger λ only merges on from what a smaller one left.
struct RegionGraph {
    /// Premultiplied colour of each region. That of a merged region stands at its representative.
    private(set) var means: [SIMD4<Float>]
    /// Pixels of each region.
    private(set) var areas: [Float]
    private var parent: [Int32]
    /// Edge e joins `ends[2e]` and `ends[2e + 1]`. Half-edge h belongs to the list of region `ends[h]`.
    private var ends: [Int32] = []
    /// Cracks between the two regions of each edge; 0 for an edge that is gone.
    private var border: [Int32] = []
    private var nextHalf: [Int32] = []
    private var firstHalf: [Int32]
    private var lastHalf: [Int32]
    private var degree: [Int32]
    /// Edges by their pair of regions: open addressing, −1 where free.
    private var table: [Int32]
    private var tableMask: Int
    /// Edges of about the same price, as doubly linked lists.
    private var bucketHead: [Int32]
    private var nextInBucket: [Int32] = []
    private var previousInBucket: [Int32] = []
    private var bucketOf: [Int16] = []
    private let prices: Prices

    /// What a region and its border take in the written drawing.
    struct Prices {
        /// Bytes of a path with its colour.
        var region: Float
        /// Bytes of a border, for each crack between pixels.
        var crack: Float
        /// Whether a merged region has the colour of its larger part instead of the mean.
        var keepsColors: Bool
    }

    /// The graph of a label image, in O(pixels).
    ///
    /// - Parameters:
    ///   - labels: Region numbers from 0, row-major.
    ///   - means: Premultiplied colour of each region.
    ///   - areas: Pixels of each region.
    init(labels: [Int32], width: Int, height: Int, means: [SIMD4<Float>], areas: [Float], prices: Prices) {
        self.init(means: means, areas: areas, prices: prices) { graph in
            labels.withUnsafeBufferPointer { l in
                for y in 0..<height {
                    let row = y * width
                    for i in row..<row + width - 1 where l[i] != l[i + 1] { graph.addCracks(l[i], l[i + 1], 1) }
                    guard y + 1 < height else { continue }
                    // Along a level border the same pair comes again and again.
                    var last: (Int32, Int32) = (-1, -1), edge = 0
                    for i in row..<row + width where l[i] != l[i + width] {
                        if last == (l[i], l[i + width]) {
                            graph.border[edge] += 1
                        } else {
                            last = (l[i], l[i + width])
                            edge = graph.addCracks(l[i], l[i + width], 1)
                        }
                    }
                }
            }
        }
    }

    /// A graph of regions with the cracks that a function adds.
    init(means: [SIMD4<Float>], areas: [Float], prices: Prices, cracks: (inout RegionGraph) -> Void) {
        let count = means.count
        self.means = means
        self.areas = areas
        self.prices = prices
        parent = (0..<Int32(count)).map { $0 }
        firstHalf = [Int32](repeating: -1, count: count)
        lastHalf = firstHalf
        degree = [Int32](repeating: 0, count: count)
        bucketHead = [Int32](repeating: -1, count: Self.bucketCount)
        table = [Int32](repeating: -1, count: 1024)
        tableMask = 1023
        cracks(&self)
        nextInBucket = [Int32](repeating: -1, count: border.count)
        previousInBucket = nextInBucket
        bucketOf = [Int16](repeating: -1, count: border.count)
        for e in border.indices { file(e, atLeast: 0) }
    }

    /// Adds some cracks to the border of two regions; returns the edge.
    @discardableResult
    mutating func addCracks(_ a: Int32, _ b: Int32, _ count: Int32) -> Int {
        let slot = slot(a, b)
        if table[slot] >= 0 {
            border[Int(table[slot])] += count
            return Int(table[slot])
        }
        let e = border.count
        table[slot] = Int32(e)
        ends.append(a)
        ends.append(b)
        border.append(count)
        nextHalf.append(-1)
        nextHalf.append(-1)
        append(half: 2 * e, to: Int(a))
        append(half: 2 * e + 1, to: Int(b))
        if 2 * border.count > tableMask { growTable() }
        return e
    }

    private mutating func append(half: Int, to region: Int) {
        nextHalf[half] = -1
        if lastHalf[region] < 0 { firstHalf[region] = Int32(half) } else { nextHalf[Int(lastHalf[region])] = Int32(half) }
        lastHalf[region] = Int32(half)
        degree[region] += 1
    }

    // MARK: Edges by pair

    @inline(__always)
    private func home(_ a: Int32, _ b: Int32) -> Int {
        let low = UInt64(UInt32(min(a, b))), high = UInt64(UInt32(max(a, b)))
        // Fibonacci hashing.
        return Int(truncatingIfNeeded: ((high << 32 | low) &* 0x9E37_79B9_7F4A_7C15) >> 24) & tableMask
    }

    /// Where the edge between two regions stands, or the free place where it would.
    @inline(__always)
    private func slot(_ a: Int32, _ b: Int32) -> Int {
        var s = home(a, b)
        while table[s] >= 0 {
            let e = Int(table[s])
            if (ends[2 * e] == a && ends[2 * e + 1] == b) || (ends[2 * e] == b && ends[2 * e + 1] == a) { break }
            s = (s + 1) & tableMask
        }
        return s
    }

    private mutating func growTable() {
        tableMask = 2 * tableMask + 1
        table = [Int32](repeating: -1, count: tableMask + 1)
        for e in border.indices { table[slot(ends[2 * e], ends[2 * e + 1])] = Int32(e) }
    }

    /// Frees a slot and moves up what was displaced past it.
    private mutating func free(_ slot: Int) {
        var hole = slot, s = slot
        while true {
            s = (s + 1) & tableMask
            guard table[s] >= 0 else { break }
            let e = Int(table[s])
            let wanted = home(ends[2 * e], ends[2 * e + 1])
            // It may move to the hole unless its home lies cyclically after the hole.
            if (s - wanted) & tableMask >= (s - hole) & tableMask {
                table[hole] = table[s]
                hole = s
            }
        }
        table[hole] = -1
    }

    // MARK: Queue

    /// Sixteen buckets for each doubling from 2⁻⁸ to 2²⁴.
    private static var bucketCount: Int { 512 }

    @inline(__always)
    private static func bucket(_ price: Float) -> Int {
        min(bucketCount - 1, max(0, Int(price.bitPattern >> 19) - (127 - 8) * 16))
    }

    /// Squared error for each byte saved if the regions of an edge merge.
    @inline(__always)
    private func price(_ e: Int) -> Float {
        let a = Int(ends[2 * e]), b = Int(ends[2 * e + 1])
        let n = areas[a], m = areas[b]
        let weight = prices.keepsColors ? min(n, m) : n * m / (n + m)
        return weight * squared(means[a] - means[b]) / (prices.region + prices.crack * Float(border[e]))
    }

    /// Puts an edge into the bucket of its price, but not before a given one; returns the bucket.
    @discardableResult
    private mutating func file(_ e: Int, atLeast least: Int) -> Int {
        let k = max(least, Self.bucket(price(e))), head = bucketHead[k]
        bucketOf[e] = Int16(k)
        nextInBucket[e] = head
        previousInBucket[e] = -1
        if head >= 0 { previousInBucket[Int(head)] = Int32(e) }
        bucketHead[k] = Int32(e)
        return k
    }

    private mutating func unfile(_ e: Int) {
        let k = bucketOf[e]
        guard k >= 0 else { return }
        let next = nextInBucket[e], previous = previousInBucket[e]
        if previous >= 0 { nextInBucket[Int(previous)] = next } else { bucketHead[Int(k)] = next }
        if next >= 0 { previousInBucket[Int(next)] = previous }
        bucketOf[e] = -1
    }

    // MARK: Merging

    /// Merges neighbours as long as each byte saved costs at most `lambda` of squared error.
    ///
    /// - Complexity: O(edges log edges): the shorter of two lists of edges is moved to the longer.
    mutating func merge(upTo lambda: Float) {
        let last = Self.bucket(lambda)
        var k = 0
        while k <= last {
            let head = bucketHead[k]
            guard head >= 0 else {
                k += 1
                continue
            }
            let e = Int(head)
            unfile(e)
            let price = price(e)
            // Its regions may have grown since it was filed.
            if Self.bucket(price) > k {
                file(e, atLeast: k)
            } else if price <= lambda {
                k = min(k, join(e))
            }
        }
    }

    /// Merges the regions of an edge; returns the lowest bucket that was filled.
    private mutating func join(_ e: Int) -> Int {
        var (a, b) = (Int(ends[2 * e]), Int(ends[2 * e + 1]))
        if degree[a] < degree[b] { (a, b) = (b, a) }
        let n = areas[a], m = areas[b]
        if !prices.keepsColors { means[a] = (means[a] * n + means[b] * m) / (n + m) } else if m > n { means[a] = means[b] }
        areas[a] = n + m
        parent[b] = Int32(a)
        free(slot(Int32(a), Int32(b)))
        border[e] = 0
        var lowest = Self.bucketCount
        var h = firstHalf[b]
        while h >= 0 {
            let half = Int(h), edge = half / 2
            h = nextHalf[half]
            guard border[edge] > 0 else { continue }
            let other = ends[half ^ 1]
            free(slot(Int32(b), other))
            unfile(edge)
            let place = slot(Int32(a), other)
            if table[place] >= 0 {
                let twin = Int(table[place])
                border[twin] += border[edge]
                border[edge] = 0
                unfile(twin)
                lowest = min(lowest, file(twin, atLeast: 0))
            } else {
                table[place] = Int32(edge)
                ends[half] = Int32(a)
                append(half: half, to: a)
                lowest = min(lowest, file(edge, atLeast: 0))
            }
        }
        firstHalf[b] = -1
        return lowest
    }

    /// The region that a region became part of.
    mutating func representative(_ region: Int) -> Int {
        var r = region
        while Int(parent[r]) != r {
            parent[r] = parent[Int(parent[r])]
            r = Int(parent[r])
        }
        return r
    }
}
