import CAtelierKernels

/// The hash that provenance records are made of (FIPS 180-4, clause 6.2), fed piece by piece.
///
///     var hash = SHA256()
///     hash.update(bytes.span)
///     hash.finish()                                        // 32 bytes
public struct SHA256: Sendable {
    private var state: InlineArray<8, UInt32> = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var waiting: [UInt8] = []
    private var byteCount: UInt64 = 0
    private let isPlain: Bool

    /// A hash of nothing so far.
    ///
    /// - Parameter plainly: Without the processor's instructions for it: the same hash at a sixth of the speed.
    public init(plainly: Bool = false) {
        isPlain = plainly
        waiting.reserveCapacity(64)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) {
        byteCount += UInt64(bytes.count)
        bytes.withUnsafeBufferPointer { bytes in
            var rest = bytes[...]
            if !waiting.isEmpty {
                let first = rest.prefix(64 - waiting.count)
                waiting += first
                rest = rest.dropFirst(first.count)
                guard waiting.count == 64 else { return }
                let block = waiting
                block.withUnsafeBufferPointer { compress($0[...]) }
                waiting.removeAll(keepingCapacity: true)
            }
            let whole = rest.prefix(rest.count & ~63)
            compress(whole)
            waiting += rest.dropFirst(whole.count)
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

    /// Takes whole blocks into the state.
    private mutating func compress(_ blocks: Slice<UnsafeBufferPointer<UInt8>>) {
        guard !blocks.isEmpty else { return }
        let bytes = UnsafeBufferPointer(rebasing: blocks), isPlain = isPlain
        var words = state.mutableSpan
        words.withUnsafeMutableBufferPointer { atelier_sha256($0.baseAddress!, bytes.baseAddress!, bytes.count / 64, isPlain) }
    }
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
