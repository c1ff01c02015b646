import AtelierPixels

/// The regions of a label image: a number for every pixel and a palette index for every number.
struct RegionMap {
    var width: Int
    var height: Int
    /// Region of each pixel; numbers in the order of first appearance.
    var labels: [Int32]
    /// Palette index of each region.
    var colors: [UInt8]
    /// Pixels of each region.
    var areas: [Int]
    /// Colour of each region, straight.
    var shown: [RGBA8] = []
    /// The same, premultiplied.
    var centers: [SIMD4<Float>] = []
    /// Gradients that regions have instead of a colour.
    var gradients: [FittedGradient] = []
    /// Index of each region's gradient, −1 for one colour; empty when there are none.
    var gradientOf: [Int32] = []

    /// What a region is filled with.
    func paint(of region: Int) -> Paint {
        gradientOf.isEmpty || gradientOf[region] < 0 ? .color(shown[region]) : gradients[Int(gradientOf[region])].paint
    }

    /// The premultiplied colour of a region at a place.
    @inline(__always)
    func color(of region: Int, at place: SIMD2<Float>) -> SIMD4<Float> {
        gradientOf.isEmpty || gradientOf[region] < 0 ? centers[region] : gradients[Int(gradientOf[region])].color(at: place)
    }

    /// Gives every region its palette colour, or the mean of its own flat pixels where that is clearly better: many regions of one
    /// palette colour may be parts of different gradients.
    ///
    /// A colour of its own costs a path of its own, so the squared error it removes must be worth one, and small regions never have one.
    mutating func chooseColors(
        _ work: WorkingImage, _ quantized: QuantizedImage, _ palette: [SIMD4<Float>], lambda: Float, each: ParallelFor = serially
    ) {
        shown = colors.map { quantized.paints[Int($0)] }
        centers = colors.map { palette[Int($0)] }
        // What is drawn with given paints is still measured by the colours of the picture.
        let isRepainted = quantized.paints != quantized.palette
        guard !quantized.isBinding || isRepainted else { return }
        let smallest = isRepainted ? 16 : max(64, width * height / 2000), price = 20 * lambda
        let large = areas.indices.filter { areas[$0] >= smallest }
        guard !large.isEmpty else { return }
        let totals = flatTotals(of: large, work, quantized.indices, each)
        for (r, total) in zip(large, totals) where shown[r].a == 255 && total.count >= smallest / 2 {
            let mean = SIMD4<Float>(total.sum) / Float(total.count)
            if isRepainted {
                centers[r] = mean
                continue
            }
            guard mean.w > 254.5, squared(mean - centers[r]) * Float(total.count) > price else { continue }
            shown[r] = RGBA8(UInt8(mean.x + 0.5), UInt8(mean.y + 0.5), UInt8(mean.z + 0.5))
            centers[r] = SIMD4(bytes: shown[r])
        }
    }

    /// Of each of some regions the sum of its flat pixels' colours, and how many there are.
    private func flatTotals(
        of regions: [Int], _ work: WorkingImage, _ indices: [UInt8], _ each: ParallelFor
    ) -> [(sum: SIMD4<Int64>, count: Int)] {
        var placeOfRegion = [Int32](repeating: -1, count: areas.count)
        for (place, r) in regions.enumerated() { placeOfRegion[r] = Int32(place) }
        let width = width
        // Few enough bands that their sums take less than the picture; and few enough pixels for sums of 32 bits.
        let pixels = min(1 << 22, max(32768, 32 * regions.count))
        let parts = work.pixels.withUnsafeBufferPointer { pixelBuffer in
            indices.withUnsafeBufferPointer { indices in
                labels.withUnsafeBufferPointer { labels in
                    placeOfRegion.withUnsafeBufferPointer { places in
                        // Only read, and all bands are summed before this returns.
                        nonisolated(unsafe) let (pixelBuffer, indices, labels, places) = (pixelBuffer, indices, labels, places)
                        return mapBands(of: height, width: width, pixels: pixels, each) { rows in
                            var totals = [(sum: SIMD4<UInt32>, count: Int32)](repeating: (.zero, 0), count: regions.count)
                            let end = rows.upperBound * width
                            var i = rows.lowerBound * width
                            while i < end {
                                let place = Int(places[Int(labels[i])])
                                var k = i
                                i = min(end, labels.firstDifference(from: i, to: end - 1, step: 1) + 1)
                                guard place >= 0 else { continue }
                                while k < i {
                                    let stop = indices.endOfRun(from: k, to: i)
                                    if indices[k] != QuantizedImage.mixed {
                                        totals[place].sum &+= pixelBuffer.sum(of: k..<stop)
                                        totals[place].count += Int32(stop - k)
                                    }
                                    k = stop
                                }
                            }
                            return totals
                        }
                    }
                }
            }
        }
        var totals = [(sum: SIMD4<Int64>, count: Int)](repeating: (.zero, 0), count: regions.count)
        for part in parts {
            for (place, total) in part.enumerated() {
                totals[place].sum &+= SIMD4<Int64>(truncatingIfNeeded: total.sum)
                totals[place].count += Int(total.count)
            }
        }
        return totals
    }
}

