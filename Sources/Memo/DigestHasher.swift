import CAtelierBLAKE3

extension Digest {
    /// The BLAKE3-256 of the bytes.
    ///
    ///     let digest = bytes.withUnsafeBytes { Digest(hashing: $0) }
    ///
    /// - Parameters:
    ///   - bytes: Any number of them.
    ///   - threads: How many may work on inputs above 1 MiB; nil for one per processor this process may use.
    ///     The digest is the same for every number.
    public init(hashing bytes: UnsafeRawBufferPointer, threads: Int? = nil) {
        self.init { atelier_blake3_hash(bytes.baseAddress, bytes.count, threadCount(threads), $0) }
    }

    /// The BLAKE3-256 of a blob's bytes.
    public init(hashing blob: Blob, threads: Int? = nil) {
        self = blob.withUnsafeBytes { Digest(hashing: $0, threads: threads) }
    }

    fileprivate init(_ write: (UnsafeMutablePointer<UInt8>) -> Void) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { write($0.baseAddress!.assumingMemoryBound(to: UInt8.self)) }
        self.init(
            words: (
                UInt64(littleEndian: words.0), UInt64(littleEndian: words.1), UInt64(littleEndian: words.2),
                UInt64(littleEndian: words.3)
            ))
    }
}

/// Hashes bytes that come in pieces; the digest does not depend on where the cuts are.
///
///     var hasher = DigestHasher()
///     while let piece = try file.read() { piece.withUnsafeBytes { hasher.update($0) } }
///     let digest = hasher.finalize()
///
/// BLAKE3 keeps 3 KB of state, so a hasher is moved, not copied.
public struct DigestHasher: ~Copyable {
    // Owned by this value alone: made in `init`, freed in `deinit`.
    private let state: OpaquePointer

    /// A hasher that has seen nothing yet.
    public init() {
        guard let state = atelier_blake3_create() else { fatalError("no memory left for 3 KB of hashing state") }
        self.state = state
    }

    deinit { atelier_blake3_destroy(state) }

    /// Takes more bytes in. `threads` as in `Digest(hashing:threads:)`, for pieces above 1 MiB.
    public mutating func update(_ bytes: UnsafeRawBufferPointer, threads: Int? = nil) {
        atelier_blake3_update(state, bytes.baseAddress, bytes.count, threadCount(threads))
    }

    /// The digest of everything taken in so far; more may follow.
    public mutating func finalize() -> Digest {
        Digest { atelier_blake3_finalize(state, $0) }
    }
}

// The C side takes 0 for "as many as there are processors".
private func threadCount(_ threads: Int?) -> UInt32 {
    threads.map { UInt32(clamping: max(1, $0)) } ?? 0
}
