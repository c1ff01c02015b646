extension Bidi {
    /// The characters that say where text of another direction begins and ends (UAX #9, 2).
    public enum Control {
        /// Embeds, until `end`.
        public static let leftEmbedding: Unicode.Scalar = "\u{202A}", rightEmbedding: Unicode.Scalar = "\u{202B}"
        /// Makes all characters run one way, until `end`.
        public static let leftOverride: Unicode.Scalar = "\u{202D}", rightOverride: Unicode.Scalar = "\u{202E}"
        /// Ends an embedding or override.
        public static let end: Unicode.Scalar = "\u{202C}"
        /// Sets apart from what is around, until `endIsolate`; the last by the first strong letter.
        public static let leftIsolate: Unicode.Scalar = "\u{2066}", rightIsolate: Unicode.Scalar = "\u{2067}"
        /// As these, in the direction of the first strong letter.
        public static let firstStrongIsolate: Unicode.Scalar = "\u{2068}"
        /// Ends an isolate.
        public static let endIsolate: Unicode.Scalar = "\u{2069}"
    }

    /// Whether a character embeds, overrides, isolates, or ends that.
    public static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }

    /// The characters that have begun something in a text, and after `before`, that is not ended.
    public static func open(after text: some Sequence<Unicode.Scalar>, before: [Unicode.Scalar] = []) -> [Unicode.Scalar] {
        var open = before
        for scalar in text where isControl(scalar) {
            switch scalar {
            case Control.end: if let last = open.last, last.value < 0x2066 { open.removeLast() }
            case Control.endIsolate: if let place = open.lastIndex(where: { $0.value >= 0x2066 }) { open.removeSubrange(place...) }
            default: open.append(scalar)
            }
        }
        return open
    }

    /// What an embedding, override or isolate that is not ended does to what is in it.
    private struct Status {
        var level: UInt8
        var override: Kind?
        var isIsolate: Bool
    }

    /// Levels deeper than this are not opened (BD2).
    private static let deepest: UInt8 = 125

    /// As `levels`, with characters that embed, override and isolate (X1–X10).
    static func explicitLevels(of text: [Unicode.Scalar], isRightToLeft: Bool) -> [UInt8] {
        let base: UInt8 = isRightToLeft ? 1 : 0
        var levels = [UInt8](repeating: base, count: text.count), kinds = text.map(kind)
        var stack = [Status(level: base, override: nil, isIsolate: false)]
        var unopenedIsolates = 0, unopenedEmbeddings = 0
        // For each end of an isolate, the character that began it.
        var beginning: [Int: Int] = [:], begun: [Int] = []
        for (i, scalar) in text.enumerated() {
            let top = stack[stack.count - 1]
            levels[i] = top.level
            /// Begins something, as far as levels go; false when they do not.
            func begin(_ isRight: Bool, _ override: Kind?, isIsolate: Bool) -> Bool {
                let level = isRight ? (top.level + 1) | 1 : (top.level + 2) & ~1
                guard level <= deepest, unopenedIsolates == 0, unopenedEmbeddings == 0 else { return false }
                stack.append(Status(level: level, override: override, isIsolate: isIsolate))
                return true
            }
            switch scalar {
            case Control.leftEmbedding, Control.rightEmbedding, Control.leftOverride, Control.rightOverride:
                let isRight = scalar == Control.rightEmbedding || scalar == Control.rightOverride
                let isOverride = scalar == Control.leftOverride || scalar == Control.rightOverride
                if !begin(isRight, isOverride ? isRight ? .right : .left : nil, isIsolate: false), unopenedIsolates == 0 {
                    unopenedEmbeddings += 1
                }
            case Control.leftIsolate, Control.rightIsolate, Control.firstStrongIsolate:
                kinds[i] = top.override ?? .neutral
                begun.append(i)
                // What is too deep to begin is not looked through either, so that looking stays linear.
                let isDeep = unopenedIsolates > 0 || unopenedEmbeddings > 0 || top.level + 2 > deepest
                let isRight =
                    scalar == Control.firstStrongIsolate ? !isDeep && isIsolateRight(text, i) : scalar == Control.rightIsolate
                if !begin(isRight, nil, isIsolate: true) { unopenedIsolates += 1 }
            case Control.endIsolate:
                if let last = begun.popLast() { beginning[i] = last }
                if unopenedIsolates > 0 {
                    unopenedIsolates -= 1
                } else if let place = stack.lastIndex(where: \.isIsolate) {
                    stack.removeSubrange(place...)
                    unopenedEmbeddings = 0
                }
                levels[i] = stack[stack.count - 1].level
                kinds[i] = stack[stack.count - 1].override ?? .neutral
            case Control.end:
                if unopenedIsolates > 0 { break }
                if unopenedEmbeddings > 0 {
                    unopenedEmbeddings -= 1
                } else if !top.isIsolate, stack.count > 1 {
                    stack.removeLast()
                }
            default: if let override = top.override { kinds[i] = override }
            }
        }
        return resolve(text, kinds, levels, base: base, beginning)
    }

    /// The direction of the first strong letter of what an isolate holds.
    private static func isIsolateRight(_ text: [Unicode.Scalar], _ start: Int) -> Bool {
        var depth = 1
        for scalar in text[(start + 1)...] {
            if isBeginning(scalar) {
                depth += 1
            } else if scalar == Control.endIsolate {
                depth -= 1
                if depth == 0 { return false }
            } else if depth == 1 {
                switch kind(scalar) {
                case .left: return false
                case .right: return true
                default: break
                }
            }
        }
        return false
    }

    /// Resolves each sequence of runs that stand together but for isolates between them (X10).
    private static func resolve(
        _ text: [Unicode.Scalar], _ kinds: [Kind], _ explicit: [UInt8], base: UInt8, _ beginning: [Int: Int]
    ) -> [UInt8] {
        // Embeddings and overrides themselves stand for nothing (X9).
        let seen = text.indices.filter { !(0x202A...0x202E).contains(text[$0].value) }
        var sequences: [[Int]] = []
        var sequenceOf = [Int](repeating: 0, count: text.count), placeOf = sequenceOf
        for (number, i) in seen.enumerated() {
            placeOf[i] = number
            let sequence: Int
            if let start = beginning[i] {
                sequence = sequenceOf[start]
            } else if number > 0, explicit[seen[number - 1]] == explicit[i], !isBeginning(text[seen[number - 1]]) {
                sequence = sequenceOf[seen[number - 1]]
            } else {
                sequence = sequences.count
                sequences.append([])
            }
            sequences[sequence].append(i)
            sequenceOf[i] = sequence
        }
        let ends = Dictionary(beginning.map { ($0.value, $0.key) }) { a, _ in a }
        var levels = explicit
        for sequence in sequences {
            let (first, last) = (sequence[0], sequence[sequence.count - 1]), level = explicit[first]
            let placeBefore = placeOf[first] - 1, placeAfter = placeOf[last] + 1
            let before = placeBefore >= 0 ? explicit[seen[placeBefore]] : base
            let isUnended = isBeginning(text[last]) && ends[last] == nil
            let after = placeAfter < seen.count && !isUnended ? explicit[seen[placeAfter]] : base
            let resolved = Bidi.levels(
                of: sequence.map { text[$0] }, sequence.map { kinds[$0] }, at: level, after: max(level, before) & 1 == 1 ? .right : .left,
                before: max(level, after) & 1 == 1 ? .right : .left)
            for (place, i) in sequence.enumerated() { levels[i] = resolved[place] }
        }
        // Those run with what is before them, so that they part nothing.
        for i in text.indices where (0x202A...0x202E).contains(text[i].value) { levels[i] = i > 0 ? levels[i - 1] : base }
        return levels
    }

    private static func isBeginning(_ scalar: Unicode.Scalar) -> Bool { (0x2066...0x2068).contains(scalar.value) }
}
