internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// Outlines of more glyphs from one place are many pages, and take 10 KB each on their way to a slide.
    private static let mostOutlines = 20_000

    /// Writes a text: as text boxes where these will look right (or must), as outlines elsewhere.
    ///
    /// - Returns: the box of what was written, on the slide; nil when nothing was.
    mutating func map(_ text: SVG.Text, through parent: AffineTransform, opacity inherited: Double, clip: BezierPath?) -> Rect? {
        let transform = text.transform.followed(by: parent), alpha = inherited * text.opacity
        guard alpha > 0 else { return nil }
        guard transform.isFinite, transform.determinant.isFinite, text.chunks.allSatisfy({ $0.spans.allSatisfy(\.isFinite) }) else {
            note(.invalid, text.origin, "a coordinate is too large to compute with and the element was left out")
            return nil
        }
        guard transform.determinant != 0 else { return nil }
        var mode = self.text
        if let clip, mode != .outline, let area = clip.bounds, let box = text.box {
            let ink = BezierPath(box).transformed(by: transform).bounds ?? area
            guard ink.minX < area.maxX, ink.minY < area.maxY, ink.maxX > area.minX, ink.maxY > area.minY else { return nil }
            if !isInside(ink, clip) {
                if mode == .auto {
                    mode = .outline
                } else {
                    note(.approximated, text.origin, "its text is drawn whole, as slides cannot clip text")
                }
            }
        }
        let pose = textPose(transform)
        var pieces: [TextPiece] = []
        for chunk in text.chunks {
            let isLong = chunk.spans.reduce(0) { $0 + $1.glyphs.count } > Self.mostOutlines
            let reason =
                mode != .outline
                ? reasonForOutlines(chunk, pose, transform) : isLong ? "the text has more letters than are worth drawing" : ""
            let hasGlyphs = !isLong && chunk.spans.allSatisfy { !$0.glyphs.isEmpty }
            let outlines = hasGlyphs && (mode == .outline || mode == .auto && reason != nil && chunk.spans.allSatisfy(\.font.isComplete))
            if outlines {
                pieces.append(.outlines(chunk))
            } else {
                if let reason, !reason.isEmpty, pieces.isEmpty {
                    note(.approximated, text.origin, "\(reason), and it was kept as plain text")
                }
                if case .box(var lines)? = pieces.last, let last = lines.last, continues(lines, last, chunk) {
                    lines.append(chunk)
                    pieces[pieces.count - 1] = .box(lines)
                } else {
                    pieces.append(.box([chunk]))
                }
            }
        }
        return write(pieces, of: text, through: transform, pose, opacity: alpha, clip: clip)
    }

    /// What becomes one shape or group.
    private enum TextPiece {
        /// Lines of one text box.
        case box([SVG.Text.Chunk])
        case outlines(SVG.Text.Chunk)
    }

    private mutating func write(
        _ pieces: [TextPiece], of text: SVG.Text, through transform: AffineTransform, _ pose: TextPose, opacity alpha: Double,
        clip: BezierPath?
    ) -> Rect? {
        let id = nextID(), tag = groups.begin(at: xml.bytes.count)
        var bounds: Rect?
        var count = 0
        var single = text.origin
        single.summary = single.summary ?? text.string
        for piece in pieces {
            switch piece {
            case .box(let lines):
                let origin = pieces.count == 1 ? text.origin : SVG.Origin(element: "text")
                if let box = writeTextBox(lines, origin, transform, pose, opacity: alpha) {
                    bounds = bounds?.union(box) ?? box
                    count += 1
                }
            case .outlines(let chunk):
                var part = text
                part.chunks = [chunk]
                let paths = part.outlined.children
                for case .path(var path) in paths {
                    path.origin = pieces.count == 1 && paths.count == 1 ? single : SVG.Origin(element: "tspan", line: text.origin.line)
                    if let box = map(path, through: transform, opacity: alpha, clip: clip) {
                        bounds = bounds?.union(box) ?? box
                        count += 1
                    }
                }
            }
        }
        if count > 1, let bounds {
            let label = text.origin.label ?? String(text.string.prefix(40).map { $0 == "\n" ? " " : $0 })
            groups.end(tag, at: xml.bytes.count, .init(id: id, name: label, summary: single.summary, bounds: bounds))
            shapeCount += 1
            groupCount += 1
        }
        return bounds
    }

    /// Why text boxes would look wrong; nil when they do not.
    private func reasonForOutlines(_ chunk: SVG.Text.Chunk, _ pose: TextPose, _ transform: AffineTransform) -> String? {
        if chunk.isVertical { return "the text runs down" }
        if !chunk.isPlain { return "single glyphs are moved, turned or stretched" }
        if !pose.isExact { return "slides cannot slant, mirror or stretch text" }
        for span in chunk.spans {
            if span.stroke != nil { return "the glyphs are stroked" }
            if case .gradient? = span.fill?.paint { return "programs draw gradients of text differently" }
            if span.fill == nil { return "the glyphs are not filled" }
            if span.decorations.contains(where: { $0.kind == .overline || $0.fill != span.fill || $0.stroke != nil }) {
                return "slides cannot draw these lines along the text"
            }
            if span.font.family != nil, !span.font.isFound, let name = span.font.families.first, !isGeneric(name), !isOfficeFont(name) {
                return "its font is not here"
            }
            if !(100...400_000).contains(hundredths(span.size * pose.scale)) {
                return "the letters are smaller or larger than slides allow"
            }
            if !isOrdinaryShift(span, in: chunk) { return "slides know no such shift of the baseline" }
            if span.wordSpacing != 0 { return "slides know no spacing of words" }
            if !span.isKerned { return "slides cannot switch kerning off" }
        }
        return nil
    }

    /// Whether a span is on the baseline, or is what slides call superscript and subscript: smaller, and moved by a part of the line.
    private func isOrdinaryShift(_ span: SVG.Text.Span, in chunk: SVG.Text.Chunk) -> Bool {
        if span.rise == 0 { return true }
        return (0.5...0.85).contains(span.size / chunk.size) && (0.1...0.6).contains(abs(span.rise) / chunk.size)
    }

    /// Whether a chunk is the next line of a text box: same anchor, same place, one distance down.
    private func continues(_ lines: [SVG.Text.Chunk], _ last: SVG.Text.Chunk, _ next: SVG.Text.Chunk) -> Bool {
        let size = last.size
        guard next.anchor == last.anchor, next.isRightToLeft == last.isRightToLeft, !next.isVertical, !last.isVertical, last.isPlain,
            next.isPlain, size > 0, abs(next.size - size) <= 0.01 * size, abs(next.place.x - last.place.x) <= 0.02 * size
        else { return false }
        let pitch = next.baseline - last.baseline
        guard pitch >= 0.7 * size, pitch <= 3 * size else { return false }
        return lines.count < 2 || abs(pitch - (lines[1].baseline - lines[0].baseline)) <= 0.01 * size
    }

    // MARK: Text boxes

    private mutating func writeTextBox(
        _ lines: [SVG.Text.Chunk], _ origin: SVG.Origin, _ transform: AffineTransform, _ pose: TextPose, opacity alpha: Double
    ) -> Rect? {
        guard let first = lines.first else { return nil }
        let scale = pose.scale
        let pitch = lines.count > 1 ? lines[1].baseline - lines[0].baseline : 0
        // Text coordinates, unrotated; a box a little too wide would move nothing, as text does not wrap.
        let width = lines.map(\.advance).max() ?? 0
        let left: Double
        switch first.alignment {
        case .left: left = first.left
        case .center: left = first.left + first.advance / 2 - width / 2
        case .right: left = first.left + first.advance - width
        }
        let height = first.size * (LineMetrics.ascent + LineMetrics.descent)
        let standsOnBottom = lines.count == 1 && first.isBetterOnBottom
        let box: Rect
        if first.isVertical {
            let start = first.spans[0].start
            box = Rect(x: start.x - LineMetrics.descent * first.size, y: start.y, width: height, height: width)
        } else {
            // With an exact distance between lines, a line is as high as that and keeps what lies below its baseline.
            let ascent = lines.count > 1 ? pitch - LineMetrics.descent * first.size : LineMetrics.ascent * first.size
            box = Rect(
                x: left, y: first.baseline - ascent, width: width, height: lines.count > 1 ? pitch * Double(lines.count) : height)
        }
        let size = Size(box.width * scale, box.height * scale)
        var frame = Frame(around: Rect(x: 0, y: 0, width: 0, height: 0))
        let center = transform(box.center)
        frame.width = EMU(nearest: size.width)
        frame.height = EMU(nearest: size.height)
        frame.x = EMU(nearest: center.x - size.width / 2)
        frame.y = EMU(nearest: center.y - size.height / 2)
        frame.rotation = pose.rotation

        // A link of all the text is one of the box, which leaves its colors alone.
        let addresses = Set(lines.flatMap { $0.spans.map(\.link) })
        let whole = addresses.count == 1 ? addresses.first! : nil
        let link = whole.flatMap { self.link(to: $0, of: origin) } ?? self.link
        let id = nextID()
        xml.markup("<p:sp><p:nvSpPr>")
        xml.nonVisualProperties(id: id, name: origin.label, kind: "Text", summary: origin.summary, link: link)
        xml.markup("<p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr><p:spPr>")
        xml.frame(frame)
        xml.presetGeometry(.rect)
        xml.fill(nil)
        xml.line(nil, nil)
        xml.markup("</p:spPr><p:txBody><a:bodyPr")
        if first.isVertical { xml.markup(first.hasIdeographs ? " vert=\"eaVert\"" : " vert=\"vert\"") }
        xml.markup(" wrap=\"none\" lIns=\"0\" tIns=\"0\" rIns=\"0\" bIns=\"0\" anchor=\"")
        xml.markup(standsOnBottom ? "b" : "t")
        xml.markup("\"><a:noAutofit/></a:bodyPr><a:lstStyle/>")
        for line in lines {
            xml.markup("<a:p><a:pPr marL=\"0\" indent=\"0\"")
            switch line.alignment {
            case .left: xml.markup(" algn=\"l\"")
            case .center: xml.markup(" algn=\"ctr\"")
            case .right: xml.markup(" algn=\"r\"")
            }
            if line.isRightToLeft { xml.markup(" rtl=\"1\"") }
            xml.markup(">")
            if lines.count > 1 {
                xml.markup("<a:lnSpc><a:spcPts val=\"")
                xml.number(min(max(hundredths(pitch * scale), 0), 158_400))
                xml.markup("\"/></a:lnSpc>")
            }
            xml.markup("<a:spcBef><a:spcPts val=\"0\"/></a:spcBef><a:spcAft><a:spcPts val=\"0\"/></a:spcAft><a:buNone/></a:pPr>")
            for span in line.spans {
                let own = whole == nil ? span.link.flatMap { self.link(to: $0, of: origin) } : nil
                writeRuns(span, scale, transform, frame, origin, opacity: alpha, link: own)
            }
            xml.markup("</a:p>")
        }
        xml.markup("</p:txBody></p:sp>")
        shapeCount += 1
        let bounds = BezierPath(box).transformed(by: transform).bounds
        return bounds
    }

    /// A span as a run; where spaces are wider than the font's, these are runs of their own.
    private mutating func writeRuns(
        _ span: SVG.Text.Span, _ scale: Double, _ transform: AffineTransform, _ frame: Frame, _ origin: SVG.Origin, opacity alpha: Double,
        link: Int?
    ) {
        let opacity = alpha * span.opacity
        let fill = (span.fill.flatMap { VisiblePaint($0.paint, opacity: $0.opacity * opacity) }).map {
            self.fill($0, through: transform, in: frame, of: origin)
        }
        let line = span.stroke.flatMap { stroke in
            VisiblePaint(stroke.paint, opacity: stroke.opacity * opacity).map { lineStyle(stroke, $0, scale: scale, origin: origin) }
        }
        let lineFill = line.map { self.fill($0.paint, through: transform, in: frame, of: origin) }
        var parts: [(text: String, spacing: Double)] = []
        if span.wordSpacing == 0 {
            parts = [(span.text, span.letterSpacing)]
        } else {
            for character in span.text {
                let spacing = span.letterSpacing + (character == " " || character == "\u{A0}" ? span.wordSpacing : 0)
                if let last = parts.last, last.spacing == spacing {
                    parts[parts.count - 1].text.append(character)
                } else {
                    parts.append((String(character), spacing))
                }
            }
        }
        for part in parts {
            xml.markup("<a:r><a:rPr")
            if let language = span.language {
                xml.markup(" lang=\"")
                xml.text(language)
                xml.markup("\"")
            }
            xml.markup(" sz=\"")
            // Programs draw raised and lowered text at two thirds of its size.
            let size = span.rise == 0 ? span.size : span.size * 1.5
            xml.number(min(max(hundredths(size * scale), 100), 400_000))
            xml.markup(span.isBold ? "\" b=\"1\"" : "\" b=\"0\"")
            xml.markup(span.font.isItalic ? " i=\"1\"" : " i=\"0\"")
            if span.decorations.contains(where: { $0.kind == .underline }) { xml.markup(" u=\"sng\"") }
            if span.decorations.contains(where: { $0.kind == .lineThrough }) { xml.markup(" strike=\"sngStrike\"") }
            if span.isKerned { xml.markup(" kern=\"0\"") }
            if span.isSmallCaps { xml.markup(" cap=\"small\"") }
            if part.spacing != 0 {
                xml.markup(" spc=\"")
                xml.number(min(max(hundredths(part.spacing * scale), -400_000), 400_000))
                xml.markup("\"")
            }
            if span.rise != 0, size > 0 {
                xml.markup(" baseline=\"")
                xml.number(Int(min(max(span.rise / size, -10), 10) * 100_000))
                xml.markup("\"")
            }
            xml.markup(" dirty=\"0\">")
            if line != nil { xml.line(line, lineFill) }
            xml.fill(fill)
            writeEffects()
            let typeface = span.typeface
            for script in ["latin", "ea", "cs"] as [StaticString] {
                xml.markup("<a:")
                xml.markup(script)
                xml.markup(" typeface=\"")
                xml.text(typeface)
                xml.markup("\"/>")
            }
            if let link { xml.runLink(link) }
            xml.markup("</a:rPr><a:t>")
            xml.text(part.text)
            xml.markup("</a:t></a:r>")
        }
    }
}

