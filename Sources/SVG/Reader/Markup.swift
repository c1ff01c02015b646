extension SVG {
    /// Whether a file may be SVG at all, by its first bytes: markup in UTF-8, UTF-16 or a relative of ASCII, or gzip.
    /// File names play no part.
    ///
    /// - Complexity: O(1) but for white space in front.
    public static func looksLikeMarkup(_ bytes: Span<UInt8>) -> Bool {
        var position = 0
        func at(_ offset: Int) -> UInt8? { position + offset < bytes.count ? bytes[position + offset] : nil }
        switch (at(0), at(1)) {
        case (0xFE, 0xFF), (0xFF, 0xFE), (0x1F, 0x8B): return true
        case (0xEF, 0xBB): position = 3
        default: break
        }
        while let byte = at(0), byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
        return at(0) == UInt8(ascii: "<") || (at(0) == 0 && at(1) == UInt8(ascii: "<"))
    }
}
