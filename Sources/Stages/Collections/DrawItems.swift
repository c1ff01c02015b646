import AtelierArchives
public import AtelierImageCodecs
public import AtelierLayers
public import AtelierMemo

/// Draws a range of a collection's items in full size, as a ZIP archive of their pictures.
///
/// What is in the key is what pixels follow from: the images these items show, where they lie, and how their files are coded. So a
/// range is found again after texts, weights or the number of items have changed, and after a run that was stopped.
public struct DrawItems: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "layers.items"
    /// Raised when the same items give other bytes.
    public static let version = 1

    /// What lies where.
    public var items: PlacedItems
    /// An image for each of their files.
    public var images: [Artifact<TraitImage>]
    /// What all pictures of the collection have in common.
    public var coding: Artifact<PictureCoding>
    /// What pictures are written as.
    public var style: PictureStyle
    /// The number of the first item in the names of files.
    public var start: Int

    /// Some items of a collection.
    public init(_ items: PlacedItems, images: [Artifact<TraitImage>], coding: Artifact<PictureCoding>, style: PictureStyle, start: Int) {
        self.items = items
        self.images = images
        self.coding = coding
        self.style = style
        self.start = start
    }

    /// Most items of a range of pictures of this size: 64 million pixels, and at most 256 items.
    public static func mostItems(width: Int, height: Int) -> Int { max(1, min(256, (1 << 26) / max(1, width * height))) }

    /// The pictures twice, as they are drawn and in the archive.
    public func footprint(in context: Context) -> Int { 2 * items.count * context[coding].expectedByteCount }

    /// Draws; throws `DrawingError`.
    public func run(in context: Context) throws -> Blob {
        let drawing = try Drawing(
            items, images: images.map { context[$0] }, size: style.size, scale: style.scale, output: style.output, coding: context[coding])
        let files = try drawing.files(isCancelled: { context.isCancelled }, each: context.concurrently)
        var zip = ZIPStream(), bytes: [UInt8] = []
        bytes.reserveCapacity(files.reduce(0) { $0 + $1.count + 128 })
        for (index, file) in files.enumerated() {
            bytes += try zip.header(of: "images/\(start + index).\(style.format.rawValue)", storing: file)
            bytes += file
        }
        return Blob(bytes + zip.end())
    }
}

/// What pictures of a collection are written as, and how large they are.
public struct PictureStyle: Hashable, Sendable, Codable {
    /// The format.
    public var format: CompositionOptions.Format
    /// How hard PNG is compressed.
    public var level: PNGLevel
    /// Size of every picture in pixels.
    public var width: Int, height: Int
    /// What the project's size was multiplied with: `to` pixels for every `from`.
    public var from: Int, to: Int
    /// What compresses, where another version may give other bytes; else empty. The fast level is ours and has the stages' versions.
    public internal(set) var encoder: String

    /// Pictures for a canvas of a project.
    public init(_ canvas: PixelSize, _ options: CompositionOptions) {
        let scale = options.size.map { Scale(from: canvas.width, to: $0) } ?? .whole
        (format, level) = (options.format, options.level)
        (width, height) = (scale.applied(toLength: canvas.width), scale.applied(toLength: canvas.height))
        (from, to) = (scale.from, scale.to)
        encoder = format == .webp ? WebP.library : level == .small ? ImageCodecs.pngEncoder : ""
    }

    /// The same for drawing.
    public var size: PixelSize { PixelSize(width: width, height: height) }
    /// The same for drawing.
    public var scale: Scale { Scale(from: from, to: to) }
    /// The same for drawing.
    public var output: Drawing.Output { format == .webp ? .webp : .png(level) }
}
