public import AtelierMemo

/// What is wanted, as one serialisable value: options and source digests.
///
/// Flags, HTTP body, warming log, `explain` and queue payload are this value. A digest alone cannot be remade,
/// a request can: `request.conversion(of: sources)` builds the recipe again.
public struct Request: Hashable, Sendable, Codable {
    /// What a conversion makes.
    public enum Target: String, Hashable, Sendable, Codable, CaseIterable {
        /// One SVG document from one source.
        case svg
        /// One PowerPoint file with a slide for each source.
        case pptx
    }

    /// What a source is that is no page (`pptx` only).
    public enum Attachment: String, Hashable, Sendable, Codable, CaseIterable {
        /// A presentation that the slides are put into.
        case template
        /// A text file with the notes of the slides.
        case notes
    }

    /// What is made.
    public var target: Target
    /// Digests of the source files, in page order; then those of the attachments.
    public var sources: [Digest]
    /// What the last sources are; each kind at most once.
    public var attachments: [Attachment]
    /// Everything else that decides the result.
    public var options: ConversionOptions
    /// Title in the document's properties (`pptx` only).
    public var title: String?

    /// A request from its parts. `svg` takes exactly one source, `pptx` at least one.
    public init(
        target: Target, sources: [Digest], attachments: [Attachment] = [], options: ConversionOptions = .init(), title: String? = nil
    ) {
        self.target = target
        self.sources = sources
        self.attachments = attachments
        self.options = options
        self.title = title
    }

    /// The recipe of this request over its source files.
    ///
    /// - Parameters:
    ///   - sources: The files, in the order of `sources` and with those digests.
    ///   - listsElements: Whether the report on slides lists what became of every single element.
    /// - Throws: `RequestError` when they are not those.
    public func conversion(of sources: [Artifact<Blob>], listingElements listsElements: Bool = false) throws(RequestError) -> Conversion {
        guard sources.map(\.digest) == self.sources else { throw .otherSources }
        switch target {
        case .svg:
            guard sources.count == 1 else { throw .sourceCount(sources.count, allowed: "exactly one source") }
            return convertToSVG(sources[0], options)
        case .pptx:
            guard sources.count > attachments.count else {
                throw .sourceCount(sources.count - attachments.count, allowed: "at least one source")
            }
            let attached = sources.suffix(attachments.count)
            func attachment(_ kind: Attachment) -> Artifact<Blob>? { zip(attachments, attached).first { $0.0 == kind }?.1 }
            return convertToPPTX(
                sources.dropLast(attachments.count), options, title: title, template: attachment(.template), notes: attachment(.notes),
                listsElements: listsElements)
        }
    }
}

/// A request that names no conversion.
public enum RequestError: Error, Equatable, CustomStringConvertible {
    /// The files given are not the ones the request names.
    case otherSources
    /// The target cannot be made of that many sources.
    case sourceCount(Int, allowed: String)

    /// One sentence: what, and what would help.
    public var description: String {
        switch self {
        case .otherSources: "the files given do not have the digests named in the request; give the same files in the same order"
        case .sourceCount(let count, let allowed): "\(count) sources were given where this target takes \(allowed)"
        }
    }
}
