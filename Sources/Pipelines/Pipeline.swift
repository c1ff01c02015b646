// Pipelines: the domain as processors. A part is a picture, a drawing, a presentation, a collection; steps make one of the other, ask the
// engine for it, and so find what was made before. A pipeline is requests as a document. Start with `Pipeline`, then `TracePictures`.

public import AtelierStages

/// What becomes of a stream of pictures and drawings, step by step.
///
///     let pipeline = try Pipeline(parsing: [UInt8](#"{"steps": [{"make": "svg"}, {"make": "pptx"}]}"#.utf8))
///
/// A step is a request without its sources, which are the parts that reach it, or leads parts to steps of their own. Parts of other types pass.
public struct Pipeline: Hashable, Sendable {
    /// In order; at least one.
    public var steps: [Step]

    /// A pipeline of some steps.
    public init(_ steps: [Step]) { self.steps = steps }

    /// What becomes of parts at one place.
    public indirect enum Step: Hashable, Sendable {
        /// One request for each part, or for all.
        case make(Making)
        /// Every part goes through each of these; what becomes of a part comes in their order.
        case parallel([[Step]])
        /// Every part goes through the first of these that takes its type, else through the rest; without a rest it passes.
        case choose([Case], rest: [Step]?)
    }

    /// Media types and the steps for them.
    public struct Case: Hashable, Sendable {
        /// Media types such as `image/png`, or `image/*`.
        public var sources: [String]
        /// What becomes of these parts; without steps they pass.
        public var steps: [Step]

        /// A case.
        public init(of sources: [String], _ steps: [Step]) {
            self.sources = sources
            self.steps = steps
        }
    }

    /// What a step makes.
    public enum Target: String, Hashable, Sendable, CaseIterable {
        /// A drawing of each picture, traced.
        case svg
        /// A picture of each drawing.
        case png
        /// A presentation of all parts, or of each.
        case pptx
        /// Pictures of the items of a collection.
        case items
        /// What each picture is like in numbers, as JSON.
        case features
    }

    /// One request.
    public struct Making: Hashable, Sendable {
        /// What is made.
        public var target: Target
        /// Of which parts: media types such as `image/png`, or `image/*`. The others pass.
        public var sources: [String]
        /// How; the options of the command line.
        public var options: ConversionOptions
        /// How large pictures of drawings are (`png` only).
        public var size: RenderingSize
        /// Which items of a collection are drawn, and how (`items` only).
        public var items: ItemOptions
        /// A presentation of each part instead of one of all (`pptx` only).
        public var isEach: Bool
        /// Title in the properties of the presentation (`pptx` only).
        public var title: PartTemplate?
        /// What parts that are made are called; nil for the name of the part with another ending.
        public var name: PartTemplate?
        /// What becomes of parts that nothing could be made of; nil when they are left out and told.
        public var fallback: [Step]?

        /// A request; without sources those that its target is usually made of.
        public init(
            _ target: Target, of sources: [String]? = nil, options: ConversionOptions = .init(), size: RenderingSize = .init(),
            items: ItemOptions = .init(), each isEach: Bool = false, title: PartTemplate? = nil, name: PartTemplate? = nil,
            fallback: [Step]? = nil
        ) {
            self.target = target
            self.sources = sources ?? target.usualSources
            self.options = options
            self.size = size
            self.items = items
            self.isEach = isEach
            self.title = title
            self.name = name
            self.fallback = fallback
        }

        /// The media type of what comes out.
        public var output: String { target == .items ? "image/" + items.collection.format.rawValue : target.mediaType }

        /// Whether it looks at each part alone.
        public var isPartByPart: Bool { target != .pptx || isEach }
    }
}

extension Pipeline.Step {
    /// A step of one request.
    public static func make(_ target: Pipeline.Target) -> Pipeline.Step { .make(Pipeline.Making(target)) }
}

extension Pipeline.Target {
    /// What it is usually made of.
    public var usualSources: [String] {
        switch self {
        case .svg: ["image/png", "image/jpeg", "image/webp"]
        case .png: ["image/svg+xml"]
        case .pptx: ["image/png", "image/jpeg", "image/webp", "image/svg+xml"]
        case .items: ["application/json"]
        case .features: ["image/png", "image/jpeg", "image/webp"]
        }
    }

    /// The media type of what comes out, of items as PNG.
    package var mediaType: String {
        switch self {
        case .svg: "image/svg+xml"
        case .png, .items: "image/png"
        case .pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        case .features: "application/json"
        }
    }

    /// What names of parts that are made end with.
    package var ending: String {
        switch self {
        case .items: Pipeline.Target.png.rawValue
        case .features: "features.json"
        default: rawValue
        }
    }
}
