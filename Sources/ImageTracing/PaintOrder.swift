import AtelierGeometry
import AtelierPixels

/// Which regions are painted together, and what is painted over what.
///
/// A region may then extend under every opaque region painted later, so a boundary is drawn exactly once, by the later of its two
/// sides, and no background shows through a seam.
///
/// The order is a search over neighbours that starts at the background: a region becomes available when a neighbour has been
/// painted. So whatever is enclosed by later regions is later itself, which is what lets a region run under its holes. Of the
/// colours available, one is painted at a time, all its available regions as one shape.
struct PaintOrder {
    /// Position of each region's batch, from 0; −1 for regions that are not painted because they are fully transparent.
    var rank: [Int32]
    /// The regions that are painted, back to front.
    private(set) var painted: [Int32] = []
    /// Ranges of `painted` that are painted together: one paint each.
    private(set) var batches: [Range<Int>] = []
    /// Whether each region hides what lies under it.
    let isOpaque: [Bool]
    /// Whether some region is not opaque.
    private(set) var hasTransparency = false

    /// - Complexity: O((regions + chains) × log paints).
    init(_ segmentation: Segmentation) {
        let regions = segmentation.regions
        rank = [Int32](repeating: -1, count: regions.count)
        isOpaque = regions.map { $0.paint.isOpaque }
        hasTransparency = isOpaque.contains(false)
        painted.reserveCapacity(regions.count)
        let neighbours = Neighbours(segmentation)
        var queue = PaintQueue(regions, isOpaque)
        func paint(_ color: Int, _ order: inout PaintOrder) {
            let begin = order.painted.count
            queue.take(color, into: &order.painted)
            let batch = begin..<order.painted.count
            for i in batch { order.rank[Int(order.painted[i])] = Int32(order.batches.count) }
            order.batches.append(batch)
            for i in batch { for n in neighbours.of(Int(order.painted[i])) { queue.offer(Int(n)) } }
        }
        if hasTransparency {
            // Translucent regions lie on nothing, and opaque ones may be painted over their edges.
            for r in regions.indices where !isOpaque[r] && !regions[r].paint.isInvisible { queue.append(r) }
            for color in 0..<queue.count where queue.hasSome(color) { paint(color, &self) }
            for r in regions.indices where !isOpaque[r] && regions[r].paint.isInvisible {
                for n in neighbours.of(r) { queue.offer(Int(n)) }
            }
        }
        if let background = background(segmentation), queue.best < 0 { queue.offer(background) }
        // Every region has a neighbour, so all are offered.
        while queue.best >= 0 { paint(queue.best, &self) }
    }

    /// The largest opaque region; what reaches the frame counts half as much again, since it rather lies under what does not. In textures,
    /// whose tangled boundaries let a little of it through, colours near the mean count more: half at 40 of 255 from it.
    private func background(_ segmentation: Segmentation) -> Int? {
        var reachesFrame = [Bool](repeating: false, count: segmentation.regions.count)
        for c in segmentation.chains where min(c.left, c.right) < 0 && max(c.left, c.right) >= 0 {
            reachesFrame[Int(max(c.left, c.right))] = true
        }
        let mean = segmentation.isTextured ? meanColor(of: segmentation) : nil
        var best: Int?, most = -1.0
        for r in segmentation.regions.indices where isOpaque[r] {
            var weight = Double((reachesFrame[r] ? 3 : 2) * segmentation.regions[r].area)
            if let mean {
                let step = color(of: segmentation.regions[r].paint) - mean
                weight /= 1 + Double((step * step).sum()) / 1600
            }
            if weight > most { (best, most) = (r, weight) }
        }
        return best
    }

    /// About the mean colour of what is opaque, 0–255.
    private func meanColor(of segmentation: Segmentation) -> SIMD3<Float> {
        var sum = SIMD3<Float>.zero, area: Float = 0
        for region in segmentation.regions where region.paint.isOpaque {
            sum += color(of: region.paint) * Float(region.area)
            area += Float(region.area)
        }
        return sum / max(1, area)
    }

    /// The mean of a paint's colours, 0–255.
    private func color(of paint: Paint) -> SIMD3<Float> {
        func bytes(_ c: RGBA8) -> SIMD3<Float> { SIMD3(Float(c.r), Float(c.g), Float(c.b)) }
        let stops: [GradientStop]
        switch paint {
        case .color(let color): return bytes(color)
        case .linear(let gradient): stops = gradient.stops
        case .radial(let gradient): stops = gradient.stops
        }
        return stops.reduce(.zero) { $0 + bytes($1.color) } / Float(max(1, stops.count))
    }
}

/// The regions across the boundaries of each region, as often as they have boundaries in common.
private struct Neighbours {
    private var first: [Int32]
    private var all: [Int32]

    init(_ segmentation: Segmentation) {
        first = [Int32](repeating: 0, count: segmentation.regions.count + 1)
        for c in segmentation.chains where c.left >= 0 && c.right >= 0 {
            first[Int(c.left)] += 1
            first[Int(c.right)] += 1
        }
        // Ends of the lists, which become their beginnings as they are filled from behind.
        for r in 1..<max(1, first.count) { first[r] += first[r - 1] }
        all = [Int32](repeating: 0, count: Int(first[first.count - 1]))
        for c in segmentation.chains.reversed() where c.left >= 0 && c.right >= 0 {
            first[Int(c.right)] -= 1
            all[Int(first[Int(c.right)])] = c.left
            first[Int(c.left)] -= 1
            all[Int(first[Int(c.left)])] = c.right
        }
    }

