import AtelierGeometry

extension Resolver {
    // MARK: Lengths and numbers of the element cascaded last

    /// A length, complete; nil when it is not valid.
    func length(_ range: TextRange, fontSize: Double) -> Length? {
        var scanner = scanner(range)
        guard let length = Length(&scanner, fontSize: fontSize, rootFontSize: rootFontSize), scanner.isAtEnd else { return nil }
        return length
    }

    /// An attribute's length in pixels; nil when it is absent, `auto` or, with a diagnostic, not valid.
    mutating func length(_ name: AttributeName, _ axis: Axis, _ index: Int, _ style: Style) -> Double? {
        guard let range = value(name), !isText(range, "auto") else { return nil }
        guard let length = length(range, fontSize: style.fontSize) else {
            report(index, .invalid, "\(name.spelling) `\(quoted(range))` is not a length; it is left out")
            return nil
        }
        return length.pixels(in: viewport, along: axis)
    }

    mutating func viewBox(_ index: Int) -> Rect? {
        guard let range = value(.viewBox) else { return nil }
        let box = AtelierSVG.viewBox(scanner(range))
        if box == nil { report(index, .invalid, "viewBox `\(quoted(range))` is not four numbers; it is left out") }
        return box
    }

    mutating func aspectRatio(_ index: Int) -> AspectRatio {
        guard let range = value(.preserveAspectRatio) else { return AspectRatio() }
        if let aspect = AspectRatio(scanner(range)) { return aspect }
        report(index, .invalid, "preserveAspectRatio `\(quoted(range))` is not known; xMidYMid is used")
        return AspectRatio()
    }

    // MARK: Computed style

    /// The inherited properties of the element cascaded last.
    mutating func style(_ index: Int, inheriting parent: Style) -> Style {
        var style = parent
        let initial = Style()
        // Sizes and colours that others refer to come first.
        if let range = value(.fontSize) {
            switch keyword(range) {
            case .inherit: break
            case .initial: style.fontSize = initial.fontSize
            case nil:
                if let size = fontSize(range, parent.fontSize) {
                    style.fontSize = size
                } else {
                    invalid(.fontSize, range, index)
                }
            }
        }
        apply(.color, &style.color, parent.color, initial.color, index) { resolver, range in
            var scanner = resolver.scanner(range)
            if resolver.isText(range, "currentcolor") { return parent.color }
            return ColorWithAlpha(&scanner)
        }
        apply(.visibility, &style.isVisible, parent.isVisible, true, index) { resolver, range in
            if resolver.isText(range, "visible") { return true }
            return resolver.isText(range, "hidden") || resolver.isText(range, "collapse") ? false : nil
        }
        apply(.fill, &style.fill, parent.fill, initial.fill, index) { $0.paint($1) }
        apply(.fillOpacity, &style.fillOpacity, parent.fillOpacity, 1, index) { $0.fraction($1) }
        apply(.fillRule, &style.fillRule, parent.fillRule, .nonzero, index) { resolver, range in
            resolver.isText(range, "nonzero") ? .nonzero : resolver.isText(range, "evenodd") ? .evenOdd : nil
        }
        apply(.stroke, &style.stroke, parent.stroke, initial.stroke, index) { $0.paint($1) }
        apply(.strokeOpacity, &style.strokeOpacity, parent.strokeOpacity, 1, index) { $0.fraction($1) }
        let fontSize = style.fontSize
        apply(.strokeWidth, &style.strokeWidth, parent.strokeWidth, initial.strokeWidth, index) { resolver, range in
            resolver.length(range, fontSize: fontSize).flatMap { $0.value < 0 ? nil : $0 }
        }
        apply(.strokeLinecap, &style.cap, parent.cap, .butt, index) { resolver, range in
            resolver.isText(range, "butt")
                ? .butt : resolver.isText(range, "round") ? .round : resolver.isText(range, "square") ? .square : nil
        }
        if let range = value(.strokeLinejoin), isText(range, "miter-clip") || isText(range, "arcs") {
            style.join = .miter
            report(index, .approximated, "stroke-linejoin `\(quoted(range))` is drawn as `miter`")
        } else {
            apply(.strokeLinejoin, &style.join, parent.join, .miter, index) { resolver, range in
                resolver.isText(range, "miter")
                    ? .miter : resolver.isText(range, "round") ? .round : resolver.isText(range, "bevel") ? .bevel : nil
            }
        }
        apply(.strokeMiterlimit, &style.miterLimit, parent.miterLimit, 4, index) { resolver, range in
            resolver.number(range).flatMap { $0 < 1 ? nil : $0 }
        }
        apply(.strokeDasharray, &style.dashes, parent.dashes, [], index) { $0.dashes($1, fontSize: fontSize) }
        apply(.strokeDashoffset, &style.dashOffset, parent.dashOffset, initial.dashOffset, index) { $0.length($1, fontSize: fontSize) }
        apply(.markerStart, &style.hasMarker.start, parent.hasMarker.start, false, index) { !$0.isText($1, "none") }
        apply(.markerMid, &style.hasMarker.mid, parent.hasMarker.mid, false, index) { !$0.isText($1, "none") }
        apply(.markerEnd, &style.hasMarker.end, parent.hasMarker.end, false, index) { !$0.isText($1, "none") }
        apply(.paintOrder, &style.reordersPaint, parent.reordersPaint, false, index) { resolver, range in
            // `fill` and `fill stroke …` say the usual order.
            !(resolver.isText(range, "normal") || resolver.isText(range, "fill") || resolver.isText(range, "fill stroke")
                || resolver.isText(range, "fill stroke markers"))
        }
        return style
    }

