import AtelierGeometry

/// When markers are drawn beside fill and stroke (`paint-order`).
enum MarkerOrder { case last, first, afterFill, afterStroke }

/// The paints of the element that refers to what is being drawn (SVG 2, 13.2).
struct ContextPaints {
    /// With opacities of their own; nil for none.
    var fill: (paint: SVG.Paint, alpha: Double)?, stroke: (paint: SVG.Paint, alpha: Double)?
    /// From the coordinates of the paints to the canvas.
    var transform: AffineTransform

    /// The fill for something whose coordinates `toCanvas` takes to the canvas.
    func fill(from toCanvas: AffineTransform) -> (SVG.Paint, Double)? { moved(fill, toCanvas) }

    /// The stroke for something whose coordinates `toCanvas` takes to the canvas.
    func stroke(from toCanvas: AffineTransform) -> (SVG.Paint, Double)? { moved(stroke, toCanvas) }

    private func moved(_ value: (paint: SVG.Paint, alpha: Double)?, _ toCanvas: AffineTransform) -> (SVG.Paint, Double)? {
        guard let value, let back = toCanvas.inverse else { return nil }
        return (value.paint.moved(by: transform.followed(by: back)), value.alpha)
    }
}

extension SVG.Document {
    /// Whether `context-` stands anywhere in the text.
    var mentionsContextPaint: Bool {
        let word = Array("context-".utf8)
        return text.withUnsafeBufferPointer { text in
            guard text.count >= word.count else { return false }
            var index = 0
            while index <= text.count - word.count {
                // The last letter is rare, so most places are passed over by eights.
                let last = text[index + 7]
                if last == word[7], (0..<7).allSatisfy({ text[index + $0] == word[$0] }) { return true }
                index += last == word[7] || word.contains(last) ? 1 : 8
            }
            return false
        }
    }
}

/// A path that has markers, as written: before anything was done to it for drawing.
struct Marking {
    var path: SVG.Path
    var strokeWidth: Double
}

extension ValueReader {
    /// What a `marker-…` property refers to.
    func marker(_ range: TextRange) -> TextRange?? {
        if isText(range, "none") { return .some(nil) }
        return reference(range).map { .some($0.id) }
    }

    /// An angle, in degrees when it has no unit.
    func angle(_ range: TextRange) -> Angle? {
        var scanner = scanner(range)
        guard let number = scanner.number() else { return nil }
        let factor: Double
        switch lowercaseLetters(&scanner) {
        case "", "deg": factor = 1
        case "grad": factor = 0.9
        case "turn": factor = 360
        case "rad": factor = 180 / Double.pi
        default: return nil
        }
        return scanner.isAtEnd ? Angle(degrees: number * factor) : nil
    }

    /// Where `paint-order` names the markers; what it does not name follows in the usual order.
    func markerOrder(_ range: TextRange) -> MarkerOrder? {
        var words: [TextRange] = []
        forEachWord(in: range) { words.append($0) }
        guard let place = words.firstIndex(where: { isText($0, "markers") }), place < 2 else { return .last }
        if place == 0 { return .first }
        return isText(words[0], "stroke") ? .afterStroke : .afterFill
    }
}

extension Resolver {
    /// Whether an element has markers to draw (SVG 2, 13.7.1).
    func isMarkable(_ index: Int, _ style: Style) -> Bool {
        switch document.elements[index].name {
        case .path, .line, .polyline, .polygon: style.markers.start != nil || style.markers.mid != nil || style.markers.end != nil
        default: false
        }
    }

    /// What `context-fill` and `context-stroke` mean inside a `use` that was cascaded last; of gradients, those that do not refer to
    /// the box of what it draws.
    mutating func contextPaints(_ index: Int, _ around: Surroundings) throws(SVG.ParseError) -> ContextPaints? {
        guard mentionsContext else { return nil }
        let style = around.style
        return ContextPaints(
            fill: try paint(style.fill, around, index, "fill", nil), stroke: try paint(style.stroke, around, index, "stroke", nil),
            transform: around.transform)
    }

