// OOXML: resolved pictures in, PowerPoint packages out. `Mapping` turns each SVG concept into DrawingML, `PresentationML`
// and `Package` put slides into a file. It draws nothing and reads no SVG. Start with `mapSlide` and `packPresentation`.

/// A length on a slide in English Metric Units: 914 400 to the inch, 12 700 to the point, 9 525 to the CSS pixel.
public struct EMU: RawRepresentable, Hashable, Comparable, Sendable, Codable {
    /// The count of units.
    public var rawValue: Int

    /// A length from a count of units.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Units in a CSS pixel (1/96 inch).
    public static let perPixel = 9525.0

    /// Coordinates on and around a slide are kept within this distance of its corner: about 1093 inches, well inside the
    /// 32-bit numbers that consumers compute with (an extent is at most twice as long).
    static let reach = 1_000_000_000.0

    /// The nearest count of units, limited to `±reach`; 0 for NaN.
    ///
    /// Halves round away from zero, not up: otherwise ±½ would go different ways and mirrored shapes drift apart by a unit.
    init(nearest value: Double) {
        guard value == value else {
            rawValue = 0
            return
        }
        let limited = min(max(value, -Self.reach), Self.reach)
        // Truncation after adding a half is the rounding meant, without a call into libm.
        rawValue = Int(limited < 0 ? limited - 0.5 : limited + 0.5)
    }

    /// The shorter length first.
    public static func < (a: EMU, b: EMU) -> Bool { a.rawValue < b.rawValue }
}
