/// Structural similarity row by row: eleven filtered rows are held.
///
/// Rows are filtered along x when they come and along y when a row's window is complete. Four planes suffice: both lumas, the sum
/// of their squares and their product. Sums are 64-bit and rounded to 32 bits, so that where nothing changes the variance is exactly 0.
struct SSIMRows {
    /// Rows an arena must give.
    static let rowCount = 2 * (4 + 4 * 11)

    /// exp(−k² / 4.5) for k = 0…5, so that all eleven add up to 1.
    @inline(__always)
    private static var weights: (Double, Double, Double, Double, Double, Double) {
        (
            0.266_011_724_861_794_3, 0.213_005_537_711_253_66, 0.109_360_689_509_7, 0.036_000_772_128_430_82,
            0.007_598_758_135_239_184, 0.001_028_380_084_479_109_1
        )
    }

    /// Of the similarities of all pixels whose windows are complete.
    private(set) var sum = 0.0
    private let width: Int, height: Int
    private let padded: [DoubleRow]
    /// Plane p of row y at `p × 11 + y mod 11`.
    private let ring: [DoubleRow]
    private var done = 0

    init(width: Int, height: Int, _ rows: [FloatRow]) {
        (self.width, self.height) = (width, height)
        // Two rows of floats, one after the other, are one of doubles.
        let wide = stride(from: 0, to: rows.count, by: 2).map { UnsafeMutableRawPointer(rows[$0]).assumingMemoryBound(to: Double.self) }
        padded = Array(wide[0..<4])
        ring = Array(wide[4...])
    }

    /// Takes row `y`; rows come in order.
    mutating func push(_ y: Int, _ a: FloatRow, _ b: FloatRow) {
        let (u, v, squares, products) = (padded[0], padded[1], padded[2], padded[3])
        for x in -5..<width + 5 {
            let i = mirrored(x, width)
            (u[x], v[x]) = (Double(a[i]), Double(b[i]))
        }
        for x in -5..<width + 5 {
            squares[x] = rounded(u[x] * u[x] + v[x] * v[x])
            products[x] = rounded(u[x] * v[x])
        }
        for plane in 0..<4 { filter(padded[plane], into: ring[plane * 11 + y % 11]) }
        while done < height, done + 5 <= y || y == height - 1 {
            finish(done)
            done += 1
        }
    }

    private func filter(_ row: DoubleRow, into out: DoubleRow) {
        let w = Self.weights
        var x = 0
        while x < width {
            var v = (wide(row, x - 5) + wide(row, x + 5)) * w.5
            v += (wide(row, x - 4) + wide(row, x + 4)) * w.4
            v += (wide(row, x - 3) + wide(row, x + 3)) * w.3
            v += (wide(row, x - 2) + wide(row, x + 2)) * w.2
            v += (wide(row, x - 1) + wide(row, x + 1)) * w.1
            v += wide(row, x) * w.0
            UnsafeMutableRawPointer(out + x).storeBytes(of: SIMD4<Double>(SIMD4<Float>(v)), as: SIMD4<Double>.self)
            x += 4
        }
    }

    private mutating func finish(_ y: Int) {
        let slots = (-5...5).map { mirrored(y + $0, height) % 11 }
        var total = SIMD4<Double>.zero
        slots.withUnsafeBufferPointer { slots in
            ring.withUnsafeBufferPointer { ring in
                @inline(__always)
                func filtered(_ plane: Int, _ x: Int) -> SIMD4<Float> {
                    let w = Self.weights
                    @inline(__always) func at(_ k: Int) -> SIMD4<Double> { wide(ring[plane * 11 + slots[k]], x) }
                    var v = (at(0) + at(10)) * w.5
                    v += (at(1) + at(9)) * w.4
                    v += (at(2) + at(8)) * w.3
                    v += (at(3) + at(7)) * w.2
                    v += (at(4) + at(6)) * w.1
                    v += at(5) * w.0
                    return SIMD4<Float>(v)
                }
                var x = 0
                while x < width {
                    let u = SIMD4<Double>(filtered(0, x)), v = SIMD4<Double>(filtered(1, x))
                    let products = SIMD4<Double>(SIMD4<Float>(u * v))
                    let squares = SIMD4<Double>(SIMD4<Float>(u * u + v * v))
                    let variances = SIMD4<Double>(filtered(2, x)) - squares
                    let covariance = SIMD4<Double>(filtered(3, x)) - products
                    let upper = (2 * products + 6.5025) * (2 * covariance + 58.5225)
                    var quotient = upper / ((squares + 6.5025) * (variances + 58.5225))
                    if x + 4 > width { for i in width - x..<4 { quotient[i] = 0 } }
                    total += quotient
                    x += 4
                }
            }
        }
        sum += total.sum()
    }
}

private typealias DoubleRow = UnsafeMutablePointer<Double>

@inline(__always)
private func wide(_ row: DoubleRow, _ x: Int) -> SIMD4<Double> { UnsafeRawPointer(row + x).loadUnaligned(as: SIMD4<Double>.self) }

/// To 32 bits.
@inline(__always)
private func rounded(_ v: Double) -> Double { Double(Float(v)) }
