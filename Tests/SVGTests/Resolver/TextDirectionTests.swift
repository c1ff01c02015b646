import AtelierGeometry
import AtelierSVG
import Testing

@Suite("Text that runs against its surroundings")
struct TextDirectionTests {
    private func spans(_ content: String) throws -> [SVG.Text.Span] {
        try textChunks("<text font-size='10'>\(content)</text>")[0].spans
    }

    @Test("What overrides the direction of letters is said by the characters that do so")
    func override() throws {
        let found = try spans("<tspan direction='rtl' unicode-bidi='bidi-override'>ab<tspan fill='red'>c</tspan></tspan>")
        #expect(found.map(\.text) == ["\u{202E}ab", "c\u{202C}"])
        // They begin on the right, where the element does, and the last letter is leftmost.
        #expect(abs(found[0].start.x + 11.4) < 1e-9 && abs(found[1].start.x + 17.1) < 1e-9)
    }

    @Test("A whole text can be overridden, or have the direction of its first letter")
    func wholeText() throws {
        let turned = try textChunks("<text direction='rtl' style='unicode-bidi:bidi-override'>ab<tspan fill='red'>c</tspan></text>")[0]
        #expect(turned.isRightToLeft && turned.spans[1].start.x < turned.spans[0].start.x)
        for (text, isRight) in [("\u{5D0}b", true), ("b\u{5D0}", false), ("1", false)] {
            #expect(try textChunks("<text unicode-bidi='plaintext'>\(text)</text>")[0].isRightToLeft == isRight)
        }
        #expect(try spans("<tspan unicode-bidi='plaintext'>\u{5D0}</tspan>").map(\.text) == ["\u{5D0}"])
    }

    @Test("Isolated text has no say in the order of what is around it", arguments: [("normal", false), ("isolate", true)])
    func isolate(_ value: String, _ isBehind: Bool) throws {
        let found = try spans("\u{5D0}<tspan unicode-bidi='\(value)'>1</tspan>")
        #expect((found[1].start.x > found[0].start.x) == isBehind)
    }

    @Test("Embedding that changes nothing leaves no trace, and the anchor is meant in the direction of its element")
    func embed() throws {
        let chunk = try textChunks("<text><tspan x='50' direction='rtl' unicode-bidi='embed'>abc</tspan></text>")[0]
        #expect(!chunk.isRightToLeft && chunk.anchor == .end && chunk.spans[0].text == "abc")
        #expect(abs(chunk.spans[0].start.x + chunk.advance - 50) < 1e-9)
        #expect(try tree("<text unicode-bidi='sideways'>a</text>").diagnostics.count == 1)
    }

    @Test("isolate-override sets apart and overrides")
    func isolateOverride() throws {
        let found = try spans("a<tspan direction='rtl' unicode-bidi='isolate-override'>bc</tspan>d")
        #expect(found.map(\.text) == ["a", "\u{2068}\u{202E}bc", "\u{202C}\u{2069}d"])
    }

    @Test("Written again, each span runs as it did")
    func rewriting() throws {
        let content =
            "<text font-size='10'><tspan direction='rtl' unicode-bidi='bidi-override'>ab<tspan fill='red'>c</tspan></tspan></text>"
        let written = String(decoding: SVG.write(try tree(content)), as: UTF8.self)
        let again = try SVG.read(Array(written.utf8).span)
        guard case .text(let text)? = again.root.children.first else { throw NoText() }
        #expect(text.chunks.flatMap(\.spans).map(\.text) == ["\u{202E}ab", "\u{202E}c\u{202C}"])
        #expect(abs(text.chunks[0].spans[0].start.x + 11.4) < 0.01 && abs(text.chunks[1].spans[0].start.x + 17.1) < 0.01)
    }

    private struct NoText: Error {}
}
