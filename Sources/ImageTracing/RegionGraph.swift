/// Which regions touch which, to merge neighbours that are not worth two shapes.
///
/// Merging two regions costs the squared error that one colour makes in place of two (Ward), n₁n₂/(n₁+n₂) · |c₁ − c₂|², and saves
/// the bytes of a path and of the border between them: the functional of Mumford and Shah with piecewise constant colour. Pairs are
/// merged by rising quotient of the two until it reaches λ (Koepfler, Lopez and Morel, "A Multiscale Algorithm for Image
/// Segmentation by Variational Method", 1994), so that a larger λ only merges on from what a smaller one left.
struct RegionGraph {
    /// A region or, at its representative, what it became part of.
    private struct Region {
        /// Premultiplied colour.
        var mean: SIMD4<Float>
        /// Pixels.
        var area: Float
        var parent: Int32
        /// Its list of half-edges.
        var firstHalf: Int32 = -1
        var lastHalf: Int32 = -1
        var degree: Int32 = 0
    }
    /// A border between two regions. Half-edge h is side h mod 2 of edge h / 2, and belongs to the list of that side's region.
    private struct Edge {
        var a: Int32
        var b: Int32
        /// Cracks between the two regions; 0 for an edge that is gone.
        var border: Int32
        var nextHalfOfA: Int32 = -1
        var nextHalfOfB: Int32 = -1
        /// Edges of about the same price are doubly linked lists.
        var next: Int32 = -1
        var previous: Int32 = -1
        var bucket: Int32 = -1
    }
    private var regions: [Region]
    private var edges: [Edge] = []
    /// Edges by their pair of regions: open addressing, −1 where free.
    private var table: [Int32]
    /// First edge of each bucket.
    private var buckets: [Int32]
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
                            graph.edges[edge].border += 1
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
        self.prices = prices
        regions = means.indices.map { Region(mean: means[$0], area: areas[$0], parent: Int32($0)) }
        buckets = [Int32](repeating: -1, count: Self.bucketCount)
        // Regions in a plane have less than three borders each; half of the places in the table stay free.
        edges.reserveCapacity(3 * means.count)
        var places = 64
        while places < 5 * means.count { places *= 2 }
        table = [Int32](repeating: -1, count: places)
        cracks(&self)
    }

    /// Adds some cracks to the border of two regions; returns the edge.
    @discardableResult
    mutating func addCracks(_ a: Int32, _ b: Int32, _ count: Int32) -> Int {
        var s = Self.home(a, b, mask: table.count - 1)
        while table[s] >= 0 {
            let e = Int(table[s])
            if (edges[e].a == a && edges[e].b == b) || (edges[e].a == b && edges[e].b == a) {
                edges[e].border += count
                return e
            }
            s = (s + 1) & (table.count - 1)
        }
        let e = edges.count
        table[s] = Int32(e)
        edges.append(Edge(a: a, b: b, border: count))
        withLinks { links in
            links.append(half: 2 * e, to: Int(a))
            links.append(half: 2 * e + 1, to: Int(b))
        }
        if 2 * edges.count + 2 > table.count {
            table = [Int32](repeating: -1, count: 2 * table.count)
            withLinks { links in
                for e in 0..<links.edgeCount { links.table[links.slot(links.edges[e].a, links.edges[e].b)] = Int32(e) }
            }
        }
        return e
    }

    /// Where to look first for the edge between two regions in a table of `mask` + 1 places.
    @inline(__always)
    private static func home(_ a: Int32, _ b: Int32, mask: Int) -> Int {
        let low = UInt64(UInt32(min(a, b))), high = UInt64(UInt32(max(a, b)))
        // Fibonacci hashing.
        return Int(truncatingIfNeeded: ((high << 32 | low) &* 0x9E37_79B9_7F4A_7C15) >> 24) & mask
    }

    private mutating func withLinks<Result>(_ body: (Links) -> Result) -> Result {
        regions.withUnsafeMutableBufferPointer { regions in
            edges.withUnsafeMutableBufferPointer { edges in
                table.withUnsafeMutableBufferPointer { table in
                    buckets.withUnsafeMutableBufferPointer { buckets in
                        body(Links(regions: regions, edges: edges, table: table, buckets: buckets, prices: prices))
                    }
                }
            }
        }
    }

    // MARK: Merging

    /// Merges neighbours as long as each byte saved costs at most `lambda` of squared error.
    ///
    /// - Complexity: O(edges log edges): the shorter of two lists of edges is moved to the longer.
    mutating func merge(upTo lambda: Float) {
        let last = Self.bucket(lambda)
        withLinks { links in
            for e in 0..<links.edgeCount where links.edges[e].bucket < 0 && links.edges[e].border > 0 {
                links.file(e, atLeast: 0, atMost: last)
            }
            var k = 0
            while k <= last {
                let head = links.buckets[k]
                guard head >= 0 else {
                    k += 1
                    continue
                }
                let e = Int(head)
                links.unfile(e)
                let price = links.price(e)
                // Its regions may have grown since it was filed.
                if Self.bucket(price) > k {
                    links.file(e, atLeast: k, atMost: last)
                } else if price <= lambda {
                    k = min(k, links.join(e, last))
                }
            }
        }
    }

    /// The colour of a region; that of a merged one stands at its representative.
    func mean(_ region: Int) -> SIMD4<Float> { regions[region].mean }

    /// The region that a region became part of.
    mutating func representative(_ region: Int) -> Int {
        regions.withUnsafeMutableBufferPointer { regions in
            var r = region
            while Int(regions[r].parent) != r {
                regions[r].parent = regions[Int(regions[r].parent)].parent
                r = Int(regions[r].parent)
            }
            return r
        }
    }

    // MARK: Queue

    /// Sixteen buckets for each doubling from 2⁻⁸ to 2²⁴.
    fileprivate static var bucketCount: Int { 512 }

    @inline(__always)
    fileprivate static func bucket(_ price: Float) -> Int {
        min(bucketCount - 1, max(0, Int(price.bitPattern >> 19) - (127 - 8) * 16))
    }

    /// The graph while its regions and edges stay where they are.
    private struct Links {
        let regions: UnsafeMutableBufferPointer<Region>
        let edges: UnsafeMutableBufferPointer<Edge>
        let table: UnsafeMutableBufferPointer<Int32>
        let buckets: UnsafeMutableBufferPointer<Int32>
        let prices: Prices

        var edgeCount: Int { edges.count }

        @inline(__always)
        func append(half: Int, to region: Int) {
            setNext(half, -1)
            let last = Int(regions[region].lastHalf)
            if last < 0 { regions[region].firstHalf = Int32(half) } else { setNext(last, Int32(half)) }
            regions[region].lastHalf = Int32(half)
            regions[region].degree += 1
        }

        @inline(__always)
        private func setNext(_ half: Int, _ next: Int32) {
            if half & 1 == 0 { edges[half >> 1].nextHalfOfA = next } else { edges[half >> 1].nextHalfOfB = next }
        }

        // MARK: Edges by pair

        @inline(__always)
        private func home(_ a: Int32, _ b: Int32) -> Int { RegionGraph.home(a, b, mask: table.count - 1) }

        /// Where the edge between two regions stands, or the free place where it would.
        @inline(__always)
        func slot(_ a: Int32, _ b: Int32) -> Int {
            var s = home(a, b)
            while table[s] >= 0 {
                let e = Int(table[s])
                if (edges[e].a == a && edges[e].b == b) || (edges[e].a == b && edges[e].b == a) { break }
                s = (s + 1) & (table.count - 1)
            }
            return s
        }

        /// Frees a slot and moves up what was displaced past it.
        private func free(_ slot: Int) {
            var hole = slot, s = slot
            while true {
                s = (s + 1) & (table.count - 1)
                guard table[s] >= 0 else { break }
                let e = Int(table[s])
                let wanted = home(edges[e].a, edges[e].b)
                // It may move to the hole unless its home lies cyclically after the hole.
                if (s - wanted) & (table.count - 1) >= (s - hole) & (table.count - 1) {
                    table[hole] = table[s]
                    hole = s
                }
            }
            table[hole] = -1
        }

        // MARK: Queue

        /// Squared error for each byte saved if the regions of an edge merge.
        @inline(__always)
        func price(_ e: Int) -> Float {
            let a = Int(edges[e].a), b = Int(edges[e].b)
            let n = regions[a].area, m = regions[b].area
            let weight = prices.keepsColors ? min(n, m) : n * m / (n + m)
            return weight * squared(regions[a].mean - regions[b].mean) / (prices.region + prices.crack * Float(edges[e].border))
        }

        /// Puts an edge into the bucket of its price, but not before one, and not at all after another; returns the bucket.
        @discardableResult
        func file(_ e: Int, atLeast least: Int, atMost most: Int) -> Int {
            let k = max(least, RegionGraph.bucket(price(e)))
            if k > most { return k }
            let head = buckets[k]
            edges[e].bucket = Int32(k)
            edges[e].next = head
            edges[e].previous = -1
            if head >= 0 { edges[Int(head)].previous = Int32(e) }
            buckets[k] = Int32(e)
            return k
        }

        func unfile(_ e: Int) {
            let k = edges[e].bucket
            guard k >= 0 else { return }
            let next = edges[e].next, previous = edges[e].previous
            if previous >= 0 { edges[Int(previous)].next = next } else { buckets[Int(k)] = next }
            if next >= 0 { edges[Int(next)].previous = previous }
            edges[e].bucket = -1
        }

        /// Merges the regions of an edge and files the edges of both up to the last bucket; returns the lowest that was filled.
        func join(_ e: Int, _ last: Int) -> Int {
            var (a, b) = (Int(edges[e].a), Int(edges[e].b))
            if regions[a].degree < regions[b].degree { (a, b) = (b, a) }
            let n = regions[a].area, m = regions[b].area
            if !prices.keepsColors {
                regions[a].mean = (regions[a].mean * n + regions[b].mean * m) / (n + m)
            } else if m > n {
                regions[a].mean = regions[b].mean
            }
            regions[a].area = n + m
            regions[b].parent = Int32(a)
            free(slot(Int32(a), Int32(b)))
            edges[e].border = 0
            var lowest = RegionGraph.bucketCount
            var h = regions[b].firstHalf
            while h >= 0 {
                let half = Int(h), edge = half >> 1, isA = half & 1 == 0
                h = isA ? edges[edge].nextHalfOfA : edges[edge].nextHalfOfB
                guard edges[edge].border > 0 else { continue }
                let other = isA ? edges[edge].b : edges[edge].a
                free(slot(Int32(b), other))
                unfile(edge)
                let place = slot(Int32(a), other)
                if table[place] >= 0 {
                    let twin = Int(table[place])
                    edges[twin].border += edges[edge].border
                    edges[edge].border = 0
                    unfile(twin)
                    lowest = min(lowest, file(twin, atLeast: 0, atMost: last))
                } else {
                    table[place] = Int32(edge)
                    if isA { edges[edge].a = Int32(a) } else { edges[edge].b = Int32(a) }
                    append(half: half, to: a)
                    lowest = min(lowest, file(edge, atLeast: 0, atMost: last))
                }
            }
            regions[b].firstHalf = -1
            return lowest
        }
    }
}
