import AtelierJSON
import AtelierProcessors

/// A text with places for what is known of a part: `thumbs/${part.stem}.png`.
///
/// `${part.name}` is the part's name, `${part.stem}` the same without its ending, `${part.KEY}` the entry of its metadata called `KEY`.
public struct PartTemplate: Hashable, Sendable, ExpressibleByStringLiteral {
    enum Piece: Hashable, Sendable {
        case text(String)
        case entry(String)
    }

    /// In order; texts with no place between them are one.
    let pieces: [Piece]

    /// Reads a text with places of this kind; anything else, also `${x}`, stands for itself.
    public init(_ text: String) {
        var pieces: [Piece] = [], rest = text[...]
        while let begin = rest.firstRange(of: "${part."), let end = rest[begin.upperBound...].firstIndex(of: "}") {
            if begin.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<begin.lowerBound]))) }
            pieces.append(.entry(String(rest[begin.upperBound..<end])))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty || pieces.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
    }

    /// Reads a text with places.
    public init(stringLiteral text: String) { self.init(text) }

    /// Whether it says the same of every part.
    public var isConstant: Bool {
        pieces.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// The text as it was written.
    public var text: String {
        pieces.map { if case .entry(let name) = $0 { "${part.\(name)}" } else if case .text(let text) = $0 { text } else { "" } }.joined()
    }

    /// The text for a part.
    /// - Throws: `MissingEntry`.
    func filled(for part: Part) throws(MissingEntry) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let words): text += words
            case .entry("name"): text += part.name
            case .entry("stem"): text += stem(of: part.name)
            case .entry(let name):
                switch part.metadata[name] {
                case .string(let words)?: text += words
                case let value?: text += value.text
                case nil: throw MissingEntry(template: self.text, entry: name)
                }
            }
        }
        return text
    }
}

/// A part does not have what a template wants of it.
public struct MissingEntry: Error, Hashable, CustomStringConvertible {
    /// The template, and the entry of metadata that is missing.
    public var template: String, entry: String

    /// One sentence.
    public var description: String { "\"\(template)\" wants the entry \"\(entry)\" of the part's metadata, and it has none" }
}

/// `art/logo` of `art/logo.png`.
func stem(of name: String) -> String {
    let last = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    guard let dot = name[last...].lastIndex(of: "."), dot > last else { return name }
    return String(name[..<dot])
}
