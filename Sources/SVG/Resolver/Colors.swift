import AtelierGeometry

/// A colour with its alpha, 0…1.
struct ColorWithAlpha: Equatable {
    var color: SVG.Color
    var alpha = 1.0

    static var black: ColorWithAlpha { ColorWithAlpha(color: SVG.Color(red: 0, green: 0, blue: 0)) }

    init(color: SVG.Color, alpha: Double = 1) {
        self.color = color
        self.alpha = alpha
    }

    /// Reads a colour of CSS Color 4: `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`; `rgb()`, `rgba()`, `hsl()`, `hsla()` in the comma
    /// and the space syntax; `hwb()`, `lab()`, `lch()`, `oklab()`, `oklch()`, `color()`; a named colour, a system colour of a
    /// light screen, or `transparent`; of CSS Color 5 `color-mix()` and `light-dark()`. What sRGB cannot show is clipped channel by channel.
    ///
    /// - Parameter current: What `currentColor` stands for; nil refuses it.
    init?(_ scanner: inout TextScanner, current: ColorWithAlpha? = nil) {
        if scanner.skip(UInt8(ascii: "#")) {
            self.init(hexadecimal: &scanner)
            return
        }
        let start = scanner.position
        let word = lowercaseWord(&scanner)
        if scanner.skip(UInt8(ascii: "(")) {
            switch word {
            case "color-mix": self.init(mixing: &scanner, current: current)
            case "light-dark": self.init(light: &scanner, current: current)
            default: self.init(function: word, &scanner)
            }
        } else if word == "currentcolor", let current {
            self = current
        } else if word == "transparent" {
            self.init(color: SVG.Color(red: 0, green: 0, blue: 0), alpha: 0)
        } else if let value = namedColor(word) ?? systemColor(word) {
            self.init(color: SVG.Color(red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255)))
        } else {
            scanner.position = start
            return nil
        }
    }

    private init?(function name: String, _ scanner: inout TextScanner) {
        var space = ""
        scanner.skipSpace()
        if name == "color" { space = lowercaseWord(&scanner) }
        guard let (c, alpha) = components(&scanner) else { return nil }
        let hue = name.hasPrefix("h") ? 0 : name.hasSuffix("lch") ? 2 : -1
        if alpha?.isAngle == true || c.indices.contains(where: { $0 != hue && c[$0].isAngle }) { return nil }
        let channels: ColorSpace.Triple
        switch name {
        case "rgb", "rgba":
            func channel(_ part: Component) -> Double { part.value / (part.isPercentage ? 100 : 255) }
            channels = (channel(c[0]), channel(c[1]), channel(c[2]))
        case "hsl", "hsla", "hwb":
            guard let hue = c[0].turns else { return nil }
            let (second, third) = (min(max(c[1].value / 100, 0), 1), min(max(c[2].value / 100, 0), 1))
            channels = name == "hwb" ? hwb(hue, second, third) : hsl(hue, second, third)
        case "lab": channels = ColorSpace.sRGB(fromLab: (c[0].part(of: 100, 0...100), c[1].part(of: 125), c[2].part(of: 125)))
        case "lch":
            guard let (a, b) = polar(c[1].part(of: 150), c[2]) else { return nil }
            channels = ColorSpace.sRGB(fromLab: (c[0].part(of: 100, 0...100), a, b))
        case "oklab": channels = ColorSpace.sRGB(fromOklab: (c[0].part(of: 1, 0...1), c[1].part(of: 0.4), c[2].part(of: 0.4)))
        case "oklch":
            guard let (a, b) = polar(c[1].part(of: 0.4), c[2]) else { return nil }
            channels = ColorSpace.sRGB(fromOklab: (c[0].part(of: 1, 0...1), a, b))
        case "color":
            guard let found = ColorSpace.sRGB(fromPredefined: space, (c[0].part(of: 1), c[1].part(of: 1), c[2].part(of: 1)))
            else { return nil }
            channels = found
        default: return nil
        }
        self.init(channels: channels, alpha: alpha.map { min(max($0.part(of: 1), 0), 1) } ?? 1)
    }

    /// A colour from gamma-encoded sRGB channels, which are clipped to 0…1.
    init(channels: ColorSpace.Triple, alpha: Double) {
        self.init(
            color: SVG.Color(red: byte(channels.0 * 255), green: byte(channels.1 * 255), blue: byte(channels.2 * 255)), alpha: alpha)
    }

    private init?(hexadecimal scanner: inout TextScanner) {
        var value: UInt32 = 0, count = 0
        while let digit = hexadecimalDigit(scanner.next) {
            guard count < 8 else { return nil }
            value = value << 4 | UInt32(digit)
            count += 1
            scanner.position += 1
        }
        if count == 3 || count == 4 {
            // Every digit stands for two: 0xABC becomes 0xAABBCC.
            var wide: UInt32 = 0
            for place in 0..<UInt32(count) { wide |= (value >> (4 * place) & 15) * 17 << (8 * place) }
            (value, count) = (wide, count * 2)
        }
        guard count == 6 || count == 8 else { return nil }
        let alpha = count == 8 ? Double(value & 255) / 255 : 1
        if count == 8 { value >>= 8 }
        self.init(color: SVG.Color(red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255)), alpha: alpha)
    }
}

/// A number, a percentage or an angle in degrees in a colour; `none` is 0.
private struct Component {
    var value: Double
    var isPercentage = false
    /// Whether it has a unit of angles.
    var isAngle = false

