import AtelierImageCodecs
public import AtelierLayers
public import AtelierMemo
import AtelierPixels

/// Chooses what the files of a collection's pictures have in common, from all its images and the first item.
public struct ChooseCoding: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "layers.coding"
    /// Raised when the same images give another choice.
    public static let version = 1

    /// The first item, and an image for each of its files.
    public var first: PlacedItems, firstImages: [Artifact<TraitImage>]
    /// Every image of the project, in any fixed order, and the ground under them where nothing mixes it; none where a palette cannot be.
    public var images: [Artifact<TraitImage>], ground: Project.UnmixedGround?
    /// What pictures are written as.
    public var style: PictureStyle

    /// A choice for a collection.
    public init(
        first: PlacedItems, firstImages: [Artifact<TraitImage>], images: [Artifact<TraitImage>], ground: Project.UnmixedGround?,
        style: PictureStyle
    ) {
        self.first = first
        self.firstImages = firstImages
        self.images = ground == nil ? [] : images
        self.ground = ground
        self.style = style
    }

    /// A picture for each filter.
    public func footprint(in context: Context) -> Int { 2 * style.width * style.height * 4 }

    /// Chooses; throws `DrawingError`.
    public func run(in context: Context) throws -> PictureCoding {
        let palette = PictureCoding.palette(of: images.lazy.map { context[$0] }, over: ground)
        return try PictureCoding(
            of: first, images: firstImages.map { context[$0] }, palette: palette, size: style.size, scale: style.scale,
            output: style.output,
            each: context.concurrently)
    }
}

/// A stored choice that does not read back; the engine treats it as a miss.
private struct DamagedCoding: Error {}

extension PictureCoding: Storable {
    /// Four bytes for each color.
    public var byteCount: Int { 48 + (palette?.count ?? 0) * 4 }

    /// The filter, the count of bytes as eight, little endian, and the colors of the palette as four each; none of it without one.
    public static var format: StorageFormat<PictureCoding>? {
        StorageFormat(
            name: "coding", version: 1,
            encode: { coding in
                let count = (0..<8).map { UInt8(truncatingIfNeeded: coding.expectedByteCount >> ($0 * 8)) }
                return Blob([coding.filter.rawValue] + count + (coding.palette ?? []).flatMap { [$0.r, $0.g, $0.b, $0.a] })
            },
            decode: { blob in
                let bytes = Array(blob.bytes)
                guard bytes.count >= 9, (bytes.count - 9) % 4 == 0, bytes.count <= 9 + 4 * 256, let filter = PNGFilter(rawValue: bytes[0])
                else { throw DamagedCoding() }
                let colors = stride(from: 9, to: bytes.count, by: 4).map { RGBA8(bytes[$0], bytes[$0 + 1], bytes[$0 + 2], bytes[$0 + 3]) }
                return PictureCoding(
                    palette: colors.isEmpty ? nil : colors, filter: filter,
                    expectedByteCount: (0..<8).reduce(0) { $0 | Int(bytes[1 + $1]) << ($1 * 8) })
            })
    }
}
