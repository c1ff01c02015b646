public import AtelierImageCodecs
public import AtelierImageTracing
public import AtelierOOXML
public import AtelierSVG

/// Everything a conversion can be told; the same struct is the flags, the JSON and the request.
public struct ConversionOptions: Hashable, Sendable, Codable {
    /// What is refused before a picture is decoded.
    public var image: DecodeLimits
    /// How pictures are traced.
    public var trace: TraceOptions
    /// The least SSIM of a traced picture, 0.5 to 1: the smallest SVG that reaches it is made. Nil traces once.
    public var targetSSIM: Double?
    /// Whether pictures are traced in several ways around the options, of which the best is taken; a target for the likeness goes first.
    public var isAutomatic: Bool
    /// How SVG is read, and what is refused.
    public var svg: SVG.ReadOptions
    /// How drawings become slides.
    public var slide: SlideOptions
    /// What the slides of a deck are made of.
    public var deck: DeckOptions

    /// The defaults.
    public init(
        image: DecodeLimits = .init(), trace: TraceOptions = .init(), targetSSIM: Double? = nil, isAutomatic: Bool = false,
        svg: SVG.ReadOptions = .init(), slide: SlideOptions = .init(), deck: DeckOptions = .init()
    ) {
        self.image = image
        self.trace = trace
        self.targetSSIM = targetSSIM
        self.isAutomatic = isAutomatic
        self.svg = svg
        self.slide = slide
        self.deck = deck
    }

    /// Whether a picture is traced several times.
    package var searches: Bool { targetSSIM != nil || isAutomatic }
}
