import AtelierJSON
import AtelierStages

/// What a run did, for people and for programs.
struct Report {
    let verb: Verb
    /// In the order of the jobs; nil where a job was not begun.
    let outcomes: [Outcome?]
    /// Operands that stand for nothing.
    let problems: [String]
    /// What the engine did.
    let totals: Totals
    /// Wall-clock length of the run, and processor time of all threads.
    let seconds: Double, processorSeconds: Double

    private var made: [(Outcome, Made)] {
        outcomes.compactMap { outcome in outcome?.made.map { (outcome!, $0) } }
    }

    /// Whether anything was made, or failed, that was not before.
    var hasNews: Bool { outcomes.contains { $0.map { $0.made?.delivery != .kept && !$0.isRepeated } ?? false } }

    /// One line about the run, and what was approximated: by kind, or with `verbose` one line for each.
    func say(to console: Console, verbose: Bool) {
        let made = made
        if verbose {
            for (outcome, made) in made {
                let how = made.delivery == .kept ? "made before" : made.isCached ? "found" : "made"
                let what = "\(made.delivery.rawValue), \(made.byteCount) bytes, \(how), \(decimal(outcome.seconds * 1000, 1)) ms"
                console.say("\(outcome.job.output == "-" ? "standard output" : printable(outcome.job.output)): \(what)")
                for remark in made.remarks { console.say(remark.line(verbose: true)) }
            }
        } else {
            sayRemarksByKind(made.flatMap(\.1.remarks), console)
        }
        for (outcome, made) in made {
            if let statistics = made.statistics {
                console.say(statistics.line(called: outcome.job.inputs[0].shown, milliseconds: outcome.seconds * 1000))
            }
        }
        if let words = made.flatMap({ $0.1.slides.map(\.summary) }).inWords { console.say("elements: \(words)") }
        guard outcomes.count + problems.count > 1 || verbose || outcomes.contains(where: { $0?.job.output != "-" }) else { return }
        console.say(summary)
    }

    /// `64 of 64 made, 12 of them found in the cache, 0.5 s`.
    var summary: String {
        let made = made
        let found = made.count { $0.1.isCached }, kept = made.count { $0.1.delivery == .kept },
            unchanged = made.count { $0.1.delivery == .unchanged }
        let notBegun = outcomes.count { $0 == nil }
        var text = "\(made.count) of \(outcomes.count + problems.count) made"
        if kept > 0 { text += ", \(kept) kept" }
        if found > 0 { text += ", \(found) from the cache" }
        if unchanged > 0 { text += ", \(unchanged) already there" }
        if notBegun > 0 { text += ", \(notBegun) not begun" }
        text += ", \(decimal(seconds, seconds < 10 ? 2 : 0)) s"
        return totals.secondsSaved >= 0.1 ? text + " (\(decimal(totals.secondsSaved, 1)) s of work saved)" : text
    }

    private func sayRemarksByKind(_ remarks: [Remark], _ console: Console) {
        struct Kind: Hashable { var outcome: String, message: String }
        var counts: [Kind: Int] = [:], order: [(kind: Kind, first: Remark)] = []
        for remark in remarks {
            let kind = Kind(outcome: remark.outcome, message: remark.message)
            if counts.updateValue((counts[kind] ?? 0) + 1, forKey: kind) == nil { order.append((kind, remark)) }
        }
        let shown = 8
        for (kind, first) in order.prefix(shown) {
            let count = counts[kind] ?? 1
            console.say(first.line(verbose: false) + (count > 1 ? " (and \(count - 1) more like it)" : ""))
        }
        if order.count > shown { console.say("… and \(order.count - shown) more kinds; -v lists them all") }
    }

    /// The report as one document. Everything but times and bytes made is the same for the same files and cache.
    var json: JSON {
        let made = made
        return .object([
            "version": .integer(1),
            "command": .string(verb.rawValue),
            "results": .array(outcomes.compactMap { $0 }.flatMap(\.json)),
            "problems": problems.isEmpty ? nil : .array(problems.map(JSON.string)),
            "totals": .object([
                "outputs": .integer(made.count),
                "failed": .integer(outcomes.reduce(problems.count) { $0 + ($1?.failures.count ?? 0) }),
                "notBegun": .integer(outcomes.count { $0 == nil }),
                "bytes": .integer(made.reduce(0) { $0 + $1.1.byteCount }),
                "stagesRun": .integer(totals.stagesRun),
                "hits": .object(totals.hits.map { .init($0.level, .integer($0.count)) }),
                "millisecondsSaved": .milliseconds(totals.secondsSaved),
                "milliseconds": .milliseconds(seconds),
                "processorMilliseconds": .milliseconds(processorSeconds),
            ]),
        ])
    }
}

extension Outcome {
    /// One object for each input; those of a deck share the output and carry their slide.
    fileprivate var json: [JSON] {
        var slide = 0
        return job.inputs.map { input in
            var members: [JSON.Member] = [.init("input", .string(input.path)), .init("output", .string(job.output))]
            let failure = failures.first { $0.input == input.path } ?? (made == nil ? failures.first { $0.input == nil } : nil)
            if let made, failure == nil {
                slide += 1
                if job.isDeck, job.numbersInputs { members.append(.init("slide", .integer(slide))) }
                members += [
                    .init("state", .string(made.delivery.rawValue)),
                    .init("bytes", .integer(made.byteCount)),
                    .init("digest", .string(made.digest)),
                ]
                if made.delivery != .kept {
                    members += [
                        .init("cached", .bool(made.isCached)),
                        .init("diagnostics", .array(made.remarks.filter { $0.input == input.path }.map(\.json))),
                    ]
                }
                if let statistics = made.statistics { members.append(.init("statistics", statistics.json)) }
            } else {
                members.append(.init("state", .string(failure == nil ? "notMade" : "failed")))
                if let failure { members.append(.init("error", .string(failure.message))) }
            }
            members.append(.init("milliseconds", .milliseconds(seconds)))
            return .object(members)
        }
    }
}

extension Remark {
    fileprivate func line(verbose: Bool) -> String {
        let place = printable(input == "-" ? "standard input" : input) + (line > 0 ? ":\(line)" : "")
        return "\(place): \(printable(element)): \(outcome): \(printable(message))"
    }

    var json: JSON {
        .object([
            "outcome": .string(outcome), "element": .string(element), "line": .integer(line), "message": .string(message),
            "deviation": deviation.map(JSON.number),
        ])
    }
}

extension JSON {
    /// A length of time in milliseconds, to the microsecond.
    static func milliseconds(_ seconds: Double) -> JSON { .number((seconds * 1_000_000).rounded() / 1000) }
}
