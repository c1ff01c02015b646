import AtelierGeometry
import AtelierPixels

/// Finds the regions that are circles, ellipses, rectangles or straight bars, and rings around what lies under them.
///
/// A shape is fitted to the boundary towards what is painted earlier; towards later regions it may go on as long as they cover it.
/// It is taken when what is left looks like noise: the mean over several neighbouring points is small against the change
/// from point to point.
///
/// A ring is a stroke when its hole shows what lies around it; the region in the hole is then not painted at all.
///
/// - Complexity: O(boundary points); O(pixels of the shape) where part of it is hidden.
struct ShapeFinder {
    private let s: Segmentation
    private var order: PaintOrder
    /// Rings by region.
    private var strokes: [Int: TracedDrawing.Layer] = [:]
    /// Holes of rings, which show what lies under the ring.
    private var isHole: [Bool]
    /// Whether each region is filled with a gradient.
    private let isGradient: [Bool]

    /// - Parameter order: Holes of rings take the place of what lies around the ring.
    init(_ segmentation: Segmentation, _ order: inout PaintOrder) {
        s = segmentation
        self.order = order
        isHole = [Bool](repeating: false, count: segmentation.regions.count)
        isGradient = segmentation.regions.map { if case .color = $0.paint { false } else { true } }
        if s.isTextured { return }
        for region in s.regions.indices where s.regions[region].loops.count == 2 && order.rank[region] >= 0 {
            guard let ring = ring(region) else { continue }
            strokes[region] = ring.layer
            for hole in ring.holes where order.rank[Int(hole)] >= 0 {
                isHole[Int(hole)] = true
                self.order.rank[Int(hole)] = self.order.rank[Int(ring.around)]
            }
        }
        order = self.order
    }

    /// The shapes that show what `region` shows, or nil when it needs a path.
    ///
    /// - Parameter fitter: Set for the region's boundary.
    func layers(of region: Int, _ fitter: inout CurveFitter) -> [TracedDrawing.Layer]? {
        if isHole[region] { return [] }
        if let stroke = strokes[region] { return [stroke] }
        guard s.regions[region].area >= 6, let outer = outline(of: region) else { return nil }
        let paint = s.regions[region].paint
        // What is longer around than its bounds is not convex.
        // A thin band between two colours is an edge out of focus, a faint one an echo of an edge; neither is a line.
        if outer.length > outer.area, !isBetweenEquals(region) || outer.step < 56 { return nil }
        let isConvex = !outer.isWhole || outer.length < 2.06 * (outer.bounds.width + outer.bounds.height) + 2
        guard isConvex else { return line(region, outer, &fitter) }
        if let found = fitted(outer), holds(region, outer, found) { return [.init(found.shape, fill: paint)] }
        if let bar = bar(outer), holds(region, outer, .box(bar)) {
            let isRound = bar.radius > 0
            let reach = bar.axis * (isRound ? bar.a - bar.b : bar.a)
            let stroke = TracedDrawing.Stroke(paint: paint, width: 2 * bar.b, isRound: isRound)
            return [.init(.line(bar.center - reach, bar.center + reach), fill: nil, stroke: stroke)]
        }
        return line(region, outer, &fitter)
    }

    /// Whether one paint makes up most of what lies around a region.
    private func isBetweenEquals(_ region: Int) -> Bool {
        var paints: [(paint: Paint, count: Int)] = []
        var total = 0
        for l in s.regions[region].loops {
            for step in s.steps[s.loops[l].steps] {
                let other = self.other(step), count = s.chains[Int(step.chain)].points.count
                guard other != Segmentation.outside else { continue }
                total += count
                let paint = s.regions[Int(other)].paint
                if let i = paints.firstIndex(where: { $0.paint == paint }) {
                    paints[i].count += count
                } else {
                    paints.append((paint, count))
                }
            }
        }
        for entry in paints where entry.count * 10 >= total * 7 { return true }
        return false
    }

