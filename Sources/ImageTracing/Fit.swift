import AtelierGeometry
public import AtelierPixels

/// Turns boundaries into lines and curves and regions into layers.
///
/// Regions are painted in an order that lets each extend under those after it, so only the boundary to what is already there
/// is drawn exactly; towards later regions the outline takes the straightest way that stays hidden. Boundaries with little
/// contrast are allowed a larger distance, because it is seen less.
///
/// - Parameters:
///   - each: What runs the loop over regions; its threads share the work.
///   - isCancelled: Asked for each region; once it says so, regions are left out.
/// - Complexity: O(boundary points × log) for the curves; memory as the result.
public func fit(
    _ segmentation: Segmentation, _ options: FitOptions = .init(), each: ParallelFor = serially,
    isCancelled: @escaping @Sendable () -> Bool = { false }
) -> TracedDrawing {
    switch segmentation.kind {
    case .areas: break
    case .lattice: return fitLattice(segmentation, options, unless: isCancelled)
    case .pixels: return fitPixels(segmentation)
    }
    var builder = LayerBuilder(segmentation, options)
    if options.layering == .cutout { return builder.cutout(overlap: min(5, max(0, options.overlap)), each, unless: isCancelled) }
    let layers = builder.layers(each, unless: isCancelled)
    var drawing = TracedDrawing(
        width: segmentation.width, height: segmentation.height, gridUnits: Double(builder.gridUnits(layers)), layers: layers)
    if !isCancelled() { drawing.snapToDrawingGrid(lambda: builder.lambda, edgeWeight: builder.edgeWeight) }
    return drawing
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
        fitter.isTexture = segmentation.isTextured
        shapes = ShapeFinder(segmentation, &order)
        self.order = order
        coverRank = order.rank.indices.map { order.isOpaque[$0] ? order.rank[$0] : -1 }
        var places: [Point] = []
        if order.hasTransparency {
            var seen = [Bool](repeating: false, count: segmentation.regions.count)
            var left = order.isOpaque.count { !$0 }
            segmentation.labels.withUnsafeBufferPointer { labels in
                var i = 0
                while i < labels.count, left > 0 {
                    let l = Int(labels[i])
                    if !seen[l] {
                        seen[l] = true
                        if !order.isOpaque[l] {
                            left -= 1
                            places.append(Point(Double(i % segmentation.width) + 0.5, Double(i / segmentation.width) + 0.5))
                        }
                    }
                    i = labels.firstDifference(from: i, to: labels.count - 1, step: 1) + 1
                }
            }
        }
        seenThrough = places
    }

    mutating func layers(_ each: ParallelFor, unless isCancelled: @escaping @Sendable () -> Bool) -> [TracedDrawing.Layer] {
        var result: [TracedDrawing.Layer] = []
        let isCovered = !order.batches.isEmpty && !order.hasTransparency
        if isCovered {
            // The first layer runs under everything.
            let all = Rect(x: 0, y: 0, width: Double(s.width), height: Double(s.height))
            result.append(.init(.path(BezierPath(all)), fill: s.regions[Int(order.painted[0])].paint))
        }
        let batches = Array(order.batches.dropFirst(isCovered ? 1 : 0))
        guard let first = batches.first?.lowerBound else { return result }
        // Parts are taken out one by one while layers are made, so that the drawing is not held twice.
        let parts = UnsafeMutableBufferPointer<Part>.allocate(capacity: order.painted.count - first)
        defer { parts.deallocate() }
        makeParts(of: order.painted[first...], into: parts, each, unless: isCancelled)
        for part in parts { edgeWeight += part.edgeWeight }
        let builder = self
        // Shares of about as many regions.
        let shares = shares(of: batches.map { 4 + $0.count }, atLeast: 64)
        let made = [[TracedDrawing.Layer]](unsafeUninitializedCapacity: shares.count) { buffer, count in
            // Every share takes the parts of its own batches and writes its own element, all before `each` returns.
            nonisolated(unsafe) let (parts, made) = (parts, buffer)
            each(shares.count) { share in
                var layers: [TracedDrawing.Layer] = []
                for k in shares[share] {
                    let range = batches[k].lowerBound - first..<batches[k].upperBound - first
                    let region = Int(builder.order.painted[batches[k].lowerBound])
                    builder.append(.init(rebasing: parts[range]), in: builder.s.regions[region].paint, to: &layers)
                }
                (made.baseAddress! + share).initialize(to: layers)
            }
            count = shares.count
        }
        for layers in made { result.append(contentsOf: layers) }
        return result
    }

    /// Adds the layers of the parts of one batch, and takes these from where they are.
    private func append(_ parts: UnsafeMutableBufferPointer<Part>, in paint: Paint, to layers: inout [TracedDrawing.Layer]) {
        var path = BezierPath()
        var found: [TracedDrawing.Layer] = []
        for i in parts.indices {
            let part = parts.moveElement(from: i)
            path.append(part.path)
            found.append(contentsOf: part.layers)
        }
        // Many rectangles of one paint are a pattern, and shorter as one path.
        if found.count(where: isSharpRectangle) > 4 {
            for layer in found where isSharpRectangle(layer) { path.append(layer.shape.outline) }
            found.removeAll(where: isSharpRectangle)
        }
        if !path.isEmpty { layers.append(.init(.path(arranged(path)), fill: paint)) }
        layers.append(contentsOf: found)
    }

    /// What one region adds to its batch.
    private struct Part {
        var path = BezierPath()
        /// Primitives and strokes.
        var layers: [TracedDrawing.Layer] = []
        var edgeWeight = 0.0
    }

    /// Makes the parts of regions, in their order, by as many threads as there are.
    private func makeParts(
        of regions: ArraySlice<Int32>, into parts: UnsafeMutableBufferPointer<Part>, _ each: ParallelFor,
        unless isCancelled: @escaping @Sendable () -> Bool
    ) {
        let costs = regions.map { region in
            s.regions[Int(region)].loops.reduce(16) {
                $0 + s.steps[s.loops[$1].steps].reduce(0) { $0 + s.chains[Int($1.chain)].points.count }
            }
        }
        let shares = shares(of: costs, atLeast: 400)
        // Every share writes its own elements, all before `each` returns.
        nonisolated(unsafe) let parts = parts
        each(shares.count) { [self] share in
            var builder = self
            for i in shares[share] {
                parts.initializeElement(at: i, to: isCancelled() ? Part() : builder.part(of: Int(regions[regions.startIndex + i])))
            }
        }
    }

    /// Cuts a row of costs into shares of about equal cost, at most 64 and none too small to be worth a thread.
    private func shares(of costs: [Int], atLeast least: Int) -> [Range<Int>] {
        let most = max(least, costs.reduce(0, +) / 64)
        var shares: [Range<Int>] = [], first = 0, cost = 0
        for i in costs.indices {
            cost += costs[i]
            guard cost >= most || i == costs.count - 1 else { continue }
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
        if s.isTextured { return nil }
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
                if begin == .hidden {
                    addHidden(of: region, to: &path)
                } else {
                    addExact(contrast(loop, from: first, loop.count), to: &path)
                }
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
}
