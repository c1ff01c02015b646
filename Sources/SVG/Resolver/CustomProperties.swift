import AtelierGeometry

/// The custom properties that hold for elements, and the values of `var()` that follow from them (CSS Custom Properties 1).
///
/// A set of them is named by a number; 0 has none. Elements whose declarations say the same share a set.
struct CustomProperties {
    typealias TextRange = SVG.Document.TextRange

    private var sets: [[String: TextRange]] = [[:]]
    private var known: [SetKey: Int] = [:]
    private var values: [ValueKey: TextRange] = [:]
    /// The set of elements that were cascaded, for those below them.
    var setOfElement: [Int: Int] = [:]

    private struct SetKey: Hashable {
        var parent: Int
        var declared: [Int32]
    }

    private struct ValueKey: Hashable {
        var set: Int
        var start: Int32, end: Int32
    }

    /// Longest value that may come of one with `var()`.
    private static let longest = 1 << 16

    /// The set of an element that declares these, in order, under one that has `parent`.
    ///
    /// - Returns: nil when the room for made text is used up. The cost is the work of making it.
    mutating func set(
        declaring declared: [(name: TextRange, value: TextRange)], under parent: Int, _ reader: ValueReader, _ made: MadeText
    ) -> (set: Int, cost: Int)? {
        if declared.isEmpty { return (parent, 0) }
        let key = SetKey(parent: parent, declared: declared.flatMap { [$0.name.start, $0.name.end, $0.value.start, $0.value.end] })
        if let set = known[key] { return (set, declared.count) }
        var maker = Maker(reader: reader, made: made, inherited: sets[parent])
        for (name, value) in declared { maker.declared[made.string(name)] = value }
        for name in maker.declared.keys.sorted() { _ = maker.value(of: name, 0) }
        if maker.isFull { return nil }
        sets.append(maker.result)
        known[key] = sets.count - 1
        return (sets.count - 1, maker.result.count + maker.work >> 6)
    }

    /// A value with every `var()` replaced; missing when that is not possible (ibid., 3).
    ///
    /// - Returns: nil when the room for made text is used up. The cost is the work of making it.
    mutating func replaced(
        _ value: TextRange, in set: Int, _ reader: ValueReader, _ made: MadeText
    ) -> (value: TextRange, cost: Int)? {
        let key = ValueKey(set: set, start: value.start, end: value.end)
        if let known = values[key] { return (known, 0) }
        var maker = Maker(reader: reader, made: made, inherited: sets[set])
        var result = TextRange.missing
        if let bytes = maker.expanded(value, 0) {
            guard let range = made.append(bytes) else { return nil }
            result = reader.trimmed(range)
        }
        values[key] = result
        return (result, 1 + maker.work >> 6)
    }

    /// Makes the values of one set, or one value.
    private struct Maker {
        let reader: ValueReader
        let made: MadeText
        var inherited: [String: TextRange]
        var declared: [String: TextRange] = [:]
        /// What is being replaced; asked for again it is a circle.
        var open: Set<String> = []
        var finished: [String: TextRange] = [:]
        var isFull = false
        var work = 0

        init(reader: ValueReader, made: MadeText, inherited: [String: TextRange]) {
            (self.reader, self.made, self.inherited) = (reader, made, inherited)
        }

        var result: [String: TextRange] {
            var result = inherited
            for (name, value) in finished { result[name] = value.isMissing ? nil : value }
            return result
        }

        /// The value of a custom property; missing when it has none that is valid.
        mutating func value(of name: String, _ depth: Int) -> TextRange {
            guard let range = declared[name] else { return inherited[name] ?? .missing }
            if let value = finished[name] { return value }
            guard depth < 32, open.insert(name).inserted else { return .missing }
            defer { open.remove(name) }
            var value = range
            switch reader.keyword(range) {
            case .inherit: value = inherited[name] ?? .missing
            case .initial: value = .missing
            case nil:
                if reader.hasVariable(range) {
                    value = .missing
                    if let bytes = expanded(range, depth) {
                        if let range = made.append(bytes) { value = range } else { isFull = true }
                    }
                }
            }
            finished[name] = value
            return value
        }

        /// The bytes of a value with every `var()` replaced; nil when one has neither value nor fallback.
        mutating func expanded(_ range: TextRange, _ depth: Int) -> [UInt8]? {
            guard depth < 32 else { return nil }
            var bytes: [UInt8] = []
            var p = Int(range.start)
            while p < Int(range.end) {
                guard reader.isVariable(at: p, before: Int(range.end)) else {
                    bytes.append(reader.text[p])
                    p += 1
                    continue
                }
                guard let reference = reader.variable(at: p, before: Int(range.end)) else { return nil }
                p = reference.end
                let value = self.value(of: made.string(reference.name), depth + 1)
                if !value.isMissing {
                    bytes.append(
                        contentsOf: UnsafeBufferPointer(start: reader.text + Int(value.start), count: Int(value.end - value.start)))
                } else if let fallback = reference.fallback, let other = expanded(fallback, depth + 1) {
                    bytes.append(contentsOf: other)
                } else {
                    return nil
                }
                guard bytes.count <= CustomProperties.longest else { break }
            }
            work += bytes.count
            if bytes.count > CustomProperties.longest { return nil }
            return bytes
        }
    }
}

extension ValueReader {
    /// Whether `var(` comes next.
    func isVariable(at p: Int, before end: Int) -> Bool {
        p + 4 <= end && text[p] | 0x20 == UInt8(ascii: "v") && text[p + 1] | 0x20 == UInt8(ascii: "a")
            && text[p + 2] | 0x20 == UInt8(ascii: "r") && text[p + 3] == UInt8(ascii: "(")
    }

    func hasVariable(_ range: TextRange) -> Bool {
        var p = Int(range.start)
        while p + 4 <= Int(range.end) {
            if isVariable(at: p, before: Int(range.end)) { return true }
            p += 1
        }
        return false
    }

    /// A `var(--name)` or `var(--name, fallback)` with the place behind it; nil when it is not one.
    fileprivate func variable(at start: Int, before end: Int) -> (name: TextRange, fallback: TextRange?, end: Int)? {
        var p = start + 4
        var depth = 1, comma: Int?
        while p < end {
            switch text[p] {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: ",") where depth == 1 && comma == nil: comma = p
            default: break
            }
            p += 1
            if depth == 0 { break }
        }
        guard depth == 0 else { return nil }
        let name = trimmed(TextRange(start: Int32(start + 4), end: Int32(comma ?? p - 1)))
        guard name.end - name.start > 2, text[Int(name.start)] == UInt8(ascii: "-"), text[Int(name.start) + 1] == UInt8(ascii: "-")
        else { return nil }
        return (name, comma.map { trimmed(TextRange(start: Int32($0 + 1), end: Int32(p - 1))) }, p)
    }
}
