// ImageTracing: a raster becomes a drawing in four steps, each a plain function:
//
//     quantize → which colours there are
//     segment  → which pixels belong together, and where exactly their boundaries run
//     fit      → the boundaries as lines and cubic Béziers, in layers painted back to front
//     writeSVG → the shortest text that draws them
//
// Nothing here reads files or knows the cache. Start with `TraceOptions`, then read the steps in that order.

public import AtelierPixels

/// Which range of colours a picture is reduced to before it is traced.
public enum ColorTone: String, Hashable, Sendable, CaseIterable {
    /// All its colours.
    case full
    /// Greys of the same luma.
    case grey
    /// The tints between two colours, by luma: the darker of the first two of the given palette stands for black and the lighter for
    /// white. Without those, the two colours that sum up the picture best, from the luma of the one to that of the other.
    case duotone
}

/// What kind of picture is traced.
public enum TraceMode: String, Hashable, Sendable, CaseIterable {
    /// Pixel art enlarged four times or more is traced like `pixel`, other pictures of two colours without anything between them
    /// like `bw`, with their own colours, and all others like `color`; so is everything for which a number of colours, a palette or a tone is given.
    case auto
    /// Areas of any number of colours, with boundaries measured from the mixtures along them.
    case color
    /// Ink and paper.
    case bw
    /// Every pixel is a square, exactly.
    case pixel
}

/// A colour of the picture and what it is drawn with.
public struct Recoloring: Hashable, Sendable {
    /// Found in any case, if anything in the picture is nearer to it than to the other colours; straight alpha.
    public var from: RGBA8
    /// What its areas are drawn with; the same colour keeps it exactly.
    public var to: RGBA8

    /// Draws one colour as another.
    public init(from: RGBA8, to: RGBA8) { (self.from, self.to) = (from, to) }
}

/// How many colours the drawing has and how different they must be.
public struct QuantizeOptions: Hashable, Sendable {
    /// The number of colours, 1 to 250: exactly as many, if the flat areas have that many (differences of less than eight levels do
    /// not count). Nil lets the picture decide.
    public var colors: Int?
    /// Colours closer than this become one: distance in Oklab times 100, 0.5 to 30. Larger means fewer colours.
    public var colorDistance: Double
    /// The only colours of the drawing, up to 250, straight alpha: every area takes the nearest in Oklab. Empty lets the picture decide.
    public var palette: [RGBA8]
    /// Colours that are found in any case and what each is drawn with, up to 250; colours drawn alike become one. Empty for none. Not for
    /// the modes `bw` and `pixel`.
    public var recoloring: [Recoloring]
    /// Whether all colours are kept.
    public var tone: ColorTone
    /// What kind of picture it is.
    public var mode: TraceMode
    /// What ink is when the mode is `bw`.
    public var bilevel: BilevelOptions

    /// The defaults suit logos, icons and illustrations.
    public init(
        colors: Int? = nil, colorDistance: Double = 3, palette: [RGBA8] = [], recoloring: [Recoloring] = [], tone: ColorTone = .full,
        mode: TraceMode = .auto, bilevel: BilevelOptions = .init()
    ) {
        (self.colors, self.colorDistance, self.palette, self.tone) = (colors, colorDistance, palette, tone)
        (self.recoloring, self.mode, self.bilevel) = (recoloring, mode, bilevel)
    }
}

/// Which regions are worth drawing.
public struct SegmentOptions: Hashable, Sendable {
    /// Regions of at most this many pixels join their best neighbour, 0 to 10 000 px².
    public var speckleArea: Int
    /// What a byte of the drawing may cost in squared error (premultiplied sRGB bytes, summed over channels and pixels), 1 to 1 000 000:
    /// neighbours are drawn as one region when that saves enough bytes. Larger means fewer regions.
    public var lambda: Double
    /// What is joined where ink and paper meet crosswise; for pictures of two colours.
    public var turns: TurnPolicy

    /// The defaults keep every detail that is more than a dot.
    public init(speckleArea: Int = 4, lambda: Double = 600, turns: TurnPolicy = .minority) {
        (self.speckleArea, self.lambda, self.turns) = (speckleArea, lambda, turns)
    }
}

/// How boundaries become lines and curves.
public struct FitOptions: Hashable, Sendable {
    /// Largest distance between a boundary point and its curve, in pixels, 0.05 to 5.
    public var tolerance: Double
    /// What a byte of the drawing may save at the cost of its likeness, in squared differences of 8-bit channels, 1 to 1 000 000. Larger
    /// means fewer bytes.
    public var lambda: Double
    /// A boundary that turns by more than this at one place has a corner there, in degrees, 10 to 180 (180: no corners).
    public var cornerAngle: Double
    /// From where a vertex of a two-level outline is a corner: potrace's α, 0 (polygons) to 1.334 (no corners).
    public var cornerAlpha: Double
    /// How far a curve of a two-level outline may be from the curves it joins, 0 (joins none) to 5 pixels.
    public var joinTolerance: Double
    /// Whether shapes lie over one another or beside one another.
    public var layering: Layering
    /// How far shapes beside one another run under those painted after them, 0 to 5 pixels. 0 gives both sides of a seam the same
    /// coordinates, for cutters and plotters; on screens what lies behind shows along such seams.
    public var overlap: Double

    /// The defaults stay below what is visible at the size of the picture.
    public init(
        tolerance: Double = 0.25, lambda: Double = 600, cornerAngle: Double = 40, cornerAlpha: Double = 1, joinTolerance: Double = 0.2,
        layering: Layering = .stacked, overlap: Double = 1
    ) {
        self.tolerance = tolerance
        self.lambda = lambda
        self.cornerAngle = cornerAngle
        (self.cornerAlpha, self.joinTolerance) = (cornerAlpha, joinTolerance)
        (self.layering, self.overlap) = (layering, overlap)
    }
}

/// How the drawing is written.
public struct DrawingOptions: Hashable, Sendable {
    /// Decimal places of a coordinate in pixels, 0 to 3. Nil takes the grid on which the drawing was fitted.
    public var decimals: Int?
    /// Whether the SVG states its `width` and `height` in pixels. Without them it fills whatever it is placed in.
    public var statesSize: Bool

    /// The defaults keep as much as the curves are worth.
    public init(decimals: Int? = nil, statesSize: Bool = true) {
        self.decimals = decimals
        self.statesSize = statesSize
    }
}

/// Everything the colour tracer can be told, one field a step.
public struct TraceOptions: Hashable, Sendable {
    /// Colours.
    public var quantize: QuantizeOptions
    /// Regions.
    public var segment: SegmentOptions
    /// Curves.
    public var fit: FitOptions
    /// Text.
    public var write: DrawingOptions

    /// The default of every step unless given.
    public init(
        quantize: QuantizeOptions = .init(), segment: SegmentOptions = .init(), fit: FitOptions = .init(),
        write: DrawingOptions = .init()
    ) {
        (self.quantize, self.segment, self.fit, self.write) = (quantize, segment, fit, write)
    }
}

#if !hasFeature(Embedded)
    extension ColorTone: Codable {}
    extension TraceMode: Codable {}
    extension Recoloring: Codable {}
    extension QuantizeOptions: Codable {}
    extension SegmentOptions: Codable {}
    extension FitOptions: Codable {}
    extension DrawingOptions: Codable {}
    extension TraceOptions: Codable {}
#endif
