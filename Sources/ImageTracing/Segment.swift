public import AtelierGeometry
public import AtelierPixels

/// A picture as regions of one colour and the boundaries between them.
///
/// Every boundary is stored once, as a chain of points between two regions, and both regions refer to it: whatever is done
/// to a chain happens to both sides, so neighbours cannot drift apart.
public struct Segmentation: Hashable, Sendable {
    /// 4-connected pixels of one colour.
    public struct Region: Hashable, Sendable {
        /// What it is filled with.
        public var paint: Paint
        /// Pixels.
        public var area: Int
        /// Range of `loops`: the outer boundary and one for each hole, in no particular order.
        public var loops: Range<Int>
    }

    /// A boundary between two regions from junction to junction, or a closed one that meets no third region.
    public struct Chain: Hashable, Sendable {
        /// The region on the left when walking along the points (y down); `outside` beyond the picture.
        public var left: Int32
        /// The region on the right.
        public var right: Int32
        /// Range of `points`. An open chain begins and ends with its junctions' points; a closed one does not repeat its first.
        public var points: Range<Int>
        /// Mean colour step across the boundary within three pixels, premultiplied sRGB, 0–510: the difference of the two colours at
        /// an edge, little where a gradient was cut into bands. 0 at the frame.
        public var step: Float
        /// Whether the chain returns to its first point.
        public var isClosed: Bool
    }

    /// One way around a region: its chains in order, the region always on the left.
    public struct Loop: Hashable, Sendable {
        /// Range of `steps`.
        public var steps: Range<Int>
    }

    /// A chain in a loop, forwards or backwards.
    public struct Step: Hashable, Sendable {
        /// Index in `chains`.
        public var chain: Int32
        /// Whether the loop follows the chain from its last point to its first.
        public var isReversed: Bool
    }

    /// What the points of a boundary are.
    public enum Kind: UInt8, Hashable, Sendable {
        /// Measured to a fraction of a pixel.
        case areas
        /// The corners of closed ways along the edges of pixels, around all ink (region 1), with paper (region 0) beyond;
        /// what is drawn is a smooth outline near them.
        case lattice
        /// The corners of closed ways around all pixels of each colour, to be drawn as they are. What is on their right may be several
        /// regions and is given as `outside`.
        case pixels
    }

    /// The number used for what lies beyond the picture.
    public static var outside: Int32 { -1 }

    /// What the points of a boundary are.
    public var kind = Kind.areas
    /// Whether the regions are those of a texture, grown from its pixels: their boundaries follow no outline that was drawn.
    public var isTextured = false
    /// Pixels in a row.
    public var width: Int
    /// Rows.
    public var height: Int
    /// How noisy the picture is: its median difference between horizontal neighbours, 0 (a drawing) to 255.
    public var noise: Int
    /// In the order in which a row-by-row scan meets them.
    public var regions: [Region]
    /// `width × height` region numbers, row-major.
    public var labels: [Int32]
    /// All boundaries.
    public var chains: [Chain]
    /// The points of all chains, in pixels: (0, 0) is the corner of the picture, (0.5, 0.5) the centre of its first pixel.
    public var points: [Point]
    /// All ways around all regions.
    public var loops: [Loop]
    /// The chains of all loops.
    public var steps: [Step]

    /// Bytes held.
    public var byteCount: Int {
        labels.count * 4 + points.count * MemoryLayout<Point>.stride + chains.count * MemoryLayout<Chain>.stride
            + regions.count * MemoryLayout<Region>.stride + loops.count * MemoryLayout<Loop>.stride
            + steps.count * MemoryLayout<Step>.stride + MemoryLayout<Self>.size
    }
}

