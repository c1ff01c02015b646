import AtelierJSON
import AtelierMemo
import AtelierScheduling
import CAtelierXXHash

/// Names content by what it says, for finding what was made of it before.
///
///     let key = ContentKey(of: prompt)                                       // the default
///     let key = ContentKey(of: prompt, ignoring: ["timestamp"])              // one's own, out of the same fields
///     let key = ContentKey("user 7, " + question)
///
/// The BLAKE3 digest of all fields of all parts in order, each behind its length: role, substream, type, whether it is a thought,
/// metadata by name, payload. Two entries of metadata say when and how a part came and not what it is, so they do not count:
/// `capture_time` and `from_cache`. A payload above 1 KiB goes in by a digest of its own, which is remembered with the bytes.
public struct ContentKey: Hashable, Sendable {
    let digest: Digest

    /// The key of parts in order; nil when one of them is an error (`text/x-exception`), which is worth no second look.
    ///
    /// - Parameter names: Entries of metadata that do not count.
    /// - Complexity: O(bytes); from 1 MiB on by several threads.
    public init?(of content: some Sequence<Part>, ignoring names: Set<String> = []) {
        var fields = PartFields(.digest, ignoring: names)
        for part in content where !fields.append(part) { return nil }
        digest = fields.digest
    }

    /// The key of a part; nil when it is an error.
    public init?(of part: Part, ignoring names: Set<String> = []) { self.init(of: CollectionOfOne(part), ignoring: names) }

    /// A key that is a text. It is never the key of any content.
    public init(_ text: String) { digest = Digest(hashing: Blob(Array("text\0".utf8) + Array(text.utf8))) }

    /// The same key in a part of a cache.
    func digest(in partition: String) -> Digest {
        withUnsafeBytes(of: digest.words) { words in
            Digest(hashing: Blob(Array(words) + Array(partition.utf8)))
        }
    }
}

extension ContentKey: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String { digest.description }
}

/// The key of the process's own table: XXH3-128 with a secret that is drawn once per process, so that nobody outside can make two
/// contents meet. A twentieth of the time of a digest; it never leaves the process.
struct TableKey: Hashable, Sendable {
    var low: UInt64, high: UInt64

    /// The key of parts in order; nil when one of them is an error.
    init?(of content: some Sequence<Part>) {
        var fields = PartFields(.table, ignoring: [])
        for part in content where !fields.append(part) { return nil }
        self = fields.tableKey
    }

    /// The key of a part; nil when it is an error.
    ///
    /// A text without a header, the usual part, is put together on the stack, which holds a kilobyte: no memory is asked for.
    init?(of part: Part) {
        guard part.header == nil, case .text(var text) = part.payload else {
            self.init(of: CollectionOfOne(part))
            return
        }
        self = withUnsafeTemporaryAllocation(byteCount: PartFields.longestInTable + 128, alignment: 8) { bytes in
            let fields = PartFields.fieldsOfPlainText
            var count = fields.withUnsafeBytes { fields in
                bytes.copyMemory(from: fields)
                return fields.count
            }
            text.withUTF8 { text in
                bytes.storeBytes(of: 1, toByteOffset: count, as: UInt8.self)
                bytes.storeBytes(of: UInt64(text.count).littleEndian, toByteOffset: count + 1, as: UInt64.self)
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[(count + 9)...]), text = UnsafeRawBufferPointer(text)
                if text.count <= PartFields.longestInTable {
                    rest.copyMemory(from: text)
                    count += 9 + text.count
                } else {
                    let key = TableKey(hashing: text)
                    withUnsafeBytes(of: (key.low, key.high)) { rest.copyMemory(from: $0) }
                    count += 9 + 16
                }
            }
            return TableKey(hashing: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
    }

    /// The key of bytes.
    init(hashing bytes: UnsafeRawBufferPointer) {
        let hash = secret.withUnsafeBytes { secret in
            #if arch(x86_64)
                XXH3_128bits_withSecret_dispatch(bytes.baseAddress, bytes.count, secret.baseAddress!, secret.count)
            #else
                XXH3_128bits_withSecret(bytes.baseAddress, bytes.count, secret.baseAddress!, secret.count)
            #endif
        }
        (low, high) = (hash.low64, hash.high64)
    }

    init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    /// The key of a text, for names.
    init(_ text: String) {
        var text = text
        self = text.withUTF8 { TableKey(hashing: UnsafeRawBufferPointer($0)) }
    }
}

/// 192 bytes, as many as XXH3's own secret has.
private let secret: [UInt64] = (0..<24).map { _ in UInt64.random(in: .min ... .max) }

extension PayloadBytes {
    /// Keys of the bytes, as far as somebody has asked for them.
    struct Remembered: Sendable {
        var digest: Digest?
        var tableKey: TableKey?
    }
}

/// The fields of parts as the bytes that are hashed.
struct PartFields {
    enum Hash { case digest, table }

