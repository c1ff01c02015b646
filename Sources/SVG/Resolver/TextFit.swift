extension TextLine {
    /// A line of glyphs before it is put in place.
    struct Shaped {
        var range: Range<Int>
        var directions: TextContent.Directions
        /// Stretches of one style in reading order.
        var spanRanges: [Range<Int>]
        /// From left to right.
        var glyphs: [Placed]
        /// How far it reaches along and across.
        var x: Double, y: Double
        var isPlain: Bool
        /// What `textLength` adds behind each character, where it is the same everywhere.
        var addedSpacing = 0.0
    }

    /// Gives the glyphs of each element with a `textLength` that length together, over all lines they are on (SVG 2, 11.5, "resolve text
    /// length"): by space between them, or by stretching. What has a length of its own inside keeps it.
    func fit(_ lines: inout [Shaped]) {
        guard !content.fits.isEmpty else { return }
        // Of each character, the innermost element done so far.
        var owner = [Int](repeating: -1, count: content.characters.count)
        for (number, fit) in content.fits.enumerated() {
            fitOne(fit, &lines, owner)
            for i in fit.range { owner[i] = number }
        }
    }

    /// Glyphs that one element's length has to do with, on one line.
    private struct Part {
        /// Glyphs that nothing is put between, by their places: those of one character, or of an element with a length of its own.
        struct Piece {
            var glyphs: Range<Int>
            var owner: Int
            var start: Double, end: Double
        }

        var line: Int
        /// From left to right.
        var pieces: [Piece]

        var natural: Double { pieces[pieces.count - 1].end - pieces[0].start }
        /// How much of that has a length of its own.
        var fixed: Double { pieces.reduce(0) { $1.owner < 0 ? $0 : $0 + $1.end - $1.start } }
    }

    private func parts(of fit: TextContent.Fit, _ lines: [Shaped], _ owner: [Int]) -> [Part] {
        var parts: [Part] = []
        for (number, line) in lines.enumerated()
        where fit.range.lowerBound < line.range.upperBound && fit.range.upperBound > line.range.lowerBound {
            var pieces: [Part.Piece] = [], character = -1
            for (i, glyph) in line.glyphs.enumerated() where fit.range.contains(glyph.character) {
                let own = owner[glyph.character], end = glyph.x + glyph.advance
                if let last = pieces.last, own >= 0 ? last.owner == own : character == glyph.character {
                    pieces[pieces.count - 1].glyphs = last.glyphs.lowerBound..<i + 1
                    pieces[pieces.count - 1].end = end
                } else {
                    pieces.append(Part.Piece(glyphs: i..<i + 1, owner: own, start: glyph.x, end: end))
                }
                character = glyph.character
            }
            if !pieces.isEmpty { parts.append(Part(line: number, pieces: pieces)) }
        }
        return parts
    }

    private func fitOne(_ fit: TextContent.Fit, _ lines: inout [Shaped], _ owner: [Int]) {
        let parts = parts(of: fit, lines, owner)
        let natural = parts.reduce(0) { $0 + $1.natural }, fixed = parts.reduce(0) { $0 + $1.fixed }
        guard natural > 0 else { return }
        let growth = fit.length - natural, gapCount = parts.reduce(-1) { $0 + $1.pieces.count }
        for part in parts {
            let from = part.pieces[0].start, behind = part.pieces[part.pieces.count - 1].glyphs.upperBound
            var line = lines[part.line]
            let gained: Double
            if fit.stretchesGlyphs, natural > fixed, fit.length > fixed {
                let scale = (fit.length - fixed) / (natural - fixed)
                stretch(part, &line, from, by: scale)
                gained = parts.count == 1 ? growth : (part.natural - part.fixed) * (scale - 1)
                line.isPlain = false
            } else if gapCount > 0 {
                for (number, piece) in part.pieces.enumerated() {
                    for i in piece.glyphs { line.glyphs[i].x += growth * Double(number) / Double(gapCount) }
                }
                gained = parts.count == 1 ? growth : growth * Double(part.pieces.count - 1) / Double(gapCount)
                // The same space behind each character is what spaced letters are.
                if part.pieces.count == line.range.count, part.pieces.allSatisfy({ $0.owner < 0 }), !isJoined(line.range) {
                    line.addedSpacing += growth / Double(gapCount)
                } else {
                    line.isPlain = false
                }
            } else {
                // A glyph alone cannot be spread, but what follows begins where its length ends.
                gained = growth
                line.isPlain = false
            }
            for i in line.glyphs.indices[behind...] { line.glyphs[i].x += gained }
            line.x += gained
            lines[part.line] = line
        }
    }

    /// Stretches the glyphs of a part, and moves those with a length of their own.
    private func stretch(_ part: Part, _ line: inout Shaped, _ from: Double, by scale: Double) {
        var kept = 0.0
        for piece in part.pieces {
            if piece.owner >= 0 {
                let moved = from + (piece.start - from) * scale + kept - piece.start
                for i in piece.glyphs { line.glyphs[i].x += moved }
                kept += (piece.end - piece.start) * (1 - scale)
                continue
            }
            for i in piece.glyphs {
                line.glyphs[i].x = from + (line.glyphs[i].x - from) * scale + kept
                line.glyphs[i].stretch = scale
                line.glyphs[i].advance *= scale
            }
        }
    }
}
