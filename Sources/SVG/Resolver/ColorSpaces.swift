import AtelierGeometry

/// Gamma-encoded sRGB channels, which may lie outside 0…1, from the other colour spaces of CSS Color 4 (sections 9, 10 and 18;
/// the matrices are those of its sample code, Oklab's from Ottosson, "A perceptual color space for image processing", 2020).
///
/// What sRGB cannot show is clipped channel by channel, as browsers do. Powers are roots found by Newton's method and products of
/// them, so that every platform gives the same bytes.
enum ColorSpace {
    typealias Triple = (Double, Double, Double)

    /// Channels of `color(name …)`; nil for a name that is not known.
    static func sRGB(fromPredefined name: String, _ c: Triple) -> Triple? {
        switch name {
        case "srgb": return c
        case "srgb-linear": return map(c, encoded)
        case "display-p3": return sRGB(fromD65: times(displayP3, map(c, decoded)))
        case "a98-rgb": return sRGB(fromD65: times(a98, map(c) { signed($0) { power($0, 563, 256) } }))
        case "prophoto-rgb":
            let linear = map(c) { signed($0) { $0 <= 16.0 / 512 ? $0 / 16 : power($0, 9, 5) } }
            return sRGB(fromD65: times(d50ToD65, times(proPhoto, linear)))
        case "rec2020":
            let linear = map(c) {
                signed($0) { $0 < 0.018053968510807 * 4.5 ? $0 / 4.5 : power(($0 + 0.09929682680944) / 1.09929682680944, 20, 9) }
            }
            return sRGB(fromD65: times(rec2020, linear))
        case "xyz", "xyz-d65": return sRGB(fromD65: c)
        case "xyz-d50": return sRGB(fromD65: times(d50ToD65, c))
        default: return nil
        }
    }

    /// Channels of CIE Lab under D50 light, with a lightness of 0…100.
    static func sRGB(fromLab lab: Triple) -> Triple {
        let fy = (lab.0 + 16) / 116, fx = lab.1 / 500 + fy, fz = fy - lab.2 / 200
        func inverse(_ f: Double) -> Double { f * f * f > 216.0 / 24389 ? f * f * f : (116 * f - 16) * 27 / 24389 }
        let y = lab.0 > 8 ? fy * fy * fy : lab.0 * 27 / 24389
        let white = (0.3457 / 0.3585, 1.0, (1 - 0.3457 - 0.3585) / 0.3585)
        return sRGB(fromD65: times(d50ToD65, (inverse(fx) * white.0, y * white.1, inverse(fz) * white.2)))
    }

    /// Channels of Oklab with a lightness of 0…1.
    static func sRGB(fromOklab lab: Triple) -> Triple {
        let l = lab.0 + 0.3963377774 * lab.1 + 0.2158037573 * lab.2
        let m = lab.0 - 0.1055613458 * lab.1 - 0.0638541728 * lab.2
        let s = lab.0 - 0.0894841775 * lab.1 - 1.2914855480 * lab.2
        let linear = times(
            (
                (4.0767416621, -3.3077115913, 0.2309699292), (-1.2684380046, 2.6097574011, -0.3413193965),
                (-0.0041960863, -0.7034186147, 1.7076147010)
            ), (l * l * l, m * m * m, s * s * s))
        return map(linear, encoded)
    }

    /// Linear light of gamma-encoded sRGB.
    static func linear(fromSRGB c: Triple) -> Triple { map(c, decoded) }

    /// CIE XYZ under D65 light of gamma-encoded sRGB.
    static func xyz(fromSRGB c: Triple) -> Triple {
        times(
            (
                (0.41239079926595934, 0.357584339383878, 0.1804807884018343),
                (0.21263900587151027, 0.715168678767756, 0.07219231536073371),
                (0.01933081871559182, 0.11919477979462598, 0.9505321522496607)
            ), linear(fromSRGB: c))
    }

