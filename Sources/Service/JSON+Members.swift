import AtelierJSON

extension JSON {
    /// The value of a member of an object.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text of a text.
    var string: String? { if case .string(let text) = self { text } else { nil } }

    /// A length of time in milliseconds, to the microsecond.
    static func milliseconds(_ nanoseconds: UInt64) -> JSON { .number((Double(nanoseconds) / 1000).rounded() / 1000) }

    /// The same document with member names as this interface has them: `gzipBytes` as `gzip_bytes`.
    var inSnakeCase: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.inSnakeCase))
        case .object(let members): .object(members.map { Member(snakeCase($0.name), $0.value.inSnakeCase) })
        default: self
        }
    }
}

private func snakeCase(_ name: String) -> String {
    var text = ""
    for (index, character) in name.enumerated() {
        if character.isUppercase, index > 0 { text += "_" }
        text += character.lowercased()
    }
    return text
}