extension RegionMap {
    /// All of a picture in one.
    init(undivided width: Int, _ height: Int) {
        self.init(
            width: width, height: height, labels: [Int32](repeating: 0, count: width * height), colors: [0], areas: [width * height],
            shown: [RGBA8(0, 0, 0)], centers: [SIMD4(0, 0, 0, 255)])
    }

    /// Merges neighbours that are not worth two shapes; see `RegionGraph`.
    ///
    /// - Parameter means: Premultiplied colour of each region.
    /// - Returns: The colours of the regions that remain.
    @discardableResult
    mutating func merge(_ means: [SIMD4<Float>], lambda: Float, prices: RegionGraph.Prices) -> [SIMD4<Float>] {
        var graph = RegionGraph(labels: labels, width: width, height: height, means: means, areas: areas.map(Float.init), prices: prices)
        graph.merge(upTo: lambda)
        let (part, newMeans) = join(&graph)
        labels.withUnsafeMutableBufferPointer { l in
            part.withUnsafeBufferPointer { part in for i in l.indices { l[i] = part[Int(l[i])] } }
        }
        return newMeans
    }

    /// Makes colours and areas those of the regions that remain in a graph.
    ///
    /// - Returns: The number of each region's whole, and the colours of those.
    fileprivate mutating func join(_ graph: inout RegionGraph) -> (part: [Int32], means: [SIMD4<Float>]) {
        // Regions are numbered by first appearance, and so are those that remain: the first part of each comes first.
        var number = [Int32](repeating: -1, count: areas.count), part = number
        var newColors: [UInt8] = [], newAreas: [Int] = [], largest: [Int] = [], newMeans: [SIMD4<Float>] = []
        for r in areas.indices {
            let top = graph.representative(r)
            if number[top] < 0 {
                number[top] = Int32(newAreas.count)
                newAreas.append(0)
                newColors.append(colors[r])
                largest.append(0)
                newMeans.append(graph.mean(top))
            }
            let k = Int(number[top])
            part[r] = Int32(k)
            newAreas[k] += areas[r]
            if areas[r] > largest[k] { (largest[k], newColors[k]) = (areas[r], colors[r]) }
        }
        (colors, areas) = (newColors, newAreas)
        return (part, newMeans)
    }
}

/// Joins equal neighbours into regions and lets speckles join their best neighbour.
///
/// - Parameter colors: Palette index of every pixel.
/// - Complexity: O(pixels + runs α(runs)).
func findRegions(
    _ colors: [UInt8], width: Int, height: Int, palette: [SIMD4<Float>], _ options: SegmentOptions, keepsColors: Bool,
    each: ParallelFor = serially
) -> RegionMap {
    var runs = RowRuns(colors, width: width, height: height)
    runs.connect()
    let count = runs.regionCount
    var limit = max(0, options.speckleArea)
    // A picture of noise would become as many shapes as pixels. Drawings have far fewer regions than this; for others the
    // smallest regions go until the number is bearable.
    let bearable = 2000 + width * height / 150
    while true {
        runs.absorb(upTo: limit, palette: palette)
        if limit >= 256 || runs.regionCount <= bearable { break }
        limit = max(2, limit * 2)
    }
    // Speckles between two areas of one colour may have joined those: number the regions of the cleaned picture afresh.
    if runs.regionCount < count {
        runs = runs.cleaned()
        runs.connect()
    }
    var map = RegionMap(width: width, height: height, labels: [], colors: [], areas: [])
    let regionOfRun = runs.number(&map)
    // Small and low-contrast regions have ragged borders. Measured: 40 and 1.2 give the SSIM of 17 and 0.4 in 7 % fewer bytes.
    var graph = RegionGraph(
        means: map.colors.map { palette[Int($0)] }, areas: map.areas.map(Float.init),
        prices: .init(region: 40, crack: 1.2, keepsColors: keepsColors)
    ) { runs.addCracks(to: &$0, regionOfRun) }
    graph.merge(upTo: Float(min(1e6, max(1, options.lambda))))
    let part = map.join(&graph).part
    map.labels = runs.labels(regionOfRun, part, each)
    return map
}

