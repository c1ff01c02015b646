import CAtelierXXHash
import CAtelierZstd

/// How one entry is written as bytes: a header that says everything about it, then its payload.
///
/// | bytes | what (integers are little-endian) |
/// | --- | --- |
/// | 0–3 | `ATLE` |
/// | 4–5 | version of this layout, 2 |
/// | 6 | payload kind: 0 value in its format, 1 alias (32 bytes), 2 failure (UTF-8) |
/// | 7 | coding of the payload: 0 as it is, 1 zstd |
/// | 8–15 | length of the fields |
/// | 16–23 | length of the payload in the file |
/// | 24–31 | length of the payload decoded |
/// | 32–39 | XXH3-64 of the payload in the file |
/// | 40–71 | the digest the entry answers for |
/// | 72–… | fields: see `appendFields` |
/// | 8 bytes | XXH3-64 of everything before |
/// | rest | payload |
///
/// So the second sum covers header, key and, through the first sum, the payload; the header alone can be trusted
/// without reading the payload. Reading is written for hostile bytes: every length is checked before it is used.
struct EntryFile {
    /// Why bytes are not an entry for the digest asked for.
    enum Problem: Error, Equatable {
        /// Written by another version of the project: not ours to judge.
        case foreign
        /// Cut, changed, exchanged or never an entry; the text says what showed it.
        case damaged(String)
    }

    static let layoutVersion: UInt16 = 2
    static let prefixCount = 72
    /// Most bytes of the fields: names and tags are short.
    static let largestFields = 64 << 10
    /// Most bytes of a payload, before and after decoding; it bounds what a forged length can make us reserve.
    static let largestPayload = 1 << 30
    /// Enough for header and payload of every entry there may be.
    static let largestFile = largestHeader + largestPayload
    static let largestHeader = prefixCount + largestFields + 8

    var header: EntryHeader
    var kind: Kind
    var coding: Coding
    var storedCount: Int
    var payloadCount: Int
    var storedSum: UInt64
    /// Where the payload begins, and how long the header is.
    var headerCount: Int

    enum Kind: UInt8 { case bytes, alias, failure }
    enum Coding: UInt8 { case asItIs, zstd }
}

// MARK: - Writing

extension EntryFile {
    /// The header and the payload to follow it; nil when the entry does not fit the layout or has no byte format.
    static func bytes(of entry: Entry, using compression: Compression) -> (header: [UInt8], payload: Blob)? {
        var header = entry.header
        let kind: Kind
        let payload: Blob
        switch entry.payload {
        case .bytes(let blob): (kind, payload) = (.bytes, blob)
        case .value(let value):
            guard let written = write(value) else { return nil }
            (kind, payload) = (.bytes, written.bytes)
            (header.format, header.formatVersion) = (written.format, written.version)
        case .alias(let digest): (kind, payload) = (.alias, Blob(digest.bytes))
        case .failure(let text): (kind, payload) = (.failure, Blob(text))
        case .thrown(let failure):
            guard let text = failure.written else { return nil }
            (kind, payload) = (.failure, Blob(text))
        }
        guard payload.count <= largestPayload else { return nil }
        let compressed = compression.compressed(payload)
        let stored = compressed ?? payload

        var bytes: [UInt8] = []
        bytes.reserveCapacity(prefixCount + 256)
        bytes += "ATLE".utf8
        bytes.append(layoutVersion)
        bytes.append(kind.rawValue)
        bytes.append((compressed == nil ? Coding.asItIs : .zstd).rawValue)
        bytes.append(UInt64(0))  // length of the fields, known below
        bytes.append(UInt64(stored.count))
        bytes.append(UInt64(payload.count))
        bytes.append(sum(of: stored))
        bytes += header.digest.bytes
        guard appendFields(of: header, to: &bytes) else { return nil }
        let fieldsCount = bytes.count - prefixCount
        guard fieldsCount <= largestFields else { return nil }
        withUnsafeBytes(of: UInt64(fieldsCount).littleEndian) { bytes.replaceSubrange(8..<16, with: $0) }
        bytes.append(bytes.withUnsafeBytes(xxh3))
        return (bytes, stored)
    }

    // Opens the existential: the format belongs to the type.
    private static func write<Value: Storable>(_ value: Value) -> (bytes: Blob, format: String, version: Int)? {
        Value.format.map { ($0.encode(value), $0.name, $0.version) }
    }

    /// Numbers of fixed width, then texts with a 16-bit length before them, then the tags; false for too long a text.
    private static func appendFields(of header: EntryHeader, to bytes: inout [UInt8]) -> Bool {
        bytes.append(Int64(header.byteCount))
        bytes.append(header.selfCost)
        bytes.append(header.chainCost)
        bytes.append(header.created)
        bytes.append(UInt8(header.expires == nil ? 0 : 1))
        bytes.append(header.expires ?? 0)
        bytes.append(Int64(header.stageVersion))
        bytes.append(Int64(header.formatVersion))
        guard bytes.append(header.stage), bytes.append(header.format), bytes.append(header.partition) else { return false }
        guard header.tags.count <= UInt16.max else { return false }
        bytes.append(UInt16(header.tags.count))
        for tag in header.tags {
            guard bytes.append(tag.tag) else { return false }
            bytes.append(tag.generation)
        }
        return true
    }
}

// MARK: - Reading

