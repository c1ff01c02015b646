import AtelierMemo
import AtelierPixels
import AtelierScheduling
import AtelierStages
import AtelierTelemetry

private let writing = SpanName("command.write")

/// Makes jobs one at a time, with all that holds for each of many: what the journal says, time limits, further tries, delivery.
struct BatchRun<JobMaker: Maker>: Sendable {
    let maker: JobMaker
    let settings: Settings
    /// What was made before, and what is made now; nil keeps no account.
    let journal: Journal?
    var patience: Patience
    /// Where jobs are done; nil leaves that open.
    let workers: WorkerPool?
    let console: Console

    init(_ maker: JobMaker, _ settings: Settings, journal: Journal?, on workers: WorkerPool?, console: Console) {
        (self.maker, self.settings, self.journal, self.workers, self.console) = (maker, settings, journal, workers, console)
        patience = Patience(timeout: settings.itemTimeout, retries: settings.retries)
    }

    /// Makes all jobs, at most `window` at a time, shows how far that is, and says what fails in the order of the jobs.
    ///
    /// - Parameter line: What standard output receives when a job has ended; nil for nothing.
    /// - Returns: Outcomes in the order of the jobs; nil where a job was not begun.
    func all(
        _ jobs: [Job], window: Int, environment: [String: String], line: (Outcome) -> String? = { _ in nil }
    ) async -> [Outcome?] {
        let style = ProgressLine.style(settings, isTerminal: console.errorsAreOnTerminal, terminal: environment["TERM"])
        var progress = ProgressLine(style, total: jobs.count, console: console), said = 0
        let outcomes = await runBatch(jobs, window: window, failFast: settings.failFast, on: workers) { job in
            await perform(job)
        } finished: { outcomes, index in
            let made = outcomes[index]?.made
            progress.advance(failed: made == nil, cached: made?.isCached == true, kept: made?.delivery == .kept)
            if let outcome = outcomes[index], let line = line(outcome) {
                progress.clear()
                // The reader may have gone; the files are still wanted.
                try? console.write(line)
            }
            // A failure waits for the jobs before it, so that two runs say the same.
            while said < outcomes.count, let outcome = outcomes[said] {
                said += 1
                for failure in outcome.failures where failure.isNews && !outcome.isRepeated {
                    progress.clear()
                    console.say("atelier: \(failure.message)")
                }
            }
        }
        progress.clear()
        if let failure = journal?.failure { console.say("atelier: warning: the journal is not whole: \(failure)") }
        return outcomes
    }

    /// Makes a pass over all inputs, with `--watch` again whenever something in the folders has changed.
    ///
    /// - Parameter pass: What is done; told whether all was done before and only what is new is worth a word.
    func passes(
        over folders: () throws -> WatchedFolders, _ pass: (_ isAgain: Bool) async throws -> ExitCode
    ) async throws -> ExitCode {
        guard settings.watch else { return try await pass(false) }
        return try await FolderWatch.repeating(over: folders) { isFirst in
            do { return try await pass(!isFirst) } catch let error as UsageError {
                // Files that come may not fit what was asked for; those that come next may.
                if isFirst { throw error }
                console.say("atelier: \(error)")
                return .someFailed
            }
        }
    }

    /// Makes and delivers a job, or finds that this was done.
    func perform(_ job: Job) async -> Outcome {
        guard let journal else { return await make(job, derivation: nil, replacing: settings.force) }
        let known = journal.entry(for: job.output)
        let derivation = journal.knows(job.output) || settings.watch ? maker.derivation(of: job) : nil
        if let derivation {
            if let known, known.derivation == derivation { return await kept(job, known) }
            if let failures = journal.failures(for: job.output, derivation: derivation) {
                return Outcome(job: job, made: nil, failures: failures, seconds: 0, isRepeated: true)
            }
        }
        // What this program wrote and nobody has changed is replaced without --force.
        return await make(job, derivation: derivation, replacing: settings.force || known != nil)
    }

    private func kept(_ job: Job, _ known: Journal.Entry) async -> Outcome {
        let made = Made(
            byteCount: known.byteCount, digest: known.derivation, delivery: .kept, isCached: false, remarks: [], ssim: known.ssim)
        var outcome = Outcome(job: job, made: made, failures: [], seconds: known.milliseconds / 1000)
        if settings.page != nil {
            let output = try? Blob.reading(path: job.output, limit: known.byteCount)  // a page without this picture is still one
            outcome.look = await maker.look(at: job, output: output, wantsLikeness: known.ssim == nil)
        }
        return outcome
    }

    private func make(_ job: Job, derivation: String?, replacing: Bool) async -> Outcome {
        let outcome = await patience.make(job, on: workers) { [self] job in await tryOnce(job, replacing: replacing) }
        // That it would fail again is known where nothing but inputs and options decides: not the system, and no file in the way.
        let isLasting = outcome.failures.allSatisfy { $0.input != nil && !$0.mayPass && $0.isNews }
        if outcome.made == nil, isLasting, let derivation { journal?.note(outcome.failures, derivation: derivation, for: job.output) }
        return outcome
    }

