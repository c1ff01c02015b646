import AtelierGeometry
import AtelierPixels

/// Walks the cracks between pixels of different regions and turns them into chains of sub-pixel points, junctions and loops.
///
/// A vertex of the pixel lattice where three or four cracks meet is a junction. From each junction the cracks are followed to the
/// next one; what remains are closed chains.
struct BoundaryTracer {
    private let work: WorkingImage
    private let width: Int
    private let height: Int
    private let map: RegionMap
    private var chains: [Segmentation.Chain] = []
    private var points: [Point] = []
    /// Start and end vertex of each chain, y · (width + 1) + x; −1 for closed chains.
    private var chainEnds: [(start: Int, end: Int)] = []
    /// Lattice direction in which each chain leaves its start and in which it arrives at its end.
    private var chainDirections: [(first: UInt8, last: UInt8)] = []
    /// Bits of each lattice vertex: 1 << direction for a crack, 16 when the one to its right has been walked, 32 for the one below.
    private var lattice: [UInt8]

    init(work: WorkingImage, regions: RegionMap) {
        self.work = work
        (width, height) = (regions.width, regions.height)
        map = regions
        lattice = [UInt8](repeating: 0, count: (regions.width + 1) * (regions.height + 1))
    }

    /// Directions on the lattice: 0 right, 1 down, 2 left, 3 up.
    private typealias Direction = UInt8

    consuming func trace() -> Segmentation {
        walkAll()
        placeJunctions()
        let (loops, steps, ranges) = linkLoops()
        var regions: [Segmentation.Region] = []
        regions.reserveCapacity(map.colors.count)
        for r in map.colors.indices {
            regions.append(.init(paint: map.paint(of: r), area: map.areas[r], loops: ranges[r]))
        }
        return Segmentation(
            width: width, height: height, noise: work.noise, regions: regions, labels: map.labels, chains: chains, points: points,
            loops: loops, steps: steps)
    }

    // MARK: Cracks

    @inline(__always)
    private func label(_ x: Int, _ y: Int) -> Int32 {
        x >= 0 && y >= 0 && x < width && y < height ? map.labels[y * width + x] : Segmentation.outside
    }

    /// The four cracks at a vertex as bits 1 << direction.
    @inline(__always)
    private func cracks(_ x: Int, _ y: Int) -> UInt8 { lattice[y * (width + 1) + x] & 15 }

    /// The cracks between four pixels.
    @inline(__always)
    private func cracks(_ nw: Int32, _ ne: Int32, _ sw: Int32, _ se: Int32) -> UInt8 {
        (ne != se ? 1 : 0) | (sw != se ? 2 : 0) | (nw != sw ? 4 : 0) | (nw != ne ? 8 : 0)
    }

    /// The regions to the left and right of the crack that leaves (x, y) in a direction.
    @inline(__always)
    private func sides(_ x: Int, _ y: Int, _ direction: Direction) -> (left: Int32, right: Int32) {
        switch direction {
        case 0: (label(x, y - 1), label(x, y))
        case 1: (label(x, y), label(x - 1, y))
        case 2: (label(x - 1, y), label(x - 1, y - 1))
        default: (label(x - 1, y - 1), label(x, y - 1))
        }
    }

    private func isWalked(_ x: Int, _ y: Int, _ direction: Direction) -> Bool {
        let stride = width + 1
        switch direction {
        case 0: return lattice[y * stride + x] & 16 != 0
        case 1: return lattice[y * stride + x] & 32 != 0
        case 2: return lattice[y * stride + x - 1] & 16 != 0
        default: return lattice[(y - 1) * stride + x] & 32 != 0
        }
    }

    private mutating func setWalked(_ x: Int, _ y: Int, _ direction: Direction) {
        let stride = width + 1
        switch direction {
        case 0: lattice[y * stride + x] |= 16
        case 1: lattice[y * stride + x] |= 32
        case 2: lattice[y * stride + x - 1] |= 16
        default: lattice[(y - 1) * stride + x] |= 32
        }
    }

