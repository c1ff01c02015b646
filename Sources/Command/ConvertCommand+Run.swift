import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierStages

/// Longest options document, in bytes.
private let largestOptions = 1 << 20

extension ConvertCommand {
    /// Makes everything with an engine of its own.
    ///
    /// - Parameters:
    ///   - workers: Threads for it; nil for its own.
    ///   - keepsLog: Whether requests are noted in the cache's folder, for warming.
    func run(
        _ configuration: Configuration, on workers: WorkerPool? = nil, environment: [String: String], console: Console,
        keepsLog: Bool = true
    ) async throws -> ExitCode {
        let engine = configuration.makeEngine(makesCache: true, on: workers, environment: environment, console: console)
        let journal = configuration.journal(of: engine)
        let events = try settings.events.map { try EventFile($0, of: engine) }
        // Enough that no worker waits for reading or writing, few enough that sources and outputs in hand stay few. Where the
        // time of each file is reported or limited, none waits for the worker of another.
        let window = (settings.batch == nil && settings.itemTimeout == nil ? 2 : 1) * engine.configuration.workers
        let hasFolder = keepsLog && configuration.cache != .read && engine.levels.contains { $0.name == "disk" }
        let log = hasFolder ? RequestLog(in: try configuration.cachePath(environment)) : nil
        // A command has no other idle time. Ends with the run.
        let warming = readsStandardInput ? log.flatMap { configuration.warm(engine, from: $0) } : nil
        defer { warming?.cancel() }
        let maker = EngineMaker(engine: engine, command: self, console: console, log: log, journal: journal)
        // The jobs are done where the stages run: a small drawing takes less than to wake a thread for each of its stages.
        let workers = engine.workers
        let code = try await withTaskExecutorPreference(workers) {
            try await run(maker, window: window, on: workers, environment: environment, console: console)
        }
        maker.noteRequests()
        journal?.write()
        try events?.finish()
        return code
    }

    /// The settings and options of a JSON document over the defaults.
    func decodingOptions(from file: String, _ console: Console) throws(UsageError) -> ConvertCommand {
        do {
            let json = try JSON(parsing: console.read(file, limit: largestOptions).withUnsafeBytes(Array.init))
            return try ConvertCommand.options(of: verb).decode(json, over: self)
        } catch let error as JSON.SyntaxError {
            throw UsageError("--options \(printable(file)): not JSON: \(error)")
        } catch let error as OptionError {
            throw UsageError("--options \(printable(file)): \(error)")
        } catch {
            throw UsageError("--options \(sentence(error))")
        }
    }

    /// The jobs of this conversion, and operands that stand for nothing.
    func jobs(_ console: Console) throws(UsageError) -> (jobs: [Job], problems: [String]) {
        if let root, kind(of: root) != .folder { throw UsageError("--root \(printable(root)): there is no such folder") }
        if let batch = settings.batch {
            let bytes: [UInt8]
            do { bytes = try console.read(batch, limit: largestInputList).withUnsafeBytes(Array.init) } catch {
                throw UsageError("--batch \(sentence(error))")
            }
            let (jobs, problems) = try AtelierCommand.jobs(listedIn: bytes, verb: verb)
            try refuseOverwriting(jobs, reading: attachments.map(\.input))
            return (jobs.map(numbered), problems)
        }
        let list = try inputs(operands, settings, suffixes: verb.suffixes, console)
        let jobs = try plan(list.inputs, verb: verb, settings)
        try refuseOverwriting(jobs, reading: attachments.map(\.input))
        return (jobs.map(numbered), list.problems)
    }

    /// The job with what the options say about numbers of slides.
    private func numbered(_ job: Job) -> Job {
        var job = job
        job.numbersInputs = conversion.deck.pages == .files && conversion.deck.grid == nil && template == nil
        return job
    }

    /// What goes into decks beside their pages.
    var attachments: [(kind: Request.Attachment, input: Input)] {
        let files: [(Request.Attachment, String?)] = [(.template, template), (.notes, notesFile)]
        return files.compactMap { kind, path in path.map { (kind, Input(path: $0, relative: $0)) } }
    }

    /// Makes and delivers every job, at most `window` at a time, and reports; with `--watch` again whenever inputs change.
    func run(
        _ maker: some Maker, window: Int, on workers: WorkerPool? = nil, environment: [String: String], console: Console
    ) async throws -> ExitCode {
        let run = BatchRun(maker, settings, journal: try settings.openJournal(), on: workers, console: console)
        return try await run.passes(over: { try watched() }) { isAgain in
            try await pass(run, window: window, environment: environment, isAgain: isAgain)
        }
    }

    /// Makes and delivers every job once.
    ///
    /// - Parameter isAgain: Whether all was done before, and only what is new is worth a word.
    private func pass<JobMaker>(
        _ run: BatchRun<JobMaker>, window: Int, environment: [String: String], isAgain: Bool
    ) async throws -> ExitCode {
        let begin = Moment.now, console = run.console
        let (jobs, problems) = try jobs(console)
        if let compare = settings.compare {
            guard jobs.count == 1 else { throw UsageError("--compare \(printable(compare)) takes one picture, not \(jobs.count)") }
            try refuseOverwriting([Job(inputs: jobs[0].inputs, output: compare, format: .svg)])
        }
        for problem in problems { console.say("atelier: \(problem)") }
        let isBatch = settings.batch != nil
        let outcomes = await run.all(jobs, window: window, environment: environment) { outcome in
            guard isBatch, outcome.made != nil else { return nil }
            return "MS\t\(outcome.job.inputs[0].path)\t\(decimal(outcome.seconds * 1000, 3))\n"
        }
        let code = exitCode(outcomes, problems: problems.count, interrupted: Task.isCancelled)
        let end = Moment.now
        let report = Report(
            verb: verb, outcomes: outcomes, problems: problems, totals: run.maker.totals, seconds: begin.seconds(to: end),
            processorSeconds: begin.processorSeconds(to: end))
        let isWorthAWord = !isAgain || report.hasNews
        if !settings.quiet, isWorthAWord, code != .brokenPipe { report.say(to: console, verbose: settings.verbose) }
        if let file = settings.decisions { try DecisionFile(outcomes: outcomes, options: conversion.slide).write(to: file) }
        if let file = settings.page, isWorthAWord { try ReportPage(report).write(to: file) }
        if settings.timing { console.say("TRACE_MS=\(decimal(report.processorSeconds * 1000, 2))") }
        if settings.json { try console.write(report.json.bytes + [UInt8(ascii: "\n")]) }
        return code
    }

    /// The folders in which something may change that matters.
    private func watched() throws -> WatchedFolders {
        var folders = WatchedFolders(try InputFilter(settings))
        for operand in operands { try folders.add(operand) }
        for list in [settings.filesFrom, settings.batch].compactMap(\.self) { try folders.add(list) }
        for (_, input) in attachments { try folders.add(input.path) }
        return folders
    }
}
