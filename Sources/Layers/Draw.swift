import AtelierImageCodecs
public import AtelierPixels
import CAtelierKernels

/// Most sprites of one item.
let mostSprites = Int(atelier_most_sprites)

/// What drawing some items took; every number was counted where it happened.
public struct DrawingStatistics: Hashable, Sendable {
    /// Items, and the bytes of their files.
    public var items = 0, bytes = 0
    /// Bands that were drawn and coded, and those taken from another item with the same pixels in these rows.
    public var bands = 0, repeatedBands = 0
    /// Bytes of the latter.
    public var repeatedBytes = 0
    /// Seconds of drawing and of filtering, compressing and checksums, summed over threads.
    public var drawingSeconds = 0.0, codingSeconds = 0.0

    /// Nothing yet.
    public init() {}

    /// Of both together.
    public static func += (a: inout DrawingStatistics, b: DrawingStatistics) {
        a.items += b.items
        a.bytes += b.bytes
        a.bands += b.bands
        a.repeatedBands += b.repeatedBands
        a.repeatedBytes += b.repeatedBytes
        a.drawingSeconds += b.drawingSeconds
        a.codingSeconds += b.codingSeconds
    }
}

extension Drawing {
    /// Items in the order in which they have most in common with their neighbours, cut into pieces of work.
    ///
    /// Items of a group are drawn band by band, so that the images of a band stay in the cache, and take bands from each other.
    /// - Parameters:
    ///   - items: Places in the plan.
    ///   - workers: How many groups are drawn at once.
    ///   - budget: Bytes that the finished files of all groups may take until they are handed over.
    public func groups(of items: [Int], workers: Int, budget: Int) -> [[Int]] {
        let sorted = items.sorted { a, b in
            let (first, second) = (stack(of: a), stack(of: b))
            return first == second ? a < b : first.lexicographicallyPrecedes(second)
        }
        var size = max(1, min(32, budget / max(1, workers) / max(1, expectedByteCount)))
        // Each worker has several groups, so that the last ones end together.
        size = max(1, min(size, (items.count + 8 * workers - 1) / max(1, 8 * workers)))
        if case .png(.small) = output { size = 1 }
        if case .webp = output { size = 1 }
        return stride(from: 0, to: sorted.count, by: size).map { Array(sorted[$0..<min(sorted.count, $0 + size)]) }
    }

    /// Draws all items.
    ///
    /// - Parameters:
    ///   - isCancelled: Asked between bands.
    ///   - each: A loop over threads.
    /// - Returns: The file of each item, in their order.
    public func files(isCancelled: @escaping @Sendable () -> Bool, each: ParallelFor) throws(CancellationError) -> [[UInt8]] {
        let groups = groups(of: Array(0..<count), workers: 1, budget: .max)
        var files = [[UInt8]?](repeating: nil, count: count)
        files.withUnsafeMutableBufferPointer { files in
            // Groups have no item in common, so threads write apart.
            nonisolated(unsafe) let files = files
            each(groups.count) { group in
                var statistics = DrawingStatistics()
                for (item, file) in zip(groups[group], draw(groups[group], isCancelled: isCancelled, &statistics)) { files[item] = file }
            }
        }
        let drawn = files.compactMap(\.self)
        guard drawn.count == count else { throw CancellationError() }
        return drawn
    }

    /// Draws a group of items.
    ///
    /// - Parameters:
    ///   - items: Places in the plan, of `groups` or any others.
    ///   - isCancelled: Asked between bands; what is not finished then is left out.
    ///   - statistics: What it took is added.
    /// - Returns: The file of each item, in the order of `items`.
    public func draw(
        _ items: [Int], isCancelled: () -> Bool = { false }, _ statistics: inout DrawingStatistics
    ) -> [[UInt8]] {
        var files: [[UInt8]] = []
        if case .webp = output {
            for item in items {
                guard !isCancelled(), let file = webp(of: item, &statistics) else { break }
                files.append(file)
            }
        } else {
            // Items of one layout share a coder; those of another come after them.
            var rest = items[...]
            while let first = rest.first {
                let layout = layout(of: first)
                let run = rest.prefix { self.layout(of: $0) == layout }
                rest = rest.dropFirst(run.count)
                let drawn = pngs(of: Array(run), layout, isCancelled, &statistics)
                files += drawn
                if drawn.count < run.count { break }
            }
        }
        statistics.items += files.count
        statistics.bytes += files.reduce(0) { $0 + $1.count }
        return files
    }

