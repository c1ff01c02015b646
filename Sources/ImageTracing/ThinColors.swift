import AtelierPixels

/// Finds the colours of what is too thin to have flat pixels: strokes and details narrower than some three pixels.
///
/// A mixed pixel beside flat ones is explained when it lies between their colours. What stays unexplained has a colour that no
/// flat pixel has; where it is thin, most of its pixels are blends of that colour and of those around it. So the colour looked
/// for is an end of such blends: of the colours that occur, the one that lowers the squared distance of all unexplained pixels
/// most when each may lie anywhere between it and its surroundings; then the next, until none is worth a region.
///
/// - Parameters:
///   - votes: Palette index of every flat pixel, `mixed` for the others.
///   - palette: Premultiplied.
///   - limit: Most colours to add.
/// - Returns: Premultiplied colours, the most useful first.
/// - Complexity: O(mixed pixels + colours found × 512 × 64), nothing for pictures whose mixed pixels are all explained.
func thinColors(
    _ work: WorkingImage, votes: [UInt8], palette: [SIMD4<Float>], limit: Int, each: ParallelFor = serially
) -> [SIMD4<Float>] {
    guard limit > 0, !palette.isEmpty else { return [] }
    let noise = Float(work.noise)
    var unexplained = unexplainedPixels(
        work, votes: votes, palette: palette, threshold: 600 + max(16 * noise * noise, 1500 * min(noise, 3)), each)
    // Some pixels of a clear difference; each as likely to be chance as the picture is noisy.
    let worthwhile = 24 * (3600 + 64 * noise * noise)
    guard unexplained.reduce(0, { $0 + $1.weight * $1.residual }) >= worthwhile else { return [] }

    var found: [SIMD4<Float>] = [], rounds = 0
    while found.count < limit, rounds < 16 {
        var best: (gain: Float, color: SIMD4<Float>, surrounding: SIMD4<Float>, candidate: Int) = (worthwhile, .zero, .zero, -1)
        // Ends of blends stand out; they need not be frequent.
        for candidate in unexplained.indices.sorted(by: { isMoreTelling(unexplained[$0], unexplained[$1]) }).prefix(64)
        where !unexplained[candidate].isSettled {
            let color = unexplained[candidate].color
            var gain: Float = 0, support: Float = 0, explained: Float = 0
            for sample in unexplained {
                let residual = min(sample.residual, squaredDistance(sample.color, fromSegment: sample.surrounding, color))
                guard residual < sample.residual else { continue }
                gain += sample.weight * (sample.residual - residual)
                explained += sample.weight
                if squared(sample.color - color) < 900 { support += sample.weight }
            }
            // A colour that hardly a pixel has is an outlier, not what the others are blends of.
            guard support >= 2, support >= 0.04 * explained else { continue }
            if gain > best.gain { best = (gain, color, unexplained[candidate].surrounding, candidate) }
        }
        guard best.gain > worthwhile else { break }
        var sum = SIMD4<Float>.zero, weight: Float = 0
        for sample in unexplained where squared(sample.color - best.color) < 400 {
            sum += sample.color * sample.weight
            weight += sample.weight
        }
        var color = sum / weight
        // Hardly a pixel of a thin opaque line is covered whole.
        if color.w >= 225 { color *= 255 / color.w }
        // A colour that is there already, a little blurred, lies between that and its surroundings, and is no news: that one explains
        // what this one would.
        let surrounding = best.surrounding, contrast = squared(color - surrounding)
        var known: SIMD4<Float>?, least = 0.05 * contrast
        for c in palette where c != surrounding && squared(c - color) < 0.2 * contrast {
            let distance = squaredDistance(color, fromSegment: surrounding, c)
            if distance < least { (known, least) = (c, distance) }
        }
        if let known {
            color = known
            rounds += 1
            unexplained[best.candidate].isSettled = true
        } else {
            found.append(color)
        }
        for i in unexplained.indices {
            let sample = unexplained[i]
            unexplained[i].residual = min(sample.residual, squaredDistance(sample.color, fromSegment: sample.surrounding, color))
        }
    }
    return found
}

/// Unexplained pixels of nearly the same colour and surroundings.
private struct Unexplained {
    /// Premultiplied, the mean of the pixels.
    var color: SIMD4<Float>
    /// The flat colour nearby that is most like it.
    var surrounding: SIMD4<Float>
    /// Squared distance from what explains it best.
    var residual: Float
    /// Pixels.
    var weight: Float
    /// Whether a colour was found to be what it is a blend of.
    var isSettled = false
}

private func isMoreTelling(_ a: Unexplained, _ b: Unexplained) -> Bool {
    let x = a.residual * a.weight.squareRoot(), y = b.residual * b.weight.squareRoot()
    if x != y { return x > y }
    return (a.color.x, a.color.y, a.color.z) < (b.color.x, b.color.y, b.color.z)
}

@inline(__always)
private func squaredDistance(_ c: SIMD4<Float>, fromSegment a: SIMD4<Float>, _ b: SIMD4<Float>) -> Float {
    let axis = b - a, offset = c - a, length = squared(axis)
    guard length > 0 else { return squared(offset) }
    let t = max(0, min(1, (offset * axis).sum() / length))
    return squared(offset - axis * t)
}

