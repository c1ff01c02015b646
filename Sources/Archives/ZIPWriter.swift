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
        let nameBytes = Array(name.utf8)
        guard (1...0xFFFF).contains(nameBytes.count) else { throw .unusableName(name) }
        guard names.count < Self.memberLimit else { throw .tooManyMembers(limit: Self.memberLimit) }
        guard !names.contains(name) else { throw .duplicateName(name) }
        // Local header 30 bytes, directory entry 46, end record 22; name twice.
        let end = file.count + directory.count + member.bytes.count + 2 * nameBytes.count + 30 + 46 + 22
        guard end <= Self.byteLimit, member.originalByteCount <= Self.byteLimit else {
            throw .tooLarge(member: name, limit: Self.byteLimit)
        }

        let offset = file.count
        file.append32(0x0403_4B50)
        Self.appendCommonFields(of: member, nameBytes.count, to: &file)
        file.append(contentsOf: nameBytes)
        file.append(contentsOf: member.bytes)

        directory.append32(0x0201_4B50)
        directory.append16(20)  // made by: version 2.0, no file attributes
        Self.appendCommonFields(of: member, nameBytes.count, to: &directory)
        directory.append16(0)  // comment
        directory.append16(0)  // disk
        directory.append16(0)  // internal attributes
        directory.append32(0)  // external attributes
        directory.append32(UInt32(offset))
        directory.append(contentsOf: nameBytes)
        names.insert(name)
    }

    /// The whole archive.
    public consuming func finish() -> [UInt8] {
        let (start, count) = (UInt32(file.count), UInt16(names.count))
        file.append(contentsOf: directory)
        file.append32(0x0605_4B50)
        file.append16(0)  // this disk
        file.append16(0)  // disk of the directory
        file.append16(count)
        file.append16(count)
        file.append32(UInt32(directory.count))
        file.append32(start)
        file.append16(0)  // comment
        return file
    }

    /// The fields that local header and directory entry share, in their common order.
    private static func appendCommonFields(of member: PackedBytes, _ nameByteCount: Int, to out: inout [UInt8]) {
        out.append16(20)  // needed to extract: 2.0, deflate
        out.append16(0x0800)  // name is UTF-8
        out.append16(member.method.rawValue)
        out.append16(0)  // 00:00:00
        out.append16(0x0021)  // 1980-01-01
        out.append32(member.crc32)
        out.append32(UInt32(member.bytes.count))
        out.append32(UInt32(member.originalByteCount))
        out.append16(UInt16(nameByteCount))
        out.append16(0)  // extra fields
    }
}

extension [UInt8] {
    fileprivate mutating func append16(_ value: UInt16) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append32(_ value: UInt32) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
