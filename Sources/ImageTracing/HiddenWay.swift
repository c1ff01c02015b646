import AtelierGeometry

/// Where outlines run that are not seen, because what is painted later lies over them.
extension LayerBuilder {
    /// What lies under regions that are painted later than one.
    fileprivate struct Cover {
        let labels: UnsafePointer<Int32>
        let width: Int
        let xEnd: Double, yEnd: Double
        let coverRank: UnsafePointer<Int32>
        let ownRank: Int32

        @inline(__always)
        func contains(_ p: Point) -> Bool {
            guard p.x >= 0, p.y >= 0, p.x < xEnd, p.y < yEnd else { return false }
            return coverRank[Int(labels[Int(p.y) &* width &+ Int(p.x)])] > ownRank
        }
    }

    /// A short polyline from the first point to the last that runs under later regions only, a little outside the boundary.
    /// The first point is not repeated.
    func hiddenWay(_ outline: [Point], of region: Int) -> [Point] {
        guard outline.count > 2 else { return Array(outline.dropFirst()) }
        return s.labels.withUnsafeBufferPointer { labels in
            coverRank.withUnsafeBufferPointer { coverRank in
                let cover = Cover(
                    labels: labels.baseAddress!, width: s.width, xEnd: Double(s.width), yEnd: Double(s.height),
                    coverRank: coverRank.baseAddress!, ownRank: order.rank[region])
                return hiddenWay(outline, under: cover)
            }
        }
    }

    private func hiddenWay(_ outline: [Point], under cover: Cover) -> [Point] {
        let n = outline.count
        // Step outwards (the region is on the left, so outwards is to the right), as far as it stays covered.
        let way = [Point](unsafeUninitializedCapacity: n) { way, count in
            outline.withUnsafeBufferPointer { p in
                way.initializeElement(at: 0, to: p[0])
                way.initializeElement(at: n - 1, to: p[n - 1])
                for i in 1..<n - 1 {
                    let outwards = (p[i + 1] - p[i - 1]).normalized.perpendicular
                    var place = p[i]
                    if cover.contains(p[i] + outwards * 1.75) {
                        place = p[i] + outwards * 1.25
                    } else if cover.contains(p[i] + outwards * 1.25) {
                        place = p[i] + outwards * 0.75
                    }
                    way.initializeElement(at: i, to: place)
                }
            }
            count = n
        }
        var result: [Point] = []
        result.reserveCapacity(min(n, 64))
        result.append(outline[0])
        var i = 0
        while i < n - 1 {
            var good = i + 1, stride = 1
            while true {
                let j = min(n - 1, good + stride)
                if j > good, isClear(way, i, j, cover) {
                    good = j
                    stride *= 2
                } else if stride > 1 {
                    stride = 1
                    // One more round from the last good point, then give up.
                    let k = min(n - 1, good + 1)
                    if k == good || !isClear(way, i, k, cover) { break }
                    good = k
                } else {
                    break
                }
            }
            result.append(way[good])
            i = good
        }
        dropSides(of: &result, cover)
        result.removeFirst()
        return result
    }

    /// What becomes of a side of a hidden way that is left out.
    private struct Shortcut {
        /// Where the sides beside it meet.
        var place: Point
        /// Twice what the way encloses more; infinite where they do not meet under later regions.
        var area: Double
        /// Whether it is known that they do.
        var isSure: Bool
    }

