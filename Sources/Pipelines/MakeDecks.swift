import AtelierJSON
public import AtelierMemo
public import AtelierProcessors
public import AtelierStages

/// Makes a presentation of each picture and drawing of a stream. Other parts pass.
public struct MakeDecks: PartProcessor {
    var step: PartByPart
    private let options: ConversionOptions, title: PartTemplate?

    /// - Parameters:
    ///   - options: How drawings become slides, how pictures are traced, and what is refused.
    ///   - title: Title in the properties of the presentations, with places for what is known of each part.
    ///   - sources: Media types of the parts that become slides.
    ///   - onFailure: Is told of a part that could not become a slide, which is then left out; nil ends the run with its error.
    public init(
        _ engine: Engine, _ options: ConversionOptions = .init(), title: PartTemplate? = nil,
        of sources: [String] = Pipeline.Target.pptx.usualSources, onFailure: (@Sendable (ItemFailure) -> Void)? = nil
    ) {
        step = PartByPart(engine: engine, sources: sources, onFailure: onFailure)
        self.options = options
        self.title = title
    }

    /// Whether the part becomes a slide.
    public func match(_ part: Part) -> Bool { step.takes(part) }

    /// Emits the presentation.
    public func process(_ part: Part, into output: Output) async throws {
        try await step.make(of: part, .pptx, into: output) { source in
            try await step.engine.value(of: convertToPPTX([source], options, title: try title?.filled(for: part)).output)
        }
    }
}

/// Makes one presentation of all pictures and drawings of a stream, a slide each. Other parts pass; the presentation comes last.
///
///     let deck = TracePictures(engine) + MakeDeck(engine, title: "Pictures")
///
/// Slides share one size, which takes knowing all of them: the parts are held until the last has come, within `Limits`.
public struct MakeDeck: Processor {
    /// How much one presentation is made of. Beyond it the run ends with an error.
    public struct Limits: Hashable, Sendable {
        /// Most parts, and most bytes of them together.
        public var parts: Int, bytes: Int

        /// 10,000 parts of 1 GiB together.
        public init(parts: Int = 10_000, bytes: Int = 1 << 30) {
            self.parts = parts
            self.bytes = bytes
        }
    }

    var step: PartByPart
    private let options: ConversionOptions, title: String?, limits: Limits

    /// - Parameters:
    ///   - options: How drawings become slides, how pictures are traced, and what is refused.
    ///   - title: Title in the properties of the presentation.
    ///   - sources: Media types of the parts that become slides.
    ///   - limits: How much is held.
    ///   - onFailure: Is told of a part that could not become a slide, which is then left out; nil ends the run with its error.
    public init(
        _ engine: Engine, _ options: ConversionOptions = .init(), title: String? = nil,
        of sources: [String] = Pipeline.Target.pptx.usualSources, limits: Limits = .init(),
        onFailure: (@Sendable (ItemFailure) -> Void)? = nil
    ) {
        step = PartByPart(engine: engine, sources: sources, onFailure: onFailure)
        self.options = options
        self.title = title
        self.limits = limits
    }

    /// Passes what becomes no slide, and emits the presentation at the end; none without a slide.
    public func process(_ input: PartStream, into output: Output) async throws {
        var pages: [(part: Part, source: Artifact<Blob>)] = [], byteCount = 0
        for try await part in input {
            guard step.takes(part), let bytes = part.bytes else {
                try await output.emit(part)
                continue
            }
            byteCount += bytes.count
            guard pages.count < limits.parts, byteCount <= limits.bytes else { throw DeckTooLarge(limits: limits) }
            pages.append((part, .blob(bytes)))
        }
        guard !pages.isEmpty, let deck = try await deck(of: pages) else { return }
        var metadata = Metadata()
        if let title { metadata["title"] = .string(title) }
        metadata["slides"] = .integer(deck.slides)
        if let name = step.name { metadata[Part.fileName] = .string(name.text) }
        let made = try Part(
            bytes: deck.file, mimeType: MIMEType(Pipeline.Target.pptx.mediaType), role: pages[0].part.role, metadata: metadata)
        try await output.emit(made.going(step.lane))
    }

    /// The presentation of the pages that can be slides; nil when there are none.
    private func deck(of pages: [(part: Part, source: Artifact<Blob>)]) async throws -> (file: Blob, slides: Int)? {
        do {
            return (try await file(of: pages.map(\.source)), pages.count)
        } catch {
            // Which pages it was is found by asking each; what they share with the deck is not made twice.
            var good: [Artifact<Blob>] = []
            for (part, source) in pages {
                do {
                    _ = try await step.engine.value(of: convertToPPTX([source], options).report)
                    good.append(source)
                } catch { try step.fail(part, error) }
            }
            // Nothing is wrong with any page: it is the deck.
            if good.count == pages.count { throw error }
            return good.isEmpty ? nil : (try await file(of: good), good.count)
        }
    }

    private func file(of pages: [Artifact<Blob>]) async throws -> Blob {
        try await step.engine.value(of: convertToPPTX(pages, options, title: title).output)
    }
}

/// More pages than one presentation is made of.
public struct DeckTooLarge: Error, Hashable, CustomStringConvertible {
    /// What was passed.
    public var limits: MakeDeck.Limits

    /// One sentence: what, and what would help.
    public var description: String {
        "a presentation is made of at most \(limits.parts) parts with \(limits.bytes) bytes together; make several of fewer inputs"
    }
}
