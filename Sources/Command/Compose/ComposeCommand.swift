import AtelierLayers
import AtelierStages

/// Makes a collection: plans every item, then draws them.
struct ComposeCommand: Hashable, Sendable {
    /// What pictures are written as.
    enum Format: String, CaseIterable { case png, webp }
    /// How hard pictures are compressed.
    enum Level: String, CaseIterable { case fast, small, stored }

    /// The form of the metadata.
    enum Standard: String, CaseIterable { case erc721, metaplex }

    /// The project: a file, or a folder.
    var operands: [String] = []
    /// How many items, which choices, and the first number, where the project is not to say.
    var count: Int?, seed: Int?, start: Int?
    /// What pictures are, how large and how hard they are compressed.
    var format = Format.png, size: Int?, level = Level.fast
    /// A file with the plan, instead of choosing.
    var planFile: String?
    /// What metadata look like, and what stands before the names of pictures in them where the project is not to say.
    var standard = Standard.erc721, baseURI: String?
    /// Whether nothing is drawn, and whether nothing but metadata is written.
    var planOnly = false, metadataOnly = false
    /// Whether a collection must be there already.
    var resume = false
    /// Whether pictures and metadata go into one archive.
    var pack = false
    /// Whether the hashes of all pictures are written.
    var provenance = false
    /// How many items the contact sheet shows.
    var sheet = 100
    /// `output`, `force`, `said` and talk matter.
    var settings = Settings()

    static var options: [Option<ComposeCommand>] {
        let talk = Settings.engineOptions.filter { $0.name != "timing" }
        return [
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
            .text("plan", \.planFile, "FILE", group: "Collection", "Draws the plan in a file, JSON or a table (CSV), instead of choosing."),
            .choice("standard", \.standard, group: "Collection", "The form of the metadata."),
            .text("base-uri", \.baseURI, "URI", group: "Collection", "What stands before the names of pictures in the metadata."),
            .flag("plan-only", \.planOnly, group: "Run", "Plans, writes the metadata and the contact sheet, and draws nothing else."),
            .flag(
                "metadata-only", \.metadataOnly, group: "Run",
                "Writes the metadata of the collection in the folder again, and draws nothing."),
            .flag("resume", \.resume, group: "Run", "Goes on with the collection in the folder, and does not begin one."),
            .flag("pack", \.pack, group: "Run", "Writes one ZIP archive instead of a file for each picture."),
            .flag("provenance", \.provenance, group: "Run", "Writes the SHA-256 hashes of all pictures, and the one over them."),
            .integer("sheet", \.sheet, 0...10_000, unit: "items", group: "Run", "How many items the contact sheet shows; 0 for none."),
            .text(
                "output", letter: "o", \.settings.output, "DIR", group: "Run",
                "The folder that receives pictures, metadata and contact sheet."),
            .flag("force", letter: "f", \.settings.force, group: "Run", "Draws again what is there already."),
        ] + talk.map { $0.of(\.settings) }
    }
}
