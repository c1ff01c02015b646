public import AtelierImageCodecs
import AtelierPixels

/// The pictures of a collection as drawing sees them: which images lie where in which order, and how the file is laid out.
///
/// A drawing is a function of project, plan and images alone: an item has the same bytes whoever draws it, in whatever company.
///
///     let drawing = try Drawing(project, plan, images: images)
///     for items in drawing.groups(of: wanted, workers: 4, budget: 96 << 20) { write(drawing.draw(items, &statistics)) }
public struct Drawing: Sendable {
    /// Size of every picture in pixels.
    public let size: PixelSize
    /// How pictures are coded.
    public let output: Output
    /// What is put on canvases; an item names them by their place here.
    let sprites: [Sprite]
    /// For every item of the plan the sprites from bottom to top, item by item, and where those of each begin.
    private let stacks: [UInt16], starts: [Int]
    /// For every item the color under it; alpha 0 for none.
    let backgrounds: [RGBA8]
    /// The colors of all pictures when they are few and never mixed; the sprites then hold numbers of them.
    let palette: [RGBA8]?
    /// The filter that made the first item smaller.
    private(set) var filter: PNGFilter
    /// Bytes of the first item.
    private(set) var sampledByteCount: Int

    /// How pictures are coded.
    public enum Output: Hashable, Sendable {
        /// PNG.
        case png(PNGLevel)
        /// WebP without loss.
        case webp
    }

    /// An image in its place.
    struct Sprite: Sendable {
        let image: TraitImage
        let x: Int, y: Int
        let blend: BlendMode
        let opacity: Float
        /// The blend mode as the kernel has it.
        let mode: Int32

        init(image: TraitImage, x: Int, y: Int, blend: BlendMode, opacity: Float) {
            (self.image, self.x, self.y, self.blend, self.opacity) = (image, x, y, blend, opacity)
            mode = Int32(BlendMode.allCases.firstIndex(of: blend)!)
        }

        /// Whether nothing under it can be seen on a canvas of this size.
        func covers(_ size: PixelSize) -> Bool {
            image.isOpaque && blend == .normal && opacity == 1 && x <= 0 && y <= 0 && x + image.width >= size.width
                && y + image.height >= size.height
        }
    }

    /// Looks where every image of the plan goes.
    ///
    /// - Parameters:
    ///   - images: By the path the project gives their file; all that `project.files` names.
    ///   - size: The size of the canvas. Images are as large as they are: what does not lie on the canvas is refused, nothing is scaled.
    ///   - scale: What the images and the size were multiplied with; offsets follow.
    public init(
        _ project: Project, _ plan: CollectionPlan, images: [String: TraitImage], size: PixelSize, scale: Scale = .whole,
        output: Output = .png(.fast)
    ) throws(DrawingError) {
        if case .webp = output {
            guard WebP.isAvailable else { throw .noWebP }
            guard max(size.width, size.height) <= WebP.largestSide else { throw .tooLargeForWebP(size) }
        }
        var sprites: [Sprite] = [], stacks: [UInt16] = [], starts = [0], known: [Project.Painting: UInt16] = [:]
        var backgrounds: [RGBA8] = []
        for index in 0..<plan.count {
            let item = plan[index]
            for painting in project.paintings(of: item) {
                if let number = known[painting] {
                    stacks.append(number)
                    continue
                }
                guard let image = images[painting.file] else { throw .missing(file: painting.file) }
                let (x, y) = (scale.applied(to: painting.offset.x), scale.applied(to: painting.offset.y))
                // Scaled images are rounded up to whole pixels.
                let slack = scale == .whole ? 0 : 1
                guard x >= 0, y >= 0, x + image.width <= size.width + slack, y + image.height <= size.height + slack else {
                    throw .outside(file: painting.file, width: image.width, height: image.height, x: x, y: y, canvas: size)
                }
                guard sprites.count < Int(UInt16.max) else { throw .tooMany(limit: Int(UInt16.max)) }
                let number = UInt16(sprites.count)
                known[painting] = number
                sprites.append(Sprite(image: image, x: x, y: y, blend: painting.blend, opacity: Float(painting.opacity)))
                stacks.append(number)
            }
            guard stacks.count - starts.last! <= mostSprites else { throw .tooDeep(limit: mostSprites) }
            starts.append(stacks.count)
            backgrounds.append(project.backgroundColor(of: item, in: plan) ?? RGBA8(0, 0, 0, 0))
        }
        self.size = size
        self.output = output
        (self.stacks, self.starts, self.backgrounds) = (stacks, starts, backgrounds)
        // The palette follows from the project, not from the items, so that adding items changes none.
        if case .png = output, let numbered = Self.palette(of: project, images) {
            palette = numbered.colors
            self.sprites = try sprites.map { sprite throws(DrawingError) in
                guard let image = TraitImage(sprite.image, numbers: numbered.numbers) else { return sprite }
                return Sprite(image: image, x: sprite.x, y: sprite.y, blend: .normal, opacity: 1)
            }
        } else {
            palette = nil
            self.sprites = sprites
        }
        (filter, sampledByteCount) = (.up, 0)
        guard plan.count > 0, case .png = output else { return }
        let sampled = PNGFilter.allCases.map { ($0, sampleByteCount($0)) }
        (filter, sampledByteCount) = sampled.min { $0.1 < $1.1 } ?? (.up, 0)
    }

    /// Bytes of the first item, which extending a plan does not change, under a filter.
    private func sampleByteCount(_ filter: PNGFilter) -> Int {
        var sample = self, statistics = DrawingStatistics()
        sample.filter = filter
        return sample.draw([0], &statistics)[0].count
    }

    /// How many items there are.
    public var count: Int { backgrounds.count }

    /// The sprites of an item, from bottom to top.
    func stack(of item: Int) -> ArraySlice<UInt16> { stacks[starts[item]..<starts[item + 1]] }

    /// How the file of an item is laid out. Opaque pictures have no alpha channel.
    func layout(of item: Int) -> PNGLayout {
        var color = PNGColor.rgba
        if let palette {
            color = .palette(palette)
        } else if backgrounds[item].a == 255 || stack(of: item).contains(where: { sprites[Int($0)].covers(size) }) {
            color = .rgb
        }
        var level = PNGLevel.stored
        if case .png(let wanted) = output { level = wanted }
        return PNGLayout(width: size.width, height: size.height, color: color, level: level, filter: filter)
    }

    /// All colors of a project with their numbers, 0 being transparent, when there are at most 256 and nothing mixes them.
    private static func palette(of project: Project, _ images: [String: TraitImage]) -> (colors: [RGBA8], numbers: [RGBA8: UInt8])? {
        var colors: Set<RGBA8> = []
        switch project.background {
        case .transparent: break
        case .color(let color) where color.a == 255: colors.insert(color)
        default: return nil
        }
        for layer in project.layers {
            guard layer.blend == .normal, layer.opacity == 1 else { return nil }
            for piece in layer.traits.lazy.flatMap(\.pieces) where piece.blend ?? .normal != .normal { return nil }
        }
        for image in images.values {
            guard image.translucentCount == 0, image.addColors(to: &colors, limit: 255) else { return nil }
        }
        let sorted = [RGBA8(0, 0, 0, 0)] + colors.sorted { ($0.r, $0.g, $0.b) < ($1.r, $1.g, $1.b) }
        return (sorted, Dictionary(uniqueKeysWithValues: zip(sorted, sorted.indices.map { UInt8($0) })))
    }
}
