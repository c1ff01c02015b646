import AtelierJSON
import AtelierMemo

/// What a run of a pipeline did, for people and for programs.
struct RunReport {
    let inputCount: Int
    let made: [PartCollector.Made]
    let failures: [Failure]
    /// Operands that stand for nothing.
    let problems: [String]
    let statistics: Statistics
    /// Names of the engine's levels, nearest first.
    let levels: [String]
    /// Wall-clock length.
    let seconds: Double

    /// One line about the run, and with `verbose` one for each output.
    func say(to console: Console, verbose: Bool) {
        if verbose {
            for made in made {
                let name = made.output == "-" ? "standard output" : printable(made.output)
                console.say("\(name): \(made.delivery.rawValue), \(made.byteCount) bytes")
            }
        }
        console.say(summary)
    }

    /// `3 inputs, 1 output, 12 steps made, 0.52 s`.
    private var summary: String {
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        var text = "\(count(inputCount, "input")), \(count(made.count, "output"))"
        if !failures.isEmpty { text += ", \(failures.count) failed" }
        text +=
            statistics.runs == 0 && statistics.hits.contains { $0 > 0 }
            ? ", all from the cache" : ", \(count(statistics.runs, "step")) made"
        return text + ", \(decimal(seconds, seconds < 10 ? 2 : 0)) s"
    }

    /// The report as one document.
    var json: JSON {
        .object([
            "version": .integer(1),
            "command": .string("run"),
            "outputs": .array(
                made.map {
                    .object([
                        "output": .string($0.output), "state": .string($0.delivery.rawValue), "bytes": .integer($0.byteCount),
                    ])
                }),
            "failures": .array(
                failures.map { .object(["input": $0.input.map(JSON.string), "error": .string($0.message)]) }),
            "problems": problems.isEmpty ? nil : .array(problems.map(JSON.string)),
            "totals": .object([
                "inputs": .integer(inputCount),
                "outputs": .integer(made.count),
                "stagesRun": .integer(statistics.runs),
                "hits": .object(zip(levels, statistics.hits).map { .init($0, .integer($1)) }),
                "milliseconds": .milliseconds(seconds),
            ]),
        ])
    }
}
