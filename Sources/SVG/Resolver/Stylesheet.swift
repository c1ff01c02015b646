import AtelierGeometry

/// A property set by a style sheet or a `style` attribute.
struct Declaration {
    var name: AttributeName
    var value: SVG.Document.TextRange
    var isImportant: Bool
}

/// The rules of a document's `style` elements (CSS 2.1 syntax; type, universal, class and id selectors in compounds joined by
/// descendant and child combinators).
struct Stylesheet {
    /// One selector of one rule.
    struct Selector {
        /// From right to left.
        var compounds: [Compound]
        /// Ids, classes and types, weighted so that a larger number wins.
        var specificity: Int
        /// Where the rule's declarations lie.
        var declarations: Range<Int>
    }

    /// Conditions on one element.
    struct Compound {
        /// The element's name; nil for `*` or none.
        var type: ElementName?
        var ids: [SVG.Document.TextRange] = []
        var classes: [SVG.Document.TextRange] = []
        /// Whether the compound to the left must hold for the parent, not for any ancestor.
        var isChild = false
    }

    /// What could not be read: the text, and why it was left out.
    struct Problem {
        var text: String
        var message: String
    }

    /// In source order.
    private(set) var selectors: [Selector] = []
    private(set) var declarations: [Declaration] = []
    /// Selectors by what their rightmost compound asks for, so that an element meets only those that may match it.
    private(set) var byID: [String: [Int]] = [:], byClass: [String: [Int]] = [:]
    private(set) var byType: [ElementName: [Int]] = [:]
    private(set) var universal: [Int] = []

    var isEmpty: Bool { selectors.isEmpty }

    /// Adds the rules of one `style` element; returns what was left out.
    mutating func add(_ range: SVG.Document.TextRange, in text: UnsafePointer<UInt8>) -> [Problem] {
        var reader = StylesheetReader(scanner: TextScanner(text, range.bounds), text: text)
        var problems: [Problem] = []
        while let rule = reader.nextRule(&problems) {
            let first = declarations.count
            readDeclarations(rule.block, in: text) { declarations.append($0) }
            for var selector in rule.selectors {
                selector.declarations = first..<declarations.count
                index(selector, text)
                selectors.append(selector)
            }
        }
        return problems
    }

    private mutating func index(_ selector: Selector, _ text: UnsafePointer<UInt8>) {
        let place = selectors.count, last = selector.compounds[0]
        func string(_ range: SVG.Document.TextRange) -> String {
            String(decoding: UnsafeBufferPointer(start: text, count: Int(range.end))[Int(range.start)...], as: UTF8.self)
        }
        if let id = last.ids.first {
            byID[string(id), default: []].append(place)
        } else if let name = last.classes.first {
            byClass[string(name), default: []].append(place)
        } else if let type = last.type {
            byType[type, default: []].append(place)
        } else {
            universal.append(place)
        }
    }
}

