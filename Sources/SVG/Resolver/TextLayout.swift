import AtelierFonts
import AtelierGeometry

extension Resolver {
    /// Sets the characters of a text and adds the chunks they make.
    mutating func layOut(_ content: TextContent, into text: inout SVG.Text, _ around: Surroundings) throws(SVG.ParseError) {
        var line = TextLine(content: content)
        let count = content.characters.count
        func path(_ i: Int) -> Int? { content.styles[content.styleOf[i]].path }
        var shaped: [TextLine.Shaped] = []
        var next = 0
        while next < count {
            var end = next + 1
            while end < count, content.places[end].x == nil, path(next) != nil || content.places[end].y == nil, path(end) == path(next) {
                end += 1
            }
            if let set = line.shape(next..<end, typesetter, { request(for: $0) }) { shaped.append(set) }
            next = end
        }
        line.fit(&shaped)
        var pen = Point(0, 0), along = 0.0
        for set in shaped {
            let first = set.range.lowerBound
            let place = content.places[first], isOnPath = path(first) != nil
            if isOnPath {
                // There x is a distance along the path, and y has no meaning (SVG 2, 11.8.3).
                if first == 0 || path(first - 1) != path(first) { along = 0 }
                if let x = place.x { along = x }
            } else {
                if let x = place.x { pen.x = x }
                if let y = place.y { pen.y = y }
            }
            let chunk = line.place(set, at: &pen, along: &along, typesetter) { request(for: $0) }
            reportFonts(of: chunk, content)
            text.chunks.append(chunk.chunk)
            line.cells += chunk.cells
        }
        // Paints refer to the box of the whole text.
        let box = text.box
        var paints: [Int: TextPaints] = [:]
        var number = 0
        for i in text.chunks.indices {
            for j in text.chunks[i].spans.indices {
                let cell = line.cells[number], place = cell.style
                number += 1
                let style = content.styles[place]
                let own = try self.paints(of: place, content, box, around, &paints)
                text.chunks[i].spans[j].fill = own.fill
                text.chunks[i].spans[j].stroke = own.stroke
                text.chunks[i].spans[j].isStrokeFirst = style.style.isStrokeFirst && own.fill != nil && own.stroke != nil
                for (kind, asking) in style.decorations where !around.isClip {
                    let paint = try self.paints(of: asking, content, box, around, &paints)
                    let size = content.styles[asking].style.fontSize
                    let face = typesetter.face(for: request(for: content.styles[asking].style.text))
                    let metrics = face?.metrics ?? .estimated
                    let offset: Double, thickness: Double
                    switch kind {
                    case .underline: (offset, thickness) = (-metrics.underlinePosition, metrics.underlineThickness)
                    case .overline: (offset, thickness) = (-metrics.ascent, metrics.underlineThickness)
                    case .lineThrough:
                        (offset, thickness) = (-(metrics.strikeoutPosition - metrics.strikeoutThickness / 2), metrics.strikeoutThickness)
                    }
                    text.chunks[i].spans[j].decorations.append(
                        SVG.Text.Decoration(
                            kind: kind, outline: cell.line(at: offset * size, thickness: thickness * size), fill: paint.fill,
                            stroke: paint.stroke))
                }
            }
        }
        // What is not painted held its place while the line was set.
        for i in text.chunks.indices { text.chunks[i].spans.removeAll { !$0.isPainted } }
        text.chunks.removeAll { $0.spans.isEmpty }
    }

    private struct TextPaints {
        var fill: SVG.Fill?
        var stroke: SVG.Stroke?
    }

