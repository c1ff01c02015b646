// JSON: documents as values, read with the place of every error and written the same every time. Start with `JSON`.

/// A JSON document (RFC 8259) as a value. Members of an object keep their order, so that output is the same every time.
public enum JSON: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction and exponent that fits.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// A text.
    case string(String)
    /// Values in order.
    case array([JSON])
    /// Members in the order they were written; names are not checked here.
    case object([Member])

    /// One name and value of an object.
    public struct Member: Hashable, Sendable {
        /// What stands before the colon.
        public var name: String
        /// What stands after it.
        public var value: JSON

        /// A member.
        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// An object from members whose absent values are left out.
    public static func object(_ members: KeyValuePairs<String, JSON?>) -> JSON {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }
}

// MARK: - Writing

extension JSON {
    /// The document on one line, without spaces.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The document on one line as UTF-8. Numbers that are not finite become `null`.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        append(to: &output, indent: nil)
        return output
    }

    /// The document with one member or element a line, two spaces deeper at every level, and a final line feed.
    public var prettyBytes: [UInt8] {
        var output: [UInt8] = []
        append(to: &output, indent: 0)
        output.append(UInt8(ascii: "\n"))
        return output
    }

    /// Appends the document as UTF-8: on one line, or, from `indent` levels on, on lines of their own.
    package func append(to output: inout [UInt8], indent: Int? = nil) {
        func breakLine(_ depth: Int?) {
            guard let depth else { return }
            output.append(UInt8(ascii: "\n"))
            output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
        }
        let deeper = indent.map { $0 + 1 }
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): output.append(contentsOf: String(value).utf8)
        case .number(let value): output.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let value): JSON.append(quoted: value, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                breakLine(deeper)
                element.append(to: &output, indent: deeper)
            }
            if !elements.isEmpty { breakLine(indent) }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                breakLine(deeper)
                JSON.append(quoted: member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                if indent != nil { output.append(UInt8(ascii: " ")) }
                member.value.append(to: &output, indent: deeper)
            }
            if !members.isEmpty { breakLine(indent) }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a text in double quotes, with what has to be escaped. Runs of plain bytes are copied at once.
    package static func append(quoted text: String, to output: inout [UInt8]) {
        var text = text
        output.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            var copied = 0, index = 0
            while index < bytes.count {
                if let word = word(of: bytes, at: index), !hasSpecial(word), !hasByte(0x7F, word) {
                    index += 8
                    continue
                }
                let byte = bytes[index]
                index += 1
                guard byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F else { continue }
                output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<index - 1]))
                copied = index
                switch byte {
                case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
                case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
                case UInt8(ascii: "\n"): output.append(contentsOf: "\\n".utf8)
                case UInt8(ascii: "\t"): output.append(contentsOf: "\\t".utf8)
                default: output.append(contentsOf: "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
                }
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied...]))
        }
        output.append(UInt8(ascii: "\""))
    }

    // Eight bytes are looked at together: a byte is zero where subtracting one borrows from its top bit and nothing else had it set. A byte
    // above one that is found may be reported wrongly, which nobody asks for.

    /// Eight bytes from a place on; nil where there are fewer.
    @inline(__always) fileprivate static func word(of bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt64? {
        index <= bytes.count - 8 ? UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(fromByteOffset: index, as: UInt64.self) : nil
    }

    @inline(__always) fileprivate static func hasByte(_ byte: UInt64, _ word: UInt64) -> Bool {
        let difference = word ^ (byte &* 0x0101_0101_0101_0101)
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080 != 0
    }

    /// Whether one of eight bytes is a control character, a quote or a backslash.
    @inline(__always) fileprivate static func hasSpecial(_ word: UInt64) -> Bool {
        (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080 != 0 || hasByte(0x22, word) || hasByte(0x5C, word)
    }
}

// MARK: - Reading

extension JSON {
    /// Where and why a text is not JSON.
    public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong there.
        public var reason: String
        /// Line and byte in the line, both from 1.
        public var line: Int, column: Int

        /// One sentence.
        public var description: String { "line \(line), column \(column): \(reason)" }
    }

    /// Reads one document. Nesting is bounded at 64 levels; a name that stands twice in an object is refused.
    public init(parsing bytes: [UInt8]) throws(SyntaxError) {
        var reader = Reader(bytes)
        self = try reader.value()
        try reader.end()
    }

    /// Reads a text piece by piece, for those who know what to expect and need no value of it.
    package struct Reader {
        private let bytes: [UInt8]
        private var position = 0

        /// A reader before the first byte.
        package init(_ bytes: [UInt8]) { self.bytes = bytes }

        /// Makes sure that nothing but space is left.
        package mutating func end() throws(SyntaxError) {
            skipSpace()
            guard position == bytes.count else { throw error("expected the end after the first value") }
        }

        private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        /// An error at the current place.
        package func error(_ reason: String) -> SyntaxError {
            let before = bytes[..<min(position, bytes.count)]
            let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
            return SyntaxError(reason: reason, line: line, column: before.count - lineStart + 1)
        }

        private mutating func skipSpace() {
            while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C { position += 1 }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard next == byte else { return false }
            position += 1
            return true
        }

        private mutating func take(word: String) -> Bool {
            guard bytes[position...].starts(with: word.utf8) else { return false }
            position += word.utf8.count
            return true
        }

        /// The next value.
        package mutating func value(depth: Int = 0) throws(SyntaxError) -> JSON {
            skipSpace()
            guard depth <= 64 else { throw error("nested deeper than 64 levels") }
            switch next {
            case nil: throw error("expected a value, found the end")
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try text())
            case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
            default:
                if take(word: "true") { return .bool(true) }
                if take(word: "false") { return .bool(false) }
                if take(word: "null") { return .null }
                throw error("expected a value")
            }
        }

        /// The members of the next object, by name; `body` reads the value of each. A name that stands twice is refused.
        package mutating func members(_ body: (inout Reader, String) throws(SyntaxError) -> Void) throws(SyntaxError) {
            guard take(UInt8(ascii: "{")) else { throw error("expected an object") }
            if take(UInt8(ascii: "}")) { return }
            // Looking through a few beats hashing them.
            var names: [String] = []
            var others: Set<String> = []
            repeat {
                skipSpace()
                guard next == UInt8(ascii: "\"") else { throw error("expected a name in double quotes") }
                let name = try text()
                var isNew = !names.contains(name)
                if names.count < 16 { names.append(name) } else { isNew = isNew && others.insert(name).inserted }
                guard isNew else { throw error("\"\(name)\" stands twice in one object") }
                guard take(UInt8(ascii: ":")) else { throw error("expected : after the name") }
                try body(&self, name)
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw error("expected , or }") }
        }

        private mutating func object(depth: Int) throws(SyntaxError) -> JSON {
            var members: [Member] = []
            try self.members { (reader, name) throws(SyntaxError) in members.append(Member(name, try reader.value(depth: depth + 1))) }
            return .object(members)
        }

        private mutating func array(depth: Int) throws(SyntaxError) -> JSON {
            position += 1
            var elements: [JSON] = []
            if take(UInt8(ascii: "]")) { return .array(elements) }
            repeat { elements.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw error("expected , or ]") }
            return .array(elements)
        }

        private mutating func number() throws(SyntaxError) -> JSON {
            let start = position
            func isDigit(_ byte: UInt8?) -> Bool { byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }
            if next == UInt8(ascii: "-") { position += 1 }
            if next == UInt8(ascii: "0") {
                position += 1
            } else {
                guard isDigit(next) else { throw error("expected a digit") }
                while isDigit(next) { position += 1 }
            }
            if let whole = Int(String(decoding: bytes[start..<position], as: UTF8.self)), next != UInt8(ascii: "."),
                next.map({ $0 | 0x20 }) != UInt8(ascii: "e")
            {
                return .integer(whole)
            }
            if next == UInt8(ascii: ".") {
                position += 1
                guard isDigit(next) else { throw error("expected a digit after the point") }
                while isDigit(next) { position += 1 }
            }
            if next.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
                position += 1
                if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
                guard isDigit(next) else { throw error("expected a digit in the exponent") }
                while isDigit(next) { position += 1 }
            }
            guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
                throw error("the number is too large")
            }
            return .number(value)
        }

        /// The next text.
        package mutating func string() throws(SyntaxError) -> String {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("expected a text") }
            return try text()
        }

        private mutating func text() throws(SyntaxError) -> String {
            position += 1
            let start = position
            // Most texts hold no escape, and are taken as they stand; most are ASCII, and need no check.
            let (end, text) = bytes.withUnsafeBufferPointer { bytes -> (Int, String?) in
                var end = start, all: UInt8 = 0, words: UInt64 = 0
                while let word = JSON.word(of: bytes, at: end), !JSON.hasSpecial(word) {
                    words |= word
                    end += 8
                }
                while end < bytes.count, bytes[end] >= 0x20, bytes[end] != 0x22, bytes[end] != 0x5C {
                    all |= bytes[end]
                    end += 1
                }
                guard end < bytes.count, bytes[end] == 0x22, all < 0x80, words & 0x8080_8080_8080_8080 == 0 else { return (end, nil) }
                return (end, String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self))
            }
            position = end
            guard let text else { return try longText(from: start) }
            position += 1
            return text
        }

        // A text from `start` on whose bytes before `position` are plain.
        private mutating func longText(from start: Int) throws(SyntaxError) -> String {
            var text = Array(bytes[start..<position])
            while true {
                guard let byte = next else { throw error("the text is not closed") }
                guard byte >= 0x20 else { throw error("control characters are written as escapes") }
                position += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let text = String(validating: text, as: UTF8.self) else { throw error("the text is not UTF-8") }
                    return text
                case UInt8(ascii: "\\"): try text.append(contentsOf: escape())
                default: text.append(byte)
                }
            }
        }

        private mutating func escape() throws(SyntaxError) -> [UInt8] {
            guard let byte = next else { throw error("the text is not closed") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0C]
            case UInt8(ascii: "n"): return [0x0A]
            case UInt8(ascii: "r"): return [0x0D]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "u"):
                var code = try hexadecimal()
                if (0xD800..<0xDC00).contains(code), take(word: "\\u") {
                    let low = try hexadecimal()
                    guard (0xDC00..<0xE000).contains(low) else { throw error("a surrogate without its partner") }
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                }
                guard let scalar = Unicode.Scalar(code) else { throw error("a surrogate without its partner") }
                return Array(String(Character(scalar)).utf8)
            default: throw error("there is no such escape")
            }
        }

        private mutating func hexadecimal() throws(SyntaxError) -> UInt32 {
            let digits = bytes[position..<min(position + 4, bytes.count)]
            guard digits.count == 4, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw error("expected four hexadecimal digits") }
            position += 4
            return code
        }
    }
}

// MARK: - Literals

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// Any number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Values in order.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// Members in order; names are not checked.
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map { Member($0, $1) }) }
}
