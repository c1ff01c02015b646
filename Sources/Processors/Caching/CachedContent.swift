import AtelierJSON
import AtelierMemo

/// What a cache keeps under a key, in the form that levels keep.
struct CachedContent: Storable {
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

    static var format: StorageFormat<CachedContent>? { nil }
}

extension Metadata {
    /// Set to true in parts that come from a cache. Like `capture_time` it says how a part came, and counts in no key.
    public static let fromCache = "from_cache"
}
