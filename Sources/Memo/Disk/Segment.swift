import CAtelierLinux

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How an entry stands in a segment: a frame of 32 bytes, then the bytes of its `EntryFile`.
///
/// | bytes | what (integers are little-endian) |
/// | --- | --- |
/// | 0–3 | `ATLR` |
/// | 4 | 1 while it is an entry, 0 once it is none; the only byte of a segment that ever changes |
/// | 5–7 | 0 |
/// | 8–15 | bytes after the frame |
/// | 16–23 | nanoseconds that losing the entry costs |
/// | 24–31 | XXH3-64 of bytes 0–3 and 8–23, the position of the frame and the nonce of the segment |
///
/// Position and nonce are in the sum because payloads come from outside: bytes that look like a record inside of one
/// are none, wherever a search for the next whole record after damage begins.
struct Record {
    static let frameCount = 32
    static let magic: UInt32 = 0x524C_5441

    var isAlive: Bool
    /// With the frame.
    var size: Int
    var cost: UInt64

    /// The frame of a living record.
    static func frame(size: Int, cost: UInt64, at position: Int, nonce: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: frameCount) { buffer, count in
            let bytes = UnsafeMutableRawPointer(buffer.baseAddress!)
            bytes.storeBytes(of: magic.littleEndian, as: UInt32.self)
            bytes.storeBytes(of: UInt32(1).littleEndian, toByteOffset: 4, as: UInt32.self)
            bytes.storeBytes(of: UInt64(size - frameCount).littleEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: cost.littleEndian, toByteOffset: 16, as: UInt64.self)
            bytes.storeBytes(
                of: sum(UInt64(size - frameCount), cost, position, nonce).littleEndian, toByteOffset: 24, as: UInt64.self)
            count = frameCount
        }
    }

    private static func sum(_ count: UInt64, _ cost: UInt64, _ position: Int, _ nonce: UInt64) -> UInt64 {
        withUnsafeBytes(
            of: (UInt64(magic).littleEndian, count.littleEndian, cost.littleEndian, UInt64(position).littleEndian, nonce.littleEndian), xxh3
        )
    }

    /// Nil when no record begins with these bytes, of which there are 32 at least.
    init?(frame bytes: UnsafeRawBufferPointer, at position: Int, nonce: UInt64) {
        guard UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == Self.magic, bytes[4] <= 1 else { return nil }
        let count = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        cost = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        guard count <= UInt64(Segment.largestCapacity),
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)) == Self.sum(count, cost, position, nonce)
        else { return nil }
        size = Self.frameCount + Int(count)
        isAlive = bytes[4] == 1
    }
}

/// An open segment: `ATLSEGM1`, its number, its nonce and the XXH3-64 of the three, then record after record.
///
/// Whoever appends holds its advisory lock, which the system drops with the process. A segment that is not needed any
/// more is cut to nothing before its name goes, so that those who still have it open find nothing in it.
final class Segment: Sendable {
    static let headCount = 32
    static let largestCapacity = 32 << 20
    private static let magic: UInt64 = 0x314D_4745_534C_5441

    let number: Int
    let nonce: UInt64
    let descriptor: Int32

    private init(number: Int, nonce: UInt64, descriptor: Int32) { (self.number, self.nonce, self.descriptor) = (number, nonce, descriptor) }

    deinit { close(descriptor) }

    /// Why a segment is not to be had.
    enum Problem: Error { case absent, damaged, unavailable(code: Int32) }

    /// Opens a segment that is there.
    static func open(_ path: String, number: Int) throws(Problem) -> Segment {
        var descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0, errno == EACCES || errno == EROFS {
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        }
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .absent : errno == ELOOP ? .damaged : .unavailable(code: errno)
        }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let got = withUnsafeMutableBytes(of: &words) { pread(descriptor, $0.baseAddress, headCount, 0) }
        let code = errno
        let sum = withUnsafeBytes(of: (words.0, words.1, words.2), xxh3)
        guard got == headCount, UInt64(littleEndian: words.0) == magic, UInt64(littleEndian: words.1) == UInt64(number),
            words.3.littleEndian == sum
        else {
            close(descriptor)
            throw got < 0 && code != EISDIR ? .unavailable(code: code) : .damaged
        }
        return Segment(number: number, nonce: UInt64(littleEndian: words.2), descriptor: descriptor)
    }

    /// Makes a segment and takes its lock.
    static func create(_ path: String, number: Int) throws(Problem) -> Segment {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unavailable(code: errno) }
        let nonce = UInt64.random(in: .min ... .max)
        var words = (magic.littleEndian, UInt64(number).littleEndian, nonce.littleEndian, UInt64(0))
        words.3 = withUnsafeBytes(of: (words.0, words.1, words.2), xxh3).littleEndian
        let written = withUnsafeBytes(of: words) { pwrite(descriptor, $0.baseAddress, headCount, 0) }
        let code = errno
        guard written == headCount, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            unlink(path)
            throw .unavailable(code: written < 0 ? code : EBUSY)
        }
        return Segment(number: number, nonce: nonce, descriptor: descriptor)
    }

    /// Takes the lock unless another process has it.
    func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Bytes in it; nil when the system does not say.
    var count: Int? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Bytes from a position on; fewer where it ends. Nil for an I/O error.
    func read(at position: Int, count: Int) -> Blob? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, position + filled)
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    failed = true
                    return
                }
            }
        }
        return failed ? nil : Blob(bytes)
    }

    /// Writes a record; false, with the reason in `errno`, when not all of it could be written.
    func append(_ frame: [UInt8], _ header: [UInt8], _ payload: Blob, at position: Int) -> Bool {
        frame.withUnsafeBytes { frame in
            header.withUnsafeBytes { header in
                payload.withUnsafeBytes { payload in
                    var pieces = [frame, header, payload].map {
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                    }
                    var done = 0
                    let count = frame.count + header.count + payload.count
                    while done < count {
                        let written = pwritev(descriptor, pieces, Int32(pieces.count), position + done)
                        if written < 0 {
                            if errno == EINTR { continue }
                            return false
                        }
                        done += written
                        // A part is written near a full disk or a limit: go on behind it.
                        var skip = written
                        for index in pieces.indices {
                            let part = min(skip, pieces[index].iov_len)
                            if part > 0 { pieces[index].iov_base += part }
                            pieces[index].iov_len -= part
                            skip -= part
                        }
                    }
                    return true
                }
            }
        }
    }

    /// Marks a record as none.
    func kill(at position: Int) {
        var dead: UInt8 = 0
        // Fails without write access: then the record stays what the index no longer names.
        pwrite(descriptor, &dead, 1, position + 4)
    }

    /// Takes room on the disk up to a number of bytes, without changing what can be read; false when there is none.
    /// File systems that cannot do that give it when it is written to.
    func allocate(_ count: Int) -> Bool {
        // FALLOC_FL_KEEP_SIZE of linux/falloc.h
        if fallocate(descriptor, 1, 0, count) == 0 { return true }
        return errno != ENOSPC && errno != EDQUOT && errno != EFBIG
    }
}

