public import AtelierGeometry

extension SVG.Group {
    /// The smallest rectangle that holds the outlines drawn, without stroke widths; nil when nothing is.
    ///
    /// - Parameter outer: From the group's own coordinates to those of the answer; the group's transform is not applied.
    public func bounds(in outer: AffineTransform) -> Rect? {
        var result: Rect?
        for child in children {
            let bounds: Rect? =
                switch child {
                case .group(let group): group.bounds(in: group.transform.followed(by: outer))
                case .path(let path): path.geometry.transformed(by: path.transform.followed(by: outer)).bounds
                case .image(let image): image.bounds(in: image.transform.followed(by: outer))
                case .text(let text): text.box.flatMap { BezierPath($0).transformed(by: text.transform.followed(by: outer)).bounds }
                }
            if let bounds { result = result?.union(bounds) ?? bounds }
        }
        return clipped(result, in: outer)
    }

    /// What of a box may be seen.
    private func clipped(_ box: Rect?, in outer: AffineTransform) -> Rect? {
        guard let clip, let box, let area = clip.transformed(by: outer).bounds else { return clip == nil ? box : nil }
        let low = Point(max(box.minX, area.minX), max(box.minY, area.minY))
        let high = Point(min(box.maxX, area.maxX), min(box.maxY, area.maxY))
        return low.x <= high.x && low.y <= high.y ? Rect(low, high) : nil
    }

    /// The same with strokes, generously: a rectangle that nothing drawn leaves.
    package func inkBounds(in outer: AffineTransform) -> Rect? {
        var result: Rect?
        for child in children {
            if let bounds = child.inkBounds(in: child.transform.followed(by: outer)) { result = result?.union(bounds) ?? bounds }
        }
        if let filter {
            // As far as a filter may draw, or as far as it can spread what there is.
            var seen = BezierPath(filter.region).transformed(by: outer).bounds
            if let reach = filter.reach, let own = outer.inverse {
                let ink = result.flatMap { BezierPath($0).transformed(by: own).bounds }
                seen = ink.flatMap { $0.grown(reach.dx, reach.dy).intersection(filter.region) }
                    .flatMap { BezierPath($0).transformed(by: outer).bounds }
            }
            result = seen
        }
        return clipped(result, in: outer)
    }

    /// How many groups and paths lie below.
    var nodeCount: Int {
        children.reduce(0) { $0 + $1.nodeCount }
    }
}

extension SVG.Filter {
    /// How far along the axes anything of the source can spread; nil when something is drawn where the source is not.
    var reach: Vector? {
        var reaches: [Vector] = []
        func of(_ input: Input) -> Vector {
            if case .result(let place) = input, place < reaches.count { reaches[place] } else { Vector(0, 0) }
        }
        for primitive in primitives {
            switch primitive.effect {
            case .blur(let input, let x, let y): reaches.append(of(input) + Vector(3 * x, 3 * y))
            case .offset(let input, let by): reaches.append(of(input) + Vector(by.dx.magnitude, by.dy.magnitude))
            case .dropShadow(let input, let by, let x, let y, _, _):
                reaches.append(of(input) + Vector(by.dx.magnitude + 3 * x, by.dy.magnitude + 3 * y))
            case .merge(let inputs):
                reaches.append(inputs.map(of).reduce(Vector(0, 0)) { Vector(max($0.dx, $1.dx), max($0.dy, $1.dy)) })
            case .morphology(let input, let dilates, let x, let y): reaches.append(of(input) + (dilates ? Vector(x, y) : Vector(0, 0)))
            case .colorMatrix(let input, let matrix) where matrix.count == 20 && matrix[19] <= 0: reaches.append(of(input))
            default: return nil
            }
        }
        return reaches.last
    }
}

extension SVG.Path {
    /// The smallest rectangle that surely holds outline and stroke; the path's transform is not applied.
    package func inkBounds(in outer: AffineTransform) -> Rect? {
        guard let bounds = geometry.transformed(by: outer).bounds, let stroke else {
            return geometry.transformed(by: outer).bounds
        }
        // Corners of rectangles reach no further than the width; mitres of other outlines as far as their limit.
        var reach = stroke.width / 2
        if shape == nil, stroke.join == .miter { reach *= max(stroke.miterLimit, 1) }
        if shape == nil, stroke.join == .miterClip { reach *= max(stroke.miterLimit, 1) + 1 }
        if stroke.cap == .square { reach = max(reach, stroke.width * 0.7072) }
        let dx = reach * Vector(outer.a, outer.c).length, dy = reach * Vector(outer.b, outer.d).length
        return Rect(Point(bounds.minX - dx, bounds.minY - dy), Point(bounds.maxX + dx, bounds.maxY + dy))
    }
}

