import AtelierGeometry

extension Resolver {
    /// The region of a `clip-path` that is a basic shape, a reference box, or both (CSS Masking 1, 5.1; CSS Shapes 1, 3), in the
    /// element's coordinates; nil when the value is something else.
    ///
    /// - Parameter toElement: From the node's own coordinates to the element's.
    mutating func basicShape(
        _ value: TextRange, of index: Int, around node: SVG.Node, toElement: AffineTransform, _ style: Style
    ) throws(SVG.ParseError) -> BezierPath? {
        var scanner = reader.scanner(value)
        var function: (name: String, arguments: TextRange)?
        var boxName = ""
        while !scanner.isAtEnd {
            let name = lowercaseWord(&scanner)
            if scanner.skip(UInt8(ascii: "(")) {
                guard function == nil, let end = scanner.skipToClosingParenthesis() else { return nil }
                function = (name, reader.trimmed(TextRange(start: Int32(end.lowerBound), end: Int32(end.upperBound))))
            } else {
                guard boxName.isEmpty, !name.isEmpty else { return nil }
                boxName = name
            }
            scanner.skipSpace()
        }
        let box: Rect?
        switch boxName {
        case "", "stroke-box", "border-box", "margin-box": box = node.strokeBounds(in: toElement)
        case "fill-box", "padding-box", "content-box": box = node.bounds(in: toElement)
        case "view-box": box = Rect(x: 0, y: 0, width: viewport.width, height: viewport.height)
        default: return nil
        }
        guard let function else { return boxName.isEmpty ? nil : box.map { BezierPath($0) } ?? BezierPath() }
        var shape = ShapeReader(
            reader: reader, scanner: reader.scanner(function.arguments), fontSize: style.fontSize,
            box: box ?? Rect(x: 0, y: 0, width: 0, height: 0))
        guard let (outline, rule) = shape.outline(function.name), shape.scanner.isAtEnd else { return nil }
        guard let bounds = outline.bounds else { return outline }
        guard bounds.maxX.magnitude <= 1e12, bounds.maxY.magnitude <= 1e12, bounds.minX.magnitude <= 1e12, bounds.minY.magnitude <= 1e12
        else { return nil }
        // Rectangles and ellipses enclose the same by both rules.
        guard let rule else { return outline }
        return try counted(index) { outline.resolved(rule, work: &$0) }
    }
}

/// Reads the arguments of one basic shape.
private struct ShapeReader {
    let reader: ValueReader
    var scanner: TextScanner
    let fontSize: Double
    let box: Rect

    /// The outline, and the rule that says what it encloses where that matters.
    mutating func outline(_ name: String) -> (BezierPath, FillRule?)? {
        switch name {
        case "circle", "ellipse": return ellipse(isCircle: name == "circle").map { ($0, nil) }
        case "inset":
            guard let sides = sides() else { return nil }
            let low = Point(box.minX + sides[3], box.minY + sides[0]), high = Point(box.maxX - sides[1], box.maxY - sides[2])
            return rounded(low, high).map { ($0, nil) }
        case "rect":
            guard let sides = sides(allowsAuto: true) else { return nil }
            return rounded(Point(box.minX + sides[3], box.minY + sides[0]), Point(box.minX + sides[1], box.minY + sides[2])).map {
                ($0, nil)
            }
        case "xywh":
            guard let x = length(.horizontal), let y = length(.vertical), let width = length(.horizontal), let height = length(.vertical)
            else { return nil }
            return rounded(Point(box.minX + x, box.minY + y), Point(box.minX + x + width, box.minY + y + height)).map { ($0, nil) }
        case "polygon": return polygon()
        case "path":
            let rule = fillRule()
            let quote = scanner.next
            guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
            scanner.position += 1
            let start = scanner.position
            while !scanner.isAtEnd, scanner.next != quote { scanner.position += 1 }
            let data = SVG.Document.TextRange(start: Int32(start), end: Int32(scanner.position))
            guard scanner.skip(quote) else { return nil }
            scanner.skipSpace()
            let (path, error) = BezierPath.reading(svgPathData: reader.scanner(data))
            if error != nil { return nil }
            // Path data has its origin at the corner of the reference box.
            return (path.transformed(by: .translation(box.minX, box.minY)), rule)
        default: return nil
        }
    }