    private mutating func paints(
        of place: Int, _ content: TextContent, _ box: Rect?, _ around: Surroundings, _ known: inout [Int: TextPaints]
    ) throws(SVG.ParseError) -> TextPaints {
        if let paints = known[place] { return paints }
        let (style, index) = (content.styles[place].style, content.styles[place].element)
        var result = TextPaints()
        var around = around
        around.style = style
        if around.isClip {
            result.fill = style.isVisible ? SVG.Fill(paint: .color(ColorWithAlpha.black.color)) : nil
        } else if style.isVisible {
            if style.fillOpacity > 0, let (paint, alpha) = try paint(style.fill, around, index, "fill", box), alpha > 0 {
                result.fill = SVG.Fill(paint: paint, opacity: style.fillOpacity * alpha)
            }
            let width = style.strokeWidth.pixels(in: viewport, along: .diagonal)
            if width > 0, width <= 1e12, style.strokeOpacity > 0,
                let (paint, alpha) = try paint(style.stroke, around, index, "stroke", box), alpha > 0
            {
                let dashes = dashes(style), dashOffset = style.dashOffset.pixels(in: viewport, along: .diagonal)
                result.stroke = SVG.Stroke(
                    paint: paint, opacity: style.strokeOpacity * alpha, width: width, cap: style.cap, join: style.join,
                    miterLimit: style.miterLimit, dashes: dashes,
                    dashOffset: dashOffset.magnitude <= 1e12 && !dashes.isEmpty ? dashOffset : 0)
            }
        }
        known[place] = result
        return result
    }

    /// Says which fonts were asked for and are not here.
    private mutating func reportFonts(of chunk: TextLine.Set, _ content: TextContent) {
        for (number, span) in chunk.chunk.spans.enumerated() {
            let index = content.styles[chunk.cells[number].style].element
            let asked = span.font.families.first ?? ""
            if let family = span.font.family {
                if !span.font.isFound, !asked.isEmpty, !genericFamilies.contains(asked.lowercased()) {
                    report(index, .approximated, "the font `\(asked)` is not here, so the text was measured with `\(family)`")
                }
                if !span.font.isComplete {
                    report(index, .approximated, "no font here has all characters of `\(span.text.prefix(40))`")
                }
            } else if !typesetter.isEstimating {
                report(index, .approximated, "there are no fonts here, so the width of the text is an estimate")
            }
        }
    }
}

extension SVG.Text.Span {
    fileprivate var isPainted: Bool {
        opacity > 0 && (fill != nil || stroke != nil || decorations.contains { $0.fill != nil || $0.stroke != nil })
    }
}

/// Names that stand for whatever the reader prefers.
let genericFamilies: Set<String> = [
    "serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded",
    "math", "emoji", "fangsong", "sans",
]

/// Sets one chunk after another.
struct TextLine {
    let content: TextContent
    var cells: [Cell] = []

    /// What a span of the result was made from.
    struct Cell {
        var style: Int
        /// Stretches of its glyphs that stand on one line: where the first begins, and how far the last reaches from there.
        var stretches: [(frame: AffineTransform, reach: Double)]

        /// A line along the glyphs with its middle so far below their baseline.
        func line(at offset: Double, thickness: Double) -> BezierPath {
            var path = BezierPath()
            for stretch in stretches where stretch.reach > 0 {
                let bar = Rect(x: 0, y: offset - thickness / 2, width: stretch.reach, height: thickness)
                path.append(BezierPath(bar).transformed(by: stretch.frame))
            }
            return path
        }
    }

    struct Set {
        var chunk: SVG.Text.Chunk
        /// For each span.
        var cells: [Cell]
    }

    /// A glyph on the line before it is put in place.
    struct Placed {
        var face: Face?
        var id: UInt32
        /// Number of its first character.
        var character: Int
        var span: Int
        /// Where it is drawn along the line and across it, and how far it reaches along.
        var x: Double, y: Double, advance: Double
        /// How much of that is the font's doing, which the line does not follow.
        var dx: Double, dy: Double
        /// Horizontal stretch, and turn in degrees.
        var stretch = 1.0, turn = 0.0
        /// Whether it stands upright in a line that runs down; `dx` and `dy` are then from the middle of the line, to the right and down.
        var isUpright: Bool
        var size: Double
    }

