/// Reads along with one part: holds elements and attributes against the schema and collects what other parts must know.
struct PartCheck: MarkupReader {
    /// A relationship that an attribute names.
    struct Use {
        var id: String
        /// `a:blip`, `r:embed`.
        var element: String, attribute: String
        var line: Int
    }

    private struct Open {
        var name: String
        /// Place among the schema's types; nil where nothing is looked at.
        var type: Int?
        /// Names and lines of the children that count, and of this element its place among its parent's.
        var children: [String] = [], lines: [Int] = []
        var place = 0
        /// Whether its children count as those of the element around it (markup compatibility).
        var isTransparent = false
    }

    private(set) var findings: [PackageFinding] = []
    private(set) var uses: [Use] = []
    private(set) var root: String?
    /// `id` attributes that identify slides, masters and layouts in their lists.
    private(set) var listedIDs: [(element: String, id: String, line: Int)] = []

    private let part: String
    private var schema: Schema
    private var open: [Open] = []
    /// How many open elements lie in something that is not looked at.
    private var skipped = 0
    private var prefixes: [String: String] = [:]
    private var ignorable: Set<String> = []
    private var shapeIDs: [String: Int] = [:]
    private let checksShapeIDs: Bool
    /// Name of the element that the part must begin with.
    private let expected: String?
    private var unlisted = 0

    /// Most findings that one part lists.
    private static let mostFindings = 100

    init(_ part: String, expecting root: String?, schema: Schema) {
        self.part = part
        self.schema = schema
        checksShapeIDs = root == "p:sld"
        expected = root
    }

    /// Ends the check, giving the tables back for the next part.
    consuming func finish() -> (findings: [PackageFinding], schema: Schema) {
        if unlisted > 0 {
            findings.append(PackageFinding(part: part, problem: "\(unlisted) further findings in this part are not listed"))
        }
        return (findings, schema)
    }

    private mutating func find(_ line: Int, _ problem: String, _ advice: String? = nil) {
        guard findings.count < Self.mostFindings else {
            unlisted += 1
            return
        }
        findings.append(PackageFinding(part: part, line: line, place: path, problem: problem, advice: advice))
    }

    /// `p:sld/p:cSld/p:spTree/p:sp[12]`.
    private var path: String {
        var text = ""
        for (index, element) in open.enumerated() where !element.isTransparent {
            if !text.isEmpty { text += "/" }
            text += element.name
            guard index > 0, let parent = open[..<index].last(where: { !$0.isTransparent }) else { continue }
            let before = parent.children.prefix(element.place).count { $0 == element.name }
            if before > 0 || parent.children.dropFirst(element.place + 1).contains(element.name) { text += "[\(before + 1)]" }
        }
        return text
    }

    mutating func declare(prefix: String, namespace: String) { prefixes[prefix] = namespace }

    mutating func start(_ name: String, _ attributes: [(name: String, value: String)], at place: MarkupPlace) {
        let line = place.line
        for attribute in attributes where attribute.name.hasPrefix("r:") {
            // An empty id is how a hyperlink says that it is an action only.
            if !attribute.value.isEmpty { uses.append(Use(id: attribute.value, element: name, attribute: attribute.name, line: line)) }
        }
        if skipped > 0 {
            skipped += 1
            return
        }
        noteIgnorable(attributes, line)
        switch name {
        case "mc:AlternateContent", "mc:Fallback":
            open.append(Open(name: name, isTransparent: true))
            return
        case "mc:Choice":
            skipped = 1
            return
        case _ where isIgnorable(name):
            skipped = 1
            return
        default: break
        }

        var element = Open(name: name)
        if let parent = open.lastIndex(where: { !$0.isTransparent }) {
            element.place = open[parent].children.count
            open[parent].children.append(name)
            open[parent].lines.append(line)
            if let type = open[parent].type, type >= 0 { element.type = schema.child(name, of: type) }
        } else {
            root = name
            element.type = Schema.roots[name].map { schema.type(named: $0) }
            if let expected, expected != name {
                findings.append(
                    PackageFinding(
                        part: part, line: line, problem: "the part begins with \(name), where its content type asks for \(expected)"))
            }
        }
        open.append(element)
        if let type = element.type, type >= 0 { check(attributes, of: name, schema.types[type], line) }
        collect(name, attributes, line)
    }

