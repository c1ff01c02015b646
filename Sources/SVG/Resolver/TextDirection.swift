import AtelierFonts

/// What `unicode-bidi` asks of an element's characters.
enum UnicodeBidi {
    case normal, embed, isolate, override, isolateOverride, plaintext

    init?(_ reader: ValueReader, _ range: SVG.Document.TextRange) {
        let names: [(StaticString, UnicodeBidi)] = [
            ("normal", .normal), ("embed", .embed), ("isolate", .isolate), ("bidi-override", .override),
            ("isolate-override", .isolateOverride), ("plaintext", .plaintext),
        ]
        guard let found = names.first(where: { reader.isText(range, $0.0) }) else { return nil }
        self = found.1
    }
}

/// An element whose characters stand apart from those around it, as if between the characters of Unicode that say so
/// (CSS Writing Modes 4, 2.4.2).
struct Embedding {
    /// The element, by the place of its style.
    var style: Int
    /// The direction of what is around it.
    var isRightToLeftAround: Bool
    var begin: [Unicode.Scalar], end: [Unicode.Scalar]

    /// nil when nothing is to be said. For a whole text only what overrides has a meaning (as for any block).
    init?(_ kind: UnicodeBidi, isRightToLeft: Bool, around: Bool?, style: Int) {
        typealias Control = Bidi.Control
        let override = isRightToLeft ? Control.rightOverride : Control.leftOverride
        let isOverriding = kind == .override || kind == .isolateOverride
        switch kind {
        case _ where around == nil && !isOverriding: return nil
        case _ where around == nil: (begin, end) = ([override], [Control.end])
        case .normal: return nil
        case .override: (begin, end) = ([override], [Control.end])
        case .embed: (begin, end) = ([isRightToLeft ? Control.rightEmbedding : Control.leftEmbedding], [Control.end])
        case .isolate: (begin, end) = ([isRightToLeft ? Control.rightIsolate : Control.leftIsolate], [Control.endIsolate])
        case .isolateOverride: (begin, end) = ([Control.firstStrongIsolate, override], [Control.end, Control.endIsolate])
        case .plaintext: (begin, end) = ([Control.firstStrongIsolate], [Control.endIsolate])
        }
        self.style = style
        isRightToLeftAround = around ?? isRightToLeft
    }
}

extension TextContent {
    /// How the characters of a line run.
    struct Directions {
        var isRightToLeft: Bool
        /// Of each character.
        var levels: [UInt8]
        /// Where isolates begin or end, the level around them, by the number of the character behind.
        var borders: [Int: UInt8] = [:]
        /// What has to stand before characters, by their numbers, and behind the last, so that they run the same way in plain text.
        var marks: [Int: [Unicode.Scalar]] = [:]
        var lastMarks: [Unicode.Scalar] = []
    }

    /// The directions of the characters that are set from one place, which is a paragraph of its own.
    func directions(of range: Range<Int>) -> Directions {
        let first = styles[styleOf[range.lowerBound]], plain = Array(characters[range])
        var isRightToLeft = first.embeddings.first?.isRightToLeftAround ?? first.style.text.isRightToLeft
        if isDirectedByContent { isRightToLeft = Bidi.direction(of: plain) ?? isRightToLeft }
        let levels = Bidi.levels(of: plain, isRightToLeft: isRightToLeft)
        let unmarked = Directions(isRightToLeft: isRightToLeft, levels: levels)
        guard styles.contains(where: { !$0.embeddings.isEmpty }) else { return unmarked }

        // The same with what the elements stand for, and the number of each character, which these do not have.
        var marked: [Unicode.Scalar] = [], numbers: [Int?] = [], result = Directions(isRightToLeft: isRightToLeft, levels: [])
        var open: [Embedding] = []
        for i in range {
            if i == range.lowerBound || styleOf[i] != styleOf[i - 1] {
                let wanted = styles[styleOf[i]].embeddings
                let common = zip(open, wanted).prefix { $0.style == $1.style }.count
                let border = open[common...].reversed().flatMap(\.end) + wanted[common...].flatMap(\.begin)
                open = wanted
                if !border.isEmpty { result.marks[i] = border }
                marked += border
                numbers += border.map { _ in nil }
            }
            marked.append(characters[i])
            numbers.append(i - range.lowerBound)
        }
        result.lastMarks = open.reversed().flatMap(\.end)
        let markedLevels = Bidi.levels(of: marked, isRightToLeft: isRightToLeft)
        result.levels = marked.indices.compactMap { numbers[$0] == nil ? nil : markedLevels[$0] }
        // Many files embed text in the direction that it has anyway.
        let areAlike = zip(result.levels, levels).allSatisfy { $0 & 1 == $1 & 1 }
        if areAlike, Bidi.visualOrder(markedLevels).compactMap({ numbers[$0] }) == Bidi.visualOrder(levels) { return unmarked }
        for (place, mark) in marked.enumerated() where numbers[place] == nil && mark.value >= 0x2066 {
            guard let next = numbers[place...].first(where: { $0 != nil }), let next else { continue }
            let behind = next + range.lowerBound
            result.borders[behind] = min(result.borders[behind] ?? .max, markedLevels[place])
        }
        return result
    }
}
