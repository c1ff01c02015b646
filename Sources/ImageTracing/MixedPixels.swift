import AtelierPixels

/// Gives every mixed pixel the palette colour that covers most of it.
///
/// A blend of two areas lies on the straight line between their colours (renderers blend encoded sRGB values), so all pairs of
/// colours seen nearby are tried; the pair with the smallest distance from pixel to line wins and the pixel takes the nearer end.
/// One colour alone is preferred to a pair that explains the pixel hardly better.
func assignMixedPixels(
    _ work: WorkingImage, _ quantized: QuantizedImage, _ palette: [SIMD4<Float>], each: ParallelFor = serially
) -> [UInt8] {
    var result = quantized.indices
    let mixed = QuantizedImage.mixed
    let (width, height) = (work.width, work.height)
    guard palette.count > 1 else { return [UInt8](repeating: 0, count: result.count) }
    // Channel by channel, so that four colours are compared at once; the last are repeated.
    let quads = (0..<(palette.count + 3) / 4).map { quad in
        let colors = (0..<4).map { palette[min(4 * quad + $0, palette.count - 1)] }
        func channel(_ c: Int) -> SIMD4<Float> { SIMD4(colors[0][c], colors[1][c], colors[2][c], colors[3][c]) }
        return (channel(0), channel(1), channel(2), channel(3))
    }
    // A margin of mixed pixels spares the question where the picture ends.
    // Across soft edges the pure colours are farther apart.
    let reach = work.isSoft ? 6 : 4, stride = width + 2 * reach
    var padded = [UInt8](repeating: mixed, count: stride * (height + 2 * reach))
    quantized.indices.withUnsafeBufferPointer { indices in
        padded.withUnsafeMutableBufferPointer { padded in
            for y in 0..<height {
                (padded.baseAddress! + (y + reach) * stride + reach).update(from: indices.baseAddress! + y * width, count: width)
            }
        }
    }
    let rings = neighbourhood(reach: reach, stride: stride)
    padded.withUnsafeBufferPointer { indices in
        work.pixels.withUnsafeBufferPointer { pixels in
            result.withUnsafeMutableBufferPointer { result in
                palette.withUnsafeBufferPointer { palette in
                    rings.offsets.withUnsafeBufferPointer { offsets in
                        quads.withUnsafeBufferPointer { quads in
                            // Every band of rows writes its own pixels, all before `each` returns.
                            nonisolated(unsafe) let assigner = MixedPixels(
                                width: width, reach: reach, padded: indices, pixels: pixels, palette: palette, quads: quads,
                                offsets: offsets, ends: rings.ends, result: result)
                            forEachBand(of: height, width: width, each) { assigner.assign(rows: $0) }
                        }
                    }
                }
            }
        }
    }
    return result
}

