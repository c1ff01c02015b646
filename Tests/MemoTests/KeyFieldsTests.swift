import AtelierTesting
import Testing

@testable import AtelierMemo

private struct Everything: Stage {
    static let name = "test.everything", version = 7

    struct Options: Encodable, Sendable {
        var colors: Int? = 12
        var title: String? = nil
        var tolerance = 0.25
        var sizes = ["a": 1, "b": 2]
        var names: Set<String> = ["x"]
        var mode = Mode.exact(3)
    }
    enum Mode: Codable, Sendable { case exact(Int), free }

    var input: Artifact<Number>
    var options = Options()
    var list: [UInt8] = [1, 2]
    var isOn = true, single = Float(1.5), wide = Int128(-5)

    func run(in context: Context) -> Number { context[input] }
}

@Suite("Key fields")
struct KeyFieldsTests {
    @Test("Every stored property is read back under its path with its value")
    func everything() throws {
        let input = Artifact(Constant(value: 3))
        let fields = try #require(KeyFields(KeyRecord(of: Everything(input: input)).bytes))
        #expect(fields.name == "test.everything" && fields.version == 7 && !fields.isPlan)
        let values = Dictionary(uniqueKeysWithValues: fields.fields.map { ($0.path, $0.value) })
        #expect(
            values == [
                "input": .input(input.digest), "options.colors": .plain("12"), "options.title": .plain("nil"),
                "options.tolerance": .plain("0.25"), "options.sizes[\"a\"]": .plain("1"), "options.sizes[\"b\"]": .plain("2"),
                "options.names{\"x\"}": .plain("there"), "options.mode.exact._0": .plain("3"), "list[0]": .plain("1"),
                "list[1]": .plain("2"), "list.count": .plain("2"), "isOn": .plain("true"), "single": .plain("1.5"),
                "wide": .plain("-5"),
            ])
    }

    @Test("Keys that are cut, longer, changed or nested without end give nil or fields, and never an end")
    func hostile() {
        let bytes = KeyRecord(of: Everything(input: Artifact(Constant(value: 3)))).bytes
        for count in bytes.indices { #expect(KeyFields(Array(bytes[..<count])) == nil) }
        #expect(KeyFields(bytes + [0x5D]) == nil)
        var random = SplitMix(seed: 7)
        for _ in 0..<20_000 {
            var changed = bytes
            changed[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            _ = KeyFields(changed)
        }
        let head = bytes.prefix { $0 != UInt8(ascii: "{") }
        #expect(KeyFields(head + [UInt8](repeating: UInt8(ascii: "["), count: 100_000)) == nil)
        #expect(KeyFields(head + [UInt8](repeating: UInt8(ascii: "o"), count: 100_000)) == nil)
        #expect(KeyFields(head + [UInt8](repeating: UInt8(ascii: "<"), count: 100_000)) == nil)
    }
}
