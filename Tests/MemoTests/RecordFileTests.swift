import AtelierTesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@testable import AtelierMemo

@Suite("Record file")
struct RecordFileTests {
    let folder = TemporaryFolder()

    private func file(limit: Int = 1 << 20) throws -> RecordFile {
        RecordFile(directory: try CacheDirectory(opening: folder.path + "/cache"), name: "records", limit: limit)
    }

    private func append(_ payloads: [UInt8]..., to file: RecordFile) { file.append(payloads) { $0.map(Array.init) } }

    @Test("What was appended is read in order; nothing is there before")
    func order() throws {
        let file = try file()
        #expect(file.payloads().isEmpty)
        append([1, 2, 3], [], to: file)
        append([4], to: file)
        #expect(file.payloads().map(Array.init) == [[1, 2, 3], [], [4]])
    }

    @Test("Damage costs the records it hits and no other")
    func damage() throws {
        let file = try file(), payloads = (0..<20).map { [UInt8](repeating: UInt8($0), count: 10 + $0) }
        let whole = RecordFile.framed(payloads)
        var random = SplitMix(seed: 3)
        for _ in 0..<2_000 {
            var bytes = whole
            let place = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 3 {
            case 0: bytes[place] ^= UInt8(truncatingIfNeeded: random.next() | 1)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int(random.next() % 40)))
            default: bytes.insert(contentsOf: [UInt8]("ATLRATLR".utf8), at: place)
            }
            let read = RecordFile.payloads(in: Blob(bytes)).map(Array.init)
            #expect(read.allSatisfy(payloads.contains) && read.count >= 16)
            #expect(read == read.sorted { $0[0] < $1[0] })
        }
        try writeFile(whole.dropLast(3), to: folder.path + "/cache/records")
        append([99], to: file)
        #expect(file.payloads().map(Array.init) == payloads.dropLast() + [[99]])
    }

    @Test("A folder, a link or a pipe of its name is neither read, waited for nor written", arguments: 0..<3)
    func noFile(kind: Int) throws {
        let file = try file(), path = folder.path + "/cache/records", target = folder.path + "/target"
        switch kind {
        case 0: mkdir(path, 0o700)
        case 1:
            try writeFile(RecordFile.framed([[1]]), to: target)
            symlink(target, path)
        default: mkfifo(path, 0o600)
        }
        append([2], to: file)
        #expect(file.payloads().isEmpty)
        if kind == 1 { #expect(try Blob.reading(path: target, limit: 1 << 20) == Blob(RecordFile.framed([[1]]))) }
    }

    @Test("A file that somebody else made enormous begins anew")
    func enormous() throws {
        let file = try file(limit: 1_000)
        try writeFile([UInt8](repeating: 7, count: 3 << 20), to: folder.path + "/cache/records")
        append([1], to: file)
        #expect(try Blob.reading(path: folder.path + "/cache/records", limit: 1 << 30).isEmpty)
        append([2], to: file)
        #expect(file.payloads().map(Array.init) == [[2]])
    }

    @Test("A file that has grown beyond its limit is made shorter, by what its owner wants to keep")
    func shorter() throws {
        let file = try file(limit: 1_000)
        for index in 0..<100 {
            file.append([[UInt8](repeating: UInt8(index), count: 84)]) { $0.suffix(3).map(Array.init) }
            #expect(file.payloads().count <= 11)
            #expect(file.payloads().last?.first == UInt8(index))
        }
    }

    @Test("Eight writers at a time lose nothing while the file is made shorter under them")
    func writers() throws {
        var patient = try file(limit: 20_000)
        patient.attempts = 1_000_000
        let file = patient
        let threads = (0..<8).map { writer in
            Thread {
                for index in 0..<100 {
                    file.append([[UInt8(writer), UInt8(index)] + [UInt8](repeating: 7, count: 30)]) { payloads in
                        // Keeps every record, the filling left out.
                        payloads.map { Array($0.prefix(2)) }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        // What is left of eight hundred records fits below the limit; as they were written they do not.
        #expect(Set(file.payloads().map { Array($0.prefix(2)) }).count == 800)
    }
}
