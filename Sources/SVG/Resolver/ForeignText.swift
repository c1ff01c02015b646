import AtelierFonts
import AtelierGeometry

extension Resolver {
    /// The text of a web page inside `foreignObject`, set in lines: diagrams from the web have their labels there.
    ///
    /// Blocks stand one below the other, lines are wrapped at the width, and what a page says about fonts, colours, `text-align`, `line-height`,
    /// `white-space` and the middle of a flexible box counts; boxes, tables and pictures have no form here.
    @inline(never)
    mutating func foreignText(_ index: Int, _ own: OwnStyle, _ around: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        let frame = Rect(
            x: length(.x, .horizontal, index, around.style) ?? 0, y: length(.y, .vertical, index, around.style) ?? 0,
            width: max(length(.width, .horizontal, index, around.style) ?? 0, 0),
            height: max(length(.height, .vertical, index, around.style) ?? 0, 0))
        var page = PageText()
        var root = PageText.State(style: around.style)
        root.style.stroke = .none
        root.style.text.anchor = .start
        root.style.text.baseline = .alphabetic
        try collect(index, root, around, into: &page)
        let lines = page.lines(width: frame.width, typesetter) { request(for: $0) }
        guard !lines.isEmpty else {
            if around.style.isVisible { report(index, .unsupported, "foreign content is not drawn") }
            return nil
        }
        try step(index, count: page.characters.count)

        let total = lines.reduce(0) { $0 + $1.height }
        let isInMiddle = page.isInMiddle || abs(frame.height - total) < lines[0].height / 2
        var top = frame.minY + (isInMiddle ? (frame.height - total) / 2 : 0)
        var content = TextContent()
        content.styles = page.styles
        for line in lines {
            let text = content.styles[page.styleOf[line.range.lowerBound]].style.text
            let place =
                switch text.anchor {
                case .middle: frame.minX + frame.width / 2
                case .start: text.isRightToLeft ? frame.maxX : frame.minX
                case .end: text.isRightToLeft ? frame.minX : frame.maxX
                }
            for i in line.range {
                content.characters.append(page.characters[i])
                content.styleOf.append(page.styleOf[i])
                content.places.append(i == line.range.lowerBound ? .init(x: place, y: top + line.baseline) : .init())
            }
            top += line.height
        }
        var text = SVG.Text(origin: try origin(index), transform: own.transform, opacity: own.opacity, chunks: [])
        try layOut(content, into: &text, around)
        guard !text.chunks.isEmpty, text.transform.isFinite else { return nil }
        report(index, .approximated, "of this part of a web page the text is set in plain lines, and all else is left out")
        return .text(text)
    }

    private mutating func collect(
        _ index: Int, _ outer: PageText.State, _ around: Surroundings, into page: inout PageText
    ) throws(SVG.ParseError) {
        var place: Int?
        var child = index + 1
        while child < Int(document.elements[index].end) {
            defer { child = Int(document.elements[child].end) }
            let element = document.elements[child]
            if element.name == .characters {
                if place == nil {
                    page.styles.append(page.style(of: index, outer))
                    place = page.styles.count - 1
                }
                try step(index, count: Int(element.content.end - element.content.start) >> 3)
                page.add(document.string(element.content), outer, place!)
                continue
            }
            let name = element.name == .unknown ? document.string(element.content).lowercased() : element.name.spelling
            guard name != "title", name != "style", name != "script", name != "head", element.name != .svg else { continue }
            if name == "br" {
                page.endLine(evenIfEmpty: true)
                continue
            }
            try step(child)
            guard isWanted(child) else { continue }
            try cascade(child)
            guard ownStyle(child).isDisplayed else { continue }
            var inner = outer
            let isBlock = inner.takeDefaults(of: name)
            inner.style = style(child, inheriting: inner.style)
            inner.style.fill = .color(inner.style.color)
            inner.style.fillOpacity = 1
            if let range = value(.textDecorationLine) ?? value(.textDecoration) {
                inner.decorations += decorationKinds(range).map { ($0, page.styles.count) }
                page.styles.append(page.style(of: child, inner))
            }
            if element.name == .a || name == "a", let target = value(.href), !target.isEmpty { inner.link = document.string(target) }
            takeAlignment(&inner, into: &page)
            if isBlock { page.endLine() }
            try collect(child, inner, around, into: &page)
            if isBlock { page.endLine() }
            if name == "td" || name == "th" { page.add(" ", inner, page.styles.count - 1) }
        }
    }

