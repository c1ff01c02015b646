import AtelierScheduling

/// Writes a stage as the canonical bytes that its digest is taken of, and finds its inputs on the way.
///
/// The bytes depend on the stored properties alone, not on process, locale or hash seed:
/// - every value begins with a tag; text and field names carry their length; containers are closed by a mark;
/// - numbers are eight bytes, little endian, whatever their type's width; −0 is written as 0, every NaN as one NaN;
/// - nil is written, so are defaults (synthesised encoding writes every stored property);
/// - sets and dictionaries are ordered by the bytes of their elements;
/// - an artifact is its digest, and is remembered as an input.
///
/// `Data`, `URL` and `Date` are refused: large content belongs into an artifact of its own, a URL names a place
/// whose content changes, a date is a clock. Text is written as it stands: two normal forms of one word are two
/// keys, because a stage may copy them into its output.
///
/// A type that writes two containers in turns, or opens one and returns to its parent's later siblings, cannot be
/// framed by a sink that writes straight through, and is refused too; synthesised encoding never does.
struct KeyEncoder: Encoder {
    fileprivate let sink: KeySink
    /// Depth of the frame that the value is written into.
    fileprivate let depth: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedFields<Key>(sink: sink, frame: sink.open(.fields, in: depth)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        Elements(sink: sink, frame: sink.open(.elements, in: depth))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleValue(sink: sink, depth: depth) }

    /// Writes an artifact into the key: its digest, and its node among the inputs.
    func encode(_ node: Node) { sink.write(node, in: depth) }
}

/// A key as bytes, hashed, with the inputs found while writing it.
struct Key {
    /// Raised when the bytes of any key would be written differently: every cache starts anew.
    static let schema: UInt8 = 1

    enum Kind: UInt8 { case stage = 0x53, plan = 0x50 }

    let digest: Digest
    /// Distinct by digest, in the order found.
    let inputs: [Node]
    /// Other nodes with the digest of one in `inputs`; kept so that they are released with them.
    let duplicates: [Node]

    init(of value: some Encodable, name: String, version: Int, kind: Kind) {
        self = KeySink.withPooled { sink in
            sink.encode(value, name: name, version: version, kind: kind)
            return Key(digest: sink.digest(), found: sink.inputs)
        }
    }

    /// The bytes that the digest is taken of.
    static func bytes(of value: some Encodable, name: String, version: Int, kind: Kind) -> [UInt8] {
        KeySink.withPooled { sink in
            sink.encode(value, name: name, version: version, kind: kind)
            return Array(sink.bytes)
        }
    }

    private init(digest: Digest, found: [Node]) {
        self.digest = digest
        if found.count < 2 {
            (inputs, duplicates) = (found, [])
            return
        }
        var inputs: [Node] = [], duplicates: [Node] = []
        if found.count <= 8 {
            for node in found {
                if inputs.contains(where: { $0.digest == node.digest }) { duplicates.append(node) } else { inputs.append(node) }
            }
        } else {
            var seen = Set<Digest>(minimumCapacity: found.count)
            for node in found {
                if seen.insert(node.digest).inserted { inputs.append(node) } else { duplicates.append(node) }
            }
        }
        (self.inputs, self.duplicates) = (inputs, duplicates)
    }
}

/// The canonical bytes of a stage or plan and the names of its fields; for tests that hold every stage to rule 1.
package struct KeyRecord {
    /// What the digest is taken of.
    package let bytes: [UInt8]
    /// Names of the stored properties written, in order.
    package let fields: [String]
    /// Digests of the inputs found.
    package let inputs: [Digest]

    package init(of stage: some Stage) {
        self.init(stage, type(of: stage).name, type(of: stage).version, .stage)
    }

    package init(of plan: some Plan) {
        self.init(plan, type(of: plan).name, type(of: plan).version, .plan)
    }

    private init(_ value: some Encodable, _ name: String, _ version: Int, _ kind: Key.Kind) {
        (bytes, fields, inputs) = KeySink.withPooled { sink in
            sink.recordsFields = true
            defer { sink.recordsFields = false }
            sink.encode(value, name: name, version: version, kind: kind)
            return (Array(sink.bytes), sink.fieldNames, sink.inputs.map(\.digest))
        }
    }
}

