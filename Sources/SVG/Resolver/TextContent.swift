import AtelierFonts
import AtelierGeometry

/// The characters of a `text` element in reading order, each with what is said about it alone.
struct TextContent {
    /// What characters inside one element share.
    struct Style {
        var element: Int
        var style: AtelierSVG.Style
        var opacity: Double
        /// How far `baseline-shift` of this element and those around it raises the characters.
        var rise: Double
        var baseline: Baseline
        var link: String?
        /// Elements that ask for lines along the text, by their place among the styles.
        var decorations: [(kind: SVG.Text.Decoration.Kind, style: Int)]
        /// The `textPath` it is in.
        var path: Int?
        /// Elements around the characters that stand apart from what is around them, outermost first.
        var embeddings: [Embedding] = []
        /// What the element itself says of that.
        var bidi = UnicodeBidi.normal
    }

    /// What the file says about one character.
    struct Place {
        var x: Double?, y: Double?
        var dx = 0.0, dy = 0.0
        /// Clockwise, in degrees.
        var turn: Double?
    }

    /// An element whose `textLength` is given.
    struct Fit {
        var range: Range<Int>
        var length: Double
        var stretchesGlyphs: Bool
    }

    var characters: [Unicode.Scalar] = []
    /// For each character: the style, by its place in `styles`.
    var styleOf: [Int] = []
    var places: [Place] = []
    var styles: [Style] = []
    var fits: [Fit] = []
    /// For each `textPath`: its outline and where the text begins on it.
    var paths: [TextPath] = []
    /// Whether lines have the direction of their first strong letter (`unicode-bidi: plaintext`).
    var isDirectedByContent = false
}

/// The line that a `textPath` runs along.
struct TextPath {
    var outline: BezierPath
    var startOffset: Double
    /// Whether it is gone along from its end, so that the text stands on its other side (`side`).
    var isReversed: Bool
}

/// Positions given by an element for the characters inside it.
private struct PlaceLists {
    var first: Int
    var x: [Double], y: [Double], dx: [Double], dy: [Double], turns: [Double]
}

extension Resolver {
    /// A `text` element with everything it is painted with; nil when nothing of it can be seen.
    @inline(never)
    mutating func text(_ index: Int, _ own: OwnStyle, _ around: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        var content = TextContent()
        var collector = TextCollector()
        // Lines that elements around the text ask for run along it as well (CSS Text Decoration 3, 2.1).
        var lines: [(kind: SVG.Text.Decoration.Kind, style: Int)] = []
        for line in around.decorations {
            lines += line.kinds.map { ($0, content.styles.count) }
            content.styles.append(
                .init(element: line.element, style: line.style, opacity: 1, rise: 0, baseline: .alphabetic, decorations: []))
        }
        let root = try textStyle(of: index, own, around.style, opacity: 1, content: &content, parent: nil)
        content.styles[root].decorations = lines + content.styles[root].decorations
        try collect(index, root, around, into: &content, &collector)
        collector.finish(&content)
        guard !content.characters.isEmpty else { return nil }
        // Each length to be fitted goes over all glyphs.
        try step(index, count: content.characters.count * (1 + content.fits.count >> 6))
        var text = SVG.Text(origin: try origin(index), transform: own.transform, opacity: own.opacity, chunks: [])
        try layOut(content, into: &text, around)
        guard !text.chunks.isEmpty, text.transform.isFinite else { return nil }
        if around.isClip {
            if text.chunks.contains(where: { $0.spans.contains { $0.glyphs.isEmpty && !$0.text.allSatisfy(\.isWhitespace) } }) {
                report(index, .unsupported, "there is no font to clip by, so the text clips nothing")
            }
            var group = text.outlined
            group.origin = text.origin
            return .group(group)
        }
        return .text(text)
    }

