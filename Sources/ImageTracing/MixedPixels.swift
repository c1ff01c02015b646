import AtelierPixels

/// Gives every mixed pixel the palette colour that covers most of it.
///
/// A blend of two areas lies on the straight line between their colours (renderers blend encoded sRGB values), so all pairs of
/// colours seen nearby are tried; the pair with the smallest distance from pixel to line wins and the pixel takes the nearer end.
/// One colour alone is preferred to a pair that explains the pixel hardly better. Once it is cancelled, pixels stay mixed.
func assignMixedPixels(
    _ work: WorkingImage, _ quantized: QuantizedImage, _ palette: [SIMD4<Float>], each: ParallelFor = serially,
    isCancelled: @escaping @Sendable () -> Bool = { false }
) -> [UInt8] {
    let mixed = QuantizedImage.mixed
    let (width, height) = (work.width, work.height)
    guard palette.count > 1 else { return [UInt8](repeating: 0, count: width * height) }
    // Channel by channel, so that four colours are compared at once; the last are repeated.
    let quads = (0..<(palette.count + 3) / 4).map { quad in
        let colors = (0..<4).map { palette[min(4 * quad + $0, palette.count - 1)] }
        func channel(_ c: Int) -> SIMD4<Float> { SIMD4(colors[0][c], colors[1][c], colors[2][c], colors[3][c]) }
        return (channel(0), channel(1), channel(2), channel(3))
    }
    // A margin of mixed pixels spares the question where the picture ends.
    // Across soft edges the pure colours are farther apart.
    let reach = work.isSoft ? 6 : 4, stride = width + 2 * reach
    let padded = quantized.indices.withUnsafeBufferPointer { indices in
        // Only read, and all bands are made before this returns.
        nonisolated(unsafe) let indices = indices.baseAddress!
        return arrayInBands(of: height + 2 * reach, length: stride, each) { rows, own in
            own.initialize(repeating: mixed, count: rows.count * stride)
            for y in rows.clamped(to: reach..<reach + height) {
                (own + ((y - rows.lowerBound) * stride + reach)).update(from: indices + (y - reach) * width, count: width)
            }
        }
    }
    var distances = [Float](repeating: 0, count: palette.count * palette.count)
    for a in palette.indices { for b in palette.indices { distances[a * palette.count + b] = squared(palette[a] - palette[b]) } }
    return [UInt8](inLargePages: width * height) { result, count in
        padded.withUnsafeBufferPointer { padded in
            quantized.indices.withUnsafeBufferPointer { indices in
                work.pixels.withUnsafeBufferPointer { pixels in
                    palette.withUnsafeBufferPointer { palette in
                        quads.withUnsafeBufferPointer { quads in
                            distances.withUnsafeBufferPointer { distances in
                                // Every band of rows writes its own pixels, all before `each` returns.
                                nonisolated(unsafe) let (assigner, indices) = (
                                    MixedPixels(
                                        width: width, reach: reach, padded: padded, pixels: pixels, palette: palette,
                                        distances: distances.baseAddress!, quads: quads, result: result), indices
                                )
                                forEachBand(of: height, width: width, each) { rows in
                                    let start = rows.lowerBound * width
                                    (assigner.result.baseAddress! + start)
                                        .initialize(from: indices.baseAddress! + start, count: rows.count * width)
                                    if !isCancelled() { assigner.assign(rows: rows) }
                                }
                            }
                        }
                    }
                }
            }
        }
        count = width * height
    }
}

/// What the pixels of a picture are compared with, and where their colours go.
private struct MixedPixels {
    let width: Int
    let reach: Int
    /// Palette indices with a margin of mixed pixels as wide as `reach`.
    let padded: UnsafeBufferPointer<UInt8>
    let pixels: UnsafeBufferPointer<RGBA8>
    let palette: UnsafeBufferPointer<SIMD4<Float>>
    /// Squared distances of all pairs of colours.
    let distances: UnsafePointer<Float>
    /// The palette channel by channel, four colours each.
    let quads: UnsafeBufferPointer<(SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>)>
    let result: UnsafeMutableBufferPointer<UInt8>

    /// Up to eight palette indices seen around a pixel.
    struct Candidates {
        var list: InlineArray<8, UInt8> = .init(repeating: 0)
        var count = 0

        /// Takes up what is new among eight indices, the lowest byte first.
        @inline(__always)
        mutating func insert(_ word: UInt64) {
            var open = ~zeroBytes(~word) & 0x8080_8080_8080_8080
            for s in 0..<count { open &= ~zeroBytes(word ^ UInt64(list[s]) &* 0x0101_0101_0101_0101) }
            while open != 0 {
                let k = UInt8(truncatingIfNeeded: word >> UInt64(open.trailingZeroBitCount - 7))
                if count == 8 { return }
                list[count] = k
                count += 1
                open &= ~zeroBytes(word ^ UInt64(k) &* 0x0101_0101_0101_0101)
            }
        }
    }

