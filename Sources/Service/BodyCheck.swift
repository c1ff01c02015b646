import AtelierLayers
import AtelierServing

/// Holds a body against the digest that its client sent along (`Content-Digest`, RFC 9530). One thread at a time uses it.
final class BodyCheck: BodyTaker {
    private let taker: any BodyTaker, expected: String
    /// Used by whoever gives it bytes, then by whoever finishes it.
    private nonisolated(unsafe) var hash = SHA256()

    /// Nil for a request without a digest that is known here, which is SHA-256.
    init?(_ head: RequestHead, before taker: any BodyTaker) {
        let parts = head.field("content-digest")?.split(separator: ",").map { $0.drop { $0 == " " } } ?? []
        guard let part = parts.first(where: { $0.hasPrefix("sha-256=:") }), part.hasSuffix(":") else { return nil }
        (self.taker, expected) = (taker, String(part.dropFirst(9).dropLast()))
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        // The bytes live for the length of the call.
        hash.update(bytes.bindMemory(to: UInt8.self).span)
        try taker.take(bytes)
    }

    /// To be called when the body has ended.
    func finish() throws(Problem) {
        let found = base64(littleEndian: hash.finish())
        guard found == expected else {
            throw Problem(
                400, "digest-mismatch", "the body's SHA-256 is \(found), not the one of Content-Digest", hint: "send it again")
        }
    }
}
