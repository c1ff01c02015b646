import AtelierGeometry
public import AtelierPixels

/// Turns boundaries into lines and curves and regions into layers.
///
/// Regions are painted in an order that lets each extend under those after it, so only the boundary to what is already there
/// is drawn exactly; towards later regions the outline takes the straightest way that stays hidden. Boundaries with little
/// contrast are allowed a larger distance, because it is seen less.
///
/// - Parameter each: What runs the loop over regions; its threads share the work.
/// - Complexity: O(boundary points × log) for the curves; memory as the result.
public func fit(_ segmentation: Segmentation, _ options: FitOptions = .init(), each: ParallelFor = serially) -> TracedDrawing {
    switch segmentation.kind {
    case .areas: break
    case .lattice: return fitLattice(segmentation, options)
    case .pixels: return fitPixels(segmentation)
    }
    var builder = LayerBuilder(segmentation, options)
    let layers = options.layering == .cutout ? builder.cutoutLayers(overlap: min(5, max(0, options.overlap))) : builder.layers(each)
    return TracedDrawing(width: segmentation.width, height: segmentation.height, gridUnits: builder.gridUnits(layers), layers: layers)
}

/// How much a squared error along an edge counts beside the same error in an area: an edge that is off by a tenth of a pixel
/// is not seen. Measured: at this share a byte spent on curves raises the likeness (SSIM) of drawings as much as one spent on regions.
private let edgeShare = 1.0 / 32

/// A drawing under construction.
struct LayerBuilder {
    let s: Segmentation
    let order: PaintOrder
    /// The rank of opaque regions, −1 of those that hide nothing.
    let coverRank: [Int32]
    let shapes: ShapeFinder
    let tolerance: Double
    let lambda: Double
    let cornerAngle: Double
    var fitter: CurveFitter
    /// One pixel of each region that must stay visible through everything painted later: the translucent and transparent ones.
    let seenThrough: [Point]
    /// Sum of length times squared colour step over the boundaries drawn.
    var edgeWeight = 0.0
    /// Points of the boundary that is being drawn.
    private var outline: [Point] = []

    init(_ segmentation: Segmentation, _ options: FitOptions) {
        s = segmentation
        var order = PaintOrder(segmentation)
        // Noise moves boundary points; following them would draw the noise.
        let noise = Double(min(10, segmentation.noise))
        tolerance = min(5, max(0.05, options.tolerance)) * (1 + 0.05 * noise)
        lambda = min(1e6, max(1, options.lambda)) / edgeShare
        cornerAngle = min(180, max(10, options.cornerAngle)) * 0.017_453_292_52
        fitter = CurveFitter(tolerance: tolerance, cornerAngle: cornerAngle, certainty: min(1, 0.7 + 0.05 * noise))
        shapes = ShapeFinder(segmentation, &order)
        self.order = order
        coverRank = order.rank.indices.map { order.isOpaque[$0] ? order.rank[$0] : -1 }
        var places: [Point] = []
        if order.hasTransparency {
            var seen = [Bool](repeating: false, count: segmentation.regions.count)
            for (i, l) in segmentation.labels.enumerated() where !seen[Int(l)] {
                seen[Int(l)] = true
                if !segmentation.regions[Int(l)].paint.isOpaque {
                    places.append(Point(Double(i % segmentation.width) + 0.5, Double(i / segmentation.width) + 0.5))
                }
            }
        }
        seenThrough = places
    }

    mutating func layers(_ each: ParallelFor) -> [TracedDrawing.Layer] {
        var result: [TracedDrawing.Layer] = []
        let isCovered = !order.batches.isEmpty && !order.hasTransparency
        if isCovered {
            // The first layer runs under everything.
            let all = Rect(x: 0, y: 0, width: Double(s.width), height: Double(s.height))
            result.append(.init(.path(BezierPath(all)), fill: s.regions[Int(order.painted[0])].paint))
        }
        let batches = order.batches.dropFirst(isCovered ? 1 : 0)
        let regions = Array(order.painted[(batches.first?.lowerBound ?? 0)...])
        let parts = parts(of: regions, each)
        var next = 0
        for batch in batches {
            var path = BezierPath()
            var found: [TracedDrawing.Layer] = []
            for _ in batch {
                path.append(parts[next].path)
                found.append(contentsOf: parts[next].layers)
                edgeWeight += parts[next].edgeWeight
                next += 1
            }
            // Many rectangles of one paint are a pattern, and shorter as one path.
            if found.count(where: isSharpRectangle) > 4 {
                for layer in found where isSharpRectangle(layer) { path.append(layer.shape.outline) }
                found.removeAll(where: isSharpRectangle)
            }
            if !path.isEmpty { result.append(.init(.path(arranged(path)), fill: s.regions[Int(order.painted[batch.lowerBound])].paint)) }
            result.append(contentsOf: found)
        }
        return result
    }

