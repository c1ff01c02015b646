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
        /// Number of the part that is on its way.
        var part: Int?
        /// Monotonic nanoseconds.
        var used: UInt64
    }

    private struct State: Sendable {
        var entries: [Name: Entry] = [:]
        var parts = 0
    }

    private let state = Lock(State())
    private let clock: @Sendable () -> UInt64

    /// Most files at a time, each of which has a file open, and nanoseconds that they wait for their next part.
    private static let most = 64, patience: UInt64 = 600_000_000_000

    init(clock: @escaping @Sendable () -> UInt64) { self.clock = clock }

    /// How many bytes of a file have come.
    func received(_ name: Name) throws(Problem) -> Int {
        try state.withLock { state throws(Problem) in
            guard let entry = state.entries[name] else { return 0 }
            guard entry.part == nil else { throw Self.busy }
            return entry.upload.byteCount
        }
    }

    /// The next part of a file, of which nobody else sends one; `begin` is asked for the first.
    func next(_ name: Name, _ range: Range<Int>, of total: Int, begin: () throws -> Upload) throws -> UploadPart {
        let now = clock(), isNew = range.lowerBound == 0 && state.withLock { $0.entries[name] == nil }
        let first = isNew ? Entry(upload: try begin(), total: total, used: now) : nil
        return try state.withLock { state throws(Problem) in
            let known = state.entries[name]
            guard var entry = known ?? first else {
                throw Problem(409, "other-part", "nothing of this file is here", hint: "begin with the part at byte 0", limit: 0)
            }
            guard entry.part == nil else { throw Self.busy }
            let here = entry.upload.byteCount
            guard entry.total == total, here == range.lowerBound else {
                throw Problem(
                    409, "other-part", "\(here) of \(entry.total) bytes of this file are here",
                    hint: "go on with the part that begins at byte \(here)", limit: here)
            }
            guard known != nil || state.entries.count < Self.most else {
                throw Problem(507, "storage-full", "\(Self.most) files come in parts already", retryAfter: 60)
            }
            state.parts += 1
            (entry.part, entry.used) = (state.parts, now)
            state.entries[name] = entry
            return UploadPart(entry.upload, until: range.upperBound, name, number: state.parts, of: self)
        }
    }

    /// Lets go of files whose next part does not come.
    func sweep() {
        let now = clock()
        // Their files go when the lock is free.
        let over = state.withLock { state in
            let over = state.entries.filter { $0.value.part == nil && now > $0.value.used &+ Self.patience }
            for name in over.keys { state.entries[name] = nil }
            return over
        }
        _ = over
    }

    /// A part is no longer on its way; with it the file goes that is whole or cannot be.
    fileprivate func end(_ name: Name, part number: Int, forgets: Bool) {
        let now = clock()
        let gone: Entry? = state.withLock { state in
            guard let entry = state.entries[name], entry.part == number else { return nil }
            (state.entries[name]!.part, state.entries[name]!.used) = (nil, now)
            if forgets { state.entries[name] = nil }
            return entry
        }
        _ = gone
    }

    private static let busy = Problem(
        409, "part-under-way", "a part of this file is on its way", hint: "wait for its answer, or until its connection has ended",
        retryAfter: 1)
}

/// A part of a file on its way. While it lives nobody else sends one, unless it says that it has ended.
final class UploadPart: BodyTaker {
    let upload: Upload
    private let end: Int, name: PartialUploads.Name, number: Int, uploads: PartialUploads

    fileprivate init(_ upload: Upload, until end: Int, _ name: PartialUploads.Name, number: Int, of uploads: PartialUploads) {
        (self.upload, self.end) = (upload, end)
        (self.name, self.number, self.uploads) = (name, number, uploads)
    }

    deinit { hasEnded() }

    func take(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard upload.byteCount + bytes.count <= end else {
            throw Problem(400, "bad-range", "the body is longer than its Content-Range says", limit: end)
        }
        do throws(Problem) { try upload.take(bytes) } catch {
            // What was counted may not be on disk.
            hasEnded(forgets: true)
            throw error
        }
    }

    /// Nothing more comes of it. Further calls do nothing.
    ///
    /// - Parameter forgets: Whether the file is whole or cannot be, so that no other part follows.
    func hasEnded(forgets: Bool = false) { uploads.end(name, part: number, forgets: forgets) }
}
