import AtelierPixels

/// Joins the bands into which a gradient was cut, and gives their area, and every area whose colour changes steadily, one gradient.
///
/// Regions that pass into each other without an edge are joined pairwise, the pair first whose union is best explained by a quadratic
/// surface of colours. In the tree of these unions every union is one gradient or what its two halves are, whichever has the lower
/// price: squared error of premultiplied bytes + `lambda` × estimated gzip bytes (as the pruning of classification trees; Breiman et
/// al., 1984, chapter 3).
///
/// - Parameters:
///   - indices: The quantised picture's, `mixed` where a pixel is not of a flat area.
///   - lambda: Squared error that is worth a byte.
///   - isCancelled: Asked between steps, every thousand unions and for each union that is judged; what is left then stays as it is.
/// - Complexity: O(pixels) to look for borders without an edge; O(regions × samples) with at most 600 samples a region for those found.
func recoverGradients(
    _ map: inout RegionMap, _ work: WorkingImage, _ indices: [UInt8], lambda: Float = 600, each: ParallelFor = serially,
    isCancelled: @escaping @Sendable () -> Bool = { false }
) {
    guard !isCancelled() else { return }
    map.separateSlopes(work, indices, each)
    var search = GradientSearch(map, work, lambda)
    guard !isCancelled(), search.findCandidates(each), !isCancelled() else { return }
    search.takeSamples(each)
    guard !isCancelled(), search.buildTree(unless: isCancelled) else { return }
    search.prune(each, unless: isCancelled)
    guard !isCancelled() else { return }
    search.share()
    search.apply(to: &map, each)
}

/// How unevenly colours change through a pixel: evenly in a gradient and not next to an edge, however faint.
///
/// The largest channel's second difference over `reach` pixels, and half of what the same step does not go on to both sides.
@inline(__always)
private func unevenness(
    _ pixels: UnsafePointer<RGBA8>, _ i: Int, _ x: Int, _ y: Int, _ width: Int, _ height: Int, reach: Int
) -> Int16 {
    typealias Channels = SIMD4<Int16>
    // Four bytes either way.
    @inline(__always)
    func channels(_ i: Int) -> Channels { Channels(truncatingIfNeeded: unsafeBitCast(pixels[i], to: SIMD4<UInt8>.self)) }
    @inline(__always)
    func size(_ v: Channels) -> Channels { v.replacing(with: 0 &- v, where: v .< 0) }
    @inline(__always)
    func higher(_ u: Channels, _ v: Channels) -> Channels { u.replacing(with: v, where: v .> u) }
    @inline(__always)
    func bend(_ step: Int) -> Channels { size(channels(i - step) &+ channels(i + step) &- 2 &* channels(i)) }
    // The middle of an edge is even in itself: half of the step lies outside of a gradient's next two pixels, all within an edge's.
    @inline(__always)
    func change(_ step: Int) -> Channels {
        let inner = channels(i + step) &- channels(i - step), outer = channels(i + 2 * step) &- channels(i - 2 * step)
        return (size(outer &- 2 &* inner) &+ 1) &>> 1
    }
    var most = Channels.zero
    if x >= reach, x + reach < width { most = bend(reach) }
    if y >= reach, y + reach < height { most = higher(most, bend(reach * width)) }
    if x >= 2, x + 2 < width { most = higher(most, change(1)) }
    if y >= 2, y + 2 < height { most = higher(most, change(width)) }
    return max(max(most.x, most.y), max(most.z, most.w))
}

extension RegionMap {
    /// Makes regions of the areas that got the colour of something else because theirs is nowhere flat: steep gradients.
    fileprivate mutating func separateSlopes(_ work: WorkingImage, _ indices: [UInt8], _ each: ParallelFor) {
        let places = slopes(work, indices, each)
        guard !places.isEmpty else { return }
        var isOpen = [Bool](repeating: false, count: labels.count)
        for place in places { isOpen[Int(place)] = true }
        var area: [Int32] = []
        for start in places where isOpen[Int(start)] {
            area.removeAll(keepingCapacity: true)
            isOpen[Int(start)] = false
            area.append(start)
            // Whole numbers: of a large area the sum is beyond those that a Float tells apart.
            var next = 0, sum = SIMD4<Int64>.zero
            while next < area.count {
                let i = Int(area[next]), x = i % width
                next += 1
                let p = work.pixels[i]
                sum &+= SIMD4(Int64(p.r), Int64(p.g), Int64(p.b), Int64(p.a))
                func visit(_ j: Int) {
                    guard isOpen[j] else { return }
                    isOpen[j] = false
                    area.append(Int32(j))
                }
                if x > 0 { visit(i - 1) }
                if x + 1 < width { visit(i + 1) }
                if i >= width { visit(i - width) }
                if i + width < labels.count { visit(i + width) }
            }
            guard area.count >= 40 else { continue }
            let mean = SIMD4<Float>(sum) / Float(area.count)
            let color = RGBA8(UInt8(mean.x + 0.5), UInt8(mean.y + 0.5), UInt8(mean.z + 0.5), UInt8(mean.w + 0.5))
            let number = Int32(areas.count)
            colors.append(colors[Int(labels[Int(start)])])
            areas.append(area.count)
            shown.append(unpremultiply(color))
            centers.append(mean)
            for i in area {
                areas[Int(labels[Int(i)])] -= 1
                labels[Int(i)] = number
            }
        }
    }

