import AtelierGeometry

/// A complex selector (Selectors 4): compounds joined by combinators.
struct Selector {
    /// From right to left.
    var compounds: [Compound]
    /// Ids; classes, attributes and pseudo-classes; types: weighted so that a larger number wins.
    var specificity: Int

    /// Conditions on one element.
    struct Compound {
        /// The element's name; nil for `*` or none.
        var type: ElementName?
        /// As written; it decides among elements that this room does not know.
        var typeName = SVG.Document.TextRange.missing
        var ids: [SVG.Document.TextRange] = []
        var classes: [SVG.Document.TextRange] = []
        var conditions: [Condition] = []
        /// How the compound to the left must stand to what this one matches.
        var combinator = Combinator.descendant
    }

    enum Combinator { case descendant, child, next, later }

    /// An attribute selector or a pseudo-class.
    indirect enum Condition {
        case attribute(AttributeTest)
        case root, empty, link
        /// What nobody does to a still picture, such as `:hover`, and what it has not, such as `::before`.
        case never
        /// The place among the siblings is `step · n + offset` for an n of 0 or more.
        case place(step: Int, offset: Int, fromEnd: Bool, sameType: Bool)
        case anyOf([Selector]), noneOf([Selector])
        /// Something below or after the element matches one of these, whose leftmost compound is the element itself.
        case has([Selector])
        /// The element that the innermost `:has()` is asked about.
        case scope
    }

    struct AttributeTest {
        enum Relation { case exists, equals, hasWord, isLanguage, begins, ends, contains }
        var name: SVG.Document.TextRange
        /// The name when the room knows it.
        var known: AttributeName?
        var relation = Relation.exists
        var value = SVG.Document.TextRange.missing
        var ignoresCase = false
    }
}

/// Reads selectors out of a style sheet.
struct SelectorReader {
    typealias TextRange = SVG.Document.TextRange

    let text: UnsafePointer<UInt8>
    /// Takes identifiers without their escapes; nil when the document has no room for them.
    let made: MadeText?

    /// A list of selectors; nil when one of them cannot be read, which makes the rule invalid (CSS Syntax 3, 9).
    func list(_ range: Range<Int>, nested: Int = 0) -> [Selector]? {
        var scanner = TextScanner(text, range)
        var selectors: [Selector] = []
        repeat {
            guard let selector = complex(&scanner, nested), selectors.count < 1 << 12 else { return nil }
            selectors.append(selector)
        } while scanner.skip(UInt8(ascii: ","))
        return scanner.isAtEnd ? selectors : nil
    }

    private func complex(_ scanner: inout TextScanner, _ nested: Int) -> Selector? {
        var compounds: [Selector.Compound] = []
        var specificity = 0
        var combinator = Selector.Combinator.descendant
        scanner.skipSpace()
        while true {
            guard compounds.count < 32, var compound = compound(&scanner, &specificity, nested) else { return nil }
            compound.combinator = combinator
            compounds.append(compound)
            let place = scanner.position
            scanner.skipSpace()
            switch scanner.next {
            case UInt8(ascii: ">"): combinator = .child
            case UInt8(ascii: "+"): combinator = .next
            case UInt8(ascii: "~"): combinator = .later
            case UInt8(ascii: ","), 0:
                guard scanner.isAtEnd || scanner.next == UInt8(ascii: ",") else { return nil }
                return Selector(compounds: compounds.reversed(), specificity: specificity)
            default:
                guard scanner.position > place else { return nil }
                combinator = .descendant
                continue
            }
            scanner.position += 1
            scanner.skipSpace()
        }
    }

    private func compound(_ scanner: inout TextScanner, _ specificity: inout Int, _ nested: Int) -> Selector.Compound? {
        var compound = Selector.Compound(type: nil)
        let start = scanner.position
        skipNamespace(&scanner)
        if !scanner.skip(UInt8(ascii: "*")), let name = identifier(&scanner) {
            let bytes = UnsafeBufferPointer(start: text + Int(name.start), count: Int(name.end - name.start))
            compound.typeName = name
            compound.type = ElementName.table.index(of: bytes).flatMap { ElementName(rawValue: $0) } ?? .unknown
            specificity += 1
        }
        while true {
            switch scanner.next {
            case UInt8(ascii: "."):
                scanner.position += 1
                guard let name = identifier(&scanner) else { return nil }
                compound.classes.append(name)
                specificity += 1 << 10
            case UInt8(ascii: "#"):
                scanner.position += 1
                guard let name = identifier(&scanner) else { return nil }
                compound.ids.append(name)
                specificity += 1 << 20
            case UInt8(ascii: "["):
                guard let test = attributeTest(&scanner) else { return nil }
                compound.conditions.append(.attribute(test))
                specificity += 1 << 10
            case UInt8(ascii: ":"):
                guard let condition = pseudo(&scanner, &specificity, nested) else { return nil }
                compound.conditions.append(condition)
            default: return scanner.position > start ? compound : nil
            }
        }
    }

