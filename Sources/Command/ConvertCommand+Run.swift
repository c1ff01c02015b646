import AtelierMemo
import AtelierStages

/// What was made for one job, before it is delivered.
struct Product: Sendable {
    /// The output.
    var blob: Blob
    /// Identity of its derivation.
    var digest: String
    /// Steps that ran for it; 0 when everything was found.
    var stagesRun: Int
    /// What was approximated or left out.
    var remarks: [Remark]
}

/// Longest list of inputs and longest options document, in bytes.
private let largestList = 256 << 20, largestOptions = 1 << 20

extension ConvertCommand {
    /// The settings and options of a JSON document over the defaults.
    func decodingOptions(from file: String, _ console: Console) throws -> ConvertCommand {
        let bytes = try readAll(file, console, limit: largestOptions)
        do {
            return try ConvertCommand.options(of: verb).decode(try JSON(parsing: bytes), over: ConvertCommand(verb: verb))
        } catch let error as JSON.SyntaxError {
            throw UsageError("\(printable(file)): not JSON: \(error)")
        } catch let error as OptionError {
            throw UsageError("\(printable(file)): \(error)")
        }
    }

    /// The jobs of this conversion, and operands that stand for nothing.
    func jobs(_ console: Console) throws -> (jobs: [Job], problems: [String]) {
        var operands = operands
        if let list = settings.filesFrom {
            operands += AtelierCommand.operands(
                listedIn: try readAll(list, console, limit: largestList), nullSeparated: settings.nullSeparated)
        }
        let list = try expand(operands, suffixes: verb.suffixes)
        return (try plan(list.inputs, verb: verb, settings), list.problems)
    }

    /// Makes and delivers every job, at most `window` at a time, and reports.
    func run(
        environment: [String: String], console: Console, window: Int, make: @escaping @Sendable (Job) async throws(Failure) -> Product
    ) async throws -> ExitCode {
        let begin = ContinuousClock.now
        let (jobs, problems) = try jobs(console)
        for problem in problems { console.say("atelier: \(problem)") }
        let style = ProgressLine.style(settings, isTerminal: console.errorsAreOnTerminal, terminal: environment["TERM"])
        var progress = ProgressLine(style, total: jobs.count, console: console)
        let force = settings.force
        let outcomes = await runBatch(jobs, window: window, failFast: settings.failFast) { job in
            let begin = ContinuousClock.now
            let result: Result<Made, Failure>
            do throws(Failure) {
                let product = try await make(job)
                result = .success(try product.deliver(as: job, force: force, console))
            } catch { result = .failure(error) }
            return Outcome(job: job, result: result, seconds: (ContinuousClock.now - begin).inSeconds)
        } finished: { outcome in
            if case .failure(let failure) = outcome.result, failure.kind != .brokenPipe {
                progress.clear()
                console.say("atelier: \(failure.message)")
                progress.advance(failed: true)
            } else {
                progress.advance(failed: false)
            }
        }
        progress.clear()
        let code = exitCode(outcomes, problems: problems.count, interrupted: Task.isCancelled)
        let report = Report(verb: verb, outcomes: outcomes, problems: problems, seconds: (ContinuousClock.now - begin).inSeconds)
        if !settings.quiet { report.say(to: console, verbose: settings.verbose) }
        if settings.json { try console.write(report.json.bytes + [UInt8(ascii: "\n")]) }
        return code
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
            return Made(byteCount: blob.count, digest: digest, delivery: delivery, stagesRun: stagesRun, remarks: remarks)
        case .failure(.system(let error)) where error.isBrokenPipe: throw Failure(kind: .brokenPipe, message: error.description)
        case .failure(let error): throw Failure(kind: .other, message: error.description)
        }
    }
}
