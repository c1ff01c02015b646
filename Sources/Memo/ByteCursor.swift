/// Takes integers and texts from the front of bytes that may be anything. It owns nothing: the bytes are handed to each
/// call, so that reading a header allocates for its texts alone and counts no references.
struct ByteCursor {
    /// Where the next call reads.
    var position = 0

    /// Goes over `count` bytes and says where they were.
    mutating func skip(_ count: Int, in bytes: RawSpan) throws(EntryFile.Problem) -> Range<Int> {
        guard count <= bytes.byteCount - position else { throw .damaged("the header is cut") }
        defer { position += count }
        return position..<(position + count)
    }

    /// A little-endian integer.
    mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _: Integer.Type, in bytes: RawSpan
    ) throws(EntryFile.Problem) -> Integer {
        let range = try skip(MemoryLayout<Integer>.size, in: bytes)
        // In bounds by `skip`; every bit pattern is an integer.
        return Integer(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: Integer.self))
    }

    /// A length in 64 bits that is no more than `limit`.
    mutating func count(upTo limit: Int, in bytes: RawSpan) throws(EntryFile.Problem) -> Int {
        let count = try integer(UInt64.self, in: bytes)
        guard count <= UInt64(limit) else { throw .damaged("a length of \(count), above \(limit)") }
        return Int(count)
    }

    /// 32 bytes.
    mutating func digest(in bytes: RawSpan) throws(EntryFile.Problem) -> Digest {
        let (a, b) = (try integer(UInt64.self, in: bytes), try integer(UInt64.self, in: bytes))
        return Digest(words: (a, b, try integer(UInt64.self, in: bytes), try integer(UInt64.self, in: bytes)))
    }

    /// UTF-8 with a 16-bit length before it.
    mutating func text(in bytes: RawSpan) throws(EntryFile.Problem) -> String {
        let range = try skip(Int(try integer(UInt16.self, in: bytes)), in: bytes)
        // `String(validating:as:)` looks generic types up at run time: 1 000 instructions for each text.
        return try bytes.extracting(range).withUnsafeBytes { (bytes) throws(EntryFile.Problem) in
            do throws(UTF8.ValidationError) {
                return String(copying: try UTF8Span(validating: bytes.assumingMemoryBound(to: UInt8.self).span))
            } catch {
                throw .damaged("a text is not UTF-8")
            }
        }
    }
}
