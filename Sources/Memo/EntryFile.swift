import CAtelierXXHash

/// How one entry is written as bytes: a header that says everything about it, then its payload.
///
/// | bytes | what (integers are little-endian) |
/// | --- | --- |
/// | 0–3 | `ATLE` |
/// | 4–5 | version of this layout, 2 |
/// | 6 | payload kind: 0 value in its format, 1 alias (32 bytes), 2 failure (UTF-8) |
/// | 7 | coding of the payload: 0 as it is, 1 zstd, 2 zstd with a dictionary |
/// | 8–15 | length of the fields |
/// | 16–23 | length of the payload in the file |
/// | 24–31 | length of the payload decoded |
/// | 32–39 | XXH3-64 of the payload in the file |
/// | 40–71 | the digest the entry answers for |
/// | 72–… | fields: see `writeFields` and docs/formats/entry.md |
/// | 8 bytes | XXH3-64 of everything before |
/// | rest | payload |
///
/// So the second sum covers header, key and, through the first sum, the payload; the header alone can be trusted
/// without reading the payload. Reading is written for hostile bytes: every length is checked before it is used.
package struct EntryFile {
    /// Why bytes are not an entry for the digest asked for.
    package enum Problem: Error, Equatable {
        /// Written by another version of the project, or with a dictionary that cannot be read just now: not ours to judge.
        case foreign
        /// Cut, changed, exchanged or never an entry; the text says what showed it.
        case damaged(String)
    }

    package static let layoutVersion: UInt16 = 2
    static let prefixCount = 72
    /// Most bytes of the fields: names and tags are short.
    static let largestFields = 64 << 10
    /// Most bytes of a payload, before and after decoding; it bounds what a forged length can make us reserve.
    static let largestPayload = 1 << 30
    /// Enough for header and payload of every entry there may be.
    static let largestFile = largestHeader + largestPayload
    package static let largestHeader = prefixCount + largestFields + 8

    package var header: EntryHeader
    var kind: Kind
    package var coding: Coding
    /// Which dictionary the payload was coded with; nil for other codings.
    package var dictionary: UInt64?
    var storedCount: Int
    var payloadCount: Int
    var storedSum: UInt64
    /// Where the payload begins, and how long the header is.
    var headerCount: Int

    enum Kind: UInt8 { case bytes, alias, failure }
    package enum Coding: UInt8 { case asItIs, zstd, zstdWithDictionary }
}

// MARK: - Writing

extension EntryFile {
    /// The header and the payload to follow it, and the dictionary it was coded with; nil when the entry does not fit the
    /// layout or has no byte format.
    /// Without a compression the payload is written as it is. One allocation for the header, one for a coded payload.
    package static func bytes(of entry: Entry, using compression: Compression?) -> (header: [UInt8], payload: Blob, dictionary: UInt64?)? {
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
        let fragments = kind == .bytes ? FragmentKind(stage: header.stage, format: header.format) : nil
        let coded = compression?.coded(payload, as: fragments) ?? Coded(coding: .asItIs, bytes: payload)
        guard let fieldsCount = fieldsCount(of: header, dictionary: coded.dictionary), fieldsCount <= largestFields else { return nil }

        let count = prefixCount + fieldsCount + 8
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.append("ATLE".utf8)
            writer.append(layoutVersion)
            writer.append(kind.rawValue)
            writer.append(coded.coding.rawValue)
            writer.append(UInt64(fieldsCount))
            writer.append(UInt64(coded.bytes.count))
            writer.append(UInt64(payload.count))
            writer.append(sum(of: coded.bytes))
            writer.append(header.digest)
            writeFields(of: header, dictionary: coded.dictionary, to: &writer)
            writer.append(xxh3(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<(count - 8)])))
            initialized = writer.count
        }
        return (bytes, coded.bytes, coded.dictionary)
    }

    // Opens the existential: the format belongs to the type.
    private static func write<Value: Storable>(_ value: Value) -> (bytes: Blob, format: String, version: Int)? {
        Value.format.map { ($0.encode(value), $0.name, $0.version) }
    }

    /// Bytes that `writeFields` will write; nil for too long a text or too many tags.
    private static func fieldsCount(of header: EntryHeader, dictionary: UInt64?) -> Int? {
        guard header.tags.count <= UInt16.max else { return nil }
        var count = 7 * 8 + 1 + (dictionary == nil ? 0 : 8) + 3 * 2 + 2 + header.tags.count * (2 + 8)
        func add(_ text: String) -> Bool {
            count += text.utf8.count
            return text.utf8.count <= UInt16.max
        }
        guard add(header.stage), add(header.format), add(header.partition), header.tags.allSatisfy({ add($0.tag) }) else { return nil }
        return count
    }

    /// Numbers of fixed width, then texts with a 16-bit length before them, then the tags.
    private static func writeFields(of header: EntryHeader, dictionary: UInt64?, to writer: inout ByteWriter) {
        writer.append(Int64(header.byteCount))
        writer.append(header.selfCost)
        writer.append(header.chainCost)
        writer.append(header.created)
        writer.append(UInt8(header.expires == nil ? 0 : 1))
        writer.append(header.expires ?? 0)
        writer.append(Int64(header.stageVersion))
        writer.append(Int64(header.formatVersion))
        if let dictionary { writer.append(dictionary) }
        writer.append(header.stage)
        writer.append(header.format)
        writer.append(header.partition)
        writer.append(UInt16(header.tags.count))
        for tag in header.tags {
            writer.append(tag.tag)
            writer.append(tag.generation)
        }
    }
}

