import AtelierScheduling
import CAtelierSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// The index is opened when it is first needed, made anew when it is missing or damaged, and left for another one when
// that has taken its name. Making it reads the headers of all segments and files.

extension DiskStore {
    private var indexPath: String { directory.path + "/index" }

    /// Whether the name of the index still stands for the one that is open.
    func isCurrent(_ index: DiskIndex) -> Bool { index.identity.node == 0 || FileIdentity(path: indexPath) == index.identity }

    var hasSegments: Bool { !CacheDirectory.names(in: directory.path + "/segments").isEmpty }

    /// Opens the index; nil when there is none and none can be made.
    func openIndex(mode: DiskIndex.Mode) -> DiskIndex? {
        let existing = FileIdentity(path: indexPath)
        if existing == nil {
            // A reader of a new directory need not make anything.
            if mode == .reading, !hasSegments { return nil }
        } else {
            do {
                return try DiskIndex(path: indexPath, mode: .changing)
            } catch {
                guard error.isDamage else { return openReadOnly() }
            }
        }
        guard directory.isWritten else { return openReadOnly() }
        return rebuildIndex(instead: existing)
    }

    // On a medium without write access: with the log where that can be read, else the file alone, else from headers.
    private func openReadOnly() -> DiskIndex? {
        for mode in [DiskIndex.Mode.reading, .frozen] {
            // Each failure leads to the next way.
            if let index = try? DiskIndex(path: indexPath, mode: mode) { return index }
        }
        guard !directory.isWritten else { return nil }
        do {
            let index = try DiskIndex(path: ":memory:", mode: .new)
            try fill(index)
            return index
        } catch {
            return nil  // what cannot be read is no cache
        }
    }

    /// Runs `body` in a transaction on the current index. A damaged one is made anew, and `body` runs once more.
    @discardableResult
    func change<Result>(_ writer: inout Writer, _ body: (DiskIndex, inout DiskIndex.State) throws -> Result) throws -> Result {
        for attempt in 1...2 {
            if let index = writer.index, !isCurrent(index) { writer.index = nil }
            if writer.index == nil { writer.index = openIndex(mode: .changing) }
            guard let index = writer.index else { throw Refusal.unavailable }
            do {
                let (result, state) = try index.transaction { state in
                    try settleIntent(index, &state)
                    return try body(index, &state)
                }
                writer.dead += state.dead
                writer.evicted += state.evicted
                return result
            } catch let failure as DiskIndex.Failure where failure.isDamage && attempt == 1 {
                writer.index = nil
                rebuildIndex(instead: index.identity)
            } catch let failure as DiskIndex.Failure where failure.isBusy {
                lockedUntil.store(now() + Self.restAfterLockedIndex, ordering: .relaxed)
                throw failure
            }
        }
        throw Refusal.unavailable
    }

    /// Writes what is pending and runs `body` in a transaction; nil when that cannot be done now. For changes that nothing
    /// rests on: what stays is met again, and is an answer as long as it proves itself.
    @discardableResult
    func attempt<Result>(_ writer: inout Writer, _ body: (DiskIndex, inout DiskIndex.State) throws -> Result) -> Result? {
        guard lockedUntil.load(ordering: .relaxed) <= now() else { return nil }
        do {
            try flush(&writer)
            return try change(&writer, body)
        } catch {
            return nil
        }
    }

    // MARK: Making it anew

    /// Makes the index anew, unless another process has done so since `damaged` was opened. Nil when it cannot be made.
    @discardableResult
    func rebuildIndex(instead damaged: FileIdentity?) -> DiskIndex? {
        guard directory.isWritten, let lock = DirectoryLock(path: directory.path + "/lock") else { return nil }
        defer { withExtendedLifetime(lock) {} }
        if let present = FileIdentity(path: indexPath), present != damaged {
            return try? DiskIndex(path: indexPath, mode: .changing)  // made by another process a moment ago
        }
        // Kept for a look, in place of the one before.
        mkdir(directory.path + "/quarantine", 0o700)
        for suffix in ["", "-wal", "-shm"] { rename(indexPath + suffix, directory.path + "/quarantine/index" + suffix) }
        let fresh = indexPath + ".new"
        for suffix in ["", "-wal", "-shm"] { unlink(fresh + suffix) }
        defer { for suffix in ["-wal", "-shm"] { unlink(fresh + suffix) } }
        do {
            let index = try DiskIndex(path: fresh, mode: .new)
            try fill(index)
            try index.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        } catch {
            unlink(fresh)
            return nil
        }
        guard rename(fresh, indexPath) == 0 else { return nil }
        return try? DiskIndex(path: indexPath, mode: .changing)  // nil is the answer
    }

    // Everything there is, from its own headers.
    private func fill(_ index: DiskIndex) throws {
        try index.transaction { state in
            for name in CacheDirectory.names(in: directory.path + "/segments") {
                guard let number = segmentNumber(name) else { continue }
                state.segment = max(state.segment, number + 1)
                try take(number, index, &state)
            }
            for file in objectFiles() {
                guard case .value(let header) = readHeader(.file, file.digest) else { continue }
                try adopt(file, header, index, &state)
            }
        }
    }

