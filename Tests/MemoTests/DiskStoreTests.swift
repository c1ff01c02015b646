import Synchronization
import Testing

@testable import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Disk store")
struct DiskStoreTests {
    @Test("Conformance", arguments: StoreConformance.allCases)
    func conformance(_ behaviour: StoreConformance) async throws {
        let folder = TemporaryFolder()
        let number = Atomic<Int>(0)
        try await behaviour.check { limit in
            let path = "\(folder.path)/\(number.add(1, ordering: .relaxed).newValue)"
            return DiskStore(in: try CacheDirectory(opening: path), limit: limit)
        }
    }

    @Test("An entry outlives its process")
    func reopening() throws {
        let folder = TemporaryFolder()
        let entry = makeEntry(text(50_000), name: "kept")
        try store(in: folder).put(entry)
        #expect(try store(in: folder).get(entry.header.digest).entry.map(same(as: entry)) == true)
    }

    @Test("An entry is gone once it has expired")
    func expiry() throws {
        let folder = TemporaryFolder(), clock = Clock(1_000)
        let store = try store(in: folder, clock: clock)
        var entry = makeEntry(text(100), name: "short-lived")
        entry.header.expires = 1_010
        store.put(entry)
        clock.set(1_009)
        #expect(store.keeps(entry.header.digest) && store.peek(entry.header.digest) != nil)
        clock.set(1_010)
        #expect(store.peek(entry.header.digest) == nil)
        #expect(!store.keeps(entry.header.digest))
        #expect(store.contents().entries == 0)
    }

    @Test("Entries used lately stay when room is made")
    func usedEntriesStay() throws {
        let folder = TemporaryFolder(), clock = Clock(Int64(time(nil)) + 1_000)
        let store = try store(in: folder, limit: 400_000, clock: clock)
        let old = makeEntry(noise(20_000), name: "old"), older = makeEntry(noise(20_001), name: "older")
        store.put(older)
        store.put(old)
        #expect(store.keeps(older.header.digest))  // noted: the clock is a quarter of an hour ahead of the file
        // 20 000 bytes take 20 480 on disk; 18 more make 20 entries of 19 that fit.
        for number in 0..<18 { store.put(makeEntry(noise(19_000 + number), name: "\(number)")) }
        #expect(store.keeps(older.header.digest))
        #expect(!store.keeps(old.header.digest))
    }

    @Test("Two stores on one folder keep the limit together")
    func sharedLimit() throws {
        let folder = TemporaryFolder()
        let stores = [try store(in: folder, limit: 500_000), try store(in: folder, limit: 500_000)]
        for number in 0..<100 {
            stores[number % 2].put(makeEntry(noise(10_000 + number), name: "\(number)"))
            #expect(stores[0].contents().bytes <= 500_000)
        }
        #expect(stores[0].contents().entries > 10)
    }

