/// A pattern as a tree.
indirect enum PatternNode {
    case empty
    case scalars(ScalarSet)
    case sequence([PatternNode])
    case either([PatternNode])
    /// `most` nil for without end.
    case repeated(PatternNode, least: Int, most: Int?, isLazy: Bool)
}

/// Reads the notation of `TextPattern`. Recursive, so nesting is bounded.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var ignoresCase = false
    private var depth = 0

    private static let deepest = 100
    /// Of `{m,n}`.
    private static let mostRepetitions = 1000

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func parse(_ text: String) throws(PatternError) -> PatternNode {
        var parser = PatternParser(text)
        try parser.readFlags()
        let node = try parser.alternation()
        if parser.position < parser.scalars.count { throw parser.error("a ) without its (") }
        return node
    }

    private func error(_ reason: String) -> PatternError {
        PatternError(pattern: String(String.UnicodeScalarView(scalars)), position: position, reason: reason)
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private func starts(with text: String) -> Bool { scalars[position...].starts(with: text.unicodeScalars) }

    private mutating func readFlags() throws(PatternError) {
        while starts(with: "(?"), position + 2 < scalars.count, "ismu".unicodeScalars.contains(scalars[position + 2]) {
            position += 2
            while let flag = next, flag != ")" {
                switch flag {
                case "i": ignoresCase = true
                case "s", "u": break  // `.` matches line ends in any case, and text is Unicode
                default: throw error("the flag \(flag) is not supported; i and s are")
                }
                position += 1
            }
            guard take(")") else { throw error("flags without their )") }
        }
    }

    private mutating func alternation() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("groups are nested more than \(Self.deepest) deep") }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var items: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" { items.append(try quantified(try atom())) }
        return items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items)
    }

    private mutating func quantified(_ node: PatternNode) throws(PatternError) -> PatternNode {
        var node = node
        while let scalar = next {
            let least: Int, most: Int?
            switch scalar {
            case "*": (least, most) = (0, nil)
            case "+": (least, most) = (1, nil)
            case "?": (least, most) = (0, 1)
            case "{":
                guard let bounds = try counts() else { return node }
                (least, most) = bounds
                position -= 1
            default: return node
            }
            position += 1
            if next == "+" { throw error("possessive repetition is not supported") }
            node = .repeated(node, least: least, most: most, isLazy: take("?"))
        }
        return node
    }

    /// `{m}`, `{m,}`, `{,n}` or `{m,n}`; nil, and nothing read, for a brace that is meant as itself.
    private mutating func counts() throws(PatternError) -> (Int, Int?)? {
        guard let close = scalars[position...].firstIndex(of: "}") else { return nil }
        let inside = scalars[(position + 1)..<close]
        let fields = inside.split(separator: ",", omittingEmptySubsequences: false).map { String(String.UnicodeScalarView($0)) }
        guard !inside.isEmpty, fields.count <= 2, fields.contains(where: { !$0.isEmpty }),
            fields.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return nil }
        let numbers = fields.map { $0.isEmpty ? nil : Int($0) ?? Int.max }
        let least = numbers[0] ?? 0, most = fields.count == 1 ? least : numbers[1]
        guard least <= Self.mostRepetitions, most ?? 0 <= Self.mostRepetitions else {
            throw error("more than \(Self.mostRepetitions) repetitions")
        }
        guard least <= most ?? least else { throw error("{\(least),\(most!)}: the second is smaller") }
        position = close + 1
        return (least, most)
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        let scalar = scalars[position]
        switch scalar {
        case "(":
            position += 1
            if take("?") {
                if take("P") || starts(with: "<") {
                    guard take("<"), let close = scalars[position...].firstIndex(of: ">"), next != "=", next != "!" else {
                        throw error("looking behind and named references are not supported")
                    }
                    position = close + 1
                } else if !take(":") {
                    throw error("of the groups with (? only (?: and (?<name> are supported, and flags in front of the pattern")
                }
            }
            let inside = try alternation()
            guard take(")") else { throw error("a ( without its )") }
            return inside
        case "[":
            position += 1
            return set(try characterClass())
        case ".":
            position += 1
            return .scalars(.all)
        case "*", "+", "?": throw error("nothing before \(scalar) to repeat")
        case "^", "$": throw error("a stream has no ends to anchor to; write \\\(scalar) for the sign itself")
        case "\\":
            position += 1
            return set(try escape())
        default:
            position += 1
            return set(ScalarSet(scalar))
        }
    }

    private func set(_ scalars: ScalarSet) -> PatternNode { .scalars(ignoresCase ? scalars.ignoringCase : scalars) }

    private mutating func escape() throws(PatternError) -> ScalarSet {
        guard let scalar = next else { throw error("a pattern ends with \\") }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverted
        case "s": return .spaces
        case "S": return ScalarSet.spaces.inverted
        case "w": return .words
        case "W": return ScalarSet.words.inverted
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "t": return ScalarSet("\t")
        case "f": return ScalarSet("\u{C}")
        case "v": return ScalarSet("\u{B}")
        case "x": return try hexadecimal(2)
        case "u" where next == "{":
            position += 1
            guard let close = scalars[position...].firstIndex(of: "}"), close - position <= 8 else { throw error("a { without its }") }
            let set = try hexadecimal(close - position)
            position += 1
            return set
        case "u": return try hexadecimal(4)
        case "U": return try hexadecimal(8)
        default:
            if scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
                position -= 1
                throw error("\\\(scalar) is not supported")
            }
            return ScalarSet(scalar)
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(PatternError) -> ScalarSet {
        let end = position + count
        guard end <= scalars.count, let value = UInt32(String(String.UnicodeScalarView(scalars[position..<end])), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw error("the \(count) hexadecimal digits of a character are needed") }
        position = end
        return ScalarSet(scalar)
    }

    private mutating func characterClass() throws(PatternError) -> ScalarSet {
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = [], isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            position += 1
            let low = scalar == "\\" ? try escape() : ScalarSet(scalar)
            // A range, unless the minus is the last sign of the class.
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                ranges += low.ranges
                continue
            }
            position += 1
            let scalar = scalars[position]
            position += 1
            let high = scalar == "\\" ? try escape() : ScalarSet(scalar)
            guard let from = low.ranges.first, let to = high.ranges.first, from.count == 1, to.count == 1, low.ranges.count == 1,
                from.lowerBound <= to.lowerBound
            else { throw error("a range of characters from higher to lower, or of classes") }
            ranges.append(from.lowerBound...to.lowerBound)
        }
        guard take("]") else { throw error("a [ without its ]") }
        var set = ScalarSet(ranges)
        // What a negated class excludes, it excludes in both cases.
        if ignoresCase { set = set.ignoringCase }
        return isInverted ? set.inverted : set
    }
}

/// Why a text is not a pattern.
public struct PatternError: Error, Equatable, CustomStringConvertible {
    /// The text.
    public var pattern: String
    /// Where it stops making sense, counted in Unicode scalars.
    public var position: Int
    /// What is wrong there.
    public var reason: String

    /// One sentence.
    public var description: String { "pattern \(pattern), character \(position + 1): \(reason)" }
}
