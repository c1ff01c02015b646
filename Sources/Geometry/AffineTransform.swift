/// A map of the plane that keeps lines straight: `x′ = a·x + c·y + e`, `y′ = b·x + d·y + f`,
/// named as in SVG's `matrix(a b c d e f)`.
@frozen
public struct AffineTransform: Hashable, Sendable {
    /// Coefficients in the order of SVG's `matrix()`.
    public var a: Double, b: Double, c: Double, d: Double, e: Double, f: Double

    /// A transform from its six coefficients.
    @inlinable
    public init(a: Double, b: Double, c: Double, d: Double, e: Double, f: Double) {
        (self.a, self.b, self.c, self.d, self.e, self.f) = (a, b, c, d, e, f)
    }

    /// The transform that moves nothing.
    @inlinable public static var identity: AffineTransform { AffineTransform(a: 1, b: 0, c: 0, d: 1, e: 0, f: 0) }

    /// A displacement.
    @inlinable
    public static func translation(_ dx: Double, _ dy: Double) -> AffineTransform {
        AffineTransform(a: 1, b: 0, c: 0, d: 1, e: dx, f: dy)
    }

    /// A scaling about the origin.
    @inlinable
    public static func scaling(_ sx: Double, _ sy: Double) -> AffineTransform {
        AffineTransform(a: sx, b: 0, c: 0, d: sy, e: 0, f: 0)
    }

    /// The transform that applies `self` first and `outer` second.
    @inlinable
    public func followed(by outer: AffineTransform) -> AffineTransform {
        AffineTransform(
            a: outer.a * a + outer.c * b, b: outer.b * a + outer.d * b,
            c: outer.a * c + outer.c * d, d: outer.b * c + outer.d * d,
            e: outer.a * e + outer.c * f + outer.e, f: outer.b * e + outer.d * f + outer.f)
    }

    /// The signed factor by which areas grow; negative when the transform mirrors.
    @inlinable public var determinant: Double { a * d - b * c }

    /// The opposite transform; nil when the determinant is 0 or not finite.
    @inlinable
    public var inverse: AffineTransform? {
        let det = determinant
        guard det != 0, det.isFinite else { return nil }
        return AffineTransform(
            a: d / det, b: -b / det, c: -c / det, d: a / det,
            e: (c * f - d * e) / det, f: (b * e - a * f) / det)
    }

    /// Where a point goes.
    @inlinable
    public func callAsFunction(_ p: Point) -> Point { Point(a * p.x + c * p.y + e, b * p.x + d * p.y + f) }

    /// Where a displacement goes (translation does not act on it).
    @inlinable
    public func callAsFunction(_ v: Vector) -> Vector { Vector(a * v.dx + c * v.dy, b * v.dx + d * v.dy) }
}