    @Test("Any single changed bit, cut or added byte is a miss, and the file is deleted")
    func damage() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let entry = makeEntry(text(700), name: "victim")
        store.put(entry)
        let path = store.path(of: entry.header.digest)
        let whole = try Blob.reading(path: path, limit: 10_000).withUnsafeBytes { Array($0) }
        // A changed version number (bytes 4 and 5) makes it foreign: a miss as well, but kept.
        for position in whole.indices where position != 4 && position != 5 {
            var changed = whole
            changed[position] ^= UInt8(1 << (position % 8))
            try writeFile(changed, to: path)
            #expect(!store.keeps(entry.header.digest), "bit \(position % 8) of byte \(position)")
            #expect(access(path, F_OK) != 0, "byte \(position)")
        }
        for count in stride(from: 0, to: whole.count, by: 7) {
            try writeFile(whole[..<count], to: path)
            #expect(!store.keeps(entry.header.digest), "cut to \(count) bytes")
        }
        try writeFile(whole + [0], to: path)
        #expect(!store.keeps(entry.header.digest))
        store.put(entry)
        #expect(store.get(entry.header.digest).entry.map(same(as: entry)) == true)
    }

    @Test("An entry under another entry's name is a miss")
    func exchanged() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let (one, other) = (makeEntry(text(1_000), name: "one"), makeEntry(text(1_000), name: "other"))
        store.put(one)
        store.put(other)
        #expect(rename(store.path(of: one.header.digest), store.path(of: other.header.digest)) == 0)
        #expect(!store.keeps(other.header.digest))
        #expect(store.peek(other.header.digest) == nil)
    }

    @Test("An entry of a later version is a miss and stays")
    func foreign() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let entry = makeEntry(text(100), name: "later")
        store.put(entry)
        let path = store.path(of: entry.header.digest)
        var bytes = try Blob.reading(path: path, limit: 10_000).withUnsafeBytes { Array($0) }
        bytes[4] = 3
        try writeFile(bytes, to: path)
        #expect(!store.keeps(entry.header.digest))
        #expect(store.verify().foreign == 1)
        #expect(access(path, F_OK) == 0)
    }

    @Test("What is no regular file is a miss and does not hold the reader up")
    func oddFiles() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let names = ["pipe", "folder", "link"].map(digest)
        store.put(makeEntry(text(10), name: "makes no folder of theirs"))
        for name in names { mkdir("\(folder.path)/objects/\(name.description.prefix(2))", 0o700) }
        #expect(mkfifo(store.path(of: names[0]), 0o600) == 0)
        #expect(mkdir(store.path(of: names[1]), 0o700) == 0)
        #expect(symlink("/etc/hostname", store.path(of: names[2])) == 0)
        for name in names {
            #expect(!store.keeps(name))
            #expect(store.peek(name) == nil)
        }
    }

    @Test("A dead writer's file is removed, a living one's is not")
    func leftovers() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        try writeFile([1, 2, 3], to: folder.path + "/tmp/4711-1")
        let living = open(folder.path + "/tmp/4712-1", O_CREAT | O_WRONLY, 0o600)
        defer { close(living) }
        #expect(flock(living, LOCK_EX) == 0)
        store.put(makeEntry(text(100), name: "first put"))
        #expect(names(in: folder.path + "/tmp") == ["4712-1"])
    }

    @Test("A folder deleted under a running process is made again")
    func deletedFolder() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        store.put(makeEntry(text(100), name: "before"))
        for name in names(in: folder.path) { removeTree(folder.path + "/" + name) }
        let after = makeEntry(text(100), name: "after")
        store.put(after)
        #expect(store.get(after.header.digest).entry.map(same(as: after)) == true)
    }

    @Test("A count that was overwritten with noise is made anew")
    func noiseInUsage() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder, limit: 500_000)
        for number in 0..<40 {
            if number % 5 == 0 { try writeFile(noise(30 + number).withUnsafeBytes { Array($0) }, to: folder.path + "/usage") }
            store.put(makeEntry(noise(20_000 + number), name: "\(number)"))
            #expect(store.contents().bytes <= 500_000)
            #expect(store.contents().entries >= min(number + 1, 15))
        }
    }

    @Test("Verifying reports what is damaged, deletes it and leaves the rest")
    func verifying() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        for number in 0..<10 { store.put(makeEntry(text(1_000), name: "\(number)")) }
        try writeFile([1, 2, 3], to: store.path(of: digest("3")))
        let first = store.verify()
        #expect(first.intact == DiskStore.Contents(entries: 9, bytes: 9 * 4096))
        #expect(first.damaged.map(\.digest) == [digest("3")])
        #expect(store.verify().damaged.isEmpty)
    }

    @Test("Clearing deletes entries and nobody else's files")
    func clearing() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        for number in 0..<10 { store.put(makeEntry(text(1_000), name: "\(number)")) }
        let others = [folder.path + "/notes.txt", folder.path + "/objects/readme", folder.path + "/objects/ab/x"]
        mkdir(folder.path + "/objects/ab", 0o700)
        for other in others { try writeFile([1], to: other) }
        #expect(store.clear().entries == 10)
        #expect(store.contents().entries == 0)
        for other in others { #expect(access(other, F_OK) == 0) }
    }

    @Test("A header with texts too long to write is not kept")
    func longTexts() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        var entry = makeEntry(text(10), name: "long")
        entry.header.tags = [TagGeneration(tag: String(repeating: "t", count: 70_000), generation: 0)]
        store.put(entry)
        #expect(!store.keeps(entry.header.digest))
        // Many short ones need a header of more than one block.
        entry.header.tags = (0..<1_000).map { TagGeneration(tag: "tag \($0)", generation: UInt64($0)) }
        store.put(entry)
        #expect(store.peek(entry.header.digest) == entry.header)
    }

    private func store(in folder: TemporaryFolder, limit: Int = 16 << 20, clock: Clock? = nil) throws -> DiskStore {
        let directory = try CacheDirectory(opening: folder.path)
        guard let clock else { return DiskStore(in: directory, limit: limit) }
        return DiskStore(in: directory, limit: limit, now: { clock.now })
    }
}

/// Seconds that go by when a test says so.
private final class Clock: Sendable {
    private let seconds: Atomic<Int64>

    init(_ seconds: Int64) { self.seconds = Atomic(seconds) }

    var now: Int64 { seconds.load(ordering: .relaxed) }
    func set(_ now: Int64) { seconds.store(now, ordering: .relaxed) }
}
