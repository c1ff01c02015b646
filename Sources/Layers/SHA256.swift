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

    /// The leading bits of the fractions of the cube roots of the first 64 primes (clause 4.2.2).
    private static let constants: InlineArray<64, UInt32> = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
        0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
        0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
        0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
        0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
        0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ]
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
