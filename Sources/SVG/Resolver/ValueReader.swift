import AtelierGeometry

/// Reads values out of a document's text.
struct ValueReader {
    typealias TextRange = SVG.Document.TextRange

    /// The document's text; whoever makes the reader keeps it alive.
    let text: UnsafePointer<UInt8>
    /// The `font-size` of the root, for `rem`.
    var rootFontSize = 16.0
    /// The size of the canvas, for `vw` and its like.
    var canvas = Size(100, 100)

    // MARK: Text

    func trimmed(_ range: TextRange) -> TextRange {
        var range = range
        while range.start < range.end, isSpace(text[Int(range.start)]) { range.start += 1 }
        while range.end > range.start, isSpace(text[Int(range.end) - 1]) { range.end -= 1 }
        return range
    }

    func forEachWord(in range: TextRange, _ body: (TextRange) -> Void) {
        var p = range.start
        while p < range.end {
            while p < range.end, isSpace(text[Int(p)]) { p += 1 }
            let start = p
            while p < range.end, !isSpace(text[Int(p)]) { p += 1 }
            if p > start { body(TextRange(start: start, end: p)) }
        }
    }

    func isSameText(_ a: TextRange, _ b: TextRange) -> Bool {
        guard a.end - a.start == b.end - b.start else { return false }
        for i in 0..<Int(a.end - a.start) where text[Int(a.start) + i] != text[Int(b.start) + i] { return false }
        return true
    }

    /// Whether the text is this keyword, in any case; `word` is in lower case.
    func isText(_ range: TextRange, _ word: StaticString) -> Bool {
        guard Int(range.end - range.start) == word.utf8CodeUnitCount else { return false }
        for i in 0..<word.utf8CodeUnitCount {
            let byte = text[Int(range.start) + i]
            guard (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == word.utf8Start[i] else { return false }
        }
        return true
    }

    func scanner(_ range: TextRange) -> TextScanner { TextScanner(text, range.bounds) }

    // MARK: Values

    /// A length, complete; nil when it is not valid.
    func length(_ range: TextRange, fontSize: Double) -> Length? {
        var scanner = scanner(range)
        guard let length = Length(&scanner, fontSize: fontSize, rootFontSize: rootFontSize, canvas: canvas), scanner.isAtEnd else {
            return nil
        }
        return length
    }

    enum WideKeyword { case inherit, initial }

    /// The keywords that every property has; `unset` and `revert` inherit here, as they do for inherited properties.
    func keyword(_ range: TextRange) -> WideKeyword? {
        switch range.end - range.start {
        case 5: isText(range, "unset") ? .inherit : nil
        case 6: isText(range, "revert") ? .inherit : nil
        case 7: isText(range, "inherit") ? .inherit : isText(range, "initial") ? .initial : nil
        case 12: isText(range, "revert-layer") ? .inherit : nil
        default: nil
        }
    }

    func number(_ range: TextRange) -> Double? {
        var scanner = scanner(range)
        guard let number = scanner.number() ?? calculation(&scanner)?.value, scanner.isAtEnd else { return nil }
        return number
    }

    /// An opacity: a number or a percentage, brought into 0…1.
    func fraction(_ range: TextRange) -> Double? {
        var scanner = scanner(range)
        if var number = scanner.number() {
            if scanner.skip(UInt8(ascii: "%")) { number /= 100 }
            return scanner.isAtEnd ? min(max(number, 0), 1) : nil
        }
        guard let value = calculation(&scanner), scanner.isAtEnd else { return nil }
        return min(max(value.value + value.percentage / 100, 0), 1)
    }

    /// A `calc()` that comes to a number or a percentage.
    private func calculation(_ scanner: inout TextScanner) -> Calculation? {
        guard scanner.next | 0x20 == UInt8(ascii: "c") || scanner.next | 0x20 == UInt8(ascii: "m"),
            let value = Calculation(&scanner, LengthUnits()), value.isNumber || value.value == 0
        else { return nil }
        return value
    }

    func fontSize(_ range: TextRange, _ parent: Double) -> Double? {
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
    func dashes(_ range: TextRange, fontSize: Double) -> [Length]? {
        if isText(range, "none") { return [] }
        var scanner = scanner(range)
        var lengths: [Length] = []
        while !scanner.isAtEnd {
            guard let length = Length(&scanner, fontSize: fontSize, rootFontSize: rootFontSize, canvas: canvas), length.value >= 0 else {
                return nil
            }
            lengths.append(length)
            scanner.skipSeparator()
        }
        return lengths.contains { $0.value > 0 } ? lengths : []
    }

    /// `paint-order`: whether it names the stroke before the fill (SVG 2, 13.8). For markers see `markerOrder`.
    func isStrokeFirst(_ range: TextRange) -> Bool? {
        if isText(range, "normal") { return false }
        var first: Bool?, isKnown = true
        forEachWord(in: range) { word in
            if isText(word, "stroke") {
                first = first ?? true
            } else if isText(word, "fill") {
                first = first ?? false
            } else if !isText(word, "markers") {
                isKnown = false
            }
        }
        return isKnown ? first ?? false : nil
    }

    /// A `fill` or `stroke`; `current` is what `currentColor` stands for inside of other colours.
    func paint(_ range: TextRange, current: ColorWithAlpha) -> PaintValue? {
        if isText(range, "none") { return PaintValue.none }
        if isText(range, "currentcolor") { return .currentColor }
        if isText(range, "context-fill") { return .contextFill }
        if isText(range, "context-stroke") { return .contextStroke }
        var scanner = scanner(range)
        if let (id, rest) = reference(range) {
            if rest.isEmpty { return .reference(id: id, fallback: .missing) }
            if isText(rest, "none") { return .reference(id: id, fallback: .none) }
            if isText(rest, "currentcolor") { return .reference(id: id, fallback: .currentColor) }
            scanner = self.scanner(rest)
            guard let color = ColorWithAlpha(&scanner, current: current) else { return nil }
            return .reference(id: id, fallback: .color(color))
        }
        guard let color = ColorWithAlpha(&scanner, current: current) else { return nil }
        // What may follow is an `icc-color()`, for which the sRGB colour stands in (SVG 1.1, 12.3).
        scanner.skipSpace()
        if !scanner.isAtEnd, lowercaseWord(&scanner) != "icc-color" { return nil }
        return .color(color)
    }

    /// The data in `path("…")`, as the property `d` has it.
    func pathFunction(_ range: TextRange) -> TextRange? {
        guard range.end - range.start > 7, isText(TextRange(start: range.start, end: range.start + 5), "path("),
            text[Int(range.end) - 1] == UInt8(ascii: ")")
        else { return nil }
        let inside = trimmed(TextRange(start: range.start + 5, end: range.end - 1))
        guard inside.end - inside.start >= 2, text[Int(inside.start)] == UInt8(ascii: "\"") || text[Int(inside.start)] == UInt8(ascii: "'"),
            text[Int(inside.end) - 1] == text[Int(inside.start)]
        else { return nil }
        return TextRange(start: inside.start + 1, end: inside.end - 1)
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
}
