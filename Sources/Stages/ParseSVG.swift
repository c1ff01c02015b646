public import AtelierFonts
public import AtelierMemo
public import AtelierSVG
import AtelierTelemetry

private let parsing = SpanName("svg.parse.document"), resolving = SpanName("svg.parse.resolve")

/// Reads an SVG document and resolves everything in it.
public struct ParseSVG: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "svg.parse"
    /// Raised when the same document gives another tree.
    public static let version = 13

    /// The document.
    public var source: Artifact<Blob>
    /// How it is read, and what is refused.
    public var options: SVG.ReadOptions
    /// The fonts that its text is set in; nil for a drawing without text.
    public var fonts: FontBook?
    /// The files that its pictures refer to.
    public var files: [LinkedSource]
    /// What decodes pictures in WebP; nil for a drawing without.
    public var webP: String?

    /// A reading of one document.
    public init(
        source: Artifact<Blob>, options: SVG.ReadOptions = .init(), fonts: FontBook? = nil, files: [LinkedSource] = [], webP: String? = nil
    ) {
        self.source = source
        self.options = options
        self.fonts = fonts
        self.files = files
        self.webP = webP
    }

    /// A tree takes about twelve times its text, and holds the files.
    public func footprint(in context: Context) -> Int {
        files.reduce(context[source].count * 12) { $0 + ($1.file.map { context[$0].count } ?? 0) }
    }

    /// Reads; throws `SVG.ParseError`, and `FontError` when a font has changed since it was found.
    public func run(in context: Context) throws -> SVG.Tree {
        let bytes = context[source].bytes
        let document = try withSpan(parsing) { () throws(SVG.ParseError) in
            try SVG.Document(parsing: bytes.span, limits: options.limits)
        }
        let files = files.contents(in: context), typesetter = try fonts.map(Typesetter.book) ?? .estimating()
        return try withSpan(resolving) { () throws(SVG.ParseError) in
            try document.resolved(options: options, files: files, typesetter: typesetter, decodesWebP: webP != nil)
        }
    }
}
