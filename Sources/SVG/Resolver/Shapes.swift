import AtelierGeometry

extension Resolver {
    /// A shape with everything it is painted with; nil when nothing of it can be seen.
    @inline(never)
    mutating func shape(_ index: Int, _ own: OwnStyle, _ around: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        let style = around.style
        guard style.isVisible else { return nil }
        guard let outline = outline(index, style) else { return nil }
        let pathLength = pathLength(index)

        // From here on other elements may be cascaded: nothing of this one's values is read any more.
        var path = SVG.Path(
            origin: try origin(index), geometry: outline.path, shape: outline.shape, transform: own.transform, opacity: own.opacity,
            fill: nil)
        if around.isClip {
            path.opacity = 1
            path.fill = SVG.Fill(paint: .color(ColorWithAlpha.black.color), rule: style.clipRule)
            return isDrawable(path.geometry) && path.transform.isFinite ? .path(path) : nil
        }
        let bounds = outline.path.bounds
        if document.elements[index].name != .line, style.fillOpacity > 0,
            let (paint, alpha) = try paint(style.fill, around, index, "fill", bounds), alpha > 0
        {
            path.fill = SVG.Fill(paint: paint, opacity: style.fillOpacity * alpha, rule: style.fillRule)
        }
        let width = style.strokeWidth.pixels(in: viewport, along: .diagonal)
        if width > 0, width <= 1e12, style.strokeOpacity > 0,
            let (paint, alpha) = try paint(style.stroke, around, index, "stroke", bounds), alpha > 0
        {
            var dashes = dashes(style), dashOffset = style.dashOffset.pixels(in: viewport, along: .diagonal)
            if let pathLength, !dashes.isEmpty {
                // Lengths along the path are in the author's measure (SVG 2, 9.6.1); one of 0 makes every dash endless.
                let scale = pathLength > 0 ? outline.path.length / pathLength : .infinity
                dashes = scale > 0 && scale <= 1e12 ? dashes.map { min($0 * scale, 1e12) } : []
                dashOffset *= scale
            }
            path.stroke = SVG.Stroke(
                paint: paint, opacity: style.strokeOpacity * alpha, width: width, cap: style.cap, join: style.join,
                miterLimit: style.miterLimit, dashes: dashes,
                dashOffset: dashOffset.magnitude <= 1e12 && !dashes.isEmpty ? dashOffset : 0)
        }
        let marking = isMarkable(index, style) ? Marking(path: path, strokeWidth: width) : nil
        if path.fill == nil, path.stroke == nil, marking == nil { return nil }
        path.isStrokeFirst = style.isStrokeFirst && path.fill != nil && path.stroke != nil
        if own.isNonScalingStroke, path.stroke != nil, let back = around.transform.inverse {
            // In the canvas' coordinates the stroke keeps its width; the path's transform takes the outline back.
            path.geometry = path.geometry.transformed(by: around.transform)
            path.shape = nil
            path.transform = back.followed(by: own.transform)
            if let fill = path.fill { path.fill?.paint = fill.paint.moved(by: around.transform) }
            if let stroke = path.stroke { path.stroke?.paint = stroke.paint.moved(by: around.transform) }
        }
        guard width <= 1e12, isDrawable(path.geometry), path.transform.isFinite, around.transform.isFinite else {
            report(index, .invalid, "coordinates beyond 1e12 cannot be drawn")
            return nil
        }
        if let marking { return try marked(path, marking, index, around) }
        return .path(path)
    }

    func dashes(_ style: Style) -> [Double] {
        let lengths = style.dashes.map { min($0.pixels(in: viewport, along: .diagonal), 1e12) }
        return lengths.count % 2 == 0 ? lengths : lengths + lengths
    }

    /// The attribute `pathLength`, not negative.
    private mutating func pathLength(_ index: Int) -> Double? {
        guard let range = value(.pathLength) else { return nil }
        if let length = reader.number(range), length >= 0 { return length }
        invalid(.pathLength, range, index)
        return nil
    }

    /// Whether all coordinates are numbers that later steps can scale and round.
    private func isDrawable(_ path: BezierPath) -> Bool {
        func isFine(_ p: Point) -> Bool { p.x.magnitude <= 1e12 && p.y.magnitude <= 1e12 }
        for element in path.elements {
            switch element {
            case .move(let p), .line(let p): if !isFine(p) { return false }
            case .cubic(let a, let b, let p): if !isFine(a) || !isFine(b) || !isFine(p) { return false }
            case .close: break
            }
        }
        return true
    }

    // MARK: Outlines

    typealias Outline = (path: BezierPath, shape: SVG.BasicShape?)

    /// The outline of the shape cascaded last; nil when it has none.
    mutating func outline(_ index: Int, _ style: Style) -> Outline? {
        switch document.elements[index].name {
        case .path: return path(index)
        case .rect: return rect(index, style)
        case .circle, .ellipse: return ellipse(index, style)
        case .line:
            let a = Point(length(.x1, .horizontal, index, style) ?? 0, length(.y1, .vertical, index, style) ?? 0)
            let b = Point(length(.x2, .horizontal, index, style) ?? 0, length(.y2, .vertical, index, style) ?? 0)
            var path = BezierPath()
            path.move(to: a)
            path.line(to: b)
            return (path, .line(a, b))
        default: return points(index)
        }
    }