    private mutating func length(_ axis: Axis) -> Double? {
        let units = LengthUnits(fontSize: fontSize, rootFontSize: reader.rootFontSize, canvas: reader.canvas)
        guard let length = Length(&scanner, units) else { return nil }
        scanner.skipSpace()
        return length.pixels(in: box.size, along: axis)
    }

    private mutating func word(_ words: String...) -> String? {
        var ahead = scanner
        let word = lowercaseWord(&ahead)
        guard words.contains(word) else { return nil }
        scanner = ahead
        scanner.skipSpace()
        return word
    }

    private mutating func fillRule() -> FillRule {
        guard let rule = word("nonzero", "evenodd") else { return .nonzero }
        if scanner.skip(UInt8(ascii: ",")) { scanner.skipSpace() }
        return rule == "evenodd" ? .evenOdd : .nonzero
    }

    // MARK: Shapes

    private mutating func ellipse(isCircle: Bool) -> BezierPath? {
        enum Radius { case length(Double), closest, farthest }
        func radius(_ axis: Axis) -> Radius? {
            switch word("closest-side", "farthest-side") {
            case "closest-side"?: .closest
            case "farthest-side"?: .farthest
            default: length(axis).map { .length($0) }
            }
        }
        var radii: [Radius] = []
        while !scanner.isAtEnd, radii.count < (isCircle ? 1 : 2) {
            var ahead = scanner
            if lowercaseWord(&ahead) == "at" { break }
            guard let next = radius(isCircle ? .diagonal : radii.isEmpty ? .horizontal : .vertical) else { return nil }
            radii.append(next)
        }
        if !isCircle, radii.count == 1 { return nil }
        var center = box.center
        if word("at") != nil {
            guard let read = position() else { return nil }
            center = read
        }
        let left = abs(center.x - box.minX), right = abs(box.maxX - center.x)
        let top = abs(center.y - box.minY), bottom = abs(box.maxY - center.y)
        func value(_ radius: Radius?, _ sides: [Double]) -> Double {
            switch radius {
            case .length(let length)?: length
            case .farthest?: sides.max() ?? 0
            case .closest?, nil: sides.min() ?? 0
            }
        }
        let rx = value(radii.first, isCircle ? [left, right, top, bottom] : [left, right])
        let ry = isCircle ? rx : value(radii.last, [top, bottom])
        guard rx >= 0, ry >= 0 else { return nil }
        return rx > 0 && ry > 0 ? BezierPath(ellipseAt: center, rx: rx, ry: ry) : BezierPath()
    }

    /// A position in the box: one, two or four values (CSS Values 4, 8.3).
    private mutating func position() -> Point? {
        var x: Double?, y: Double?
        var count = 0
        while !scanner.isAtEnd, count < 2 {
            count += 1
            switch word("left", "right", "top", "bottom", "center") {
            case "left"?: x = box.minX + (isLength ? length(.horizontal) ?? 0 : 0)
            case "right"?: x = box.maxX - (isLength && y == nil ? length(.horizontal) ?? 0 : 0)
            case "top"?: y = box.minY + (isLength ? length(.vertical) ?? 0 : 0)
            case "bottom"?: y = box.maxY - (isLength ? length(.vertical) ?? 0 : 0)
            case "center"?: if x == nil, count == 1 { x = box.center.x } else { y = box.center.y }
            default:
                guard let value = length(count == 1 ? .horizontal : .vertical) else { return nil }
                if count == 1 { x = box.minX + value } else { y = box.minY + value }
            }
        }
        return count > 0 ? Point(x ?? box.center.x, y ?? box.center.y) : nil
    }

    private var isLength: Bool {
        var ahead = scanner
        return ahead.number() != nil
    }

