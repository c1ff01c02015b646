import AtelierJSON
import AtelierMemo
import AtelierStages
import CAtelierDeflate

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let cacheFaults = Subcommand(
        name: "cache-faults", question: "what does the disk store lose when it is killed, damaged, full?",
        usage: """
                stress --dir D --seed N --ops M --keyspace K --limit-bytes B
                verify --dir D --keys FILE
                check  --dir D --limit-bytes B
                storm  --dir D --limit-bytes B [--rounds 5] [--kills 0]

                The program under test of a fault harness (tools/nightly faults). stress
                puts and gets values that follow from their keys and prints ACK for
                every key that is stored; verify prints HIT with length and CRC-32, or
                MISS, for each key of a file; check deletes what is damaged or left
                over. Status 9: a get gave other bytes than were put. storm: six
                processes write, one removes and one clears, all in one folder;
                then what the store counts must be what the disk gives. --kills
                ends that many of the writers of each round by SIGKILL.
            """
    ) { arguments in
        let directory = try CacheDirectory(opening: try arguments.string("dir"))
        switch arguments.words {
        case ["stress"]:
            let store = DiskStore(in: directory, limit: try arguments.integer("limit-bytes"))
            return stress(
                store, seed: UInt64(truncatingIfNeeded: try arguments.integer("seed")), operations: try arguments.integer("ops"),
                keys: try arguments.integer("keyspace"))
        case ["verify"]:
            let keys = try Blob.reading(path: try arguments.string("keys"), limit: 1 << 30)
            let names = keys.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.split(separator: "\n").map(String.init)
            verify(DiskStore(in: directory, limit: .max), keys: names)
            return 0
        case ["check"]:
            let found = DiskStore(in: directory, limit: try arguments.integer("limit-bytes")).verify()
            let bad = found.damaged.count + found.foreign + found.unreadable
            print(JSON.object(["entries": .integer(found.intact), "bad": .integer(bad)]).text)
            return 0
        case ["disturb"]:
            disturb(
                DiskStore(in: directory, limit: try arguments.integer("limit-bytes")), keys: try arguments.integer("keyspace"),
                clears: try arguments.integer("clears") == 1)
            return 0
        case ["storm"]:
            return try storm(
                directory, limit: try arguments.integer("limit-bytes"), rounds: try arguments.integer("rounds", default: 5),
                kills: try arguments.integer("kills", default: 0))
        default: throw Arguments.Problem(text: "one of stress, verify, check, storm is needed")
        }
    }
}

private func stress(_ store: DiskStore, seed: UInt64, operations: Int, keys: Int) -> Int32 {
    var random = seed
    func draw(_ count: Int) -> Int {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((random >> 33) % UInt64(count))
    }
    // A harness that stops listening ends us by SIGPIPE, as it should.
    for _ in 0..<operations {
        let key = "k\(draw(keys))", digest = Digest(hashing: Blob(key))
        if draw(10) < 7 {
            let bytes = value(of: key)
            let header = EntryHeader(
                digest: digest, stage: "bench.faults", stageVersion: 1, format: "blob", formatVersion: 1, byteCount: bytes.count)
            store.put(Entry(header: header, payload: .bytes(bytes)))
            // A put is a promise only when the entry is there.
            guard store.peek(digest) != nil else { continue }
            do { try Blob("ACK \(key)\n").write(to: STDOUT_FILENO) } catch { return 1 }
        } else if let found = store.get(digest).entry {
            guard case .bytes(let bytes) = found.payload, bytes == value(of: key) else { return 9 }
        }
    }
    return 0
}

/// Removes keys one by one, or everything now and then.
private func disturb(_ store: DiskStore, keys: Int, clears: Bool) {
    for number in 0..<(clears ? 4 : 300) {
        if clears {
            usleep(100_000)
            store.clear()
        } else {
            store.evict(Digest(hashing: Blob("k\(number * 7919 % keys)")))
            usleep(1_000)
        }
    }
}

