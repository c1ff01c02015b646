public import AtelierArchives

/// A drawing that a slide shows as a picture, because it has no form as shapes.
public struct Drawing: Hashable, Sendable {
    /// A complete SVG document of what is shown, in UTF-8.
    public let svg: [UInt8]
    /// Columns and rows of the picture for programs that do not draw SVG, each 1…32767.
    public let width: Int, height: Int

    /// A drawing from its parts.
    public init(svg: [UInt8], width: Int, height: Int) {
        self.svg = svg
        self.width = width
        self.height = height
    }
}

/// A file beside a slide.
public enum Media: Hashable, Sendable {
    /// What a file of the package may be.
    public enum Kind: String, Hashable, Sendable {
        /// Portable Network Graphics.
        case png
        /// JPEG.
        case jpeg
        /// Scalable Vector Graphics.
        case svg
        /// Graphics Interchange Format.
        case gif
    }

    /// A file as it is.
    case file(PackedBytes, Kind)
    /// A drawing's pixels, as PNG; they are drawn by a later step.
    case rendering(Drawing)
    /// The drawing itself, for programs that draw SVG.
    case drawing(Drawing)

    var kind: Kind {
        switch self {
        case .file(_, let kind): kind
        case .rendering: .png
        case .drawing: .svg
        }
    }

    var byteCount: Int {
        switch self {
        case .file(let packed, _): packed.bytes.count
        case .rendering: 0  // shares its bytes with the drawing
        case .drawing(let drawing): drawing.svg.count
        }
    }
}

extension Slide {
    /// The drawings whose pixels slides ask for, each once, in the order of their first use.
    public static func drawings(of slides: [Slide]) -> [Drawing] {
        var seen: Set<Drawing> = [], result: [Drawing] = []
        for case .rendering(let drawing) in slides.flatMap(\.media) where seen.insert(drawing).inserted { result.append(drawing) }
        return result
    }
}