private enum Tag: UInt8 {
    case fields = 0x7B, elements = 0x5B, close = 0x5D, key = 0x6B
    case null = 0x6E, some = 0x6F, nothing = 0x65, no = 0x30, yes = 0x31
    case signed = 0x69, unsigned = 0x75, signedWide = 0x49, unsignedWide = 0x55, double = 0x64, float = 0x66
    case text = 0x74, artifact = 0x61, set = 0x3C, dictionary = 0x3E
}

/// The byte buffer under an encoding. Pooled: a key costs no allocation for bytes once the pool is warm.
///
/// Sendable by being owned: `withPooled` takes it out of the pool, one thread uses it, and puts it back.
private final class KeySink: @unchecked Sendable {
    private static let pool = Lock<[KeySink]>([])
    private static let largestPooled = 1 << 20

    // Looking at run time whether two accesses overlap takes a quarter of an encoding. One thread uses a sink, and nothing that is
    // called during an access comes back to it.
    @exclusivity(unchecked) private var base = UnsafeMutablePointer<UInt8>.allocate(capacity: 1024)
    @exclusivity(unchecked) private var capacity = 1024
    @exclusivity(unchecked) private(set) var count = 0
    /// Serial numbers of the open frames, outermost first.
    @exclusivity(unchecked) private var frames: [UInt32] = []
    @exclusivity(unchecked) private var serial: UInt32 = 0
    @exclusivity(unchecked) private var kinds: [ObjectIdentifier: ValueKind] = [:]
    @exclusivity(unchecked) private var problem: String?
    @exclusivity(unchecked) private(set) var inputs: [Node] = []
    var recordsFields = false
    private(set) var fieldNames: [String] = []

    deinit { base.deallocate() }

    static func withPooled<Result>(_ body: (KeySink) -> Result) -> Result {
        // An encoding that encodes another key inside takes a second sink, so the lock is not held meanwhile.
        let sink = pool.withLock { $0.popLast() } ?? KeySink()
        defer {
            sink.inputs.removeAll(keepingCapacity: sink.inputs.capacity <= 64)
            if sink.capacity <= largestPooled { pool.withLock { if $0.count < 64 { $0.append(sink) } } }
        }
        return body(sink)
    }

