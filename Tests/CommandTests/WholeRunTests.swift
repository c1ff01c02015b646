import AtelierJSON
import AtelierMemo
import AtelierOOXML
import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

/// Where the pictures of `Examples/art` are.
private let art = String(#filePath.prefix(upTo: #filePath.range(of: "/Tests/")!)) + "/Examples/art/"

/// Runs a command line as `main` does, with a cache in the scratch folder; `@name` is a path in it, `%name` a picture of `Examples/art`.
func runCommand(_ scratch: Scratch, _ line: String, input: String = "") async -> (code: ExitCode, out: String, err: String) {
    let arguments = line.split(separator: " ").map { word in
        switch word.first {
        case "@": scratch[String(word.dropFirst())]
        case "%": art + word.dropFirst()
        default: String(word)
        }
    }
    let console = scratch.console(input: input)
    let code = await Command.run(arguments, environment: ["ATELIER_CACHE_DIR": scratch["cache"]], console: console)
    // Whatever a test makes is held against the rules for packages.
    for name in scratch.names where name.hasSuffix(".pptx") && !name.contains("broken") {
        do {
            let findings = try checkPresentation(Blob.reading(path: scratch[name], limit: 1 << 30).withUnsafeBytes(Array.init))
            #expect(findings == [], "\(name)")
        } catch { Issue.record("\(name): \(error)") }
    }
    return (code, scratch.read(".out") ?? "", scratch.read(".err") ?? "")
}

extension String {
    fileprivate func range(of part: String) -> String.Index? {
        indices.first { self[$0...].hasPrefix(part) }
    }
}

private func totals(_ out: String) throws -> [String: JSON] {
    guard case .object(let members) = try JSON(parsing: Array(out.utf8)),
        case .object(let totals)? = members.first(where: { $0.name == "totals" })?.value
    else { return [:] }
    return Dictionary(uniqueKeysWithValues: totals.map { ($0.name, $0.value) })
}

@Suite("Whole runs")
struct WholeRunTests {
    @Test("A second run finds what is worth finding and writes nothing")
    func warm() async throws {
        let scratch = Scratch()
        let cold = await runCommand(scratch, "trace %icon.png -o @icon.svg --json -q")
        #expect(cold.code == .done && cold.err == "")
        #expect(try totals(cold.out)["stagesRun"] != .integer(0))
        let warm = await runCommand(scratch, "trace %icon.png -o @icon.svg --json --events @events -q")
        // That a picture has nothing to report is found out sooner than it is looked up.
        let events = (scratch.read("events") ?? "").split(separator: "\n").filter { $0.contains(#""event":"run""#) }
        #expect(events.allSatisfy { $0.contains(#""stage":"report."#) }, "\(events)")
        #expect(warm.out.contains(#""state":"unchanged""#) && warm.out.contains(#""cached":true"#))
    }

    @Test("A tracing is compared with its picture in numbers and side by side")
    func stats() async throws {
        let scratch = Scratch()
        let run = await runCommand(scratch, "trace %icon.png -o @icon.svg --stats --compare @sides.png")
        #expect(run.code == .done)
        #expect(run.err.contains("SSIM 0.9") && run.err.contains("under gzip") && run.err.contains("segments"), "\(run.err)")
        #expect(scratch.names.contains("sides.png"))
        let json = await runCommand(scratch, "trace %icon.png -o @icon.svg --stats --json -q")
        #expect(json.out.contains(#""statistics":{"ssim":0.9"#))

        let drawing = await runCommand(scratch, "convert %leaf.svg -o @leaf.svg --stats")
        #expect(drawing.code == .nothingRead && drawing.err.contains("is a drawing already and is not traced"), "\(drawing.err)")
        let two = await runCommand(scratch, "trace %icon.png %logo.png -d @out --compare @sides.png")
        #expect(two.code == .usage && two.err.contains("takes one picture, not 2"), "\(two.err)")
        let over = await runCommand(scratch, "trace %icon.png -o @icon.svg --compare %icon.png --force")
        #expect(over.code == .usage && over.err.contains("would overwrite the input"), "\(over.err)")
        let wrong = await runCommand(scratch, "trace %icon.png -o @icon.svg --target-ssim 1.5")
        #expect(wrong.code == .usage && wrong.err.contains("--target-ssim"), "\(wrong.err)")
    }

    @Test("In one process, one changed option of the last step runs the plan and that step alone")
    func oneOption() async throws {
        let scratch = Scratch(), console = scratch.console()
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        func stagesRun(_ flags: String...) async throws -> Int {
            let before = engine.statistics.runs
            let arguments = ["trace", art + "icon.png", "-d", scratch["out\(flags.joined())"], "-q"] + flags
            let command = try #require(try Invocation(parsing: arguments).conversion)
            let maker = EngineMaker(engine: engine, command: command, console: console)
            #expect(try await command.run(maker, window: 2, environment: [:], console: console) == .done)
            return engine.statistics.runs - before
        }
        #expect(try await stagesRun() == 8)  // two plans, five steps, the report
        #expect(try await stagesRun() == 0)
        #expect(try await stagesRun("--decimals=3") == 2)
        #expect(try await stagesRun("--tolerance=1") == 3)
        #expect(try await stagesRun("--decimals=auto") == 0)
    }

    @Test("A batch makes what its list names, prints a line for each, and goes on after a file that fails")
    func batch() async {
        let scratch = Scratch()
        let drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>"
        scratch.write(drawing, to: "a.svg")
        scratch.write("<svg", to: "b.svg")
        scratch.write(drawing, to: "c.svg")
        let lines = ["a", "b", "c"].map { scratch["\($0).svg"] + "\t" + scratch["out/\($0).pptx"] + "\n" }
        scratch.write(lines.joined(), to: "list")
        let (code, out, err) = await runCommand(scratch, "pptx --batch @list --cache off -q")
        #expect(code == .someFailed && err.contains("b.svg"))
        let reported = out.split(separator: "\n").map { $0.split(separator: "\t") }.sorted { $0[1] < $1[1] }
        #expect(reported.map { $0.prefix(2).map(String.init) } == [["MS", scratch["a.svg"]], ["MS", scratch["c.svg"]]])
        #expect(reported.allSatisfy { Double($0[2]) != nil })
        #expect(scratch.read("out/a.pptx") == scratch.read("out/c.pptx") && scratch.read("out/b.pptx") == nil)
        let missing = await runCommand(scratch, "pptx --batch @none")
        #expect(missing.code == .usage && missing.err.contains("--batch"))
    }

    @Test("The report says what became of every element, the same from the cache, and its totals are those of the package")
    func report() async throws {
        let scratch = Scratch()
        scratch.write(
            """
            <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 90 90'><rect id='a' width='9' height='9'/><g><circle r='3'/>
            <path id='d' d='M0 0h40v9h-40z' fill='url(#r)'/></g>
            <radialGradient id='r'><stop/><stop offset='1' stop-color='red'/></radialGradient></svg>
            """, to: "a.svg")
        let cold = await runCommand(scratch, "pptx @a.svg -o @a.pptx --report @cold.json --profile exact")
        #expect(cold.code == .done && cold.err.contains("elements: 2 native, 1 picture"), "\(cold.err)")
        _ = await runCommand(scratch, "pptx @a.svg -o @a.pptx --report @warm.json --profile exact")
        #expect(scratch.read("cold.json") == scratch.read("warm.json"))
        let text = try #require(scratch.read("cold.json"))
        #expect(
            text.hasPrefix(
                #"{"version":1,"profile":"exact","text":"auto","totals":{"elements":3,"native":2,"approximated":0,"picture":1,"omitted":0,"#
                    + #""contents":{"shapes":2,"pictures":1,"groups":1}}"#))
        #expect(text.contains(#"{"element":"rect#a","line":1,"outcome":"native","contents":{"shapes":1,"pictures":0,"groups":0}}"#))
        #expect(text.contains(#"{"element":"path#d","line":2,"outcome":"picture","#) && text.contains("\"reading\":[]"))
    }

    @Test("Without a cache nothing runs twice: file and report are asked for together")
    func uncachedOnce() async {
        let scratch = Scratch()
        let (code, _, _) = await runCommand(scratch, "pptx %leaf.svg -o @leaf.pptx --cache off --events @events -q")
        let events = (scratch.read("events") ?? "").split(separator: "\n").filter { $0.contains(#""event":"run""#) }
        #expect(code == .done)
        for stage in ["svg.parse", "pptx.map", "pptx.pack"] {
            #expect(events.count { $0.contains("\"stage\":\"\(stage)\"") } == 1, "\(stage)")
        }
    }

    @Test("Any number of threads gives the same bytes")
    func threads() async {
        let scratch = Scratch()
        for threads in [1, 4] {
            #expect(await runCommand(scratch, "trace %icon.png %badge.png -d @j\(threads) -j \(threads) --cache off -q").code == .done)
        }
        for name in ["icon.svg", "badge.svg"] {
            #expect(scratch.read("j1/" + name) == scratch.read("j4/" + name) && scratch.read("j1/" + name) != nil)
        }
    }

    @Test("explain shows the tree, runs nothing, and knows what is kept")
    func explain() async {
        let scratch = Scratch()
        let before = await runCommand(scratch, "explain trace %icon.png -o @icon.svg")
        #expect(before.code == .done && before.out.contains("svg.fromSource@1") && before.out.contains("to be made"))
        #expect(kind(of: scratch["icon.svg"]) == nil && kind(of: scratch["cache"]) == nil)
        _ = await runCommand(scratch, "trace %icon.png -o @icon.svg")
        let after = await runCommand(scratch, "explain trace %icon.png -o @icon.svg")
        #expect(after.out.contains("  disk  ") && after.out.contains(" ms in all  ") && !after.out.contains("to be"))
        let json = await runCommand(scratch, "explain trace %icon.png -o @icon.svg --json")
        #expect(throws: Never.self) { try JSON(parsing: Array(json.out.utf8)) }
    }

    @Test("--events writes one JSON object a line, and --timing one line")
    func events() async throws {
        let scratch = Scratch()
        let result = await runCommand(scratch, "trace %icon.png -o @icon.svg --events @events --timing -q")
        #expect(result.err.hasPrefix("TRACE_MS=") && result.err.split(separator: "\n").count == 1)
        let lines = try #require(scratch.read("events")).split(separator: "\n")
        for line in lines { _ = try JSON(parsing: Array(line.utf8)) }
        #expect(lines.contains { $0.contains(#""event":"run","stage":"tracing.fit""#) })
    }

    @Test("Options come from JSON, and flags win over it")
    func optionsFile() async {
        let scratch = Scratch()
        scratch.write(#"{"colors": 2, "output": "\#(scratch["json.svg"])"}"#, to: "options.json")
        #expect(await runCommand(scratch, "trace %badge.png --options @options.json -q").code == .done)
        #expect(await runCommand(scratch, "trace %badge.png --colors 2 -o @flags.svg -q").code == .done)
        #expect(await runCommand(scratch, "trace %badge.png --options @options.json --colors 9 -o @both.svg -q").code == .done)
        #expect(scratch.read("json.svg") == scratch.read("flags.svg") && scratch.read("json.svg") != nil)
        #expect(scratch.read("both.svg") != scratch.read("flags.svg"))
        let unknown = await runCommand(scratch, "trace %badge.png --options -", input: #"{"colurs": 2}"#)
        #expect(unknown.code == .usage && unknown.err == "atelier: --options -: there is no option \"colurs\" (did you mean colors?)\n")
    }

    @Test("Standard input to standard output, and nothing else")
    func pipe() async {
        let scratch = Scratch()
        let result = await runCommand(
            scratch, "convert - -o - --to svg",
            input: #"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>"#)
        #expect(result.code == .done && result.out.hasPrefix("<svg") && result.err == "")
    }

    @Test("What cannot be read is named with its reason, and a limit with the flag that raises it")
    func unreadable() async {
        let scratch = Scratch()
        scratch.write("hello", to: "a.png")
        let foreign = await runCommand(scratch, "trace @a.png -q")
        #expect(foreign.code == .nothingRead)
        #expect(
            foreign.err
                == "atelier: \(scratch["a.png"]): the content is neither PNG, JPEG, WebP nor SVG; convert it to one of these first\n")
        #expect(await runCommand(scratch, "trace @missing.png -q").err == "atelier: \(scratch["missing.png"]): there is no such file\n")
        let large = await runCommand(scratch, "trace %icon.png -o @b.svg --max-pixels 10 -q")
        #expect(large.code == .limit && large.err.hasSuffix("where --max-pixels allows 10; raise it or make the picture smaller\n"))
    }

    @Test("The same broken file a second time is told in the same words, though it is not read again")
    func brokenTwice() async {
        let scratch = Scratch()
        for name in ["a.svg", "b.svg"] { scratch.write("<svg xmlns='http://www.w3.org/2000/svg'><g>", to: name) }
        let result = await runCommand(scratch, "convert @a.svg @b.svg --to svg -d @out -q --jobs 1")
        let lines = result.err.split(separator: "\n")
        #expect(result.code == .nothingRead && lines.count >= 2)
        #expect(lines[0].replacing("/a.svg", with: "/b.svg") == lines[1])
    }

    @Test("A list, options or events that cannot be had are named before any work")
    func badFiles() async {
        let scratch = Scratch()
        let list = await runCommand(scratch, "trace --files-from @none -d @out -q")
        #expect(list.code == .nothingRead && list.err == "atelier: --files-from \(scratch["none"]): there is no such file\n")
        let options = await runCommand(scratch, "trace %icon.png --options @none")
        #expect(options.code == .usage && options.err == "atelier: --options \(scratch["none"]): there is no such file\n")
        scratch.write("{1}", to: "bad.json")
        #expect(
            await runCommand(scratch, "trace %icon.png --options @bad.json").err
                == "atelier: --options \(scratch["bad.json"]): not JSON: line 1, column 2: expected a name in double quotes\n")
        let events = await runCommand(scratch, "trace %icon.png --events @none/events -o @icon.svg")
        #expect(events.code == .usage && events.err.hasPrefix("atelier: --events \(scratch["none/events"]): cannot create: "))
        #expect(kind(of: scratch["icon.svg"]) == nil)
    }

    @Test("A cache that cannot be had is one warning, and the work is done")
    func noCache() async {
        let scratch = Scratch()
        scratch.write("", to: "file")
        let result = await runCommand(scratch, "trace %icon.png -o @icon.svg --cache-dir @file/cache")
        #expect(result.code == .done && result.err.split(separator: "\n").count == 2)
        #expect(result.err.hasPrefix("atelier: warning: no cache: "))
    }

    @Test("The cache is counted, verified and emptied; damage is its own exit code")
    func cache() async throws {
        let scratch = Scratch()
        #expect(await runCommand(scratch, "cache stats").out == "\(scratch["cache"]): no entries\n")
        #expect(kind(of: scratch["cache"]) == nil)
        _ = await runCommand(scratch, "trace %icon.png -o @icon.svg")
        #expect(await runCommand(scratch, "cache path").out == scratch["cache"] + "\n")
        #expect(await runCommand(scratch, "cache verify").code == .done)
        let entry = try #require(scratch.names.last { $0.hasPrefix("cache/segments/") && kind(of: scratch[$0]) == .file })
        truncate(scratch[entry], 60)
        let verified = await runCommand(scratch, "cache verify --json")
        #expect(verified.code == .checkFailed && verified.out.contains(#""problem":"#))
        #expect(await runCommand(scratch, "cache verify").code == .done)
        #expect(await runCommand(scratch, "cache clear").code == .done)
        #expect(await runCommand(scratch, "cache stats --json").out.contains(#""entries":0,"#))
    }
}
