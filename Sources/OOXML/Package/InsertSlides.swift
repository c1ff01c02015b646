internal import AtelierArchives

extension PresentationTemplate {
    /// The presentation with slides behind its own.
    ///
    /// Every part stays as it is, byte for byte, but the three that list slides: the presentation, its relationships and the content types
    /// are extended where they end. New parts get names that nobody has.
    ///
    /// - Parameters:
    ///   - slides: Mapped for the template's size.
    ///   - layout: One of the template's own.
    ///   - pictures: PNG files of the slides' drawings (`Slide.drawings(of:)`).
    ///   - notes: What the speaker reads; the template's notes master is used, or one of our own where it has none.
    /// - Complexity: linear in the size of the template and the slides.
    public func inserting(
        _ slides: [Slide], layout: Layout, pictures: [Drawing: [UInt8]] = [:], notes: SlideNotes = .init()
    ) throws(TemplateError) -> [UInt8] {
        var insertion = try Insertion(into: self)
        try insertion.add(slides, layout: layout, notes)
        return try insertion.finish(pictures)
    }
}

/// A presentation that is being extended.
private struct Insertion {
    private let archive: ZIPReader
    private let main: String
    private let package: TemplatePackage
    private var facts = PresentationFacts()
    private let mainArrows: [TemplatePackage.Arrow]
    /// Names of all members in lower case, the new ones included.
    private var taken: Set<String>
    private var added: [(path: String, bytes: [UInt8])] = []
    private var media: MediaFolder
    private var overrides: [(path: String, type: StaticString)] = []
    private var newArrows: [OPCPackage.Relationship] = []
    private var slideIDs: [(id: Int, relationship: Int)] = []
    private var notesMasterID: Int?
    private var notesMasterPath: String?

    init(into template: PresentationTemplate) throws(TemplateError) {
        archive = template.archive
        main = template.main
        package = TemplatePackage(archive)
        mainArrows = try package.relationships(of: main)
        taken = Set(archive.members.map { $0.name.lowercased() })
        let folder = "ppt/media/"
        media = MediaFolder(taken: Set(taken.filter { $0.hasPrefix(folder) }.map { String($0.dropFirst(folder.count)) }))
        try package.read(main, with: &facts)
    }

    mutating func add(_ slides: [Slide], layout: PresentationTemplate.Layout, _ notes: SlideNotes) throws(TemplateError) {
        var nextArrow = 1 + (try relationshipNumbers().max() ?? 0)
        func arrow() -> Int {
            defer { nextArrow += 1 }
            return nextArrow
        }
        guard facts.lastSlide < Int(Int32.max) - slides.count else { throw .part(main, reason: "its slides have no numbers left") }
        for (index, slide) in slides.enumerated() {
            let path = freeName("ppt/slides/slide", ".xml")
            let text = notes.text(of: index), notesPath = text.map { _ in freeName("ppt/notesSlides/notesSlide", ".xml") }
            let relationships = slide.relationships(
                layout: relativePath(to: layout.part, from: "ppt/slides/"), &media,
                notes: notesPath.map { relativePath(to: $0, from: "ppt/slides/") })
            guard let part = slide.part.unpacked() else { throw .part(path, reason: "the slide is damaged") }
            add(path, ContentType.slide, part, relationships)
            let relationship = arrow()
            newArrows.append(.init(id: relationship, type: RelationshipType.slide, target: relativePath(to: path, from: mainFolder)))
            slideIDs.append((facts.lastSlide + 1 + index, relationship))
            guard let text, let notesPath else { continue }
            let master = notesMaster(arrow)
            add(
                notesPath, ContentType.notesSlide, notesPart(text).bytes,
                notesRelationships(
                    slide: relativePath(to: path, from: "ppt/notesSlides/"), master: relativePath(to: master, from: "ppt/notesSlides/")))
        }
    }

    /// Name of the notes master, which is made when there is none.
    private mutating func notesMaster(_ arrow: () -> Int) -> String {
        if let path = notesMasterPath { return path }
        if let id = facts.notesMaster, let known = mainArrows.first(where: { $0.id == id }) {
            notesMasterPath = known.target
            return known.target
        }
        let path = freeName("ppt/notesMasters/notesMaster", ".xml"), theme = freeName("ppt/theme/theme", ".xml")
        add(theme, ContentType.theme, part(BlankDesign.theme).bytes, [])
        add(
            path, ContentType.notesMaster, part(BlankDesign.notesMaster).bytes,
            [.init(id: 1, type: RelationshipType.theme, target: relativePath(to: theme, from: "ppt/notesMasters/"))])
        let relationship = arrow()
        newArrows.append(.init(id: relationship, type: RelationshipType.notesMaster, target: relativePath(to: path, from: mainFolder)))
        notesMasterID = relationship
        notesMasterPath = path
        return path
    }

    private var mainFolder: String { OPCPackage.split(main).folder }