    /// What the element cascaded last says about its lines.
    private func takeAlignment(_ state: inout PageText.State, into page: inout PageText) {
        func isOne(_ range: TextRange, of words: [StaticString]) -> Bool { words.contains { reader.isText(range, $0) } }
        for name in [AttributeName.textAlign, .justifyContent] {
            guard let range = value(name) else { continue }
            if reader.firstWord(of: range).map({ isOne($0, of: ["center", "safe", "unsafe"]) }) == true {
                state.style.text.anchor = .middle
            } else if isOne(range, of: ["right", "end", "flex-end"]) {
                state.style.text.anchor = .end
            } else if isOne(range, of: ["left", "start", "justify", "flex-start"]) {
                state.style.text.anchor = .start
            }
        }
        if let range = value(.alignItems), isOne(range, of: ["center", "safe center", "unsafe center"]) { page.isInMiddle = true }
        if let range = value(.whiteSpace) {
            state.wraps = !isOne(range, of: ["nowrap", "pre"])
            state.keepsLines = isOne(range, of: ["pre", "pre-wrap", "pre-line", "break-spaces"])
        }
        if let range = value(.lineHeight) {
            if let number = reader.number(range), number >= 0 {
                state.lineHeight = .times(number)
            } else if let length = reader.length(range, fontSize: state.style.fontSize), length.value >= 0 {
                state.lineHeight = length.isPercentage ? .pixels(length.value / 100 * state.style.fontSize) : .pixels(length.value)
            } else {
                state.lineHeight = .normal
            }
        }
    }
}

/// The text of a part of a web page, and how it falls into lines.
private struct PageText {
    enum LineHeight {
        case normal
        case times(Double)
        case pixels(Double)
    }

    /// What an element inherits.
    struct State {
        var style: Style
        var lineHeight = LineHeight.normal
        var wraps = true, keepsLines = false
        var link: String?
        var decorations: [(kind: SVG.Text.Decoration.Kind, style: Int)] = []

        /// Takes over what programs that show web pages say about an element (HTML Standard, 15.3); true for blocks.
        mutating func takeDefaults(of name: String) -> Bool {
            switch name {
            case "b", "strong", "th": style.text.weight = 700
            case "i", "em", "cite", "var", "dfn": style.text.isItalic = true
            case "code", "kbd", "samp", "tt", "pre": style.text.families = ["monospace"]
            case "small": style.fontSize /= 1.2
            case "h1", "h2", "h3", "h4", "h5", "h6":
                style.text.weight = 700
                style.fontSize *= ["h1": 2, "h2": 1.5, "h3": 1.17, "h4": 1, "h5": 0.83, "h6": 0.67][name]!
            case "center": style.text.anchor = .middle
            default: break
            }
            if name == "pre" { (wraps, keepsLines, style.text.keepsSpace) = (false, true, true) }
            return PageText.blocks.contains(name)
        }
    }

    struct Line {
        var range: Range<Int>
        var height: Double
        /// How far below its top the letters stand.
        var baseline: Double
    }

