import AtelierJSON

/// Values that a script in JavaScript gives to constants, as far as they are written out: texts, numbers, lists, objects and names.
///
/// Reads what people put into the configuration of a generator: names of members without quotes, single quotes, commas before a closing
/// bracket, comments. `MODE.multiply` is the text `multiply`. Nothing is run; a constant that is computed is an error when it is wanted.
struct ScriptLiterals {
    /// Deepest nesting of lists and objects.
    private static let mostDepth = 32

    private let bytes: [UInt8]
    private var position = 0

    /// The constants of these names that a script declares with `const`, `let` or `var`, each the last time.
    ///
    /// - Throws: `ProjectError` with the line of what is not written out.
    static func constants(_ names: Set<String>, in bytes: [UInt8]) throws(ProjectError) -> [String: JSON] {
        var reader = ScriptLiterals(bytes), found: [String: JSON] = [:]
        while let word = try reader.nextWord() {
            guard ["const", "let", "var"].contains(word), let name = try reader.wordHere(), names.contains(name) else { continue }
            try reader.skipSpace()
            guard reader.take(UInt8(ascii: "=")) else { continue }
            found[name] = try reader.value(depth: 0)
            try reader.skipSpace()
            // What goes on, as in `size() + 1`, is computed; a word begins the next statement.
            guard reader.byte.map({ Self.isWordByte($0) || [UInt8(ascii: ";"), UInt8(ascii: ",")].contains($0) }) ?? true else {
                throw reader.unreadable()
            }
        }
        return found
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ reason: String) -> ProjectError {
        ProjectError(place: "line \(bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1)", reason: reason)
    }

    private mutating func take(_ wanted: UInt8) -> Bool {
        guard byte == wanted else { return false }
        position += 1
        return true
    }

    private func begins(with text: StaticString) -> Bool {
        text.utf8CodeUnitCount <= bytes.count - position
            && text.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + $0.count]) }
    }

    /// Past blanks and comments.
    private mutating func skipSpace() throws(ProjectError) {
        while let byte {
            if byte <= 0x20 {
                position += 1
            } else if begins(with: "//") {
                while let byte = self.byte, byte != UInt8(ascii: "\n") { position += 1 }
            } else if begins(with: "/*") {
                position += 2
                while !begins(with: "*/") {
                    guard position < bytes.count else { throw error("a comment that begins with /* does not end") }
                    position += 1
                }
                position += 2
            } else {
                return
            }
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    /// The word at this place, after blanks; nil when there is none.
    private mutating func wordHere() throws(ProjectError) -> String? {
        try skipSpace()
        let start = position
        while let byte, Self.isWordByte(byte) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The next word, past everything that is none; texts are passed over whole. Nil at the end.
    private mutating func nextWord() throws(ProjectError) -> String? {
        while true {
            if let word = try wordHere() { return word }
            guard let byte else { return nil }
            let start = position
            // What is no text after all, such as a quote in a pattern, is nothing that is read here.
            if [UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`")].contains(byte), (try? text()) != nil { continue }
            position = start + 1
        }
    }

    private mutating func value(depth: Int) throws(ProjectError) -> JSON {
        guard depth < Self.mostDepth else { throw error("lists and objects are nested more than \(Self.mostDepth) deep") }
        try skipSpace()
        switch byte {
        case UInt8(ascii: "["):
            position += 1
            var elements: [JSON] = []
            while true {
                try skipSpace()
                if take(UInt8(ascii: "]")) { return .array(elements) }
                elements.append(try value(depth: depth + 1))
                try expectEnd(of: UInt8(ascii: "]"))
            }
        case UInt8(ascii: "{"):
            position += 1
            var members: [JSON.Member] = []
            while true {
                try skipSpace()
                if take(UInt8(ascii: "}")) { return .object(members) }
                members.append(JSON.Member(try memberName(), try value(depth: depth + 1)))
                try expectEnd(of: UInt8(ascii: "}"))
            }
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): return .string(try text())
        default: return try wordOrNumber()
        }
    }

    private mutating func memberName() throws(ProjectError) -> String {
        let isText = byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"")
        guard let name = isText ? try text() : try wordHere() else { throw unreadable() }
        try skipSpace()
        guard take(UInt8(ascii: ":")) else { throw unreadable() }
        return name
    }

    /// A comma, or the bracket that closes, which stays.
    private mutating func expectEnd(of bracket: UInt8) throws(ProjectError) {
        try skipSpace()
        guard take(UInt8(ascii: ",")) || byte == bracket else { throw unreadable() }
    }

    private func unreadable() -> ProjectError {
        error("only values that are written out are read here (texts, numbers, lists, objects), nothing that is computed")
    }

    /// `true`, `12.5`, or the last part of `MODE.multiply`.
    private mutating func wordOrNumber() throws(ProjectError) -> JSON {
        let start = position
        while let byte, Self.isWordByte(byte) || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+")].contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "": throw unreadable()
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null", "undefined": return .null
        default: break
        }
        if let number = Int(text) { return .integer(number) }
        if let number = Double(text), number.isFinite, !text.contains("x") { return .number(number) }
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first), !text.contains("-"),
            !text.contains("+"),
            let last = text.split(separator: ".").last
        else { throw unreadable() }
        return .string(String(last))
    }

    /// A text in any of the three quotes, without parts that are filled in.
    private mutating func text() throws(ProjectError) -> String {
        guard let quote = byte else { throw unreadable() }
        position += 1
        var text: [UInt8] = []
        while let byte = self.byte {
            position += 1
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\n"), quote != UInt8(ascii: "`") { break }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escaped = self.byte else { break }
            position += 1
            switch escaped {
            case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
            default: text.append(escaped)
            }
        }
        throw error("a text does not end on its line")
    }
}
