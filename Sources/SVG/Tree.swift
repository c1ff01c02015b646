public import AtelierGeometry
public import AtelierPixels

extension SVG {
    /// A picture with everything resolved: what a renderer or a slide mapper needs and nothing else.
    ///
    /// Coordinates are CSS pixels (1/96 inch), y down. The canvas is `0…size.width` by `0…size.height`;
    /// a `viewBox` is already part of the transforms.
    public struct Tree: Hashable, Sendable {
        /// Width and height of the canvas in CSS pixels; both above 0.
        public var size: Size
        /// Everything drawn, back to front.
        public var root: Group
        /// `<title>` and `<desc>` of the document, when it has them.
        public var title: String?, summary: String?
        /// What was not understood or not drawn as written, in document order.
        public var diagnostics: [Diagnostic]
        /// Pages that the document marks out on its canvas; empty for most.
        public var pages: [Page]

        /// A tree from its parts.
        public init(
            size: Size, root: Group, title: String? = nil, summary: String? = nil, diagnostics: [Diagnostic] = [], pages: [Page] = []
        ) {
            self.size = size
            self.root = root
            self.title = title
            self.summary = summary
            self.diagnostics = diagnostics
            self.pages = pages
        }
    }

    /// Where an element came from and what it is called: kept so that people find it again on a slide.
    public struct Origin: Hashable, Sendable {
        /// Element name as written, such as `rect` or `g`.
        public var element: String
        /// Its `id`, when it has one.
        public var id: String?
        /// Text of its `<title>` child, when it has one.
        public var title: String?
        /// Text of its `<desc>` child, when it has one.
        public var summary: String?
        /// Line in the source, from 1; 0 when there is none.
        public var line: Int
        /// What a drawing program calls it (`inkscape:label`), when it does.
        public var name: String?
        /// Whether a drawing program says that it is a layer (`inkscape:groupmode`).
        public var isLayer: Bool

        /// An origin from its parts.
        public init(
            element: String, id: String? = nil, title: String? = nil, summary: String? = nil, line: Int = 0, name: String? = nil,
            isLayer: Bool = false
        ) {
            self.element = element
            self.id = id
            self.title = title
            self.summary = summary
            self.line = line
            self.name = name
            self.isLayer = isLayer
        }

        /// What people would call the element: its title, else what a drawing program calls it, else its id.
        public var label: String? { [title, name, id].compactMap(\.self).first { !$0.isEmpty } }

        /// The same place in the source, without what people would call it: for parts of an element, whose group has its names.
        public var nameless: Origin { Origin(element: element, line: line) }
    }

    /// One thing to draw.
    public indirect enum Node: Hashable, Sendable {
        /// Nodes drawn together.
        case group(Group)
        /// A filled and stroked outline.
        case path(Path)
        /// A picture made of pixels.
        case image(Image)
        /// Set text.
        case text(Text)
    }

    /// Nodes drawn together, with a coordinate system of their own.
    ///
    /// What they draw is clipped, then masked, then given the group's opacity, and blended with what lies behind.
    public struct Group: Hashable, Sendable {
        /// The element it came from.
        public var origin: Origin
        /// From the group's coordinates to its parent's.
        public var transform: AffineTransform
        /// Opacity of the group as a whole, 0…1.
        public var opacity: Double
        /// The region in which the children are seen, in the group's own coordinates; nil for everywhere. Its contours do not
        /// cross, and both fill rules enclose the same of them.
        public var clip: BezierPath?
        /// The address that the content leads to, as written in the `href` of an `a`; nil for none.
        public var link: String?
        /// What is drawn in place of the children's pixels, before the clip; nil for the pixels themselves.
        public var filter: Filter?
        /// How much of the children is seen where; nil for all of them everywhere.
        public var mask: Mask?
        /// How the group's colours are mixed with those behind it.
        public var blend: BlendMode
        /// Whether children that blend see nothing of what lies behind the group (`isolation: isolate`). Groups that have an
        /// opacity, a clip, a mask, a filter or a blend mode are isolated without it.
        public var isIsolated: Bool
        /// Children, back to front.
        public var children: [Node]
        /// The arrowhead that the group draws at an end of the path before it, when that is what it looks like; nil otherwise.
        /// The children say the same.
        public var arrowhead: Arrowhead?

        /// A group from its parts.
        public init(
            origin: Origin, transform: AffineTransform = .identity, opacity: Double = 1, clip: BezierPath? = nil, link: String? = nil,
            filter: Filter? = nil, mask: Mask? = nil, blend: BlendMode = .normal, isIsolated: Bool = false, children: [Node] = []
        ) {
            self.link = link
            self.origin = origin
            self.transform = transform
            self.opacity = opacity
            self.clip = clip
            self.filter = filter
            self.mask = mask
            self.blend = blend
            self.isIsolated = isIsolated
            self.children = children
        }
    }

