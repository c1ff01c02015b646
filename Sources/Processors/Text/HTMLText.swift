/// Makes plain text of HTML: what a reader would see, without tags, scripts, styles and comments. Other parts pass.
///
///     let prompt = FetchFiles() + HTMLText() + model
///
/// Blocks begin on lines of their own; other white space counts as one blank. Numbered characters and the usual named ones are read, others stay as they
/// are written. It never fails: what is no markup is text. Each part is taken by itself.
/// - Complexity: O(bytes).
public struct HTMLText: SynchronousPartProcessor {
    /// Of all HTML.
    public init() {}

    /// Whether the part is HTML.
    public func match(_ part: Part) -> Bool { part.mimeType.begins(with: "text/html") }

    /// Emits the text.
    public func process(_ part: Part, into emitter: inout Emitter) throws {
        var made = part.replacing(text: Self.text(of: try part.text))
        made.mimeType = .plainText
        emitter.emit(made)
    }

    private static let hidden: Set<String> = ["script", "style", "noscript", "template", "svg", "head"]
    private static let blocks: Set<String> = [
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "form", "h1", "h2",
        "h3", "h4", "h5",
        "h6", "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section", "table", "td", "th", "title", "tr", "ul",
    ]

    static func text(of html: String) -> String {
        let bytes = Array(html.utf8)
        var text = PlainText(), position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "<"), let end = endOfMarkup(bytes, position) {
                if let name = tagName(bytes, position) {
                    if blocks.contains(name) { text.breakLine() }
                    position = hidden.contains(name) && bytes[position + 1] != UInt8(ascii: "/") ? endOfElement(bytes, end, name) : end
                } else {
                    position = end
                }
            } else if byte == UInt8(ascii: "&"), let (character, end) = character(bytes, position) {
                text.append(contentsOf: character.utf8)
                position = end
            } else {
                text.append(byte)
                position += 1
            }
        }
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// The byte behind a tag, a comment or a declaration that begins at `start`; nil where none does.
    private static func endOfMarkup(_ bytes: [UInt8], _ start: Int) -> Int? {
        guard start + 1 < bytes.count else { return nil }
        if bytes[start...].starts(with: "<!--".utf8) {
            var position = start + 4
            while position + 2 < bytes.count {
                if bytes[position] == 0x2D, bytes[position + 1] == 0x2D, bytes[position + 2] == UInt8(ascii: ">") { return position + 3 }
                position += 1
            }
            return bytes.count
        }
        let next = bytes[start + 1]
        guard lowercase(next) &- 0x61 < 26 || next == UInt8(ascii: "/") || next == UInt8(ascii: "!") || next == UInt8(ascii: "?") else {
            return nil
        }
        var quote: UInt8?, position = start + 1
        while position < bytes.count {
            let byte = bytes[position]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: ">") {
                return position + 1
            } else if byte == UInt8(ascii: "\""), position > start, bytes[position - 1] == UInt8(ascii: "=") {
                quote = byte
            } else if byte == UInt8(ascii: "'"), bytes[position - 1] == UInt8(ascii: "=") {
                quote = byte
            }
            position += 1
        }
        return bytes.count
    }

    private static func tagName(_ bytes: [UInt8], _ start: Int) -> String? {
        let from = bytes[start + 1] == UInt8(ascii: "/") ? start + 2 : start + 1
        let name = bytes[from...].prefix(12).prefix { lowercase($0) &- 0x61 < 26 || $0 &- 0x30 < 10 }.map(lowercase)
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    /// The byte behind the end tag of an element whose text is not shown.
    private static func endOfElement(_ bytes: [UInt8], _ start: Int, _ name: String) -> Int {
        var position = start
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "/"),
                tagName(bytes, position) == name
            {
                return bytes[position...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? bytes.count
            }
            position += 1
        }
        return bytes.count
    }

    private static let names: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "copy": "©", "reg": "®", "trade": "™", "hellip": "…",
        "mdash": "—", "ndash": "–",
        "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "laquo": "«", "raquo": "»", "bull": "•", "middot": "·", "times": "×",
        "deg": "°", "euro": "€",
        "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß", "eacute": "é", "egrave": "è",
        "agrave": "à", "ccedil": "ç",
    ]

    /// The character that a reference at `start` names, and the byte behind it; nil for what is none.
    private static func character(_ bytes: [UInt8], _ start: Int) -> (String, Int)? {
        guard let end = bytes[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
        if let character = names[name] { return (character, end + 1) }
        guard name.first == "#" else { return nil }
        let isHex = name.dropFirst().first?.lowercased() == "x"
        let digits = name.dropFirst(isHex ? 2 : 1)
        guard let number = UInt32(digits, radix: isHex ? 16 : 10), number > 0, let scalar = Unicode.Scalar(number) else { return nil }
        return (String(Character(scalar)), end + 1)
    }

    /// Text in which white space counts once.
    private struct PlainText {
        private(set) var bytes: [UInt8] = []
        /// What stands between what was written and what comes next.
        private var gap: UInt8?

        mutating func append(_ byte: UInt8) {
            if byte == 0x20 || byte &- 9 < 5 {
                if gap == nil { gap = 0x20 }
                return
            }
            if let gap, !bytes.isEmpty { bytes.append(gap) }
            gap = nil
            bytes.append(byte)
        }

        mutating func append(contentsOf more: some Sequence<UInt8>) { for byte in more { append(byte) } }

        mutating func breakLine() { gap = 0x0A }
    }
}
