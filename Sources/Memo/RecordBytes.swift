/// Appends numbers and texts to bytes: numbers seven bits a byte, lowest first, the high bit set while more follow; texts
/// and lists behind their count.
struct RecordWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ byte: UInt8) { bytes.append(byte) }

    mutating func put(_ bytes: some Sequence<UInt8>) { self.bytes.append(contentsOf: bytes) }

    mutating func put(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A count; below zero there are none.
    mutating func put(_ number: Int) { put(UInt64(max(0, number))) }

    mutating func put(_ text: String) {
        put(text.utf8.count)
        put(text.utf8)
    }

    mutating func put<Element>(_ list: some Collection<Element>, _ each: (inout RecordWriter, Element) -> Void) {
        put(list.count)
        for element in list { each(&self, element) }
    }
}

/// Takes them off the front again, from bytes that may be anything: nil where they do not stand.
struct RecordReader {
    var bytes: ArraySlice<UInt8>

    mutating func byte() -> UInt8? { bytes.popFirst() }

    mutating func number() -> UInt64? {
        var number: UInt64 = 0, shift: UInt64 = 0
        while true {
            guard let byte = byte(), shift < 63 || byte <= 1 && shift == 63 else { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
            shift += 7
        }
    }

    /// A count of anything: below 2⁴⁸, so that sums of thousands cannot overflow.
    mutating func count() -> Int? { number().flatMap { $0 < 1 << 48 ? Int($0) : nil } }

    mutating func text() -> String? {
        guard let count = count(), bytes.count >= count else { return nil }
        defer { bytes.removeFirst(count) }
        return String(validating: bytes.prefix(count), as: UTF8.self)
    }

    /// Eight bytes, lowest first.
    mutating func word() -> UInt64? {
        guard bytes.count >= 8 else { return nil }
        defer { bytes.removeFirst(8) }
        return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    mutating func digest() -> Digest? {
        guard let a = word(), let b = word(), let c = word(), let d = word() else { return nil }
        return Digest(words: (a, b, c, d))
    }

    mutating func list<Element>(_ each: (inout RecordReader) -> Element?) -> [Element]? {
        // Every element takes at least a byte, which bounds what a wrong count can make us do.
        guard let count = count(), count <= bytes.count else { return nil }
        var elements: [Element] = []
        for _ in 0..<count {
            guard let element = each(&self) else { return nil }
            elements.append(element)
        }
        return elements
    }
}
