/// What elements may contain and attributes may say: the tables beside this file, read on first use of each line.
///
/// A line is `Name: content ; attributes`. Content is a regular expression over elements written `p:sp=Type`, with `?`, `*`, `+` and
/// `{2,3}` behind what repeats, `|` between alternatives, `$Group` for a line of its own, `#` for a type that is plain text, and `*any`
/// for content that is not looked at. Attributes are `name=Values`, `name!` where one must be there; without values it is any text. A
/// line of values lists words, `int:0:100` (from, to), `hex:3` (bytes), `percent`, `measure`, `guid`, `boolean`, `number`.
/// It is not an XSD engine: what it can say is what these schemas need, and their content is deterministic, so nothing backtracks.
struct Schema {
    /// A piece of content and how often it comes.
    struct Item {
        indirect enum Kind {
            case element(String)
            case sequence([Item])
            case choice([Item])
            case any
        }

        var kind: Kind
        var least = 1, most = 1
    }

    struct Attribute {
        var isRequired = false
        /// Nil for any text.
        var values: [Values]?
    }

    enum Values: Equatable {
        case word(String)
        case integer(ClosedRange<Int>)
        case hex(byteCount: Int?)
        case percent(ClosedRange<Double>)
        case measure, guid, boolean, number
    }

    struct ElementType {
        /// Nil when it is not looked at.
        var content: Item?
        /// Types of children by name; `plainText` for those of text alone.
        var children: [String: Int] = [:]
        var attributes: [String: Attribute] = [:]
        var required: [String] = []
    }

    /// Types of the elements that parts begin with.
    static let roots = [
        "p:presentation": "Presentation", "p:sld": "Slide", "p:sldLayout": "SlideLayout", "p:sldMaster": "SlideMaster",
        "p:notes": "NotesSlide", "p:notesMaster": "NotesMaster", "a:theme": "OfficeStyleSheet",
    ]

    private static let lines = table([presentation, drawing])
    private static let valueLines = table([values])
    /// The type of elements that hold text and nothing else.
    static let plainText = -1

    /// Types that were needed so far, in the order of being named; those that are named only have no content yet.
    private(set) var types: [ElementType] = []
    private var isRead: [Bool] = []
    private var places: [String: Int] = [:]

    /// The place in `types` of a name that stands in the tables, read.
    mutating func type(named name: String) -> Int {
        let place = place(of: name)
        read(place, name)
        return place
    }

    /// The type of a child, read; nil where there can be no such child.
    mutating func child(_ name: String, of type: Int) -> Int? {
        guard let place = types[type].children[name], place >= 0 else { return types[type].children[name] }
        if !isRead[place], let typeName = places.first(where: { $0.value == place })?.key { read(place, typeName) }
        return place
    }

    private mutating func place(of name: String) -> Int {
        if let place = places[name] { return place }
        places[name] = types.count
        types.append(ElementType())
        isRead.append(false)
        return types.count - 1
    }

    private mutating func read(_ place: Int, _ name: String) {
        if isRead[place] { return }
        isRead[place] = true
        let (type, children) = Self.read(name)
        types[place] = type
        for (child, typeName) in children {
            let childPlace = typeName.isEmpty ? Self.plainText : self.place(of: typeName)
            types[place].children[child] = childPlace
        }
    }

    private static func table(_ texts: [String]) -> [Substring: Substring] {
        var table: [Substring: Substring] = [:]
        for text in texts {
            // A line that begins with a space goes on from the one before.
            let bytes = text.utf8
            var start = bytes.startIndex, next = start
            while next < bytes.endIndex {
                next = bytes[next...].firstIndex(of: UInt8(ascii: "\n")).map(bytes.index(after:)) ?? bytes.endIndex
                if next < bytes.endIndex, bytes[next] == UInt8(ascii: " ") { continue }
                if let colon = bytes[start..<next].firstIndex(of: UInt8(ascii: ":")) {
                    table[text[start..<colon]] = text[bytes.index(after: colon)..<next]
                }
                start = next
            }
        }
        return table
    }

    /// A type from its line, and the names of the types of its children; empty for plain text.
    private static func read(_ name: String) -> (ElementType, children: [String: String]) {
        guard let line = lines[name[...]] else { preconditionFailure("no type \(name) in the tables") }
        let halves = line.parts(at: ";", maxSplits: 1, omittingEmpty: false)
        var type = ElementType(), children: [String: String] = [:]
        var notation = Notation(halves[0])
        let content = notation.sequence(&children)
        if case .sequence(let items) = content.kind, items.contains(where: { if case .any = $0.kind { true } else { false } }) {
            type.content = nil
        } else {
            type.content = content
        }
        guard halves.count == 2 else { return (type, children) }
        for word in halves[1].words {
            let parts = word.parts(at: "=", maxSplits: 1)
            let isRequired = parts[0].hasSuffix("!"), name = String(isRequired ? parts[0].dropLast() : parts[0])
            type.attributes[name] = Attribute(isRequired: isRequired, values: parts.count == 2 ? read(values: parts[1]) : nil)
            if isRequired { type.required.append(name) }
        }
        return (type, children)
    }

