import AtelierGeometry

extension AffineTransform {
    /// Reads a `transform` attribute or CSS property: `matrix`, `translate`, `scale`, `rotate`, `skewX`, `skewY` and the CSS
    /// `translateX`, `translateY`, `scaleX`, `scaleY`, `skew`, and those of three dimensions that stay in the plane, with CSS
    /// units where they are allowed. Nil when it is not valid.
    ///
    /// - Parameter box: What percentages of lengths refer to; nil refuses them, as SVG's own attributes do.
    init?(_ scanner: TextScanner, in box: Size? = nil, _ units: LengthUnits = .init()) {
        var scanner = scanner
        self = .identity
        scanner.skipSpace()
        if scanner.peek(0) | 0x20 == UInt8(ascii: "n") {
            guard lowercaseWord(&scanner) == "none" else { return nil }
            scanner.skipSpace()
        }
        while !scanner.isAtEnd {
            let name = lowercaseWord(&scanner)
            scanner.skipSpace()
            guard scanner.skip(UInt8(ascii: "(")), let values = arguments(&scanner, of: name, in: box, units) else { return nil }
            guard let step = AffineTransform(name, values) else { return nil }
            self = step.followed(by: self)
            scanner.skipSeparator()
        }
    }

    /// Reads one of the properties `translate`, `rotate` and `scale` (CSS Transforms 2, 6), as far as it stays in the plane.
    init?(property: AttributeName, _ scanner: TextScanner, in box: Size, _ units: LengthUnits) {
        var scanner = scanner, values: [Double] = [], axis = ""
        self = .identity
        scanner.skipSpace()
        var ahead = scanner
        if lowercaseLetters(&ahead) == "none", ahead.isAtEnd { return }
        while !scanner.isAtEnd {
            let start = scanner.position
            if property == .translate {
                guard let length = Length(&scanner, units) else { return nil }
                values.append(length.pixels(in: box, along: values.count == 1 ? .vertical : .horizontal))
            } else if let number = scanner.number() {
                switch lowercaseLetters(&scanner) {
                case "" where scanner.next == UInt8(ascii: "%") && property == .scaleProperty:
                    scanner.position += 1
                    values.append(number / 100)
                case "", "deg": values.append(number)
                case "rad" where property == .rotateProperty: values.append(Angle(radians: number).degrees)
                case "grad" where property == .rotateProperty: values.append(number * 0.9)
                case "turn" where property == .rotateProperty: values.append(number * 360)
                default: return nil
                }
            } else {
                let word = lowercaseLetters(&scanner)
                guard property == .rotateProperty, word == "z", axis.isEmpty else { return nil }
                axis = word
            }
            guard values.count <= 4, scanner.position > start else { return nil }
            scanner.skipSpace()
        }
        switch (property, values.count) {
        case (.translate, 1...3): self = .translation(values[0], values.count > 1 ? values[1] : 0)
        case (.scaleProperty, 1...3): self = .scaling(values[0], values.count > 1 ? values[1] : values[0])
        case (.rotateProperty, 1): self = .rotation(Angle(degrees: values[0]))
        // About the axis across the plane, written as a vector.
        case (.rotateProperty, 4) where axis.isEmpty && values[0] == 0 && values[1] == 0 && values[2] != 0:
            self = .rotation(Angle(degrees: values[2] < 0 ? -values[3] : values[3]))
        default: return nil
        }
        guard isFinite else { return nil }
    }

    private init?(_ name: String, _ values: [Double]) {
        switch (name, values.count) {
        case ("matrix", 6):
            self.init(a: values[0], b: values[1], c: values[2], d: values[3], e: values[4], f: values[5])
        case ("translate", 1): self = .translation(values[0], 0)
        case ("translate", 2): self = .translation(values[0], values[1])
        case ("translatex", 1): self = .translation(values[0], 0)
        case ("translatey", 1): self = .translation(0, values[0])
        case ("scale", 1): self = .scaling(values[0], values[0])
        case ("scale", 2): self = .scaling(values[0], values[1])
        case ("scalex", 1): self = .scaling(values[0], 1)
        case ("scaley", 1): self = .scaling(1, values[0])
        case ("rotate", 1): self = .rotation(Angle(degrees: values[0]))
        case ("rotate", 3):
            self = AffineTransform.translation(-values[1], -values[2]).followed(by: .rotation(Angle(degrees: values[0])))
                .followed(by: .translation(values[1], values[2]))
        case ("skewx", 1), ("skew", 1): self = .skewX(Angle(degrees: values[0]))
        case ("skewy", 1): self = .skewY(Angle(degrees: values[0]))
        case ("skew", 2):
            self.init(
                a: 1, b: Angle(degrees: values[1]).tangent, c: Angle(degrees: values[0]).tangent, d: 1, e: 0, f: 0)
        case ("translate3d", 3): self = .translation(values[0], values[1])
        case ("translatez", 1): self = .identity
        case ("scale3d", 3): self = .scaling(values[0], values[1])
        case ("rotatez", 1): self = .rotation(Angle(degrees: values[0]))
        default: return nil
        }
        guard isFinite else { return nil }
    }