    /// Leaves out sides of a hidden way: a side goes when the two beside it, made longer, meet under later regions. That makes the
    /// polygon around a bulge one with few corners, farther out.
    private func dropSides(of way: inout [Point], _ cover: Cover) {
        guard way.count > 3 else { return }
        func shortcut(_ i: Int) -> Shortcut {
            let none = Shortcut(place: .zero, area: .infinity, isSure: true)
            let a = way[i - 1], b = way[i], c = way[i + 1], e = way[i + 2]
            let u = b - a, v = c - e
            let cross = u.cross(v)
            guard abs(cross) > 0.05 * u.length * v.length else { return none }
            // a + u·t = e + v·r beyond b and c.
            let t = (e - a).cross(v) / cross, r = (e - a).cross(u) / cross
            guard t > 1, r > 1 else { return none }
            let meeting = a + u * t
            guard (meeting - b).length + (meeting - c).length < 400, cover.contains(meeting) else { return none }
            return Shortcut(place: meeting, area: abs((meeting - b).cross(c - b)), isSure: false)
        }
        func isUnder(_ a: Point, _ b: Point) -> Bool {
            let d = b - a, count = Int(d.length) + 2, across = d.normalized.perpendicular * 0.7
            for k in 1...count {
                let p = a + d * (Double(k) / Double(count))
                if !cover.contains(p + across) || !cover.contains(p - across) { return false }
            }
            return true
        }
        // By the number of the side's first point; the last two are never asked.
        var shortcuts: [Shortcut] = []
        shortcuts.reserveCapacity(way.count - 2)
        shortcuts.append(Shortcut(place: .zero, area: .infinity, isSure: true))
        for i in 1..<way.count - 2 { shortcuts.append(shortcut(i)) }
        var rounds = 0
        while way.count > 3, rounds < 64 {
            rounds += 1
            // The smallest that holds; what is dear is asked of the smallest only.
            var best = 0
            while true {
                for i in shortcuts.indices where i == 0 || shortcuts[i].area < shortcuts[best].area { best = i }
                guard shortcuts[best].area < .infinity else { return }
                if shortcuts[best].isSure { break }
                let b = way[best], c = way[best + 1], meeting = shortcuts[best].place
                if isUnder(b, meeting), isUnder(c, meeting), !showsThrough([b, meeting, c]) {
                    shortcuts[best].isSure = true
                    break
                }
                shortcuts[best].area = .infinity
                best = 0
            }
            way[best] = shortcuts[best].place
            way.remove(at: best + 1)
            shortcuts.remove(at: best)
            for i in max(1, best - 2)..<max(1, min(way.count - 2, best + 2)) { shortcuts[i] = shortcut(i) }
        }
    }

    /// Whether the chord between two points of the way runs under later regions, and encloses with the way nothing that must be seen.
    private func isClear(_ way: [Point], _ i: Int, _ j: Int, _ cover: Cover) -> Bool {
        guard j - i > 1 else { return true }
        let a = way[i], d = way[j] - way[i]
        let length = d.length
        guard length < 4096 else { return false }
        let count = Int(length * 2) + 2
        // Most that fail do so in the middle.
        let part = 1 / Double(count)
        if length > 4, !cover.contains(a + d * (Double(count / 2) * part)) { return false }
        for k in 1..<count {
            let t = Double(k) * part
            // The ends lie at the boundary itself, where a pixel belongs to either side.
            if t * length < 0.8 { continue }
            if (1 - t) * length < 0.8 { break }
            if !cover.contains(a + d * t) { return false }
        }
        return seenThrough.isEmpty || !showsThrough(way[i...j])
    }

    /// Whether a polygon encloses a region that is seen through, or so many might be enclosed that looking is too dear.
    func showsThrough(_ polygon: ArraySlice<Point>) -> Bool {
        guard !seenThrough.isEmpty else { return false }
        var (minX, maxX, minY, maxY) = (Double.infinity, -Double.infinity, Double.infinity, -Double.infinity)
        for p in polygon {
            (minX, maxX) = (min(minX, p.x), max(maxX, p.x))
            (minY, maxY) = (min(minY, p.y), max(maxY, p.y))
        }
        // The places are sorted by y: start at the first that is not above the polygon.
        var low = 0, high = seenThrough.count
        while low < high {
            let middle = (low + high) / 2
            if seenThrough[middle].y < minY { low = middle + 1 } else { high = middle }
        }
        var looks = 0
        while low < seenThrough.count, seenThrough[low].y <= maxY {
            let p = seenThrough[low]
            low += 1
            looks += 1
            if looks > 4000 { return true }
            guard p.x >= minX, p.x <= maxX else { continue }
            looks += polygon.count / 8
            if contains(polygon, p) { return true }
        }
        return false
    }

    func signedArea(_ polygon: [Point]) -> Double {
        var sum = 0.0
        for i in polygon.indices {
            let a = polygon[i], b = polygon[i + 1 < polygon.count ? i + 1 : 0]
            sum += a.x * b.y - b.x * a.y
        }
        return sum / 2
    }

    /// Even–odd test.
    private func contains(_ polygon: ArraySlice<Point>, _ p: Point) -> Bool {
        var inside = false
        var a = polygon[polygon.endIndex - 1]
        for b in polygon {
            defer { a = b }
            if (a.y > p.y) != (b.y > p.y), p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x) { inside.toggle() }
        }
        return inside
    }
}