    /// Adds the style of an element in text that was cascaded last; returns its place.
    private mutating func textStyle(
        of index: Int, _ own: OwnStyle, _ style: Style, opacity: Double, content: inout TextContent, parent: Int?
    ) throws(SVG.ParseError) -> Int {
        let outer = parent.map { content.styles[$0] }
        var result = TextContent.Style(
            element: index, style: style, opacity: opacity, rise: outer?.rise ?? 0, baseline: style.text.baseline,
            link: outer?.link, decorations: outer?.decorations ?? [], path: outer?.path, embeddings: outer?.embeddings ?? [])
        if let range = value(.unicodeBidi) {
            switch reader.keyword(range) {
            case .inherit: result.bidi = outer?.bidi ?? .normal
            case .initial: break
            case nil: if let kind = UnicodeBidi(reader, range) { result.bidi = kind } else { invalid(.unicodeBidi, range, index) }
            }
        }
        if result.bidi != .normal {
            if parent == nil, result.bidi == .plaintext { content.isDirectedByContent = true }
            let embedding = Embedding(
                result.bidi, isRightToLeft: style.text.isRightToLeft, around: outer?.style.text.isRightToLeft,
                style: content.styles.count)
            if let embedding { result.embeddings.append(embedding) }
        }
        if let range = value(.alignmentBaseline), parent != nil, !reader.isText(range, "auto"), !reader.isText(range, "baseline") {
            if let baseline = Baseline(reader, range) { result.baseline = baseline } else { invalid(.alignmentBaseline, range, index) }
        }
        if let range = value(.baselineShift), parent != nil {
            let metrics = typesetter.face(for: request(for: style.text))?.metrics ?? .estimated
            if reader.isText(range, "super") {
                result.rise += metrics.superscriptOffset * style.fontSize
            } else if reader.isText(range, "sub") {
                result.rise -= metrics.subscriptOffset * style.fontSize
            } else if let length = reader.length(range, fontSize: style.fontSize) {
                result.rise += length.isPercentage ? length.value / 100 * style.fontSize : length.value
            } else if !reader.isText(range, "baseline"), reader.keyword(range) == nil {
                invalid(.baselineShift, range, index)
            }
        }
        if let range = value(.textDecorationLine) ?? value(.textDecoration) {
            let place = content.styles.count
            result.decorations += decorationKinds(range).map { ($0, place) }
        }
        if document.elements[index].name == .a, let target = value(.href), !target.isEmpty { result.link = document.string(target) }
        content.styles.append(result)
        return content.styles.count - 1
    }

    /// The lines that a value of `text-decoration` asks for.
    func decorationKinds(_ range: TextRange) -> [SVG.Text.Decoration.Kind] {
        var result: [SVG.Text.Decoration.Kind] = []
        reader.forEachWord(in: range) { word in
            let kinds: [(StaticString, SVG.Text.Decoration.Kind)] = [
                ("underline", .underline), ("overline", .overline), ("line-through", .lineThrough),
            ]
            for (name, kind) in kinds where reader.isText(word, name) { result.append(kind) }
        }
        return result
    }

    // MARK: Characters