    private static func read(values name: Substring) -> [Values] {
        // A name without a line of its own is its own only word: `boolean`, `percent`.
        (valueLines[name] ?? name).words.map { word in
            let parts = word.parts(at: ":", omittingEmpty: false)
            switch parts[0] {
            case "int" where parts.count == 3: return .integer((Int(parts[1]) ?? .min)...(Int(parts[2]) ?? .max))
            case "hex": return .hex(byteCount: parts.count == 2 ? Int(parts[1]) : nil)
            case "percent":
                return parts.count == 3
                    ? .percent((Double(parts[1]) ?? -.infinity)...(Double(parts[2]) ?? .infinity)) : .percent(-.infinity...(.infinity))
            case "measure": return .measure
            case "guid": return .guid
            case "boolean": return .boolean
            case "number": return .number
            default: return .word(String(word))
            }
        }
    }

    /// A cursor over the notation of content. The tables are ASCII, and bytes are read several times as fast as letters.
    private struct Notation {
        private var rest: Substring.UTF8View

        init(_ text: Substring) { rest = text.utf8 }

        private var next: Unicode.Scalar? { rest.first.map(Unicode.Scalar.init) }

        /// Items to the end or a closing bracket, `|` between alternatives.
        mutating func sequence(_ children: inout [String: String]) -> Item {
            var items: [Item] = [], isChoice = false
            while let first = next, first != ")" {
                switch first {
                case " ", "\n": rest.removeFirst()
                case "|":
                    rest.removeFirst()
                    isChoice = true
                case "(":
                    rest.removeFirst()
                    var item = sequence(&children)
                    rest = rest.dropFirst()
                    repeats(&item)
                    items.append(item)
                default:
                    var item = word(&children)
                    repeats(&item)
                    items.append(item)
                }
            }
            return Item(kind: isChoice ? .choice(items) : .sequence(items))
        }

        private static let ends = Set(" \n?*+{)|".utf8)

        private mutating func word(_ children: inout [String: String]) -> Item {
            if rest.starts(with: "*any".utf8) {
                rest = rest.dropFirst(4)
                return Item(kind: .any)
            }
            let word = Substring(rest.prefix { !Self.ends.contains($0) })
            rest = rest[word.endIndex...]
            if word.utf8.first == UInt8(ascii: "$") {
                guard let line = Schema.lines[word] else { preconditionFailure("no group \(word) in the tables") }
                var group = Notation(line)
                return group.sequence(&children)
            }
            let parts = word.parts(at: "="), name = String(parts[0])
            children[name] = parts[1] == "#" ? "" : String(parts[1])
            return Item(kind: .element(name))
        }

        private mutating func repeats(_ item: inout Item) {
            let (least, most): (Int, Int)
            switch next {
            case "?": (least, most) = (0, 1)
            case "*": (least, most) = (0, .max)
            case "+": (least, most) = (1, .max)
            case "{":
                let bounds = Substring(rest.dropFirst().prefix { $0 != UInt8(ascii: "}") }).parts(at: ",")
                rest = rest.drop { $0 != UInt8(ascii: "}") }
                (least, most) = (Int(bounds[0]) ?? 0, Int(bounds[1]) ?? .max)
            default: return
            }
            rest = rest.dropFirst()
            // A group that already repeats keeps its own bounds inside.
            item = item.least == 1 && item.most == 1 ? item : Item(kind: .sequence([item]))
            (item.least, item.most) = (least, most)
        }
    }
}

extension Substring {
    /// As `split`, by a letter of ASCII.
    fileprivate func parts(at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true) -> [Substring] {
        utf8.split(separator: UInt8(ascii: separator), maxSplits: maxSplits, omittingEmptySubsequences: omittingEmpty).map(Substring.init)
    }

    /// What stands between spaces and line ends.
    fileprivate var words: [Substring] {
        utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.map(Substring.init)
    }
}

extension Schema.Item {
    /// Why children do not fit.
    enum Misfit {
        /// The child at this place cannot stand there; these could.
        case unexpected(at: Int, instead: [String])
        /// After the last child one of these is missing.
        case missing([String])
    }