    /// The files of items of one layout, band by band; fewer, or none, when cancelled.
    private func pngs(
        of items: [Int], _ layout: PNGLayout, _ isCancelled: () -> Bool, _ statistics: inout DrawingStatistics
    ) -> [[UInt8]] {
        var coder = PNGBandCoder(layout)
        var files = items.map { _ in BandedPNG(layout, expecting: expectedByteCount) }
        let canvas = BandMemory(byteCount: layout.bytesPerRow * layout.rowsPerBand)
        let reusesBands = layout.level != .small && items.count > 1
        for band in 0..<layout.bandCount {
            let rows = layout.rows(ofBand: band)
            var known: [BandKey: (file: Int, band: BandedPNG.Band)] = [:]
            for (place, item) in items.enumerated() {
                if isCancelled() { return [] }
                let start = ContinuousClock.now
                let visible = stack(of: item).filter {
                    sprites[Int($0)].image.draws(in: rows.lowerBound - sprites[Int($0)].y..<rows.upperBound - sprites[Int($0)].y)
                }
                let key = BandKey(sprites: visible, background: backgrounds[item])
                if reusesBands, let other = known[key] {
                    let added = files[place].append(other.band, of: files[other.file])
                    statistics.repeatedBands += 1
                    statistics.repeatedBytes += added.range.count
                    continue
                }
                draw(visible, over: backgrounds[item], rows, layout, into: canvas.pixels)
                let middle = ContinuousClock.now
                let coded = coder.code(canvas.pixels, rowCount: rows.count, into: &files[place])
                let end = ContinuousClock.now
                statistics.bands += 1
                statistics.drawingSeconds += seconds(middle - start)
                statistics.codingSeconds += seconds(end - middle)
                if reusesBands, let coded { known[key] = (place, coded) }
            }
        }
        let start = ContinuousClock.now
        for place in files.indices { coder.finish(&files[place]) }
        statistics.codingSeconds += seconds(.now - start)
        return files.map(\.bytes)
    }

    /// The file of an item, drawn whole; nil when the library cannot.
    private func webp(of item: Int, _ statistics: inout DrawingStatistics) -> [UInt8]? {
        let layout = layout(of: item), start = ContinuousClock.now
        let canvas = BandMemory(byteCount: layout.bytesPerRow * layout.height)
        draw(stack(of: item), over: backgrounds[item], 0..<layout.height, layout, into: canvas.pixels)
        let middle = ContinuousClock.now
        let file = WebP.encode(canvas.pixels, width: layout.width, height: layout.height, bytesPerPixel: layout.color.bytesPerPixel)
        statistics.drawingSeconds += seconds(middle - start)
        statistics.codingSeconds += seconds(.now - middle)
        return file
    }

    /// Draws rows of an item without a gap between them.
    func draw(
        _ stack: some Sequence<UInt16>, over background: RGBA8, _ rows: Range<Int>, _ layout: PNGLayout,
        into pixels: UnsafeMutablePointer<UInt8>
    ) {
        let list = stack.map { number in
            let sprite = sprites[Int(number)], image = sprite.image
            return atelier_sprite(
                spans: image.spans, rows: image.rows, colors: image.colors, alphas: image.alphas, x: Int32(sprite.x), y: Int32(sprite.y),
                height: Int32(image.height), mode: sprite.mode, opacity: sprite.opacity)
        }
        var ground = [background.r, background.g, background.b, background.a]
        if case .palette(let colors) = layout.color { ground[0] = UInt8(colors.firstIndex(of: background) ?? 0) }
        atelier_draw_rows(
            list, Int32(list.count), Int32(size.width), Int32(rows.lowerBound), Int32(rows.upperBound), ground,
            Int32(layout.color.bytesPerPixel), pixels, layout.bytesPerRow)
        // The images must outlive the call, which sees only addresses.
        withExtendedLifetime(sprites) {}
    }

    /// What the file of an item will have, roughly.
    private var expectedByteCount: Int { max(coding.expectedByteCount, 1024) }
}

/// What decides the pixels of a band.
private struct BandKey: Hashable {
    let sprites: [UInt16]
    let background: RGBA8
}

/// Memory for the rows of a band, with what the coder may read around them.
struct BandMemory: ~Copyable {
    let pixels: UnsafeMutablePointer<UInt8>

    init(byteCount: Int) {
        let whole = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount + 2 * PNGBandCoder.margin)
        whole.initialize(repeating: 0, count: byteCount + 2 * PNGBandCoder.margin)
        pixels = whole + PNGBandCoder.margin
    }

    deinit { (pixels - PNGBandCoder.margin).deallocate() }
}

private func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
