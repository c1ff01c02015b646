/// Why bytes could not be read as a ZIP archive.
public enum ZIPReadingError: Error, Hashable, CustomStringConvertible {
    /// No end record: not a ZIP archive at all, or one cut short.
    case notArchive(byteCount: Int)
    /// A record that does not fit into the file or contradicts another.
    case damaged(String)
    /// A member that is locked with a password.
    case encrypted(String)
    /// A member packed with a method other than "stored" and "deflate".
    case unknownMethod(member: String, Int)
    /// More members, or more unpacked bytes, than allowed.
    case tooLarge(what: String, count: Int, limit: Int)

    /// One sentence: what, where, and what would help.
    public var description: String {
        switch self {
        case .notArchive(let count):
            count == 0
                ? "the file is empty" : "the \(count) bytes are no ZIP archive, or one that was cut short; fetch or save the file again"
        case .damaged(let what): "the ZIP archive is damaged: \(what); fetch or save the file again"
        case .encrypted(let member): "the member '\(member)' is encrypted; save the file without a password"
        case .unknownMethod(let member, let method):
            "the member '\(member)' is packed with method \(method), and only 0 (stored) and 8 (deflate) are read; pack it anew"
        case .tooLarge(let what, let count, let limit): "the ZIP archive has \(count) \(what), more than the limit of \(limit)"
        }
    }
}

/// Reads a ZIP archive by its central directory (PKWARE APPNOTE 6.3), with and without ZIP64.
///
/// Nothing is unpacked before it is asked for, and nothing is believed: every offset is checked against the file, members may not
/// share bytes (which is how small files claim to be huge), and what all members claim to unpack to is limited.
///
///     let zip = try ZIPReader(file)
///     for member in zip.members { print(member.name, member.unpackedByteCount) }
///     let bytes = try zip.unpacked(zip.members[0])
public struct ZIPReader: Sendable {
    /// How much a foreign archive may ask for.
    public struct Limits: Hashable, Sendable {
        /// Most members.
        public var memberCount = 100_000
        /// Most bytes that all members together may unpack to.
        public var unpackedByteCount = 1 << 30

        /// The default limits.
        public init() {}
    }

    /// A member as the directory describes it.
    public struct Member: Hashable, Sendable {
        /// Its path. Bytes that are no UTF-8 are replaced.
        public let name: String
        /// What the directory says its bytes unpack to.
        public let unpackedByteCount: Int
        fileprivate let method: UInt16, flags: UInt16, crc32: UInt32
        /// The coded bytes in the file.
        fileprivate let data: Range<Int>
    }

    /// In the order of the directory; names may repeat.
    public let members: [Member]
    private let bytes: [UInt8]

    /// Reads the directory.
    ///
    /// - Complexity: O(*n* log *n*) in the count of members.
    public init(_ bytes: [UInt8], limits: Limits = .init()) throws(ZIPReadingError) {
        self.bytes = bytes
        members = try Directory(bytes: bytes, limits: limits).members()
    }

    /// The coded bytes of a member, to be copied into another archive as they are.
    public func packed(_ member: Member) throws(ZIPReadingError) -> PackedBytes {
        if member.flags & 1 != 0 { throw .encrypted(member.name) }
        guard let method = PackedBytes.Method(rawValue: member.method) else {
            throw .unknownMethod(member: member.name, Int(member.method))
        }
        return PackedBytes(
            method: method, crc32: member.crc32, originalByteCount: member.unpackedByteCount, bytes: Array(bytes[member.data]))
    }

    /// The original bytes of a member, checked against their checksum.
    public func unpacked(_ member: Member) throws(ZIPReadingError) -> [UInt8] {
        guard let original = try packed(member).unpacked() else {
            throw .damaged("the bytes of '\(member.name)' do not unpack to what the directory says")
        }
        return original
    }
}

/// The central directory of an archive.
private struct Directory {
    let bytes: [UInt8]
    let limits: ZIPReader.Limits

    func members() throws(ZIPReadingError) -> [ZIPReader.Member] {
        let end = try endRecord()
        guard end.count <= limits.memberCount else { throw .tooLarge(what: "members", count: end.count, limit: limits.memberCount) }
        // An entry has 46 bytes at least, so a claimed count cannot ask for more memory than the file has.
        guard end.start >= 0, end.size >= 0, end.start <= bytes.count - end.size, end.count <= end.size / 46 else {
            throw .damaged("its directory does not lie in the file")
        }
        var members: [ZIPReader.Member] = [], position = end.start, unpacked = 0
        members.reserveCapacity(end.count)
        for index in 0..<end.count {
            let member = try entry(&position, before: end.start + end.size, index)
            let (sum, overflow) = unpacked.addingReportingOverflow(member.unpackedByteCount)
            guard !overflow, sum <= limits.unpackedByteCount else {
                throw .tooLarge(what: "unpacked bytes", count: overflow ? .max : sum, limit: limits.unpackedByteCount)
            }
            unpacked = sum
            members.append(member)
        }
        var reach = 0
        for member in members.sorted(by: { $0.data.lowerBound < $1.data.lowerBound }) where !member.data.isEmpty {
            guard member.data.lowerBound >= reach else { throw .damaged("'\(member.name)' shares bytes with another member") }
            reach = member.data.upperBound
        }
        return members
    }