    @inline(__always)
    private func word(_ place: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(padded.baseAddress!).loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    @inline(__always)
    private func byte(_ place: Int) -> UInt64 { UInt64(padded[place]) }

    /// Whether there are other indices than at most one that is known within a distance of four to seven.
    @inline(__always)
    private func hasMore(than seen: Candidates, around place: Int, within distance: Int) -> Bool {
        let stride = width + 2 * reach, known = UInt64(seen.count > 0 ? seen.list[0] : QuantizedImage.mixed) &* 0x0101_0101_0101_0101
        var row = place - distance * stride - distance
        for _ in -distance...distance {
            let start = word(row), end = word(row + 2 * distance - 7)
            let covered = (zeroBytes(~start) | zeroBytes(start ^ known)) & (zeroBytes(~end) | zeroBytes(end ^ known))
            if covered != 0x8080_8080_8080_8080 { return true }
            row += stride
        }
        return false
    }

    /// Takes up the indices at a distance of three to seven, row by row.
    private func insertRing(_ distance: Int, around place: Int, into seen: inout Candidates) {
        let stride = width + 2 * reach
        func insertRow(_ start: Int) {
            if distance == 3 { return seen.insert(word(start) | 0xFF << 56) }
            seen.insert(word(start))
            seen.insert(word(start + 2 * distance - 7))
        }
        insertRow(place - distance * stride - distance)
        var sides = UInt64.max
        for y in 1 - distance..<distance {
            let middle = place + y * stride
            sides = sides << 16 | byte(middle + distance) << 8 | byte(middle - distance)
            guard (y + distance) % 4 == 0 || y == distance - 1 else { continue }
            // In the order in which they were read.
            let pairs = sides << 32 | sides >> 32
            seen.insert((pairs & 0xFFFF_0000_FFFF) << 16 | pairs >> 16 & 0xFFFF_0000_FFFF)
            sides = .max
        }
        insertRow(place + distance * stride - distance)
    }

    /// The palette's colour that is nearest, the first of equally near ones.
    private func nearest(_ c: SIMD4<Float>) -> (index: UInt8, residual: Float) {
        var best: (index: UInt8, residual: Float) = (0, .infinity)
        for q in quads.indices {
            let (x, y, z, w) = (c.x - quads[q].0, c.y - quads[q].1, c.z - quads[q].2, c.w - quads[q].3)
            let d = x * x + y * y + z * z + w * w
            for lane in 0..<4 where d[lane] < best.residual { best = (UInt8(4 * q + lane), d[lane]) }
        }
        return best
    }

    func assign(rows: Range<Int>) {
        let stride = width + 2 * reach, mixed = QuantizedImage.mixed, pairPenalty: Float = 40
        let flat = UnsafeBufferPointer(result)
        for y in rows {
            let rowEnd = (y + 1) * width
            var i = flat.firstIndex(of: mixed, from: y * width, to: rowEnd)
            while i < rowEnd {
                let color = SIMD4<Float>(bytes: pixels[i])
                let place = (y + reach) * stride + i - y * width + reach
                var seen = Candidates()
                // The first ring, and the second in two parts, each row by row.
                let here = word(place - 1)
                seen.insert(
                    word(place - stride - 1) & 0xFF_FFFF | (here & 0xFF) << 24 | (here & 0xFF_0000) << 16
                        | word(place + stride - 1) << 40)
                seen.insert(
                    word(place - 2 * stride - 2) & 0xFF_FFFF_FFFF | byte(place - stride - 2) << 40
                        | byte(place - stride + 2) << 48 | byte(place - 2) << 56)
                seen.insert(
                    byte(place + 2) | byte(place + stride - 2) << 8 | byte(place + stride + 2) << 16
                        | word(place + 2 * stride - 2) << 24)
                // What one colour explains needs no second from farther away.
                if seen.count < 2, seen.count == 0 || squared(color - palette[Int(seen.list[0])]) > pairPenalty {
                    if hasMore(than: seen, around: place, within: 4) {
                        insertRing(3, around: place, into: &seen)
                        insertRing(4, around: place, into: &seen)
                    }
                    if reach > 4, seen.count < 2, hasMore(than: seen, around: place, within: 6) {
                        insertRing(5, around: place, into: &seen)
                        insertRing(6, around: place, into: &seen)
                    }
                }
                var best: Float = .infinity
                var chosen: UInt8 = 0
                var singles: InlineArray<8, Float> = .init(repeating: 0)
                for a in 0..<seen.count {
                    let single = squared(color - palette[Int(seen.list[a])])
                    singles[a] = single
                    if single < best { (best, chosen) = (single, seen.list[a]) }
                }
                // No pair can be better than a colour that fits this well.
                if best > pairPenalty {
                    for a in 0..<seen.count {
                        let row = distances + Int(seen.list[a]) * palette.count, single = singles[a]
                        for b in a + 1..<max(a + 1, seen.count) {
                            // By the law of cosines, how far along the way from one colour to the other the pixel's lies.
                            let length = row[Int(seen.list[b])]
                            let along = (single + length - singles[b]) * 0.5
                            guard along > 0, along < length, (single + pairPenalty - best) * length < along * along else { continue }
                            best = single - along * along / length + pairPenalty
                            chosen = along * 2 < length ? seen.list[a] : seen.list[b]
                        }
                    }
                }
                // Nothing nearby explains the pixel: a stroke too thin to have flat pixels, or texture.
                if best > 600 {
                    let other = nearest(color)
                    if other.residual < best { chosen = other.index }
                }
                result[i] = chosen
                i = flat.firstIndex(of: mixed, from: i + 1, to: rowEnd)
            }
        }
    }
}

/// The highest bit of every byte that is 0, and no other.
@inline(__always)
private func zeroBytes(_ v: UInt64) -> UInt64 {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    return ~(((v & low) &+ low) | v | low)
}

/// Straightens the borders between similar colours, which noise and compression leave ragged.
///
/// Iterated conditional modes (Besag, "On the Statistical Analysis of Dirty Pictures", 1986): a pixel takes the colour of one of its
/// eight neighbours when that lowers squared colour error + `roughness` × the number of neighbours that differ. Only similar
/// colours are exchanged, so that anti-aliased edges stay where they are.
///
/// - Complexity: O(pixels) for finding, in bands of rows, where labels differ; the rounds look at that, and at the surroundings of what
///   has changed.
func smoothLabels(
    _ labels: inout [UInt8], _ work: WorkingImage, _ palette: [SIMD4<Float>], roughness: Float, _ each: ParallelFor = serially
) {
    let (width, height) = (work.width, work.height)
    guard width > 2, height > 2, palette.count > 1 else { return }
    let similar: Float = 48 * 48
    let count = palette.count
    var isSimilar = [Bool](repeating: false, count: count * count)
    var any = false, hasSimilar = [Bool](repeating: false, count: 256)
    for a in 0..<count {
        for b in 0..<count where a != b && squared(palette[a] - palette[b]) < similar && (palette[a].w == 0) == (palette[b].w == 0) {
            isSimilar[a * count + b] = true
            hasSimilar[a] = true
            any = true
        }
    }
    guard any else { return }
    // What to look at again: 1 where the pixel or a neighbour has changed since it was looked at.
    var open: [UInt8] = arrayInBands(of: height, length: width, each) { $1.initialize(repeating: 0, count: $0.count * width) }
    var openRows = [Bool](repeating: false, count: height)
    // Of every row but the frame, for eight pixels each: 1 where one differs from a neighbour.
    let blocks = (width + 5) / 8
    let uneven: [UInt8] = labels.withUnsafeBufferPointer { labels in
        // Only read, and all bands are looked at before this returns.
        nonisolated(unsafe) let labels = labels
        return arrayInBands(of: height, length: blocks, width: width, each) { rows, own in
            own.initialize(repeating: 0, count: rows.count * blocks)
            for y in rows.clamped(to: 1..<height - 1) {
                let end = (y + 1) * width - 1
                for b in 0..<blocks {
                    let i = y * width + 1 + 8 * b
                    if i + 8 > end || !isUniform(labels, i, width) { own[(y - rows.lowerBound) * blocks + b] = 1 }
                }
            }
        }
    }
    labels.withUnsafeMutableBufferPointer { labels in
        open.withUnsafeMutableBufferPointer { open in
            openRows.withUnsafeMutableBufferPointer { openRows in
                work.pixels.withUnsafeBufferPointer { pixels in
                    palette.withUnsafeBufferPointer { palette in
                        isSimilar.withUnsafeBufferPointer { isSimilar in
                            hasSimilar.withUnsafeBufferPointer { hasSimilar in
                                let smoother = LabelSmoother(
                                    width: width, height: height, roughness: roughness, labels: labels, open: open, openRows: openRows,
                                    pixels: pixels, palette: palette, isSimilar: isSimilar, hasSimilar: hasSimilar)
                                uneven.withUnsafeBufferPointer { smoother.firstRound($0, blocks) }
                                // To and fro, so that borders do not creep with the scan.
                                for round in 1..<4 where !smoother.laterRound(upwards: round % 2 != 0) { break }
                            }
                        }
                    }
                }
            }
        }
    }
}

private struct LabelSmoother {
    let width: Int
    let height: Int
    let roughness: Float
    let labels: UnsafeMutableBufferPointer<UInt8>
    let open: UnsafeMutableBufferPointer<UInt8>
    let openRows: UnsafeMutableBufferPointer<Bool>
    let pixels: UnsafeBufferPointer<RGBA8>
    let palette: UnsafeBufferPointer<SIMD4<Float>>
    let isSimilar: UnsafeBufferPointer<Bool>
    let hasSimilar: UnsafeBufferPointer<Bool>

