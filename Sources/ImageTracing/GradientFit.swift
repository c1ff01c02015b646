import AtelierGeometry
import AtelierPixels

/// A pixel, or many like it, of an area that may be a gradient.
struct GradientSample {
    /// Premultiplied. A large picture has as many samples as pixels where its regions are small, so they are kept in 20 bytes.
    var bytes: RGBA8
    /// Centre of the pixel.
    var x: Float, y: Float
    /// Pixels it stands for.
    var weight: Float
    /// Its say in what the gradient is: as many pixels, or hardly any where an edge may have changed its colour.
    var pull: Float

    /// Premultiplied, 0–255.
    @inline(__always) var color: SIMD4<Float> { SIMD4(bytes: bytes) }
    /// Centre of the pixel.
    @inline(__always) var place: SIMD2<Float> { SIMD2(x, y) }
}

/// A coordinate of the plane that is constant where a gradient has one colour.
struct GradientAxis {
    enum Kind { case linear, circular, elliptical }
    var kind: Kind
    /// Linear: where the coordinate is 0. Otherwise the centre.
    var origin: SIMD2<Float>
    /// Linear: unit vector in which the coordinate grows. Otherwise (e, f) of the quadratic form (1 + e) x² + 2f xy + (1 − e) y²,
    /// whose root is the coordinate.
    var shape: SIMD2<Float>

    /// The coordinate of a place: pixels from the origin; for an ellipse the geometric mean of its axes is less than that by √(1 − e² − f²).
    @inline(__always)
    func position(_ place: SIMD2<Float>) -> Float {
        let d = place - origin
        if kind == .linear { return d.x * shape.x + d.y * shape.y }
        return max(0, d.x * d.x * (1 + shape.x) + 2 * d.x * d.y * shape.y + d.y * d.y * (1 - shape.x)).squareRoot()
    }

    /// Derivatives of the coordinate. Linear: by the angle. Otherwise by the centre's x and y and the form's e and f.
    @inline(__always)
    func derivatives(_ place: SIMD2<Float>, _ position: Float) -> SIMD4<Float> {
        let d = place - origin
        if kind == .linear { return SIMD4(turn(place), 0, 0, 0) }
        let inverse = 1 / max(0.5, position)
        return SIMD4(
            -(d.x * (1 + shape.x) + d.y * shape.y) * inverse, -(d.x * shape.y + d.y * (1 - shape.x)) * inverse,
            0.5 * (d.x * d.x - d.y * d.y) * inverse, d.x * d.y * inverse)
    }

    /// The only derivative of a linear axis.
    @inline(__always)
    fileprivate func turn(_ place: SIMD2<Float>) -> Float {
        let d = place - origin
        return d.y * shape.x - d.x * shape.y
    }

    /// The only derivatives of a circular axis, by the centre's x and y.
    @inline(__always)
    fileprivate func pull(_ place: SIMD2<Float>, _ position: Float) -> SIMD2<Float> { (origin - place) * (1 / max(0.5, position)) }

    fileprivate var parameterCount: Int { kind == .linear ? 1 : kind == .circular ? 2 : 4 }

    /// The axis after a step in its parameters; nil where that is no gradient any more.
    fileprivate func moved(by step: SIMD4<Float>, extent: Float) -> GradientAxis? {
        var axis = self
        if kind == .linear {
            let turn = max(-0.3, min(0.3, step.x))
            let v = SIMD2(shape.x - turn * shape.y, shape.y + turn * shape.x)
            axis.shape = v / (v.x * v.x + v.y * v.y).squareRoot()
            return axis
        }
        let most = max(abs(step.x), abs(step.y)), limit = extent / 3
        axis.origin += SIMD2(step.x, step.y) * (most > limit ? limit / most : 1)
        if kind == .elliptical {
            axis.shape += SIMD2(max(-0.3, min(0.3, step.z)), max(-0.3, min(0.3, step.w)))
            let long = (axis.shape.x * axis.shape.x + axis.shape.y * axis.shape.y).squareRoot()
            // Axes of more than 1 : 6 are as good as linear.
            if long > 0.945 { axis.shape *= 0.945 / long }
        }
        return axis.origin.x.isFinite && axis.origin.y.isFinite ? axis : nil
    }
}

/// Colours along an axis.
struct FittedGradient {
    static var mostStops: Int { 8 }
    var axis: GradientAxis
    /// Stops in use, at least 2.
    var count: Int
    /// Coordinates of the stops, rising.
    var positions: InlineArray<8, Float>
    /// Straight sRGB and alpha, 0–255.
    var colors: InlineArray<8, SIMD4<Float>>

    /// The colour at a place, premultiplied.
    @inline(__always)
    func color(at place: SIMD2<Float>) -> SIMD4<Float> { color(position: axis.position(place)) }

    @inline(__always)
    func color(position t: Float) -> SIMD4<Float> {
        var i = 1
        while i < count - 1, positions[i] < t { i += 1 }
        let s = max(0, min(1, (t - positions[i - 1]) / (positions[i] - positions[i - 1])))
        var c = colors[i - 1] + (colors[i] - colors[i - 1]) * s
        let alpha = c.w
        c *= alpha / 255
        c.w = alpha
        return c
    }
}

extension FittedGradient {
    /// The gradient prepared for many places.
    struct Evaluator {
        private let axis: GradientAxis
        private let last: Int
        private let isOpaque: Bool
        private var ends: InlineArray<8, Float> = .init(repeating: 0)
        private var starts: InlineArray<8, Float> = .init(repeating: 0)
        private var inverses: InlineArray<8, Float> = .init(repeating: 0)
        private var colors: InlineArray<8, SIMD4<Float>> = .init(repeating: .zero)
        private var changes: InlineArray<8, SIMD4<Float>> = .init(repeating: .zero)