    /// CIE Lab under D50 light, with a lightness of 0…100, of gamma-encoded sRGB.
    static func lab(fromSRGB c: Triple) -> Triple {
        let d65ToD50: Matrix = (
            (1.0479297925449969, 0.022946870601609652, -0.05019226628920524),
            (0.02962780877005599, 0.9904344267538799, -0.017073799063418826),
            (-0.009243040646204504, 0.015055191490298152, 0.7518742814281371)
        )
        let xyz = times(d65ToD50, xyz(fromSRGB: c))
        func forward(_ t: Double) -> Double { t > 216.0 / 24389 ? power(t, 1, 3) : (t * 24389 / 27 + 16) / 116 }
        let fx = forward(xyz.0 / (0.3457 / 0.3585)), fy = forward(xyz.1), fz = forward(xyz.2 / ((1 - 0.3457 - 0.3585) / 0.3585))
        return (116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz))
    }

    /// Oklab with a lightness of 0…1 of gamma-encoded sRGB.
    static func oklab(fromSRGB c: Triple) -> Triple {
        let cones = times(
            (
                (0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
                (0.0883024619, 0.2817188376, 0.6299787005)
            ), linear(fromSRGB: c))
        return times(
            (
                (0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
                (0.0259040371, 0.7827717662, -0.8086757660)
            ), map(cones) { power($0, 1, 3) })
    }

    private static func sRGB(fromD65 xyz: Triple) -> Triple {
        map(
            times(
                (
                    (3.2409699419045226, -1.537383177570094, -0.4986107602930034),
                    (-0.9692436362808796, 1.8759675015077202, 0.04155505740717559),
                    (0.05563007969699366, -0.20397695888897652, 1.0569715142428786)
                ), xyz), encoded)
    }

    private typealias Matrix = (Triple, Triple, Triple)

    private static var d50ToD65: Matrix {
        (
            (0.9554734527042182, -0.023098536874261423, 0.0632593086610217),
            (-0.028369706963208136, 1.0099954580058226, 0.021041398966943008),
            (0.012314001688319899, -0.020507696433477912, 1.3303659366080753)
        )
    }
    private static var displayP3: Matrix {
        (
            (0.4865709486482162, 0.26566769316909306, 0.1982172852343625), (0.2289745640697488, 0.6917385218365064, 0.079286914093745),
            (0, 0.04511338185890264, 1.043944368900976)
        )
    }
    private static var a98: Matrix {
        (
            (0.5766690429101305, 0.1855582379065463, 0.1882286462349947),
            (0.29734497525053605, 0.6273635662554661, 0.07529145849399788),
            (0.02703136138641234, 0.07068885253582723, 0.9913375368376388)
        )
    }
    private static var proPhoto: Matrix {
        (
            (0.7977666449006423, 0.13518129740053308, 0.0313477341283922),
            (0.2880748288194013, 0.711835234241873, 0.00008993693872564), (0, 0, 0.8251046025104602)
        )
    }
    private static var rec2020: Matrix {
        (
            (0.6369580483012914, 0.14461690358620832, 0.1688809751641721),
            (0.2627002120112671, 0.6779980715188708, 0.05930171646986196), (0, 0.028072693049087428, 1.060985057710791)
        )
    }

    // MARK: Arithmetic

    private static func times(_ m: Matrix, _ v: Triple) -> Triple {
        (
            m.0.0 * v.0 + m.0.1 * v.1 + m.0.2 * v.2, m.1.0 * v.0 + m.1.1 * v.1 + m.1.2 * v.2,
            m.2.0 * v.0 + m.2.1 * v.1 + m.2.2 * v.2
        )
    }

    private static func map(_ v: Triple, _ body: (Double) -> Double) -> Triple { (body(v.0), body(v.1), body(v.2)) }

    private static func signed(_ value: Double, _ body: (Double) -> Double) -> Double { value < 0 ? -body(-value) : body(value) }

    /// Linear light as sRGB encodes it, brought into 0…1.
    private static func encoded(_ linear: Double) -> Double {
        let linear = min(max(linear, 0), 1)
        return linear <= 0.0031308 ? 12.92 * linear : 1.055 * power(linear, 5, 12) - 0.055
    }

    /// What sRGB and Display P3 encode, as linear light.
    private static func decoded(_ value: Double) -> Double {
        signed(value) { $0 <= 0.04045 ? $0 / 12.92 : power(($0 + 0.055) / 1.055, 12, 5) }
    }

    /// `base` to the power of `numerator / denominator`, for a base of 0 or more.
    private static func power(_ base: Double, _ numerator: Int, _ denominator: Int) -> Double {
        guard base > 0, base <= 1e6 else { return base > 0 ? 1e6 : 0 }
        // From above, Newton's method comes down to the root and then stays.
        var root = max(base, 1)
        for _ in 0..<10_000 {
            let next = root - (root - base / integerPower(root, denominator - 1)) / Double(denominator)
            if next >= root { break }
            root = next
        }
        return integerPower(root, numerator)
    }

    private static func integerPower(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, left) = (1.0, base, exponent)
        while left > 0 {
            if left & 1 == 1 { result *= square }
            square *= square
            left >>= 1
        }
        return result
    }
}
