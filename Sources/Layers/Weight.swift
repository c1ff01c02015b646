/// How often something is chosen against its alternatives: a number not below 0, exactly as it was written.
///
/// Decimal, because `0.1` should mean a tenth. Sums and products of weights are made of whole numbers, so that no choice
/// hangs on rounding.
public struct Weight: Hashable, Sendable, CustomStringConvertible {
    /// The value is `coefficient` · 10^`exponent`; the coefficient does not end in 0 unless it is 0, and then the exponent is 0.
    public let coefficient: UInt64
    /// The power of ten.
    public let exponent: Int

    /// `coefficient` · 10^`exponent`.
    public init(_ coefficient: UInt64, exponent: Int = 0) {
        var (coefficient, exponent) = (coefficient, coefficient == 0 ? 0 : exponent)
        while coefficient != 0, coefficient.isMultiple(of: 10) {
            coefficient /= 10
            exponent += 1
        }
        self.coefficient = coefficient
        self.exponent = exponent
    }

    /// The number a text says: digits, at most one point, perhaps an exponent. Nil for anything else, for negative numbers,
    /// for more than 19 significant digits and for sizes beyond 10^±400.
    public init?(_ text: some StringProtocol) {
        var digits = 0, coefficient: UInt64 = 0, exponent = 0, isFraction = false
        var rest = Substring(text)
        while let character = rest.first {
            if character == ".", !isFraction {
                isFraction = true
            } else if let digit = character.wholeNumberValue, character.isASCII {
                digits += 1
                let (product, overflow) = coefficient.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
                guard !overflow, !carry else { return nil }
                coefficient = sum
                if isFraction { exponent -= 1 }
            } else {
                break
            }
            rest.removeFirst()
        }
        guard digits > 0 else { return nil }
        if rest.first == "e" || rest.first == "E" {
            guard let power = Int(rest.dropFirst()), abs(power) <= 1000 else { return nil }
            exponent += power
            rest = ""
        }
        guard rest.isEmpty, abs(exponent) <= 400 else { return nil }
        self.init(coefficient, exponent: exponent)
    }

    /// The shortest text that gives the value back.
    public var description: String {
        let digits = String(coefficient)
        switch exponent {
        case 0: return digits
        case 1...6: return digits + String(repeating: "0", count: exponent)
        case -18 ... -1:
            let padded = String(repeating: "0", count: max(0, 1 - exponent - digits.count)) + digits
            return "\(padded.dropLast(-exponent)).\(padded.suffix(-exponent))"
        default: return "\(digits)e\(exponent)"
        }
    }

    /// The nearest number with a binary fraction.
    public var value: Double { Double(description) ?? 0 }
}