        init(_ gradient: FittedGradient) {
            axis = gradient.axis
            last = gradient.count - 2
            var isOpaque = true
            for k in 0..<gradient.count { isOpaque = isOpaque && gradient.colors[k].w == 255 }
            self.isOpaque = isOpaque
            for k in 0...last {
                starts[k] = gradient.positions[k]
                ends[k] = gradient.positions[k + 1]
                inverses[k] = 1 / (gradient.positions[k + 1] - gradient.positions[k])
                colors[k] = gradient.colors[k]
                changes[k] = gradient.colors[k + 1] - gradient.colors[k]
            }
        }

        /// The premultiplied colour at a place.
        @inline(__always)
        func color(at place: SIMD2<Float>) -> SIMD4<Float> { color(position: axis.position(place)) }

        /// The premultiplied colour at a coordinate of the axis.
        @inline(__always)
        func color(position t: Float) -> SIMD4<Float> {
            var k = 0
            while k < last, ends[k] < t { k += 1 }
            let c = colors[k] + changes[k] * max(0, min(1, (t - starts[k]) * inverses[k]))
            if isOpaque { return c }
            var p = c * (c.w * (1 / 255))
            p.w = c.w
            return p
        }
    }

    /// The same as an SVG paint, with places on a grid of `unitsPerPixel`.
    var paint: Paint {
        let first = positions[0], last = positions[count - 1]
        var stops: [GradientStop] = []
        let start = axis.kind == .linear ? first : 0
        for i in 0..<count {
            // Hundredths, as they are written.
            let offset = Double((max(0, min(1, (positions[i] - start) / (last - start))) * 100).rounded()) / 100
            stops.append(GradientStop(offset: offset, color: colors[i].straightBytes))
        }
        if axis.kind == .linear {
            let a = axis.origin + axis.shape * first, b = axis.origin + axis.shape * last
            return .linear(.init(start: Point(Double(a.x), Double(a.y)), end: Point(Double(b.x), Double(b.y)), stops: stops))
        }
        let center = Point(Double(axis.origin.x), Double(axis.origin.y)), radius = Double(last)
        if axis.kind == .circular { return .radial(.init(center: center, radius: radius, stops: stops)) }
        // The inverse root of the form, a symmetric matrix: √M⁻¹ = (M⁻¹ + √det M⁻¹ · 1) / √(tr M⁻¹ + 2 √det M⁻¹).
        let e = Double(axis.shape.x), f = Double(axis.shape.y)
        let det = 1 - e * e - f * f, root = (1 / det).squareRoot()
        let scale = radius / (2 / det + 2 * root).squareRoot()
        let place = AffineTransform(
            a: ((1 - e) / det + root) * scale, b: -f / det * scale, c: -f / det * scale, d: ((1 + e) / det + root) * scale,
            e: center.x, f: center.y)
        return .radial(.init(place: place, stops: stops))
    }
}

extension SIMD4<Float> {
    /// Rounded to bytes.
    fileprivate var straightBytes: RGBA8 {
        let c = pointwiseMax(.zero, pointwiseMin(SIMD4(repeating: 255), self)) + 0.5
        return RGBA8(UInt8(c.x), UInt8(c.y), UInt8(c.z), UInt8(c.w))
    }
}

/// Channels brought to 0…255; the standard library's functions for this are not always inlined.
@inline(__always)
private func clamped(_ v: SIMD4<Float>) -> SIMD4<Float> {
    SIMD4(max(0, min(255, v.x)), max(0, min(255, v.y)), max(0, min(255, v.z)), max(0, min(255, v.w)))
}

/// The integer below a number of 0 to 2²²; the initialiser of `Int` checks for much that is known not to happen here.
@inline(__always)
private func flooredSmall(_ x: Float) -> Int {
    let shifted = x + 8_388_608
    return Int(shifted.bitPattern & 0x7F_FFFF) - (shifted - 8_388_608 > x ? 1 : 0)
}

/// Sums over samples from which a quadratic surface of colours follows; those of two areas together are the sums of both.
///
/// Coordinates are scaled to about −1…1 so that fourth powers stay in range.
struct SurfaceSums {
    /// Σ w x^i y^j for i + j ≤ 4, by degree: 1, x, y, xx, xy, yy, xxx, xxy, xyy, yyy, xxxx, xxxy, xxyy, xyyy, yyyy.
    var moments: InlineArray<15, Double> = .init(repeating: 0)
    /// Σ w c times 1, x, y, xx, xy, yy.
    var colors: InlineArray<6, SIMD4<Double>> = .init(repeating: .zero)
    /// Σ w |c|².
    var energy = 0.0

    mutating func add(_ sample: GradientSample, center: SIMD2<Float>, scale: Float) {
        let p = SIMD2<Double>((sample.place - center) * scale), w = Double(sample.weight), c = SIMD4<Double>(sample.color) * w
        let (x, y) = (p.x, p.y)
        let (xx, xy, yy) = (x * x, x * y, y * y)
        moments[0] += w
        moments[1] += w * x; moments[2] += w * y
        moments[3] += w * xx; moments[4] += w * xy; moments[5] += w * yy
        moments[6] += w * xx * x; moments[7] += w * xx * y; moments[8] += w * yy * x; moments[9] += w * yy * y
        moments[10] += w * xx * xx; moments[11] += w * xx * xy; moments[12] += w * xx * yy; moments[13] += w * xy * yy
        moments[14] += w * yy * yy
        colors[0] += c
        colors[1] += c * x; colors[2] += c * y
        colors[3] += c * xx; colors[4] += c * xy; colors[5] += c * yy
        let e = c * SIMD4<Double>(sample.color)
        energy += e.x + e.y + e.z + e.w
    }

