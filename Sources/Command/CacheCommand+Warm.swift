import AtelierJSON
import AtelierMemo
import AtelierStages

/// How much `cache warm` may do.
struct WarmSettings: Hashable, Sendable {
    /// Most time; nil for as long as it takes.
    var budget: Duration? = .seconds(30)
    /// Most requests; nil for all.
    var limit: Int?
    /// Whether it only says what it would do.
    var isDry = false

    static var options: [Option<WarmSettings>] {
        [
            .parsed(
                "budget", \.budget, "TIME", form: durationForm, or: "none", group: "Warming",
                "Most time that warm takes.", parse: duration(written:), text: written),
            .integer("limit", \.limit, 1...Int.max, or: "none", group: "Warming", "Most requests that warm makes or loads."),
            .flag("dry-run", \.isDry, group: "Warming", "Says what warm would do, the most valuable first."),
        ]
    }
}

extension CacheCommand {
    /// Brings into the store what is worth most of what the log holds.
    func warm(_ store: DiskStore, _ configuration: Configuration, _ console: Console) async throws -> ExitCode {
        let path = store.directory.path, requests = RequestLog(in: path).requests()
        // Memory keeps what requests share while this runs; only the store has to have the outputs afterwards.
        let engine = Engine(levels: [MemoryStore(), store])
        let plan = WarmPlan(requests, in: engine, filling: .lasting, now: systemSeconds())
        if warming.isDry {
            try answer(console, plan.text, [.init("path", .string(path))] + plan.members)
            return .done
        }
        let report = await AtelierStages.warm(
            engine, by: plan, budget: warming.budget ?? .seconds(365 * 86_400), limit: warming.limit ?? .max,
            atOnce: engine.configuration.workers)
        for (step, outcome) in zip(plan.steps, report.outcomes) where !settings.quiet {
            if let problem = outcome.problem { console.say("atelier: \(step.logged.shown): \(problem)") }
        }
        try answer(console, "\(printable(path)): \(report.sentence(plan))", [.init("path", .string(path))] + report.members(plan))
        if report.ending == .interrupted { return .interrupted }
        return report.count { if case .failed = $0 { true } else { false } } == 0 ? .done : .someFailed
    }
}

extension WarmReport.Outcome {
    /// Why a request was not warmed, where the reason is not time.
    fileprivate var problem: String? {
        switch self {
        case .loaded, .made, .left: nil
        case .sourceChanged: "has changed since; skipped"
        case .sourceGone: "cannot be read any more; skipped"
        case .failed(let text): printable(text)
        }
    }
}

extension WarmReport {
    fileprivate func sentence(_ plan: WarmPlan) -> String {
        let (made, loaded) = (count { $0 == .made }, count { $0 == .loaded })
        let skipped = count { $0.problem != nil } + plan.impossible, left = count { $0 == .left }
        var text = "\(made) made, \(loaded) loaded, \(plan.alreadyThere) there already"
        if skipped > 0 { text += ", \(skipped) skipped" }
        if left > 0 { text += ", \(left) left (\(ending.rawValue))" }
        return text + "; \(decimal(Double(nanosecondsWarmed) * 1e-9, 2)) s of work ready, in \(decimal(duration.inSeconds, 2)) s"
    }

    fileprivate func members(_ plan: WarmPlan) -> [JSON.Member] {
        [
            .init("made", .integer(count { $0 == .made })), .init("loaded", .integer(count { $0 == .loaded })),
            .init("alreadyThere", .integer(plan.alreadyThere)), .init("sourceChanged", .integer(count { $0 == .sourceChanged })),
            .init("sourceGone", .integer(count { $0 == .sourceGone })),
            .init("failed", .integer(count { if case .failed = $0 { true } else { false } } + plan.impossible)),
            .init("left", .integer(count { $0 == .left })), .init("ending", .string(ending.rawValue)),
            .init("millisecondsWarmed", .milliseconds(Double(nanosecondsWarmed) * 1e-9)),
            .init("milliseconds", .milliseconds(duration.inSeconds)),
        ]
    }
}

extension WarmPlan {
    /// A line for each step: what would be done, how long it takes, how often it was asked for, what it is.
    fileprivate var text: String {
        let lines = steps.map { step in
            let how = step.level.map { "load from \($0)" } ?? "make"
            return "\(how), \(decimal(Double(step.loadCost) * 1e-6, 1)) ms, asked for \(step.logged.use.count) times: \(step.logged.shown)"
        }
        return (lines + ["\(steps.count) to make or load, \(alreadyThere) there already"]).joined(separator: "\n")
    }

    fileprivate var members: [JSON.Member] {
        [
            .init(
                "steps",
                .array(
                    steps.map { step in
                        .object([
                            "target": .string(step.logged.request.product),
                            "sources": .array(step.logged.paths.map { $0.map(JSON.string) ?? .null }),
                            "level": step.level.map(JSON.string), "count": .integer(step.logged.use.count),
                            "milliseconds": .milliseconds(Double(step.loadCost) * 1e-9), "worth": .number(step.worth),
                        ])
                    })), .init("alreadyThere", .integer(alreadyThere)),
        ]
    }
}

extension LoggedRequest {
    /// `logo.png (and 3 more) to pptx`.
    var shown: String {
        let first = printable((paths.first ?? nil) ?? "standard input")
        return first + (paths.count > 1 ? " (and \(paths.count - 1) more)" : "") + " to \(request.product)"
    }
}