    /// A path with its markers in a group, in the order of `paint-order`.
    ///
    /// - Parameters:
    ///   - path: What is drawn of the path itself, perhaps nothing.
    ///   - marking: The path as written.
    @inline(never)
    mutating func marked(
        _ path: SVG.Path, _ marking: Marking, _ index: Int, _ around: Surroundings
    ) throws(SVG.ParseError) -> SVG.Node? {
        let markers = try markers(marking, path, index, around)
        let isSeen = path.fill != nil || path.stroke != nil
        guard !markers.isEmpty else { return isSeen ? .path(path) : nil }
        var line = path
        line.origin = path.origin.nameless
        line.opacity = 1
        // What was done to draw it comes before the path's own transform.
        line.transform = path.transform.followed(by: marking.path.transform.inverse ?? .identity)
        var group = SVG.Group(origin: path.origin, transform: marking.path.transform, opacity: path.opacity)
        var (first, second) = (line, line)
        switch around.style.markerOrder {
        case .last: group.children = isSeen ? [.path(line)] + markers : markers
        case .first: group.children = isSeen ? markers + [.path(line)] : markers
        case .afterFill: (first.stroke, second.fill) = (nil, nil)
        case .afterStroke: (first.fill, second.stroke) = (nil, nil)
        }
        if group.children.isEmpty {
            (first.isStrokeFirst, second.isStrokeFirst) = (false, false)
            if first.fill != nil || first.stroke != nil { group.children.append(.path(first)) }
            group.children += markers
            if second.fill != nil || second.stroke != nil { group.children.append(.path(second)) }
        }
        return .group(group)
    }

    /// The markers of a path, in its own coordinates and in the order of its vertices.
    private mutating func markers(
        _ marking: Marking, _ path: SVG.Path, _ index: Int, _ around: Surroundings
    ) throws(SVG.ParseError) -> [SVG.Node] {
        let style = around.style
        var interiors: [Int] = []
        if document.elements[index].name == .path, let data = document.attribute(.d, of: index) {
            interiors = BezierPath.arcInteriors(svgPathData: reader.scanner(data))
        }
        let vertices = marking.path.geometry.vertices(except: interiors)
        var inner = around
        inner.depth += 1
        guard vertices.count > 0, inner.depth < options.limits.depth, activeMarkers.count < 8 else { return [] }
        inner.context = ContextPaints(
            fill: path.fill.map { ($0.paint.moved(by: path.transform.followed(by: marking.path.transform.inverse ?? .identity)), 1) },
            stroke: path.stroke.map { ($0.paint.moved(by: path.transform.followed(by: marking.path.transform.inverse ?? .identity)), 1) },
            transform: around.transform)

        var result: [SVG.Node] = []
        for (reference, range) in [
            (style.markers.start, 0..<1), (style.markers.mid, 1..<(max(1, vertices.count - 1))),
            (style.markers.end, (vertices.count - 1)..<vertices.count),
        ] {
            guard let reference, !range.isEmpty, let target = element(withID: reference), document.elements[target].name == .marker else {
                continue
            }
            guard !activeMarkers.contains(target) else {
                report(index, .invalid, "marker `#\(document.string(reference))` inside itself is not drawn")
                continue
            }
            guard let marker = try marker(target, inner, marking.strokeWidth) else { continue }
            activeMarkers.append(target)
            defer { activeMarkers.removeLast() }
            let outerViewport = viewport
            viewport = marker.viewport
            defer { viewport = outerViewport }
            for vertex in vertices[range] {
                let isStart = range.lowerBound == 0
                let place = marker.place(at: vertex, isStart: isStart)
                inner.style = marker.style
                inner.transform = place.followed(by: around.transform)
                guard place.isFinite, place.determinant != 0 else { continue }
                try step(target)
                var group = SVG.Group(origin: SVG.Origin(element: "marker", line: Int(document.elements[target].line)), transform: place)
                group.children = try children(of: target, inner)
                if group.children.isEmpty { continue }
                try step(target, count: group.nodeCount)
                if let area = marker.area, let ink = group.inkBounds(in: .identity) {
                    let slack = 1e-3 * max(area.width, area.height)
                    let isInside =
                        ink.minX >= area.minX - slack && ink.minY >= area.minY - slack && ink.maxX <= area.maxX + slack
                        && ink.maxY <= area.maxY + slack
                    if !isInside { group.clip = BezierPath(area) }
                }
                if range.lowerBound == 0 || range.upperBound == vertices.count, group.clip == nil, marker.turn != nil || vertex.isStraight {
                    group.arrowhead = arrowhead(group, of: path, at: vertex, isStart ? .start : .end)
                }
                result.append(.group(group))
            }
        }
        return result
    }

