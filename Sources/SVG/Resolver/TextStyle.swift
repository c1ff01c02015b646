import AtelierGeometry

/// The computed values of the inherited properties of text.
struct TextStyle {
    /// As listed, preferred first, generic names among them; empty for none.
    var families: [String] = []
    var weight = 400
    var isItalic = false
    /// Percent of normal.
    var stretch = 100
    var isSmallCaps = false
    var letterSpacing = 0.0, wordSpacing = 0.0
    var hasKerning = true
    var anchor = SVG.Text.Anchor.start
    var isRightToLeft = false
    var isVertical = false
    var orientation = Orientation.mixed
    var casing = Casing.asWritten
    var keepsSpace = false
    var baseline = Baseline.alphabetic
    var language: String?
}

/// How letters stand in lines that run down.
enum Orientation { case mixed, upright, sideways }

/// What `text-transform` makes of letters.
enum Casing { case asWritten, upper, lower, capitalized }

/// Which line of the font lies on the line of text.
enum Baseline {
    case alphabetic, middle, central, hanging, mathematical, top, bottom

    /// The values of `dominant-baseline` and `alignment-baseline`; nil for others.
    init?(_ reader: ValueReader, _ range: SVG.Document.TextRange) {
        let names: [(StaticString, Baseline)] = [
            ("auto", .alphabetic), ("baseline", .alphabetic), ("alphabetic", .alphabetic), ("use-script", .alphabetic),
            ("no-change", .alphabetic), ("reset-size", .alphabetic), ("middle", .middle), ("central", .central), ("center", .central),
            ("hanging", .hanging), ("mathematical", .mathematical), ("text-before-edge", .top), ("text-top", .top), ("before-edge", .top),
            ("top", .top), ("text-after-edge", .bottom), ("text-bottom", .bottom), ("after-edge", .bottom), ("bottom", .bottom),
            ("ideographic", .bottom),
        ]
        guard let found = names.first(where: { reader.isText(range, $0.0) }) else { return nil }
        self = found.1
    }
}

extension Resolver {
    /// The inherited properties of text of the element cascaded last.
    @inline(never)
    mutating func textStyle(_ index: Int, inheriting parent: TextStyle, fontSize: Double) -> TextStyle {
        var style = parent
        let initial = TextStyle()
        /// An empty value is what the `font` shorthand leaves out.
        func apply<Value>(
            _ resolver: inout Resolver, _ name: AttributeName, _ path: WritableKeyPath<TextStyle, Value>,
            _ read: (ValueReader, TextRange) -> Value?
        ) {
            guard let range = resolver.value(name) else { return }
            if range.isEmpty {
                style[keyPath: path] = initial[keyPath: path]
                return
            }
            switch resolver.reader.keyword(range) {
            case .inherit: style[keyPath: path] = parent[keyPath: path]
            case .initial: style[keyPath: path] = initial[keyPath: path]
            case nil:
                if let value = read(resolver.reader, range) {
                    style[keyPath: path] = value
                } else {
                    resolver.invalid(name, range, index)
                }
            }
        }
        func spacing(_ reader: ValueReader, _ range: TextRange) -> Double? {
            if reader.isText(range, "normal") { return 0 }
            guard let length = reader.length(range, fontSize: fontSize) else { return nil }
            return length.isPercentage ? length.value / 100 * fontSize : length.value
        }
        apply(&self, .fontFamily, \.families) { $0.families($1) }
        apply(&self, .fontWeight, \.weight) { $0.fontWeight($1, parent.weight) }
        apply(&self, .fontStyle, \.isItalic) { reader, range in
            if reader.isText(range, "normal") { return false }
            return reader.isText(range, "italic") || reader.firstWord(of: range).map { reader.isText($0, "oblique") } == true ? true : nil
        }
        apply(&self, .fontStretch, \.stretch) { $0.fontStretch($1, parent.stretch) }
        for name in [AttributeName.fontVariant, .fontVariantCaps] {
            apply(&self, name, \.isSmallCaps) { reader, range in
                var isSmall = false
                reader.forEachWord(in: range) {
                    if reader.isText($0, "small-caps") || reader.isText($0, "all-small-caps") { isSmall = true }
                }
                return isSmall
            }
        }
        apply(&self, .fontKerning, \.hasKerning) { reader, range in !reader.isText(range, "none") }
        apply(&self, .kerning, \.hasKerning) { reader, range in reader.number(range) != 0 }
        apply(&self, .letterSpacing, \.letterSpacing, spacing)
        apply(&self, .wordSpacing, \.wordSpacing, spacing)
        apply(&self, .textAnchor, \.anchor) { reader, range in
            reader.isText(range, "start") ? .start : reader.isText(range, "middle") ? .middle : reader.isText(range, "end") ? .end : nil
        }
        apply(&self, .direction, \.isRightToLeft) { reader, range in
            reader.isText(range, "rtl") ? true : reader.isText(range, "ltr") ? false : nil
        }
        apply(&self, .writingMode, \.isVertical) { reader, range in
            for name in ["tb", "tb-rl", "vertical-rl", "vertical-lr", "sideways-rl"] as [StaticString] where reader.isText(range, name) {
                return true
            }
            return false
        }
        apply(&self, .textOrientation, \.orientation) { reader, range in
            reader.isText(range, "upright")
                ? .upright : reader.isText(range, "sideways") || reader.isText(range, "sideways-right") ? .sideways : .mixed
        }
        apply(&self, .textTransform, \.casing) { reader, range in
            reader.isText(range, "uppercase")
                ? .upper : reader.isText(range, "lowercase") ? .lower : reader.isText(range, "capitalize") ? .capitalized : .asWritten
        }
        apply(&self, .dominantBaseline, \.baseline) { Baseline($0, $1) }
        if let range = value(.space) { style.keepsSpace = reader.isText(range, "preserve") }
        apply(&self, .whiteSpace, \.keepsSpace) { reader, range in
            reader.isText(range, "pre") || reader.isText(range, "pre-wrap") || reader.isText(range, "break-spaces")
        }
        if let range = value(.lang) { style.language = range.isEmpty ? nil : document.string(range) }
        return style
    }

