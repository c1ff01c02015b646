import AtelierLayers
import AtelierStages

/// Makes a collection: plans every item, then draws them.
struct ComposeCommand: Hashable, Sendable {
    /// The project: a file, or a folder.
    var operands: [String] = []
    /// What the collection is to be.
    var composition = CompositionOptions()
    /// A file with the plan, instead of choosing.
    var planFile: String?
    /// Whether nothing is drawn, and whether nothing but metadata is written.
    var planOnly = false, metadataOnly = false
    /// Whether a collection must be there already.
    var resume = false
    /// Whether pictures and metadata go into one archive.
    var pack = false
    /// Whether it is only said what an archive would take.
    var explains = false
    /// Whether the hashes of all pictures are written.
    var provenance = false
    /// How many items the contact sheet shows.
    var sheet = 100
    /// `output`, `force`, `said` and talk matter.
    var settings = Settings()

    static var options: [Option<ComposeCommand>] {
        let talk = Settings.engineOptions().filter { $0.name != "timing" }
        return CompositionOptions.all.map { $0.of(\.composition) } + [
            .text("plan", \.planFile, "FILE", group: "Collection", "Draws the plan in a file, JSON or a table (CSV), instead of choosing."),
            .flag("plan-only", \.planOnly, group: "Run", "Plans, writes the metadata and the contact sheet, and draws nothing else."),
            .flag(
                "metadata-only", \.metadataOnly, group: "Run",
                "Writes the metadata of the collection in the folder again, and draws nothing."),
            .flag("resume", \.resume, group: "Run", "Goes on with the collection in the folder, and does not begin one."),
            .flag("pack", \.pack, group: "Run", "Writes one ZIP archive instead of a file for each picture."),
            .flag("provenance", \.provenance, group: "Run", "Writes the SHA-256 hashes of all pictures, and the one over them."),
            .flag("explain", \.explains, group: "Run", "Says what of an archive would have to be made, and makes nothing."),
            .integer("sheet", \.sheet, 0...10_000, unit: "items", group: "Run", "How many items the contact sheet shows; 0 for none."),
            .text(
                "output", letter: "o", \.settings.output, "DIR", group: "Run",
                "The folder that receives pictures, metadata and contact sheet, or one archive, NAME.zip."),
            .flag("force", letter: "f", \.settings.force, group: "Run", "Draws again what is there already."),
        ] + talk.map { $0.of(\.settings) }
    }
}
