import AtelierMemo
import AtelierStages

extension ConvertCommand {
    /// Shows what making it would take. No stage runs.
    func explain(_ configuration: Configuration, environment: [String: String], console: Console) throws -> ExitCode {
        let engine = configuration.makeEngine(makesCache: false, environment: environment, console: console)
        let maker = EngineMaker(engine: engine, command: self, console: console)
        let (jobs, problems) = try jobs(console)
        for problem in problems { console.say("atelier: \(problem)") }
        var explained: [ExplainedJob] = [], outcomes: [Outcome?] = []
        for job in jobs {
            do throws(Failure) {
                explained.append(try maker.explain(job))
                outcomes.append(nil)
            } catch {
                console.say("atelier: \(error.message)")
                outcomes.append(Outcome(job: job, made: nil, failures: [error], seconds: 0))
            }
        }
        if settings.json {
            try console.write(
                JSON.object(["version": .integer(1), "command": .string("explain"), "outputs": .array(explained.map(\.json))]).bytes
                    + [UInt8(ascii: "\n")])
        } else {
            try console.write(explained.map(\.text).joined(separator: "\n"))
        }
        if explained.isEmpty { return .nothingRead }
        return exitCode(outcomes, problems: problems.count, interrupted: false) == .done ? .done : .someFailed
    }
}

/// A job and where everything it is built on lies.
struct ExplainedJob {
    let job: Job
    /// The artifact of the output first, then what each is built on, one level deeper.
    let lines: [Explanation.Line]

    /// The output's name, then a line for each artifact, deeper ones further in:
    /// `tracing.write@1 8a21f0c3d4e5  disk  0.2 ms, 12.3 ms in all  4512 bytes`.
    var text: String {
        var text = (job.output == "-" ? "standard output" : printable(job.output)) + "\n"
        // Depth of the artifact that was found and makes everything below it unneeded.
        var foundDepth: Int?
        for line in lines {
            if let depth = foundDepth, line.depth <= depth { foundDepth = nil }
            text += String(repeating: "  ", count: line.depth + 1) + line.stage + (line.isSource ? "" : "@\(line.version)")
            text += " " + line.digest.description.prefix(12)
            if line.isRepeated {
                text += "  (as above)"
            } else if let level = line.level, let header = line.header {
                text +=
                    "  \(level)  \(decimal(Double(header.selfCost) * 1e-6, 1)) ms, \(decimal(Double(header.chainCost) * 1e-6, 1)) ms in all"
                foundDepth = foundDepth ?? line.depth
                text += line.leadsTo.map { "  leads to \($0.description.prefix(12))" } ?? "  \(header.byteCount) bytes"
            } else if !line.isSource, foundDepth != nil {
                text += "  not kept, not needed"
            } else if !line.isSource {
                text += line.isPlan ? "  to be decided" : "  to be made"
            }
            text += "\n"
        }
        return text
    }

    var json: JSON {
        .object([
            "output": .string(job.output),
            "inputs": .array(job.inputs.map { .string($0.path) }),
            "artifacts": .array(
                lines.map { line in
                    .object([
                        "depth": .integer(line.depth), "digest": .string(line.digest.description), "stage": .string(line.stage),
                        "stageVersion": .integer(line.version),
                        "kind": .string(line.isSource ? "source" : line.isPlan ? "plan" : "stage"),
                        "level": line.level.map(JSON.string),
                        "milliseconds": line.header.map { .milliseconds(Double($0.selfCost) * 1e-9) },
                        "chainMilliseconds": line.header.map { .milliseconds(Double($0.chainCost) * 1e-9) },
                        "bytes": line.header.map { .integer($0.byteCount) },
                        "leadsTo": line.leadsTo.map { .string($0.description) },
                    ])
                }),
        ])
    }
}
