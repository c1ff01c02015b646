import AtelierJSON
import AtelierMemo
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ConvertCommand {
    /// Shows what making it would take. No stage runs.
    func explain(_ configuration: Configuration, environment: [String: String], console: Console) throws -> ExitCode {
        let engine = configuration.makeEngine(makesCache: false, environment: environment, console: console)
        let directory = whyMissed ? engine.levels.lazy.compactMap { $0 as? DiskStore }.first?.directory : nil
        let maker = EngineMaker(engine: engine, command: self, console: console, keys: directory.map(KeyLog.init))
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
        try explained.write(asJSON: settings.json, to: console)
        if explained.isEmpty { return .nothingRead }
        return exitCode(outcomes, problems: problems.count, interrupted: false) == .done ? .done : .someFailed
    }
}

extension [ExplainedJob] {
    /// Writes what was found out.
    func write(asJSON: Bool, to console: Console) throws(SystemError) {
        guard asJSON else { return try console.write(map(\.text).joined(separator: "\n")) }
        try console.write(
            JSON.object(["version": .integer(1), "command": .string("explain"), "outputs": .array(map(\.json))]).bytes + [
                UInt8(ascii: "\n")
            ])
    }
}

/// A job and where everything it is built on lies.
struct ExplainedJob {
    /// Where it would be written, and what is named for it.
    let output: String, inputs: [Input]
    /// The artifact of the output first, then what each is built on, one level deeper.
    let lines: [Explanation.Line]
    /// The inputs by the digests of their bytes.
    let sources: [Digest: Input]

    /// The output's name, then a line for each artifact, deeper ones further in:
    /// `tracing.write@1 8a21f0c3d4e5  disk  0.2 ms, 12.3 ms in all  4512 bytes`.
    var text: String {
        var text = (output == "-" ? "standard output" : printable(output)) + "\n"
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
            if foundDepth == nil, let why = line.whyMissed {
                let margin = String(repeating: "  ", count: line.depth + 3)
                text += sentences(on: why).map { margin + $0 + "\n" }.joined()
            }
        }
        return text
    }

    var json: JSON {
        .object([
            "output": .string(output),
            "inputs": .array(inputs.map { .string($0.path) }),
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
                        "whyMissed": line.whyMissed.map { why in
                            .object([
                                "levels": .object(why.levels.map { .init($0.level, .string($0.reason.rawValue)) }),
                                "because": .array(sentences(on: why).dropFirst().map(JSON.string)),
                            ])
                        },
                    ])
                }),
        ])
    }
}

extension ExplainedJob {
    /// Differences shown; what differs in more is another request.
    private static let mostDifferences = 8

    /// What each level says, then what differs from the nearest artifact there was, one sentence each.
    fileprivate func sentences(on why: Explanation.WhyMissed) -> [String] {
        let levels = why.levels.map { "\($0.level): \(words($0.reason.rawValue))" }.joined(separator: ", ")
        var sentences = [levels.isEmpty ? "kept nowhere" : levels]
        if let time = why.putBefore {
            sentences.append("this very result was kept \(utc(time).prefix(10)) and has gone since")
        } else if why.nearestPut == nil {
            sentences.append("nothing of this step was kept here before")
        } else {
            sentences += why.differences.prefix(Self.mostDifferences).map(sentence)
            let more = why.differences.count - Self.mostDifferences
            if more > 0 { sentences.append("and \(more) more differences: nothing near it was kept") }
        }
        return sentences
    }

    /// `tracing.quantize: count was 16, is 12`.
    private func sentence(_ difference: KeyDifference) -> String {
        switch difference {
        case .field(let stage, let path, let was, let now): return printable("\(stage): \(path) was \(was), is \(now)")
        case .version(let stage, let was, let now): return "\(stage): stage version was \(was), is \(now)"
        case .maker(let stage, let path, let was, let now): return printable("\(stage): \(path) was made by \(was), is made by \(now)")
        case .unknown(let stage, let path): return printable("\(stage): \(path.isEmpty ? "its key" : path) differs, in what was not noted")
        case .source(let path, let digest):
            let input = sources[digest]
            if let path, let input, path != input.path { return "source: was \(printable(path)), is \(input.shown)" }
            let changed = input.flatMap { modificationTime(of: $0.path) }.map { " (changed \(utc($0).prefix(10)))" } ?? ""
            return "source \(input?.shown ?? path.map(printable) ?? String(digest.description.prefix(12))): other bytes\(changed)"
        }
    }
}

/// Seconds since 1970; nil for standard input and what is not there.
private func modificationTime(of path: String) -> Int64? {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 ? Int64(status.st_mtim.tv_sec) : nil
}