    private mutating func add(_ path: String, _ type: StaticString, _ bytes: [UInt8], _ relationships: [OPCPackage.Relationship]) {
        added.append((path, bytes))
        overrides.append((path, type))
        if relationships.isEmpty { return }
        added.append((OPCPackage.relationshipsPath(of: path), OPCPackage.part(of: relationships).bytes))
    }

    /// `ppt/slides/slide12.xml`: the first number that is free.
    private mutating func freeName(_ stem: String, _ ending: String) -> String {
        var number = 1
        while taken.contains(stem.lowercased() + "\(number)" + ending) { number += 1 }
        taken.insert(stem.lowercased() + "\(number)" + ending)
        return stem + "\(number)" + ending
    }

    /// The numbers of all `rId…` of the presentation, those that lead outside included.
    private func relationshipNumbers() throws(TemplateError) -> [Int] {
        var list = ElementList(of: "rel:Relationship")
        try package.read(OPCPackage.relationshipsPath(of: main), with: &list)
        return list.elements.compactMap { element, _ in
            guard let id = element["Id"], id.lowercased().hasPrefix("rid"), let number = Int(id.dropFirst(3)), number < 1 << 40 else {
                return nil
            }
            return number
        }
    }

    // MARK: The file

    func finish(_ pictures: [Drawing: [UInt8]]) throws(TemplateError) -> [UInt8] {
        let packer = Packer()
        var members: [(name: String, body: PackedBytes)] = []
        for member in archive.members {
            let extended: [UInt8]? =
                switch member.name {
                case Self.types: try extendedTypes()
                case OPCPackage.relationshipsPath(of: main): try extendedRelationships()
                case main: try extendedPresentation()
                default: nil
                }
            if let extended {
                members.append((member.name, packer.pack(extended)))
                continue
            }
            do throws(ZIPReadingError) { members.append((member.name, try archive.packed(member))) } catch { throw .archive(error) }
        }
        for (path, bytes) in added { members.append((path, packer.pack(bytes))) }
        for (name, file) in media.files { members.append(("ppt/media/" + name, file.packed(with: pictures))) }
        do throws(ZIPError) {
            var zip = ZIPWriter()
            for (name, body) in members { try zip.add(name, body) }
            return zip.finish()
        } catch { throw .result(error) }
    }

    private static let types = "[Content_Types].xml"

    private func extendedTypes() throws(TemplateError) -> [UInt8] {
        let text = try package.text(Self.types)
        var outline = MarkupOutline(), defaults = ElementList(of: "ct:Default"), named = ElementList(of: "ct:Override")
        try package.read(Self.types, with: &outline)
        try package.read(Self.types, with: &defaults)
        try package.read(Self.types, with: &named)
        let mainType = named.elements.first { $0.attributes["PartName"] == "/" + main }?.attributes["ContentType"]
        if mainType?.contains("macroEnabled") == true {
            throw .part(main, reason: "it holds macros, which a .pptx may not; save it as .pptx or .potx first")
        }
        let known = Set(defaults.elements.compactMap { $0.attributes["Extension"]?.lowercased() })
        let namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
        var xml = XMLBuffer()
        func declare() { if outline.defaultNamespace != namespace { xml.attribute("xmlns", namespace) } }
        for kind in Set(media.files.map(\.file.kind)).sorted(by: { $0.rawValue < $1.rawValue }) where !known.contains(kind.rawValue) {
            xml.markup("<Default")
            declare()
            xml.attribute("Extension", kind.rawValue)
            xml.attribute("ContentType", "\(kind.contentType)")
            xml.markup("/>")
        }
        for (path, type) in overrides {
            xml.markup("<Override")
            declare()
            xml.attribute("PartName", "/" + path)
            xml.attribute("ContentType", "\(type)")
            xml.markup("/>")
        }
        let extended = try outline.inserting(xml.bytes, atEndOf: text, Self.types)
        // A template becomes a presentation: programs refuse a .pptx that says otherwise.
        guard let mainType, mainType.contains("presentationml"), !mainType.hasSuffix("presentation.main+xml") else { return extended }
        return extended.replacing(Array(mainType.utf8), with: Array("\(ContentType.presentation)".utf8))
    }

    private func extendedRelationships() throws(TemplateError) -> [UInt8] {
        let path = OPCPackage.relationshipsPath(of: main), text = try package.text(path)
        var outline = MarkupOutline()
        try package.read(path, with: &outline)
        let isDeclared = outline.defaultNamespace == "http://schemas.openxmlformats.org/package/2006/relationships"
        var xml = XMLBuffer()
        for relationship in newArrows { xml.relationship(relationship, declaring: !isDeclared) }
        return try outline.inserting(xml.bytes, atEndOf: text, path)
    }