extension XMLBuffer {
    /// A link of a run that keeps the run's own color instead of the theme's.
    fileprivate mutating func runLink(_ number: Int) {
        markup("<a:hlinkClick r:id=\"link")
        self.number(number)
        markup(
            """
            "><a:extLst><a:ext uri="{A12FA001-AC4F-418D-AE19-62706E023703}">\
            <ahyp:hlinkClr xmlns:ahyp="http://schemas.microsoft.com/office/drawing/2018/hyperlinkcolor" val="tx"/>\
            </a:ext></a:extLst></a:hlinkClick>
            """)
    }
}

/// What a line takes above and below its baseline, in parts of the font's size.
///
/// LibreOffice 25.2 sets text of presentations so in every font (measured: 11 fonts, within 0.005). PowerPoint goes by the font; a
/// box is put on that of its edges where the two differ least (`isBetterOnBottom`, decision 0018).
private enum LineMetrics {
    static let ascent = 1.0, descent = 0.2
}

/// A transform as a text box can say it.
private struct TextPose {
    /// EMU per unit of the text's coordinates.
    var scale: Double
    var rotation: Int
    /// Whether that is all of the transform.
    var isExact: Bool
}

private func textPose(_ transform: AffineTransform) -> TextPose {
    guard let pose = Pose(transform) else { return TextPose(scale: transform.meanScale, rotation: 0, isExact: false) }
    let isEven = abs(pose.scaleX / pose.scaleY - 1) <= 0.02
    return TextPose(scale: pose.scaleY, rotation: pose.rotation, isExact: isEven && !pose.isFlipped)
}

