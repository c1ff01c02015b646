import AtelierGeometry
import AtelierPixels

extension Resolver {
    // MARK: Lengths and numbers of the element cascaded last

    /// An attribute's length in pixels; nil when it is absent, `auto` or, with a diagnostic, not valid.
    mutating func length(_ name: AttributeName, _ axis: Axis, _ index: Int, _ style: Style) -> Double? {
        guard let range = value(name), !reader.isText(range, "auto") else { return nil }
        guard let length = reader.length(range, fontSize: style.fontSize) else {
            report(index, .invalid, "\(name.spelling) `\(quoted(range))` is not a length; it is left out")
            return nil
        }
        return length.pixels(in: viewport, along: axis)
    }

    mutating func viewBox(_ index: Int) -> Rect? {
        guard let range = value(.viewBox) else { return nil }
        let box = AtelierSVG.viewBox(reader.scanner(range))
        if box == nil { report(index, .invalid, "viewBox `\(quoted(range))` is not four numbers; it is left out") }
        return box
    }

    mutating func aspectRatio(_ index: Int) -> AspectRatio {
        guard let range = value(.preserveAspectRatio) else { return AspectRatio() }
        if let aspect = AspectRatio(reader.scanner(range)) { return aspect }
        report(index, .invalid, "preserveAspectRatio `\(quoted(range))` is not known; xMidYMid is used")
        return AspectRatio()
    }

    // MARK: Computed style

    /// The inherited properties of the element cascaded last.
    @inline(never)
    mutating func style(_ index: Int, inheriting parent: Style) -> Style {
        var style = parent
        let initial = Style()
        style.customProperties = ownCustomProperties
        // Sizes and colours that others refer to come first.
        if let range = value(.fontSize), !range.isEmpty {
            switch reader.keyword(range) {
            case .inherit: break
            case .initial: style.fontSize = initial.fontSize
            case nil:
                if let size = reader.fontSize(range, parent.fontSize) {
                    style.fontSize = size
                } else {
                    invalid(.fontSize, range, index)
                }
            }
        }
        apply(.color, &style.color, parent.color, initial.color, index) { reader, range in
            var scanner = reader.scanner(range)
            if reader.isText(range, "currentcolor") { return parent.color }
            return ColorWithAlpha(&scanner, current: parent.color)
        }
        let color = style.color
        apply(.visibility, &style.isVisible, parent.isVisible, true, index) { reader, range in
            if reader.isText(range, "visible") { return true }
            return reader.isText(range, "hidden") || reader.isText(range, "collapse") ? false : nil
        }
        apply(.fill, &style.fill, parent.fill, initial.fill, index) { $0.paint($1, current: color) }
        apply(.fillOpacity, &style.fillOpacity, parent.fillOpacity, 1, index) { $0.fraction($1) }
        func rule(_ reader: ValueReader, _ range: TextRange) -> FillRule? {
            reader.isText(range, "nonzero") ? .nonzero : reader.isText(range, "evenodd") ? .evenOdd : nil
        }
        apply(.fillRule, &style.fillRule, parent.fillRule, .nonzero, index, rule)
        apply(.clipRule, &style.clipRule, parent.clipRule, .nonzero, index, rule)
        apply(.stroke, &style.stroke, parent.stroke, initial.stroke, index) { $0.paint($1, current: color) }
        apply(.strokeOpacity, &style.strokeOpacity, parent.strokeOpacity, 1, index) { $0.fraction($1) }
        let fontSize = style.fontSize
        apply(.strokeWidth, &style.strokeWidth, parent.strokeWidth, initial.strokeWidth, index) { reader, range in
            reader.length(range, fontSize: fontSize).flatMap { $0.value < 0 ? nil : $0 }
        }
        apply(.strokeLinecap, &style.cap, parent.cap, .butt, index) { reader, range in
            reader.isText(range, "butt")
                ? .butt : reader.isText(range, "round") ? .round : reader.isText(range, "square") ? .square : nil
        }
        if let range = value(.strokeLinejoin), reader.isText(range, "arcs") {
            // What it falls back to between straight segments (SVG 2, 13.5.5).
            style.join = .miterClip
            report(index, .approximated, "stroke-linejoin `\(quoted(range))` is drawn as `miter-clip`")
        } else {
            apply(.strokeLinejoin, &style.join, parent.join, .miter, index) { reader, range in
                if reader.isText(range, "miter-clip") { return .miterClip }
                return reader.isText(range, "miter")
                    ? .miter : reader.isText(range, "round") ? .round : reader.isText(range, "bevel") ? .bevel : nil
            }
        }
        apply(.strokeMiterlimit, &style.miterLimit, parent.miterLimit, 4, index) { reader, range in
            reader.number(range).flatMap { $0 < 1 ? nil : $0 }
        }
        apply(.strokeDasharray, &style.dashes, parent.dashes, [], index) { $0.dashes($1, fontSize: fontSize) }
        apply(.strokeDashoffset, &style.dashOffset, parent.dashOffset, initial.dashOffset, index) { $0.length($1, fontSize: fontSize) }
        apply(.markerStart, &style.markers.start, parent.markers.start, nil, index) { $0.marker($1) }
        apply(.markerMid, &style.markers.mid, parent.markers.mid, nil, index) { $0.marker($1) }
        apply(.markerEnd, &style.markers.end, parent.markers.end, nil, index) { $0.marker($1) }
        apply(.paintOrder, &style.markerOrder, parent.markerOrder, .last, index) { $0.markerOrder($1) }
        apply(.paintOrder, &style.isStrokeFirst, parent.isStrokeFirst, false, index) { $0.isStrokeFirst($1) }
        apply(.colorInterpolation, &style.isLinearLight, parent.isLinearLight, false, index) { reader, range in
            if reader.isText(range, "linearrgb") { return true }
            return reader.isText(range, "srgb") || reader.isText(range, "auto") ? false : nil
        }
        if hasText { style.text = textStyle(index, inheriting: parent.text, fontSize: fontSize) }
        return style
    }

