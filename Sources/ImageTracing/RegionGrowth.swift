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
/// - Complexity: O(pixels α(pixels)); 32 bytes a pixel while it runs.
func growRegions(_ pixels: [RGBA8], width: Int, height: Int, error: Int) -> (labels: [Int32], means: [SIMD4<Float>], areas: [Float]) {
    let count = pixels.count
    // Only pairs that two single pixels could join: ½ |Δ|² ≤ error.
    let limit = 2 * error
    @inline(__always)
    func difference(_ p: RGBA8, _ q: RGBA8) -> Int {
        let r = Int(p.r) - Int(q.r), g = Int(p.g) - Int(q.g), b = Int(p.b) - Int(q.b), a = Int(p.a) - Int(q.a)
        return r * r + g * g + b * b + a * a
    }
    var starts = [Int](repeating: 0, count: limit + 2)
    var parent = [Int32](repeating: 0, count: count)
    var means = [SIMD4<Float>](repeating: .zero, count: count)
    var areas = [Float](repeating: 1, count: count)
    pixels.withUnsafeBufferPointer { p in
        for i in 0..<count {
            parent[i] = Int32(i)
            means[i] = SIMD4(bytes: p[i])
        }
        for y in 0..<height {
            for i in y * width..<(y + 1) * width {
                if i + 1 < (y + 1) * width {
                    let d = difference(p[i], p[i + 1])
                    if d <= limit { starts[d + 1] += 1 }
                }
                if y + 1 < height {
                    let d = difference(p[i], p[i + width])
                    if d <= limit { starts[d + 1] += 1 }
                }
            }
        }
        for d in 1...limit + 1 { starts[d] += starts[d - 1] }
        // Pixel × 2, plus 1 for the pair with the pixel below.
        let edges = [Int32](unsafeUninitializedCapacity: starts[limit + 1]) { edges, edgeCount in
            for y in 0..<height {
                for i in y * width..<(y + 1) * width {
                    if i + 1 < (y + 1) * width {
                        let d = difference(p[i], p[i + 1])
                        if d <= limit {
                            edges[starts[d]] = Int32(2 * i)
                            starts[d] += 1
                        }
                    }
                    if y + 1 < height {
                        let d = difference(p[i], p[i + width])
                        if d <= limit {
                            edges[starts[d]] = Int32(2 * i + 1)
                            starts[d] += 1
                        }
                    }
                }
            }
            edgeCount = starts[limit]
        }
        parent.withUnsafeMutableBufferPointer { parent in
            means.withUnsafeMutableBufferPointer { means in
                areas.withUnsafeMutableBufferPointer { areas in
                    @inline(__always)
                    func root(_ i: Int) -> Int {
                        var r = i
                        while Int(parent[r]) != r {
                            parent[r] = parent[Int(parent[r])]
                            r = Int(parent[r])
                        }
                        return r
                    }
                    for edge in edges {
                        let i = Int(edge) >> 1
                        let a = root(i), b = root(edge & 1 == 0 ? i + 1 : i + width)
                        if a == b { continue }
                        let n = areas[a], m = areas[b]
                        guard n * m / (n + m) * squared(means[a] - means[b]) <= Float(error) else { continue }
                        let (keep, gone) = a < b ? (a, b) : (b, a)
                        means[keep] = (means[a] * n + means[b] * m) / (n + m)
                        areas[keep] = n + m
                        parent[gone] = Int32(keep)
                    }
                    // A root is the first pixel of its region.
                    for i in 0..<count { parent[i] = Int32(root(i)) }
                }
            }
        }
    }
    var found = 0
    for i in 0..<count {
        if Int(parent[i]) == i {
            means[found] = means[i]
            areas[found] = areas[i]
            parent[i] = Int32(found)
            found += 1
        } else {
            parent[i] = parent[Int(parent[i])]
        }
    }
    means.removeLast(count - found)
    areas.removeLast(count - found)
    return (parent, means, areas)
}