// MARK: - Reading

extension EntryFile {
    /// Reads a header from the front of `bytes`, which need not hold the payload.
    package init(header bytes: Blob, of digest: Digest) throws(Problem) {
        try self.init(header: bytes.bytes.span.bytes, of: digest)
    }

    private init(header bytes: RawSpan, of digest: Digest) throws(Problem) {
        var cursor = ByteCursor()
        // "ATLE" as a little-endian number.
        guard try cursor.integer(UInt32.self, in: bytes) == 0x454C_5441 else { throw .damaged("no entry begins here") }
        guard try cursor.integer(UInt16.self, in: bytes) == Self.layoutVersion else { throw .foreign }
        let kind = Kind(rawValue: try cursor.integer(UInt8.self, in: bytes))
        let coding = Coding(rawValue: try cursor.integer(UInt8.self, in: bytes))
        let fieldsCount = try cursor.count(upTo: Self.largestFields, in: bytes)
        storedCount = try cursor.count(upTo: Self.largestPayload, in: bytes)
        payloadCount = try cursor.count(upTo: Self.largestPayload, in: bytes)
        storedSum = try cursor.integer(UInt64.self, in: bytes)
        let owner = try cursor.digest(in: bytes)
        headerCount = Self.prefixCount + fieldsCount + 8
        guard bytes.byteCount >= headerCount else { throw .damaged("the header is cut") }

        let beforeSum = bytes.extracting(..<(headerCount - 8))
        var end = ByteCursor(position: beforeSum.byteCount)
        guard try end.integer(UInt64.self, in: bytes) == sum(of: beforeSum) else { throw .damaged("the header was changed") }
        guard owner == digest else { throw .damaged("it answers for another digest") }
        // From here on the bytes are what some writer of this layout meant to write.
        guard let kind, let coding else { throw .damaged("unknown kind or coding") }
        self.kind = kind
        self.coding = coding

        header = EntryHeader(digest: digest, stage: "", stageVersion: 0, byteCount: 0)
        header.byteCount = Int(try cursor.integer(Int64.self, in: beforeSum))
        header.selfCost = try cursor.integer(UInt64.self, in: beforeSum)
        header.chainCost = try cursor.integer(UInt64.self, in: beforeSum)
        header.created = try cursor.integer(Int64.self, in: beforeSum)
        let hasExpiry = try cursor.integer(UInt8.self, in: beforeSum) != 0
        let expires = try cursor.integer(Int64.self, in: beforeSum)
        header.expires = hasExpiry ? expires : nil
        header.stageVersion = Int(try cursor.integer(Int64.self, in: beforeSum))
        header.formatVersion = Int(try cursor.integer(Int64.self, in: beforeSum))
        if coding == .zstdWithDictionary { dictionary = try cursor.integer(UInt64.self, in: beforeSum) }
        header.stage = try cursor.text(in: beforeSum)
        header.format = try cursor.text(in: beforeSum)
        header.partition = try cursor.text(in: beforeSum)
        for _ in 0..<(try cursor.integer(UInt16.self, in: beforeSum)) {
            let tag = try cursor.text(in: beforeSum)
            header.tags.append(TagGeneration(tag: tag, generation: try cursor.integer(UInt64.self, in: beforeSum)))
        }
        guard cursor.position == beforeSum.byteCount else { throw .damaged("the header is longer than its fields") }
    }

    /// The entry in a whole file, checked from end to end. A payload stored as it is is a slice of the file; nothing is
    /// copied. A coded one is decoded into an array of its own, the only large allocation.
    package static func entry(in file: Blob, of digest: Digest, using compression: Compression) throws(Problem) -> Entry {
        let description = try EntryFile(header: file, of: digest)
        let stored = file[description.headerCount...]
        guard stored.count == description.storedCount else {
            throw .damaged("\(stored.count) bytes of payload instead of \(description.storedCount)")
        }
        guard sum(of: stored) == description.storedSum else { throw .damaged("the payload was changed") }

        let payload: Blob
        switch description.coding {
        case .asItIs: payload = stored
        case .zstd, .zstdWithDictionary:
            payload = try compression.decoded(stored, count: description.payloadCount, dictionary: description.dictionary)
        }
        guard payload.count == description.payloadCount else { throw .damaged("the payload has another length than it says") }

        switch description.kind {
        case .bytes: return Entry(header: description.header, payload: .bytes(payload))
        case .alias: return Entry(header: description.header, payload: .alias(try target(in: payload)))
        case .failure:
            return Entry(header: description.header, payload: .failure(payload.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }))
        }
    }
}

private func target(in payload: Blob) throws(EntryFile.Problem) -> Digest {
    var cursor = ByteCursor()
    return try cursor.digest(in: payload.bytes.span.bytes)
}

private func sum(of bytes: RawSpan) -> UInt64 { bytes.withUnsafeBytes(xxh3) }

private func sum(of bytes: Blob) -> UInt64 { bytes.withUnsafeBytes(xxh3) }

/// XXH3-64 of bytes. On x86-64 by the widest instructions the processor has: 28 µs for 1 MB instead of 91 (measured).
func xxh3(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    #if arch(x86_64)
        XXH3_64bits_dispatch(bytes.baseAddress, bytes.count)
    #else
        XXH3_64bits(bytes.baseAddress, bytes.count)
    #endif
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
