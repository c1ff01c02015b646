import AtelierArchives
public import AtelierMemo
public import AtelierOOXML

/// Packs slides into one PowerPoint file.
public struct PackPPTX: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.pack"
    /// Raised when the same slides give other bytes.
    public static let version = 1

    /// The slides in order.
    public var slides: [Artifact<Slide>]
    /// Title in the document's properties.
    public var title: String?
    /// Version of the compressing library: its bytes may differ.
    public internal(set) var library: String

    /// A deck of slides.
    public init(slides: [Artifact<Slide>], title: String? = nil) {
        self.slides = slides
        self.title = title
        self.library = Archives.libraryVersion
    }

    /// The slides once more, and their compressed form.
    public func footprint(in context: Context) -> Int { slides.reduce(0) { $0 + context[$1].byteCount * 2 } }

    /// Packs.
    public func run(in context: Context) throws -> Blob {
        Blob(try packPresentation(slides.map { context[$0] }, title: title))
    }
}
