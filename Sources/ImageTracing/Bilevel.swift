public import AtelierPixels

/// How a picture becomes ink and paper.
public struct BilevelOptions: Hashable, Sendable {
    /// What separates the two.
    public enum Threshold: String, Hashable, Sendable, CaseIterable {
        /// One level for the whole picture, where the two classes spread least (Otsu, "A Threshold Selection Method from Gray-Level
        /// Histograms", 1979).
        case otsu
        /// A level of its own for every pixel, from mean and deviation around it: for scans with shadows and stains (Sauvola and
        /// Pietikäinen, "Adaptive document image binarization", 2000).
        case sauvola
        /// The level given.
        case level
    }

    /// What separates ink from paper.
    public var threshold: Threshold
    /// Luma at and below which a pixel is ink when `threshold` is `level`, 0 (nothing but black) to 1.
    public var level: Double
    /// Side of the square around a pixel that Sauvola's method looks at, 3 to 501 pixels.
    public var window: Int
    /// How much darker than its surroundings Sauvola's ink is, 0 to 1; larger means thinner ink.
    public var contrast: Double
    /// Whether light is ink and dark is paper.
    public var isInverted: Bool
    /// What transparent pixels lie on; its alpha is ignored.
    public var background: RGBA8
    /// The colour of the ink. Nil takes the median of the ink's pixels.
    public var ink: RGBA8?
    /// The colour of the paper; fully transparent draws none. Nil takes the median of the paper's pixels.
    public var paper: RGBA8?

    /// The defaults suit clean drawings and text on a white ground.
    public init(
        threshold: Threshold = .otsu, level: Double = 0.5, window: Int = 31, contrast: Double = 0.2, isInverted: Bool = false,
        background: RGBA8 = RGBA8(255, 255, 255), ink: RGBA8? = nil, paper: RGBA8? = nil
    ) {
        (self.threshold, self.level, self.window, self.contrast) = (threshold, level, window, contrast)
        (self.isInverted, self.background, self.ink, self.paper) = (isInverted, background, ink, paper)
    }
}

/// Divides a picture into ink and paper by luma (Rec. 601, sRGB bytes) over a background.
///
/// - Returns: A palette of paper, then ink, and an index for every pixel; its `kind` is `bilevel`.
/// - Complexity: O(pixels); Sauvola's window costs nothing extra, because column sums slide with it.
public func binarize(_ image: Raster<RGBA8>, _ options: BilevelOptions = .init()) -> QuantizedImage {
    let count = image.pixels.count
    var luma = [UInt8](repeating: 0, count: count)
    var histogram = [Int](repeating: 0, count: 256)
    image.pixels.withUnsafeBufferPointer { pixels in
        for i in 0..<count {
            let p = over(pixels[i], options.background)
            let l = (Int(p.r) * 299 + Int(p.g) * 587 + Int(p.b) * 114 + 500) / 1000
            luma[i] = UInt8(l)
            histogram[l] += 1
        }
    }
    var indices: [UInt8]
    switch options.threshold {
    case .otsu: indices = inkBelow(otsuLevel(histogram), luma)
    case .level: indices = inkBelow(Int(max(0, min(1, options.level)) * 255), luma)
    case .sauvola:
        indices = sauvola(
            luma, width: image.width, height: image.height, window: max(3, min(501, options.window)),
            contrast: max(0, min(1, options.contrast)))
    }
    if options.isInverted { for i in indices.indices { indices[i] ^= 1 } }
    let (paper, ink) = medianColors(image, indices, options.background)
    let palette = [options.paper ?? paper, options.ink ?? ink]
    return QuantizedImage(
        width: image.width, height: image.height, palette: palette, paints: palette, ramp: [], indices: indices, isBinding: true,
        isTextured: false, kind: .bilevel)
}

/// The picture as paper and ink when it has two colours and no others, as scans in one bit, stamps and old icons do.
///
/// Paper is what most of the frame has, or the transparent of the two.
///
/// - Returns: Nil for any other picture, after O(1) pixels for most.
func bilevelPicture(_ image: Raster<RGBA8>) -> QuantizedImage? {
    image.pixels.withUnsafeBufferPointer { pixels -> QuantizedImage? in
        func shown(_ p: RGBA8) -> RGBA8 { p.a == 0 ? RGBA8(0, 0, 0, 0) : p }
        let first = shown(pixels[0])
        // What equals the first pixel need not be looked at.
        let same = pixels.firstDifference(from: 0, to: pixels.count - 1, step: 1)
        guard let next = pixels[same...].firstIndex(where: { shown($0) != first }) else { return nil }
        let second = shown(pixels[next])
        // Most pictures soon have a third colour; memory for indices is for the others.
        guard pixels[next...].allSatisfy({ shown($0) == first || shown($0) == second }) else { return nil }
        var indices = [UInt8](repeating: 0, count: pixels.count)
        for i in next..<pixels.count where shown(pixels[i]) == second { indices[i] = 1 }
        let (width, height) = (image.width, image.height)
        var frame = 0
        for x in 0..<width { frame += Int(indices[x]) + Int(indices[(height - 1) * width + x]) }
        for y in 0..<height { frame += Int(indices[y * width]) + Int(indices[y * width + width - 1]) }
        let half = width + height
        var paperIsSecond = frame > half
        func sum(_ p: RGBA8) -> Int { Int(p.r) + Int(p.g) + Int(p.b) }
        if frame == half { paperIsSecond = sum(second) > sum(first) }
        if first.a == 0 { paperIsSecond = false } else if second.a == 0 { paperIsSecond = true }
        if paperIsSecond { for i in indices.indices { indices[i] ^= 1 } }
        let palette = paperIsSecond ? [second, first] : [first, second]
        return QuantizedImage(
            width: width, height: height, palette: palette, paints: palette, ramp: [], indices: indices, isBinding: true, isTextured: false,
            kind: .bilevel)
    }
}

