public import AtelierImageCodecs
public import AtelierPixels

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
    /// What lies where.
    private let items: PlacedItems
    /// What all pictures of the collection have in common.
    let coding: PictureCoding

    /// How pictures are coded.
    public enum Output: Hashable, Sendable, Codable {
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

    /// Looks where every image of the plan goes, and how its pictures are coded.
    ///
    /// - Parameters:
    ///   - images: By the path the project gives their file; all that it names.
    ///   - size: The size of the canvas. Images are as large as they are: what does not lie on the canvas is refused, nothing is scaled.
    ///   - scale: What the images and the size were multiplied with; offsets follow.
    ///   - each: A loop over threads.
    public init(
        _ project: Project, _ plan: CollectionPlan, images: [String: TraitImage], size: PixelSize, scale: Scale = .whole,
        output: Output = .png(.fast), each: ParallelFor = serially
    ) throws(DrawingError) {
        // All of them, so that a longer plan finds nothing wrong that this one does not show.
        for (file, offset) in project.places {
            guard let image = images[file] else { throw .missing(file: file) }
            try Self.check(image, file, x: scale.applied(to: offset.x), y: scale.applied(to: offset.y), on: size, scale)
        }
        let items = try PlacedItems(0..<plan.count, of: plan, in: project, scale: scale)
        var coding = PictureCoding()
        if plan.count > 0 {
            let first = try PlacedItems(0..<1, of: plan, in: project, scale: scale)
            coding = try PictureCoding(
                of: first, images: try Self.images(of: first, among: images),
                palette: PictureCoding.palette(of: images.values, over: project.unmixedGround), size: size, scale: scale, output: output,
                each: each)
        }
        try self.init(
            items, images: try Self.images(of: items, among: images), size: size, scale: scale, output: output, coding: coding)
    }

    private static func images(of items: PlacedItems, among images: [String: TraitImage]) throws(DrawingError) -> [TraitImage] {
        try items.files.map { file throws(DrawingError) in
            guard let image = images[file] else { throw .missing(file: file) }
            return image
        }
    }

    /// Items that were placed before.
    ///
    /// - Parameters:
    ///   - images: One for each of the items' files.
    ///   - size: The size of the canvas.
    ///   - scale: What the images and the size were multiplied with.
    ///   - coding: What all pictures of the collection have in common.
    public init(
        _ items: PlacedItems, images: [TraitImage], size: PixelSize, scale: Scale, output: Output, coding: PictureCoding
    ) throws(DrawingError) {
        precondition(images.count == items.files.count, "placed items are drawn with an image for each of their files")
        if case .webp = output {
            guard WebP.isAvailable else { throw .noWebP }
            guard max(size.width, size.height) <= WebP.largestSide else { throw .tooLargeForWebP(size) }
        }
        for sprite in items.sprites {
            try Self.check(images[sprite.file], items.files[sprite.file], x: sprite.x, y: sprite.y, on: size, scale)
        }
        let numbered = coding.palette.map { Self.numbered(images, by: $0) } ?? images
        sprites = items.sprites.map {
            Sprite(image: numbered[$0.file], x: $0.x, y: $0.y, blend: $0.blend, opacity: Float($0.opacity))
        }
        (self.items, self.size, self.output, self.coding) = (items, size, output, coding)
    }

    /// Refuses an image that does not lie on the canvas.
    private static func check(_ image: TraitImage, _ file: String, x: Int, y: Int, on size: PixelSize, _ scale: Scale) throws(DrawingError)
    {
        // Scaled images are rounded up to whole pixels.
        let slack = scale == .whole ? 0 : 1
        guard x >= 0, y >= 0, x + image.width <= size.width + slack, y + image.height <= size.height + slack else {
            throw .outside(file: file, width: image.width, height: image.height, x: x, y: y, canvas: size)
        }
    }

    /// Another drawing with other files, whose palette is the same.
    init(_ other: Drawing, filter: PNGFilter) {
        (size, output, sprites, items) = (other.size, other.output, other.sprites, other.items)
        coding = PictureCoding(palette: other.coding.palette, filter: filter, expectedByteCount: other.coding.expectedByteCount)
    }

    /// Images as numbers of colors; the same image twice is one image again.
    private static func numbered(_ images: [TraitImage], by palette: [RGBA8]) -> [TraitImage] {
        let numbers = Dictionary(uniqueKeysWithValues: zip(palette, palette.indices.map { UInt8($0) }))
        return images.map { TraitImage($0, numbers: numbers) ?? $0 }
    }

    /// How many items there are.
    public var count: Int { items.count }

    /// For every item the color under it; alpha 0 for none.
    var backgrounds: [RGBA8] { items.backgrounds }

    /// The sprites of an item, from bottom to top.
    func stack(of item: Int) -> ArraySlice<UInt16> { items.stack(of: item) }

    /// How the file of an item is laid out. Opaque pictures have no alpha channel.
    func layout(of item: Int) -> PNGLayout {
        var color = PNGColor.rgba
        if let palette = coding.palette {
            color = .palette(palette)
        } else if backgrounds[item].a == 255 || stack(of: item).contains(where: { sprites[Int($0)].covers(size) }) {
            color = .rgb
        }
        var level = PNGLevel.stored
        if case .png(let wanted) = output { level = wanted }
        return PNGLayout(width: size.width, height: size.height, color: color, level: level, filter: coding.filter)
    }
}