    /// The mixed pixels that are far from their region's colour while colours change evenly around them, in reading order.
    private func slopes(_ work: WorkingImage, _ indices: [UInt8], _ each: ParallelFor) -> [Int32] {
        let mixed = QuantizedImage.mixed, far: Float = 18 * 18, limit = 6 + 2 * Int16(min(work.noise, 16))
        let (width, height) = (width, work.height)
        let parts = indices.withUnsafeBufferPointer { indices in
            work.pixels.withUnsafeBufferPointer { pixels in
                labels.withUnsafeBufferPointer { labels in
                    centers.withUnsafeBufferPointer { centers in
                        // Only read, and all bands are searched before this returns.
                        nonisolated(unsafe) let (indices, pixels, labels, centers) = (indices, pixels, labels, centers)
                        return mapBands(of: height, width: width, each) { rows in
                            var places: [Int32] = []
                            let end = rows.upperBound * width
                            var i = indices.firstIndex(of: mixed, from: rows.lowerBound * width, to: end)
                            while i < end {
                                if squared(SIMD4(bytes: pixels[i]) - centers[Int(labels[i])]) > far,
                                    unevenness(pixels.baseAddress!, i, i % width, i / width, width, height, reach: 1) <= limit
                                {
                                    places.append(Int32(i))
                                }
                                i = indices.firstIndex(of: mixed, from: i + 1, to: end)
                            }
                            return places
                        }
                    }
                }
            }
        }
        return parts.count == 1 ? parts[0] : parts.flatMap { $0 }
    }
}

private struct GradientSearch {
    fileprivate let map: RegionMap
    fileprivate let work: WorkingImage
    fileprivate let lambda: Float

    /// A border between two regions of similar colour.
    private struct Border {
        var a: Int32
        var b: Int32
        /// Cracks between pixels.
        var length: Int32 = 0
        /// Those across which colours change evenly.
        var smooth: Int32 = 0
    }
    private var borders: [Border] = []
    private var bordered = PairTable()
    /// Leaf of the tree of each region, −1 for regions that keep their colour.
    private var leafOfRegion: [Int32] = []
    fileprivate var regionOfLeaf: [Int32] = []

    /// Pixels that may become samples, from the top down: 12 bytes each until the tree says in which order they are needed.
    private var possible: [[Found]] = []
    /// How deep in its area and how even a pixel of a leaf is at least that says what its gradient is.
    private var least: [(depth: UInt8, evenness: UInt8)] = []
    /// Pixels too near an edge to say what the gradient is, in the order of `ordered`; they show whether it leaves its way there.
    private var rims: [GradientSample] = []
    /// Node: leaves first, then unions in the order of joining.
    fileprivate struct Node {
        var sums = SurfaceSums()
        var surfaceError: Float = 0
        /// Sum of that over the leaves, or of what gradients left in its parts: about what no gradient explains.
        var floor: Float = 0
        var left: Int32 = -1
        var right: Int32 = -1
        var parent: Int32 = -1
        /// Cracks between the two halves.
        var border: Int32 = 0
        var leafCount: Int32 = 1
        /// Whether no part of it is wider than an anti-aliased edge.
        var isThin = false
        /// Range of `ordered`.
        var first: Int32 = 0
        var count: Int32 = 0
        var score: Float = 0
        /// Range of `rims` and the error there, which no fit sees.
        var firstRim: Int32 = 0
        var rimCount: Int32 = 0
        var rimError: Float = 0
        /// Index in `found`, −1 when the node is what its halves are.
        var gradient: Int32 = -1
    }
    fileprivate var nodes: [Node] = []
    /// Samples in the order of the tree's leaves from left to right.
    fileprivate var ordered: [GradientSample] = []
    fileprivate var found: [GradientFitter.Candidate] = []
    private let fitter: GradientFitter
    /// Unions that are one gradient: node, and index in `found`.
    private var chosen: [(node: Int, gradient: Int)] = []

    init(_ map: RegionMap, _ work: WorkingImage, _ lambda: Float) {
        (self.map, self.work, self.lambda) = (map, work, lambda)
        let (w, h) = (Float(work.width), Float(work.height))
        fitter = GradientFitter(lambda: lambda, center: SIMD2(w, h) / 2, scale: 2 / max(w, h))
    }

    // MARK: Candidates

    /// Finds borders without an edge and regions that are not of one colour; false when there are none.
    mutating func findCandidates(_ each: ParallelFor) -> Bool {
        findBorders(each)
        var isCandidate = unsteadyRegions(each)
        for border in borders {
            isCandidate[Int(border.a)] = true
            isCandidate[Int(border.b)] = true
        }
        leafOfRegion = [Int32](repeating: -1, count: map.areas.count)
        for r in map.areas.indices where isCandidate[r] {
            leafOfRegion[r] = Int32(regionOfLeaf.count)
            regionOfLeaf.append(Int32(r))
        }
        return !regionOfLeaf.isEmpty
    }

