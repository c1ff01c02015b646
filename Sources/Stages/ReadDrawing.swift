public import AtelierFonts
public import AtelierMemo
public import AtelierSVG

/// Finds the fonts that the text of a drawing is set in, and says how the drawing is read with them.
///
/// The machine's fonts are in this plan's key, those really taken in that of the reading: a font that nothing uses may come and go
/// and costs a look for fonts, not a drawing.
public struct ReadDrawing: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "svg.read"
    /// Raised when the same document takes other fonts of the same machine.
    public static let version = 2

    /// The document.
    public var source: Artifact<Blob>
    /// How it is read, and what is refused.
    public var options: SVG.ReadOptions
    /// The fonts of this machine.
    public var fonts: FontEnvironment
    /// The files that its pictures refer to.
    public var files: [LinkedSource]
    /// The stage the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A reading of one document.
    public init(source: Artifact<Blob>, options: SVG.ReadOptions = .init(), fonts: FontEnvironment, files: [LinkedSource] = []) {
        self.source = source
        self.options = options
        self.fonts = fonts
        self.files = files
        self.stages = StageIdentities.toTree
    }

    /// Sets the text once to learn its fonts; throws `SVG.ParseError`.
    public func plan(in context: Context) throws -> Artifact<SVG.Tree> {
        let bytes = context[source].bytes
        let document = try SVG.Document(parsing: bytes.span, limits: options.limits)
        let fonts = try document.fontBook(options: options, files: files.contents(in: context))
        return Artifact(ParseSVG(source: source, options: options, fonts: fonts.entries.isEmpty ? nil : fonts, files: files))
    }
}

/// The tree of an SVG document, read with the fonts of this machine when it has text.
///
/// - Parameter fonts: What `FontEnvironment.needed` says of the file that the document comes from, and of those it refers to.
func readDrawing(
    _ document: Artifact<Blob>, _ options: SVG.ReadOptions, _ fonts: FontEnvironment?, _ files: [LinkedSource] = []
) -> Artifact<SVG.Tree> {
    guard let fonts else { return Artifact(ParseSVG(source: document, options: options, files: files)) }
    return Artifact(ReadDrawing(source: document, options: options, fonts: fonts, files: files))
}

extension FontEnvironment {
    /// The same for a drawing with the files that it refers to.
    static func needed(by source: Artifact<Blob>, _ files: [LinkedSource]) -> FontEnvironment? {
        if let fonts = needed(by: source) { return fonts }
        // A loop: the types of a lazy chain, made at run time, cost more than tracing a small icon does.
        for link in files {
            if let file = link.file, let fonts = needed(by: file) { return fonts }
        }
        return nil
    }

    /// The fonts of this machine when a file may have text, else nil: what has none never looks for fonts.
    ///
    /// What a stage makes, and what cannot be looked at, may have text.
    static func needed(by source: Artifact<Blob>) -> FontEnvironment? {
        SourceLook(at: source)?.mayHaveText == false ? nil : .current
    }
}