    private func line(_ region: Int, _ outer: Outline, _ fitter: inout CurveFitter) -> [TracedDrawing.Layer]? {
        guard outer.isWhole, !outer.hasHoles, outer.points.count < 20_000 else { return nil }
        var finder = StrokeFinder(outer.points)
        guard let found = finder.find(area: outer.area, &fitter) else { return nil }
        let stroke = TracedDrawing.Stroke(paint: s.regions[region].paint, width: found.width, isRound: found.isRound)
        if found.path.elements.count == 2, case .move(let a) = found.path.elements[0], case .line(let b) = found.path.elements[1] {
            return [.init(.line(a, b), fill: nil, stroke: stroke)]
        }
        return [.init(.path(found.path), fill: nil, stroke: stroke)]
    }

    // MARK: Outlines

    /// A way around a region, as far as it shows.
    private struct Outline {
        /// The points that show, in walking order.
        var points: [Point] = []
        /// Evenly some of them.
        var sample: [Point] = []
        /// Whether all of it shows.
        var isWhole = true
        /// Whether there are holes, all of them under later regions.
        var hasHoles = false
        /// Of the points that show.
        var bounds = Rect(x: 0, y: 0, width: 0, height: 0)
        /// Enclosed by all points; negative for holes.
        var area = 0.0
        /// Of all points.
        var count = 0
        /// Around all points, px.
        var length = 0.0
        /// Mean colour step across all of it, as in `Segmentation.Chain`.
        var step = 0.0
        /// Whether a gradient lies on either side, where boundaries are less certain.
        var isSoft = false

        mutating func finish() {
            var (minX, maxX, minY, maxY) = (Double.infinity, -Double.infinity, Double.infinity, -Double.infinity)
            let stride = max(1, points.count / 200)
            for (i, p) in points.enumerated() {
                (minX, maxX) = (min(minX, p.x), max(maxX, p.x))
                (minY, maxY) = (min(minY, p.y), max(maxY, p.y))
                if i % stride == 0 { sample.append(p) }
            }
            bounds = Rect(Point(minX, minY), Point(maxX, maxY))
        }
    }

    private func isHidden(_ other: Int32, for region: Int) -> Bool {
        order.rank[Int(other)] > order.rank[region] && order.isOpaque[Int(other)]
    }

    private func other(_ step: Segmentation.Step) -> Int32 {
        let chain = s.chains[Int(step.chain)]
        return step.isReversed ? chain.left : chain.right
    }

    /// The points of a loop on the boundary to regions for which `shows` holds. The frame never shows.
    private func outline(_ loop: Int, _ shows: (Int32) -> Bool) -> Outline {
        var result = Outline()
        let steps = s.steps[s.loops[loop].steps]
        var twice = 0.0, length = 0.0, colorSteps = 0.0
        var previous: Point?, first: Point?
        for step in steps {
            let chain = s.chains[Int(step.chain)]
            let other = self.other(step)
            let isShown = other != Segmentation.outside && shows(other)
            if !isShown { result.isWhole = false }
            if chain.left >= 0, isGradient[Int(chain.left)] { result.isSoft = true }
            if chain.right >= 0, isGradient[Int(chain.right)] { result.isSoft = true }
            let count = chain.points.count, low = chain.points.lowerBound
            result.count += count
            colorSteps += Double(chain.step) * Double(count)
            // Around junctions three colours mix.
            let trim = chain.isClosed || steps.count == 1 ? 0 : 2
            for k in 0..<count {
                let p = s.points[step.isReversed ? low + count - 1 - k : low + k]
                if let previous {
                    twice += previous.x * p.y - p.x * previous.y
                    length += p.distance(to: previous)
                } else {
                    first = p
                }
                previous = p
                if isShown, k >= trim, k < count - trim { result.points.append(p) }
            }
        }
        if let previous, let first { twice += previous.x * first.y - first.x * previous.y }
        // The region is on the left: outer boundaries run counter-clockwise on screen.
        result.area = -twice / 2
        result.length = length
        result.step = colorSteps / Double(max(1, result.count))
        return result
    }