    /// A `marker` as it is drawn on some path (SVG 2, 13.7.3); nil when it draws nothing.
    private mutating func marker(_ target: Int, _ around: Surroundings, _ strokeWidth: Double) throws(SVG.ParseError) -> Marker? {
        let style = try style(whereItStands: target)
        let own = ownStyle(target)
        let width = length(.markerWidth, .horizontal, target, style) ?? 3
        let height = length(.markerHeight, .vertical, target, style) ?? 3
        let box = viewBox(target), aspect = aspectRatio(target)
        guard width > 0, height > 0, box.map({ $0.width > 0 && $0.height > 0 }) ?? true else { return nil }
        let content = box.map { aspect.transform(from: $0, into: Size(width, height)) } ?? .identity
        guard let back = content.inverse else { return nil }
        let size = box?.size ?? Size(width, height), corner = box?.origin ?? .zero

        func reference(_ name: AttributeName, _ start: Double, _ extent: Double, _ words: [StaticString]) -> Double {
            guard let range = value(name) else { return 0 }
            for (word, share) in zip(words, [0, 0.5, 1]) where reader.isText(range, word) { return start + extent * share }
            guard let length = reader.length(range, fontSize: style.fontSize) else {
                report(target, .invalid, "\(name.spelling) `\(quoted(range))` is not a length; it is left out")
                return 0
            }
            return length.isPercentage ? length.value / 100 * extent : length.value
        }
        let anchor = content(
            Point(
                reference(.refX, corner.x, size.width, ["left", "center", "right"]),
                reference(.refY, corner.y, size.height, ["top", "center", "bottom"])))

        var marker = Marker(style: style, viewport: size, content: content)
        if !own.overflows { marker.area = Rect(back(.zero), back(Point(width, height))) }
        if let units = value(.markerUnits), reader.isText(units, "userspaceonuse") {
            marker.scale = 1
        } else {
            marker.scale = strokeWidth
        }
        marker.content = content.followed(by: .translation(-anchor.x, -anchor.y))
        guard let orient = value(.orient) else { return marker }
        if reader.isText(orient, "auto") {
            marker.turn = nil
        } else if reader.isText(orient, "auto-start-reverse") {
            (marker.turn, marker.isReversedAtStart) = (nil, true)
        } else if let angle = reader.angle(orient) {
            marker.turn = angle
        } else {
            report(target, .invalid, "orient `\(quoted(orient))` is not an angle; it is left out")
        }
        return marker
    }

    /// The style that an element's content inherits where the element stands, not where it is used. The element is cascaded.
    mutating func style(whereItStands index: Int) throws(SVG.ParseError) -> Style {
        var ancestors = [index]
        while let last = ancestors.last, document.elements[last].parent >= 0 { ancestors.append(Int(document.elements[last].parent)) }
        var style = Style()
        for element in ancestors.reversed() {
            try step(element)
            try cascade(element)
            style = self.style(element, inheriting: style)
        }
        return style
    }

    // MARK: Arrowheads