    func of(_ region: Int) -> ArraySlice<Int32> { all[Int(first[region])..<Int(first[region + 1])] }
}

/// Regions that may be painted, by paint, and which paint is next: one that can be finished in one shape, then the larger area, then the
/// earlier number.
private struct PaintQueue {
    /// Number of paints, which are numbered in the order of the regions.
    let count: Int
    private let paintOf: [Int32]
    private let areas: [Int]
    private let isOpaque: [Bool]
    private var isOffered: [Bool]
    /// First and last region waiting of each paint and, for each region, the next; −1 for none.
    private var head: [Int32], tail: [Int32], next: [Int32]
    /// Regions of each paint that are not painted, how many of them wait, and the sum of their areas.
    private var remaining: [Int32], waiting: [Int32], area: [Int]
    /// A tournament between the paints: the winner of each pair of nodes, the root at 1, the leaves from `leaves` on; −1 for none.
    private var winners: [Int32]
    private let leaves: Int

    init(_ regions: [Segmentation.Region], _ isOpaque: [Bool]) {
        self.isOpaque = isOpaque
        areas = regions.map { $0.area }
        (paintOf, count) = numberPaints(regions)
        isOffered = [Bool](repeating: false, count: regions.count)
        next = [Int32](repeating: -1, count: regions.count)
        (head, tail) = ([Int32](repeating: -1, count: count), [Int32](repeating: -1, count: count))
        (remaining, waiting) = ([Int32](repeating: 0, count: count), [Int32](repeating: 0, count: count))
        area = [Int](repeating: 0, count: count)
        for paint in paintOf { remaining[Int(paint)] += 1 }
        var leaves = 1
        while leaves < count { leaves *= 2 }
        self.leaves = leaves
        winners = [Int32](repeating: -1, count: 2 * leaves)
    }

    /// The paint that is next, −1 when no region waits.
    var best: Int { Int(winners[1]) }

    func hasSome(_ paint: Int) -> Bool { waiting[paint] > 0 }

    /// Lets a region wait if it is opaque and never did.
    mutating func offer(_ region: Int) {
        guard !isOffered[region], isOpaque[region] else { return }
        append(region)
        area[Int(paintOf[region])] += areas[region]
        play(Int(paintOf[region]))
    }

    /// Lets a region wait outside the tournament.
    mutating func append(_ region: Int) {
        isOffered[region] = true
        let paint = Int(paintOf[region])
        if waiting[paint] == 0 { head[paint] = Int32(region) } else { next[Int(tail[paint])] = Int32(region) }
        tail[paint] = Int32(region)
        waiting[paint] += 1
    }

    /// Takes all waiting regions of a paint, in the order in which they came.
    mutating func take(_ paint: Int, into regions: inout [Int32]) {
        var region = head[paint]
        for _ in 0..<waiting[paint] {
            regions.append(region)
            region = next[Int(region)]
        }
        remaining[paint] -= waiting[paint]
        (waiting[paint], area[paint]) = (0, 0)
        play(paint)
    }

    /// Plays a paint's games again.
    private mutating func play(_ paint: Int) {
        var node = leaves + paint
        winners[node] = waiting[paint] > 0 ? Int32(paint) : -1
        while node > 1 {
            node /= 2
            let a = winners[2 * node], b = winners[2 * node + 1]
            winners[node] = b < 0 || (a >= 0 && !isBefore(Int(b), Int(a))) ? a : b
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        let isComplete = waiting[a] == remaining[a], other = waiting[b] == remaining[b]
        return isComplete != other ? isComplete : area[a] > area[b]
    }
}

/// The number of each region's paint; equal paints have one number, in the order in which the regions meet them.
private func numberPaints(_ regions: [Segmentation.Region]) -> (numbers: [Int32], count: Int) {
    // A hash table by open addressing: the first region of each paint.
    var shift = 60
    while shift > 32, 1 << (64 - shift) < 2 * regions.count { shift -= 1 }
    var table = [Int32](repeating: -1, count: 1 << (64 - shift))
    var numbers = [Int32](repeating: 0, count: regions.count), count = 0
    for (r, region) in regions.enumerated() {
        // Fibonacci hashing (Knuth, "The Art of Computer Programming", volume 3, 6.4).
        var place = Int((region.paint.bits &* 0x9E37_79B9_7F4A_7C15) >> UInt64(shift))
        while table[place] >= 0, regions[Int(table[place])].paint != region.paint { place = (place + 1) & (table.count - 1) }
        if table[place] < 0 {
            table[place] = Int32(r)
            numbers[r] = Int32(count)
            count += 1
        } else {
            numbers[r] = numbers[Int(table[place])]
        }
    }
    return (numbers, count)
}

extension Paint {
    /// Bits that are the same for equal paints and rarely for others.
    fileprivate var bits: UInt64 {
        switch self {
        case .color(let c): UInt64(c.r) << 24 | UInt64(c.g) << 16 | UInt64(c.b) << 8 | UInt64(c.a)
        // Zero has two signs, which are equal.
        case .linear(let gradient): (gradient.start.x + 0).bitPattern ^ (gradient.end.y + 0).bitPattern << 1
        case .radial(let gradient): (gradient.place.e + 0).bitPattern ^ (gradient.place.f + 0).bitPattern << 1
        }
    }
}