/// Reads `name: value; …` and hands every property this room knows to `body`, in order.
func readDeclarations(_ range: SVG.Document.TextRange, in text: UnsafePointer<UInt8>, _ body: (Declaration) -> Void) {
    let table = AttributeName.table
    var p = Int(range.start)
    let end = Int(range.end)
    while p < end {
        while p < end, isSpace(text[p]) || text[p] == UInt8(ascii: ";") { p += 1 }
        let nameStart = p
        while p < end, text[p] != UInt8(ascii: ":"), text[p] != UInt8(ascii: ";"), !isSpace(text[p]) { p += 1 }
        let nameEnd = p
        while p < end, isSpace(text[p]) { p += 1 }
        guard p < end, text[p] == UInt8(ascii: ":") else {
            // Not a declaration; on to the next one.
            while p < end, text[p] != UInt8(ascii: ";") { p += 1 }
            continue
        }
        p += 1
        while p < end, isSpace(text[p]) { p += 1 }
        let valueStart = p
        p = endOfValue(p, end, text)
        var valueEnd = p
        while valueEnd > valueStart, isSpace(text[valueEnd - 1]) { valueEnd -= 1 }
        guard let index = table.index(of: UnsafeBufferPointer(start: text + nameStart, count: nameEnd - nameStart)),
            let name = AttributeName(rawValue: index), name.isProperty, valueEnd > valueStart
        else { continue }

        var isImportant = false
        if let mark = (valueStart..<valueEnd).last(where: { text[$0] == UInt8(ascii: "!") }) {
            var scanner = TextScanner(text, mark + 1..<valueEnd)
            scanner.skipSpace()
            if lowercaseWord(&scanner) == "important", scanner.isAtEnd {
                isImportant = true
                valueEnd = mark
                while valueEnd > valueStart, isSpace(text[valueEnd - 1]) { valueEnd -= 1 }
            }
        }
        body(Declaration(name: name, value: .init(start: Int32(valueStart), end: Int32(valueEnd)), isImportant: isImportant))
    }
}

/// The `;` that ends a value, or the end: not one inside quotes or parentheses.
private func endOfValue(_ start: Int, _ end: Int, _ text: UnsafePointer<UInt8>) -> Int {
    var p = start, depth = 0
    var quote: UInt8 = 0
    while p < end {
        let byte = text[p]
        if quote != 0 {
            if byte == quote { quote = 0 }
        } else {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth = max(0, depth - 1)
            case UInt8(ascii: ";") where depth == 0: return p
            default: break
            }
        }
        p += 1
    }
    return end
}

/// Splits a style sheet into rules and reads their selectors.
private struct StylesheetReader {
    var scanner: TextScanner
    let text: UnsafePointer<UInt8>

    struct Rule {
        var selectors: [Stylesheet.Selector]
        var block: SVG.Document.TextRange
    }

    mutating func nextRule(_ problems: inout [Stylesheet.Problem]) -> Rule? {
        while true {
            skipSpaceAndMarkers()
            if scanner.isAtEnd { return nil }
            let start = scanner.position
            if scanner.next == UInt8(ascii: "@") {
                skipAtRule()
                let name = string(start, min(scanner.position, start + 40)).prefix { $0 != " " && $0 != "{" && $0 != ";" }
                // Fonts, encodings and namespaces do not change what this room draws.
                if !["@font-face", "@charset", "@namespace"].contains(name) {
                    problems.append(.init(text: String(name), message: "`\(name)` in a style sheet is not supported and left out"))
                }
                continue
            }
            while !scanner.isAtEnd, scanner.next != UInt8(ascii: "{") { scanner.position += 1 }
            let prelude = (start, scanner.position)
            if scanner.isAtEnd { return nil }
            scanner.position += 1
            let blockStart = scanner.position
            skipBlock()
            let block = SVG.Document.TextRange(
                start: Int32(blockStart), end: Int32(scanner.position - (scanner.isAtEnd && !endsWithBrace ? 0 : 1)))
            let selectors = readSelectors(prelude.0, prelude.1, &problems)
            if !selectors.isEmpty { return Rule(selectors: selectors, block: block) }
        }
    }

    private var endsWithBrace: Bool { text[scanner.position - 1] == UInt8(ascii: "}") }

    /// White space, and the `<!--` and `-->` that old files put around style sheets.
    private mutating func skipSpaceAndMarkers() {
        while true {
            scanner.skipSpace()
            if scanner.next == UInt8(ascii: "<"), scanner.peek(1) == UInt8(ascii: "!") {
                scanner.position = min(scanner.position + 4, scanner.end)
            } else if scanner.next == UInt8(ascii: "-"), scanner.peek(1) == UInt8(ascii: "-") {
                scanner.position = min(scanner.position + 3, scanner.end)
            } else if scanner.next == UInt8(ascii: "}") {
                scanner.position += 1
            } else {
                return
            }
        }
    }

