/// Directions of characters in a line, by the parts of the Unicode Bidirectional Algorithm (UAX #9) that text without explicit
/// embeddings needs: strong letters, numbers, and neutrals between them.
public enum Bidi {
    private enum Kind { case left, right, number, neutral, mark }

    /// The embedding level of each character: even from left to right, odd from right to left.
    public static func levels(of text: [Unicode.Scalar], isRightToLeft: Bool) -> [UInt8] {
        let base: UInt8 = isRightToLeft ? 1 : 0
        if !isRightToLeft, !text.contains(where: { kind($0) == .right }) { return [UInt8](repeating: 0, count: text.count) }
        var kinds = text.map(kind)
        // Marks belong to what they stand on (W1), separators inside numbers to the number (W4).
        for i in kinds.indices where kinds[i] == .mark { kinds[i] = i > 0 ? kinds[i - 1] : .neutral }
        for i in kinds.indices.dropFirst().dropLast()
        where kinds[i] == .neutral && kinds[i - 1] == .number && kinds[i + 1] == .number && ".,:/".unicodeScalars.contains(text[i]) {
            kinds[i] = .number
        }
        // A number after a letter from left to right is part of its run (W7).
        var strong: Kind = isRightToLeft ? .right : .left
        for i in kinds.indices {
            if kinds[i] == .left || kinds[i] == .right { strong = kinds[i] }
            if kinds[i] == .number, strong == .left { kinds[i] = .left }
        }
        // Neutrals take the direction they stand between, or else that of the line (N1, N2); numbers count as right here.
        let outer: Kind = isRightToLeft ? .right : .left
        var i = 0, before = outer
        while i < kinds.count {
            guard kinds[i] == .neutral else {
                before = kinds[i] == .number ? .right : kinds[i]
                i += 1
                continue
            }
            var end = i
            while end < kinds.count, kinds[end] == .neutral { end += 1 }
            let after: Kind = end == kinds.count ? outer : kinds[end] == .number ? .right : kinds[end]
            for j in i..<end { kinds[j] = before == after ? before : outer }
            i = end
        }
        return kinds.map { kind in
            switch kind {
            case .left: base == 0 ? 0 : 2
            case .right: 1
            case .number: 2
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

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
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