    private static let blocks: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "tr", "ul",
    ]

    var characters: [Unicode.Scalar] = []
    var styleOf: [Int] = []
    var styles: [TextContent.Style] = []
    /// For each style: the height of its lines, and whether they are wrapped.
    private var lineHeights: [(height: LineHeight, wraps: Bool)] = []
    /// Where lines end that nothing may join.
    private var ends: [Int] = []
    /// Whether a flexible box has its content in the middle of its height.
    var isInMiddle = false

    mutating func style(of element: Int, _ state: State) -> TextContent.Style {
        lineHeights.append((state.lineHeight, state.wraps))
        return TextContent.Style(
            element: element, style: state.style, opacity: 1, rise: 0, baseline: .alphabetic, link: state.link,
            decorations: state.decorations)
    }

    mutating func add(_ text: String, _ state: State, _ place: Int) {
        for scalar in text.unicodeScalars {
            var scalar = scalar
            if scalar == "\n", state.keepsLines {
                endLine(evenIfEmpty: true)
                continue
            }
            if scalar == "\n" || scalar == "\t" || scalar == "\r" { scalar = " " }
            if scalar.value < 0x20 { continue }
            // White space at the beginning of a line and after other white space has no width.
            if scalar == " ", !state.style.text.keepsSpace, characters.count == ends.last ?? 0 || characters.last == " " { continue }
            characters.append(scalar)
            styleOf.append(place)
        }
    }

    /// What follows begins a line.
    mutating func endLine(evenIfEmpty: Bool = false) {
        if characters.count > ends.last ?? 0 || evenIfEmpty && !characters.isEmpty { ends.append(characters.count) }
    }

    // MARK: Lines

    /// Wraps the text; lines without letters count in the height of the one before.
    func lines(width: Double, _ setter: Typesetter, _ request: (TextStyle) -> FontRequest) -> [Line] {
        var lines: [Line] = []
        var start = 0
        for end in ends + [characters.count] {
            if end == start {
                if !lines.isEmpty, end < characters.count { lines[lines.count - 1].height += lines.last!.height }
                continue
            }
            for range in wrapped(start..<end, width, setter, request) { lines.append(line(range, setter, request)) }
            start = end
        }
        return lines
    }

    /// The lines of a paragraph, without the spaces at their ends.
    private func wrapped(
        _ range: Range<Int>, _ width: Double, _ setter: Typesetter, _ request: (TextStyle) -> FontRequest
    ) -> [Range<Int>] {
        func trimmed(_ range: Range<Int>) -> Range<Int> {
            var end = range.upperBound
            while end > range.lowerBound, characters[end - 1] == " " { end -= 1 }
            return range.lowerBound..<end
        }
        var result: [Range<Int>] = []
        var start = range.lowerBound, word = start, reach = 0.0
        while word < range.upperBound {
            // A word with the spaces behind it; between ideographs lines may end anywhere.
            var end = word + 1
            while end < range.upperBound, !(characters[end - 1] == " " && characters[end] != " "), !isIdeograph(end), !isIdeograph(end - 1)
            {
                end += 1
            }
            let full = self.width(word..<end, setter, request), seen = self.width(trimmed(word..<end), setter, request)
            if width > 0, lineHeights[styleOf[word]].wraps, word > start, reach + seen > width + 0.01 {
                result.append(trimmed(start..<word))
                (start, reach) = (word, 0)
            }
            reach += full
            word = end
        }
        result.append(trimmed(start..<range.upperBound))
        return result.filter { !$0.isEmpty }
    }

    private func isIdeograph(_ character: Int) -> Bool { (0x2E80...0x9FFF).contains(characters[character].value) }

    private func width(_ range: Range<Int>, _ setter: Typesetter, _ request: (TextStyle) -> FontRequest) -> Double {
        var sum = 0.0, start = range.lowerBound
        while start < range.upperBound {
            var end = start + 1
            while end < range.upperBound, styleOf[end] == styleOf[start] { end += 1 }
            let style = styles[styleOf[start]].style
            var scalars = String.UnicodeScalarView()
            scalars.append(contentsOf: characters[start..<end])
            for run in setter.set(Array(String(scalars).utf8), as: request(style.text)) { sum += run.width * style.fontSize }
            sum += style.text.letterSpacing * Double(end - start)
            start = end
        }
        return sum
    }

    /// A line is as high as its highest style, half of what that leaves above and below the letters (CSS 2.1, 10.8.1).
    private func line(_ range: Range<Int>, _ setter: Typesetter, _ request: (TextStyle) -> FontRequest) -> Line {
        var above = 0.0, below = 0.0, last = -1
        for i in range where styleOf[i] != last {
            last = styleOf[i]
            let style = styles[last].style, metrics = setter.face(for: request(style.text))?.metrics ?? .estimated
            let ascent = metrics.ascent * style.fontSize, descent = metrics.descent * style.fontSize
            let height =
                switch lineHeights[last].height {
                case .normal: ascent + descent + metrics.lineGap * style.fontSize
                case .times(let factor): factor * style.fontSize
                case .pixels(let pixels): pixels
                }
            let lead = (height - ascent - descent) / 2
            above = max(above, ascent + lead)
            below = max(below, descent + lead)
        }
        return Line(range: range, height: above + below, baseline: above)
    }
}