    mutating func end(at place: MarkupPlace) {
        if skipped > 0 {
            skipped -= 1
            return
        }
        guard let element = open.last else { return }
        if let type = element.type, type >= 0, let content = schema.types[type].content {
            switch content.misfit(of: element.children) {
            case nil: break
            case .unexpected(let index, let instead):
                let allowed = instead.isEmpty ? "nothing more" : list(instead)
                find(
                    element.lines[index], "\(element.children[index]) cannot stand here; \(allowed) could",
                    "elements of \(element.name) have a fixed order; move or remove it")
            case .missing(let names):
                find(element.lines.last ?? 0, "\(element.name) ends where \(list(names)) must follow")
            }
        }
        open.removeLast()
    }

    mutating func text(line: Int) {
        guard skipped == 0, let element = open.last, let type = element.type, type >= 0, schema.types[type].content != nil else { return }
        find(line, "\(element.name) holds text, which only a:t and a few others may")
    }

    private func list(_ names: [String]) -> String {
        var unique: [String] = []
        for name in names where !unique.contains(name) { unique.append(name) }
        let shown = unique.prefix(8).joined(separator: ", ")
        return unique.count > 8 ? shown + ", …" : shown
    }

    // MARK: Attributes

    private mutating func check(_ attributes: [(name: String, value: String)], of element: String, _ type: Schema.ElementType, _ line: Int)
    {
        for (name, value) in attributes {
            guard let attribute = type.attributes[name] else {
                if !name.hasPrefix("xml:"), !name.hasPrefix("mc:"), !isIgnorable(name) {
                    find(line, "\(element) has no attribute \(name)", "remove it")
                }
                continue
            }
            guard let values = attribute.values else { continue }
            let trimmed = trimmed(value)
            if values.contains(where: { $0.accepts(trimmed) }) { continue }
            let shown = values.prefix(8).map(\.inWords).joined(separator: ", ") + (values.count > 8 ? ", …" : "")
            find(line, "\(name)=\"\(value.prefix(60))\" of \(element) is none of: \(shown)")
        }
        for name in type.required where !attributes.contains(where: { $0.name == name }) {
            find(line, "\(element) lacks the attribute \(name)")
        }
    }

    private mutating func noteIgnorable(_ attributes: [(name: String, value: String)], _ line: Int) {
        for attribute in attributes where attribute.name == "mc:Ignorable" {
            for prefix in attribute.value.split(whereSeparator: \.isWhitespace) {
                if let namespace = prefixes[String(prefix)] {
                    ignorable.insert(namespace)
                } else {
                    find(
                        line, "mc:Ignorable names the prefix \(prefix), which is not declared",
                        "declare the prefix or remove it from the list")
                }
            }
        }
    }

    private func isIgnorable(_ name: String) -> Bool {
        guard name.hasPrefix("{"), let end = name.firstIndex(of: "}") else { return false }
        return ignorable.contains(String(name[name.index(after: name.startIndex)..<end]))
    }

    // MARK: What other parts must know

    private mutating func collect(_ name: String, _ attributes: [(name: String, value: String)], _ line: Int) {
        switch name {
        case "p:cNvPr" where checksShapeIDs:
            guard let id = attributes.first(where: { $0.name == "id" })?.value else { return }
            let count = shapeIDs[id, default: 0]
            shapeIDs[id] = count + 1
            if count > 0 { find(line, "the shape id \(id) is used before on this slide", "give every shape of a slide an id of its own") }
        case "p:sldId", "p:sldMasterId", "p:sldLayoutId":
            guard let id = attributes.first(where: { $0.name == "id" })?.value else { return }
            listedIDs.append((name, id, line))
        default: break
        }
    }
}

/// Without white space around it.
private func trimmed(_ text: String) -> Substring {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
}