/// Horizontal runs of one colour with a union-find forest over them.
private struct RowRuns {
    let width: Int
    let height: Int
    /// First column of each run.
    var start: [Int32] = []
    /// First run of each row; one more at the end.
    var row: [Int] = []
    var rowOfRun: [Int32] = []
    var color: [UInt8] = []
    var parent: [Int32] = []
    /// Pixels of each root.
    var area: [Int32] = []
    /// Runs of one set form a ring, so that joining two sets is exchanging two links.
    var next: [Int32] = []
    /// The first run of the row above and of the row below that shares a column with each run; of no meaning at the frame.
    private var above: [Int32] = []
    private var below: [Int32] = []
    /// Sets of runs.
    private(set) var regionCount = 0

    init(_ colors: [UInt8], width: Int, height: Int) {
        self.width = width
        self.height = height
        row.reserveCapacity(height + 1)
        colors.withUnsafeBufferPointer { c in
            for y in 0..<height {
                row.append(start.count)
                var i = y * width
                while i < (y + 1) * width {
                    append(i - y * width, y, c[i])
                    i = c.endOfRun(from: i, to: (y + 1) * width)
                }
            }
        }
        finish()
    }

    /// The runs of the picture in which each has the colour of its set.
    private init(cleaning runs: inout RowRuns) {
        width = runs.width
        height = runs.height
        row.reserveCapacity(height + 1)
        for y in 0..<height {
            row.append(start.count)
            var previous: UInt8? = nil
            for r in runs.row[y]..<runs.row[y + 1] {
                let k = runs.color[runs.root(r)]
                if k != previous { append(Int(runs.start[r]), y, k) }
                previous = k
            }
        }
        finish()
    }

    @inline(__always)
    private mutating func append(_ x: Int, _ y: Int, _ k: UInt8) {
        start.append(Int32(x))
        color.append(k)
        rowOfRun.append(Int32(y))
    }

    private mutating func finish() {
        row.append(start.count)
        parent = (0..<Int32(start.count)).map { $0 }
        next = parent
        area = [Int32](repeating: 0, count: start.count)
        for y in 0..<height { for r in row[y]..<row[y + 1] { area[r] = end(r, y) - start[r] } }
    }

    /// The runs of the picture in which each has the colour of its set.
    consuming func cleaned() -> RowRuns { RowRuns(cleaning: &self) }

    /// The column after the last of a run in row `y`.
    @inline(__always)
    func end(_ run: Int, _ y: Int) -> Int32 { run + 1 < row[y + 1] ? start[run + 1] : Int32(width) }

    @inline(__always)
    mutating func root(_ run: Int) -> Int {
        var r = run
        while Int(parent[r]) != r {
            parent[r] = parent[Int(parent[r])]
            r = Int(parent[r])
        }
        return r
    }

    /// Joins two roots; the smaller number stays root, which keeps numbering a property of the picture.
    private mutating func join(_ a: Int, _ b: Int) {
        let (keep, gone) = a < b ? (a, b) : (b, a)
        parent[gone] = Int32(keep)
        area[keep] += area[gone]
        next.swapAt(keep, gone)
        regionCount -= 1
    }

    /// Joins runs of one colour that overlap in neighbouring rows.
    mutating func connect() {
        regionCount = start.count
        above = [Int32](repeating: -1, count: start.count)
        below = above
        for y in 0..<max(0, height - 1) {
            var a = row[y], b = row[y + 1]
            while a < row[y + 1] && b < row[y + 2] {
                let endA = end(a, y), endB = end(b, y + 1)
                if below[a] < 0 { below[a] = Int32(b) }
                if above[b] < 0 { above[b] = Int32(a) }
                if color[a] == color[b], start[a] < endB, start[b] < endA {
                    let (ra, rb) = (root(a), root(b))
                    if ra != rb { join(ra, rb) }
                }
                if endA <= endB { a += 1 }
                if endB <= endA { b += 1 }
            }
        }
    }

