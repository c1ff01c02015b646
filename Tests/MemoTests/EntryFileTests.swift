import AtelierTesting
import CAtelierXXHash
import Testing

@testable import AtelierMemo

@Suite("Entry file")
struct EntryFileTests {
    let compression = Compression()

    @Test("Text is compressed, noise and short values are not")
    func compressing() throws {
        func coding(_ blob: Blob) throws -> EntryFile.Coding {
            let entry = makeEntry(blob, name: "x")
            let (header, _, _) = try #require(EntryFile.bytes(of: entry, using: compression))
            return try EntryFile(header: Blob(header), of: entry.header.digest).coding
        }
        #expect(try coding(text(100_000)) == .zstd)
        #expect(try coding(text(511)) == .asItIs)
        #expect(try coding(noise(100_000)) == .asItIs)
        // Judged by its first 64 KiB.
        #expect(try coding(Blob(noise(70_000).withUnsafeBytes { Array($0) } + [UInt8](repeating: 0, count: 200_000))) == .asItIs)
    }

    @Test("What begins as a compressed file does is not compressed again, and a level can be chosen")
    func types() throws {
        let zeros = [UInt8](repeating: 0, count: 10_000)
        let marks: [[UInt8]] = [
            [0x89, 0x50, 0x4E, 0x47], Array("PK\u{3}\u{4}".utf8), [0xFF, 0xD8, 0xFF, 0xE0], Array("GIF89a".utf8),
            Array("RIFF\0\0\0\0WEBP".utf8),
            [0x1F, 0x8B, 0x08, 0], [0x28, 0xB5, 0x2F, 0xFD],
        ]
        for mark in marks { #expect(compression.coded(Blob(mark + zeros), as: nil).coding == .asItIs) }
        #expect(compression.coded(Blob(Array("RIFF\0\0\0\0WAVE".utf8) + zeros), as: nil).coding == .zstd)
        #expect(Compression(level: 9).coded(text(100_000), as: nil).bytes.count < compression.coded(text(100_000), as: nil).bytes.count)
    }

    @Test("A value is written in its format, and the header says which")
    func values() throws {
        var entry = makeEntry(Blob([]), name: "value")
        entry.payload = .value(text(1_000))
        entry.header.format = ""
        let (header, payload, _) = try #require(EntryFile.bytes(of: entry, using: compression))
        let file = Blob((Blob(header).withUnsafeBytes { Array($0) }) + payload.withUnsafeBytes { Array($0) })
        let read = try EntryFile.entry(in: file, of: entry.header.digest, using: compression)
        #expect(read.header.format == "blob" && read.header.formatVersion == 1)
        guard case .bytes(text(1_000)) = read.payload else {
            Issue.record("other bytes came back")
            return
        }
    }

    @Test("Forged bytes whose sums are right are an entry or a problem, never a crash")
    func forged() throws {
        let seed: UInt64 = 20_261_121
        var random = SplitMix(seed: seed)
        for round in 0..<3_000 {
            var entry = makeEntry(round % 2 == 0 ? text(600) : noise(90), name: "victim")
            if round % 5 == 0 { entry.payload = .alias(digest("other")) }
            if round % 7 == 0 { entry.payload = .failure("too large") }
            let (header, payload, _) = try #require(EntryFile.bytes(of: entry, using: compression))
            var file = header + payload.withUnsafeBytes { Array($0) }
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                // Most changes go where lengths and kinds are.
                let position = Int.random(in: 0..<(Bool.random(using: &random) ? 40 : file.count), using: &random)
                file[position] = [0, 1, 2, 127, 128, 255, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random)!
            }
            if round % 3 == 0 { file.removeLast(Int.random(in: 0...40, using: &random)) }
            makeSumsRight(&file)
            do throws(EntryFile.Problem) {
                let read = try EntryFile.entry(in: Blob(file), of: entry.header.digest, using: compression)
                #expect(read.header.digest == entry.header.digest, "seed \(seed), round \(round)")
            } catch {
                #expect(error == .foreign || "\(error)".contains("damaged"))
            }
        }
    }

    @Test("A length that promises a gigabyte is refused before anything is reserved")
    func promises() throws {
        let entry = makeEntry(text(5_000), name: "bomb")
        let (header, payload, _) = try #require(EntryFile.bytes(of: entry, using: compression))
        // A frame may say what it likes: here one that promises 512 MiB, from 12 bytes.
        #expect(compression.decompressed(Blob([0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0, 0, 0, 0x20, 0, 0, 0]), count: 512 << 20) == nil)
        for promised in [UInt64(1) << 30, 1 << 31, .max] {
            var file = header + payload.withUnsafeBytes { Array($0) }
            withUnsafeBytes(of: promised.littleEndian) { file.replaceSubrange(24..<32, with: $0) }
            makeSumsRight(&file)
            #expect(throws: EntryFile.Problem.self) { try EntryFile.entry(in: Blob(file), of: entry.header.digest, using: compression) }
        }
    }

    // Where the bytes still say where their header ends: puts both sums where a reader looks for them.
    private func makeSumsRight(_ file: inout [UInt8]) {
        let fieldsCount = file.count > 16 ? file[8..<16].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } : .max
        guard fieldsCount < UInt64(file.count), EntryFile.prefixCount + Int(fieldsCount) + 8 <= file.count else { return }
        let end = EntryFile.prefixCount + Int(fieldsCount)
        func put(_ sum: UInt64, at position: Int) {
            withUnsafeBytes(of: sum.littleEndian) { file.replaceSubrange(position..<(position + 8), with: $0) }
        }
        put(file[(end + 8)...].withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }, at: 32)
        put(file[..<end].withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }, at: end)
    }
}
