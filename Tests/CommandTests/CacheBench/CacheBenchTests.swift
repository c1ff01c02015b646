import AtelierJSON
import AtelierMemo
import AtelierStages
import Testing

@testable import AtelierCommand

@Suite("bench cache")
struct CacheBenchTests {
    @Test("A tiny workload runs through every preset, differs nowhere, and leaves nothing behind")
    func wholeRun() async throws {
        let scratch = Scratch()
        scratch.write(#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>"#, to: "a.svg")
        scratch.write("", to: "tmp/here")
        let console = scratch.console(), environment = ["TMPDIR": scratch["tmp"], "ATELIER_CACHE_DIR": scratch["cache"]]
        let code = await Command.run(
            ["bench", "cache", scratch["a.svg"], "--rounds", "2", "--json"], environment: environment, console: console)
        #expect(code == .done && scratch.read(".err") == "")
        #expect(scratch.names.filter { $0.hasPrefix("tmp/") } == ["tmp/here"] && kind(of: scratch["cache"]) == nil)

        let text = try #require(scratch.read(".out"))
        guard case .object(let members) = try JSON(parsing: Array(text.utf8)),
            case .array(let candidates)? = members.first(where: { $0.name == "candidates" })?.value
        else {
            Issue.record("no candidates")
            return
        }
        #expect(candidates.count == 4)
        #expect(text.contains("ludicrous without Redis: redis-url does not say where one is"))
        for candidate in candidates { #expect(candidate["differences"] == .integer(0)) }
        // Stages run: cold all, warm none where there is a cache, in a new engine none where there is a disk.
        func stagesRun(_ candidate: Int, _ pass: Int) -> JSON? {
            guard case .array(let passes)? = candidates[candidate]["passes"] else { return nil }
            return passes[pass]["stagesRun"]
        }
        // With nothing kept, the two outputs of a drawing share its tree when they are asked for at the same moment.
        guard case .integer(let all)? = stagesRun(1, 0) else {
            Issue.record("no count of stages")
            return
        }
        #expect(all > 0 && (0..<4).allSatisfy { [.integer(all), .integer(all + 1)].contains(stagesRun(0, $0)) })
        #expect(stagesRun(1, 1) == .integer(0) && stagesRun(1, 3) == .integer(all))
        #expect(stagesRun(2, 1) == .integer(0) && stagesRun(2, 3) == .integer(0))
    }

    @Test("The workload that is built in is the same every time, and every file of it converts")
    func builtIn() async throws {
        let one = Scratch(), two = Scratch()
        let paths = try Workload.write(in: one.path)
        _ = try Workload.write(in: two.path)
        #expect(paths.count == 6)
        for path in paths {
            let name = lastName(of: path)
            #expect(one.read(name) == two.read(name) && one.read(name)?.isEmpty == false)
        }
        let code = await Command.run(
            ["convert"] + paths.filter { $0.hasSuffix("1.png") || $0.hasSuffix("1.svg") } + [
                "-o", one["deck.pptx"], "--cache", "off", "-q",
            ],
            environment: [:], console: one.console())
        #expect(code == .done && one.read(".err") == "")
    }

    @Test("An output with other bytes is a difference that is counted, said and an exit code of its own")
    func difference() async throws {
        var result = CacheBench.Result(candidate: .init(name: "conservative", configuration: Configuration()))
        result.passes[.warm] = [.init(seconds: 1, hits: 1, lookups: 1, stagesRun: 0, differences: 2)]
        let bench = CacheBench(files: ["a"], rounds: 1, passes: [.warm], environment: [:], console: Console())
        #expect(CacheBench.differences(result) == 2)
        #expect(bench.verdict([result]) == "DIFFERENT OUTPUT: conservative in 2 outputs")
    }

    @Test("Gain is the ratio of medians beside no cache, with the least and most of any round")
    func gain() throws {
        func result(_ name: String, _ seconds: [Double]) -> CacheBench.Result {
            var result = CacheBench.Result(candidate: .init(name: name, configuration: Configuration()))
            result.passes[.cold] = seconds.map { .init(seconds: $0, hits: 1, lookups: 4, stagesRun: 5, differences: 0) }
            return result
        }
        let lines = CacheBench.lines([result("no cache", [8, 4, 6]), result("aggressive", [2, 2, 1])])
        #expect(lines.count == 2)
        #expect(lines[1].gain.median == 3 && lines[1].gain.least == 2 && lines[1].gain.most == 6)
        #expect(lines[1].hitRate == 0.25 && lines[1].stagesRun == 5)
        #expect(lines[0].gain.median == 1)
        #expect(Spread([4, 1]) == Spread([2.5, 1, 4]))
    }

    @Test("An input that cannot be read is said, and nothing is measured")
    func badInput() async {
        let scratch = Scratch()
        scratch.write("hello", to: "a.png")
        let code = await Command.run(["bench", "cache", scratch["a.png"]], environment: [:], console: scratch.console())
        #expect(code != .done && scratch.read(".out") == "")
        #expect(scratch.read(".err")?.hasPrefix("atelier: \(scratch["a.png"]): ") == true)
        #expect(refusal { _ = try Invocation(parsing: ["bench", "tea"]) } == "bench wants what to measure after it: cache")
    }
}

extension JSON {
    /// The member of an object.
    fileprivate subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
