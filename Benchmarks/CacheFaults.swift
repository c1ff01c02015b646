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

                The program under test of a fault harness (tools/nightly faults). stress
                puts and gets values that follow from their keys and prints ACK for
                every key that is stored; verify prints HIT with length and CRC-32, or
                MISS, for each key of a file; check deletes what is damaged or left
                over. Status 9: a get gave other bytes than were put.
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
        default: throw Arguments.Problem(text: "one of stress, verify, check is needed")
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
    return Blob(bytes[..<count])
}
