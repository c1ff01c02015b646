internal import AtelierPixels
internal import AtelierSVG

/// One colour with alpha, both 0…1, the colour gamma-encoded sRGB and not multiplied by the alpha.
struct Shade: Hashable {
    var color: SIMD3<Double>
    var alpha: Double

    init(color: SIMD3<Double>, alpha: Double) {
        self.color = color
        self.alpha = alpha
    }

    init(_ color: SVG.Color, opacity: Double) {
        self.init(color: SIMD3(Double(color.red), Double(color.green), Double(color.blue)) / 255, alpha: opacity)
    }

    /// The colour in 8 bits a channel.
    var rounded: SVG.Color {
        func channel(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 1) * 255 + 0.5) }
        return SVG.Color(red: channel(color.x), green: channel(color.y), blue: channel(color.z))
    }

    /// The colour that, painted over `backdrop` as usual, gives what this one gives by `mode` (Compositing and Blending 1, 5.7).
    func blended(_ mode: SVG.BlendMode, over backdrop: Shade) -> Shade {
        if mode == .normal { return self }
        return Shade(color: color * (1 - backdrop.alpha) + mode.mix(backdrop.color, color) * backdrop.alpha, alpha: alpha)
    }

    /// What is seen of this colour painted over another.
    func over(_ backdrop: Shade) -> Shade {
        let rest = backdrop.alpha * (1 - alpha), sum = alpha + rest
        guard sum > 0 else { return Shade(color: color, alpha: 0) }
        return Shade(color: (color * alpha + backdrop.color * rest) / sum, alpha: sum)
    }

    /// Luminance times alpha, 0…1 (CSS Masking 1, 6.3).
    func luminance(isLinear: Bool) -> Double {
        let value = isLinear ? SIMD3(linear(color.x), linear(color.y), linear(color.z)) : color
        return (value * SIMD3(0.2125, 0.7154, 0.0721)).sum() * alpha
    }

    /// Linear light of a gamma-encoded channel (IEC 61966-2-1), by a polynomial within 0.002: libm must not decide an output.
    private func linear(_ value: Double) -> Double {
        value * (value * (value * 0.305306011 + 0.682171111) + 0.012522878)
    }
}

extension SVG.BlendMode {
    /// The mixing function B(backdrop, source) of Compositing and Blending 1, sections 5.8 and 5.9.
    fileprivate func mix(_ backdrop: SIMD3<Double>, _ source: SIMD3<Double>) -> SIMD3<Double> {
        switch self {
        case .hue: source.withSaturation(backdrop.saturation).withLuminosity(backdrop.luminosity)
        case .saturation: backdrop.withSaturation(source.saturation).withLuminosity(backdrop.luminosity)
        case .color: source.withLuminosity(backdrop.luminosity)
        case .luminosity: backdrop.withLuminosity(source.luminosity)
        default: SIMD3(mix(backdrop.x, source.x), mix(backdrop.y, source.y), mix(backdrop.z, source.z))
        }
    }

    /// One channel of the modes that treat each alone.
    private func mix(_ b: Double, _ s: Double) -> Double {
        switch self {
        case .normal, .hue, .saturation, .color, .luminosity: return s
        case .multiply: return b * s
        case .screen: return b + s - b * s
        case .overlay: return SVG.BlendMode.hardLight.mix(s, b)
        case .darken: return min(b, s)
        case .lighten: return max(b, s)
        case .colorDodge: return b == 0 ? 0 : s >= 1 ? 1 : min(1, b / (1 - s))
        case .colorBurn: return b >= 1 ? 1 : s <= 0 ? 0 : 1 - min(1, (1 - b) / s)
        case .hardLight: return s <= 0.5 ? b * 2 * s : SVG.BlendMode.screen.mix(b, 2 * s - 1)
        case .softLight:
            if s <= 0.5 { return b - (1 - 2 * s) * b * (1 - b) }
            let d = b <= 0.25 ? ((16 * b - 12) * b + 4) * b : b.squareRoot()
            return b + (2 * s - 1) * (d - b)
        case .difference: return abs(b - s)
        case .exclusion: return b + s - 2 * b * s
        }
    }
}

extension SIMD3<Double> {
    fileprivate var luminosity: Double { (self * SIMD3(0.3, 0.59, 0.11)).sum() }

    fileprivate var saturation: Double { self.max() - self.min() }

    fileprivate func withLuminosity(_ value: Double) -> SIMD3 {
        var result = self + (value - luminosity)
        let light = result.luminosity, low = result.min(), high = result.max()
        let gray = SIMD3(repeating: light)
        if low < 0 { result = gray + (result - gray) * (light / (light - low)) }
        if high > 1 { result = gray + (result - gray) * ((1 - light) / (high - light)) }
        return result
    }

    fileprivate func withSaturation(_ value: Double) -> SIMD3 {
        let low = self.min(), range = saturation
        return range > 0 ? (self - low) * (value / range) : .zero
    }
}