    private func extendedPresentation() throws(TemplateError) -> [UInt8] {
        var text = try package.text(main)
        var outline = MarkupOutline()
        try package.read(main, with: &outline)
        var slides = XMLBuffer()
        for (id, relationship) in slideIDs {
            slides.markup("<p:sldId")
            slides.declarations(missingIn: outline)
            slides.attribute("id", String(id))
            slides.attribute("r:id", "rId\(relationship)")
            slides.markup("/>")
        }
        // From the end to the front, so that places stay true.
        if let list = outline.children.last(where: { $0.name == "p:sldIdLst" }), let end = list.endTag {
            text.insert(contentsOf: slides.bytes, at: end.lowerBound)
        } else {
            let empty = outline.children.last { $0.name == "p:sldIdLst" }
            var list = XMLBuffer()
            list.markup("<p:sldIdLst")
            list.declarations(missingIn: outline)
            list.markup(">")
            list.markup(slides.bytes[...])
            list.markup("</p:sldIdLst>")
            if let empty {
                text.replaceSubrange(empty.startTag, with: list.bytes)
            } else {
                let lists = ["p:sldMasterIdLst", "p:notesMasterIdLst", "p:handoutMasterIdLst"]
                guard let before = outline.children.last(where: { lists.contains($0.name) }) else {
                    throw .part(main, reason: "it lists no slide master")
                }
                text.insert(contentsOf: list.bytes, at: before.end)
            }
        }
        guard let id = notesMasterID else { return text }
        guard let masters = outline.children.last(where: { $0.name == "p:sldMasterIdLst" }) else {
            throw .part(main, reason: "it lists no slide master")
        }
        var list = XMLBuffer()
        list.markup("<p:notesMasterIdLst")
        list.declarations(missingIn: outline)
        list.markup("><p:notesMasterId")
        list.attribute("r:id", "rId\(id)")
        list.markup("/></p:notesMasterIdLst>")
        text.insert(contentsOf: list.bytes, at: masters.end)
        return text
    }
}

/// A target of a relationship as the name of a part; `folder` ends in / or is empty.
func resolvedPath(_ target: String, from folder: String) -> String {
    let plain = decodedPath(target.prefix { $0 != "#" && $0 != "?" })
    var parts = plain.hasPrefix("/") ? [] : folder.split(separator: "/")
    for part in plain.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
}

/// The way from a folder, which ends in / or is empty, to a part.
private func relativePath(to part: String, from folder: String) -> String {
    let (target, start) = (part.split(separator: "/"), folder.split(separator: "/"))
    let shared = zip(target, start).prefix { $0 == $1 }.count
    return String(repeating: "../", count: start.count - shared) + target.dropFirst(shared).joined(separator: "/")
}

/// A path of a relationship with its `%20`s resolved.
private func decodedPath(_ text: Substring) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    let bytes = Array(text.utf8)
    var result: [UInt8] = [], index = 0
    while index < bytes.count {
        if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
            let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
        {
            result.append(value)
            index += 3
        } else {
            result.append(bytes[index])
            index += 1
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// Where the root of a part and its children stand, and what the root declares.
private struct MarkupOutline: MarkupReader {
    struct Element {
        var name: String
        var startTag: Range<Int>
        /// Nil for an element without content, written as one tag.
        var endTag: Range<Int>?
        var end: Int { endTag?.upperBound ?? startTag.upperBound }
    }

    private(set) var root: Element?
    private(set) var children: [Element] = []
    /// Namespaces by the prefixes of the root.
    private(set) var namespaces: [String: String] = [:]
    private var depth = 0

    var defaultNamespace: String? { namespaces[""] }

    mutating func declare(prefix: String, namespace: String) {
        if depth == 0 { namespaces[prefix] = namespace }
    }

    mutating func start(_ name: String, _ attributes: [(name: String, value: String)], at place: MarkupPlace) {
        depth += 1
        let element = Element(name: name, startTag: place.bytes)
        if depth == 1 { root = element }
        if depth == 2 { children.append(element) }
    }

    mutating func end(at place: MarkupPlace) {
        let tag = place.bytes.isEmpty ? nil : place.bytes
        if depth == 1 { root?.endTag = tag }
        if depth == 2 { children[children.count - 1].endTag = tag }
        depth -= 1
    }

    mutating func text(line: Int) {}

    /// A part with markup before its root ends.
    func inserting(_ markup: [UInt8], atEndOf text: [UInt8], _ part: String) throws(TemplateError) -> [UInt8] {
        guard let end = root?.endTag else { throw .part(part, reason: "it lists nothing") }
        var text = text
        text.insert(contentsOf: markup, at: end.lowerBound)
        return text
    }
}

extension XMLBuffer {
    fileprivate mutating func attribute(_ name: StaticString, _ value: String) {
        byte(UInt8(ascii: " "))
        markup(name)
        markup("=\"")
        text(value)
        markup("\"")
    }

    /// Declares `p` and `r` where the root does not mean by them what everybody does.
    fileprivate mutating func declarations(missingIn outline: MarkupOutline) {
        let (p, r) = (
            "http://schemas.openxmlformats.org/presentationml/2006/main",
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        )
        if outline.namespaces["p"] != p { attribute("xmlns:p", p) }
        if outline.namespaces["r"] != r { attribute("xmlns:r", r) }
    }
}
