/// Directions of characters in a line, by the Unicode Bidirectional Algorithm (UAX #9): strong letters, numbers, neutrals between them,
/// and the characters that embed, override and isolate. Arabic numbers count as European ones.
public enum Bidi {
    enum Kind { case left, right, number, neutral, mark }

    /// The embedding level of each character: even from left to right, odd from right to left.
    ///
    /// - Complexity: O(*n*); O(*n* × depth) with isolates by the first letter, of which at most 125 are in each other.
    public static func levels(of text: [Unicode.Scalar], isRightToLeft: Bool) -> [UInt8] {
        let isExplicit = text.contains { isControl($0) }
        if !isRightToLeft, !isExplicit, !text.contains(where: { kind($0) == .right }) { return [UInt8](repeating: 0, count: text.count) }
        if isExplicit { return explicitLevels(of: text, isRightToLeft: isRightToLeft) }
        let outer: Kind = isRightToLeft ? .right : .left
        return levels(of: text, text.map(kind), at: isRightToLeft ? 1 : 0, after: outer, before: outer)
    }

    /// Whether the first strong letter reads from right to left (P2, P3); nil without one.
    ///
    /// What isolates hold is passed over.
    public static func direction(of text: some Sequence<Unicode.Scalar>) -> Bool? {
        var depth = 0
        for scalar in text {
            switch scalar.value {
            case 0x2066...0x2068: depth += 1
            case 0x2069: depth = max(0, depth - 1)
            default:
                if depth > 0 { continue }
                switch kind(scalar) {
                case .left: return false
                case .right: return true
                default: break
                }
            }
        }
        return nil
    }

    /// The levels of characters of one level that stand together, between what `after` and `before` stand for (W1–W7, N1–N2, I1–I2).
    static func levels(of text: [Unicode.Scalar], _ kinds: [Kind], at base: UInt8, after sos: Kind, before eos: Kind) -> [UInt8] {
        var kinds = kinds
        // Marks belong to what they stand on (W1), separators inside numbers to the number (W4).
        for i in kinds.indices where kinds[i] == .mark { kinds[i] = i > 0 ? kinds[i - 1] : .neutral }
        for i in kinds.indices.dropFirst().dropLast()
        where kinds[i] == .neutral && kinds[i - 1] == .number && kinds[i + 1] == .number && ".,:/".unicodeScalars.contains(text[i]) {
            kinds[i] = .number
        }
        // A number after a letter from left to right is part of its run (W7).
        var strong = sos
        for i in kinds.indices {
            if kinds[i] == .left || kinds[i] == .right { strong = kinds[i] }
            if kinds[i] == .number, strong == .left { kinds[i] = .left }
        }
        // Neutrals take the direction they stand between, or else that of the line (N1, N2); numbers count as right here.
        let outer: Kind = base & 1 == 1 ? .right : .left
        var i = 0, before = sos
        while i < kinds.count {
            guard kinds[i] == .neutral else {
                before = kinds[i] == .number ? .right : kinds[i]
                i += 1
                continue
            }
            var end = i
            while end < kinds.count, kinds[end] == .neutral { end += 1 }
            let after: Kind = end == kinds.count ? eos : kinds[end] == .number ? .right : kinds[end]
            for j in i..<end { kinds[j] = before == after ? before : outer }
            i = end
        }
        return kinds.map { kind in
            switch kind {
            case .left: base + (base & 1)
            case .right: base + 1 - (base & 1)
            case .number: base + 2 - (base & 1)
            case .neutral, .mark: base
            }
        }
    }

    /// The places of runs from left to right, given their levels in reading order (L2).
    public static func visualOrder(_ levels: [UInt8]) -> [Int] {
        var order = Array(levels.indices)
        guard let highest = levels.max(), highest > 0 else { return order }
        for level in stride(from: highest, through: 1, by: -1) {
            var i = 0
            while i < order.count {
                guard levels[order[i]] >= level else {
                    i += 1
                    continue
                }
                var end = i
                while end < order.count, levels[order[end]] >= level { end += 1 }
                order[i..<end].reverse()
                i = end
            }
        }
        return order
    }

    static func kind(_ scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0x30...0x39, 0x660...0x669, 0x6F0...0x6F9: return .number
        case ..<0x41: return .neutral
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC, 0x10800...0x10FFF, 0x1E800...0x1EFFF, 0x200F:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark: return .mark
            default: return .right
            }
        case 0x200E: return .left
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return .mark
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spacingMark, .decimalNumber,
            .letterNumber, .otherNumber:
            return .left
        default: return .neutral
        }
    }
}
