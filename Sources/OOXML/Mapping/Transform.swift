internal import AtelierGeometry

/// A transform as DrawingML can say it of a shape: scales along its own axes, a flip, a turn.
struct Pose {
    /// Scales along the axes before flip and turn, in EMU per unit; above 0.
    var scaleX: Double, scaleY: Double
    /// Clockwise turn in 60 000ths of a degree, 0..<`fullTurn`.
    var rotation: Int
    /// Whether x runs backwards or y does, before the turn; never both.
    var flipsHorizontally = false, flipsVertically = false

    static let fullTurn = 360 * 60_000

    /// Takes a transform apart; nil when its axes are not perpendicular (a skew) or one of them vanishes.
    init?(_ transform: AffineTransform) {
        let (x, y) = (Vector(transform.a, transform.b), Vector(transform.c, transform.d))
        scaleX = x.length
        scaleY = y.length
        // 1e-6 radian moves a point at the far end of the largest slide by 50 EMU, a 200th of a pixel.
        guard scaleX > 0, scaleY > 0, abs(x.dot(y)) <= 1e-6 * scaleX * scaleY else { return nil }

        // Of the two ways to say a mirroring, take the one that needs the smaller turn.
        var axis = x
        if transform.determinant < 0 {
            flipsHorizontally = x.dx < 0
            flipsVertically = !flipsHorizontally
            if flipsHorizontally { axis = -x }
        }
        rotation = turn60000(axis)
    }

    /// Whether the shape keeps its own axes.
    var isUpright: Bool { rotation == 0 && !flipsHorizontally && !flipsVertically }
}

/// The direction of a vector, clockwise from the x axis (y down), in 60 000ths of a degree, 0..<21 600 000.
///
/// Halves the angle twice by algebra, then sums the arctangent's series: sums, products and square roots round the same
/// way everywhere, libm's `atan2` does not. The error is below 1e-12 radian, the unit is 2.9e-7.
func turn60000(_ v: Vector) -> Int {
    let (x, y) = (abs(v.dx), abs(v.dy))
    guard x > 0 || y > 0, (x + y).isFinite else { return 0 }
    var t = min(x, y) / max(x, y)  // tan in 0…1
    t = t / (1 + (1 + t * t).squareRoot())  // 0…tan(π/8)
    t = t / (1 + (1 + t * t).squareRoot())  // 0…tan(π/16) = 0.199
    var sum = 0.0
    for k in stride(from: 17, through: 1, by: -2) { sum = 1 / Double(k) - sum * (t * t) }
    var degrees = 4 * t * sum * (180 / Double.pi)
    if y > x { degrees = 90 - degrees }
    if v.dx < 0 { degrees = 180 - degrees }
    if v.dy < 0 { degrees = -degrees }
    let turn = Int((degrees * 60_000 + (degrees < 0 ? -0.5 : 0.5)))
    return turn < 0 ? turn + Pose.fullTurn : turn == Pose.fullTurn ? 0 : turn
}

extension AffineTransform {
    /// Whether all six coefficients are numbers.
    var isFinite: Bool { ((a - a) + (b - b) + (c - c) + (d - d) + (e - e) + (f - f)) == 0 }

    /// The factor by which areas grow, as a length: √|det|.
    var meanScale: Double { abs(determinant).squareRoot() }

    /// The largest stretch in any direction over the smallest; 1 for a similarity.
    var anisotropy: Double {
        let half = (a * a + b * b + c * c + d * d) / 2
        let det = abs(determinant)
        let large = half + max(0, half * half - det * det).squareRoot()  // square of the larger singular value
        return large / det
    }
}
