public import AtelierArchives

/// Why a presentation cannot take slides in.
public enum TemplateError: Error, Equatable, CustomStringConvertible {
    /// The file is no archive that can be read.
    case archive(ZIPReadingError)
    /// A part that is missing, or not what it should be.
    case part(String, reason: String)
    /// No layout has that name; these there are.
    case noLayout(String, known: [String])
    /// No placeholder of the layout has that name or number; these there are.
    case noPlaceholder(String, layout: String, known: [String])
    /// The result would pass what its container holds.
    case result(ZIPError)

    /// One sentence: what, and what would help.
    public var description: String {
        switch self {
        case .archive(let error): "the template cannot be read: \(error)"
        case .part(let part, let reason): "the template cannot take slides in: \(part): \(reason)"
        case .noLayout(let name, let known):
            "the template has no layout '\(name)'" + (known.isEmpty ? "" : "; it has \(listed(known))")
        case .noPlaceholder(let name, let layout, let known):
            "the layout '\(layout)' has no placeholder '\(name)'" + (known.isEmpty ? "" : "; it has \(listed(known))")
        case .result(let error): "\(error)"
        }
    }

    private func listed(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
}

/// A presentation that slides are put into.
///
///     let template = try PresentationTemplate(reading: file)
///     let place = try template.place(layout: "Title and Content", placeholder: nil)
///     var options = SlideOptions(size: template.size)
///     options.area = place.area
///     let deck = try template.inserting([mapSlide(tree, options)], layout: place.layout)
public struct PresentationTemplate: Sendable {
    /// A box of a layout that slides fill.
    public struct Placeholder: Hashable, Sendable {
        /// What people call it.
        public var name: String
        /// Its `type`, `obj` where none is said, and its `idx`, 0 where none is said.
        public var type: String, index: Int
        /// Where it lies; nil when neither layout nor master say it.
        public var area: SlideArea?
    }

    /// A layout of one of its masters.
    public struct Layout: Hashable, Sendable {
        /// Name of the part.
        public var part: String
        /// What people call it.
        public var name: String
        /// Its boxes, in drawing order.
        public var placeholders: [Placeholder]

        /// Whether a slide of this layout has a title.
        public var hasTitle: Bool { placeholders.contains { $0.type == "title" || $0.type == "ctrTitle" } }
    }

    /// Size of its slides.
    public let size: SlideSize
    /// The layouts of all masters, in order.
    public let layouts: [Layout]

    let archive: ZIPReader
    /// Name of the presentation part.
    let main: String

    /// Reads what has to be known of a presentation; nothing of it is changed.
    public init(reading file: [UInt8]) throws(TemplateError) {
        do throws(ZIPReadingError) { archive = try ZIPReader(file) } catch { throw .archive(error) }
        let package = TemplatePackage(archive)
        guard let root = try package.relationships(of: "").first(where: { $0.type.hasSuffix("/officeDocument") }) else {
            throw .part("_rels/.rels", reason: "it leads to no presentation; give a .pptx or .potx file")
        }
        main = root.target
        var presentation = PresentationFacts()
        try package.read(main, with: &presentation)
        guard presentation.root == "p:presentation" else {
            throw .part(main, reason: "it is no presentation in the transitional form of Open XML; save it from PowerPoint as .pptx")
        }
        guard let size = presentation.size else { throw .part(main, reason: "it has no slide size") }
        self.size = size
        let arrows = try package.relationships(of: main)
        var layouts: [Layout] = []
        for master in presentation.masters {
            guard let part = arrows.first(where: { $0.id == master })?.target else { continue }
            var above = LayoutFacts()
            try package.read(part, with: &above)
            let below = try package.relationships(of: part)
            for id in above.layouts {
                guard let path = below.first(where: { $0.id == id })?.target else { continue }
                var facts = LayoutFacts()
                try package.read(path, with: &facts)
                let placeholders = facts.placeholders.map { own in
                    var own = own
                    own.area = own.area ?? above.placeholders.first { $0.type == inheritedType(of: own.type) }?.area
                    return own
                }
                layouts.append(Layout(part: path, name: facts.name ?? path, placeholders: placeholders))
            }
        }
        self.layouts = layouts
    }

