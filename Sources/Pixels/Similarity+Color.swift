/// CIEDE2000 differences of 8-bit colours, gathered over a picture.
///
/// Lab coordinates are computed in 64 bits and remembered for colours met of late; the differences follow in 32 bits, eight
/// at a time. Equal colours cost nothing, and runs of one pair are computed once.
struct ColorDifferences {
    /// Of all pixels added.
    private(set) var sum = 0.0
    /// How many differences other than 0 there are of each size, in steps of `step`.
    private var histogram = [UInt32](repeating: 0, count: 1 << 20)
    private var largest = 0
    private static var step: Float { 1.0 / 8192 }

    private var first = LabTable(), second = LabTable()
    private var l1 = SIMD8<Float>.zero, a1 = SIMD8<Float>.zero, b1 = SIMD8<Float>.zero
    private var l2 = SIMD8<Float>.zero, a2 = SIMD8<Float>.zero, b2 = SIMD8<Float>.zero
    private var weights = SIMD8<UInt32>.zero
    private var filled = 0
    private var last: (UInt32, UInt32) = (0, 0)

    /// Forgets the differences.
    mutating func restart() {
        filled = 0
        sum = 0
        if largest > 0 { for i in 0...largest { histogram[i] = 0 } }
        largest = 0
    }

    /// Adds a row of pairs.
    mutating func add(_ a: ColorRow, _ b: ColorRow, _ width: Int) {
        for x in 0..<width {
            let p = packed(a.r[x], a.g[x], a.b[x]), q = packed(b.r[x], b.g[x], b.b[x])
            if p == q { continue }
            if filled > 0, p == last.0, q == last.1 {
                weights[filled - 1] &+= 1
                continue
            }
            if filled == 8 { flush() }
            let u = first.lab(p), v = second.lab(q)
            (l1[filled], a1[filled], b1[filled]) = (u.x, u.y, u.z)
            (l2[filled], a2[filled], b2[filled]) = (v.x, v.y, v.z)
            weights[filled] = 1
            filled += 1
            last = (p, q)
        }
    }

    /// The value that 95 % of `count` differences do not exceed, between the two nearest ones.
    func percentile95(of count: Int) -> Double {
        var others = 0
        for i in 0...largest { others += Int(histogram[i]) }
        let place = 0.95 * Double(count - 1), rank = Int(place)
        let equal = count - others
        func value(_ rank: Int) -> Double {
            if rank < equal { return 0 }
            var before = equal
            for i in 0...largest {
                before += Int(histogram[i])
                if rank < before { return (Double(i) + 0.5) * Double(Self.step) }
            }
            return 0
        }
        let low = value(rank)
        return low + (value(min(count - 1, rank + 1)) - low) * (place - Double(rank))
    }

    /// Rounded to nearest, halves to even.
    @inline(__always)
    private func packed(_ r: Float, _ g: Float, _ b: Float) -> UInt32 {
        // Adding 1.5 × 2²³ leaves the rounded integer in the lowest bits.
        @inline(__always) func bits(_ v: Float) -> UInt32 { (v + 12_582_912).bitPattern & 255 }
        return bits(r) | bits(g) << 8 | bits(b) << 16
    }

    /// Computes what is still waiting; before that, sum and percentile lack a few pairs.
    mutating func flush() {
        guard filled > 0 else { return }
        let found = differences(l1, a1, b1, l2, a2, b2)
        for i in 0..<filled {
            sum += Double(found[i]) * Double(weights[i])
            let bin = min(histogram.count - 1, Int(found[i] / Self.step))
            histogram[bin] &+= weights[i]
            largest = max(largest, bin)
        }
        filled = 0
    }

