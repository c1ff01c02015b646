import AtelierPixels

/// A picture of at most 128 × 128 pixels, every so many of the original, as luma and coarse colours.
struct ReducedPicture {
    let width: Int, height: Int
    /// Pixels of the original from one to the next.
    let step: Int
    private(set) var luma: [Int32]
    /// Three bits a channel.
    private(set) var colors: [UInt16]

    init(of image: Raster<RGBA8>, on backdrop: Backdrop) {
        step = (max(image.width, image.height) + 127) / 128
        width = (image.width + step - 1) / step
        height = (image.height + step - 1) / step
        var luma = [Int32](repeating: 0, count: width * height), colors = [UInt16](repeating: 0, count: width * height)
        let (width, step) = (width, step)
        image.pixels.withUnsafeBufferPointer { pixels in
            luma.withUnsafeMutableBufferPointer { luma in
                colors.withUnsafeMutableBufferPointer { colors in
                    var i = 0
                    for y in stride(from: 0, to: image.height, by: step) {
                        for x in 0..<width {
                            let (r, g, b) = backdrop.shown(pixels[y * image.width + x * step])
                            luma[i] = Int32(truncatingIfNeeded: AtelierModels.luma(r, g, b))
                            colors[i] = UInt16(truncatingIfNeeded: (r >> 5) << 6 | (g >> 5) << 3 | b >> 5)
                            i &+= 1
                        }
                    }
                }
            }
        }
        (self.luma, self.colors) = (luma, colors)
    }

    /// Shares of strong steps that run along the axes and between them, and of places where both ways step.
    var directions: [Float] {
        var (strong, horizontal, vertical, diagonal, corners) = (0, 0, 0, 0, 0)
        luma.withUnsafeBufferPointer { v in
            for y in 1..<max(1, height) {
                for i in y * width + 1..<max(y * width + 1, (y + 1) * width) {
                    let dx = abs(v[i] &- v[i - 1]), dy = abs(v[i] &- v[i - width])
                    guard dx &+ dy >= 32 else { continue }
                    strong &+= 1
                    // The tangent of 22.5° is about 53/128.
                    if dy &* 128 < dx &* 53 {
                        vertical &+= 1
                    } else if dx &* 128 < dy &* 53 {
                        horizontal &+= 1
                    } else {
                        diagonal &+= 1
                        corners &+= min(dx, dy) >= 48 ? 1 : 0
                    }
                }
            }
        }
        return [share(horizontal, of: strong), share(vertical, of: strong), share(diagonal, of: strong), share(corners, of: strong)]
    }

    /// Mean difference to the picture mirrored left to right and top to bottom, 0 to 1.
    var symmetry: [Float] {
        var (x, y) = (0, 0)
        luma.withUnsafeBufferPointer { v in
            for row in 0..<height {
                for i in 0..<width / 2 { x &+= Int(abs(v[row * width + i] &- v[row * width + width - 1 - i])) }
            }
            for row in 0..<height / 2 {
                for i in 0..<width { y &+= Int(abs(v[row * width + i] &- v[(height - 1 - row) * width + i])) }
            }
        }
        return [share(x, of: height * (width / 2)) / 255, share(y, of: width * (height / 2)) / 255]
    }
}

/// Connected areas of one coarse colour: how many of which size, how long their boundaries are, how wide their strokes.
struct AreaStatistics {
    private(set) var areas: [Float] = []
    private(set) var strokes: [Float] = []
    private(set) var textScore: Float = 0

    /// A run of one colour in a row, which knows the area it belongs to by another run of it.
    private struct Run {
        var start: Int32, end: Int32
        var root: Int32
    }

    private struct Area {
        var pixels: Int32 = 0, top: Int32, bottom: Int32, left: Int32, right: Int32
    }

    init(of picture: ReducedPicture) {
        let (width, height) = (picture.width, picture.height)
        var runs: [Run] = [], rowStarts: [Int] = [], boundary = 0
        picture.colors.withUnsafeBufferPointer { colors in
            for y in 0..<height {
                let first = runs.count, row = y * width
                rowStarts.append(first)
                var x = 0
                while x < width {
                    let color = colors[row + x], start = x
                    while x < width, colors[row + x] == color { x &+= 1 }
                    runs.append(Run(start: Int32(start), end: Int32(x), root: Int32(runs.count)))
                }
                boundary += runs.count - first - 1
                if y > 0 { boundary += join(&runs, rowStarts[y - 1]..<first, first..<runs.count, colors, row, width) }
            }
        }
        rowStarts.append(runs.count)
        let found = gather(&runs, rowStarts)
        describe(found, picture, boundary)
        measureStrokes(picture, runs, rowStarts)
    }