    func encode(_ value: some Encodable, name: String, version: Int, kind: Key.Kind) {
        (count, serial, problem) = (0, 0, nil)
        frames.removeAll(keepingCapacity: true)
        inputs.removeAll(keepingCapacity: true)
        fieldNames.removeAll()
        put(Key.schema)
        put(kind.rawValue)
        put(text: name)
        put(word: UInt64(bitPattern: Int64(version)))
        do {
            try encode(value, in: 0)
        } catch {
            problem = problem ?? String(describing: error)
        }
        close(to: 0)
        // Which properties a stage has is the programmer's doing, not the input's.
        if let problem { preconditionFailure("\(name) cannot be a key: \(problem)") }
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func digest() -> Digest { Digest(hashing: bytes, threads: 1).asDerivation }

    // MARK: Frames

    struct Frame {
        let depth: Int, serial: UInt32
    }

    func open(_ tag: Tag, in depth: Int) -> Frame {
        close(to: depth)
        put(tag.rawValue)
        serial += 1
        frames.append(serial)
        return Frame(depth: depth + 1, serial: serial)
    }

    func enter(_ frame: Frame) {
        if frames.count > frame.depth { close(to: frame.depth) }
        if frames.count != frame.depth || frames[frame.depth - 1] != frame.serial {
            problem = problem ?? "a type inside writes two containers in turns"
        }
    }

    func enter(_ frame: Frame, key: some CodingKey) {
        enter(frame)
        let name = key.stringValue
        put(Tag.key.rawValue)
        put(text: name)
        if recordsFields, frame.depth == 1 { fieldNames.append(name) }
    }

    func close(to depth: Int) {
        while frames.count > depth {
            frames.removeLast()
            put(Tag.close.rawValue)
        }
    }

    // MARK: Values

    func encode<Value: Encodable>(_ value: Value, in depth: Int) throws {
        switch kind(of: Value.self) {
        case .plain:
            let before = count
            try value.encode(to: KeyEncoder(sink: self, depth: depth))
            if count == before { put(Tag.nothing.rawValue) }
        case .optional:
            try (value as! any OptionalValue).encodeWrapped(to: self, in: depth)
        case .unordered:
            try (value as! any UnorderedValue).encodeOrdered(to: self, in: depth)
        case .refused:
            problem = problem ?? "\(Value.self) does not belong into a key"
            put(Tag.nothing.rawValue)
        }
    }

    /// Writes pieces one after another, ordered by their bytes.
    func putOrdered(_ tag: Tag, in depth: Int, _ writers: (_ element: (() throws -> Void) throws -> Void) throws -> Void) throws {
        let frame = open(tag, in: depth)
        let start = count
        var ends: [Int] = []
        try writers { write in
            try write()
            close(to: frame.depth)
            ends.append(count)
        }
        var pieces: [Range<Int>] = []
        var position = start
        for end in ends {
            pieces.append(position..<end)
            position = end
        }
        let copy = Array(UnsafeBufferPointer(start: base + start, count: count - start))
        pieces.sort { a, b in
            let (x, y) = (copy[a.lowerBound - start..<a.upperBound - start], copy[b.lowerBound - start..<b.upperBound - start])
            return x.lexicographicallyPrecedes(y)
        }
        var write = base + start
        for piece in pieces {
            copy.withUnsafeBufferPointer { write.update(from: $0.baseAddress! + (piece.lowerBound - start), count: piece.count) }
            write += piece.count
        }
        close(to: frame.depth - 1)
    }

    func write(_ node: Node, in depth: Int) {
        close(to: depth)
        inputs.append(node)
        reserve(33)
        base[count] = Tag.artifact.rawValue
        let words = node.digest.words
        store(words.0, at: count + 1)
        store(words.1, at: count + 9)
        store(words.2, at: count + 17)
        store(words.3, at: count + 25)
        count += 33
    }

    func put(_ tag: Tag, _ word: UInt64) {
        reserve(9)
        base[count] = tag.rawValue
        store(word, at: count + 1)
        count += 9
    }

    func put(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    func put(_ tag: Tag) { put(tag.rawValue) }

    func put(word: UInt64) {
        reserve(8)
        store(word, at: count)
        count += 8
    }

    /// The number of UTF-8 bytes, seven bits at a time, then the bytes.
    func put(text: String) {
        var text = text
        text.withUTF8 { utf8 in
            reserve(10 + utf8.count)
            var length = utf8.count
            while length >= 0x80 {
                base[count] = UInt8(truncatingIfNeeded: length) | 0x80
                count += 1
                length >>= 7
            }
            base[count] = UInt8(length)
            count += 1
            if let source = utf8.baseAddress {
                (base + count).update(from: source, count: utf8.count)
                count += utf8.count
            }
        }
    }

    func put(_ value: Double) {
        // Equal numbers are one key; a NaN's payload never reaches an output on purpose.
        put(.double, value == 0 ? 0 : value.isNaN ? Double.nan.bitPattern : value.bitPattern)
    }

    func put(_ value: Float) {
        put(.float, UInt64(value == 0 ? 0 : value.isNaN ? Float.nan.bitPattern : value.bitPattern))
    }

    private func store(_ word: UInt64, at offset: Int) {
        UnsafeMutableRawPointer(base + offset).storeBytes(of: word.littleEndian, as: UInt64.self)
    }

    private func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    // MARK: Kinds of values

    enum ValueKind { case plain, optional, unordered, refused }

    /// Casting to a protocol costs more than everything else here, so the answer is kept per type.
    private func kind<Value>(of type: Value.Type) -> ValueKind {
        let identifier = ObjectIdentifier(type)
        if let kind = kinds[identifier] { return kind }
        // By name, not by conformance: a look-up that finds none walks every conformance of the program, which was a
        // fifth of the instructions of a warm run with one icon.
        let name = _typeName(type, qualified: true)
        let kind: ValueKind
        if name.hasPrefix("Swift.Optional<") {
            kind = .optional
        } else if name.hasPrefix("Swift.Set<") || name.hasPrefix("Swift.Dictionary<") {
            kind = .unordered
        } else {
            let isFoundation = name.hasPrefix("Foundation.") || name.hasPrefix("FoundationEssentials.")
            kind = isFoundation && [".Data", ".URL", ".Date"].contains(where: name.hasSuffix) ? .refused : .plain
        }
        kinds[identifier] = kind
        return kind
    }
}

/// Optional, whose synthesised encoding does not tell `.some(nil)` from nil.
private protocol OptionalValue {
    func encodeWrapped(to sink: KeySink, in depth: Int) throws
}

extension Optional: OptionalValue where Wrapped: Encodable {
    fileprivate func encodeWrapped(to sink: KeySink, in depth: Int) throws {
        guard let self else { return sink.put(.null) }
        sink.put(.some)
        try sink.encode(self, in: depth)
    }
}

/// A collection whose order is the hash seed's.
private protocol UnorderedValue {
    func encodeOrdered(to sink: KeySink, in depth: Int) throws
}

extension Set: UnorderedValue where Element: Encodable {
    fileprivate func encodeOrdered(to sink: KeySink, in depth: Int) throws {
        try sink.putOrdered(.set, in: depth) { element in
            for member in self { try element { try sink.encode(member, in: depth + 1) } }
        }
    }
}

extension Dictionary: UnorderedValue where Key: Encodable, Value: Encodable {
    fileprivate func encodeOrdered(to sink: KeySink, in depth: Int) throws {
        try sink.putOrdered(.dictionary, in: depth) { element in
            for (key, value) in self {
                try element {
                    try sink.encode(key, in: depth + 1)
                    sink.close(to: depth + 1)
                    try sink.encode(value, in: depth + 1)
                }
            }
        }
    }
}

// MARK: Containers

private struct KeyedFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let sink: KeySink
    let frame: KeySink.Frame

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { sink.enter(frame, key: key); sink.put(.null) }
    func encode(_ value: Bool, forKey key: Key) { sink.enter(frame, key: key); sink.put(value ? .yes : .no) }
    func encode(_ value: String, forKey key: Key) { sink.enter(frame, key: key); sink.put(.text); sink.put(text: value) }
    func encode(_ value: Double, forKey key: Key) { sink.enter(frame, key: key); sink.put(value) }
    func encode(_ value: Float, forKey key: Key) { sink.enter(frame, key: key); sink.put(value) }
    func encode(_ value: Int, forKey key: Key) { sink.enter(frame, key: key); sink.put(signed: value) }
    func encode(_ value: Int8, forKey key: Key) { sink.enter(frame, key: key); sink.put(signed: value) }
    func encode(_ value: Int16, forKey key: Key) { sink.enter(frame, key: key); sink.put(signed: value) }
    func encode(_ value: Int32, forKey key: Key) { sink.enter(frame, key: key); sink.put(signed: value) }
    func encode(_ value: Int64, forKey key: Key) { sink.enter(frame, key: key); sink.put(signed: value) }
    func encode(_ value: Int128, forKey key: Key) { sink.enter(frame, key: key); sink.put(wide: value) }
    func encode(_ value: UInt, forKey key: Key) { sink.enter(frame, key: key); sink.put(unsigned: value) }
    func encode(_ value: UInt8, forKey key: Key) { sink.enter(frame, key: key); sink.put(unsigned: value) }
    func encode(_ value: UInt16, forKey key: Key) { sink.enter(frame, key: key); sink.put(unsigned: value) }
    func encode(_ value: UInt32, forKey key: Key) { sink.enter(frame, key: key); sink.put(unsigned: value) }
    func encode(_ value: UInt64, forKey key: Key) { sink.enter(frame, key: key); sink.put(unsigned: value) }
    func encode(_ value: UInt128, forKey key: Key) { sink.enter(frame, key: key); sink.put(wide: value) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        sink.enter(frame, key: key)
        try sink.encode(value, in: frame.depth)
    }

    // Left to themselves these write nothing for nil, and a stage with nil and one without the property are one key.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: Int128?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent(_ value: UInt128?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try encodeOptional(value, forKey: key) }

    private func encodeOptional<T: Encodable>(_ value: T?, forKey key: Key) throws {
        sink.enter(frame, key: key)
        guard let value else { return sink.put(.null) }
        sink.put(.some)
        try sink.encode(value, in: frame.depth)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        sink.enter(frame, key: key)
        return KeyEncoder(sink: sink, depth: frame.depth).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        sink.enter(frame, key: key)
        return KeyEncoder(sink: sink, depth: frame.depth).unkeyedContainer()
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        sink.enter(frame, key: key)
        return KeyEncoder(sink: sink, depth: frame.depth)
    }

    func superEncoder() -> any Encoder {
        sink.enter(frame)
        sink.put(.key)
        sink.put(text: "super")
        return KeyEncoder(sink: sink, depth: frame.depth)
    }
}

private struct Elements: UnkeyedEncodingContainer {
    let sink: KeySink
    let frame: KeySink.Frame
    var count = 0

