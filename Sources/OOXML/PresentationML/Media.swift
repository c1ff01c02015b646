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

extension Media {
    /// The file as it lies in the package. Pictures are compressed already.
    func packed(with pictures: [Drawing: [UInt8]]) -> PackedBytes {
        switch self {
        case .file(let bytes, _): bytes
        case .drawing(let drawing): Packer().pack(drawing.svg)
        case .rendering(let drawing): PackedBytes(storing: pictures[drawing] ?? transparentPixel)
        }
    }
}

/// The files of a presentation with their names, each once.
struct MediaFolder {
    private(set) var files: [(name: String, file: Media)] = []
    private var places: [Media: Int] = [:]
    /// Names that are in use, in lower case.
    private var taken: Set<String>
    private var last = 0

    /// - Parameter taken: Names that others have, in lower case.
    init(taken: Set<String> = []) { self.taken = taken }

    /// The name of a file; it gets one when it is new.
    mutating func name(of file: Media) -> String {
        if let place = places[file] { return files[place].name }
        var name: String
        repeat {
            last += 1
            name = "image\(last).\(file.kind.rawValue)"
        } while taken.contains(name)
        places[file] = files.count
        files.append((name, file))
        return name
    }
}

/// A PNG file of one transparent pixel.
private let transparentPixel: [UInt8] = [
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1F,
    0x15,
    0xC4, 0x89, 0, 0, 0, 0x0B, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x60, 0, 2, 0, 0, 5, 0, 1, 0xE9, 0xFA, 0xDC, 0xD8, 0, 0, 0, 0,
    0x49,
    0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
]

extension Slide {
    /// Its relationships: the layout, then its files from `firstMediaRelationship` on, its links, its notes.
    func relationships(layout: String, _ folder: inout MediaFolder, notes: String?) -> [OPCPackage.Relationship] {
        var result = [OPCPackage.Relationship(id: 1, type: RelationshipType.slideLayout, target: layout)]
        for (place, file) in media.enumerated() {
            result.append(
                .init(
                    id: Slide.firstMediaRelationship + place, type: RelationshipType.image, target: "../media/" + folder.name(of: file)))
        }
        for (place, address) in links.enumerated() {
            result.append(.init(id: place + 1, type: RelationshipType.hyperlink, target: address, isLink: true))
        }
        if let notes {
            result.append(.init(id: Slide.firstMediaRelationship + media.count, type: RelationshipType.notesSlide, target: notes))
        }
        return result
    }

    /// The drawings whose pixels slides ask for, each once, in the order of their first use.
    public static func drawings(of slides: [Slide]) -> [Drawing] {
        var seen: Set<Drawing> = [], result: [Drawing] = []
        for case .rendering(let drawing) in slides.flatMap(\.media) where seen.insert(drawing).inserted { result.append(drawing) }
        return result
    }
}