    private mutating func walkAll() {
        let vertices = findCracks()
        for v in vertices {
            let c = lattice[Int(v)] & 15
            guard c.nonzeroBitCount > 2 else { continue }
            let x = Int(v) % (width + 1), y = Int(v) / (width + 1)
            for d: Direction in 0..<4 where c & (1 << d) != 0 && !isWalked(x, y, d) { walk(x, y, d, closed: false) }
        }
        // What is left meets no junction; its first vertex in reading order has a crack to the right.
        for v in vertices where lattice[Int(v)] & 17 == 1 { walk(Int(v) % (width + 1), Int(v) / (width + 1), 0, closed: true) }
    }

    /// Marks the cracks of all vertices of the pixel lattice and returns those that do not lie inside a region, in reading order.
    /// Nearly all do.
    private mutating func findCracks() -> [Int32] {
        var vertices: [Int32] = []
        let (width, height) = (width, height)
        map.labels.withUnsafeBufferPointer { labels in
            let bytes = UnsafeRawPointer(labels.baseAddress!)
            func four(_ i: Int) -> SIMD2<UInt64> { bytes.loadUnaligned(fromByteOffset: 4 * i, as: SIMD2<UInt64>.self) }
            func mark(_ v: Int, _ cracks: UInt8) {
                lattice[v] = cracks
                vertices.append(Int32(v))
            }
            for y in 0...height {
                let row = y * (width + 1)
                guard y > 0, y < height else {
                    for x in 0...width { mark(row + x, cracks(label(x - 1, y - 1), label(x, y - 1), label(x - 1, y), label(x, y))) }
                    continue
                }
                for x in [0, width] {
                    if x > 0 {
                        var i = y * width + 1
                        while i < (y + 1) * width {
                            if i + 4 <= (y + 1) * width {
                                let here = four(i)
                                let change = (here ^ four(i - 1)) | (here ^ four(i - width)) | (here ^ four(i - width - 1))
                                if change.x | change.y == 0 {
                                    i += 4
                                    continue
                                }
                            }
                            for k in i..<min(i + 4, (y + 1) * width) {
                                let c = cracks(labels[k - width - 1], labels[k - width], labels[k - 1], labels[k])
                                if c != 0 { mark(row + k - y * width, c) }
                            }
                            i += 4
                        }
                    }
                    mark(row + x, cracks(label(x - 1, y - 1), label(x, y - 1), label(x - 1, y), label(x, y)))
                }
            }
        }
        return vertices
    }

    private mutating func walk(_ startX: Int, _ startY: Int, _ first: Direction, closed: Bool) {
        let (left, right) = sides(startX, startY, first)
        let begin = points.count
        let frame = left == Segmentation.outside || right == Segmentation.outside
        var (x, y, direction) = (startX, startY, first)
        var stepSum: Float = 0, stepCount: Float = 0
        if !closed { points.append(Point(Double(x), Double(y))) }
        while true {
            setWalked(x, y, direction)
            if !frame {
                let c = crossing(x, y, direction, left, right)
                points.append(c.point)
                stepSum += c.step
                stepCount += 1
            }
            switch direction {
            case 0: x += 1
            case 1: y += 1
            case 2: x -= 1
            default: y -= 1
            }
            let c = cracks(x, y)
            if closed ? (x == startX && y == startY) : c.nonzeroBitCount > 2 {
                // A closed chain that began at a corner of the picture passes it once more.
                if closed, frame, direction != first { points.append(Point(Double(x), Double(y))) }
                break
            }
            let back: Direction = (direction + 2) & 3
            let onward = c & ~(1 << back)
            let next = Direction(truncatingIfNeeded: onward.trailingZeroBitCount)
            if frame, next != direction { points.append(Point(Double(x), Double(y))) }
            direction = next
        }
        if !closed { points.append(Point(Double(x), Double(y))) }
        if points.count == begin { points.append(Point(Double(startX), Double(startY))) }
        chains.append(.init(left: left, right: right, points: begin..<points.count, step: stepSum / max(1, stepCount), isClosed: closed))
        chainEnds.append(closed ? (-1, -1) : (startY * (width + 1) + startX, y * (width + 1) + x))
        chainDirections.append((first, direction))
    }

    // MARK: Sub-pixel positions

