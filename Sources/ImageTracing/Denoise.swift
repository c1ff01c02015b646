import AtelierPixels

/// The picture as the tracer compares it: premultiplied (colours mix linearly across anti-aliased edges, and the colour under
/// full transparency does not count), and smoothed when it is noisy.
struct WorkingImage {
    let width: Int
    let height: Int
    /// Premultiplied sRGB bytes, row-major, smoothed when the picture is noisy or rings around its edges: which area a pixel belongs to.
    let pixels: [RGBA8]
    /// The same before smoothing, for where boundaries run: a median straightens curves and cuts corners.
    let original: [RGBA8]
    let hasAlpha: Bool
    /// What was found out about the picture before smoothing.
    let estimates: PictureEstimates

    /// `PictureEstimates.noise`.
    var noise: Int { estimates.noise }
    /// `PictureEstimates.isTextured`.
    var isTextured: Bool { estimates.isTextured }
    /// Whether edges are wider than anti-aliasing makes them: enlarged, blurred or scanned.
    var isSoft: Bool { estimates.edgeWidth > 2.1 }
}

/// What tells drawings, compressed drawings, scans and photographs apart, and how they are smoothed.
///
/// Estimating costs a pass over the pixels, or two when they are noisy.
struct PictureEstimates: Hashable, Sendable {
    /// Median over all pixels of the largest channel difference to the pixel on the right, 0–255.
    /// 0 for drawings, 1–3 for scans, about 1.5 σ for Gaussian noise of deviation σ.
    var noise = 0
    /// How often a median of 3 × 3 pixels smooths the picture.
    var smoothing = 0
    /// Whether many neighbours still differ by a medium step after smoothing. In drawings they differ by next to nothing or by an edge.
    var isTextured = false
    /// Median width of edges in pixels, as `medianEdgeWidth` measures it; 0 when textured.
    var edgeWidth: Float = 0
}

extension WorkingImage {
    /// Prepares an image in O(pixels); shares its storage when it is opaque and clean.
    ///
    /// - Parameters:
    ///   - picture: Straight alpha.
    ///   - ramp: The colour for each luma, if tones are restricted.
    ///   - known: The estimates, if it was prepared before.
    ///   - each: What runs the loop over bands of rows.
    init(_ picture: Raster<RGBA8>, ramp: [RGBA8] = [], known: PictureEstimates? = nil, each: ParallelFor = serially) {
        let image = ramp.isEmpty ? picture : toned(picture, ramp)
        width = image.width
        height = image.height
        hasAlpha = image.pixels.withUnsafeBufferPointer { pixels in
            // Only read, and all bands are looked at before this returns.
            nonisolated(unsafe) let pixels = pixels
            let width = image.width
            return mapBands(of: image.height, width: width, each) { rows in
                hasTransparency(.init(rebasing: pixels[rows.lowerBound * width..<rows.upperBound * width]))
            }.contains(true)
        }
        let premultiplied = hasAlpha ? premultiply(image, each) : image.pixels
        original = premultiplied
        (estimates, pixels) =
            known.map { ($0, smoothed(premultiplied, image.width, image.height, rounds: $0.smoothing, noise: $0.noise, each)) }
            ?? estimate(premultiplied, image.width, image.height, hasAlpha: hasAlpha, each)
    }

    /// The largest difference, channel by channel, between neighbours of one flat area.
    var flatThreshold: Int { max(6, 2 * noise + 4) }
}