    /// Joins runs that touch from row to row; returns how many pixels differ from the one above.
    private func join(
        _ runs: inout [Run], _ above: Range<Int>, _ here: Range<Int>, _ colors: UnsafeBufferPointer<UInt16>, _ row: Int, _ width: Int
    ) -> Int {
        func root(_ i: Int32) -> Int32 {
            var i = i
            while runs[Int(i)].root != i {
                runs[Int(i)].root = runs[Int(runs[Int(i)].root)].root
                i = runs[Int(i)].root
            }
            return i
        }
        var differing = 0, a = above.lowerBound
        for h in here {
            let start = runs[h].start, end = runs[h].end, color = colors[row + Int(start)]
            while a < above.upperBound, runs[a].end <= start { a += 1 }
            var k = a
            while k < above.upperBound, runs[k].start < end {
                let overlap = Int(min(end, runs[k].end) - max(start, runs[k].start))
                if colors[row - width + Int(runs[k].start)] == color {
                    let (p, q) = (root(Int32(k)), root(Int32(h)))
                    if p != q { runs[Int(max(p, q))].root = min(p, q) }
                } else {
                    differing += overlap
                }
                k += 1
            }
        }
        return differing
    }

    private func gather(_ runs: inout [Run], _ rowStarts: [Int]) -> [Area] {
        var number = [Int32](repeating: -1, count: runs.count), areas: [Area] = []
        for y in 0..<rowStarts.count - 1 {
            for i in rowStarts[y]..<rowStarts[y + 1] {
                // Roots come before what hangs on them.
                let parent = Int(runs[i].root), run = runs[i]
                if parent == i {
                    number[i] = Int32(areas.count)
                    areas.append(Area(top: Int32(y), bottom: Int32(y), left: run.start, right: run.end))
                } else {
                    number[i] = number[parent]
                }
                let k = Int(number[i])
                areas[k].pixels += run.end - run.start
                areas[k].bottom = Int32(y)
                areas[k].left = min(areas[k].left, run.start)
                areas[k].right = max(areas[k].right, run.end)
            }
        }
        return areas
    }

    private mutating func describe(_ found: [Area], _ picture: ReducedPicture, _ boundary: Int) {
        let whole = picture.width * picture.height
        var classes = [0, 0, 0, 0]
        for area in found { classes[area.pixels < 4 ? 0 : area.pixels < 32 ? 1 : area.pixels < 512 ? 2 : 3] += 1 }
        areas =
            [share(found.count, of: whole)] + classes.map { share($0, of: found.count) } + [share(boundary, of: whole)]
        // Letters: areas of like height that stand on one line.
        var lines = [Int](repeating: 0, count: 48 * 16), letters = 0
        for area in found {
            let tall = Int(area.bottom - area.top) + 1, wide = Int(area.right - area.left)
            guard tall >= 5, tall <= 64, wide <= 2 * tall, area.pixels * 10 < tall * wide * 9 else { continue }
            letters += 1
            lines[
                Int(area.bottom) / 4 * 16 + (tall.bitWidth - tall.leadingZeroBitCount) * 2
                    + (tall >> max(0, tall.bitWidth - tall.leadingZeroBitCount - 2) & 1)] += 1
        }
        textScore = Float(min(64, lines.reduce(0) { $0 + ($1 >= 3 ? $1 : 0) })) / 64 * share(max(1, letters), of: max(1, found.count))
    }

    /// Lengths of runs that are not of the most frequent colour.
    private mutating func measureStrokes(_ picture: ReducedPicture, _ runs: [Run], _ rowStarts: [Int]) {
        var counts = [Int](repeating: 0, count: 512)
        for color in picture.colors { counts[Int(color)] += 1 }
        let ground = UInt16(counts.firstIndex(of: counts.max()!)!)
        var lengths = [Int](repeating: 0, count: picture.width + 1), count = 0
        for y in 0..<rowStarts.count - 1 {
            for run in runs[rowStarts[y]..<rowStarts[y + 1]] where picture.colors[y * picture.width + Int(run.start)] != ground {
                lengths[Int(run.end - run.start)] += 1
                count += 1
            }
        }
        guard count >= 16 else {
            strokes = [.nan, .nan]
            return
        }
        let median = percentile(lengths, count, tenths: 5), most = percentile(lengths, count, tenths: 9)
        strokes = [Float(median) / Float(picture.width), Float(most) / Float(max(1, median))]
    }
}
