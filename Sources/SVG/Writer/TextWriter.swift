import AtelierFonts
import AtelierGeometry

extension TreeWriter {
    /// Writes set text: each plain span at its own place, all others as outlines.
    mutating func write(_ text: SVG.Text, _ parentPlaces: Int, _ outer: AffineTransform) {
        let transform = text.transform.followed(by: outer), places = places(transform)
        let isOneText = text.chunks.allSatisfy(\.isWritable)
        for chunk in text.chunks where chunk.isWritable { for span in chunk.spans { writePaints(span.fill, span.stroke, transform) } }
        add(isOneText ? "<text" : "<g")
        writeIdentity(text.origin)
        write(text.transform, parentPlaces)
        if text.opacity != 1 { add("opacity", text.opacity, 4) }
        add(isOneText ? " xml:space=\"preserve\">" : ">\n")
        if text.origin.title != nil || text.origin.summary != nil { writeProse(title: text.origin.title, summary: text.origin.summary) }
        for chunk in text.chunks {
            if chunk.isWritable {
                if !isOneText { add("<text xml:space=\"preserve\">") }
                // Each span is a chunk of its own, so what others have begun is begun again.
                var open: [Unicode.Scalar] = []
                for span in chunk.spans {
                    write(span, of: chunk, places, open)
                    open = Bidi.open(after: span.text.unicodeScalars, before: open)
                }
                if !isOneText { add("</text>\n") }
            } else {
                var part = text
                part.chunks = [chunk]
                for case .path(let path) in part.outlined.children { write(path, places, transform) }
            }
        }
        add(isOneText ? "</text>\n" : "</g>\n")
    }

    private mutating func write(_ span: SVG.Text.Span, of chunk: SVG.Text.Chunk, _ places: Int, _ open: [Unicode.Scalar]) {
        if let link = span.link {
            add("<a href=\"")
            add(escaped: link)
            add("\">")
        }
        add("<tspan")
        add("x", span.start.x + (chunk.isRightToLeft ? span.advance : 0), places)
        add("y", span.start.y, places)
        if chunk.isRightToLeft { add(" direction=\"rtl\"") }
        if !span.font.families.isEmpty {
            add(" font-family=\"")
            for (i, family) in span.font.families.enumerated() {
                if i > 0 { add(", ") }
                let isPlain = family.utf8.allSatisfy { isLetter($0) || $0 == UInt8(ascii: "-") }
                if !isPlain { add("'") }
                add(escaped: family.filter { $0 != "'" })
                if !isPlain { add("'") }
            }
            add("\"")
        }
        add("font-size", significant: span.size)
        if span.font.weight != 400 { add(" font-weight=\"\(span.font.weight)\"") }
        if span.font.isItalic { add(" font-style=\"italic\"") }
        if span.font.stretch != 100 { add(" font-stretch=\"\(span.font.stretch)%\"") }
        if span.isSmallCaps { add(" font-variant=\"small-caps\"") }
        if !span.isKerned { add(" font-kerning=\"none\"") }
        if span.letterSpacing != 0 { add("letter-spacing", significant: span.letterSpacing) }
        if span.wordSpacing != 0 { add("word-spacing", significant: span.wordSpacing) }
        if let language = span.language {
            add(" xml:lang=\"")
            add(escaped: language)
            add("\"")
        }
        if !span.decorations.isEmpty {
            let names = span.decorations.map { decoration in
                switch decoration.kind {
                case .underline: "underline"
                case .overline: "overline"
                case .lineThrough: "line-through"
                }
            }
            add(" text-decoration=\"\(names.joined(separator: " "))\"")
        }
        if span.opacity != 1 { add("opacity", span.opacity, 4) }
        write(span.fill)
        if let stroke = span.stroke { write(stroke, places) }
        if span.isStrokeFirst { add(" paint-order=\"stroke\"") }
        add(">")
        if !open.isEmpty { add(escaped: open.reduce(into: "") { $0.unicodeScalars.append($1) }) }
        add(escaped: span.text)
        add(span.link == nil ? "</tspan>" : "</tspan></a>")
    }

    private func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
}

extension SVG.Text.Chunk {
    /// Whether text attributes say all of it; without glyphs there is nothing else to say it by.
    fileprivate var isWritable: Bool { isPlain && !isVertical || spans.allSatisfy(\.glyphs.isEmpty) }
}
