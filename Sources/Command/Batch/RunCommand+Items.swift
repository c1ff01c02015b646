import AtelierJSON
import AtelierMemo
import AtelierPipelines
import AtelierProcessors
import AtelierScheduling
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension RunCommand {
    /// Whether each input goes through the pipeline alone, into a file of its own: then it can be given up, tried again and left as it is
    /// without the others. What collects parts, or waits for a server, is one stream.
    func isByItem(_ pipeline: Pipeline, _ inputs: [Input]) -> Bool {
        pipeline.givesOneForOne && !inputs.contains { $0.path.isURL || $0.isStandardInput }
    }

    /// The flag that only runs input by input know; nil when none is said.
    var flagOfItems: String? {
        let flags = [
            ("--journal", settings.journal != nil), ("--resume", settings.resume), ("--item-timeout", settings.itemTimeout != nil),
            ("--retries", settings.retries > 0), ("--watch", settings.watch), ("--report", settings.report != nil),
        ]
        return flags.first(where: \.1)?.0
    }

    /// Sends each input through the pipeline, several at a time.
    func runItems(
        _ pipeline: Pipeline, into folder: String, on engine: Engine, environment: [String: String], console: Console
    ) async throws -> ExitCode {
        let run = BatchRun(
            PipelineMaker(engine: engine, pipeline: pipeline, console: console), settings, journal: try settings.openJournal(),
            on: engine.workers, console: console)
        return try await withTaskExecutorPreference(engine.workers) {
            try await run.passes(over: { try watched() }) { isAgain in
                try await pass(run, pipeline, into: folder, environment: environment, isAgain: isAgain)
            }
        }
    }

    private func pass(
        _ run: BatchRun<PipelineMaker>, _ pipeline: Pipeline, into folder: String, environment: [String: String], isAgain: Bool
    ) async throws -> ExitCode {
        let begin = Moment.now, console = run.console, engine = run.maker.engine
        let list = try inputs(console), jobs = try jobs(pipeline, list.inputs, into: folder)
        for problem in list.problems { console.say("atelier: \(problem)") }
        // As for conversions.
        let window = (settings.itemTimeout == nil ? 2 : 1) * engine.configuration.workers
        let outcomes = await run.all(jobs, window: window, environment: environment)
        let end = Moment.now, code = exitCode(outcomes, problems: list.problems.count, interrupted: Task.isCancelled)
        let report = Report(
            verb: .run, outcomes: outcomes, problems: list.problems, totals: run.maker.totals, seconds: begin.seconds(to: end),
            processorSeconds: begin.processorSeconds(to: end))
        guard !isAgain || report.hasNews else { return code }
        let made = outcomes.compactMap { outcome in
            outcome?.made.map { PartCollector.Made(output: outcome!.job.output, byteCount: $0.byteCount, delivery: $0.delivery) }
        }
        let short = RunReport(
            inputCount: jobs.count, made: made, failures: outcomes.flatMap { $0?.failures ?? [] }, problems: list.problems,
            statistics: engine.statistics, levels: engine.levels.map(\.name), seconds: report.seconds)
        if !settings.quiet { short.say(to: console, verbose: settings.verbose) }
        if let file = settings.page { try ReportPage(report).write(to: file) }
        if settings.json { try console.write(short.json.bytes + [UInt8(ascii: "\n")]) }
        return code
    }

    /// A job for each input, named like it with the ending of what is made of it.
    private func jobs(_ pipeline: Pipeline, _ inputs: [Input], into folder: String) throws(UsageError) -> [Job] {
        var jobs: [Job] = [], makers: [String: Input] = [:]
        for input in inputs {
            var name = input.relative
            for step in pipeline.way(of: mediaType(at: input.path)) { name = Part.renamed(name, to: step.target.ending) }
            if let other = makers.updateValue(input, forKey: name) {
                if other.path == input.path { continue }
                throw UsageError(
                    "\(other.shown) and \(input.shown) would both be written to \(printable(folder + name)); run them apart or rename one")
            }
            jobs.append(Job(inputs: [input], output: folder + name, format: .svg))
        }
        try refuseOverwriting(jobs)
        return jobs
    }

    private func watched() throws -> WatchedFolders {
        var folders = WatchedFolders(try InputFilter(settings))
        for operand in operands + [settings.filesFrom].compactMap(\.self) { try folders.add(operand) }
        return folders
    }
}

