internal import AtelierGeometry
internal import AtelierSVG

// Consumers of DrawingML fill one `a:path` by even-odd and paint several of them one upon the other. There is no attribute for
// SVG's nonzero rule, so it is rewritten in these terms where contours allow, and the rewriting is proved by sampling.

extension SlideMapper {
    /// What to fill of a path: contours in layers, within a layer by even-odd, layers upon each other.
    ///
    /// Nil when the contours as they are, in one layer, say the same, or when nothing better is known (which is noted).
    mutating func fillLayers(
        of path: SVG.Path, _ subpaths: [ArraySlice<BezierPath.Element>], isOpaque: Bool
    ) -> [[ArraySlice<BezierPath.Element>]]? {
        guard path.fill?.rule == .nonzero, WindingScan.mayWindTwice(subpaths) else { return nil }
        scan.take(subpaths)
        if scan.agrees([Int](repeating: 0, count: subpaths.count), isOpaque: true) { return nil }
        if let layers = layers(of: path, subpaths, isOpaque: isOpaque) { return layers }
        if let loops = SelfCrossingCutter.cut(subpaths)?.subpaths {
            scan.take(loops)
            if let layers = layers(of: path, loops, isOpaque: isOpaque) { return layers }
        }
        note(
            .approximated, path.origin, "its outline overlaps itself and slides fill such parts by the even-odd rule, so they may be empty")
        return nil
    }

    /// Layers of the contours that the scan has taken over, if there are any that cover the right points.
    private mutating func layers(
        of path: SVG.Path, _ contours: [ArraySlice<BezierPath.Element>], isOpaque: Bool
    ) -> [[ArraySlice<BezierPath.Element>]]? {
        guard let layers = scan.layers(), scan.agrees(layers, isOpaque: true) else { return nil }
        if !isOpaque, !scan.agrees(layers, isOpaque: false) {
            note(.approximated, path.origin, "its outline overlaps itself, and such parts of the translucent fill are drawn twice")
        }
        return (0...(layers.max() ?? 0)).map { layer in contours.indices.filter { layers[$0] == layer }.map { contours[$0] } }
    }
}

/// Compares fill rules of one outline along horizontal lines.
struct WindingScan {
    /// More subpaths than this are not rearranged: finding who contains whom looks at all pairs.
    private static let mostRearranged = 512
    /// More lines than this, or more crossings of edges with lines, are thinned out evenly.
    private static let mostLines = 2048, mostCrossings = 2_000_000
    /// What is thinner than this is not seen: a 50th of a pixel, in EMU.
    private static let unseen = 190.0

    private struct Edge {
        var top: Point, bottom: Point
        /// +1 for an edge that runs down, −1 for up.
        var winding: Int
        var subpath: Int
    }

    private struct Contour {
        var box: Rect
        /// Twice the signed area: positive for clockwise on screen.
        var area: Double
    }

    private var edges: [Edge] = []  // by top
    private var contours: [Contour] = []
    private var heights: [Double] = []
    private var lines: [Double] = []
    private var active: [Int] = []
    private var crossings: [(x: Double, edge: Int)] = []
    private var isOdd: [Bool] = []

    /// Whether any point can be wound around twice at all: not in a single contour whose y (or x) goes up once and down once, for
    /// then every horizontal (or vertical) line meets it twice. Control points bound curves in this, too.
    static func mayWindTwice(_ subpaths: [ArraySlice<BezierPath.Element>]) -> Bool {
        guard subpaths.count == 1, case .move(let start)? = subpaths[0].first else { return true }
        var (x, y) = (Reversals(start.x), Reversals(start.y))
        func visit(_ p: Point) {
            x.visit(p.x)
            y.visit(p.y)
        }
        for element in subpaths[0] {
            switch element {
            case .move, .close: break
            case .line(let p): visit(p)
            case .cubic(let c1, let c2, let p):
                visit(c1)
                visit(c2)
                visit(p)
            }
        }
        visit(start)
        return x.countAround > 2 && y.countAround > 2
    }

    /// Counts how often a number that goes round changes its direction.
    private struct Reversals {
        private var value: Double
        private var first = 0, last = 0, count = 0

        init(_ start: Double) { value = start }

        mutating func visit(_ next: Double) {
            guard next != value else { return }
            let direction = next > value ? 1 : -1
            if first == 0 { first = direction }
            if last != 0, last != direction { count += 1 }
            last = direction
            value = next
        }