    static func + (a: SurfaceSums, b: SurfaceSums) -> SurfaceSums {
        var s = a
        for i in 0..<15 { s.moments[i] += b.moments[i] }
        for i in 0..<6 { s.colors[i] += b.colors[i] }
        s.energy += b.energy
        return s
    }

    /// Pixels.
    var weight: Double { moments[0] }
    /// Mean colour.
    var mean: SIMD4<Double> { moments[0] > 0 ? colors[0] / moments[0] : .zero }
    /// Squared error of the best single colour.
    var flatError: Double {
        let m = colors[0] * mean
        return max(0, energy - (m.x + m.y + m.z + m.w))
    }

    /// Coefficients of the best surface of `terms` terms (3: plane, 6: quadratic) and its squared error.
    func surface(terms: Int) -> (coefficients: InlineArray<6, SIMD4<Double>>, error: Double) {
        // Which moment belongs to the product of two terms.
        let index: InlineArray<36, UInt8> = [
            0, 1, 2, 3, 4, 5,
            1, 3, 4, 6, 7, 8,
            2, 4, 5, 7, 8, 9,
            3, 6, 7, 10, 11, 12,
            4, 7, 8, 11, 12, 13,
            5, 8, 9, 12, 13, 14,
        ]
        var a: InlineArray<36, Double> = .init(repeating: 0)
        var b = colors
        let ridge = max(1, moments[0]) * 1e-12
        for i in 0..<terms {
            for j in 0..<terms { a[i * 6 + j] = moments[Int(index[i * 6 + j])] }
            a[i * 7] += ridge
        }
        // Cholesky: a = L Lᵀ, in place; then both substitutions.
        for j in 0..<terms {
            var d = a[j * 7]
            for k in 0..<j { d -= a[j * 6 + k] * a[j * 6 + k] }
            let root = max(d, ridge * 0.01).squareRoot()
            a[j * 7] = root
            for i in j + 1..<max(j + 1, terms) {
                var v = a[i * 6 + j]
                for k in 0..<j { v -= a[i * 6 + k] * a[j * 6 + k] }
                a[i * 6 + j] = v / root
            }
        }
        var explained = 0.0
        for i in 0..<terms {
            for k in 0..<i { b[i] -= b[k] * a[i * 6 + k] }
            b[i] /= a[i * 7]
            let e = b[i] * b[i]
            explained += e.x + e.y + e.z + e.w
        }
        for i in stride(from: terms - 1, through: 0, by: -1) {
            for k in i + 1..<max(i + 1, terms) { b[i] -= b[k] * a[k * 6 + i] }
            b[i] /= a[i * 7]
        }
        return (b, max(0, energy - explained))
    }
}

/// Finds the gradient that explains samples best, with scratch memory that is used again for the next.
struct GradientFitter {
    /// Squared error that is worth a byte.
    let lambda: Float
    /// Origin and scale of the coordinates in `SurfaceSums`.
    let center: SIMD2<Float>
    let scale: Float

    /// A gradient with its squared error and estimated gzip bytes.
    struct Candidate {
        var gradient: FittedGradient
        var error: Float
        var bytes: Float
    }

    private struct Bin {
        var color: SIMD4<Float> = .zero
        var derivative: SIMD4<Float> = .zero
        var slope: SIMD4<Float> = .zero
        var weight: Float = 0
        var position: Float = 0
        /// Squared length of `slope`.
        var steepness: Float = 0
    }
    /// How far the coordinates reach and how many bins to a pixel.
    private struct BinRange {
        var low: Float
        var high: Float
        var scale: Float
        var count: Int
    }
    private var bins = [Bin](repeating: .init(), count: 48)
    /// Coordinate of each sample along the axis, and its bin.
    private var positions: [Float] = []
    private var slots: [UInt8] = []
    /// Fewer samples, which are enough to tell the axis.
    private var sparse: [GradientSample] = []
    /// Sums over bins up to each, t relative to the lowest coordinate and c to `base`.
    private struct Sum {
        var w = 0.0, t = 0.0, tt = 0.0, cc = 0.0
        var c: SIMD4<Double> = .zero, ct: SIMD4<Double> = .zero

        static func - (a: Sum, b: Sum) -> Sum {
            Sum(w: a.w - b.w, t: a.t - b.t, tt: a.tt - b.tt, cc: a.cc - b.cc, c: a.c - b.c, ct: a.ct - b.ct)
        }
    }
    private var prefix: [Sum] = []
    private var base: SIMD4<Float> = .zero
    /// Bins with samples, and how many of those come before each bin.
    private var used: [Int] = []
    private var usedBefore: [Int] = []
    private var lines = [Float](repeating: 0, count: 48 * 48)
    /// A profile with a higher price is not looked for.
    private var limit = Float.infinity
    private var isTranslucent = false

    init(lambda: Float, center: SIMD2<Float>, scale: Float) { (self.lambda, self.center, self.scale) = (lambda, center, scale) }

