import CAtelierDeflate

/// How many bytes a gzip stream says it holds (RFC 1952, 2.3.1: modulo 2³²); nil for other bytes.
func gunzippedByteCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard bytes.count >= 2, bytes[0] == 0x1F, bytes[1] == 0x8B else { return nil }
    // Header, an empty block and trailer have 20 bytes.
    guard bytes.count >= 20 else { return 0 }
    return (0..<4).reduce(0) { $0 | Int(bytes[bytes.count - 4 + $1]) << (8 * $1) }
}

/// The bytes in a gzip stream of one member, as `.svgz` files are.
///
/// What it says of its length is checked before memory is taken: against the limit, and against the 1032 bytes that deflate can
/// make of one.
/// - Complexity: O(inflated bytes), at most `limit`.
func gunzipped(_ bytes: UnsafeBufferPointer<UInt8>, limit: Int) throws(SVG.ParseError) -> [UInt8] {
    guard bytes.count <= limit else { throw .tooLarge(byteCount: bytes.count, limit: limit) }
    guard let count = gunzippedByteCount(bytes), count > 0, count / 1032 <= bytes.count else { throw .damagedCompression }
    guard count <= limit else { throw .tooLarge(byteCount: count, limit: limit) }
    guard let decompressor = libdeflate_alloc_decompressor() else { throw .damagedCompression }
    defer { libdeflate_free_decompressor(decompressor) }
    var result = LIBDEFLATE_SUCCESS, written = 0
    let inflated = [UInt8](unsafeUninitializedCapacity: count) { output, filled in
        result = libdeflate_gzip_decompress(decompressor, bytes.baseAddress, bytes.count, output.baseAddress, count, &written)
        filled = result == LIBDEFLATE_SUCCESS ? written : 0
    }
    guard result == LIBDEFLATE_SUCCESS, inflated.count == count else { throw .damagedCompression }
    // A stream in a stream is no file that anything writes.
    if inflated.starts(with: [0x1F, 0x8B]) { throw .damagedCompression }
    return inflated
}
