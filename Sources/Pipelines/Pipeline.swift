// Pipelines: the domain as processors. A part is a picture, a drawing or a presentation; steps make one of the other, ask the engine
// for it, and so find what was made before. A pipeline is a list of requests as a document. Start with `Pipeline`, then `TracePictures`.

public import AtelierStages

/// What becomes of a stream of pictures and drawings, step by step.
///
///     let pipeline = try Pipeline(parsing: [UInt8](#"{"steps": [{"make": "svg"}, {"make": "pptx"}]}"#.utf8))
///
/// Each step is a request without its sources: those are the parts that reach it. Parts of other types pass.
public struct Pipeline: Hashable, Sendable {
    /// In order; at least one.
    public var steps: [Step]

    /// A pipeline of some steps.
    public init(_ steps: [Step]) { self.steps = steps }

    /// What a step makes.
    public enum Target: String, Hashable, Sendable, CaseIterable {
        /// A drawing of each picture, traced.
        case svg
        /// A picture of each drawing.
        case png
        /// A presentation of all parts, or of each.
        case pptx
    }

    /// One request.
    public struct Step: Hashable, Sendable {
        /// What is made.
        public var target: Target
        /// Of which parts: media types such as `image/png`, or `image/*`. The others pass.
        public var sources: [String]
        /// How; the options of the command line.
        public var options: ConversionOptions
        /// How large pictures of drawings are (`png` only).
        public var size: RenderingSize
        /// A presentation of each part instead of one of all (`pptx` only).
        public var isEach: Bool
        /// Title in the properties of the presentation (`pptx` only).
        public var title: String?

        /// A step; without sources those that its target is usually made of.
        public init(
            _ target: Target, of sources: [String]? = nil, options: ConversionOptions = .init(), size: RenderingSize = .init(),
            each isEach: Bool = false, title: String? = nil
        ) {
            self.target = target
            self.sources = sources ?? target.usualSources
            self.options = options
            self.size = size
            self.isEach = isEach
            self.title = title
        }

        /// The media type of what comes out.
        public var output: String { target.mediaType }

        /// Whether it looks at each part alone.
        public var isPartByPart: Bool { target != .pptx || isEach }
    }
}

extension Pipeline.Target {
    /// What it is usually made of.
    public var usualSources: [String] {
        switch self {
        case .svg: ["image/png", "image/jpeg"]
        case .png: ["image/svg+xml"]
        case .pptx: ["image/png", "image/jpeg", "image/svg+xml"]
        }
    }

    /// The media type of what comes out.
    package var mediaType: String {
        switch self {
        case .svg: "image/svg+xml"
        case .png: "image/png"
        case .pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        }
    }
}