    /// The best gradient for the samples, or nil when none is worth its bytes against one colour.
    ///
    /// - Parameters:
    ///   - sums: Those of all samples.
    ///   - floor: Squared error that no gradient is expected to go below.
    ///   - limit: The price a gradient must stay below.
    ///   - guesses: Axes that explain parts of the samples.
    mutating func fit(
        _ samples: UnsafeBufferPointer<GradientSample>, _ sums: SurfaceSums, floor: Float, limit: Float,
        guesses: (GradientAxis?, GradientAxis?)
    ) -> Candidate? {
        let flat = Float(sums.flatError)
        guard samples.count >= 12, flat > lambda * 40 else { return nil }
        var low = samples[0].place, high = low
        for s in samples {
            low = pointwiseMin(low, s.place)
            high = pointwiseMax(high, s.place)
        }
        isTranslucent = sums.mean.w < 250
        let extent = max(high.x - low.x, high.y - low.y)
        guard extent > 6 else { return nil }
        self.limit = min(limit, flat)
        var best: Candidate?
        func score(_ c: Candidate?) -> Float { c.map { $0.error + lambda * $0.bytes } ?? .infinity }
        let n = sums.weight
        thin(samples, to: 240, into: &sparse)
        // What is left then is rounding and noise.
        let good = max(0.4 * Float(n), 1.05 * floor)
        for guess in [guesses.0, guesses.1] {
            guard let guess, best.map({ $0.error > good + lambda * 3 }) ?? true else { continue }
            let candidate = profile(refined(guess, extent), samples)
            if score(candidate) < score(best) {
                best = candidate
                self.limit = min(self.limit, score(best))
            }
        }
        if let best, best.error < good + lambda * 3, best.gradient.axis.kind == .linear { return score(best) < flat ? best : nil }
        let middle = (low + high) * 0.5
        let plane = sums.surface(terms: 3), quadratic = sums.surface(terms: 6)
        let q = quadratic.coefficients
        // Linear: across the plane's isophotes, and along the main direction of the quadratic surface's gradients, which a profile
        // that rises and falls does not cancel.
        func tensorDirection(_ xx: Double, _ xy: Double, _ yy: Double) -> SIMD2<Float> {
            let half = (xx - yy) / 2, root = (half * half + xy * xy).squareRoot()
            var v = half >= 0 ? SIMD2(half + root, xy) : SIMD2(xy, root - half)
            let length = (v.x * v.x + v.y * v.y).squareRoot()
            if !(length > 0) { v = SIMD2(1, 0) } else { v /= length }
            return SIMD2<Float>(v)
        }
        let (gx, gy) = (plane.coefficients[1], plane.coefficients[2])
        let direct = tensorDirection((gx * gx).sum(), (gx * gy).sum(), (gy * gy).sum())
        // E ∇∇ᵀ with ∇ = (q1 + 2 q3 x + q4 y, q2 + q4 x + 2 q5 y).
        let (mx, my) = (sums.moments[1] / n, sums.moments[2] / n)
        let (xx, xy, yy) = (sums.moments[3] / n, sums.moments[4] / n, sums.moments[5] / n)
        func expected(_ a: (SIMD4<Double>, SIMD4<Double>, SIMD4<Double>), _ b: (SIMD4<Double>, SIMD4<Double>, SIMD4<Double>)) -> Double {
            let linear = a.0 * b.0 + (a.0 * b.1 + a.1 * b.0) * mx + (a.0 * b.2 + a.2 * b.0) * my
            return (linear + a.1 * b.1 * xx + (a.1 * b.2 + a.2 * b.1) * xy + a.2 * b.2 * yy).sum()
        }
        let dx = (q[1], 2 * q[3], q[4]), dy = (q[2], q[4], 2 * q[5])
        let second = tensorDirection(expected(dx, dx), expected(dx, dy), expected(dy, dy))
        var starts = [direct]
        if abs(direct.x * second.y - direct.y * second.x) > 0.1 { starts.append(second) }
        for direction in starts where best.map({ $0.error > good + lambda * 3 || $0.gradient.axis.kind != .linear }) ?? true {
            let axis = refined(.init(kind: .linear, origin: middle, shape: direction), extent)
            let candidate = straightened(profile(axis, samples), samples)
            // Of nearly equal ones the linear gradient is the likelier.
            if score(candidate) < score(best) + lambda * 5 {
                best = candidate
                self.limit = min(self.limit, score(best))
            }
        }
        if best.map({ $0.error > good + lambda * 6 }) ?? true {
            // The centre is where the gradients of all channels vanish.
            var (a, b, c, u, v) = (0.0, 0.0, 0.0, 0.0, 0.0)
            a = (4 * q[3] * q[3] + q[4] * q[4]).sum()
            b = (2 * q[3] * q[4] + 2 * q[4] * q[5]).sum()
            c = (q[4] * q[4] + 4 * q[5] * q[5]).sum()
            u = -(2 * q[3] * q[1] + q[4] * q[2]).sum()
            v = -(q[4] * q[1] + 2 * q[5] * q[2]).sum()
            let det = a * c - b * b
            var centers: [SIMD2<Float>] = []
            if det > 1e-9 * (a + c) * (a + c) {
                let p = SIMD2<Float>(SIMD2((c * u - b * v) / det, (a * v - b * u) / det)) / scale + center
                let off = p - middle
                let distance = (off.x * off.x + off.y * off.y).squareRoot()
                centers.append(distance > 2 * extent ? middle + off * (2 * extent / distance) : p)
            }
            centers.append(middle)
            var bestCircle: Candidate?
            for start in centers where bestCircle.map({ $0.error > good + lambda * 3 }) ?? true {
                let axis = refined(.init(kind: .circular, origin: start, shape: .zero), extent)
                let off = axis.origin - middle
                guard off.x * off.x + off.y * off.y < 9 * extent * extent else { continue }
                let candidate = profile(axis, samples)
                if score(candidate) < score(bestCircle) { bestCircle = candidate }
            }
            if score(bestCircle) < score(best) { best = bestCircle }
            if var axis = bestCircle?.gradient.axis, let best0 = best, best0.error > good + lambda * 10 {
                axis.kind = .elliptical
                axis = refined(axis, extent)
                let candidate = profile(axis, samples)
                if score(candidate) < score(best) {
                    best = candidate
                    self.limit = min(self.limit, score(best))
                }
            }
        }
        guard let best, score(best) < flat else { return nil }
        return best
    }

    /// Gauss–Newton on the parameters of the axis, the profile along it eliminated: within a bin of equal coordinate the colours'
    /// deviations from its mean are explained by the derivatives' deviations (variable projection; Golub and Pereyra, 1973).
    private mutating func refined(_ start: GradientAxis, _ extent: Float) -> GradientAxis {
        let samples = sparse
        return samples.withUnsafeBufferPointer { refined(start, $0, extent) }
    }

