/// Why members do not fit into one archive.
public enum ZIPError: Error, Equatable, CustomStringConvertible {
    /// More members than the format counts without its 64-bit extension.
    case tooManyMembers(limit: Int)
    /// More bytes than the format addresses without its 64-bit extension.
    case tooLarge(member: String, limit: Int)
    /// Two members of one name.
    case duplicateName(String)
    /// A name that is empty or longer than the format can say.
    case unusableName(String)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .tooManyMembers(let limit): "a ZIP archive holds at most \(limit) members; split the output into several files"
        case .tooLarge(let member, let limit):
            "the archive would pass \(limit) bytes at '\(member)'; split the output into several files"
        case .duplicateName(let name): "the archive already has a member '\(name)'"
        case .unusableName(let name): "a member's name must have 1 to 65535 bytes, not \(name.utf8.count)"
        }
    }
}

/// Collects packed members into a ZIP archive (PKWARE APPNOTE 6.3, without ZIP64 and encryption).
///
/// The bytes depend on names and contents alone: every date is 1 January 1980 00:00 (the format's first), names are
/// UTF-8 and marked so, sizes stand in the local headers (no data descriptors), there are no extra fields.
///
///     var zip = ZIPWriter()
///     try zip.add("hello.txt", packer.pack(Array("hello".utf8)))
///     let file = zip.finish()
public struct ZIPWriter: Sendable {
    private static let memberLimit = 0xFFFF
    private static let byteLimit = 0xFFFF_FFFF

    private var file: [UInt8] = []
    private var directory: [UInt8] = []
    private var names: Set<String> = []

    /// An empty archive.
    public init() {}

    /// Adds a member after those already there. On an error the archive stays as it was.
    public mutating func add(_ name: String, _ member: PackedBytes) throws(ZIPError) {
        let nameByteCount = name.utf8.count
        guard (1...0xFFFF).contains(nameByteCount) else { throw .unusableName(name) }
        guard names.count < Self.memberLimit else { throw .tooManyMembers(limit: Self.memberLimit) }
        // Local header 30 bytes, directory entry 46, end record 22; name twice.
        let end = file.count + directory.count + member.bytes.count + 2 * nameByteCount + 30 + 46 + 22
        guard end <= Self.byteLimit, member.originalByteCount <= Self.byteLimit else {
            throw .tooLarge(member: name, limit: Self.byteLimit)
        }

        guard names.insert(name).inserted else { throw .duplicateName(name) }

        let offset = file.count
        var header = ZIPRecord(signature: 0x0403_4B50)
        header.appendCommonFields(
            member.method, crc32: member.crc32, byteCount: member.bytes.count, originalByteCount: member.originalByteCount,
            nameByteCount: nameByteCount)
        header.write(to: &file)
        file.append(contentsOf: name.utf8)
        file.append(contentsOf: member.bytes)

        var entry = ZIPRecord(signature: 0x0201_4B50)
        entry.append16(20)  // made by: version 2.0, no file attributes
        entry.appendCommonFields(
            member.method, crc32: member.crc32, byteCount: member.bytes.count, originalByteCount: member.originalByteCount,
            nameByteCount: nameByteCount)
        entry.appendPlace(UInt32(offset))
        entry.write(to: &directory)
        directory.append(contentsOf: name.utf8)
    }

    /// Makes room for further members.
    ///
    /// - Parameter byteCount: Of their names, twice, and their packed bytes.
    public mutating func reserveCapacity(memberCount: Int, byteCount: Int) {
        file.reserveCapacity(file.count + byteCount + (memberCount + names.count) * (30 + 46) + directory.count + 22)
        directory.reserveCapacity(directory.count + memberCount * 46 + byteCount / 8)
        names.reserveCapacity(names.count + memberCount)
    }

    /// The whole archive.
    public consuming func finish() -> [UInt8] {
        let (start, count) = (UInt32(file.count), UInt16(names.count))
        file.append(contentsOf: directory)
        ZIPRecord.end(memberCount: count, directoryByteCount: UInt32(directory.count), start: start).write(to: &file)
        return file
    }
}

/// The fields of a record of any archive, collected so that they are appended at once.
struct ZIPRecord {
    // The longest is the 64-bit end record.
    private var bytes = InlineArray<56, UInt8>(repeating: 0)
    private var count = 0

    init(signature: UInt32) { append32(signature) }

    mutating func append16(_ value: UInt16) {
        bytes[count] = UInt8(truncatingIfNeeded: value)
        bytes[count + 1] = UInt8(truncatingIfNeeded: value >> 8)
        count += 2
    }

    mutating func append32(_ value: UInt32) {
        append16(UInt16(truncatingIfNeeded: value))
        append16(UInt16(truncatingIfNeeded: value >> 16))
    }

    mutating func append64(_ value: UInt64) {
        append32(UInt32(truncatingIfNeeded: value))
        append32(UInt32(truncatingIfNeeded: value >> 32))
    }

    /// The fields that local header and directory entry share, in their common order.
    ///
    /// - Parameter version: Needed to extract, times ten: 2.0 for deflate, 4.5 for the 64-bit extension.
    mutating func appendCommonFields(
        version: UInt16 = 20, _ method: PackedBytes.Method, crc32: UInt32, byteCount: Int, originalByteCount: Int, nameByteCount: Int,
        extraByteCount: UInt16 = 0
    ) {
        append16(version)
        append16(0x0800)  // name is UTF-8
        append16(method.rawValue)
        append16(0)  // 00:00:00
        append16(0x0021)  // 1980-01-01
        append32(crc32)
        append32(UInt32(byteCount))
        append32(UInt32(originalByteCount))
        append16(UInt16(nameByteCount))
        append16(extraByteCount)
    }

    /// What follows them in a directory entry.
    mutating func appendPlace(_ offset: UInt32) {
        append16(0)  // comment
        append16(0)  // disk
        append16(0)  // internal attributes
        append32(0)  // external attributes
        append32(offset)
    }

    /// What ends an archive, as far as its fields are long enough.
    static func end(memberCount: UInt16, directoryByteCount: UInt32, start: UInt32) -> ZIPRecord {
        var end = ZIPRecord(signature: 0x0605_4B50)
        end.append16(0)  // this disk
        end.append16(0)  // disk of the directory
        end.append16(memberCount)
        end.append16(memberCount)
        end.append32(directoryByteCount)
        end.append32(start)
        end.append16(0)  // comment
        return end
    }

    func write(to out: inout [UInt8]) {
        bytes.span.withUnsafeBufferPointer { out.append(contentsOf: $0.prefix(count)) }
    }
}
