import AtelierJSON
import AtelierMemo

/// What a cache keeps under a key, in the form that levels keep.
final class CachedContent: Storable {
    /// Marked as coming from a cache.
    let parts: [Part]
    let byteCount: Int

    init(_ parts: [Part]) {
        self.parts = parts.map { part in
            var marked = part
            if part.metadata[Metadata.fromCache] != .bool(true) { marked.metadata[Metadata.fromCache] = true }
            return marked
        }
        // A header of its own for each, beside what a part counts itself with.
        byteCount = parts.reduce(64) { $0 + $1.footprint + 192 }
    }

    /// Parts as JSON, one behind the other, each behind its length in eight bytes, little endian.
    static var format: StorageFormat<CachedContent>? {
        StorageFormat(name: "processors.content", version: 1, encode: encode, decode: decode)
    }

    private static func encode(_ content: CachedContent) -> Blob {
        var bytes: [UInt8] = []
        for part in content.parts {
            let json = part.jsonBytes
            withUnsafeBytes(of: UInt64(json.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: json)
        }
        return Blob(bytes)
    }

    private static func decode(_ blob: Blob) throws -> CachedContent {
        var parts: [Part] = [], rest = blob.bytes
        while !rest.isEmpty {
            guard rest.count >= 8 else { throw PartError.malformed("a stored length is cut off") }
            let count = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(8)
            guard count <= rest.count else { throw PartError.malformed("a stored part is cut off") }
            parts.append(try Part(json: Array(rest.prefix(Int(count)))))
            rest = rest.dropFirst(Int(count))
        }
        return CachedContent(parts)
    }
}

extension Metadata {
    /// Set to true in parts that come from a cache. Like `capture_time` it says how a part came, and counts in no key.
    public static let fromCache = "from_cache"
}
