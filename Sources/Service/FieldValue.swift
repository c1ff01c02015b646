import AtelierServing

/// A header field's value with parameters (RFC 9110, section 5.6.6): `form-data; name="file"; filename="logo.png"`.
struct FieldValue: Hashable, Sendable {
    /// What stands before the parameters, in lower case.
    let value: String
    /// Names in lower case, and values without quotes.
    private let parameters: [String: String]

    /// Reads a value; parameters that are none are left out.
    init(_ text: String) {
        var parameters: [String: String] = [:]
        var rest = text.unicodeScalars[...]
        func skipBlanks() { rest = rest.drop { $0 == " " || $0 == "\t" } }
        func token(until ends: Set<Unicode.Scalar>) -> String {
            let token = rest.prefix { !ends.contains($0) }
            rest = rest.dropFirst(token.count)
            return String(String.UnicodeScalarView(token)).trimmed
        }
        value = token(until: [";"]).lowercased()
        while rest.popFirst() != nil {
            skipBlanks()
            let name = token(until: ["=", ";"]).lowercased()
            guard rest.first == "=" else { continue }
            rest.removeFirst()
            skipBlanks()
            var text = String.UnicodeScalarView()
            if rest.first == "\"" {
                rest.removeFirst()
                while let next = rest.popFirst(), next != "\"" {
                    // A backslash quotes what follows only where that needs it: some clients send Windows paths as they are.
                    if next == "\\", let quoted = rest.first, quoted == "\"" || quoted == "\\" {
                        text.append(quoted)
                        rest.removeFirst()
                    } else {
                        text.append(next)
                    }
                }
                _ = token(until: [";"])
                parameters[name] = parameters[name] ?? String(text)
            } else {
                let word = token(until: [";"])
                parameters[name] = parameters[name] ?? word
            }
        }
        self.parameters = parameters
    }

    /// A parameter's value.
    subscript(name: String) -> String? { parameters[name] }

    /// A parameter in the extended form `name*=UTF-8''percent-encoded` (RFC 8187).
    func extended(_ name: String) -> String? {
        guard let text = parameters[name + "*"] else { return nil }
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return nil }
        return String(percentDecoding: parts[2].utf8.span)
    }
}

extension String {
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