    private struct End {
        var start: Int, size: Int, count: Int
    }

    /// The end record lies within 64 KiB and 22 bytes of the file's end; the last that fits counts.
    private func endRecord() throws(ZIPReadingError) -> End {
        var position = bytes.count - 22
        while position >= max(0, bytes.count - 22 - 0xFFFF) {
            if number(at: position, 4) == 0x0605_4B50, position + 22 + number(at: position + 20, 2) <= bytes.count { break }
            position -= 1
        }
        guard position >= 0, number(at: position, 4) == 0x0605_4B50 else { throw .notArchive(byteCount: bytes.count) }
        var end = End(start: number(at: position + 16, 4), size: number(at: position + 12, 4), count: number(at: position + 10, 2))
        guard number(at: position + 4, 2) == 0 || number(at: position + 4, 2) == 0xFFFF else {
            throw .damaged("it is one part of several")
        }
        if end.start == 0xFFFF_FFFF || end.size == 0xFFFF_FFFF || end.count == 0xFFFF, position >= 20,
            number(at: position - 20, 4) == 0x0706_4B50
        {
            let large = number(at: position - 12, 8)
            guard large >= 0, large <= position - 76, number(at: large, 4) == 0x0606_4B50 else {
                throw .damaged("its 64-bit end record is missing")
            }
            end = End(start: number(at: large + 48, 8), size: number(at: large + 40, 8), count: number(at: large + 32, 8))
            guard end.count >= 0 else { throw .damaged("its directory does not lie in the file") }
        }
        return end
    }

    private func entry(_ position: inout Int, before end: Int, _ index: Int) throws(ZIPReadingError) -> ZIPReader.Member {
        guard position + 46 <= end, number(at: position, 4) == 0x0201_4B50 else {
            throw .damaged("entry \(index + 1) of its directory is no entry")
        }
        let nameEnd = position + 46 + number(at: position + 28, 2), extraEnd = nameEnd + number(at: position + 30, 2)
        let next = extraEnd + number(at: position + 32, 2)
        guard next <= end else { throw .damaged("entry \(index + 1) of its directory is cut short") }
        let name = String(decoding: bytes[position + 46..<nameEnd], as: UTF8.self)
        var unpacked = number(at: position + 24, 4), packed = number(at: position + 20, 4), offset = number(at: position + 42, 4)
        // The 64-bit extension holds those of the three that are full, in this order.
        var extra = nameEnd
        while extra + 4 <= extraEnd {
            let (kind, size) = (number(at: extra, 2), number(at: extra + 2, 2))
            guard extra + 4 + size <= extraEnd else { break }
            if kind == 1 {
                var field = extra + 4
                func wide(_ value: inout Int) {
                    guard value == 0xFFFF_FFFF, field + 8 <= extra + 4 + size else { return }
                    value = number(at: field, 8)
                    field += 8
                }
                wide(&unpacked)
                wide(&packed)
                wide(&offset)
            }
            extra += 4 + size
        }
        guard offset >= 0, packed >= 0, unpacked >= 0, offset <= bytes.count - 30, number(at: offset, 4) == 0x0403_4B50 else {
            throw .damaged("'\(name)' does not lie where its directory says")
        }
        let start = offset + 30 + number(at: offset + 26, 2) + number(at: offset + 28, 2)
        guard start <= bytes.count, packed <= bytes.count - start else { throw .damaged("'\(name)' reaches beyond the end of the file") }
        let member = ZIPReader.Member(
            name: name, unpackedByteCount: unpacked, method: UInt16(number(at: position + 10, 2)),
            flags: UInt16(number(at: position + 8, 2)), crc32: UInt32(number(at: position + 16, 4)), data: start..<start + packed)
        position = next
        return member
    }

    /// A little-endian number of 2, 4 or 8 bytes; −1 when it does not lie in the file, or is beyond `Int`.
    private func number(at position: Int, _ count: Int) -> Int {
        guard position >= 0, position <= bytes.count - count else { return -1 }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[position + index]) }
        return Int(exactly: value) ?? -1
    }
}