    /// Adds the characters inside an element, whose own style is at `place`.
    private mutating func collect(
        _ index: Int, _ place: Int, _ around: Surroundings, into content: inout TextContent, _ collector: inout TextCollector
    ) throws(SVG.ParseError) {
        let style = content.styles[place].style
        collector.lists.append(
            PlaceLists(
                first: content.characters.count, x: lengths(.x, .horizontal, index, style), y: lengths(.y, .vertical, index, style),
                dx: lengths(.dx, .horizontal, index, style), dy: lengths(.dy, .vertical, index, style), turns: numbers(.rotate, index)))
        let fit = length(.textLength, .horizontal, index, style)
        let stretches = value(.lengthAdjust).map { reader.isText($0, "spacingandglyphs") } == true
        let first = content.characters.count
        defer {
            collector.lists.removeLast()
            if let fit, fit > 0, content.characters.count > first {
                content.fits.append(.init(range: first..<content.characters.count, length: fit, stretchesGlyphs: stretches))
            }
        }
        if document.elements[index].name == .tref {
            if let reference = value(.href), let target = target(of: reference) {
                for i in target..<Int(document.elements[target].end) where document.elements[i].name == .characters {
                    try add(document.elements[i].content, place, index, &content, &collector)
                }
            }
            return
        }
        var child = index + 1
        while child < Int(document.elements[index].end) {
            defer { child = Int(document.elements[child].end) }
            let name = document.elements[child].name
            switch name {
            case .characters: try add(document.elements[child].content, place, index, &content, &collector)
            case .tspan, .tref, .textPath, .a:
                try step(child)
                guard isWanted(child) else { continue }
                guard around.depth + collector.lists.count < options.limits.depth else {
                    report(child, .invalid, "nested deeper than \(options.limits.depth) levels; left out")
                    continue
                }
                try cascade(child)
                let own = ownStyle(child)
                guard own.isDisplayed else { continue }
                if !effects(child).isEmpty {
                    report(child, .approximated, "a part of a text is drawn without clips, masks and blend modes of its own")
                }
                let inner = self.style(child, inheriting: style)
                let opacity = content.styles[place].opacity * own.opacity
                let next = try textStyle(of: child, own, inner, opacity: opacity, content: &content, parent: place)
                if name == .textPath {
                    guard let path = try textPath(child, inner) else { continue }
                    content.paths.append(path)
                    content.styles[next].path = content.paths.count - 1
                    // What comes before the path and on it is not one line.
                    collector.endLine()
                    try cascade(child)
                }
                try collect(child, next, around, into: &content, &collector)
            case .animate, .animateColor, .animateMotion, .animateTransform, .set: _ = try node(child, around)
            case .title, .desc, .metadata: break
            default: report(child, .unsupported, "\(name.spelling.isEmpty ? "an unknown element" : name.spelling) inside text is left out")
            }
        }
    }

    private mutating func add(
        _ range: TextRange, _ place: Int, _ index: Int, _ content: inout TextContent, _ collector: inout TextCollector
    ) throws(SVG.ParseError) {
        try step(index, count: Int(range.end - range.start) >> 3)
        let style = content.styles[place].style.text, text = document.string(range)
        let cased =
            switch style.casing {
            case .asWritten: text
            case .upper: text.uppercased()
            case .lower: text.lowercased()
            case .capitalized: text.withCapitals(after: content.characters.last)
            }
        collector.add(cased, style: place, keepsSpace: style.keepsSpace, to: &content)
    }

    /// Lengths in pixels separated by white space or commas.
    private mutating func lengths(_ name: AttributeName, _ axis: Axis, _ index: Int, _ style: Style) -> [Double] {
        guard let range = value(name), !range.isEmpty else { return [] }
        var scanner = reader.scanner(range)
        var result: [Double] = []
        while !scanner.isAtEnd {
            guard let length = Length(&scanner, fontSize: style.fontSize, rootFontSize: reader.rootFontSize) else {
                invalid(name, range, index)
                return []
            }
            result.append(length.pixels(in: viewport, along: axis))
            scanner.skipSeparator()
        }
        return result
    }

    private mutating func numbers(_ name: AttributeName, _ index: Int) -> [Double] {
        guard let range = value(name), !range.isEmpty else { return [] }
        var scanner = reader.scanner(range)
        var result: [Double] = []
        while !scanner.isAtEnd {
            guard let number = scanner.number() else {
                invalid(name, range, index)
                return []
            }
            result.append(number)
            scanner.skipSeparator()
        }
        return result
    }

    /// The element that an `href` names inside this file.
    private mutating func target(of reference: TextRange) -> Int? {
        guard reference.end - reference.start > 1, reader.text[Int(reference.start)] == UInt8(ascii: "#") else { return nil }
        return element(withID: TextRange(start: reference.start + 1, end: reference.end))
    }