    /// Sets the characters of a chunk one after the other; nil when that gives no glyph.
    func shape(_ range: Range<Int>, _ setter: Typesetter, _ request: (TextStyle) -> FontRequest) -> Shaped? {
        let styles = content.styles
        let base = styles[content.styleOf[range.lowerBound]]
        // The whole chunk in UTF-8, with the number of the character that each byte belongs to.
        var utf8: [UInt8] = [], numberOf: [Int] = [], startOf: [Int] = []
        for i in range {
            startOf.append(utf8.count)
            for byte in UTF8.encode(content.characters[i])! {
                utf8.append(byte)
                numberOf.append(i)
            }
        }
        startOf.append(utf8.count)
        func bytes(_ part: Range<Int>) -> Range<Int> {
            startOf[part.lowerBound - range.lowerBound]..<startOf[part.upperBound - range.lowerBound]
        }
        let directions = content.directions(of: range), levels = directions.levels

        // Spans of one style in reading order. Characters of one font and direction are set together whatever their paint and place, so
        // that pairs of letters keep their kerning; ligatures do not reach over a border or a move.
        var spanRanges: [Range<Int>] = [], parts: [(range: Range<Int>, level: UInt8, isUpright: Bool, apart: [Int])] = []
        var spanOf: [Int] = []
        for i in range {
            let isNewSpan = i == range.lowerBound || content.styleOf[i] != content.styleOf[i - 1]
            if isNewSpan { spanRanges.append(i..<i) }
            spanRanges[spanRanges.count - 1] = spanRanges.last!.lowerBound..<i + 1
            spanOf.append(spanRanges.count - 1)
            let level = levels[i - range.lowerBound], isUpright = isUpright(i)
            // A border has no characters, but its level keeps what is on both sides apart.
            if let border = directions.borders[i] { parts.append((i..<i, border, isUpright, [])) }
            if let last = parts.last, last.level == level, last.isUpright == isUpright, directions.borders[i] == nil,
                !isNewSpan || areSetAlike(content.styleOf[i - 1], content.styleOf[i], request)
            {
                parts[parts.count - 1].range = last.range.lowerBound..<i + 1
                if isNewSpan || isMoved(i) { parts[parts.count - 1].apart.append(startOf[i - range.lowerBound]) }
            } else {
                parts.append((i..<i + 1, level, isUpright, []))
            }
        }

        var placed: [Placed] = []
        var x = 0.0, y = 0.0
        var isPlain = base.path == nil
        let isDown = base.style.text.isVertical && base.path == nil
        let visualOrder = Bidi.visualOrder(parts.map(\.level)).filter { !parts[$0].range.isEmpty }
        for (order, place) in visualOrder.enumerated() {
            let part = parts[place], first = styles[content.styleOf[part.range.lowerBound]].style.text
            var features: Typesetter.Features = []
            if !first.hasKerning { features.insert(.noKerning) }
            if first.letterSpacing != 0 { features.insert(.noLigatures) }
            if first.isSmallCaps { features.insert(.smallCaps) }
            if part.isUpright { features.insert(.upright) }
            let runs = setter.set(
                utf8, bytes(part.range), as: request(first), isRightToLeft: part.level & 1 == 1, features: features, apart: part.apart)
            let lastGlyphs = runs.last?.glyphs.count ?? 0
            for (number, run) in runs.enumerated() {
                for (offset, glyph) in run.glyphs.enumerated() {
                    let character = numberOf[min(glyph.start, numberOf.count - 1)]
                    let own = content.places[character], style = styles[content.styleOf[character]].style, text = style.text
                    if offset == 0 || run.glyphs[offset - 1].start != glyph.start {
                        if character != range.lowerBound || order > 0, own.dx != 0 || own.dy != 0 { isPlain = false }
                        // Along the line and across it, which in lines that run down is to the left.
                        x += isDown ? own.dy : own.dx
                        y += isDown ? -own.dx : own.dy
                    }
                    if own.turn != nil { isPlain = false }
                    placed.append(
                        Placed(
                            face: run.face, id: glyph.id, character: character, span: spanOf[character - range.lowerBound],
                            x: part.isUpright ? x : x + glyph.dx * style.fontSize, y: part.isUpright ? y : y + glyph.dy * style.fontSize,
                            advance: glyph.advance * style.fontSize,
                            dx: glyph.dx * style.fontSize, dy: glyph.dy * style.fontSize, turn: own.turn ?? 0, isUpright: part.isUpright,
                            size: style.fontSize))
                    x += glyph.advance * style.fontSize
                    let isLastOfCluster = offset + 1 == run.glyphs.count || run.glyphs[offset + 1].start != glyph.start
                    if isLastOfCluster {
                        if content.characters[character] == " " || content.characters[character] == "\u{A0}" { x += text.wordSpacing }
                        let isLast = order + 1 == visualOrder.count && number + 1 == runs.count && offset + 1 == lastGlyphs
                        if !isLast, !isJoined(character..<character + 1) { x += text.letterSpacing }
                    }
                }
            }
        }
        guard !placed.isEmpty else { return nil }
        return Shaped(range: range, directions: directions, spanRanges: spanRanges, glyphs: placed, x: x, y: y, isPlain: isPlain)
    }

