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
        // `Angle` computes by a series of its own: libm's arctangent differs between systems and would reach the output.
        let turn = Angle(of: axis).degrees * 60_000
        rotation = Int(turn < 0 ? turn - 0.5 : turn + 0.5)
        if rotation < 0 { rotation += Self.fullTurn }
    }

    var isFlipped: Bool { flipsHorizontally || flipsVertically }

    /// Whether the shape keeps its own axes.
    var isUpright: Bool { rotation == 0 && !isFlipped }
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
