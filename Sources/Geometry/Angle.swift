/// An angle, kept in degrees so that quarter turns stay exact.
///
///     let turn = AffineTransform.rotation(Angle(degrees: 90))      // exactly (0 1 −1 0 0 0)
///     let slope = Angle(of: Vector(1, 1)).degrees                  // 45
///
/// Positive angles turn from the x axis towards the y axis: clockwise on screen (y down).
/// Sine, cosine and arc tangent are computed here from Taylor series by IEEE additions, multiplications and divisions alone:
/// the same bits on every platform, which a C library's functions do not promise. They lie within 2 units
/// in the last place of the true value (of 1, near the zeros of sine and cosine); GeometryTests compare them with Glibc.
@frozen
public struct Angle: Hashable, Sendable {
    /// The angle in degrees; any finite number.
    public var degrees: Double

    /// An angle from degrees.
    @inlinable public init(degrees: Double) { self.degrees = degrees }

    /// An angle from radians.
    @inlinable public init(radians: Double) { degrees = radians * (180 / Double.pi) }

    /// The direction of a vector, in (−180°, 180°]; 0 for the zero vector.
    public init(of v: Vector) { degrees = arcTangent(v.dy, v.dx) * (180 / Double.pi) }

    /// The angle in radians.
    @inlinable public var radians: Double { degrees * (Double.pi / 180) }

    /// Sine and cosine together; both exact for multiples of 90°.
    ///
    /// An angle of 2⁵² degrees or more carries no direction that a `Double` can tell and counts as 0.
    public var sineAndCosine: (sine: Double, cosine: Double) {
        guard degrees.magnitude < 4_503_599_627_370_496 else { return (0, 1) }
        // The nearest quarter turn; what remains lies in −45…45° and the subtraction is exact.
        let quarters = Int(degrees / 90 + (degrees < 0 ? -0.5 : 0.5))
        let x = (degrees - Double(quarters) * 90) * (Double.pi / 180)
        let (s, c) = (sineNearZero(x), cosineNearZero(x))
        switch quarters & 3 {
        case 0: return (s, c)
        case 1: return (c, -s)
        case 2: return (-s, -c)
        default: return (-c, s)
        }
    }

    /// The tangent; infinite at odd multiples of 90°.
    public var tangent: Double {
        let (s, c) = sineAndCosine
        return s / c
    }
}

/// Taylor series to x¹⁷: the first term left out is below 1e-19 for |x| ≤ π/4.
private func sineNearZero(_ x: Double) -> Double {
    let y = x * x
    var sum = 1 / 355_687_428_096_000.0  // 1/17!
    sum = sum * y - 1 / 1_307_674_368_000.0
    sum = sum * y + 1 / 6_227_020_800.0
    sum = sum * y - 1 / 39_916_800.0
    sum = sum * y + 1 / 362_880.0
    sum = sum * y - 1 / 5_040.0
    sum = sum * y + 1 / 120.0
    sum = sum * y - 1 / 6.0
    return x + x * y * sum
}

/// Taylor series to x¹⁸: the first term left out is below 1e-20 for |x| ≤ π/4.
private func cosineNearZero(_ x: Double) -> Double {
    let y = x * x
    var sum = -1 / 6_402_373_705_728_000.0  // 1/18!
    sum = sum * y + 1 / 20_922_789_888_000.0
    sum = sum * y - 1 / 87_178_291_200.0
    sum = sum * y + 1 / 479_001_600.0
    sum = sum * y - 1 / 3_628_800.0
    sum = sum * y + 1 / 40_320.0
    sum = sum * y - 1 / 720.0
    sum = sum * y + 1 / 24.0
    return 1 - (y / 2 - y * y * sum)
}

/// The angle of (x, y) in radians, −π…π.
///
/// The ratio is brought into 0…1, then next to a multiple of 1/8 by the addition theorem
/// `atan t = atan c + atan((t − c) / (1 + t·c))`; the rest is at most 1/16, where x¹³ is the last term that counts.
private func arcTangent(_ y: Double, _ x: Double) -> Double {
    let (ax, ay) = (x.magnitude, y.magnitude)
    guard ax + ay > 0, (ax + ay).isFinite else { return 0 }
    let steep = ay > ax
    let t = steep ? ax / ay : ay / ax
    let step = Int(t * 8 + 0.5)
    let c = Double(step) / 8
    let r = (t - c) / (1 + t * c)
    let q = r * r
    var sum = 1 / 13.0
    sum = 1 / 11.0 - q * sum
    sum = 1 / 9.0 - q * sum
    sum = 1 / 7.0 - q * sum
    sum = 1 / 5.0 - q * sum
    sum = 1 / 3.0 - q * sum
    var angle = arcTangentOfEighths(step) + (r - r * q * sum)
    if steep { angle = Double.pi / 2 - angle }
    if x < 0 { angle = Double.pi - angle }
    return y < 0 ? -angle : angle
}

/// atan(k / 8) for k in 0…8, computed to 30 digits and rounded.
private func arcTangentOfEighths(_ k: Int) -> Double {
    switch k {
    case 0: 0
    case 1: 0.12435499454676144
    case 2: 0.24497866312686414
    case 3: 0.35877067027057225
    case 4: 0.4636476090008061
    case 5: 0.5585993153435624
    case 6: 0.6435011087932844
    case 7: 0.7188299996216245
    default: 0.7853981633974483
    }
}

extension AffineTransform {
    /// A rotation about the origin, clockwise on screen (y down) for positive angles.
    public static func rotation(_ angle: Angle) -> AffineTransform {
        let (s, c) = angle.sineAndCosine
        return AffineTransform(a: c, b: s, c: -s, d: c, e: 0, f: 0)
    }

    /// SVG's `skewX`: shifts points to the right in proportion to how far down they lie.
    public static func skewX(_ angle: Angle) -> AffineTransform {
        AffineTransform(a: 1, b: 0, c: angle.tangent, d: 1, e: 0, f: 0)
    }

    /// SVG's `skewY`: shifts points down in proportion to how far right they lie.
    public static func skewY(_ angle: Angle) -> AffineTransform {
        AffineTransform(a: 1, b: angle.tangent, c: 0, d: 1, e: 0, f: 0)
    }
}
