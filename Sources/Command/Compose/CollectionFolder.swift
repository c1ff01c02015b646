import AtelierArchives
import AtelierLayers
import AtelierMemo
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The folder a collection is written to: what it holds, whose it is, and what of it is done.
///
/// Every file appears under its name only when it is whole, so a run may end anywhere. What belongs together is told by two files in
/// `.atelier`: `collection` says what the pictures follow from beside the plan, `plan.json` is the plan itself. An item that is there, and is as
/// large as the journal says where that knows it, counts as done.
struct CollectionFolder {
    /// Its path, without a slash at the end.
    let path: String
    /// What `.atelier/collection` says: everything pictures follow from beside the plan.
    let identity: String
    /// The ending of pictures.
    let suffix: String

    /// Why the folder cannot take the collection.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// An item that is done.
    struct Entry: Hashable {
        var byteCount: Int
        var crc32: UInt32
        /// Where the picture's header lies in the archive.
        var offset = 0
    }

    private var notes: String { path + "/.atelier" }
    var journalPath: String { notes + "/journal" }
    var pictures: String { path + "/images" }
    var metadata: String { path + "/metadata" }
    /// The first items in small.
    var sheet: String { path + "/sheet.png" }

    /// The path of a picture.
    func picture(_ number: Int) -> String { "\(pictures)/\(number).\(suffix)" }

    /// Looks whether the collection may be written here; changes nothing.
    func check(_ plan: CollectionPlan, _ project: Project, mustExist: Bool) throws {
        let known = try? Blob.reading(path: notes + "/collection", limit: 1 << 20)  // a folder that has none is nobody's
        let drawn = [pictures, archive, archivePart].filter { kind(of: $0) != nil }
        guard let known else {
            if mustExist { throw refusal("there is no collection to go on with; leave --resume away to begin") }
            for name in ["images", "metadata", "collection.zip"] where kind(of: path + "/" + name) != nil {
                throw refusal("has \(name) that no collection of this program wrote; choose another folder")
            }
            return
        }
        // A plan alone may be made anew.
        if drawn.isEmpty { return }
        guard String(decoding: known.bytes, as: UTF8.self) == identity else {
            throw refusal(
                "holds another collection (other pictures, seed, options or program); choose another folder, or delete this one yourself")
        }
        let bytes = try Blob.reading(path: notes + "/plan.json", limit: 1 << 32)
        let old: CollectionPlan
        do throws(ProjectError) { old = try CollectionPlan(parsing: Array(bytes.bytes), for: project) } catch {
            throw refusal("holds items that the project no longer has (\(printable(error.description))); choose another folder")
        }
        let shared = min(old.count, plan.count)
        let isSame =
            old.layerCount == plan.layerCount && old.start == plan.start
            && (0..<shared).allSatisfy { old[$0].traits == plan[$0].traits && old[$0].kind == plan[$0].kind }
        guard isSame else { throw refusal("holds items of another plan; choose another folder, or delete this one yourself") }
        // A smaller plan would leave items behind that it does not know.
        guard old.count <= plan.count else {
            throw refusal("holds a plan of \(old.count) items, more than \(plan.count); choose another folder")
        }
    }

    private func refusal(_ reason: String) -> Refusal { Refusal(description: "\(printable(path)): \(reason)") }

    /// Makes the folder this collection's.
    func claim(_ plan: CollectionPlan, _ project: Project) throws {
        removeLeftovers()
        // The plan before what says that there is one.
        try write(plan.fileBytes(for: project), to: notes + "/plan.json")
        try write(Array(identity.utf8), to: notes + "/collection")
    }

    /// Removes what killed runs were about to write beside the pictures; what a living process writes stays.
    private func removeLeftovers() {
        for folder in [path, notes, path + "/metadata"] {
            for name in (try? names(in: folder)) ?? [] where name.hasPrefix(".atelier-") {  // a folder that is not there has none
                let parts = name.split(separator: "-")
                if parts.count == 3, let process = Int32(parts[1]), kill(process, 0) != 0, errno == ESRCH { unlink(folder + "/" + name) }
            }
        }
    }

