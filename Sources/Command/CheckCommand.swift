import AtelierArchives
import AtelierJSON
import AtelierMemo
import AtelierOOXML
import AtelierStages
import AtelierTelemetry

private let reading = SpanName("command.read"), checking = SpanName("check.presentation")

/// Checks presentations for what makes PowerPoint offer to repair them.
struct CheckCommand: Hashable, Sendable {
    /// Files, folders and patterns.
    var operands: [String] = []
    /// Which inputs, `json` and `quiet` matter.
    var settings = Settings()

    static var options: [Option<CheckCommand>] {
        (Settings.inputOptions + [Settings.profileOption()] + Settings.talkOptions.filter { $0.name == "json" || $0.name == "quiet" })
            .map { $0.of(\.settings) }
    }

    /// Most bytes of a file that is read.
    private static let largestFile = 2 << 30

    /// What came of one file.
    private struct Answer {
        var input: Input
        /// Nil when it could not be read, and then why.
        var findings: [PackageFinding]?
        var error: String?
    }

    /// Checks every file and prints what was found.
    func run(console: Console) throws -> ExitCode {
        let list = try inputs(operands, settings, suffixes: ["pptx", "pptm", "ppsx", "ppsm", "potx", "potm"], console)
        for problem in list.problems { console.say("atelier: \(problem)") }
        let answers = list.inputs.map { answer(on: $0, console) }
        for answer in answers {
            if let error = answer.error { console.say("atelier: \(error)") }
        }
        if settings.json {
            try console.write(json(answers).prettyBytes)
        } else {
            for answer in answers { try console.write(text(answer)) }
        }
        let unread = list.problems.count + answers.count { $0.findings == nil }
        if unread == list.problems.count + answers.count { return .nothingRead }
        if unread > 0 { return .someFailed }
        return answers.allSatisfy { $0.findings?.isEmpty == true } ? .done : .checkFailed
    }

    private func answer(on input: Input, _ console: Console) -> Answer {
        do {
            let bytes = try withSpan(reading) { try console.read(input.path, limit: Self.largestFile).withUnsafeBytes(Array.init) }
            return Answer(input: input, findings: try withSpan(checking) { try checkPresentation(bytes) })
        } catch let error as ZIPReadingError {
            return Answer(input: input, error: "\(input.shown): \(sentence(error))")
        } catch {
            return Answer(input: input, error: sentence(error))
        }
    }

    private func text(_ answer: Answer) -> String {
        guard let findings = answer.findings, !findings.isEmpty || !settings.quiet else { return "" }
        if findings.isEmpty { return "\(answer.input.shown): nothing found\n" }
        var text = "\(answer.input.shown): \(findings.count == 1 ? "1 finding" : "\(findings.count) findings")\n"
        for finding in findings {
            text += "  " + printable(finding.part) + (finding.line > 0 ? ":\(finding.line)" : "")
            if !finding.place.isEmpty { text += ": " + printable(finding.place) }
            text += ": " + printable(finding.problem)
            if let advice = finding.advice { text += "; " + printable(advice) }
            text += "\n"
        }
        return text
    }

    private func json(_ answers: [Answer]) -> JSON {
        .object([
            "version": .integer(1),
            "command": .string("check"),
            "files": .array(
                answers.map { answer in
                    .object([
                        "file": .string(answer.input.path),
                        "error": answer.error.map(JSON.string),
                        "findings": answer.findings.map { findings in
                            .array(
                                findings.map { finding in
                                    .object([
                                        "part": .string(finding.part),
                                        "line": finding.line > 0 ? .integer(finding.line) : nil,
                                        "place": finding.place.isEmpty ? nil : .string(finding.place),
                                        "problem": .string(finding.problem),
                                        "advice": finding.advice.map(JSON.string),
                                    ])
                                })
                        },
                    ])
                }),
        ])
    }
}