    private mutating func path(_ index: Int) -> Outline? {
        guard let written = value(.d), !reader.isText(written, "none") else { return nil }
        if onlyText { return (BezierPath(Rect(x: 0, y: 0, width: 1, height: 1)), nil) }
        let data = reader.pathFunction(written) ?? written
        if let path = usedPaths[index] { return path.isEmpty ? nil : (path, nil) }
        let (path, error) = BezierPath.reading(svgPathData: reader.scanner(data))
        if let error {
            let problem =
                switch error.reason {
                case .missingMove: "does not begin with M"
                case .unknownCommand: "has an unknown command"
                case .missingNumber: "lacks a number"
                case .badFlag: "has an arc flag other than 0 or 1"
                }
            report(index, .invalid, "path data \(problem) at character \(error.offset + 1); it is drawn up to there")
        }
        if !activeUses.isEmpty { usedPaths[index] = path }
        return path.isEmpty ? nil : (path, nil)
    }

    private mutating func points(_ index: Int) -> Outline? {
        guard let list = value(.points) else { return nil }
        var (path, isComplete) = BezierPath.reading(points: reader.scanner(list))
        if !isComplete { report(index, .invalid, "points are not all pairs of numbers; it is drawn up to the first that is not") }
        if path.isEmpty { return nil }
        if document.elements[index].name == .polygon { path.close() }
        return (path, nil)
    }

    /// A rectangle by the rules of SVG 2, 10.2.
    private mutating func rect(_ index: Int, _ style: Style) -> Outline? {
        let x = length(.x, .horizontal, index, style) ?? 0, y = length(.y, .vertical, index, style) ?? 0
        let width = length(.width, .horizontal, index, style) ?? 0, height = length(.height, .vertical, index, style) ?? 0
        guard width > 0, height > 0 else {
            if width < 0 || height < 0 { report(index, .invalid, "a rectangle of negative size draws nothing") }
            return nil
        }
        let (rx, ry) = radii(index, style)
        let rect = Rect(x: x, y: y, width: width, height: height)
        let rounded = (rx: min(rx ?? ry ?? 0, width / 2), ry: min(ry ?? rx ?? 0, height / 2))
        return (BezierPath(rect, rx: rounded.rx, ry: rounded.ry), .rect(rect, rx: rounded.rx, ry: rounded.ry))
    }

    private mutating func ellipse(_ index: Int, _ style: Style) -> Outline? {
        let center = Point(length(.cx, .horizontal, index, style) ?? 0, length(.cy, .vertical, index, style) ?? 0)
        var rx: Double, ry: Double
        if document.elements[index].name == .circle {
            rx = length(.r, .diagonal, index, style) ?? 0
            if rx < 0 { report(index, .invalid, "a circle of negative radius draws nothing") }
            ry = rx
        } else {
            // One `auto` radius is the other one (SVG 2, 10.4).
            let given = radii(index, style)
            rx = given.rx ?? given.ry ?? 0
            ry = given.ry ?? given.rx ?? 0
        }
        guard rx > 0, ry > 0 else { return nil }
        return (BezierPath(ellipseAt: center, rx: rx, ry: ry), .ellipse(center: center, rx: rx, ry: ry))
    }

    /// `rx` and `ry`, negative ones as if absent.
    private mutating func radii(_ index: Int, _ style: Style) -> (rx: Double?, ry: Double?) {
        func radius(_ name: AttributeName, _ axis: Axis) -> Double? {
            guard let radius = length(name, axis, index, style) else { return nil }
            if radius >= 0 { return radius }
            report(index, .invalid, "\(name.spelling) is negative and left out")
            return nil
        }
        return (radius(.rx, .horizontal), radius(.ry, .vertical))
    }

    // MARK: Paint

    /// What a `fill` or `stroke` paints with, and the alpha of its colour; nil for nothing.
    ///
    /// - Parameter bounds: Of the outline it paints, without stroke.
    mutating func paint(
        _ value: PaintValue, _ around: Surroundings, _ index: Int, _ property: String, _ bounds: Rect?
    ) throws(SVG.ParseError) -> (SVG.Paint, Double)? {
        let style = around.style
        switch value {
        case .none: return nil
        case .color(let color): return (.color(color.color), color.alpha)
        case .currentColor: return (.color(style.color.color), style.color.alpha)
        case .contextFill: return around.context?.fill(from: around.transform)
        case .contextStroke: return around.context?.stroke(from: around.transform)
        case .reference(let id, let fallback):
            let other: ColorWithAlpha?
            switch fallback {
            case .missing, .none: other = nil
            case .color(let color): other = color
            case .currentColor: other = style.color
            }
            let name = document.string(id)
            guard !id.isEmpty, let server = element(withID: id) else {
                if case .missing = fallback {
                    report(index, .invalid, "\(property) refers to `#\(name)`, which is not in the file; drawn without")
                }
                return other.map { (.color($0.color), $0.alpha) }
            }
            switch document.elements[server].name {
            case .linearGradient, .radialGradient:
                switch try gradient(server, around: bounds, style) {
                case .nothing: return nil
                case .ignored: return other.map { (.color($0.color), $0.alpha) }
                case .color(let color): return (.color(color.color), color.alpha)
                case .gradient(let gradient): return (.gradient(gradient), 1)
                }
            case .pattern:
                switch try pattern(server, around: bounds, of: index, around) {
                case .nothing: return nil
                case .ignored: return other.map { (.color($0.color), $0.alpha) }
                case .pattern(let pattern): return (.pattern(pattern), 1)
                }
            default:
                report(index, .invalid, "\(property) refers to `#\(name)`, which is no paint server; drawn without")
                return other.map { (.color($0.color), $0.alpha) }
            }
        }
    }
}
