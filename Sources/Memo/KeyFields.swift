/// The canonical bytes of a key as the fields they were written from.
///
/// `KeyEncoder` writes, `docs/formats/keys.md` describes; this reads, for whoever wants to know in what two keys differ.
/// Bytes may be anything: what is not a key of this schema gives nil.
struct KeyFields: Sendable {
    /// Whether it is the key of a plan.
    var isPlan: Bool
    /// Name and version of the stage or plan.
    var name: String, version: Int
    /// In the order written; every path once.
    var fields: [Field]

    /// A number, text, input or mark at the end of a path such as `options.colors`, `slides[2]`, `sizes["a"]`.
    struct Field: Hashable, Sendable {
        var path: String
        var value: Value
    }

    enum Value: Hashable, Sendable {
        /// As it is printed, texts in quotes.
        case plain(String)
        /// The digest of an input.
        case input(Digest)
    }

    /// Deepest nesting that is read; what stages write is below ten.
    private static let deepest = 64

    init?(_ bytes: [UInt8]) {
        var reader = RecordReader(bytes: bytes[...])
        guard reader.byte() == Key.schema, let kind = reader.byte().flatMap(Key.Kind.init), let name = reader.text(),
            let version = reader.word()
        else { return nil }
        isPlan = kind == .plan
        (self.name, self.version, fields) = (name, Int(Int64(bitPattern: version)), [])
        guard read(&reader, path: "", depth: 0), reader.bytes.isEmpty else { return nil }
    }

    private mutating func add(_ path: String, _ value: Value) -> Bool {
        fields.append(Field(path: path, value: value))
        return true
    }

    private mutating func read(_ reader: inout RecordReader, path: String, depth: Int) -> Bool {
        guard depth < Self.deepest, let tag = reader.byte() else { return false }
        switch tag {
        case UInt8(ascii: "{"):
            while !reader.closes() {
                guard reader.byte() == UInt8(ascii: "k"), let name = reader.text() else { return false }
                guard read(&reader, path: path.isEmpty ? name : path + "." + name, depth: depth + 1) else { return false }
            }
            return true
        case UInt8(ascii: "["):
            var index = 0
            while !reader.closes() {
                guard read(&reader, path: "\(path)[\(index)]", depth: depth + 1) else { return false }
                index += 1
            }
            // Otherwise an empty list and a longer one would differ in nothing that has a name.
            return add(path + ".count", .plain("\(index)"))
        case UInt8(ascii: "<"):
            while !reader.closes() {
                guard let member = reader.described(depth: depth + 1) else { return false }
                guard add("\(path){\(member)}", .plain("there")) else { return false }
            }
            return true
        case UInt8(ascii: ">"):
            while !reader.closes() {
                guard let key = reader.described(depth: depth + 1) else { return false }
                guard read(&reader, path: "\(path)[\(key)]", depth: depth + 1) else { return false }
            }
            return true
        case UInt8(ascii: "o"): return read(&reader, path: path, depth: depth + 1)
        case UInt8(ascii: "a"): return reader.digest().map { add(path, .input($0)) } ?? false
        default: return reader.scalar(tag).map { add(path, .plain($0)) } ?? false
        }
    }
}

extension RecordReader {
    /// Takes the mark that closes a container, if it is next. At the end of the bytes nothing is, and the next read fails.
    fileprivate mutating func closes() -> Bool {
        guard bytes.first == UInt8(ascii: "]") else { return false }
        bytes.removeFirst()
        return true
    }

    /// A value without parts, as it is printed.
    fileprivate mutating func scalar(_ tag: UInt8) -> String? {
        switch tag {
        case UInt8(ascii: "i"): word().map { "\(Int64(bitPattern: $0))" }
        case UInt8(ascii: "u"): word().map { "\($0)" }
        case UInt8(ascii: "I"), UInt8(ascii: "U"): wide(isSigned: tag == UInt8(ascii: "I"))
        case UInt8(ascii: "d"): word().map { "\(Double(bitPattern: $0))" }
        case UInt8(ascii: "f"): word().flatMap { UInt32(exactly: $0) }.map { "\(Float(bitPattern: $0))" }
        case UInt8(ascii: "0"): "false"
        case UInt8(ascii: "1"): "true"
        case UInt8(ascii: "t"): text().map { $0.debugDescription }
        case UInt8(ascii: "n"): "nil"
        case UInt8(ascii: "e"): "nothing"
        default: nil
        }
    }

    private mutating func wide(isSigned: Bool) -> String? {
        guard let low = word(), let high = word() else { return nil }
        let bits = UInt128(high) << 64 | UInt128(low)
        return isSigned ? "\(Int128(bitPattern: bits))" : "\(bits)"
    }

    /// A member of a set or a key of a dictionary in short: a scalar itself, anything larger by its digest.
    fileprivate mutating func described(depth: Int) -> String? {
        let before = bytes
        guard skip(depth: depth) else { return nil }
        let taken = before.prefix(before.count - bytes.count)
        var reader = RecordReader(bytes: taken)
        if let tag = reader.byte(), let scalar = reader.scalar(tag), reader.bytes.isEmpty { return scalar }
        return String(taken.withUnsafeBytes { Digest(hashing: $0, threads: 1) }.description.prefix(12))
    }

    private mutating func skip(depth: Int) -> Bool {
        guard depth < 64, let tag = byte() else { return false }
        switch tag {
        case UInt8(ascii: "{"):
            while !closes() { guard byte() == UInt8(ascii: "k"), text() != nil, skip(depth: depth + 1) else { return false } }
        case UInt8(ascii: "["), UInt8(ascii: "<"), UInt8(ascii: ">"):
            while !closes() { guard skip(depth: depth + 1) else { return false } }
        case UInt8(ascii: "o"): return skip(depth: depth + 1)
        case UInt8(ascii: "a"): return digest() != nil
        default: return scalar(tag) != nil
        }
        return true
    }
}
