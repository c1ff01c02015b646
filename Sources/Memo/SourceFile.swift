import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a file cannot be a source.
public enum SourceError: Error, Equatable, CustomStringConvertible {
    /// It could not be read.
    case unreadable(Blob.FileError)
    /// The name is that of a device, a socket or a pipe.
    case notAFile(path: String)
    /// Between being named and being read it got other bytes.
    case changedWhileReading(path: String)

    /// One sentence: what, where, what helps.
    public var description: String {
        switch self {
        case .unreadable(let error): "\(error)"
        case .notAFile(let path): "\(path): is not a regular file; what comes through a pipe is read from standard input"
        case .changedWhileReading(let path): "\(path): changed while reading; run again when it is no longer being written"
        }
    }
}

/// A file whose bytes are named by their digest and read when they are needed.
struct SourceFile: Sendable {
    let path: String
    /// Size when it was identified.
    let byteCount: Int

    init(path: String, byteCount: Int) {
        self.path = path
        self.byteCount = byteCount
    }

    /// A file of which a record says the digest; one that is not there has no bytes, and reading it says why.
    init(recorded path: String) {
        var status = stat()
        self.init(path: path, byteCount: stat(path, &status) == 0 ? Int(status.st_size) : 0)
    }

    /// Finds the digest of a file's bytes: from the memo when its stat is known, else by reading it.
    static func identify(path: String, limit: Int, memo: StatMemo) throws(SourceError) -> (SourceFile, Digest) {
        let (descriptor, before) = try openFile(path)
        defer { close(descriptor) }
        if let digest = memo.digest(for: before), before.size <= limit {
            return (SourceFile(path: path, byteCount: Int(before.size)), digest)
        }
        let blob = try read(descriptor, path, limit: limit)
        let digest = Digest(hashing: blob)
        if try status(of: descriptor, path) == before { memo.remember(digest, for: before) }
        return (SourceFile(path: path, byteCount: blob.count), digest)
    }

    /// The bytes of a file that has at most so many; nil for a larger one.
    static func small(path: String, limit: Int) throws(SourceError) -> Blob? {
        let (descriptor, status) = try openFile(path)
        defer { close(descriptor) }
        if status.size > limit { return nil }
        do throws(SourceError) {
            return try read(descriptor, path, limit: limit)
        } catch .unreadable(.tooLarge) { return nil }  // it grows under our eyes
    }

    /// The bytes, when they are still those of the digest.
    func read(expecting digest: Digest) throws(SourceError) -> Blob {
        let (descriptor, status) = try Self.openFile(path)
        defer { close(descriptor) }
        if status.size != byteCount { throw .changedWhileReading(path: path) }
        do throws(SourceError) {
            let blob = try Self.read(descriptor, path, limit: byteCount)
            if Digest(hashing: blob) == digest { return blob }
        } catch .unreadable(.tooLarge) {}  // it grows under our eyes
        throw .changedWhileReading(path: path)
    }

    private static func openFile(_ path: String) throws(SourceError) -> (Int32, StatMemo.Identity) {
        // Without O_NONBLOCK, opening a pipe nobody writes to would hang before its kind can be seen.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let isMissing = errno == ENOENT || errno == ENOTDIR
            throw .unreadable(isMissing ? .notFound(path: path) : .failed(path: path, doing: "opening", code: errno))
        }
        do throws(SourceError) {
            return (descriptor, try status(of: descriptor, path))
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func status(of descriptor: Int32, _ path: String) throws(SourceError) -> StatMemo.Identity {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw .unreadable(.failed(path: path, doing: "reading", code: errno)) }
        if status.st_mode & S_IFMT == S_IFDIR { throw .unreadable(.isFolder(path: path)) }
        if status.st_mode & S_IFMT != S_IFREG { throw .notAFile(path: path) }
        return StatMemo.Identity(status)
    }

    private static func read(_ descriptor: Int32, _ path: String, limit: Int) throws(SourceError) -> Blob {
        do throws(Blob.FileError) {
            return try Blob.reading(descriptor: descriptor, path: path, limit: limit)
        } catch { throw .unreadable(error) }
    }
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
@Sendable package func systemSeconds() -> Int64 { Int64(time(nil)) }

/// Microseconds since 1970.
@Sendable package func systemMicroseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(max(0, now.tv_sec)) &* 1_000_000 &+ UInt64(now.tv_nsec) / 1000
}

/// Nanoseconds on a clock that never goes back.
@Sendable package func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}

/// Nanoseconds that all threads of the process have used of its processors.
@Sendable package func processorNanoseconds() -> UInt64 {
    var used = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
    return UInt64(used.tv_sec) &* 1_000_000_000 &+ UInt64(used.tv_nsec)
}

/// A time in seconds since 1970 as RFC 3339 has it, in UTC: `2026-11-20T09:30:00Z`.
package func utc(_ seconds: Int64) -> String {
    var time = time_t(seconds), parts = tm()
    gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
}

/// Processors this process may use; at least 1.
public func processorCount() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
