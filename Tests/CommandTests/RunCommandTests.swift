import AtelierJSON
import Testing

@testable import AtelierCommand

private let deck = #"{"steps": [{"make": "svg", "options": {"colors": 8}}, {"make": "pptx", "title": "Pictures"}]}"#

@Suite("Runs of pipelines")
struct RunCommandTests {
    @Test("Pictures become one presentation, which the second run finds")
    func deckOfPictures() async throws {
        let scratch = Scratch()
        scratch.write(deck, to: "deck.json")
        let cold = await runCommand(scratch, "run @deck.json %icon.png %leaf.svg %logo.png -o @a.pptx")
        #expect(cold.code == .done)
        #expect(cold.err.hasPrefix("3 inputs, 1 output, ") && cold.err.contains(" steps made, "))
        let warm = await runCommand(scratch, "run @deck.json %icon.png %leaf.svg %logo.png -o @b.pptx")
        #expect(warm.err.hasPrefix("3 inputs, 1 output, all from the cache, "))
        #expect(scratch.read("a.pptx") != nil && scratch.read("a.pptx") == scratch.read("b.pptx"))
        let order = await runCommand(scratch, "run @deck.json %logo.png %leaf.svg %icon.png -o @c.pptx -q")
        #expect(order.err == "" && scratch.read("c.pptx") != scratch.read("a.pptx"))
    }

    @Test("A folder receives a file for each part, named like its input")
    func folder() async throws {
        let scratch = Scratch()
        scratch.write(#"{"steps": [{"make": "svg", "from": "image/png"}]}"#, to: "p.json")
        let run = await runCommand(scratch, "run @p.json %icon.png %logo.png %dusk.jpg -d @out --json -q")
        #expect(run.code == .done)
        #expect(scratch.names.filter { $0.hasPrefix("out/") } == ["out/dusk.jpg", "out/icon.svg", "out/logo.svg"])
        #expect(try JSON(parsing: Array(run.out.utf8)).text.hasPrefix(#"{"version":1,"command":"run","outputs":[{"output":"#))
        #expect(run.out.split(separator: #""state":"written""#).count == 4 && run.out.contains(#""failures":[]"#))
    }

    @Test("What fails is said in the order of the inputs, and the others are delivered")
    func failures() async throws {
        let scratch = Scratch()
        scratch.write(deck, to: "deck.json")
        scratch.write("\u{89}PNG\r\n\u{1A}\n", to: "broken.png")
        let run = await runCommand(scratch, "run @deck.json @gone.png %icon.png @none.svg -o @a.pptx")
        #expect(run.code == .someFailed)
        let lines = run.err.split(separator: "\n")
        #expect(
            lines.count == 3 && lines[0].hasSuffix("gone.png: there is no such file")
                && lines[1].hasSuffix("none.svg: there is no such file"))
        #expect(lines.last?.hasPrefix("3 inputs, 1 output, 2 failed, ") == true)
        #expect(scratch.read("a.pptx") != nil)
        let first = await runCommand(scratch, "run @deck.json @gone.png %icon.png -o @b.pptx --fail-fast")
        #expect(first.code == .nothingRead && scratch.read("b.pptx") == nil)
        #expect(await runCommand(scratch, "run @deck.json @gone.png -o @b.pptx").code == .nothingRead)
    }

    @Test("Nothing is overwritten that was read, and nothing that differs without --force")
    func overwriting() async throws {
        let scratch = Scratch()
        scratch.write(#"{"steps": [{"make": "svg", "from": "image/svg+xml"}]}"#, to: "p.json")
        let source = #"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5" style="fill:red"/></svg>"#
        scratch.write(source, to: "a.svg")
        let same = await runCommand(scratch, "run @p.json @a.svg -o @a.svg --force")
        #expect(same.code == .someFailed && same.err.contains("would overwrite the input") && scratch.read("a.svg") == source)
        scratch.write("other", to: "b.svg")
        #expect(await runCommand(scratch, "run @p.json @a.svg -o @b.svg").err.contains("exists and differs; --force replaces it"))
        #expect(await runCommand(scratch, "run @p.json @a.svg -o @b.svg --force").code == .done)
        let two = await runCommand(scratch, "run @p.json @a.svg %leaf.svg -o @c.svg")
        #expect(
            two.code == .someFailed && two.err.contains("takes one part, and the pipeline gives more: a.svg (image/svg+xml), then leaf.svg")
        )
    }