    /// Where the boundary crosses the line through the centres of the two pixels on either side of a crack.
    ///
    /// A straight edge under a box filter covers of a row of pixels exactly as many as lie on its side, so the sum of the
    /// coverages across the transition is the place of the edge; the sum also centres a blurred edge. It needs pure pixels on
    /// both sides of the transition. A band thinner than a transition has none: then its total coverage is its width, and its centre
    /// of mass its middle.
    private func crossing(_ x: Int, _ y: Int, _ direction: UInt8, _ left: Int32, _ right: Int32) -> (point: Point, step: Float) {
        // The pixel on the "from" side has the smaller coordinate.
        let from: Int, step: Int, room: (back: Int, on: Int), a: Int32, b: Int32
        switch direction {
        case 0: (from, step, room, a, b) = ((y - 1) * width + x, width, (y - 1, height - 1 - y), left, right)
        case 2: (from, step, room, a, b) = ((y - 1) * width + x - 1, width, (y - 1, height - 1 - y), right, left)
        case 1: (from, step, room, a, b) = (y * width + x - 1, 1, (x - 1, width - 1 - x), right, left)
        default: (from, step, room, a, b) = ((y - 1) * width + x - 1, 1, (x - 1, width - 1 - x), left, right)
        }
        let (offset, colorStep) = crossingOffset(from: from, step: step, room: room, a, b)
        switch direction {
        case 0: return (Point(Double(x) + 0.5, Double(y) + offset), colorStep)
        case 2: return (Point(Double(x) - 0.5, Double(y) + offset), colorStep)
        case 1: return (Point(Double(x) + offset, Double(y) + 0.5), colorStep)
        default: return (Point(Double(x) + offset, Double(y) - 0.5), colorStep)
        }
    }

    /// Displacement of the boundary from the crack towards region `b`, −1 to 1.
    private func crossingOffset(from: Int, step: Int, room: (back: Int, on: Int), _ a: Int32, _ b: Int32) -> (offset: Double, step: Float) {
        let crack = SIMD2(Float(from % width), Float(from / width)) + (step == 1 ? SIMD2(1, 0.5) : SIMD2(0.5, 1))
        let colorA = map.color(of: Int(a), at: crack), colorB = map.color(of: Int(b), at: crack)
        let axis = colorB - colorA
        let length = squared(axis)
        guard length > 1 else { return (0, 0) }
        return work.original.withUnsafeBufferPointer { pixels in
            map.labels.withUnsafeBufferPointer { labels in
                /// The part of a pixel that has colour b.
                func share(_ i: Int) -> Float {
                    let product = (SIMD4<Float>(bytes: pixels[i]) - colorA) * axis
                    return max(0, min(1, (product.x + product.y + product.z + product.w) / length))
                }
                let reach = 4
                let pure: Float = 0.05
                var sum: Float = 0
                var complete = true
                let first = share(from), second = share(from + step)
                let before = room.back > 0 ? share(from - step) : first, after = room.on > 0 ? share(from + 2 * step) : second
                let colorStep = max(0, after - before) * length.squareRoot()
                var k = 0, t = first, last: Float = 1
                while true {
                    sum -= t
                    if t <= pure { break }
                    last = t
                    k += 1
                    guard k < reach, k <= room.back, labels[from - k * step] == a else { complete = k > room.back; break }
                    t = share(from - k * step)
                    if t > last { complete = false; break }
                }
                k = 0
                t = second
                last = 0
                while true {
                    sum += 1 - t
                    if t >= 1 - pure { break }
                    last = t
                    k += 1
                    guard k < reach, k <= room.on, labels[from + (k + 1) * step] == b else {
                        complete = complete && k > room.on
                        break
                    }
                    t = share(from + (k + 1) * step)
                    if t < last { complete = false; break }
                }
                if complete { return (Double(max(-1, min(1, sum))), colorStep) }
                // Between the two centres, where the straight line through both shares passes one half.
                guard second > first + 0.02 else { return (0, colorStep) }
                return (Double(max(-0.5, min(0.5, (0.5 - first) / (second - first) - 0.5))), colorStep)
            }
        }
    }

    // MARK: Junctions and loops

