import AtelierJSON
import AtelierMemo
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let diskStore = Subcommand(
        name: "disk-store", question: "what does the disk level cost beyond the file system?",
        usage: """
                --dir D [--sizes 1000,100000,1000000] [--rounds 15]
                first-hit --dir D [--entries 100000] [--rounds 41]
                --dir    a new folder is made in it, and removed afterwards
                --sizes  bytes per value; each as text that compresses and as noise

                get, put and peek of the disk store in turns with a plain file, with a
                file of a checksum and zstd, and with the same as a row of SQLite.
                first-hit times whole processes that open a store of that many entries
                and get one, in turns with processes that do nothing.
            """
    ) { arguments in
        switch arguments.words {
        case []: try timeOperations(arguments)
        case ["first-hit"]: try timeFirstHits(arguments)
        case ["nothing"]: break
        case ["fill"]:
            let store = DiskStore(in: try CacheDirectory(opening: try arguments.string("dir")), limit: 8 << 30)
            let bytes = Blob(pathData(1_000))
            for number in 0..<(try arguments.integer("entries")) { store.put(entry(bytes, numbered(number))) }
        case ["hit"]:
            let store = DiskStore(in: try CacheDirectory(opening: try arguments.string("dir")), limit: 8 << 30)
            let entry = store.get(numbered(try arguments.integer("entry"))).entry
            return entry == nil ? 1 : 0
        default: throw Arguments.Problem(text: "first-hit, or options alone")
        }
        return 0
    }
}

private func numbered(_ number: Int) -> Digest { withUnsafeBytes(of: UInt64(number).littleEndian) { Digest(hashing: $0) } }

private func entry(_ bytes: Blob, _ digest: Digest) -> Entry {
    let header = EntryHeader(
        digest: digest, stage: "bench.disk", stageVersion: 1, format: "blob", formatVersion: 1, byteCount: bytes.count)
    return Entry(header: header, payload: .bytes(bytes))
}

private func timeOperations(_ arguments: Arguments) throws {
    let folder = "\(try arguments.string("dir"))/atelier-bench-\(getpid())"
    let store = DiskStore(in: try CacheDirectory(opening: folder), limit: 8 << 30)
    let rounds = try arguments.integer("rounds", default: 15)
    let frame = CheckedFrame()
    guard let table = BlobTable(folder + "/peer") else { throw Arguments.Problem(text: "SQLite does not open a database in --dir") }
    defer {
        table.close()
        removeFolder(folder)
    }
    var rows: [JSON] = []
    // Under new names each time: replacing a file makes ext4 flush it first, which takes milliseconds.
    var number = 0
    for size in try arguments.integers("sizes", default: [1000, 100_000, 1_000_000]) {
        for (kind, bytes) in [("text", pathData(size)), ("noise", noise(size))] {
            let blob = Blob(bytes), kept = numbered(1 << 60 + size), plain = "\(folder)/plain", checked = "\(folder)/checked"
            store.put(entry(blob, kept))
            keep(writeAndRename(blob, plain) && writeAndRename(Blob(frame.encode(blob)), checked))
            keep(table.put(-1, frame.encode(blob)))
            func named(_ body: (Int) -> Bool) -> Bool {
                number += 1
                return body(number)
            }
            let operations: [(String, () -> Bool)] = [
                ("get", { store.get(kept).entry != nil }),
                ("get: plain file", { (try? Blob.reading(path: plain, limit: size)) != nil }),
                (
                    "get: file, zstd, XXH3",
                    { (try? Blob.reading(path: checked, limit: 2 * size + 100))?.withUnsafeBytes(frame.decode) != nil }
                ),
                ("get: SQLite, zstd, XXH3", { table.get(-1, frame) != nil }),
                ("peek", { store.peek(kept) != nil }),
                ("put", { named { store.put(entry(blob, numbered($0))) == .kept } }),
                ("put: plain file", { named { writeAndRename(blob, "\(plain)-\($0)") } }),
                ("put: file, zstd, XXH3", { named { writeAndRename(Blob(frame.encode(blob)), "\(checked)-\($0)") } }),
                ("put: SQLite, zstd, XXH3", { named { table.put(Int64($0), frame.encode(blob)) } }),
            ]
            for (operation, body) in operations {
                var failures = 0
                let timing = Timing(rounds: rounds) { if !body() { failures += 1 } }
                rows.append(
                    .object(
                        [
                            .init("operation", .string(operation)), .init("bytes", .integer(size)), .init("content", .string(kind)),
                            .init("failures", .integer(failures)),
                        ] + timing.members))
            }
        }
    }
    store.clear()
    print(JSON.object(["bench": .string("disk-store"), "rows": .array(rows)]).text)
}

private func timeFirstHits(_ arguments: Arguments) throws {
    let folder = "\(try arguments.string("dir"))/atelier-bench-\(getpid())"
    let entries = try arguments.integer("entries", default: 100_000), rounds = try arguments.integer("rounds", default: 41)
    defer { removeFolder(folder) }
    // By a process that ends as commands do: without closing anything.
    _ = try seconds(["disk-store", "fill", "--dir", folder, "--entries", "\(entries)"])
    var hits: [Double] = [], nothing: [Double] = []
    for round in 0..<rounds {
        nothing.append(try seconds(["disk-store", "nothing"]))
        hits.append(try seconds(["disk-store", "hit", "--dir", folder, "--entry", "\(round * 7919 % entries)"]))
    }
    func row(_ name: String, _ times: [Double]) -> JSON {
        let sorted = times.sorted()
        return .object([
            .init("process", .string(name)), .init("median_ms", .number(sorted[sorted.count / 2] * 1e3)),
            .init("quartiles_ms", .array([.number(sorted[sorted.count / 4] * 1e3), .number(sorted[sorted.count * 3 / 4] * 1e3)])),
        ])
    }
    print(
        JSON.object([
            "bench": .string("first-hit"), "entries": .integer(entries),
            "rows": .array([row("nothing", nothing), row("first hit", hits)]),
        ]).text)
}

private func seconds(_ arguments: [String]) throws -> Double {
    let clock = ContinuousClock(), start = clock.now
    let status = try ChildProcess(arguments).wait()
    guard status == 0 else { throw Arguments.Problem(text: "\(arguments) ended with \(status)") }
    return (clock.now - start) / .seconds(1)
}

private func writeAndRename(_ blob: Blob, _ path: String) -> Bool {
    let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    // A failed write shows as a missing file in the next measurement.
    try? blob.write(to: descriptor)
    close(descriptor)
    return rename(path + ".new", path) == 0
}

private func removeFolder(_ path: String) {
    if let stream = opendir(path) {
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(stream)
        for name in names { removeFolder("\(path)/\(name)") }
    }
    remove(path)
}

/// Text like that of an SVG path.
private func pathData(_ count: Int) -> [UInt8] {
    let random = noise(count)
    var text: [UInt8] = []
    var position = 0
    while text.count < count {
        text += "L\(random[position]).\(random[position + 1] % 10) \(random[position + 2] % 64)z ".utf8
        position = (position + 3) % max(1, count - 3)
    }
    return Array(text[..<count])
}
