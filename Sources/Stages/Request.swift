public import AtelierMemo
public import AtelierSVG

/// What is wanted, as one serialisable value: options and source digests.
///
/// Flags, HTTP body, warming log, `explain` and queue payload are this value. A digest alone cannot be remade,
/// a request can: `request.conversion(of: sources)` builds the recipe again.
public enum Request: Hashable, Sendable, Codable {
    /// Pictures and drawings as one file.
    case convert(ConversionRequest)
    /// A collection as one archive.
    case compose(CompositionRequest)

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

    /// A file that the pictures of a page refer to.
    public struct Link: Hashable, Sendable, Codable {
        /// Which page refers to it, from 0.
        public var page: Int
        /// Its path from that page's folder.
        public var path: String
        /// Why it was not read; nil for a file among the sources.
        public var refusal: SVG.LinkedFile.Refusal?

        /// A link of a page.
        public init(page: Int, path: String, refusal: SVG.LinkedFile.Refusal? = nil) {
            self.page = page
            self.path = path
            self.refusal = refusal
        }
    }

    /// A conversion from its parts, see `ConversionRequest`.
    public init(
        target: Target, sources: [Digest], attachments: [Attachment] = [], links: [Link] = [], options: ConversionOptions = .init(),
        title: String? = nil
    ) {
        self = .convert(
            ConversionRequest(target: target, sources: sources, attachments: attachments, links: links, options: options, title: title))
    }

    /// What is converted; nil for a collection.
    package var converted: ConversionRequest? {
        switch self {
        case .convert(let request): request
        case .compose: nil
        }
    }

    /// Digests of the files it is made of.
    public var sources: [Digest] {
        switch self {
        case .convert(let request): request.sources
        case .compose(let request): request.sources
        }
    }

    /// What it makes, in a word: that of a target, or `collection`.
    public var product: String {
        switch self {
        case .convert(let request): request.target.rawValue
        case .compose: CompositionRequest.product
        }
    }

    /// The recipe of this request over its source files.
    ///
    /// - Parameters:
    ///   - sources: The files, in the order of `sources` and with those digests.
    ///   - listsElements: Whether the report on slides lists what became of every single element.
    /// - Throws: `RequestError` when they are not those.
    public func conversion(of sources: [Artifact<Blob>], listingElements listsElements: Bool = false) throws(RequestError) -> Conversion {
        guard sources.map(\.digest) == self.sources else { throw .otherSources }
        return switch self {
        case .convert(let request): try request.conversion(of: sources, listingElements: listsElements)
        case .compose(let request): try request.conversion(of: sources)
        }
    }
}

/// Pictures and drawings that become one file.
public struct ConversionRequest: Hashable, Sendable, Codable {
    /// What is made.
    public var target: Request.Target
    /// Digests of the source files: the pages in their order, then the attachments, then the files of the links that were read.
    public var sources: [Digest]
    /// What the sources behind the pages are; each kind at most once.
    public var attachments: [Request.Attachment]
    /// What the pictures of the pages refer to.
    public var links: [Request.Link]
    /// Everything else that decides the result.
    public var options: ConversionOptions
    /// Title in the document's properties (`pptx` only).
    public var title: String?

    /// A request from its parts. `svg` takes exactly one source, `pptx` at least one.
    public init(
        target: Request.Target, sources: [Digest], attachments: [Request.Attachment] = [], links: [Request.Link] = [],
        options: ConversionOptions = .init(),
        title: String? = nil
    ) {
        self.target = target
        self.sources = sources
        self.attachments = attachments
        self.links = links
        self.options = options
        self.title = title
    }

    /// The recipe over the files, which are those of `sources`.
    fileprivate func conversion(of sources: [Artifact<Blob>], listingElements listsElements: Bool) throws(RequestError) -> Conversion {
        let read = links.count { $0.refusal == nil }, pageCount = sources.count - attachments.count - read
        guard pageCount > 0 else { throw .sourceCount(pageCount, allowed: target == .svg ? "exactly one source" : "at least one source") }
        var linked = sources.suffix(read), files = [[LinkedSource]](repeating: [], count: pageCount)
        for link in links {
            guard files.indices.contains(link.page) else { throw .linkOfNoPage(link.page) }
            files[link.page].append(
                link.refusal.map { LinkedSource(path: link.path, refused: $0) }
                    ?? LinkedSource(path: link.path, file: linked.removeFirst()))
        }
        switch target {
        case .svg:
            guard sources.count == read + 1 else { throw .sourceCount(sources.count - read, allowed: "exactly one source") }
            return convertToSVG(sources[0], options, files: files[0])
        case .pptx:
            let attached = sources[pageCount..<pageCount + attachments.count]
            func attachment(_ kind: Request.Attachment) -> Artifact<Blob>? { zip(attachments, attached).first { $0.0 == kind }?.1 }
            return convertToPPTX(
                Array(sources[..<pageCount]), options, files: files, title: title, template: attachment(.template),
                notes: attachment(.notes), listsElements: listsElements)
        }
    }
}

/// A request that names no conversion.
public enum RequestError: Error, Equatable, CustomStringConvertible {
    /// The files given are not the ones the request names.
    case otherSources
    /// The target cannot be made of that many sources.
    case sourceCount(Int, allowed: String)
    /// A link names a page that is not there.
    case linkOfNoPage(Int)
    /// The files of a collection are not as many as it names.
    case pictureCount(Int, named: Int)

    /// One sentence: what, and what would help.
    public var description: String {
        switch self {
        case .otherSources: "the files given do not have the digests named in the request; give the same files in the same order"
        case .sourceCount(let count, let allowed): "\(count) sources were given where this target takes \(allowed)"
        case .pictureCount(let count, let named): "\(count) files were given for a collection that names \(named)"
        case .linkOfNoPage(let page): "a link names page \(page), which the request does not have"
        }
    }
}