extension EntryFile {
    /// Reads a header from the front of `bytes`, which need not hold the payload.
    init(header bytes: Blob, of digest: Digest) throws(Problem) {
        var reader = Reader(bytes: bytes)
        guard try reader.take(4) == Blob("ATLE") else { throw .damaged("no entry begins here") }
        guard try reader.integer(UInt16.self) == Self.layoutVersion else { throw .foreign }
        let kind = Kind(rawValue: try reader.integer(UInt8.self))
        let coding = Coding(rawValue: try reader.integer(UInt8.self))
        let fieldsCount = try reader.count(upTo: Self.largestFields)
        storedCount = try reader.count(upTo: Self.largestPayload)
        payloadCount = try reader.count(upTo: Self.largestPayload)
        storedSum = try reader.integer(UInt64.self)
        let owner = try reader.digest()
        headerCount = Self.prefixCount + fieldsCount + 8
        guard bytes.count >= headerCount else { throw .damaged("the header is cut") }

        let beforeSum = bytes[..<(headerCount - 8)]
        var end = Reader(bytes: bytes[(headerCount - 8)...])
        guard try end.integer(UInt64.self) == sum(of: beforeSum) else { throw .damaged("the header was changed") }
        guard owner == digest else { throw .damaged("it answers for another digest") }
        // From here on the bytes are what some writer of this layout meant to write.
        guard let kind, let coding else { throw .damaged("unknown kind or coding") }
        self.kind = kind
        self.coding = coding
        reader.bytes = beforeSum
        header = try reader.fields(digest: digest)
        guard reader.position == beforeSum.count else { throw .damaged("the header is longer than its fields") }
    }

    /// The entry in a whole file, checked from end to end.
    static func entry(in file: Blob, of digest: Digest, using compression: Compression) throws(Problem) -> Entry {
        let description = try EntryFile(header: file, of: digest)
        let stored = file[description.headerCount...]
        guard stored.count == description.storedCount else {
            throw .damaged("\(stored.count) bytes of payload instead of \(description.storedCount)")
        }
        guard sum(of: stored) == description.storedSum else { throw .damaged("the payload was changed") }

        let payload: Blob
        switch description.coding {
        case .asItIs: payload = stored
        case .zstd:
            guard let decoded = compression.decompressed(stored, count: description.payloadCount) else {
                throw .damaged("the payload cannot be decompressed")
            }
            payload = decoded
        }
        guard payload.count == description.payloadCount else { throw .damaged("the payload has another length than it says") }

        switch description.kind {
        case .bytes: return Entry(header: description.header, payload: .bytes(payload))
        case .alias:
            var reader = Reader(bytes: payload)
            return Entry(header: description.header, payload: .alias(try reader.digest()))
        case .failure:
            return Entry(header: description.header, payload: .failure(payload.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }))
        }
    }
}

/// Takes integers and texts from the front of bytes that may be anything.
private struct Reader {
    var bytes: Blob
    var position = 0

    init(bytes: Blob) { self.bytes = bytes }

    mutating func take(_ count: Int) throws(EntryFile.Problem) -> Blob {
        guard bytes.count - position >= count else { throw .damaged("the header is cut") }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws(EntryFile.Problem) -> Integer {
        Integer(littleEndian: try take(MemoryLayout<Integer>.size).withUnsafeBytes { $0.loadUnaligned(as: Integer.self) })
    }

    mutating func count(upTo limit: Int) throws(EntryFile.Problem) -> Int {
        let count = try integer(UInt64.self)
        guard count <= UInt64(limit) else { throw .damaged("a length of \(count), above \(limit)") }
        return Int(count)
    }

    mutating func digest() throws(EntryFile.Problem) -> Digest {
        let (a, b) = (try integer(UInt64.self), try integer(UInt64.self))
        return Digest(words: (a, b, try integer(UInt64.self), try integer(UInt64.self)))
    }

    mutating func text() throws(EntryFile.Problem) -> String {
        let bytes = try take(Int(try integer(UInt16.self)))
        guard let text = bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else { throw .damaged("a text is not UTF-8") }
        return text
    }

    mutating func fields(digest: Digest) throws(EntryFile.Problem) -> EntryHeader {
        var header = EntryHeader(digest: digest, stage: "", stageVersion: 0, byteCount: 0)
        header.byteCount = Int(try integer(Int64.self))
        header.selfCost = try integer(UInt64.self)
        header.chainCost = try integer(UInt64.self)
        header.created = try integer(Int64.self)
        let hasExpiry = try integer(UInt8.self) != 0
        let expires = try integer(Int64.self)
        header.expires = hasExpiry ? expires : nil
        header.stageVersion = Int(try integer(Int64.self))
        header.formatVersion = Int(try integer(Int64.self))
        header.stage = try text()
        header.format = try text()
        header.partition = try text()
        for _ in 0..<(try integer(UInt16.self)) {
            let tag = try text()
            header.tags.append(TagGeneration(tag: tag, generation: try integer(UInt64.self)))
        }
        return header
    }
}

private func sum(of bytes: Blob) -> UInt64 { bytes.withUnsafeBytes(xxh3) }

/// XXH3-64 of bytes. On x86-64 by the widest instructions the processor has: 28 µs for 1 MB instead of 91 (measured).
func xxh3(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    #if arch(x86_64)
        XXH3_64bits_dispatch(bytes.baseAddress, bytes.count)
    #else
        XXH3_64bits(bytes.baseAddress, bytes.count)
    #endif
}

extension [UInt8] {
    fileprivate mutating func append(_ integer: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
    }

    /// False, and nothing appended, for a text of 64 KiB or more.
    fileprivate mutating func append(_ text: String) -> Bool {
        guard let count = UInt16(exactly: text.utf8.count) else { return false }
        append(count)
        append(contentsOf: text.utf8)
        return true
    }
}

extension Digest {
    /// The 32 bytes.
    var bytes: [UInt8] {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4) { buffer in
            (buffer[0], buffer[1], buffer[2], buffer[3]) =
                (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian, words.3.littleEndian)
            return Array(UnsafeRawBufferPointer(buffer))
        }
    }
}