    private mutating func findBorders(_ each: ParallelFor) {
        let search = self
        let parts = mapBands(of: map.height, width: map.width, each) { search.borders(in: $0) }
        var table = PairTable(), found = parts[0]
        for (k, border) in found.enumerated() { _ = table.index(border.a, border.b, next: k) }
        for border in parts.dropFirst().joined() {
            let k = table.index(border.a, border.b, next: found.count)
            if k == found.count {
                found.append(border)
            } else {
                found[k].length += border.length
                found[k].smooth += border.smooth
            }
        }
        // Where the regions run along an edge their border may too.
        borders = found.filter { 2 * $0.smooth >= $0.length || ($0.smooth >= 12 && 4 * $0.smooth >= $0.length) }
        for (k, border) in borders.enumerated() { _ = bordered.index(border.a, border.b, next: k) }
    }

    /// The borders that cross some rows or lie below them.
    private func borders(in rows: Range<Int>) -> [Border] {
        let (width, height) = (map.width, map.height)
        var table = PairTable()
        var found: [Border] = []
        let similar: Float = 110 * 110
        let noise = Int32(min(work.noise, 8)), faint = (5 + noise) * (5 + noise)
        map.labels.withUnsafeBufferPointer { labels in
            work.pixels.withUnsafeBufferPointer { pixels in
                map.centers.withUnsafeBufferPointer { centers in
                    func difference(_ p: RGBA8, _ q: RGBA8) -> SIMD4<Int32> {
                        SIMD4(Int32(q.r), Int32(q.g), Int32(q.b), Int32(q.a)) &- SIMD4(Int32(p.r), Int32(p.g), Int32(p.b), Int32(p.a))
                    }
                    // The last pair and its border, −1 when its colours are not alike.
                    var last: (a: Int32, b: Int32, border: Int) = (-1, -1, -1)
                    func add(_ i: Int, _ step: Int, _ back: Bool, _ on: Bool) {
                        let l = labels[i], m = labels[i + step]
                        let (a, b) = (min(l, m), max(l, m))
                        if a != last.a || b != last.b {
                            last = (a, b, -1)
                            if squared(centers[Int(l)] - centers[Int(m)]) < similar, centers[Int(l)].w > 0, centers[Int(m)].w > 0 {
                                last.border = table.index(a, b, next: found.count)
                                if last.border == found.count { found.append(Border(a: a, b: b)) }
                            }
                        }
                        let k = last.border
                        guard k >= 0 else { return }
                        let near = difference(pixels[i], pixels[i + step])
                        let wide = difference(pixels[back ? i - step : i], pixels[on ? i + 2 * step : i + step])
                        found[k].length += 1
                        // Across an edge about half of the step or more lies between the two pixels, in a gradient a third of that over three.
                        let n = (near &* near).wrappedSum(), w = (wide &* wide).wrappedSum()
                        if w <= faint || 5 * n <= w { found[k].smooth += 1 }
                    }
                    for y in rows {
                        let row = y * width
                        var i = labels.firstDifference(from: row, to: row + width - 1, step: 1)
                        while i < row + width - 1 {
                            add(i, 1, i > row, i + 2 < row + width)
                            i = labels.firstDifference(from: i + 1, to: row + width - 1, step: 1)
                        }
                        guard y + 1 < height else { continue }
                        i = labels.firstDifference(from: row, to: row + width, step: width)
                        while i < row + width {
                            add(i, width, y > 0, y + 2 < height)
                            i = labels.firstDifference(from: i + 1, to: row + width, step: width)
                        }
                    }
                }
            }
        }
        return found
    }

    /// Which regions differ from their colour by more than a gradient would cost, judged by every sixteenth pixel.
    private func unsteadyRegions(_ each: ParallelFor) -> [Bool] {
        let search = self
        let parts = mapBands(of: map.height, width: map.width, each) { search.sampledErrors(in: $0) }
        var errors = [Float](repeating: 0, count: map.areas.count)
        // Added in reading order, as sums of floats are not the same in every order.
        for part in parts { for (region, error) in part { errors[Int(region)] += error } }
        return errors.indices.map { errors[$0] * 16 > lambda * 30 && map.areas[$0] >= 64 && map.centers[$0].w > 0 }
    }

    /// Squared errors of pixels on a grid of four within their regions, but those of 0.
    private func sampledErrors(in rows: Range<Int>) -> [(region: Int32, error: Float)] {
        let (width, height) = (map.width, map.height)
        var errors: [(region: Int32, error: Float)] = []
        map.labels.withUnsafeBufferPointer { labels in
            work.pixels.withUnsafeBufferPointer { pixels in
                for y in rows where y % 4 == 2 && y < height - 2 {
                    for i in stride(from: y * width + 2, to: (y + 1) * width - 2, by: 4) {
                        let l = labels[i]
                        guard labels[i - 2] == l, labels[i + 2] == l, labels[i - 2 * width] == l, labels[i + 2 * width] == l else {
                            continue
                        }
                        let error = squared(SIMD4<Float>(bytes: pixels[i]) - map.centers[Int(l)])
                        if error > 0 { errors.append((l, error)) }
                    }
                }
            }
        }
        return errors
    }

    // MARK: Samples

