#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file in a cache directory to which any number of processes append records.
///
/// A record is `ATLR`, its length (4 bytes, little endian), the XXH3-64 of its payload, and the payload. Appending is one
/// `write` under a shared advisory lock; when the file has grown beyond `limit`, one process takes the lock for itself
/// and puts a shorter file in its place. Whatever is damaged is skipped up to the next record that is whole. Nothing is
/// synced, and nobody waits long: a record that cannot be written within 50 ms is lost.
struct RecordFile: Sendable {
    let directory: CacheDirectory
    /// In the directory.
    let name: String
    /// Bytes at which the file is made shorter; at four times as many nothing is appended.
    let limit: Int
    /// How often to try, a millisecond apart, while somebody makes it shorter.
    var attempts = 50

    private static let mark = Array("ATLR".utf8), headCount = 16
    private var path: String { "\(directory.path)/\(name)" }

    /// The payloads, in the order they were appended; none when there is no file or it cannot be read.
    func payloads() -> [ArraySlice<UInt8>] {
        let descriptor = Self.open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        // No numbers are no reason to stop.
        guard Self.status(of: descriptor) != nil,
            let blob = try? Blob.reading(descriptor: descriptor, path: path, limit: 4 * limit + (1 << 20))
        else { return [] }
        return Self.payloads(in: blob)
    }

    static func payloads(in blob: Blob) -> [ArraySlice<UInt8>] {
        var payloads: [ArraySlice<UInt8>] = []
        var rest = blob.bytes
        while let start = nextMark(in: rest) {
            rest = rest[start...]
            var reader = RecordReader(bytes: rest.dropFirst(4).prefix(headCount - 4))
            guard let head = reader.bytes.count == 12 ? reader.head() : nil else { break }
            let payload = rest.dropFirst(headCount).prefix(head.count)
            if payload.count == head.count, payload.withUnsafeBytes(xxh3) == head.sum {
                payloads.append(payload)
                rest = rest.dropFirst(headCount + head.count)
            } else {
                rest = rest.dropFirst(4)
            }
        }
        return payloads
    }

    private static func nextMark(in bytes: ArraySlice<UInt8>) -> Int? {
        var from = bytes.startIndex
        while let start = bytes[from...].firstIndex(of: mark[0]) {
            if bytes[start...].starts(with: mark) { return start }
            from = start + 1
        }
        return nil
    }

    static func framed(_ payloads: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payloads.reduce(0) { $0 + $1.count + headCount })
        for payload in payloads {
            bytes += mark
            withUnsafeBytes(of: UInt32(payload.count).littleEndian) { bytes += $0 }
            withUnsafeBytes(of: payload.withUnsafeBytes(xxh3).littleEndian) { bytes += $0 }
            bytes += payload
        }
        return bytes
    }

    /// Appends records.
    ///
    /// - Parameter shorter: What to keep of the payloads when the file has grown too long, in the order to write them.
    func append(_ payloads: [[UInt8]], shorter: ([ArraySlice<UInt8>]) -> [[UInt8]]) {
        let bytes = Self.framed(payloads)
        for attempt in 0..<attempts {
            if attempt > 0 { usleep(1000) }  // somebody makes it shorter
            let descriptor = Self.open(path, O_RDWR | O_APPEND | O_CREAT)
            guard descriptor >= 0 else { return }
            defer { close(descriptor) }
            guard let size = lock(descriptor, LOCK_SH) else { continue }
            guard size + bytes.count <= 4 * limit else { break }
            _ = write(descriptor, bytes, bytes.count)  // what a full disk cuts off is damage, and skipped
            guard size + bytes.count > limit else { return }
            break
        }
        shorten(shorter)
    }

    /// Takes the advisory lock and says how long the file is; nil when the lock is taken, it is no longer the file of this
    /// name, or it is none.
    private func lock(_ descriptor: Int32, _ lock: Int32) -> Int? {
        var named = stat()
        guard flock(descriptor, lock | LOCK_NB) == 0, let held = Self.status(of: descriptor), lstat(path, &named) == 0,
            held.st_ino == named.st_ino, held.st_dev == named.st_dev
        else { return nil }
        return Int(held.st_size)
    }

    /// Nil for what is no regular file.
    private static func status(of descriptor: Int32) -> stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? status : nil
    }

    // The system's `open`; inside the type its own method hides the name.
    private static func open(_ path: String, _ flags: Int32) -> Int32 {
        // Not waiting for a writer, in case somebody put a pipe there.
        let flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        #if canImport(Glibc)
            return Glibc.open(path, flags, 0o600)
        #else
            return Musl.open(path, flags, 0o600)
        #endif
    }

    private func shorten(_ shorter: ([ArraySlice<UInt8>]) -> [[UInt8]]) {
        let descriptor = Self.open(path, O_RDONLY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard let size = lock(descriptor, LOCK_EX), size > limit else { return }
        // Above four times the limit, somebody else than us wrote there: it begins anew.
        let kept = shorter(payloads())
        try? directory.write([Blob(Self.framed(kept))], to: path)  // the next one to append tries again
    }
}

extension RecordReader {
    fileprivate mutating func head() -> (count: Int, sum: UInt64)? {
        guard bytes.count >= 12 else { return nil }
        let count = bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
        bytes.removeFirst(4)
        return word().map { (Int(count), $0) }
    }
}
