/// Reads numbers and separators from ASCII text such as path data, a `points` list or a CSS length.
///
/// A position in borrowed bytes: the owner of the bytes keeps them alive while the scanner is used.
/// No locale, no allocation; nothing is read outside `position..<end`.
@frozen
package struct TextScanner {
    // Borrowed; every access is guarded by `position < end`, and both stay inside the buffer given to `init`.
    @usableFromInline let bytes: UnsafePointer<UInt8>
    /// Index of the next byte.
    package var position: Int
    /// Index after the last byte.
    package let end: Int

    /// A scanner over `range` of the bytes at `bytes`.
    @inlinable
    package init(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether everything has been read.
    @inlinable package var isAtEnd: Bool { position >= end }

    /// The next byte; 0 at the end.
    @inlinable package var next: UInt8 { position < end ? bytes[position] : 0 }

    /// The byte `offset` places after the next one; 0 beyond the end.
    @inlinable package func peek(_ offset: Int) -> UInt8 { position + offset < end ? bytes[position + offset] : 0 }

    /// Steps over spaces, tabs, form feeds and line ends.
    @inlinable
    package mutating func skipSpace() {
        while position < end, isSpace(bytes[position]) { position += 1 }
    }

    /// Steps behind the parenthesis that closes one before here, over pairs in between; what stands up to it, or nil when none closes it.
    package mutating func skipToClosingParenthesis() -> Range<Int>? {
        let start = position
        var depth = 1
        while !isAtEnd {
            if next == UInt8(ascii: "(") { depth += 1 }
            if next == UInt8(ascii: ")") { depth -= 1 }
            position += 1
            if depth == 0 { return start..<position - 1 }
        }
        return nil
    }

    /// Steps over white space with at most one comma in it.
    @inlinable
    package mutating func skipSeparator() {
        skipSpace()
        if next == UInt8(ascii: ",") {
            position += 1
            skipSpace()
        }
    }

    /// Steps over `byte` when it comes next.
    @inlinable
    package mutating func skip(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Reads an arc flag: one character, `0` or `1`, with or without a separator after it.
    @inlinable
    package mutating func flag() -> Bool? {
        guard position < end, bytes[position] == 0x30 || bytes[position] == 0x31 else { return nil }
        position += 1
        return bytes[position - 1] == 0x31
    }

    /// Reads a number as CSS and SVG write them: `-.5`, `1.`, `+3e-2`; nil, and no step, when there is none.
    ///
    /// Correctly rounded for up to 19 significant digits with a decimal exponent from −19 to 19 (counted for the digits as an
    /// integer); digits after the 19th are dropped and larger exponents cost up to 4 units in the last place.
    /// A number beyond the range of `Double` is nil, one too small is 0.
    package mutating func number() -> Double? {
        var p = position
        var isNegative = false
        if p < end, bytes[p] == UInt8(ascii: "-") || bytes[p] == UInt8(ascii: "+") {
            isNegative = bytes[p] == UInt8(ascii: "-")
            p += 1
        }
        var mantissa: UInt64 = 0
        var digits = 0, significant = 0, exponent = 0
        while p < end {
            let digit = bytes[p] &- 0x30
            guard digit < 10 else { break }
            if significant < 19 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                if mantissa != 0 { significant += 1 }
            } else {
                exponent += 1
            }
            digits += 1
            p += 1
        }
        if p < end, bytes[p] == UInt8(ascii: ".") {
            p += 1
            while p < end {
                let digit = bytes[p] &- 0x30
                guard digit < 10 else { break }
                if significant < 19 {
                    mantissa = mantissa &* 10 &+ UInt64(digit)
                    if mantissa != 0 { significant += 1 }
                    exponent -= 1
                }
                digits += 1
                p += 1
            }
        }
        guard digits > 0 else { return nil }
        // An `e` begins an exponent only when digits follow: `2em` is 2 and a unit.
        if p < end, bytes[p] | 0x20 == UInt8(ascii: "e") {
            var q = p + 1
            var isDown = false
            if q < end, bytes[q] == UInt8(ascii: "-") || bytes[q] == UInt8(ascii: "+") {
                isDown = bytes[q] == UInt8(ascii: "-")
                q += 1
            }
            if q < end, bytes[q] &- 0x30 < 10 {
                var written = 0
                while q < end, bytes[q] &- 0x30 < 10 {
                    if written < 100_000 { written = written * 10 + Int(bytes[q] &- 0x30) }
                    q += 1
                }
                exponent += isDown ? -written : written
                p = q
            }
        }
        let value = scaled(mantissa, byPowerOfTen: exponent)
        guard value.isFinite else { return nil }
        position = p
        return isNegative ? -value : value
    }
}

/// Whether a byte is white space in XML and CSS.
@inlinable
package func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D && byte != 0x0B)
}

