import AtelierPixels

extension RegionMap {
    /// The regions of a picture without flat areas, each with the mean of its pixels.
    ///
    /// Squares of 128 × 128 pixels are divided for themselves first, at a lower price, by as many threads as there are: what
    /// merging looks at lies anywhere, and of a square all stays in the processor's cache. Their regions are merged across the
    /// sides at the full price.
    ///
    /// - Complexity: O(pixels log pixels); some 10 bytes a pixel while it runs.
    ///
    /// Once it is cancelled, squares stay undivided and are not merged.
    static func textured(
        _ work: WorkingImage, lambda: Float, each: ParallelFor, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) -> RegionMap {
        let (width, height, side) = (work.width, work.height, 128)
        let columns = (width + side - 1) / side, rows = (height + side - 1) / side
        let prices = RegionGraph.Prices(region: 12, crack: 0.5, keepsColors: false)
        var parts = [RegionMap?](repeating: nil, count: columns * rows)
        var labels = [Int32](inLargePages: width * height) { labels, count in
            work.pixels.withUnsafeBufferPointer { pixels in
                parts.withUnsafeMutableBufferPointer { parts in
                    // Every square writes its own labels and part, all before `each` returns.
                    nonisolated(unsafe) let (labels, pixels, parts) = (labels.baseAddress!, pixels.baseAddress!, parts)
                    each(columns * rows) { square in
                        let x = square % columns * side, y = square / columns * side
                        let w = min(side, width - x), h = min(side, height - y)
                        let own = [RGBA8](unsafeUninitializedCapacity: w * h) { own, count in
                            for row in 0..<h {
                                (own.baseAddress! + row * w).initialize(from: pixels + (y + row) * width + x, count: w)
                            }
                            count = w * h
                        }
                        var part = isCancelled() ? RegionMap(undivided: w, h) : RegionMap(grownFrom: own, width: w, height: h)
                        part.centers = part.merge(part.centers, lambda: columns * rows > 1 ? lambda / 4 : lambda, prices: prices)
                        part.labels.withUnsafeBufferPointer {
                            for row in 0..<h { (labels + (y + row) * width + x).initialize(from: $0.baseAddress! + row * w, count: w) }
                        }
                        part.labels = []
                        parts[square] = part
                    }
                }
            }
            count = width * height
        }
        // Numbers in the order of first appearance.
        var offsets: [Int] = [], total = 0
        for part in parts {
            offsets.append(total)
            total += part!.areas.count
        }
        var number = [Int32](repeating: -1, count: total)
        var map = RegionMap(width: width, height: height, labels: [], colors: [UInt8](repeating: 0, count: total), areas: [])
        map.areas.reserveCapacity(total)
        var means: [SIMD4<Float>] = []
        means.reserveCapacity(total)
        labels.withUnsafeMutableBufferPointer { labels in
            number.withUnsafeMutableBufferPointer { number in
                for y in 0..<height {
                    for column in 0..<columns {
                        let square = y / side * columns + column, offset = offsets[square]
                        for i in y * width + column * side..<y * width + min(width, (column + 1) * side) {
                            let own = Int(labels[i]), k = offset + own
                            if number[k] < 0 {
                                number[k] = Int32(map.areas.count)
                                map.areas.append(parts[square]!.areas[own])
                                means.append(parts[square]!.centers[own])
                            }
                            labels[i] = number[k]
                        }
                    }
                }
            }
        }
        parts = []
        number = []
        map.labels = labels
        labels = []
        if columns * rows > 1, !isCancelled() { means = map.merge(means, lambda: lambda, prices: prices) }
        map.centers = means
        map.shown = map.centers.map { unpremultiply(RGBA8(rounding: $0)) }
        return map
    }

    /// Small regions of nearly one colour; only their centres are set.
    private init(grownFrom pixels: [RGBA8], width: Int, height: Int) {
        let grown = growRegions(pixels, width: width, height: height, error: 1000)
        self.init(
            width: width, height: height, labels: grown.labels, colors: [UInt8](repeating: 0, count: grown.areas.count),
            areas: grown.areas.map { Int($0) })
        centers = grown.means
    }
}
