import AtelierGeometry
import AtelierPixels

/// The grid on which a picture was drawn before it was rendered: an icon's units, each some pixels wide.
///
/// Upright and level straight edges tell it: a grid is there when so many of them lie on its lines that chance does not explain it.
struct DrawingGrid {
    /// Units across the picture.
    let columns: Int
    /// Pixels in a unit.
    let pitch: Double

    /// How far the place of an edge may be off the line on which it was drawn, in pixels: clean edges are placed to 0.05, compressed and soft
    /// ones to 0.3, which only wide units tell from chance.
    private let reach: Double

    /// The grid of a drawing, or nil where its edges show none.
    ///
    /// Of n lines by chance 2 · reach / pitch lie as near to the grid. The odds of each grid against chance are multiplied up edge by edge,
    /// taking that of true ones one in ten is elsewhere; the best of some hundred grids must be ten thousand times as likely.
    ///
    /// - Complexity: O(numbers + edges × width)
    init?(of layers: [TracedDrawing.Layer], width: Int, height: Int) {
        let edges = Edges(layers, width: Double(width), height: Double(height))
        guard width >= 16, edges.places.count >= 3 else { return nil }
        var best: Self?, bestOdds = 1e4
        // Units of less than two pixels are on the grid too often by chance.
        for columns in 8...min(256, width / 2) where columns * height % width == 0 {
            let grid = Self(columns: columns, width: width), chance = 2 * grid.reach / grid.pitch
            var odds = 1.0
            for place in edges.places { odds *= grid.isOnLine(place) ? 0.9 / chance : 0.1 / (1 - chance) }
            if odds > bestOdds { (best, bestOdds) = (grid, odds) }
        }
        guard let best else { return nil }
        self = best
    }

    private init(columns: Int, width: Int) {
        self.columns = columns
        pitch = Double(width) / Double(columns)
        reach = min(0.3, max(0.1, 0.02 * pitch))
    }

    private func isOnLine(_ v: Double) -> Bool { abs(v - (v / pitch).rounded() * pitch) <= reach }

    /// Whether a straight edge is upright: as good as no step to the side, and long enough to tell.
    fileprivate static func isUpright(_ a: Point, _ b: Point) -> Bool { abs(a.x - b.x) < 0.2 && abs(a.y - b.y) > 2 }
    fileprivate static func isLevel(_ a: Point, _ b: Point) -> Bool { abs(a.y - b.y) < 0.2 && abs(a.x - b.x) > 2 }

    // MARK: Snapping

    /// The layers with all corners, centres and extents that lie near lines of the grid on them. Handles of curves go with their ends.
    func snapped(_ layers: [TracedDrawing.Layer]) -> [TracedDrawing.Layer] {
        layers.map { layer in
            var layer = layer
            switch layer.shape {
            case .path(let path): layer.shape = .path(snapped(path))
            case .circle(let center, let radius): layer.shape = .circle(center: snapped(center), radius: snapped(radius))
            case .ellipse(let center, let rx, let ry):
                layer.shape = .ellipse(center: snapped(center), rx: snapped(rx), ry: snapped(ry))
            case .rect(let rect, let radius):
                let low = snapped(Point(rect.minX, rect.minY)), high = snapped(Point(rect.maxX, rect.maxY))
                // A radius is known half as well as a side.
                layer.shape = .rect(Rect(low, high), radius: 2 * snapped(radius / 2, half: true))
            case .line(let a, let b): layer.shape = .line(snapped(a), snapped(b))
            }
            if let stroke = layer.stroke { layer.stroke?.width = snapped(stroke.width) }
            return layer
        }
    }

    /// The number on the grid, or between two lines where units are wide enough to tell; others as they are.
    private func snapped(_ v: Double, half: Bool = false) -> Double {
        let step = half || pitch >= 8 ? pitch / 2 : pitch
        let nearest = (v / step).rounded() * step
        // What has an extent keeps it.
        return abs(v - nearest) <= reach && (nearest != 0 || v < 1e-9) ? nearest : v
    }

    private func snapped(_ p: Point) -> Point { Point(snapped(p.x), snapped(p.y)) }

    private func snapped(_ path: BezierPath) -> BezierPath {
        let elements = path.elements
        // Where each element ends, how far that moves, and where its subpath begins.
        var ends: [Point] = [], starts: [Int] = []
        for (i, element) in elements.enumerated() {
            switch element {
            case .move(let p):
                ends.append(p)
                starts.append(i)
            case .line(let p), .cubic(_, _, let p):
                ends.append(p)
                starts.append(starts[i - 1])
            case .close:
                ends.append(ends[starts[i - 1]])
                starts.append(starts[i - 1])
            }
        }
        var moves = ends.map { snapped($0) - $0 }
        // Both ends of an edge stay on one line.
        for (i, element) in elements.enumerated() {
            switch element {
            case .move, .cubic: continue
            case .line, .close: break
            }
            let (a, b) = (ends[i - 1], ends[i])
            if Self.isUpright(a, b) {
                let x = snapped((a.x + b.x) / 2)
                if x != (a.x + b.x) / 2 { (moves[i - 1].dx, moves[i].dx) = (x - a.x, x - b.x) }
            }
            if Self.isLevel(a, b) {
                let y = snapped((a.y + b.y) / 2)
                if y != (a.y + b.y) / 2 { (moves[i - 1].dy, moves[i].dy) = (y - a.y, y - b.y) }
            }
        }
        // The start of a subpath and the ends that lie on it are one corner.
        for i in ends.indices where ends[i] == ends[starts[i]] && i != starts[i] {
            let start = starts[i]
            if moves[start].dx == 0 { moves[start].dx = moves[i].dx }
            if moves[start].dy == 0 { moves[start].dy = moves[i].dy }
        }
        for i in ends.indices where ends[i] == ends[starts[i]] { moves[i] = moves[starts[i]] }
        var result = BezierPath()
        result.reserveCapacity(elements.count)
        for (i, element) in elements.enumerated() {
            switch element {
            case .move(let p): result.move(to: p + moves[i])
            case .line(let p): result.line(to: p + moves[i])
            case .cubic(let c1, let c2, let p): result.cubic(c1 + moves[i - 1], c2 + moves[i], to: p + moves[i])
            case .close: result.close()
            }
        }
        return result
    }

