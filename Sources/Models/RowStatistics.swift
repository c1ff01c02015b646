import AtelierPixels

/// What evenly spread pairs of rows say: steps, noise, edges, colours.
struct RowStatistics {
    private(set) var steps: [Float] = []
    private(set) var texture: [Float] = []
    private(set) var edges: [Float] = []
    private(set) var colors: [Float] = []
    private(set) var tones: [Float] = []

    /// Luma and colours of a row, over the backdrop.
    private struct Row {
        var luma: [Int32]
        /// Four bits a channel.
        var color: [UInt16]
        /// Largest less smallest channel.
        var chroma: [UInt8]

        init(width: Int) {
            luma = [Int32](repeating: 0, count: width)
            color = [UInt16](repeating: 0, count: width)
            chroma = [UInt8](repeating: 0, count: width)
        }

        mutating func fill(_ pixels: UnsafeBufferPointer<RGBA8>, _ backdrop: Backdrop) {
            luma.withUnsafeMutableBufferPointer { luma in
                color.withUnsafeMutableBufferPointer { color in
                    chroma.withUnsafeMutableBufferPointer { chroma in
                        for x in 0..<pixels.count {
                            let (r, g, b) = backdrop.shown(pixels[x])
                            luma[x] = Int32(truncatingIfNeeded: AtelierModels.luma(r, g, b))
                            color[x] = UInt16(truncatingIfNeeded: (r >> 4) << 8 | (g >> 4) << 4 | b >> 4)
                            chroma[x] = UInt8(truncatingIfNeeded: max(r, g, b) &- min(r, g, b))
                        }
                    }
                }
            }
        }
    }

    private var pairs = 0
    /// Steps of luma to the right and down, by size.
    private var right = [Int](repeating: 0, count: 256), down = [Int](repeating: 0, count: 256)
    /// Second differences of luma where nothing steps by more than 16.
    private var second = [Int](repeating: 0, count: 33), seconds = 0
    /// Sum and number of steps at the borders of JPEG's blocks, and elsewhere.
    private var atBlocks = (0, 0), betweenBlocks = (0, 0)
    private var ringSum = 0, ringCount = 0
    /// Sixteenths of a pixel, up to 16.
    private var widths = [Int](repeating: 0, count: 257), edgeCount = 0
    private var runs = 0, cell = 0, slopes = 0
    private var histogram = [Int](repeating: 0, count: 4096)
    private var pixels = 0, chromaSum = 0, greys = 0, lumaSum = 0, darks = 0, lights = 0

    init(of image: Raster<RGBA8>, on backdrop: Backdrop) {
        var row = Row(width: image.width), below = Row(width: image.width)
        let step = max(1, image.height / 64)
        image.pixels.withUnsafeBufferPointer { all in
            func line(_ y: Int) -> UnsafeBufferPointer<RGBA8> {
                UnsafeBufferPointer(rebasing: all[y * image.width..<(y + 1) * image.width])
            }
            var next = -1
            for y in stride(from: 0, to: image.height, by: step) {
                if next == y { swap(&row, &below) } else { row.fill(line(y), backdrop) }
                lookAlong(row)
                guard y + 1 < image.height else { break }
                below.fill(line(y + 1), backdrop)
                next = y + 1
                down.withUnsafeMutableBufferPointer { down in
                    row.luma.withUnsafeBufferPointer { row in
                        below.luma.withUnsafeBufferPointer { below in
                            for x in 0..<row.count { down[Int(abs(row[x] &- below[x]))] &+= 1 }
                        }
                    }
                }
            }
        }
        finish()
    }

    private mutating func lookAlong(_ row: Row) {
        let width = row.luma.count
        pixels += width
        // Local, so that nothing is checked at every pixel.
        var (sum, dark, light, chroma, grey) = (0, 0, 0, 0, 0)
        row.luma.withUnsafeBufferPointer { luma in
            row.color.withUnsafeBufferPointer { color in
                histogram.withUnsafeMutableBufferPointer { histogram in
                    for x in 0..<width {
                        histogram[Int(color[x])] &+= 1
                        let v = luma[x]
                        sum &+= Int(v)
                        dark &+= v < 48 ? 1 : 0
                        light &+= v > 208 ? 1 : 0
                    }
                }
            }
            steps(luma)
            edges(luma)
        }
        row.chroma.withUnsafeBufferPointer {
            for c in $0 {
                chroma &+= Int(c)
                grey &+= c <= 8 ? 1 : 0
            }
        }
        lumaSum += sum
        darks += dark
        lights += light
        chromaSum += chroma
        greys += grey
    }