/// A length in EMU in hundredths of a point.
private func hundredths(_ length: Double) -> Int {
    let value = min(max(length / 127, -1e9), 1e9)
    return Int(value < 0 ? value - 0.5 : value + 0.5)
}

extension SVG.Text.Chunk {
    fileprivate enum Alignment { case left, center, right }

    fileprivate var alignment: Alignment {
        switch anchor {
        case .middle: .center
        case .start: isRightToLeft ? .right : .left
        case .end: isRightToLeft ? .left : .right
        }
    }

    /// Where its line begins on the left.
    fileprivate var left: Double { spans.map(\.start.x).min() ?? place.x }

    /// Its line, without what raises single spans.
    fileprivate var baseline: Double { spans.first.map { $0.start.y + $0.rise } ?? place.y }

    /// Whether it has characters that stand upright in lines that run down.
    fileprivate var hasIdeographs: Bool {
        spans.contains { $0.text.unicodeScalars.contains { (0x2E80...0xD7FF).contains($0.value) || $0.value >= 0x20000 } }
    }

    /// The largest letters on it.
    fileprivate var size: Double { spans.map(\.size).max() ?? 0 }

    /// Whether the font's own measures differ less from `LineMetrics` below the baseline than above it.
    fileprivate var isBetterOnBottom: Bool {
        guard let font = spans.max(by: { $0.size < $1.size })?.font else { return false }
        return abs(font.descent - LineMetrics.descent) < abs(font.ascent - LineMetrics.ascent)
    }
}

