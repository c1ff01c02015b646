public import AtelierGeometry

/// What an area is filled with.
public enum Paint: Hashable, Sendable {
    /// One colour, straight alpha.
    case color(RGBA8)
    /// Colours along a line.
    case linear(LinearGradient)
    /// Colours around a point.
    case radial(RadialGradient)

    /// Whether nothing behind it shows.
    public var isOpaque: Bool {
        switch self {
        case .color(let color): color.a == 255
        case .linear(let gradient): gradient.stops.allSatisfy { $0.color.a == 255 }
        case .radial(let gradient): gradient.stops.allSatisfy { $0.color.a == 255 }
        }
    }

    /// Whether it leaves no mark.
    public var isInvisible: Bool {
        switch self {
        case .color(let color): color.a == 0
        case .linear(let gradient): gradient.stops.allSatisfy { $0.color.a == 0 }
        case .radial(let gradient): gradient.stops.allSatisfy { $0.color.a == 0 }
        }
    }
}

/// A colour at a place of a gradient. Between two stops the channels change linearly as sRGB values with straight alpha;
/// before the first and after the last the colour stays (SVG 2, 14.2.3 and 14.3).
public struct GradientStop: Hashable, Sendable {
    /// 0 at the start, 1 at the end; stops stand in rising order.
    public var offset: Double
    /// Straight alpha.
    public var color: RGBA8

    /// A stop.
    public init(offset: Double, color: RGBA8) { (self.offset, self.color) = (offset, color) }
}

/// Colours that change along the line from `start` to `end` and are constant across it.
public struct LinearGradient: Hashable, Sendable {
    /// Where offset 0 and offset 1 lie, in the coordinates of the path that is filled.
    public var start: Point, end: Point
    /// At least two, rising.
    public var stops: [GradientStop]

    /// A gradient between two points.
    public init(start: Point, end: Point, stops: [GradientStop]) { (self.start, self.end, self.stops) = (start, end, stops) }
}

/// Colours that change with the distance from a centre, the same in all directions or along the axes of an ellipse.
public struct RadialGradient: Hashable, Sendable {
    /// From the unit circle around the origin, where offset is the distance from it, to the coordinates of the path that is filled.
    public var place: AffineTransform
    /// At least two, rising.
    public var stops: [GradientStop]

    /// A gradient on an image of the unit circle.
    public init(place: AffineTransform, stops: [GradientStop]) { (self.place, self.stops) = (place, stops) }

    /// A gradient on a circle.
    public init(center: Point, radius: Double, stops: [GradientStop]) {
        self.init(place: AffineTransform(a: radius, b: 0, c: 0, d: radius, e: center.x, f: center.y), stops: stops)
    }
}