    /// What one region adds to its batch.
    private struct Part {
        var path = BezierPath()
        /// Primitives and strokes.
        var layers: [TracedDrawing.Layer] = []
        var edgeWeight = 0.0
    }

    /// The parts of regions, in their order, made by as many threads as there are.
    private func parts(of regions: [Int32], _ each: ParallelFor) -> [Part] {
        let shares = shares(of: regions)
        return [Part](unsafeUninitializedCapacity: regions.count) { buffer, count in
            // Every share writes its own elements, all before `each` returns.
            nonisolated(unsafe) let parts = buffer
            each(shares.count) { [self] share in
                var builder = self
                for i in shares[share] { (parts.baseAddress! + i).initialize(to: builder.part(of: Int(regions[i]))) }
            }
            count = regions.count
        }
    }

    /// Cuts a list of regions into shares of about equal work, at most 64 and none too small to be worth a thread.
    private func shares(of regions: [Int32]) -> [Range<Int>] {
        let costs = regions.map { region in
            s.regions[Int(region)].loops.reduce(16) {
                $0 + s.steps[s.loops[$1].steps].reduce(0) { $0 + s.chains[Int($1.chain)].points.count }
            }
        }
        let most = max(400, costs.reduce(0, +) / 64)
        var shares: [Range<Int>] = [], first = 0, cost = 0
        for i in regions.indices {
            cost += costs[i]
            guard cost >= most || i == regions.count - 1 else { continue }
            shares.append(first..<i + 1)
            (first, cost) = (i + 1, 0)
        }
        return shares
    }

    private mutating func part(of region: Int) -> Part {
        edgeWeight = 0
        var part = Part()
        if let layers = layers(of: region) {
            part.layers = layers
        } else {
            for l in s.regions[region].loops { add(s.loops[l].steps, of: region, to: &part.path) }
        }
        part.edgeWeight = edgeWeight
        return part
    }

    private func isSharpRectangle(_ layer: TracedDrawing.Layer) -> Bool {
        if case .rect(_, radius: 0) = layer.shape { layer.stroke == nil } else { false }
    }

    /// A region as primitives and strokes, or nil.
    private mutating func layers(of region: Int) -> [TracedDrawing.Layer]? {
        let loops = s.regions[region].loops
        let outer = s.loops[loops.lowerBound].steps
        prepare(contrast(outer, from: outer.lowerBound, outer.count))
        guard let layers = shapes.layers(of: region, &fitter) else { return nil }
        guard !layers.isEmpty else { return [] }
        for l in loops {
            let steps = s.loops[l].steps
            for i in steps where kind(s.steps[i], of: region) == .exact {
                weigh(s.chains[Int(s.steps[i].chain)].points.count, contrast(steps, from: i, 1))
            }
        }
        return layers
    }

    /// The grid at which a finer one would cost more bytes than it is worth.
    ///
    /// Rounding to a grid of step Δ moves a curve by a variance of about 0.04 Δ² (a cubic's Bernstein polynomials squared, averaged, times
    /// Δ²/12), and every number of the path data costs log₂(1/Δ) bits.
    func gridUnits(_ layers: [TracedDrawing.Layer]) -> Int {
        var numbers = 0.0
        for layer in layers {
            switch layer.shape {
            case .path: break
            case .circle: numbers += 3
            case .ellipse, .rect, .line: numbers += 4
            }
            guard case .path(let path) = layer.shape else { continue }
            for element in path.elements {
                switch element {
                case .move, .line: numbers += 2
                case .cubic: numbers += 6
                case .close: break
                }
            }
        }
        guard edgeWeight > 0 else { return 1 }
        let square = lambda * numbers / 8 * 1.4427 / (2 * 0.038 * edgeWeight)
        // Control points are fitted to rounded ends in part, and gzip finds repeated numbers: half the bytes, measured.
        let exact = (2 / square).squareRoot()
        // Halves of pixels stay on the grid: drawings like to have their edges there.
        return max(2, min(20, 2 * Int(exact / 2 + 0.5)))
    }

    private enum Kind { case exact, hidden, frame }

    private func kind(_ step: Segmentation.Step, of region: Int) -> Kind {
        let chain = s.chains[Int(step.chain)]
        let other = step.isReversed ? chain.left : chain.right
        if other == Segmentation.outside { return .frame }
        return isHidden(other, for: region) ? .hidden : .exact
    }

    /// Whether a region is painted over what `region` might put there.
    func isHidden(_ other: Int32, for region: Int) -> Bool {
        coverRank[Int(other)] > order.rank[region]
    }