    private mutating func skipAtRule() {
        while !scanner.isAtEnd {
            let byte = scanner.next
            scanner.position += 1
            if byte == UInt8(ascii: ";") { return }
            if byte == UInt8(ascii: "{") { return skipBlock() }
        }
    }

    /// To behind the brace that closes the block the scanner is in.
    private mutating func skipBlock() {
        var depth = 1
        while !scanner.isAtEnd, depth > 0 {
            if scanner.next == UInt8(ascii: "{") { depth += 1 }
            if scanner.next == UInt8(ascii: "}") { depth -= 1 }
            scanner.position += 1
        }
    }

    private func string(_ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeBufferPointer(start: text + start, count: end - start), as: UTF8.self)
    }

    /// The selectors of a rule's list; one that cannot be read makes the whole rule invalid (CSS 2.1, 4.1.7).
    private func readSelectors(_ start: Int, _ end: Int, _ problems: inout [Stylesheet.Problem]) -> [Stylesheet.Selector] {
        var selectors: [Stylesheet.Selector] = []
        var part = start
        for p in start...end where p == end || text[p] == UInt8(ascii: ",") {
            guard let selector = readSelector(part, p) else {
                let written = String(string(start, min(end, start + 60)).split(whereSeparator: \.isWhitespace).joined(separator: " "))
                problems.append(.init(text: written, message: "the selector `\(written)` is not supported and its rule left out"))
                return []
            }
            selectors.append(selector)
            part = p + 1
        }
        return selectors
    }

    private func readSelector(_ start: Int, _ end: Int) -> Stylesheet.Selector? {
        var scanner = TextScanner(text, start..<end)
        var compounds: [Stylesheet.Compound] = []
        var specificity = 0
        var isChild = false
        scanner.skipSpace()
        while !scanner.isAtEnd {
            guard compounds.count < 32, var compound = readCompound(&scanner, &specificity) else { return nil }
            compound.isChild = isChild
            isChild = false
            compounds.append(compound)
            scanner.skipSpace()
            if scanner.skip(UInt8(ascii: ">")) {
                isChild = true
                scanner.skipSpace()
                if scanner.isAtEnd { return nil }
            }
        }
        guard !compounds.isEmpty else { return nil }
        return Stylesheet.Selector(compounds: compounds.reversed(), specificity: specificity, declarations: 0..<0)
    }

    private func readCompound(_ scanner: inout TextScanner, _ specificity: inout Int) -> Stylesheet.Compound? {
        var compound = Stylesheet.Compound(type: nil)
        let start = scanner.position
        if !scanner.skip(UInt8(ascii: "*")), let name = identifier(&scanner) {
            let bytes = UnsafeBufferPointer(start: text + Int(name.start), count: Int(name.end - name.start))
            // A name this room does not know matches none of its elements.
            compound.type = ElementName.table.index(of: bytes).flatMap { ElementName(rawValue: $0) } ?? .unknown
            specificity += 1
        }
        while true {
            if scanner.skip(UInt8(ascii: ".")) {
                guard let name = identifier(&scanner) else { return nil }
                compound.classes.append(name)
                specificity += 1 << 10
            } else if scanner.skip(UInt8(ascii: "#")) {
                guard let name = identifier(&scanner) else { return nil }
                compound.ids.append(name)
                specificity += 1 << 20
            } else {
                return scanner.position > start && (scanner.isAtEnd || isSpace(scanner.next) || scanner.next == UInt8(ascii: ">"))
                    ? compound : nil
            }
        }
    }

    private func identifier(_ scanner: inout TextScanner) -> SVG.Document.TextRange? {
        let start = scanner.position
        loop: while true {
            switch scanner.next {
            case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"), 0x80...0xFF: scanner.position += 1
            default: break loop
            }
        }
        return scanner.position > start ? .init(start: Int32(start), end: Int32(scanner.position)) : nil
    }
}