/// The estimates and the pixels smoothed as they say.
private func estimate(
    _ pixels: [RGBA8], _ width: Int, _ height: Int, hasAlpha: Bool, _ each: ParallelFor
) -> (PictureEstimates, [RGBA8]) {
    let roughness = horizontalRoughness(pixels, width: width, each), noise = roughness.median
    func lines(addingAlpha: Bool) -> SampledLines { SampledLines(pixels, width: width, height: height, addingAlpha: addingAlpha, each) }
    // Without transparency alpha changes no difference.
    var sampled: SampledLines?
    if noise == 0 { sampled = lines(addingAlpha: false) }
    let rings = sampled.map { ringing($0, each) > 1.3 } ?? false
    // More rounds when the noise is so strong that a median of nine does not bring out the areas, and most when there may
    // be none: a picture of pure noise would otherwise cost minutes and megabytes.
    let rounds = roughness.strongShare > 0.3 ? 4 : noise > 24 ? 2 : noise > 0 || rings ? 1 : 0
    let smooth = smoothed(pixels, width, height, rounds: rounds, noise: noise, each)
    if noise > 0, !hasAlpha, isTextured(smooth, width: width, each) { return (PictureEstimates(noise: noise, isTextured: true), pixels) }
    let edgeWidth = medianEdgeWidth(hasAlpha ? lines(addingAlpha: true) : sampled ?? lines(addingAlpha: false), noise: noise, each)
    return (PictureEstimates(noise: noise, smoothing: rounds, edgeWidth: edgeWidth), smooth)
}

/// The picture after rounds of a median. One round alone leaves pixels as they are that it would change by more than noise and
/// compression do: lines of a pixel, tips and corners.
private func smoothed(_ pixels: [RGBA8], _ width: Int, _ height: Int, rounds: Int, noise: Int, _ each: ParallelFor) -> [RGBA8] {
    var result = pixels
    for _ in 0..<rounds { result = median3x3(result, width: width, height: height, each) }
    let most = 30 + 6 * noise
    guard rounds == 1, most < 255 else { return result }
    pixels.withUnsafeBufferPointer { pixels in
        result.withUnsafeMutableBufferPointer { result in
            guard let before = pixels.baseAddress, let after = result.baseAddress else { return }
            var i = firstStep(before, after, from: 0, to: pixels.count, above: UInt8(most))
            while i < pixels.count {
                after[i] = before[i]
                i = firstStep(before, after, from: i + 1, to: pixels.count, above: UInt8(most))
            }
        }
    }
    return result
}

/// Every pixel with the colour of its luma; alpha stays.
private func toned(_ image: Raster<RGBA8>, _ ramp: [RGBA8]) -> Raster<RGBA8> {
    Raster(
        width: image.width, height: image.height,
        pixels: image.pixels.map {
            let c = ramp[luma($0)]
            return RGBA8(c.r, c.g, c.b, $0.a)
        })
}

/// Luma by the weights of Rec. 709 on encoded values, 0–255: mixtures of two colours have mixtures of their lumas.
func luma(_ p: RGBA8) -> Int { (54 * Int(p.r) + 183 * Int(p.g) + 19 * Int(p.b) + 128) >> 8 }

private func hasTransparency(_ pixels: UnsafeBufferPointer<RGBA8>) -> Bool {
    let bytes = UnsafeRawBufferPointer(pixels)
    var four = SIMD4<UInt32>(repeating: .max), i = 0
    while i + 16 <= bytes.count {
        four &= bytes.loadUnaligned(fromByteOffset: i, as: SIMD4<UInt32>.self)
        i += 16
    }
    var all = four.x & four.y & four.z & four.w
    while i < bytes.count {
        all &= bytes.loadUnaligned(fromByteOffset: i, as: UInt32.self)
        i += 4
    }
    return UInt32(littleEndian: all) >> 24 != 255
}

/// Pixels of straight alpha premultiplied.
private func premultiply(_ image: Raster<RGBA8>, _ each: ParallelFor) -> [RGBA8] {
    image.pixels.withUnsafeBufferPointer { pixels in
        // Only read, and all bands are made before this returns.
        nonisolated(unsafe) let pixels = pixels
        let width = image.width
        return arrayInBands(of: image.height, length: width, each) { rows, own in
            premultiply(.init(rebasing: pixels[rows.lowerBound * width..<rows.upperBound * width]), into: own)
        }
    }
}

