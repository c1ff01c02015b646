public import AtelierPixels

/// A picture reduced to a palette, with the pixels that belong to no area left open.
public struct QuantizedImage: Hashable, Sendable {
    /// How its areas meet (decision 0028).
    public enum Kind: UInt8, Hashable, Sendable {
        /// Anti-aliased or blurred: mixtures tell where a boundary runs.
        case areas
        /// Paper (index 0) and ink (index 1) and nothing between them.
        case bilevel
        /// Every pixel is a square of its own colour. The palette has the first 250 colours; pixels of others are `mixed`.
        case pixels
    }

    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// The colours found, most frequent first, straight alpha; at most 250. A fully transparent colour has all channels 0.
    public let palette: [RGBA8]
    /// What each colour is drawn with: itself, or the nearest colour of a given palette. Several may share one.
    public let paints: [RGBA8]
    /// The colours of a restricted tone by luma, 256 or none.
    public let ramp: [RGBA8]
    /// `width × height` palette indices, row-major; `mixed` where the pixel lies between areas.
    public let indices: [UInt8]
    /// Whether the paints are all there may be, because they or their number were given. Otherwise a region may take the mean
    /// of its own pixels.
    public let isBinding: Bool
    /// Whether the picture is a photograph or another texture, which hardly any palette describes: its regions are grown from its
    /// pixels, and `palette` and, for every fourth row, `indices` only say which colours it has.
    public let isTextured: Bool
    /// How its areas meet.
    public var kind = Kind.areas
    /// What was found out about the picture.
    var estimates = PictureEstimates()
    /// Marks a pixel that is not part of a flat area: anti-aliased, blurred, or texture.
    public static var mixed: UInt8 { 255 }

    /// Bytes held.
    public var byteCount: Int { indices.count + (2 * palette.count + ramp.count) * 4 + MemoryLayout<Self>.size }
}

/// Finds the colours of a picture and the pixels that clearly have one of them.
///
/// Only pixels that resemble their four neighbours vote, so the blends along anti-aliased edges never become colours. The votes
/// are binned, frequent bins far enough apart become seeds, and weighted k-means in premultiplied Oklab moves them to the centres
/// of their bins; near colours are then joined until they are `colorDistance` apart (and no more than `colors`).
///
/// - Parameters:
///   - each: What runs the loops over bands of rows; its threads share the work and change no result.
///   - isCancelled: Asked between steps; once it says so, what is left is passed over and the result is not the picture's.
/// - Returns: At least one colour, for any picture.
/// - Complexity: O(pixels + bins × colours), with at most 2¹⁵ bins (2¹⁹ with transparency).
public func quantize(
    _ image: Raster<RGBA8>, _ options: QuantizeOptions = .init(), each: ParallelFor = serially, isCancelled: () -> Bool = { false }
) -> QuantizedImage {
    switch options.mode {
    case .bw: return binarize(image, options.bilevel)
    case .pixel: return pixelPicture(image)
    case .auto where options.colors == nil && options.palette.isEmpty && options.recoloring.isEmpty && options.tone == .full:
        if isEnlargedPixelArt(image) { return pixelPicture(image) }
        if let picture = bilevelPicture(image) { return picture }
    case .auto, .color: break
    }
    let ramp = toneRamp(image, options)
    let work = WorkingImage(image, ramp: ramp, each: each)
    guard !isCancelled() else { return .unfinished(image) }
    let given = options.tone == .duotone ? [] : options.palette.prefix(250).map { $0.a == 0 ? RGBA8(0, 0, 0, 0) : $0 }
    let isChosen = !given.isEmpty || !options.recoloring.isEmpty
    let isTextured = options.colors == nil && !isChosen && work.isTextured
    var indices = flatPixels(work, each)
    // Which colours a texture has is seen in a quarter of it.
    let share = isTextured ? 4 : 1
    for y in 0..<work.height where y % share != 0 {
        indices.withUnsafeMutableBufferPointer { $0[y * work.width..<(y + 1) * work.width].update(repeating: QuantizedImage.mixed) }
    }
    let histogram = ColorHistogram(work, votes: indices, each)
    guard !isCancelled() else { return .unfinished(image) }
    let clusters = histogram.clusters(options, pixelCount: work.pixels.count / share, noise: work.noise)
    guard !isCancelled() else { return .unfinished(image) }
    work.pixels.withUnsafeBufferPointer { pixels in
        indices.withUnsafeMutableBufferPointer { indices in
            // Every band of rows changes its own votes, all before `each` returns.
            nonisolated(unsafe) let (pixels, indices) = (pixels, indices)
            forEachBand(of: work.height, width: work.width, each) {
                histogram.replaceVotes(in: $0.lowerBound * work.width..<$0.upperBound * work.width, indices, pixels, clusters.assignment)
            }
        }
    }
    var found = clusters.palette
    guard !isCancelled() else { return .unfinished(image) }
    if options.colors != nil || !work.isTextured {
        let thin = thinColors(
            work, votes: indices, palette: found.map { SIMD4<Float>(bytes: $0) }, limit: min(16, (options.colors ?? 250) - found.count),
            each: each)
        let distance = Float(min(30, max(0.5, options.colorDistance))) / 100
        for color in thin {
            let place = ColorHistogram.place(color, histogram.oklab)
            let isNew = found.allSatisfy {
                squared(ColorHistogram.place(SIMD4(bytes: $0), histogram.oklab) - place) >= distance * distance
            }
            if isNew { found.append(RGBA8(rounding: color)) }
        }
    }
    let palette = found.map(unpremultiply)
    var paints = given.isEmpty ? palette : nearest(in: given, to: palette)
    for (change, place) in zip(options.recoloring, clusters.pins) { if let place { paints[place] = change.to } }
    return QuantizedImage(
        width: work.width, height: work.height, palette: palette, paints: paints, ramp: ramp, indices: indices,
        isBinding: options.colors != nil || isChosen, isTextured: isTextured,
        estimates: work.estimates)
}