    private enum WideKeyword { case inherit, initial }

    /// The keywords that every property has; `unset` inherits here, since these properties do.
    private func keyword(_ range: TextRange) -> WideKeyword? {
        if isText(range, "inherit") || isText(range, "unset") { return .inherit }
        return isText(range, "initial") ? .initial : nil
    }

    private mutating func apply<Value>(
        _ name: AttributeName, _ target: inout Value, _ inherited: Value, _ initial: Value, _ index: Int,
        _ read: (Resolver, TextRange) -> Value?
    ) {
        guard let range = value(name) else { return }
        switch keyword(range) {
        case .inherit: target = inherited
        case .initial: target = initial
        case nil:
            if let value = read(self, range) {
                target = value
            } else {
                invalid(name, range, index)
            }
        }
    }

    mutating func invalid(_ name: AttributeName, _ range: TextRange, _ index: Int) {
        let text = quoted(range)
        if text.contains("var(") || text.contains("calc(") {
            report(index, .unsupported, "\(name.spelling) `\(text)`: var() and calc() are not supported; it is left out")
        } else {
            report(index, .invalid, "\(name.spelling) `\(text)` is not valid; it is left out")
        }
    }

    func number(_ range: TextRange) -> Double? {
        var scanner = scanner(range)
        guard let number = scanner.number(), scanner.isAtEnd else { return nil }
        return number
    }

    /// An opacity: a number or a percentage, brought into 0…1.
    func fraction(_ range: TextRange) -> Double? {
        var scanner = scanner(range)
        guard var number = scanner.number() else { return nil }
        if scanner.skip(UInt8(ascii: "%")) { number /= 100 }
        return scanner.isAtEnd ? min(max(number, 0), 1) : nil
    }

    private func fontSize(_ range: TextRange, _ parent: Double) -> Double? {
        if let length = length(range, fontSize: parent) {
            let size = length.isPercentage ? parent * length.value / 100 : length.value
            return size >= 0 ? size : nil
        }
        // CSS 2.1, 15.7, with `medium` at 16 pixels.
        let keywords: [(StaticString, Double)] = [
            ("medium", 16), ("small", 13), ("x-small", 10), ("xx-small", 9), ("large", 18), ("x-large", 24), ("xx-large", 32),
            ("smaller", parent / 1.2), ("larger", parent * 1.2),
        ]
        return keywords.first { isText(range, $0.0) }?.1
    }

    /// `none`, or lengths separated by commas or white space. A list that adds up to 0, or has a negative length, is solid.
    private func dashes(_ range: TextRange, fontSize: Double) -> [Length]? {
        if isText(range, "none") { return [] }
        var scanner = scanner(range)
        var lengths: [Length] = []
        while !scanner.isAtEnd {
            guard let length = Length(&scanner, fontSize: fontSize, rootFontSize: rootFontSize), length.value >= 0 else { return nil }
            lengths.append(length)
            scanner.skipSeparator()
        }
        return lengths.contains { $0.value > 0 } ? lengths : []
    }

    private func paint(_ range: TextRange) -> PaintValue? {
        if isText(range, "none") { return PaintValue.none }
        if isText(range, "currentcolor") { return .currentColor }
        if isText(range, "context-fill") || isText(range, "context-stroke") { return .context }
        var scanner = scanner(range)
        if let (id, rest) = reference(range) {
            if rest.isEmpty { return .reference(id: id, fallback: .missing) }
            if isText(rest, "none") { return .reference(id: id, fallback: .none) }
            if isText(rest, "currentcolor") { return .reference(id: id, fallback: .currentColor) }
            scanner = self.scanner(rest)
            guard let color = ColorWithAlpha(&scanner) else { return nil }
            return .reference(id: id, fallback: .color(color))
        }
        guard let color = ColorWithAlpha(&scanner) else { return nil }
        // What may follow is an `icc-color()`, for which the sRGB colour stands in (SVG 1.1, 12.3).
        scanner.skipSpace()
        if !scanner.isAtEnd, lowercaseWord(&scanner) != "icc-color" { return nil }
        return .color(color)
    }