    /// A pixel that may become a sample.
    private struct Found {
        var place: Int32
        var leaf: Int32
        var depth: UInt8
        var evenness: UInt8
    }

    /// The pixels of some rows that may become samples, every so many of each region.
    private func possibleSamples(in rows: Range<Int>, _ steps: [Int]) -> [Found] {
        let (width, height) = (map.width, map.height)
        var found: [Found] = []
        let limit = 4 + 2 * Int16(min(work.noise, 16))
        map.labels.withUnsafeBufferPointer { labels in
            leafOfRegion.withUnsafeBufferPointer { leafOfRegion in
                work.pixels.withUnsafeBufferPointer { pixels in
                    for y in rows {
                        var x = 0
                        let row = y * width
                        while x < width {
                            let l = labels[row + x]
                            let end = labels.firstDifference(from: row + x, to: row + width - 1, step: 1) - row + 1
                            let leaf = leafOfRegion[Int(l)]
                            if leaf >= 0 {
                                // The lattice x + ay ≡ 0 modulo the step, with a near the golden section of it.
                                let step = steps[Int(l)], a = step * 618 / 1000
                                let phase = (x + a * y) % step
                                var k = x + (phase == 0 ? 0 : step - phase)
                                while k < end {
                                    let i = row + k
                                    func passes(_ j: Int) -> Bool {
                                        labels[j] == l || bordered.contains(min(labels[j], l), max(labels[j], l))
                                    }
                                    // How far from the nearest edge, up to three pixels.
                                    var depth = 0
                                    while depth < 3 {
                                        let d = depth + 1
                                        guard k < d || passes(i - d), k + d >= width || passes(i + d), y < d || passes(i - d * width),
                                            y + d >= height || passes(i + d * width)
                                        else { break }
                                        depth = d
                                    }
                                    var evenness: UInt8 = 0
                                    if depth > 0 {
                                        let u = unevenness(pixels.baseAddress!, i, k, y, width, height, reach: min(2, depth))
                                        evenness = u <= limit ? 2 : u <= 3 * limit ? 1 : 0
                                    }
                                    found.append(Found(place: Int32(i), leaf: leaf, depth: UInt8(depth), evenness: evenness))
                                    k += step
                                }
                            }
                            x = end
                        }
                    }
                }
            }
        }
        return found
    }

    /// At most about 600 pixels a region, evenly spread, away from edges where there are such.
    mutating func takeSamples(_ each: ParallelFor) {
        let leafCount = regionOfLeaf.count
        let steps = map.areas.map { max(1, $0 / 600) }
        let search = self
        possible = mapBands(of: map.height, width: map.width, each) { search.possibleSamples(in: $0, steps) }
        // Edges are blended and, in blurred and compressed pictures, three pixels wide: only what lies deeper counts, where
        // that leaves enough; and only even pixels, where those are the rule. Counted by least depth and least evenness.
        var counts = [SIMD16<Int32>](repeating: .zero, count: leafCount)
        counts.withUnsafeMutableBytes { counts in
            let counts = counts.assumingMemoryBound(to: Int32.self)
            for part in possible { for f in part { counts[Int(f.leaf) * 16 + 4 * Int(f.evenness) + Int(f.depth)] += 1 } }
        }
        for l in counts.indices {
            for e in 0..<3 { for d in [2, 1, 0] { counts[l][4 * e + d] += counts[l][4 * e + d + 1] } }
            for e in [1, 0] { for d in 0..<4 { counts[l][4 * e + d] += counts[l][4 * (e + 1) + d] } }
        }
        least = [(depth: UInt8, evenness: UInt8)](repeating: (0, 0), count: leafCount)
        nodes = [Node](repeating: Node(), count: leafCount)
        for (l, c) in counts.enumerated() {
            var d = 3, e = 2
            while d > 0, c[d] <= max(3, c[0] * Int32(d + 1) / 10) { d -= 1 }
            while e > 0, c[4 * e + d] <= 3 || 10 * c[4 * e + d] <= 6 * c[d] { e -= 1 }
            least[l] = (UInt8(d), UInt8(e))
            nodes[l].count = c[4 * e + d]
            nodes[l].rimCount = c[1] - c[4 * e + max(1, d)]
            nodes[l].isThin = d == 0
        }
        for part in possible {
            for f in part {
                guard let (sample, isRim) = sample(f), !isRim else { continue }
                nodes[Int(f.leaf)].sums.add(sample, center: fitter.center, scale: fitter.scale)
            }
        }
        for l in 0..<leafCount {
            nodes[l].surfaceError = Float(nodes[l].sums.surface(terms: 6).error)
            nodes[l].floor = nodes[l].surfaceError
        }
    }

    /// What a pixel says, and whether it is too near an edge to say what the gradient is; nil for one that says nothing.
    @inline(__always)
    private func sample(_ f: Found) -> (sample: GradientSample, isRim: Bool)? {
        let leaf = Int(f.leaf), area = map.areas[Int(regionOfLeaf[leaf])], i = Int(f.place)
        let isRim = f.depth < least[leaf].depth || f.evenness < least[leaf].evenness
        if isRim, f.depth == 0 { return nil }
        let weight = isRim ? Float(max(1, area / 600)) : Float(area) / Float(nodes[leaf].count)
        let sample = GradientSample(
            bytes: work.pixels[i], x: Float(i % map.width) + 0.5, y: Float(i / map.width) + 0.5, weight: weight,
            pull: nodes[leaf].isThin ? weight * 0.01 : weight)
        return (sample, isRim)
    }

