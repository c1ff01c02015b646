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

    /// Reads a colour: `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb()`, `rgba()`, `hsl()`, `hsla()` in the comma and the space
    /// syntax (CSS Color 4, sections 5 and 7), a named colour or `transparent`.
    init?(_ scanner: inout TextScanner) {
        if scanner.skip(UInt8(ascii: "#")) {
            self.init(hexadecimal: &scanner)
            return
        }
        let start = scanner.position
        let word = lowercaseWord(&scanner)
        switch word {
        case "rgb", "rgba":
            guard scanner.skip(UInt8(ascii: "(")) else { return nil }
            self.init(rgb: &scanner)
        case "hsl", "hsla":
            guard scanner.skip(UInt8(ascii: "(")) else { return nil }
            self.init(hsl: &scanner)
        case "transparent": self.init(color: SVG.Color(red: 0, green: 0, blue: 0), alpha: 0)
        default:
            guard let value = namedColor(word) else {
                scanner.position = start
                return nil
            }
            self.init(color: SVG.Color(red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255)))
        }
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

    private init?(rgb scanner: inout TextScanner) {
        guard let values = components(&scanner) else { return nil }
        let bytes = values.prefix(3).map { byte($0.isPercentage ? $0.value * 2.55 : $0.value) }
        self.init(color: SVG.Color(red: bytes[0], green: bytes[1], blue: bytes[2]), alpha: alphaComponent(values))
    }

    private init?(hsl scanner: inout TextScanner) {
        guard let values = components(&scanner), !values[0].isPercentage else { return nil }
        let saturation = min(max(values[1].value / 100, 0), 1), lightness = min(max(values[2].value / 100, 0), 1)
        guard values[0].value.magnitude < 1e15 else { return nil }
        let turns = values[0].value / 360
        let hue = (turns - Double(Int(turns)) + 1) * 12
        // CSS Color 4, 7.1.
        func channel(_ n: Double) -> UInt8 {
            var k = n + hue
            while k >= 12 { k -= 12 }
            let a = saturation * min(lightness, 1 - lightness)
            return byte((lightness - a * max(-1, min(k - 3, 9 - k, 1))) * 255)
        }
        self.init(color: SVG.Color(red: channel(0), green: channel(8), blue: channel(4)), alpha: alphaComponent(values))
    }
}

/// Three or four components up to the closing parenthesis; angles in degrees.
private func components(_ scanner: inout TextScanner) -> [Length]? {
    var values: [Length] = []
    scanner.skipSpace()
    while !scanner.skip(UInt8(ascii: ")")) {
        guard values.count < 4, let number = scanner.number() else { return nil }
        if scanner.skip(UInt8(ascii: "%")) {
            values.append(Length(value: number, isPercentage: true))
        } else {
            switch lowercaseLetters(&scanner) {
            case "", "deg": values.append(Length(value: number))
            case "rad": values.append(Length(value: Angle(radians: number).degrees))
            case "grad": values.append(Length(value: number * 0.9))
            case "turn": values.append(Length(value: number * 360))
            default: return nil
            }
        }
        scanner.skipSeparator()
        if scanner.skip(UInt8(ascii: "/")) { scanner.skipSpace() }
        if scanner.isAtEnd { return nil }
    }
    return values.count >= 3 ? values : nil
}

private func alphaComponent(_ values: [Length]) -> Double {
    guard values.count == 4 else { return 1 }
    let value = values[3].isPercentage ? values[3].value / 100 : values[3].value
    return min(max(value, 0), 1)
}

private func byte(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 255) + 0.5) }

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