    var codingPath: [any CodingKey] { [] }

    private mutating func enter() {
        sink.enter(frame)
        count += 1
    }

    mutating func encodeNil() { enter(); sink.put(.null) }
    mutating func encode(_ value: Bool) { enter(); sink.put(value ? .yes : .no) }
    mutating func encode(_ value: String) { enter(); sink.put(.text); sink.put(text: value) }
    mutating func encode(_ value: Double) { enter(); sink.put(value) }
    mutating func encode(_ value: Float) { enter(); sink.put(value) }
    mutating func encode(_ value: Int) { enter(); sink.put(signed: value) }
    mutating func encode(_ value: Int8) { enter(); sink.put(signed: value) }
    mutating func encode(_ value: Int16) { enter(); sink.put(signed: value) }
    mutating func encode(_ value: Int32) { enter(); sink.put(signed: value) }
    mutating func encode(_ value: Int64) { enter(); sink.put(signed: value) }
    mutating func encode(_ value: Int128) { enter(); sink.put(wide: value) }
    mutating func encode(_ value: UInt) { enter(); sink.put(unsigned: value) }
    mutating func encode(_ value: UInt8) { enter(); sink.put(unsigned: value) }
    mutating func encode(_ value: UInt16) { enter(); sink.put(unsigned: value) }
    mutating func encode(_ value: UInt32) { enter(); sink.put(unsigned: value) }
    mutating func encode(_ value: UInt64) { enter(); sink.put(unsigned: value) }
    mutating func encode(_ value: UInt128) { enter(); sink.put(wide: value) }

