// Memo: the memoised stage. A stage is a struct whose stored properties are everything its result depends on;
// the engine finds or makes its output. No graphics inside. Start with `Stage`, then `Artifact`, then `Engine`.

/// The 256-bit BLAKE3 identity of bytes or of a derivation.
public struct Digest: Hashable, Sendable, Comparable {
    /// The 32 bytes as four little-endian words, first bytes first.
    package let words: (UInt64, UInt64, UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Whether two digests are the same 32 bytes.
    public static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }

    /// Feeds the first word only: the bytes are already evenly spread.
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// What dictionaries and sets ask for: one multiplication instead of the 130 instructions of a `Hasher`, which are a
    /// fifth of a hit in memory. The secret keeps whoever can try many inputs from choosing digests that collide.
    public func _rawHashValue(seed: Int) -> Int {
        let (high, low) = (words.0 ^ secret.0 ^ UInt64(bitPattern: Int64(seed))).multipliedFullWidth(by: words.1 ^ secret.1)
        return Int(truncatingIfNeeded: high ^ low)
    }

    /// Orders digests as their hexadecimal text would be ordered.
    public static func < (a: Digest, b: Digest) -> Bool {
        (a.words.0.byteSwapped, a.words.1.byteSwapped, a.words.2.byteSwapped, a.words.3.byteSwapped)
            < (b.words.0.byteSwapped, b.words.1.byteSwapped, b.words.2.byteSwapped, b.words.3.byteSwapped)
    }
}

/// Drawn once in each process.
private let secret = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

extension Digest {
    /// The identity of what the hashed bytes describe, instead of that of the bytes.
    ///
    /// Whoever uploads the bytes of a stage's key as a file would otherwise hold a source with the stage's digest.
    var asDerivation: Digest {
        // "derived" in ASCII. That a content hash differs from a key hash by exactly this is as hard as a collision.
        Digest(words: (words.0 ^ 0x0064_6576_6972_6564, words.1, words.2, words.3))
    }
}

extension Digest {
    /// The identity of the same thing in a partition.
    func partitioned(_ name: String) -> Digest {
        Digest(hashing: Blob(bytes + Array("partition ".utf8) + Array(name.utf8))).asDerivation
    }
}

extension Digest: CustomStringConvertible, LosslessStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 64) { buffer in
            func write(_ word: UInt64, at position: Int) {
                for byte in 0..<8 {
                    let value = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte))
                    buffer[position + 2 * byte] = Self.digit(value >> 4)
                    buffer[position + 2 * byte + 1] = Self.digit(value & 15)
                }
            }
            write(words.0, at: 0)
            write(words.1, at: 16)
            write(words.2, at: 32)
            write(words.3, at: 48)
            return 64
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }

    /// Reads 64 hexadecimal digits of either case; nil for anything else.
    public init?(_ description: String) {
        let text = description.utf8.span
        guard text.count == 64 else { return nil }
        func word(_ number: Int) -> UInt64? {
            var word: UInt64 = 0
            for place in 0..<16 {
                let character = text[16 * number + place], digit: UInt8
                switch character {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
                case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
                default: return nil
                }
                word |= UInt64(digit) << UInt64(4 * (place ^ 1))
            }
            return word
        }
        guard let first = word(0), let second = word(1), let third = word(2), let fourth = word(3) else { return nil }
        self.init(words: (first, second, third, fourth))
    }
}

extension Digest: Codable {
    /// Reads the hexadecimal text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a digest is 64 hexadecimal digits, not \(text)")
        }
        self = digest
    }

    /// Writes the hexadecimal text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
