import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Bodies on disk, each under the digest of its bytes, until no job names them and their time is over.
///
///     let upload = try folder.begin(limit: 64 << 20)
///     … upload takes the body …
///     let source = try upload.finish()
///
/// Hashed while they are written: 32 KiB of memory for each, however long. What is there when the folder is opened counts again.
final class UploadFolder: Sendable {
    /// Bytes that came.
    struct Source: Hashable, Sendable {
        var digest: Digest
        var byteCount: Int
    }

    /// Why a body could not be kept.
    enum Failure: Error, CustomStringConvertible {
        case full(limit: Int)
        case busy(limit: Int)
        case system(path: String, doing: String, code: Int32)

        var description: String {
            switch self {
            case .full(let limit): "uploads take \(limit) bytes already, and all of them are in use"
            case .busy(let limit): "\(limit) bodies are on their way already"
            case .system(let path, let doing, let code): "\(path): \(doing) failed: \(String(cString: strerror(code)))"
            }
        }
    }

    private struct Entry {
        var byteCount: Int
        /// Jobs that name it.
        var pins = 0
        /// When it was last named, in seconds since 1970.
        var used: Int64
    }

    private struct State {
        var entries: [Digest: Entry] = [:]
        /// Of all that is there or on its way.
        var byteCount = 0
        var next = 0
        /// How many are on their way.
        var underWay = 0
    }

    let path: String
    private let capacity: Int, mostUnderWay: Int, keepSeconds: Int64
    private let now: @Sendable () -> Int64
    private let state = Lock(State())

    /// - Parameters:
    ///   - path: Made with its parents where it is missing.
    ///   - capacity: Most bytes.
    ///   - mostUnderWay: Most bodies on their way at once; each has a file open.
    ///   - keepSeconds: How long a body stays that no job names.
    init(
        path: String, capacity: Int, mostUnderWay: Int = .max, keepSeconds: Int64 = 24 * 3600, now: @escaping @Sendable () -> Int64
    ) throws(Failure) {
        self.path = path
        self.capacity = capacity
        self.mostUnderWay = mostUnderWay
        self.keepSeconds = keepSeconds
        self.now = now
        for folder in [path, "\(path)/incoming"] {
            guard makeFolders(folder) else { throw .system(path: folder, doing: "making the folder", code: errno) }
        }
        // What was on its way when the last service ended is nobody's.
        for name in names(in: "\(path)/incoming") { unlink("\(path)/incoming/\(name)") }
        var entries: [Digest: Entry] = [:]
        for folder in names(in: path) where folder.utf8.count == 2 {
            for name in names(in: "\(path)/\(folder)") {
                var status = stat()
                guard let digest = Digest(name), stat("\(path)/\(folder)/\(name)", &status) == 0 else { continue }
                entries[digest] = Entry(byteCount: Int(status.st_size), used: Int64(status.st_mtim.tv_sec))
            }
        }
        state.withLock { state in
            state.byteCount = entries.values.reduce(0) { $0 + $1.byteCount }
            state.entries = entries
        }
    }

    /// Where a body lies; nil when it is not here.
    func file(of digest: Digest) -> String? {
        state.withLock { $0.entries[digest] != nil } ? place(of: digest) : nil
    }

    /// Bytes of a body; nil when it is not here.
    func byteCount(of digest: Digest) -> Int? { state.withLock { $0.entries[digest]?.byteCount } }

    /// A body that will come, of at most so many bytes.
    func begin(limit: Int) throws(Failure) -> Upload {
        let number = state.withLock { state -> Int? in
            guard state.underWay < mostUnderWay else { return nil }
            state.next += 1
            state.underWay += 1
            return state.next
        }
        guard let number else { throw .busy(limit: mostUnderWay) }
        do { return try Upload("\(path)/incoming/\(number)", limit: limit, in: self) } catch {
            ended()
            throw error
        }
    }

    /// A body is no longer on its way.
    fileprivate func ended() { state.withLock { $0.underWay -= 1 } }

    /// A job names these, or one job less does. Whether all are there.
    @discardableResult
    func pin(_ digests: [Digest], by change: Int = 1) -> Bool {
        let now = now()
        return state.withLock { state in
            guard digests.allSatisfy({ state.entries[$0] != nil }) else { return false }
            for digest in digests {
                state.entries[digest]!.pins = max(0, state.entries[digest]!.pins + change)
                state.entries[digest]!.used = now
            }
            return true
        }
    }

    /// Removes what no job names and nobody has named for long.
    func sweep() {
        let last = now() - keepSeconds
        remove { $0.used <= last }
    }

