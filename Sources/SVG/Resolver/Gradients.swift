import AtelierGeometry

/// What comes of a gradient where it is used.
enum ResolvedGradient {
    /// It has no stops, so nothing is painted.
    case nothing
    /// It cannot be laid out: its coordinates refer to a box without area, or are no numbers.
    case ignored
    /// It has one stop, or no extent, and is one colour everywhere.
    case color(ColorWithAlpha)
    /// Colours that pass into each other.
    case gradient(SVG.Gradient)
}

extension Resolver {
    /// A gradient as it paints an outline (SVG 2, 14.2).
    ///
    /// - Parameter bounds: The box of the outline, which coordinates refer to unless the gradient says otherwise.
    mutating func gradient(_ server: Int, around bounds: Rect?, _ style: Style) throws(SVG.ParseError) -> ResolvedGradient {
        let chain = templates(of: server)
        let stops = try stops(of: server, chain)
        guard let last = stops.last else { return .nothing }
        if stops.count == 1 { return .color(ColorWithAlpha(color: last.color, alpha: last.opacity)) }
        // Whoever draws it goes over all of them again.
        try step(server, count: stops.count)

        let isInBox = attribute(.gradientUnits, chain).map { !reader.isText($0, "userspaceonuse") } ?? true
        var transform = AffineTransform.identity
        if let range = attribute(.gradientTransform, chain) {
            guard let read = AffineTransform(reader.scanner(range)) else {
                report(server, .invalid, "gradientTransform `\(quoted(range))` is not valid; it is left out")
                return .ignored
            }
            transform = read
            let box = isInBox ? Size(1, 1) : viewport
            if let range = attribute(.transformOrigin, chain), let place = origin(range, in: box) {
                transform = AffineTransform.translation(-place.dx, -place.dy).followed(by: read)
                    .followed(by: .translation(place.dx, place.dy))
            }
        }
        if isInBox {
            guard let bounds, bounds.width > 0, bounds.height > 0 else { return .ignored }
            transform = transform.followed(
                by: AffineTransform(a: bounds.width, b: 0, c: 0, d: bounds.height, e: bounds.minX, f: bounds.minY))
        }
        // Without extent, the last colour fills everything (SVG 2, 14.2.2 and 14.2.3).
        let plain = ResolvedGradient.color(ColorWithAlpha(color: last.color, alpha: last.opacity))
        guard transform.isFinite, transform.inverse != nil else { return plain }

        func coordinate(_ name: AttributeName, _ axis: Axis, _ percent: Double) -> Double {
            length(name, axis, among: chain, of: document.elements[server].name, isInBox: isInBox, style)
                ?? (isInBox
                    ? percent / 100 : Length(value: percent, isPercentage: true).pixels(in: viewport, along: axis))
        }
        let shape: SVG.Gradient.Shape
        if document.elements[server].name == .linearGradient {
            let from = Point(coordinate(.x1, .horizontal, 0), coordinate(.y1, .vertical, 0))
            let to = Point(coordinate(.x2, .horizontal, 100), coordinate(.y2, .vertical, 0))
            guard from != to else { return plain }
            shape = .linear(from: from, to: to)
        } else {
            let center = Point(coordinate(.cx, .horizontal, 50), coordinate(.cy, .vertical, 50))
            let radius = coordinate(.r, .diagonal, 50)
            guard radius > 0 else { return plain }
            var focus = Point(
                length(.fx, .horizontal, among: chain, of: .radialGradient, isInBox: isInBox, style) ?? center.x,
                length(.fy, .vertical, among: chain, of: .radialGradient, isInBox: isInBox, style) ?? center.y)
            let focusRadius = min(max(coordinate(.fr, .diagonal, 0), 0), radius)
            // A focus outside is drawn on the edge (SVG 1.1, 13.2.3); a hair inside it, so that every point has an offset.
            let reach = (radius - focusRadius) * 0.999
            if focus.distance(to: center) > reach { focus = center + (focus - center).normalized * reach }
            shape = .radial(center: center, radius: radius, focus: focus, focusRadius: focusRadius)
        }
        var spread = SVG.Gradient.Spread.pad
        if let range = attribute(.spreadMethod, chain) {
            if reader.isText(range, "reflect") { spread = .reflect }
            if reader.isText(range, "repeat") { spread = .repeat }
        }
        return .gradient(SVG.Gradient(shape: shape, transform: transform, spread: spread, stops: stops))
    }

