/// How like two pictures are, each number by its definition in the literature.
///
///     let found = Similarity(of: render(drawing), to: picture)
///     print(found.ssim, found.deltaE)
///
/// Where the reference has any transparency, both pictures are laid over white and over black and the numbers are means of both;
/// otherwise over white only. Nothing is computed by functions whose results differ from machine to machine.
public struct Similarity: Hashable, Sendable {
    /// Structural similarity of luma (0.299, 0.587, 0.114), at most 1: the mean over all pixels, under a Gaussian window with σ 1.5 and
    /// radius 5, the picture mirrored at its borders (Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment", 2004).
    public var ssim: Double
    /// 10 log₁₀ of 255² over the mean squared difference of all channels, in decibels; 99 at most.
    public var psnr: Double
    /// Mean CIEDE2000 colour difference of 8-bit colours (ISO/CIE 11664-6; D65, 2° observer).
    public var deltaE: Double
    /// The colour difference that 95 % of the pixels stay below or at, within 1e-4.
    public var deltaE95: Double
    /// Harmonic mean of the shares of either picture's edge pixels that have one of the other's within a pixel; 1 when neither has edges.
    /// Edges are places where the Scharr gradient of luma has a maximum above 8 across itself.
    public var edgeF1: Double
    /// Deviation of the gradients' similarity, 0 for the same ones (Xue, Zhang, Mou and Bovik, "Gradient magnitude similarity deviation",
    /// 2014), with Scharr's filter at full size.
    public var gmsd: Double
    /// Mean difference of alpha, 0 to 255.
    public var alphaError: Double

    /// Compares a picture with a reference of the same size.
    /// - Complexity: O(pixels), about 100 ms a megapixel where most colours differ; memory for some 80 rows, and 4 MB.
    public init(of picture: Raster<RGBA8>, to reference: Raster<RGBA8>) {
        precondition(picture.width == reference.width && picture.height == reference.height, "pictures of one size are compared")
        let count = Double(picture.pixels.count)
        let backgrounds: [Float] = reference.hasTransparency ? [255, 0] : [255]
        let share = 1 / Double(backgrounds.count)
        var differences = ColorDifferences()
        (ssim, deltaE, deltaE95, edgeF1, gmsd) = (0, 0, 0, 0, 0)
        var meanSquare = 0.0
        for background in backgrounds {
            differences.restart()
            let width = picture.width, height = picture.height
            let arena = RowArena(width: width, rows: 8 + SSIMRows.rowCount + EdgeRows.rowCount)
            defer { arena.deallocate() }
            var window = SSIMRows(width: width, height: height, arena.rows(8, SSIMRows.rowCount))
            var edges = EdgeRows(width: width, height: height, arena.rows(8 + SSIMRows.rowCount, EdgeRows.rowCount))
            forEachRow(reference, picture, over: background, arena) { y, a, b in
                meanSquare += squares(a, b, width)
                differences.add(a, b, width)
                window.push(y, a.luma, b.luma)
                edges.push(y, a.luma, b.luma)
            }
            differences.flush()
            ssim += window.sum / count * share
            deltaE += differences.sum / count * share
            deltaE95 += differences.percentile95(of: picture.pixels.count) * share
            edgeF1 += edges.f1 * share
            gmsd += edges.deviation * share
        }
        meanSquare *= share / (3 * count)
        psnr = meanSquare < 1e-9 ? 99 : min(99, 10 * commonLogarithm(65025 / meanSquare))
        var difference = 0
        for i in picture.pixels.indices { difference += abs(Int(picture.pixels[i].a) - Int(reference.pixels[i].a)) }
        alphaError = Double(difference) / count
    }

    /// The structural similarity alone.
    /// - Complexity: O(pixels), about 25 ms a megapixel; memory for some 60 rows.
    public static func ssim(of picture: Raster<RGBA8>, to reference: Raster<RGBA8>) -> Double {
        precondition(picture.width == reference.width && picture.height == reference.height, "pictures of one size are compared")
        let backgrounds: [Float] = reference.hasTransparency ? [255, 0] : [255]
        var sum = 0.0
        for background in backgrounds {
            let arena = RowArena(width: picture.width, rows: 8 + SSIMRows.rowCount)
            defer { arena.deallocate() }
            var window = SSIMRows(width: picture.width, height: picture.height, arena.rows(8, SSIMRows.rowCount))
            forEachRow(reference, picture, over: background, arena) { y, a, b in window.push(y, a.luma, b.luma) }
            sum += window.sum
        }
        return sum / Double(picture.pixels.count * backgrounds.count)
    }
}

extension Raster<RGBA8> {
    fileprivate var hasTransparency: Bool {
        var least: UInt8 = 255
        for pixel in pixels { least = min(least, pixel.a) }
        return least < 255
    }
}

