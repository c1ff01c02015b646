public import AtelierFonts
import AtelierImageCodecs
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
    /// What decodes pictures in WebP; nil for a drawing without.
    public var webP: String?
    /// The stage the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A reading of one document.
    public init(
        source: Artifact<Blob>, options: SVG.ReadOptions = .init(), fonts: FontEnvironment, files: [LinkedSource] = [], webP: String? = nil
    ) {
        self.source = source
        self.options = options
        self.fonts = fonts
        self.files = files
        self.webP = webP
        self.stages = StageIdentities.toTree
    }

    /// Sets the text once to learn its fonts; throws `SVG.ParseError`.
    public func plan(in context: Context) throws -> Artifact<SVG.Tree> {
        let bytes = context[source].bytes
        let document = try SVG.Document(parsing: bytes.span, limits: options.limits)
        let fonts = try document.fontBook(options: options, files: files.contents(in: context))
        return Artifact(ParseSVG(source: source, options: options, fonts: fonts.entries.isEmpty ? nil : fonts, files: files, webP: webP))
    }
}

/// The tree of an SVG document, read with the fonts of this machine when it has text.
///
/// - Parameters:
///   - fonts: What `FontEnvironment.needed` says of the file that the document comes from, and of those it refers to.
///   - webP: What `webPDecoder` says of them.
func readDrawing(
    _ document: Artifact<Blob>, _ options: SVG.ReadOptions, _ fonts: FontEnvironment?, _ files: [LinkedSource] = [],
    webP: String? = nil
) -> Artifact<SVG.Tree> {
    guard let fonts else { return Artifact(ParseSVG(source: document, options: options, files: files, webP: webP)) }
    return Artifact(ReadDrawing(source: document, options: options, fonts: fonts, files: files, webP: webP))
}

/// What decodes the pictures in WebP of a drawing and of the files it refers to; nil when it has none, so that no library is opened.
func webPDecoder(for source: Artifact<Blob>, _ files: [LinkedSource]) -> String? {
    // A picture that is traced has no pictures in it.
    var mayHave = SourceLook(at: source).map { $0.isDrawing && $0.mayHaveWebP } ?? false
    for link in files {
        if let file = link.file, SourceLook(at: file)?.mayHaveWebP != false { mayHave = true }
    }
    return mayHave ? "\(WebP.library), \(ImageCodecs.pngEncoder)" : nil
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