    private mutating func refined(_ start: GradientAxis, _ samples: UnsafeBufferPointer<GradientSample>, _ extent: Float) -> GradientAxis {
        var axis = start, best = start, bestError = Float.infinity
        for _ in 0..<8 {
            guard let range = fillBins(axis, samples, 32, derivatives: true) else { return best }
            let parameters = axis.parameterCount
            var rows: (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>) = (.zero, .zero, .zero, .zero)
            var right = SIMD4<Float>.zero, error: Float = 0
            for b in 0..<range.count { bins[b].steepness = squared(bins[b].slope) }
            bins.withUnsafeBufferPointer { bins in
                positions.withUnsafeBufferPointer { positions in
                    slots.withUnsafeBufferPointer { slots in
                        for i in 0..<samples.count {
                            let t = positions[i], pull = samples[i].pull
                            let bin = bins.baseAddress! + Int(slots[i])
                            let residual = samples[i].color - bin.pointee.color - bin.pointee.slope * (t - bin.pointee.position)
                            error += pull * squared(residual)
                            let h = (bin.pointee.slope * residual).sum() * pull, g = bin.pointee.steepness * pull
                            if parameters == 1 {
                                let d = axis.turn(samples[i].place) - bin.pointee.derivative.x
                                right.x += d * h
                                rows.0.x += d * d * g
                                continue
                            }
                            if parameters == 2 {
                                let d = axis.pull(samples[i].place, t) - bin.pointee.derivative.lowHalf
                                right.lowHalf += d * h
                                rows.0.lowHalf += d * (d.x * g)
                                rows.1.lowHalf += d * (d.y * g)
                                continue
                            }
                            let d = axis.derivatives(samples[i].place, t) - bin.pointee.derivative
                            right += d * h
                            let e = d * g
                            rows.0 += e * d.x
                            rows.1 += e * d.y
                            rows.2 += e * d.z
                            rows.3 += e * d.w
                        }
                    }
                }
            }
            if error < bestError {
                let gain = bestError - error
                (best, bestError) = (axis, error)
                if gain < 0.005 * error || gain < lambda { break }
            } else {
                break
            }
            guard let step = solve(rows, right, parameters), let moved = axis.moved(by: step, extent: extent) else { break }
            axis = moved
        }
        return best
    }

    private func solve(_ rows: (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>), _ right: SIMD4<Float>, _ n: Int) -> SIMD4<Float>? {
        var a: InlineArray<4, SIMD4<Double>> = [SIMD4(rows.0), SIMD4(rows.1), SIMD4(rows.2), SIMD4(rows.3)]
        var b = SIMD4<Double>(right), x = SIMD4<Double>.zero
        for i in 0..<n { a[i][i] = a[i][i] * 1.001 + 1e-6 }
        for i in 0..<n {
            guard a[i][i] > 1e-9 else { return nil }
            for j in i + 1..<max(i + 1, n) {
                let f = a[j][i] / a[i][i]
                a[j] -= a[i] * f
                b[j] -= b[i] * f
            }
        }
        for i in stride(from: n - 1, through: 0, by: -1) {
            var v = b[i]
            for j in i + 1..<max(i + 1, n) { v -= a[i][j] * x[j] }
            x[i] = v / a[i][i]
        }
        return SIMD4<Float>(x)
    }

    /// Sorts the samples into bins of equal width along the axis: means, and slopes from one bin to the next.
    private mutating func fillBins(
        _ axis: GradientAxis, _ samples: UnsafeBufferPointer<GradientSample>, _ most: Int, derivatives: Bool
    ) -> BinRange? {
        if positions.count < samples.count {
            positions = [Float](repeating: 0, count: samples.count)
            slots = [UInt8](repeating: 0, count: samples.count)
        }
        let (low, high) = positions.withUnsafeMutableBufferPointer { positions in
            var low = Float.infinity, high = -Float.infinity
            func place(_ position: (SIMD2<Float>) -> Float) {
                for i in 0..<samples.count {
                    let t = position(samples[i].place)
                    low = min(low, t)
                    high = max(high, t)
                    positions[i] = t
                }
            }
            let (origin, shape) = (axis.origin, axis.shape)
            switch axis.kind {
            case .linear: place { ($0.x - origin.x) * shape.x + ($0.y - origin.y) * shape.y }
            case .circular:
                place {
                    let d = $0 - origin
                    return (d.x * d.x + d.y * d.y).squareRoot()
                }
            case .elliptical: place { axis.position($0) }
            }
            return (low, high)
        }
        // Shorter than this is an edge, drawn out by blur.
        guard high - low > 6 else { return nil }
        // Nothing narrower than two pixels is told from an edge.
        let count = min(most, Int((high - low) / 2)), scale = Float(count) / (high - low)
        for b in 0..<count { bins[b] = .init() }
        bins.withUnsafeMutableBufferPointer { bins in
            positions.withUnsafeBufferPointer { positions in
                slots.withUnsafeMutableBufferPointer { slots in
                    for i in 0..<samples.count {
                        let t = positions[i], pull = samples[i].pull
                        let b = min(count - 1, flooredSmall((t - low) * scale)), bin = bins.baseAddress! + b
                        slots[i] = UInt8(truncatingIfNeeded: b)
                        bin.pointee.weight += pull
                        bin.pointee.position += pull * t
                        bin.pointee.color += samples[i].color * pull
                    }
                    guard derivatives else { return }
                    for i in 0..<samples.count {
                        let bin = bins.baseAddress! + Int(slots[i])
                        switch axis.kind {
                        case .linear: bin.pointee.derivative.x += axis.turn(samples[i].place) * samples[i].pull
                        case .circular: bin.pointee.derivative.lowHalf += axis.pull(samples[i].place, positions[i]) * samples[i].pull
                        case .elliptical:
                            bin.pointee.derivative += axis.derivatives(samples[i].place, positions[i]) * samples[i].pull
                        }
                    }
                }
            }
            for b in 0..<count where bins[b].weight > 0 {
                let inverse = 1 / bins[b].weight
                bins[b].position *= inverse
                bins[b].color *= inverse
                bins[b].derivative *= inverse
            }
            var previous = -1, here = -1
            for next in 0...count where next == count || bins[next].weight > 0 {
                if here >= 0 {
                    let from = previous >= 0 ? previous : here, to = next < count ? next : here
                    let run = bins[to].position - bins[from].position
                    if run > 1e-3 { bins[here].slope = (bins[to].color - bins[from].color) / run }
                }
                (previous, here) = (here, next)
            }
        }
        return BinRange(low: low, high: high, scale: scale, count: count)
    }