    private mutating func apply<Value>(
        _ name: AttributeName, _ target: inout Value, _ inherited: Value, _ initial: Value, _ index: Int,
        _ read: (ValueReader, TextRange) -> Value?
    ) {
        guard let range = value(name) else { return }
        switch reader.keyword(range) {
        case .inherit: target = inherited
        case .initial: target = initial
        case nil:
            if let value = read(reader, range) {
                target = value
            } else {
                invalid(name, range, index)
            }
        }
    }

    mutating func invalid(_ name: AttributeName, _ range: TextRange, _ index: Int) {
        report(index, .invalid, "\(name.spelling) `\(quoted(range))` is not valid; it is left out")
    }

    /// The properties of the element cascaded last that it does not inherit.
    @inline(never)
    mutating func ownStyle(_ index: Int) -> OwnStyle {
        var own = OwnStyle()
        if let range = value(.display) { own.isDisplayed = !reader.isText(range, "none") }
        if let range = value(.opacity) {
            if let opacity = reader.fraction(range) { own.opacity = opacity } else { invalid(.opacity, range, index) }
        }
        let transform = writtenTransform
        if !transform.isEmpty {
            let origin = value(.transformOrigin)
            switch value(.transformBox) {
            case let box? where !reader.isText(box, "view-box"):
                // Where the box lies shows when the content is known.
                let isStroke = reader.isText(box, "stroke-box") || reader.isText(box, "border-box")
                if isStroke || reader.isText(box, "fill-box") || reader.isText(box, "content-box") {
                    own.boxTransform = BoxTransform(transform: transform, origin: origin, includesStroke: isStroke)
                } else {
                    invalid(.transformBox, box, index)
                    fallthrough
                }
            default:
                own.transform = self.transform(
                    transform, origin, in: Rect(x: 0, y: 0, width: viewport.width, height: viewport.height), index)
            }
        }
        if let range = value(.vectorEffect), !reader.isText(range, "none") {
            if reader.isText(range, "non-scaling-stroke") {
                own.isNonScalingStroke = true
            } else {
                report(index, .unsupported, "vector-effect `\(quoted(range))` has no effect")
            }
        }
        if let range = value(.overflow) {
            own.overflows = reader.isText(range, "visible") || reader.isText(range, "auto")
        }
        return own
    }