private func premultiply(_ pixels: UnsafeBufferPointer<RGBA8>, into result: UnsafeMutablePointer<RGBA8>) {
    let (bytes, out) = (UnsafeRawPointer(pixels.baseAddress!), UnsafeMutableRawPointer(result))
    var i = 0
    while i + 4 <= pixels.count {
        let p = bytes.loadUnaligned(fromByteOffset: 4 * i, as: SIMD4<UInt32>.self)
        // Sixteen bytes either way, here and below.
        let alpha = p &>> 24, both = unsafeBitCast(alpha | alpha &<< 16, to: SIMD8<UInt16>.self)
        /// Two channels of every pixel times its alpha, rounded.
        func scaled(_ channels: SIMD4<UInt32>) -> SIMD4<UInt32> {
            // The quotient by 255 of what is below 65 280, without a division.
            let product = unsafeBitCast(channels, to: SIMD8<UInt16>.self) &* both &+ 128
            return unsafeBitCast((product &+ product &>> 8) &>> 8, to: SIMD4<UInt32>.self)
        }
        let four = scaled(p & 0x00FF_00FF) | scaled(p &>> 8 & 0xFF) &<< 8 | alpha &<< 24
        out.storeBytes(of: four, toByteOffset: 4 * i, as: SIMD4<UInt32>.self)
        i += 4
    }
    while i < pixels.count {
        (result + i).initialize(to: premultiply(pixels[i]))
        i += 1
    }
}

private func premultiply(_ p: RGBA8) -> RGBA8 {
    if p.a == 255 { return p }
    let a = Int(p.a)
    func scaled(_ v: UInt8) -> UInt8 { UInt8((Int(v) * a + 127) / 255) }
    return RGBA8(scaled(p.r), scaled(p.g), scaled(p.b), p.a)
}

extension RGBA8 {
    /// The nearest colour to channels of 0 to 255.
    init(rounding v: SIMD4<Float>) {
        self.init(UInt8(min(255, v.x + 0.5)), UInt8(min(255, v.y + 0.5)), UInt8(min(255, v.z + 0.5)), UInt8(min(255, v.w + 0.5)))
    }
}

/// The straight colour of a premultiplied one.
func unpremultiply(_ p: RGBA8) -> RGBA8 {
    if p.a == 255 { return p }
    if p.a == 0 { return RGBA8(0, 0, 0, 0) }
    let a = Int(p.a)
    func scaled(_ v: UInt8) -> UInt8 { UInt8(min(255, (Int(v) * 255 + a / 2) / a)) }
    return RGBA8(scaled(p.r), scaled(p.g), scaled(p.b), p.a)
}

extension RGBA8 {
    /// The four bytes as one number, to compare pixels at once.
    @inline(__always)
    var bits: UInt32 { unsafeBitCast(self, to: UInt32.self) }
}

/// The first index from `i` on, below `end`, at which two rows of pixels differ by more than `most` in a channel; `end` if none does.
@inline(__always)
func firstStep(_ p: UnsafePointer<RGBA8>, _ q: UnsafePointer<RGBA8>, from i: Int, to end: Int, above most: UInt8) -> Int {
    var i = i
    while i + 4 <= end {
        let steps = beyond(p + i, q + i, most)
        if steps.x | steps.y != 0 { break }
        i += 4
    }
    while i < end, channelDistance(p[i], q[i]) <= Int(most) { i += 1 }
    return i
}

/// The absolute differences of the channels of four pixels and four others.
@inline(__always)
func channelwiseDistances(_ p: UnsafePointer<RGBA8>, _ q: UnsafePointer<RGBA8>) -> SIMD16<UInt8> {
    let here = UnsafeRawPointer(p).loadUnaligned(as: SIMD16<UInt8>.self), there = UnsafeRawPointer(q).loadUnaligned(as: SIMD16<UInt8>.self)
    return higher(here, there) &- lower(here, there)
}

/// What is not zero, pixel by pixel, where one of four pixels differs from one of four others by more than `most` in a channel.
@inline(__always)
func beyond(_ p: UnsafePointer<RGBA8>, _ q: UnsafePointer<RGBA8>, _ most: UInt8) -> SIMD2<UInt64> {
    let difference = channelwiseDistances(p, q), limit = SIMD16<UInt8>(repeating: most)
    // Sixteen bytes either way.
    return unsafeBitCast(higher(difference, limit) ^ limit, to: SIMD2<UInt64>.self)
}

