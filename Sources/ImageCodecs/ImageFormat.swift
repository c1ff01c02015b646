// ImageCodecs: picture files to rasters. PNG is read by libspng and JPEG by libjpeg-turbo; this room adds what those
// leave open: what a file is, whether it is whole, what it may cost, which way up it is, and one clear sentence when
// it cannot be read. Start with `decodeImage`. Nothing here opens files or writes them.

/// A picture format this room reads.
public enum ImageFormat: String, Hashable, Sendable, CaseIterable {
    /// Portable Network Graphics (ISO/IEC 15948).
    case png
    /// JPEG (ITU-T T.81 with JFIF, Exif or Adobe markers).
    case jpeg

    /// The format of a file by its first bytes, or nil when this room does not read it. File names play no part.
    ///
    /// - Complexity: O(1); eight bytes are enough.
    public static func sniff(_ bytes: Span<UInt8>) -> ImageFormat? {
        if bytes.starts(with: PNGStructure.signature) { return .png }
        // Start of image, then the first byte of any marker.
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        return nil
    }

    /// The name people use: `PNG`, `JPEG`.
    var title: String { rawValue.uppercased() }

    /// The usual name of a format that is known but not read here, for the error that says so.
    static func nameOfForeignFormat(_ bytes: Span<UInt8>) -> String? {
        let signatures: [(name: String, offset: Int, bytes: [UInt8])] = [
            ("GIF", 0, Array("GIF8".utf8)), ("WebP", 8, Array("WEBP".utf8)), ("BMP", 0, Array("BM".utf8)),
            ("TIFF", 0, [0x49, 0x49, 0x2A, 0]), ("TIFF", 0, [0x4D, 0x4D, 0, 0x2A]), ("AVIF", 4, Array("ftypavif".utf8)),
            ("HEIC", 4, Array("ftypheic".utf8)), ("JPEG XL", 0, [0xFF, 0x0A]), ("JPEG XL", 4, Array("JXL ".utf8)),
            ("JPEG 2000", 4, Array("jP  ".utf8)), ("PSD", 0, Array("8BPS".utf8)), ("PDF", 0, Array("%PDF".utf8)),
            ("SVG", 0, Array("<svg".utf8)), ("SVG or other XML", 0, Array("<?xml".utf8)),
        ]
        return signatures.first { bytes.starts(with: $0.bytes, at: $0.offset) }?.name
    }
}

extension Span<UInt8> {
    /// Whether `prefix` lies at `offset`; false when the span is too short.
    func starts(with prefix: [UInt8], at offset: Int = 0) -> Bool {
        guard offset >= 0, count - offset >= prefix.count else { return false }
        for index in prefix.indices where self[offset + index] != prefix[index] { return false }
        return true
    }

    /// The big-endian 16-bit number at `offset`, which must lie inside.
    func bigEndian16(at offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }

    /// The big-endian 32-bit number at `offset`, which must lie inside.
    func bigEndian32(at offset: Int) -> Int { bigEndian16(at: offset) << 16 | bigEndian16(at: offset + 2) }
}
