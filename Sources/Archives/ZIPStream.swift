internal import CAtelierDeflate

/// A ZIP archive that is written from front to back while its members are made: this is what stands between them and behind the last
/// (PKWARE APPNOTE 6.3 with its 64-bit extension, which is used where the plain fields are too short).
///
///     var zip = ZIPStream()
///     write(try zip.header(of: "1.png", storing: picture) + picture)
///     write(zip.end())
///
/// Members are stored as they are, of less than 4 GiB each, in any number. The bytes depend on names and contents alone; every date is
/// 1 January 1980 00:00. What was written can be taken up again: `resume` counts a member that is already there.
public struct ZIPStream: Sendable {
    /// Bytes of all that was asked for so far, which is where the next header lies.
    public private(set) var byteCount = 0
    private var directory: [UInt8] = [], memberCount = 0
    private var names: Set<String> = []
    /// Whether a member lies so far back that its entry has the extension.
    private var isLarge = false

    /// An empty archive.
    public init() {}

    /// The checksum the format keeps of a member.
    public static func checksum(of bytes: [UInt8]) -> UInt32 { libdeflate_crc32(0, bytes, bytes.count) }

    /// How many bytes a member of that many takes with what stands before it.
    public static func byteCount(of name: String, storing byteCount: Int) -> Int { 30 + name.utf8.count + byteCount }

    /// What stands before a member; its bytes must follow.
    public mutating func header(of name: String, storing bytes: [UInt8]) throws(ZIPError) -> [UInt8] {
        try add(name, byteCount: bytes.count, crc32: Self.checksum(of: bytes))
    }

    /// Counts a member that was written before, header and all, with these properties.
    public mutating func resume(_ name: String, byteCount: Int, crc32: UInt32) throws(ZIPError) {
        _ = try add(name, byteCount: byteCount, crc32: crc32)
    }

    private mutating func add(_ name: String, byteCount size: Int, crc32: UInt32) throws(ZIPError) -> [UInt8] {
        let nameBytes = Array(name.utf8)
        guard (1...0xFFFF).contains(nameBytes.count) else { throw .unusableName(name) }
        guard size < 0xFFFF_FFFF else { throw .tooLarge(member: name, limit: 0xFFFF_FFFE) }
        guard names.insert(name).inserted else { throw .duplicateName(name) }
        let isFar = byteCount >= 0xFFFF_FFFF
        var record = ZIPRecord(signature: 0x0403_4B50)
        record.appendCommonFields(.stored, crc32: crc32, byteCount: size, originalByteCount: size, nameByteCount: nameBytes.count)
        var header: [UInt8] = []
        record.write(to: &header)
        header += nameBytes

        var entry = ZIPRecord(signature: 0x0201_4B50)
        entry.append16(isFar ? 45 : 20)  // made by: no file attributes
        entry.appendCommonFields(
            version: isFar ? 45 : 20, .stored, crc32: crc32, byteCount: size, originalByteCount: size, nameByteCount: nameBytes.count,
            extraByteCount: isFar ? 12 : 0)
        entry.appendPlace(isFar ? 0xFFFF_FFFF : UInt32(byteCount))
        entry.write(to: &directory)
        directory += nameBytes
        if isFar {
            isLarge = true
            // The 64-bit extension: the offset, being the one field that is full.
            var extra = ZIPRecord(signature: 0x0008_0001)
            extra.append64(UInt64(byteCount))
            extra.write(to: &directory)
        }
        memberCount += 1
        byteCount += header.count + size
        return header
    }

    /// What stands behind the last member.
    public func end() -> [UInt8] {
        var bytes = directory
        if isLarge || memberCount >= 0xFFFF || byteCount >= 0xFFFF_FFFF || directory.count >= 0xFFFF_FFFF {
            var large = ZIPRecord(signature: 0x0606_4B50)
            large.append64(44)  // what follows of this record
            large.append16(45)
            large.append16(45)
            large.append32(0)  // this disk
            large.append32(0)  // disk of the directory
            large.append64(UInt64(memberCount))
            large.append64(UInt64(memberCount))
            large.append64(UInt64(directory.count))
            large.append64(UInt64(byteCount))
            large.write(to: &bytes)
            var locator = ZIPRecord(signature: 0x0706_4B50)
            locator.append32(0)  // disk of that record
            locator.append64(UInt64(byteCount + directory.count))
            locator.append32(1)  // disks
            locator.write(to: &bytes)
        }
        ZIPRecord.end(
            memberCount: UInt16(min(memberCount, 0xFFFF)), directoryByteCount: UInt32(min(directory.count, 0xFFFF_FFFF)),
            start: UInt32(min(byteCount, 0xFFFF_FFFF))
        ).write(to: &bytes)
        return bytes
    }
}
