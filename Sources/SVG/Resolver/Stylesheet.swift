import AtelierGeometry

/// A property set by a style sheet or a `style` attribute.
struct Declaration {
    enum Target {
        case property(AttributeName)
        /// A custom property, by its name with the two hyphens.
        case custom(SVG.Document.TextRange)
        /// Every property but custom ones.
        case all
    }

    var target: Target
    var value: SVG.Document.TextRange
    var isImportant: Bool
}

/// The rules of a document's `style` elements (CSS Syntax 3, Selectors 4).
struct Stylesheet {
    /// One selector of one rule.
    struct Entry {
        var selector: Selector
        /// Where the rule's declarations lie.
        var declarations: Range<Int>
        /// The cascade layer it stands in; 0 for none.
        var layer: Int
    }

    /// A cascade layer (CSS Cascade 5, 6.4).
    private struct Layer {
        /// The layer it lies in; −1 for the whole.
        var parent: Int
        /// Rules in a layer of a higher rank are stronger, those in none the strongest.
        var rank = 0
    }

    /// In source order.
    private(set) var entries: [Entry] = []
    private(set) var declarations: [Declaration] = []
    /// Entries by what their rightmost compound asks for, so that an element meets only those that may match it.
    private(set) var byID: [String: [Int]] = [:], byClass: [String: [Int]] = [:]
    private(set) var byType: [ElementName: [Int]] = [:]
    private(set) var universal: [Int] = []

    /// Layers in the order of their first mention; the first stands for "in none". Beyond a few thousand they are that in which they stand.
    private var layers = [Layer(parent: -1)]
    private var layerPlaces: [String: Int] = [:]

    var isEmpty: Bool { entries.isEmpty }
    var hasLayers: Bool { layers.count > 1 }

    /// How strong the layer of an entry is.
    func rank(_ entry: Int) -> Int { layers[entries[entry].layer].rank }

    /// The layer of a name inside another; without a name a new one.
    fileprivate mutating func layer(_ name: String?, in parent: Int) -> Int {
        let key = name.map { "\(parent) \($0)" }
        if let key, let known = layerPlaces[key] { return known }
        guard layers.count < 1 << 12 else { return parent }
        layers.append(Layer(parent: parent))
        if let key { layerPlaces[key] = layers.count - 1 }
        return layers.count - 1
    }

    /// Layers inside of one come in their order, and then its own rules.
    private mutating func rankLayers() {
        var children = [[Int]](repeating: [], count: layers.count)
        for place in 1..<layers.count { children[layers[place].parent].append(place) }
        var rank = 0, open = [(layer: 0, next: 0)]
        while let (layer, next) = open.popLast() {
            if next < children[layer].count {
                open.append((layer, next + 1))
                open.append((children[layer][next], 0))
            } else {
                layers[layer].rank = rank
                rank += 1
            }
        }
    }

    /// Adds the rules of one `style` element; returns what was left out, a sentence each.
    mutating func add(
        _ range: SVG.Document.TextRange, in text: UnsafePointer<UInt8>, made: MadeText?, media: MediaQuery.Medium
    ) -> [String] {
        var reader = StylesheetReader(text: text, selectors: SelectorReader(text: text, made: made), medium: media)
        reader.read(range.bounds, into: &self, depth: 0, layer: 0)
        if hasLayers { rankLayers() }
        return reader.problems
    }

    fileprivate mutating func add(
        _ selectors: [Selector], _ block: SVG.Document.TextRange, _ text: UnsafePointer<UInt8>, layer: Int
    ) {
        let first = declarations.count
        readDeclarations(block, in: text) { declarations.append($0) }
        for selector in selectors {
            index(selector, text)
            entries.append(Entry(selector: selector, declarations: first..<declarations.count, layer: layer))
        }
    }

    private mutating func index(_ selector: Selector, _ text: UnsafePointer<UInt8>) {
        let place = entries.count, last = selector.compounds[0]
        func string(_ range: SVG.Document.TextRange) -> String {
            String(decoding: UnsafeBufferPointer(start: text + Int(range.start), count: Int(range.end - range.start)), as: UTF8.self)
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

/// Reads `name: value; …` and hands every property this room knows, and every custom one, to `body`, in order.
func readDeclarations(_ range: SVG.Document.TextRange, in text: UnsafePointer<UInt8>, _ body: (Declaration) -> Void) {
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
        guard let target = target(nameStart..<nameEnd, text) else { continue }

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
        // Only custom properties may be empty.
        if valueEnd == valueStart, case .property = target { continue }
        body(Declaration(target: target, value: .init(start: Int32(valueStart), end: Int32(valueEnd)), isImportant: isImportant))
    }
}

/// What a declaration's name sets; property names may be in any case.
private func target(_ name: Range<Int>, _ text: UnsafePointer<UInt8>) -> Declaration.Target? {
    if name.count > 2, text[name.lowerBound] == UInt8(ascii: "-"), text[name.lowerBound + 1] == UInt8(ascii: "-") {
        return .custom(.init(start: Int32(name.lowerBound), end: Int32(name.upperBound)))
    }
    let bytes = UnsafeBufferPointer(start: text + name.lowerBound, count: name.count)
    var index = AttributeName.table.index(of: bytes)
    if index == nil, name.count <= 32, bytes.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) {
        let lower = bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        index = lower.withUnsafeBufferPointer { AttributeName.table.index(of: $0) }
    }
    switch index.flatMap({ AttributeName(rawValue: $0) }) {
    case .rotate?: return .property(.rotateProperty)
    case .scale?: return .property(.scaleProperty)
    case let known?: return known.isProperty ? .property(known) : nil
    case nil: break
    }
    return bytes.elementsEqual("all".utf8) ? .all : nil
}

/// The `;` that ends a value, or the end: not one inside quotes or brackets.
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
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: ";") where depth == 0: return p
            default: break
            }
        }
        p += 1
    }
    return end
}