    /// Puts a chunk in its place from `pen` on, and leaves the pen behind it; on a path from a distance `start` along it.
    func place(
        _ line: Shaped, at pen: inout Point, along start: inout Double, _ setter: Typesetter, request: (TextStyle) -> FontRequest
    ) -> Set {
        let styles = content.styles, base = styles[content.styleOf[line.range.lowerBound]]
        let (x, y, isRightToLeft) = (line.x, line.y, line.directions.isRightToLeft)
        // The anchor is meant in the direction of the element.
        let isTurned = base.style.text.isRightToLeft != isRightToLeft && !content.isDirectedByContent
        let asked = base.style.text.anchor
        let anchor: SVG.Text.Anchor = isTurned && asked != .middle ? asked == .start ? .end : .start : asked
        let shift: Double
        switch anchor {
        case .middle: shift = -x / 2
        case .start: shift = isRightToLeft ? -x : 0
        case .end: shift = isRightToLeft ? 0 : -x
        }
        var chunk = SVG.Text.Chunk(
            anchor: anchor, place: pen, advance: x, isRightToLeft: isRightToLeft, isVertical: base.style.text.isVertical,
            isPlain: line.isPlain, spans: [])
        let walk = base.path.map { PathWalk(content.paths[$0], from: start) }
        var cells: [Cell] = []
        var membersOf = [[Placed]](repeating: [], count: line.spanRanges.count)
        for glyph in line.glyphs { membersOf[glyph.span].append(glyph) }
        for (number, spanRange) in line.spanRanges.enumerated() {
            let place = content.styleOf[spanRange.lowerBound], style = styles[place]
            let members = membersOf[number]
            guard !members.isEmpty else {
                // Marks on a letter of the span before are drawn with it, and joined to it.
                if let last = chunk.spans.indices.last { chunk.spans[last].text += text(of: spanRange, line) }
                continue
            }
            var made = span(spanRange, style, members, pen, shift, chunk.isVertical, walk, setter.face(for: request(style.style.text)))
            made.span.text = text(of: spanRange, line)
            made.span.letterSpacing += line.addedSpacing
            chunk.spans.append(made.span)
            cells.append(Cell(style: place, stretches: made.stretches))
        }
        if let last = chunk.spans.indices.last { chunk.spans[last].text.unicodeScalars.append(contentsOf: line.directions.lastMarks) }
        if let walk {
            // What follows the path begins where its text ends.
            start += x
            if let end = walk.frame(at: min(max(shift + x, walk.first), walk.last)) { pen = end(Point(0, y)) }
            return Set(chunk: chunk, cells: cells)
        }
        if chunk.isVertical { pen.y += x } else { pen.x += x }
        if !chunk.isVertical { pen.y += y } else { pen.x -= y }
        return Set(chunk: chunk, cells: cells)
    }