extension QuantizedImage {
    /// One colour for all of a picture whose colours nobody waits for any more.
    fileprivate static func unfinished(_ image: Raster<RGBA8>) -> QuantizedImage {
        QuantizedImage(
            width: image.width, height: image.height, palette: [RGBA8(0, 0, 0)], paints: [RGBA8(0, 0, 0)], ramp: [],
            indices: [UInt8](repeating: 0, count: image.pixels.count), isBinding: true, isTextured: false)
    }
}

/// For each colour the nearest of a given list in premultiplied Oklab; of equally near ones the first.
private func nearest(in given: [RGBA8], to colors: [RGBA8]) -> [RGBA8] {
    let oklab = OklabConverter()
    let places = given.map { ColorHistogram.place(SIMD4(premultiplied: $0), oklab) }
    return colors.map { color in
        let place = ColorHistogram.place(SIMD4(premultiplied: color), oklab)
        var best = 0
        for k in places.indices where squared(places[k] - place) < squared(places[best] - place) { best = k }
        return given[best]
    }
}

/// The colour of each luma for a restricted tone; none for full colour.
private func toneRamp(_ image: Raster<RGBA8>, _ options: QuantizeOptions) -> [RGBA8] {
    var dark = RGBA8(0, 0, 0), light = RGBA8(255, 255, 255), low = 0, high = 255
    switch options.tone {
    case .full: return []
    case .grey: break
    case .duotone:
        if options.palette.count >= 2 {
            (dark, light) = (options.palette[0], options.palette[1])
        } else {
            let work = WorkingImage(image)
            let two = ColorHistogram(work, votes: flatPixels(work, serially), serially)
                .clusters(QuantizeOptions(colors: 2), pixelCount: work.pixels.count, noise: work.noise).palette.map(unpremultiply)
            let opaque = two.filter { $0.a > 0 }
            dark = opaque.first ?? dark
            light = opaque.last ?? dark
        }
        if luma(dark) > luma(light) { swap(&dark, &light) }
        if options.palette.count < 2 { (low, high) = (luma(dark), luma(light)) }
    }
    return (0..<256).map { y in
        let t = high > low ? min(high - low, max(0, y - low)) : 0, range = max(1, high - low)
        func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Int(a) * (range - t) + Int(b) * t + range / 2) / range) }
        return RGBA8(mix(dark.r, light.r), mix(dark.g, light.g), mix(dark.b, light.b))
    }
}

