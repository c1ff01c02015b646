import AtelierImageCodecs
public import AtelierFonts
public import AtelierMemo
public import AtelierSVG

/// Finds out what a file is by its content and says how it becomes SVG: a picture is traced, a drawing is taken
/// as it is or rewritten.
public struct SVGFromSource: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "svg.fromSource"
    /// Raised when the same file takes another way.
    public static let version = 1

    /// What happens to a file that is SVG already.
    public enum Drawings: String, Sendable, Codable, CaseIterable {
        /// The file's own bytes, for a reader that resolves them next.
        case kept
        /// Resolved and written anew, small and clean, for a person.
        case rewritten
    }

    /// The file: PNG, JPEG, WebP or SVG.
    public var source: Artifact<Blob>
    /// How pictures are read and traced, and what is refused.
    public var options: ConversionOptions
    /// What happens to a file that is SVG already.
    public var drawings: Drawings
    /// The fonts of this machine, where a drawing with text is rewritten.
    public var fonts: FontEnvironment?
    /// The files that the pictures of a drawing refer to, where it is rewritten.
    public var files: [LinkedSource]
    /// What decodes pictures in WebP, where the file is a drawing with such.
    public var webP: String?
    /// The stages the way may lead to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A way for one file.
    public init(
        source: Artifact<Blob>, options: ConversionOptions, drawings: Drawings, fonts: FontEnvironment? = nil, files: [LinkedSource] = [],
        webP: String? = nil
    ) {
        self.source = source
        self.options = options
        self.drawings = drawings
        self.fonts = fonts
        self.files = files
        self.webP = webP
        self.stages = StageIdentities.toSVG + StageIdentities.decoding(of: source)
    }

    /// Decides; throws `UnknownSourceFormat`.
    public func plan(in context: Context) throws -> Artifact<Blob> {
        way(for: try SourceFormat.sniff(context[source]))
    }

    /// Where the plan leads for a file of some format; `explain` follows it without running anything.
    package func way(for format: SourceFormat) -> Artifact<Blob> {
        switch format {
        case .png, .jpeg, .webp: traceToSVG(source, options)
        case .svg where drawings == .kept: source
        case .svg: Artifact(WriteSVG(tree: readDrawing(source, options.svg, fonts, files, webP: webP)))
        }
    }
}

/// Says what there is to report on a file that becomes SVG.
public struct ReportOnSource: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "report.onSource"
    /// Raised when the same file takes another way.
    public static let version = 1

    /// The file: PNG, JPEG, WebP or SVG.
    public var source: Artifact<Blob>
    /// How SVG is read.
    public var options: SVG.ReadOptions
    /// How pictures are traced, where that is a search with something to tell.
    public var searching: ConversionOptions?
    /// The fonts of this machine, where the file is a drawing with text.
    public var fonts: FontEnvironment?
    /// The files that the pictures of a drawing refer to.
    public var files: [LinkedSource]
    /// What decodes pictures in WebP, where the file is a drawing with such.
    public var webP: String?
    /// The stages the way may lead to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A report on one file.
    public init(
        source: Artifact<Blob>, options: SVG.ReadOptions, searching: ConversionOptions? = nil, fonts: FontEnvironment? = nil,
        files: [LinkedSource] = [], webP: String? = nil
    ) {
        self.source = source
        self.options = options
        self.searching = searching
        self.fonts = fonts
        self.files = files
        self.webP = webP
        self.stages = StageIdentities.toReport + StageIdentities.decoding(of: source)
    }

    /// Decides; throws `UnknownSourceFormat`.
    public func plan(in context: Context) throws -> Artifact<ConversionReport> {
        switch try SourceFormat.sniff(context[source]) {
        case .png, .jpeg, .webp:
            searching.flatMap { searchedTrace(of: source, $0) }.map { Artifact(ReportSearch(found: $0)) } ?? Artifact(ReportTree(tree: nil))
        case .svg: Artifact(ReportTree(tree: readDrawing(source, options, fonts, files, webP: webP)))
        }
    }
}

/// What a source file is, by its content.
public enum SourceFormat: String, Sendable, CaseIterable {
    /// Portable Network Graphics.
    case png
    /// JPEG (JFIF or EXIF).
    case jpeg
    /// WebP, a still picture.
    case webp
    /// Scalable Vector Graphics.
    case svg

    /// Looks at the first bytes; throws `UnknownSourceFormat` for anything else.
    public static func sniff(_ blob: Blob) throws -> SourceFormat {
        guard let format = SourceFormat(sniffing: blob) else { throw UnknownSourceFormat(byteCount: blob.count) }
        return format
    }

    /// The same, with nil for anything else.
    init?(sniffing blob: Blob) {
        switch ImageFormat.sniff(blob.bytes.span) {
        case .png: self = .png
        case .jpeg: self = .jpeg
        case nil where WebP.sniff(blob.bytes.span): self = .webp
        case nil:
            guard SVG.looksLikeMarkup(blob.bytes.span) else { return nil }
            self = .svg
        }
    }
}

/// A file that is none of the formats read.
public struct UnknownSourceFormat: Error, Equatable, CustomStringConvertible {
    /// Size of the file in bytes.
    public var byteCount: Int

    /// One sentence: what, and what would help.
    public var description: String {
        byteCount == 0
            ? "the file is empty; give a PNG, JPEG, WebP or SVG file"
            : "the content is neither PNG, JPEG, WebP nor SVG; convert it to one of these first"
    }
}