    /// The value, of which 100 % is `whole`, within limits.
    func part(of whole: Double, _ limits: ClosedRange<Double> = -1e6...1e6) -> Double {
        min(max(isPercentage ? value / 100 * whole : value, limits.lowerBound), limits.upperBound)
    }

    /// The value as an angle in turns, 0..<1; nil for a percentage.
    var turns: Double? {
        guard !isPercentage, value.magnitude < 1e15 else { return nil }
        let turns = value / 360
        return turns - turns.rounded(.down)
    }
}

/// Gamma-encoded sRGB of a hue in turns, 0..<1 (CSS Color 4, 7.1).
func hsl(_ turns: Double, _ saturation: Double, _ lightness: Double) -> ColorSpace.Triple {
    func channel(_ n: Double) -> Double {
        var k = n + turns * 12
        while k >= 12 { k -= 12 }
        let a = saturation * min(lightness, 1 - lightness)
        return lightness - a * max(-1, min(k - 3, 9 - k, 1))
    }
    return (channel(0), channel(8), channel(4))
}

/// Gamma-encoded sRGB of a hue in turns, 0..<1 (CSS Color 4, 8.1).
func hwb(_ turns: Double, _ white: Double, _ black: Double) -> ColorSpace.Triple {
    if white + black >= 1 {
        let gray = white / (white + black)
        return (gray, gray, gray)
    }
    let pure = hsl(turns, 1, 0.5), share = 1 - white - black
    return (pure.0 * share + white, pure.1 * share + white, pure.2 * share + white)
}

/// Chroma and hue as two axes.
private func polar(_ chroma: Double, _ hue: Component) -> (Double, Double)? {
    guard let turns = hue.turns else { return nil }
    let (sine, cosine) = Angle(degrees: turns * 360).sineAndCosine
    return (max(chroma, 0) * cosine, max(chroma, 0) * sine)
}

/// Three components and perhaps an alpha, up to the closing parenthesis.
private func components(_ scanner: inout TextScanner) -> (channels: [Component], alpha: Component?)? {
    var values: [Component] = []
    scanner.skipSpace()
    while !scanner.skip(UInt8(ascii: ")")) {
        guard values.count < 4 else { return nil }
        if scanner.next | 0x20 == UInt8(ascii: "n") {
            guard lowercaseLetters(&scanner) == "none" else { return nil }
            values.append(Component(value: 0))
        } else {
            guard let number = scanner.number() else { return nil }
            if scanner.skip(UInt8(ascii: "%")) {
                values.append(Component(value: number, isPercentage: true))
            } else {
                switch lowercaseLetters(&scanner) {
                case "": values.append(Component(value: number))
                case "deg": values.append(Component(value: number, isAngle: true))
                case "rad": values.append(Component(value: Angle(radians: number).degrees, isAngle: true))
                case "grad": values.append(Component(value: number * 0.9, isAngle: true))
                case "turn": values.append(Component(value: number * 360, isAngle: true))
                default: return nil
                }
            }
        }
        scanner.skipSeparator()
        if values.count == 3, scanner.skip(UInt8(ascii: "/")) { scanner.skipSpace() }
        if scanner.isAtEnd { return nil }
    }
    guard values.count >= 3 else { return nil }
    return (Array(values.prefix(3)), values.count == 4 ? values[3] : nil)
}

private func byte(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 255) + 0.5) }

/// The value `0xRRGGBB` of a colour of the system as a light screen has it (CSS Color 4, 6.2 and appendix A); the name in lower case.
private func systemColor(_ name: String) -> UInt32? {
    switch name {
    case "canvas", "field", "highlighttext", "selecteditemtext", "accentcolortext", "window", "background", "menu", "infobackground",
        "activecaption", "inactivecaption", "scrollbar", "appworkspace":
        0xFFFFFF
    case "canvastext", "buttontext", "buttonborder", "fieldtext", "marktext", "windowtext", "menutext", "infotext", "captiontext",
        "windowframe", "activeborder", "inactiveborder", "threeddarkshadow", "threedhighlight", "threedlightshadow", "threedshadow":
        0x000000
    case "buttonface", "threedface", "buttonhighlight", "buttonshadow": 0xF0F0F0
    case "graytext", "inactivecaptiontext": 0x808080
    case "linktext": 0x0000EE
    case "visitedtext": 0x551A8B
    case "activetext": 0xFF0000
    case "highlight", "selecteditem", "accentcolor": 0x0078D7
    case "mark": 0xFFFF00
    default: nil
    }
}

func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

/// The letters, digits and hyphens that come next, in lower case; at most 32 of them.
func lowercaseWord(_ scanner: inout TextScanner) -> String {
    var bytes: [UInt8] = []
    while bytes.count < 32 {
        let byte = scanner.next
        switch byte {
        case 0x41...0x5A: bytes.append(byte | 0x20)
        case 0x61...0x7A, UInt8(ascii: "-"): bytes.append(byte)
        case 0x30...0x39 where !bytes.isEmpty: bytes.append(byte)
        default: return String(decoding: bytes, as: UTF8.self)
        }
        scanner.position += 1
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// The letters that come next, in lower case, such as a unit; at most 8 of them. A hyphen belongs to the next number.
func lowercaseLetters(_ scanner: inout TextScanner) -> String {
    var bytes: [UInt8] = []
    while bytes.count < 8, scanner.next | 0x20 >= 0x61, scanner.next | 0x20 <= 0x7A {
        bytes.append(scanner.next | 0x20)
        scanner.position += 1
    }
    return String(decoding: bytes, as: UTF8.self)
}
