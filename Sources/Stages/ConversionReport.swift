public import AtelierMemo
public import AtelierOOXML
public import AtelierSVG

/// What a conversion could not carry over exactly, page by page.
///
/// It is an artifact of its own beside the converted file, so that a warm run lists the same diagnostics as the
/// cold one although no stage runs.
public struct ConversionReport: Hashable, Sendable {
    /// Diagnostics of each page in page order; empty arrays for pages carried over exactly.
    public var pages: [[SVG.Diagnostic]]
    /// What became of the elements of each page in page order; empty where no slides are made.
    public var slides: [SlideSummary]

    /// A report from its pages.
    public init(pages: [[SVG.Diagnostic]], slides: [SlideSummary] = []) {
        self.pages = pages
        self.slides = slides
    }
}

/// What became of the elements of one page.
public struct SlideSummary: Hashable, Sendable {
    /// How many elements that are drawn themselves (not groups) had each outcome, in the order of `Decision.Outcome.allCases`.
    public var outcomes: [Int]
    /// What stands on the slide.
    public var contents: SlideContents
    /// What became of each element, in drawing order; empty where that was not asked for.
    public var decisions: [Decision]

    /// A summary of nothing.
    public init() {
        outcomes = Decision.Outcome.allCases.map { _ in 0 }
        contents = SlideContents()
        decisions = []
    }

    /// What became of a drawing on its slide; single elements are listed where that is asked for.
    public init(of slide: Slide, from tree: SVG.Tree, listed: Bool) {
        outcomes = slide.outcomeCounts(on: tree)
        contents = slide.contents
        decisions = []
        if listed { slide.visitDecisions(on: tree) { decisions.append($0) } }
    }

    /// What became of the elements of one page and then of another.
    public static func + (a: SlideSummary, b: SlideSummary) -> SlideSummary {
        var sum = a
        sum.outcomes = zip(a.outcomes, b.outcomes).map { $0 + $1 }
        sum.contents = a.contents + b.contents
        sum.decisions += b.decisions
        return sum
    }

    /// How many drawn elements had an outcome.
    public func count(of outcome: Decision.Outcome) -> Int {
        zip(Decision.Outcome.allCases, outcomes).first { $0.0 == outcome }?.1 ?? 0
    }
}

extension ConversionReport: Storable {
    /// Bytes of its texts and about 72 for each diagnostic and decision.
    public var byteCount: Int {
        let decisions = slides.reduce(0) { $0 + 96 + $1.decisions.reduce(0) { $0 + 72 + $1.findings.count * 128 } }
        return pages.reduce(32 + decisions) { total, page in
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
/// 10,000ths (all bits set for none); then slide count, and per slide the counts of outcomes and contents, decision count, and per
/// decision element, line, whether it is a group, outcome, contents, diagnostic count, diagnostics.
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
        func write(_ diagnostics: [SVG.Diagnostic]) {
            write(diagnostics.count)
            for diagnostic in diagnostics {
                write(diagnostic.outcome.rawValue)
                write(diagnostic.element)
                write(diagnostic.line)
                write(diagnostic.message)
                write(diagnostic.deviation.map { Int(min(max(0, $0), 1e5) * 1e4 + 0.5) } ?? Int(UInt32.max))
            }
        }
        func write(_ contents: SlideContents) {
            write(contents.shapes)
            write(contents.pictures)
            write(contents.groups)
        }
        write(report.pages.count)
        for page in report.pages { write(page) }
        write(report.slides.count)
        for slide in report.slides {
            for count in slide.outcomes { write(count) }
            write(slide.contents)
            write(slide.decisions.count)
            for decision in slide.decisions {
                write(decision.element)
                write(decision.line)
                write(decision.isGroup ? 1 : 0)
                write(decision.outcome.rawValue)
                write(decision.contents)
                write(decision.findings)
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
        let pages = try (0..<reader.count(ofAtLeast: 4)).map { _ in try reader.diagnostics() }
        let slides = try (0..<reader.count(ofAtLeast: 32)).map { _ in try reader.summary() }
        guard reader.position == bytes.count else { throw DamagedReport() }
        return ConversionReport(pages: pages, slides: slides)
    }

    private mutating func summary() throws -> SlideSummary {
        var summary = SlideSummary()
        for index in summary.outcomes.indices { summary.outcomes[index] = try number() }
        summary.contents = try contents()
        summary.decisions = try (0..<count(ofAtLeast: 32)).map { _ in try decision() }
        return summary
    }

    private mutating func decision() throws -> Decision {
        let element = try text(), line = try number(), isGroup = try number() != 0
        guard let outcome = Decision.Outcome(rawValue: try text()) else { throw DamagedReport() }
        return Decision(
            element: element, line: line, isGroup: isGroup, outcome: outcome, contents: try contents(), findings: try diagnostics())
    }

    private mutating func contents() throws -> SlideContents {
        SlideContents(shapes: try number(), pictures: try number(), groups: try number())
    }

    private mutating func diagnostics() throws -> [SVG.Diagnostic] {
        try (0..<count(ofAtLeast: 20)).map { _ in try diagnostic() }
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
