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

    @Test(
        "What decodes WebP is in the key where there may be a picture in it",
        arguments: [
            ("<svg><image href='data:image/webp;base64,UklGRg'/></svg>", true), ("<svg><image href='DATA:,RIFF'/></svg>", true),
            ("<svg><image href='data:image/png;base64,UklGRg'/></svg>", true), ("<svg><image href='data:image/svg+xml,x'/></svg>", true),
            ("<svg><image href='data:image/png;base64,iVBORw0K'/></svg>", false), ("<svg><image href='data:'/></svg>", true),
            ("<svg><image href='data:image/jpeg;base64,/9j/4AA'/></svg>", false), ("<svg style='fill:red'/>", false), ("<svg/>", false),
        ])
    func mayHaveWebP(_ text: String, _ expected: Bool) {
        #expect((webPDecoder(for: source(text), []) != nil) == expected)
        #expect((webPDecoder(for: source("<svg/>"), [LinkedSource(path: "a.svg", file: source(text))]) != nil) == expected)
    }

    @Test("A linked file in WebP is told by its content")
    func linkedWebP() {
        #expect(webPDecoder(for: source("<svg/>"), [LinkedSource(path: "a.png", file: source("RIFF0000WEBPVP8L"))]) != nil)
        #expect(webPDecoder(for: source("<svg/>"), [LinkedSource(path: "a.webp", file: source("\u{7F}PNG"))]) == nil)
        #expect(webPDecoder(for: source("<svg/>"), [LinkedSource(path: "a.webp", refused: .missing)]) == nil)
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
