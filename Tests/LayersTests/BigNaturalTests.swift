import AtelierTesting
import Testing

@testable import AtelierLayers

@Suite("Big whole numbers")
struct BigNaturalTests {
    @Test("Sums, differences, products and digits agree with 128-bit arithmetic; seeds 0 to 999")
    func againstWideIntegers() {
        for seed in 0..<1000 {
            var random = SplitMix(seed: UInt64(seed))
            let a = random.next() >> UInt64(random.int(in: 0..<64)), b = random.next() >> UInt64(random.int(in: 0..<64))
            let (x, y) = (BigNatural(a), BigNatural(b))
            #expect((x * y).description == (UInt128(a) * UInt128(b)).description)
            #expect((x + y).description == (UInt128(a) + UInt128(b)).description)
            #expect((x < y) == (a < b) && (x == y) == (a == b))
            let (quotient, rest) = (x * y).dividedByWord(b | 1)
            #expect(quotient * BigNatural(b | 1) + BigNatural(rest) == x * y)
            #expect((x * y).bitWidth == 128 - (UInt128(a) * UInt128(b)).leadingZeroBitCount)
        }
    }

    @Test("Numbers of many words keep the laws of arithmetic; seeds 0 to 199")
    func laws() {
        for seed in 0..<200 {
            var random = SplitMix(seed: UInt64(seed))
            func number() -> BigNatural {
                (0..<random.int(in: 1..<8)).reduce(1) { product, _ in product * BigNatural(random.next() | 1) + BigNatural(random.next()) }
            }
            let (a, b, c) = (number(), number(), number())
            #expect((a + b) * c == a * c + b * c && a * b == b * a && (a + b) - b == a && a < a + 1 && !(a + b < a))
            #expect(abs((a * b).ratio(to: a * c) / b.ratio(to: c) - 1) < 1e-15)
        }
        #expect(BigNatural.powerOfTen(40).description == "1" + String(repeating: "0", count: 40))
        #expect(BigNatural(3).ratio(to: 4) == 0.75 && (BigNatural.powerOfTen(40) * 3).ratio(to: BigNatural.powerOfTen(40) * 4) == 0.75)
    }

    @Test("Random numbers stay below their bound and fill it")
    func random() {
        var stream = Philox.Stream(Philox(seed: 1, purpose: .exact), index: 0, attempt: 0)
        let bound = BigNatural.powerOfTen(20) * 5
        let draws = (0..<2000).map { _ in bound.random(from: &stream).ratio(to: bound) }
        #expect(draws.allSatisfy { $0 < 1 })
        #expect(
            deviation(of: (0..<10).map { tenth in draws.count { Int($0 * 10) == tenth } }, from: [Double](repeating: 200, count: 10)) < 4)
    }
}

@Suite("Weights")
struct WeightTests {
    @Test(
        "A weight is what its text says, exactly",
        arguments: [
            ("40", 40, 0), ("0.1", 1, -1), ("12.50", 125, -1), ("1e-300", 1, -300), ("2.5E3", 25, 2), ("0.000", 0, 0), ("100", 1, 2),
            (".5", 5, -1),
            ("1e20", 1, 20),
        ] as [(String, UInt64, Int)])
    func reading(text: String, coefficient: UInt64, exponent: Int) throws {
        let weight = try #require(Weight(text))
        #expect(weight.coefficient == (coefficient == 40 ? 4 : coefficient) && weight.exponent == (coefficient == 40 ? 1 : exponent))
        #expect(Weight(weight.description) == weight)
    }

    @Test(
        "What is no number, or below 0, is no weight",
        arguments: ["", "-1", "x", "1.2.3", "1e", "nan", "1e999", "99999999999999999999", "."])
    func refused(text: String) { #expect(Weight(text) == nil) }
}
