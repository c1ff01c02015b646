public import AtelierMemo
public import AtelierProcessors

extension Pipeline {
    /// The processor of all steps.
    ///
    ///     for try await part in pipeline.processor(engine)(pictures) { … }
    ///
    /// - Parameter onFailure: Is told of parts that a step could make nothing of, which are then left out; nil ends the run with the
    ///   first.
    public func processor(_ engine: Engine, onFailure: (@Sendable (ItemFailure) -> Void)? = nil) -> Chain {
        Chain(steps.map { $0.processor(engine, onFailure) })
    }
}

extension Pipeline.Step {
    fileprivate func processor(_ engine: Engine, _ onFailure: (@Sendable (ItemFailure) -> Void)?) -> any Processor {
        switch target {
        case .svg: TracePictures(engine, options, of: sources, onFailure: onFailure)
        case .png: RasterizeDrawings(engine, size: size, options, of: sources, onFailure: onFailure)
        case .pptx where isEach: MakeDecks(engine, options, title: title, of: sources, onFailure: onFailure)
        case .pptx: MakeDeck(engine, options, title: title, of: sources, onFailure: onFailure)
        }
    }
}