/// 0 for pixels that differ from none of their four neighbours by more than the threshold, `mixed` for the others;
/// all 0 when hardly any pixel is flat, because then the picture is texture and every pixel must vote.
private func flatPixels(_ work: WorkingImage, _ each: ParallelFor) -> [UInt8] {
    let (width, height) = (work.width, work.height)
    let marker = FlatMarker(width: width, height: height, threshold: UInt8(min(255, work.flatThreshold)))
    var mixedCount = 0
    let flat = [UInt8](inLargePages: work.pixels.count) { flat, count in
        work.pixels.withUnsafeBufferPointer { pixels in
            // Every band of rows writes its own votes, all before `each` returns.
            nonisolated(unsafe) let (p, votes) = (pixels.baseAddress!, flat)
            mixedCount = mapBands(of: height, width: width, each) { rows in
                let own = UnsafeMutableBufferPointer(rebasing: votes[rows.lowerBound * width..<rows.upperBound * width])
                own.initialize(repeating: 0)
                marker.mark(rows, p, votes.baseAddress!)
                var count = 0
                for v in own { count &+= Int(v & 1) }
                return count
            }.reduce(0, +)
        }
        count = work.pixels.count
    }
    if flat.count - mixedCount < max(1, flat.count / 50) { return [UInt8](repeating: 0, count: flat.count) }
    return flat
}

private struct FlatMarker: Sendable {
    let width: Int
    let height: Int
    let threshold: UInt8

    /// Marks pixels of some rows that differ from a neighbour in any row.
    func mark(_ rows: Range<Int>, _ p: UnsafePointer<RGBA8>, _ flat: UnsafeMutablePointer<UInt8>) {
        for y in rows {
            let row = y * width
            mark(p + row, p + row + 1, width - 1, flat + row, flat + row + 1)
            if y + 1 < rows.upperBound {
                mark(p + row, p + row + width, width, flat + row, flat + row + width)
            } else if y + 1 < height {
                mark(p + row, p + row + width, width, flat + row, nil)
            }
        }
        let first = rows.lowerBound * width
        if first > 0 { mark(p + first, p + first - width, width, flat + first, nil) }
    }

    /// Marks pairs of pixels that differ, on one side or on both.
    @inline(__always)
    private func mark(
        _ p: UnsafePointer<RGBA8>, _ q: UnsafePointer<RGBA8>, _ count: Int, _ first: UnsafeMutablePointer<UInt8>,
        _ second: UnsafeMutablePointer<UInt8>?
    ) {
        var i = 0
        while i + 4 <= count {
            let steps = beyond(p + i, q + i, threshold)
            if steps.x | steps.y != 0 {
                // Sixteen bytes either way.
                let lanes = unsafeBitCast(steps, to: SIMD4<UInt32>.self)
                let bytes = SIMD4<UInt8>(truncatingIfNeeded: SIMD4<UInt32>.zero.replacing(with: 255, where: lanes .!= 0))
                func add(_ to: UnsafeMutablePointer<UInt8>) {
                    let to = UnsafeMutableRawPointer(to + i)
                    to.storeBytes(of: to.loadUnaligned(as: SIMD4<UInt8>.self) | bytes, as: SIMD4<UInt8>.self)
                }
                add(first)
                if let second { add(second) }
            }
            i += 4
        }
        while i < count {
            if channelDistance(p[i], q[i]) > Int(threshold) {
                first[i] = QuantizedImage.mixed
                second?[i] = QuantizedImage.mixed
            }
            i += 1
        }
    }
}

/// The colours of some pixels, counted by the leading bits of the premultiplied channels.
private struct CountedColors {
    struct Sum {
        /// One of the pixels.
        let first: RGBA8
        var count: UInt32 = 0
        /// Sum of the low bits, which differ within a bin.
        var rest: SIMD4<UInt32> = .zero
    }
    let hasAlpha: Bool
    /// As in `ColorHistogram`.
    var binOfKey: [Int32], rowOfColor: [Int32]
    /// Bins in the order in which they were met.
    var sums: [Sum] = []

