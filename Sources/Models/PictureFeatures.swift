public import AtelierPixels

/// What a picture is like in numbers, for models that choose how it is traced.
///
///     let features = PictureFeatures(of: picture)
///     features["flat"]                 // share of pixels like their neighbours
///
/// Whole numbers are counted and divided at the end, so the same pixels give the same bits on every machine. A number that
/// cannot be told, such as the width of edges where there are none, is NaN: models take that as missing. Statistics come from
/// some 64 evenly spread pairs of rows and from a version of at most 128 × 128 pixels; transparent pixels count as white, or
/// as black where what is opaque is light.
///
/// - Complexity: O(64 × width + pixels in the reduced version); about 2 ms for a megapixel (`atelier-bench features`).
public struct PictureFeatures: Hashable, Sendable {
    /// The numbers in the order of `names`.
    public let values: [Float]

    /// What the numbers are, see `docs/formats/picture-features.md`. Names never change their place: models refer to it.
    public static let names = [
        "width", "height", "area", "aspect",
        "flat", "step-2", "step-8", "step-24", "step-64", "step-128", "vertical-8", "vertical-64",
        "noise", "noise-median", "noise-p90", "blocking", "ringing",
        "edges", "edge-width", "edge-width-p90", "runs", "cell", "gradient",
        "transparent", "soft-alpha",
        "colors", "colors-90", "colors-98", "colors-99.5", "largest", "second", "largest-two", "simpson",
        "saturation", "grey", "luma", "dark", "light",
        "horizontal", "vertical", "diagonal", "corners",
        "areas", "areas-dot", "areas-small", "areas-middle", "areas-large", "boundary", "stroke", "stroke-spread",
        "text", "mirror-x", "mirror-y",
    ]

    /// Features from their numbers, in the order of `names`.
    public init(values: [Float]) {
        precondition(values.count == Self.names.count, "features have a number for every name")
        self.values = values
    }

    /// The number of a name; nil for a name that is none of `names`.
    public subscript(name: String) -> Float? { Self.names.firstIndex(of: name).map { values[$0] } }

    /// Looks at a picture.
    public init(of image: Raster<RGBA8>) {
        let backdrop = Backdrop(of: image)
        let rows = RowStatistics(of: image, on: backdrop), small = ReducedPicture(of: image, on: backdrop)
        let shapes = AreaStatistics(of: small)
        let (long, short) = (max(image.width, image.height), min(image.width, image.height))
        let values: [Float] =
            [Float(image.width), Float(image.height), Float(image.width * image.height), Float(long) / Float(short)]
            + rows.steps + rows.texture + rows.edges
            + [backdrop.transparentShare, backdrop.softShare]
            + rows.colors + rows.tones + small.directions + shapes.areas + shapes.strokes
            + [shapes.textScore] + small.symmetry
        self.init(values: values)
    }

    /// Looks at many pictures, in their order, each on one thread of those that `each` has.
    public static func of(_ images: [Raster<RGBA8>], each: ParallelFor = serially) -> [PictureFeatures] {
        var found = [PictureFeatures?](repeating: nil, count: images.count)
        found.withUnsafeMutableBufferPointer { found in
            // Every call writes a place of its own, all before `each` returns.
            nonisolated(unsafe) let places = found
            each(images.count) { places[$0] = PictureFeatures(of: images[$0]) }
        }
        return found.map { $0! }
    }
}

/// `part` of `whole`; 0 where there is nothing.
func share(_ part: Int, of whole: Int) -> Float { whole == 0 ? 0 : Float(part) / Float(whole) }

/// What transparent pixels lie on, and how many there are.
struct Backdrop {
    /// 255 or 0.
    let level: Int32
    let isNeeded: Bool
    let transparentShare: Float
    let softShare: Float

    init(of image: Raster<RGBA8>) {
        var (all, clear, soft, sum, opaque) = (0, 0, 0, 0, 0)
        // Rows as `RowStatistics` looks at them.
        let step = max(1, image.height / 64)
        image.pixels.withUnsafeBufferPointer { pixels in
            for y in stride(from: 0, to: image.height, by: step) {
                var least: UInt8 = 255
                let row = UnsafeBufferPointer(rebasing: pixels[y * image.width..<(y + 1) * image.width])
                for p in row { least &= p.a }
                all += image.width
                guard least < 255 else { continue }
                for p in row {
                    clear += p.a < 8 ? 1 : 0
                    soft += p.a >= 8 && p.a < 248 ? 1 : 0
                    if p.a >= 248 {
                        opaque += 1
                        sum += luma(Int32(p.r), Int32(p.g), Int32(p.b))
                    }
                }
            }
        }
        isNeeded = clear + soft > 0
        level = isNeeded && sum > 200 * opaque ? 0 : 255
        (transparentShare, softShare) = (share(clear, of: all), share(soft, of: all))
    }

    @inline(__always)
    func shown(_ p: RGBA8) -> (r: Int32, g: Int32, b: Int32) {
        let (r, g, b, a) = (Int32(p.r), Int32(p.g), Int32(p.b), Int32(p.a))
        if a == 255 { return (r, g, b) }
        let rest = (255 - a) &* level
        return ((r &* a &+ rest &+ 127) / 255, (g &* a &+ rest &+ 127) / 255, (b &* a &+ rest &+ 127) / 255)
    }
}

/// Luma 0 to 255 by the weights of BT.709.
@inline(__always)
func luma(_ r: Int32, _ g: Int32, _ b: Int32) -> Int { Int((54 &* r &+ 183 &* g &+ 19 &* b &+ 128) >> 8) }

/// The smallest value that at least `share` of what a histogram counts does not exceed.
func percentile(_ histogram: [Int], _ count: Int, tenths: Int) -> Int {
    var seen = 0
    for (value, n) in histogram.enumerated() {
        seen += n
        if seen * 10 >= count * tenths { return value }
    }
    return histogram.count - 1
}