    // A segment that has no row: all were lost, or a process was killed between making it and its commit. What it holds
    // is right, wherever it comes from.
    private func take(_ number: Int, _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        let path = path(ofSegment: number)
        do {
            let segment = try Segment.open(path, number: number)
            var row = SegmentRow(number: number, extent: segment.allocated ?? 0, indexed: Segment.headCount)
            state.bytes += row.extent
            try index.write(row)
            _ = try indexTail(of: segment, &row, index, &state)
        } catch Segment.Problem.damaged where directory.isWritten {
            setAside(path, as: "\(number).seg", because: "it is no segment")
        } catch is Segment.Problem {
            return  // not to be had now
        }
    }

    /// Counts a file that has no row.
    func adopt(_ file: ObjectFile, _ header: EntryHeader, _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        var row = IndexRow(digest: file.digest, segment: 0, size: file.size, cost: header.worth, expires: header.expires)
        row.partition = try index.partition(header.partition)
        _ = try index.insert(row, &state)
        state.bytes += row.weight
    }

    /// Number in the name of a segment; nil for other files.
    func segmentNumber(_ name: String) -> Int? {
        guard name.hasSuffix(".seg"), let number = Int(name.dropLast(4)), number > 0, "\(number).seg" == name else { return nil }
        return number
    }

    /// A file under `objects`.
    struct ObjectFile {
        var digest: Digest
        var size: Int
    }

    /// Files of entries, in no order. Files with other names than ours are left out.
    func objectFiles() -> [ObjectFile] {
        var found: [ObjectFile] = []
        for folder in CacheDirectory.names(in: directory.path + "/objects") where folder.utf8.count == 2 {
            for name in CacheDirectory.names(in: "\(directory.path)/objects/\(folder)") {
                guard let digest = Digest(name), name.hasPrefix(folder), let size = fileSize(of: digest) else { continue }
                found.append(ObjectFile(digest: digest, size: size))
            }
        }
        return found
    }

    /// Bytes of an entry's own file; nil when there is none.
    func fileSize(of digest: Digest) -> Int? {
        var status = stat()
        guard lstat(path(of: digest), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    // MARK: After a kill

    /// Finishes what a killed process had begun with names, when it declared that and did not come to its commit.
    private func settleIntent(_ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        guard let intent = words?.intent, intent.operation == state.operations + 1 else { return }
        for digest in intent.digests { try settle(digest, index, &state) }
        state.operations += 1
    }

    /// Makes row and file of a digest agree.
    func settle(_ digest: Digest, _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        let row = try index.row(of: digest)
        guard let size = fileSize(of: digest) else {
            guard let row, row.isFile else { return }
            try index.remove(row, &state)
            state.bytes -= row.weight
            return
        }
        if let row, row.isFile {
            if row.size == size { return }
            try index.remove(row, &state)
            state.bytes -= row.weight
        } else if row != nil {
            unlink(path(of: digest))
            return
        }
        if case .value(let header) = readHeader(.file, digest) {
            try adopt(ObjectFile(digest: digest, size: size), header, index, &state)
        } else {
            unlink(path(of: digest))
        }
    }

    /// Once in the life of a process that writes: what dead ones left in `tmp`, reservations of theirs, segments
    /// without a row and rows without a segment.
    func sweep(_ writer: inout Writer) throws {
        if writer.hasSwept { return }
        try sweepNow(&writer)
        writer.hasSwept = true
    }

    func sweepNow(_ writer: inout Writer) throws {
        directory.removeLeftovers()
        let own = writer.segment?.number
        try change(&writer) { index, state in
            for reservation in try index.reservations() where directory.removeLeftover(reservation.name) {
                try index.release(reservation.name, &state)
            }
            var rows: [Int: SegmentRow] = [:]
            for phase in [SegmentRow.Phase.open, .sealed, .doomed] { for row in try index.segments(phase) { rows[row.number] = row } }
            for name in CacheDirectory.names(in: directory.path + "/segments") {
                guard let number = segmentNumber(name), rows.removeValue(forKey: number) == nil else { continue }
                state.segment = max(state.segment, number + 1)
                if number != own { try take(number, index, &state) }
            }
            for row in rows.values { try forget(row, index, &state) }
        }
        removeDoomed(&writer)
    }

    // A segment whose file is gone.
    func forget(_ segment: SegmentRow, _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        for row in try index.rows("WHERE segment = ?", [Int64(segment.number)]) { try index.remove(row, &state) }
        try index.remove(segment: segment.number)
        state.bytes -= segment.extent
    }

    /// Takes out a row whose place holds nothing.
    func confirm(_ digest: Digest, at place: Place, _ writer: inout Writer) {
        guard directory.isWritten else { return }
        attempt(&writer) { index, state in
            guard let row = try index.row(of: digest), Place(row) == place else { return }
            if row.isFile { return try settle(digest, index, &state) }
            guard case .gone = readHeader(place, digest) else { return }
            try removeRow(row, index, &state)
        }
        finish(&writer, flushing: false)
    }
}

/// An advisory lock on a file, which the system drops with the process. Waited for up to five seconds: whoever holds it
/// longer has been stopped.
final class DirectoryLock {
    private let descriptor: Int32

    init?(path: String) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        for _ in 0..<1000 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
            usleep(5_000)
        }
        return nil
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
