import AtelierArchives
import AtelierJSON
import AtelierMemo
import AtelierServing

extension ServerResponse {
    /// A document that holds for now only.
    static func json(_ json: JSON, status: Int = 200, fields: [(name: String, value: String)] = []) -> ServerResponse {
        var fields = fields
        if !fields.contains(where: { $0.name == "Cache-Control" }) { fields.append(("Cache-Control", "no-store")) }
        return ServerResponse(status: status, type: "application/json", Blob(json.bytes), fields: fields)
    }
}

/// Bytes that are named by what they are, on their way to a client: with a validator, in part, or compressed.
struct Delivery {
    var bytes = Blob([])
    /// In place of bytes: a file that is too large to have in memory.
    var file: (path: String, byteCount: Int)?
    /// In place of bytes: what is put together while it is sent, from any byte to any other.
    var pieces: (byteCount: Int, of: @Sendable (Range<Int>) -> any AsyncSequence<[UInt8], any Error> & Sendable)?
    var type: String
    /// Of the bytes; strong.
    var tag: String
    var caching = "public, max-age=31536000, immutable"
    var fields: [(name: String, value: String)] = []

    /// Whether compressing pays.
    private var isText: Bool { Self.texts.contains(where: type.hasPrefix) }
    private static let texts = ["image/svg+xml", "application/json", "text/", "application/schema+json"]

    private var byteCount: Int { pieces?.byteCount ?? file?.byteCount ?? bytes.count }

    private func body(_ range: Range<Int>) -> ServerResponse.Body {
        if let pieces { return .stream(pieces.of(range), byteCount: range.count) }
        return file.map { .file(path: $0.path, range: range) } ?? .blob(bytes[range])
    }

    /// The answer to a request for them (RFC 9110, sections 13 and 14).
    func response(to head: RequestHead) -> ServerResponse {
        let isVaried = isText && file == nil
        var fields = fields
        // The last of all are added when the answer is complete.
        fields.reserveCapacity(fields.count + 12)
        fields += [("ETag", "\"\(tag)\""), ("Cache-Control", caching)]
        if isVaried { fields.append(("Vary", "Accept-Encoding")) }
        if isKnown(to: head) { return ServerResponse(status: 304, fields: fields) }
        fields.append(("Accept-Ranges", "bytes"))
        if let field = head.field("range"), head.field("if-range").map({ $0 == "\"\(tag)\"" }) ?? true, let range = byteRange(field) {
            guard let range else {
                return ServerResponse(status: 416, fields: fields + [("Content-Range", "bytes */\(byteCount)")])
            }
            fields += [("Content-Type", type), ("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(byteCount)")]
            return ServerResponse(status: 206, fields: fields, body: body(range))
        }
        fields.append(("Content-Type", type))
        if isVaried, bytes.count >= 256, accepts("gzip", head.field("accept-encoding")), let packed = Gzip.packed(bytes, tag: tag) {
            return ServerResponse(status: 200, fields: fields + [("Content-Encoding", "gzip")], body: .blob(packed))
        }
        return ServerResponse(status: 200, fields: fields, body: body(0..<byteCount))
    }

    /// Whether the answer takes no more than a look-up; compressing does, once.
    func isQuick(for head: RequestHead) -> Bool {
        !isText || byteCount < 64 << 10 || !accepts("gzip", head.field("accept-encoding")) || Gzip.has(tag)
    }

    /// Whether the client has these bytes.
    func isKnown(to head: RequestHead) -> Bool {
        guard let list = head.field("if-none-match") else { return false }
        return list.split(separator: ",").contains { part in
            let part = part.drop { $0 == " " }.prefix { $0 != " " }
            return part == "*" || part == "\"\(tag)\"" || part == "W/\"\(tag)\""
        }
    }

    /// The one range that is asked for; nil for what is passed over, a nil range for one that is not there.
    private func byteRange(_ field: String) -> Range<Int>?? {
        guard field.hasPrefix("bytes=") else { return nil }
        let parts = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, !field.contains(",") else { return nil }
        switch (Int(parts[0]), Int(parts[1])) {
        case (let first?, let last?) where first <= last: return first < byteCount ? first..<min(last + 1, byteCount) : .some(nil)
        case (let first?, nil) where parts[1].isEmpty: return first < byteCount ? first..<byteCount : .some(nil)
        case (nil, let count?) where parts[0].isEmpty: return count > 0 ? max(0, byteCount - count)..<byteCount : .some(nil)
        default: return nil
        }
    }
}

/// Whether a client takes a coding (RFC 9110, section 12.5.3).
func accepts(_ coding: String, _ field: String?) -> Bool {
    guard let field else { return false }
    return field.split(separator: ",").contains { part in
        let value = FieldValue(String(part))
        guard value.value.drop(while: { $0 == " " }) == coding else { return false }
        return (value["q"].flatMap(Double.init) ?? 1) > 0
    }
}

/// Compressed bytes, those in use kept.
enum Gzip {
    private static let packed = BlobCache(capacity: 64 << 20)

    /// Whether the compressed form is kept.
    static func has(_ tag: String) -> Bool { packed[tag] != nil }

    /// The bytes in gzip's form (RFC 1952); nil when that is not shorter. `tag` names them.
    static func packed(_ bytes: Blob, tag: String) -> Blob? {
        if let known = packed[tag] { return known.blob }
        let deflated = Packer().pack(Array(bytes.bytes))
        guard deflated.method == .deflate, deflated.bytes.count + 18 < bytes.count else { return nil }
        var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        file.reserveCapacity(deflated.bytes.count + 18)
        file += deflated.bytes
        withUnsafeBytes(of: deflated.crc32.littleEndian) { file += $0 }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).littleEndian) { file += $0 }
        packed.note(tag, Blob(file), type: "application/gzip")
        return Blob(file)
    }
}
