import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierStages
import Testing

@testable import AtelierCommand

/// Makes `made from <names>` for every job, fails for inputs named `bad…`, and counts how many run at once.
private final class TestMaker: Maker {
    private let counts = Lock((running: 0, most: 0, calls: 0))

    var most: Int { counts.withLock { $0.most } }
    var calls: Int { counts.withLock { $0.calls } }
    var totals: Totals { Totals(stagesRun: calls, hits: [.init(level: "memory", count: 0)], secondsSaved: 0) }

    func make(_ job: Job) async -> Attempt {
        counts.withLock {
            $0.running += 1
            $0.calls += 1
            $0.most = max($0.most, $0.running)
        }
        await Task.yield()
        counts.withLock { $0.running -= 1 }
        let bad = job.inputs.filter { $0.relative.hasPrefix("bad") }, good = job.inputs.filter { !bad.contains($0) }
        var attempt = Attempt(failures: bad.map { Failure(kind: .reading, input: $0.path, message: "\($0.relative): is bad") })
        if bad.isEmpty || !good.isEmpty && job.output.hasSuffix("lenient.pptx") {
            let remark = Remark(
                input: job.inputs[0].path, outcome: "unsupported", element: "text#t", line: 3, message: "text is left out")
            attempt.product = Product(
                blob: Blob(Array("made from \(good.map(\.relative).joined(separator: " "))".utf8)), digest: "d", isCached: false,
                remarks: good[0].relative.hasPrefix("odd") ? [remark, remark] : [])
        }
        return attempt
    }

    func derivation(of job: Job) -> String? { nil }
    func look(at job: Job, output: Blob?, wantsLikeness: Bool) async -> JobLook { JobLook() }
}

private func run(
    _ scratch: Scratch, _ line: String, maker: TestMaker = TestMaker(), input: String = "", terminal: String? = nil
) async -> (code: ExitCode, out: String, err: String) {
    let console = scratch.console(input: input)
    let arguments = line.split(separator: " ").map { $0.hasPrefix("@") ? scratch[String($0.dropFirst())] : String($0) }
    var code = ExitCode.usage
    do {
        guard case .convert(let conversion) = try Invocation(parsing: arguments) else { return (.checkFailed, "", "") }
        code = try await conversion.run(maker, window: 3, environment: ["TERM": terminal ?? ""], console: console)
    } catch { console.say("\(error)") }
    func plain(_ text: String?) -> String { (text ?? "").split(separator: scratch.path + "/", omittingEmptySubsequences: false).joined() }
    return (code, plain(scratch.read(".out")), plain(scratch.read(".err")))
}

@Suite("Batch")
struct BatchTests {
    @Test("One bad file among many: every other is delivered and the code says so")
    func oneBad() async {
        let scratch = Scratch()
        for name in ["in/a.png", "in/bad.png", "in/c.png"] { scratch.write("", to: name) }
        let result = await run(scratch, "trace @in -d @out --progress never")
        #expect(result.code == .someFailed)
        #expect(scratch.read("out/a.svg") == "made from a.png" && scratch.read("out/c.svg") == "made from c.png")
        #expect(result.err.hasPrefix("atelier: bad.png: is bad\n2 of 3 made, ") && result.out == "")
    }

    @Test("At most as many jobs as the window run at once, and all run")
    func window() async {
        let scratch = Scratch(), maker = TestMaker()
        for index in 0..<20 { scratch.write("", to: "in/\(index).png") }
        #expect(await run(scratch, "trace @in -d @out -q", maker: maker).code == .done)
        #expect(maker.calls == 20)
        #expect(maker.most <= 3)
    }

    @Test("--fail-fast begins nothing after the first failure")
    func failFast() async {
        let scratch = Scratch(), maker = TestMaker()
        for index in 0..<20 { scratch.write("", to: "in/bad\(index).png") }
        #expect(await run(scratch, "trace @in -d @out --fail-fast", maker: maker).code == .nothingRead)
        #expect(maker.calls <= 3)
    }

    @Test("Nothing that could be read is its own exit code")
    func nothingRead() async {
        let scratch = Scratch()
        #expect(await run(scratch, "trace @bad.png").code == .nothingRead)
        #expect(await run(scratch, "trace @*.png").code == .nothingRead)
    }