/// The largest absolute channel differences of four pixels to four others.
@inline(__always)
func channelDistances(_ p: UnsafePointer<RGBA8>, _ q: UnsafePointer<RGBA8>) -> SIMD4<UInt32> {
    let all = channelwiseDistances(p, q)
    // Sixteen bytes either way.
    let halves = higher(all, unsafeBitCast(unsafeBitCast(all, to: SIMD4<UInt32>.self) &>> 16, to: SIMD16<UInt8>.self))
    let one = higher(halves, unsafeBitCast(unsafeBitCast(halves, to: SIMD4<UInt32>.self) &>> 8, to: SIMD16<UInt8>.self))
    return unsafeBitCast(one, to: SIMD4<UInt32>.self) & 0xFF
}

/// The largest absolute channel difference of two pixels.
@inline(__always)
func channelDistance(_ p: RGBA8, _ q: RGBA8) -> Int {
    let r = abs(Int(p.r) - Int(q.r)), g = abs(Int(p.g) - Int(q.g)), b = abs(Int(p.b) - Int(q.b)), a = abs(Int(p.a) - Int(q.a))
    return max(max(r, g), max(b, a))
}

extension UnsafeBufferPointer<RGBA8> {
    /// The sums of the channels of some pixels; at most 2²⁴.
    func sum(of range: Range<Int>) -> SIMD4<UInt32> {
        let bytes = UnsafeRawPointer(baseAddress!)
        var i = range.lowerBound, sum = SIMD4<UInt32>.zero
        while i + 4 <= range.upperBound {
            // Red and blue, green and alpha of each pixel in sixteen bits, which hold 256 of them.
            var even = SIMD8<UInt16>.zero, odd = even
            let end = Swift.min(range.upperBound - 3, i + 1024)
            while i < end {
                let p = bytes.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<UInt16>.self)
                even &+= p & 0xFF
                odd &+= p &>> 8
                i += 4
            }
            // Sixteen bytes either way.
            let a = unsafeBitCast(even, to: SIMD4<UInt32>.self), b = unsafeBitCast(odd, to: SIMD4<UInt32>.self)
            sum &+= SIMD4((a & 0xFFFF).wrappedSum(), (b & 0xFFFF).wrappedSum(), (a &>> 16).wrappedSum(), (b &>> 16).wrappedSum())
        }
        while i < range.upperBound {
            let p = self[i]
            sum &+= SIMD4(UInt32(p.r), UInt32(p.g), UInt32(p.b), UInt32(p.a))
            i += 1
        }
        return sum
    }

    /// Whether two pixels differ in any channel; one comparison, where `!=` makes up to four.
    @inline(__always)
    func differs(_ i: Int, _ j: Int) -> Bool { self[i].bits != self[j].bits }

    /// The first index from `i` on, below `end`, whose pixel differs from the one `step` further on; `end` if none does.
    @inline(__always)
    func firstDifference(from i: Int, to end: Int, step: Int) -> Int {
        firstDifferentWord(UnsafeRawPointer(baseAddress!), from: i, to: end, step: step)
    }

    /// The first index after `i`, below `end`, whose pixel is not that at `i`; `end` if there is none. Quick where most differ.
    @inline(__always)
    func endOfRun(from i: Int, to end: Int) -> Int {
        guard i + 1 < end, self[i].bits == self[i + 1].bits else { return i + 1 }
        return firstDifference(from: i + 1, to: end - 1, step: 1) + 1
    }
}

extension UnsafeBufferPointer<Int32> {
    /// The first index from `i` on, below `end`, whose value differs from the one `step` further on; `end` if none does.
    @inline(__always)
    func firstDifference(from i: Int, to end: Int, step: Int) -> Int {
        firstDifferentWord(UnsafeRawPointer(baseAddress!), from: i, to: end, step: step)
    }
}

