/// Parts in order: a prompt, an answer, a whole stream that has ended.
///
///     let prompt: Content = ["What is this?", picture]
///     let answer = try await model(prompt).text()
public struct Content: Sendable, Hashable {
    /// The parts.
    public var parts: [Part]

    /// Content of parts.
    public init(_ parts: some Sequence<Part> = []) { self.parts = Array(parts) }

    /// Content of one text.
    public init(_ text: String) { parts = [Part(text)] }

    /// Two contents after one another.
    public static func + (a: Content, b: Content) -> Content { Content(a.parts + b.parts) }

    /// The text of all text parts together; other parts are left out.
    public var text: String { parts.lazy.filter(\.isText).map(\.plainText).joined() }

    /// The text of all parts of a substream together; with `strict`, any part that is not text is an error.
    public func text(substream: String? = nil, strict: Bool = false) throws(PartError) -> String {
        var text = ""
        for part in parts where substream == nil || part.substream == substream {
            if strict || part.isText { text += try part.text }
        }
        return text
    }

    /// The text of the answer and that of the reasoning before it.
    public var textAndReasoning: (text: String, reasoning: String) {
        (Content(parts.filter { !$0.isThought }).text, Content(parts.filter(\.isThought)).text)
    }

    /// The pictures.
    public var images: [Part] { parts.filter(\.mimeType.isImage) }

    /// Parts by type, both in the order of first appearance.
    public var byMIMEType: [(type: MIMEType, content: Content)] {
        var groups: [(type: MIMEType, content: Content)] = []
        var positions: [MIMEType: Int] = [:]
        for part in parts {
            let type = part.mimeType
            if let position = positions[type] {
                groups[position].content.parts.append(part)
            } else {
                positions[type] = groups.count
                groups.append((type, Content([part])))
            }
        }
        return groups
    }

    /// Neighbours of one role together, as a model's interface wants them.
    public var byRole: [(role: String, content: Content)] {
        var groups: [(role: String, content: Content)] = []
        for part in parts {
            if groups.last?.role == part.role {
                groups[groups.count - 1].content.parts.append(part)
            } else {
                groups.append((part.role, Content([part])))
            }
        }
        return groups
    }
}

extension Content: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
    /// No parts.
    public init() { parts = [] }
    /// Position of the first part.
    public var startIndex: Int { 0 }
    /// Number of parts.
    public var endIndex: Int { parts.count }
    /// A part by position.
    public subscript(position: Int) -> Part {
        get { parts[position] }
        set { parts[position] = newValue }
    }
    /// Replaces parts by others.
    public mutating func replaceSubrange(_ range: Range<Int>, with newParts: some Collection<Part>) {
        parts.replaceSubrange(range, with: newParts)
    }
}

extension Content: ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
    /// Content of parts, of which texts may stand as literals.
    public init(arrayLiteral parts: Part...) { self.parts = parts }

    /// Content of one text.
    public init(stringLiteral text: String) { self.init(text) }
}

extension Part: Hashable {
    /// Agrees with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(payload) }
}
