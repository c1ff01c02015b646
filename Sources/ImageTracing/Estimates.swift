import AtelierPixels

/// The median width of the edges of a picture: the step across an edge divided by the steepest step between two pixels.
///
/// 1 for aliased edges, 1 to 1.6 for anti-aliased and compressed ones, above 2.1 for those that were enlarged, blurred or scanned
/// (measured on drawings of all these kinds). Edges are monotone runs of at least 48 levels of luma and alpha along some 128 rows and
/// 128 columns.
///
/// - Parameters:
///   - pixels: Premultiplied, row-major.
///   - noise: Steps of up to 2 + twice this are level.
/// - Returns: 0 when there are fewer than 16 edges.
/// - Complexity: O(128 (width + height)).
func medianEdgeWidth(_ pixels: [RGBA8], width: Int, height: Int, noise: Int) -> Float {
    // Sixteenths of a pixel, up to 16.
    var histogram = [Int](repeating: 0, count: 257), count = 0
    let level = 2 + 2 * noise
    forEachLine(pixels, width, height, alpha: true) { line in
        var last = line[0], total = 0, steepest = 0
        func finish() {
            if abs(total) >= 48 {
                histogram[min(256, abs(total) * 16 / steepest)] += 1
                count += 1
            }
            (total, steepest) = (0, 0)
        }
        for v in line.dropFirst() {
            let d = Int(v) - Int(last)
            last = v
            if d == 0, total == 0 { continue }
            if abs(d) <= level || (d > 0) != (total > 0) { finish() }
            if abs(d) > level {
                total += d
                steepest = max(steepest, abs(d))
            }
        }
        finish()
    }
    guard count >= 16 else { return 0 }
    var seen = 0
    for (sixteenths, n) in histogram.enumerated() {
        seen += n
        if 2 * seen >= count { return Float(sixteenths) / 16 }
    }
    return 0
}

/// How restless the surroundings of strong edges are: the mean second difference of luma three to six pixels away from steps of at
/// least 40 levels, where nothing else steps by more than 16.
///
/// Up to 0.9 in drawings, gradients included; 1.5 to 6 after JPEG compression, which rings around edges while it leaves far areas
/// level, so that the median difference of all pixels says nothing. Also high with noise, and around enlarged edges that ring.
///
/// - Parameter pixels: Premultiplied, row-major.
/// - Returns: 0 when there are fewer than 64 such places along some 128 rows and 128 columns.
/// - Complexity: O(128 (width + height)).
func ringing(_ pixels: [RGBA8], width: Int, height: Int) -> Float {
    var sum = 0, count = 0
    forEachLine(pixels, width, height, alpha: false) { line in
        let length = line.count
        guard length > 2 else { return }
        for k in 1..<length where abs(Int(line[k]) - Int(line[k - 1])) >= 40 {
            func look(_ k: Int) {
                guard k > 0, k < length - 1 else { return }
                let before = Int(line[k - 1]), here = Int(line[k]), after = Int(line[k + 1])
                guard abs(here - before) <= 16, abs(after - here) <= 16 else { return }
                sum += abs(before - 2 * here + after)
                count += 1
            }
            for away in 3...6 {
                look(k - 1 + away)
                look(k - away)
            }
        }
    }
    return count < 64 ? 0 : Float(sum) / Float(count)
}

/// Calls a function for some 128 rows and 128 columns of a picture with the luma, and alpha if wished added, of their pixels.
private func forEachLine(_ pixels: [RGBA8], _ width: Int, _ height: Int, alpha: Bool, _ body: (UnsafeBufferPointer<Int16>) -> Void) {
    var line = [Int16](repeating: 0, count: max(width, height))
    line.withUnsafeMutableBufferPointer { line in
        pixels.withUnsafeBufferPointer { p in
            func look(from start: Int, step: Int, length: Int) {
                var i = start, last = p[i].bits, value: Int16 = 0
                for k in 0..<length {
                    let bits = p[i].bits
                    if bits != last || k == 0 {
                        value = Int16(luma(p[i])) + (alpha ? Int16(p[i].a) : 0)
                        last = bits
                    }
                    line[k] = value
                    i += step
                }
                body(UnsafeBufferPointer(rebasing: line[..<length]))
            }
            for y in stride(from: 0, to: height, by: max(1, height / 128)) { look(from: y * width, step: 1, length: width) }
            for x in stride(from: 0, to: width, by: max(1, width / 128)) { look(from: x, step: width, length: height) }
        }
    }
}