    /// What a marker's picture says as an arrowhead of a line; nil when it says something else.
    private func arrowhead(
        _ marker: SVG.Group, of path: SVG.Path, at vertex: PathVertex, _ end: SVG.Arrowhead.End
    ) -> SVG.Arrowhead? {
        guard let stroke = path.stroke, path.geometry.isOpenAndWhole else { return nil }
        var content = SVG.Node.group(marker), transform = AffineTransform.identity
        while case .group(let group) = content {
            guard group.children.count == 1, group.opacity == 1, group.clip == nil else { return nil }
            transform = group.transform.followed(by: transform)
            content = group.children[0]
        }
        guard case .path(let drawn) = content, drawn.stroke == nil, let fill = drawn.fill, drawn.opacity == 1,
            case .color(let color) = fill.paint, stroke.paint == .color(color), fill.opacity == stroke.opacity
        else { return nil }
        // Into coordinates in which the line ends at the origin, going right.
        let way = end == .start ? -vertex.outgoing : vertex.incoming
        let turn = AffineTransform(a: way.dx, b: -way.dy, c: way.dy, d: way.dx, e: 0, f: 0)
        let toLine = drawn.transform.followed(by: transform).followed(by: .translation(-vertex.point.x, -vertex.point.y))
            .followed(by: turn)
        let outline = drawn.geometry.transformed(by: toLine)
        guard let box = outline.bounds, box.width > 0, box.height > 0, abs(box.minY + box.maxY) <= 0.02 * box.height else { return nil }
        func isAt(_ p: Point, _ x: Double, _ y: Double) -> Bool {
            abs((p.x - box.minX) / box.width - x) <= 0.02 && abs((p.y - box.minY) / box.height - y) <= 0.02
        }
        var head = SVG.Arrowhead(end: end, shape: .triangle, length: box.width, width: box.height, reach: box.maxX)
        if case .ellipse? = drawn.shape {
            head.shape = .oval
            head.reach = box.center.x
            return head
        }
        guard let corners = outline.corners else { return nil }
        func has(_ x: Double, _ y: Double) -> Bool { corners.contains { isAt($0, x, y) } }
        if corners.count == 3, has(1, 0.5), has(0, 0), has(0, 1) { return head }
        guard corners.count == 4 else { return nil }
        if has(1, 0.5), has(0, 0), has(0, 1),
            let notch = corners.first(where: { abs($0.y) <= 0.02 * box.height && $0.x < box.maxX - 0.02 * box.width })
        {
            // As deep as that of slides, a third, or nearly.
            let depth = (notch.x - box.minX) / box.width
            head.shape = depth < 0.1 ? .triangle : .stealth
            return depth > 0 && depth <= 0.5 ? head : nil
        }
        if has(1, 0.5), has(0, 0.5), has(0.5, 0), has(0.5, 1) {
            head.shape = .diamond
            head.reach = box.center.x
            return head
        }
        return nil
    }
}

/// A `marker`, ready to be put on vertices.
private struct Marker {
    /// What its content inherits.
    var style: Style
    /// What percentages inside refer to.
    var viewport: Size
    /// From the content's coordinates to those of the marker, its reference point at the origin.
    var content: AffineTransform
    /// Where the content is seen, in its own coordinates; nil for everywhere.
    var area: Rect?
    var scale = 1.0
    /// How far it is turned; nil to follow the path.
    var turn: Angle? = Angle(degrees: 0)
    var isReversedAtStart = false

    init(style: Style, viewport: Size, content: AffineTransform) {
        (self.style, self.viewport, self.content) = (style, viewport, content)
    }

    /// From the content's coordinates to those of the path.
    func place(at vertex: PathVertex, isStart: Bool) -> AffineTransform {
        var direction = vertex.direction
        if isStart, isReversedAtStart { direction = -direction }
        let rotation =
            turn.map { AffineTransform.rotation($0) }
            ?? AffineTransform(a: direction.dx, b: direction.dy, c: -direction.dy, d: direction.dx, e: 0, f: 0)
        return content.followed(by: .scaling(scale, scale)).followed(by: rotation)
            .followed(by: .translation(vertex.point.x, vertex.point.y))
    }
}