    // MARK: Tree

    /// Joins along borders until none is left, the least increase of the surfaces' squared error first; whether it was not cancelled.
    mutating func buildTree(unless isCancelled: () -> Bool) -> Bool {
        let leafCount = nodes.count
        var neighbours = [[(node: Int32, border: Int32)]](repeating: [], count: leafCount)
        for border in borders {
            let a = leafOfRegion[Int(border.a)], b = leafOfRegion[Int(border.b)]
            neighbours[Int(a)].append((b, border.length))
            neighbours[Int(b)].append((a, border.length))
        }
        var heap = MergeHeap()
        func offer(_ a: Int, _ b: Int, _ border: Int32) {
            let error = Float((nodes[a].sums + nodes[b].sums).surface(terms: 6).error)
            let growth = max(0, error - nodes[a].surfaceError - nodes[b].surfaceError)
            heap.push(.init(cost: growth, error: error, a: Int32(min(a, b)), b: Int32(max(a, b)), border: border))
        }
        for a in 0..<leafCount { for n in neighbours[a] where Int(n.node) > a { offer(a, Int(n.node), n.border) } }
        var mark: [Int32] = [], seenAt: [Int32] = []
        mark = [Int32](repeating: -1, count: 2 * leafCount)
        seenAt = mark
        while let merge = heap.pop() {
            let a = Int(merge.a), b = Int(merge.b)
            guard nodes[a].parent < 0, nodes[b].parent < 0 else { continue }
            let n = nodes.count
            // A look at every union would be more than are needed.
            if n & 1023 == 0, isCancelled() { return false }
            var node = Node()
            node.sums = nodes[a].sums + nodes[b].sums
            node.surfaceError = merge.error
            (node.left, node.right) = (merge.a, merge.b)
            node.border = merge.border
            node.isThin = nodes[a].isThin && nodes[b].isThin
            node.leafCount = nodes[a].leafCount + nodes[b].leafCount
            node.count = nodes[a].count + nodes[b].count
            node.rimCount = nodes[a].rimCount + nodes[b].rimCount
            nodes.append(node)
            nodes[a].parent = Int32(n)
            nodes[b].parent = Int32(n)
            var list: [(node: Int32, border: Int32)] = []
            for half in [a, b] {
                for e in neighbours[half] {
                    var other = Int(e.node)
                    while nodes[other].parent >= 0 { other = Int(nodes[other].parent) }
                    if other == n { continue }
                    if mark[other] == Int32(n) {
                        list[Int(seenAt[other])].border += e.border
                    } else {
                        mark[other] = Int32(n)
                        seenAt[other] = Int32(list.count)
                        list.append((Int32(other), e.border))
                    }
                }
                neighbours[half] = []
            }
            neighbours.append(list)
            for e in list { offer(n, Int(e.node), e.border) }
        }
        orderSamples()
        return true
    }

    /// Makes the samples, in the order of the tree's leaves.
    private mutating func orderSamples() {
        var count: Int32 = 0, rimCount: Int32 = 0
        var stack: [Int] = []
        for root in nodes.indices where nodes[root].parent < 0 {
            stack.append(root)
            while let n = stack.popLast() {
                (nodes[n].first, nodes[n].firstRim) = (count, rimCount)
                if nodes[n].left < 0 {
                    count += nodes[n].count
                    rimCount += nodes[n].rimCount
                } else {
                    stack.append(Int(nodes[n].right))
                    stack.append(Int(nodes[n].left))
                }
            }
        }
        var next = nodes[..<least.count].map { (sample: Int($0.first), rim: Int($0.firstRim)) }
        let none = GradientSample(bytes: RGBA8(0, 0, 0, 0), x: 0, y: 0, weight: 0, pull: 0)
        var ordered = [GradientSample](repeating: none, count: Int(count)), rims = [GradientSample](repeating: none, count: Int(rimCount))
        for part in possible {
            for f in part {
                guard let (sample, isRim) = sample(f) else { continue }
                if isRim {
                    rims[next[Int(f.leaf)].rim] = sample
                    next[Int(f.leaf)].rim += 1
                } else {
                    ordered[next[Int(f.leaf)].sample] = sample
                    next[Int(f.leaf)].sample += 1
                }
            }
        }
        (self.ordered, self.rims, possible) = (ordered, rims, [])
    }

    // MARK: Choice

