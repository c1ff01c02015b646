import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// Generations of tags are no part of the index, which can be lost: without them, what was invalidated would be an answer
// again. They are a log that every process appends to.
//
// | bytes | what (integers are little-endian) |
// | --- | --- |
// | 0–7 | XXH3-64 of the rest of the record |
// | 8–15 | generation |
// | 16–17 | bytes of the tag |
// | 18–… | the tag |

/// What this process has read of the log of tags.
struct TagLog: Sendable {
    var generations: [String: UInt64] = [:]
    /// The file it was read from, and how far.
    var identity: FileIdentity?
    var end = 0
}

extension DiskStore: TagKeeper {
    private var tagPath: String { directory.path + "/tags" }
    /// Bytes of the log; half a million invalidations or so. Then everything begins anew.
    private static let longestTagLog = 16 << 20

    /// Changes with every generation; a load from memory, where that can be shared.
    public var tagEpoch: UInt64 {
        if let words { return words.epoch }
        // Without the mapping: the log only grows.
        var status = stat()
        return stat(tagPath, &status) == 0 ? UInt64(status.st_size) : 0
    }

    /// All generations; only what was appended since the last time is read.
    public func tagGenerations() -> [String: UInt64]? { tagLog.withLock { readTags(&$0) ? $0.generations : nil } }

    /// Appends the generation, unless it is known to be as high.
    public func raise(tag: String, to generation: UInt64) -> Bool {
        guard directory.isWritten, let length = UInt16(exactly: tag.utf8.count) else { return false }
        let raised = tagLog.withLock { log in
            guard readTags(&log) else { return false }
            if log.generations[tag] ?? 0 >= generation { return true }
            if log.end > Self.longestTagLog, !startTagsAnew(&log) { return false }
            var rest: [UInt8] = []
            withUnsafeBytes(of: generation.littleEndian) { rest += $0 }
            withUnsafeBytes(of: length.littleEndian) { rest += $0 }
            rest += tag.utf8
            var record: [UInt8] = []
            withUnsafeBytes(of: rest.withUnsafeBytes(xxh3).littleEndian) { record += $0 }
            record += rest
            let descriptor = open(tagPath, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            return write(descriptor, record, record.count) == record.count && readTags(&log)
        }
        if raised { words?.advanceEpoch() }
        return raised
    }

    // Damage means that an invalidation may be lost: nothing made before can be trusted then, and it goes.
    private func readTags(_ log: inout TagLog) -> Bool {
        let descriptor = open(tagPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { return false }
            // There never was one, or the folder was emptied.
            if log.end > 0 { log = TagLog() }
            return true
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        let identity = FileIdentity(device: UInt64(status.st_dev), node: UInt64(status.st_ino)), size = Int(status.st_size)
        if log.identity != identity || size < log.end { log = TagLog(generations: [:], identity: identity, end: 0) }
        guard size > log.end else { return true }
        guard size <= 2 * Self.longestTagLog else { return startTagsAnew(&log) }
        var bytes = [UInt8](repeating: 0, count: size - log.end)
        guard pread(descriptor, &bytes, bytes.count, log.end) == bytes.count else { return false }
        var position = 0
        while position < bytes.count {
            guard let (tag, generation, count) = Self.tag(in: bytes[position...]) else { return startTagsAnew(&log) }
            log.generations[tag] = max(log.generations[tag] ?? 0, generation)
            position += count
        }
        log.end = size
        return true
    }

    private static func tag(in bytes: ArraySlice<UInt8>) -> (tag: String, generation: UInt64, count: Int)? {
        guard bytes.count >= 18 else { return nil }
        return bytes.withUnsafeBytes { bytes in
            let length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self)))
            guard bytes.count >= 18 + length else { return nil }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[8..<(18 + length)])
            guard UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) == xxh3(rest) else { return nil }
            let generation = UInt64(littleEndian: rest.loadUnaligned(as: UInt64.self))
            return (String(decoding: rest[10...], as: UTF8.self), generation, 18 + length)
        }
    }

    private func startTagsAnew(_ log: inout TagLog) -> Bool {
        guard directory.isWritten else { return false }
        clear()
        setAside(tagPath, as: "tags", because: "generations of tags cannot be read or are too many; every entry went")
        log = TagLog()
        words?.advanceEpoch()
        return true
    }
}