    /// Looks at what differed from a neighbour, eight pixels at a time, and at what does since one has changed.
    func firstRound(_ uneven: UnsafeBufferPointer<UInt8>, _ blocks: Int) {
        for y in 1..<height - 1 {
            let first = y * blocks, last = first + blocks, start = y * width + 1, end = (y + 1) * width - 1
            var b = first
            while true {
                // A change marks what lies around it, also in the next row.
                if openRows[y] {
                    while b < last, uneven[b] == 0, !isOpen(start + 8 * (b - first), end) { b += 1 }
                } else {
                    b = uneven.firstIndex(of: 1, from: b, to: last)
                }
                if b == last { break }
                let i = start + 8 * (b - first)
                for k in i..<min(i + 8, end) { look(k, y) }
                b += 1
            }
        }
    }

    private func isOpen(_ i: Int, _ end: Int) -> Bool {
        i + 8 > end || UnsafeRawPointer(open.baseAddress! + i).loadUnaligned(as: UInt64.self) != 0
    }

    /// Looks at what is open, row by row; whether anything was.
    func laterRound(upwards: Bool) -> Bool {
        var any = false
        let flags = UnsafeBufferPointer(open)
        for line in 1..<height - 1 {
            let y = upwards ? height - 1 - line : line
            guard openRows[y] else { continue }
            openRows[y] = false
            any = true
            let end = (y + 1) * width - 1
            var i = flags.firstIndex(of: 1, from: y * width + 1, to: end)
            while i < end {
                look(i, y)
                i = flags.firstIndex(of: 1, from: i + 1, to: end)
            }
        }
        return any
    }

