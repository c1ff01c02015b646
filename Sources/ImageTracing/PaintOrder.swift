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
    /// Regions painted together: one paint, back to front.
    private(set) var batches: [[Int32]] = []
    /// Whether each region hides what lies under it.
    let isOpaque: [Bool]
    /// Whether some region is not opaque.
    private(set) var hasTransparency = false

    init(_ segmentation: Segmentation) {
        let regions = segmentation.regions
        rank = [Int32](repeating: -1, count: regions.count)
        let isOpaque = regions.map { $0.paint.isOpaque }
        self.isOpaque = isOpaque
        hasTransparency = isOpaque.contains(false)
        // Neighbour lists in one array.
        var first = [Int](repeating: 0, count: regions.count + 1)
        for c in segmentation.chains where c.left >= 0 && c.right >= 0 {
            first[Int(c.left) + 1] += 1
            first[Int(c.right) + 1] += 1
        }
        for r in 0..<regions.count { first[r + 1] += first[r] }
        var neighbour = [Int32](repeating: 0, count: first[regions.count])
        var cursor = first
        for c in segmentation.chains where c.left >= 0 && c.right >= 0 {
            neighbour[cursor[Int(c.left)]] = c.right
            cursor[Int(c.left)] += 1
            neighbour[cursor[Int(c.right)]] = c.left
            cursor[Int(c.right)] += 1
        }

        // Paints get numbers in the order of the regions.
        var colorNumber: [Paint: Int] = [:]
        var colorOf = [Int](repeating: 0, count: regions.count)
        var remaining: [Int] = [], available: [[Int32]] = [], availableArea: [Int] = []
        for (r, region) in regions.enumerated() {
            let n: Int
            if let known = colorNumber[region.paint] {
                n = known
            } else {
                n = remaining.count
                colorNumber[region.paint] = n
                remaining.append(0)
                available.append([])
                availableArea.append(0)
            }
            colorOf[r] = n
            remaining[n] += 1
        }
        var isAvailable = [Bool](repeating: false, count: regions.count)
        func offer(_ r: Int) {
            guard !isAvailable[r], isOpaque[r] else { return }
            isAvailable[r] = true
            available[colorOf[r]].append(Int32(r))
            availableArea[colorOf[r]] += regions[r].area
        }
        func paint(_ color: Int) {
            let batch = available[color]
            available[color] = []
            availableArea[color] = 0
            remaining[color] -= batch.count
            for r in batch { rank[Int(r)] = Int32(batches.count) }
            batches.append(batch)
            for r in batch { for n in first[Int(r)]..<first[Int(r) + 1] { offer(Int(neighbour[n])) } }
        }
        // Translucent regions lie on nothing, and opaque ones may be painted over their edges.
        for (r, region) in regions.enumerated() where !isOpaque[r] {
            isAvailable[r] = true
            if !region.paint.isInvisible { available[colorOf[r]].append(Int32(r)) }
        }
        for color in remaining.indices where !available[color].isEmpty { paint(color) }
        for (r, region) in regions.enumerated() where !isOpaque[r] && region.paint.isInvisible {
            for n in first[r]..<first[r + 1] { offer(Int(neighbour[n])) }
        }
        // What reaches the frame rather lies under what does not: it counts half as much again.
        var weight = regions.map { 2 * $0.area }
        for c in segmentation.chains where min(c.left, c.right) < 0 && max(c.left, c.right) >= 0 {
            let r = Int(max(c.left, c.right))
            weight[r] = 3 * regions[r].area
        }
        let bySize = regions.indices.sorted { weight[$0] != weight[$1] ? weight[$0] > weight[$1] : $0 < $1 }
        var nextStart = 0
        while true {
            var best = -1
            for color in remaining.indices where !available[color].isEmpty {
                if best < 0 { best = color; continue }
                // A colour that can be finished in one shape goes first, then the larger area.
                let complete = available[color].count == remaining[color], bestComplete = available[best].count == remaining[best]
                if complete != bestComplete ? complete : availableArea[color] > availableArea[best] { best = color }
            }
            if best < 0 {
                while nextStart < bySize.count, isAvailable[bySize[nextStart]] || !isOpaque[bySize[nextStart]] {
                    nextStart += 1
                }
                guard nextStart < bySize.count else { break }
                offer(bySize[nextStart])
                continue
            }
            paint(best)
        }
    }
}