    private let hash: Hash
    private let ignored: Set<String>
    private var bytes: [UInt8]

    /// Longer payloads go in by a hash of their own: into digests, and into keys of the table.
    private static let longestInDigest = 1024
    static let longestInTable = 512

    private var longestPayload: Int { hash == .digest ? Self.longestInDigest : Self.longestInTable }

    init(_ hash: Hash, ignoring ignored: Set<String>) {
        self.hash = hash
        self.ignored = ignored
        bytes = []
        bytes.reserveCapacity(1280)
    }

    var tableKey: TableKey { bytes.withUnsafeBytes { TableKey(hashing: $0) } }

    var digest: Digest { bytes.withUnsafeBytes { Digest(hashing: $0) } }

    /// Adds a part; false when it is an error.
    mutating func append(_ part: Part) -> Bool {
        if let header = part.header {
            if header.mimeType?.isException == true { return false }
            append(header.role)
            append(header.substream)
            append(part.mimeType.text)
            bytes.append(header.isThought ? 1 : 0)
            append(header.metadata)
        } else if case .text = part.payload {
            bytes.append(contentsOf: Self.fieldsOfPlainText)
        } else {
            append("")
            append("")
            append(part.mimeType.text)
            bytes.append(0)
            append(Metadata())
        }
        append(part.payload)
        return true
    }

    /// What a text without a header says of itself.
    static let fieldsOfPlainText: [UInt8] = {
        var fields = PartFields(.table, ignoring: [])
        fields.append("")
        fields.append("")
        fields.append(MIMEType.plainText.text)
        fields.bytes.append(0)
        fields.append(Metadata())
        return fields.bytes
    }()

    private mutating func append(_ number: Int) {
        withUnsafeBytes(of: UInt64(number).littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ text: String) {
        append(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(_ text: String?) {
        bytes.append(text == nil ? 0 : 1)
        if let text { append(text) }
    }

    private mutating func append(_ json: JSON?) {
        bytes.append(json == nil ? 0 : 1)
        guard let json else { return }
        let text = json.bytes
        append(text.count)
        bytes.append(contentsOf: text)
    }

    private mutating func append(_ metadata: Metadata) {
        if metadata.isEmpty { return append(0) }
        let counted = metadata.members
            .filter { $0.name != Metadata.captureTime && $0.name != Metadata.fromCache && !ignored.contains($0.name) }
            .sorted { $0.name < $1.name }
        append(counted.count)
        for member in counted {
            append(member.name)
            append(.some(member.value))
        }
    }

    /// Kinds of payloads have numbers that never change.
    private mutating func append(_ payload: Payload) {
        switch payload {
        case .text(var text):
            bytes.append(1)
            text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
        case .bytes(let payload):
            bytes.append(2)
            append(payload)
        case .file(let file):
            bytes.append(3)
            append(file.uri)
            append(file.mimeType.text)
            append(file.name)
        case .functionCall(let call):
            bytes.append(4)
            append(call.id)
            append(call.name)
            append(.some(call.arguments))
        case .functionResponse(let response):
            bytes.append(5)
            append(response.callID)
            append(response.name)
            append(response.response)
            append(response.pieces.count)
            for piece in response.pieces {
                append(piece.mimeType.text)
                append(piece.bytes)
            }
            bytes.append(response.willContinue.map { $0 ? 2 : 1 } ?? 0)
            append(response.scheduling?.rawValue)
        case .executableCode(let code, let language):
            bytes.append(6)
            append(code)
            append(language)
        case .codeResult(let outcome, let output):
            bytes.append(7)
            append(outcome)
            append(output)
        }
    }

    private mutating func append(_ payload: PayloadBytes) {
        guard payload.blob.count > longestPayload else { return payload.blob.withUnsafeBytes { append($0) } }
        append(payload.blob.count)
        switch hash {
        case .digest:
            let digest = payload.remembered.withLock { $0.digest } ?? Digest(hashing: payload.blob)
            payload.remembered.withLock { $0.digest = digest }
            withUnsafeBytes(of: digest.words) { bytes.append(contentsOf: $0) }
        case .table:
            let key = payload.remembered.withLock { $0.tableKey } ?? payload.blob.withUnsafeBytes { TableKey(hashing: $0) }
            payload.remembered.withLock { $0.tableKey = key }
            append(key)
        }
    }

    private mutating func append(_ payload: UnsafeRawBufferPointer) {
        append(payload.count)
        guard payload.count > longestPayload else { return bytes.append(contentsOf: payload) }
        switch hash {
        case .digest: withUnsafeBytes(of: Digest(hashing: payload).words) { bytes.append(contentsOf: $0) }
        case .table: append(TableKey(hashing: payload))
        }
    }

    private mutating func append(_ key: TableKey) {
        withUnsafeBytes(of: (key.low, key.high)) { bytes.append(contentsOf: $0) }
    }
}
