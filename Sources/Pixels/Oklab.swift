/// A colour in Oklab: perceptual lightness and two opponent axes, so that straight distances resemble seen differences.
///
/// Source: Björn Ottosson, "A perceptual color space for image processing" (2020). Cube roots come from Newton's iteration
/// and the sRGB curve from a table, so the same bytes give the same numbers on every machine.
@frozen
public struct Oklab: Hashable, Sendable {
    /// Lightness, 0 (black) to 1 (white).
    public var l: Float
    /// Green (negative) to red, about −0.24 to 0.28.
    public var a: Float
    /// Blue (negative) to yellow, about −0.32 to 0.20.
    public var b: Float

    /// A colour from its three coordinates.
    @inlinable
    public init(l: Float, a: Float, b: Float) { (self.l, self.a, self.b) = (l, a, b) }
}

/// Converts sRGB bytes to Oklab; holds the 256 linear values of the sRGB curve (1 kB), so make one and use it often.
public struct OklabConverter: Sendable {
    private let linear: [Float]

    /// A converter with its table filled.
    public init() { linear = (0..<256).map { Float(linearLight(Double($0) / 255)) } }

    /// The colour in Oklab; alpha is ignored.
    public func callAsFunction(_ color: RGBA8) -> Oklab {
        let (r, g, b) = (linear[Int(color.r)], linear[Int(color.g)], linear[Int(color.b)])
        let l = cubeRoot(0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_99 * b)
        let m = cubeRoot(0.211_903_5 * r + 0.680_699_55 * g + 0.107_396_96 * b)
        let s = cubeRoot(0.088_302_46 * r + 0.281_718_84 * g + 0.629_978_7 * b)
        return Oklab(
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_05 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s)
    }

    /// Newton's cube root of a number in 0…1, from a start read off the exponent.
    private func cubeRoot(_ x: Float) -> Float {
        guard x > 1e-9 else { return 0 }
        var y = Float(bitPattern: x.bitPattern / 3 + 709_921_077)
        for _ in 0..<3 { y -= (y * y * y - x) / (3 * y * y) }
        return y
    }
}

/// The sRGB decoding curve (IEC 61966-2-1), `((v + 0.055) / 1.055) ^ 2.4`; the power is the fifth root of the twelfth power.
func linearLight(_ v: Double) -> Double {
    if v <= 0.04045 { return v / 12.92 }
    let base = (v + 0.055) / 1.055
    let squared = base * base
    let twelfth = squared * squared * squared * squared * squared * squared
    var root = base  // Newton for x⁵ = twelfth; base lies above the root, so the iteration falls monotonically.
    for _ in 0..<24 {
        let fourth = root * root * root * root, last = root
        root -= (root * fourth - twelfth) / (5 * fourth)
        if root == last { break }
    }
    return root
}
