public import AtelierImageCodecs
public import AtelierLayers

/// What a collection is to be, where its project is not to say: the flags of `atelier compose`, and the options of a request.
public struct CompositionOptions: Hashable, Sendable, Codable {
    /// What pictures are written as.
    public enum Format: String, Hashable, Sendable, Codable, CaseIterable { case png, webp }

    /// Numbers of items, from the first to the last.
    public struct Items: Hashable, Sendable, Codable {
        /// Of the first, and of the last.
        public var first: Int, last: Int

        /// Numbers in order; nil when the last is before the first.
        public init?(first: Int, last: Int) {
            guard first >= 0, first <= last else { return nil }
            (self.first, self.last) = (first, last)
        }
    }

    /// How many items, what every choice follows from, and the first number; nil as the project says.
    public var count: Int?, seed: Int?, start: Int?
    /// Which numbers an archive holds; nil for all.
    public var items: Items?
    /// What pictures are, and how hard PNG is compressed.
    public var format: Format, level: PNGLevel
    /// Width of the pictures in pixels; nil as the project says.
    public var size: Int?
    /// What metadata look like, and what stands before the names of pictures in them; nil as the project says.
    public var standard: MetadataStandard, baseURI: String?

    /// Everything as the project says, PNG at the fast level.
    public init() {
        (count, seed, start, items, size, baseURI) = (nil, nil, nil, nil, nil, nil)
        (format, level, standard) = (.png, .fast, .erc721)
    }
}

extension CompositionOptions.Items {
    /// Reads `7` or `1-100`.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = Int(parts[0]), let last = parts.count == 1 ? first : Int(parts[1]) else { return nil }
        self.init(first: first, last: last)
    }

    /// As it is read.
    public var text: String { first == last ? "\(first)" : "\(first)-\(last)" }
}

extension CompositionOptions {
    /// The options by their names as flags.
    package static var all: [Option<CompositionOptions>] {
        [
            .integer("count", letter: "n", \.count, 1...10_000_000, or: "project", unit: "items", group: "Collection", "How many items."),
            .integer("seed", \.seed, 0...Int.max, or: "project", group: "Collection", "What every choice follows from."),
            .integer("start", \.start, 0...1_000_000_000, or: "project", group: "Collection", "Number of the first item."),
            .integer(
                "size", \.size, 1...32_767, or: "project", unit: "pixels", group: "Pictures",
                "Width of the pictures: smaller by averages, larger by repeated pixels."),
            .choice("format", \.format, group: "Pictures", "What pictures are written as; WebP without loss."),
            .choice(
                "level", \.level, group: "Pictures",
                "How hard PNG is compressed: runs of pixels only, matches over the whole picture, or not at all."),
            .choice("standard", \.standard, group: "Collection", "The form of the metadata."),
            .text("base-uri", \.baseURI, "URI", group: "Collection", "What stands before the names of pictures in the metadata."),
            .parsed(
                "items", \.items, "A-B", form: "a number, or the first and the last such as 1-100", or: "all", group: "Collection",
                "Which numbers an archive holds, when the output is one.", parse: Items.init, text: \.text),
        ]
    }
}