    /// Takes the points of steps of a loop into `outline`, in walking order, from one step on and around. Junctions inside are left out:
    /// they lie between three boundaries, not on one.
    private mutating func gather(_ loop: Range<Int>, from first: Int, _ count: Int, keepEnds: Bool) {
        outline.removeAll(keepingCapacity: true)
        s.points.withUnsafeBufferPointer { points in
            for i in 0..<count {
                let step = s.steps[wrapped(first + i, loop)], chain = s.chains[Int(step.chain)]
                var range = chain.points
                if !chain.isClosed, range.count > 2 {
                    let dropFirst = keepEnds ? i > 0 : true, dropLast = keepEnds ? i < count - 1 : true
                    let low = (step.isReversed ? dropLast : dropFirst) ? 1 : 0, high = (step.isReversed ? dropFirst : dropLast) ? 1 : 0
                    range = range.lowerBound + low..<range.upperBound - high
                }
                if step.isReversed {
                    outline.append(contentsOf: points[range].reversed())
                } else {
                    outline.append(contentsOf: points[range])
                }
            }
        }
    }

    /// The number of a step that is counted beyond the end of its loop.
    private func wrapped(_ step: Int, _ loop: Range<Int>) -> Int { step < loop.upperBound ? step : step - loop.count }

    /// Mean colour step along steps of a loop, from one on and around.
    private func contrast(_ loop: Range<Int>, from first: Int, _ steps: Int) -> Double {
        var sum: Float = 0, count: Float = 0
        for i in 0..<steps {
            let chain = s.chains[Int(s.steps[wrapped(first + i, loop)].chain)]
            guard chain.left >= 0, chain.right >= 0 else { continue }
            sum += chain.step * Float(chain.points.count)
            count += Float(chain.points.count)
        }
        return Double(sum / max(1, count))
    }

    private mutating func add(_ loop: Range<Int>, of region: Int, to path: inout BezierPath) {
        // Begin where one kind ends and another begins.
        let begin = kind(s.steps[loop.lowerBound], of: region)
        var first = loop.lowerBound + 1
        while first < loop.upperBound, kind(s.steps[first], of: region) == begin { first += 1 }
        if first == loop.upperBound {
            first = loop.lowerBound
            if begin != .frame {
                gather(loop, from: first, loop.count, keepEnds: false)
                if begin == .hidden { addHidden(of: region, to: &path) } else { addExact(contrast(loop, from: first, loop.count), to: &path) }
                return
            }
        }
        var done = 0
        while done < loop.count {
            let kind = kind(s.steps[wrapped(first + done, loop)], of: region)
            var count = 1
            while done + count < loop.count, self.kind(s.steps[wrapped(first + done + count, loop)], of: region) == kind { count += 1 }
            gather(loop, from: first + done, count, keepEnds: true)
            if done == 0 { path.move(to: outline[0]) }
            switch kind {
            case .frame: for p in outline.dropFirst() { path.line(to: p) }
            case .hidden: for p in hiddenWay(outline, of: region) { path.line(to: p) }
            case .exact:
                let contrast = contrast(loop, from: first + done, count)
                prepare(contrast)
                weigh(outline.count, contrast)
                append(fitter.fitOpen(outline), to: &path)
            }
            done += count
        }
        path.close()
    }

    /// Sets the fitter for a boundary with this colour step.
    mutating func prepare(_ contrast: Double) {
        fitter.tolerance = tolerance * scale(contrast)
        fitter.price = lambda / (max(20, contrast) * max(20, contrast))
    }

    /// How much farther a boundary with this colour step may be off than one of full contrast.
    private func scale(_ contrast: Double) -> Double { min(6, max(1, (60 / max(1, contrast)).squareRoot())) }

    mutating func weigh(_ count: Int, _ contrast: Double) { edgeWeight += Double(count) * contrast * contrast }

    func append(_ curve: FittedCurve, to path: inout BezierPath) {
        for segment in curve.segments {
            switch segment {
            case .line(let p): path.line(to: p)
            case .cubic(let c1, let c2, let p): path.cubic(c1, c2, to: p)
            }
        }
    }

    private mutating func addExact(_ contrast: Double, to path: inout BezierPath) {
        guard outline.count > 2 else { return }
        prepare(contrast)
        weigh(outline.count, contrast)
        let curve = fitter.fitClosed(outline)
        path.move(to: curve.start)
        append(curve, to: &path)
        path.close()
    }

    /// A way around that is hidden everywhere: nothing for a hole, an outline somewhere under the later regions otherwise.
    private func addHidden(of region: Int, to path: inout BezierPath) {
        // The region is on the left: outer boundaries run counter-clockwise on screen, which with y down gives a negative area.
        let isHole = signedArea(outline) > 0
        if isHole, !showsThrough(outline[...]) { return }
        var way = outline
        way.append(outline[0])
        let hidden = hiddenWay(way, of: region)
        guard hidden.count > 2 else { return }
        path.move(to: hidden[hidden.count - 1])
        for p in hidden.dropLast() { path.line(to: p) }
        path.close()
    }

    // MARK: Under later regions

    /// What lies under regions that are painted later than one.
    private struct Cover {
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
    private func hiddenWay(_ outline: [Point], of region: Int) -> [Point] {
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
    private func showsThrough(_ polygon: ArraySlice<Point>) -> Bool {
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

    private func signedArea(_ polygon: [Point]) -> Double {
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