    /// The cheapest stops along an axis: dynamic programming over bins with lines through their means, then all colours at once by
    /// least squares.
    private mutating func profile(_ axis: GradientAxis, _ samples: UnsafeBufferPointer<GradientSample>) -> Candidate? {
        guard let range = fillBins(axis, samples, 48, derivatives: false) else { return nil }
        let count = range.count
        var within: Float = 0
        bins.withUnsafeBufferPointer { bins in
            for i in 0..<samples.count {
                let bin = bins.baseAddress! + Int(slots[i])
                let residual = samples[i].color - bin.pointee.color - bin.pointee.slope * (positions[i] - bin.pointee.position)
                within += samples[i].pull * squared(residual)
            }
        }
        let fixed: Float = axis.kind == .elliptical ? 40 : 30
        guard within * 0.7 + lambda * (fixed + 20) < limit else { return nil }
        guard summarise(range.low, range.scale, count) >= 2 else { return nil }
        let m = used.count
        let most = min(FittedGradient.mostStops, m)
        var cost: InlineArray<48, Float> = .init(repeating: .infinity)
        var from: InlineArray<384, UInt8> = .init(repeating: 0)
        var best: Candidate?
        var bestScore = Float.infinity
        for stops in 2...most {
            // No stops undo what spreads within the bins.
            if within * (isTranslucent ? 0.7 : 1) + lambda * (fixed + 10 * Float(stops)) >= bestScore { break }
            if stops == 3 {
                fillLines(zero: range.low)
                for j in 1..<m { cost[j] = lines[j] }
            }
            if stops > 2 {
                var next: InlineArray<48, Float> = .init(repeating: .infinity)
                lines.withUnsafeBufferPointer { lines in
                    for j in stops - 1..<m {
                        var low = Float.infinity, k = 0
                        for i in stops - 2..<j {
                            let c = cost[i] + lines[i * m + j]
                            if c < low { (low, k) = (c, i) }
                        }
                        next[j] = low
                        from[stops * 48 - 48 + j] = UInt8(k)
                    }
                }
                cost = next
            }
            var knots: InlineArray<8, Float> = .init(repeating: 0)
            var j = m - 1
            for k in stride(from: stops - 1, through: 0, by: -1) {
                knots[k] = k == 0 ? range.low : k == stops - 1 ? range.high : bins[used[j]].position
                j = Int(from[(k + 1) * 48 - 48 + j])
            }
            if axis.kind != .linear, range.low < 0.1 * range.high { knots[0] = 0 }
            var (colors, between) = leastSquares(knots, stops, range)
            if between > 2 * lambda, within * 0.7 + lambda * (fixed + 10 * Float(stops)) < bestScore {
                refine(&knots, &colors, &between, stops, range)
            }
            let bytes = fixed + 10 * Float(stops)
            var candidate = Candidate(gradient: Self.gradient(axis, knots, stops, colors), error: within + between, bytes: bytes)
            if isTranslucent {
                candidate = straight(candidate, samples)
                between = max(0, candidate.error - within)
            }
            let score = candidate.error + lambda * bytes
            if score < bestScore { (best, bestScore) = (candidate, score) }
            if score > bestScore + lambda * 10 { break }
            if between < lambda * 10 || between < within * 0.02 { break }
        }
        // What the bins hide: bends within one.
        if let gradient = best?.gradient {
            let evaluator = FittedGradient.Evaluator(gradient)
            var error: Float = 0
            for i in 0..<samples.count {
                error += samples[i].weight * squared(samples[i].color - evaluator.color(position: positions[i]))
            }
            best?.error = error
        }
        return best
    }

    /// Squared error of the straight line between each two bins in use, over all between them.
    private mutating func fillLines(zero: Float) {
        let m = used.count
        lines.withUnsafeMutableBufferPointer { lines in
            prefix.withUnsafeBufferPointer { prefix in
                for i in 0..<m {
                    let ti = bins[used[i]].position - zero, ci = bins[used[i]].color - base
                    for j in i + 1..<max(i + 1, m) {
                        let tj = bins[used[j]].position - zero
                        let d = SIMD4<Double>(bins[used[j]].color - base - ci) / Double(max(1e-3, tj - ti))
                        let a = SIMD4<Double>(ci) - d * Double(ti), s = prefix[j] - prefix[i]
                        let products = d * d * s.tt + a * a * s.w + 2 * (a * d * s.t - a * s.c - d * s.ct)
                        lines[i * m + j] = Float(max(0, s.cc + products.sum()))
                    }
                }
            }
        }
    }

