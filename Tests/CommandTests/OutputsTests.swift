import AtelierStages
import Testing

@testable import AtelierCommand

private func outputs(_ paths: [String], verb: Verb = .trace, _ settings: Settings) throws(UsageError) -> [String] {
    try plan(paths.map { Input(path: $0, relative: $0 == "-" ? "standard-input" : lastName(of: $0)) }, verb: verb, settings).map(\.output)
}

private func refusal(_ paths: [String], verb: Verb = .trace, _ settings: Settings) -> String {
    do throws(UsageError) { return "no error but \(try outputs(paths, verb: verb, settings))" } catch { return error.description }
}

@Suite("Outputs")
struct OutputsTests {
    @Test("Without a target, outputs stand beside inputs and standard input goes to standard output")
    func beside() throws {
        #expect(try outputs(["x/a.png", "b.JPEG", "odd.v2", "-"], Settings()) == ["x/a.svg", "b.svg", "odd.v2.svg", "-"])
        #expect(try outputs(["a.svg"], verb: .pptx, Settings()) == ["a.pptx"])
        #expect(try outputs([".png"], Settings()) == [".png.svg"])
    }

    @Test("A folder mirrors the inputs")
    func folder() throws {
        let input = Input(path: "art/x/a.png", relative: "x/a.png")
        #expect(try plan([input], verb: .trace, Settings(directory: "out")).map(\.output) == ["out/x/a.svg"])
        #expect(try plan([input], verb: .convert, Settings(output: "out/", format: .pptx)).map(\.output) == ["out/x/a.pptx"])
        #expect(try plan([input], verb: .trace, Settings(output: "/tmp")).map(\.output) == ["/tmp/x/a.svg"])
    }

    @Test("Several inputs and one .pptx are one deck, in order")
    func deck() throws {
        let inputs = ["b.svg", "a.png", "b.svg"].map { Input(path: $0, relative: $0) }
        #expect(try plan(inputs, verb: .convert, Settings(output: "d.pptx")) == [Job(inputs: inputs, output: "d.pptx", format: .pptx)])
    }

    @Test("The same file given twice is made once")
    func twice() throws {
        #expect(try outputs(["a.png", "a.png"], Settings(directory: "out")) == ["out/a.svg"])
    }

    @Test("Targets that cannot be meant are refused before anything is read")
    func refusals() {
        #expect(
            refusal(["a.png", "a.jpg"], Settings(directory: "out"))
                == "a.png and a.jpg would both be written to out/a.svg; convert them apart or rename one")
        #expect(refusal(["a", "b"], Settings(output: "c.svg")) == "2 pictures cannot share c.svg; -d DIR writes one file for each")
        #expect(refusal(["a", "b"], Settings(output: "-")) == "2 pictures cannot share standard output; -d DIR writes one file for each")
        #expect(refusal(["a"], Settings(output: "x", directory: "y")) == "-o and -d exclude each other")
        #expect(refusal(["a"], Settings(output: "x.pptx")) == "trace makes svg, not x.pptx; \"atelier convert\" makes both")
        #expect(refusal(["a"], verb: .convert, Settings(output: "x.pptx", format: .svg)) == "--to svg does not fit the name x.pptx")
        #expect(
            refusal(["a"], verb: .convert, Settings(output: "x"))
                == "what shall be made? Name the output .svg or .pptx, or say --to svg or --to pptx")
        #expect(refusal(["-"], Settings(directory: "d")) == "standard input has no name for a file in d; say -o FILE")
    }

    @Test("An input is never overwritten, whatever it is called")
    func overwriting() {
        let scratch = Scratch()
        scratch.write("<svg/>", to: "a.svg")
        #expect(
            refusal([scratch["a.svg"]], Settings(output: scratch.path + "/./a.svg", force: true))
                == "\(scratch.path)/./a.svg would overwrite the input \(scratch["a.svg"]); say another output")
    }

    private func listed(_ text: String, verb: Verb = .pptx) throws(UsageError) -> (jobs: [Job], problems: [String]) {
        try jobs(listedIn: Array(text.utf8), verb: verb)
    }

    @Test("A list gives every input its output; lines that say less are problems, empty ones are passed over")
    func list() throws {
        let (jobs, problems) = try listed("x/a.svg\ty/a.pptx\r\n\nb.svg\n\tc.pptx\nd.svg\t\ne\tf\tg\n-\tq.pptx\nh i.svg\th i.pptx")
        #expect(jobs.map(\.output) == ["y/a.pptx", "h i.pptx"] && jobs.map { $0.inputs.map(\.path) } == [["x/a.svg"], ["h i.svg"]])
        #expect(problems.count == 5 && problems[0] == "--batch, line 3: wants the path of an input, a tab and the path of an output")
        #expect(try listed("").jobs.isEmpty)
    }

    @Test("Where the command makes both formats, the output's name says which")
    func listedFormats() throws {
        let (jobs, problems) = try listed("a.svg\ta.pptx\nb.png\tb.svg\nc.svg\tc.odp", verb: .convert)
        #expect(jobs.map(\.format) == [.pptx, .svg] && problems == ["--batch, line 3: c.odp ends in neither .svg nor .pptx"])
    }

    @Test("Two lines cannot write one file")
    func listedTwice() {
        #expect(throws: UsageError("--batch, lines 1 and 3: both would write o.pptx")) { try listed("a.svg\to.pptx\n\nb.svg\to.pptx") }
    }
}
