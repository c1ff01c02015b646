import AtelierJSON
import AtelierMemo
import AtelierStages
import CAtelierZstd

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let dictionaryGain = Subcommand(
        name: "dict-gain", question: "what do trained dictionaries gain on small files?",
        usage: """
                FOLDER… --dir D [--suffix .svg] [--test N] [--train N] [--rounds 9]
                --dir    a new folder with the dictionaries is left in it
                --test   files to measure on; by default half of what there is
                --train  most files written before them

                Takes the distinct files of 64 to 8192 bytes in an order that follows
                from their contents. Writes the ones as entries, which trains
                dictionaries, then the others, beside zstd alone on the same bytes.
                Our bytes include the dictionary's id, not the rest of the header.
            """
    ) { arguments in
        var files: [(digest: Digest, bytes: Blob)] = []
        let suffix = try arguments.string("suffix", default: ".svg")
        for folder in arguments.words { collect(folder, suffix, &files) }
        files.sort { $0.digest < $1.digest }
        files = files.indices.filter { $0 == 0 || files[$0 - 1].digest != files[$0].digest }.map { files[$0] }
        let testCount = min(try arguments.integer("test", default: files.count / 2), files.count)
        let trainCount = min(try arguments.integer("train", default: files.count), files.count - testCount)
        guard testCount > 0, trainCount > 0 else { throw Arguments.Problem(text: "a folder with small files is needed") }
        let tests = files[..<testCount].map(\.bytes), trainers = files[testCount..<testCount + trainCount].map(\.bytes)

        let directory = try CacheDirectory(opening: "\(try arguments.string("dir"))/dict-gain-\(getpid())")
        let compression = Compression(dictionaries: directory.dictionaries(), background: { $0() })
        for bytes in trainers { keep(EntryFile.bytes(of: entry(bytes), using: compression)) }

        let rounds = try arguments.integer("rounds", default: 9)
        let entries = tests.map(entry)
        let written = entries.map { EntryFile.bytes(of: $0, using: compression)! }
        var counts: [Int] = []
        for (index, (header, payload, _)) in written.enumerated() {
            let description = try EntryFile(header: Blob(header), of: entries[index].header.digest)
            counts.append(payload.count + (description.dictionary == nil ? 0 : 8))
            let read = try EntryFile.entry(in: Blob(header + Array(payload.bytes)), of: entries[index].header.digest, using: compression)
            guard case .bytes(let bytes) = read.payload, bytes == tests[index] else {
                throw Arguments.Problem(text: "other bytes came back")
            }
        }
        let whole = zip(written, entries).map { (Blob($0.0.header + Array($0.0.payload.bytes)), $0.1.header.digest) }
        let coding = Timing(rounds: rounds) { for entry in entries { keep(EntryFile.bytes(of: entry, using: compression)) } }
        let decoding = Timing(rounds: rounds) {
            for (file, digest) in whole { keep(try? EntryFile.entry(in: file, of: digest, using: compression)) }
        }
        let ours = row("ours", tests, counts)
        var rows = [ours + [.init("write_us", perFile(coding, tests)), .init("read_us", perFile(decoding, tests))]]
        var gains: [JSON.Member] = []
        for level: Int32 in [1, 3, 9] {
            let plain = row("zstd level \(level)", tests, tests.map { zstdCount($0, level) })
            rows.append(plain)
            gains.append(
                .init("over zstd level \(level)", .object([gain("total_ratio", ours, plain), gain("median_file_ratio", ours, plain)])))
        }
        let zstd = tests.map { zstdCount($0, 1) }
        let sizes: [JSON] = [64..<256, 256..<512, 512..<1024, 1024..<2048, 2048..<8193].compactMap { range in
            let chosen = tests.indices.filter { range.contains(tests[$0].count) }
            if chosen.isEmpty { return nil }
            func ratio(_ counts: [Int]) -> JSON {
                .number(thousandths(Double(chosen.reduce(0) { $0 + tests[$1].count }) / Double(chosen.reduce(0) { $0 + counts[$1] })))
            }
            return .object([
                "from_bytes": .integer(range.lowerBound), "files": .integer(chosen.count), "ours_total_ratio": ratio(counts),
                "zstd_level_1_total_ratio": ratio(zstd),
            ])
        }
        print(
            JSON.object(
                [
                    .init("bench", .string("dict-gain")), .init("train_files", .integer(trainCount)),
                    .init("test_files", .integer(testCount)),
                    .init("rows", .array(rows.map { .object($0) })), .init("by_size", .array(sizes)),
                ] + gains
            ).text)
        return 0
    }
}

private func collect(_ folder: String, _ suffix: String, _ files: inout [(digest: Digest, bytes: Blob)]) {
    guard let stream = opendir(folder) else { return }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != "." && name != ".." { names.append(name) }
    }
    closedir(stream)
    for name in names {
        let path = "\(folder)/\(name)"
        var status = stat()
        guard lstat(path, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR { collect(path, suffix, &files) }
        guard status.st_mode & S_IFMT == S_IFREG, name.hasSuffix(suffix), (64...8192).contains(status.st_size) else { continue }
        // A file that vanished meanwhile is one less.
        if let bytes = try? Blob.reading(path: path, limit: 8192) { files.append((Digest(hashing: bytes), bytes)) }
    }
}

private func entry(_ bytes: Blob) -> Entry {
    let header = EntryHeader(
        digest: Digest(hashing: bytes), stage: "bench.fragment", stageVersion: 1, format: "blob", formatVersion: 1, byteCount: bytes.count)
    return Entry(header: header, payload: .bytes(bytes))
}

private func zstdCount(_ bytes: Blob, _ level: Int32) -> Int {
    let room = ZSTD_compressBound(bytes.count)
    return withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { buffer in
        bytes.withUnsafeBytes { ZSTD_compress(buffer.baseAddress, room, $0.baseAddress, $0.count, level) }
    }
}

private func row(_ name: String, _ files: [Blob], _ counts: [Int]) -> [JSON.Member] {
    let ratios = zip(files, counts).map { Double($0.count) / Double($1) }.sorted()
    let raw = files.reduce(0) { $0 + $1.count }
    return [
        .init("coding", .string(name)), .init("bytes", .integer(raw)), .init("coded", .integer(counts.reduce(0, +))),
        .init("total_ratio", .number(thousandths(Double(raw) / Double(counts.reduce(0, +))))),
        .init("median_file_ratio", .number(thousandths(ratios[ratios.count / 2]))),
    ]
}

private func gain(_ name: String, _ ours: [JSON.Member], _ plain: [JSON.Member]) -> JSON.Member {
    func value(_ row: [JSON.Member]) -> Double {
        guard case .number(let number)? = row.first(where: { $0.name == name })?.value else { return .nan }
        return number
    }
    return .init(name, .number(thousandths(value(ours) / value(plain) - 1)))
}

private func thousandths(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }

private func perFile(_ timing: Timing, _ files: [Blob]) -> JSON { .number(thousandths(timing.median * 1e6 / Double(files.count))) }