    /// The same stops with colours fitted as they are interpolated, straight and apart from alpha, if that is better; and the error of
    /// that.
    ///
    /// Each sample's straight colour counts by the square of its alpha, which is its part in the premultiplied error.
    private func straight(_ candidate: Candidate, _ samples: UnsafeBufferPointer<GradientSample>) -> Candidate {
        var result = candidate, own = candidate
        let stops = candidate.gradient.count
        // Of colours and of alpha.
        var diagonal: InlineArray<8, SIMD4<Float>> = .init(repeating: SIMD4(repeating: 1e-3))
        var upper: InlineArray<8, SIMD4<Float>> = .init(repeating: .zero), right = upper
        for (i, s) in samples.enumerated() {
            let t = positions[i]
            var k = 0
            while k < stops - 2, candidate.gradient.positions[k + 1] < t { k += 1 }
            let low = candidate.gradient.positions[k], high = candidate.gradient.positions[k + 1]
            let share = max(0, min(1, (t - low) / (high - low)))
            let alpha = s.color.w / 255
            var c = alpha > 0.004 ? s.color / alpha : .zero
            c.w = s.color.w
            var w = SIMD4<Float>(repeating: s.pull * alpha * alpha)
            w.w = s.pull
            diagonal[k] += w * ((1 - share) * (1 - share))
            diagonal[k + 1] += w * (share * share)
            upper[k] += w * (share * (1 - share))
            right[k] += c * w * (1 - share)
            right[k + 1] += c * w * share
        }
        for k in 1..<stops {
            let f = upper[k - 1] / diagonal[k - 1]
            diagonal[k] -= f * upper[k - 1]
            right[k] -= right[k - 1] * f
        }
        for k in stride(from: stops - 1, through: 0, by: -1) {
            if k < stops - 1 { right[k] -= right[k + 1] * upper[k] }
            right[k] /= diagonal[k]
            result.gradient.colors[k] = clamped(right[k])
            if result.gradient.colors[k].w > 252 { result.gradient.colors[k].w = 255 }
            if result.gradient.colors[k].w < 2 { result.gradient.colors[k].w = 0 }
        }
        (result.error, own.error) = (0, 0)
        let (theirs, ours) = (FittedGradient.Evaluator(result.gradient), FittedGradient.Evaluator(own.gradient))
        for (i, s) in samples.enumerated() {
            result.error += s.pull * squared(s.color - theirs.color(position: positions[i]))
            own.error += s.pull * squared(s.color - ours.color(position: positions[i]))
        }
        return result.error < own.error ? result : own
    }

    /// Moves one knot at a time, by half a bin's width down to a sixteenth, while that lowers the error.
    private func refine(
        _ knots: inout InlineArray<8, Float>, _ colors: inout InlineArray<8, SIMD4<Float>>, _ error: inout Float, _ stops: Int,
        _ range: BinRange
    ) {
        var reach = 1 / range.scale, isMoved = false
        let apart = max(2, reach / 2)
        withStretches(knots, stops, range) { stretches in
            for _ in 0..<4 {
                reach /= 2
                for k in 0..<stops {
                    for side in [-reach, reach] {
                        while true {
                            let before = knots[k], here = before + side
                            let low = k > 0 ? knots[k - 1] + apart : knots[0] == 0 ? 0 : range.low
                            let high = k < stops - 1 ? knots[k + 1] - apart : range.high
                            guard here >= low, here <= high else { break }
                            // Only the stretches on both sides of the knot change.
                            let known = (stretches[k], stretches[k + 1])
                            stretches[k] = stretch(k > 0 ? knots[k - 1] : nil, here, range)
                            stretches[k + 1] = stretch(here, k < stops - 1 ? knots[k + 1] : nil, range)
                            let other = eliminate(stretches, stops) { _, _, _, _ in }
                            guard other < error * 0.999 else {
                                (stretches[k], stretches[k + 1]) = known
                                break
                            }
                            (knots[k], error, isMoved) = (here, other, true)
                        }
                    }
                }
                if error < lambda { break }
            }
            if isMoved { colors = solved(stretches, stops).colors }
        }
    }

    /// Lists the bins in use and fills their prefix sums; returns how many there are.
    private mutating func summarise(_ low: Float, _ scale: Float, _ count: Int) -> Int {
        used.removeAll(keepingCapacity: true)
        prefix.removeAll(keepingCapacity: true)
        usedBefore.removeAll(keepingCapacity: true)
        // Relative to one end and the first colour, which keeps the sums small.
        if let first = bins[..<count].first(where: { $0.weight > 0 }) { base = first.color }
        var s = Sum()
        prefix.append(s)
        for b in 0..<count {
            usedBefore.append(used.count)
            guard bins[b].weight > 0 else { continue }
            used.append(b)
            let w = Double(bins[b].weight), t = Double(bins[b].position - low), c = SIMD4<Double>(bins[b].color - base)
            s.w += w
            s.t += w * t
            s.tt += w * t * t
            s.cc += w * (c * c).sum()
            s.c += c * w
            s.ct += c * (w * t)
            prefix.append(s)
        }
        usedBefore.append(used.count)
        return used.count
    }

    /// Colours at the knots with the least squared error over the bins, premultiplied, and that error; O(stops) by the prefix sums.
    private func leastSquares(
        _ knots: InlineArray<8, Float>, _ stops: Int, _ range: BinRange
    ) -> (colors: InlineArray<8, SIMD4<Float>>, error: Float) {
        withStretches(knots, stops, range) { solved($0, stops) }
    }

    /// What the samples between two knots, or beyond one, add to the normal equations of the colours at the knots.
    private struct Stretch {
        /// Weights of the first knot with itself, of the second with itself, and of both together.
        var first = 0.0, second = 0.0, both = 0.0
        /// Weighted colours of both knots.
        var start: SIMD4<Double> = .zero, end: SIMD4<Double> = .zero
    }

    /// Calls a function with what comes before the first knot, between each two, and after the last.
    private func withStretches<Result>(
        _ knots: InlineArray<8, Float>, _ stops: Int, _ range: BinRange, _ body: (UnsafeMutablePointer<Stretch>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: Stretch.self, capacity: stops + 1) { stretches in
            for k in 0...stops {
                stretches.initializeElement(at: k, to: stretch(k > 0 ? knots[k - 1] : nil, k < stops ? knots[k] : nil, range))
            }
            return body(stretches.baseAddress!)
        }
    }