typealias FloatRow = UnsafeMutablePointer<Float>

/// Rows of floats with room for vectors to read and write beyond their ends.
struct RowArena {
    private let start: FloatRow
    private let stride: Int

    init(width: Int, rows: Int) {
        stride = (width + 7) / 8 * 8 + 32
        start = .allocate(capacity: stride * rows)
        start.initialize(repeating: 0, count: stride * rows)
    }

    /// Column 0 of each row; 16 floats before it may be used.
    func rows(_ first: Int, _ count: Int) -> [FloatRow] { (first..<first + count).map { start + ($0 * stride + 16) } }

    func deallocate() { start.deallocate() }
}

/// One row of a picture over a background, sRGB 0…255.
struct ColorRow {
    var r: FloatRow, g: FloatRow, b: FloatRow, luma: FloatRow
}

private func forEachRow(
    _ a: Raster<RGBA8>, _ b: Raster<RGBA8>, over background: Float, _ arena: RowArena, _ body: (Int, ColorRow, ColorRow) -> Void
) {
    let rows = arena.rows(0, 8)
    let first = ColorRow(r: rows[0], g: rows[1], b: rows[2], luma: rows[3])
    let second = ColorRow(r: rows[4], g: rows[5], b: rows[6], luma: rows[7])
    let isClear = (a.hasTransparency, b.hasTransparency), width = a.width
    a.pixels.withUnsafeBufferPointer { a in
        b.pixels.withUnsafeBufferPointer { b in
            for y in 0..<a.count / width {
                lay(a.baseAddress! + y * width, width, isClear.0, background, first)
                lay(b.baseAddress! + y * width, width, isClear.1, background, second)
                body(y, first, second)
            }
        }
    }
}

private func lay(_ pixels: UnsafePointer<RGBA8>, _ width: Int, _ isClear: Bool, _ background: Float, _ row: ColorRow) {
    if isClear {
        for x in 0..<width {
            let pixel = pixels[x], alpha = Float(pixel.a) * Float(1.0 / 255), rest = background * (1 - alpha)
            row.r[x] = Float(pixel.r) * alpha + rest
            row.g[x] = Float(pixel.g) * alpha + rest
            row.b[x] = Float(pixel.b) * alpha + rest
        }
    } else {
        for x in 0..<width {
            let pixel = pixels[x]
            (row.r[x], row.g[x], row.b[x]) = (Float(pixel.r), Float(pixel.g), Float(pixel.b))
        }
    }
    for x in 0..<width { row.luma[x] = row.r[x] * 0.299 + row.g[x] * 0.587 + row.b[x] * 0.114 }
}

private func squares(_ a: ColorRow, _ b: ColorRow, _ width: Int) -> Double {
    var sum = 0.0, x = 0
    var lanes = SIMD8<Float>.zero
    while x + 8 <= width {
        let r = vector(a.r, x) - vector(b.r, x), g = vector(a.g, x) - vector(b.g, x), c = vector(a.b, x) - vector(b.b, x)
        lanes += r * r + g * g + c * c
        x += 8
    }
    for i in 0..<8 { sum += Double(lanes[i]) }
    for i in x..<width {
        let r = a.r[i] - b.r[i], g = a.g[i] - b.g[i], c = a.b[i] - b.b[i]
        sum += Double(r * r + g * g + c * c)
    }
    return sum
}

@inline(__always)
func vector(_ row: FloatRow, _ x: Int) -> SIMD8<Float> { UnsafeRawPointer(row + x).loadUnaligned(as: SIMD8<Float>.self) }

@inline(__always)
func store(_ v: SIMD8<Float>, _ row: FloatRow, _ x: Int) { UnsafeMutableRawPointer(row + x).storeBytes(of: v, as: SIMD8<Float>.self) }

/// The index that stands for `i` when `count` values repeat mirrored: … 1 0 | 0 1 2 … n−1 | n−1 n−2 …
func mirrored(_ i: Int, _ count: Int) -> Int {
    if i >= 0, i < count { return i }
    let period = 2 * count, m = ((i % period) + period) % period
    return m < count ? m : period - 1 - m
}

/// log₁₀ of a positive number: the exponent, and the series of artanh for the rest.
private func commonLogarithm(_ x: Double) -> Double {
    var m = x.significand, e = Double(x.exponent)
    if m > 1.414_213_562_373_095 { (m, e) = (m / 2, e + 1) }
    let z = (m - 1) / (m + 1), square = z * z
    var term = z, sum = 0.0, k = 1.0
    while k < 40 {
        sum += term / k
        term *= square
        k += 2
    }
    return (2 * sum + e * 0.693_147_180_559_945_3) / 2.302_585_092_994_045_7
}