/// Steps from record to record, reading little else than their headers.
struct SegmentWalk {
    /// A record, whole as far as its length says.
    struct Step {
        var position: Int
        var record: Record
        /// Nil when its header is of another version or damaged.
        var header: EntryHeader?
    }

    let segment: Segment
    /// Where the next record is looked for; when there is none any more, where the last whole one ended.
    private(set) var position: Int
    /// End of what may be read: the size at a moment before.
    let end: Int
    /// Whether reading failed: there may be more.
    private(set) var failed = false
    /// Whether bytes were stepped over to find a record.
    private(set) var skipped = false
    private var window = Blob([])
    private var windowStart = 0

    init(_ segment: Segment, from position: Int, to end: Int) {
        self.segment = segment
        self.position = max(position, Segment.headCount)
        self.end = end
    }

    /// The next whole record.
    mutating func next() -> Step? {
        while let record = record(at: position) {
            defer { position += record.size }
            return Step(position: position, record: record, header: header(at: position + Record.frameCount, record))
        }
        guard let found = search() else { return nil }
        skipped = true
        position = found
        return next()
    }

    private mutating func record(at position: Int) -> Record? {
        guard let bytes = bytes(at: position, count: Record.frameCount) else { return nil }
        guard let record = bytes.withUnsafeBytes({ Record(frame: $0, at: position, nonce: segment.nonce) }),
            position + record.size <= end
        else { return nil }
        return record
    }

    // After damage: the next place where a frame stands that belongs there.
    private mutating func search() -> Int? {
        var candidate = position + 1
        while candidate + Record.frameCount <= end {
            guard let bytes = bytes(at: candidate, count: min(64 << 10, end - candidate)) else { return nil }
            let offset: Int? = bytes.withUnsafeBytes { bytes in
                var offset = 0
                while offset + 4 <= bytes.count {
                    if UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) == Record.magic { return offset }
                    offset += 1
                }
                return nil
            }
            guard let offset else {
                candidate += max(1, bytes.count - 3)
                continue
            }
            if record(at: candidate + offset) != nil { return candidate + offset }
            candidate += offset + 1
        }
        return nil
    }

    private mutating func header(at position: Int, _ record: Record) -> EntryHeader? {
        let most = record.size - Record.frameCount
        for count in [min(most, 1024), min(most, EntryFile.largestHeader)] {
            guard let bytes = bytes(at: position, count: count), let owner = EntryFile.owner(of: bytes) else { return nil }
            // A cut header is tried again with more of it; whatever else is wrong shows in the second try.
            if let file = try? EntryFile(header: bytes, of: owner) { return file.header }
        }
        return nil
    }

    // From a window of 64 KiB that moves along.
    private mutating func bytes(at position: Int, count: Int) -> Blob? {
        guard position + count <= end else { return nil }
        if position < windowStart || position + count > windowStart + window.count {
            guard let read = segment.read(at: position, count: max(count, min(64 << 10, end - position))) else {
                failed = true
                return nil
            }
            (window, windowStart) = (read, position)
            guard read.count >= count else { return nil }
        }
        return window[(position - windowStart)..<(position - windowStart + count)]
    }
}

extension EntryFile {
    /// The digest the bytes of an entry say they answer for; nil when there are too few.
    static func owner(of bytes: Blob) -> Digest? {
        guard bytes.count >= prefixCount else { return nil }
        return bytes.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 40 + 8 * index, as: UInt64.self)) }
            return Digest(words: (word(0), word(1), word(2), word(3)))
        }
    }
}
