/// Unicode scalars in sorted ranges that neither touch nor overlap: a character class of a pattern.
struct ScalarSet: Equatable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let all = ScalarSet([0...0x10FFFF])
    static let digits = ScalarSet([48...57])
    static let spaces = ScalarSet([9...13, 32...32])
    /// ASCII letters, digits and the underscore, and beyond ASCII all but the blocks of signs and punctuation.
    static let words = ScalarSet([
        48...57, 65...90, 95...95, 97...122, 0xC0...0x1FFF, 0x2C00...0x2DFF, 0x3005...0xD7FF, 0xF900...0xFDFF, 0x10000...0x10FFFF,
    ])

    init(_ ranges: [ClosedRange<UInt32>]) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound &+ 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    var inverted: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = [], next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return ScalarSet(gaps)
    }

    /// With the other case of every ASCII letter.
    var ignoringCase: ScalarSet {
        var added: [ClosedRange<UInt32>] = []
        for range in ranges {
            let upper = range.clamped(to: 65...90), lower = range.clamped(to: 97...122)
            if range.overlaps(65...90) { added.append(upper.lowerBound + 32...upper.upperBound + 32) }
            if range.overlaps(97...122) { added.append(lower.lowerBound - 32...lower.upperBound - 32) }
        }
        return ScalarSet(ranges + added)
    }

    /// The UTF-8 forms of the scalars: sequences of byte ranges, one to four long, that together match each scalar's form
    /// and nothing else. Surrogates have none.
    ///
    /// A range is cut where the length of the form changes and where a byte's range would no longer be full below it
    /// (Cox, "Regular Expression Matching in the Wild", 2010, section on UTF-8).
    var byteSequences: [[ClosedRange<UInt8>]] {
        var sequences: [[ClosedRange<UInt8>]] = []
        var pending = Array(ranges.reversed())
        next: while let range = pending.popLast() {
            let (low, high) = (range.lowerBound, range.upperBound)
            for cut: UInt32 in [0x7F, 0x7FF, 0xD7FF, 0xDFFF, 0xFFFF] where low <= cut && cut < high {
                pending.append(cut + 1...high)
                pending.append(low...cut)
                continue next
            }
            if (0xD800...0xDFFF).contains(low) { continue }
            for shift: UInt32 in high < 0x80 ? [] : [6, 12, 18] {
                let below: UInt32 = (1 << shift) - 1
                if low & ~below == high & ~below { break }
                if low & below != 0 {
                    pending.append((low | below) + 1...high)
                    pending.append(low...low | below)
                    continue next
                }
                if high & below != below {
                    pending.append(high & ~below...high)
                    pending.append(low...(high & ~below) - 1)
                    continue next
                }
            }
            // Within one length, so the scalars are valid and equally long.
            let first = Array(Character(Unicode.Scalar(low)!).utf8), last = Array(Character(Unicode.Scalar(high)!).utf8)
            sequences.append(zip(first, last).map { min($0, $1)...max($0, $1) })
        }
        return sequences
    }
}

/// Some of the 256 bytes.
struct ByteSet: Equatable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (a: ByteSet, b: ByteSet) -> Bool { a.words == b.words }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word =
            byte < 128 ? (byte < 64 ? words.0 : words.1) : (byte < 192 ? words.2 : words.3)
        return word >> UInt64(byte & 63) & 1 == 1
    }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func insert(_ bytes: ClosedRange<UInt8>) { for byte in bytes { insert(byte) } }

    var count: Int { words.0.nonzeroBitCount + words.1.nonzeroBitCount + words.2.nonzeroBitCount + words.3.nonzeroBitCount }

    /// The only one, if it is one.
    var only: UInt8? { count == 1 ? (0...255).first { contains($0) } : nil }
}
