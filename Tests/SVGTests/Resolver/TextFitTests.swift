import AtelierGeometry
import AtelierSVG
import Testing

/// Letters are 5.7 wide at size 10, as there are no fonts here.
@Suite("Lengths of text")
struct TextFitTests {
    private func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-9 }

    @Test("Space between letters is spacing of letters, and stretched letters are not")
    func oneLine() throws {
        let spread = try textChunks("<text textLength='100' font-size='10'>abc</text>")[0]
        #expect(isNear(spread.advance, 100) && spread.isPlain && isNear(spread.spans[0].letterSpacing, (100 - 17.1) / 2))
        let stretched = try textChunks("<text textLength='50' lengthAdjust='spacingAndGlyphs'>abc</text>")[0]
        #expect(isNear(stretched.spans[0].advance, 50) && !stretched.isPlain && stretched.spans[0].letterSpacing == 0)
    }

    @Test("A length goes over all lines, with one space between letters")
    func severalLines() throws {
        let lines = "<tspan x='0' y='10'>abc</tspan><tspan x='50' y='20' text-anchor='end'>de</tspan>"
        let chunks = try textChunks("<text textLength='100' font-size='10'>\(lines)</text>"), space = (100 - 28.5) / 4
        #expect(isNear(chunks[0].advance, 17.1 + 2 * space) && isNear(chunks[1].advance, 11.4 + space))
        #expect(chunks.allSatisfy { $0.isPlain && isNear($0.spans[0].letterSpacing, space) })
        #expect(isNear(chunks[1].spans[0].start.x, 50 - chunks[1].advance))
        let stretched = try textChunks("<text textLength='57' lengthAdjust='spacingAndGlyphs' font-size='10'>\(lines)</text>")
        #expect(isNear(stretched[0].advance, 34.2) && isNear(stretched[1].advance, 22.8))
    }

    @Test("What has a length of its own inside keeps it", arguments: [("spacing", 11.4 + 17.6333), ("spacingAndGlyphs", 46.6667)])
    func nested(_ adjust: String, _ first: Double) throws {
        let chunk = try textChunks(
            "<text textLength='100' lengthAdjust='\(adjust)' font-size='10'>ab<tspan textLength='30'>cd</tspan>e</text>")[0]
        #expect(chunk.spans.count == 3 && !chunk.isPlain && isNear(chunk.advance, 100))
        #expect(isNear(chunk.spans[1].advance, 30) && abs(chunk.spans[0].advance - first) < 1e-3)
        #expect(isNear(chunk.spans[2].start.x + chunk.spans[2].advance, 100))
    }

    @Test("A letter alone takes up its length; letters that join, and parts of a line, are no plain text")
    func uneven() throws {
        #expect(isNear(try textChunks("<text textLength='50' font-size='10'>a</text>")[0].advance, 50))
        #expect(try !textChunks("<text textLength='50' font-size='10'>\u{633}\u{644}</text>")[0].isPlain)
        let part = try textChunks("<text font-size='10'>ab<tspan textLength='50'>cd</tspan></text>")[0]
        #expect(!part.isPlain && isNear(part.advance, 61.4) && part.spans.allSatisfy { $0.letterSpacing == 0 })
    }
}