    /// `svg|`, `*|` and `|` in front of a name: all elements this room keeps are of one namespace.
    private func skipNamespace(_ scanner: inout TextScanner) {
        var ahead = scanner
        if !ahead.skip(UInt8(ascii: "*")) { _ = identifier(&ahead) }
        guard ahead.next == UInt8(ascii: "|"), ahead.peek(1) != UInt8(ascii: "=") else { return }
        ahead.position += 1
        scanner = ahead
    }

    // MARK: Attributes

    private func attributeTest(_ scanner: inout TextScanner) -> Selector.AttributeTest? {
        scanner.position += 1
        scanner.skipSpace()
        skipNamespace(&scanner)
        guard let name = identifier(&scanner) else { return nil }
        let bytes = UnsafeBufferPointer(start: text + Int(name.start), count: Int(name.end - name.start))
        var test = Selector.AttributeTest(
            name: name, known: AttributeName.table.index(of: bytes).flatMap { AttributeName(rawValue: $0) })
        scanner.skipSpace()
        if scanner.skip(UInt8(ascii: "]")) { return test }
        switch scanner.next {
        case UInt8(ascii: "="): test.relation = .equals
        case UInt8(ascii: "~"): test.relation = .hasWord
        case UInt8(ascii: "|"): test.relation = .isLanguage
        case UInt8(ascii: "^"): test.relation = .begins
        case UInt8(ascii: "$"): test.relation = .ends
        case UInt8(ascii: "*"): test.relation = .contains
        default: return nil
        }
        scanner.position += 1
        if test.relation != .equals, !scanner.skip(UInt8(ascii: "=")) { return nil }
        scanner.skipSpace()
        guard let value = quoted(&scanner) ?? identifier(&scanner) else { return nil }
        test.value = value
        scanner.skipSpace()
        switch scanner.next | 0x20 {
        case UInt8(ascii: "i"):
            test.ignoresCase = true
            scanner.position += 1
        case UInt8(ascii: "s"): scanner.position += 1
        default: break
        }
        scanner.skipSpace()
        return scanner.skip(UInt8(ascii: "]")) ? test : nil
    }

    private func quoted(_ scanner: inout TextScanner) -> TextRange? {
        let quote = scanner.next
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        scanner.position += 1
        let start = scanner.position
        while !scanner.isAtEnd, scanner.next != quote { scanner.position += scanner.next == UInt8(ascii: "\\") ? 2 : 1 }
        let end = min(scanner.position, scanner.end)
        return scanner.skip(quote) ? unescaped(start..<end) : nil
    }

    // MARK: Pseudo-classes

    private func pseudo(_ scanner: inout TextScanner, _ specificity: inout Int, _ nested: Int) -> Selector.Condition? {
        scanner.position += 1
        let isElement = scanner.skip(UInt8(ascii: ":"))
        let name = lowercaseWord(&scanner)
        if isElement {
            specificity += 1
            if scanner.next == UInt8(ascii: "("), inParentheses(&scanner) == nil { return nil }
            return name.isEmpty ? nil : .never
        }
        func argument() -> Range<Int>? { inParentheses(&scanner) }
        switch name {
        case "is", "matches", "where", "not":
            guard nested < 4, let range = argument(), let selectors = list(range, nested: nested + 1) else { return nil }
            if name != "where" { specificity += selectors.reduce(0) { max($0, $1.specificity) } }
            return name == "not" ? .noneOf(selectors) : .anyOf(selectors)
        case "has":
            guard nested < 4, let range = argument(), let selectors = relativeList(range, nested + 1) else { return nil }
            specificity += selectors.reduce(0) { max($0, $1.specificity) }
            return .has(selectors)
        case "before", "after", "first-line", "first-letter":
            specificity += 1
            return .never
        default: break
        }
        specificity += 1 << 10
        switch name {
        case "root": return .root
        case "empty": return .empty
        case "link", "any-link": return .link
        case "hover", "active", "focus", "focus-within", "focus-visible", "visited", "target", "checked", "disabled", "enabled",
            "fullscreen":
            return .never
        case "first-child": return .place(step: 0, offset: 1, fromEnd: false, sameType: false)
        case "last-child": return .place(step: 0, offset: 1, fromEnd: true, sameType: false)
        case "first-of-type": return .place(step: 0, offset: 1, fromEnd: false, sameType: true)
        case "last-of-type": return .place(step: 0, offset: 1, fromEnd: true, sameType: true)
        case "only-child": return .anyOf([both(sameType: false)])
        case "only-of-type": return .anyOf([both(sameType: true)])
        case "nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type":
            guard let range = argument(), let (step, offset) = places(TextScanner(text, range)) else { return nil }
            return .place(step: step, offset: offset, fromEnd: name.contains("last"), sameType: name.hasSuffix("of-type"))
        default: return nil
        }
    }