/// Makes jobs by sending each input through a pipeline of steps that look at each part alone.
struct PipelineMaker: Maker {
    let engine: Engine, pipeline: Pipeline, console: Console
    /// How pictures are read that a page shows.
    private static let options = ConversionOptions()

    var totals: Totals { Totals(of: engine) }

    func make(_ job: Job) async -> Attempt {
        let input = job.inputs[0], failures = Lock([Failure]()), runs = engine.statistics.runs
        do {
            let bytes = try console.read(input.path, limit: largestPipelineInput)
            let part = try Part(
                bytes: bytes, mimeType: MIMEType(mediaType(of: bytes) ?? unknownType), role: "user",
                metadata: [Part.fileName: .string(input.relative)])
            let steps = pipeline.processor(engine) { item in failures.withLock { $0.append(Failure(item.underlying, about: input)) } }
            var made: Blob?
            for try await part in steps(PartStream([part])) { made = made ?? part.bytes }
            guard let made else { return Attempt(failures: failures.withLock { $0 }) }
            // What ran meanwhile for others cannot be told apart: a run of one's own is never taken for a hit.
            let isCached = engine.statistics.runs == runs
            return Attempt(product: Product(blob: made, digest: derivation(of: bytes), isCached: isCached, remarks: []))
        } catch { return Attempt(failures: [Failure(error, about: input)]) }
    }

    func derivation(of job: Job) -> String? {
        // What cannot be read is tried, and fails with its reason.
        (try? console.read(job.inputs[0].path, limit: largestPipelineInput)).map(derivation(of:))
    }

    /// Over what each step would make of the source: that holds the bytes, the step's options, and the versions of all that serves it.
    private func derivation(of source: Blob) -> String {
        let artifact = Artifact.blob(source)
        let steps = pipeline.way(of: mediaType(of: source) ?? unknownType).map { step in
            switch step.target {
            case .svg: convertToSVG(artifact, step.options).output.digest
            case .png: rasterizeSVG(artifact, step.size, step.options).digest
            case .pptx: convertToPPTX([artifact], step.options, title: step.title?.text).output.digest
            case .features: measuredPicture(artifact, step.options).digest
            case .items: preconditionFailure("items are many for one project")
            }
        }
        return Digest(hashing: Blob(([artifact.digest] + steps).map(\.description).joined(separator: "\n"))).description
    }

    func look(at job: Job, output: Blob?, wantsLikeness: Bool) async -> JobLook {
        func thumbnail(_ bytes: Blob) async -> Thumbnail? {
            guard let format = try? SourceFormat.sniff(bytes) else { return nil }  // a presentation is not shown
            return await engine.thumbnail(of: .blob(bytes), isDrawing: format == .svg, Self.options)
        }
        var look = JobLook(byteCount: fileSize(job.inputs[0].path))
        // Why an input cannot be read stands in the outcome.
        if let input = try? console.read(job.inputs[0].path, limit: largestPipelineInput) { look.before = await thumbnail(input) }
        if let output { look.after = await thumbnail(output) }
        return look
    }
}

/// The media type of a picture or drawing, by the content; nil for everything else.
func mediaType(of blob: Blob) -> String? {
    switch try? SourceFormat.sniff(blob) {  // what is neither has none
    case .png: "image/png"
    case .jpeg: "image/jpeg"
    case .webp: "image/webp"
    case .svg: "image/svg+xml"
    case nil: nil
    }
}

/// That of bytes without a meaning, which no step takes.
private let unknownType = "application/octet-stream"

/// The same by the first bytes of a file; what cannot be read fails when it is made.
private func mediaType(at path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return unknownType }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in count = max(0, read(descriptor, buffer.baseAddress, 256)) }
    return mediaType(of: Blob(bytes)) ?? unknownType
}
