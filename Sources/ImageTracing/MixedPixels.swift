import AtelierPixels

/// Gives every mixed pixel the palette colour that covers most of it.
///
/// A blend of two areas lies on the straight line between their colours (renderers blend encoded sRGB values), so all pairs of
/// colours seen nearby are tried; the pair with the smallest distance from pixel to line wins and the pixel takes the nearer end.
/// One colour alone is preferred to a pair that explains the pixel hardly better.
func assignMixedPixels(_ work: WorkingImage, _ quantized: QuantizedImage, _ palette: [SIMD4<Float>]) -> [UInt8] {
    var result = quantized.indices
    let mixed = QuantizedImage.mixed
    let (width, height) = (work.width, work.height)
    guard palette.count > 1 else { return [UInt8](repeating: 0, count: result.count) }
    let pairPenalty: Float = 40

    /// Up to eight palette indices seen around a pixel.
    struct Candidates {
        var list: InlineArray<8, UInt8> = .init(repeating: 0)
        var count = 0
        @inline(__always)
        mutating func insert(_ k: UInt8) {
            for i in 0..<count where list[i] == k { return }
            if count < 8 {
                list[count] = k
                count += 1
            }
        }
    }

    func nearest(_ c: SIMD4<Float>) -> (index: UInt8, residual: Float) {
        var best: (index: UInt8, residual: Float) = (0, .infinity)
        for (k, p) in palette.enumerated() {
            let d = squared(c - p)
            if d < best.residual { best = (UInt8(k), d) }
        }
        return best
    }

    quantized.indices.withUnsafeBufferPointer { indices in
        work.pixels.withUnsafeBufferPointer { pixels in
            result.withUnsafeMutableBufferPointer { result in
                palette.withUnsafeBufferPointer { palette in
                    for y in 0..<height {
                        for x in 0..<width where indices[y * width + x] == mixed {
                            let i = y * width + x
                            let color = SIMD4<Float>(bytes: pixels[i])
                            var seen = Candidates()
                            var reach = 1
                            while reach <= 4 {
                                for yy in max(0, y - reach)...min(height - 1, y + reach) {
                                    for xx in max(0, x - reach)...min(width - 1, x + reach) {
                                        let k = indices[yy * width + xx]
                                        if k != mixed { seen.insert(k) }
                                    }
                                }
                                if seen.count >= 2 && reach >= 2 { break }
                                reach += reach == 2 ? 2 : 1
                            }
                            var best: Float = .infinity
                            var chosen: UInt8 = 0
                            for a in 0..<seen.count {
                                let ka = seen.list[a]
                                let pa = palette[Int(ka)]
                                let offset = color - pa
                                let single = squared(offset)
                                if single < best { (best, chosen) = (single, ka) }
                                for b in a + 1..<max(a + 1, seen.count) {
                                    let kb = seen.list[b]
                                    let axis = palette[Int(kb)] - pa
                                    let product = offset * axis
                                    let along = product.x + product.y + product.z + product.w
                                    let length = squared(axis)
                                    guard along > 0, along < length else { continue }
                                    let residual = single - along * along / length + pairPenalty
                                    if residual < best { (best, chosen) = (residual, along * 2 < length ? ka : kb) }
                                }
                            }
                            // Nothing nearby explains the pixel: a stroke too thin to have flat pixels, or texture.
                            if best > 600 {
                                let other = nearest(color)
                                if other.residual < best { chosen = other.index }
                            }
                            result[i] = chosen
                        }
                    }
                }
            }
        }
    }
    return result
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
    var any = false
    for a in 0..<count {
        for b in 0..<count where a != b && squared(palette[a] - palette[b]) < similar && (palette[a].w == 0) == (palette[b].w == 0) {
            isSimilar[a * count + b] = true
            any = true
        }
    }
    guard any else { return }
    let around = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1]
    labels.withUnsafeMutableBufferPointer { l in
        work.pixels.withUnsafeBufferPointer { pixels in
            for round in 0..<4 {
                var changes = 0
                for line in 1..<height - 1 {
                    // To and fro, so that borders do not creep with the scan.
                    let y = round % 2 == 0 ? line : height - 1 - line
                    for x in 1..<width - 1 {
                        let i = y * width + x
                        let own = l[i]
                        if l[i - 1] == own, l[i + 1] == own, l[i - width] == own, l[i + width] == own { continue }
                        let color = SIMD4<Float>(bytes: pixels[i])
                        func cost(_ k: UInt8) -> Float {
                            var different: Float = 0
                            for o in around where l[i + o] != k { different += 1 }
                            return squared(color - palette[Int(k)]) + roughness * different
                        }
                        var best = own, bestCost = cost(own)
                        for o in around {
                            let k = l[i + o]
                            guard k != best, k != own, isSimilar[Int(own) * count + Int(k)] else { continue }
                            let c = cost(k)
                            if c < bestCost { (best, bestCost) = (k, c) }
                        }
                        if best != own {
                            l[i] = best
                            changes += 1
                        }
                    }
                }
                if changes == 0 { break }
            }
        }
    }
}