    init(hasAlpha: Bool) {
        self.hasAlpha = hasAlpha
        binOfKey = [Int32](repeating: -1, count: hasAlpha ? 0 : 1 << 15)
        rowOfColor = [Int32](repeating: -1, count: hasAlpha ? 1 << 15 : 0)
    }

    @inline(__always)
    static func color(_ p: RGBA8) -> Int { Int(p.r >> 3) << 10 | Int(p.g >> 3) << 5 | Int(p.b >> 3) }

    /// The bin of a colour, a new one if need be.
    @inline(__always)
    private mutating func bin(of p: RGBA8) -> Int {
        var k = Self.color(p)
        if hasAlpha {
            if rowOfColor[k] < 0 {
                rowOfColor[k] = Int32(binOfKey.count >> 4)
                binOfKey.append(contentsOf: repeatElement(-1, count: 16))
            }
            k = Int(rowOfColor[k]) << 4 | Int(p.a >> 4)
        }
        if binOfKey[k] < 0 {
            binOfKey[k] = Int32(sums.count)
            sums.append(Sum(first: p))
        }
        return Int(binOfKey[k])
    }

    /// Adds the pixels of a range that vote, marked by 0. Runs of one colour are the rule in drawings: each is added at once.
    mutating func add(_ range: Range<Int>, _ votes: UnsafeBufferPointer<UInt8>, _ pixels: UnsafeBufferPointer<RGBA8>) {
        // Of the bits that pixels of one bin do not share: 15 × 10⁸ pixels fit.
        let rest = SIMD4<UInt32>(7, 7, 7, 15)
        var i = votes.firstIndex(of: 0, from: range.lowerBound, to: range.upperBound)
        while i < range.upperBound {
            let end = votes.endOfRun(from: i, to: range.upperBound)
            while i < end {
                let p = pixels[i], start = i
                i = pixels.endOfRun(from: i, to: end)
                let bin = bin(of: p)
                sums.withUnsafeMutableBufferPointer { sums in
                    let length = UInt32(truncatingIfNeeded: i - start)
                    sums[bin].count &+= length
                    sums[bin].rest &+= (SIMD4(UInt32(p.r), UInt32(p.g), UInt32(p.b), UInt32(p.a)) & rest) &* length
                }
            }
            i = votes.firstIndex(of: 0, from: end, to: range.upperBound)
        }
    }

    /// Adds colours that were counted elsewhere.
    mutating func add(_ other: CountedColors) {
        for sum in other.sums {
            let bin = bin(of: sum.first)
            sums[bin].count &+= sum.count
            sums[bin].rest &+= sum.rest
        }
    }
}

/// Votes binned by the leading bits of the premultiplied channels.
private struct ColorHistogram: Sendable {
    struct Bin: Sendable {
        var count: Int
        /// Mean premultiplied colour.
        var mean: SIMD4<Float>
        /// Premultiplied Oklab and weighted alpha.
        var place: SIMD4<Float>
    }
    let hasAlpha: Bool
    /// Bin of each colour; with transparency, of each of the sixteen opacities of a colour that occurs.
    var binOfKey: [Int32]
    /// With transparency: where in `binOfKey` the opacities of each colour stand, in sixteens.
    var rowOfColor: [Int32]
    var bins: [Bin]
    let oklab = OklabConverter()

    init(_ work: WorkingImage, votes: [UInt8], _ each: ParallelFor) {
        hasAlpha = work.hasAlpha
        // Each band begins with an empty table of colours, so bands are large.
        let (width, hasAlpha) = (work.width, work.hasAlpha)
        let parts = votes.withUnsafeBufferPointer { votes in
            work.pixels.withUnsafeBufferPointer { pixels in
                // Only read, and all bands are counted before this returns.
                nonisolated(unsafe) let (votes, pixels) = (votes, pixels)
                return mapBands(of: work.height, width: width, pixels: 1 << 18, each) { rows in
                    var counted = CountedColors(hasAlpha: hasAlpha)
                    counted.add(rows.lowerBound * width..<rows.upperBound * width, votes, pixels)
                    return counted
                }
            }
        }
        // In the order in which the whole picture shows them first.
        var counted = parts[0]
        for part in parts.dropFirst() { counted.add(part) }
        (binOfKey, rowOfColor) = (counted.binOfKey, counted.rowOfColor)
        bins = []
        let sums = counted.sums
        bins.reserveCapacity(sums.count)
        for sum in sums {
            let count = Int(sum.count), f = sum.first, rest = sum.rest
            func total(_ channel: UInt8, _ mask: UInt8, _ rest: UInt32) -> Float { Float(Int(channel & ~mask) * count + Int(rest)) }
            let mean = SIMD4(total(f.r, 7, rest.x), total(f.g, 7, rest.y), total(f.b, 7, rest.z), total(f.a, 15, rest.w)) / Float(count)
            bins.append(Bin(count: count, mean: mean, place: Self.place(mean, oklab)))
        }
    }

