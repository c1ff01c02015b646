import AtelierGeometry

/// A paint in pixel coordinates that blends into rows of premultiplied words.
struct Shader {
    private enum Kind {
        case solid(UInt32)
        /// The offset at the centre of pixel (x, y) is `origin + x × perColumn + y × perRow`.
        case linear(origin: Double, perColumn: Double, perRow: Double)
        /// To the unit circle around the origin.
        case radial(AffineTransform)
    }

    private let kind: Kind
    private var ramp = ColorRamp()

    /// Nil for a gradient without stops.
    init?(_ paint: Paint, _ transform: AffineTransform) {
        switch paint {
        case .color(let color): kind = .solid(Self.word(color))
        case .linear(let gradient):
            guard let last = gradient.stops.last else { return nil }
            let along = gradient.end - gradient.start, square = along.dx * along.dx + along.dy * along.dy
            guard let inverse = transform.inverse, square > 0, square.isFinite, gradient.stops.count > 1 else {
                kind = .solid(Self.word(last.color))
                return
            }
            let perColumn = (inverse.a * along.dx + inverse.b * along.dy) / square
            let perRow = (inverse.c * along.dx + inverse.d * along.dy) / square
            let start = inverse(Point(0.5, 0.5)) - gradient.start
            kind = .linear(origin: (start.dx * along.dx + start.dy * along.dy) / square, perColumn: perColumn, perRow: perRow)
            ramp = ColorRamp(gradient.stops)
        case .radial(let gradient):
            guard let last = gradient.stops.last else { return nil }
            guard let inverse = gradient.place.followed(by: transform).inverse, gradient.stops.count > 1 else {
                kind = .solid(Self.word(last.color))
                return
            }
            kind = .radial(inverse)
            ramp = ColorRamp(gradient.stops)
        }
    }

    private static func word(_ color: RGBA8) -> UInt32 {
        let a = UInt32(color.a)
        return divided(UInt32(color.r) * a) | divided(UInt32(color.g) * a) << 8 | divided(UInt32(color.b) * a) << 16 | a << 24
    }

    /// Paints whole pixels.
    func fill(_ row: UnsafeMutablePointer<UInt32>, x: Int, y: Int, count: Int) {
        switch kind {
        case .solid(let word):
            if word >> 24 == 255 { return row.update(repeating: word, count: count) }
            let rest = 255 - (word >> 24)
            for i in 0..<count { row[i] = word &+ scaled(row[i], rest) }
        case .linear, .radial:
            forEachColor(x: x, y: y, count: count) { i, word in
                row[i] = word >> 24 == 255 ? word : word &+ scaled(row[i], 255 - (word >> 24))
            }
        }
    }

    /// Paints pixels that are covered in part: 255 is whole.
    func blend(_ row: UnsafeMutablePointer<UInt32>, x: Int, y: Int, count: Int, _ amounts: UnsafePointer<UInt8>) {
        switch kind {
        case .solid(let word):
            for i in 0..<count {
                let amount = UInt32(amounts[i])
                if amount != 0 { row[i] = mixed(word, over: row[i], amount) }
            }
        case .linear, .radial:
            forEachColor(x: x, y: y, count: count) { i, word in row[i] = mixed(word, over: row[i], UInt32(amounts[i])) }
        }
    }

    @inline(__always)
    private func forEachColor(x: Int, y: Int, count: Int, _ body: (Int, UInt32) -> Void) {
        switch kind {
        case .solid: break
        case .linear(let origin, let perColumn, let perRow):
            let start = origin + Double(y) * perRow
            for i in 0..<count { body(i, ramp.word(at: Float(start + Double(x + i) * perColumn))) }
        case .radial(let place):
            let start = place(Point(0.5, Double(y) + 0.5))
            for i in 0..<count {
                let u = start.x + Double(x + i) * place.a, v = start.y + Double(x + i) * place.b
                body(i, ramp.word(at: Float(u * u + v * v).squareRoot()))
            }
        }
    }
}

/// The colours of a gradient: straight alpha between stops, premultiplied when asked for.
private struct ColorRamp {
    /// From `start`, the colour is `base + offset × slope`, channels 0…255.
    private struct Part {
        var start: Float
        var base: SIMD4<Float>, slope: SIMD4<Float>
    }

    private var parts: [Part] = []
    private var isOpaque = true

    init() {}

    init(_ stops: [GradientStop]) {
        func channels(_ c: RGBA8) -> SIMD4<Float> { SIMD4(Float(c.r), Float(c.g), Float(c.b), Float(c.a)) }
        isOpaque = stops.allSatisfy { $0.color.a == 255 }
        parts.append(Part(start: -.infinity, base: channels(stops[0].color), slope: .zero))
        var offset = max(0, min(1, Float(stops[0].offset)))
        for i in 1..<stops.count {
            // An offset below the one before counts as that one (SVG 2, 14.2.4).
            let end = max(offset, min(1, Float(stops[i].offset)))
            if end > offset {
                let from = channels(stops[i - 1].color), slope = (channels(stops[i].color) - from) / (end - offset)
                parts.append(Part(start: offset, base: from - offset * slope, slope: slope))
            }
            offset = end
        }
        parts.append(Part(start: offset, base: channels(stops[stops.count - 1].color), slope: .zero))
    }

    @inline(__always)
    func word(at offset: Float) -> UInt32 {
        parts.withUnsafeBufferPointer { parts in
            var i = parts.count - 1
            while i > 0, !(offset >= parts[i].start) { i -= 1 }
            var color = parts[i].base + offset * parts[i].slope
            if parts[i].slope == .zero { color = parts[i].base }  // an endless offset times no slope is no number
            color = color.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255))
            if !isOpaque { color *= SIMD4(color.w, color.w, color.w, 255) / 255 }
            let bytes = SIMD4<UInt32>(truncatingIfNeeded: SIMD4<Int32>(color + 0.5))
            return bytes.x | bytes.y << 8 | bytes.z << 16 | bytes.w << 24
        }
    }
}

/// v / 255, rounded, for v up to 65 025.
@inline(__always)
private func divided(_ v: UInt32) -> UInt32 {
    let t = v &+ 128
    return (t &+ (t >> 8)) >> 8
}

/// All four bytes times `amount` / 255, rounded.
@inline(__always)
private func scaled(_ word: UInt32, _ amount: UInt32) -> UInt32 {
    var low = (word & 0xFF00FF) &* amount &+ 0x800080, high = (word >> 8 & 0xFF00FF) &* amount &+ 0x800080
    low = (low &+ (low >> 8 & 0xFF00FF)) >> 8 & 0xFF00FF
    high = (high &+ (high >> 8 & 0xFF00FF)) & 0xFF00_FF00
    return low | high
}

/// A colour that covers `amount` / 255 of a pixel, over what is there.
@inline(__always)
private func mixed(_ word: UInt32, over under: UInt32, _ amount: UInt32) -> UInt32 {
    guard word >> 24 == 255 else {
        let part = scaled(word, amount)
        return part &+ scaled(under, 255 - (part >> 24))
    }
    if amount == 255 { return word }
    // One rounding for both: a colour over itself stays what it is.
    let rest = 255 - amount
    var low = (word & 0xFF00FF) &* amount &+ (under & 0xFF00FF) &* rest &+ 0x800080
    var high = (word >> 8 & 0xFF00FF) &* amount &+ (under >> 8 & 0xFF00FF) &* rest &+ 0x800080
    low = (low &+ (low >> 8 & 0xFF00FF)) >> 8 & 0xFF00FF
    high = (high &+ (high >> 8 & 0xFF00FF)) & 0xFF00_FF00
    return low | high
}
