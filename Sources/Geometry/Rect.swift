/// A width and a height in user units.
@frozen
public struct Size: Hashable, Sendable {
    /// Extent to the right.
    public var width: Double
    /// Extent downwards.
    public var height: Double

    /// A size from its two extents.
    @inlinable
    public init(_ width: Double, _ height: Double) {
        self.width = width
        self.height = height
    }
}

/// An axis-aligned rectangle, `x…x+width` by `y…y+height`, in user units with y down.
@frozen
public struct Rect: Hashable, Sendable {
    /// The corner with the smallest coordinates.
    public var origin: Point
    /// The extent to the right of and below the origin; not negative.
    public var size: Size

    /// A rectangle from its corner and extents.
    @inlinable
    public init(x: Double, y: Double, width: Double, height: Double) {
        origin = Point(x, y)
        size = Size(width, height)
    }

    /// The smallest rectangle that holds both points.
    @inlinable
    public init(_ a: Point, _ b: Point) {
        self.init(x: min(a.x, b.x), y: min(a.y, b.y), width: abs(b.x - a.x), height: abs(b.y - a.y))
    }

    /// The left edge.
    @inlinable public var minX: Double { origin.x }
    /// The upper edge.
    @inlinable public var minY: Double { origin.y }
    /// The right edge.
    @inlinable public var maxX: Double { origin.x + size.width }
    /// The lower edge.
    @inlinable public var maxY: Double { origin.y + size.height }
    /// The horizontal extent.
    @inlinable public var width: Double { size.width }
    /// The vertical extent.
    @inlinable public var height: Double { size.height }
    /// The point in the middle.
    @inlinable public var center: Point { Point(origin.x + size.width / 2, origin.y + size.height / 2) }

    /// The smallest rectangle that holds this one and `other`.
    @inlinable
    public func union(_ other: Rect) -> Rect {
        Rect(
            Point(min(minX, other.minX), min(minY, other.minY)),
            Point(max(maxX, other.maxX), max(maxY, other.maxY)))
    }
}