    @Test("Two inputs for one output are refused before anything is made")
    func sameNames() async throws {
        let scratch = Scratch()
        scratch.write(#"{"steps": [{"make": "svg"}]}"#, to: "p.json")
        let run = await runCommand(scratch, "run @p.json %leaf.png %leaf.svg %icon.png -d @out")
        #expect(run.code == .usage && run.err.contains("leaf.svg; run them apart or rename one"))
        #expect(kind(of: scratch["out"]) == nil)
    }

    @Test("Input by input, a run is resumed, reported and given up like a conversion; batch is the same command")
    func items() async throws {
        let scratch = Scratch()
        scratch.write(#"{"steps": [{"make": "svg", "from": "image/png"}, {"make": "pptx", "each": true}]}"#, to: "p.json")
        scratch.write("<svg xmlns='http://www.w3.org/2000/svg'><g>", to: "in/broken.svg")
        scratch.write("a text", to: "in/text.svg")
        let line = "@p.json %icon.png %leaf.svg @in -d @out --resume --report @page.html"
        let first = await runCommand(scratch, "batch " + line)
        #expect(first.code == .someFailed && first.err.contains("broken.svg: "))
        #expect(
            scratch.names.filter { $0.hasPrefix("out/") && !$0.hasSuffix("journal") } == ["out/icon.pptx", "out/leaf.pptx", "out/text.svg"])
        #expect(scratch.read("page.html")?.contains("<dt>outputs</dt><dd>3</dd>") == true)
        let again = await runCommand(scratch, "run " + line + " --json -q")
        #expect(again.out.split(separator: #""state":"kept""#).count == 4, "\(again.out)")
        scratch.write(
            #"{"steps": [{"make": "svg", "from": "image/png", "options": {"colors": 2}}, {"make": "pptx", "each": true}]}"#, to: "p.json")
        let other = await runCommand(scratch, "run " + line + " --json -q")
        #expect(other.out.split(separator: #""state":"kept""#).count == 3, "\(other.out)")
        #expect(other.out.split(separator: #""state":"written""#).count == 2, "\(other.out)")
    }

    @Test("What collects all inputs has no items")
    func noItems() async {
        let scratch = Scratch()
        scratch.write(deck, to: "deck.json")
        let run = await runCommand(scratch, "run @deck.json %icon.png -d @out --resume")
        #expect(run.code == .usage && run.err.contains("--resume is for pipelines that make a file of each input"))
        let photos = await runCommand(scratch, "batch @photos -d @out")
        #expect(photos.code == .usage)
    }

    @Test("Branches and variables: a deck with its own title, and a thumbnail of each picture beside it")
    func branches() async throws {
        let scratch = Scratch()
        scratch.write(
            #"""
            {"variables": {"title": null, "colors": 8},
             "steps": [{"make": "svg", "options": {"colors": "${colors}"}},
                       {"parallel": [[{"make": "pptx", "title": "${title}", "name": "${title}.pptx"}], []]}]}
            """#, to: "p.json")
        let run = await runCommand(scratch, "run @p.json %icon.png %logo.png --set title=Two --set colors=5 -d @out -q")
        #expect(run.code == .done && run.err == "")
        #expect(scratch.names.filter { $0.hasPrefix("out/") } == ["out/Two.pptx", "out/icon.svg", "out/logo.svg"])
        for (words, message) in [
            ("", "p.json: variables.title: has no value; say --set title=VALUE"), ("--set titel=x", "(did you mean title?)"),
            ("--set title", "--set wants NAME=VALUE, not title"),
        ] {
            let refused = await runCommand(scratch, "run @p.json %icon.png -d @none \(words)")
            #expect(refused.code == .usage && refused.err.contains(message), "\(refused.err)")
        }
        #expect(await runCommand(scratch, "run @p.json --graph --set title=x").out.contains("│ 2 parallel"))
    }

    @Test("A project gives the pictures of its items, with their metadata beside them")
    func itemsOfCollection() async throws {
        let scratch = Scratch()
        scratch.write(#"{"steps": [{"make": "items", "options": {"count": 2, "metadata": true}}]}"#, to: "p.json")
        let copy = await runCommand(scratch, "run @copy.json %icon.png %logo.png -d @art/a -q")
        #expect(copy.code == .usage)
        scratch.write(#"{"steps": [{"make": "svg", "from": "a/b"}]}"#, to: "copy.json")
        #expect(await runCommand(scratch, "run @copy.json %icon.png %badge.png -d @art/a -q").code == .done)
        scratch.write(#"{"name": "Things", "width": 512, "height": 512, "layers": ["a"]}"#, to: "art/project.json")
        let run = await runCommand(scratch, "run @p.json @art/project.json -d @out -q")
        #expect(run.code == .done, "\(run.err)")
        #expect(
            scratch.names.filter { $0.hasPrefix("out/") } == [
                "out/project", "out/project/1.json", "out/project/1.png", "out/project/2.json", "out/project/2.png",
            ])
        #expect(scratch.read("out/project/1.json")?.contains("Things") == true)
        let lost = await runCommand(scratch, "run @p.json @copy.json -d @none")
        #expect(lost.code != .done && lost.err.contains("copy.json"))
    }

    @Test("The graph and the schema need no inputs")
    func graphAndSchema() async throws {
        let scratch = Scratch()
        scratch.write(deck, to: "deck.json")
        let text = await runCommand(scratch, "run @deck.json --graph")
        #expect(text.code == .done && text.out.contains("│ 1 svg") && text.out.contains("colors 8"))
        #expect(await runCommand(scratch, "run @deck.json --graph -o @graph.svg").code == .done)
        let drawn = await runCommand(scratch, "convert @graph.svg -o @graph.pptx -q")
        #expect(drawn.code == .done)
        let schema = await runCommand(scratch, "run --schema")
        #expect(try schema.code == .done && JSONSchema(JSON(parsing: Array(schema.out.utf8))).problem(with: .null) != nil)
    }

    @Test(
        "What cannot be followed is said before anything is read",
        arguments: [
            ("run", "run wants a pipeline"), ("run @p.json", "at least one input"),
            ("run @p.json %icon.png", "where shall the outputs go?"),
            ("run @none.json %icon.png -o @x.svg", "none.json: there is no such file"),
            ("run @bad.json %icon.png -o @x.svg", "bad.json: steps[0].make: wants one of svg, png, pptx, items, features"),
            ("run @p.json %icon.png -o @x.pptx", "is named for pptx, and the last step makes svg"),
            ("run @p.json - --files-from - -d @out", "read only once"), ("run --schema @p.json", "stands alone"),
            ("run @p.json %icon.png --graph", "takes no inputs"), ("run @p.json %icon.png -o @x.svg -d @out", "exclude each other"),
            ("run @p.json %icon.png -d @out --kep-going", "kep-going"),
        ])
    func usage(line: String, words: String) async throws {
        let scratch = Scratch()
        scratch.write(#"{"steps": [{"make": "svg"}]}"#, to: "p.json")
        scratch.write(#"{"steps": [{"make": "gif"}]}"#, to: "bad.json")
        let run = await runCommand(scratch, line)
        #expect(run.code == .usage && run.err.contains(words), "\(run.err)")
    }
}