    /// The outer boundary of a region. Nil when less than half of it shows or something else than later regions fills its holes.
    private func outline(of region: Int) -> Outline? {
        // A loop that shows for the most part can only be the outer one, and every other must be hidden.
        var outer = -1
        for l in s.regions[region].loops {
            let steps = s.steps[s.loops[l].steps]
            var isHidden = true, total = 0, shown = 0
            for step in steps {
                let chain = s.chains[Int(step.chain)], other = self.other(step)
                total += chain.points.count
                if other != Segmentation.outside, self.isHidden(other, for: region) { continue }
                isHidden = false
                if other == Segmentation.outside { continue }
                shown += max(0, chain.points.count - (chain.isClosed || steps.count == 1 ? 0 : 4))
            }
            if isHidden { continue }
            guard outer < 0, shown >= 6, shown * 2 >= total else { return nil }
            outer = l
        }
        guard outer >= 0 else { return nil }
        for l in s.regions[region].loops where l != outer && outline(l, { _ in false }).area >= 0 { return nil }
        var result = outline(outer) { !isHidden($0, for: region) }
        guard result.area >= 0 else { return nil }
        result.hasHoles = s.regions[region].loops.count > 1
        result.finish()
        return result
    }

    // MARK: Filled shapes

    private enum Model {
        case ellipse(EllipseModel)
        case box(BoxModel)

        func distance(_ p: Point) -> Double {
            switch self {
            case .ellipse(let model): model.distance(p)
            case .box(let model): model.distance(p)
            }
        }

        /// Around all that lies inside.
        var bounds: Rect {
            switch self {
            case .ellipse(let m):
                return Rect(m.center - Vector(m.rx, m.ry), m.center + Vector(m.rx, m.ry))
            case .box(let m):
                let u = m.axis * m.a, v = m.axis.perpendicular * m.b
                let corner = Vector(abs(u.dx) + abs(v.dx), abs(u.dy) + abs(v.dy))
                return Rect(m.center - corner, m.center + corner)
            }
        }

        var perimeter: Double {
            switch self {
            case .ellipse(let model): model.perimeter
            case .box(let model): 4 * (model.a + model.b)
            }
        }

        var shape: TracedDrawing.Shape {
            switch self {
            case .ellipse(let m):
                return m.rx == m.ry ? .circle(center: m.center, radius: m.rx) : .ellipse(center: m.center, rx: m.rx, ry: m.ry)
            case .box(let m):
                let corner = Vector(m.a, m.b)
                return .rect(Rect(m.center - corner, m.center + corner), radius: m.radius)
            }
        }
    }

    /// The circle, level rectangle or level ellipse that explains an outline best.
    private func fitted(_ outline: Outline) -> Model? {
        let bounds = outline.bounds
        let slender = min(bounds.width, bounds.height) / max(1e-9, max(bounds.width, bounds.height))
        guard min(bounds.width, bounds.height) > 0.8, max(bounds.width, bounds.height) > 3 else { return nil }
        // How much of its bounds an outline fills tells most others from ellipses (π/4) and boxes (more).
        let share = abs(outline.area) / (bounds.width * bounds.height)
        var best: Model?
        var error = Double.infinity
        if slender > 0.5, !outline.isWhole || abs(share - 0.785_4) < 0.06, let circle = EllipseModel.circle(outline.sample),
            circle.rx > 1.75
        {
            let misfit = misfit(of: circle, outline)
            if misfit.isExplained { (best, error) = (.ellipse(circle), 0.8 * misfit.rms) }
        }
        if !outline.isWhole || share > 0.72 {
            let guess = BoxModel(center: bounds.center, axis: Vector(1, 0), a: bounds.width / 2, b: bounds.height / 2, radius: 0)
            if let (box, misfit) = fitBox(guess, outline, turns: false), misfit.isExplained, misfit.rms < error {
                (best, error) = (.box(box), misfit.rms)
            }
        }
        if slender > 0.12, min(bounds.width, bounds.height) > 3, !outline.isWhole || abs(share - 0.785_4) < 0.06,
            let ellipse = EllipseModel.ellipse(outline.sample, from: bounds)
        {
            let misfit = misfit(of: ellipse, outline)
            if misfit.isExplained, misfit.rms < error { (best, error) = (.ellipse(ellipse), misfit.rms) }
        }
        return best
    }

    private func misfit(of ellipse: EllipseModel, _ outline: Outline) -> Misfit {
        var result = Misfit()
        for p in outline.points { result.add(ellipse.distance(p)) }
        return result
    }