/// `mantissa · 10^exponent`, see `number()` for the accuracy.
private func scaled(_ mantissa: UInt64, byPowerOfTen exponent: Int) -> Double {
    if mantissa == 0 { return 0 }
    // Both operands exact, one rounding (Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990).
    if mantissa <= 1 << 53 {
        if exponent == 0 { return Double(mantissa) }
        if exponent < 0, exponent >= -22 { return Double(mantissa) / powerOfTen(-exponent) }
        if exponent > 0, exponent <= 22 { return Double(mantissa) * powerOfTen(exponent) }
    }
    // 128-bit integers: the lowest bit of 64 remembers whether anything was cut off, and the conversion rounds once.
    if exponent >= 0, exponent <= 19 {
        let (high, low) = mantissa.multipliedFullWidth(by: integerPowerOfTen(exponent))
        if high == 0 { return Double(low) }
        let shift = high.leadingZeroBitCount
        let top = shift == 0 ? high : high << UInt64(shift) | low >> UInt64(64 - shift)
        let rest = shift == 0 ? low : low << UInt64(shift)
        return Double(rest == 0 ? top : top | 1) * Double(sign: .plus, exponent: 64 - shift, significand: 1)
    }
    if exponent < 0, exponent >= -19 {
        let divisor = integerPowerOfTen(-exponent)
        // Both to the top of their words; the dividend's upper word stays below the divisor, as the division asks.
        let up = mantissa.leadingZeroBitCount, down = divisor.leadingZeroBitCount
        let m = mantissa << UInt64(up), d = divisor << UInt64(down)
        let halved = (high: m >> 1, low: m << 63)
        let (quotient, remainder) = d.dividingFullWidth(halved)
        // quotient ≥ 2^62, so rounding to 53 bits happens above the sticky bit.
        return Double(remainder == 0 ? quotient : quotient | 1)
            * Double(sign: .plus, exponent: down - up - 63, significand: 1)
    }
    var value = Double(mantissa)
    var left = exponent.magnitude
    while left > 0, value > 0, value.isFinite {
        let step = powerOfTen(Int(min(left, 22)))
        value = exponent > 0 ? value * step : value / step
        left -= min(left, 22)
    }
    return value
}

/// 10^n for n in 0…19.
private func integerPowerOfTen(_ n: Int) -> UInt64 {
    var power: UInt64 = 1
    for _ in 0..<n { power *= 10 }
    return power
}

/// 10^n for n in 0…22: every one of these is exact.
private func powerOfTen(_ n: Int) -> Double {
    switch n {
    case 0: 1
    case 1: 1e1
    case 2: 1e2
    case 3: 1e3
    case 4: 1e4
    case 5: 1e5
    case 6: 1e6
    case 7: 1e7
    case 8: 1e8
    case 9: 1e9
    case 10: 1e10
    case 11: 1e11
    case 12: 1e12
    case 13: 1e13
    case 14: 1e14
    case 15: 1e15
    case 16: 1e16
    case 17: 1e17
    case 18: 1e18
    case 19: 1e19
    case 20: 1e20
    case 21: 1e21
    default: 1e22
    }
}
