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
    /// Where chains meet.
    private var junctions = VertexTable([])

    init(work: WorkingImage, regions: RegionMap) {
        self.work = work
        (width, height) = (regions.width, regions.height)
        map = regions
    }

    /// Directions on the lattice: 0 right, 1 down, 2 left, 3 up.
    private typealias Direction = UInt8

    /// - Parameter each: What runs the loop over chains; its threads share the work.
    consuming func trace(each: ParallelFor = serially) -> Segmentation {
        let ways = walkAll(each)
        placePoints(ways, each)
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

    /// The vertices of the pixel lattice and the cracks between them that have been walked.
    private struct Lattice {
        /// Of each vertex: 1 << direction for a crack, 16 when the one to its right has been walked, 32 for the one below.
        let bits: UnsafeMutablePointer<UInt8>
        /// Vertices in a row.
        let stride: Int

        @inline(__always)
        func cracks(_ v: Int) -> UInt8 { bits[v] & 15 }

        @inline(__always)
        func isWalked(_ v: Int, _ direction: Direction) -> Bool {
            switch direction {
            case 0: bits[v] & 16 != 0
            case 1: bits[v] & 32 != 0
            case 2: bits[v - 1] & 16 != 0
            default: bits[v - stride] & 32 != 0
            }
        }

        @inline(__always)
        func setWalked(_ v: Int, _ direction: Direction) {
            switch direction {
            case 0: bits[v] |= 16
            case 1: bits[v] |= 32
            case 2: bits[v - 1] |= 16
            default: bits[v - stride] |= 32
            }
        }

        /// The next vertex in a direction.
        @inline(__always)
        func step(_ v: Int, _ direction: Direction) -> Int {
            switch direction {
            case 0: v + 1
            case 1: v + stride
            case 2: v - 1
            default: v - stride
            }
        }
    }

    /// The cracks that chains follow.
    private struct Ways {
        /// The direction of every crack, chain after chain.
        var directions: [Direction] = []
        /// Where each chain begins in `directions`, and its first vertex.
        var begins: [(crack: Int, vertex: Int)] = []
    }

    /// Follows all cracks. The chains get their ranges of points and the points of frames; the others are still to be placed.
    private mutating func walkAll(_ each: ParallelFor) -> Ways {
        var ways = Ways()
        let stride = width + 1, size = stride * (height + 1)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { bits in
            preferLargePages(UnsafeMutableRawBufferPointer(bits))
            let lattice = Lattice(bits: bits.baseAddress!, stride: stride)
            let vertices = findCracks(lattice, each)
            // Every crack has two vertices, and what begins at a junction ends at one; arrays that grow would be held twice.
            var ends = 0, open = 0, junctionCount = 0
            for v in vertices {
                let degree = lattice.cracks(Int(v)).nonzeroBitCount
                ends += degree
                if degree > 2 { (open, junctionCount) = (open + degree, junctionCount + 1) }
            }
            ways.directions.reserveCapacity(ends / 2)
            points.reserveCapacity(ends / 2 + open)
            ways.begins.reserveCapacity(open / 2)
            chains.reserveCapacity(open / 2)
            chainEnds.reserveCapacity(open / 2)
            chainDirections.reserveCapacity(open / 2)
            var meeting: [Int32] = []
            meeting.reserveCapacity(junctionCount)
            for v in vertices {
                let c = lattice.cracks(Int(v))
                guard c.nonzeroBitCount > 2 else { continue }
                meeting.append(v)
                for d: Direction in 0..<4 where c & (1 << d) != 0 && !lattice.isWalked(Int(v), d) { walk(Int(v), d, lattice, false, &ways) }
            }
            junctions = VertexTable(meeting)
            // What is left meets no junction; its first vertex in reading order has a crack to the right.
            for v in vertices where lattice.bits[Int(v)] & 17 == 1 { walk(Int(v), 0, lattice, true, &ways) }
        }
        return ways
    }

    /// Marks the cracks of all vertices of the pixel lattice and returns those that do not lie inside a region, in reading order.
    /// Nearly all do.
    private func findCracks(_ lattice: Lattice, _ each: ParallelFor) -> [Int32] {
        // Every band of rows of vertices marks its own, all before `each` returns.
        let tracer = self
        nonisolated(unsafe) let lattice = lattice
        let parts = mapBands(of: height + 1, width: width, each) { tracer.cracks(in: $0, lattice) }
        if parts.count == 1 { return parts[0] }
        var vertices: [Int32] = []
        vertices.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for part in parts { vertices.append(contentsOf: part) }
        return vertices
    }

    private func cracks(in rows: Range<Int>, _ lattice: Lattice) -> [Int32] {
        (lattice.bits + rows.lowerBound * (width + 1)).initialize(repeating: 0, count: rows.count * (width + 1))
        var vertices: [Int32] = []
        vertices.reserveCapacity(4 * (rows.count + 64))
        let (width, height) = (width, height)
        map.labels.withUnsafeBufferPointer { buffer in
            let labels = buffer.baseAddress!, bytes = UnsafeRawPointer(labels)
            /// Four labels from `i` on.
            @inline(__always)
            func four(_ i: Int) -> SIMD4<UInt32> { bytes.loadUnaligned(fromByteOffset: 4 * i, as: SIMD4<UInt32>.self) }
            // A variable that a nested function holds is checked at every access.
            @inline(__always)
            func mark(_ v: Int, _ cracks: UInt8, _ vertices: inout [Int32]) {
                lattice.bits[v] = cracks
                vertices.append(Int32(truncatingIfNeeded: v))
            }
            for y in rows {
                let row = y * (width + 1)
                guard y > 0, y < height else {
                    for x in 0...width {
                        mark(row + x, cracks(label(x - 1, y - 1), label(x, y - 1), label(x - 1, y), label(x, y)), &vertices)
                    }
                    continue
                }
                mark(row, cracks(label(-1, y - 1), label(0, y - 1), label(-1, y), label(0, y)), &vertices)
                var i = y * width + 1
                let end = (y + 1) * width, shift = row - y * width
                while i < end {
                    let west = labels[i - 1]
                    if labels[i - 1 - width] == west {
                        // As long as both rows go on with this label there is nothing.
                        let label = SIMD4(repeating: UInt32(bitPattern: west))
                        while i &+ 16 <= end {
                            let above = i &- width
                            let a = (four(i) ^ label) | (four(i &+ 4) ^ label) | (four(i &+ 8) ^ label) | (four(i &+ 12) ^ label)
                            let b = (four(above) ^ label) | (four(above &+ 4) ^ label)
                            let c = (four(above &+ 8) ^ label) | (four(above &+ 12) ^ label)
                            if any((a | b | c) .!= 0) { break }
                            i &+= 16
                        }
                    }
                    let stop = min(i &+ 8, end)
                    var north = labels[i &- 1 &- width], south = labels[i &- 1]
                    while i < stop {
                        let (nw, sw) = (north, south)
                        (north, south) = (labels[i &- width], labels[i])
                        if (nw ^ north) | (nw ^ sw) | (nw ^ south) != 0 { mark(shift &+ i, cracks(nw, north, sw, south), &vertices) }
                        i &+= 1
                    }
                }
                let (nw, sw) = (label(width - 1, y - 1), label(width - 1, y))
                mark(row + width, cracks(nw, Segmentation.outside, sw, Segmentation.outside), &vertices)
            }
        }
        return vertices
    }

    private mutating func walk(_ start: Int, _ first: Direction, _ lattice: Lattice, _ isClosed: Bool, _ ways: inout Ways) {
        let (left, right) = sides(start % (width + 1), start / (width + 1), first)
        let begin = points.count, firstCrack = ways.directions.count
        let frame = left == Segmentation.outside || right == Segmentation.outside
        func corner(_ v: Int) -> Point { Point(Double(v % (width + 1)), Double(v / (width + 1))) }
        var (v, direction) = (start, first)
        var turns = 0
        while true {
            lattice.setWalked(v, direction)
            ways.directions.append(direction)
            v = lattice.step(v, direction)
            let c = lattice.cracks(v)
            if isClosed ? v == start : c.nonzeroBitCount > 2 { break }
            let next = Direction(truncatingIfNeeded: (c & ~(1 << ((direction + 2) & 3))).trailingZeroBitCount)
            if next != direction { turns += 1 }
            direction = next
        }
        if frame {
            // Its corners only.
            if !isClosed { points.append(corner(start)) }
            var at = start
            for k in firstCrack..<ways.directions.count {
                if k > firstCrack, ways.directions[k] != ways.directions[k - 1] { points.append(corner(at)) }
                at = lattice.step(at, ways.directions[k])
            }
            // A closed chain that began at a corner of the picture passes it once more.
            if isClosed ? direction != first : true { points.append(corner(v)) }
            if points.count == begin { points.append(corner(start)) }
        } else {
            points.append(contentsOf: repeatElement(.zero, count: ways.directions.count - firstCrack + (isClosed ? 0 : 2)))
        }
        ways.begins.append((firstCrack, start))
        chains.append(.init(left: left, right: right, points: begin..<points.count, step: 0, isClosed: isClosed))
        chainEnds.append(isClosed ? (-1, -1) : (start, v))
        chainDirections.append((first, direction))
    }

    // MARK: Sub-pixel positions

    /// Gives the points along all chains their places and the chains their colour steps.
    private mutating func placePoints(_ ways: Ways, _ each: ParallelFor) {
        let shares = shares(ways)
        // Taken out while threads write into them.
        var points = self.points, chains = self.chains
        (self.points, self.chains) = ([], [])
        let count = chains.count, tracer = self
        points.withUnsafeMutableBufferPointer { points in
            chains.withUnsafeMutableBufferPointer { chains in
                work.original.withUnsafeBufferPointer { pixels in
                    map.labels.withUnsafeBufferPointer { labels in
                        ways.directions.withUnsafeBufferPointer { directions in
                            // Every share writes to its own chains and their points, all before `each` returns.
                            nonisolated(unsafe) let (points, chains, directions) = (points, chains, directions)
                            nonisolated(unsafe) let (pixels, labels) = (pixels.baseAddress!, labels.baseAddress!)
                            each(shares.count) { share in
                                for i in shares[share] {
                                    let chain = chains[i]
                                    guard chain.left != Segmentation.outside, chain.right != Segmentation.outside else { continue }
                                    let end = i + 1 < count ? ways.begins[i + 1].crack : directions.count
                                    let cracks = UnsafeBufferPointer(rebasing: directions[ways.begins[i].crack..<end])
                                    chains[i].step = tracer.place(
                                        points.baseAddress! + chain.points.lowerBound + (chain.isClosed ? 0 : 1), cracks,
                                        from: ways.begins[i].vertex, left: chain.left, right: chain.right, pixels, labels)
                                }
                            }
                        }
                    }
                }
            }
        }
        (self.points, self.chains) = (points, chains)
    }

    /// Ranges of chains of about equally many cracks.
    private func shares(_ ways: Ways) -> [Range<Int>] {
        let most = max(2000, ways.directions.count / 64)
        var shares: [Range<Int>] = [], first = 0
        for i in chains.indices {
            let end = i + 1 < chains.count ? ways.begins[i + 1].crack : ways.directions.count
            guard end - ways.begins[first].crack >= most || i == chains.count - 1 else { continue }
            shares.append(first..<i + 1)
            first = i + 1
        }
        return shares
    }

    /// Places the points of the cracks of one chain; returns the mean colour step.
    private func place(
        _ points: UnsafeMutablePointer<Point>, _ directions: UnsafeBufferPointer<Direction>, from start: Int, left: Int32, right: Int32,
        _ pixels: UnsafePointer<RGBA8>, _ labels: UnsafePointer<Int32>
    ) -> Float {
        var (x, y) = (start % (width + 1), start / (width + 1))
        let isFlat = map.gradientOf.isEmpty || (map.gradientOf[Int(left)] < 0 && map.gradientOf[Int(right)] < 0)
        let middle = SIMD2(Float(x), Float(y))
        var mixture = Mixture(map.color(of: Int(left), at: middle), map.color(of: Int(right), at: middle))
        var stepSum: Float = 0
        for (i, direction) in directions.enumerated() {
            // The pixels on both sides: `from` has the smaller coordinate, and lies to the left of a way right or up.
            let isLevel = direction & 1 == 0, isLeftFirst = direction == 0 || direction == 3
            let px = direction == 0 ? x : x - 1, py = direction == 1 ? y : y - 1
            let from = py * width + px, step = isLevel ? width : 1
            let room = isLevel ? (back: py, on: height - 2 - py) : (back: px, on: width - 2 - px)
            if !isFlat {
                let crack = SIMD2(Float(px), Float(py)) + (isLevel ? SIMD2(0.5, 1) : SIMD2(1, 0.5))
                mixture = Mixture(map.color(of: Int(left), at: crack), map.color(of: Int(right), at: crack))
            }
            let (offset, colorStep) = mixture.offset(
                pixels, labels, from, step, room, isLeftFirst ? left : right, isLeftFirst ? right : left, isReversed: !isLeftFirst)
            stepSum += colorStep
            switch direction {
            case 0:
                points[i] = Point(Double(x) + 0.5, Double(y) + offset)
                x += 1
            case 1:
                points[i] = Point(Double(x) + offset, Double(y) + 0.5)
                y += 1
            case 2:
                points[i] = Point(Double(x) - 0.5, Double(y) + offset)
                x -= 1
            default:
                points[i] = Point(Double(x) + offset, Double(y) - 0.5)
                y -= 1
            }
        }
        return stepSum / Float(max(1, directions.count))
    }

    /// How the pixels along a line across a boundary are mixed of the two colours beside it.
    private struct Mixture {
        private let left: SIMD4<Float>, right: SIMD4<Float>
        /// From left to right, and its squared length.
        private let axis: SIMD4<Float>
        private let length: Float

        init(_ left: SIMD4<Float>, _ right: SIMD4<Float>) {
            (self.left, self.right) = (left, right)
            axis = right - left
            length = squared(axis)
        }

        /// Displacement of the boundary from the crack towards region `b`, −1 to 1, and the colour step across it.
        ///
        /// A straight edge under a box filter covers of a row of pixels exactly as many as lie on its side, so the sum of the
        /// coverages across the transition is the place of the edge; the sum also centres a blurred edge. It needs pure pixels on
        /// both sides of the transition. A band thinner than a transition has none: then its total coverage is its width, and its centre
        /// of mass its middle.
        ///
        /// - Parameters:
        ///   - from: The pixel before the crack; the one after it is `step` farther.
        ///   - room: Pixels before and after these two.
        ///   - a: Region of the pixel before the crack, `b` of the one after it.
        ///   - isReversed: Whether `a` is on the right.
        @inline(__always)
        func offset(
            _ pixels: UnsafePointer<RGBA8>, _ labels: UnsafePointer<Int32>, _ from: Int, _ step: Int, _ room: (back: Int, on: Int),
            _ a: Int32, _ b: Int32, isReversed: Bool
        ) -> (offset: Double, step: Float) {
            guard length > 1 else { return (0, 0) }
            let colorA = isReversed ? right : left, axis = isReversed ? -axis : axis
            /// The part of a pixel that has colour b.
            @inline(__always)
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
                t = k == 1 ? before : share(from - k * step)
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
                t = k == 1 ? after : share(from + (k + 1) * step)
                if t < last { complete = false; break }
            }
            if complete { return (Double(max(-1, min(1, sum))), colorStep) }
            // Between the two centres, where the straight line through both shares passes one half.
            guard second > first + 0.02 else { return (0, colorStep) }
            return (Double(max(-0.5, min(0.5, (0.5 - first) / (second - first) - 0.5))), colorStep)
        }
    }

    // MARK: Junctions and loops

    /// Moves the ends of open chains from the lattice to the middle of the boundary points around each junction;
    /// along the frame, to where the inner boundary meets it.
    private mutating func placeJunctions() {
        var sums = [(x: Double, y: Double, count: Double)](repeating: (0, 0, 0), count: junctions.count)
        func add(_ vertex: Int, _ p: Point) {
            let number = junctions.number(of: vertex)
            sums[number].x += p.x
            sums[number].y += p.y
            sums[number].count += 1
        }
        for (i, chain) in chains.enumerated() where !chain.isClosed && chain.points.count > 2 {
            guard chain.left != Segmentation.outside, chain.right != Segmentation.outside else { continue }
            add(chainEnds[i].start, points[chain.points.lowerBound + 1])
            add(chainEnds[i].end, points[chain.points.upperBound - 2])
        }
        func place(_ vertex: Int) -> Point {
            let x = vertex % (width + 1), y = vertex / (width + 1)
            var p = Point(Double(x), Double(y))
            let s = sums[junctions.number(of: vertex)]
            if s.count > 0 { p = Point(s.x / s.count, s.y / s.count) }
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
        // For every junction and leaving direction, the chain that leaves there, at junction · 4 + direction; chain −1 for none.
        var leaving = [Segmentation.Step](repeating: .init(chain: -1, isReversed: false), count: 4 * junctions.count)
        /// The junctions at both ends of each chain.
        var ends = [(start: Int, end: Int)](repeating: (-1, -1), count: chains.count)
        for (i, chain) in chains.enumerated() where !chain.isClosed {
            ends[i] = (junctions.number(of: chainEnds[i].start), junctions.number(of: chainEnds[i].end))
            leaving[ends[i].start * 4 + Int(chainDirections[i].first)] = .init(chain: Int32(i), isReversed: false)
            leaving[ends[i].end * 4 + Int((chainDirections[i].last + 2) & 3)] = .init(chain: Int32(i), isReversed: true)
        }
        var steps: [Segmentation.Step] = []
        steps.reserveCapacity(2 * chains.count)
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
                    let junction = step.isReversed ? ends[c].start : ends[c].end
                    let arrived = step.isReversed ? (chainDirections[c].first + 2) & 3 : chainDirections[c].last
                    // Keep the region on the left: try the sharpest left turn first. Regions are 4-connected, so where the same region
                    // lies on both diagonals its two parts stay apart.
                    var next: Segmentation.Step?
                    for turn: UInt8 in [3, 0, 1] {
                        let candidate = leaving[junction * 4 + Int((arrived + turn) & 3)]
                        if candidate.chain >= 0 {
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

/// Numbers of vertices of the pixel lattice, by open addressing.
private struct VertexTable {
    let count: Int
    private var vertices: [Int32]
    private var numbers: [Int32]
    private let shift: UInt64

    /// - Parameter all: The vertices, each once; the first gets 0.
    init(_ all: [Int32]) {
        count = all.count
        var bits: UInt64 = 1
        while 1 << bits < 2 * all.count { bits += 1 }
        shift = 64 - bits
        vertices = [Int32](repeating: -1, count: 1 << bits)
        numbers = [Int32](repeating: 0, count: 1 << bits)
        for (i, v) in all.enumerated() {
            let place = place(of: Int(v))
            vertices[place] = v
            numbers[place] = Int32(i)
        }
    }

    /// The number of a vertex that is one of them.
    @inline(__always)
    func number(of vertex: Int) -> Int { Int(numbers[place(of: vertex)]) }

    /// Where a vertex is, or would be.
    @inline(__always)
    private func place(of vertex: Int) -> Int {
        // Fibonacci hashing (Knuth, "The Art of Computer Programming", volume 3, 6.4).
        var place = Int((UInt64(vertex) &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while vertices[place] >= 0, Int(vertices[place]) != vertex { place = (place + 1) & (vertices.count - 1) }
        return place
    }
}