    /// Selectors that may begin with a combinator, each with the element in question as a compound to the left.
    private func relativeList(_ range: Range<Int>, _ nested: Int) -> [Selector]? {
        var scanner = TextScanner(text, range)
        var selectors: [Selector] = []
        repeat {
            scanner.skipSpace()
            var leading = Selector.Combinator.descendant
            switch scanner.next {
            case UInt8(ascii: ">"): leading = .child
            case UInt8(ascii: "+"): leading = .next
            case UInt8(ascii: "~"): leading = .later
            default: break
            }
            if leading != .descendant { scanner.position += 1 }
            guard var selector = complex(&scanner, nested), selectors.count < 1 << 8 else { return nil }
            selector.compounds[selector.compounds.count - 1].combinator = leading
            selector.compounds.append(Selector.Compound(type: nil, conditions: [.scope]))
            selectors.append(selector)
        } while scanner.skip(UInt8(ascii: ","))
        return scanner.isAtEnd ? selectors : nil
    }

    /// First and last at once.
    private func both(sameType: Bool) -> Selector {
        let ends = [false, true].map { Selector.Condition.place(step: 0, offset: 1, fromEnd: $0, sameType: sameType) }
        return Selector(compounds: [Selector.Compound(type: nil, conditions: ends)], specificity: 0)
    }

    /// `odd`, `even`, `3`, `2n`, `-n + 3` and their like (CSS Syntax 3, 6).
    private func places(_ scanner: TextScanner) -> (step: Int, offset: Int)? {
        var scanner = scanner
        func sign() -> Int? {
            scanner.skip(UInt8(ascii: "-")) ? -1 : scanner.skip(UInt8(ascii: "+")) ? 1 : nil
        }
        func digits() -> Int? {
            var value = 0, count = 0
            while scanner.next >= 0x30, scanner.next <= 0x39 {
                value = min(value * 10 + Int(scanner.next - 0x30), 1 << 30)
                count += 1
                scanner.position += 1
            }
            return count > 0 ? value : nil
        }
        func finished(_ step: Int, _ offset: Int) -> (Int, Int)? {
            scanner.skipSpace()
            return scanner.isAtEnd ? (step, offset) : nil
        }
        scanner.skipSpace()
        if scanner.next | 0x20 == UInt8(ascii: "o") { return lowercaseWord(&scanner) == "odd" ? finished(2, 1) : nil }
        if scanner.next | 0x20 == UInt8(ascii: "e") { return lowercaseWord(&scanner) == "even" ? finished(2, 0) : nil }
        let first = sign() ?? 1, number = digits()
        guard scanner.next | 0x20 == UInt8(ascii: "n") else { return number.flatMap { finished(0, first * $0) } }
        scanner.position += 1
        let step = first * (number ?? 1)
        scanner.skipSpace()
        guard let second = sign() else { return finished(step, 0) }
        scanner.skipSpace()
        return digits().flatMap { finished(step, second * $0) }
    }

    private func inParentheses(_ scanner: inout TextScanner) -> Range<Int>? {
        guard scanner.skip(UInt8(ascii: "(")) else { return nil }
        let start = scanner.position
        var depth = 1
        while !scanner.isAtEnd {
            let byte = scanner.next
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            scanner.position += 1
            if depth == 0 { return start..<scanner.position - 1 }
        }
        return nil
    }

    // MARK: Identifiers

    private func identifier(_ scanner: inout TextScanner) -> TextRange? {
        let start = scanner.position
        var isEscaped = false
        loop: while !scanner.isAtEnd {
            switch scanner.next {
            case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"), 0x80...0xFF: scanner.position += 1
            case UInt8(ascii: "\\") where scanner.position + 1 < scanner.end:
                isEscaped = true
                scanner.position += 1
                // Up to six hexadecimal digits and a space, or any one character.
                var count = 0
                while count < 6, isHexadecimal(scanner.next) {
                    scanner.position += 1
                    count += 1
                }
                if count == 0 { scanner.position += 1 } else if isSpace(scanner.next) { scanner.position += 1 }
            default: break loop
            }
        }
        guard scanner.position > start else { return nil }
        return isEscaped ? unescaped(start..<scanner.position) : .init(start: Int32(start), end: Int32(scanner.position))
    }

    /// The text with `\"` and `\31 ` as what they stand for (CSS Syntax 3, 4.3.7).
    private func unescaped(_ range: Range<Int>) -> TextRange? {
        if !range.contains(where: { text[$0] == UInt8(ascii: "\\") }) {
            return TextRange(start: Int32(range.lowerBound), end: Int32(range.upperBound))
        }
        var bytes: [UInt8] = []
        var p = range.lowerBound
        while p < range.upperBound {
            guard text[p] == UInt8(ascii: "\\") else {
                bytes.append(text[p])
                p += 1
                continue
            }
            p += 1
            var value: UInt32 = 0, count = 0
            while p < range.upperBound, count < 6, let digit = hexadecimalDigit(text[p]) {
                value = value << 4 | UInt32(digit)
                p += 1
                count += 1
            }
            if count > 0 {
                if p < range.upperBound, isSpace(text[p]) { p += 1 }
                let scalar = Unicode.Scalar(value).flatMap { value == 0 ? nil : $0 } ?? "\u{FFFD}"
                bytes += Array(String(scalar).utf8)
            } else if p < range.upperBound {
                bytes.append(text[p])
                p += 1
            }
        }
        return made?.append(bytes)
    }

    private func isHexadecimal(_ byte: UInt8) -> Bool { hexadecimalDigit(byte) != nil }
}