    mutating func encode<T: Encodable>(_ value: T) throws {
        enter()
        try sink.encode(value, in: frame.depth)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        enter()
        return KeyEncoder(sink: sink, depth: frame.depth).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        enter()
        return KeyEncoder(sink: sink, depth: frame.depth).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        enter()
        return KeyEncoder(sink: sink, depth: frame.depth)
    }
}

private struct SingleValue: SingleValueEncodingContainer {
    let sink: KeySink
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    private func enter() { sink.close(to: depth) }

    func encodeNil() { enter(); sink.put(.null) }
    func encode(_ value: Bool) { enter(); sink.put(value ? .yes : .no) }
    func encode(_ value: String) { enter(); sink.put(.text); sink.put(text: value) }
    func encode(_ value: Double) { enter(); sink.put(value) }
    func encode(_ value: Float) { enter(); sink.put(value) }
    func encode(_ value: Int) { enter(); sink.put(signed: value) }
    func encode(_ value: Int8) { enter(); sink.put(signed: value) }
    func encode(_ value: Int16) { enter(); sink.put(signed: value) }
    func encode(_ value: Int32) { enter(); sink.put(signed: value) }
    func encode(_ value: Int64) { enter(); sink.put(signed: value) }
    func encode(_ value: Int128) { enter(); sink.put(wide: value) }
    func encode(_ value: UInt) { enter(); sink.put(unsigned: value) }
    func encode(_ value: UInt8) { enter(); sink.put(unsigned: value) }
    func encode(_ value: UInt16) { enter(); sink.put(unsigned: value) }
    func encode(_ value: UInt32) { enter(); sink.put(unsigned: value) }
    func encode(_ value: UInt64) { enter(); sink.put(unsigned: value) }
    func encode(_ value: UInt128) { enter(); sink.put(wide: value) }
    func encode<T: Encodable>(_ value: T) throws { enter(); try sink.encode(value, in: depth) }
}

extension KeySink {
    fileprivate func put(signed value: some SignedInteger) { put(.signed, UInt64(bitPattern: Int64(value))) }
    fileprivate func put(unsigned value: some UnsignedInteger) { put(.unsigned, UInt64(value)) }
    fileprivate func put(wide value: Int128) {
        put(.signedWide, UInt64(truncatingIfNeeded: value)); put(word: UInt64(truncatingIfNeeded: value >> 64))
    }
    fileprivate func put(wide value: UInt128) {
        put(.unsignedWide, UInt64(truncatingIfNeeded: value)); put(word: UInt64(truncatingIfNeeded: value >> 64))
    }
}