    private mutating func textPath(_ index: Int, _ style: Style) throws(SVG.ParseError) -> TextPath? {
        let shapes: [ElementName] = [.path, .rect, .circle, .ellipse, .line, .polyline, .polygon]
        guard let reference = value(.href), let target = target(of: reference), shapes.contains(document.elements[target].name) else {
            report(index, .invalid, "textPath `\(value(.href).map(quoted) ?? "")` refers to no path; its text is left out")
            return nil
        }
        let offset = value(.startOffset).flatMap { reader.length($0, fontSize: style.fontSize) }
        let isReversed = value(.side).map { reader.isText($0, "right") } == true
        // The caller cascades the element of the text again.
        try cascade(target)
        let transform = ownStyle(target).transform
        guard let outline = outline(target, style)?.path.transformed(by: transform) else { return nil }
        let length = outline.length
        var scale = 1.0
        if let range = document.attribute(.pathLength, of: target), let given = reader.number(reader.trimmed(range)), given > 0 {
            scale = length / given
        }
        let start = offset.map { $0.isPercentage ? $0.value / 100 * length : $0.value * scale } ?? 0
        return TextPath(outline: outline, startOffset: start, isReversed: isReversed)
    }

    /// What a style asks for in a font. What is not there is set as programs do that show SVG: with serifs.
    func request(for style: TextStyle) -> FontRequest {
        FontRequest(
            families: style.families + (style.families.contains { genericFamilies.contains($0.lowercased()) } ? [] : ["serif"]),
            weight: style.weight, isItalic: style.isItalic,
            stretch: style.stretch)
    }
}

extension String {
    /// The same with the first letter of each word as a capital; `before` is what stands in front.
    fileprivate func withCapitals(after before: Unicode.Scalar?) -> String {
        var result = "", isInside = before.map { $0.properties.isAlphabetic || $0.properties.numericType != nil } ?? false
        for character in self {
            let isWord = character.isLetter || character.isNumber || isInside && (character == "'" || character == "’")
            result += isWord && !isInside ? character.uppercased() : String(character)
            isInside = isWord
        }
        return result
    }
}

/// Collapses white space over the elements of a text.
private struct TextCollector {
    /// Positions given by the elements that are open, outermost first.
    var lists: [PlaceLists] = []
    private var endsInSpace = true

    mutating func add(_ text: String, style: Int, keepsSpace: Bool, to content: inout TextContent) {
        for scalar in text.unicodeScalars {
            var scalar = scalar
            if scalar == "\n" || scalar == "\t" || scalar == "\r" { scalar = " " }
            if scalar.value < 0x20 { continue }
            if !keepsSpace, scalar == " " {
                if endsInSpace { continue }
                endsInSpace = true
            } else {
                endsInSpace = false
            }
            let number = content.characters.count
            content.characters.append(scalar)
            content.styleOf.append(style)
            content.places.append(place(of: number))
        }
    }

    /// White space at the beginning of what follows is dropped.
    mutating func endLine() { endsInSpace = true }

    /// Drops a space at the end.
    func finish(_ content: inout TextContent) {
        guard endsInSpace, content.characters.last == " " else { return }
        content.characters.removeLast()
        content.styleOf.removeLast()
        content.places.removeLast()
        let count = content.characters.count
        content.fits = content.fits.map { fit in
            TextContent.Fit(range: fit.range.clamped(to: 0..<count), length: fit.length, stretchesGlyphs: fit.stretchesGlyphs)
        }
    }

    /// What the open elements say of the character with a number; the innermost that says something counts.
    private func place(of number: Int) -> TextContent.Place {
        var place = TextContent.Place()
        func value(_ list: KeyPath<PlaceLists, [Double]>) -> Double? {
            for level in lists.reversed() where number - level.first < level[keyPath: list].count {
                return level[keyPath: list][number - level.first]
            }
            return nil
        }
        place.x = value(\.x)
        place.y = value(\.y)
        place.dx = value(\.dx) ?? 0
        place.dy = value(\.dy) ?? 0
        if let turns = lists.last(where: { !$0.turns.isEmpty }) {
            let turn = turns.turns[min(number - turns.first, turns.turns.count - 1)]
            if turn != 0 { place.turn = turn }
        }
        return place
    }
}