    /// Moves the ends of open chains from the lattice to the middle of the boundary points around each junction;
    /// along the frame, to where the inner boundary meets it.
    private mutating func placeJunctions() {
        var sums: [Int: (x: Double, y: Double, count: Int)] = [:]
        func add(_ vertex: Int, _ p: Point) {
            var s = sums[vertex] ?? (0, 0, 0)
            s.x += p.x
            s.y += p.y
            s.count += 1
            sums[vertex] = s
        }
        for (i, chain) in chains.enumerated() where !chain.isClosed && chain.points.count > 2 {
            guard chain.left != Segmentation.outside, chain.right != Segmentation.outside else { continue }
            add(chainEnds[i].start, points[chain.points.lowerBound + 1])
            add(chainEnds[i].end, points[chain.points.upperBound - 2])
        }
        func place(_ vertex: Int) -> Point {
            let x = vertex % (width + 1), y = vertex / (width + 1)
            var p = Point(Double(x), Double(y))
            if let s = sums[vertex] { p = Point(s.x / Double(s.count), s.y / Double(s.count)) }
            if x == 0 || x == width { p.x = Double(x) }
            if y == 0 || y == height { p.y = Double(y) }
            return p
        }
        for (i, chain) in chains.enumerated() where !chain.isClosed {
            points[chain.points.lowerBound] = place(chainEnds[i].start)
            points[chain.points.upperBound - 1] = place(chainEnds[i].end)
        }
    }

    /// Joins chains into the ways around each region, the region on the left.
    private func linkLoops() -> (loops: [Segmentation.Loop], steps: [Segmentation.Step], ranges: [Range<Int>]) {
        // For every junction and leaving direction, the chain that leaves there: key vertex · 4 + direction.
        var leaving: [Int: Segmentation.Step] = [:]
        leaving.reserveCapacity(chains.count * 2)
        for (i, chain) in chains.enumerated() where !chain.isClosed {
            leaving[chainEnds[i].start * 4 + Int(chainDirections[i].first)] = .init(chain: Int32(i), isReversed: false)
            leaving[chainEnds[i].end * 4 + Int((chainDirections[i].last + 2) & 3)] = .init(chain: Int32(i), isReversed: true)
        }
        var steps: [Segmentation.Step] = []
        var found: [(region: Int32, steps: Range<Int>)] = []
        var used = [UInt8](repeating: 0, count: chains.count)  // bit 1 forwards, bit 2 backwards
        for i in chains.indices {
            for reversed in [false, true] {
                let region = reversed ? chains[i].right : chains[i].left
                let bit: UInt8 = reversed ? 2 : 1
                guard region != Segmentation.outside, used[i] & bit == 0 else { continue }
                let begin = steps.count
                var step = Segmentation.Step(chain: Int32(i), isReversed: reversed)
                while used[Int(step.chain)] & (step.isReversed ? 2 : 1) == 0 {
                    used[Int(step.chain)] |= step.isReversed ? 2 : 1
                    steps.append(step)
                    let c = Int(step.chain)
                    guard !chains[c].isClosed else { break }
                    let vertex = step.isReversed ? chainEnds[c].start : chainEnds[c].end
                    let arrived = step.isReversed ? (chainDirections[c].first + 2) & 3 : chainDirections[c].last
                    // Keep the region on the left: try the sharpest left turn first. Regions are 4-connected, so where the same region
                    // lies on both diagonals its two parts stay apart.
                    var next: Segmentation.Step?
                    for turn: UInt8 in [3, 0, 1] {
                        if let candidate = leaving[vertex * 4 + Int((arrived + turn) & 3)] {
                            let side = candidate.isReversed ? chains[Int(candidate.chain)].right : chains[Int(candidate.chain)].left
                            if side == region {
                                next = candidate
                                break
                            }
                        }
                    }
                    guard let next else { break }
                    step = next
                }
                found.append((region, begin..<steps.count))
            }
        }
        // Group by region, keeping the order found.
        var counts = [Int](repeating: 0, count: map.colors.count + 1)
        for f in found { counts[Int(f.region) + 1] += 1 }
        for r in 1..<counts.count { counts[r] += counts[r - 1] }
        var loops = [Segmentation.Loop](repeating: .init(steps: 0..<0), count: found.count)
        var cursor = counts
        for f in found {
            loops[cursor[Int(f.region)]] = .init(steps: f.steps)
            cursor[Int(f.region)] += 1
        }
        return (loops, steps, map.colors.indices.map { counts[$0]..<counts[$0 + 1] })
    }
}