/// A vertex of a path with the directions of the path there (SVG 2, 13.7.4), of length 1.
struct PathVertex {
    var point: Point
    /// The way the path arrives and the way it leaves; the same where it only does one of them.
    var incoming: Vector, outgoing: Vector

    /// The way in between.
    var direction: Vector {
        let sum = (incoming + outgoing).normalized
        return sum == .zero ? incoming.perpendicular : sum
    }

    var isStraight: Bool { incoming == outgoing }
}

extension BezierPath {
    /// The vertices of a path in drawing order, those inside arcs left out.
    ///
    /// - Parameter interiors: Indices of elements that end inside an arc, ascending.
    func vertices(except interiors: [Int]) -> [PathVertex] {
        struct Segment {
            var start: Vector, end: Vector, target: Point
            var endsInside = false
        }
        var result: [PathVertex] = []
        var segments: [Segment] = []
        var (start, current) = (Point.zero, Point.zero)
        var interiors = interiors[...]

        func finish(isClosed: Bool) {
            // A segment without length goes on as the one before it, else as the one after it.
            var last = Vector.zero
            for index in segments.indices {
                if segments[index].start == .zero { (segments[index].start, segments[index].end) = (last, last) }
                last = segments[index].end
            }
            var next = Vector.zero
            for index in segments.indices.reversed() {
                if segments[index].start == .zero { (segments[index].start, segments[index].end) = (next, next) }
                next = segments[index].start
            }
            guard let first = segments.first, let final = segments.last else { return }
            func direction(_ v: Vector) -> Vector { v == .zero ? Vector(1, 0) : v }
            let leaving = direction(first.start), arriving = direction(final.end)
            result.append(PathVertex(point: start, incoming: isClosed ? arriving : leaving, outgoing: leaving))
            for (index, segment) in segments.enumerated() where !segment.endsInside {
                let incoming = direction(segment.end)
                let outgoing = index + 1 < segments.count ? direction(segments[index + 1].start) : isClosed ? leaving : incoming
                result.append(PathVertex(point: segment.target, incoming: incoming, outgoing: outgoing))
            }
            segments = []
        }
        func append(_ points: [Point], _ index: Int) {
            let isInside = interiors.first == index
            if isInside { interiors.removeFirst() }
            // The direction at an end is that to the next control point that lies elsewhere.
            let first = points.dropFirst().first { $0 != points[0] }.map { ($0 - points[0]).normalized } ?? .zero
            let final = points.dropLast().last { $0 != points[points.count - 1] }.map { (points[points.count - 1] - $0).normalized }
            segments.append(Segment(start: first, end: final ?? .zero, target: points[points.count - 1], endsInside: isInside))
        }
        for (index, element) in elements.enumerated() {
            switch element {
            case .move(let p):
                finish(isClosed: false)
                (start, current) = (p, p)
            case .line(let p):
                append([current, p], index)
                current = p
            case .cubic(let c1, let c2, let p):
                append([current, c1, c2, p], index)
                current = p
            case .close:
                append([current, start], index)
                finish(isClosed: true)
                current = start
            }
        }
        finish(isClosed: false)
        return result
    }

    /// Whether it is one subpath and open.
    fileprivate var isOpenAndWhole: Bool {
        for element in elements.dropFirst() {
            switch element {
            case .move, .close: return false
            case .line, .cubic: break
            }
        }
        return true
    }

    /// The corners of one subpath of straight segments; nil for anything else.
    fileprivate var corners: [Point]? {
        var corners: [Point] = []
        for (index, element) in elements.enumerated() {
            switch element {
            case .move(let p):
                if index > 0 { return nil }
                corners.append(p)
            case .line(let p): corners.append(p)
            case .cubic: return nil
            case .close: break
            }
        }
        if corners.count > 1, let first = corners.first, let last = corners.last, first.distance(to: last) < 1e-9 { corners.removeLast() }
        return corners
    }
}
