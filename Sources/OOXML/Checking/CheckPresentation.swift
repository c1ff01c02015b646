public import AtelierArchives

/// Something in a package that makes PowerPoint offer to repair it, or refuse it.
public struct PackageFinding: Hashable, Sendable {
    /// The part, such as `ppt/slides/slide1.xml`; the name of a file in the archive.
    public var part: String
    /// Line in the part, from 1; 0 where there is none.
    public var line: Int
    /// Path of the element, such as `p:sld/p:cSld/p:spTree/p:sp[3]`; empty where the whole part is meant.
    public var place: String
    /// What is wrong.
    public var problem: String
    /// What would help, where the problem does not say it.
    public var advice: String?

    /// A finding from its parts.
    public init(part: String, line: Int = 0, place: String = "", problem: String, advice: String? = nil) {
        self.part = part
        self.line = line
        self.place = place
        self.problem = problem
        self.advice = advice
    }
}

/// Checks a presentation the way PowerPoint does when it opens one: archive, content types, relationships, required parts, the order and
/// ranges of the schemas, ids, media. docs/formats/pptx-output.md lists the rules.
///
///     for finding in try checkPresentation(file) { print(finding.part, finding.problem) }
///
/// - Parameter file: The bytes of a `.pptx`, from anywhere.
/// - Returns: Findings in the order of the archive; empty when there are none. They do not depend on anything but the bytes.
/// - Throws: `ZIPReadingError` when the file is no archive that can be read.
/// - Complexity: linear in the unpacked bytes.
public func checkPresentation(_ file: [UInt8], limits: ZIPReader.Limits = .init()) throws(ZIPReadingError) -> [PackageFinding] {
    var check = try PackageCheck(file, limits)
    check.run()
    return check.findings
}

/// A relationship as a file says it.
private struct Arrow {
    var id: String, type: String, target: String
    /// Name of the part it leads to; nil for what lies outside.
    var part: String?
    var line: Int

    /// The last word of its type.
    var kind: Substring { type.split(separator: "/").last ?? "" }
}

private struct PackageCheck {
    var findings: [PackageFinding] = []
    private let archive: ZIPReader
    /// Members by name; the first of several.
    private var members: [String: ZIPReader.Member] = [:]
    private var names: [String] = []
    private var overrides: [String: String] = [:], defaults: [String: String] = [:]
    private var arrows: [String: [Arrow]] = [:]
    private var schema = Schema()

    init(_ file: [UInt8], _ limits: ZIPReader.Limits) throws(ZIPReadingError) {
        archive = try ZIPReader(file, limits: limits)
    }

    private mutating func find(_ part: String, line: Int = 0, _ problem: String, _ advice: String? = nil) {
        findings.append(PackageFinding(part: part, line: line, problem: problem, advice: advice))
    }

    mutating func run() {
        collectNames()
        readContentTypes()
        for name in names where isRelationships(name) { readArrows(name) }
        checkRoot()
        for name in names where name != "[Content_Types].xml" && !isRelationships(name) { checkPart(name) }
    }

    // MARK: Archive

    private mutating func collectNames() {
        var folded: [String: String] = [:]
        for member in archive.members where !member.name.hasSuffix("/") {
            let name = member.name
            if members[name] != nil {
                find(name, "the archive has two members of this name", "remove one of them")
                continue
            }
            if let other = folded.updateValue(name, forKey: name.lowercased()) {
                find(name, "the name differs from \(other) in upper and lower case only, which a package takes for the same part")
            }
            if name.hasPrefix("/") || name.contains("\\") || name.split(separator: "/").contains("..") {
                find(name, "the name is no part name: it must be a relative path with / between its folders")
            }
            members[name] = member
            names.append(name)
        }
    }

    private func isRelationships(_ name: String) -> Bool { name.hasSuffix(".rels") }

    /// The bytes of a part; a finding, and nil, when they cannot be had.
    private mutating func bytes(_ name: String) -> [UInt8]? {
        guard let member = members[name] else { return nil }
        do { return try archive.unpacked(member) } catch {
            find(name, "the part cannot be unpacked: \(error)")
            return nil
        }
    }