    /// The rounded box near a first guess, its corners sharp when mixed pixels explain their roundness.
    private func fitBox(_ guess: BoxModel, _ outline: Outline, turns: Bool) -> (model: BoxModel, misfit: Misfit)? {
        var model = guess
        let half = min(model.a, model.b)
        // What the corners leave out of the box tells their radius, if all of them show.
        let missing = max(0, 4 * model.a * model.b - abs(outline.area)) / 0.858_407
        model.radius = outline.isWhole ? min(half, missing.squareRoot()) : 0.4 * half
        guard model.improve(outline.sample, turns: turns, rounds: true, steps: outline.isWhole ? 5 : 8) else { return nil }
        // Mixed pixels look like a radius of up to 1.2 px; compression and gradients make it more.
        var rounded = Misfit()
        for p in outline.sample { rounded.add(model.distance(p)) }
        if model.radius < min(outline.isSoft ? 2.6 : 1.2 + min(1.4, 25 * rounded.rms), 0.6 * half) {
            model.radius = 0
            guard model.improve(outline.sample, turns: turns, rounds: false, steps: 2) else { return nil }
        }
        var misfit = Misfit()
        let reach = model.mixedCorner
        for p in outline.points where model.radius > 0 || model.cornerDistance(p) > reach { misfit.add(model.distance(p)) }
        return (model, misfit)
    }

    /// A straight bar in any direction with ends cut off square (radius 0) or round (radius `b`).
    private func bar(_ outline: Outline) -> BoxModel? {
        // Direction and extent from the moments of the points.
        var moments = Moments()
        for p in outline.sample { moments.add(p) }
        let axis = moments.direction, center = moments.center
        var (low, high, left, right) = (0.0, 0.0, 0.0, 0.0)
        for p in outline.sample {
            let d = p - center
            let u = d.dot(axis), v = axis.cross(d)
            (low, high) = (min(low, u), max(high, u))
            (left, right) = (min(left, v), max(right, v))
        }
        let a = (high - low) / 2, b = (right - left) / 2
        guard a > 2.5 * b, b > 0.3 else { return nil }
        let middle = center + axis * ((low + high) / 2) + axis.perpendicular * ((left + right) / 2)
        guard case (var box, let misfit)? = fitBox(BoxModel(center: middle, axis: axis, a: a, b: b, radius: 0), outline, turns: true),
            misfit.isExplained, box.a > 2 * box.b
        else { return nil }
        if box.radius > 0.7 * box.b {
            box.radius = box.b
        } else if box.radius < max(1.2, 0.25 * box.b) {
            box.radius = 0
        } else {
            return nil
        }
        return box
    }

    /// Whether a shape shows the region's pixels and, beside them, only such as are painted later.
    private func holds(_ region: Int, _ outline: Outline, _ model: Model) -> Bool {
        if outline.isWhole, !(outline.hasHoles && order.hasTransparency) { return true }
        guard Double(outline.points.count) > 0.4 * model.perimeter else { return false }
        // Every pixel of the frame that the shape covers well must be the region's or hidden, and all the region's covered.
        let margin = 0.8
        var covered = 0
        var (minX, maxX, minY, maxY) = (s.width, -1, s.height, -1)
        for l in s.regions[region].loops {
            for step in s.steps[s.loops[l].steps] {
                for p in s.points[s.chains[Int(step.chain)].points] {
                    (minX, maxX) = (min(minX, Int(p.x)), max(maxX, Int(p.x)))
                    (minY, maxY) = (min(minY, Int(p.y)), max(maxY, Int(p.y)))
                }
            }
        }
        // The shape may reach farther than the region, but not without end; beyond both nothing needs a look.
        let grow = max(maxX - minX, maxY - minY) + 2, reach = model.bounds
        let (left, right) = (reach.minX.rounded(.down), reach.maxX.rounded(.up))
        let (top, bottom) = (reach.minY.rounded(.down), reach.maxY.rounded(.up))
        (minX, maxX) = (
            max(0, max(minX - grow, Int(max(-1e9, min(Double(minX - 2), left))))),
            min(s.width - 1, min(maxX + grow, Int(min(1e9, max(Double(maxX + 2), right)))))
        )
        (minY, maxY) = (
            max(0, max(minY - grow, Int(max(-1e9, min(Double(minY - 2), top))))),
            min(s.height - 1, min(maxY + grow, Int(min(1e9, max(Double(maxY + 2), bottom)))))
        )
        let isClear = s.labels.withUnsafeBufferPointer { labels in
            for y in minY...maxY {
                for x in minX...maxX {
                    let label = labels[y * s.width + x]
                    if Int(label) == region {
                        covered += 1
                        if model.distance(Point(Double(x) + 0.5, Double(y) + 0.5)) > margin { return false }
                    } else if !isHidden(label, for: region), model.distance(Point(Double(x) + 0.5, Double(y) + 0.5)) < -margin {
                        return false
                    }
                }
            }
            return true
        }
        return isClear && covered == s.regions[region].area
    }