    /// One to four lengths as those of the top, right, bottom and left sides, or of four corners; nil stands for `auto`.
    private mutating func lengths(allowsAuto: Bool = false) -> [Length?]? {
        let units = LengthUnits(fontSize: fontSize, rootFontSize: reader.rootFontSize, canvas: reader.canvas)
        var values: [Length?] = []
        while !scanner.isAtEnd, values.count < 4, scanner.next != UInt8(ascii: "/") {
            var ahead = scanner
            if lowercaseWord(&ahead) == "round" { break }
            if allowsAuto, word("auto") != nil {
                values.append(nil)
            } else {
                guard let length = Length(&scanner, units) else { return nil }
                values.append(length)
                scanner.skipSpace()
            }
        }
        switch values.count {
        case 1: return [values[0], values[0], values[0], values[0]]
        case 2: return [values[0], values[1], values[0], values[1]]
        case 3: return [values[0], values[1], values[2], values[1]]
        case 4: return values
        default: return nil
        }
    }

    /// Distances of the four sides from the box's own: for `inset` from each side, for `rect` from the top left corner.
    private mutating func sides(allowsAuto: Bool = false) -> [Double]? {
        guard let lengths = lengths(allowsAuto: allowsAuto) else { return nil }
        let whole = [0, box.width, box.height, 0]
        return lengths.enumerated().map { side, length in
            length?.pixels(in: box.size, along: side % 2 == 0 ? .vertical : .horizontal) ?? whole[side]
        }
    }

    /// A rectangle, perhaps with `round` and the radii of its corners; nothing when it is turned inside out.
    private mutating func rounded(_ low: Point, _ high: Point) -> BezierPath? {
        var radii: [(x: Double, y: Double)]?
        if word("round") != nil {
            guard let x = lengths() else { return nil }
            var y = x
            if scanner.skip(UInt8(ascii: "/")) {
                scanner.skipSpace()
                guard let read = lengths() else { return nil }
                y = read
            }
            radii = zip(x, y).map {
                (
                    max($0?.pixels(in: box.size, along: .horizontal) ?? 0, 0), max($1?.pixels(in: box.size, along: .vertical) ?? 0, 0)
                )
            }
        }
        let (width, height) = (high.x - low.x, high.y - low.y)
        guard width > 0, height > 0 else { return BezierPath() }
        guard var r = radii, r.contains(where: { $0.x > 0 && $0.y > 0 }) else { return BezierPath(Rect(low, high)) }
        // Radii of neighbours that do not fit shrink together (CSS Backgrounds 3, 4.5).
        let scale = min(
            1, width / max(r[0].x + r[1].x, 1e-9), width / max(r[2].x + r[3].x, 1e-9), height / max(r[1].y + r[2].y, 1e-9),
            height / max(r[3].y + r[0].y, 1e-9))
        for i in r.indices { r[i] = (r[i].x * scale, r[i].y * scale) }
        var path = BezierPath()
        path.move(to: Point(low.x + r[0].x, low.y))
        func corner(_ line: Point, _ end: Point, _ radius: (x: Double, y: Double)) {
            path.line(to: line)
            if radius.x > 0, radius.y > 0 {
                path.arc(to: end, rx: radius.x, ry: radius.y, rotation: Angle(degrees: 0), isLarge: false, sweeps: true)
            } else {
                path.line(to: end)
            }
        }
        corner(Point(high.x - r[1].x, low.y), Point(high.x, low.y + r[1].y), r[1])
        corner(Point(high.x, high.y - r[2].y), Point(high.x - r[2].x, high.y), r[2])
        corner(Point(low.x + r[3].x, high.y), Point(low.x, high.y - r[3].y), r[3])
        corner(Point(low.x, low.y + r[0].y), Point(low.x + r[0].x, low.y), r[0])
        path.close()
        return path
    }

    private mutating func polygon() -> (BezierPath, FillRule?)? {
        let rule = fillRule()
        var path = BezierPath()
        while !scanner.isAtEnd {
            guard let x = length(.horizontal), let y = length(.vertical) else { return nil }
            let point = Point(box.minX + x, box.minY + y)
            if path.isEmpty { path.move(to: point) } else { path.line(to: point) }
            if scanner.skip(UInt8(ascii: ",")) { scanner.skipSpace() }
        }
        if path.isEmpty { return nil }
        path.close()
        return (path, rule)
    }
}