/// What mixed pixels are compared with.
private struct UnexplainedSearch {
    let width: Int
    let height: Int
    let votes: UnsafeBufferPointer<UInt8>
    let pixels: UnsafeBufferPointer<RGBA8>
    let palette: UnsafeBufferPointer<SIMD4<Float>>
    let threshold: Float
    /// Of an edge's contrast: what resampling with negative lobes and compression leave beside it.
    let ringing: Float
    /// Enough to see every colour; a picture of texture would fill memory.
    static var most: Int { 1 << 17 }

    /// For the unexplained pixels of some rows: colour by its leading bits, then the surrounding's index, then the pixel.
    func keys(in rows: Range<Int>) -> [UInt64] {
        let mixed = QuantizedImage.mixed, most = Self.most
        var keys: [UInt64] = []
        for y in rows {
            var after = y * width
            while true {
                let i = votes.firstIndex(of: mixed, from: after, to: (y + 1) * width), x = i - y * width
                if x == width { break }
                after = i + 1
                let color = SIMD4<Float>(bytes: pixels[i])
                // The first flat pixel in each of four directions.
                var seen: InlineArray<4, UInt8> = .init(repeating: mixed)
                var count = 0
                func look(_ step: Int, _ room: Int) {
                    var k = 1
                    while k <= min(room, 6) {
                        let vote = votes[i + k * step]
                        if vote != mixed {
                            for s in 0..<count where seen[s] == vote { return }
                            seen[count] = vote
                            count += 1
                            return
                        }
                        k += 1
                    }
                }
                look(-1, x)
                look(1, width - 1 - x)
                look(-width, y)
                look(width, height - 1 - y)
                guard count > 0 else { continue }
                var best = Float.infinity, nearest = Float.infinity, contrast: Float = 0, surrounding: UInt8 = 0
                for a in 0..<count {
                    let pa = palette[Int(seen[a])], single = squared(color - pa)
                    best = min(best, single)
                    if single < nearest { (nearest, surrounding) = (single, seen[a]) }
                }
                if best <= threshold { continue }
                for a in 0..<count {
                    let pa = palette[Int(seen[a])]
                    for b in a + 1..<max(a + 1, count) {
                        let pb = palette[Int(seen[b])]
                        best = min(best, squaredDistance(color, fromSegment: pa, pb))
                        contrast = max(contrast, squared(pb - pa))
                    }
                }
                // Overshoot beside an edge is a part of its contrast.
                guard best > threshold + ringing * ringing * contrast else { continue }
                if keys.count == most { return keys }
                /// Whether the picture two pixels on in both directions is clearly more like the surroundings.
                let back = palette[Int(surrounding)]
                func isRidge(_ step: Int, _ before: Int, _ after: Int) -> Bool {
                    let k = 2 * step
                    return (before < 2 || squared(SIMD4<Float>(bytes: pixels[i - k]) - back) < 0.5 * nearest)
                        && (after < 2 || squared(SIMD4<Float>(bytes: pixels[i + k]) - back) < 0.5 * nearest)
                }
                guard isRidge(1, x, width - 1 - x) || isRidge(width, y, height - 1 - y) else { continue }
                let p = pixels[i]
                let bits = UInt64(p.r >> 3) << 15 | UInt64(p.g >> 3) << 10 | UInt64(p.b >> 3) << 5 | UInt64(p.a >> 3)
                keys.append(bits << 44 | UInt64(surrounding) << 36 | UInt64(i))
            }
        }
        return keys
    }
}

/// Mixed pixels that no colour and no two colours around explain, binned by colour and surroundings; at most 512 bins.
private func unexplainedPixels(
    _ work: WorkingImage, votes: [UInt8], palette: [SIMD4<Float>], threshold: Float, _ each: ParallelFor
) -> [Unexplained] {
    let (width, height) = (work.width, work.height), bands = max(1, min(64, (width * height) >> 15))
    var parts = [[UInt64]](repeating: [], count: bands)
    votes.withUnsafeBufferPointer { votes in
        work.pixels.withUnsafeBufferPointer { pixels in
            palette.withUnsafeBufferPointer { palette in
                parts.withUnsafeMutableBufferPointer { parts in
                    let search = UnexplainedSearch(
                        width: width, height: height, votes: votes, pixels: pixels, palette: palette, threshold: threshold,
                        ringing: work.noise > 0 ? 0.35 : 0.25)
                    // Every band has its own part, all before `each` returns.
                    nonisolated(unsafe) let (own, result) = (search, parts)
                    let look: @Sendable (Int) -> Void = { result[$0] = own.keys(in: $0 * height / bands..<($0 + 1) * height / bands) }
                    if bands == 1 { look(0) } else { each(bands, look) }
                }
            }
        }
    }
    var keys: [UInt64] = []
    for part in parts { keys.append(contentsOf: part.prefix(UnexplainedSearch.most - keys.count)) }
    keys.sort()
    var bins: [Unexplained] = []
    var start = 0
    while start < keys.count {
        var end = start, sum = SIMD4<Float>.zero
        while end < keys.count, keys[end] >> 36 == keys[start] >> 36 {
            sum += SIMD4<Float>(bytes: work.pixels[Int(keys[end] & (1 << 36 - 1))])
            end += 1
        }
        let surrounding = palette[Int(keys[start] >> 36 & 255)], mean = sum / Float(end - start)
        bins.append(Unexplained(color: mean, surrounding: surrounding, residual: squared(mean - surrounding), weight: Float(end - start)))
        start = end
    }
    guard bins.count > 512 else { return bins }
    bins.sort(by: isMoreTelling)
    return Array(bins.prefix(512))
}
