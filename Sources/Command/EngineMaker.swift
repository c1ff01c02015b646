import AtelierImageCodecs
import AtelierMemo
import AtelierOOXML
import AtelierPixels
import AtelierSVG
import AtelierScheduling
import AtelierStages
import AtelierTelemetry

private let reading = SpanName("command.read")

/// Makes jobs by asking the engine.
struct EngineMaker: Maker {
    let engine: Engine
    let options: ConversionOptions
    let title: String?
    /// What goes into decks beside their pages.
    private let attachments: [(kind: Request.Attachment, input: Input)]
    /// The folder that files named in drawings may lie in; nil for the folder of each drawing.
    private let root: String?
    let keepGoing: Bool
    /// Whether reports list every single element.
    let listsElements: Bool
    /// Whether tracings are compared with their pictures and whether that is drawn; for a page, those that are tracings.
    private let reviews: (wanted: Bool, drawn: Bool, onPage: Bool)
    let console: Console
    /// What is told of the work while it lasts, and what misses are compared with.
    private let journal: CacheJournal?, keys: KeyLog?
    /// Digests of everything that ran, to tell what was found, and costs.
    private let ran = RunLog()
    private let notes: RequestNotes?
    private let watch: PressureWatch

    /// - Parameter log: Where requests are noted for warming; nil keeps no log.
    init(
        engine: Engine, command: ConvertCommand, console: Console, log: RequestLog? = nil, journal: CacheJournal? = nil,
        keys: KeyLog? = nil
    ) {
        self.engine = engine
        notes = log.map { RequestNotes(in: $0) }
        self.journal = journal
        self.keys = keys
        options = command.conversion
        title = command.title
        attachments = command.attachments
        root = command.root
        keepGoing = command.settings.keepGoing
        listsElements = command.settings.decisions != nil
        let settings = command.settings
        reviews = (settings.stats || settings.compare != nil, settings.compare != nil, settings.page != nil)
        self.console = console
        watch = PressureWatch(of: engine)
        engine.observe { [ran] in ran.note($0) }
    }

    func make(_ job: Job) async -> Attempt {
        watch.look()
        defer { journal?.write(ifOlderThan: 60) }
        var pages: [Page] = [], failures: [Failure] = []
        for input in job.inputs {
            do throws(Failure) { pages.append(try page(input, of: job)) } catch { failures.append(error) }
        }
        guard failures.isEmpty || keepGoing && !pages.isEmpty else { return Attempt(failures: failures) }
        var attached: [Page] = []
        if job.format == .pptx {
            do throws(Failure) {
                for (_, input) in attachments { attached.append(Page(input: input, source: try source(input), links: [])) }
            } catch { return Attempt(failures: failures + [error]) }
        }
        do { return Attempt(product: try await product(job, pages, attached), failures: failures) } catch {
            if let failure = deckFailure(error) { return Attempt(failures: failures + [failure]) }
            guard job.isDeck, !(error is CancellationError) else { return Attempt(failures: [Failure(error, about: pages[0].input)]) }
            // Which pages it was is found by asking each; what they share with the deck is not made twice.
            var good: [Page] = []
            let known = failures.count
            for page in pages {
                do {
                    _ = try await engine.value(of: try conversion(.pptx, [page], attached.map(\.source)).report)
                    good.append(page)
                } catch { failures.append(Failure(error, about: page.input)) }
            }
            if failures.count == known { return Attempt(failures: [Failure(error, about: nil)]) }
            let places = Dictionary(job.inputs.enumerated().map { ($1.path, $0) }) { first, _ in first }
            failures.sort { (places[$0.input ?? ""] ?? 0) < (places[$1.input ?? ""] ?? 0) }
            guard keepGoing, !good.isEmpty else { return Attempt(failures: failures) }
            do { return Attempt(product: try await product(job, good, attached), failures: failures) } catch {
                return Attempt(failures: failures + [Failure(error, about: nil)])
            }
        }
    }

    func derivation(of job: Job) -> String? {
        // Reports need what only making it tells; standard input can be read once.
        guard !listsElements, !reviews.wanted, !job.inputs.contains(where: \.isStandardInput) else { return nil }
        do {
            let pages = try job.inputs.map { input throws(Failure) in try page(input, of: job) }
            let attached = job.format == .pptx ? try attachments.map { (_, input) throws(Failure) in try source(input) } : []
            return try conversion(job.format, pages, attached).output.digest.description
        } catch {
            // What cannot be read is tried, and fails with its reason.
            return nil
        }
    }

    func look(at job: Job, output: Blob?, wantsLikeness: Bool) async -> JobLook {
        var look = JobLook(byteCount: job.inputs.reduce(0) { $0 + fileSize($1.path) })
        // What cannot be shown is shown as nothing; why it failed stands in the outcome.
        if let input = job.inputs.first, !input.isStandardInput, let source = try? source(input, keepingUpTo: Self.keptFile) {
            look.before = await engine.thumbnail(of: source, isDrawing: isDrawing(source, input), options)
            if wantsLikeness, job.format == .svg, !isDrawing(source, input) {
                let review = Artifact(ReviewOfSource(source: source, options: options, showsComparison: false))
                look.ssim = (try? await engine.value(of: review))?.statistics.similarity.ssim  // a page without this figure is still one
            }
        }
        if job.format == .svg, let output { look.after = await engine.thumbnail(of: .blob(output), isDrawing: true, options) }
        return look
    }