/// What the pixels of a picture are compared with, and where their colours go.
private struct MixedPixels {
    let width: Int
    let reach: Int
    /// Palette indices with a margin of mixed pixels as wide as `reach`.
    let padded: UnsafeBufferPointer<UInt8>
    let pixels: UnsafeBufferPointer<RGBA8>
    let palette: UnsafeBufferPointer<SIMD4<Float>>
    /// The palette channel by channel, four colours each.
    let quads: UnsafeBufferPointer<(SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>)>
    let offsets: UnsafeBufferPointer<Int>
    let ends: [Int]
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
        let stride = width + 2 * reach, mixed = QuantizedImage.mixed, pairPenalty: Float = 40, indices = padded
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
                var next = 24, last = mixed
                for end in ends where seen.count < 2 {
                    while next < end {
                        let k = indices[place + offsets[next]]
                        next += 1
                        if k == mixed || k == last { continue }
                        seen.insert(UInt64(k) | 0xFFFF_FFFF_FFFF_FF00)
                        last = k
                    }
                }
                var best: Float = .infinity
                var chosen: UInt8 = 0
                for a in 0..<seen.count {
                    let single = squared(color - palette[Int(seen.list[a])])
                    if single < best { (best, chosen) = (single, seen.list[a]) }
                }
                // No pair can be better than a colour that fits this well.
                if best > pairPenalty {
                    for a in 0..<seen.count {
                        let ka = seen.list[a]
                        let pa = palette[Int(ka)]
                        let offset = color - pa
                        let single = squared(offset)
                        for b in a + 1..<max(a + 1, seen.count) {
                            let kb = seen.list[b]
                            let axis = palette[Int(kb)] - pa
                            let along = (offset * axis).sum()
                            let length = squared(axis)
                            guard along > 0, along < length else { continue }
                            let residual = single - along * along / length + pairPenalty
                            if residual < best { (best, chosen) = (residual, along * 2 < length ? ka : kb) }
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

/// Offsets of the pixels around one, nearest rings first, and after how many of them to see whether enough is known: two rings, four,
/// then all.
private func neighbourhood(reach: Int, stride: Int) -> (offsets: [Int], ends: [Int]) {
    var offsets: [Int] = [], ends: [Int] = []
    offsets.reserveCapacity(168)
    for ring in 1...reach {
        for y in -ring...ring {
            for x in -ring...ring where max(abs(x), abs(y)) == ring { offsets.append(y * stride + x) }
        }
        if ring == 2 || ring == 4 || ring == reach { ends.append(offsets.count) }
    }
    return (offsets, ends)
}

/// Straightens the borders between similar colours, which noise and compression leave ragged.
///
/// Iterated conditional modes (Besag, "On the Statistical Analysis of Dirty Pictures", 1986): a pixel takes the colour of one of its
/// eight neighbours when that lowers squared colour error + `roughness` × the number of neighbours that differ. Only similar
/// colours are exchanged, so that anti-aliased edges stay where they are.
func smoothLabels(_ labels: inout [UInt8], _ work: WorkingImage, _ palette: [SIMD4<Float>], roughness: Float) {
    let (width, height) = (work.width, work.height)
    guard width > 2, height > 2, palette.count > 1 else { return }
    let similar: Float = 48 * 48
    let count = palette.count
    var isSimilar = [Bool](repeating: false, count: count * count)
    var any = false, hasSimilar = [Bool](repeating: false, count: count)
    for a in 0..<count {
        for b in 0..<count where a != b && squared(palette[a] - palette[b]) < similar && (palette[a].w == 0) == (palette[b].w == 0) {
            isSimilar[a * count + b] = true
            hasSimilar[a] = true
            any = true
        }
    }
    guard any else { return }
    let around: InlineArray<8, Int> = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1]
    labels.withUnsafeMutableBufferPointer { l in
        work.pixels.withUnsafeBufferPointer { pixels in
            // Rows that changed in this round or the one before: only beside them can anything change.
            var changed = [Bool](repeating: true, count: height), changedBefore = changed
            for round in 0..<4 {
                swap(&changed, &changedBefore)
                for y in changed.indices { changed[y] = false }
                var changes = 0
                for line in 1..<height - 1 {
                    // To and fro, so that borders do not creep with the scan.
                    let y = round % 2 == 0 ? line : height - 1 - line
                    guard (y - 1...y + 1).contains(where: { changed[$0] || changedBefore[$0] }) else { continue }
                    let row = y * width, end = row + width - 1
                    var i = row + 1
                    while i < end {
                        let own = l[i]
                        if l[i - 1] == own, l[i + 1] == own, l[i - width] == own, l[i + width] == own {
                            i += 1
                            while i + 8 <= end, isUniform(l, i, width) { i += 8 }
                            continue
                        }
                        if !hasSimilar[Int(own)] {
                            i += 1
                            continue
                        }
                        let color = SIMD4<Float>(bytes: pixels[i])
                        func cost(_ k: UInt8) -> Float {
                            var different: Float = 0
                            for n in 0..<8 where l[i + around[n]] != k { different += 1 }
                            return squared(color - palette[Int(k)]) + roughness * different
                        }
                        var best = own, bestCost = Float.infinity
                        for n in 0..<8 {
                            let k = l[i + around[n]]
                            guard k != best, k != own, isSimilar[Int(own) * count + Int(k)] else { continue }
                            if bestCost == .infinity { bestCost = cost(own) }
                            let c = cost(k)
                            if c < bestCost { (best, bestCost) = (k, c) }
                        }
                        if best != own {
                            l[i] = best
                            changes += 1
                            changed[y] = true
                        }
                        i += 1
                    }
                }
                if changes == 0 { break }
            }
        }
    }
}

/// Whether eight labels from `i` on equal their four neighbours each.
@inline(__always)
private func isUniform(_ labels: UnsafeMutableBufferPointer<UInt8>, _ i: Int, _ width: Int) -> Bool {
    let bytes = UnsafeRawPointer(labels.baseAddress! + i)
    let own = bytes.loadUnaligned(as: UInt64.self)
    return (own ^ bytes.loadUnaligned(fromByteOffset: -1, as: UInt64.self))
        | (own ^ bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
        | (own ^ bytes.loadUnaligned(fromByteOffset: -width, as: UInt64.self))
        | (own ^ bytes.loadUnaligned(fromByteOffset: width, as: UInt64.self)) == 0
}