    /// Holds the names of children against the content; nil when they fit.
    func misfit(of names: [String]) -> Misfit? {
        var position = 0
        if let missing = match(names, &position) {
            return position < names.count ? .unexpected(at: position, instead: missing) : .missing(missing)
        }
        return position < names.count ? .unexpected(at: position, instead: following(names, position)) : nil
    }

    /// Takes as many names as fit; a list of what could have come where it had to stop short.
    private func match(_ names: [String], _ position: inout Int) -> [String]? {
        var count = 0
        while count < most {
            guard position < names.count, begins(with: names[position]) else {
                return count >= least || isEmptiable ? nil : firsts
            }
            let start = position
            switch kind {
            case .element: position += 1
            case .any: position = names.count
            case .sequence(let items): for item in items { if let missing = item.match(names, &position) { return missing } }
            case .choice(let items):
                if let item = items.first(where: { $0.begins(with: names[start]) }), let missing = item.match(names, &position) {
                    return missing
                }
            }
            if position == start { break }
            count += 1
        }
        return nil
    }

    private var isEmptiable: Bool {
        if least == 0 { return true }
        return switch kind {
        case .element: false
        case .any: true
        case .sequence(let items): items.allSatisfy(\.isEmptiable)
        case .choice(let items): items.contains(where: \.isEmptiable)
        }
    }

    private func begins(with name: String) -> Bool {
        switch kind {
        case .element(let own): return own == name
        case .any: return true
        case .choice(let items): return items.contains { $0.begins(with: name) }
        case .sequence(let items):
            for item in items {
                if item.begins(with: name) { return true }
                if !item.isEmptiable { return false }
            }
            return false
        }
    }

    /// Names it may begin with.
    private var firsts: [String] {
        switch kind {
        case .element(let name): return [name]
        case .any: return []
        case .choice(let items): return items.flatMap(\.firsts)
        case .sequence(let items):
            var names: [String] = []
            for item in items {
                names += item.firsts
                if !item.isEmptiable { break }
            }
            return names
        }
    }

    /// Names that could stand where a child is too many: those of the sequence after the last that was taken.
    private func following(_ names: [String], _ position: Int) -> [String] {
        guard case .sequence(let items) = kind else { return firsts }
        guard position > 0 else { return items.flatMap(\.firsts) }
        let last = items.lastIndex { $0.mentions(names[position - 1]) } ?? items.endIndex - 1
        return items[last...].flatMap { $0.most > 1 || !$0.mentions(names[position - 1]) ? $0.firsts : [] }
    }

    private func mentions(_ name: String) -> Bool {
        switch kind {
        case .element(let own): own == name
        case .any: false
        case .choice(let items), .sequence(let items): items.contains { $0.mentions(name) }
        }
    }
}

extension Schema.Values {
    /// Whether a text, without white space around it, is such a value.
    func accepts(_ text: Substring) -> Bool {
        switch self {
        case .word(let word): return text == word
        case .integer(let range): return Int(text).map(range.contains) ?? false
        case .boolean: return ["true", "false", "1", "0"].contains(text)
        case .number: return Double(text) != nil
        case .hex(let count):
            return text.utf8.count.isMultiple(of: 2) && text.utf8.allSatisfy(\.isHexDigit)
                && (count.map { $0 * 2 == text.utf8.count } ?? true)
        case .percent(let range):
            guard text.last == "%", text.first != "+", let number = Double(text.dropLast()) else { return false }
            return range.contains(number)
        case .measure:
            return ["mm", "cm", "in", "pt", "pc", "pi"].contains(text.suffix(2)) && Double(text.dropLast(2)) != nil
        case .guid:
            let groups = text.dropFirst().dropLast().split(separator: "-", omittingEmptySubsequences: false)
            return text.first == "{" && text.last == "}" && groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
                && groups.allSatisfy { $0.utf8.allSatisfy { $0.isHexDigit && !(0x61...0x66).contains($0) } }
        }
    }

    /// What it accepts, for people.
    var inWords: String {
        switch self {
        case .word(let word): return word
        case .integer(let range): return "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: return "true, false, 1 or 0"
        case .number: return "a number"
        case .hex(let count): return count.map { "\($0 * 2) hexadecimal digits" } ?? "hexadecimal digits"
        case .percent(let range):
            return range.upperBound.isFinite ? "a percentage from \(range.lowerBound)% to \(range.upperBound)%" : "a percentage"
        case .measure: return "a length such as 12pt"
        case .guid: return "a GUID in braces"
        }
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool { (0x30...0x39).contains(self) || (0x41...0x46).contains(self) || (0x61...0x66).contains(self) }
}
