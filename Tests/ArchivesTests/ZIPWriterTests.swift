import AtelierArchives
import AtelierTesting
import Foundation
import Testing

@Suite("ZIP archives")
struct ZIPWriterTests {
    @Test("What is packed unpacks to the same bytes, for every kind of content", arguments: 0..<40)
    func roundTrip(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let count = Int(random.next() % 5000)
        let spread = 1 + random.next() % 256  // few different bytes compress, many do not
        let original = (0..<count).map { _ in UInt8(random.next() % spread) }
        let packed = Packer().pack(original)
        #expect(packed.unpacked() == original, "seed \(seed)")
        #expect(packed.bytes.count <= original.count, "seed \(seed)")
    }

    @Test("Bytes that do not shrink are stored as they are")
    func stored() {
        #expect(Packer().pack([]).method == .stored)
        #expect(Packer().pack([1, 2, 3]).method == .stored)
        #expect(Packer().pack([UInt8](repeating: 7, count: 1000)).method == .deflate)
    }

    @Test("Damaged or overlong claims unpack to nothing")
    func damage() {
        let good = Packer().pack([UInt8](repeating: 7, count: 1000))
        var bytes = good.bytes
        bytes[2] ^= 0x55
        #expect(PackedBytes(method: .deflate, crc32: good.crc32, originalByteCount: 1000, bytes: bytes).unpacked() == nil)
        #expect(PackedBytes(method: .deflate, crc32: good.crc32, originalByteCount: 999, bytes: good.bytes).unpacked() == nil)
        #expect(PackedBytes(method: .deflate, crc32: good.crc32, originalByteCount: .max, bytes: good.bytes).unpacked() == nil)
        #expect(PackedBytes(method: .deflate, crc32: good.crc32, originalByteCount: -1, bytes: good.bytes).unpacked() == nil)
        #expect(PackedBytes(method: .stored, crc32: 0, originalByteCount: 1, bytes: [1]).unpacked() == nil)
    }

    @Test("An archive of one stored member is, byte for byte, what the format says")
    func layout() throws {
        var zip = ZIPWriter()
        try zip.add("é", Packer().pack(Array("123456789".utf8)))
        let local: [UInt8] =
            [0x50, 0x4B, 3, 4, 20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0]
            + [0x26, 0x39, 0xF4, 0xCB]  // CRC-32 of "123456789", the check value of its catalogues
            + [9, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 0xC3, 0xA9] + Array("123456789".utf8)
        let directory: [UInt8] =
            [0x50, 0x4B, 1, 2, 20, 0] + local[4..<30] + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0xA9]
        let end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 48, 0, 0, 0, 41, 0, 0, 0, 0, 0]
        #expect(zip.finish() == local + directory + end)
    }

    @Test("Names must be usable and different")
    func names() throws {
        let member = Packer().pack([1])
        var zip = ZIPWriter()
        try zip.add("a", member)
        #expect(throws: ZIPError.duplicateName("a")) { try zip.add("a", member) }
        #expect(throws: ZIPError.unusableName("")) { try zip.add("", member) }
        let long = String(repeating: "x", count: 65536)
        #expect(throws: ZIPError.unusableName(long)) { try zip.add(long, member) }
    }

    @Test("More members than the format counts are refused")
    func tooMany() throws {
        let member = Packer().pack([])
        var zip = ZIPWriter()
        for index in 0..<65535 { try zip.add("\(index)", member) }
        #expect(throws: ZIPError.tooManyMembers(limit: 65535)) { try zip.add("one more", member) }
    }

    @Test(
        "Python's zipfile reads every member back",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "no /usr/bin/python3"))
    func anotherReader() throws {
        let packer = Packer()
        var zip = ZIPWriter()
        try zip.add("plain.txt", packer.pack(Array("hello".utf8)))
        try zip.add("folder/größe.bin", packer.pack([UInt8](repeating: 9, count: 100_000)))
        let file = FileManager.default.temporaryDirectory.appending(path: "atelier-\(UUID()).zip")
        try Data(zip.finish()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // a leftover in the temporary folder harms nobody

        let script = """
            import sys, zipfile
            z = zipfile.ZipFile(sys.argv[1])
            assert z.testzip() is None
            assert z.read("plain.txt") == b"hello"
            assert z.read("folder/größe.bin") == b"\\x09" * 100000
            assert [i.date_time for i in z.infolist()] == [(1980, 1, 1, 0, 0, 0)] * 2
            """
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/python3")
        python.arguments = ["-c", script, file.path()]
        try python.run()
        python.waitUntilExit()
        #expect(python.terminationStatus == 0)
    }
}