/// The same for values of four bytes of any type.
@inline(__always)
private func firstDifferentWord(_ bytes: UnsafeRawPointer, from i: Int, to end: Int, step: Int) -> Int {
    var i = i
    while i + 4 <= end {
        let here = bytes.loadUnaligned(fromByteOffset: 4 * i, as: SIMD2<UInt64>.self)
        let there = bytes.loadUnaligned(fromByteOffset: 4 * (i + step), as: SIMD2<UInt64>.self)
        let difference = here ^ there
        if difference.x | difference.y != 0 { break }
        i += 4
    }
    func word(_ i: Int) -> UInt32 { bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self) }
    while i < end, word(i) == word(i + step) { i += 1 }
    return i
}

extension UnsafeBufferPointer<UInt8> {
    /// The first index after `i`, below `end`, whose value is not that of the one before it; `end` if there is none.
    @inline(__always)
    func endOfRun(from i: Int, to end: Int) -> Int {
        let bytes = UnsafeRawPointer(baseAddress!)
        var k = i + 1
        while k + 8 <= end {
            let here = bytes.loadUnaligned(fromByteOffset: k, as: UInt64.self)
            let change = here ^ bytes.loadUnaligned(fromByteOffset: k - 1, as: UInt64.self)
            if change != 0 { return k + UInt64(littleEndian: change).trailingZeroBitCount / 8 }
            k += 8
        }
        while k < end, self[k] == self[k - 1] { k += 1 }
        return k
    }

    /// The first index from `i` on, below `end`, with a value; `end` if there is none.
    @inline(__always)
    func firstIndex(of value: UInt8, from i: Int, to end: Int) -> Int {
        let bytes = UnsafeRawPointer(baseAddress!), all = UInt64(value) &* 0x0101_0101_0101_0101
        var k = i
        while k + 8 <= end {
            // The lowest zero byte is found rightly (Mycroft's test).
            let other = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: k, as: UInt64.self)) ^ all
            let zeros = (other &- 0x0101_0101_0101_0101) & ~other & 0x8080_8080_8080_8080
            if zeros != 0 { return k + zeros.trailingZeroBitCount / 8 }
            k += 8
        }
        while k < end, self[k] != value { k += 1 }
        return k
    }
}

/// The median difference to the pixel on the right, and the share of pixels that differ from it by more than 48.
private func horizontalRoughness(_ pixels: [RGBA8], width: Int, _ each: ParallelFor) -> (median: Int, strongShare: Double) {
    guard width > 1 else { return (0, 0) }
    let pairs = pixels.count - pixels.count / width
    let parts = pixels.withUnsafeBufferPointer { pixels in
        // Only read, and all bands are counted before this returns.
        nonisolated(unsafe) let pixels = pixels
        return mapBands(of: pixels.count / width, width: width, each) { countSteps(pixels, width, $0) }
    }
    var histogram = [Int](repeating: 0, count: 256)
    for step in 1..<256 { for part in parts { for lane in 0..<4 { histogram[step] += Int(part[4 * step + lane]) } } }
    histogram[0] = pairs - histogram[1...].reduce(0, +)
    let strongShare = Double(histogram[49...].reduce(0, +)) / Double(pairs)
    var seen = 0
    for (value, count) in histogram.enumerated() {
        seen += count
        if seen > pairs / 2 { return (value, strongShare) }
    }
    return (0, strongShare)
}

/// How often pixels of some rows differ from the pixel on the right by each step but 0; four counts for each step, one for each lane,
/// so that equal steps do not wait for each other.
private func countSteps(_ pixels: UnsafeBufferPointer<RGBA8>, _ width: Int, _ rows: Range<Int>) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: 4 * 256)
    counts.withUnsafeMutableBufferPointer { counts in
        for y in rows {
            let row = y * width, end = row + width - 1
            var i = pixels.firstDifference(from: row, to: end, step: 1)
            while i + 4 <= end {
                let steps = channelDistances(pixels.baseAddress! + i, pixels.baseAddress! + i + 1)
                for lane in 0..<4 { counts[4 * Int(steps[lane]) + lane] &+= 1 }
                i = pixels.firstDifference(from: i + 4, to: end, step: 1)
            }
            while i < end {
                counts[4 * channelDistance(pixels[i], pixels[i + 1])] &+= 1
                i += 1
            }
        }
    }
    return counts
}