    /// The layout and the box that pictures go into.
    ///
    /// - Parameters:
    ///   - layout: A name, in upper or lower case; nil for the one named "Blank", else the last.
    ///   - placeholder: A name, a type such as `pic`, or a number (`idx`); nil for the largest box for pictures or content. Without one
    ///     of those the whole slide is taken.
    public func place(layout name: String?, placeholder: String?) throws(TemplateError) -> (layout: Layout, area: SlideArea?) {
        let found =
            if let name { layouts.first { $0.name == name } ?? layouts.first { $0.name.lowercased() == name.lowercased() } } else {
                layouts.first { $0.name.lowercased() == "blank" } ?? layouts.last
            }
        guard let layout = found else { throw .noLayout(name ?? "Blank", known: layouts.map(\.name)) }
        guard let placeholder else {
            let contents = layout.placeholders.filter { ["obj", "pic", "body"].contains($0.type) }
            let largest = contents.max { ($0.area?.extent ?? 0, $1.index) < ($1.area?.extent ?? 0, $0.index) }
            return (layout, largest?.area)
        }
        let wanted = placeholder.lowercased()
        guard
            let box = layout.placeholders.first(where: { $0.name.lowercased() == wanted })
                ?? layout.placeholders.first(where: { $0.type.lowercased() == wanted || String($0.index) == wanted })
        else { throw .noPlaceholder(placeholder, layout: layout.name, known: layout.placeholders.map(\.name)) }
        guard let area = box.area else { throw .part(layout.part, reason: "nothing says where the placeholder '\(box.name)' lies") }
        return (layout, area)
    }
}

/// The type of the master's box that one of a layout follows.
private func inheritedType(of type: String) -> String {
    switch type {
    case "title", "ctrTitle": "title"
    case "dt", "ftr", "sldNum": type
    default: "body"
    }
}

extension SlideArea {
    /// In square EMU.
    fileprivate var extent: Double { Double(width.rawValue) * Double(height.rawValue) }
}

/// The parts of a package by name.
struct TemplatePackage {
    /// A relationship with its target as the name of a part.
    struct Arrow {
        var id: String, type: String, target: String
    }

    private let archive: ZIPReader
    private var members: [String: ZIPReader.Member] = [:]

    init(_ archive: ZIPReader) {
        self.archive = archive
        for member in archive.members where members[member.name] == nil { members[member.name] = member }
    }

    /// The bytes of a part; nil when there is none of that name.
    func bytes(_ name: String) throws(TemplateError) -> [UInt8]? {
        guard let member = members[name] else { return nil }
        do throws(ZIPReadingError) { return try archive.unpacked(member) } catch { throw .archive(error) }
    }

    /// The bytes of a part that can be extended: UTF-8, or a relative in which markup is ASCII.
    func text(_ name: String) throws(TemplateError) -> [UInt8] {
        guard let bytes = try bytes(name) else { throw .part(name, reason: "the part is missing") }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw .part(name, reason: "its encoding is UTF-16; save it anew from an Office program")
        }
        return bytes
    }

    func read(_ name: String, with reader: inout some MarkupReader) throws(TemplateError) {
        guard let bytes = try bytes(name) else { throw .part(name, reason: "the part is missing") }
        do throws(MarkupError) { try reader.read(bytes) } catch {
            throw .part(name, reason: "not well-formed XML at line \(error.line): \(error.reason)")
        }
    }

    /// The relationships of a part that stay in the package; none when it has no such part.
    func relationships(of part: String) throws(TemplateError) -> [Arrow] {
        let path = OPCPackage.relationshipsPath(of: part)
        guard members[path] != nil else { return [] }
        var list = ElementList(of: "rel:Relationship")
        try read(path, with: &list)
        let folder = OPCPackage.split(part).folder
        return list.elements.compactMap { element, _ in
            guard element["TargetMode"] != "External", let id = element["Id"], let type = element["Type"], let target = element["Target"]
            else { return nil }
            return Arrow(id: id, type: type, target: resolvedPath(target, from: folder))
        }
    }
}

