import AtelierImageCodecs
import AtelierLayers
package import AtelierStages

/// Which items of a collection are drawn, and how.
public struct ItemOptions: Hashable, Sendable {
    /// What pictures are written as.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// PNG.
        case png
        /// WebP without loss.
        case webp

        var mediaType: String { "image/" + rawValue }
    }

    /// How hard PNG is compressed.
    public enum Level: String, Hashable, Sendable, CaseIterable {
        /// Runs of pixels only.
        case fast
        /// Matches over the whole picture.
        case small
        /// Not at all.
        case stored
    }

    /// How many items, which choices, and the first number; nil as the project says.
    public var count: Int?, seed: Int?, start: Int?
    /// What pictures are, and how hard they are compressed.
    public var format = Format.png, level = Level.fast
    /// Width of the pictures; nil as the project says.
    public var size: Int?
    /// Whether the metadata of each item follow its picture as a part of their own.
    public var hasPapers = false

    /// As the project says.
    public init() {}

    var output: Drawing.Output {
        switch (format, level) {
        case (.webp, _): .webp
        case (.png, .fast): .png(.fast)
        case (.png, .small): .png(.small)
        case (.png, .stored): .png(.stored)
        }
    }

    /// What a person can say about it.
    package static let options: [Option<ItemOptions>] = [
        .integer("count", \.count, 1...10_000_000, or: "project", unit: "items", group: "Collection", "How many items."),
        .integer("seed", \.seed, 0...Int.max, or: "project", group: "Collection", "What every choice follows from."),
        .integer("start", \.start, 0...1_000_000_000, or: "project", group: "Collection", "Number of the first item."),
        .integer(
            "size", \.size, 1...32_767, or: "project", unit: "pixels", group: "Pictures",
            "Width of the pictures: smaller by averages, larger by repeated pixels."),
        .choice("format", \.format, group: "Pictures", "What pictures are written as; WebP without loss."),
        .choice(
            "level", \.level, group: "Pictures",
            "How hard PNG is compressed: runs of pixels only, matches over the whole picture, or not at all."),
        .flag("metadata", \.hasPapers, group: "Pictures", "The metadata of each item follow its picture as a JSON file."),
    ]
}
