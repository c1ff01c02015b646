#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierJSON
import AtelierMemo

/// What was asked for and how often, in a file of the cache's folder: what warming and `cache verify --sample` go by.
///
///     let log = RequestLog(in: directory.path)
///     log.note([LoggedRequest(request, paths: paths, use: RequestUse(of: digest, cost: nanoseconds, at: seconds))])
///     for logged in log.requests() { … }
///
/// One line a request (`docs/formats/request-log.md`), each with a checksum of its own: a damaged line is passed over, the
/// others stay. Lines are appended under a shared advisory lock; beyond the limit one process writes the file anew under
/// an exclusive one, equal requests as one line, those worth least left out. The log is a hint: when it cannot be read or
/// written nothing is said and nothing fails. It holds paths, so it is the user's alone (mode 0600) and `clear` removes it.
public struct RequestLog: Sendable {
    /// The file. Another version of the form has another name.
    public let path: String
    /// Bytes beyond which the file is written anew with at most half as many.
    let byteLimit: Int

    /// The log in the folder of a cache. Nothing is opened yet, and the folder need not be there.
    ///
    /// - Parameter byteLimit: Most bytes, give or take what one call adds; 1 MiB is some 2,500 requests.
    public init(in folder: String, byteLimit: Int = 1 << 20) {
        path = folder + "/requests-1"
        self.byteLimit = byteLimit
    }

    /// Appends requests that were answered. Waits at most 20 ms for a process that is writing the file anew.
    public func note(_ requests: [LoggedRequest]) {
        var bytes: [UInt8] = []
        for request in requests {
            let line = RequestLine(request).bytes
            // A line feed in front: what a killed writer left of its line must not spoil this one.
            if line.count <= RequestLine.longest { bytes += [UInt8(ascii: "\n")] + line }
        }
        guard !bytes.isEmpty, let descriptor = open(O_WRONLY | O_APPEND | O_CREAT, locked: LOCK_SH) else { return }
        bytes.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }  // a line that is cut fails its checksum
        var status = stat()
        let isTooLarge = fstat(descriptor, &status) == 0 && Int(status.st_size) > byteLimit
        close(descriptor)
        if isTooLarge { compact(at: requests.reduce(0) { max($0, $1.use.last) }) }
    }

    /// Everything that can be read, equal requests as one, in the order in which they were first asked for.
    public func requests() -> [LoggedRequest] { lines().compactMap(\.logged) }

    /// Removes the log.
    public func clear() { unlink(path) }

    // MARK: - The file

    /// Opens the file under a lock; nil when that cannot be had now.
    private func open(_ flags: Int32, locked lock: Int32) -> Int32? {
        for _ in 0..<20 {
            let descriptor = openat(AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
            guard descriptor >= 0 else { return nil }
            let isLocked = flock(descriptor, lock | LOCK_NB) == 0
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                close(descriptor)
                return nil
            }
            // Without a name it was replaced between opening and locking.
            if isLocked, status.st_nlink > 0 {
                if status.st_mode & 0o077 != 0 { fchmod(descriptor, 0o600) }
                return descriptor
            }
            close(descriptor)
            if !isLocked { usleep(1000) }
        }
        return nil
    }

    private func lines() -> [RequestLine] {
        // No file, no requests; and one far beyond the limit was not written by us.
        guard let file = try? Blob.reading(path: path, limit: max(16 * byteLimit, 1 << 26)) else { return [] }
        // By digest: hashing an array's bytes one by one took a quarter of the reading.
        var places: [Digest: Int] = [:], lines: [RequestLine] = []
        for bytes in file.bytes.split(separator: UInt8(ascii: "\n")) {
            guard let line = RequestLine(bytes) else { continue }
            let identity = line.request.withUnsafeBytes { Digest(hashing: $0) }
            if let place = places[identity] {
                lines[place].use = lines[place].use.merged(with: line.use)
            } else {
                places[identity] = lines.count
                lines.append(line)
            }
        }
        return lines
    }

    /// Writes the file anew: the requests worth most, in at most half the limit. Whoever finds another at it leaves it to them.
    private func compact(at now: Int64) {
        guard let lock = open(O_RDONLY, locked: LOCK_EX) else { return }
        defer { close(lock) }
        let lines = lines()
        let worth = lines.map { $0.use.frequency(at: now) * Double($0.use.cost) }
        // The order is that of the file, so that the younger of two of one worth stays.
        var kept: [(place: Int, bytes: [UInt8])] = [], count = 0
        for place in lines.indices.sorted(by: { (worth[$0], $0) > (worth[$1], $1) }) {
            kept.append((place, lines[place].bytes))
            count += kept[kept.count - 1].bytes.count + 1
            if count > byteLimit / 2 { break }
        }
        if count > byteLimit / 2 { kept.removeLast() }
        // Only the holder of the exclusive lock has this name, so that a leftover is a dead process's.
        let replacement = path + ".new"
        let descriptor = openat(AT_FDCWD, replacement, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for (_, line) in kept.sorted(by: { $0.place < $1.place }) {
            bytes.append(UInt8(ascii: "\n"))
            bytes += line
        }
        do {
            try Blob(bytes).write(to: descriptor)
            rename(replacement, path)
        } catch {
            unlink(replacement)  // a full disk: the log stays as it is, too long
        }
    }
}

/// One line: a checksum of the rest, the numbers, and the request as JSON, with spaces between them.
private struct RequestLine {
    var use: RequestUse
    /// The JSON, which only who needs the request parses.
    let request: ArraySlice<UInt8>

    /// A request of so many sources that its line is longer is not noted.
    static let longest = 1 << 16

    init(_ logged: LoggedRequest) {
        use = logged.use
        request = logged.request.json(paths: logged.paths).bytes[...]
    }

    /// Nil for a line that is not whole.
    init?(_ bytes: ArraySlice<UInt8>) {
        let fields = bytes.split(separator: UInt8(ascii: " "), maxSplits: 6, omittingEmptySubsequences: false)
        guard bytes.count <= Self.longest, fields.count == 7, fields[0].elementsEqual(Self.sum(of: bytes[fields[1].startIndex...])) else {
            return nil
        }
        func text(_ field: Int) -> String { String(decoding: fields[field], as: UTF8.self) }
        guard let last = Int64(text(1)), let count = Int(text(2)), let weight = Double(text(3)), let cost = UInt64(text(4)),
            let output = Digest(text(5)), count > 0, weight.isFinite, weight > 0
        else { return nil }
        use = RequestUse(of: output, cost: cost, at: last)
        (use.count, use.weight) = (count, weight)
        request = fields[6]
    }

    var bytes: [UInt8] {
        let rest = Array("\(use.last) \(use.count) \(use.weight) \(use.cost) \(use.output) ".utf8) + request
        return Self.sum(of: rest[...]) + [UInt8(ascii: " ")] + rest
    }

    /// Nil for a request that cannot be made by this version.
    var logged: LoggedRequest? {
        // Its checksum is right, so an older or a newer version wrote what does not parse.
        guard let json = try? JSON(parsing: Array(request)), let (request, paths) = Request.reading(json) else { return nil }
        return LoggedRequest(request, paths: paths, use: use)
    }

    /// The first 16 digits of the BLAKE3 of some bytes.
    private static func sum(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes.withUnsafeBytes { Digest(hashing: $0) }.description.utf8.prefix(16))
    }
}
