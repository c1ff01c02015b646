public import AtelierGeometry

extension SVG {
    /// Text with everything resolved: where each stretch of characters stands, in which font, and the outlines of its glyphs.
    ///
    /// Coordinates are those of the element, in CSS pixels of its own system, y down.
    public struct Text: Hashable, Sendable {
        /// The element it came from.
        public var origin: Origin
        /// From the text's coordinates to its parent's.
        public var transform: AffineTransform
        /// Opacity of all of it, 0…1.
        public var opacity: Double
        /// What begins at a place of its own, in reading order; not empty.
        public var chunks: [Chunk]

        /// A text from its parts.
        public init(origin: Origin, transform: AffineTransform = .identity, opacity: Double = 1, chunks: [Chunk]) {
            self.origin = origin
            self.transform = transform
            self.opacity = opacity
            self.chunks = chunks
        }

        /// Which part of a chunk lies at its place.
        public enum Anchor: Hashable, Sendable { case start, middle, end }

        /// Text set from one place (SVG 2, 11.1): `x` or `y` of an element begins another one.
        public struct Chunk: Hashable, Sendable {
            /// Which part of it lies at `place`; `start` is on the right when it reads from right to left.
            public var anchor: Anchor
            /// Where it was put: a point of the baseline.
            public var place: Point
            /// How far its spans reach together, along the line.
            public var advance: Double
            /// Whether it reads from right to left.
            public var isRightToLeft: Bool
            /// Whether its lines run down.
            public var isVertical: Bool
            /// Whether its glyphs stand on one straight line where plain text setting puts them, apart from `Span.rise`: none is moved,
            /// turned or stretched on its own, though all may have one spacing.
            public var isPlain: Bool
            /// Stretches of one style in reading order; not empty.
            public var spans: [Span]

            /// A chunk from its parts.
            public init(
                anchor: Anchor, place: Point, advance: Double, isRightToLeft: Bool = false, isVertical: Bool = false, isPlain: Bool = true,
                spans: [Span]
            ) {
                self.anchor = anchor
                self.place = place
                self.advance = advance
                self.isRightToLeft = isRightToLeft
                self.isVertical = isVertical
                self.isPlain = isPlain
                self.spans = spans
            }
        }

        /// Characters of one style.
        public struct Span: Hashable, Sendable {
            /// The characters in reading order, white space already collapsed; with those of Unicode that embed, override and isolate where
            /// the file asks for that and it makes a difference.
            public var text: String
            /// The font asked for and the one found.
            public var font: Font
            /// Size of the em.
            public var size: Double
            /// What is added after each character, and after each space besides.
            public var letterSpacing: Double, wordSpacing: Double
            /// How far the span is raised above the line's baseline (`baseline-shift`).
            public var rise: Double
            /// Whether lower-case letters are small capitals.
            public var isSmallCaps: Bool
            /// Whether pairs of letters are moved together as the font says.
            public var isKerned: Bool
            /// Language by `xml:lang`, such as `de`.
            public var language: String?
            /// Where an enclosing `a` leads.
            public var link: String?
            /// How the glyphs are painted; nil for `fill="none"`.
            public var fill: Fill?
            /// How their outlines are painted; nil for `stroke="none"`.
            public var stroke: Stroke?
            /// Whether the stroke lies under the fill (`paint-order`).
            public var isStrokeFirst: Bool
            /// Opacity of the span, 0…1.
            public var opacity: Double
            /// Lines along it.
            public var decorations: [Decoration]
            /// Left end of its baseline, `rise` included.
            public var start: Point
            /// From there to its other end, along the line.
            public var advance: Double
            /// The glyphs from left to right; empty where there was no font to take them from.
            public var glyphs: [Glyph]
            /// The rectangle of line height (ascent to descent) around its glyphs.
            public var box: Rect

            /// A span from its parts.
            public init(
                text: String, font: Font, size: Double, letterSpacing: Double = 0, wordSpacing: Double = 0, rise: Double = 0,
                isSmallCaps: Bool = false, isKerned: Bool = true, language: String? = nil, link: String? = nil, fill: Fill?,
                stroke: Stroke? = nil, isStrokeFirst: Bool = false, opacity: Double = 1, decorations: [Decoration] = [], start: Point,
                advance: Double, glyphs: [Glyph], box: Rect
            ) {
                (self.text, self.font, self.size) = (text, font, size)
                (self.letterSpacing, self.wordSpacing, self.rise) = (letterSpacing, wordSpacing, rise)
                (self.isSmallCaps, self.isKerned, self.language, self.link) = (isSmallCaps, isKerned, language, link)
                (self.fill, self.stroke, self.isStrokeFirst, self.opacity) = (fill, stroke, isStrokeFirst, opacity)
                self.decorations = decorations
                (self.start, self.advance, self.glyphs, self.box) = (start, advance, glyphs, box)
            }
        }