        var countAround: Int { first == last ? count : count + 1 }
    }

    /// Takes over the contours of a path.
    mutating func take(_ subpaths: [ArraySlice<BezierPath.Element>]) {
        edges.removeAll(keepingCapacity: true)
        contours.removeAll(keepingCapacity: true)
        heights.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
        for (index, subpath) in subpaths.enumerated() { add(subpath, index) }
        edges.sort { ($0.top.y, $0.top.x, $0.bottom.x, $0.subpath) < ($1.top.y, $1.top.x, $1.bottom.x, $1.subpath) }
        for edge in edges {
            heights.append(edge.top.y)
            heights.append(edge.bottom.y)
        }
        heights.sort()
        var last = -Double.infinity
        for y in heights where y - last > Self.unseen {
            if last.isFinite { addLines(between: last, y) }
            last = y
        }
        let crossings = edges.reduce(0) { $0 + lineIndex(at: $1.bottom.y) - lineIndex(at: $1.top.y) }
        let share = min(Double(Self.mostLines) / Double(lines.count), Double(Self.mostCrossings) / Double(crossings))
        if share < 1 { lines = (0..<Int(Double(lines.count) * share)).map { lines[Int(Double($0) / share)] } }
    }

    /// Lines between two neighbouring heights of corners: one a pixel, where edges may cross between them, but not too many.
    private mutating func addLines(between top: Double, _ bottom: Double) {
        let count = Int(min(max((bottom - top) / EMU.perPixel, 1), 16))
        for k in 0..<count { lines.append(top + (bottom - top) * ((Double(k) + 0.5) / Double(count))) }
    }

