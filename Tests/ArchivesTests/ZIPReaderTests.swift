import AtelierArchives
import AtelierTesting
import Testing

@Suite("Reading ZIP archives")
struct ZIPReaderTests {
    private func archive(_ members: [(String, [UInt8])]) throws -> [UInt8] {
        var zip = ZIPWriter()
        for (name, bytes) in members { try zip.add(name, Packer().pack(bytes)) }
        return zip.finish()
    }

    private let sample: [(String, [UInt8])] = [
        ("a.txt", Array("hello".utf8)), ("empty", []), ("folder/ü", [UInt8](repeating: 7, count: 3000)),
    ]

    @Test("What was written is read back, in order")
    func roundTrip() throws {
        let zip = try ZIPReader(archive(sample))
        #expect(zip.members.map(\.name) == ["a.txt", "empty", "folder/ü"])
        #expect(zip.members.map(\.unpackedByteCount) == [5, 0, 3000])
        for (member, (_, bytes)) in Swift.zip(zip.members, sample) { #expect(try zip.unpacked(member) == bytes) }
        #expect(try ZIPReader(archive([])).members == [])
    }

    @Test("Packed members go into another archive as they are")
    func copied() throws {
        let file = try archive(sample), zip = try ZIPReader(file)
        var copy = ZIPWriter()
        for member in zip.members { try copy.add(member.name, zip.packed(member)) }
        #expect(copy.finish() == file)
    }

    @Test("A comment behind the end record, and two members of one name, are read")
    func oddities() throws {
        var file = try archive(sample)
        file[file.count - 2] = 3
        #expect(try ZIPReader(file + [1, 2, 3]).members.count == 3)
        // The second name, in both of its places, becomes the first.
        let twice = try archive([("aa", [1]), ("ab", [2])]).map { $0 == UInt8(ascii: "b") ? UInt8(ascii: "a") : $0 }
        #expect(try ZIPReader(twice).members.map(\.name) == ["aa", "aa"])
    }

    @Test("Sizes and places beyond 32 bits are taken from their extension")
    func wide() throws {
        func little(_ value: UInt64, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let content = Array("wide".utf8), packed = Packer().pack(content), name = Array("w".utf8)
        let local =
            little(0x0403_4B50, 4) + little(45, 2) + little(0x0800, 2) + little(0, 2) + little(0, 4)
            + little(UInt64(packed.crc32), 4) + little(4, 4) + little(4, 4) + little(1, 2) + little(0, 2) + name + content
        let extra = little(1, 2) + little(24, 2) + little(4, 8) + little(4, 8) + little(0, 8)
        let entry =
            little(0x0201_4B50, 4) + little(45, 2) + little(45, 2) + little(0x0800, 2) + little(0, 2) + little(0, 4)
            + little(UInt64(packed.crc32), 4) + little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4) + little(1, 2)
            + little(UInt64(extra.count), 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(0xFFFF_FFFF, 4) + name
            + extra
        let end64 =
            little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 4) + little(0, 4) + little(1, 8)
            + little(1, 8) + little(UInt64(entry.count), 8) + little(UInt64(local.count), 8)
        let locator = little(0x0706_4B50, 4) + little(0, 4) + little(UInt64(local.count + entry.count), 8) + little(1, 4)
        let end =
            little(0x0605_4B50, 4) + little(0, 2) + little(0, 2) + little(0xFFFF, 2) + little(0xFFFF, 2) + little(0xFFFF_FFFF, 4)
            + little(0xFFFF_FFFF, 4) + little(0, 2)
        let zip = try ZIPReader(local + entry + end64 + locator + end)
        #expect(zip.members.map(\.name) == ["w"])
        #expect(try zip.unpacked(zip.members[0]) == content)
    }

    @Test("What is no archive, is locked, packed otherwise or too large is refused with a reason")
    func refused() throws {
        #expect(throws: ZIPReadingError.notArchive(byteCount: 0)) { try ZIPReader([]) }
        #expect(throws: ZIPReadingError.notArchive(byteCount: 5)) { try ZIPReader(Array("hello".utf8)) }
        let file = try archive(sample)
        #expect(throws: ZIPReadingError.notArchive(byteCount: file.count - 30)) { try ZIPReader(Array(file.dropLast(30))) }
        var limits = ZIPReader.Limits()
        limits.memberCount = 2
        #expect(throws: ZIPReadingError.tooLarge(what: "members", count: 3, limit: 2)) { try ZIPReader(file, limits: limits) }
        limits = .init()
        limits.unpackedByteCount = 3004
        #expect(throws: ZIPReadingError.tooLarge(what: "unpacked bytes", count: 3005, limit: 3004)) { try ZIPReader(file, limits: limits) }

        let directory = try #require(file.indices.first { file[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
        var locked = file
        locked[directory + 8] |= 1
        let lockedZip = try ZIPReader(locked)
        #expect(throws: ZIPReadingError.encrypted("a.txt")) { try lockedZip.unpacked(lockedZip.members[0]) }
        var other = file
        other[directory + 10] = 12
        let otherZip = try ZIPReader(other)
        #expect(throws: ZIPReadingError.unknownMethod(member: "a.txt", 12)) { try otherZip.unpacked(otherZip.members[0]) }
    }

    @Test("Members that share bytes are refused: that is how a small file claims to be huge")
    func overlapping() throws {
        var file = try archive([("a", [1, 2, 3]), ("b", [4, 5, 6])])
        let entries = file.indices.filter { file[$0...].starts(with: [0x50, 0x4B, 1, 2]) }
        for index in 0..<4 { file[entries[1] + 42 + index] = file[entries[0] + 42 + index] }
        #expect(throws: ZIPReadingError.damaged("'b' shares bytes with another member")) { try ZIPReader(file) }
    }

    @Test("Damage anywhere ends in members or an error, never in a crash")
    func damaged() throws {
        let file = try archive(sample)
        for cut in 0..<file.count { expectSurvives(Array(file.prefix(cut))) }
        var random = SplitMix(seed: 11)
        for place in file.indices {
            for _ in 0..<3 {
                var damaged = file
                damaged[place] = UInt8(truncatingIfNeeded: random.next())
                expectSurvives(damaged)
            }
        }
    }

    private func expectSurvives(_ bytes: [UInt8]) {
        do {
            let zip = try ZIPReader(bytes)
            for member in zip.members { _ = try zip.unpacked(member) }
        } catch {
            #expect(!"\(error)".isEmpty)
        }
    }
}
