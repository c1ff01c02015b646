/// How a line is drawn along an outline (SVG 2, 13.5).
///
///     let pen = StrokeStyle(width: 4, cap: .round, join: .round)
///     let ink = path.stroked(pen)                                     // a region, filled by the nonzero rule
public struct StrokeStyle: Hashable, Sendable {
    /// Shape of the ends of open subpaths.
    public enum Cap: Hashable, Sendable { case butt, round, square }

    /// Shape of the corners.
    public enum Join: Hashable, Sendable {
        /// Prolonged to a tip; a bevel when the tip would reach beyond the limit.
        case miter
        /// Prolonged to a tip, which is cut off at the limit.
        case miterClip
        /// A circle about the corner.
        case round
        /// Cut off straight.
        case bevel
    }

    /// Width across the outline, half of it on either side; above 0.
    public var width: Double
    /// Shape of the ends of open subpaths.
    public var cap: Cap
    /// Shape of the corners.
    public var join: Join
    /// Ratio of mitre length to width above which a mitre becomes a bevel, or is cut off; at least 1.
    public var miterLimit: Double

    /// A style from its parts; the defaults are SVG's.
    public init(width: Double = 1, cap: Cap = .butt, join: Join = .miter, miterLimit: Double = 4) {
        self.width = width
        self.cap = cap
        self.join = join
        self.miterLimit = miterLimit
    }
}