    /// The items that are done, by number. Files a killed run has left half-written are removed.
    func finished(_ plan: CollectionPlan) throws -> [Int: Entry] {
        let journal = readJournal()
        var finished: [Int: Entry] = [:]
        guard let names = try? names(in: pictures) else { return finished }  // nothing was drawn yet
        for name in names {
            if name.hasPrefix("."), name.hasSuffix(".part") {
                unlink(pictures + "/" + name)
                continue
            }
            guard name.hasSuffix("." + suffix), let number = Int(name.dropLast(suffix.utf8.count + 1)),
                number >= plan.start, number < plan.start + plan.count
            else { continue }
            var status = stat()
            guard stat(pictures + "/" + name, &status) == 0 else { continue }
            if let entry = journal[number] {
                if entry.byteCount == Int(status.st_size) { finished[number] = entry }
            } else if let file = try? Blob.reading(path: pictures + "/" + name, limit: 1 << 31),  // else it is drawn again
                isWhole(file)
            {
                // Renamed, and killed before the journal had it: files are renamed when they are whole.
                finished[number] = Entry(byteCount: file.count, crc32: ZIPStream.checksum(of: Array(file.bytes)))
            }
        }
        return finished
    }

    /// What the journal says, a line each: number, bytes, checksum and offset.
    func readJournal() -> [Int: Entry] {
        guard let journal = try? Blob.reading(path: journalPath, limit: 1 << 32) else { return [:] }  // a run without one knows no items
        var entries: [Int: Entry] = [:]
        for line in journal.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            let fields = line.split(separator: UInt8(ascii: " ")).map { Int(String(decoding: $0, as: UTF8.self)) }
            guard fields.count == 4, let number = fields[0], let count = fields[1], let crc = fields[2], let offset = fields[3] else {
                continue
            }
            entries[number] = Entry(byteCount: count, crc32: UInt32(truncatingIfNeeded: crc), offset: offset)
        }
        return entries
    }

    /// Brings the journal into the order of the numbers, whoever drew what when.
    func finishJournal(_ entries: [Int: Entry]) throws { try write(text(of: entries), to: journalPath) }

    /// Whether the journal says just this, in the order of the numbers.
    func isInOrder(_ entries: [Int: Entry]) -> Bool {
        // A journal that cannot be read is not in order.
        (try? Blob.reading(path: journalPath, limit: 1 << 32)) == Blob(text(of: entries))
    }

    private func text(of entries: [Int: Entry]) -> [UInt8] { entries.sorted { $0.key < $1.key }.flatMap { $1.line($0) } }

    /// Whether a file ends as its format does.
    private func isWhole(_ file: Blob) -> Bool {
        let end: [UInt8] = [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
        return suffix == "png" ? file.bytes.suffix(end.count).elementsEqual(end) : !file.isEmpty
    }

    /// Brings a file to hold bytes, whole or not at all.
    func write(_ bytes: [UInt8], to file: String) throws {
        let result: Result<Void, DeliveryError> = bytes.withUnsafeBytes { bytes in
            do throws(DeliveryError) {
                _ = try deliver(bytes, to: file, force: true)
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Writes a picture, of which there must be no other run.
    func writePicture(_ bytes: [UInt8], number: Int) throws(SystemError) {
        let target = picture(number), temporary = "\(pictures)/.\(number).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError("\(printable(target)): cannot create") }
        do throws(SystemError) {
            defer { close(descriptor) }
            try writeAll(bytes, to: descriptor, called: printable(target))
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, target) == 0 else { throw SystemError("\(printable(target)): cannot rename the finished file") }
    }

    /// Makes a folder, unless it is there.
    func makeFolder(_ folder: String) throws(SystemError) {
        guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw SystemError("\(printable(folder)): cannot make the folder") }
    }

    private func names(in folder: String) throws(SystemError) -> [String] {
        guard let directory = opendir(folder) else { throw SystemError("\(printable(folder)): cannot list") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

extension CollectionFolder.Entry {
    /// A line of the journal.
    func line(_ number: Int) -> [UInt8] { Array("\(number) \(byteCount) \(crc32) \(offset)\n".utf8) }
}