/// What a presentation part says.
struct PresentationFacts: MarkupReader {
    private(set) var root: String?
    private(set) var size: SlideSize?
    /// Relationships of its masters.
    private(set) var masters: [String] = []
    private(set) var notesMaster: String?
    /// The largest id of its slides, which begin at 256.
    private(set) var lastSlide = 255

    mutating func start(_ name: String, _ attributes: [(name: String, value: String)], at place: MarkupPlace) {
        root = root ?? name
        func value(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
        switch name {
        case "p:sldSz":
            guard let width = value("cx").flatMap({ Int($0) }), let height = value("cy").flatMap({ Int($0) }) else { return }
            size = SlideSize(width: EMU(rawValue: width), height: EMU(rawValue: height))
        case "p:sldMasterId": if let id = value("r:id") { masters.append(id) }
        case "p:notesMasterId": notesMaster = value("r:id")
        case "p:sldId": if let id = value("id").flatMap({ Int($0) }) { lastSlide = max(lastSlide, id) }
        default: break
        }
    }

    mutating func end(at place: MarkupPlace) {}
    mutating func text(line: Int) {}
    mutating func declare(prefix: String, namespace: String) {}
}

/// What a layout or a master says.
private struct LayoutFacts: MarkupReader {
    private(set) var name: String?
    private(set) var placeholders: [PresentationTemplate.Placeholder] = []
    /// Relationships of a master's layouts.
    private(set) var layouts: [String] = []

    private var depth = 0
    /// Depth of the shape that is being read; 0 for none.
    private var shapeDepth = 0
    private var shapeName: String?, type: String?, index = 0
    private var corner: (x: Int, y: Int)?, extent: (width: Int, height: Int)?

    mutating func start(_ element: String, _ attributes: [(name: String, value: String)], at place: MarkupPlace) {
        depth += 1
        func value(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
        func number(_ name: String) -> Int? { value(name).flatMap { Int($0) } }
        switch element {
        case "p:cSld": name = value("name")
        case "p:sldLayoutId": if let id = value("r:id") { layouts.append(id) }
        case "p:sp", "p:pic", "p:graphicFrame":
            shapeDepth = depth
            (shapeName, type, index, corner, extent) = (nil, nil, 0, nil, nil)
        case "p:cNvPr": shapeName = shapeName ?? value("name")
        case "p:ph":
            type = value("type") ?? "obj"
            index = number("idx") ?? 0
        case "a:off": if corner == nil, let x = number("x"), let y = number("y") { corner = (x, y) }
        case "a:ext": if extent == nil, let width = number("cx"), let height = number("cy") { extent = (width, height) }
        default: break
        }
    }

    mutating func end(at place: MarkupPlace) {
        if shapeDepth > 0, depth == shapeDepth {
            if let type {
                var area: SlideArea?
                if let corner, let extent, extent.width > 0, extent.height > 0, EMU.isOnCanvas(corner.x), EMU.isOnCanvas(corner.y),
                    EMU.isOnCanvas(extent.width), EMU.isOnCanvas(extent.height)
                {
                    area = SlideArea(
                        x: EMU(rawValue: corner.x), y: EMU(rawValue: corner.y), width: EMU(rawValue: extent.width),
                        height: EMU(rawValue: extent.height))
                }
                placeholders.append(.init(name: shapeName ?? type, type: type, index: index, area: area))
            }
            shapeDepth = 0
        }
        depth -= 1
    }

    mutating func text(line: Int) {}
    mutating func declare(prefix: String, namespace: String) {}
}

extension EMU {
    /// Whether a length from elsewhere can be computed with.
    fileprivate static func isOnCanvas(_ length: Int) -> Bool { Double(length).magnitude <= reach }
}
