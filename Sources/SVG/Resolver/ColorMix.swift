import AtelierGeometry

extension ColorWithAlpha {
    /// Reads `color-mix()` from behind its parenthesis on (CSS Color 5, 3): in `srgb`, `srgb-linear`, `xyz`, `lab`, `oklab`, `hsl`, `hwb`,
    /// `lch` and `oklch`, premultiplied, with the four ways round for hues. Both colours are first brought into sRGB's 8 bits.
    init?(mixing scanner: inout TextScanner, current: ColorWithAlpha?) {
        scanner.skipSpace()
        guard lowercaseWord(&scanner) == "in" else { return nil }
        scanner.skipSpace()
        guard let space = MixingSpace(rawValue: lowercaseWord(&scanner)) else { return nil }
        scanner.skipSpace()
        var way = HueWay.shorter
        if scanner.next != UInt8(ascii: ",") {
            guard space.hasHue, let written = HueWay(rawValue: lowercaseWord(&scanner)) else { return nil }
            scanner.skipSpace()
            guard lowercaseWord(&scanner) == "hue" else { return nil }
            scanner.skipSpace()
            way = written
        }
        guard scanner.skip(UInt8(ascii: ",")), let (first, firstShare) = ColorWithAlpha.part(&scanner, current),
            scanner.skip(UInt8(ascii: ",")), let (second, secondShare) = ColorWithAlpha.part(&scanner, current),
            scanner.skip(UInt8(ascii: ")"))
        else { return nil }
        let p = firstShare ?? secondShare.map { 100 - $0 } ?? 50, q = secondShare ?? 100 - p
        guard p + q > 0 else { return nil }
        self = ColorWithAlpha.mixed(first, second, share: q / (p + q), space, way)
        alpha *= min(p + q, 100) / 100
    }

    /// Reads `light-dark()` from behind its parenthesis on: the first of two colours, as on a light screen.
    init?(light scanner: inout TextScanner, current: ColorWithAlpha?) {
        scanner.skipSpace()
        guard let light = ColorWithAlpha(&scanner, current: current) else { return nil }
        scanner.skipSpace()
        guard scanner.skip(UInt8(ascii: ",")) else { return nil }
        scanner.skipSpace()
        guard ColorWithAlpha(&scanner, current: current) != nil else { return nil }
        scanner.skipSpace()
        guard scanner.skip(UInt8(ascii: ")")) else { return nil }
        self = light
    }

    /// A colour with its share in percent, which may stand on either side.
    private static func part(_ scanner: inout TextScanner, _ current: ColorWithAlpha?) -> (ColorWithAlpha, share: Double?)? {
        func share() -> Double? {
            var ahead = scanner
            guard let number = ahead.number(), ahead.skip(UInt8(ascii: "%")), (0...100).contains(number) else { return nil }
            scanner = ahead
            scanner.skipSpace()
            return number
        }
        scanner.skipSpace()
        let before = share()
        guard let color = ColorWithAlpha(&scanner, current: current) else { return nil }
        scanner.skipSpace()
        return (color, before ?? share())
    }

    private static func mixed(
        _ first: ColorWithAlpha, _ second: ColorWithAlpha, share: Double, _ space: MixingSpace, _ way: HueWay
    ) -> ColorWithAlpha {
        var (a, b) = (space.components(of: first.channels), space.components(of: second.channels))
        var hue: Double?
        if let place = space.placeOfHue {
            // What has no hue of its own takes the other's.
            let (one, other) = (a.hue ?? b.hue ?? 0, b.hue ?? a.hue ?? 0)
            hue = one + way.distance(from: one, to: other) * share
            (a.values[place], b.values[place]) = (0, 0)
        }
        let alpha = first.alpha + (second.alpha - first.alpha) * share
        var values = [0.0, 0, 0]
        if alpha > 0 {
            for place in 0..<3 {
                values[place] = (a.values[place] * first.alpha * (1 - share) + b.values[place] * second.alpha * share) / alpha
            }
        }
        if let place = space.placeOfHue, let hue { values[place] = hue }
        return ColorWithAlpha(channels: space.sRGB(of: values), alpha: alpha)
    }

    /// Gamma-encoded sRGB, 0…1.
    private var channels: ColorSpace.Triple { (Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255) }
}

