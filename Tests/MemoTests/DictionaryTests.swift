import AtelierScheduling
import AtelierTesting
import Testing

@testable import AtelierMemo

@Suite("Dictionaries for fragments")
struct DictionaryTests {
    @Test("Small fragments of one kind are coded with a dictionary once enough of them were seen, and read by every process")
    func trains() throws {
        let folder = TemporaryFolder()
        let directory = try CacheDirectory(opening: folder.path)
        let writer = compression(in: directory)
        for index in 0..<Dictionaries.firstSamples - 1 { #expect(try write(icon(index), with: writer).coding != .zstdWithDictionary) }
        // The last sample trains; the one after it profits.
        try write(icon(Dictionaries.firstSamples - 1), with: writer)
        let written = try write(icon(10_000), with: writer)
        #expect(written.coding == .zstdWithDictionary)
        let plain = try write(icon(10_000), with: Compression())
        #expect(written.stored.count < plain.stored.count * 3 / 4)
        #expect(names(in: folder.path + "/dictionaries").count == 1)

        #expect(try read(written, with: compression(in: directory)) == icon(10_000))
        // A process that comes later goes on with the dictionary that is there.
        let later = try write(icon(10_001), with: compression(in: directory))
        #expect(later.dictionary == written.dictionary)
    }

    @Test("The same fragments in the same order train the same dictionary")
    func deterministic() throws {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        for folder in folders {
            let compression = compression(in: try CacheDirectory(opening: folder.path))
            for index in 0..<Dictionaries.allSamples { try write(icon(index), with: compression) }
        }
        let dictionaries = names(in: folders[0].path + "/dictionaries")
        #expect(!dictionaries.isEmpty && dictionaries == names(in: folders[1].path + "/dictionaries"))
    }

    @Test("Fragments that a dictionary does not help are written without one")
    func unsuitable() throws {
        let folder = TemporaryFolder()
        let compression = compression(in: try CacheDirectory(opening: folder.path))
        var random = SplitMix(seed: 5)
        for _ in 0..<Dictionaries.allSamples + 10 { #expect(try write(Blob(random.bytes(400)), with: compression).coding == .asItIs) }
        #expect(names(in: folder.path + "/dictionaries").isEmpty)
    }

    @Test("Kinds are apart: a stage's fragments are never coded with another's dictionary")
    func kinds() throws {
        let folder = TemporaryFolder()
        let compression = compression(in: try CacheDirectory(opening: folder.path))
        for index in 0..<Dictionaries.firstSamples { try write(icon(index), with: compression) }
        #expect(try write(icon(900), with: compression).coding == .zstdWithDictionary)
        #expect(try write(icon(901), stage: "other", with: compression).coding != .zstdWithDictionary)
    }

    @Test("A fragment that did not get smaller leaves no dictionary behind for the next one")
    func afterFailure() throws {
        let folder = TemporaryFolder()
        let compression = compression(in: try CacheDirectory(opening: folder.path))
        for index in 0..<Dictionaries.firstSamples {
            try write(icon(index), stage: "icons", with: compression)
            try write(note(index), stage: "notes", with: compression)
        }
        var random = SplitMix(seed: 9)
        for index in 0..<20 {
            #expect(try write(Blob(random.bytes(900)), stage: index % 2 == 0 ? "icons" : "notes", with: compression).coding == .asItIs)
            let (icon, note) = (icon(1_000 + index), note(1_000 + index))
            let written = [try write(icon, stage: "icons", with: compression), try write(note, stage: "notes", with: compression)]
            #expect(written[0].dictionary != written[1].dictionary)
            #expect(try read(written[0], with: compression) == icon)
            #expect(try read(written[1], with: compression) == note)
        }
    }

    @Test("A dictionary that is lost or damaged makes its entries damaged, one that cannot be read just now does not")
    func lost() throws {
        let folder = TemporaryFolder()
        let directory = try CacheDirectory(opening: folder.path)
        let writer = compression(in: directory)
        for index in 0..<Dictionaries.firstSamples { try write(icon(index), with: writer) }
        let written = try write(icon(77_777), with: writer)
        let path = folder.path + "/dictionaries/" + names(in: folder.path + "/dictionaries")[0]
        let bytes = Array(try Blob.reading(path: path, limit: 1 << 20).bytes)

        var changed = bytes
        changed[bytes.count / 2] ^= 1
        for wrong in [changed, Array(bytes.dropLast()), [], [UInt8](repeating: 7, count: 1 << 20)] {
            try writeFile(wrong, to: path)
            #expect(throws: EntryFile.Problem.damaged("its dictionary is damaged")) { try read(written, with: compression(in: directory)) }
        }
        removeTree(path)
        #expect(throws: EntryFile.Problem.damaged("its dictionary is lost")) { try read(written, with: compression(in: directory)) }
        let broken = DictionaryFolder(
            load: { (_) throws(Blob.FileError) in throw .failed(path: "x", doing: "reading", code: 5) }, save: { _, _ in false },
            ids: { _ in [] })
        #expect(throws: EntryFile.Problem.foreign) { try read(written, with: Compression(dictionaries: broken)) }
        // Without a folder nobody knows dictionaries.
        #expect(throws: EntryFile.Problem.foreign) { try read(written, with: Compression()) }
    }

    @Test("A dictionary in use is put back when it is gone and something is kept that needs it")
    func emptied() throws {
        let folder = TemporaryFolder()
        let compression = compression(in: try CacheDirectory(opening: folder.path))
        for index in 0..<Dictionaries.firstSamples { try write(icon(index), with: compression) }
        let before = names(in: folder.path + "/dictionaries")
        removeTree(folder.path + "/dictionaries")
        compression.assure(try #require(try write(icon(1), with: compression).dictionary))
        #expect(names(in: folder.path + "/dictionaries") == before)
    }

    @Test("Clearing removes dictionaries for all; who still writes with one gives it back, so that others can read")
    func cleared() async throws {
        let folder = TemporaryFolder()
        let store = try diskStore(in: folder), other = try diskStore(in: folder)
        func put(_ number: Int) -> Entry {
            var entry = makeEntry(icon(number), name: "\(number)")
            entry.header.stage = "test"
            #expect(store.put(entry) == .kept)
            return entry
        }
        for number in 0..<Dictionaries.firstSamples { _ = put(number) }
        // Trained aside.
        #expect(await eventually { names(in: folder.path + "/dictionaries").count == 1 })
        let bytes = other.contents.bytes
        #expect(other.clear().bytes == bytes)
        #expect(names(in: folder.path + "/dictionaries").isEmpty)
        #expect(other.directory.dictionaryBytes == 0 && other.contents.bytes < bytes)
        var latest = put(1_000), number = 1_000
        let isBack = await eventually {
            number += 1
            latest = put(number)
            return names(in: folder.path + "/dictionaries").count == 1
        }
        #expect(isBack)
        #expect(try diskStore(in: folder).get(latest.header.digest).entry.map(same(as: latest)) == true)
    }

    @Test("Dictionaries count as bytes of the level, and take no more than they may")
    func counted() throws {
        let folder = TemporaryFolder()
        let directory = try CacheDirectory(opening: folder.path)
        let store = try diskStore(in: folder)
        let before = store.contents.bytes
        let dictionaries = directory.dictionaries(atMost: 32 << 10)
        #expect(dictionaries.save(1, Blob([UInt8](repeating: 7, count: 16_900))))
        #expect(store.contents.bytes == before + 20_480)
        #expect(!dictionaries.save(2, Blob([UInt8](repeating: 7, count: 16_900))))
        #expect(dictionaries.save(3, Blob([UInt8](repeating: 7, count: 4_000))))
    }

    @Test("No dictionary is used that could not be kept")
    func unsaved() throws {
        let folder = DictionaryFolder(
            load: { (_) throws(Blob.FileError) in throw .notFound(path: "x") }, save: { _, _ in false }, ids: { _ in [] })
        let compression = Compression(dictionaries: folder, background: { $0() })
        for index in 0..<Dictionaries.firstSamples + 5 {
            #expect(try write(icon(index), with: compression).coding != .zstdWithDictionary)
        }
    }

    @Test("When fragments drift away from what a dictionary was trained on, a new one is trained, and old entries stay readable")
    func drift() throws {
        let folder = TemporaryFolder()
        let directory = try CacheDirectory(opening: folder.path)
        let compression = compression(in: directory)
        for index in 0..<Dictionaries.allSamples { try write(icon(index), with: compression) }
        let old = try write(icon(5_000), with: compression)
        let oldCount = names(in: folder.path + "/dictionaries").count
        // Noticed after a window at most, then sampled anew.
        for index in 0..<2 * Dictionaries.window + Dictionaries.allSamples { try write(note(index), with: compression) }
        let new = try write(note(90_000), with: compression)
        #expect(names(in: folder.path + "/dictionaries").count == oldCount + 1)
        #expect(new.coding == .zstdWithDictionary && new.dictionary != old.dictionary)
        #expect(try read(old, with: compression) == icon(5_000))
        #expect(try read(new, with: self.compression(in: directory)) == note(90_000))
    }

    @Test("Training happens apart from the put that asks for it")
    func background() throws {
        let folder = TemporaryFolder()
        let asked = Lock<[@Sendable () -> Void]>([])
        let directory = try CacheDirectory(opening: folder.path)
        let compression = Compression(dictionaries: directory.dictionaries(), background: { work in asked.withLock { $0.append(work) } })
        for index in 0..<Dictionaries.allSamples { #expect(try write(icon(index), with: compression).coding != .zstdWithDictionary) }
        let work = asked.withLock { asked in
            defer { asked = [] }  // or it would hold what holds it
            return asked
        }
        #expect(work.count == 1)
        work.first?()
        #expect(try write(icon(700), with: compression).coding == .zstdWithDictionary)
    }

    @Test("The disk level keeps dictionaries beside its entries, and what it wrote with them comes back")
    func diskLevel() throws {
        let folder = TemporaryFolder()
        let directory = try CacheDirectory(opening: folder.path)
        let store = DiskStore(in: directory, limit: 1 << 30, now: { 1_700_000_000 })
        let entries = (0..<40).map { makeEntry(icon($0), name: "icon \($0)") }
        for entry in entries { store.put(entry) }
        for entry in entries { #expect(store.get(entry.header.digest).entry.map(same(as: entry)) == true) }
    }

    // MARK: Fragments

    private func diskStore(in folder: TemporaryFolder) throws -> DiskStore {
        DiskStore(in: try CacheDirectory(opening: folder.path), limit: 1 << 30, now: { 1_700_000_000 })
    }

    private func compression(in directory: CacheDirectory) -> Compression {
        Compression(dictionaries: directory.dictionaries(), background: { $0() })
    }

    private struct Written {
        var file: Blob
        var stored: Blob
        var coding: EntryFile.Coding
        var dictionary: UInt64?
    }

    @discardableResult
    private func write(_ fragment: Blob, stage: String = "test", with compression: Compression) throws -> Written {
        var entry = makeEntry(fragment, name: "fragment")
        entry.header.stage = stage
        let (header, payload, _) = try #require(EntryFile.bytes(of: entry, using: compression))
        let description = try EntryFile(header: Blob(header), of: entry.header.digest)
        return Written(
            file: Blob(header + Array(payload.bytes)), stored: payload, coding: description.coding, dictionary: description.dictionary)
    }

    private func read(_ written: Written, with compression: Compression) throws -> Blob? {
        let entry = try EntryFile.entry(in: written.file, of: digest("fragment"), using: compression)
        guard case .bytes(let bytes) = entry.payload else { return nil }
        return bytes
    }

    /// Small pictures that share their frame.
    private func icon(_ number: Int) -> Blob {
        var random = SplitMix(seed: UInt64(number) + 1)
        let paths = (0..<3).map { _ in
            "<path fill=\"#4f\(random.int(in: 10..<99))c3\" d=\"M\(random.int(in: 0..<99)) \(random.int(in: 0..<99))z\"/>"
        }
        return Blob(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"24\" height=\"24\" viewBox=\"0 0 24 24\">"
                + "<g stroke-linecap=\"round\" stroke-linejoin=\"round\" fill-rule=\"evenodd\">\(paths.joined())</g></svg>")
    }

    /// Small texts that share nothing with the pictures.
    private func note(_ number: Int) -> Blob {
        var random = SplitMix(seed: UInt64(number) + 1)
        let words = ["Slide", "ENTRANCE", "quarterly", "Überschrift", "{{", "}}", "2026", "MARGIN", "totals", "footer", "|", "draft"]
        return Blob((0..<60).map { _ in words[random.int(in: 0..<words.count)] + String(random.int(in: 0..<9)) }.joined(separator: "\t"))
    }
}