    /// Decides from the leaves up what is one gradient; all nodes of one height by as many threads as there are.
    mutating func prune(_ each: ParallelFor, unless isCancelled: @escaping @Sendable () -> Bool) {
        var heights = [Int32](repeating: 0, count: nodes.count), counts = [Int]()
        for n in nodes.indices {
            let node = nodes[n]
            if node.left >= 0 { heights[n] = 1 + max(heights[Int(node.left)], heights[Int(node.right)]) }
            while counts.count <= heights[n] { counts.append(0) }
            counts[Int(heights[n])] += 1
        }
        // Nodes by height, and by number within one.
        var cursor = [0]
        for count in counts { cursor.append(cursor.last! + count) }
        let starts = cursor
        var order = [Int](repeating: 0, count: nodes.count)
        for n in nodes.indices {
            order[cursor[Int(heights[n])]] = n
            cursor[Int(heights[n])] += 1
        }
        var judges: [GradientJudge] = []
        for height in counts.indices {
            let level = order[starts[height]..<starts[height + 1]]
            // A leaf takes some tens of microseconds.
            let shares = min(16, (level.count + 3) / 4)
            while judges.count < shares { judges.append(GradientJudge(fitter: fitter)) }
            var verdicts = [GradientJudge.Verdict](repeating: .init(), count: level.count)
            judges.withUnsafeMutableBufferPointer { judges in
                verdicts.withUnsafeMutableBufferPointer { verdicts in
                    // Every share has its own judge and verdicts, all before `each` returns.
                    let search = self
                    nonisolated(unsafe) let (judges, verdicts) = (judges, verdicts)
                    let judge: @Sendable (Int) -> Void = { share in
                        for i in share * level.count / shares..<(share + 1) * level.count / shares where !isCancelled() {
                            verdicts[i] = judges[share].verdict(on: level[level.startIndex + i], search)
                        }
                    }
                    if shares == 1 { judge(0) } else { each(shares, judge) }
                }
            }
            for (n, verdict) in zip(level, verdicts) {
                nodes[n].score = verdict.score
                nodes[n].rimError = verdict.rimError
                nodes[n].floor = verdict.floor
                guard let gradient = verdict.gradient else { continue }
                nodes[n].gradient = Int32(found.count)
                found.append(gradient)
            }
        }
        // The highest union that is one gradient wins.
        var stack: [Int] = []
        for root in nodes.indices where nodes[root].parent < 0 {
            stack.append(root)
            while let n = stack.popLast() {
                if nodes[n].gradient >= 0 {
                    chosen.append((n, Int(nodes[n].gradient)))
                } else if nodes[n].left >= 0 {
                    stack.append(Int(nodes[n].right))
                    stack.append(Int(nodes[n].left))
                }
            }
        }
    }

    /// Squared error of a gradient over the very samples that its parts were judged by: noise weighs the same on both sides.
    func error(_ n: Int, _ evaluator: FittedGradient.Evaluator) -> Float {
        let range = Int(nodes[n].first)..<Int(nodes[n].first + nodes[n].count)
        let step = max(1, range.count / 8192)
        var sum: Float = 0
        ordered.withUnsafeBufferPointer { ordered in
            for i in stride(from: range.lowerBound, to: range.upperBound, by: step) {
                let sample = ordered[i]
                sum += sample.weight * squared(sample.color - evaluator.color(at: sample.place))
            }
        }
        return sum * Float(step)
    }

    /// Squared error near edges, where blending makes some in any case: each pixel's is bounded.
    func rimError(_ n: Int, _ color: (SIMD2<Float>) -> SIMD4<Float>) -> Float {
        let range = Int(nodes[n].firstRim)..<Int(nodes[n].firstRim + nodes[n].rimCount)
        let step = max(1, range.count / 8192)
        var sum: Float = 0
        rims.withUnsafeBufferPointer { rims in
            for i in stride(from: range.lowerBound, to: range.upperBound, by: step) {
                let sample = rims[i]
                sum += sample.weight * min(100, squared(sample.color - color(sample.place)))
            }
        }
        return sum * Float(step)
    }

    /// Estimated gzip bytes of a boundary between two bands.
    ///
    /// Of a smooth one they grow with the root of its length, of one that follows noise with the length.
    func borderBytes(_ length: Int32) -> Float {
        12 + 1.5 * Float(length).squareRoot() + 0.2 * Float(min(work.noise, 3)) * Float(length)
    }

    /// Whether no gradient is likely to be cheaper: not even a surface for each region would be; or the union is one of very many,
    /// as in a photograph, and one surface for it would not be.
    func isHopeless(_ node: Node, floor: Float, _ score: Float) -> Bool {
        if 0.8 * floor + lambda * 50 > score { return true }
        return regionOfLeaf.count > 150 ? node.surfaceError + lambda * 50 > score : node.leafCount > 48 && node.surfaceError > 2 * score
    }

    /// Whether the ends differ by more than rounding and compression leave behind.
    func isVisible(_ gradient: FittedGradient) -> Bool {
        var low = SIMD4<Float>(repeating: 255), high = SIMD4<Float>.zero
        for k in 0..<gradient.count {
            let c = gradient.color(position: gradient.positions[k])
            low = pointwiseMin(low, c)
            high = pointwiseMax(high, c)
        }
        return (high - low).max() >= 4 + Float(min(work.noise, 4))
    }

