import AtelierTesting
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
        #expect(store.contents.entries == 0)
    }

    @Test("An entry made by a clock that was ahead expires as long from now as it was made for")
    func clockAhead() throws {
        let folder = TemporaryFolder(), clock = Clock(1_000)
        let store = try store(in: folder, clock: clock)
        var entry = makeEntry(text(100), name: "from the future")
        (entry.header.created, entry.header.expires) = (100_000, 100_060)
        store.put(entry)
        #expect(store.get(entry.header.digest).entry?.header.expires == 1_060)
        clock.set(1_059)
        #expect(store.keeps(entry.header.digest))
        clock.set(1_060)
        #expect(!store.keeps(entry.header.digest))
    }

    @Test("Entries asked for stay when room is made", arguments: [20_000, 2_000])
    func usedEntriesStay(size: Int) throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder, limit: 1_000_000)
        let old = makeEntry(noise(size), name: "old"), older = makeEntry(noise(size), name: "older")
        store.put(older)
        store.put(old)
        #expect(store.keeps(older.header.digest))
        // As much again as fits: each entry comes to its turn once, or twice when it was asked for.
        let bytes = noise(size)
        for number in 0..<(1_200_000 / size) { store.put(makeEntry(bytes, name: "\(number)")) }
        #expect(store.keeps(older.header.digest))
        guard case .miss(.evicted) = store.get(old.header.digest) else {
            Issue.record("not known to have been evicted: \(store.get(old.header.digest))")
            return
        }
        #expect(store.contents.bytes <= 1_000_000)
        #expect(store.contents.evictions > 0)
        #expect(counts(store.contents.bytes, in: folder))
    }

    @Test("What costs most for each byte stays longest")
    func dearEntriesStay() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder, limit: 1_000_000)
        let bytes = noise(3_000)
        for number in 0..<50 { store.put(makeEntry(bytes, name: "dear \(number)"), lossCost: 1_000_000_000) }
        for number in 0..<1_000 { store.put(makeEntry(bytes, name: "cheap \(number)"), lossCost: 1_000_000) }
        #expect((0..<50).filter { store.peek(digest("dear \($0)")) != nil }.count == 50)
    }

    @Test("Two stores on one folder keep the limit together", arguments: [10_000, 40_000])
    func sharedLimit(size: Int) throws {
        let folder = TemporaryFolder()
        let stores = [try store(in: folder, limit: 1_500_000), try store(in: folder, limit: 1_500_000)]
        let bytes = noise(size + 200)
        for number in 0..<200 {
            stores[number % 2].put(makeEntry(bytes[..<(size + number)], name: "\(number)"))
            #expect(bytesOnDisk(folder) <= 1_500_000)
        }
        #expect(stores[0].contents.entries > 10)
        #expect(counts(stores[0].contents.bytes, in: folder))
    }

    @Test("What one store puts, replaces or forgets, another one on the folder sees at once", arguments: [100, 70_000])
    func otherProcesses(size: Int) throws {
        let folder = TemporaryFolder()
        let (one, other) = (try store(in: folder), try store(in: folder))
        let bytes = noise(size + 60)
        for number in 0..<60 {
            let entry = makeEntry(bytes[..<(size + number)], name: "\(number)")
            #expect(!other.keeps(entry.header.digest))
            one.put(entry)
            #expect(other.get(entry.header.digest).entry.map(same(as: entry)) == true, "entry \(number)")
            #expect(other.peek(entry.header.digest) == entry.header)
            if number % 3 == 0 {
                one.evict(entry.header.digest)
                #expect(!other.keeps(entry.header.digest))
            } else if number % 3 == 1 {
                let later = makeEntry(text(size / 2 + number), name: "later", digest: entry.header.digest)
                one.put(later)
                #expect(other.get(entry.header.digest).entry.map(same(as: later)) == true, "entry \(number), replaced")
            }
        }
        #expect(one.contents.entries == 40)
        #expect(one.contents == other.contents)
    }

    @Test("A small entry takes the place of a large one, and the other way round")
    func changingPlaces() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        for round in 0..<20 {
            let entry = makeEntry(noise(round % 2 == 0 ? 100 : 100_000), name: "\(round)", digest: digest("same"))
            store.put(entry)
            #expect(store.get(digest("same")).entry.map(same(as: entry)) == true)
            #expect(try self.store(in: folder).get(digest("same")).entry.map(same(as: entry)) == true)
        }
        #expect(store.contents.entries == 1)
        #expect(counts(store.contents.bytes, in: folder))
    }

    @Test("Short runs one after the other fill one segment")
    func shortRuns() throws {
        let folder = TemporaryFolder()
        for number in 0..<100 { try store(in: folder).put(makeEntry(noise(1_000), name: "\(number)")) }
        #expect(names(in: folder.path + "/segments").count == 1)
        let last = try store(in: folder)
        for number in 0..<100 { #expect(last.keeps(digest("\(number)"))) }
        #expect(last.contents.entries == 100)
    }

    @Test("Partitions keep to their quotas, whoever writes")
    func quotas() throws {
        let folder = TemporaryFolder()
        let directory = try CacheDirectory(opening: folder.path)
        let stores = (0..<2).map { _ in DiskStore(in: directory, limit: 16 << 20, quotas: ["a": 300_000, "a/x": 150_000, "b": 100_000]) }
        let (small, large) = (noise(4_000), noise(70_000))
        for number in 0..<100 {
            for partition in ["a", "a/x", "a/y", "b", "c", ""] {
                var entry = makeEntry(number % 4 == 0 ? large : small, name: "\(partition) \(number)")
                entry.header.partition = partition
                stores[number % 2].put(entry)
            }
            let contents = stores[0].contents
            for (name, quota) in ["a": 300_000, "a/x": 150_000, "b": 100_000] {
                #expect(contents.partitions[name]!.bytes <= quota && contents.partitions[name]!.quota == quota)
            }
        }
        let contents = stores[1].contents
        #expect(contents.partitions["a"]!.bytes > 200_000)
        #expect(contents.partitions["c"]!.entries == 100 && contents.partitions["c"]!.quota == nil)
        #expect(stores[0].keeps(digest("b 99")))
    }

    @Test("A directory opened for reading gives what it holds, with an index or without, and keeps it")
    func reading() throws {
        let folder = TemporaryFolder()
        let entries = [100, 70_000].map { makeEntry(noise($0), name: "\($0)") }
        let writer = try store(in: folder)
        for entry in entries { writer.put(entry) }
        for hasIndex in [true, false] {
            if !hasIndex { for suffix in ["", "-wal", "-shm"] { unlink(folder.path + "/index" + suffix) } }
            let reader = DiskStore(in: try CacheDirectory(opening: folder.path, writing: false), limit: 16 << 20)
            for entry in entries {
                #expect(reader.get(entry.header.digest).entry.map(same(as: entry)) == true)
                reader.evict(entry.header.digest)
                #expect(reader.peek(entry.header.digest) == entry.header)
            }
            #expect(reader.put(makeEntry(noise(10), name: "new")) == .unavailable)
            #expect(reader.contents.entries == 2)
            #expect(!reader.raise(tag: "font", to: 1))
            #expect(reader.clear().entries == 2)
            #expect(reader.contents.entries == 2)
            #expect(reader.verify() == DiskStore.Verification())
        }
    }

    @Test("Any single changed bit of a file, cut or added byte is a miss, and the file is set aside")
    func damage() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let entry = makeEntry(noise(70_000), name: "victim")
        store.put(entry)
        let path = store.path(of: entry.header.digest)
        let whole = try Blob.reading(path: path, limit: 100_000).withUnsafeBytes { Array($0) }
        // A changed version number (bytes 4 and 5) makes it foreign: a miss as well, but kept.
        for position in whole.indices where position != 4 && position != 5 && (position < 300 || position % 9_973 == 0) {
            var changed = whole
            changed[position] ^= UInt8(1 << (position % 8))
            try writeFile(changed, to: path)
            guard case .miss(.damaged) = store.get(entry.header.digest) else {
                Issue.record("bit \(position % 8) of byte \(position)")
                continue
            }
            #expect(access(path, F_OK) != 0, "byte \(position)")
        }
        for count in stride(from: 0, to: whole.count, by: 7_001) {
            try writeFile(whole[..<count], to: path)
            #expect(!store.keeps(entry.header.digest), "cut to \(count) bytes")
        }
        try writeFile(whole + [0], to: path)
        #expect(!store.keeps(entry.header.digest))
        let kept = names(in: folder.path + "/quarantine").filter { !$0.hasSuffix(".txt") }
        #expect(kept == ["\(entry.header.digest)"])
        store.put(entry)
        #expect(store.get(entry.header.digest).entry.map(same(as: entry)) == true)
    }

    @Test("Any single changed bit of a segment costs at most the entry it is in", arguments: [false, true])
    func damagedSegment(isKnown: Bool) throws {
        let folder = TemporaryFolder()
        let entries = (0..<3).map { makeEntry(text(600), name: "\($0)") }
        do {
            let store = try store(in: folder)
            for entry in entries { store.put(entry) }
            _ = store.contents
        }
        let path = folder.path + "/segments/1.seg"
        let whole = try Blob.reading(path: path, limit: 100_000).withUnsafeBytes { Array($0) }
        for position in stride(from: Segment.headCount, to: whole.count, by: 3) {
            var changed = whole
            changed[position] ^= UInt8(1 << (position % 8))
            let copy = TemporaryFolder()
            _ = try CacheDirectory(opening: copy.path)
            mkdir(copy.path + "/segments", 0o700)
            try writeFile(changed, to: copy.path + "/segments/1.seg")
            if isKnown {
                let index = try Blob.reading(path: folder.path + "/index", limit: 1 << 20).withUnsafeBytes { Array($0) }
                try writeFile(index, to: copy.path + "/index")
            }
            let store = try self.store(in: copy)
            let found = entries.filter { entry in
                guard let found = store.get(entry.header.digest).entry else { return false }
                #expect(same(as: entry)(found), "byte \(position)")
                return true
            }
            #expect(found.count >= 2, "byte \(position)")
            for entry in entries { store.put(entry) }
            for entry in entries { #expect(store.get(entry.header.digest).entry.map(same(as: entry)) == true) }
        }
    }

    @Test("A record inside of a payload is no entry, whatever happens around it")
    func plantedRecord() throws {
        let folder = TemporaryFolder(), source = TemporaryFolder()
        do { try store(in: source).put(makeEntry(noise(300), name: "planted")) }
        let planted = try Blob.reading(path: source.path + "/segments/1.seg", limit: 100_000)
        let store = try store(in: folder)
        store.put(makeEntry(planted, name: "carrier"))
        store.put(makeEntry(noise(10), name: "after"))
        let path = folder.path + "/segments/1.seg"
        var bytes = try Blob.reading(path: path, limit: 100_000).withUnsafeBytes { Array($0) }
        bytes[Segment.headCount + 8] ^= 1
        try writeFile(bytes, to: path)
        let other = try self.store(in: folder)
        #expect(!other.keeps(digest("planted")) && !other.keeps(digest("carrier")))
        #expect(other.keeps(digest("after")))
    }

    @Test("An entry under another entry's name is a miss")
    func exchanged() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let one = makeEntry(noise(70_000), name: "one"), other = makeEntry(noise(70_001), name: "other")
        store.put(one)
        store.put(other)
        rename(store.path(of: one.header.digest), store.path(of: other.header.digest))
        #expect(!store.keeps(one.header.digest))
        #expect(!store.keeps(other.header.digest))
    }

    @Test("An entry of another version is a miss and stays", arguments: [100, 70_000])
    func otherVersion(size: Int) throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let entry = makeEntry(noise(size), name: "of tomorrow")
        store.put(entry)
        let isFile = size > 1_000
        let path = isFile ? store.path(of: entry.header.digest) : folder.path + "/segments/1.seg"
        var bytes = try Blob.reading(path: path, limit: 100_000).withUnsafeBytes { Array($0) }
        bytes[(isFile ? 0 : Segment.headCount + Record.frameCount) + 4] += 1
        try writeFile(bytes, to: path)
        guard case .miss(.otherVersion) = store.get(entry.header.digest) else {
            Issue.record("\(store.get(entry.header.digest))")
            return
        }
        _ = store.contents
        #expect(store.verify().foreign == 1)
        #expect(try Blob.reading(path: path, limit: 100_000) == Blob(bytes))
    }

    @Test("What is no regular file is a miss and does not hold the reader up")
    func oddFiles() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        let names = ["pipe", "folder", "link"].map(digest)
        store.put(makeEntry(text(10), name: "makes no folder of theirs"))
        mkdir(folder.path + "/objects", 0o700)
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

    @Test(
        "An index that is gone, noise or cut is made anew, under the eyes of those who use it",
        arguments: ["gone", "noise", "cut", "empty"])
    func damagedIndex(kind: String) throws {
        let folder = TemporaryFolder()
        let (one, other) = (try store(in: folder, limit: 4 << 20), try store(in: folder, limit: 4 << 20))
        var entries: [Entry] = []
        for number in 0..<60 {
            if number % 12 == 11 {
                let path = folder.path + "/index"
                switch kind {
                case "gone": for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
                case "noise": try writeFile(noise(20_000 + number).withUnsafeBytes { Array($0) }, to: path)
                case "cut": truncate(path, 5_000)
                default: truncate(path, 0)
                }
            }
            entries.append(makeEntry(noise(number % 3 == 0 ? 70_000 : 3_000), name: "\(number)"))
            (number % 2 == 0 ? one : other).put(entries[number])
            #expect(one.contents.entries >= number / 2, "\(number)")
        }
        let third = try store(in: folder)
        for entry in entries {
            for store in [one, other, third] {
                #expect(store.get(entry.header.digest).entry.map(same(as: entry)) == true, "\(entry.header.stage)")
            }
        }
        _ = third.verify()
        #expect(third.contents.entries == 60)
        #expect(counts(one.contents.bytes, in: folder))
        #expect(one.contents.bytes <= 4 << 20)
    }

    @Test("Wrong numbers in the index lead to misses, never to a wrong entry or an end of the process", arguments: 0..<40)
    func wrongNumbers(seed: UInt64) throws {
        let source = TemporaryFolder(), folder = TemporaryFolder()
        let entries = (0..<40).map { makeEntry(text($0 % 8 == 0 ? 70_000 : 300), name: "\($0)") }
        do {
            let store = try store(in: source)
            for entry in entries { store.put(entry) }
        }
        // Closed, so that everything is in the file itself.
        for suffix in ["-wal", "-shm"] { unlink(source.path + "/index" + suffix) }
        var index = try Blob.reading(path: source.path + "/index", limit: 1 << 20).withUnsafeBytes { Array($0) }
        var random = SplitMix(seed: seed)
        for _ in 0..<30 { index[Int.random(in: 100..<index.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
        try writeFile(index, to: source.path + "/index")
        rename(source.path, folder.path)
        let store = try store(in: folder, limit: 4 << 20)
        for entry in entries {
            if let found = store.get(entry.header.digest).entry { #expect(same(as: entry)(found)) }
            if let header = store.peek(entry.header.digest) { #expect(header == entry.header) }
        }
        for number in 0..<200 { store.put(makeEntry(noise(number % 20 == 0 ? 70_000 : 2_000), name: "new \(number)")) }
        _ = store.verify()
        #expect(counts(store.contents.bytes, in: folder))
        store.put(makeEntry(noise(10), name: "last"))
        #expect(store.keeps(digest("last")))
        store.clear()
        #expect(store.contents.entries == 0)
    }

    @Test("Verifying reports what is damaged, sets it aside and leaves the rest")
    func verifying() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        for number in 0..<10 { store.put(makeEntry(text(1_000), name: "\(number)")) }
        for number in 10..<13 { store.put(makeEntry(noise(70_000), name: "\(number)")) }
        _ = store.contents
        try writeFile([1, 2, 3], to: store.path(of: digest("11")))
        let segment = open(folder.path + "/segments/1.seg", O_WRONLY)
        defer { close(segment) }
        pwrite(segment, [7, 7, 7, 7], 4, Segment.headCount + 200)
        var seen: [Int] = []
        let first = store.verify { done, _ in seen.append(done) }
        #expect(first.intact == 11)
        #expect(Set(first.damaged.map(\.digest)) == [digest("0"), digest("11")])
        #expect(seen.last == 12)
        #expect(store.verify().damaged.isEmpty)
        #expect(store.contents.entries == 11)
        #expect(counts(store.contents.bytes, in: folder))
        #expect(names(in: folder.path + "/quarantine").count == 4)
    }

    @Test("Clearing removes entries, for other processes as well, and nobody else's files")
    func clearing() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder), other = try self.store(in: folder)
        for number in 0..<10 { store.put(makeEntry(text(1_000), name: "\(number)")) }
        for number in 10..<15 { other.put(makeEntry(noise(number % 2 == 0 ? 100 : 70_000), name: "\(number)")) }
        let others = [folder.path + "/notes.txt", folder.path + "/objects/readme", folder.path + "/objects/ab/x"]
        mkdir(folder.path + "/objects/ab", 0o700)
        for other in others { try writeFile([1], to: other) }
        #expect(store.clear().entries == 15)
        #expect(store.contents.entries == 0)
        for number in 0..<15 { #expect(!other.keeps(digest("\(number)")) && !store.keeps(digest("\(number)"))) }
        for other in others {
            #expect(access(other, F_OK) == 0)
            unlink(other)
        }
        let after = makeEntry(text(1_000), name: "after")
        other.put(after)
        #expect(store.keeps(after.header.digest))
        #expect(store.contents.entries == 1)
        #expect(counts(store.contents.bytes, in: folder))
    }

    @Test("A disk that others have filled gets entries let go, then the level rests")
    func fullDisk() throws {
        let folder = TemporaryFolder(), clock = Clock(1_000)
        let available = Atomic<Int>(40 << 20)
        let directory = try CacheDirectory(opening: folder.path)
        let store = DiskStore(
            in: directory, limit: 1 << 30, now: { clock.now },
            space: { _ in DiskSpace(available: available.load(ordering: .relaxed), total: 100 << 20) })
        let bytes = noise(300_000)
        for number in 0..<100 { store.put(makeEntry(bytes, name: "\(number)")) }
        // 40 MB less the reserve of 10, and an eighth for compaction at most.
        #expect(store.contents.bytes < 30 << 20)
        #expect(store.contents.bytes > 20 << 20)
        available.store(1 << 20, ordering: .relaxed)
        store.put(makeEntry(bytes, name: "last"))
        #expect(store.keeps(digest("last")))
        #expect(store.contents.bytes < 17 << 20)
    }

    @Test("Generations of tags reach other processes and outlive the index")
    func tags() throws {
        let folder = TemporaryFolder()
        let (one, other) = (try store(in: folder), try store(in: folder))
        #expect(one.tagGenerations() == [:])
        let epoch = other.tagEpoch
        #expect(one.raise(tag: "font/Lato", to: 7))
        #expect(one.raise(tag: "font/Lato", to: 5))
        #expect(one.raise(tag: "ü", to: .max))
        #expect(other.tagEpoch != epoch)
        #expect(other.tagGenerations() == ["font/Lato": 7, "ü": .max])
        #expect(other.raise(tag: "font/Lato", to: 9))
        for suffix in ["", "-wal", "-shm"] { unlink(folder.path + "/index" + suffix) }
        #expect(one.tagGenerations() == ["font/Lato": 9, "ü": .max])
        #expect(try store(in: folder).tagGenerations() == ["font/Lato": 9, "ü": .max])
    }

    @Test("When a generation cannot be read, no entry is an answer any more")
    func damagedTags() throws {
        let folder = TemporaryFolder()
        let store = try store(in: folder)
        store.put(makeEntry(text(100), name: "made before"))
        #expect(store.raise(tag: "font", to: 7))
        try writeFile([UInt8](repeating: 1, count: 40), to: folder.path + "/tags")
        #expect(try self.store(in: folder).tagGenerations() == [:])
        #expect(!store.keeps(digest("made before")))
        #expect(store.raise(tag: "font", to: 8))
        #expect(store.tagGenerations() == ["font": 8])
    }

    @Test("A lease is one store's until it is released")
    func leases() throws {
        let folder = TemporaryFolder()
        let (one, other) = (try store(in: folder), try store(in: folder))
        guard case .granted(let lease) = one.lease(digest("a")) else {
            Issue.record("refused")
            return
        }
        for store in [one, other] {
            guard case .taken = store.lease(digest("a")) else {
                Issue.record("granted twice")
                return
            }
        }
        guard case .granted(let second) = other.lease(digest("b")) else {
            Issue.record("another digest is taken")
            return
        }
        lease.release()
        guard case .granted(let third) = other.lease(digest("a")) else {
            Issue.record("still taken")
            return
        }
        second.release()
        third.release()
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

/// Whether a sum is what the disk gives to entries. A file in more than four pieces takes one block more for their map on
/// ext4, which may come or go when its bytes are written back.
private func counts(_ bytes: Int, in folder: TemporaryFolder) -> Bool {
    abs(bytes - bytesOnDisk(folder)) <= 4096 * names(in: folder.path + "/segments").count && bytesOnDisk(folder) % 4096 == 0
}

/// Bytes the disk gives to entries.
private func bytesOnDisk(_ folder: TemporaryFolder) -> Int {
    func bytes(_ path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        if status.st_mode & S_IFMT == S_IFDIR { return names(in: path).reduce(0) { $0 + bytes(path + "/" + $1) } }
        return Int(status.st_blocks) * 512
    }
    return ["segments", "objects", "dictionaries"].reduce(0) { $0 + bytes("\(folder.path)/\($1)") }
}

/// Seconds that go by when a test says so.
private final class Clock: Sendable {
    private let seconds: Atomic<Int64>

    init(_ seconds: Int64) { self.seconds = Atomic(seconds) }

    var now: Int64 { seconds.load(ordering: .relaxed) }
    func set(_ now: Int64) { seconds.store(now, ordering: .relaxed) }
}