/// Splits a style sheet into rules.
private struct StylesheetReader {
    let text: UnsafePointer<UInt8>
    let selectors: SelectorReader
    let medium: MediaQuery.Medium
    var problems: [String] = []

    /// Reads the rules of a style sheet or of the block of an `@media`, `@supports` or `@layer`.
    mutating func read(_ range: Range<Int>, into sheet: inout Stylesheet, depth: Int, layer: Int) {
        var scanner = TextScanner(text, range)
        while true {
            skipSpaceAndMarkers(&scanner)
            if scanner.isAtEnd { return }
            let start = scanner.position
            if scanner.next == UInt8(ascii: "@") {
                readAtRule(&scanner, into: &sheet, depth, layer)
                continue
            }
            while !scanner.isAtEnd, scanner.next != UInt8(ascii: "{") { scanner.position += 1 }
            let prelude = start..<scanner.position
            if scanner.isAtEnd { return }
            let block = self.block(&scanner)
            if let list = selectors.list(prelude) {
                sheet.add(list, .init(start: Int32(block.lowerBound), end: Int32(block.upperBound)), text, layer: layer)
            } else {
                let written = string(prelude.lowerBound..<min(prelude.upperBound, prelude.lowerBound + 60)).trimmed
                problems.append(
                    "the selector `\(written)` is not supported and its rule left out")
            }
        }
    }

    private mutating func readAtRule(_ scanner: inout TextScanner, into sheet: inout Stylesheet, _ depth: Int, _ layer: Int) {
        scanner.position += 1
        let name = lowercaseWord(&scanner)
        let preludeStart = scanner.position
        while !scanner.isAtEnd, scanner.next != UInt8(ascii: ";"), scanner.next != UInt8(ascii: "{") { scanner.position += 1 }
        let prelude = preludeStart..<scanner.position
        let block = scanner.next == UInt8(ascii: "{") ? block(&scanner) : nil
        if block == nil { scanner.position += 1 }
        switch (name, block) {
        case ("media", let block?) where depth < 8:
            var query = MediaQuery(TextScanner(text, prelude), medium)
            let holds = query.list()
            if let unknown = query.unknown {
                problems.append("`@media` asks for `\(unknown)`, which is not known here; its rules are left out")
            } else if holds {
                read(block, into: &sheet, depth: depth + 1, layer: layer)
            }
        case ("supports", let block?) where depth < 8:
            var condition = SupportsCondition(TextScanner(text, prelude), selectors)
            if condition.holds() { read(block, into: &sheet, depth: depth + 1, layer: layer) }
        case ("layer", let block) where depth < 8:
            let names = string(prelude).split(separator: ",").map(\.trimmed)
            var inner = layer
            if names.isEmpty { inner = sheet.layer(nil, in: layer) }
            for name in names {
                inner = layer
                for part in name.split(separator: ".").prefix(8) { inner = sheet.layer(String(part), in: inner) }
            }
            if let block { read(block, into: &sheet, depth: depth + 1, layer: inner) }
        case ("keyframes", _), ("-webkit-keyframes", _), ("-moz-keyframes", _):
            problems.append("animation by style sheets is not played; the picture shows the state without it")
        // Fonts, encodings, namespaces and pages do not change what this room draws.
        case ("font-face", _), ("charset", _), ("namespace", _), ("page", _), ("property", _): break
        case ("import", _):
            let written = string(prelude.lowerBound..<min(prelude.upperBound, prelude.lowerBound + 60)).trimmed
            problems.append("`@import \(written)`: an external style sheet is not read")
        default: problems.append("`@\(name)` in a style sheet is not supported and left out")
        }
    }

    /// What lies between the brace the scanner is at and the one that closes it, to behind which it moves.
    private func block(_ scanner: inout TextScanner) -> Range<Int> {
        scanner.position += 1
        let start = scanner.position
        var depth = 1
        var quote: UInt8 = 0
        while !scanner.isAtEnd {
            let byte = scanner.next
            if quote != 0 {
                // A line end closes a string that was left open.
                if byte == quote || byte == 0x0A { quote = 0 }
            } else {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
                case UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "}"): depth -= 1
                default: break
                }
            }
            scanner.position += 1
            if depth == 0 { return start..<scanner.position - 1 }
        }
        return start..<scanner.position
    }

    /// White space, and the `<!--` and `-->` that old files put around style sheets.
    private func skipSpaceAndMarkers(_ scanner: inout TextScanner) {
        while true {
            scanner.skipSpace()
            if scanner.next == UInt8(ascii: "<"), scanner.peek(1) == UInt8(ascii: "!") {
                scanner.position = min(scanner.position + 4, scanner.end)
            } else if scanner.next == UInt8(ascii: "-"), scanner.peek(1) == UInt8(ascii: "-") {
                scanner.position = min(scanner.position + 3, scanner.end)
            } else {
                return
            }
        }
    }

    private func string(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(start: text + range.lowerBound, count: range.count), as: UTF8.self)
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
