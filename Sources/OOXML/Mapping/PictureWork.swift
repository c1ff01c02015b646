internal import AtelierGeometry
internal import AtelierPixels
internal import AtelierSVG

// What has no form as shapes is drawn by a library, once for each picture. A file of some kilobytes can ask for hours of that: filters
// over and over on large pictures, or thousands of them. So the work is estimated before it is done, and a slide may ask for so much.

/// What drawing a picture takes: estimated nanoseconds of one core, fitted to librsvg 2.54 (decision 0041).
struct PictureWork {
    /// Whatever its size.
    var fixed = 0.0
    /// For each of its pixels.
    var perPixel = 0.0
    /// How many rasters of its size are held at a time.
    var rasters = 0.0

    /// Most of the first kind that a slide may ask for: 0.3 seconds. What would pass it is no picture.
    static let mostFixed = 0.3e9
    /// Most of the second kind: 0.8 seconds. Beyond it all pictures of the slide get fewer pixels.
    static let mostOfPixels = 0.8e9
    /// How often a slide is refused a picture before no more are looked at.
    static let mostRefusals = 16
    /// Most bytes that the rasters of one picture may take.
    static let mostBytes = 256e6

    /// Why something is no picture, for the report: "… was left out, as ".
    static let excess = "the pictures of this slide take more work than a slide may ask for"

    /// A picture of nothing: opening it, its pixels' way into a PNG file.
    private static let ofPicture = PictureWork(fixed: 400_000, perPixel: 90, rasters: 1)

    /// The work of a node in a picture.
    ///
    /// - Parameters:
    ///   - toPixels: From the coordinates around the node to the picture's pixels.
    ///   - size: Columns and rows of the picture.
    init(of node: SVG.Node, clip: BezierPath?, _ toPixels: AffineTransform, _ size: Size) {
        self = PictureWork.ofPicture
        if let clip { add(100 * Double(clip.elements.count), perPixel: 20) }
        rasters += held(by: node, toPixels, size)
    }

    private init(fixed: Double, perPixel: Double, rasters: Double) {
        (self.fixed, self.perPixel, self.rasters) = (fixed, perPixel, rasters)
    }

    private mutating func add(_ fixed: Double, perPixel: Double) {
        self.fixed += fixed
        self.perPixel += perPixel
    }

    /// Adds the work of a node; the result is how many rasters it holds.
    private mutating func held(by node: SVG.Node, _ toPixels: AffineTransform, _ size: Size) -> Double {
        switch node {
        case .group(let group):
            let inner = group.transform.followed(by: toPixels)
            add(1000, perPixel: 0)
            var held = self.held(by: group.children, inner, size)
            if let clip = group.clip { add(100 * Double(clip.elements.count), perPixel: 20) }
            if group.opacity < 1 || group.clip != nil || group.blend != .normal || group.isIsolated {
                add(5000, perPixel: 12)
                held += 1
            }
            if let mask = group.mask {
                held = max(held, self.held(by: mask.children, inner, size)) + 2
                add(10_000, perPixel: 40)
            }
            if let filter = group.filter {
                for primitive in filter.primitives {
                    add(40_000, perPixel: primitive.workPerPixel(inner, size))
                    if case .image(let node?) = primitive.effect { held = max(held, self.held(by: node, inner, size)) }
                }
                held += 2 + Double(filter.primitives.count)
            }
            return held
        case .path(let path):
            let transform = path.transform.followed(by: toPixels)
            let isStroked = path.stroke != nil
            add(2000 + Double(path.geometry.elements.count) * (isStroked ? 900 : 300), perPixel: 0)
            guard let box = path.geometry.bounds, size.width * size.height > 0 else { return 0 }
            let corners = BezierPath(box).transformed(by: transform).bounds ?? box
            let share = min(1, corners.width / size.width) * min(1, corners.height / size.height)
            var held = 0.0
            for paint in [path.fill?.paint, path.stroke?.paint] {
                switch paint {
                case .color?: perPixel += 4 * share
                case .gradient?: perPixel += 25 * share
                case .pattern(let pattern)?:
                    perPixel += 40 * share
                    held = max(held, self.held(by: pattern.children, pattern.transform.followed(by: transform), size) + 1)
                case nil: break
                }
            }
            return held
        case .image(let image):
            add(50_000 + 10 * Double(image.file.count), perPixel: 60)
            return 1
        case .text(let text):
            var glyphs = 0
            for chunk in text.chunks { for span in chunk.spans { glyphs += span.glyphs.count } }
            add(20_000 * Double(glyphs), perPixel: 0)
            return 0
        }
    }

    private mutating func held(by nodes: [SVG.Node], _ toPixels: AffineTransform, _ size: Size) -> Double {
        var most = 0.0
        for node in nodes { most = max(most, held(by: node, toPixels, size)) }
        return most
    }
}

extension SVG.Filter.Primitive {
    /// Nanoseconds for each pixel of the picture.
    fileprivate func workPerPixel(_ toPixels: AffineTransform, _ size: Size) -> Double {
        let scale = toPixels.meanScale, conversion = isLinear ? 20.0 : 0
        switch effect {
        case .flood, .offset, .tile, .image: return 15
        case .merge(let inputs): return 15 + 15 * Double(inputs.count)
        case .blend, .composite: return 30 + conversion
        case .colorMatrix, .componentTransfer: return 45 + conversion
        case .blur, .dropShadow: return 130 + conversion
        case .displacement: return 1000 + conversion
        case .lighting: return 150 + conversion
        case .turbulence(let noise): return 60 + 65 * Double(min(max(noise.octaves, 1), 100)) + conversion
        case .convolution(_, let kernel): return 30 + 6.5 * Double(kernel.kernel.count) + conversion
        case .morphology(_, _, let x, let y):
            // Every pixel looks at all of its neighbours.
            func reach(_ radius: Double, _ extent: Double) -> Double { min(max(2 * radius * scale, 0), extent) + 1 }
            return 30 + 6 * reach(x, size.width) * reach(y, size.height)
        }
    }
}

extension SlideMapper {
    /// Whether the slide may ask for a picture of a node, as far as that does not depend on its size.
    ///
    /// After some refusals it may ask for no further ones: a filter inside of others is in the work of all of them.
    mutating func affordsPicture(of node: SVG.Node, clip: BezierPath?) -> Bool {
        guard refusedPictures < PictureWork.mostRefusals else { return false }
        let work = pictureWork + PictureWork(of: node, clip: clip, .identity, Size(0, 0)).fixed
        if work <= PictureWork.mostFixed { return true }
        refusedPictures += 1
        return false
    }

    /// Gives all pictures of the slide fewer pixels when drawing them would take more than a slide may ask for.
    mutating func coarsenPictures(of origin: SVG.Origin) {
        let total = pixelWork.reduce(0) { $0 + $1.work }
        guard total > PictureWork.mostOfPixels else { return }
        let share = PictureWork.mostOfPixels / total, factor = share.squareRoot()
        func fewer(_ count: Int) -> Int { max(1, Int(Double(count) * factor)) }
        for (index, file) in media.enumerated() {
            switch file {
            case .rendering(let old): media[index] = .rendering(Drawing(svg: old.svg, width: fewer(old.width), height: fewer(old.height)))
            case .drawing(let old): media[index] = .drawing(Drawing(svg: old.svg, width: fewer(old.width), height: fewer(old.height)))
            case .file: break
            }
        }
        note(
            .approximated, origin,
            "its pictures take more work to draw than a slide may ask for, so they have \(max(1, Int(share * 100)))% of their pixels")
    }
}
