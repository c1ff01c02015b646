import AtelierStages
import Testing

@testable import AtelierCommand

@Suite("Decks")
struct DeckTests {
    private let layers =
        "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='100'><desc>All</desc><rect width='200' height='100' fill='#eee'/>"
        + "<g id='one'><desc>First</desc><circle cx='50' cy='50' r='20'/></g><g id='two'><circle cx='150' cy='50' r='20'/></g></svg>"

    @Test("Layers, grids, builds, notes and templates from flags; every file passes the check")
    func flags() async throws {
        let scratch = Scratch()
        scratch.write(layers, to: "a.svg")
        scratch.write("Hello\n---\nWorld\n", to: "notes.txt")
        for (name, flags) in [
            ("layers", "--slides layers --notes"), ("text", "--slides layers --notes-file @notes.txt"), ("pages", "--slides pages"),
            ("builds", "--builds --background #ddeeff"), ("cover", "--slide-size 20x20cm --fit cover"), ("grid", "--grid 2x2 --margin 0"),
        ] {
            let made = await runCommand(scratch, "pptx @a.svg -o @\(name).pptx -q \(flags)")
            #expect(made.code == .done && made.err == "", "\(name): \(made.err)")
        }
        let into = await runCommand(scratch, "pptx @a.svg %leaf.svg -o @both.pptx -q --template @layers.pptx --layout blank")
        #expect(into.code == .done && into.err == "")
        let plain = await runCommand(scratch, "pptx @a.svg %leaf.svg -o @plain.pptx -q --json")
        #expect(plain.out.contains("\"slide\":2"))
        let grid = await runCommand(scratch, "pptx @a.svg %leaf.svg -o @two.pptx -q --json --grid 2x1")
        #expect(grid.code == .done && !grid.out.contains("\"slide\""))
        let check = await runCommand(scratch, "check @both.pptx @layers.pptx --json")
        #expect(check.code == .done && check.out.contains("\"findings\": []"))
    }

    @Test("Flags that do not go together, and decks that cannot be, are refused in a sentence")
    func refused() async throws {
        let scratch = Scratch()
        scratch.write(layers, to: "a.svg")
        scratch.write("<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9v9z'/></svg>", to: "plain.svg")
        scratch.write("one\n---\ntwo\n", to: "notes.txt")
        _ = await runCommand(scratch, "pptx @a.svg -o @deck.pptx -q")
        for (flags, code, words) in [
            ("--layout X", ExitCode.usage, "those of a template"), ("--template @deck.pptx --title T", .usage, "keeps its own title"),
            ("--template @deck.pptx --slide-size 4:3", .usage, "has its own slide size"),
            ("--notes --notes-file @notes.txt", .usage, "exclude each other"), ("--grid 0x3", .usage, "columns x rows such as 3x2"),
            ("--background red!", .usage, "a colour such as #1e2a38"), ("--slide-size 2x2mm", .usage, "10x7.5 (inches)"),
            ("--template @deck.pptx --layout X", .nothingRead, "the template has no layout 'X'; it has 'Blank'"),
            ("--template @deck.pptx --placeholder X", .nothingRead, "has no placeholder 'X'"),
            ("--template @notes.txt", .nothingRead, "no ZIP archive"), ("--template @none", .nothingRead, "no such file"),
            ("--notes-file @notes.txt", .nothingRead, "notes for 2 slides and the deck has 1"),
        ] {
            let made = await runCommand(scratch, "pptx @a.svg -o @out.pptx -q \(flags)")
            #expect(made.code == code, "\(flags)")
            #expect(made.err.contains(words) && made.err.split(separator: "\n").count == 1, "\(flags): \(made.err)")
        }
        let none = await runCommand(scratch, "pptx @a.svg @plain.svg -o @out.pptx -q --slides layers")
        #expect(none.err.contains("plain.svg: the drawing has no layers") && none.err.split(separator: "\n").count == 1)
        let itself = await runCommand(scratch, "pptx @a.svg -o @deck.pptx -f -q --template @deck.pptx")
        #expect(itself.code == .usage && itself.err.contains("would overwrite the input"))
    }

    @Test("check tells sound from damaged from unreadable")
    func check() async throws {
        let scratch = Scratch()
        scratch.write(layers, to: "a.svg")
        _ = await runCommand(scratch, "pptx @a.svg -o @deck.pptx -q")
        let sound = await runCommand(scratch, "check @deck.pptx")
        #expect(sound.code == .done && sound.out.hasSuffix("deck.pptx: nothing found\n"))
        #expect(await runCommand(scratch, "check -q @deck.pptx").out == "")
        scratch.write("hello", to: "broken.pptx")
        let unread = await runCommand(scratch, "check @broken.pptx")
        #expect(unread.code == .nothingRead && unread.err.contains("no ZIP archive") && unread.out == "")
        #expect(await runCommand(scratch, "check @broken.pptx @deck.pptx").code == .someFailed)
        #expect(await runCommand(scratch, "check").code == .usage)
        // An empty archive is one, and no presentation.
        scratch.write("PK\u{5}\u{6}" + String(repeating: "\0", count: 18), to: "broken.pptx")
        let empty = await runCommand(scratch, "check @broken.pptx --json")
        #expect(empty.code == .checkFailed && empty.out.contains("no list of content types"))
    }
}
