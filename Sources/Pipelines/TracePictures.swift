public import AtelierMemo
public import AtelierProcessors
public import AtelierStages

/// Traces the pictures of a stream: of each PNG, JPEG or WebP comes a drawing (SVG). Other parts pass.
///
///     for try await drawing in TracePictures(engine)(pictures) { … }
///
/// Pictures are traced side by side and come in their order. What was traced before is found, not made.
public struct TracePictures: PartProcessor {
    var step: PartByPart
    private let options: ConversionOptions

    /// - Parameters:
    ///   - options: How pictures are traced, and what is refused.
    ///   - sources: Media types of the parts that are pictures.
    ///   - onFailure: Is told of a part that could not be traced, which is then left out; nil ends the run with its error.
    public init(
        _ engine: Engine, _ options: ConversionOptions = .init(), of sources: [String] = Pipeline.Target.svg.usualSources,
        onFailure: (@Sendable (ItemFailure) -> Void)? = nil
    ) {
        step = PartByPart(engine: engine, sources: sources, onFailure: onFailure)
        self.options = options
    }

    /// Whether the part is a picture.
    public func match(_ part: Part) -> Bool { step.takes(part) }

    /// Emits the drawing.
    public func process(_ part: Part, into output: Output) async throws {
        try await step.make(of: part, .svg, into: output) { source in
            try await step.engine.value(of: convertToSVG(source, options).output)
        }
    }
}
