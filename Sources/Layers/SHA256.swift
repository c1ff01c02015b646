/// The hash that provenance records are made of (FIPS 180-4, clause 6.2), fed piece by piece.
///
///     var hash = SHA256()
///     hash.update(bytes.span)
///     hash.finish()                                        // 32 bytes
public struct SHA256: Sendable {
    private var state: SIMD8<UInt32> = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var waiting: [UInt8] = []
    private var byteCount: UInt64 = 0
    private var schedule = [UInt32](repeating: 0, count: 64)

    /// A hash of nothing so far.
    public init() { waiting.reserveCapacity(64) }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) {
        byteCount += UInt64(bytes.count)
        var start = 0
        if !waiting.isEmpty {
            while waiting.count < 64, start < bytes.count {
                waiting.append(bytes[start])
                start += 1
            }
            guard waiting.count == 64 else { return }
            let block = waiting
            compress(block.span, from: 0)
            waiting.removeAll(keepingCapacity: true)
        }
        while start + 64 <= bytes.count {
            compress(bytes, from: start)
            start += 64
        }
        while start < bytes.count {
            waiting.append(bytes[start])
            start += 1
        }
    }

    /// The hash of all that was added, 32 bytes.
    public consuming func finish() -> [UInt8] {
        let bitCount = byteCount * 8
        var padding: [UInt8] = [0x80]
        padding += repeatElement(0, count: (119 - waiting.count) % 64)
        for shift in stride(from: UInt64(56), through: 0, by: -8) { padding.append(UInt8(truncatingIfNeeded: bitCount >> shift)) }
        update(padding.span)
        return (0..<8).flatMap { index in
            stride(from: UInt32(24), through: 0, by: -8).map { UInt8(truncatingIfNeeded: state[index] >> $0) }
        }
    }

    private mutating func compress(_ bytes: Span<UInt8>, from start: Int) {
        for index in 0..<16 {
            let at = start + index * 4
            schedule[index] =
                UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
        }
        for index in 16..<64 {
            let x = schedule[index - 15], y = schedule[index - 2]
            let s0 = Self.turned(x, 7) ^ Self.turned(x, 18) ^ (x >> 3), s1 = Self.turned(y, 17) ^ Self.turned(y, 19) ^ (y >> 10)
            schedule[index] = schedule[index - 16] &+ s0 &+ schedule[index - 7] &+ s1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let s1 = Self.turned(e, 6) ^ Self.turned(e, 11) ^ Self.turned(e, 25)
            let first = h &+ s1 &+ (e & f ^ ~e & g) &+ Self.constants[index] &+ schedule[index]
            let s0 = Self.turned(a, 2) ^ Self.turned(a, 13) ^ Self.turned(a, 22)
            let second = s0 &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        state = state &+ SIMD8(a, b, c, d, e, f, g, h)
    }

    private static func turned(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 - count) }

    /// The leading bits of the fractions of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = {
        var constants: [UInt32] = [], candidate: UInt64 = 2
        while constants.count < 64 {
            if (2..<candidate).allSatisfy({ candidate % $0 != 0 }) {
                // The whole cube root of the prime times 2^96, digit by digit; its lowest 32 bits are the fraction.
                let number = BigNatural(candidate) * BigNatural(1 << 48) * BigNatural(1 << 48)
                var root: UInt64 = 0
                for bit in stride(from: UInt64(34), through: 0, by: -1) {
                    let tried = BigNatural(root | 1 << bit)
                    if tried * tried * tried <= number { root |= 1 << bit }
                }
                constants.append(UInt32(truncatingIfNeeded: root))
            }
            candidate += 1
        }
        return constants
    }()
}

/// The record by which anyone can check that the pictures were fixed before they were sold: the SHA-256 hash of the hashes of all
/// pictures, in hexadecimal digits and in the order of the numbers.
public struct Provenance: Sendable {
    /// The hash of each picture in 64 hexadecimal digits.
    public let pictures: [String]

    /// - Parameter pictures: SHA-256 of every picture file, 32 bytes each, in the order of the numbers.
    public init(pictures: [[UInt8]]) { self.pictures = pictures.map(Self.digits) }

    /// The hash over all of them.
    public var hash: String {
        var hash = SHA256()
        for picture in pictures { hash.update(Array(picture.utf8).span) }
        return Self.digits(hash.finish())
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
