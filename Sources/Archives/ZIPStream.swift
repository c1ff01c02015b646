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
        var header: [UInt8] = []
        header.append32(0x0403_4B50)
        Self.appendCommonFields(version: 20, crc32, size, nameBytes.count, extra: 0, to: &header)
        header += nameBytes

        directory.append32(0x0201_4B50)
        directory.append16(isFar ? 45 : 20)  // made by: no file attributes
        Self.appendCommonFields(version: isFar ? 45 : 20, crc32, size, nameBytes.count, extra: isFar ? 12 : 0, to: &directory)
        directory.append16(0)  // comment
        directory.append16(0)  // disk
        directory.append16(0)  // internal attributes
        directory.append32(0)  // external attributes
        directory.append32(isFar ? 0xFFFF_FFFF : UInt32(byteCount))
        directory += nameBytes
        if isFar {
            isLarge = true
            directory.append16(1)  // the 64-bit extension: the offset, being the one field that is full
            directory.append16(8)
            directory.append64(UInt64(byteCount))
        }
        memberCount += 1
        byteCount += header.count + size
        return header
    }

    /// What stands behind the last member.
    public func end() -> [UInt8] {
        var end = directory
        if isLarge || memberCount >= 0xFFFF || byteCount >= 0xFFFF_FFFF || directory.count >= 0xFFFF_FFFF {
            let place = byteCount + directory.count
            end.append32(0x0606_4B50)
            end.append64(44)  // what follows of this record
            end.append16(45)
            end.append16(45)
            end.append32(0)  // this disk
            end.append32(0)  // disk of the directory
            end.append64(UInt64(memberCount))
            end.append64(UInt64(memberCount))
            end.append64(UInt64(directory.count))
            end.append64(UInt64(byteCount))
            end.append32(0x0706_4B50)
            end.append32(0)  // disk of that record
            end.append64(UInt64(place))
            end.append32(1)  // disks
        }
        end.append32(0x0605_4B50)
        end.append16(0)
        end.append16(0)
        end.append16(UInt16(min(memberCount, 0xFFFF)))
        end.append16(UInt16(min(memberCount, 0xFFFF)))
        end.append32(UInt32(min(directory.count, 0xFFFF_FFFF)))
        end.append32(UInt32(min(byteCount, 0xFFFF_FFFF)))
        end.append16(0)  // comment
        return end
    }

    /// The fields that local header and directory entry share, in their common order.
    private static func appendCommonFields(
        version: UInt16, _ crc32: UInt32, _ size: Int, _ nameByteCount: Int, extra: UInt16, to out: inout [UInt8]
    ) {
        out.append16(version)  // needed to extract
        out.append16(0x0800)  // name is UTF-8
        out.append16(0)  // stored
        out.append16(0)  // 00:00:00
        out.append16(0x0021)  // 1980-01-01
        out.append32(crc32)
        out.append32(UInt32(size))
        out.append32(UInt32(size))
        out.append16(UInt16(nameByteCount))
        out.append16(extra)
    }
}

extension [UInt8] {
    /// Appends a number, lowest byte first.
    mutating func append16(_ value: UInt16) { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }

    /// Appends a number, lowest byte first.
    mutating func append32(_ value: UInt32) { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }

    fileprivate mutating func append64(_ value: UInt64) { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }
}
