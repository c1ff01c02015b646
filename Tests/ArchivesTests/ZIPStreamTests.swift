import AtelierTesting
import Testing

@testable import AtelierArchives

@Suite("Archives written from front to back")
struct ZIPStreamTests {
    @Test("Members read back, and the bytes are those of the collecting writer where both can say them")
    func roundTrip() throws {
        var random = SplitMix(seed: 1)
        let members = (0..<20).map { ("images/\($0).png", random.bytes($0 * 100)) }
        var stream = ZIPStream(), file: [UInt8] = [], collected = ZIPWriter()
        for (name, bytes) in members {
            file += try stream.header(of: name, storing: bytes) + bytes
            try collected.add(name, PackedBytes(storing: bytes))
        }
        #expect(stream.byteCount == file.count)
        file += stream.end()
        #expect(file == collected.finish())
        let zip = try ZIPReader(file)
        #expect(try zip.members.map { try zip.unpacked($0) } == members.map(\.1))
    }

    @Test("More members than 16 bits count are found through the 64-bit record")
    func many() throws {
        var stream = ZIPStream(), file: [UInt8] = []
        for number in 0..<70_000 { file += try stream.header(of: "\(number)", storing: [1]) + [1] }
        file += stream.end()
        let zip = try ZIPReader(file)
        #expect(zip.members.count == 70_000 && zip.members.last?.name == "69999")
    }

    @Test("What was written before is taken up again")
    func resuming() throws {
        let first: [UInt8] = [1, 2, 3], second: [UInt8] = [4, 5]
        var whole = ZIPStream(), file: [UInt8] = []
        file += try whole.header(of: "a", storing: first) + first
        file += try whole.header(of: "b", storing: second) + second
        var again = ZIPStream()
        try again.resume("a", byteCount: first.count, crc32: ZIPStream.checksum(of: first))
        let rest = try again.header(of: "b", storing: second) + second
        #expect(Array(file.suffix(rest.count)) == rest && again.end() == whole.end())
    }

    @Test("An offset beyond 4 GiB is written in the extension, and a name twice is an error")
    func far() throws {
        var stream = ZIPStream()
        for name in ["a", "b", "c"] { try stream.resume(name, byteCount: 0xFFFF_0000, crc32: 0) }
        // Signature of the entry's extension with an offset of 2 × (31 + 0xFFFF0000).
        let offset = UInt64(2 * (31 + 0xFFFF_0000))
        let extra: [UInt8] = [1, 0, 8, 0] + (0..<8).map { UInt8(truncatingIfNeeded: offset >> (8 * UInt64($0))) }
        let end = stream.end()
        #expect(end.indices.contains { end[$0...].starts(with: extra) })
        #expect(end.indices.contains { end[$0...].starts(with: [0x50, 0x4B, 6, 6]) })
        #expect(throws: ZIPError.duplicateName("a")) { try stream.header(of: "a", storing: []) }
    }
}