    /// The characters of a span, after what has to stand before it.
    private func text(of range: Range<Int>, _ line: Shaped) -> String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: line.directions.marks[range.lowerBound] ?? [])
        scalars.append(contentsOf: content.characters[range])
        return String(scalars)
    }

    /// Whether letters join, which spacing would tear (CSS Text 3, 8.2.1).
    func isJoined(_ range: Range<Int>) -> Bool {
        content.characters[range].contains { (0x0600...0x08FF).contains($0.value) || (0x1800...0x18AF).contains($0.value) }
    }

    /// Whether characters of two styles are of one font and set in one way, so that they differ in paint alone.
    private func areSetAlike(_ a: Int, _ b: Int, _ request: (TextStyle) -> FontRequest) -> Bool {
        let (a, b) = (content.styles[a].style, content.styles[b].style)
        return a.fontSize == b.fontSize && a.text.hasKerning == b.text.hasKerning && a.text.isSmallCaps == b.text.isSmallCaps
            && (a.text.letterSpacing != 0) == (b.text.letterSpacing != 0) && request(a.text) == request(b.text)
    }

    /// Whether a character stands upright in a line that runs down (`text-orientation`).
    private func isUpright(_ character: Int) -> Bool {
        let text = content.styles[content.styleOf[character]].style.text
        guard text.isVertical, content.styles[content.styleOf[character]].path == nil else { return false }
        switch text.orientation {
        case .mixed: return content.characters[character].isUprightInVerticalText
        case .upright: return true
        case .sideways: return false
        }
    }

    private func isMoved(_ character: Int) -> Bool {
        let place = content.places[character]
        return place.dx != 0 || place.dy != 0 || place.turn != nil || content.places[character - 1].turn != nil
    }

    /// A span with its glyphs in place.
    private func span(
        _ range: Range<Int>, _ style: TextContent.Style, _ members: [Placed], _ pen: Point, _ shift: Double, _ isVertical: Bool,
        _ walk: PathWalk?, _ preferred: Face?
    ) -> (span: SVG.Text.Span, stretches: [(frame: AffineTransform, reach: Double)]) {
        let text = style.style.text, size = style.style.fontSize
        let face = members.first?.face ?? preferred
        let metrics = face?.metrics ?? .estimated
        let asked = text.families.isEmpty ? ["serif"] : text.families
        let isFound = face.map { face in asked.contains { face.file.isOf(family: $0) } } ?? false
        let font = SVG.Text.Font(
            families: text.families, weight: text.weight, isItalic: text.isItalic, stretch: text.stretch, family: face?.file.styleFamily,
            isFound: isFound,
            isComplete: face != nil && members.allSatisfy { $0.id != 0 }, foundWeight: face?.file.weight ?? text.weight,
            isFoundItalic: face?.file.isItalic ?? text.isItalic, ascent: metrics.ascent, descent: metrics.descent,
            lineGap: metrics.lineGap)

        // How far below the line the span's own baseline lies.
        let line = (preferred ?? face)?.metrics ?? .estimated
        var drop: Double
        switch style.baseline {
        case .alphabetic: drop = 0
        case .middle: drop = line.xHeight / 2
        case .central: drop = (line.ascent - line.descent) / 2
        case .hanging: drop = line.ascent * 0.8
        case .mathematical: drop = line.ascent / 2
        case .top: drop = line.ascent
        case .bottom: drop = -line.descent
        }
        // Lines that run down are set about their middle.
        if isVertical, style.baseline == .alphabetic { drop = (line.ascent - line.descent) / 2 }
        let across = drop * size - style.rise

        var glyphs: [SVG.Text.Glyph] = []
        var box: Rect?
        var left = Double.infinity, right = -Double.infinity
        var stretches: [(frame: AffineTransform, reach: Double)] = []
        for glyph in members {
            let along = shift + glyph.x
            left = min(left, along)
            right = max(right, along + glyph.advance)
            var frame: AffineTransform
            if glyph.isUpright {
                // Lines that run down have their letters' middles one below the other.
                let side = across - (line.ascent - line.descent) / 2 * size
                frame = .translation(pen.x - (glyph.y + side), pen.y + along)
            } else if let walk {
                // Glyphs beyond the ends of the path are not drawn.
                guard let at = walk.frame(at: along + glyph.advance / 2) else { continue }
                frame = AffineTransform.translation(-glyph.advance / 2, glyph.y - glyph.dy + across).followed(by: at)
            } else if isVertical {
                frame = AffineTransform(
                    a: 0, b: 1, c: -1, d: 0, e: pen.x - (glyph.y - glyph.dy + across), f: pen.y + along - glyph.dx)
            } else {
                frame = .translation(pen.x + along - glyph.dx, pen.y + glyph.y - glyph.dy + across)
            }
            if glyph.turn != 0 { frame = AffineTransform.rotation(Angle(degrees: glyph.turn)).followed(by: frame) }
            if glyph.advance > 0, !glyph.isUpright {
                if let last = stretches.last, let start = frame.distance(alongFrom: last.frame) {
                    stretches[stretches.count - 1].reach = max(last.reach, start + glyph.advance)
                } else {
                    stretches.append((frame, glyph.advance))
                }
            }
            // On a path the middle of the glyph, where it is drawn, decides about its place.
            let place = AffineTransform.translation(walk == nil ? glyph.dx : 0, glyph.dy).followed(by: frame)
            let scaling =
                glyph.isUpright
                ? AffineTransform.scaling(glyph.size, glyph.size * glyph.stretch) : .scaling(glyph.size * glyph.stretch, glyph.size)
            if let face = glyph.face {
                let outline = face.outline(of: glyph.id)
                glyphs.append(SVG.Text.Glyph(outline: outline, transform: scaling.followed(by: place)))
            }
            let cell =
                glyph.isUpright
                ? Rect(x: 0, y: -metrics.ascent * size, width: -2 * glyph.dx, height: glyph.advance)
                : Rect(
                    x: 0, y: -metrics.ascent * size, width: max(glyph.advance, 0), height: (metrics.ascent + metrics.descent) * size)
            if let bounds = BezierPath(cell).transformed(by: place).bounds { box = box?.union(bounds) ?? bounds }
        }
        let start =
            isVertical ? Point(pen.x - members[0].y - across, pen.y + left) : Point(pen.x + left, pen.y + members[0].y + across)
        let span = SVG.Text.Span(
            text: "", font: font, size: size, letterSpacing: isJoined(range) ? 0 : text.letterSpacing,
            wordSpacing: text.wordSpacing + (isJoined(range) ? text.letterSpacing : 0),
            rise: style.rise, isSmallCaps: text.isSmallCaps, isKerned: text.hasKerning, language: text.language, link: style.link,
            fill: nil, stroke: nil,
            isStrokeFirst: false, opacity: style.opacity, decorations: [], start: start, advance: max(right - left, 0), glyphs: glyphs,
            box: box ?? Rect(start, start))
        return (span, stretches)
    }
}