    /// Lets areas that the same gradient explains have the same.
    mutating func share() {
        guard chosen.count > 1 else { return }
        let order = chosen.indices.sorted {
            let a = nodes[chosen[$0].node].sums.weight, b = nodes[chosen[$1].node].sums.weight
            return a != b ? a > b : $0 < $1
        }
        var distinct: [Int] = [], scratch: [GradientSample] = []
        for k in order {
            let (n, own) = chosen[k]
            let range = Int(nodes[n].first)..<Int(nodes[n].first + nodes[n].count)
            var best = -1, bestError = found[own].error + lambda * (found[own].bytes - 4)
            ordered.withUnsafeBufferPointer { thin(UnsafeBufferPointer(rebasing: $0[range]), to: 200, into: &scratch) }
            for g in distinct.prefix(64) {
                let evaluator = FittedGradient.Evaluator(found[g].gradient)
                var error: Float = 0
                for s in scratch {
                    error += s.weight * squared(s.color - evaluator.color(at: s.place))
                    if error > bestError { break }
                }
                if error < bestError { (best, bestError) = (g, error) }
            }
            if best >= 0 { chosen[k].gradient = best } else { distinct.append(own) }
        }
    }

    /// Joins the regions of each gradient.
    mutating func apply(to map: inout RegionMap, _ each: ParallelFor) {
        guard !chosen.isEmpty else { return }
        // Memory for the labels to come.
        (ordered, rims) = ([], [])
        var target = map.areas.indices.map { Int32($0) }
        var gradientOf = [Int32](repeating: -1, count: map.areas.count)
        var number = [Int32](repeating: -1, count: found.count)
        var stack: [Int] = []
        for (n, g) in chosen {
            if number[g] < 0 {
                number[g] = Int32(map.gradients.count)
                map.gradients.append(found[g].gradient)
            }
            var first: Int32 = -1
            stack.append(n)
            while let m = stack.popLast() {
                if nodes[m].left >= 0 {
                    stack.append(Int(nodes[m].right))
                    stack.append(Int(nodes[m].left))
                    continue
                }
                let r = regionOfLeaf[m]
                if first < 0 { first = r }
                target[Int(r)] = first
            }
            gradientOf[Int(first)] = number[g]
            map.centers[Int(first)] = SIMD4<Float>(nodes[n].sums.mean)
        }
        // Numbers in the order of first appearance: in each band, and then of the bands.
        var fresh = [Int32](repeating: -1, count: target.count)
        var old: [Int] = []
        let whole = target, (width, height) = (map.width, map.height)
        map.labels = map.labels.withUnsafeBufferPointer { labels in
            // Only read, and all bands are looked at before this returns.
            nonisolated(unsafe) let labels = labels
            // Few enough bands that their tables take less than the picture.
            let met = mapBands(of: height, width: width, pixels: max(32768, 32 * whole.count), each) { rows in
                var isMet = [Bool](repeating: false, count: whole.count), met: [Int32] = []
                let end = rows.upperBound * width
                var i = rows.lowerBound * width
                while i < end {
                    let t = whole[Int(labels[i])]
                    if !isMet[Int(t)] {
                        isMet[Int(t)] = true
                        met.append(t)
                    }
                    i = labels.firstDifference(from: i, to: end - 1, step: 1) + 1
                }
                return met
            }
            for t in met.joined().lazy.map(Int.init) where fresh[t] < 0 {
                fresh[t] = Int32(old.count)
                old.append(t)
            }
            let part = whole.map { fresh[Int($0)] }
            return arrayInBands(of: height, length: width, each) { rows, own in
                let first = rows.lowerBound * width, end = rows.upperBound * width
                var i = first
                while i < end {
                    let start = i
                    i = labels.firstDifference(from: i, to: end - 1, step: 1) + 1
                    (own + (start - first)).initialize(repeating: part[Int(labels[start])], count: i - start)
                }
            }
        }
        var areas = [Int](repeating: 0, count: old.count)
        for (r, t) in target.enumerated() where fresh[Int(t)] >= 0 { areas[Int(fresh[Int(t)])] += map.areas[r] }
        map.areas = areas
        let before = map
        map.colors = old.map { before.colors[$0] }
        map.shown = old.map { before.shown[$0] }
        map.centers = old.map { before.centers[$0] }
        map.gradientOf = old.map { gradientOf[$0] }
    }
}

/// Every k-th of many samples, with k times the weight: between `limit` / 2 and `limit` of them.
func thin(_ samples: UnsafeBufferPointer<GradientSample>, to limit: Int, into result: inout [GradientSample]) {
    result.removeAll(keepingCapacity: true)
    let step = max(1, (samples.count + limit - 1) / limit)
    for i in stride(from: step / 2, to: samples.count, by: step) { result.append(samples[i]) }
    let factor = Float(samples.count) / Float(max(1, result.count))
    for i in result.indices {
        result[i].weight *= factor
        result[i].pull *= factor
    }
}

/// Decides whether a node of the tree is one gradient, with scratch memory that is used again for the next.
private struct GradientJudge {
    var fitter: GradientFitter
    private var scratch: [GradientSample] = []

    init(fitter: GradientFitter) { self.fitter = fitter }

    struct Verdict {
        var score: Float = 0
        var rimError: Float = 0
        var floor: Float = 0
        /// Nil when the node is what its halves are.
        var gradient: GradientFitter.Candidate?
    }