    /// Where everything a job is built on lies. What a file is decides how it is converted, so files are looked at; no stage runs.
    func explain(_ job: Job) throws(Failure) -> ExplainedJob {
        var pages: [Page] = [], ways: [Digest: Explanation] = [:]
        for input in job.inputs {
            let blob = try read(input)
            let source = Artifact.blob(blob), page = Page(input: input, source: source, links: try links(of: blob, input, job))
            pages.append(page)
            do {
                let format = try SourceFormat.sniff(blob)
                for plan in [
                    SVGFromSource(source: source, options: options, drawings: .kept),
                    SVGFromSource(source: source, options: options, drawings: .rewritten, files: page.links.map(\.source)),
                ] {
                    ways[Artifact(plan).digest] = engine.explain(plan.way(for: format), comparing: keys)
                }
            } catch { throw Failure(error, about: input) }
        }
        let attached = job.format == .pptx ? try attachments.map { (_, input) throws(Failure) in Artifact.blob(try read(input)) } : []
        let tree: Explanation
        do {
            tree = engine.explain(try conversion(job.format, pages, attached).output, comparing: keys)
        } catch { throw Failure(error, about: nil) }
        let files = pages.flatMap(\.files).map { ($0.source.digest, $0.input) }
        return ExplainedJob(
            output: job.output, inputs: job.inputs, lines: tree.lines(with: ways), sources: Dictionary(files) { first, _ in first })
    }

    var totals: Totals { Totals(of: engine) }

    private struct Page {
        var input: Input
        var source: Artifact<Blob>
        /// What its pictures refer to.
        var links: [LinkedInput]

        /// Itself and the files it refers to.
        var files: [(source: Artifact<Blob>, input: Input)] { [(source, input)] + linked }

        /// The files it refers to.
        var linked: [(source: Artifact<Blob>, input: Input)] {
            links.compactMap { link in link.source.file.flatMap { file in link.input.map { (file, $0) } } }
        }
    }

    /// Writes down what is not yet in the log. Called once, when everything is delivered.
    func noteRequests() { notes?.flush() }

    /// What every face speaks.
    private func request(_ target: Request.Target, _ pages: [Page], _ attached: [Artifact<Blob>]) -> Request {
        let links = pages.enumerated().flatMap { index, page in
            page.links.map { Request.Link(page: index, path: $0.source.path, refusal: $0.source.refusal) }
        }
        return Request(
            target: target, sources: sources(of: pages, attached).map(\.digest),
            attachments: attached.isEmpty ? [] : attachments.map(\.kind),
            links: links, options: options, title: title)
    }

    /// In the order of requests.
    private func sources(of pages: [Page], _ attached: [Artifact<Blob>]) -> [Artifact<Blob>] {
        pages.map(\.source) + attached + pages.flatMap(\.linked).map(\.source)
    }

    /// The recipe, by way of the request.
    private func conversion(
        _ target: Request.Target, _ pages: [Page], _ attached: [Artifact<Blob>]
    ) throws(RequestError) -> Conversion {
        try request(target, pages, attached).conversion(of: sources(of: pages, attached), listingElements: listsElements)
    }

    private func product(_ job: Job, _ pages: [Page], _ attached: [Page]) async throws -> Product {
        let request = request(job.format, pages, attached.map(\.source))
        let conversion = try request.conversion(of: sources(of: pages, attached.map(\.source)), listingElements: listsElements)
        let isReviewed = reviews.wanted || reviews.onPage && !isDrawing(pages[0].source, job.inputs[0])
        let review =
            isReviewed && job.format == .svg
            ? Artifact(ReviewOfSource(source: pages[0].source, options: options, showsComparison: reviews.drawn)) : nil
        let (blob, report, looked) = try await engine.values(of: conversion.output, conversion.report, review)
        let remarks = zip(pages, report.pages).flatMap { page, diagnostics in
            diagnostics.map { Remark($0, in: page.input.path) }
        }
        notes?.add(
            request, from: (pages + attached).map(\.input) + pages.flatMap(\.linked).map(\.input), output: conversion.output.digest,
            cost: ran.cost(of: conversion.output.digest))
        return Product(
            blob: blob, digest: conversion.output.digest.description, isCached: !ran.contains(conversion.output.digest), remarks: remarks,
            slides: zip(pages, report.slides).map { SlideOfInput(input: $0.input.path, summary: $1) }, review: looked,
            statisticsWanted: reviews.wanted)
    }