    /// The gradient or pattern and those it refers to, in turn, for what it does not say itself (SVG 2, 14.1.1).
    mutating func templates(of server: Int) -> [Int] {
        let isPattern = document.elements[server].name == .pattern
        func isTemplate(_ name: ElementName) -> Bool {
            isPattern ? name == .pattern : name == .linearGradient || name == .radialGradient
        }
        var chain = [server]
        while let reference = document.attribute(.href, of: chain[chain.count - 1]).map(reader.trimmed),
            reference.end - reference.start > 1, reader.text[Int(reference.start)] == UInt8(ascii: "#"),
            let next = element(withID: TextRange(start: reference.start + 1, end: reference.end)),
            isTemplate(document.elements[next].name)
        {
            guard chain.count <= 32, !chain.contains(next) else {
                report(server, .invalid, "its chain of references is too long or goes in a circle")
                break
            }
            chain.append(next)
        }
        return chain
    }

    /// The value that the first of some elements with this attribute has.
    func attribute(_ name: AttributeName, _ chain: [Int]) -> TextRange? {
        for element in chain {
            if let range = document.attribute(name, of: element) { return reader.trimmed(range) }
        }
        return nil
    }

    /// A coordinate that a gradient, pattern or mask, or one of its own kind among its templates, has; in box units 1 is the box's side.
    mutating func length(
        _ name: AttributeName, _ axis: Axis, among chain: [Int], of kind: ElementName, isInBox: Bool, _ style: Style
    ) -> Double? {
        guard let range = attribute(name, chain.filter { document.elements[$0].name == kind }) else { return nil }
        guard let length = reader.length(range, fontSize: style.fontSize), length.value.magnitude <= 1e12 else {
            report(chain[0], .invalid, "\(name.spelling) `\(quoted(range))` is not a length; it is left out")
            return nil
        }
        if isInBox { return length.isPercentage ? length.value / 100 : length.value }
        return length.pixels(in: viewport, along: axis)
    }

    // MARK: Stops

    /// The stops of the gradient, or of the first template that has any.
    private mutating func stops(of server: Int, _ chain: [Int]) throws(SVG.ParseError) -> [SVG.Gradient.Stop] {
        if let known = gradientStops[server] { return known }
        var stops: [SVG.Gradient.Stop] = []
        for gradient in chain where stops.isEmpty {
            var child = gradient + 1
            while child < Int(document.elements[gradient].end) {
                if document.elements[child].name == .stop {
                    let color = try stopColor(child)
                    let offset = max(stopOffset(child), stops.last?.offset ?? 0)
                    stops.append(SVG.Gradient.Stop(offset: offset, color: color.color, opacity: color.alpha))
                }
                child = Int(document.elements[child].end)
            }
        }
        gradientStops[server] = stops
        return stops
    }

    private mutating func stopOffset(_ stop: Int) -> Double {
        guard let range = document.attribute(.offset, of: stop).map(reader.trimmed) else { return 0 }
        if let offset = reader.fraction(range) { return offset }
        report(stop, .invalid, "offset `\(quoted(range))` is not a number; taken as 0")
        return 0
    }

    private mutating func stopColor(_ stop: Int) throws(SVG.ParseError) -> ColorWithAlpha {
        try cascade(stop)
        try step(stop)
        var color = ColorWithAlpha.black
        if let range = value(.stopColor) {
            var scanner = reader.scanner(range)
            if reader.isText(range, "currentcolor") {
                color = try inheritedColor(stop)
                try cascade(stop)
            } else if let read = ColorWithAlpha(&scanner) {
                color = read
            } else {
                // What `currentColor` stands for inside of others is looked up where it may matter.
                let current = try inheritedColor(stop)
                try cascade(stop)
                scanner = reader.scanner(range)
                if let read = ColorWithAlpha(&scanner, current: current) { color = read } else { invalid(.stopColor, range, stop) }
            }
        }
        if let range = value(.stopOpacity) {
            if let opacity = reader.fraction(range) {
                color.alpha *= opacity
            } else {
                invalid(.stopOpacity, range, stop)
            }
        }
        return color
    }

    /// The `color` that applies to an element where it stands in the document.
    private mutating func inheritedColor(_ index: Int) throws(SVG.ParseError) -> ColorWithAlpha {
        var element = index
        while element >= 0 {
            try cascade(element)
            try step(element)
            if let range = value(.color) {
                var scanner = reader.scanner(range)
                if let color = ColorWithAlpha(&scanner) { return color }
            }
            element = Int(document.elements[element].parent)
        }
        return .black
    }
}