    /// A shape that ends a line, in the colour of the line, and pointing the way it goes.
    public struct Arrowhead: Hashable, Sendable {
        /// Where the line has it.
        public enum End: Hashable, Sendable { case start, end }
        /// What it looks like: a triangle, one with a notch behind, a rhombus, an ellipse.
        public enum Shape: Hashable, Sendable { case triangle, stealth, diamond, oval }

        /// Where the line has it.
        public var end: End
        /// What it looks like.
        public var shape: Shape
        /// Extent along the line and across it, in the path's coordinates.
        public var length: Double, width: Double
        /// How far its tip, or the middle of a rhombus or an ellipse, lies beyond the end of the line.
        public var reach: Double

        /// An arrowhead from its parts.
        public init(end: End, shape: Shape, length: Double, width: Double, reach: Double) {
            self.end = end
            self.shape = shape
            self.length = length
            self.width = width
            self.reach = reach
        }
    }

    /// How much is seen of what a group draws, point by point (CSS Masking 1, 6).
    public struct Mask: Hashable, Sendable {
        /// What counts of the mask's picture.
        public enum Kind: Hashable, Sendable {
            /// Luminance times alpha: white shows, black and nothing hide. The luminance of gamma-encoded sRGB is
            /// 0.2125 R + 0.7154 G + 0.0721 B; with `isLinear` that of linear light (`color-interpolation: linearRGB`).
            case luminance(isLinear: Bool)
            /// Alpha alone.
            case alpha
        }

        /// What counts of the mask's picture.
        public var kind: Kind
        /// Where the group is seen at all, in the group's own coordinates.
        public var region: Rect
        /// The mask's picture, back to front, in the group's own coordinates.
        public var children: [Node]

        /// A mask from its parts.
        public init(kind: Kind = .luminance(isLinear: false), region: Rect, children: [Node]) {
            self.kind = kind
            self.region = region
            self.children = children
        }
    }

    /// How colours are mixed with those behind them, by its name in CSS.
    public typealias BlendMode = AtelierPixels.BlendMode

    /// A filled and stroked outline.
    public struct Path: Hashable, Sendable {
        /// The element it came from.
        public var origin: Origin
        /// The outline in the path's own coordinates.
        public var geometry: BezierPath
        /// The basic shape the outline was made from, in the same coordinates; nil for a general path.
        public var shape: BasicShape?
        /// From the path's coordinates to its parent's.
        public var transform: AffineTransform
        /// Opacity of fill and stroke together, 0…1.
        public var opacity: Double
        /// How the inside is painted; nil for `fill="none"`.
        public var fill: Fill?
        /// How the outline is painted; nil for `stroke="none"`.
        public var stroke: Stroke?
        /// Whether the fill is painted over the stroke (`paint-order`), not under it.
        public var isStrokeFirst: Bool

        /// A path from its parts.
        public init(
            origin: Origin, geometry: BezierPath, shape: BasicShape? = nil, transform: AffineTransform = .identity,
            opacity: Double = 1, fill: Fill?, stroke: Stroke? = nil, isStrokeFirst: Bool = false
        ) {
            self.origin = origin
            self.geometry = geometry
            self.shape = shape
            self.transform = transform
            self.opacity = opacity
            self.fill = fill
            self.stroke = stroke
            self.isStrokeFirst = isStrokeFirst
        }
    }

    /// A shape that slides know by name, with resolved lengths in the path's own coordinates.
    public enum BasicShape: Hashable, Sendable {
        /// A rectangle with corner radii (0 for sharp corners), already limited to half the sides.
        case rect(Rect, rx: Double, ry: Double)
        /// An ellipse, or a circle when the radii agree.
        case ellipse(center: Point, rx: Double, ry: Double)
        /// A straight line.
        case line(Point, Point)
    }

    /// A colour in gamma-encoded sRGB without alpha; opacity stands beside it.
    public struct Color: Hashable, Sendable, Codable {
        /// Channels 0…255.
        public var red: UInt8, green: UInt8, blue: UInt8

        /// A colour from its channels.
        public init(red: UInt8, green: UInt8, blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }
    }

    /// What an area or outline is painted with.
    public enum Paint: Hashable, Sendable {
        /// One colour.
        case color(Color)
        /// Colours that pass into each other.
        case gradient(Gradient)
        /// A picture repeated in both directions.
        case pattern(Pattern)

        /// The same paint on a path whose points were moved.
        public func moved(by transform: AffineTransform) -> Paint {
            switch self {
            case .color: self
            case .gradient(let gradient): .gradient(gradient.moved(by: transform))
            case .pattern(let pattern): .pattern(pattern.moved(by: transform))
            }
        }
    }

