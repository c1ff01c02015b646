import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The level on disk: one file per entry, shared by any number of processes.
///
///     let directory = try CacheDirectory(opening: CacheDirectory.path(option: nil))
///     let store = DiskStore(in: directory, limit: 5 << 30)
///
/// An entry is the file `objects/ab/<digest>` (`EntryFile` says what is in it), written beside and then renamed, so
/// that a reader sees all of it or none, whenever a writer is killed. Nothing is synced to the disk: what a power cut
/// tears fails its checksum and is a miss. What is damaged is deleted; what only cannot be read just now is kept.
///
/// Used entries get a new modification time, at most once a minute; when the bytes written since the last count could
/// exceed the limit, one process counts and deletes those used longest ago (`DiskStore+Eviction.swift`).
public final class DiskStore: Store {
    /// Where the entries are.
    public let directory: CacheDirectory
    /// Most bytes of all entries, in whole blocks of 4 KiB as the disk counts them.
    public let limit: Int

    /// `disk`.
    public let name = "disk"
    /// True: values are written in their format.
    public let storesBytesOnly = true

    let compression: Compression
    // Seconds since 1970, injected by tests.
    let now: @Sendable () -> Int64
    // After a disk stayed full, puts rest until this time.
    private let restUntil = Atomic<Int64>(0)
    private let hasSwept = Atomic<Bool>(false)

    /// Seconds before another use of an entry is noted in its modification time.
    private static let useGranularity: Int64 = 60
    /// Seconds without puts after making room did not help against a full disk.
    private static let restAfterFullDisk: Int64 = 30

    /// A store in an open folder. `limit` is in bytes; no entry larger than a quarter of it is kept.
    public convenience init(in directory: CacheDirectory, limit: Int) {
        self.init(in: directory, limit: limit, now: { Int64(time(nil)) })
    }

    init(in directory: CacheDirectory, limit: Int, now: @escaping @Sendable () -> Int64) {
        self.directory = directory
        self.limit = limit
        self.now = now
        compression = Compression(dictionaries: directory.dictionaries)
    }

    /// Most bytes of one entry's file.
    var largestEntry: Int { min(limit / 4, EntryFile.largestFile) }

    func path(of digest: Digest) -> String {
        let name = digest.description
        return "\(directory.path)/objects/\(name.prefix(2))/\(name)"
    }

    /// Reads, checks and decodes one file; nil when there is none that stands every check or it has expired.
    public func get(_ digest: Digest) -> Lookup {
        let path = path(of: digest)
        switch read(path, digest) {
        case .entry(let entry, let status):
            if let expires = entry.header.expires, expires <= now() {
                discard(path, status)
                return .miss(.expired)
            }
            noteUse(of: path, status)
            return .hit(entry)
        case .damaged: return .miss(.damaged)
        case .foreign: return .miss(.otherVersion)
        case .unreadable(.notFound): return .miss(.neverSeen)
        case .unreadable: return .miss(.unavailable)
        }
    }

    /// Opening and reading a file (about 10 µs), and decompressing it (about 0.8 GB/s).
    public func hitCost(ofBytes count: Int) -> UInt64 { 10_000 + UInt64(count) * 5 / 4 }

    /// Reads the front of one file; its payload is neither read nor checked.
    public func peek(_ digest: Digest) -> EntryHeader? {
        let descriptor = open(path(of: digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // A first block holds nearly every header. Damage and I/O errors are `get`'s to deal with.
        let header = [4096, EntryFile.largestHeader].lazy.compactMap { count in
            try? EntryFile(header: self.start(of: descriptor, upTo: count), of: digest).header
        }.first
        guard let header else { return nil }
        if let expires = header.expires, expires <= now() { return nil }
        return header
    }

    private func start(of descriptor: Int32, upTo limit: Int) -> Blob {
        Blob(
            [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                count = max(0, pread(descriptor, buffer.baseAddress, limit, 0))
            })
    }

    /// Writes one file and renames it, making room first where that is needed. On a full disk it makes room, tries once
    /// more, and then rests for half a minute.
    @discardableResult
    public func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        guard restUntil.load(ordering: .relaxed) <= now() else { return .unavailable }
        guard let (header, payload) = EntryFile.bytes(of: entry, using: compression) else { return .tooLarge }
        let count = header.count + payload.count
        guard count <= largestEntry else { return .tooLarge }
        if !hasSwept.exchange(true, ordering: .relaxed) { directory.removeLeftovers() }

        let path = path(of: entry.header.digest)
        for attempt in 1...2 {
            do throws(Blob.FileError) {
                // Counted before it has its name: a process killed between the two leaves the count too high, never too low.
                try directory.write([Blob(header), payload], to: path) { account(for: count) }
                return .kept
            } catch {
                guard case .failed(_, _, let code) = error, code == ENOSPC || code == EDQUOT else { return .unavailable }
                guard attempt == 1 else { break }
                trim(freeing: count)
            }
        }
        restUntil.store(now() + Self.restAfterFullDisk, ordering: .relaxed)
        return .noRoom
    }

    /// Deletes one file.
    public func evict(_ digest: Digest) { unlink(path(of: digest)) }

    // MARK: - One file

    enum Outcome {
        case entry(Entry, stat)
        /// No such file, or an error that says nothing about the file.
        case unreadable(Blob.FileError)
        case foreign
        /// It was deleted.
        case damaged(String)
    }

    func read(_ path: String, _ digest: Digest) -> Outcome {
        // O_NONBLOCK: a pipe somebody put there must not hold us up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            return .unreadable(errno == ENOENT ? .notFound(path: path) : .failed(path: path, doing: "opening", code: errno))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .unreadable(.failed(path: path, doing: "reading", code: errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .unreadable(.isFolder(path: path)) }
        do throws(Blob.FileError) {
            let file = try Blob.reading(descriptor: descriptor, path: path, limit: EntryFile.largestFile)
            do throws(EntryFile.Problem) {
                return .entry(try EntryFile.entry(in: file, of: digest, using: compression), status)
            } catch {
                guard case .damaged(let what) = error else { return .foreign }
                discard(path, status)
                return .damaged(what)
            }
        } catch .tooLarge(_, let count, let limit) {
            discard(path, status)
            return .damaged("\(count ?? 0) bytes, more than \(limit)")
        } catch {
            return .unreadable(error)
        }
    }

    // Deletes the file that was read, unless another writer has put a new one in its place since.
    private func discard(_ path: String, _ read: stat) {
        var current = stat()
        guard lstat(path, &current) == 0, current.st_ino == read.st_ino, current.st_dev == read.st_dev else { return }
        unlink(path)
    }

    private func noteUse(of path: String, _ status: stat) {
        let now = now()
        guard now - Int64(status.st_mtim.tv_sec) >= Self.useGranularity else { return }
        var times = (timespec(tv_sec: Int(now), tv_nsec: 0), timespec(tv_sec: Int(now), tv_nsec: 0))  // of access, of change
        withUnsafePointer(to: &times) {
            _ = $0.withMemoryRebound(to: timespec.self, capacity: 2) { utimensat(AT_FDCWD, path, $0, AT_SYMLINK_NOFOLLOW) }
        }
    }
}