    /// Gives a pixel the best colour among its own and its neighbours'.
    @inline(__always)
    private func look(_ i: Int, _ y: Int) {
        open[i] = 0
        let own = labels[i]
        guard hasSimilar[Int(own)] else { return }
        if labels[i - 1] == own, labels[i + 1] == own, labels[i - width] == own, labels[i + width] == own { return }
        func four(_ place: Int) -> UInt64 {
            UInt64(UInt32(littleEndian: UnsafeRawPointer(labels.baseAddress! + place).loadUnaligned(as: UInt32.self)))
        }
        // The eight neighbours row by row.
        let around =
            four(i - width - 1) & 0xFF_FFFF | UInt64(labels[i - 1]) << 24 | UInt64(labels[i + 1]) << 32 | (four(i + width - 2) >> 8) << 40
        func same(_ k: UInt8) -> UInt64 { zeroBytes(around ^ UInt64(k) &* 0x0101_0101_0101_0101) }
        let color = SIMD4<Float>(bytes: pixels[i])
        func cost(_ k: UInt8, _ same: UInt64) -> Float {
            let equal = ((same >> 7) &* 0x0101_0101_0101_0101) >> 56
            return squared(color - palette[Int(k)]) + roughness * Float(8 - Int(equal))
        }
        let likeOwn = same(own)
        var left = ~likeOwn & 0x8080_8080_8080_8080
        var best = own, bestCost = Float.infinity
        while left != 0 {
            let k = UInt8(truncatingIfNeeded: around >> UInt64(left.trailingZeroBitCount - 7)), likeK = same(k)
            left &= ~likeK
            guard isSimilar[Int(own) * palette.count + Int(k)] else { continue }
            if bestCost == .infinity { bestCost = cost(own, likeOwn) }
            let c = cost(k, likeK)
            if c < bestCost { (best, bestCost) = (k, c) }
        }
        guard best != own else { return }
        labels[i] = best
        for row in -1...1 {
            openRows[y + row] = true
            for k in i + row * width - 1...i + row * width + 1 { open[k] = 1 }
        }
    }
}

/// Whether eight labels from `i` on equal their four neighbours each.
@inline(__always)
private func isUniform(_ labels: UnsafeBufferPointer<UInt8>, _ i: Int, _ width: Int) -> Bool {
    let bytes = UnsafeRawPointer(labels.baseAddress! + i)
    let own = bytes.loadUnaligned(as: UInt64.self)
    return (own ^ bytes.loadUnaligned(fromByteOffset: -1, as: UInt64.self))
        | (own ^ bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
        | (own ^ bytes.loadUnaligned(fromByteOffset: -width, as: UInt64.self))
        | (own ^ bytes.loadUnaligned(fromByteOffset: width, as: UInt64.self)) == 0
}