    /// Gives pixels that voted, marked by 0, the number that is assigned to their bins.
    func replaceVotes(
        in range: Range<Int>, _ votes: UnsafeMutableBufferPointer<UInt8>, _ pixels: UnsafeBufferPointer<RGBA8>, _ assignment: [UInt8]
    ) {
        let flags = UnsafeBufferPointer(votes)
        binOfKey.withUnsafeBufferPointer { binOfKey in
            rowOfColor.withUnsafeBufferPointer { rowOfColor in
                assignment.withUnsafeBufferPointer { assignment in
                    var i = flags.firstIndex(of: 0, from: range.lowerBound, to: range.upperBound)
                    while i < range.upperBound {
                        let end = flags.endOfRun(from: i, to: range.upperBound)
                        while i < end {
                            let color = CountedColors.color(pixels[i]), start = i
                            let key = hasAlpha ? Int(rowOfColor[color]) << 4 | Int(pixels[i].a >> 4) : color
                            i = pixels.endOfRun(from: i, to: end)
                            (votes.baseAddress! + start).update(repeating: assignment[Int(binOfKey[key])], count: i - start)
                        }
                        i = flags.firstIndex(of: 0, from: end, to: range.upperBound)
                    }
                }
            }
        }
    }

    static func place(_ premultiplied: SIMD4<Float>, _ oklab: OklabConverter) -> SIMD4<Float> {
        let color = oklab(unpremultiply(rounded(premultiplied))), alpha = premultiplied.w / 255
        // Oklab is steep near black: (0, 0, 0) and (10, 2, 1) would be farther apart than two clear greys. Ottosson's toe (the
        // lightness of "Okhsv and Okhsl", 2021) brings dark colours as close as they look.
        let shifted = 1.170_874 * color.l - 0.206
        let lightness = 0.5 * (shifted + (shifted * shifted + 0.140_505 * color.l).squareRoot())
        let scale = color.l > 1e-6 ? lightness / color.l * alpha : 0
        return SIMD4(lightness * alpha, color.a * scale, color.b * scale, alpha * 0.5)
    }

    static func rounded(_ v: SIMD4<Float>) -> RGBA8 {
        RGBA8(UInt8(min(255, v.x + 0.5)), UInt8(min(255, v.y + 0.5)), UInt8(min(255, v.z + 0.5)), UInt8(min(255, v.w + 0.5)))
    }

    struct Clusters {
        /// Premultiplied.
        var palette: [RGBA8]
        /// Palette index of each bin.
        var assignment: [UInt8]
        /// For each colour to draw otherwise its place in the palette; nil where no vote is nearest to it.
        var pins: [Int?] = []
    }

