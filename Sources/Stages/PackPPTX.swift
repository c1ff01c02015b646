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
    /// The pixels of their drawings, in the order of `Slide.drawings(of:)`.
    public var renderings: [Artifact<Rendering>]
    /// Title in the document's properties; a template keeps its own.
    public var title: String?
    /// What the speaker reads.
    public var notes: SlideNotes
    /// A presentation that the slides are put into, and the part of their layout in it.
    public var template: Artifact<Blob>?, layout: String?
    /// Version of the compressing library: its bytes may differ.
    public internal(set) var library: String

    /// A deck of slides.
    public init(
        slides: [Artifact<Slide>], renderings: [Artifact<Rendering>] = [], title: String? = nil, notes: SlideNotes = .init(),
        template: Artifact<Blob>? = nil, layout: String? = nil
    ) {
        self.slides = slides
        self.renderings = renderings
        self.title = title
        self.notes = notes
        self.template = template
        self.layout = layout
        self.library = Archives.libraryVersion
    }

    /// The slides once more, and their compressed form.
    public func footprint(in context: Context) -> Int {
        slides.reduce(0) { $0 + context[$1].byteCount * 2 } + renderings.reduce(0) { $0 + context[$1].byteCount }
            + (template.map { context[$0].count * 3 } ?? 0)
    }

    /// Packs.
    public func run(in context: Context) throws -> Blob {
        let slides = slides.map { context[$0] }
        var pictures: [Drawing: [UInt8]] = [:]
        for (drawing, rendering) in zip(Slide.drawings(of: slides), renderings) {
            if case .png(let file) = context[rendering] { pictures[drawing] = file }
        }
        guard let template else { return Blob(try packPresentation(slides, title: title, pictures: pictures, notes: notes)) }
        let presentation = try PresentationTemplate(reading: context[template].withUnsafeBytes(Array.init))
        guard let layout = presentation.layouts.first(where: { $0.part == layout }) else {
            throw TemplateError.noLayout(layout ?? "", known: presentation.layouts.map(\.name))
        }
        return Blob(try presentation.inserting(slides, layout: layout, pictures: pictures, notes: notes))
    }
}
