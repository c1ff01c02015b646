#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// How the limit is kept without an index. The file `usage` holds the bytes found by the last count, and one more byte
// for every block of 4 KiB written since, by whichever process: appending is atomic and its length is the sum. When the
// two together exceed the limit, the process that noticed takes the lock, walks all entries, and deletes those used
// longest ago until a tenth of the limit is free. So entries are walked once per tenth of the limit written, and the
// limit holds at every instant but for what other processes write during the walk. A `usage` that makes no sense leads
// to a count.

extension DiskStore {
    static let block = 4096

    // Bytes the disk gives to a file: whole blocks.
    static func weight(_ count: Int) -> Int { (count + block - 1) / block * block }

    private var usagePath: String { directory.path + "/usage" }

    /// Notes that a file of `count` bytes is about to appear, and makes room when it might not fit.
    func account(for count: Int) {
        let weight = Self.weight(count)
        let descriptor = open(usagePath, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            trim(keepingFree: weight)
            return
        }
        let marks = [UInt8](repeating: 0, count: weight / Self.block)
        _ = write(descriptor, marks, marks.count)  // on a full disk the entry itself did not fit either
        let usage = Usage(reading: descriptor)
        close(descriptor)
        if let usage, usage.total <= limit { return }
        trim(keepingFree: weight)
    }

    /// Counts all entries and deletes those used longest ago, until a tenth of the limit and `keepingFree` bytes (a file
    /// about to appear) are free; on a full disk, until twice `freeing` bytes and a tenth of what there is are gone.
    /// Does nothing while another process is at it.
    func trim(keepingFree: Int = 0, freeing: Int = 0) {
        let lock = open(directory.path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { return }
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { return }

        directory.removeLeftovers()
        let before = appended()
        var entries = scan()
        var total = entries.reduce(0) { $0 + $1.weight }
        var target = limit - max(limit / 10, keepingFree)
        // Above the mark by little: not worth another walk soon.
        let mark = limit - max(limit / 20, keepingFree)
        if freeing > 0 { target = min(target, total - max(2 * Self.weight(freeing), total / 10)) }
        if total > (freeing > 0 ? target : mark) {
            entries.sort { ($0.used, $0.digest) < ($1.used, $1.digest) }
            for entry in entries where total > target {
                if unlink(path(of: entry.digest)) == 0 || errno == ENOENT { total -= entry.weight }
            }
        }
        // What others wrote during the walk may have been missed by it, and the file to come is not there yet.
        let usage = Usage(counted: total, marks: max(0, appended() - before) + keepingFree / Self.block)
        try? directory.write([Blob(usage.bytes)], to: usagePath)  // without it the next put counts again
    }

    private func appended() -> Int {
        var status = stat()
        return lstat(usagePath, &status) == 0 ? Int(status.st_size) : 0
    }

    /// An entry as the file system knows it.
    struct Found {
        var digest: Digest
        var weight: Int
        /// Nanoseconds since 1970 of the last noted use.
        var used: Int64
    }

    /// All entries, in no order. Files with other names than ours are left out.
    func scan() -> [Found] {
        var found: [Found] = []
        for folder in CacheDirectory.names(in: directory.path + "/objects") where folder.utf8.count == 2 {
            for name in CacheDirectory.names(in: "\(directory.path)/objects/\(folder)") {
                guard let digest = Digest(name), name.hasPrefix(folder) else { continue }
                var status = stat()
                guard lstat("\(directory.path)/objects/\(folder)/\(name)", &status) == 0 else { continue }
                let used = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
                found.append(Found(digest: digest, weight: Self.weight(Int(status.st_size)), used: used))
            }
        }
        return found
    }
}

/// What `usage` says.
private struct Usage {
    /// Bytes found by the last count.
    var counted: Int
    /// Blocks written since.
    var marks: Int

    /// At most this many bytes are there now.
    var total: Int { counted + marks * DiskStore.block }

    private static let headCount = 24

    init(counted: Int, marks: Int) {
        self.counted = counted
        self.marks = marks
    }

    /// Nil when the file was not written by us.
    init?(reading descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int(status.st_size) >= Self.headCount else { return nil }
        let head = [UInt8](unsafeUninitializedCapacity: Self.headCount) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, Self.headCount, 0))
        }
        guard head.count == Self.headCount else { return nil }
        let counted = head[8...].withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
        guard counted >= 0, head == Self.head(counted) else { return nil }
        self.init(counted: Int(counted), marks: Int(status.st_size) - Self.headCount)
    }

    var bytes: [UInt8] { Self.head(Int64(counted)) + [UInt8](repeating: 0, count: marks) }

    // A name, the count, and the checksum of both.
    private static func head(_ counted: Int64) -> [UInt8] {
        var head = Array("ATLUSAGE".utf8)
        withUnsafeBytes(of: counted.littleEndian) { head += $0 }
        let sum = head.withUnsafeBytes(xxh3)
        withUnsafeBytes(of: sum.littleEndian) { head += $0 }
        return head
    }
}