    /// A picture repeated in both directions (SVG 2, 14.3).
    public struct Pattern: Hashable, Sendable {
        /// Width and height of a tile in the pattern's own coordinates, both above 0. The first tile has its corner at the origin;
        /// what its picture draws beyond the tile is not seen.
        public var tile: Size
        /// From the pattern's coordinates to those of the path; never degenerate.
        public var transform: AffineTransform
        /// The picture of a tile, back to front, in the pattern's coordinates.
        public var children: [Node]

        /// The same picture on a path whose points were moved.
        public func moved(by transform: AffineTransform) -> Pattern {
            Pattern(tile: tile, transform: self.transform.followed(by: transform), children: children)
        }

        /// A pattern from its parts.
        public init(tile: Size, transform: AffineTransform = .identity, children: [Node]) {
            self.tile = tile
            self.transform = transform
            self.children = children
        }
    }

    /// Colours that pass into each other along a line or outwards from a point (SVG 2, 14.2), interpolated in gamma-encoded
    /// sRGB with alpha apart from it.
    public struct Gradient: Hashable, Sendable {
        /// Where the colours lie, in the gradient's own coordinates.
        public enum Shape: Hashable, Sendable {
            /// Offset 0 on the line through `from` across the direction to `to`, offset 1 on the one through `to`.
            case linear(from: Point, to: Point)
            /// Offset 0 on the circle of `focusRadius` around `focus`, offset 1 on the circle of `radius` around `center`; the
            /// inner circle lies in the outer one.
            case radial(center: Point, radius: Double, focus: Point, focusRadius: Double)
        }

        /// What lies beyond offsets 0 and 1.
        public enum Spread: Hashable, Sendable { case pad, reflect, `repeat` }

        /// A colour at an offset.
        public struct Stop: Hashable, Sendable {
            /// 0…1, never smaller than that of the stop before.
            public var offset: Double
            /// The colour there.
            public var color: Color
            /// Its opacity, 0…1.
            public var opacity: Double

            /// A stop from its parts.
            public init(offset: Double, color: Color, opacity: Double = 1) {
                self.offset = offset
                self.color = color
                self.opacity = opacity
            }
        }

        /// Where the colours lie.
        public var shape: Shape
        /// From the gradient's coordinates to those of the path; never degenerate.
        public var transform: AffineTransform
        /// What lies beyond offsets 0 and 1.
        public var spread: Spread
        /// At least two.
        public var stops: [Stop]

        /// The same colours on a path whose points were moved.
        public func moved(by transform: AffineTransform) -> Gradient {
            Gradient(shape: shape, transform: self.transform.followed(by: transform), spread: spread, stops: stops)
        }

        /// A gradient from its parts.
        public init(shape: Shape, transform: AffineTransform = .identity, spread: Spread = .pad, stops: [Stop]) {
            self.shape = shape
            self.transform = transform
            self.spread = spread
            self.stops = stops
        }
    }

    /// How the inside of a path is painted.
    public struct Fill: Hashable, Sendable {
        /// The paint.
        public var paint: Paint
        /// Opacity of the fill alone, 0…1; the alpha of the colour is multiplied in.
        public var opacity: Double
        /// Which points count as inside.
        public var rule: FillRule

        /// A fill from its parts.
        public init(paint: Paint, opacity: Double = 1, rule: FillRule = .nonzero) {
            self.paint = paint
            self.opacity = opacity
            self.rule = rule
        }
    }

    /// How an outline is painted. Lengths are in the path's own coordinates.
    public struct Stroke: Hashable, Sendable {
        /// Shape of the ends of open subpaths.
        public typealias Cap = StrokeStyle.Cap
        /// Shape of the corners.
        public typealias Join = StrokeStyle.Join

        /// The paint.
        public var paint: Paint
        /// Opacity of the stroke alone, 0…1; the alpha of the colour is multiplied in.
        public var opacity: Double
        /// Width across the outline; above 0.
        public var width: Double
        /// Shape of the ends of open subpaths.
        public var cap: Cap
        /// Shape of the corners.
        public var join: Join
        /// Ratio of mitre length to width above which a mitre becomes a bevel or is cut off; at least 1.
        public var miterLimit: Double
        /// Lengths of dashes and gaps in turn, an even count; empty for a solid line.
        public var dashes: [Double]
        /// How far into the dash pattern the line starts.
        public var dashOffset: Double

        /// A stroke from its parts; the defaults are SVG's.
        public init(
            paint: Paint, opacity: Double = 1, width: Double = 1, cap: Cap = .butt, join: Join = .miter,
            miterLimit: Double = 4, dashes: [Double] = [], dashOffset: Double = 0
        ) {
            self.paint = paint
            self.opacity = opacity
            self.width = width
            self.cap = cap
            self.join = join
            self.miterLimit = miterLimit
            self.dashes = dashes
            self.dashOffset = dashOffset
        }
    }
}
