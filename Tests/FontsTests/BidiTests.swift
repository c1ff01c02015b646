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

    @Test("Runs are ordered from left to right by their levels")
    func order() {
        #expect(Bidi.visualOrder([0, 1, 0]) == [0, 1, 2])
        #expect(Bidi.visualOrder([0, 1, 1, 0]) == [0, 2, 1, 3])
        #expect(Bidi.visualOrder([1, 2, 1]) == [2, 1, 0])
    }
}
