// Archives: ZIP containers written byte for byte the same every time. It knows nothing of what it packs.
// Compressing and collecting are two steps, so that a packed member can be kept and used in several archives.
// Start with `Packer` and `ZIPWriter`.

internal import CAtelierDeflate
import Synchronization

/// Facts about the room as a whole.
public enum Archives {
    /// Name and version of the compressing library: it decides output bytes, so it belongs in the key of what uses it.
    public static var libraryVersion: String { "libdeflate " + LIBDEFLATE_VERSION_STRING }
}

/// Bytes as they lie in an archive, with the size and checksum of the original.
///
///     let packer = Packer()
///     let member = packer.pack(Array("hello".utf8))
///     member.unpacked()                                   // [104, 101, 108, 108, 111]
public struct PackedBytes: Hashable, Sendable {
    /// How the bytes are coded, by its number in the ZIP format.
    public enum Method: UInt16, Hashable, Sendable {
        /// As they are.
        case stored = 0
        /// A raw DEFLATE stream (RFC 1951).
        case deflate = 8
    }

    /// How `bytes` are coded.
    public let method: Method
    /// CRC-32 of the original (the polynomial of ZIP and PNG).
    public let crc32: UInt32
    /// Size of the original in bytes.
    public let originalByteCount: Int
    /// The coded bytes.
    public let bytes: [UInt8]

    /// Packed bytes from their parts, as read back from a store; what does not fit together is found by `unpacked()`.
    public init(method: Method, crc32: UInt32, originalByteCount: Int, bytes: [UInt8]) {
        self.method = method
        self.crc32 = crc32
        self.originalByteCount = originalByteCount
        self.bytes = bytes
    }

    /// Bytes that are compressed in a format of their own already, as they are.
    public init(storing original: [UInt8]) {
        self.init(
            method: .stored, crc32: libdeflate_crc32(0, original, original.count), originalByteCount: original.count, bytes: original)
    }

    /// The original bytes; nil when size or checksum disagree with the coded bytes.
    public func unpacked() -> [UInt8]? {
        let original: [UInt8]
        switch method {
        case .stored:
            original = bytes
        case .deflate:
            // DEFLATE codes at most 1032 bytes in one; a larger claim is damage and must not be allocated.
            guard originalByteCount >= 0, originalByteCount / 1032 <= bytes.count else { return nil }
            guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
            defer { libdeflate_free_decompressor(decompressor) }
            var result = LIBDEFLATE_SUCCESS
            var written = 0
            original = [UInt8](unsafeUninitializedCapacity: originalByteCount) { buffer, count in
                result = libdeflate_deflate_decompress(
                    decompressor, bytes, bytes.count, buffer.baseAddress, originalByteCount, &written)
                count = result == LIBDEFLATE_SUCCESS ? written : 0
            }
            guard result == LIBDEFLATE_SUCCESS else { return nil }
        }
        guard original.count == originalByteCount, libdeflate_crc32(0, original, original.count) == crc32 else { return nil }
        return original
    }
}

/// Compresses bytes one after another with one set of working memory (about 0.4 MB).
public struct Packer: ~Copyable {
    // Measured on real slides against the other levels, see docs/formats/pptx-output.md.
    private static let level: Int32 = 6
    private let compressor: OpaquePointer

    /// The address of one that was given back, or 0; setting one up takes as long as compressing a small slide.
    private static let spare = Atomic<UInt>(0)

    /// A compressor at the project's one level.
    public init() {
        let spare = OpaquePointer(bitPattern: Self.spare.exchange(0, ordering: .acquiring))
        guard let compressor = spare ?? libdeflate_alloc_compressor(Self.level) else {
            fatalError("out of memory for a compressor")
        }
        self.compressor = compressor
    }

    deinit {
        let other = Self.spare.exchange(UInt(bitPattern: compressor), ordering: .acquiringAndReleasing)
        if let other = OpaquePointer(bitPattern: other) { libdeflate_free_compressor(other) }
    }

    /// Deflates, or stores what would not become shorter.
    public func pack(_ original: [UInt8]) -> PackedBytes {
        let crc = libdeflate_crc32(0, original, original.count)
        // One byte less than the original: what does not fit is not worth deflating, and libdeflate then returns 0.
        let room = max(original.count - 1, 0)
        let deflated = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            count = room == 0 ? 0 : libdeflate_deflate_compress(compressor, original, original.count, buffer.baseAddress!, room)
        }
        return deflated.isEmpty
            ? PackedBytes(storing: original)
            : PackedBytes(method: .deflate, crc32: crc, originalByteCount: original.count, bytes: deflated)
    }
}