/// Which way round hues are mixed (CSS Color 4, 12.4).
private enum HueWay: String {
    case shorter, longer, increasing, decreasing

    /// In degrees.
    func distance(from one: Double, to other: Double) -> Double {
        let distance = other - one
        switch self {
        case .shorter: return distance > 180 ? distance - 360 : distance < -180 ? distance + 360 : distance
        case .longer: return distance > 0 && distance < 180 ? distance - 360 : distance > -180 && distance <= 0 ? distance + 360 : distance
        case .increasing: return distance < 0 ? distance + 360 : distance
        case .decreasing: return distance > 0 ? distance - 360 : distance
        }
    }
}

/// A colour space that `color-mix()` mixes in.
private enum MixingSpace: String {
    case srgb, srgbLinear = "srgb-linear", xyz, xyzD65 = "xyz-d65", lab, oklab, hsl, hwb, lch, oklch

    var hasHue: Bool { placeOfHue != nil }

    /// Which of the components is a hue in degrees.
    var placeOfHue: Int? {
        switch self {
        case .hsl, .hwb: 0
        case .lch, .oklch: 2
        default: nil
        }
    }

    /// The components of a colour in gamma-encoded sRGB; the hue is nil where grey has none.
    func components(of c: ColorSpace.Triple) -> (values: [Double], hue: Double?) {
        func list(_ c: ColorSpace.Triple) -> [Double] { [c.0, c.1, c.2] }
        func polar(_ lab: ColorSpace.Triple, _ least: Double) -> ([Double], Double?) {
            let vector = Vector(lab.1, lab.2)
            let hue = Angle(of: vector).degrees
            return ([lab.0, vector.length, 0], vector.length > least ? (hue < 0 ? hue + 360 : hue) : nil)
        }
        switch self {
        case .srgb: return (list(c), nil)
        case .srgbLinear: return (list(ColorSpace.linear(fromSRGB: c)), nil)
        case .xyz, .xyzD65: return (list(ColorSpace.xyz(fromSRGB: c)), nil)
        case .lab: return (list(ColorSpace.lab(fromSRGB: c)), nil)
        case .oklab: return (list(ColorSpace.oklab(fromSRGB: c)), nil)
        // Below these chromas a colour counts as grey (CSS Color 4, 9.3 and 12.2).
        case .lch: return polar(ColorSpace.lab(fromSRGB: c), 0.0015)
        case .oklch: return polar(ColorSpace.oklab(fromSRGB: c), 0.000004)
        case .hsl, .hwb:
            let most = max(c.0, c.1, c.2), least = min(c.0, c.1, c.2), span = most - least
            var hue: Double?
            if span > 0 {
                let sextant = most == c.0 ? (c.1 - c.2) / span : most == c.1 ? (c.2 - c.0) / span + 2 : (c.0 - c.1) / span + 4
                hue = 60 * (sextant < 0 ? sextant + 6 : sextant)
            }
            if self == .hwb { return ([0, least, 1 - most], hue) }
            let lightness = (most + least) / 2
            return ([0, span > 0 ? (most - lightness) / min(lightness, 1 - lightness) : 0, lightness], hue)
        }
    }

    /// Gamma-encoded sRGB of components.
    func sRGB(of values: [Double]) -> ColorSpace.Triple {
        let c = (values[0], values[1], values[2])
        func axes() -> ColorSpace.Triple {
            let (sine, cosine) = Angle(degrees: c.2).sineAndCosine
            return (c.0, c.1 * cosine, c.1 * sine)
        }
        switch self {
        case .srgb, .srgbLinear, .xyz, .xyzD65: return ColorSpace.sRGB(fromPredefined: rawValue, c) ?? c
        case .lab: return ColorSpace.sRGB(fromLab: c)
        case .oklab: return ColorSpace.sRGB(fromOklab: c)
        case .lch: return ColorSpace.sRGB(fromLab: axes())
        case .oklch: return ColorSpace.sRGB(fromOklab: axes())
        case .hsl, .hwb:
            let turns = c.0 / 360 - (c.0 / 360).rounded(.down)
            return self == .hsl ? AtelierSVG.hsl(turns, c.1, c.2) : AtelierSVG.hwb(turns, c.1, c.2)
        }
    }
}