    /// How many lines lie above `y`.
    private func lineIndex(at y: Double) -> Int {
        var (low, high) = (0, lines.count)
        while low < high {
            let middle = (low + high) / 2
            if lines[middle] < y { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Flattens a subpath into edges. Eight chords a cubic: the question is who overlaps whom, not where exactly.
    private mutating func add(_ subpath: ArraySlice<BezierPath.Element>, _ index: Int) {
        guard case .move(let start)? = subpath.first else { return }
        var (low, high, area) = (start, start, 0.0)
        var current = start
        func step(to p: Point) {
            area += (current - start).cross(p - start)
            low = Point(min(low.x, p.x), min(low.y, p.y))
            high = Point(max(high.x, p.x), max(high.y, p.y))
            if current.y < p.y { edges.append(Edge(top: current, bottom: p, winding: 1, subpath: index)) }
            if current.y > p.y { edges.append(Edge(top: p, bottom: current, winding: -1, subpath: index)) }
            current = p
        }
        for element in subpath {
            switch element {
            case .move, .close: break
            case .line(let p): step(to: p)
            case .cubic(let c1, let c2, let end):
                let start = current
                for k in 1...7 {
                    let t = Double(k) / 8, s = 1 - t
                    let (b0, b1, b2, b3) = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
                    step(
                        to: Point(
                            b0 * start.x + b1 * c1.x + b2 * c2.x + b3 * end.x, b0 * start.y + b1 * c1.y + b2 * c2.y + b3 * end.y))
                }
                step(to: end)
            }
        }
        step(to: start)
        contours.append(Contour(box: Rect(low, high), area: area))
    }

    /// Whether layers filled by even-odd cover what the nonzero rule covers, on every line.
    ///
    /// - Parameters:
    ///   - layers: The layer of each subpath, −1 for one that is left out.
    ///   - isOpaque: Whether layers may cover the same place; a translucent fill would show twice.
    mutating func agrees(_ layers: [Int], isOpaque: Bool) -> Bool {
        isOdd.removeAll(keepingCapacity: true)
        isOdd.append(contentsOf: repeatElement(false, count: (layers.max() ?? 0) + 1))
        active.removeAll(keepingCapacity: true)
        var next = 0
        for y in lines {
            while next < edges.count, edges[next].top.y <= y {
                active.append(next)
                next += 1
            }
            active.removeAll { edges[$0].bottom.y <= y }
            crossings.removeAll(keepingCapacity: true)
            for index in active {
                let (top, bottom) = (edges[index].top, edges[index].bottom)
                crossings.append((top.x + (bottom.x - top.x) * ((y - top.y) / (bottom.y - top.y)), index))
            }
            crossings.sort { ($0.x, $0.edge) < ($1.x, $1.edge) }

            var (winding, covering) = (0, 0)
            for (index, crossing) in crossings.enumerated() {
                let edge = edges[crossing.edge]
                winding += edge.winding
                let layer = layers[edge.subpath]
                if layer >= 0 {
                    isOdd[layer].toggle()
                    covering += isOdd[layer] ? 1 : -1
                }
                guard index + 1 < crossings.count, crossings[index + 1].x - crossing.x > Self.unseen else { continue }
                if (winding != 0) != (covering > 0) || (covering > 1 && !isOpaque) { return false }
            }
        }
        return true
    }

    /// A layer for each contour, for contours that nest or overlap but do not cross themselves; nil when there are too many.
    ///
    /// A contour inside others that changes nothing (winding nonzero on both sides) is left out; one that starts an area opens
    /// a layer, or joins one where it touches nobody; one that ends an area is a hole in the layer around it.
    func layers() -> [Int]? {
        guard contours.count > 1, contours.count <= Self.mostRearranged else { return nil }
        var edgesOfContour = [[Edge]](repeating: [], count: contours.count)
        for edge in edges { edgesOfContour[edge.subpath].append(edge) }
        let parents = contours.indices.map { parent(of: $0, edgesOfContour) }
        // Large to small, so that parents come first.
        let order = contours.indices.sorted { (-abs(contours[$0].area), $0) < (-abs(contours[$1].area), $1) }
        var windings = [Int](repeating: 0, count: contours.count)
        var layers = [Int](repeating: -1, count: contours.count)
        var layerOfArea = [Int](repeating: -1, count: contours.count)
        var boxes: [[Rect]] = []
        for index in order where contours[index].area != 0 {
            let outside = parents[index].map { windings[$0] } ?? 0
            windings[index] = outside + (contours[index].area > 0 ? 1 : -1)
            layerOfArea[index] = parents[index].map { layerOfArea[$0] } ?? -1
            if outside == 0 {
                let box = contours[index].box
                let free = boxes.firstIndex { others in others.allSatisfy { !$0.overlaps(box) } }
                layers[index] = free ?? boxes.count
                if let free { boxes[free].append(box) } else { boxes.append([box]) }
                layerOfArea[index] = layers[index]
            } else if windings[index] == 0 {
                layers[index] = layerOfArea[index]
            }
        }
        return layers
    }

    /// The smallest contour around another one.
    private func parent(of index: Int, _ edgesOfContour: [[Edge]]) -> Int? {
        let child = contours[index]
        var best: Int?
        for other in contours.indices where other != index {
            let candidate = contours[other]
            guard abs(candidate.area) > abs(child.area) || abs(candidate.area) == abs(child.area) && other < index,
                candidate.box.minX <= child.box.minX, candidate.box.minY <= child.box.minY,
                candidate.box.maxX >= child.box.maxX, candidate.box.maxY >= child.box.maxY,
                best.map({ abs(contours[$0].area) > abs(candidate.area) }) ?? true,
                Self.isMostlyInside(edgesOfContour[other], edgesOfContour[index])
            else { continue }
            best = other
        }
        return best
    }

    /// Whether most of a contour lies inside another one: the two may cross a little.
    private static func isMostlyInside(_ edges: [Edge], _ child: [Edge]) -> Bool {
        let step = child.count / 16 + 1
        let sample = stride(from: 0, to: child.count, by: step).map { child[$0].top.interpolated(to: child[$0].bottom, 0.5) }
        return 2 * sample.count { isInside(edges, $0) } > sample.count
    }

    private static func isInside(_ edges: [Edge], _ p: Point) -> Bool {
        var isInside = false
        for edge in edges where edge.top.y <= p.y && p.y < edge.bottom.y {
            let x = edge.top.x + (edge.bottom.x - edge.top.x) * ((p.y - edge.top.y) / (edge.bottom.y - edge.top.y))
            if x <= p.x { isInside.toggle() }
        }
        return isInside
    }
}

extension Rect {
    /// Whether the two share area.
    fileprivate func overlaps(_ other: Rect) -> Bool {
        minX < other.maxX && other.minX < maxX && minY < other.maxY && other.minY < maxY
    }
}
