import AtelierPixels

/// Small regions of nearly one colour, which make up a picture that has no flat areas.
///
/// Neighbouring pixels are joined by rising colour difference, as by Felzenszwalb and Huttenlocher ("Efficient Graph-Based Image
/// Segmentation", 2004), while the squared error that this adds (Ward) stays below `error`.
///
/// - Parameters:
///   - pixels: Premultiplied, row-major.
///   - error: In squared premultiplied sRGB bytes.
/// - Returns: Region numbers in reading order, with the mean colour and area of each.
/// - Complexity: O(pixels α(pixels)); 28 bytes a pixel while it runs.
func growRegions(_ pixels: [RGBA8], width: Int, height: Int, error: Int) -> (labels: [Int32], means: [SIMD4<Float>], areas: [Float]) {
    let count = pixels.count
    // The pixel it belongs to, or less than 0 at the first pixel of a region: its area negated.
    var link = [Int32](repeating: -1, count: count)
    var means = [SIMD4<Float>](inLargePages: count) { means, initialized in
        for i in 0..<count { (means.baseAddress! + i).initialize(to: SIMD4(bytes: pixels[i])) }
        initialized = count
    }
    let found = joinablePairs(pixels, width: width, height: height, error: error).withUnsafeBufferPointer { pairs in
        link.withUnsafeMutableBufferPointer { link in
            means.withUnsafeMutableBufferPointer { means in
                @inline(__always)
                func root(_ i: Int) -> Int {
                    var r = i
                    while true {
                        let up = link[r]
                        if up < 0 { return r }
                        let next = link[Int(up)]
                        if next < 0 { return Int(up) }
                        link[r] = next
                        r = Int(next)
                    }
                }
                for pair in pairs {
                    let i = Int(pair) >> 1
                    let a = root(i), b = root(pair & 1 == 0 ? i + 1 : i + width)
                    if a == b { continue }
                    let n = Float(0 &- link[a]), m = Float(0 &- link[b])
                    guard n * m / (n + m) * squared(means[a] - means[b]) <= Float(error) else { continue }
                    let (keep, gone) = a < b ? (a, b) : (b, a)
                    means[keep] = (means[a] * n + means[b] * m) / (n + m)
                    link[keep] = link[a] &+ link[b]
                    link[gone] = Int32(keep)
                }
                // A root is the first pixel of its region, so what a pixel belongs to is known before it.
                var found = 0
                for i in 0..<count where link[i] < 0 { found += 1 }
                return found
            }
        }
    }
    // Copied, so that what the others took is free again.
    var regionMeans: [SIMD4<Float>] = [], areas: [Float] = []
    regionMeans.reserveCapacity(found)
    areas.reserveCapacity(found)
    link.withUnsafeMutableBufferPointer { link in
        for i in 0..<count {
            let up = link[i]
            if up < 0 {
                link[i] = Int32(areas.count)
                regionMeans.append(means[i])
                areas.append(Float(0 &- up))
            } else {
                link[i] = link[Int(up)]
            }
        }
    }
    return (link, regionMeans, areas)
}

/// Pairs of neighbouring pixels that alone could be joined, ½ |Δ|² ≤ `error`, by rising difference and then in reading order:
/// twice the index of the first, plus 1 for the pair with the pixel below.
private func joinablePairs(_ pixels: [RGBA8], width: Int, height: Int, error: Int) -> [Int32] {
    let limit = UInt32(2 * error)
    var starts = [Int](repeating: 0, count: Int(limit) + 3)
    var right = [UInt32](repeating: limit + 1, count: width), down = right
    return pixels.withUnsafeBufferPointer { p in
        right.withUnsafeMutableBufferPointer { right in
            down.withUnsafeMutableBufferPointer { down in
                starts.withUnsafeMutableBufferPointer { starts in
                    /// The squared differences of a row, those above the limit as one more.
                    func measure(_ y: Int) {
                        let row = p.baseAddress! + y * width
                        squaredDifferences(row, row + 1, width - 1, most: limit + 1, right.baseAddress!)
                        if y + 1 < height {
                            squaredDifferences(row, row + width, width, most: limit + 1, down.baseAddress!)
                        } else {
                            down.update(repeating: limit + 1)
                        }
                    }
                    for y in 0..<height {
                        measure(y)
                        for x in 0..<width {
                            starts[Int(right[x]) + 1] += 1
                            starts[Int(down[x]) + 1] += 1
                        }
                    }
                    for d in 1...Int(limit) + 1 { starts[d] += starts[d - 1] }
                    return [Int32](unsafeUninitializedCapacity: starts[Int(limit) + 1]) { pairs, count in
                        count = starts[Int(limit) + 1]
                        for y in 0..<height {
                            measure(y)
                            for x in 0..<width {
                                let pair = Int32(truncatingIfNeeded: 2 * (y * width + x))
                                if right[x] <= limit {
                                    pairs[starts[Int(right[x])]] = pair
                                    starts[Int(right[x])] += 1
                                }
                                if down[x] <= limit {
                                    pairs[starts[Int(down[x])]] = pair + 1
                                    starts[Int(down[x])] += 1
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Squared differences of the channels of pixels and others, but not more than `most`.
private func squaredDifferences(
    _ p: UnsafePointer<RGBA8>, _ q: UnsafePointer<RGBA8>, _ count: Int, most: UInt32, _ out: UnsafeMutablePointer<UInt32>
) {
    var i = 0
    while i + 4 <= count {
        let d = channelwiseDistances(p + i, q + i)
        // Sixteen bytes either way.
        let even = unsafeBitCast(d, to: SIMD8<UInt16>.self) & 0xFF, odd = unsafeBitCast(d, to: SIMD8<UInt16>.self) &>> 8
        let a = unsafeBitCast(even &* even, to: SIMD4<UInt32>.self), b = unsafeBitCast(odd &* odd, to: SIMD4<UInt32>.self)
        let sum = (a & 0xFFFF) &+ (a &>> 16) &+ (b & 0xFFFF) &+ (b &>> 16)
        UnsafeMutableRawPointer(out + i).storeBytes(of: sum.replacing(with: most, where: sum .> most), as: SIMD4<UInt32>.self)
        i += 4
    }
    while i < count {
        let r = Int32(p[i].r) - Int32(q[i].r), g = Int32(p[i].g) - Int32(q[i].g), b = Int32(p[i].b) - Int32(q[i].b)
        let a = Int32(p[i].a) - Int32(q[i].a)
        out[i] = min(most, UInt32(r * r + g * g + b * b + a * a))
        i += 1
    }
}