extension SVG.Image {
    /// The smallest rectangle that holds what is seen; the image's transform is not applied.
    func bounds(in outer: AffineTransform) -> Rect? { BezierPath(visible).transformed(by: outer).bounds }
}

extension SVG.Text {
    /// A rectangle that surely holds all glyphs, their strokes and the lines along them; the text's transform is not applied.
    func inkBounds(in outer: AffineTransform) -> Rect? {
        var result = box
        for chunk in chunks {
            for span in chunk.spans {
                // Swashes leave the line box, strokes the glyphs.
                let reach = span.size / 4 + (span.stroke?.width ?? 0)
                let (low, high) = (span.box.origin, Point(span.box.maxX, span.box.maxY))
                result = result?.union(Rect(Point(low.x - reach, low.y - reach), Point(high.x + reach, high.y + reach)))
            }
        }
        return result.flatMap { BezierPath($0).transformed(by: outer).bounds }
    }
}

extension SVG.Node {
    /// The smallest rectangle that holds the outlines drawn, without stroke widths; the node's transform is not applied.
    func bounds(in outer: AffineTransform) -> Rect? {
        switch self {
        case .group(let group): group.bounds(in: outer)
        case .path(let path): path.geometry.transformed(by: outer).bounds
        case .image(let image): image.bounds(in: outer)
        case .text(let text): text.box.flatMap { BezierPath($0).transformed(by: outer).bounds }
        }
    }

    /// From the node's own coordinates to its parent's.
    public internal(set) var transform: AffineTransform {
        get {
            switch self {
            case .group(let group): group.transform
            case .path(let path): path.transform
            case .image(let image): image.transform
            case .text(let text): text.transform
            }
        }
        set {
            switch self {
            case .group(var group):
                group.transform = newValue
                self = .group(group)
            case .path(var path):
                path.transform = newValue
                self = .path(path)
            case .image(var image):
                image.transform = newValue
                self = .image(image)
            case .text(var text):
                text.transform = newValue
                self = .text(text)
            }
        }
    }

    /// A rectangle that nothing drawn leaves, strokes included; nil when nothing is drawn.
    ///
    /// - Parameter outer: From the node's own coordinates to those of the answer; the node's transform is not applied.
    public func inkBounds(in outer: AffineTransform) -> Rect? {
        switch self {
        case .group(let group): group.inkBounds(in: outer)
        case .path(let path): path.inkBounds(in: outer)
        case .image(let image): image.bounds(in: outer)
        case .text(let text): text.inkBounds(in: outer)
        }
    }

    /// How many groups and paths it is made of.
    var nodeCount: Int {
        if case .group(let group) = self { 1 + group.nodeCount } else { 1 }
    }
}

extension SVG.Node {
    /// The box of outlines and strokes, each stroke reaching half its width beyond its outline; the node's transform is not applied.
    func strokeBounds(in outer: AffineTransform) -> Rect? {
        if case .group(let group) = self {
            var result: Rect?
            for child in group.children {
                if let bounds = child.strokeBounds(in: child.transform.followed(by: outer)) { result = result?.union(bounds) ?? bounds }
            }
            return result
        }
        guard case .path(let path) = self, let box = path.geometry.bounds else { return bounds(in: outer) }
        let reach = (path.stroke?.width ?? 0) / 2
        let wide = Rect(x: box.minX - reach, y: box.minY - reach, width: box.width + 2 * reach, height: box.height + 2 * reach)
        return BezierPath(wide).transformed(by: outer).bounds
    }

    /// The node with another transform after its own.
    func moved(by transform: AffineTransform) -> SVG.Node {
        if case .path(var path) = self {
            path.transform = path.transform.followed(by: transform)
            return .path(path)
        }
        if case .group(var group) = self {
            group.transform = group.transform.followed(by: transform)
            return .group(group)
        }
        return .group(SVG.Group(origin: SVG.Origin(element: "g"), transform: transform, children: [self]))
    }
}