    /// `url(#id)` with what follows it; the id is empty when the address is not one inside this file.
    func reference(_ range: TextRange) -> (id: TextRange, rest: TextRange)? {
        guard range.end - range.start > 5, isText(TextRange(start: range.start, end: range.start + 4), "url(") else { return nil }
        var close = range.start + 4
        while close < range.end, text[Int(close)] != UInt8(ascii: ")") { close += 1 }
        guard close < range.end else { return nil }
        var id = trimmed(TextRange(start: range.start + 4, end: close))
        if !id.isEmpty, text[Int(id.start)] == UInt8(ascii: "'") || text[Int(id.start)] == UInt8(ascii: "\"") {
            id = trimmed(TextRange(start: id.start + 1, end: max(id.start + 1, id.end - 1)))
        }
        if !id.isEmpty, text[Int(id.start)] == UInt8(ascii: "#") {
            id.start += 1
        } else {
            id.end = id.start
        }
        return (id, trimmed(TextRange(start: close + 1, end: range.end)))
    }

    /// The properties of the element cascaded last that it does not inherit.
    mutating func ownStyle(_ index: Int) -> OwnStyle {
        var own = OwnStyle()
        if let range = value(.display) { own.isDisplayed = !isText(range, "none") }
        if let range = value(.opacity), !isText(range, "initial") {
            let source = isText(range, "inherit") ? inheritedValue(.opacity, index) : range
            if let source {
                if let opacity = fraction(source) {
                    own.opacity = opacity
                } else {
                    invalid(.opacity, source, index)
                }
            }
        }
        if let range = value(.transform), !range.isEmpty {
            if let transform = AffineTransform(scanner(range)) {
                own.transform = transform
            } else {
                invalid(.transform, range, index)
            }
            if own.transform != .identity, let origin = transformOrigin(index) {
                own.transform = AffineTransform.translation(-origin.dx, -origin.dy).followed(by: own.transform)
                    .followed(by: .translation(origin.dx, origin.dy))
            }
        }
        if let range = value(.vectorEffect), !isText(range, "none") {
            if isText(range, "non-scaling-stroke") {
                own.isNonScalingStroke = true
            } else {
                report(index, .unsupported, "vector-effect `\(quoted(range))` has no effect")
            }
        }
        if let range = value(.overflow) {
            let source = isText(range, "inherit") ? inheritedValue(.overflow, index) ?? range : range
            own.overflows = isText(source, "visible") || isText(source, "auto")
        }
        return own
    }

    /// The value that the nearest ancestor writes as an attribute, for `inherit` on a property that is not inherited.
    func inheritedValue(_ name: AttributeName, _ index: Int) -> TextRange? {
        let parent = Int(document.elements[index].parent)
        return parent < 0 ? nil : document.attribute(name, of: parent).map(trimmed)
    }

    /// `transform-origin`, in pixels from the origin of the viewport's coordinates (CSS Transforms 1, 4).
    private mutating func transformOrigin(_ index: Int) -> Vector? {
        guard let range = value(.transformOrigin) else { return nil }
        if let box = value(.transformBox), !isText(box, "view-box") {
            report(index, .approximated, "transform-box `\(quoted(box))` is taken as `view-box`")
        }
        var x: Length?, y: Length?
        var words: [TextRange] = []
        forEachWord(in: range) { words.append($0) }
        let half = Length(value: 50, isPercentage: true)
        for word in words.prefix(2) {
            if isText(word, "left") {
                x = Length(value: 0)
            } else if isText(word, "right") {
                x = Length(value: 100, isPercentage: true)
            } else if isText(word, "top") {
                y = Length(value: 0)
            } else if isText(word, "bottom") {
                y = Length(value: 100, isPercentage: true)
            } else if let length = isText(word, "center") ? half : length(word, fontSize: rootFontSize) {
                if x == nil, y == nil || words.count > 1 { x = length } else { y = length }
            } else {
                invalid(.transformOrigin, range, index)
                return nil
            }
        }
        guard !words.isEmpty else { return nil }
        return Vector(
            (x ?? half).pixels(in: viewport, along: .horizontal), (y ?? half).pixels(in: viewport, along: .vertical))
    }

    /// Reports the effects that the element cascaded last asks for and this room does not have.
    mutating func reportEffects(_ index: Int) {
        for (name, effect) in [(AttributeName.clipPath, "clipping"), (.mask, "masking"), (.filter, "the filter")] {
            guard let range = value(name), !isText(range, "none") else { continue }
            let target = reference(range).flatMap { element(withID: $0.id) }
            if reference(range) != nil, target == nil {
                report(index, .invalid, "\(name.spelling) `\(quoted(range))` refers to nothing in the file and is left out")
            } else {
                report(index, .approximated, "drawn without \(effect) `\(quoted(range))`")
            }
        }
        if let range = value(.mixBlendMode), !isText(range, "normal") {
            report(index, .approximated, "mix-blend-mode `\(quoted(range))` is drawn as `normal`")
        }
    }
}