    @Test("Standard output holds the data alone")
    func standardOutput() async {
        let scratch = Scratch()
        let result = await run(scratch, "trace @odd.png -o -")
        #expect(result.code == .done && result.out == "made from odd.png")
        #expect(result.err == "odd.png:3: text#t: unsupported: text is left out (and 1 more like it)\n")
    }

    @Test("Approximations are listed by kind, one by one with -v, and not at all with -q")
    func remarks() async {
        let scratch = Scratch()
        let line = "odd.png:3: text#t: unsupported: text is left out"
        #expect(await run(scratch, "trace @odd.png").err.split(separator: "\n").first == line + " (and 1 more like it)")
        #expect(await run(scratch, "trace @odd.png -v").err.split(separator: "\n").filter { $0 == line }.count == 2)
        #expect(await run(scratch, "trace @odd.png -q").err == "")
    }

    @Test("--json is one document that names every input")
    func json() async throws {
        let scratch = Scratch()
        for name in ["in/a.png", "in/bad.png"] { scratch.write("", to: name) }
        let result = await run(scratch, "trace @in @*.gif -d @out --json -q")
        guard case .object(let members) = try JSON(parsing: Array(result.out.utf8)) else {
            Issue.record("not an object")
            return
        }
        #expect(members.map(\.name) == ["version", "command", "results", "problems", "totals"])
        #expect(
            result.out.hasPrefix(
                #"{"version":1,"command":"trace","results":[{"input":"in/a.png","output":"out/a.svg","state":"written","bytes":15,"#
                    + #""digest":"d","cached":false,"diagnostics":[],"milliseconds":"#))
        #expect(result.out.contains(#"{"input":"in/bad.png","output":"out/bad.svg","state":"failed","error":"bad.png: is bad","#))
        #expect(result.out.contains(#""problems":["*.gif: no file matches this pattern"],"totals":{"outputs":1,"failed":2,"#))
    }

    @Test("A deck names every input with its slide")
    func deckJSON() async {
        let scratch = Scratch()
        let result = await run(scratch, "pptx @a.svg @odd.svg -o @d.pptx --json -q")
        #expect(scratch.read("d.pptx") == "made from a.svg odd.svg")
        #expect(result.out.contains(#"{"input":"a.svg","output":"d.pptx","slide":1,"#))
        #expect(result.out.contains(#"{"input":"odd.svg","output":"d.pptx","slide":2,"#))
    }

    @Test("A deck without a bad input is delivered, numbered anew, and the code tells")
    func lenientDeck() async {
        let scratch = Scratch()
        let result = await run(scratch, "pptx @a.svg @bad.svg @c.svg -o @lenient.pptx --json -q")
        #expect(result.code == .someFailed && scratch.read("lenient.pptx") == "made from a.svg c.svg")
        #expect(result.out.contains(#"{"input":"bad.svg","output":"lenient.pptx","state":"failed","error":"bad.svg: is bad","#))
        #expect(result.out.contains(#"{"input":"c.svg","output":"lenient.pptx","slide":2,"#))
    }

    @Test("Inputs come from a list on standard input too")
    func filesFrom() async {
        let scratch = Scratch()
        let list = scratch["a.png"] + "\n" + scratch["b.png"] + "\n"
        #expect(await run(scratch, "trace --files-from - -d @out -q", input: list).code == .done)
        #expect(scratch.read("out/b.svg") == "made from b.png")
    }

    @Test("An output that exists and differs fails that input alone")
    func existing() async {
        let scratch = Scratch()
        for name in ["in/a.png", "in/b.png"] { scratch.write("", to: name) }
        scratch.write("mine", to: "out/a.svg")
        let result = await run(scratch, "trace @in -d @out --progress never")
        #expect(result.code == .someFailed && scratch.read("out/a.svg") == "mine")
        #expect(result.err.hasPrefix("atelier: out/a.svg: exists and differs; --force replaces it\n1 of 2 made"))
        #expect(await run(scratch, "trace @in -d @out --force --progress never").err.hasPrefix("2 of 2 made, 1 already there, "))
    }

    @Test("A cancelled run begins no further job and says it was interrupted")
    func cancelled() async {
        let scratch = Scratch(), maker = TestMaker()
        for index in 0..<20 { scratch.write("", to: "in/\(index).png") }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await run(scratch, "trace @in -d @out", maker: maker)
        }
        #expect(await task.value.code == .interrupted)
        #expect(maker.calls == 0)
    }
}

