import AtelierJSON
public import AtelierMemo
public import AtelierProcessors
public import AtelierStages

/// Says what the pictures of a stream are like: of each PNG, JPEG or WebP comes a JSON object with its features by name. Other parts pass.
public struct MeasurePictures: PartProcessor {
    var step: PartByPart
    private let options: ConversionOptions

    /// - Parameters:
    ///   - options: What is refused before a picture is decoded.
    ///   - sources: Media types of the parts that are pictures.
    ///   - onFailure: Is told of a part that could not be decoded, which is then left out; nil ends the run with its error.
    public init(
        _ engine: Engine, _ options: ConversionOptions = .init(), of sources: [String] = Pipeline.Target.features.usualSources,
        onFailure: (@Sendable (ItemFailure) -> Void)? = nil
    ) {
        step = PartByPart(engine: engine, sources: sources, onFailure: onFailure)
        self.options = options
    }

    /// Whether the part is a picture.
    public func match(_ part: Part) -> Bool { step.takes(part) }

    /// Emits the features, under the part's name with the ending `features.json`.
    public func process(_ part: Part, into output: Output) async throws {
        try await step.make(of: part, .features, into: output) { source in
            Blob(try await step.engine.value(of: measuredPicture(source, options)).json.prettyBytes)
        }
    }
}