    /// Takes `font` apart into the properties it stands for (CSS Fonts 4, 2.7); what it leaves out gets an empty value.
    mutating func setFont(_ range: TextRange, _ set: (inout Resolver, AttributeName, TextRange) -> Void) -> Bool {
        let parts: [AttributeName] = [.fontStyle, .fontVariant, .fontWeight, .fontStretch, .fontKerning]
        if reader.keyword(range) != nil {
            for name in parts + [.fontSize, .fontFamily] { set(&self, name, range) }
            return true
        }
        var found: [AttributeName: TextRange] = [:]
        var position = range.start
        while position < range.end {
            guard let word = reader.firstWord(of: TextRange(start: position, end: range.end)) else { return false }
            position = word.end
            let isName: (StaticString) -> Bool = { [reader] in reader.isText(word, $0) }
            if isName("normal") { continue }
            if isName("italic") || isName("oblique") {
                found[.fontStyle] = word
            } else if isName("small-caps") {
                found[.fontVariant] = word
            } else if isName("bold") || isName("bolder") || isName("lighter")
                || reader.number(word).map({ $0 >= 100 && $0 <= 1000 && found[.fontWeight] == nil }) == true
            {
                found[.fontWeight] = word
            } else if reader.fontStretch(word, 100) != nil {
                found[.fontStretch] = word
            } else {
                // The size, with a line height perhaps, then the families.
                var size = word
                for i in word.start..<word.end where reader.text[Int(i)] == UInt8(ascii: "/") {
                    size.end = i
                    break
                }
                var rest = reader.trimmed(TextRange(start: word.end, end: range.end))
                if let slash = reader.firstWord(of: rest), reader.text[Int(slash.start)] == UInt8(ascii: "/") {
                    rest = reader.trimmed(TextRange(start: slash.end, end: range.end))
                    if slash.end - slash.start == 1, let height = reader.firstWord(of: rest) {
                        rest = reader.trimmed(TextRange(start: height.end, end: range.end))
                    }
                }
                guard reader.fontSize(size, 16) != nil, !rest.isEmpty else { return false }
                let nothing = TextRange(start: range.end, end: range.end)
                for name in parts { set(&self, name, found[name] ?? nothing) }
                set(&self, .fontSize, size)
                set(&self, .fontFamily, rest)
                return true
            }
        }
        return false
    }
}