extension SVG.Text.Span {
    /// Whether all places are numbers.
    fileprivate var isFinite: Bool { (start.x - start.x) + (start.y - start.y) + (advance - advance) + (size - size) == 0 }

    fileprivate var isBold: Bool { font.weight >= 600 && (!font.isFound || font.foundWeight < 600 || font.foundWeight == 700) }

    /// The family that the run names: what was asked for where it is here or everybody has it, else what stands in for it.
    fileprivate var typeface: String {
        if font.isFound, let family = font.family { return family }
        if let asked = font.families.first, !isGeneric(asked), isOfficeFont(asked) || font.family == nil { return asked }
        return font.family ?? "Calibri"
    }
}

/// Whether a family's name stands for whatever the reader prefers.
private func isGeneric(_ family: String) -> Bool {
    ["serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "sans"].contains(family.lowercased()) || family.hasPrefix("ui-")
}

/// Whether a family comes with Office or the systems it runs on.
private func isOfficeFont(_ family: String) -> Bool { officeFonts.contains(family.lowercased()) }

private let officeFonts: Set<String> = [
    "aptos", "arial", "arial black", "arial narrow", "book antiqua", "bookman old style", "calibri", "calibri light", "cambria",
    "candara", "century gothic", "comic sans ms", "consolas", "constantia", "corbel", "courier new", "courier", "franklin gothic book",
    "garamond", "georgia", "gill sans mt", "helvetica", "impact", "lucida console", "lucida sans unicode", "microsoft sans serif",
    "palatino linotype", "rockwell", "segoe ui", "symbol", "tahoma", "times", "times new roman", "trebuchet ms", "tw cen mt", "verdana",
    "wingdings",
]
