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
/// Pictures of a group are written when those of all groups before it are, where the order matters: in an archive. A killed run leaves
/// a beginning of it, which the journal measures.
final class CollectionOutput: Sendable {
    private struct State: Sendable {
        var entries: [Int: CollectionFolder.Entry]
        var zip: ZIPStream
        /// Groups that wait for those before them, and the next to be written.
        var waiting: [Int: [(number: Int, file: [UInt8])]] = [:]
        var next = 0
        var isWriting = false
        var failure: SystemError?
    }

    private let folder: CollectionFolder
    private let journal: Int32, archive: Int32?
    private let state: Lock<State>

    /// Opens what is written to, and takes up what is there.
    ///
    /// - Parameter entries: What is done already.
    init(_ folder: CollectionFolder, packs: Bool, entries: [Int: CollectionFolder.Entry]) throws {
        self.folder = folder
        var zip = ZIPStream()
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
        if !folder.readJournal().allSatisfy({ entries[$0.key] == $0.value }) || entries.count != folder.readJournal().count {
            try folder.finishJournal(entries)
        }
        journal = open(folder.journalPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard journal >= 0 else { throw SystemError("\(printable(folder.journalPath)): cannot create") }
        state = Lock(State(entries: entries, zip: zip))
    }

    /// Takes the finished pictures of a group; every group up to the last is handed over once.
    func take(_ files: [(number: Int, file: [UInt8])], group: Int) throws(SystemError) {
        guard archive != nil else {
            for (number, file) in files {
                try folder.writePicture(file, number: number)
                try note(number, CollectionFolder.Entry(byteCount: file.count, crc32: ZIPStream.checksum(of: file)))
            }
            return
        }
        state.withLock { $0.waiting[group] = files }
        // One thread writes at a time, what is next in order; who finds another at it leaves.
        while let files = state.withLock({ state -> [(number: Int, file: [UInt8])]? in
            guard !state.isWriting, let files = state.waiting.removeValue(forKey: state.next) else { return nil }
            state.isWriting = true
            return files
        }) {
            defer {
                state.withLock { state in
                    state.next += 1
                    state.isWriting = false
                }
            }
            for (number, file) in files { try append(folder.member(number), file, number) }
        }
    }

    /// Writes a member behind the others; `number` when it is a picture.
    private func append(_ name: String, _ file: [UInt8], _ number: Int?) throws(SystemError) {
        let crc = ZIPStream.checksum(of: file)
        let (header, offset) = state.withLock { state -> ([UInt8], Int) in
            let offset = state.zip.byteCount
            // Names are distinct and files below 4 GiB, by the plan and the limits of pictures.
            guard let header = try? state.zip.header(of: name, storing: file) else { return ([], offset) }
            return (header, offset)
        }
        try writeAll(header + file, to: archive!, called: printable(folder.archivePart))
        if let number { try note(number, CollectionFolder.Entry(byteCount: file.count, crc32: crc, offset: offset)) }
    }

    private func note(_ number: Int, _ entry: CollectionFolder.Entry) throws(SystemError) {
        // One write of one line: lines of threads do not mix (O_APPEND).
        try writeAll(entry.line(number), to: journal, called: printable(folder.journalPath))
        state.withLock { $0.entries[number] = entry }
    }

    /// Closes everything; the archive gets `members` and its directory, and takes its name.
    func finish(members: [(name: String, bytes: [UInt8])]) throws {
        close(journal)
        if let archive {
            for member in members { try append(member.name, member.bytes, nil) }
            try writeAll(state.withLock { $0.zip.end() }, to: archive, called: printable(folder.archivePart))
            close(archive)
            guard rename(folder.archivePart, folder.archive) == 0 else {
                throw SystemError("\(printable(folder.archive)): cannot rename the finished file")
            }
        }
        try folder.finishJournal(state.withLock { $0.entries })
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