extension Unicode.Scalar {
    /// Whether it stands upright between sideways letters: Vertical_Orientation U or Tu (UAX #50), by blocks.
    ///
    /// Brackets and dashes of East Asian text (Tr) are turned, as their forms for lines that run down look in most fonts.
    var isUprightInVerticalText: Bool {
        switch value {
        case 0xA7, 0xA9, 0xAE, 0xB1, 0xBC...0xBE, 0xD7, 0xF7: true
        case 0x1100...0x11FF, 0x1401...0x167F, 0x2016, 0x2020...0x2021, 0x203B...0x203C, 0x2047...0x2049, 0x20E2...0x20E4: true
        case 0x2100...0x2101, 0x2103...0x2109, 0x2113...0x2114, 0x2116...0x2117, 0x211E...0x2123, 0x2150...0x2188: true
        case 0x221E, 0x2234...0x2235, 0x2318...0x2328, 0x2460...0x24FF, 0x25A0...0x2767, 0x2776...0x2793, 0x2B50...0x2B59: true
        case 0x2E80...0x3007, 0x3012...0x3013, 0x3020...0x302F, 0x3031...0x309F, 0x30A1...0x30FB, 0x30FD...0xA4CF: true
        case 0xA960...0xA97F, 0xAC00...0xD7FF, 0xE000...0xFAFF, 0xFE10...0xFE1F, 0xFE30...0xFE48, 0xFF01...0xFF07: true
        case 0xFF0A...0xFF0C, 0xFF0E...0xFF19, 0xFF1F...0xFF3A, 0xFF3C, 0xFF3E, 0xFF40...0xFF5A, 0xFFE0...0xFFE2: true
        case 0x1F000...0x1FAFF, 0x20000...0x3FFFD: true
        default: false
        }
    }
}

extension ValueReader {
    /// The first word of a value.
    func firstWord(of range: TextRange) -> TextRange? {
        let rest = trimmed(range)
        guard !rest.isEmpty else { return nil }
        var end = rest.start
        while end < rest.end, !isSpace(text[Int(end)]) { end += 1 }
        return TextRange(start: rest.start, end: end)
    }

    /// Names separated by commas, quotes taken away.
    func families(_ range: TextRange) -> [String]? {
        var names: [String] = []
        var bytes: [UInt8] = []
        var quote: UInt8 = 0
        func end() {
            while let last = bytes.last, isSpace(last) { bytes.removeLast() }
            if !bytes.isEmpty, names.count < 16 { names.append(String(decoding: bytes, as: UTF8.self)) }
            bytes = []
        }
        for i in range.bounds {
            let byte = text[i]
            if quote != 0 {
                if byte == quote { quote = 0 } else { bytes.append(byte) }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: ",") {
                end()
            } else if !isSpace(byte) {
                bytes.append(byte)
            } else if let last = bytes.last, !isSpace(last) {
                bytes.append(UInt8(ascii: " "))
            }
        }
        end()
        return names.isEmpty ? nil : names
    }

    /// A weight 1…1000 by number or name (CSS Fonts 4, 2.2).
    func fontWeight(_ range: TextRange, _ parent: Int) -> Int? {
        if isText(range, "normal") { return 400 }
        if isText(range, "bold") { return 700 }
        if isText(range, "bolder") { return parent < 350 ? 400 : parent < 550 ? 700 : 900 }
        if isText(range, "lighter") { return parent < 550 ? 100 : parent < 750 ? 400 : 700 }
        return number(range).flatMap { $0 >= 1 && $0 <= 1000 ? Int($0) : nil }
    }

    /// A width in percent by name or percentage (CSS Fonts 4, 2.3).
    func fontStretch(_ range: TextRange, _ parent: Int) -> Int? {
        let names: [(StaticString, Int)] = [
            ("normal", 100), ("ultra-condensed", 50), ("extra-condensed", 62), ("condensed", 75), ("semi-condensed", 87),
            ("semi-expanded", 113), ("expanded", 125), ("extra-expanded", 150), ("ultra-expanded", 200),
            ("narrower", max(50, parent - 13)), ("wider", min(200, parent + 13)),
        ]
        if let found = names.first(where: { isText(range, $0.0) }) { return found.1 }
        guard let length = length(range, fontSize: 1), length.isPercentage, length.value >= 1, length.value <= 1000 else { return nil }
        return min(max(Int(length.value), 50), 200)
    }
}