    private mutating func steps(_ luma: UnsafeBufferPointer<Int32>) {
        guard luma.count > 1 else { return }
        pairs += luma.count - 1
        var before: Int32 = 0, sinceEdge = 99, start = 0
        var (runs, cell, slopes, seconds, ring, rings) = (0, cell, 0, 0, 0, 0)
        var blocks = SIMD4<Int>.zero
        right.withUnsafeMutableBufferPointer { right in
            second.withUnsafeMutableBufferPointer { second in
                for x in 1..<luma.count {
                    let d = luma[x] &- luma[x - 1], size = abs(d)
                    right[Int(size)] &+= 1
                    if size > 8 {
                        runs &+= 1
                        cell = greatestCommonDivisor(cell, x &- start)
                        start = x
                    }
                    if size <= 16, abs(before) <= 16 {
                        let bend = Int(abs(d &- before))
                        second[bend] &+= 1
                        seconds &+= 1
                        // A slope keeps its direction over many pixels.
                        if size <= 6, bend <= 1, x >= 8 {
                            let far = abs(luma[x] &- luma[x - 8])
                            slopes &+= far >= 3 && far <= 48 ? 1 : 0
                        }
                        if sinceEdge >= 3, sinceEdge <= 6 {
                            ring &+= bend
                            rings &+= 1
                        }
                        if x & 7 == 0 { blocks &+= SIMD4(Int(size), 1, 0, 0) } else { blocks &+= SIMD4(0, 0, Int(size), 1) }
                    }
                    sinceEdge = size >= 40 ? 0 : sinceEdge &+ 1
                    before = d
                }
            }
        }
        self.cell = greatestCommonDivisor(cell, luma.count - start)
        self.runs += runs
        self.slopes += slopes
        self.seconds += seconds
        ringSum += ring
        ringCount += rings
        atBlocks = (atBlocks.0 + blocks.x, atBlocks.1 + blocks.y)
        betweenBlocks = (betweenBlocks.0 + blocks.z, betweenBlocks.1 + blocks.w)
    }

    /// Monotone runs of at least 48 levels: their height over their steepest step is how many pixels wide an edge is.
    private mutating func edges(_ luma: UnsafeBufferPointer<Int32>) {
        var total: Int32 = 0, steepest: Int32 = 0
        for x in 1..<max(1, luma.count) {
            let d = luma[x] &- luma[x - 1]
            if abs(d) > 2, total == 0 || (d > 0) == (total > 0) {
                total &+= d
                steepest = max(steepest, abs(d))
                continue
            }
            if abs(total) >= 48 { add(total, steepest) }
            (total, steepest) = abs(d) > 2 ? (d, abs(d)) : (0, 0)
        }
        if abs(total) >= 48 { add(total, steepest) }
    }

    private mutating func add(_ total: Int32, _ steepest: Int32) {
        widths[Int(min(256, abs(total) * 16 / steepest))] += 1
        edgeCount += 1
    }

    private mutating func finish() {
        func above(_ histogram: [Int], _ size: Int) -> Float { share(histogram[(size + 1)...].reduce(0, +), of: histogram.reduce(0, +)) }
        steps =
            [share(right[0], of: pairs)] + [2, 8, 24, 64, 128].map { above(right, $0) } + [above(down, 8), above(down, 64)]
        let bends = second.enumerated().reduce(0) { $0 + $1.offset * $1.element }
        let at = share(atBlocks.0, of: atBlocks.1), between = share(betweenBlocks.0, of: betweenBlocks.1)
        texture = [
            share(bends, of: seconds), Float(seconds == 0 ? 0 : percentile(second, seconds, tenths: 5)),
            Float(seconds == 0 ? 0 : percentile(second, seconds, tenths: 9)),
            between > 0 ? at / between : .nan, ringCount < 64 ? .nan : share(ringSum, of: ringCount),
        ]
        let hasEdges = edgeCount >= 16
        edges = [
            share(edgeCount, of: pixels), hasEdges ? Float(percentile(widths, edgeCount, tenths: 5)) / 16 : .nan,
            hasEdges ? Float(percentile(widths, edgeCount, tenths: 9)) / 16 : .nan, share(runs, of: pixels), Float(min(cell, 64)),
            share(slopes, of: pixels),
        ]
        finishColors()
        tones = [
            share(chromaSum, of: pixels) / 255, share(greys, of: pixels), share(lumaSum, of: pixels) / 255, share(darks, of: pixels),
            share(lights, of: pixels),
        ]
    }

    private mutating func finishColors() {
        let found = histogram.filter { $0 > 0 }.sorted(by: >)
        func covering(thousandths: Int) -> Float {
            var seen = 0
            for (number, count) in found.enumerated() {
                seen += count
                if seen * 1000 >= pixels * thousandths { return Float(number + 1) }
            }
            return Float(found.count)
        }
        let second = found.count > 1 ? found[1] : 0
        // Simpson's index: how likely two pixels have one colour.
        let squares = found.reduce(0) { $0 + $1 * $1 }
        colors = [
            Float(found.count { $0 * 1000 >= pixels }), covering(thousandths: 900), covering(thousandths: 980), covering(thousandths: 995),
            share(found[0], of: pixels), share(second, of: pixels), share(found[0] + second, of: pixels),
            Float(Double(squares) / (Double(pixels) * Double(pixels))),
        ]
    }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    if a == 1 { return 1 }
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}
