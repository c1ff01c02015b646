import AtelierJSON
import AtelierStages
import Testing

@testable import AtelierCommand

@Suite("cache simulate")
struct SimulateTests {
    private func run(_ scratch: Scratch, _ arguments: String..., input: String = "") async -> (code: ExitCode, out: String, err: String) {
        let console = scratch.console(input: input)
        let code = await Command.run(
            arguments.map { $0.first == "@" ? scratch[String($0.dropFirst())] : $0 }, environment: ["ATELIER_CACHE_DIR": scratch["cache"]],
            console: console)
        return (code, scratch.read(".out") ?? "", scratch.read(".err") ?? "")
    }

    @Test("A trace is replayed through the memory level, from a file or from standard input, and makes no cache")
    func trace() async throws {
        let scratch = Scratch()
        let text = "1 600 3000\n1 600 3000\n2 400 5000\n1 600 3000\n"
        scratch.write(text, to: "trace")
        let plain = await run(scratch, "cache", "simulate", "--trace", "@trace", "--capacity", "1KB")
        #expect(plain.code == .done && plain.err == "")
        #expect(
            plain.out == """
                4 requests, at most 1000 of values held at a time
                answered: 50.0 % of requests, 54.5 % of bytes, 42.9 % of the time to make them
                made room: 0; twice the capacity would answer at least 0 more

                """)
        let json = await run(scratch, "cache", "simulate", "--trace", "-", "--capacity", "1000", "--json", input: text)
        #expect(
            json.out == #"{"version":1,"requests":4,"capacity":1000,"hits":2,"bytes":2200,"byteHits":1200,"milliseconds":14.0,"#
                + #""millisecondsSaved":6.0,"peakBytes":1000,"evictions":0,"ghostHits":0}"# + "\n")
        #expect(scratch.read("cache") == nil)
    }

    @Test("Events of a run are replayed: hits and misses, with bytes and costs from what ran")
    func events() async throws {
        let scratch = Scratch()
        let art = String(#filePath.prefix(upTo: #filePath.range(of: "/Tests/")!.lowerBound)) + "/Examples/art/"
        for _ in 0..<2 {
            _ = await run(scratch, "trace", art + "icon.png", "-o", "@icon.svg", "-q", "--cache", "off", "--events", "@events")
        }
        let result = await run(scratch, "cache", "simulate", "--trace", "@events", "--json")
        #expect(result.code == .done && result.err == "")
        guard case .object(let members) = try JSON(parsing: Array(result.out.utf8)) else {
            Issue.record("no object: \(result.out)")
            return
        }
        let numbers = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
        #expect(numbers["requests"] != .integer(0) && numbers["bytes"] != .integer(0))
        #expect(numbers["peakBytes"] != .integer(0) && numbers["evictions"] == .integer(0))
    }

    @Test(
        "What cannot be replayed is refused with file and line",
        arguments: [
            ("1 2 3\n1 2\n", "line 2 is not"), ("{\"event\":\"hit\"}\n", "line 1: is no event"), ("{}\n{", "line 1: is no event"),
            ("{\"event\":\"hit\",\"digest\":\"00\"}\n", "line 1: is no event"), ("{oops\n", "line 1: line 1, column 2"),
        ])
    func malformed(text: String, message: String) async {
        let scratch = Scratch()
        scratch.write(text, to: "trace")
        let result = await run(scratch, "cache", "simulate", "--trace", "@trace")
        #expect(result.code == .usage && result.err.contains(message), "\(result.err)")
    }

    @Test("Without a trace, or with one that is not there, it says so")
    func missing() async {
        let scratch = Scratch()
        #expect(await run(scratch, "cache", "simulate").err.contains("wants --trace FILE"))
        #expect(await run(scratch, "cache", "simulate", "--trace", "@none").err.contains("there is no such file"))
    }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? {
        indices.first { self[$0...].hasPrefix(part) }.map { $0..<index($0, offsetBy: part.count) }
    }
}