    private mutating func list(_ element: String, in name: String, root: String) -> [(attributes: [String: String], line: Int)] {
        guard let bytes = bytes(name) else { return [] }
        var list = ElementList(of: element)
        do throws(MarkupError) { try list.read(bytes) } catch {
            find(name, line: error.line, "not well-formed XML: \(error.reason)")
            return []
        }
        if list.root != root { find(name, line: 1, "the part begins with \(list.root ?? "nothing"), not with \(root)") }
        return list.elements
    }

    // MARK: Content types

    private mutating func readContentTypes() {
        let name = "[Content_Types].xml"
        guard members[name] != nil else {
            return find(
                name, "the package has no list of content types", "this is no Office file; open it with what made it and save it anew")
        }
        for (attributes, line) in list("ct:Default", in: name, root: "ct:Types") {
            guard let ending = attributes["Extension"]?.lowercased(), let type = attributes["ContentType"], !type.isEmpty else {
                find(name, line: line, "a Default lacks its Extension or ContentType")
                continue
            }
            if defaults.updateValue(type, forKey: ending) != nil { find(name, line: line, "the extension \(ending) has two Defaults") }
        }
        for (attributes, line) in list("ct:Override", in: name, root: "ct:Types") {
            guard let part = attributes["PartName"], let type = attributes["ContentType"], !type.isEmpty else {
                find(name, line: line, "an Override lacks its PartName or ContentType")
                continue
            }
            guard part.hasPrefix("/") else {
                find(name, line: line, "the PartName \(part) does not begin with /")
                continue
            }
            let path = String(part.dropFirst())
            if overrides.updateValue(type, forKey: path) != nil { find(name, line: line, "\(part) has two Overrides") }
            if members[path] == nil { find(name, line: line, "there is no part \(part)", "remove its Override or add the part") }
        }
    }

    private func contentType(of name: String) -> String? {
        if let type = overrides[name] { return type }
        return defaults[ending(of: name)]
    }

    private func ending(of name: String) -> String {
        let last = name.split(separator: "/").last ?? ""
        return last.lastIndex(of: ".").map { last[last.index(after: $0)...].lowercased() } ?? ""
    }

    // MARK: Relationships

    private mutating func readArrows(_ name: String) {
        if contentType(of: name) != "application/vnd.openxmlformats-package.relationships+xml" {
            find(name, "relationships need the content type application/vnd.openxmlformats-package.relationships+xml")
        }
        let folders = name.split(separator: "/", omittingEmptySubsequences: false)
        guard folders.count >= 2, folders[folders.count - 2] == "_rels" else {
            return find(name, "relationships must lie in a folder _rels beside their part")
        }
        let folder = folders.dropLast(2).joined(separator: "/")
        let source = (folder.isEmpty ? "" : folder + "/") + folders[folders.count - 1].dropLast(5)
        if !source.isEmpty, members[source] == nil { find(name, "there is no part \(source) for these relationships") }
        var ids: Set<String> = []
        for (attributes, line) in list("rel:Relationship", in: name, root: "rel:Relationships") {
            guard let id = attributes["Id"], let type = attributes["Type"], let target = attributes["Target"] else {
                find(name, line: line, "a Relationship lacks its Id, Type or Target")
                continue
            }
            guard ids.insert(id).inserted else {
                find(name, line: line, "the relationship \(id) stands here twice", "give each an Id of its own")
                continue
            }
            var arrow = Arrow(id: id, type: type, target: target, line: line)
            if attributes["TargetMode"] != "External" {
                let part = resolvedPath(target, from: folder)
                arrow.part = part
                if members[part] == nil {
                    find(name, line: line, "\(id) leads to \(part), which is not in the package", "add the part or remove the relationship")
                } else if let problem = disagreement(of: arrow.kind, with: contentType(of: part)) {
                    find(name, line: line, "\(id) leads to \(part), \(problem)")
                }
            }
            arrows[source, default: []].append(arrow)
        }
    }

