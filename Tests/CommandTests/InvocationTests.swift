import AtelierJSON
import AtelierStages
import Testing

@testable import AtelierCommand

private func parsed(_ line: String) throws(UsageError) -> Invocation {
    try Invocation(parsing: line.split(separator: " ").map(String.init))
}

private func conversion(_ line: String) throws -> ConvertCommand {
    guard case .convert(let conversion) = try parsed(line) else { throw UsageError("not a conversion") }
    return conversion
}

private func refusal(_ line: String) -> String {
    do throws(UsageError) { _ = try parsed(line) } catch { return error.description }
    return "no error"
}

@Suite("Invocation")
struct InvocationTests {
    @Test("Flags may stand anywhere, joined or apart, and the last one wins")
    func spellings() throws {
        let expected = try conversion("trace a.png b.png --output out/ --threads 3 --force")
        #expect(expected.operands == ["a.png", "b.png"])
        #expect(expected.settings.output == "out/" && expected.settings.said["threads"] == .integer(3) && expected.settings.force)
        for line in [
            "trace --force -j3 a.png -o out/ b.png", "trace -f a.png b.png -oout/ -j=3", "trace a.png --output=out/ --threads=3 b.png -f",
            "trace a.png b.png -f -o x.svg -o out/ --jobs 3", "trace a.png b.png -j 9 -fj 3 -o out/", "trace -f -j3 -o out/ -- a.png b.png",
        ] {
            #expect(try conversion(line) == expected, "\(line)")
        }
    }

    @Test("Snake and kebab case are one option")
    func snakeCase() throws {
        #expect(try conversion("trace a --files_from l --cache_dir c") == conversion("trace a --files-from l --cache-dir c"))
    }

    @Test("A flag is switched off by =off and by --no-")
    func negation() throws {
        #expect(try conversion("trace a --force --no-force").settings.force == false)
        #expect(try conversion("trace a --force --force=off").settings.force == false)
    }

    @Test("What follows -- is an operand, and so is a lone -")
    func operands() throws {
        #expect(try conversion("trace - -o - -- -v --force").operands == ["-", "-v", "--force"])
    }

    @Test("Nothing at all, help anywhere and version in three spellings")
    func helpAndVersion() throws {
        #expect(try Invocation(parsing: []) == .help(nil, json: false))
        #expect(try parsed("help") == .help(nil, json: false))
        #expect(try parsed("--help --json") == .help(nil, json: true))
        #expect(try parsed("help trace --json") == .help(.trace, json: true))
        #expect(try parsed("trace --colours 12 --help") == .help(.trace, json: false))
        #expect(try parsed("version") == .version(json: false))
        #expect(try parsed("--version --json") == .version(json: true))
    }

    @Test("explain takes the line of the command it explains")
    func explain() throws {
        #expect(try parsed("explain trace a.png -j2") == .explain(conversion("trace a.png -j2")))
    }

    @Test(
        "A line that cannot be followed says what, and what was meant",
        arguments: [
            ("tarce a.png", "there is no command tarce (did you mean trace?)"),
            ("trace a.png --ouptut b", "there is no option --ouptut (did you mean --output?)"),
            ("trace a.png -y", "there is no option -y"),
            ("trace a.png --threads", "--threads wants a whole number from 1 to 1024, or auto after it"),
            ("trace a.png -j 0", "--threads wants a whole number from 1 to 1024, or auto, not 0"),
            ("trace a.png --cache of", "--cache wants on, off, read or refresh, not of (did you mean off?)"),
            ("trace a.png --force=maybe", "--force wants on or off, not maybe"),
            ("trace", "trace wants at least one input: a file, a folder, a pattern, or - for standard input"),
            ("trace a.png --to svg", "there is no option --to"),
            ("trace a.png -o - --json", "--json and -o - would both write to standard output"),
            ("trace - --files-from -", "standard input can be read only once"),
            (
                "pptx a.svg --batch list",
                "--batch and inputs exclude each other: the list names inputs and outputs, and is reported line by line"
            ),
            (
                "pptx --batch list --json",
                "--batch and --json exclude each other: the list names inputs and outputs, and is reported line by line"
            ),
            ("trace a.png -q -v", "-q and -v exclude each other"),
            ("trace a.png -k --fail-fast", "--keep-going and --fail-fast exclude each other"),
            ("explain cache", "explain wants the command to explain after it: convert, trace or pptx"),
            ("version now", "version takes no now"), ("help nothing", "there is no command nothing"),
        ])
    func refusals(line: String, expected: String) {
        #expect(refusal(line) == expected)
    }

    @Test("Lines made of real flags, broken flags and noise are parsed or refused, never more; seeds 0 to 1999")
    func randomLines() {
        let options = ConvertCommand.options(of: .convert)
        let flags = options.flatMap { option in ["--" + option.name, "--no-" + option.name] + (option.letter.map { ["-\($0)"] } ?? []) }
        let noise = [
            "", "-", "--", "---", "=", "--=", "--x=", "-=", "9", "-1", "1e99", "on", "auto", "é", "\u{0}", "--output=", "-ovq", "a{b,c",
            "nan",
        ]
        for seed in 0..<2000 {
            var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
            func next(_ count: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33) % count
            }
            let line = (0..<next(8)).map { _ in next(2) == 0 ? flags[next(flags.count)] : noise[next(noise.count)] }
            do throws(UsageError) {
                guard case .convert(let command) = try Invocation(parsing: ["convert"] + line) else { continue }
                for option in options { #expect(option.text(of: option.read(command)) != "", "seed \(seed)") }
            } catch {
                #expect(!error.description.isEmpty && !error.description.hasSuffix("."), "seed \(seed)")
            }
        }
    }

    @Test("A name from outside cannot write control characters to the terminal")
    func controlCharacters() {
        #expect(refusal("\u{1B}[2Jtrace") == "there is no command \\u{1B}[2Jtrace")
    }
}

@Suite("Help")
struct HelpTests {
    @Test("Every line of help fits 80 columns and ends without a space", arguments: [nil] + Verb.allCases)
    func width(verb: Verb?) {
        let text = helpText(on: verb)
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            #expect(line.count <= 80 && line.last != " ", "\(line)")
        }
    }

    @Test("Every option is in the help and in the schema of its command", arguments: [Verb.convert, .trace, .pptx])
    func complete(verb: Verb) {
        let text = helpText(on: verb), json = helpJSON(on: verb).text
        for option in ConvertCommand.options(of: verb) {
            #expect(text.contains("--\(option.name)"))
            #expect(json.contains("\"\(option.name)\""))
        }
    }

    @Test("Names, aliases and letters of a command are unique", arguments: [Verb.convert, .trace, .pptx])
    func unique(verb: Verb) {
        let options = ConvertCommand.options(of: verb)
        let names = options.flatMap { [$0.name] + $0.aliases }, letters = options.compactMap(\.letter)
        #expect(Set(names).count == names.count && Set(letters).count == letters.count)
        #expect(!names.contains("help") && !letters.contains("h"))
    }

    @Test("Every default is a value that its option accepts", arguments: [Verb.convert, .trace, .pptx])
    func defaults(verb: Verb) throws {
        for option in ConvertCommand.options(of: verb) {
            let value = option.read(ConvertCommand(verb: verb))
            if let text = option.text(of: value) { #expect(try option.value(from: text) == value, "--\(option.name)") }
        }
    }
}
