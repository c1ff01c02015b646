import AtelierScheduling
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The level on disk, shared by any number of processes.
///
///     let directory = try CacheDirectory(opening: CacheDirectory.path(option: nil))
///     let store = DiskStore(in: directory, limit: 5 << 30)
///
/// Small entries are appended to segments, larger ones have a file each; the checksums of both are of the entry and
/// its digest, and everything known of an entry stands with it. A SQLite database says where entries are; it follows
/// in batches what is appended and can be made anew at any time (docs/formats/cache-directory.md).
///
/// An entry is kept when `put` returns: a killed process loses none. Nothing is synced: a power cut may lose entries,
/// and what it tears fails its checksum and is a miss.
public final class DiskStore: Store {
    /// Where the entries are.
    public let directory: CacheDirectory
    /// Most bytes of all entries and dictionaries, in whole blocks as the disk gives them. The index beside them takes about a tenth
    /// of a kilobyte for each.
    public let limit: Int
    /// Most bytes of some partitions' entries; one of `a` holds for `a/b` as well.
    public let quotas: [String: Int]

    /// `disk`.
    public let name = "disk"
    /// True: values are written in their format.
    public let storesBytesOnly = true

    let sizes: Sizes
    private let objectsPath: [UInt8]
    let compression: Compression
    let words: SharedWords?
    let known = KnownPlaces()
    let pace = Pace()
    let files = Lock<[Int: Segment]>([:])
    let reader = Lock(LookUps())
    let writer = Lock(Writer())
    let tagLog = Lock(TagLog())
    let leases = Lock(LeaseFile())
    let observer = Lock<Observer<EntryHeader>?>(nil)
    /// Seconds since 1970, and the room on the disk; injected by tests.
    let now: @Sendable () -> Int64
    let space: @Sendable (String) -> DiskSpace?
    /// After the disk stayed full, puts rest until this time.
    private let restUntil = Atomic<Int64>(0)
    /// After another process did not let go of the index, nothing is changed until this time.
    let lockedUntil = Atomic<Int64>(0)
    /// Seconds without puts after making room did not help against a full disk.
    private static let restAfterFullDisk: Int64 = 30
    /// And without changes after another process did not let go of the index.
    static let restAfterLockedIndex: Int64 = 5

    /// A store in an open folder.
    ///
    /// - Parameters:
    ///   - limit: In bytes; no entry larger than a quarter of it is kept.
    ///   - quotas: Bytes by partition.
    public convenience init(in directory: CacheDirectory, limit: Int, quotas: [String: Int] = [:]) {
        self.init(in: directory, limit: limit, quotas: quotas, now: systemSeconds, space: DiskSpace.init(path:))
    }

    init(
        in directory: CacheDirectory, limit: Int, quotas: [String: Int] = [:], now: @escaping @Sendable () -> Int64,
        space: @escaping @Sendable (String) -> DiskSpace? = DiskSpace.init(path:)
    ) {
        self.directory = directory
        compression = Compression(dictionaries: directory.dictionaries(atMost: limit / 32))
        self.limit = limit
        self.quotas = quotas
        objectsPath = Array("\(directory.path)/objects/".utf8)
        self.now = now
        self.space = space
        Self.survivesFileSizeLimit
        sizes = Sizes(limit: min(limit, space(directory.path)?.total ?? limit))
        words = SharedWords(path: directory.path + "/shared", limit: limit, creating: directory.isWritten)
    }

