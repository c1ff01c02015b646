import AtelierGeometry
import AtelierTesting
import Glibc
import Testing

/// The number at the start of `text` and how many bytes it took.
private func number(_ text: String) -> (value: Double?, length: Int) {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return (nil, 0) }
        var scanner = TextScanner(base, 0..<buffer.count)
        return (scanner.number(), scanner.position)
    }
}

@Suite("Numbers in text")
struct TextScannerTests {
    @Test(
        "A number ends where it stops being one",
        arguments: [
            ("12px", 12.0, 2), ("2em", 2, 1), ("2e3m", 2000, 3), ("2e+x", 2, 1), (".5.5", 0.5, 2), ("1.", 1, 2), ("-0", 0, 2),
            ("+.25e1", 2.5, 6),
            ("007", 7, 3), ("1e-400", 0, 6), ("0e999999999999", 0, 14),
        ])
    func extent(text: String, value: Double, length: Int) {
        #expect(number(text) == (value, length))
    }

    @Test("What is no number is not read", arguments: ["", "-", ".", "e5", "+.", "-e1", "NaN", "inf", "1e309", "x"])
    func nothing(text: String) {
        #expect(number(text) == (nil, 0))
    }

    @Test("Up to 19 digits with exponents from −19 to 19 are rounded as the C library rounds them")
    func correctlyRounded() {
        var random = SplitMix(seed: 9)
        for _ in 0..<50_000 {
            let digits = 1 + Int(random.next() % 19)
            let mantissa = random.next() % UInt64(pow(10, Double(digits)).rounded())
            let exponent = Int(random.next() % 39) - 19
            let text = "\(mantissa)e\(exponent)"
            #expect(number(text).value == strtod(text, nil), "\(text)")
        }
    }

    @Test("Longer and larger numbers stay within 4 units in the last place")
    func nearlyRounded() {
        var random = SplitMix(seed: 10)
        for _ in 0..<20_000 {
            let text = "\(random.next()).\(random.next())e\(Int(random.next() % 500) - 260)"
            let expected = strtod(text, nil)
            #expect(abs(number(text).value! - expected) <= 4 * expected.ulp, "\(text)")
        }
    }
}