    /// Counts bytes that are on their way; what nobody names goes for them, the oldest first.
    fileprivate func reserve(_ count: Int) throws(Failure) {
        let isThere = state.withLock { state in
            state.byteCount += count
            return state.byteCount <= capacity
        }
        if isThere { return }
        let oldest = state.withLock { state in
            state.entries.values.filter { $0.pins == 0 }.map(\.used).sorted()
        }
        for moment in oldest {
            remove { $0.used <= moment }
            if state.withLock({ $0.byteCount <= capacity }) { return }
        }
        state.withLock { $0.byteCount -= count }
        throw .full(limit: capacity)
    }

    fileprivate func release(_ count: Int) { state.withLock { $0.byteCount -= count } }

    /// A body has come whole. The same bytes twice are kept once.
    fileprivate func keep(_ source: Source, from temporary: String) throws(Failure) {
        let target = place(of: source.digest), now = now()
        guard mkdir(String(target.prefix(path.utf8.count + 3)), 0o700) == 0 || errno == EEXIST, rename(temporary, target) == 0 else {
            throw .system(path: target, doing: "keeping the upload", code: errno)
        }
        state.withLock { state in
            if let known = state.entries[source.digest] {
                state.byteCount -= known.byteCount
                state.entries[source.digest]!.used = now
            } else {
                state.entries[source.digest] = Entry(byteCount: source.byteCount, used: now)
            }
        }
    }

    private func remove(_ isOver: (Entry) -> Bool) {
        // A file goes while nobody can name it.
        state.withLock { state in
            for (digest, entry) in state.entries where entry.pins == 0 && isOver(entry) {
                unlink(place(of: digest))
                state.entries[digest] = nil
                state.byteCount -= entry.byteCount
            }
        }
    }

    private func place(of digest: Digest) -> String { "\(path)/\(digest.description.prefix(2))/\(digest)" }
}

/// A body on its way into the folder. One thread at a time gives it bytes.
final class Upload: BodyTaker {
    private struct State: ~Copyable {
        var hasher = DigestHasher()
        var byteCount = 0
        var descriptor: Int32
        /// Known when the body is whole.
        var digest: Digest?
    }

    private let folder: UploadFolder, temporary: String, limit: Int
    /// Used by whoever gives it bytes, then by whoever finishes it.
    private nonisolated(unsafe) var state: State

    fileprivate init(_ temporary: String, limit: Int, in folder: UploadFolder) throws(UploadFolder.Failure) {
        (self.folder, self.temporary, self.limit) = (folder, temporary, limit)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path: temporary, doing: "beginning an upload", code: errno) }
        state = State(descriptor: descriptor)
    }

    deinit {
        guard state.descriptor >= 0 else { return }
        close(state.descriptor)
        unlink(temporary)
        folder.release(state.byteCount)
        folder.ended()
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard state.byteCount + bytes.count <= limit else { throw tooLarge(limit: limit) }
        do throws(UploadFolder.Failure) {
            try folder.reserve(bytes.count)
            state.byteCount += bytes.count
            state.hasher.update(bytes, threads: 1)
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(state.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw .system(path: temporary, doing: "writing an upload", code: errno) }
                rest = rest.dropFirst(count)
            }
        } catch {
            throw Problem(507, "storage-full", "\(error)", retryAfter: 60)
        }
    }

    /// Bytes so far.
    var byteCount: Int { state.byteCount }

    /// Of the whole body.
    var digest: Digest {
        if let digest = state.digest { return digest }
        let digest = state.hasher.finalize()
        state.digest = digest
        return digest
    }

    /// The body is whole and in the folder.
    func finish() throws(UploadFolder.Failure) -> UploadFolder.Source {
        let source = UploadFolder.Source(digest: digest, byteCount: state.byteCount)
        try folder.keep(source, from: temporary)
        close(state.descriptor)
        state.descriptor = -1
        folder.ended()
        return source
    }
}

/// A body has more bytes than allowed.
func tooLarge(limit: Int) -> Problem {
    Problem(413, "body-too-large", "the body has more than \(limit) bytes", hint: "send a smaller file", limit: limit)
}

/// Makes a folder with its parents, for its owner alone; whether it is there.
func makeFolders(_ path: String) -> Bool {
    var place = path.startIndex
    while place < path.endIndex {
        place = path[path.index(after: place)...].firstIndex(of: "/") ?? path.endIndex
        guard mkdir(String(path[..<place]), 0o700) == 0 || errno == EEXIST else { return false }
    }
    return true
}

/// Names in a folder, without those that begin with a dot; none when it cannot be read.
func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}

/// The first bytes of a file, by which it is known what it is.
func beginning(of path: String) throws(UploadFolder.Failure) -> Blob {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: path, doing: "opening", code: errno) }
    defer { close(descriptor) }
    let most = 64 << 10
    return Blob([UInt8](unsafeUninitializedCapacity: most) { buffer, count in count = max(0, read(descriptor, buffer.baseAddress, most)) })
}
