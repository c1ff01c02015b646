import AtelierArchives
import AtelierLayers
import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where finished pictures go: a file each, or an archive that grows; and the journal that says what is done.
///
/// In an archive the order matters: whoever has drawn a group waits until those before it are written, so what waits is bounded by the number of
/// threads. A killed run leaves a beginning of the archive, which the journal measures.
final class CollectionOutput: @unchecked Sendable {
    // Sendable: what changes is behind `entries` or, being the turn of whoever writes the archive, behind `mutex`.
    private let folder: CollectionFolder
    private let journal: Int32, archive: Int32?
    private let entries: Lock<[Int: CollectionFolder.Entry]>
    private var zip = ZIPStream(), next = 0, isStopped = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let turn = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Opens what is written to, and takes up what is there.
    ///
    /// - Parameter entries: What is done already.
    init(_ folder: CollectionFolder, packs: Bool, entries: [Int: CollectionFolder.Entry]) throws {
        self.folder = folder
        self.entries = Lock(entries)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(turn, nil)
        if packs {
            let path = folder.archivePart
            if kind(of: path) == nil, kind(of: folder.archive) != nil { rename(folder.archive, path) }
            let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw SystemError("\(printable(path)): cannot create") }
            for (number, entry) in entries.sorted(by: { $0.value.offset < $1.value.offset }) {
                try zip.resume(folder.member(number), byteCount: entry.byteCount, crc32: entry.crc32)
            }
            guard ftruncate(descriptor, off_t(zip.byteCount)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
                throw SystemError("\(printable(path)): cannot go on")
            }
            archive = descriptor
        } else {
            archive = nil
            try folder.makeFolder(folder.pictures)
        }
        // What is not known as done has no line, so that a line always tells the truth.
        if folder.readJournal() != entries { try folder.finishJournal(entries) }
        journal = open(folder.journalPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard journal >= 0 else { throw SystemError("\(printable(folder.journalPath)): cannot create") }
    }

    deinit {
        pthread_cond_destroy(turn)
        pthread_mutex_destroy(mutex)
        turn.deallocate()
        mutex.deallocate()
    }

    /// Takes the finished pictures of a group; every group up to the last is handed over once, from 0, unless all is stopped.
    func take(_ files: [(number: Int, file: [UInt8])], group: Int) throws {
        guard archive != nil else {
            for (number, file) in files {
                try folder.writePicture(file, number: number)
                try note(number, CollectionFolder.Entry(byteCount: file.count, crc32: ZIPStream.checksum(of: file)))
            }
            return
        }
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(turn)
            pthread_mutex_unlock(mutex)
        }
        while next != group, !isStopped { pthread_cond_wait(turn, mutex) }
        guard !isStopped else { return }
        do {
            for (number, file) in files { try append(folder.member(number), file, number) }
        } catch {
            isStopped = true
            throw error
        }
        next += 1
    }

    /// Nobody waits for a turn any more: a group before theirs will not come.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        pthread_cond_broadcast(turn)
        pthread_mutex_unlock(mutex)
    }

    /// Writes a member behind the others; `number` when it is a picture.
    private func append(_ name: String, _ file: [UInt8], _ number: Int?) throws {
        let offset = zip.byteCount, crc = ZIPStream.checksum(of: file)
        try writeAll(try zip.header(of: name, storing: file) + file, to: archive!, called: printable(folder.archivePart))
        if let number { try note(number, CollectionFolder.Entry(byteCount: file.count, crc32: crc, offset: offset)) }
    }

    private func note(_ number: Int, _ entry: CollectionFolder.Entry) throws(SystemError) {
        // One write of one line: lines of threads do not mix (O_APPEND).
        try writeAll(entry.line(number), to: journal, called: printable(folder.journalPath))
        entries.withLock { $0[number] = entry }
    }

    /// Closes everything; the archive gets `members` and its directory, and takes its name.
    func finish(members: [(name: String, bytes: [UInt8])]) throws {
        close(journal)
        if let archive {
            for member in members { try append(member.name, member.bytes, nil) }
            try writeAll(zip.end(), to: archive, called: printable(folder.archivePart))
            close(archive)
            guard rename(folder.archivePart, folder.archive) == 0 else {
                throw SystemError("\(printable(folder.archive)): cannot rename the finished file")
            }
        }
        try folder.finishJournal(entries.withLock { $0 })
    }

    /// Closes everything as it is, for a run that ends early.
    func abandon() {
        close(journal)
        if let archive { close(archive) }
    }
}

extension CollectionFolder {
    /// The archive, when it is whole and while it grows.
    var archive: String { path + "/collection.zip" }
    var archivePart: String { path + "/.atelier/collection.zip.part" }

    /// The name of a picture in the archive.
    func member(_ number: Int) -> String { "images/\(number).\(suffix)" }

    /// The pictures of the archive that are done: those the journal knows, as far as they lie behind each other in what there is.
    func packed(_ plan: CollectionPlan) -> [Int: Entry] {
        let path = kind(of: archivePart) != nil ? archivePart : archive
        var status = stat()
        guard stat(path, &status) == 0 else { return [:] }
        var end = 0, entries: [Int: Entry] = [:]
        for (number, entry) in readJournal().sorted(by: { $0.value.offset < $1.value.offset }) {
            // Header of 30 bytes and the name, then the picture.
            let next = entry.offset + 30 + member(number).utf8.count + entry.byteCount
            guard entry.offset == end, next <= Int(status.st_size), number >= plan.start, number < plan.start + plan.count else { break }
            entries[number] = entry
            end = next
        }
        return entries
    }
}