        /// A font as asked for and as found. Measures are in parts of the em.
        public struct Font: Hashable, Sendable {
            /// The families asked for, preferred first; empty when the file names none.
            public var families: [String]
            /// 1…1000; 400 is regular, 700 bold.
            public var weight: Int
            /// Whether letters slant.
            public var isItalic: Bool
            /// Width of the letters in percent of normal.
            public var stretch: Int
            /// The family found, by the name under which its weight is found too; nil without fonts.
            public var family: String?
            /// Whether that is a family asked for by name.
            public var isFound: Bool
            /// Whether the fonts found had glyphs for all characters.
            public var isComplete: Bool
            /// Weight and slant of the font found.
            public var foundWeight: Int, isFoundItalic: Bool
            /// From the baseline up to the top of a line and down to its bottom, and the gap between lines.
            public var ascent: Double, descent: Double, lineGap: Double

            /// A font from its parts.
            public init(
                families: [String], weight: Int = 400, isItalic: Bool = false, stretch: Int = 100, family: String?, isFound: Bool,
                isComplete: Bool, foundWeight: Int, isFoundItalic: Bool, ascent: Double, descent: Double, lineGap: Double
            ) {
                (self.families, self.weight, self.isItalic, self.stretch) = (families, weight, isItalic, stretch)
                (self.family, self.isFound, self.isComplete) = (family, isFound, isComplete)
                (self.foundWeight, self.isFoundItalic) = (foundWeight, isFoundItalic)
                (self.ascent, self.descent, self.lineGap) = (ascent, descent, lineGap)
            }
        }

        /// A line along a span.
        public struct Decoration: Hashable, Sendable {
            /// Where it lies.
            public enum Kind: Hashable, Sendable { case underline, overline, lineThrough }
            /// Where it lies.
            public var kind: Kind
            /// Its area: along a plain chunk one rectangle, else one for each stretch of glyphs that stand on a line.
            public var outline: BezierPath
            /// How it is painted: as the element that asked for it.
            public var fill: Fill?, stroke: Stroke?

            /// A line from its parts.
            public init(kind: Kind, outline: BezierPath, fill: Fill?, stroke: Stroke? = nil) {
                (self.kind, self.outline, self.fill, self.stroke) = (kind, outline, fill, stroke)
            }
        }

        /// A glyph where it is drawn.
        public struct Glyph: Hashable, Sendable {
            /// Its outline in parts of the em, y down, for the nonzero rule; shared by all glyphs of its kind.
            public var outline: BezierPath
            /// From there to the text's coordinates.
            public var transform: AffineTransform

            /// A glyph from its parts.
            public init(outline: BezierPath, transform: AffineTransform) {
                self.outline = outline
                self.transform = transform
            }
        }
    }
}

extension SVG.Text {
    /// The smallest rectangle that holds the line boxes of all spans (SVG 2, 11.6.2: the box that paints refer to).
    public var box: Rect? {
        var result: Rect?
        for chunk in chunks { for span in chunk.spans { result = result?.union(span.box) ?? span.box } }
        return result
    }

    /// The text as a group of paths: one for each span, and one for each line along it.
    ///
    /// Spans without glyphs leave nothing.
    public var outlined: SVG.Group {
        var group = SVG.Group(origin: origin, transform: transform, opacity: opacity, children: [])
        for chunk in chunks { for span in chunk.spans { span.appendOutlines(to: &group.children) } }
        return group
    }

    /// All characters, chunks parted by line ends.
    public var string: String { chunks.map { $0.spans.map(\.text).joined() }.joined(separator: "\n") }
}

extension SVG.Node {
    /// The node with all text that has glyphs as outlines.
    public var withOutlinedText: SVG.Node {
        switch self {
        case .group(var group):
            group.children = group.children.map(\.withOutlinedText)
            return .group(group)
        case .text(let text) where text.chunks.allSatisfy { $0.spans.allSatisfy { !$0.glyphs.isEmpty } }: return .group(text.outlined)
        default: return self
        }
    }
}

extension SVG.Text.Span {
    /// The outlines of all glyphs together.
    public var outline: BezierPath {
        var path = BezierPath()
        for glyph in glyphs where !glyph.outline.isEmpty { path.append(glyph.outline.transformed(by: glyph.transform)) }
        return path
    }

    fileprivate func appendOutlines(to nodes: inout [SVG.Node]) {
        let origin = SVG.Origin(element: "tspan")
        func append(_ geometry: BezierPath, _ fill: SVG.Fill?, _ stroke: SVG.Stroke?) {
            guard !geometry.isEmpty, fill != nil || stroke != nil else { return }
            var path = SVG.Path(origin: origin, geometry: geometry, opacity: opacity, fill: fill, stroke: stroke)
            path.fill?.rule = .nonzero
            if isStrokeFirst, fill != nil, stroke != nil {
                var under = path
                under.fill = nil
                path.stroke = nil
                nodes.append(.path(under))
            }
            nodes.append(.path(path))
        }
        for decoration in decorations where decoration.kind != .lineThrough {
            append(decoration.outline, decoration.fill, decoration.stroke)
        }
        append(outline, fill, stroke)
        for decoration in decorations where decoration.kind == .lineThrough {
            append(decoration.outline, decoration.fill, decoration.stroke)
        }
    }
}
