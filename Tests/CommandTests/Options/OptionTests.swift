import AtelierJSON
import AtelierStages
import Testing

/// A struct with every kind of option.
private struct Recipe: Hashable, Sendable {
    enum Oven: String, CaseIterable { case wood, gas, steam }

    var eggs = 3
    var sugar: Int?
    var heat = 180.0
    var oven = Oven.wood
    var isSweet = false
    var note: String?

    static var options: [Option<Recipe>] {
        [
            .integer("eggs", letter: "e", aliases: ["ova"], \.eggs, 1...12, group: "Dough", "How many eggs."),
            .integer("sugar-grams", \.sugar, 0...500, or: "auto", unit: "grams", group: "Dough", "How much sugar."),
            .number("heat", \.heat, 50...300, unit: "degrees", group: "Baking", "How hot."),
            .choice("oven", \.oven, group: "Baking", "Which oven."),
            .flag("sweet", letter: "s", \.isSweet, group: "Dough", "Whether it is sweet."),
            .text("note", \.note, "TEXT", group: "Baking", "What to remember."),
        ]
    }

    static func decoded(_ text: String) throws -> Recipe {
        try options.decode(JSON(parsing: Array(text.utf8)), over: Recipe())
    }
}

private func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "no error"
}

@Suite("Options")
struct OptionTests {
    @Test("JSON is decoded over the defaults, in either spelling of a name")
    func decodesOverDefaults() throws {
        let recipe = try Recipe.decoded(#"{"eggs": 5, "sugar_grams": 40, "heat": 99.5, "oven": "gas", "sweet": true, "note": "é"}"#)
        #expect(recipe == Recipe(eggs: 5, sugar: 40, heat: 99.5, oven: .gas, isSweet: true, note: "é"))
        #expect(try Recipe.decoded("{}") == Recipe())
    }

    @Test("null and the word for absence both unset an option that may be absent, and no other")
    func absence() throws {
        #expect(try Recipe.decoded(#"{"sugar-grams": null}"#).sugar == nil)
        #expect(try Recipe.decoded(#"{"sugar-grams": "auto"}"#).sugar == nil)
        #expect(message { _ = try Recipe.decoded(#"{"eggs": null}"#) } == "--eggs wants a whole number from 1 to 12, not null")
    }

    @Test(
        "A refused value names the option, what it accepts and what was given",
        arguments: [
            (#"{"eggs": 13}"#, "--eggs wants a whole number from 1 to 12, not 13"),
            (#"{"eggs": 2.5}"#, "--eggs wants a whole number from 1 to 12, not 2.5"),
            (#"{"eggs": "3"}"#, #"--eggs wants a whole number from 1 to 12, not "3""#),
            (#"{"sugar-grams": -1}"#, "--sugar-grams wants a whole number from 0 to 500 grams, or auto, not -1"),
            (#"{"heat": 1e9}"#, "--heat wants a number from 50 to 300 degrees, not 1000000000.0"),
            (#"{"oven": "steem"}"#, "--oven wants wood, gas or steam, not steem (did you mean steam?)"),
            (#"{"sweet": 1}"#, "--sweet wants on or off, not 1"),
            (#"{"note": ""}"#, "--note wants TEXT, not an empty text"),
            (#"{"egs": 1}"#, "there is no option \"egs\" (did you mean eggs?)"),
            (#"{"quantum": 1}"#, "there is no option \"quantum\""),
            (#"[1]"#, #"options are an object such as {"name": value}"#),
        ])
    func refusals(json: String, expected: String) {
        #expect(message { _ = try Recipe.decoded(json) } == expected)
    }

    @Test("Numbers that are not numbers are refused", arguments: ["nan", "inf", "0x", "1,5", ""])
    func oddNumbers(text: String) {
        let heat = Recipe.options[2]
        #expect(throws: OptionError.self) { try heat.value(from: text) }
    }

    @Test("The schema carries range, default, unit, group and words, and defaults decode to themselves")
    func schema() throws {
        let schema = Recipe.options.schema(defaults: Recipe())
        let expected =
            #"{"type":"object","properties":{"eggs":{"type":"integer","minimum":1,"maximum":12,"default":3,"group":"Dough","description":"How many eggs."},"#
            + #""sugar-grams":{"type":["integer","null"],"minimum":0,"maximum":500,"default":null,"unit":"grams","group":"Dough","description":"How much sugar."},"#
            + #""heat":{"type":"number","minimum":50.0,"maximum":300.0,"default":180.0,"unit":"degrees","group":"Baking","description":"How hot."},"#
            + #""oven":{"type":"string","enum":["wood","gas","steam"],"default":"wood","group":"Baking","description":"Which oven."},"#
            + #""sweet":{"type":"boolean","default":false,"group":"Dough","description":"Whether it is sweet."},"#
            + #""note":{"type":"string","group":"Baking","description":"What to remember."}},"additionalProperties":false}"#
        #expect(schema.text == expected)
    }

    @Test("A name near a known one is suggested, a far one is not")
    func suggestions() {
        #expect(closest(to: "colours", in: ["corner", "colors", "color"]) == "colors")
        #expect(closest(to: "teh", in: ["the"]) == "the")
        #expect(closest(to: "banana", in: ["colors", "corner"]) == nil)
        #expect(closest(to: String(repeating: "x", count: 10_000), in: ["colors"]) == nil)
    }
}

@Suite("Options of conversions")
struct ConversionOptionTests {
    /// A size as it is written after it was read.
    private func size(_ text: String) throws -> String? {
        let option = ConversionOptions.slides[0], json = JSON.object(["slide_size": .string(text)])
        return option.text(of: option.read(try [option].decode(json, over: ConversionOptions())))
    }

    @Test("Slide sizes are named or given in inches, and what is written is read as the same size")
    func slideSizes() throws {
        #expect(try size("16:9") == "13.333333333333334x7.5" && size("13.333333333333334x7.5") == size("16:9"))
        #expect(try size("4:3") == "10.0x7.5" && size("1x56in") == "1.0x56.0" && size("auto") == "auto")
    }

    @Test("Sizes that no slide can have are refused", arguments: ["0.9x5", "10x57", "10", "x", "10x", "axb", "nanx5", "16:10", "10x7x5"])
    func badSlideSizes(text: String) {
        #expect(throws: OptionError.self) { try size(text) }
    }

    @Test("What an option writes it reads again, at its default and at both ends of its range")
    func roundTrip() throws {
        for option in ConversionOptions.tracing + ConversionOptions.slides + ConversionOptions.limits where !option.isSetting {
            var values = [option.read(ConversionOptions())]
            switch option.kind {
            case .integer(let range): values += [.integer(range.lowerBound), .integer(range.upperBound)]
            case .number(let range): values += [.number(range.lowerBound), .number(range.upperBound)]
            case .flag: values += [.flag(true), .flag(false)]
            case .choice(let words): values += words.map(OptionValue.text)
            case .text, .bytes: break
            }
            for value in values {
                let text = try #require(option.text(of: value), "--\(option.name)")
                var options = ConversionOptions()
                option.write(&options, try option.value(from: text))
                #expect(option.read(options) == value, "--\(option.name)")
            }
        }
    }
}

@Suite("Counts of bytes")
struct ByteCountTests {
    @Test(
        "A count is read with and without a unit",
        arguments: [
            ("0", 0), ("65536", 65_536), ("512MiB", 512 << 20), ("512 mib", 512 << 20), ("1.5G", 3 << 29), ("2GB", 2_000_000_000),
            ("7k", 7 << 10), ("3TiB", 3 << 40), ("12B", 12),
        ])
    func reading(text: String, expected: Int) { #expect(byteCount(written: text) == expected) }

    @Test(
        "What is no whole count of bytes is refused", arguments: ["", "-1", "1.5", "1e9", "MiB", "5 Mi B", "99999999TiB", "1.2.3k", "٣k"])
    func refusals(text: String) { #expect(byteCount(written: text) == nil) }

    @Test("What is written is read again, in the largest unit that divides it")
    func roundTrip() {
        #expect(written(byteCount: 512 << 20) == "512MiB" && written(byteCount: 1000) == "1000" && written(byteCount: 0) == "0")
        for count in [1, 1023, 1024, 5 << 30, 3 << 40, 1_000_000, Int.max] {
            #expect(byteCount(written: written(byteCount: count)) == count)
        }
    }
}
