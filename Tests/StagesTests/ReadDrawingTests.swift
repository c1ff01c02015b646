import AtelierFonts
import AtelierMemo
import AtelierMemoTesting
import AtelierSVG
import Testing

@testable import AtelierStages

@Suite("Reading drawings with text")
struct ReadDrawingTests {
    private func source(_ text: String) -> Artifact<Blob> { .bytes(Array(text.utf8)) }

    @Test(
        "Fonts are looked for only where there may be text",
        arguments: [
            ("<svg><text>a</text></svg>", true), ("<s:svg xmlns:s='x'><s:text>a</s:text></s:svg>", true), ("<svg><textPath/></svg>", true),
            ("<svg style='text-anchor:end'><path d='M0 0'/></svg>", false), ("<svg/>", false), ("", false), ("<", false), ("<tex", false),
            ("\u{89}PNG <text", true), ("<svg><", false), ("<svg:text", true), ("<svg><foreignObject>a</foreignObject></svg>", true),
            ("<svg><image href='data:image/svg+xml,x'/>", true),
            ("+", false),
        ])
    func mayHaveText(_ text: String, _ expected: Bool) {
        #expect((FontEnvironment.needed(by: source(text)) != nil) == expected)
    }

    @Test("Without text the reading has no fonts in its key, with text it has those that were taken")
    func keys() async throws {
        let plain = source("<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9v9z'/></svg>")
        #expect(readDrawing(plain, .init(), .needed(by: plain)).digest == Artifact(ParseSVG(source: plain)).digest)

        let text = source("<svg xmlns='http://www.w3.org/2000/svg'><text>hello</text></svg>")
        let engine = Engine(levels: [MemoryStore(admitting: .everything)]), log = EventLog(engine)
        let here = FontEnvironment.current
        let tree = try await engine.value(of: readDrawing(text, .init(), here))
        guard case .text(let set)? = tree.root.children.first else {
            Issue.record("there is no text")
            return
        }
        #expect(set.string == "hello")
        let other = FontEnvironment(identity: here.identity + "\na font that nothing uses")
        let again = try await engine.value(of: readDrawing(text, .init(), other))
        // The look for fonts runs again; as it finds the same ones, the reading does not.
        #expect(again == tree && log.events.count { $0.kind == .run && $0.stage == ParseSVG.name } == 1)
        #expect(readDrawing(text, .init(), here).digest != readDrawing(text, .init(), other).digest)
    }
}