private func storm(_ directory: CacheDirectory, limit: Int, rounds: Int, kills: Int) throws -> Int32 {
    var rows: [JSON] = []
    var failures = 0
    for round in 0..<rounds {
        let common = ["--dir", directory.path, "--limit-bytes", "\(limit)", "--keyspace", "1000"]
        let writers = try (0..<6).map { writer in
            try ChildProcess(["cache-faults", "stress", "--seed", "\(round * 6 + writer)", "--ops", "1500"] + common)
        }
        let others = try (0..<2).map { try ChildProcess(["cache-faults", "disturb", "--clears", "\($0)"] + common) }
        usleep(300_000)
        for writer in writers.prefix(kills) { writer.kill() }
        var most = bytesOnDisk(directory.path)
        let statuses = (writers.dropFirst(kills) + others).map { process in
            most = max(most, bytesOnDisk(directory.path))
            return process.wait()
        }
        for writer in writers.prefix(kills) { _ = writer.wait() }
        let store = DiskStore(in: directory, limit: limit)
        // Whoever writes next settles what killed processes left.
        store.put(
            Entry(
                header: EntryHeader(digest: Digest(hashing: Blob("settle")), stage: "bench.faults", stageVersion: 1, byteCount: 1),
                payload: .bytes(Blob("1"))))
        let contents = store.contents, onDisk = bytesOnDisk(directory.path)
        // ext4 takes a block for the map of a file in more than four pieces, now and then only when it writes the bytes back.
        let isCounted = abs(contents.bytes - onDisk) <= 4096 * segments(directory.path)
        if statuses.contains(where: { $0 != 0 }) || !isCounted || most > limit || onDisk > limit { failures += 1 }
        rows.append(
            .object([
                .init("entries", .integer(contents.entries)), .init("counted", .integer(contents.bytes)),
                .init("on_disk", .integer(onDisk)),
                .init("most_on_disk", .integer(most)), .init("statuses", .array(statuses.map { .integer(Int($0)) })),
            ]))
    }
    print(JSON.object(["test": .string("storm"), "limit": .integer(limit), "rounds": .array(rows), "failures": .integer(failures)]).text)
    return failures == 0 ? 0 : 1
}

/// Number of segments, roughly: names in their folder.
private func segments(_ path: String) -> Int {
    guard let stream = opendir(path + "/segments") else { return 0 }
    defer { closedir(stream) }
    var count = 0
    while readdir(stream) != nil { count += 1 }
    return count - 2
}

/// Bytes that the disk gives to segments and files of entries.
private func bytesOnDisk(_ path: String) -> Int {
    func bytes(_ path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_blocks) * 512 }
        guard let stream = opendir(path) else { return 0 }
        defer { closedir(stream) }
        var sum = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { sum += bytes(path + "/" + name) }
        }
        return sum
    }
    return bytes(path + "/segments") + bytes(path + "/objects") + bytes(path + "/dictionaries")
}

private func verify(_ store: DiskStore, keys: [String]) {
    for key in keys {
        guard case .bytes(let bytes)? = store.get(Digest(hashing: Blob(key))).entry?.payload else {
            print("MISS \(key)")
            continue
        }
        let sum = String(checksum(of: bytes), radix: 16)
        print("HIT \(key) \(bytes.count) \(String(repeating: "0", count: 8 - sum.count))\(sum)")
    }
}

private func checksum(of bytes: Blob) -> UInt32 { bytes.withUnsafeBytes { libdeflate_crc32(0, $0.baseAddress, $0.count) } }

/// The value that belongs to a key: `key:00000000\n`, `key:00000001\n`, … cut at a length that follows from the key.
private func value(of key: String) -> Blob {
    let count = 200 + Int(checksum(of: Blob(key)) % 150_000)
    var line = Array("\(key):00000000\n".utf8)
    let last = line.count - 2
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + line.count)
    while bytes.count < count {
        bytes += line
        var position = last
        while line[position] == UInt8(ascii: "9") {
            line[position] = UInt8(ascii: "0")
            position -= 1
        }
        line[position] += 1
    }
    return Blob(bytes)[..<count]
}