    /// Lets every set of at most `limit` pixels join the neighbour with the longest common border, weighted by likeness.
    mutating func absorb(upTo limit: Int, palette: [SIMD4<Float>]) {
        guard limit > 0 else { return }
        // Smallest first, by counting sort over areas.
        var buckets = [[Int32]](repeating: [], count: limit + 1)
        for r in parent.indices where Int(parent[r]) == r && Int(area[r]) <= limit { buckets[Int(area[r])].append(Int32(r)) }
        var neighbours: [(root: Int, border: Int)] = []
        for size in 1...limit {
            var position = 0
            while position < buckets[size].count {
                let speck = Int(buckets[size][position])
                position += 1
                // It may have grown, or joined another, since it was listed.
                guard Int(parent[speck]) == speck, Int(area[speck]) == size else { continue }
                neighbours.removeAll(keepingCapacity: true)
                collectNeighbours(of: speck, into: &neighbours)
                var best = -1, bestScore: Float = -1
                for n in neighbours {
                    let contrast = squared(palette[Int(color[speck])] - palette[Int(color[n.root])])
                    let score = Float(n.border) / (20 + contrast.squareRoot())
                    if score > bestScore || (score == bestScore && n.root < best) { (best, bestScore) = (n.root, score) }
                }
                guard best >= 0 else { continue }
                let kept = area[best] >= area[speck] ? color[best] : color[speck]
                join(min(best, speck), max(best, speck))
                let joined = min(best, speck)
                color[joined] = kept
                if Int(area[joined]) <= limit { buckets[Int(area[joined])].append(Int32(joined)) }
            }
        }
    }

    private mutating func collectNeighbours(of set: Int, into list: inout [(root: Int, border: Int)]) {
        func add(_ root: Int, _ border: Int) {
            for i in list.indices where list[i].root == root {
                list[i].border += border
                return
            }
            list.append((root, border))
        }
        var run = set
        repeat {
            let y = Int(rowOfRun[run])
            let from = start[run], to = end(run, y)
            if from > 0 {
                let r = root(run - 1)
                if r != set { add(r, 1) }
            }
            if Int(to) < width {
                let r = root(run + 1)
                if r != set { add(r, 1) }
            }
            for other in [y - 1, y + 1] where other >= 0 && other < height {
                var n = Int(other < y ? above[run] : below[run])
                while n < row[other + 1], start[n] < to {
                    let r = root(n)
                    let overlap = min(to, end(n, other)) - max(from, start[n])
                    if r != set { add(r, Int(overlap)) }
                    n += 1
                }
            }
            run = Int(next[run])
        } while run != set
    }

    /// Numbers the sets in the order of first appearance, gives a map their colours and areas, and returns each run's number.
    mutating func number(_ map: inout RegionMap) -> [Int32] {
        var number = [Int32](repeating: -1, count: parent.count), result = number
        for r in parent.indices {
            let top = root(r)
            if number[top] < 0 {
                number[top] = Int32(map.colors.count)
                map.colors.append(color[top])
                map.areas.append(Int(area[top]))
            }
            result[r] = number[top]
        }
        return result
    }

    /// Adds the cracks between runs of different regions: row by row, first those within the row, then those to the next.
    func addCracks(to graph: inout RegionGraph, _ region: [Int32]) {
        for y in 0..<height {
            for r in row[y]..<row[y + 1] - 1 where region[r] != region[r + 1] { graph.addCracks(region[r], region[r + 1], 1) }
            guard y + 1 < height else { continue }
            var a = row[y], b = row[y + 1]
            while a < row[y + 1] && b < row[y + 2] {
                let endA = end(a, y), endB = end(b, y + 1)
                if region[a] != region[b] { graph.addCracks(region[a], region[b], min(endA, endB) - max(start[a], start[b])) }
                if endA <= endB { a += 1 }
                if endB <= endA { b += 1 }
            }
        }
    }

    /// For every pixel the part that its region became.
    func labels(_ region: [Int32], _ part: [Int32], _ each: ParallelFor) -> [Int32] {
        arrayInBands(of: height, length: width, each) { rows, own in
            var here = own
            for y in rows {
                for r in row[y]..<row[y + 1] {
                    let length = Int(end(r, y) - start[r])
                    here.initialize(repeating: part[Int(region[r])], count: length)
                    here += length
                }
            }
        }
    }
}
