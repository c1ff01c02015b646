import Testing

@testable import AtelierFonts

@Suite("Directions of text")
struct BidiTests {
    private func levels(_ text: String, isRightToLeft: Bool = false) -> [UInt8] {
        Bidi.levels(of: Array(text.unicodeScalars), isRightToLeft: isRightToLeft)
    }

    @Test("Latin text runs from left to right, Hebrew from right to left, with the spaces between its words")
    func strong() {
        #expect(levels("ab c") == [0, 0, 0, 0])
        #expect(levels("a \u{5D0} \u{5D1}") == [0, 0, 1, 1, 1])
        #expect(levels("\u{5D0} a", isRightToLeft: true) == [1, 1, 2])
    }

    @Test("Numbers run from left to right inside text that does not")
    func numbers() {
        #expect(levels("\u{5D0} 1.5", isRightToLeft: true) == [1, 1, 2, 2, 2])
    }

    @Test(
        "Characters that embed, override and isolate",
        arguments: [
            ("a\u{202E}bc\u{202C}d", [0, 1, 1, 0]), ("\u{202D}\u{5D0}\u{5D1}\u{202C}", [2, 2]), ("\u{202B}a 1\u{202C}", [2, 2, 2]),
            ("a \u{2067}b c\u{2069} d", [0, 0, 2, 2, 2, 0, 0]), ("\u{202C}\u{2069}a", [0]),
            ("\u{2068}\u{5D0}1\u{2069}", [1, 2]), ("\u{2068}1\u{2067}\u{5D0}\u{2069}b\u{2069}", [2, 3, 2]),
            ("\u{5D0}\u{2066}a\u{2069}\u{5D1}", [1, 2, 1]), ("\u{202E}a\u{2066}b\u{202C}\u{2069}c\u{202C}d", [1, 2, 1, 0]),
        ])
    func explicit(_ text: String, _ expected: [UInt8]) {
        let scalars = Array(text.unicodeScalars), levels = levels(text)
        #expect(scalars.indices.filter { !Bidi.isControl(scalars[$0]) }.map { levels[$0] } == expected)
    }

    @Test("Embeddings deeper than levels go are passed over, with their ends")
    func depth() {
        let open = String(repeating: "\u{202B}", count: 200), close = String(repeating: "\u{202C}", count: 200)
        let found = levels(open + "a" + close + "b")
        #expect(found[200] == 126 && found[401] == 0)
        #expect(levels(String(repeating: "\u{2067}", count: 200) + "a" + String(repeating: "\u{2069}", count: 200) + "b").last == 0)
    }

    @Test("What is begun and not ended")
    func open() {
        #expect(Bidi.open(after: "\u{202E}a\u{2067}\u{202A}b".unicodeScalars) == ["\u{202E}", "\u{2067}", "\u{202A}"])
        #expect(Bidi.open(after: "\u{2069}b".unicodeScalars, before: ["\u{202E}", "\u{2067}", "\u{202A}"]) == ["\u{202E}"])
        #expect(Bidi.open(after: "\u{202C}\u{202C}".unicodeScalars, before: ["\u{202E}"]) == [])
    }

    @Test("Runs are ordered from left to right by their levels")
    func order() {
        #expect(Bidi.visualOrder([0, 1, 0]) == [0, 1, 2])
        #expect(Bidi.visualOrder([0, 1, 1, 0]) == [0, 2, 1, 3])
        #expect(Bidi.visualOrder([1, 2, 1]) == [2, 1, 0])
    }
}
