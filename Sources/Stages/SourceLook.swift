import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the bytes of a source say before any stage reads them. Recipes ask it, so that what is a drawing without text needs no plan to
/// find that out.
struct SourceLook {
    /// Whether they are SVG, and whether WebP.
    let isDrawing: Bool, isWebP: Bool
    /// Whether `<text` stands in them, or a drawing with text may be inside.
    let mayHaveText: Bool
    /// Whether they are WebP, or may be a drawing with pictures in WebP.
    let mayHaveWebP: Bool

    private static let known = Lock([Digest: SourceLook]())

    /// Looks once for each digest; nil for what a stage makes, and for what cannot be looked at.
    init?(at source: Artifact<Blob>) {
        if let known = Self.known.withLock({ $0[source.digest] }) {
            self = known
            return
        }
        guard let blob = source.sourceBytes() else { return nil }
        let format = SourceFormat(sniffing: blob)
        (isDrawing, isWebP) = (format == .svg, format == .webp)
        mayHaveText = blob.withUnsafeBytes(Self.mayHaveText)
        mayHaveWebP = isWebP || isDrawing && blob.withUnsafeBytes(Self.mayHaveWebP)
        Self.known.withLock { [self] in
            if $0.count >= 4096 { $0.removeAll() }
            $0[source.digest] = self
        }
    }

    private static func mayHaveText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, bytes.count > 5 else { return false }
        // Pictures have none, and of text in two bytes a letter nothing is known.
        if bytes[0] == 0xFE || bytes[0] == 0xFF || bytes[0] == 0 { return bytes[1] == 0xFE || bytes[1] == 0xFF || bytes[1] == 0x3C }
        // Of compressed drawings nothing is known either.
        if bytes[0] == 0x1F, bytes[1] == 0x8B { return true }
        if bytes[0] == 0x89 { return false }
        // `<text` or, with a prefix, `<svg:text`; `<foreignObject`.
        var at = 0
        while at < bytes.count, let found = memchr(base + at, 0x3C, bytes.count - at) {
            at = UnsafeRawPointer(found) - base + 1
            var name = at
            while name < min(bytes.count, at + 32), bytes[name] | 0x20 >= 0x61, bytes[name] | 0x20 <= 0x7A { name += 1 }
            let start = name < bytes.count && bytes[name] == UInt8(ascii: ":") ? name + 1 : at
            let word = bytes[start..<min(start + 4, bytes.count)]
            if word.elementsEqual("text".utf8) || word.elementsEqual("fore".utf8) { return true }
        }
        // A picture in the drawing may be a drawing with text: `data:image/svg+xml`.
        at = 3
        while at < bytes.count, let found = memchr(base + at, 0x2B, bytes.count - at) {
            at = UnsafeRawPointer(found) - base + 1
            if bytes[at - 4..<at].elementsEqual("svg+".utf8) { return true }
        }
        return false
    }

    private static func mayHaveWebP(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, bytes.count > 5 else { return false }
        // Of compressed drawings and of text in two bytes a letter nothing is known.
        if bytes[0] == 0x1F || bytes[0] >= 0xFE || bytes[0] == 0 || bytes[1] == 0 { return true }
        // `data:` with anything but what PNG, JPEG and GIF begin with in base64.
        var at = 4
        while at < bytes.count, let found = memchr(base + at, 0x3A, bytes.count - at) {
            at = UnsafeRawPointer(found) - base + 1
            guard bytes[at - 5..<at - 1].elementsEqual("data".utf8, by: { $0 | 0x20 == $1 }) else { continue }
            let head = bytes[at..<min(at + 100, bytes.count)]
            guard let comma = head.firstIndex(of: UInt8(ascii: ",")) else { return true }
            let known = ["iVBOR", "/9j/", "R0lG"].contains { bytes[(comma + 1)...].starts(with: $0.utf8) }
            if !known { return true }
        }
        return false
    }
}