@Suite("Exit codes")
struct ExitCodeTests {
    /// The code after jobs that failed in some way each, or were made (nil).
    private func code(_ kinds: [Failure.Kind?], problems: Int = 0) -> ExitCode {
        let made = Made(byteCount: 0, digest: "", delivery: .written, isCached: false, remarks: [])
        let outcomes = kinds.map { kind in
            Outcome(
                job: Job(inputs: [], output: "x", format: .svg), made: kind == nil ? made : nil,
                failures: kind.map { [Failure(kind: $0, message: "")] } ?? [], seconds: 0)
        }
        return exitCode(outcomes, problems: problems, interrupted: false)
    }

    @Test("The table")
    func table() {
        #expect(code([nil]) == .done)
        #expect(code([nil, .reading]) == .someFailed)
        #expect(code([.reading, .reading]) == .nothingRead)
        #expect(code([], problems: 1) == .nothingRead)
        #expect(code([nil], problems: 1) == .someFailed)
        #expect(code([nil, .limit]) == .limit)
        #expect(code([.limit, .other]) == .someFailed)
        #expect(code([.brokenPipe]) == .brokenPipe)
    }
}

@Suite("Progress")
struct ProgressTests {
    @Test("The line says how many, how fast and how long; what was kept does not make it look faster")
    func line() {
        #expect(
            ProgressLine.text(.init(done: 16), total: 64, seconds: 2) == "[######..................] 16/64, 8.0/s, 0:06 left")
        #expect(
            ProgressLine.text(.init(done: 1, failed: 1), total: 601, seconds: 1)
                == "[........................] 1/601, 1 failed, 1.0/s, 10:00 left")
        #expect(
            ProgressLine.text(.init(done: 30, cached: 4, kept: 20), total: 3640, seconds: 10)
                == "[........................] 30/3640, 20 kept, 4 from the cache, 1.0/s, 1:00:10 left")
        #expect(ProgressLine.text(.init(done: 3, kept: 3), total: 4, seconds: 1) == "[##################......] 3/4, 3 kept")
    }

    @Test("It is redrawn on a terminal that can, printed elsewhere, and hidden when nobody wants it")
    func style() {
        #expect(ProgressLine.style(Settings(), isTerminal: true, terminal: "xterm") == .redrawn)
        #expect(ProgressLine.style(Settings(), isTerminal: true, terminal: "dumb") == .printed)
        #expect(ProgressLine.style(Settings(), isTerminal: false, terminal: "xterm") == .printed)
        #expect(ProgressLine.style(Settings(progress: .bar), isTerminal: false, terminal: nil) == .redrawn)
        #expect(ProgressLine.style(Settings(progress: .never), isTerminal: true, terminal: "xterm") == .hidden)
        #expect(ProgressLine.style(Settings(quiet: true), isTerminal: true, terminal: "xterm") == .hidden)
    }

    @Test("It appears at most ten times a second, is taken away at the end, and never for a single job")
    func drawing() {
        let scratch = Scratch(), console = scratch.console(), begin = ContinuousClock.now
        var line = ProgressLine(.redrawn, total: 4, console: console, now: begin)
        line.advance(failed: false, now: begin + .milliseconds(50))
        line.advance(failed: true, now: begin + .milliseconds(200))
        line.advance(failed: false, now: begin + .milliseconds(250))
        line.clear()
        #expect(scratch.read(".err") == "\r\u{1B}[K[############............] 2/4, 1 failed, 10.0/s, 0:01 left\r\u{1B}[K")
        var single = ProgressLine(.redrawn, total: 1, console: scratch.console(), now: begin)
        single.advance(failed: false, now: begin + .seconds(60))
        #expect(scratch.read(".err") == "")
    }

    @Test("Decimals are rounded and padded")
    func decimals() {
        #expect(
            [decimal(0, 1), decimal(1.05, 2), decimal(-0.04, 1), decimal(-2.5, 0), decimal(9.999, 2)] == [
                "0.0", "1.05", "0.0", "-3", "10.00",
            ])
    }
}
