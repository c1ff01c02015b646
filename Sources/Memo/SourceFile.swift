import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a file cannot be a source.
public enum SourceError: Error, Equatable, CustomStringConvertible {
    /// There is no file of this name.
    case missing(path: String)
    /// The name is that of a folder, a device, a socket, or a pipe.
    case notAFile(path: String)
    /// The system refused; its reason in words.
    case unreadable(path: String, reason: String)
    /// Between being named and being read the file got other bytes.
    case changedWhileReading(path: String)

    /// One sentence: what, where, what helps.
    public var description: String {
        switch self {
        case .missing(let path): "\(path): no such file"
        case .notAFile(let path): "\(path): not a regular file"
        case .unreadable(let path, let reason): "\(path): cannot be read (\(reason))"
        case .changedWhileReading(let path): "\(path): changed while reading; run again when it is no longer being written"
        }
    }
}

/// A file whose bytes are named by their digest and read when they are needed.
struct SourceFile: Sendable {
    let path: String
    /// Size when it was identified.
    let byteCount: Int

    /// Finds the digest of a file's bytes: from the memo when its stat is known, else by reading it.
    static func identify(path: String, memo: StatMemo) throws(SourceError) -> (SourceFile, Digest) {
        let descriptor = try openFile(path)
        defer { close(descriptor) }
        let before = try status(of: descriptor, path)
        let file = SourceFile(path: path, byteCount: Int(before.st_size))
        if let digest = memo.digest(for: StatMemo.Identity(before)) { return (file, digest) }

        var hasher = DigestHasher()
        // One piece holds most pictures whole, and is large enough for several hashing threads.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(8 << 20, file.byteCount)), alignment: 64)
        defer { buffer.deallocate() }
        var total = 0
        while true {
            let count = try readOnce(descriptor, into: buffer, path)
            if count == 0 { break }
            total += count
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        let digest = hasher.finalize()
        let after = try status(of: descriptor, path)
        let identity = StatMemo.Identity(after)
        if identity == StatMemo.Identity(before) { memo.remember(digest, for: identity) }
        return (SourceFile(path: path, byteCount: total), digest)
    }

    /// The bytes, when they are still those of the digest.
    func read(expecting digest: Digest) throws(SourceError) -> Blob {
        let descriptor = try Self.openFile(path)
        defer { close(descriptor) }
        let size = Int(try Self.status(of: descriptor, path).st_size)
        if size != byteCount { throw .changedWhileReading(path: path) }
        // One byte more, so that growth while reading shows.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var count = 0
        while count < bytes.count {
            let position = count
            let more: Result<Int, SourceError> = bytes.withUnsafeMutableBytes { buffer in
                do throws(SourceError) {
                    return .success(try Self.readOnce(descriptor, into: .init(rebasing: buffer[position...]), path))
                } catch { return .failure(error) }
            }
            let read = try more.get()
            if read == 0 { break }
            count += read
        }
        if count != size { throw .changedWhileReading(path: path) }
        bytes.removeLast()
        let blob = Blob(bytes)
        if Digest(hashing: blob) != digest { throw .changedWhileReading(path: path) }
        return blob
    }

    private static func openFile(_ path: String) throws(SourceError) -> Int32 {
        // Without O_NONBLOCK, opening a pipe nobody writes to would hang before `status` can refuse it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor >= 0 { return descriptor }
        throw errno == ENOENT || errno == ENOTDIR ? .missing(path: path) : .unreadable(path: path, reason: reason(errno))
    }

    private static func status(of descriptor: Int32, _ path: String) throws(SourceError) -> stat {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw .unreadable(path: path, reason: reason(errno)) }
        if status.st_mode & S_IFMT != S_IFREG { throw .notAFile(path: path) }
        return status
    }

    private static func readOnce(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, _ path: String
    ) throws(SourceError) -> Int {
        while true {
            let count = readBytes(descriptor, buffer.baseAddress!, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw .unreadable(path: path, reason: reason(errno)) }
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// The system's `read`, which the method of the same name hides.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

/// Which digest the bytes of a file had when it had this stat; saves hashing a file again.
///
/// A file written twice within one tick of the file system's clock keeps its times, so an identity is remembered
/// only when both times are at least two seconds old (the rule git applies to its index).
final class StatMemo: Sendable {
    static let shared = StatMemo(now: systemSeconds)

    struct Identity: Hashable, Sendable {
        let device: UInt64, inode: UInt64, size: Int64
        let modified: Int64, modifiedNanoseconds: Int64, changed: Int64, changedNanoseconds: Int64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            (modified, modifiedNanoseconds) = (Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec))
            (changed, changedNanoseconds) = (Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec))
        }
    }

    /// At this many the memo starts anew: 65,536 files are 8 MB.
    private static let limit = 65_536
    private let table = Lock<[Identity: Digest]>([:])
    private let now: @Sendable () -> Int64

    init(now: @escaping @Sendable () -> Int64) { self.now = now }

    func digest(for identity: Identity) -> Digest? { table.withLock { $0[identity] } }

    func remember(_ digest: Digest, for identity: Identity) {
        let age = now() - max(identity.modified, identity.changed)
        // Two whole seconds: with the fractions cut off, a difference of 3 is at least 2 s.
        guard age >= 3 else { return }
        table.withLock { table in
            if table.count >= Self.limit { table.removeAll(keepingCapacity: true) }
            table[identity] = digest
        }
    }
}

/// Seconds since 1970.
@Sendable func systemSeconds() -> Int64 { Int64(time(nil)) }

/// Nanoseconds on a clock that never goes back.
@Sendable func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}

/// Processors this process may use; at least 1.
public func processorCount() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
