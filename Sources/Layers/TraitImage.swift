public import AtelierPixels
import CAtelierKernels

/// A picture of a trait, ready to be drawn: for every row the stretches that are not transparent, opaque ones apart from translucent ones.
///
/// What is transparent takes no memory and is never looked at again; colors are kept straight, three bytes each, opacities only where they differ
/// from 255. In a picture with translucent pixels, a stretch shorter than eight is joined with what is translucent beside it: drawing a few pixels
/// more costs less than another stretch.
///
///     let image = TraitImage(try decodeImage(file.span))
public final class TraitImage: @unchecked Sendable {
    // Sendable: the memory is written by the initialiser alone. A class, because kernels are handed its addresses.

    /// Pixels in a row, and rows, of the picture with its transparent edges.
    public let width: Int, height: Int
    /// How many pixels are not transparent, and how many of those are translucent.
    public let coveredCount: Int, translucentCount: Int

    let spans: UnsafeMutablePointer<atelier_span>, rows: UnsafeMutablePointer<UInt32>
    let colors: UnsafeMutablePointer<UInt8>, alphas: UnsafeMutablePointer<UInt8>
    private let spanCount: Int
    /// 3, or 1 when `colors` holds numbers of a palette's colors.
    let colorByteCount: Int

    /// Takes a picture apart. O(pixels).
    public init(_ raster: Raster<RGBA8>) {
        (width, height) = (raster.width, raster.height)
        colorByteCount = 3
        rows = .allocate(capacity: raster.height + 1)
        let width = UInt32(raster.width)
        var totals: [UInt32] = [0, 0, 0], covered = [atelier_stretch](repeating: atelier_stretch(), count: raster.height)
        (spans, colors, alphas) = raster.pixels.withUnsafeBytes { [rows] bytes in
            let pixels = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
            let shortestRun: UInt32 = atelier_has_translucent(pixels, raster.width * raster.height) ? 8 : 1
            for y in 0..<raster.height { atelier_measure_spans(pixels + y * raster.width * 4, width, shortestRun, &totals, &covered[y]) }
            let spans = UnsafeMutablePointer<atelier_span>.allocate(capacity: Int(totals[0]))
            // The kernels read whole vectors.
            let colors = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(totals[1]) * 3 + 64)
            let alphas = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(totals[2]) + 64)
            totals = [0, 0, 0]
            for y in 0..<raster.height {
                rows[y] = totals[0]
                // Most of a trait is transparent, and is not read a second time.
                atelier_make_spans(pixels + y * raster.width * 4, covered[y], shortestRun, spans, colors, alphas, &totals)
            }
            rows[raster.height] = totals[0]
            return (spans, colors, alphas)
        }
        (spanCount, coveredCount, translucentCount) = (Int(totals[0]), Int(totals[1]), Int(totals[2]))
    }

    /// The same opaque picture with every color as its number in a palette.
    init?(_ image: TraitImage, numbers: [RGBA8: UInt8]) {
        guard image.translucentCount == 0 else { return nil }
        (width, height, spanCount) = (image.width, image.height, image.spanCount)
        (coveredCount, translucentCount, colorByteCount) = (image.coveredCount, 0, 1)
        spans = .allocate(capacity: spanCount)
        spans.initialize(from: image.spans, count: spanCount)
        rows = .allocate(capacity: height + 1)
        rows.initialize(from: image.rows, count: height + 1)
        colors = .allocate(capacity: coveredCount + 64)
        alphas = .allocate(capacity: 1)
        // Neighbours mostly have one color, which is looked up once.
        var last = image.coveredCount > 0 ? image.color(at: 0) : RGBA8(0, 0, 0), number = numbers[last] ?? 0
        for index in 0..<coveredCount {
            let color = image.color(at: index)
            if color != last { (last, number) = (color, numbers[color] ?? 0) }
            colors[index] = number
        }
    }

    deinit {
        spans.deallocate()
        rows.deallocate()
        colors.deallocate()
        alphas.deallocate()
    }

    /// Bytes in memory.
    public var byteCount: Int { 96 + spanCount * 16 + height * 4 + coveredCount * colorByteCount + translucentCount }

    /// Whether every pixel is opaque.
    public var isOpaque: Bool { translucentCount == 0 && coveredCount == width * height }

    /// Whether any pixel of these rows is drawn. O(rows).
    func draws(in range: Range<Int>) -> Bool {
        let range = range.clamped(to: 0..<height)
        return !range.isEmpty && rows[range.lowerBound] < rows[range.upperBound]
    }

    /// Adds the colors that occur to a set, and stops when that has more than `limit`; whether it has not.
    func addColors(to colors: inout Set<RGBA8>, limit: Int) -> Bool {
        var last: RGBA8?
        for index in 0..<coveredCount {
            let color = color(at: index)
            if color == last { continue }
            last = color
            colors.insert(color)
            if colors.count > limit { return false }
        }
        return true
    }

    private func color(at index: Int) -> RGBA8 { RGBA8(colors[3 * index], colors[3 * index + 1], colors[3 * index + 2]) }
}
