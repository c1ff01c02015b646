/// Writes integers and texts one after the other into memory that is large enough: more than fits is a programmer's
/// mistake and ends the process before it is written.
struct ByteWriter {
    private let bytes: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    private(set) var count = 0

    /// A writer over memory that outlives it.
    init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

    /// A little-endian integer.
    mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(_ integer: Integer) {
        precondition(MemoryLayout<Integer>.size <= bytes.count - count, "no room for an integer")
        bytes.storeBytes(of: integer.littleEndian, toByteOffset: count, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    /// The 32 bytes of a digest.
    mutating func append(_ digest: Digest) {
        append(digest.words.0)
        append(digest.words.1)
        append(digest.words.2)
        append(digest.words.3)
    }

    /// Bytes without a length.
    mutating func append(_ text: String.UTF8View) {
        precondition(text.count <= bytes.count - count, "no room for a text")
        UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyBytes(from: text)
        count += text.count
    }

    /// A text of less than 64 KiB with a 16-bit length before it.
    mutating func append(_ text: String) {
        append(UInt16(text.utf8.count))
        append(text.utf8)
    }
}
