/// Text made while resolving, such as a value after `var()` is replaced, behind a copy of the document's own text: one pointer
/// reaches both, and a `TextRange` means the same in each.
///
/// `@unchecked Sendable`: only the resolver that makes it writes to it, while nobody else has it.
final class MadeText: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var count: Int

    /// The text with room for `room` more bytes, which take memory when they are written.
    init(copying text: [UInt8], room: Int) {
        count = text.count
        capacity = min(text.count + max(room, 0), Int(Int32.max))
        base = .allocate(capacity: max(capacity, 1))
        text.withUnsafeBufferPointer { if let start = $0.baseAddress { base.initialize(from: start, count: $0.count) } }
    }

    deinit { base.deallocate() }

    /// Where the bytes lie from now on; nil when there is no room left.
    func append(_ bytes: [UInt8]) -> SVG.Document.TextRange? {
        guard bytes.count <= capacity - count else { return nil }
        bytes.withUnsafeBufferPointer { if let start = $0.baseAddress { (base + count).initialize(from: start, count: $0.count) } }
        let start = count
        count += bytes.count
        return SVG.Document.TextRange(start: Int32(start), end: Int32(count))
    }

    /// A stretch as a string.
    func string(_ range: SVG.Document.TextRange) -> String {
        String(decoding: UnsafeBufferPointer(start: base + Int(range.start), count: Int(range.end - range.start)), as: UTF8.self)
    }
}