    /// What lies between two coordinates; beyond the ends colours stay.
    private func stretch(_ from: Float?, _ to: Float?, _ range: BinRange) -> Stretch {
        prefix.withUnsafeBufferPointer { prefix in
            /// How many of the bins in use lie before a knot.
            func index(_ t: Float) -> Int {
                let b = min(usedBefore.count - 2, flooredSmall(max(0, (t - range.low) * range.scale)))
                return usedBefore[b] + (bins[b].weight > 0 && bins[b].position < t ? 1 : 0)
            }
            var result = Stretch()
            guard let from else {
                let s = prefix[to.map(index) ?? 0]
                (result.second, result.end) = (s.w, s.c)
                return result
            }
            let low = index(from), all = prefix[used.count]
            guard let to else {
                (result.first, result.start) = (all.w - prefix[low].w, all.c - prefix[low].c)
                return result
            }
            let s = prefix[index(to)] - prefix[low]
            guard s.w > 0 else { return result }
            let start = Double(from - range.low), inverse = 1 / Double(max(1e-3, to - from))
            let share = (s.t - start * s.w) * inverse
            let square = (s.tt - 2 * start * s.t + start * start * s.w) * inverse * inverse
            let colored = (s.ct - s.c * start) * inverse
            (result.first, result.second, result.both) = (s.w - 2 * share + square, square, share - square)
            (result.start, result.end) = (s.c - colored, colored)
            return result
        }
    }

    /// Eliminates the normal equations row by row; returns the squared error that their solution has.
    ///
    /// - Parameter row: Called for each knot with its number, the diagonal, what is beside that, and the right side.
    @inline(__always)
    private func eliminate(
        _ stretches: UnsafeMutablePointer<Stretch>, _ stops: Int, _ row: (Int, Double, Double, SIMD4<Double>) -> Void
    ) -> Float {
        var explained = 0.0, last = (diagonal: 1.0, upper: 0.0, right: SIMD4<Double>.zero)
        for k in 0..<stops {
            // What lies beyond an end is added first.
            var diagonal = 1e-3, right: SIMD4<Double>
            if k < stops - 1 {
                diagonal = diagonal + stretches[k].second + stretches[k + 1].first
                right = stretches[k].end + stretches[k + 1].start
            } else {
                diagonal = diagonal + stretches[k + 1].first + stretches[k].second
                right = stretches[k + 1].start + stretches[k].end
            }
            if k > 0 {
                let f = last.upper / last.diagonal
                diagonal -= f * last.upper
                right -= last.right * f
            }
            explained += (right * right).sum() / diagonal
            last = (diagonal, stretches[k + 1].both, right)
            row(k, diagonal, last.upper, right)
        }
        return Float(max(0, prefix[used.count].cc - explained))
    }

    /// The colours that solve the normal equations, and the squared error that they leave.
    private func solved(
        _ stretches: UnsafeMutablePointer<Stretch>, _ stops: Int
    ) -> (colors: InlineArray<8, SIMD4<Float>>, error: Float) {
        var diagonal: InlineArray<8, Double> = .init(repeating: 0), upper: InlineArray<8, Double> = .init(repeating: 0)
        var right: InlineArray<8, SIMD4<Double>> = .init(repeating: .zero)
        let error = eliminate(stretches, stops) { (diagonal[$0], upper[$0], right[$0]) = ($1, $2, $3) }
        var colors: InlineArray<8, SIMD4<Float>> = .init(repeating: .zero)
        for k in stride(from: stops - 1, through: 0, by: -1) {
            if k < stops - 1 { right[k] -= right[k + 1] * upper[k] }
            right[k] /= diagonal[k]
            colors[k] = clamped(SIMD4<Float>(right[k]) + base)
            // Almost opaque is meant to be opaque.
            if colors[k].w > 252 { colors[k].w = 255 }
        }
        return (colors, error)
    }

    private static func gradient(
        _ axis: GradientAxis, _ knots: InlineArray<8, Float>, _ count: Int, _ premultiplied: InlineArray<8, SIMD4<Float>>
    ) -> FittedGradient {
        var colors = premultiplied
        for k in 0..<count {
            let alpha = colors[k].w
            if alpha >= 255 { continue }
            // Where nothing is seen the colour is that of the nearest stop that is.
            var source = k
            if alpha < 2 {
                for other in 0..<count where premultiplied[other].w >= 2 && (source == k || abs(other - k) < abs(source - k)) {
                    source = other
                }
            }
            var c = premultiplied[source] * (255 / max(1, premultiplied[source].w))
            c = pointwiseMin(c, SIMD4(repeating: 255))
            c.w = alpha < 2 ? 0 : alpha
            colors[k] = c
        }
        return FittedGradient(axis: axis, count: count, positions: knots, colors: colors)
    }

    /// The gradient level or upright if it is so nearly.
    private mutating func straightened(_ candidate: Candidate?, _ samples: UnsafeBufferPointer<GradientSample>) -> Candidate? {
        guard let candidate else { return nil }
        var axis = candidate.gradient.axis
        let d = axis.shape, least = min(abs(d.x), abs(d.y))
        guard least > 0, least < 0.12 else { return candidate }
        axis.shape = abs(d.x) > abs(d.y) ? SIMD2(d.x < 0 ? -1 : 1, 0) : SIMD2(0, d.y < 0 ? -1 : 1)
        guard let straight = profile(axis, samples) else { return candidate }
        return straight.error + lambda * (straight.bytes - 5) < candidate.error + lambda * candidate.bytes ? straight : candidate
    }
}