/// Divides a picture into regions and finds the boundaries between them to a fraction of a pixel.
///
/// Mixed pixels are split between the two neighbouring colours that explain them best and go to the larger part; equal neighbours
/// form regions (union-find on row runs); speckles join a neighbour; every boundary gets its points from the mixtures across it.
///
/// - Parameters:
///   - image: The picture that was quantised.
///   - quantized: Its palette and flat pixels, of the same size.
///   - options: What is too small to draw.
///   - each: What runs the loops over bands of rows; its threads share the work and change no result.
///   - isCancelled: Asked between steps and now and then in the longest; once it says so, what is left of them is passed over, and the
///     result is whole but not the picture's.
/// - Complexity: O(pixels × colours nearby) for labelling, O(boundary) after it.
public func segment(
    _ image: Raster<RGBA8>, _ quantized: QuantizedImage, _ options: SegmentOptions = .init(), each: ParallelFor = serially,
    isCancelled: @escaping @Sendable () -> Bool = { false }
) -> Segmentation {
    precondition(image.width == quantized.width && image.height == quantized.height, "the quantised image is of another size")
    switch quantized.kind {
    case .areas: break
    case .bilevel: return bilevelSegmentation(quantized, speckleArea: max(0, options.speckleArea), turns: options.turns)
    case .pixels: return pixelSegmentation(image)
    }
    let work = WorkingImage(image, ramp: quantized.ramp, known: quantized.estimates, each: each)
    let lambda = Float(min(1e6, max(1, options.lambda)))
    if quantized.isTextured {
        let regions = RegionMap.textured(work, lambda: lambda, each: each, isCancelled: isCancelled)
        var segmentation = BoundaryTracer(work: work, regions: regions).trace(each: each)
        segmentation.isTextured = true
        return segmentation
    }
    return BoundaryTracer(work: work, regions: flatRegions(work, quantized, options, lambda: lambda, each, isCancelled)).trace(each: each)
}

/// The regions of a picture with flat areas; one for all of it once nobody waits for them.
private func flatRegions(
    _ work: WorkingImage, _ quantized: QuantizedImage, _ options: SegmentOptions, lambda: Float, _ each: ParallelFor,
    _ isCancelled: @escaping @Sendable () -> Bool
) -> RegionMap {
    var undivided: RegionMap { RegionMap(undivided: work.width, work.height) }
    let palette = quantized.palette.map { SIMD4<Float>(premultiplied: $0) }
    var colors = assignMixedPixels(work, quantized, palette, each: each, isCancelled: isCancelled)
    // Pixels that were passed over have no colour.
    guard !isCancelled() else { return undivided }
    bridgeDiagonals(&colors, mixed: quantized.indices, work, palette, each)
    smoothLabels(&colors, work, palette, roughness: 30 + 4 * Float(work.noise * work.noise), each)
    guard !isCancelled() else { return undivided }
    let paints = sharePaints(quantized, &colors)
    var regions = findRegions(
        colors, width: work.width, height: work.height, palette: paints, options, keepsColors: quantized.isBinding, each: each)
    guard !isCancelled() else { return undivided }
    regions.chooseColors(work, quantized, palette, lambda: lambda, each: each)
    if !quantized.isBinding { recoverGradients(&regions, work, quantized.indices, lambda: lambda, each: each, isCancelled: isCancelled) }
    return regions
}

/// Lets colours that are drawn with the same paint be one, the first of them; returns the premultiplied paints.
private func sharePaints(_ quantized: QuantizedImage, _ colors: inout [UInt8]) -> [SIMD4<Float>] {
    let paints = quantized.paints
    let first = paints.map { UInt8(paints.firstIndex(of: $0)!) }
    if first.indices.allSatisfy({ Int(first[$0]) == $0 }) { return paints.map { SIMD4<Float>(premultiplied: $0) } }
    for i in colors.indices where first[Int(colors[i])] != colors[i] { colors[i] = first[Int(colors[i])] }
    return paints.map { SIMD4<Float>(premultiplied: $0) }
}

extension SIMD4<Float> {
    /// Premultiplied channels, 0–255, of a straight colour.
    init(premultiplied p: RGBA8) {
        let a = Float(p.a) / 255
        self.init(Float(p.r) * a, Float(p.g) * a, Float(p.b) * a, Float(p.a))
    }

    init(bytes p: RGBA8) { self.init(Float(p.r), Float(p.g), Float(p.b), Float(p.a)) }
}
