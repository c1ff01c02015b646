import AtelierGeometry
public import AtelierMemo
public import AtelierOOXML

/// Does work on outlines that takes a millisecond or more.
///
/// Its input is the work itself as bytes: a slide of which one element has changed finds the answers on all others.
public struct AnswerOutline: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "pptx.outline"
    /// Raised when the same work gives another outline.
    public static let version = 4

    /// The question and its outlines, as `OutlineWork.bytes`.
    public var work: Artifact<Blob>

    /// The answer to one question.
    public init(_ work: OutlineWork) { self.work = .bytes(work.bytes) }

    /// Chords, their crossings and the answer: about a hundred times the outlines.
    public func footprint(in context: Context) -> Int { context[work].count * 100 }

    /// Answers.
    public func run(in context: Context) throws -> OutlineAnswer {
        try context[work].withUnsafeBytes { try OutlineWork(bytes: $0).answerBeforehand() }
    }
}

extension OutlineAnswer: Storable {
    /// Bytes of its segments.
    public var byteCount: Int { 32 + (outline?.elements.count ?? 0) * MemoryLayout<BezierPath.Element>.stride }

    /// A byte that says whether there is an outline, the work, then the outline.
    public static var format: StorageFormat<OutlineAnswer>? {
        StorageFormat(
            name: "outline", version: 1,
            encode: { answer in
                var bytes: [UInt8] = [answer.outline == nil ? 0 : 1]
                withUnsafeBytes(of: UInt64(clamping: answer.work).littleEndian) { bytes.append(contentsOf: $0) }
                if let outline = answer.outline { append(outline, to: &bytes) }
                return Blob(bytes)
            },
            decode: { blob in
                try blob.withUnsafeBytes { bytes in
                    var reader = OutlineReader(bytes: bytes)
                    let hasOutline = try reader.byte() != 0, work = Int(clamping: try reader.number())
                    let answer = OutlineAnswer(outline: hasOutline ? try reader.outline() : nil, work: work)
                    try reader.end()
                    return answer
                }
            })
    }
}

extension OutlineWork {
    /// The question, the rule, then both outlines.
    var bytes: [UInt8] {
        var bytes = [question.rawValue, rule == .nonzero ? 0 : 1]
        append(outline, to: &bytes)
        append(other, to: &bytes)
        return bytes
    }

    init(bytes: UnsafeRawBufferPointer) throws {
        var reader = OutlineReader(bytes: bytes)
        guard let question = Question(rawValue: try reader.byte()) else { throw DamagedOutline() }
        let rule: FillRule = try reader.byte() == 0 ? .nonzero : .evenOdd
        self.init(question, try reader.outline(), rule: rule, other: try reader.outline())
        try reader.end()
    }
}

/// A stored outline that does not read back; the engine treats it as a miss.
struct DamagedOutline: Error {}

/// Writes an outline: a count, then each segment as a byte that says which and its coordinates, all little-endian.
private func append(_ outline: BezierPath, to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + 8 + outline.elements.count * 49)
    func write(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    func write(_ kind: UInt8, at points: Point...) {
        bytes.append(kind)
        for point in points {
            write(point.x.bitPattern)
            write(point.y.bitPattern)
        }
    }
    write(UInt64(outline.elements.count))
    for element in outline.elements {
        switch element {
        case .move(let p): write(0, at: p)
        case .line(let p): write(1, at: p)
        case .cubic(let a, let b, let p): write(2, at: a, b, p)
        case .close: bytes.append(3)
        }
    }
}

private struct OutlineReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    mutating func byte() throws -> UInt8 {
        guard position < bytes.count else { throw DamagedOutline() }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func outline() throws -> BezierPath {
        let count = try number()
        guard count <= bytes.count - position else { throw DamagedOutline() }
        var path = BezierPath()
        path.reserveCapacity(Int(count))
        for _ in 0..<count {
            switch try byte() {
            case 0: path.move(to: try point())
            case 1: path.line(to: try point())
            case 2: path.cubic(try point(), try point(), to: try point())
            case 3: path.close()
            default: throw DamagedOutline()
            }
        }
        return path
    }

    func end() throws {
        guard position == bytes.count else { throw DamagedOutline() }
    }

    private mutating func point() throws -> Point {
        let x = try number(), y = try number()
        return Point(Double(bitPattern: x), Double(bitPattern: y))
    }

    mutating func number() throws -> UInt64 {
        guard bytes.count - position >= 8 else { throw DamagedOutline() }
        defer { position += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
}
