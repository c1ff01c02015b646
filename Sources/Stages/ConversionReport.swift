public import AtelierMemo
public import AtelierSVG

/// What a conversion could not carry over exactly, page by page.
///
/// It is an artifact of its own beside the converted file, so that a warm run lists the same diagnostics as the
/// cold one although no stage runs.
public struct ConversionReport: Hashable, Sendable {
    /// Diagnostics of each page in page order; empty arrays for pages carried over exactly.
    public var pages: [[SVG.Diagnostic]]

    /// A report from its pages.
    public init(pages: [[SVG.Diagnostic]]) { self.pages = pages }
}

extension ConversionReport: Storable {
    /// Bytes of its texts and about 72 for each diagnostic.
    public var byteCount: Int {
        pages.reduce(32) { total, page in
            page.reduce(total + 32) { $0 + 72 + $1.element.utf8.count + $1.message.utf8.count }
        }
    }

    /// Length-prefixed fields in order; see `ReportWriter`.
    public static var format: StorageFormat<ConversionReport>? {
        StorageFormat(
            name: "report", version: 2,
            encode: { Blob(ReportWriter.bytes(of: $0)) },
            decode: { blob in try blob.withUnsafeBytes { bytes in try ReportReader.report(from: bytes) } })
    }
}

/// A stored report that does not read back; the engine treats it as a miss.
struct DamagedReport: Error {}

/// Numbers are 4 bytes little-endian, texts their UTF-8 after their length:
/// page count, then per page a diagnostic count, then per diagnostic outcome, element, line, message, deviation in
/// 10,000ths (all bits set for none).
private enum ReportWriter {
    static func bytes(of report: ConversionReport) -> [UInt8] {
        var bytes: [UInt8] = []
        func write(_ number: Int) {
            withUnsafeBytes(of: UInt32(clamping: number).littleEndian) { bytes.append(contentsOf: $0) }
        }
        func write(_ text: String) {
            write(text.utf8.count)
            bytes.append(contentsOf: text.utf8)
        }
        write(report.pages.count)
        for page in report.pages {
            write(page.count)
            for diagnostic in page {
                write(diagnostic.outcome.rawValue)
                write(diagnostic.element)
                write(diagnostic.line)
                write(diagnostic.message)
                write(diagnostic.deviation.map { Int(min(max(0, $0), 1e5) * 1e4 + 0.5) } ?? Int(UInt32.max))
            }
        }
        return bytes
    }
}

private struct ReportReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    static func report(from bytes: UnsafeRawBufferPointer) throws -> ConversionReport {
        var reader = ReportReader(bytes: bytes)
        let pages = try (0..<reader.count(ofAtLeast: 4)).map { _ in
            try (0..<reader.count(ofAtLeast: 20)).map { _ in try reader.diagnostic() }
        }
        guard reader.position == bytes.count else { throw DamagedReport() }
        return ConversionReport(pages: pages)
    }

    private mutating func diagnostic() throws -> SVG.Diagnostic {
        guard let outcome = SVG.Diagnostic.Outcome(rawValue: try text()) else { throw DamagedReport() }
        let element = try text()
        let line = try number()
        let message = try text(), deviation = try number()
        return SVG.Diagnostic(
            outcome, element: element, line: line, message, deviation: deviation == UInt32.max ? nil : Double(deviation) / 1e4)
    }

    private mutating func number() throws -> Int {
        guard bytes.count - position >= 4 else { throw DamagedReport() }
        defer { position += 4 }
        return Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
    }

    /// A count of items of at least `size` bytes each: never more than the remaining bytes could hold.
    private mutating func count(ofAtLeast size: Int) throws -> Int {
        let count = try number()
        guard count <= (bytes.count - position) / size else { throw DamagedReport() }
        return count
    }

    private mutating func text() throws -> String {
        let count = try count(ofAtLeast: 1)
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }
}