    private func tryOnce(_ job: Job, replacing: Bool) async -> Outcome {
        let begin = ContinuousClock.now
        var attempt = await maker.make(job), made: Made?, seconds = 0.0
        if let product = attempt.product {
            seconds = (ContinuousClock.now - begin).inSeconds
            // A deck that goes without some inputs follows from others than the job has.
            if let journal, attempt.failures.isEmpty {
                journal.note(
                    Journal.Entry(
                        derivation: product.digest, digest: Digest(hashing: product.blob).description, byteCount: product.blob.count,
                        milliseconds: (seconds * 1e6).rounded() / 1e3, ssim: product.review?.statistics.similarity.ssim),
                    for: job.output)
            }
            do throws(Failure) {
                made = try withSpan(writing) { () throws(Failure) in try product.deliver(as: job, force: replacing, console) }
                if let compare = settings.compare { try product.review?.deliverComparison(to: compare, force: settings.force) }
            } catch { attempt.failures.append(error) }
        }
        seconds = (ContinuousClock.now - begin).inSeconds
        var outcome = Outcome(job: job, made: made, failures: attempt.failures, seconds: seconds)
        if settings.page != nil {
            outcome.look = await maker.look(at: job, output: made == nil ? nil : attempt.product?.blob, wantsLikeness: false)
        }
        return outcome
    }
}

extension Product {
    /// Writes the output to where the job wants it.
    fileprivate func deliver(as job: Job, force: Bool, _ console: Console) throws(Failure) -> Made {
        let outcome: Result<Delivery, DeliveryError> = blob.withUnsafeBytes { bytes in
            do throws(DeliveryError) {
                guard job.output == "-" else { return .success(try AtelierCommand.deliver(bytes, to: job.output, force: force)) }
                do throws(SystemError) { try console.write(bytes) } catch { throw .system(error) }
                return .success(.streamed)
            } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let delivery):
            return Made(
                byteCount: blob.count, digest: digest, delivery: delivery, isCached: isCached, remarks: remarks, slides: slides,
                statistics: statisticsWanted ? review?.statistics : nil, ssim: review?.statistics.similarity.ssim)
        case .failure(let error): throw Failure(error)
        }
    }
}

extension TraceReview {
    /// Writes the picture of the comparison.
    fileprivate func deliverComparison(to path: String, force: Bool) throws(Failure) {
        let outcome: Result<Delivery, DeliveryError> = comparison.withUnsafeBytes { bytes in
            do throws(DeliveryError) { return .success(try deliver(bytes, to: path, force: force)) } catch { return .failure(error) }
        }
        if case .failure(let error) = outcome { throw Failure(error) }
    }
}

extension Failure {
    /// An output that could not be written.
    fileprivate init(_ error: DeliveryError) {
        guard case .system(let system) = error else {
            self.init(kind: .other, message: error.description)
            return
        }
        self.init(
            kind: system.isBrokenPipe ? .brokenPipe : .other, message: error.description,
            mayPass: AtelierCommand.mayPass(errno: system.code))
    }
}

extension Settings {
    /// Refuses flags about runs over many inputs that contradict each other.
    func checkBatch(readsStandardInput: Bool, makesSlides: Bool) throws(UsageError) {
        if resume, journalPath == nil {
            throw UsageError("--resume wants a journal: name it with --journal FILE, or the folder of the outputs with -d DIR")
        }
        if journalPath != nil, output == "-" { throw UsageError("--journal notes files; leave -o - away") }
        if decisions != nil {
            if !makesSlides { throw UsageError("no slides are made whose elements could be listed; name the report FILE.html") }
            if resume { throw UsageError("what becomes of elements is known when slides are made; leave --resume away") }
        }
        guard watch else { return }
        if readsStandardInput { throw UsageError("--watch reads its inputs again and again; name files, folders or patterns") }
        if output == "-" { throw UsageError("--watch writes files; leave -o - away") }
        if json { throw UsageError("--json reports at the end of a run, and --watch has none; --events says what happens") }
    }

    /// The journal that the flags ask for; nil for none.
    func openJournal() throws(UsageError) -> Journal? {
        guard let path = journalPath else { return watch ? Journal() : nil }
        do { return try Journal(path, resuming: resume) } catch { throw UsageError(sentence(error)) }
    }

    /// Where the journal is; nil where none is wanted.
    var journalPath: String? {
        if let journal { return journal }
        guard resume, let folder = outputFolder else { return nil }
        return (folder.hasSuffix("/") ? folder : folder + "/") + ".atelier-journal"
    }

    /// The folder that receives a file for each input; nil where that is not asked for.
    var outputFolder: String? {
        if let output, output != "-", output.hasSuffix("/") || kind(of: output) == .folder { return output }
        return directory
    }
}
