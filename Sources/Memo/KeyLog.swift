/// The keys of what was put into a cache directory lately, so that a miss can be explained by the nearest one.
///
/// The file `keys` of the directory holds, for every artifact that a level on disk or network took and for everything it
/// is built on, the canonical bytes of its key, and for a source its path. When the file has grown beyond 8 MB the
/// latest 1024 of each stage and half the bytes are kept. `docs/formats/cache-history.md` describes it.
public struct KeyLog: Sendable {
    /// What is known of one artifact.
    struct Entry: Sendable {
        /// When it was noted last, in seconds since 1970.
        var noted: Int64
        var origin: Origin
    }

    enum Origin: Sendable {
        /// The bytes its digest is taken of, before the partition is added.
        case key(ArraySlice<UInt8>)
        /// The path a source was read from, as it was given.
        case source(path: String)
    }

    /// By digest.
    private(set) var entries: [Digest: Entry] = [:]
    /// Digests by name of the stage, latest first.
    private(set) var digests: [String: [Digest]] = [:]

    static let keysPerStage = 1024
    /// Longer keys are not noted: decks of two thousand slides.
    static let longestKey = 64 << 10

    static func file(in directory: CacheDirectory) -> RecordFile {
        RecordFile(directory: directory, name: "keys", limit: 8 << 20)
    }

    /// Reads what a directory has; nothing when it has no such file.
    public init(of directory: CacheDirectory) { self.init(payloads: Self.file(in: directory).payloads()) }

    init(payloads: [ArraySlice<UInt8>]) {
        for payload in payloads.reversed() {
            guard let record = NotedKey(payload: payload), entries[record.digest] == nil else { continue }
            entries[record.digest] = Entry(noted: record.noted, origin: record.origin)
            if let stage = record.stage { digests[stage, default: []].append(record.digest) }
        }
    }

    /// What to keep of a file that has grown too long.
    static func shorter(_ payloads: [ArraySlice<UInt8>]) -> [[UInt8]] {
        var seen: Set<Digest> = [], counts: [String: Int] = [:], bytes = 0
        var kept: [[UInt8]] = []
        for payload in payloads.reversed() {
            guard let record = NotedKey(payload: payload), seen.insert(record.digest).inserted else { continue }
            let stage = record.stage ?? ""
            guard counts[stage, default: 0] < keysPerStage, bytes + payload.count < 4 << 20 else { continue }
            counts[stage, default: 0] += 1
            bytes += payload.count
            kept.append(Array(payload))
        }
        return kept.reversed()
    }
}

/// One artifact in the file.
struct NotedKey {
    var noted: Int64
    var digest: Digest
    var origin: KeyLog.Origin

    /// Raised when records are written otherwise; those of other versions are skipped.
    private static let version: UInt8 = 1
    private static let key = UInt8(ascii: "K"), source = UInt8(ascii: "S")

    /// Of a node; nil for sources without a path and keys that are too long.
    static func payload(of node: Node, noted: Int64) -> [UInt8]? {
        var writer = RecordWriter()
        writer.put(version)
        writer.put(UInt64(clamping: noted))
        writer.put(node.digest.bytes)
        if let path = (node.work as? FileWork)?.file.path ?? (node.work as? BytesWork)?.path {
            writer.put(source)
            writer.put(path)
        } else {
            guard let bytes = node.work.keyBytes, bytes.count <= KeyLog.longestKey else { return nil }
            writer.put(key)
            writer.put(bytes)
        }
        return writer.bytes
    }

    init?(payload: ArraySlice<UInt8>) {
        var reader = RecordReader(bytes: payload)
        guard reader.byte() == Self.version, let noted = reader.count(), let digest = reader.digest(), let kind = reader.byte()
        else { return nil }
        (self.noted, self.digest) = (Int64(noted), digest)
        switch kind {
        case Self.key: origin = .key(reader.bytes)
        case Self.source:
            guard let path = reader.text(), reader.bytes.isEmpty else { return nil }
            origin = .source(path: path)
        default: return nil
        }
    }

    /// The stage's name; nil for a source.
    var stage: String? {
        guard case .key(let bytes) = origin else { return nil }
        var reader = RecordReader(bytes: bytes.dropFirst(2))
        return reader.text()
    }
}
