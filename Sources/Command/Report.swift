import AtelierStages

/// What a run did, for people and for programs.
struct Report {
    let verb: Verb
    /// In the order of the jobs; nil where a job was not begun.
    let outcomes: [Outcome?]
    /// Operands that stand for nothing.
    let problems: [String]
    /// Wall-clock length of the run.
    let seconds: Double

    private var made: [(Outcome, Made)] {
        outcomes.compactMap { outcome in
            guard let outcome, case .success(let made) = outcome.result else { return nil }
            return (outcome, made)
        }
    }

    /// One line about the run, and what was approximated: by kind, or with `verbose` one line for each.
    func say(to console: Console, verbose: Bool) {
        let made = made
        if verbose {
            for (outcome, made) in made {
                let how = made.stagesRun == 0 ? "found" : "\(made.stagesRun) steps"
                let what = "\(made.delivery.rawValue), \(made.byteCount) bytes, \(how), \(decimal(outcome.seconds * 1000, 1)) ms"
                console.say("\(outcome.job.output == "-" ? "standard output" : printable(outcome.job.output)): \(what)")
                for remark in made.remarks { console.say(remark.line(verbose: true)) }
            }
        } else {
            sayRemarksByKind(made.flatMap(\.1.remarks), console)
        }
        guard outcomes.count + problems.count > 1 || verbose || outcomes.contains(where: { $0?.job.output != "-" }) else { return }
        console.say(summary)
    }

    /// `64 of 64 made, 12 of them found in the cache, 0.5 s`.
    var summary: String {
        let made = made
        let found = made.count { $0.1.stagesRun == 0 }, unchanged = made.count { $0.1.delivery == .unchanged }
        let notBegun = outcomes.count { $0 == nil }
        var text = "\(made.count) of \(outcomes.count + problems.count) made"
        if found > 0 { text += ", \(found) from the cache" }
        if unchanged > 0 { text += ", \(unchanged) already there" }
        if notBegun > 0 { text += ", \(notBegun) not begun" }
        return text + ", \(decimal(seconds, seconds < 10 ? 2 : 0)) s"
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
                "failed": .integer(outcomes.count { if case .failure? = $0?.result { true } else { false } } + problems.count),
                "notBegun": .integer(outcomes.count { $0 == nil }),
                "stagesRun": .integer(made.reduce(0) { $0 + $1.1.stagesRun }),
                "bytes": .integer(made.reduce(0) { $0 + $1.1.byteCount }),
                "milliseconds": .number(seconds * 1000),
            ]),
        ])
    }
}

extension Outcome {
    /// One object for each input; those of a deck share the output and carry their slide.
    fileprivate var json: [JSON] {
        let isDeck = job.format == .pptx && job.inputs.count > 1
        return job.inputs.enumerated().map { index, input in
            var members: [JSON.Member] = [.init("input", .string(input.path)), .init("output", .string(job.output))]
            if isDeck { members.append(.init("slide", .integer(index + 1))) }
            switch result {
            case .success(let made):
                members += [
                    .init("state", .string(made.delivery.rawValue)),
                    .init("bytes", .integer(made.byteCount)),
                    .init("digest", .string(made.digest)),
                    .init("cached", .bool(made.stagesRun == 0)),
                    .init("stagesRun", .integer(made.stagesRun)),
                    .init("diagnostics", .array(made.remarks.filter { !isDeck || $0.input == input.path }.map(\.json))),
                ]
            case .failure(let failure):
                members += [.init("state", .string("failed")), .init("error", .string(failure.message))]
            }
            members.append(.init("milliseconds", .number(seconds * 1000)))
            return .object(members)
        }
    }
}

extension Remark {
    fileprivate func line(verbose: Bool) -> String {
        let place = printable(input == "-" ? "standard input" : input) + (line > 0 ? ":\(line)" : "")
        return "\(place): \(printable(element)): \(outcome): \(printable(message))"
    }

    fileprivate var json: JSON {
        .object([
            "outcome": .string(outcome), "element": .string(element), "line": .integer(line), "message": .string(message),
        ])
    }
}
