/// A whole number from 0 up, of any size. Numbers below 2^64 take no memory beside the value.
///
/// The schoolbook methods: the numbers here have tens of words at most.
public struct BigNatural: Hashable, Sendable, Comparable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// The lowest 64 bits.
    private var low: UInt64
    /// The words above, lowest first; the last is not 0.
    private var rest: [UInt64]

    /// The number of a word.
    public init(_ word: UInt64) {
        low = word
        rest = []
    }

    /// A number as it stands in the source.
    public init(integerLiteral value: UInt64) { self.init(value) }

    private init(words: [UInt64]) {
        let length = (words.lastIndex { $0 != 0 } ?? 0) + 1
        low = words.first ?? 0
        rest = length > 1 ? Array(words[1..<length]) : []
    }

    private var wordCount: Int { rest.count + 1 }

    private func word(_ index: Int) -> UInt64 {
        if index == 0 { return low }
        return index <= rest.count ? rest[index - 1] : 0
    }

    /// Whether it is 0.
    public var isZero: Bool { low == 0 && rest.isEmpty }

    /// The number when it fits into a word.
    public var wordValue: UInt64? { rest.isEmpty ? low : nil }

    /// How many binary digits it has; 0 for 0.
    public var bitWidth: Int { wordCount * 64 - word(wordCount - 1).leadingZeroBitCount }

    /// The smaller first.
    public static func < (a: BigNatural, b: BigNatural) -> Bool {
        if a.rest.count != b.rest.count { return a.rest.count < b.rest.count }
        for index in stride(from: a.rest.count - 1, through: 0, by: -1) where a.rest[index] != b.rest[index] {
            return a.rest[index] < b.rest[index]
        }
        return a.low < b.low
    }

    /// The sum.
    public static func + (a: BigNatural, b: BigNatural) -> BigNatural {
        let (sum, overflow) = a.low.addingReportingOverflow(b.low)
        if !overflow, a.rest.isEmpty, b.rest.isEmpty { return BigNatural(sum) }
        var words: [UInt64] = [], carry: UInt64 = 0
        for index in 0..<max(a.wordCount, b.wordCount) {
            let (first, one) = a.word(index).addingReportingOverflow(b.word(index))
            let (second, two) = first.addingReportingOverflow(carry)
            words.append(second)
            carry = (one ? 1 : 0) + (two ? 1 : 0)
        }
        if carry != 0 { words.append(carry) }
        return BigNatural(words: words)
    }

    /// Adds to it.
    public static func += (a: inout BigNatural, b: BigNatural) { a = a + b }

    /// The difference; the second must not be larger.
    public static func - (a: BigNatural, b: BigNatural) -> BigNatural {
        precondition(a >= b, "a difference below 0")
        if a.rest.isEmpty { return BigNatural(a.low - b.low) }
        var words: [UInt64] = [], borrow: UInt64 = 0
        for index in 0..<a.wordCount {
            let (first, one) = a.word(index).subtractingReportingOverflow(b.word(index))
            let (second, two) = first.subtractingReportingOverflow(borrow)
            words.append(second)
            borrow = (one ? 1 : 0) + (two ? 1 : 0)
        }
        return BigNatural(words: words)
    }

    /// The product.
    public static func * (a: BigNatural, b: BigNatural) -> BigNatural {
        if a.rest.isEmpty, b.rest.isEmpty {
            let (high, low) = a.low.multipliedFullWidth(by: b.low)
            return high == 0 ? BigNatural(low) : BigNatural(words: [low, high])
        }
        var words = [UInt64](repeating: 0, count: a.wordCount + b.wordCount)
        for i in 0..<a.wordCount {
            var carry: UInt64 = 0
            let factor = a.word(i)
            for j in 0..<b.wordCount {
                var (high, low) = factor.multipliedFullWidth(by: b.word(j))
                var overflow: Bool
                (low, overflow) = low.addingReportingOverflow(words[i + j])
                if overflow { high += 1 }
                (low, overflow) = low.addingReportingOverflow(carry)
                if overflow { high += 1 }
                words[i + j] = low
                carry = high
            }
            words[i + b.wordCount] = carry
        }
        return BigNatural(words: words)
    }

    /// Quotient and rest by a word, which must not be 0.
    public func dividedByWord(_ divisor: UInt64) -> (quotient: BigNatural, remainder: UInt64) {
        var words = [UInt64](repeating: 0, count: wordCount), remainder: UInt64 = 0
        for index in stride(from: wordCount - 1, through: 0, by: -1) {
            (words[index], remainder) = divisor.dividingFullWidth((remainder, word(index)))
        }
        return (BigNatural(words: words), remainder)
    }

    /// Ten to a power.
    static func powerOfTen(_ exponent: Int) -> BigNatural {
        var power: BigNatural = 1
        for _ in 0..<exponent { power = power * 10 }
        return power
    }

    /// The decimal digits.
    public var description: String {
        var groups: [String] = [], number = self
        while number.wordValue == nil {
            let (quotient, group) = number.dividedByWord(10_000_000_000_000_000_000)
            let digits = String(group)
            groups.append(String(repeating: "0", count: 19 - digits.count) + digits)
            number = quotient
        }
        return String(number.low) + groups.reversed().joined()
    }

    /// This number over another, which must not be 0, to about 60 binary digits.
    public func ratio(to other: BigNatural) -> Double {
        // Both shifted so that their leading words hold 64 significant bits; what is cut off is under 2^-62 of either.
        guard !isZero else { return 0 }
        let power = Double(sign: .plus, exponent: max(-2000, min(2000, bitWidth - other.bitWidth)), significand: 1)
        return Double(leadingWord) / Double(other.leadingWord) * power
    }

    /// The 64 highest bits, the first of which is 1.
    private var leadingWord: UInt64 {
        let top = wordCount - 1, shift = word(top).leadingZeroBitCount
        return shift == 0 || top == 0 ? word(top) << shift : word(top) << shift | word(top - 1) >> (64 - shift)
    }

    /// A number below this one, which must not be 0, each as likely.
    func random(from stream: inout Philox.Stream) -> BigNatural {
        precondition(!isZero, "there is no number below 0")
        if rest.isEmpty { return BigNatural(stream.below(low)) }
        let mask = UInt64.max >> UInt64(word(wordCount - 1).leadingZeroBitCount)
        while true {
            var words = (0..<wordCount).map { _ in stream.next() }
            words[wordCount - 1] &= mask
            let candidate = BigNatural(words: words)
            if candidate < self { return candidate }
        }
    }
}