    /// A write beyond `RLIMIT_FSIZE` then fails with EFBIG, as on a full disk, instead of ending the process; a handler of
    /// the program's own is left alone.
    private static let survivesFileSizeLimit: Void = {
        var action = sigaction()
        guard sigaction(SIGXFSZ, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil else { return }
        signal(SIGXFSZ, SIG_IGN)
    }()

    deinit {
        writer.withLock { finish(&$0) }
        leases.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
    }

    /// What follows from the bytes there are to use.
    struct Sizes: Sendable {
        /// Bytes of a full segment.
        var segment: Int
        /// Bytes by which a segment grows: reserved before they are written, on the disk as well.
        var step: Int
        /// Longest record of a segment; what is longer has a file of its own.
        var longestRecord: Int

        init(limit: Int) {
            segment = blocks(min(Segment.largestCapacity, max(64 << 10, limit / 32)))
            step = blocks(min(1 << 20, max(16 << 10, limit / 512)))
            longestRecord = min(64 << 10, segment / 4)
        }
    }

    /// Most bytes of one entry's file.
    var largestEntry: Int { min(limit / 4, EntryFile.largestFile) }

    func path(of digest: Digest) -> String {
        let name = digest.description
        return "\(directory.path)/objects/\(name.prefix(2))/\(name)"
    }

    /// The path as C wants it, built without a string: every look for a file asks for it.
    func withPath<Result>(of digest: Digest, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let digits: StaticString = "0123456789abcdef"
        let front = objectsPath
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: front.count + 68) { buffer in
            var end = buffer[...].update(fromContentsOf: front)
            func append(_ byte: UInt8) {
                buffer[end] = digits.utf8Start[Int(byte >> 4)]
                buffer[end + 1] = digits.utf8Start[Int(byte & 15)]
                end += 2
            }
            append(UInt8(truncatingIfNeeded: digest.words.0))
            buffer[end] = UInt8(ascii: "/")
            end += 1
            for word in [digest.words.0, digest.words.1, digest.words.2, digest.words.3] {
                for shift in stride(from: 0, to: 64, by: 8) { append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
            }
            buffer[end] = 0
            return buffer.baseAddress!.withMemoryRebound(to: CChar.self, capacity: end + 1) { body($0) }
        }
    }

    func path(ofSegment number: Int) -> String { "\(directory.path)/segments/\(number).seg" }

    // MARK: Store

    /// Opening and reading a file (about 10 µs), and decompressing it (about 0.8 GB/s).
    public func hitCost(ofBytes count: Int) -> UInt64 { 10_000 + UInt64(count) * 5 / 4 }

    /// Reads, checks and decodes one entry.
    public func get(_ digest: Digest) -> Lookup {
        let begun = monotonicNanoseconds()
        let search = find(digest) { read($0, digest) }
        note(search, since: begun)
        switch search {
        case .found(let entry): return answer(entry)
        case .none(let reason): return .miss(reason)
        }
    }

    /// The same, where it takes no more than reading something small from a disk that has answered in time lately. Opening
    /// the index, waiting for others, mending and what has to be written are left to `get`.
    public func glance(_ digest: Digest) -> Lookup? {
        guard pace.isKept else { return nil }
        let begun = monotonicNanoseconds()
        guard let search = findAtOnce(digest) else { return nil }
        note(search, since: begun)
        switch search {
        case .found(let entry):
            if let expires = entry.header.expires {
                let now = now()
                if expires <= now || entry.header.created > now + Self.clockTolerance { return nil }
            }
            words?.noteHit(digest)
            return .hit(entry)
        case .none(let reason): return .miss(reason)
        }
    }

    private func note(_ search: Search<Entry>, since begun: UInt64) {
        var count = 0
        if case .found(let entry) = search { count = max(0, entry.header.byteCount) }
        pace.note(monotonicNanoseconds() &- begun, expected: hitCost(ofBytes: min(count, limit)))
    }

    private func answer(_ entry: Entry) -> Lookup {
        var entry = entry
        let now = now()
        if let expires = entry.header.expires {
            if expires <= now {
                evict(entry.header.digest)
                return .miss(.expired)
            }
            if entry.header.created > now + Self.clockTolerance, expires > entry.header.created {
                // The clock was ahead when it was made: its time begins now, once.
                entry.header.expires = now + (expires - entry.header.created)
                entry.header.created = now
                put(entry)
            }
        }
        words?.noteHit(entry.header.digest)
        return .hit(entry)
    }

    /// Seconds that clocks of machines which share a directory may differ.
    private static let clockTolerance: Int64 = 300

    /// Reads the front of one entry; its payload is neither read nor checked.
    public func peek(_ digest: Digest) -> EntryHeader? {
        guard case .found(let header) = find(digest, { readHeader($0, digest) }) else { return nil }
        if let expires = header.expires, expires <= now() { return nil }
        return header
    }

    /// Appends to a segment, or writes a file and renames it, making room first where that is needed. On a full disk it
    /// makes room, tries once more, and then rests for half a minute.
    @discardableResult
    public func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        let rest = max(restUntil.load(ordering: .relaxed), lockedUntil.load(ordering: .relaxed))
        guard directory.isWritten, rest <= now() else { return .unavailable }
        guard let (header, payload, dictionary) = EntryFile.bytes(of: entry, using: compression) else { return .tooLarge }
        let count = header.count + payload.count
        let quota = quotas(over: entry.header.partition).map(\.bytes).min() ?? limit
        guard count <= largestEntry, blocks(count) <= quota else { return .tooLarge }

        let draft = Draft(entry: entry.header, header: header, payload: payload, cost: lossCost)
        for attempt in 1...2 {
            let (outcome, evicted) = writer.withLock { writer in
                defer { writer.evicted.removeAll() }
                let outcome = count + Record.frameCount <= sizes.longestRecord ? append(draft, &writer) : writeFile(draft, &writer)
                return (outcome, writer.evicted)
            }
            tell(evicted)
            switch outcome {
            case .kept:
                if let dictionary { compression.assure(dictionary) }
                return .kept
            case .noRoom: return .noRoom
            case .unavailable: return .unavailable
            case .diskFull:
                guard attempt == 1 else { break }
                tell(writer.withLock { makeRoom(onFullDisk: max(2 * count, 64 << 20), &$0) })
            }
        }
        restUntil.store(now() + Self.restAfterFullDisk, ordering: .relaxed)
        return .noRoom
    }

    /// Forgets an entry, for all processes.
    public func evict(_ digest: Digest) {
        known.remove(digest)
        writer.withLock { remove(digest, &$0) }
    }

    /// Tells of every entry that this process lets go to make room.
    public func observeEvictions(_ observer: @escaping @Sendable (EntryHeader) -> Void) {
        self.observer.withLock { $0 = Observer(tell: observer) }
    }

    func tell(_ evicted: [EntryHeader]) {
        guard !evicted.isEmpty, let observer = observer.withLock({ $0 }) else { return }
        for header in evicted { observer.tell(header) }
    }
}

/// An entry on its way to the disk.
struct Draft {
    var entry: EntryHeader
    var header: [UInt8]
    var payload: Blob
    var cost: UInt64

    var count: Int { header.count + payload.count }
}

/// What became of it.
enum Written { case kept, noRoom, unavailable, diskFull }

/// The room of a file system, in bytes.
struct DiskSpace: Sendable {
    var available: Int
    var total: Int

    /// That of the file system a path is on; nil when it does not say.
    init?(path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
        let (available, total) = (Int(status.f_bavail), Int(status.f_blocks))
        self.init(available: available &* Int(status.f_frsize), total: total &* Int(status.f_frsize))
    }

    init(available: Int, total: Int) { (self.available, self.total) = (available, total) }

    /// Bytes left to others: a twentieth of the disk and at least 1 GiB, but no more than a tenth, or a small disk could
    /// not hold a cache at all.
    var reserve: Int { min(max(1 << 30, total / 20), total / 10) }
}