/// Whether many neighbours differ by a medium step: photographs have 0.07 to 0.25 of such steps, drawings under noise and scans
/// up to 0.05.
///
/// Small drawings in JPEG have as many beside their edges, but of colour: chroma at half the size runs over two or three pixels. In
/// luma they have 0.005 to 0.06 and at most six tenths of what all channels have, photographs 0.045 to 0.25 and six tenths at
/// least (measured on 300 drawings of 48 to 512 pixels and the photographs of the corpus).
private func isTextured(_ pixels: [RGBA8], width: Int, _ each: ParallelFor) -> Bool {
    let height = pixels.count / width
    /// The share of pixels that differ from the pixel on the right by a medium step.
    func share(_ count: @escaping @Sendable (UnsafePointer<RGBA8>, Int) -> Int) -> Double {
        let counts = pixels.withUnsafeBufferPointer { pixels in
            // Only read, and all bands are counted before this returns.
            nonisolated(unsafe) let p = pixels.baseAddress!
            return mapBands(of: height, width: width, each) { $0.reduce(0) { $0 + count(p + $1 * width, width) } }
        }
        return Double(counts.reduce(0, +)) / Double(pixels.count)
    }
    let all = share(mediumSteps)
    return all > 0.06 && share(mediumStepsOfLuma) > max(0.03, 0.5 * all)
}

/// How many pixels of a row differ from the next by 7 to 16 in the channel that differs the most.
private func mediumSteps(_ row: UnsafePointer<RGBA8>, _ width: Int) -> Int {
    var count = 0, i = 0
    while i + 5 <= width {
        let steps = channelDistances(row + i, row + i + 1)
        count += Int(SIMD4<UInt32>.zero.replacing(with: 1, where: (steps .> 6) .& (steps .<= 16)).wrappedSum())
        i += 4
    }
    while i + 1 < width {
        if (7...16).contains(channelDistance(row[i], row[i + 1])) { count += 1 }
        i += 1
    }
    return count
}

/// The same in luma.
private func mediumStepsOfLuma(_ row: UnsafePointer<RGBA8>, _ width: Int) -> Int {
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: width) { values in
        let luma = values.baseAddress!, bytes = UnsafeRawPointer(luma)
        fillLuma(row, width, false, luma)
        var count = 0, i = 0
        while i + 9 <= width {
            // Sixteen bits hold what eight lanes count in this many.
            let end = min(width - 8, i + 1 << 17)
            var counts = SIMD8<Int16>.zero
            while i < end {
                let here = bytes.loadUnaligned(fromByteOffset: 2 * i, as: SIMD8<Int16>.self)
                let step = bytes.loadUnaligned(fromByteOffset: 2 * i + 2, as: SIMD8<Int16>.self) &- here
                // A lane of a mask is 0 or −1.
                counts &-= unsafeBitCast(((step .> 6) .& (step .<= 16)) .| ((step .< -6) .& (step .>= -16)), to: SIMD8<Int16>.self)
                i += 8
            }
            count += Int(SIMD8<Int32>(truncatingIfNeeded: counts).wrappedSum())
        }
        while i + 1 < width {
            if (7...16).contains(abs(luma[i + 1] - luma[i])) { count += 1 }
            i += 1
        }
        return count
    }
}

/// The median of each channel over 3 × 3 pixels, edges repeated.
///
/// Of columns sorted first, the nine's median is the median of the largest of the three least, the median of the three middle ones and
/// the least of the three largest (Devillard, "Fast median search: an ANSI C implementation", 1998). Each column is sorted once, 16
/// bytes at a time.
private func median3x3(_ source: [RGBA8], width: Int, height: Int, _ each: ParallelFor) -> [RGBA8] {
    [RGBA8](inLargePages: source.count) { result, count in
        source.withUnsafeBytes { source in
            // Every band of rows writes its own pixels, all before `each` returns.
            nonisolated(unsafe) let (source, result) = (source, result)
            forEachBand(of: height, width: width, each) { medianRows($0, source, result, width, height) }
        }
        count = source.count
    }
}