    /// Where the upright and level edges of a drawing are.
    private struct Edges {
        /// Distances from the left or the upper side of the picture, each once.
        private(set) var places: [Double] = []
        private var isUpright: [Bool] = []
        private let width: Double, height: Double

        init(_ layers: [TracedDrawing.Layer], width: Double, height: Double) {
            (self.width, self.height) = (width, height)
            for layer in layers where layer.stroke == nil {
                switch layer.shape {
                case .path(let path): add(path)
                case .rect(let rect, _):
                    for x in [rect.minX, rect.maxX] where rect.height > 2 { add(x, isUpright: true) }
                    for y in [rect.minY, rect.maxY] where rect.width > 2 { add(y, isUpright: false) }
                case .circle, .ellipse, .line: break
                }
            }
        }

        private mutating func add(_ path: BezierPath) {
            var start = Point.zero, last = Point.zero
            for element in path.elements {
                switch element {
                case .move(let p): (start, last) = (p, p)
                case .line(let p):
                    add(last, p)
                    last = p
                case .cubic(_, _, let p): last = p
                case .close:
                    add(last, start)
                    last = start
                }
            }
        }

        private mutating func add(_ a: Point, _ b: Point) {
            if DrawingGrid.isUpright(a, b) { add((a.x + b.x) / 2, isUpright: true) }
            if DrawingGrid.isLevel(a, b) { add((a.y + b.y) / 2, isUpright: false) }
        }

        /// Sides of the picture are on every grid, and what lies on one line is one edge. Sixty-four tell enough.
        private mutating func add(_ v: Double, isUpright: Bool) {
            guard places.count < 64, v > 0.5, v < (isUpright ? width : height) - 0.5 else { return }
            for (i, place) in places.enumerated() where self.isUpright[i] == isUpright && abs(place - v) < 0.5 { return }
            places.append(v)
            self.isUpright.append(isUpright)
        }
    }
}

extension TracedDrawing {
    /// Puts the drawing on the grid on which the picture was drawn, in that grid's units or whole parts of them, where that makes it shorter
    /// and rounding moves outlines less than on the grid it has.
    ///
    /// - Parameters:
    ///   - lambda: What a byte may cost in squared error.
    ///   - edgeWeight: Length of the outlines times their squared colour step.
    /// - Complexity: O(numbers × grids tried)
    mutating func snapToDrawingGrid(lambda: Double, edgeWeight: Double) {
        // What has more shapes was not drawn on a grid.
        guard layers.count <= 200, let grid = DrawingGrid(of: layers, width: width, height: height) else { return }
        let now = RoundingError(layers)(unitsPerPixel: gridUnits).meanSquare, length = writeSVG(self).count
        // Half of what is written is left after gzip, as in `gridUnits`.
        func cost(_ error: Double, _ length: Int) -> Double { error * edgeWeight + lambda * Double(length) / 2 }
        // What lies on the grid is not moved, so the rest may hardly be moved farther than it is; 0.02 pixels are never seen.
        let most = 0.5 * now + 0.0004, least = leastGridUnits
        var candidate = self
        candidate.layers = grid.snapped(layers)
        let error = RoundingError(candidate.layers)
        var lowest = cost(now, length), tries = 0
        var best: TracedDrawing?
        for parts in 1...max(1, Int(gridUnits * grid.pitch)) {
            candidate.gridUnits = Double(grid.columns * parts) / Double(width)
            guard candidate.gridUnits >= least else { continue }
            let (meanSquare, largest) = error(unitsPerPixel: candidate.gridUnits)
            guard meanSquare <= most, largest <= 0.25 else { continue }
            // A saving of less than a thirtieth is not worth rounding everything anew, which is as often for the worse.
            let written = writeSVG(candidate).count, cost = cost(meanSquare, written)
            if cost < lowest, 30 * written <= 29 * length { (lowest, best) = (cost, candidate) }
            // Finer ones are longer.
            tries += 1
            if tries == 4 { break }
        }
        if let best { self = best }
    }

    /// The coarsest grid on which gradients keep their shape: a sixty-fourth of their length.
    private var leastGridUnits: Double {
        var least = 0.0
        for layer in layers {
            for paint in [layer.fill, layer.stroke?.paint] {
                switch paint {
                case .linear(let gradient)?: least = max(least, 64 / max(1, gradient.start.distance(to: gradient.end)))
                case .radial(let gradient)?:
                    let place = gradient.place
                    let radius = min(Vector(place.a, place.b).length, Vector(place.c, place.d).length)
                    least = max(least, 64 / max(1, radius))
                case .color?, nil: break
                }
            }
        }
        return least
    }
}