    // MARK: Rings

    /// The stroke that shows a region with one hole, what lies around it and in the hole alike.
    private func ring(_ region: Int) -> (layer: TracedDrawing.Layer, around: Int32, holes: [Int32])? {
        let loops = s.regions[region].loops
        // What lies around: the one region that is painted earlier.
        var around: Int32 = -1
        var holes: [Int32] = []
        var parts: (outer: Int, inner: Int) = (-1, -1)
        for l in loops { if outline(l, { _ in false }).area > 0 { parts.outer = l } else { parts.inner = l } }
        guard parts.outer >= 0, parts.inner >= 0 else { return nil }
        for step in s.steps[s.loops[parts.outer].steps] {
            let other = self.other(step)
            if other == Segmentation.outside { return nil }
            if isHidden(other, for: region) { continue }
            guard around < 0 || around == other else { return nil }
            around = other
        }
        guard around >= 0 else { return nil }
        let ground = s.regions[Int(around)].paint
        // Where something is seen through, what is painted around need not go on under the ring.
        guard ground.isInvisible || (ground.isOpaque && !order.hasTransparency) else { return nil }
        for step in s.steps[s.loops[parts.inner].steps] {
            let other = self.other(step)
            if s.regions[Int(other)].paint == ground {
                if !holes.contains(other) { holes.append(other) }
            } else if !isHidden(other, for: region) {
                return nil
            }
        }
        guard !holes.isEmpty else { return nil }
        var outer = outline(parts.outer) { $0 == around }, inner = outline(parts.inner) { holes.contains($0) }
        guard outer.points.count >= 6, outer.points.count * 2 >= outer.count, inner.points.count >= 6, inner.points.count * 2 >= inner.count
        else { return nil }
        outer.finish()
        inner.finish()
        guard let outside = fitted(outer), let inside = fitted(inner) else { return nil }
        let paint = s.regions[region].paint
        switch (outside, inside) {
        case (.ellipse(let a), .ellipse(let b)):
            let width = a.rx - b.rx
            guard a.center.distance(to: b.center) < 0.3 + 0.01 * a.rx, abs(width - (a.ry - b.ry)) < 0.3, width > 0.5 else { return nil }
            let center = a.center.interpolated(to: b.center, 0.5)
            let (rx, ry) = ((a.rx + b.rx) / 2, (a.ry + b.ry) / 2)
            let shape: TracedDrawing.Shape =
                abs(rx - ry) < 0.15 ? .circle(center: center, radius: (rx + ry) / 2) : .ellipse(center: center, rx: rx, ry: ry)
            let mean = (width + a.ry - b.ry) / 2
            return (.init(shape, fill: nil, stroke: .init(paint: paint, width: mean, isRound: false)), around, holes)
        case (.box(let a), .box(let b)):
            let (wide, high) = (a.a - b.a, a.b - b.b)
            let width = (wide + high) / 2
            guard a.center.distance(to: b.center) < 0.3, abs(wide - high) < 0.4, width > 0.5 else { return nil }
            // Corners of the middle line: those of the outside, less half the width.
            let isSharp = a.radius == 0
            let radius = isSharp ? 0 : max(0, a.radius - width / 2)
            guard abs(max(0, radius - width / 2) - b.radius) < 1 + 0.1 * a.radius else { return nil }
            let half = Vector((a.a + b.a) / 2, (a.b + b.b) / 2)
            let center = a.center.interpolated(to: b.center, 0.5)
            let isRound = !isSharp && radius < 0.25 * width
            let shape = TracedDrawing.Shape.rect(Rect(center - half, center + half), radius: isRound ? 0 : radius)
            return (.init(shape, fill: nil, stroke: .init(paint: paint, width: width, isRound: isRound)), around, holes)
        default:
            return nil
        }
    }
}