    /// Whether a source is SVG, by its first bytes.
    private func isDrawing(_ source: Artifact<Blob>, _ input: Input) -> Bool {
        source.keptBytes.map { SVG.looksLikeMarkup($0.bytes.span) } ?? beginsAsMarkup(input.path)
    }

    /// An input with the files that it refers to. Pictures, which refer to none, are not read for that.
    private func page(_ input: Input, of job: Job) throws(Failure) -> Page {
        let source = try source(input, keepingUpTo: job.inputs.count == 1 ? Self.keptFile : 0)
        if let kept = source.keptBytes { return Page(input: input, source: source, links: try links(of: kept, input, job)) }
        guard kind(of: input.path) != .file || beginsAsMarkup(input.path), let drawing = source.sourceBytes() else {
            return Page(input: input, source: source, links: [])
        }
        return Page(input: input, source: source, links: try links(of: drawing, input, job))
    }

    /// The files that a drawing refers to.
    private func links(of drawing: Blob, _ input: Input, _ job: Job) throws(Failure) -> [LinkedInput] {
        let links = linkedFiles(
            of: drawing, in: LinkFolder(of: input, root: root), limits: options.svg.limits, limit: options.image.maxFileBytes)
        if !links.isEmpty, job.output != "-", let output = FileIdentity(of: job.output),
            let link = links.first(where: { $0.input.flatMap { FileIdentity(of: $0.path) } == output })
        {
            throw Failure(
                kind: .other, input: input.path,
                message:
                    "\(input.shown): \(printable(job.output)) would overwrite \(printable(link.source.path)), which the drawing refers to")
        }
        return links
    }

    /// Most bytes of a file that is kept in memory until it is converted. Decks keep none: they may have thousands of pages.
    private static let keptFile = 256 << 10

    /// The artifact of an input: a large file is read again when a stage needs it, a small one and what comes through a pipe, which can
    /// be read once, are kept in memory.
    private func source(_ input: Input, keepingUpTo kept: Int = 0) throws(Failure) -> Artifact<Blob> {
        if input.isStandardInput || kind(of: input.path) == .other { return .blob(try read(input)) }
        do {
            return try withSpan(reading) { try .file(path: input.path, limit: largestFile, keepingUpTo: kept) }
        } catch { throw Failure(error, about: input) }
    }

    /// No reader takes more.
    private var largestFile: Int { max(options.image.maxFileBytes, options.svg.limits.byteCount) }

    private func read(_ input: Input) throws(Failure) -> Blob {
        do { return try withSpan(reading) { try console.read(input.path, limit: largestFile) } } catch {
            throw Failure(error, about: input)
        }
    }

    /// What is wrong with a deck as a whole, whatever its pages; nil for everything else.
    private func deckFailure(_ error: any Error) -> Failure? {
        func failure(about kind: Request.Attachment) -> Failure {
            Failure(error, about: attachments.first { $0.kind == kind }?.input)
        }
        switch (error as? StageFailure)?.underlying ?? error {
        case is TemplateError, DeckError.sizeOfTemplate: return failure(about: .template)
        case DeckError.tooManyNotes: return failure(about: .notes)
        default: return nil
        }
    }
}

extension Explanation {
    /// Its lines, with the ways that plans take, where these are known, below them.
    func lines(with ways: [Digest: Explanation]) -> [Line] {
        lines.flatMap { line in
            guard line.isPlan, !line.isRepeated, let way = ways[line.digest] else { return [line] }
            return [line]
                + way.lines.map { below in
                    var below = below
                    below.depth += line.depth + 1
                    return below
                }
        }
    }
}

/// Digests of what an engine ran, and what each artifact costs with all it is built on.
final class RunLog: Sendable {
    private let state = Lock((ran: Set<Digest>(), costs: [Digest: UInt64]()))

    func note(_ event: Event) {
        guard event.kind == .run || event.kind == .hit || event.kind == .put else { return }
        state.withLock { state in
            if event.kind == .run { state.ran.insert(event.digest) }
            // Of a plan, running costs little; what it leads to comes with its put.
            state.costs[event.digest] = max(state.costs[event.digest] ?? 0, event.chainCost)
        }
    }

    func contains(_ digest: Digest) -> Bool { state.withLock { $0.ran.contains(digest) } }

    /// In nanoseconds; 0 when nothing is known.
    func cost(of digest: Digest) -> UInt64 { state.withLock { $0.costs[digest] ?? 0 } }
}

extension Remark {
    init(_ diagnostic: SVG.Diagnostic, in path: String) {
        self.init(
            input: path, outcome: diagnostic.outcome.rawValue, element: diagnostic.element, line: diagnostic.line,
            message: diagnostic.message, deviation: diagnostic.deviation)
    }
}

extension Totals {
    /// What an engine has done so far.
    init(of engine: Engine) {
        let statistics = engine.statistics
        self.init(
            stagesRun: statistics.runs, hits: zip(engine.levels, statistics.hits).map { .init(level: $0.name, count: $1) },
            secondsSaved: Double(statistics.nanosecondsSaved) * 1e-9)
    }
}