private func medianRows(
    _ rows: Range<Int>, _ source: UnsafeRawBufferPointer, _ result: UnsafeMutableBufferPointer<RGBA8>, _ width: Int, _ height: Int
) {
    // A pixel of margin on both sides, and room for the vectors to run over.
    let stride = 4 * width + 24
    var columns = [UInt8](repeating: 0, count: 3 * stride)
    columns.withUnsafeMutableBytes { columns in
        let low = columns.baseAddress!, middle = low + stride, high = middle + stride
        for y in rows {
            let here = source.baseAddress! + 4 * y * width
            let up = y > 0 ? here - 4 * width : here, down = y + 1 < height ? here + 4 * width : here
            let out = UnsafeMutableRawPointer(result.baseAddress! + y * width)
            if width < 4 {
                for k in 0..<4 * width { medianOfNine(up, here, down, out, k, width) }
                continue
            }
            // The last vector of a row ends with it.
            var k = 0
            while k < 4 * width {
                k = min(k, 4 * width - 16)
                let a = vector(up, k), b = vector(here, k), c = vector(down, k)
                let least = lower(a, b), most = higher(a, b)
                low.storeBytes(of: lower(least, c), toByteOffset: k + 4, as: SIMD16<UInt8>.self)
                middle.storeBytes(of: higher(least, lower(most, c)), toByteOffset: k + 4, as: SIMD16<UInt8>.self)
                high.storeBytes(of: higher(most, c), toByteOffset: k + 4, as: SIMD16<UInt8>.self)
                k += 16
            }
            for row in 0..<3 {
                let row = low + row * stride
                row.copyMemory(from: row + 4, byteCount: 4)
                (row + 4 * (width + 1)).copyMemory(from: row + 4 * width, byteCount: 4)
            }
            k = 0
            while k < 4 * width {
                k = min(k, 4 * width - 16)
                let least = higher(higher(vector(low, k), vector(low, k + 4)), vector(low, k + 8))
                let most = lower(lower(vector(high, k), vector(high, k + 4)), vector(high, k + 8))
                let between = median(vector(middle, k), vector(middle, k + 4), vector(middle, k + 8))
                out.storeBytes(of: median(least, between, most), toByteOffset: k, as: SIMD16<UInt8>.self)
                k += 16
            }
        }
    }
}

/// The same for one byte of a narrow picture.
private func medianOfNine(
    _ up: UnsafeRawPointer, _ here: UnsafeRawPointer, _ down: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ k: Int, _ width: Int
) {
    let left = k < 4 ? k : k - 4, right = k + 4 < 4 * width ? k + 4 : k
    var values: [UInt8] = []
    for column in [left, k, right] { for row in [up, here, down] { values.append(row.load(fromByteOffset: column, as: UInt8.self)) } }
    values.sort()
    out.storeBytes(of: values[4], toByteOffset: k, as: UInt8.self)
}

@inline(__always)
private func vector(_ bytes: UnsafeRawPointer, _ offset: Int) -> SIMD16<UInt8> {
    bytes.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
}

/// The lesser of each pair of lanes; the standard library's function of this is not always inlined.
@inline(__always)
private func lower(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> {
    var c = a
    for i in 0..<16 { c[i] = min(a[i], b[i]) }
    return c
}

/// The greater of each pair of lanes.
@inline(__always)
private func higher(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> {
    var c = a
    for i in 0..<16 { c[i] = max(a[i], b[i]) }
    return c
}

@inline(__always)
private func median(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>, _ c: SIMD16<UInt8>) -> SIMD16<UInt8> {
    higher(lower(a, b), lower(higher(a, b), c))
}
