public import AtelierMemo
public import AtelierProcessors
public import AtelierStages

/// Draws the drawings of a stream: of each SVG comes a picture (PNG). Other parts pass.
public struct RasterizeDrawings: PartProcessor {
    var step: PartByPart
    private let size: RenderingSize, options: ConversionOptions

    /// - Parameters:
    ///   - size: How large the pictures are.
    ///   - options: How drawings are read, and what is refused.
    ///   - sources: Media types of the parts that are drawings.
    ///   - onFailure: Is told of a part that could not be drawn, which is then left out; nil ends the run with its error.
    public init(
        _ engine: Engine, size: RenderingSize = .init(), _ options: ConversionOptions = .init(),
        of sources: [String] = Pipeline.Target.png.usualSources, onFailure: (@Sendable (ItemFailure) -> Void)? = nil
    ) {
        step = PartByPart(engine: engine, sources: sources, onFailure: onFailure)
        self.size = size
        self.options = options
    }

    /// Whether the part is a drawing.
    public func match(_ part: Part) -> Bool { step.takes(part) }

    /// Emits the picture.
    public func process(_ part: Part, into output: Output) async throws {
        try await step.make(of: part, .png, into: output) { source in
            switch try await step.engine.value(of: rasterizeSVG(source, size, options)) {
            case .png(let file): return Blob(file)
            case .failed(let reason): throw NotDrawn(description: reason)
            }
        }
    }
}

/// Why a drawing has no picture, in the words of what draws.
struct NotDrawn: Error, CustomStringConvertible {
    let description: String
}
