import AtelierJSON
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "What is written is read again as the same value",
        arguments: [
            JSON.null, .bool(true), .integer(-12), .integer(.max), .number(0.1), .number(-1e-300), .string("a\"\\\n\u{1}é😀/"),
            .array([]), .array([.null, .integer(1)]), .object(["a": .array([.object([:])]), "": .string("")]),
        ])
    func roundTrip(value: JSON) throws {
        #expect(try JSON(parsing: value.bytes) == value)
        #expect(try JSON(parsing: value.prettyBytes) == value)
    }

    @Test("Escapes and surrogate pairs are read")
    func escapes() throws {
        #expect(try JSON(parsing: Array(#"  "\u00e9\ud83d\ude00\/\b" "#.utf8)) == .string("é😀/\u{8}"))
    }

    @Test(
        "What is not JSON is refused with its place",
        arguments: [
            ("", "line 1, column 1: expected a value, found the end"), ("{", "line 1, column 2: expected a name in double quotes"),
            ("[1,]", "line 1, column 4: expected a value"), ("{\"a\":1,\n \"a\":2}", "line 2, column 5: \"a\" stands twice in one object"),
            ("01", "line 1, column 2: expected the end after the first value"),
            ("1.", "line 1, column 3: expected a digit after the point"),
            ("1e999", "line 1, column 6: the number is too large"), ("\"\\ud800\"", "line 1, column 8: a surrogate without its partner"),
            ("\"\\u12\"", "line 1, column 4: expected four hexadecimal digits"), ("\"a", "line 1, column 3: the text is not closed"),
            ("nul", "line 1, column 1: expected a value"), ("\"a\nb\"", "line 1, column 3: control characters are written as escapes"),
        ])
    func syntaxErrors(text: String, expected: String) {
        let error = #expect(throws: JSON.SyntaxError.self) { try JSON(parsing: Array(text.utf8)) }
        #expect(error?.description == expected)
    }

    @Test("Nesting without end is refused, not followed")
    func depth() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSON.SyntaxError.self) { try JSON(parsing: deep) }
    }

    @Test("Random bytes never crash the reader; seeds 0 to 1999")
    func randomBytes() {
        let alphabet = Array(#"{}[]",:\u0019ed+-.truefalsn "#.utf8) + [0xFF, 0xC3, 0]
        for seed in 0..<2000 {
            var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
            let bytes = (0..<24).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return alphabet[Int(state >> 33) % alphabet.count]
            }
            if let value = try? JSON(parsing: bytes) {
                #expect((try? JSON(parsing: value.bytes)) == value, "seed \(seed)")
            }
        }
    }
}