    /// Why a target is not what a relationship of some kind leads to; nil when it is, or nothing is known.
    private func disagreement(of kind: Substring, with type: String?) -> String? {
        guard let type, let expected = contentTypes[kind] else { return nil }
        return expected.contains { type.hasPrefix($0) } ? nil : "whose content type is \(type), not one of a \(kind)"
    }

    private mutating func checkRoot() {
        let starts = arrows[""]?.filter { $0.kind == "officeDocument" } ?? []
        if starts.count != 1 {
            find(
                "_rels/.rels", "the package has \(starts.count) relationships to a main document, not one",
                "one relationship of the type officeDocument must lead to ppt/presentation.xml")
        }
    }

    // MARK: Parts

    private mutating func checkPart(_ name: String) {
        guard let type = contentType(of: name) else {
            return find(name, "the part has no content type", "add a Default for its extension or an Override to [Content_Types].xml")
        }
        if type.hasPrefix("image/") { return checkMedia(name, type) }
        guard type.hasSuffix("+xml") || type.hasSuffix("/xml"), let bytes = bytes(name) else { return }
        let kind = partKinds[type]
        var part = PartCheck(name, expecting: kind?.root, schema: schema)
        do throws(MarkupError) { try part.read(bytes) } catch {
            find(name, line: error.line, "not well-formed XML: \(error.reason)")
            return
        }
        let (uses, listed, root) = (part.uses, part.listedIDs, part.root)
        let (found, schema) = part.finish()
        self.schema = schema
        findings += found
        check(uses, of: name)
        check(listed, of: name)
        if let kind, kind.root == root { checkNeeds(kind, of: name, listed) }
    }

    private mutating func check(_ uses: [PartCheck.Use], of name: String) {
        let known = Dictionary((arrows[name] ?? []).map { ($0.id, $0) }) { first, _ in first }
        for use in uses {
            guard let arrow = known[use.id] else {
                find(name, line: use.line, "\(use.attribute)=\"\(use.id)\" of \(use.element) names no relationship of this part")
                continue
            }
            if let kind = relationshipKinds["\(use.element) \(use.attribute)"] ?? relationshipKinds[use.element], arrow.kind != kind {
                find(name, line: use.line, "\(use.element) names \(use.id), a relationship of the type \(arrow.kind), not \(kind)")
            }
            if use.attribute == "r:embed", arrow.part == nil {
                find(name, line: use.line, "\(use.element) embeds \(use.id), which lies outside the package", "name it with r:link")
            }
        }
    }

    private mutating func check(_ listed: [(element: String, id: String, line: Int)], of name: String) {
        var seen: Set<String> = []
        for (element, id, line) in listed where !seen.insert(element + id).inserted {
            find(name, line: line, "the id \(id) stands twice in the list of \(element)")
        }
    }

    private mutating func checkNeeds(_ kind: PartKind, of name: String, _ listed: [(element: String, id: String, line: Int)]) {
        let own = arrows[name] ?? []
        for need in kind.needs {
            let count = own.count { $0.kind == need }
            if count != 1 { find(name, "the part has \(count) relationships to a \(need), not one") }
        }
        for element in kind.lists where !listed.contains(where: { $0.element == element }) {
            find(name, "the part lists no \(element), and needs at least one")
        }
        guard kind.root == "p:presentation" else { return }
        let slides = own.filter { $0.kind == "slide" }.compactMap(\.part)
        var seen: Set<String> = []
        for slide in slides where !seen.insert(slide).inserted { find(name, "two relationships lead to \(slide)") }
    }

    private mutating func checkMedia(_ name: String, _ type: String) {
        guard let bytes = bytes(name) else { return }
        let ending = ending(of: name)
        if let types = imageTypes[ending], !types.contains(type) {
            find(name, "the content type is \(type), where a file .\(ending) is \(types[0])")
        }
        guard let actual = imageFormat(of: bytes) else {
            if imageTypes[ending] != nil { find(name, "the bytes are not those of a .\(ending) file") }
            return
        }
        if imageTypes[ending] != nil, actual != (ending == "jpeg" ? "jpg" : ending == "tiff" ? "tif" : ending) {
            find(
                name, "the bytes are those of a .\(actual) file, not of .\(ending)", "give the part the name and content type of its format"
            )
        }
    }
}

