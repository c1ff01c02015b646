// Geometry: points, transforms and paths as plain values; the vocabulary that tracing, SVG and slides share.
// It imports nothing, draws nothing and knows no file format but SVG path data. Start with `BezierPath`.

/// A position in the plane, in user units with y growing downwards, as in SVG.
@frozen
public struct Point: Hashable, Sendable {
    /// Distance to the right of the origin.
    public var x: Double
    /// Distance below the origin.
    public var y: Double

    /// A point from its two coordinates.
    @inlinable
    public init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }

    /// The origin.
    @inlinable public static var zero: Point { Point(0, 0) }

    /// The point moved by a vector.
    @inlinable public static func + (p: Point, v: Vector) -> Point { Point(p.x + v.dx, p.y + v.dy) }
    /// The point moved against a vector.
    @inlinable public static func - (p: Point, v: Vector) -> Point { Point(p.x - v.dx, p.y - v.dy) }
    /// The vector from `q` to `p`.
    @inlinable public static func - (p: Point, q: Point) -> Vector { Vector(p.x - q.x, p.y - q.y) }

    /// The point a fraction `t` of the way to `other`.
    @inlinable
    public func interpolated(to other: Point, _ t: Double) -> Point {
        Point(x + (other.x - x) * t, y + (other.y - y) * t)
    }

    /// The straight distance to `other`.
    @inlinable public func distance(to other: Point) -> Double { (other - self).length }
}

/// A displacement in the plane, in user units.
@frozen
public struct Vector: Hashable, Sendable {
    /// Displacement to the right.
    public var dx: Double
    /// Displacement downwards.
    public var dy: Double

    /// A vector from its two components.
    @inlinable
    public init(_ dx: Double, _ dy: Double) {
        self.dx = dx
        self.dy = dy
    }

    /// The displacement that moves nothing.
    @inlinable public static var zero: Vector { Vector(0, 0) }

    /// The Euclidean length.
    @inlinable public var length: Double { (dx * dx + dy * dy).squareRoot() }

    /// The vector of length 1 in the same direction; `zero` for a vector shorter than 1e-12.
    @inlinable
    public var normalized: Vector {
        let length = self.length
        return length > 1e-12 ? Vector(dx / length, dy / length) : .zero
    }

    /// The scalar product.
    @inlinable public func dot(_ other: Vector) -> Double { dx * other.dx + dy * other.dy }
    /// The z component of the vector product: positive when `other` lies clockwise on screen (y down).
    @inlinable public func cross(_ other: Vector) -> Double { dx * other.dy - dy * other.dx }
    /// The vector turned by 90° clockwise on screen (y down).
    @inlinable public var perpendicular: Vector { Vector(-dy, dx) }

    /// The sum of two vectors.
    @inlinable public static func + (a: Vector, b: Vector) -> Vector { Vector(a.dx + b.dx, a.dy + b.dy) }
    /// The difference of two vectors.
    @inlinable public static func - (a: Vector, b: Vector) -> Vector { Vector(a.dx - b.dx, a.dy - b.dy) }
    /// The opposite vector.
    @inlinable public static prefix func - (v: Vector) -> Vector { Vector(-v.dx, -v.dy) }
    /// The vector scaled by a number.
    @inlinable public static func * (v: Vector, s: Double) -> Vector { Vector(v.dx * s, v.dy * s) }
}
