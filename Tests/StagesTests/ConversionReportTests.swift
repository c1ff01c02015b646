import AtelierMemo
import AtelierOOXML
import AtelierSVG
import Testing

@testable import AtelierStages

@Suite("Conversion reports")
struct ConversionReportTests {
    let report = ConversionReport(
        pages: [
            [],
            [
                SVG.Diagnostic(.approximated, element: "rect#a", line: 3, "painted flat", deviation: 0.12345),
                .init(.invalid, element: "path", line: 0, ""),
            ],
        ], slides: [SlideSummary(), summary])

    private static let summary: SlideSummary = {
        var summary = SlideSummary()
        summary.outcomes = [1, 2, 3, 4]
        summary.contents = SlideContents(shapes: 5, pictures: 6, groups: 7)
        summary.decisions = Decision.Outcome.allCases.map { outcome in
            Decision(
                element: "a", line: 3, isGroup: outcome == .native, outcome: outcome, contents: summary.contents,
                findings: [SVG.Diagnostic(.approximated, element: "a", line: 3, "so", deviation: 0.5)])
        }
        return summary
    }()

    @Test("What is written reads back")
    func roundTrip() throws {
        let format = try #require(ConversionReport.format)
        #expect(try format.decode(format.encode(report)) == report)
        #expect(try format.decode(format.encode(ConversionReport(pages: []))) == ConversionReport(pages: []))
    }

    @Test("Bytes cut anywhere, or with one changed, are refused or read as some report, never worse")
    func damage() throws {
        let format = try #require(ConversionReport.format)
        let bytes = Array(format.encode(report).bytes)
        for count in bytes.indices {
            #expect(throws: DamagedReport.self) { try format.decode(Blob(Array(bytes[..<count]))) }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] = 0xFF
            _ = try? format.decode(Blob(damaged))  // must return
        }
    }

    @Test("Approximations of a drawing come with the deck, cold and warm")
    func warm() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><foreignObject/><path d='M0 0h9v9z'/></svg>"
        let deck = convertToPPTX([.bytes(Array(drawing.utf8))])
        let cold = try await engine.value(of: deck.report)
        #expect(cold.pages.count == 1 && cold.pages[0].contains { $0.element == "foreignObject" && $0.outcome == .unsupported })
        #expect(try await engine.value(of: deck.report) == cold)
        #expect(try await engine.value(of: convertToSVG(.bytes(Array(drawing.utf8))).report).pages == cold.pages)
    }
}