    mutating func verdict(on n: Int, _ search: borrowing GradientSearch) -> Verdict {
        let node = search.nodes[n], lambda = search.lambda
        var verdict = Verdict()
        if node.left < 0 {
            let color = search.map.centers[Int(search.regionOfLeaf[n])]
            let own = squared(SIMD4<Float>(node.sums.mean) - color) * Float(node.sums.weight)
            verdict.score = Float(node.sums.flatError) + min(own, lambda * 8) + lambda * 8
            verdict.rimError = search.rimError(n) { _ in color }
            verdict.floor = node.floor
        } else {
            let left = search.nodes[Int(node.left)], right = search.nodes[Int(node.right)]
            verdict.rimError = left.rimError + right.rimError
            verdict.score = left.score + right.score + lambda * search.borderBytes(node.border)
            verdict.floor = left.floor + right.floor
        }
        guard !node.isThin, !search.isHopeless(node, floor: verdict.floor, verdict.score),
            var c = fit(n, search, floor: verdict.floor, below: 1.05 * (verdict.score + verdict.rimError)), search.isVisible(c.gradient)
        else { return verdict }
        let evaluator = FittedGradient.Evaluator(c.gradient)
        c.error = search.error(n, evaluator)
        let own = c.error + lambda * c.bytes, ownRim = search.rimError(n) { evaluator.color(at: $0) }
        // A flat area with a flaw is not a gradient: most of its error stays, and it is little or far more than noise.
        let area = Float(node.sums.weight), flat = Float(node.sums.flatError)
        let isClear = 2 * c.error < flat || (flat > 1.5 * area && c.error < Float(8 + 4 * min(search.work.noise, 8)) * area)
        if isClear, own + ownRim < verdict.score + verdict.rimError {
            (verdict.score, verdict.rimError) = (own, ownRim)
            verdict.floor = min(verdict.floor, c.error)
            verdict.gradient = c
        }
        return verdict
    }

    private mutating func fit(_ n: Int, _ search: borrowing GradientSearch, floor: Float, below limit: Float) -> GradientFitter.Candidate? {
        let node = search.nodes[n]
        func axis(_ half: Int32) -> GradientAxis? {
            half < 0 || search.nodes[Int(half)].gradient < 0 ? nil : search.found[Int(search.nodes[Int(half)].gradient)].gradient.axis
        }
        var guesses = (axis(node.left), axis(node.right))
        if node.left >= 0, search.nodes[Int(node.left)].count < search.nodes[Int(node.right)].count { swap(&guesses.0, &guesses.1) }
        return search.ordered.withUnsafeBufferPointer { ordered in
            let samples = UnsafeBufferPointer(rebasing: ordered[Int(node.first)..<Int(node.first + node.count)])
            thin(samples, to: 500, into: &scratch)
            return scratch.withUnsafeBufferPointer { fitter.fit($0, node.sums, floor: floor, limit: limit, guesses: guesses) }
        }
    }
}

/// Pairs that might be joined, cheapest first.
private struct MergeHeap {
    struct Merge {
        var cost: Float
        var error: Float
        var a: Int32
        var b: Int32
        var border: Int32
        static func < (x: Merge, y: Merge) -> Bool {
            if x.cost != y.cost { return x.cost < y.cost }
            return x.a != y.a ? x.a < y.a : x.b < y.b
        }
    }
    private var entries: [Merge] = []

    mutating func push(_ e: Merge) {
        entries.append(e)
        var i = entries.count - 1
        while i > 0, entries[i] < entries[(i - 1) / 2] {
            entries.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    mutating func pop() -> Merge? {
        guard let top = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return top }
        entries[0] = last
        var i = 0
        while true {
            var least = i
            for c in [2 * i + 1, 2 * i + 2] where c < entries.count && entries[c] < entries[least] { least = c }
            if least == i { return top }
            entries.swapAt(i, least)
            i = least
        }
    }
}

/// Numbers for pairs of regions in the order in which they are met: open addressing, at most half full.
private struct PairTable {
    private var keys = [UInt64](repeating: .max, count: 1024)
    private var values = [Int32](repeating: 0, count: 1024)
    private var count = 0

    /// The pair's number, or `next`, which it then has.
    mutating func index(_ a: Int32, _ b: Int32, next: Int) -> Int {
        let key = UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
        if 2 * count >= keys.count { grow() }
        let slot = slot(key)
        if keys[slot] != key {
            keys[slot] = key
            values[slot] = Int32(next)
            count += 1
        }
        return Int(values[slot])
    }

    /// Whether the pair has a number.
    func contains(_ a: Int32, _ b: Int32) -> Bool {
        let key = UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
        return keys[slot(key)] == key
    }

    private func slot(_ key: UInt64) -> Int {
        // Fibonacci hashing (Knuth, volume 3, 6.4).
        var s = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1)
        while keys[s] != key, keys[s] != .max { s = (s + 1) & (keys.count - 1) }
        return s
    }

    private mutating func grow() {
        let (oldKeys, oldValues) = (keys, values)
        keys = [UInt64](repeating: .max, count: oldKeys.count * 2)
        values = [Int32](repeating: 0, count: keys.count)
        for (k, v) in zip(oldKeys, oldValues) where k != .max {
            let s = slot(k)
            keys[s] = k
            values[s] = v
        }
    }
}
