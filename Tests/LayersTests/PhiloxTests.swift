import Testing

@testable import AtelierLayers

@Suite("Philox")
struct PhiloxTests {
    @Test("The words are those of the paper's authors for a counter and key of zeros, and of ones")
    func knownAnswers() {
        #expect(
            Philox(key: (0, 0)).words(0, 0, 0)
                == SIMD4(0x1655_4D9E_CA36_314C, 0xDB20_FE9D_672D_0FDC, 0xD7E7_72CE_E186_176B, 0x7E68_B68A_EC7B_A23B))
        let ones = UInt64.max
        #expect(
            Philox(key: (ones, ones)).words(ones, ones, ones, ones)
                == SIMD4(0x87B0_92C3_013F_E90B, 0x438C_3C67_BE8D_0224, 0x9CC7_D7C6_9CD7_77B6, 0xA09C_AEBF_594F_0BA0))
    }

    @Test("Numbers below a bound are each as likely, and follow from seed, purpose and place alone")
    func bounded() {
        var counts = [Int](repeating: 0, count: 7)
        var stream = Philox.Stream(Philox(seed: 3, purpose: .exact), index: 1, attempt: 2)
        for _ in 0..<70_000 { counts[Int(stream.below(7))] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
        func first(_ seed: UInt64, _ purpose: Philox.Purpose, _ index: UInt64, part: Int = 0) -> UInt64 {
            var stream = Philox.Stream(Philox(seed: seed, purpose: purpose, part: part), index: index, attempt: 0)
            return stream.next()
        }
        let all = [first(1, .exact, 1), first(2, .exact, 1), first(1, .quota, 1), first(1, .exact, 2), first(1, .exact, 1, part: 1)]
        #expect(Set(all).count == 5 && first(1, .exact, 1) == all[0])
    }
}
