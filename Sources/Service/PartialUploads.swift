import AtelierMemo
import AtelierScheduling

/// Which part of a file a body is (`Content-Range`, RFC 9110, section 14.4).
struct ContentRange: Hashable, Sendable {
    /// Nil for the question how much is here: `bytes */5000`.
    var part: Range<Int>?
    var total: Int

    /// Nil for what is no such field.
    init?(_ field: String) {
        guard field.hasPrefix("bytes ") else { return nil }
        let halves = field.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let total = Int(halves[1]), total > 0 else { return nil }
        self.total = total
        guard halves[0] != "*" else { return }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 0, first <= last, last < total else { return nil }
        part = first..<last + 1
    }
}

/// Files that come in parts, by who sends them and what they are to be. What has come stays for ten minutes when a connection breaks, and not
/// over a restart.
final class PartialUploads: Sendable {
    struct Name: Hashable, Sendable {
        var owner: JobOwner
        var digest: Digest
    }

    private struct Entry: Sendable {
        let upload: Upload, total: Int
        /// Whether a part is on its way.
        var isTaken: Bool
        /// Monotonic nanoseconds.
        var used: UInt64
    }

    private let entries = Lock<[Name: Entry]>([:])
    private let clock: @Sendable () -> UInt64

    /// Most files at a time, each of which has a file open, and nanoseconds that they wait for their next part.
    private static let most = 64, patience: UInt64 = 600_000_000_000

    init(clock: @escaping @Sendable () -> UInt64) { self.clock = clock }

    /// How many bytes of a file have come.
    func received(_ name: Name) throws(Problem) -> Int {
        guard let entry = entries.withLock({ $0[name] }) else { return 0 }
        guard !entry.isTaken else { throw Self.busy }
        return entry.upload.byteCount
    }

    /// The next part of a file, of which nobody else sends one; `begin` is asked for the first.
    func next(
        _ name: Name, _ range: Range<Int>, of total: Int, begin: () throws -> Upload
    ) throws -> UploadPart {
        let now = clock()
        let known = try entries.withLock { entries throws(Problem) -> Upload? in
            guard let entry = entries[name] else { return nil }
            guard !entry.isTaken else { throw Self.busy }
            let here = entry.upload.byteCount
            guard entry.total == total, here == range.lowerBound else {
                throw Problem(
                    409, "other-part", "\(here) of \(entry.total) bytes of this file are here",
                    hint: "go on with the part that begins at byte \(here)", limit: here)
            }
            (entries[name]!.isTaken, entries[name]!.used) = (true, now)
            return entry.upload
        }
        if let known { return UploadPart(known, until: range.upperBound) { [weak self] in self?.letGo(name) } }
        guard range.lowerBound == 0 else {
            throw Problem(409, "other-part", "nothing of this file is here", hint: "begin with the part at byte 0", limit: 0)
        }
        let upload = try begin()
        try entries.withLock { entries throws(Problem) in
            guard entries[name] == nil else { throw Self.busy }
            guard entries.count < Self.most else {
                throw Problem(507, "storage-full", "\(Self.most) files come in parts already", retryAfter: 60)
            }
            entries[name] = Entry(upload: upload, total: total, isTaken: true, used: now)
        }
        return UploadPart(upload, until: range.upperBound) { [weak self] in self?.letGo(name) }
    }

    /// A file is whole, or cannot be.
    func end(_ name: Name) { entries.withLock { $0[name] = nil } }

    /// Lets go of files whose next part does not come.
    func sweep() {
        let now = clock()
        // Their files go when the lock is free.
        let over = entries.withLock { entries in
            let over = entries.filter { !$0.value.isTaken && now > $0.value.used &+ Self.patience }
            for name in over.keys { entries[name] = nil }
            return over
        }
        _ = over
    }

    private func letGo(_ name: Name) {
        let now = clock()
        entries.withLock { entries in
            guard entries[name] != nil else { return }
            (entries[name]!.isTaken, entries[name]!.used) = (false, now)
        }
    }

    private static let busy = Problem(
        409, "part-under-way", "a part of this file is on its way", hint: "wait for its answer, or until its connection has ended",
        retryAfter: 1)
}

/// A part of a file on its way. While it lives nobody else sends one, unless it says that it has ended.
final class UploadPart: BodyTaker {
    let upload: Upload
    private let end: Int
    private let letGo: Lock<(@Sendable () -> Void)?>

    fileprivate init(_ upload: Upload, until end: Int, letGo: @escaping @Sendable () -> Void) {
        self.upload = upload
        self.end = end
        self.letGo = Lock(letGo)
    }

    deinit { hasEnded() }

    func take(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard upload.byteCount + bytes.count <= end else {
            throw Problem(400, "bad-range", "the body is longer than its Content-Range says", limit: end)
        }
        try upload.take(bytes)
    }

    /// All of it has come.
    func hasEnded() { letGo.withLock { $0.take() }?() }
}