    func clusters(_ options: QuantizeOptions, pixelCount: Int, noise: Int) -> Clusters {
        let limit = min(250, max(1, options.colors ?? 64))
        // What noise scatters must not become several colours.
        let separation = max(Float(min(30, max(0.5, options.colorDistance))), 0.5 * Float(min(noise, 10))) / 100
        // Most frequent first; equal counts in the order of first appearance, which the picture alone decides.
        let order = bins.indices.sorted { bins[$0].count != bins[$1].count ? bins[$0].count > bins[$1].count : $0 < $1 }
        let enough = Float(max(12, pixelCount / 2500))
        // Colours to draw otherwise are found in any case: they neither move nor join.
        var centers = options.recoloring.prefix(250).map { Self.place(SIMD4(premultiplied: $0.from), oklab) }
        let pinCount = centers.count
        for i in order where centers.count < 250 {
            let bin = bins[i]
            var nearest = Float.infinity
            for c in centers { nearest = min(nearest, squared(bin.place - c)) }
            guard nearest >= separation * separation else { continue }
            // A colour far from all others needs fewer pixels to be one.
            let rarity = min(4, nearest / 0.01)
            if centers.isEmpty || Float(bin.count) * max(1, rarity) >= enough { centers.append(bin.place) }
        }
        var assignment = [UInt8](repeating: 0, count: bins.count)
        func assign() {
            for (i, bin) in bins.enumerated() {
                var best = Float.infinity
                for (k, c) in centers.enumerated() {
                    let d = squared(bin.place - c)
                    if d < best { (best, assignment[i]) = (d, UInt8(k)) }
                }
            }
        }
        var weights: [Float] = []
        func move() {
            var sums = [SIMD4<Float>](repeating: .zero, count: centers.count)
            weights = [Float](repeating: 0, count: centers.count)
            for (i, bin) in bins.enumerated() {
                sums[Int(assignment[i])] += bin.place * Float(bin.count)
                weights[Int(assignment[i])] += Float(bin.count)
            }
            for k in pinCount..<centers.count where weights[k] > 0 { centers[k] = sums[k] / weights[k] }
        }
        for _ in 0..<4 {
            assign()
            move()
        }
        // Join what is too near or too many, cheapest increase of squared error first (Ward).
        while centers.count > 1 {
            var best = Float.infinity, pair = (0, 1)
            let tooMany = centers.count > limit
            for i in 0..<centers.count {
                for j in max(i + 1, pinCount)..<max(i + 1, pinCount, centers.count) {
                    let d = squared(centers[i] - centers[j])
                    let cost = tooMany ? d * weights[i] * weights[j] / max(1, weights[i] + weights[j]) : d
                    if cost < best { (best, pair) = (cost, (i, j)) }
                }
            }
            guard best < .infinity, tooMany || (options.colors == nil && best < separation * separation) else { break }
            let (i, j) = pair
            if i >= pinCount { centers[i] = (centers[i] * weights[i] + centers[j] * weights[j]) / max(1, weights[i] + weights[j]) }
            weights[i] += weights[j]
            centers.remove(at: j)
            weights.remove(at: j)
        }
        for _ in 0..<3 {
            assign()
            move()
        }
        assign()
        // More were asked for than stand out: the worst fitting bins become colours of their own.
        if options.colors != nil {
            while centers.count < min(limit, bins.count) {
                var worst = 0, error: Float = 0
                for (i, bin) in bins.enumerated() {
                    let e = Float(bin.count) * squared(bin.place - centers[Int(assignment[i])])
                    if e > error { (worst, error) = (i, e) }
                }
                guard error > 0 else { break }
                centers.append(bins[worst].place)
                assign()
            }
        }
        return palette(assignment, count: centers.count, pinCount: pinCount)
    }

    /// Mean colours of the clusters in use, most pixels first.
    private func palette(_ assignment: [UInt8], count: Int, pinCount: Int) -> Clusters {
        var sums = [SIMD4<Float>](repeating: .zero, count: count), weights = [Float](repeating: 0, count: count)
        for (i, bin) in bins.enumerated() {
            sums[Int(assignment[i])] += bin.mean * Float(bin.count)
            weights[Int(assignment[i])] += Float(bin.count)
        }
        let order = (0..<count).filter { weights[$0] > 0 }.sorted { weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1 }
        var rank = [UInt8](repeating: 0, count: count)
        for (r, k) in order.enumerated() { rank[k] = UInt8(r) }
        return Clusters(
            palette: order.map { k in
                let color = Self.rounded(sums[k] / weights[k])
                // Almost opaque and almost transparent colours are both meant to be exactly so.
                if color.a >= 250 { return RGBA8(color.r, color.g, color.b, 255) }
                return color.a < 6 ? RGBA8(0, 0, 0, 0) : color
            },
            assignment: assignment.map { rank[Int($0)] }, pins: (0..<pinCount).map { weights[$0] > 0 ? Int(rank[$0]) : nil })
    }
}

@inline(__always)
func squared(_ v: SIMD4<Float>) -> Float {
    let s = v * v
    return s.x + s.y + s.z + s.w
}
