import AtelierGeometry

/// The condition of an `@supports`: what this room reads counts as supported (CSS Conditional Rules 4, 6).
struct SupportsCondition {
    private var scanner: TextScanner
    private let selectors: SelectorReader

    init(_ scanner: TextScanner, _ selectors: SelectorReader) {
        self.scanner = scanner
        self.selectors = selectors
    }

    /// Whether it holds; one that cannot be read does not.
    mutating func holds() -> Bool {
        guard let result = condition(nested: 0) else { return false }
        return scanner.isAtEnd && result
    }

    /// `not (…)`, or `(…)`s joined by `and` or by `or`.
    private mutating func condition(nested: Int) -> Bool? {
        guard nested < 16 else { return nil }
        scanner.skipSpace()
        var ahead = scanner
        if lowercaseWord(&ahead) == "not", isSpace(ahead.next) || ahead.next == UInt8(ascii: "(") {
            scanner = ahead
            guard let inner = part(nested: nested) else { return nil }
            scanner.skipSpace()
            return !inner
        }
        guard var result = part(nested: nested) else { return nil }
        var joined = ""
        while true {
            scanner.skipSpace()
            if scanner.isAtEnd || scanner.next == UInt8(ascii: ")") { return result }
            let word = lowercaseWord(&scanner)
            // Both in one list would need parentheses.
            guard word == "and" || word == "or", joined.isEmpty || joined == word, let next = part(nested: nested) else { return nil }
            joined = word
            result = word == "and" ? result && next : result || next
        }
    }

    /// A condition in parentheses, a declaration, `selector(…)`, or another function, which is not known.
    private mutating func part(nested: Int) -> Bool? {
        scanner.skipSpace()
        let name = lowercaseWord(&scanner)
        guard scanner.skip(UInt8(ascii: "(")) else { return nil }
        if !name.isEmpty {
            guard let inside = scanner.skipToClosingParenthesis() else { return nil }
            return name == "selector" && selectors.list(inside) != nil
        }
        scanner.skipSpace()
        var ahead = scanner
        if scanner.next == UInt8(ascii: "(") || ["not", "selector"].contains(lowercaseWord(&ahead)) {
            guard let result = condition(nested: nested + 1) else { return nil }
            return scanner.skip(UInt8(ascii: ")")) ? result : nil
        }
        guard let inside = scanner.skipToClosingParenthesis() else { return nil }
        var isKnown = false
        let reader = ValueReader(text: selectors.text)
        readDeclarations(.init(start: Int32(inside.lowerBound), end: Int32(inside.upperBound)), in: selectors.text) { declaration in
            switch declaration.target {
            case .custom, .all: isKnown = true
            case .property(.fill), .property(.stroke), .property(.color), .property(.stopColor):
                isKnown = reader.keyword(declaration.value) != nil || reader.paint(declaration.value, current: .black) != nil
            case .property: isKnown = true
            }
        }
        return isKnown
    }
}