/// What a part of some content type must be and have.
private struct PartKind {
    var root: String
    /// Kinds of relationships of which there must be one.
    var needs: [String] = []
    /// Elements of which there must be at least one.
    var lists: [String] = []
}

private let partKinds: [String: PartKind] = {
    let office = "application/vnd.openxmlformats-officedocument."
    let presentation = PartKind(root: "p:presentation", lists: ["p:sldMasterId"])
    var kinds = [
        office + "presentationml.slide+xml": PartKind(root: "p:sld", needs: ["slideLayout"]),
        office + "presentationml.slideLayout+xml": PartKind(root: "p:sldLayout", needs: ["slideMaster"]),
        office + "presentationml.slideMaster+xml": PartKind(root: "p:sldMaster", needs: ["theme"], lists: ["p:sldLayoutId"]),
        office + "presentationml.notesSlide+xml": PartKind(root: "p:notes", needs: ["slide", "notesMaster"]),
        office + "presentationml.notesMaster+xml": PartKind(root: "p:notesMaster", needs: ["theme"]),
        office + "theme+xml": PartKind(root: "a:theme"),
    ]
    for type in mainTypes { kinds[type] = presentation }
    return kinds
}()

/// Presentations, shows and templates, with and without macros.
private let mainTypes = [
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
    "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
    "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
    "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
]

/// Beginnings of the content types that relationships of a kind lead to.
private let contentTypes: [Substring: [String]] = {
    let office = "application/vnd.openxmlformats-officedocument."
    return [
        "officeDocument": mainTypes, "slide": [office + "presentationml.slide+xml"],
        "slideLayout": [office + "presentationml.slideLayout+xml"], "slideMaster": [office + "presentationml.slideMaster+xml"],
        "notesSlide": [office + "presentationml.notesSlide+xml"], "notesMaster": [office + "presentationml.notesMaster+xml"],
        "handoutMaster": [office + "presentationml.handoutMaster+xml"], "theme": [office + "theme+xml"], "image": ["image/"],
    ]
}()

/// Kinds of relationships that elements name, some of them with a certain attribute.
private let relationshipKinds: [String: String] = [
    "p:sldId": "slide", "p:sldMasterId": "slideMaster", "p:sldLayoutId": "slideLayout", "p:notesMasterId": "notesMaster",
    "p:handoutMasterId": "handoutMaster", "a:blip": "image", "asvg:svgBlip": "image",
]

/// Content types by the ending of a picture's name.
private let imageTypes: [String: [String]] = [
    "png": ["image/png"], "jpg": ["image/jpeg", "image/jpg"], "jpeg": ["image/jpeg", "image/jpg"], "gif": ["image/gif"],
    "bmp": ["image/bmp"], "tif": ["image/tiff"], "tiff": ["image/tiff"], "svg": ["image/svg+xml"],
    "emf": ["image/x-emf", "image/emf"], "wmf": ["image/x-wmf", "image/wmf"],
]

/// What a picture is by its first bytes, as the ending it should have.
private func imageFormat(of bytes: [UInt8]) -> String? {
    func begins(_ start: [UInt8], at offset: Int = 0) -> Bool { bytes.count >= offset && bytes[offset...].starts(with: start) }
    if begins([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "png" }
    if begins([0xFF, 0xD8, 0xFF]) { return "jpg" }
    if begins(Array("GIF8".utf8)) { return "gif" }
    if begins(Array("BM".utf8)) { return "bmp" }
    if begins([0x49, 0x49, 0x2A, 0]) || begins([0x4D, 0x4D, 0, 0x2A]) { return "tif" }
    if begins([1, 0, 0, 0]), begins(Array(" EMF".utf8), at: 40) { return "emf" }
    if begins([0xD7, 0xCD, 0xC6, 0x9A]) || begins([1, 0, 9, 0]) { return "wmf" }
    let text = begins([0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    if text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "<") { return "svg" }
    return nil
}
