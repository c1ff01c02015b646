/// Random numbers by place: the same seed, purpose and place give the same numbers, in any order of asking.
///
/// Philox4x64-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), with the seed and
/// the purpose as its key and the place as its counter.
struct Philox: Sendable {
    /// What numbers are drawn for. Numbers for one purpose say nothing about those for another.
    enum Purpose: UInt64 {
        case background = 1, rejection, exact, shuffle, place, quota
    }

    private let seed: UInt64, purpose: UInt64

    /// Numbers that follow from both; `part` tells configurations apart.
    init(seed: UInt64, purpose: Purpose, part: Int = 0) {
        self.init(key: (seed, purpose.rawValue | UInt64(part) << 8))
    }

    /// Numbers under a key as the paper has it.
    init(key: (UInt64, UInt64)) {
        seed = key.0
        purpose = key.1
    }

    /// The four words at a place.
    func words(_ c0: UInt64, _ c1: UInt64, _ c2: UInt64, _ c3: UInt64 = 0) -> SIMD4<UInt64> {
        var (x0, x1, x2, x3) = (c0, c1, c2, c3)
        var (k0, k1) = (seed, purpose)
        for _ in 0..<10 {
            let a = x0.multipliedFullWidth(by: 0xD2E7_470E_E14C_6C93), b = x2.multipliedFullWidth(by: 0xCA5A_8263_9512_1157)
            (x0, x1, x2, x3) = (b.high ^ x1 ^ k0, b.low, a.high ^ x3 ^ k1, a.low)
            k0 &+= 0x9E37_79B9_7F4A_7C15
            k1 &+= 0xBB67_AE85_84CA_A73B
        }
        return SIMD4(x0, x1, x2, x3)
    }

    /// A row of words that belongs to one place: as many as are asked for.
    struct Stream {
        private let generator: Philox
        private let index: UInt64, attempt: UInt64
        private var block: UInt64 = 0
        private var held = SIMD4<UInt64>()
        private var left = 0

        init(_ generator: Philox, index: UInt64, attempt: UInt64) {
            self.generator = generator
            self.index = index
            self.attempt = attempt
        }

        /// The next word.
        mutating func next() -> UInt64 {
            if left == 0 {
                held = generator.words(index, attempt, block)
                block &+= 1
                left = 4
            }
            left -= 1
            return held[3 - left]
        }

        /// A number below `bound`, each as likely (Lemire, "Fast random integer generation in an interval", 2019).
        mutating func below(_ bound: UInt64) -> UInt64 {
            var product = next().multipliedFullWidth(by: bound)
            if product.low < bound {
                let threshold = (0 &- bound) % bound
                while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
            }
            return product.high
        }
    }
}
