/// A Swift file taken apart into code and comments, line by line. Contents of strings are blanked, interpolated code is kept.
///
/// A scanner, not a parser: it knows comments (nested), strings (plain, multi-line, raw) and interpolation, nothing else;
/// regular-expression literals are read as code.
struct SwiftText {
    /// Each line without comments and string contents.
    var code: [String] = []
    /// The comment text of each line, with its slashes; empty where there is none.
    var comments: [String] = []

    private enum Mode {
        case code(parentheses: Int)
        case string(quotes: Int, hashes: Int)
        case block
    }

    init(lines: [String]) {
        // The stack holds what surrounds: code inside an interpolation inside a string inside code.
        var stack: [Mode] = [.code(parentheses: 0)]
        for line in lines {
            // Most lines hold neither a string nor a comment, or are one comment.
            if stack.count == 1, case .code = stack[0] {
                if !line.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "/") }) {
                    code.append(line)
                    comments.append("")
                    continue
                }
                let text = line.drop { $0 == " " }
                if text.hasPrefix("//") {
                    code.append("")
                    comments.append(String(text))
                    continue
                }
            }
            let bytes = Array(line.utf8)
            var code: [UInt8] = [], comment: [UInt8] = []
            var i = 0
            func has(_ text: StaticString, at position: Int) -> Bool {
                position + text.utf8CodeUnitCount <= bytes.count
                    && (0..<text.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
            }
            func hashes(at position: Int) -> Int { bytes[position...].prefix { $0 == UInt8(ascii: "#") }.count }
            line: while i < bytes.count {
                switch stack[stack.count - 1] {
                case .block:
                    if has("*/", at: i) {
                        stack.removeLast()
                        comment += Array("*/".utf8)
                        i += 2
                    } else {
                        if has("/*", at: i) { stack.append(.block) }
                        comment.append(bytes[i])
                        i += 1
                    }
                case .string(let quotes, let hashes):
                    let closing =
                        [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
                    let escape = [UInt8(ascii: "\\")] + [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
                    if bytes[i...].starts(with: closing) {
                        stack.removeLast()
                        code.append(UInt8(ascii: "\""))
                        i += closing.count
                    } else if bytes[i...].starts(with: escape) {
                        i += escape.count
                        if i < bytes.count, bytes[i] == UInt8(ascii: "(") { stack.append(.code(parentheses: 0)) }
                        i += 1
                    } else {
                        i += 1
                    }
                case .code(let parentheses):
                    if has("//", at: i) {
                        comment += bytes[i...]
                        break line
                    }
                    if has("/*", at: i) {
                        stack.append(.block)
                        comment += Array("/*".utf8)
                        i += 2
                        continue
                    }
                    let count = hashes(at: i)
                    if i + count < bytes.count, bytes[i + count] == UInt8(ascii: "\"") {
                        let quotes = has("\"\"\"", at: i + count) ? 3 : 1
                        stack.append(.string(quotes: quotes, hashes: count))
                        code.append(UInt8(ascii: "\""))
                        i += count + quotes
                        continue
                    }
                    if bytes[i] == UInt8(ascii: "(") { stack[stack.count - 1] = .code(parentheses: parentheses + 1) }
                    if bytes[i] == UInt8(ascii: ")") {
                        if parentheses == 0, stack.count > 1 {
                            stack.removeLast()  // end of an interpolation
                            i += 1
                            continue
                        }
                        stack[stack.count - 1] = .code(parentheses: parentheses - 1)
                    }
                    code.append(bytes[i])
                    i += 1
                }
            }
            // A plain string ends with its line, whatever a mistake in this scanner says.
            if case .string(quotes: 1, _) = stack[stack.count - 1] { stack.removeLast() }
            self.code.append(String(decoding: code, as: UTF8.self))
            comments.append(String(decoding: comment, as: UTF8.self))
        }
    }

    /// The identifiers of a line of code, in order; digits alone are none.
    static func words(in line: String) -> [Substring] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.filter { !$0.first!.isNumber }
    }
}
