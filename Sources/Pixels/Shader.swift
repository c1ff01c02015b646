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
        if case .solid(let word) = kind {
            if word >> 24 == 255 { return row.update(repeating: word, count: count) }
            let rest = 255 - (word >> 24)
            for i in 0..<count { row[i] = word &+ scaled(row[i], rest) }
        } else if ramp.isOpaque {
            shade(row, x: x, y: y, count: count)
        } else {
            inChunks(count) { start, length, colors in
                shade(colors, x: x + start, y: y, count: length)
                for i in 0..<length { row[start + i] = colors[i] &+ scaled(row[start + i], 255 - (colors[i] >> 24)) }
            }
        }
    }

    /// Paints pixels that are covered in part: 255 is whole.
    func blend(_ row: UnsafeMutablePointer<UInt32>, x: Int, y: Int, count: Int, _ amounts: UnsafePointer<UInt8>) {
        if case .solid(let word) = kind {
            for i in 0..<count {
                let amount = UInt32(amounts[i])
                if amount != 0 { row[i] = mixed(word, over: row[i], amount) }
            }
        } else {
            inChunks(count) { start, length, colors in
                shade(colors, x: x + start, y: y, count: length)
                for i in 0..<length { row[start + i] = mixed(colors[i], over: row[start + i], UInt32(amounts[start + i])) }
            }
        }
    }

    @inline(__always)
    private func inChunks(_ count: Int, _ body: (Int, Int, UnsafeMutablePointer<UInt32>) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { colors in
            guard let base = colors.baseAddress else { return }
            var start = 0
            while start < count {
                body(start, min(256, count - start), base)
                start += 256
            }
        }
    }

    /// Writes the gradient's colours of a run of pixels.
    private func shade(_ colors: UnsafeMutablePointer<UInt32>, x: Int, y: Int, count: Int) {
        switch kind {
        case .solid: break
        case .linear(let origin, let perColumn, let perRow):
            let start = origin + Double(y) * perRow
            ramp.withSampler { sampler in
                for i in 0..<count { colors[i] = sampler.word(at: Float(start + Double(x + i) * perColumn)) }
            }
        case .radial(let place):
            let start = place(Point(0.5, Double(y) + 0.5))
            ramp.withSampler { sampler in
                for i in 0..<count {
                    let u = start.x + Double(x + i) * place.a, v = start.y + Double(x + i) * place.b
                    colors[i] = sampler.word(at: Float(u * u + v * v).squareRoot())
                }
            }
        }
    }
}

/// The colours of a gradient: straight alpha between stops, premultiplied when asked for.
private struct ColorRamp {
    /// From `start`, a channel is `base + offset × slope`, 0…255.
    struct Part {
        var start: Float
        var r: Float, g: Float, b: Float, a: Float
        var rSlope: Float = 0, gSlope: Float = 0, bSlope: Float = 0, aSlope: Float = 0

        /// The colour of one stop.
        init(_ start: Float, _ color: RGBA8) {
            (self.start, r, g, b, a) = (start, Float(color.r), Float(color.g), Float(color.b), Float(color.a))
        }

        /// From one stop to the next.
        init(_ start: Float, _ first: RGBA8, _ end: Float, _ second: RGBA8) {
            self.init(start, first)
            let to = Part(end, second), length = end - start
            (rSlope, gSlope, bSlope, aSlope) = ((to.r - r) / length, (to.g - g) / length, (to.b - b) / length, (to.a - a) / length)
            (r, g, b, a) = (r - start * rSlope, g - start * gSlope, b - start * bSlope, a - start * aSlope)
        }
    }

    /// Looks colours up; those of neighbouring pixels lie in the same part.
    struct Sampler {
        let parts: UnsafeBufferPointer<Part>
        let isOpaque: Bool
        var place = 0

        @inline(__always)
        mutating func word(at offset: Float) -> UInt32 {
            let t = min(max(offset, 0), 1)
            while place > 0, t < parts[place].start { place -= 1 }
            while place + 1 < parts.count, t >= parts[place + 1].start { place += 1 }
            let part = parts[place]
            // Adding 2²³ leaves the rounded integer in the lowest bits.
            @inline(__always) func byte(_ v: Float) -> UInt32 { (v + 8_388_608).bitPattern & 255 }
            let r = part.r + t * part.rSlope, g = part.g + t * part.gSlope, b = part.b + t * part.bSlope
            if isOpaque { return byte(r) | byte(g) << 8 | byte(b) << 16 | 255 << 24 }
            let a = part.a + t * part.aSlope, share = a * (1 / 255)
            return byte(r * share) | byte(g * share) << 8 | byte(b * share) << 16 | byte(a) << 24
        }
    }

    private var parts: [Part] = []
    private(set) var isOpaque = true

    init() {}

    init(_ stops: [GradientStop]) {
        isOpaque = stops.allSatisfy { $0.color.a == 255 }
        parts.append(Part(-.infinity, stops[0].color))
        var offset = max(0, min(1, Float(stops[0].offset)))
        for i in 1..<stops.count {
            // An offset below the one before counts as that one (SVG 2, 14.2.4).
            let end = max(offset, min(1, Float(stops[i].offset)))
            if end > offset { parts.append(Part(offset, stops[i - 1].color, end, stops[i].color)) }
            offset = end
        }
        parts.append(Part(offset, stops[stops.count - 1].color))
    }

    @inline(__always)
    func withSampler(_ body: (inout Sampler) -> Void) {
        parts.withUnsafeBufferPointer { parts in
            var sampler = Sampler(parts: parts, isOpaque: isOpaque)
            body(&sampler)
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