extension AffineTransform {
    /// How far along its line another frame lies, when both are turned alike and stand on one line; nil otherwise.
    fileprivate func distance(alongFrom other: AffineTransform) -> Double? {
        let size = abs(a) + abs(b), slack = 1e-6 * size
        guard abs(a - other.a) <= slack, abs(b - other.b) <= slack, abs(c - other.c) <= slack, abs(d - other.d) <= slack, size > 0
        else { return nil }
        let (dx, dy) = (e - other.e, f - other.f), square = a * a + b * b
        guard abs(dy * a - dx * b) <= 1e-3 * square.squareRoot() else { return nil }
        let along = (dx * a + dy * b) / square
        return along >= -1e-3 ? along : nil
    }
}

/// Points of a path by their distance along it.
private struct PathWalk {
    private var points: [(at: Double, point: Point)] = []
    private let startOffset: Double

    /// A walk that begins at a distance from where text begins on the path.
    init(_ path: TextPath, from start: Double) {
        startOffset = path.startOffset + start
        var at = 0.0, start = Point(0, 0), current = Point(0, 0)
        func step(_ p: Point, _ points: inout [(at: Double, point: Point)]) {
            at += current.distance(to: p)
            current = p
            points.append((at, p))
        }
        for element in path.outline.elements {
            switch element {
            case .move(let p):
                (start, current) = (p, p)
                points.append((at, p))
            case .line(let p): step(p, &points)
            case .cubic(let a, let b, let p):
                let from = current
                let count = 32
                for i in 1...count {
                    let t = Double(i) / Double(count), u = 1 - t
                    let q = Point(
                        u * u * u * from.x + 3 * u * u * t * a.x + 3 * u * t * t * b.x + t * t * t * p.x,
                        u * u * u * from.y + 3 * u * u * t * a.y + 3 * u * t * t * b.y + t * t * t * p.y)
                    step(q, &points)
                }
            case .close: step(start, &points)
            }
        }
        if path.isReversed { points = points.reversed().map { (at - $0.at, $0.point) } }
    }

    /// The distances of the path's ends.
    var first: Double { -startOffset }
    var last: Double { (points.last?.at ?? 0) - startOffset }

    /// The coordinate system that stands on the path at a distance, x along it; nil beyond its ends.
    func frame(at distance: Double) -> AffineTransform? {
        let at = startOffset + distance
        guard let last = points.last, at >= 0, at <= last.at, points.count > 1 else { return nil }
        var low = 0, high = points.count - 1
        while low + 1 < high {
            let middle = (low + high) / 2
            if points[middle].at <= at { low = middle } else { high = middle }
        }
        let (a, b) = (points[low], points[high])
        let span = b.at - a.at
        let direction = (b.point - a.point).normalized
        let point = a.point + direction * (span > 0 ? at - a.at : 0)
        return AffineTransform(a: direction.dx, b: direction.dy, c: -direction.dy, d: direction.dx, e: point.x, f: point.y)
    }
}