    /// Whether every coefficient is a number that coordinates can be multiplied with.
    var isFinite: Bool {
        a.magnitude <= 1e12 && b.magnitude <= 1e12 && c.magnitude <= 1e12 && d.magnitude <= 1e12 && e.magnitude <= 1e12
            && f.magnitude <= 1e12
    }
}

/// One to six numbers up to the closing parenthesis: angles in degrees, lengths in pixels.
private func arguments(_ scanner: inout TextScanner, of name: String, in box: Size?, _ units: LengthUnits) -> [Double]? {
    var values: [Double] = []
    let isLength = name.hasPrefix("translate")
    scanner.skipSpace()
    while !scanner.skip(UInt8(ascii: ")")) {
        guard values.count < 6 else { return nil }
        let start = scanner.position
        if let number = scanner.number() {
            switch lowercaseLetters(&scanner) {
            case "" where scanner.next != UInt8(ascii: "%"), "px", "deg": values.append(number)
            case "rad": values.append(Angle(radians: number).degrees)
            case "grad": values.append(number * 0.9)
            case "turn": values.append(number * 360)
            case "" where name.hasPrefix("scale"):
                scanner.position += 1
                values.append(number / 100)
            default: scanner.position = start
            }
        }
        if scanner.position == start {
            guard isLength, let box, let length = Length(&scanner, units) else { return nil }
            values.append(length.pixels(in: box, along: name == "translatey" || values.count == 1 ? .vertical : .horizontal))
        }
        scanner.skipSeparator()
        if scanner.isAtEnd { return nil }
    }
    return values.isEmpty ? nil : values
}

/// `viewBox`: four numbers, the extents not negative. Nil when it is not valid.
func viewBox(_ scanner: TextScanner) -> Rect? {
    var scanner = scanner
    var values: [Double] = []
    scanner.skipSpace()
    while values.count < 4 {
        guard let number = scanner.number() else { return nil }
        values.append(number)
        scanner.skipSeparator()
    }
    guard scanner.isAtEnd, values[2] >= 0, values[3] >= 0 else { return nil }
    return Rect(x: values[0], y: values[1], width: values[2], height: values[3])
}

/// `preserveAspectRatio` (SVG 2, 8.6).
struct AspectRatio {
    /// Where the free space goes: 0 after, 0.5 around, 1 before the content. Nil stretches instead.
    var alignment: (x: Double, y: Double)? = (0.5, 0.5)
    /// Covers the viewport instead of fitting into it.
    var isSlice = false

    init() {}

    /// Reads the attribute; nil when it is not valid.
    init?(_ scanner: TextScanner) {
        var scanner = scanner
        scanner.skipSpace()
        var word = lowercaseWord(&scanner)
        if word == "defer" {
            scanner.skipSpace()
            word = lowercaseWord(&scanner)
        }
        if word == "none" {
            alignment = nil
        } else {
            let letters = Array(word.utf8)
            guard letters.count == 8, letters[0] == UInt8(ascii: "x"), letters[4] == UInt8(ascii: "y"),
                let x = AspectRatio.share(letters[1...3]), let y = AspectRatio.share(letters[5...7])
            else { return nil }
            alignment = (x, y)
        }
        scanner.skipSpace()
        switch lowercaseWord(&scanner) {
        case "", "meet": isSlice = false
        case "slice": isSlice = true
        default: return nil
        }
        scanner.skipSpace()
        guard scanner.isAtEnd else { return nil }
    }

    private static func share(_ letters: ArraySlice<UInt8>) -> Double? {
        switch String(decoding: letters, as: UTF8.self) {
        case "min": 0
        case "mid": 0.5
        case "max": 1
        default: nil
        }
    }

    /// The transform that lays `box` into a viewport at the origin. Both have an area.
    func transform(from box: Rect, into viewport: Size) -> AffineTransform {
        let sx = viewport.width / box.width, sy = viewport.height / box.height
        guard let alignment else {
            return AffineTransform(a: sx, b: 0, c: 0, d: sy, e: -box.minX * sx, f: -box.minY * sy)
        }
        let scale = isSlice ? max(sx, sy) : min(sx, sy)
        return AffineTransform(
            a: scale, b: 0, c: 0, d: scale,
            e: (viewport.width - box.width * scale) * alignment.x - box.minX * scale,
            f: (viewport.height - box.height * scale) * alignment.y - box.minY * scale)
    }
}
