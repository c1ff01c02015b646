public import AtelierImageTracing
public import AtelierMemo

/// Writes a traced drawing as the shortest SVG that draws it.
public struct WriteDrawing: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.write"
    /// Raised when the same drawing gives other bytes.
    public static let version = 3

    /// The layers.
    public var drawing: Artifact<TracedDrawing>
    /// Precision and form of the text.
    public var options: DrawingOptions

    /// The text of one drawing.
    public init(drawing: Artifact<TracedDrawing>, options: DrawingOptions = .init()) {
        self.drawing = drawing
        self.options = options
    }

    /// Writes.
    public func run(in context: Context) throws -> Blob { Blob(writeSVG(context[drawing], options, each: context.concurrently)) }
}