// MARK: Thresholds

private func inkBelow(_ level: Int, _ luma: [UInt8]) -> [UInt8] { luma.map { Int($0) <= level ? 1 : 0 } }

/// The level at and below which lies the darker class when the variance between the two classes is largest; the lowest such level.
/// 127 for a picture of one level, whose pixels then are paper when light and ink when dark.
func otsuLevel(_ histogram: [Int]) -> Int {
    var total = 0, sum = 0
    for (l, n) in histogram.enumerated() {
        total += n
        sum += l * n
    }
    var below = 0, belowSum = 0, best = -1.0, level = 127
    for l in 0..<255 {
        below += histogram[l]
        belowSum += l * histogram[l]
        guard below > 0, below < total else { continue }
        let difference = Double(belowSum) / Double(below) - Double(sum - belowSum) / Double(total - below)
        let between = Double(below) * Double(total - below) * difference * difference
        if between > best { (best, level) = (between, l) }
    }
    return level
}

/// Ink where luma ≤ mean × (1 + contrast × (deviation / 128 − 1)), over a window cut off at the frame.
private func sauvola(_ luma: [UInt8], width: Int, height: Int, window: Int, contrast: Double) -> [UInt8] {
    let reach = window / 2
    var ink = [UInt8](repeating: 0, count: luma.count)
    var sums = [Int](repeating: 0, count: width), squares = sums
    luma.withUnsafeBufferPointer { luma in
        func add(_ y: Int, _ sign: Int) {
            for x in 0..<width {
                let l = Int(luma[y * width + x])
                sums[x] += sign * l
                squares[x] += sign * l * l
            }
        }
        for y in 0..<min(reach, height) { add(y, 1) }
        for y in 0..<height {
            if y + reach < height { add(y + reach, 1) }
            if y - reach - 1 >= 0 { add(y - reach - 1, -1) }
            let rows = min(height - 1, y + reach) - max(0, y - reach) + 1
            var sum = 0, square = 0
            for x in 0..<min(reach, width) {
                sum += sums[x]
                square += squares[x]
            }
            for x in 0..<width {
                if x + reach < width {
                    sum += sums[x + reach]
                    square += squares[x + reach]
                }
                if x - reach - 1 >= 0 {
                    sum -= sums[x - reach - 1]
                    square -= squares[x - reach - 1]
                }
                let n = Double(rows * (min(width - 1, x + reach) - max(0, x - reach) + 1))
                let mean = Double(sum) / n
                let deviation = max(0, Double(square) / n - mean * mean).squareRoot()
                ink[y * width + x] = Double(luma[y * width + x]) <= mean * (1 + contrast * (deviation / 128 - 1)) ? 1 : 0
            }
        }
    }
    return ink
}

/// Median of each channel over the pixels of index 0 and of index 1; white and black where there are none.
private func medianColors(_ image: Raster<RGBA8>, _ indices: [UInt8], _ background: RGBA8) -> (paper: RGBA8, ink: RGBA8) {
    var histogram = [Int](repeating: 0, count: 2 * 3 * 256)
    var counts = [0, 0]
    image.pixels.withUnsafeBufferPointer { pixels in
        for i in pixels.indices {
            let p = over(pixels[i], background), base = Int(indices[i]) * 768
            counts[Int(indices[i])] += 1
            histogram[base + Int(p.r)] += 1
            histogram[base + 256 + Int(p.g)] += 1
            histogram[base + 512 + Int(p.b)] += 1
        }
    }
    func median(_ of: Int, _ channel: Int) -> UInt8 {
        var rest = counts[of] / 2, value = 0
        while value < 255, rest >= histogram[of * 768 + channel * 256 + value] {
            rest -= histogram[of * 768 + channel * 256 + value]
            value += 1
        }
        return UInt8(value)
    }
    func color(_ of: Int, without: RGBA8) -> RGBA8 { counts[of] == 0 ? without : RGBA8(median(of, 0), median(of, 1), median(of, 2)) }
    return (color(0, without: RGBA8(255, 255, 255)), color(1, without: RGBA8(0, 0, 0)))
}

private func over(_ p: RGBA8, _ background: RGBA8) -> RGBA8 {
    if p.a == 255 { return p }
    let a = Int(p.a)
    func blend(_ v: UInt8, _ b: UInt8) -> UInt8 { UInt8((Int(v) * a + Int(b) * (255 - a) + 127) / 255) }
    return RGBA8(blend(p.r, background.r), blend(p.g, background.g), blend(p.b, background.b))
}

#if !hasFeature(Embedded)
    extension BilevelOptions: Codable {}
    extension BilevelOptions.Threshold: Codable {}
#endif