    /// The properties that make the transform of the element cascaded last.
    var writtenTransform: WrittenTransform {
        func written(_ name: AttributeName) -> TextRange? { value(name).flatMap { $0.isEmpty ? nil : $0 } }
        return WrittenTransform(
            transform: written(.transform), translate: written(.translate), rotate: written(.rotateProperty),
            scale: written(.scaleProperty))
    }

    /// A `transform` about its `transform-origin` in a reference box (CSS Transforms 1, 4 and 8).
    ///
    /// `translate`, `rotate` and `scale` come before it, about the same point (CSS Transforms 2, 7).
    mutating func transform(_ written: WrittenTransform, _ origin: TextRange?, in box: Rect, _ index: Int) -> AffineTransform {
        let units = LengthUnits(fontSize: reader.rootFontSize, rootFontSize: reader.rootFontSize, canvas: reader.canvas)
        var transform = AffineTransform.identity
        if let range = written.transform {
            if let read = AffineTransform(reader.scanner(range), in: box.size, units) {
                transform = read
            } else {
                invalid(.transform, range, index)
            }
        }
        if written.scale != nil || written.rotate != nil || written.translate != nil {
            let parts = [(AttributeName.scaleProperty, written.scale), (.rotateProperty, written.rotate), (.translate, written.translate)]
            for case (let name, let range?) in parts {
                if let read = AffineTransform(property: name, reader.scanner(range), in: box.size, units) {
                    transform = transform.followed(by: read)
                } else {
                    invalid(name, range, index)
                }
            }
        }
        if transform == .identity { return transform }
        var place = Vector(0, 0)
        if let origin {
            guard let read = self.origin(origin, in: box.size) else {
                invalid(.transformOrigin, origin, index)
                return transform
            }
            place = read
        }
        let (dx, dy) = (place.dx + box.minX, place.dy + box.minY)
        if dx == 0, dy == 0 { return transform }
        return AffineTransform.translation(-dx, -dy).followed(by: transform).followed(by: .translation(dx, dy))
    }

    /// `transform-origin`, in pixels from the corner of the reference box; nil when it is not valid.
    func origin(_ range: TextRange, in box: Size) -> Vector? {
        var x: Length?, y: Length?
        var words: [TextRange] = []
        reader.forEachWord(in: range) { words.append($0) }
        let half = Length(value: 50, isPercentage: true)
        for word in words.prefix(2) {
            if reader.isText(word, "left") {
                x = Length(value: 0)
            } else if reader.isText(word, "right") {
                x = Length(value: 100, isPercentage: true)
            } else if reader.isText(word, "top") {
                y = Length(value: 0)
            } else if reader.isText(word, "bottom") {
                y = Length(value: 100, isPercentage: true)
            } else if let length = reader.isText(word, "center") ? half : reader.length(word, fontSize: reader.rootFontSize) {
                if x == nil, y == nil || words.count > 1 { x = length } else { y = length }
            } else {
                return nil
            }
        }
        guard !words.isEmpty else { return nil }
        return Vector((x ?? half).pixels(in: box, along: .horizontal), (y ?? half).pixels(in: box, along: .vertical))
    }

    /// What is done to the element cascaded last as a whole. What this room does not have is reported.
    ///
    /// Whether a clip path or a mask matters shows when the element's content is known.
    @inline(never)
    mutating func effects(_ index: Int) -> Effects {
        var effects = Effects()
        if let range = value(.mixBlendMode) {
            if let blend = SVG.BlendMode(rawValue: document.string(range).lowercased()) {
                effects.blend = blend
            } else {
                report(index, .approximated, "mix-blend-mode `\(quoted(range))` is drawn as `normal`")
            }
        }
        if let range = value(.isolation) { effects.isIsolated = reader.isText(range, "isolate") }
        if let range = value(.mask), !reader.isText(range, "none"), isPresent(.mask, range, index) { effects.mask = range }
        if let range = value(.clipPath), !reader.isText(range, "none"), isPresent(.clipPath, range, index) { effects.clip = range }
        return effects
    }

    /// Whether an effect's reference leads to something in the file, reported if not.
    mutating func isPresent(_ name: AttributeName, _ range: TextRange, _ index: Int) -> Bool {
        guard let reference = reader.reference(range), element(withID: reference.id) == nil else { return true }
        report(index, .invalid, "\(name.spelling) `\(quoted(range))` refers to nothing in the file and is left out")
        return false
    }
}