    /// The formulas of G. Sharma, W. Wu and E. N. Dalal, "The CIEDE2000 color-difference formula" (2005), without angles: hues are
    /// directions of length 1, their mean is the direction between them and multiples of it follow from products.
    private func differences(
        _ l1: SIMD8<Float>, _ a1: SIMD8<Float>, _ b1: SIMD8<Float>, _ l2: SIMD8<Float>, _ a2: SIMD8<Float>, _ b2: SIMD8<Float>
    ) -> SIMD8<Float> {
        typealias V = SIMD8<Float>
        /// √(c⁷ / (c⁷ + 25⁷)), 25⁷ to 32 bits
        func share(_ c: V) -> V {
            let square = c * c, seventh = square * square * square * c
            return (seventh / (seventh + 6_103_515_648)).squareRoot()
        }
        let meanChroma = ((a1 * a1 + b1 * b1).squareRoot() + (a2 * a2 + b2 * b2).squareRoot()) * 0.5
        let stretch = 1 + 0.5 * (1 - share(meanChroma))
        let u1 = a1 * stretch, u2 = a2 * stretch
        let c1 = (u1 * u1 + b1 * b1).squareRoot(), c2 = (u2 * u2 + b2 * b2).squareRoot()
        let c = (c1 + c2) * 0.5

        let l = (l1 + l2) * 0.5 - 50, ll = l * l
        let lightness = (l2 - l1) / (1 + 0.015 * ll / (20 + ll).squareRoot())
        let chroma = (c2 - c1) / (1 + 0.045 * c)

        // 2 √(c1 c2) sin(Δh / 2): from the cross product where directions are near, from the dot product where they are far.
        let dot = u1 * u2 + b1 * b2, cross = u1 * b2 - u2 * b1, product = c1 * c2
        let near = cross / (0.5 * (product + dot)).clamped(lowerBound: V(repeating: 1e-30), upperBound: V(repeating: 1e30)).squareRoot()
        let length = (2 * (product - dot)).clamped(lowerBound: .zero, upperBound: V(repeating: 1e30)).squareRoot()
        let far = length.replacing(with: -length, where: cross .< 0)
        let hue = near.replacing(with: far, where: dot .< 0)

        let n1 = c1.replacing(with: 1, where: c1 .== 0), n2 = c2.replacing(with: 1, where: c2 .== 0)
        var x = u1 / n1 + u2 / n2, y = b1 / n1 + b2 / n2
        let size = (x * x + y * y).squareRoot()
        // Opposite hues have two directions between them.
        let isOpposite = size .< 1e-6
        x = (x / size).replacing(with: -b1 / n1, where: isOpposite)
        y = (y / size).replacing(with: u1 / n1, where: isOpposite)
        let x2 = x * x - y * y, y2 = 2 * x * y
        let x3 = x2 * x - y2 * y, y3 = y2 * x + x2 * y
        let x4 = x2 * x2 - y2 * y2, y4 = 2 * x2 * y2
        var t: V = 1 + 0.24 * x2
        t -= x * (0.17 * 0.866_025_4) + y * (0.17 * 0.5)  // 30°
        t += x3 * (0.32 * 0.994_521_9) - y3 * (0.32 * 0.104_528_46)  // 6°
        t -= x4 * (0.2 * 0.453_990_5) + y4 * (0.2 * 0.891_006_5)  // 63°
        let hueWeight: V = 1 + 0.015 * c * t
        let turn = hue / hueWeight

        // The angle from 275° as twice an arc tangent; it matters near 0 only, so the polynomial for −1…1 is enough.
        let cosine = x * 0.087_155_743 - y * 0.996_194_7, sine = y * 0.087_155_743 + x * 0.996_194_7
        let half = (sine / (1 + cosine).clamped(lowerBound: V(repeating: 1e-6), upperBound: V(repeating: 4)))
            .clamped(lowerBound: V(repeating: -1.7), upperBound: V(repeating: 1.7))
        let h = half * half
        var arc = V(repeating: 0.006_811_743_6)
        for k: Float in [-0.033_604_067, 0.079_623_49, -0.132_333_32, 0.198_078_13, -0.333_173_68, 0.999_996_1] { arc = arc * h + k }
        // Half the angle over 25°, twice.
        let q = arc * half * 4.583_662_4
        let z = (q * q * 0.0625).clamped(lowerBound: .zero, upperBound: V(repeating: 1.2))
        var power = V(repeating: 1.0 / 40320)
        for k: Float in [-1.0 / 5040, 1.0 / 720, -1.0 / 120, 1.0 / 24, -1.0 / 6, 0.5, -1, 1] { power = power * z + k }
        for _ in 0..<4 { power *= power }
        let angle = power * 1.047_197_6, s = angle * angle
        var sine2 = V(repeating: 1.0 / 362_880)
        for k: Float in [-1.0 / 5040, 1.0 / 120, -1.0 / 6, 1] { sine2 = sine2 * s + k }
        let rotation: V = sine2 * angle * share(c) * chroma * turn
        let square: V = lightness * lightness + chroma * chroma + turn * turn - 2 * rotation
        return square.clamped(lowerBound: .zero, upperBound: V(repeating: 1e6)).squareRoot()
    }
}

/// CIE Lab of sRGB bytes under D65, with the colours met of late.
private struct LabTable {
    private var entries = [(key: UInt32, lab: SIMD4<Float>)](repeating: (.max, .zero), count: 4096)
    private let linear: [Double] = (0..<256).map { linearLight(Double($0) / 255) }

    mutating func lab(_ color: UInt32) -> SIMD4<Float> {
        let slot = Int((color &* 2_654_435_769) >> 20)
        let entry = entries[slot]
        if entry.key == color { return entry.lab }
        let r = linear[Int(color & 255)], g = linear[Int(color >> 8 & 255)], b = linear[Int(color >> 16 & 255)]
        let x = f((0.412453 * r + 0.35758 * g + 0.180423 * b) / 0.95047)
        let y = f(0.212671 * r + 0.71516 * g + 0.072169 * b)
        let z = f((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883)
        let lab = SIMD4<Float>(Float(116 * y - 16), Float(500 * (x - y)), Float(200 * (y - z)), 0)
        entries[slot] = (color, lab)
        return lab
    }

    private func f(_ t: Double) -> Double {
        guard t > 0.008856 else { return 7.787 * t + 16.0 / 116 }
        // Halley's iteration from a start read off the exponent.
        var y = Double(Float(bitPattern: Float(t).bitPattern / 3 + 709_921_077))
        for _ in 0..<3 {
            let cube = y * y * y
            y *= (cube + 2 * t) / (2 * cube + t)
        }
        return y
    }
}
