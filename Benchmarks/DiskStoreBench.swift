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
                --dir    a new folder is made in it, and removed afterwards
                --sizes  bytes per value; each as text that compresses and as noise

                get, put and peek of the disk store in turns with their floor: opening
                and reading a file of the same bytes, and writing one and renaming it.
            """
    ) { arguments in
        let folder = "\(try arguments.string("dir"))/atelier-bench-\(getpid())"
        let store = DiskStore(in: try CacheDirectory(opening: folder), limit: 8 << 30)
        let rounds = try arguments.integer("rounds", default: 15)
        var rows: [JSON] = []
        for size in try arguments.integers("sizes", default: [1000, 100_000, 1_000_000]) {
            for (kind, bytes) in [("text", pathData(size)), ("noise", noise(size))] {
                let blob = Blob(bytes), digest = Digest(hashing: blob)
                let header = EntryHeader(
                    digest: digest, stage: "bench.disk", stageVersion: 1, format: "blob", formatVersion: 1, byteCount: size)
                let entry = Entry(header: header, payload: .bytes(blob))
                let plain = "\(folder)/plain"
                // Under new names each time: replacing a file makes ext4 flush it first, which takes milliseconds.
                var number = UInt64(rows.count) << 32
                let writes: [(String, Timing)] = [
                    (
                        "put",
                        Timing(rounds: rounds) {
                            number += 1
                            var entry = entry
                            entry.header.digest = withUnsafeBytes(of: number) { Digest(hashing: $0) }
                            store.put(entry)
                        }
                    ),
                    (
                        "write and rename",
                        Timing(rounds: rounds) {
                            number += 1
                            return writeAndRename(blob, "\(plain)-\(number)")
                        }
                    ),
                ]
                store.put(entry)
                keep(writeAndRename(blob, plain))
                let reads: [(String, Timing)] = [
                    ("get", Timing(rounds: rounds) { store.get(digest).entry?.header.byteCount }),
                    ("read", Timing(rounds: rounds) { (try? Blob.reading(path: plain, limit: size))?.count }),
                    ("peek", Timing(rounds: rounds) { store.peek(digest)?.byteCount }),
                ]
                for (operation, timing) in writes + reads {
                    rows.append(
                        .object(
                            [.init("operation", .string(operation)), .init("bytes", .integer(size)), .init("content", .string(kind))]
                                + timing.members))
                }
            }
        }
        store.clear()
        removeFolder(folder)
        print(JSON.object(["bench": .string("disk-store"), "rows": .array(rows)]).text)
        return 0
    }
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
