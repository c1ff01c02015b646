import AtelierGeometry

/// A length as far as an element can compute it: pixels, or a percentage of a viewport met later.
struct Length: Equatable {
    var value: Double
    var isPercentage = false
    /// Pixels to add to a percentage, as `calc()` may ask for.
    var extra = 0.0
}

/// What a percentage refers to.
enum Axis { case horizontal, vertical, diagonal }

/// What relative units refer to, in pixels.
struct LengthUnits {
    var fontSize = 16.0
    var rootFontSize = 16.0
    /// The canvas, for `vw` and its like.
    var canvas = Size(100, 100)
}

extension Length {
    /// The length in pixels in a viewport of the given size (SVG 2, 8.9).
    func pixels(in viewport: Size, along axis: Axis) -> Double {
        guard isPercentage else { return value }
        let whole =
            switch axis {
            case .horizontal: viewport.width
            case .vertical: viewport.height
            case .diagonal: ((viewport.width * viewport.width + viewport.height * viewport.height) / 2).squareRoot()
            }
        return value / 100 * whole + extra
    }

    /// The same with the units given one by one.
    init?(_ scanner: inout TextScanner, fontSize: Double, rootFontSize: Double, canvas: Size = Size(100, 100)) {
        self.init(&scanner, LengthUnits(fontSize: fontSize, rootFontSize: rootFontSize, canvas: canvas))
    }

    /// Reads a number with an optional unit, or a `calc()`; nil, with the scanner anywhere, when it is neither.
    ///
    /// CSS absolute units at 96 pixels an inch; `ex` and `ch` count as half an `em`, as CSS allows without font metrics.
    init?(_ scanner: inout TextScanner, _ units: LengthUnits) {
        guard let number = scanner.number() else {
            guard scanner.next | 0x20 == UInt8(ascii: "c") || scanner.next | 0x20 == UInt8(ascii: "m"),
                let value = Calculation(&scanner, units)
            else { return nil }
            let isPercentage = value.percentage != 0
            self.init(
                value: isPercentage ? value.percentage : value.value, isPercentage: isPercentage, extra: isPercentage ? value.value : 0)
            return
        }
        if scanner.skip(UInt8(ascii: "%")) {
            self.init(value: number, isPercentage: true)
            return
        }
        var unit: UInt32 = 0, count = 0
        while scanner.next | 0x20 >= 0x61, scanner.next | 0x20 <= 0x7A, count < 4 {
            unit = unit << 8 | UInt32(scanner.next | 0x20)
            scanner.position += 1
            count += 1
        }
        switch unit {
        case 0: self.init(value: number)
        case 0x7078: self.init(value: number)  // px
        case 0x7074: self.init(value: number * 4 / 3)  // pt
        case 0x7063: self.init(value: number * 16)  // pc
        case 0x6D6D: self.init(value: number * 96 / 25.4)  // mm
        case 0x636D: self.init(value: number * 96 / 2.54)  // cm
        case 0x71: self.init(value: number * 96 / 101.6)  // q
        case 0x696E: self.init(value: number * 96)  // in
        case 0x656D: self.init(value: number * units.fontSize)  // em
        case 0x6578, 0x6368: self.init(value: number * units.fontSize / 2)  // ex, ch
        case 0x7265_6D: self.init(value: number * units.rootFontSize)  // rem
        case 0x7677: self.init(value: number / 100 * units.canvas.width)  // vw
        case 0x7668: self.init(value: number / 100 * units.canvas.height)  // vh
        case 0x766D_696E: self.init(value: number / 100 * min(units.canvas.width, units.canvas.height))  // vmin
        case 0x766D_6178: self.init(value: number / 100 * max(units.canvas.width, units.canvas.height))  // vmax
        default: return nil
        }
    }
}
