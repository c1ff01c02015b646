import AtelierHTTP
import AtelierJSON
import AtelierMemo
import AtelierPipelines
import AtelierProcessors
import AtelierScheduling
import AtelierStages

/// Largest input, in bytes; steps have limits of their own.
let largestPipelineInput = 1 << 30

extension RunCommand {
    /// Reads the inputs one after the other as there is room for them, and writes what comes out as it comes.
    func run(
        _ configuration: Configuration, on workers: WorkerPool? = nil, environment: [String: String], console: Console
    ) async throws -> ExitCode {
        let begin = ContinuousClock.now
        guard let document else { return .usage }
        let pipeline = try pipeline(document, console), outputs = try PipelineOutputs(settings, of: pipeline)
        let (inputs, problems) = try inputs(console)
        if case .folder(let folder) = outputs, isByItem(pipeline, inputs) {
            let engine = configuration.makeEngine(makesCache: true, on: workers, environment: environment, console: console)
            let journal = configuration.journal(of: engine), events = try settings.events.map { try EventFile($0, of: engine) }
            let code = try await runItems(pipeline, into: folder, on: engine, environment: environment, console: console)
            journal?.write()
            try events?.finish()
            return code
        }
        if let flag = flagOfItems {
            throw UsageError(
                "\(flag) is for pipelines that make a file of each input in a folder, named by -d; what is collected is one output, and the "
                    + "cache has what was made for it")
        }
        for problem in problems { console.say("atelier: \(problem)") }
        let engine = configuration.makeEngine(makesCache: true, on: workers, environment: environment, console: console)
        let journal = configuration.journal(of: engine)
        let events = try settings.events.map { try EventFile($0, of: engine) }
        let failures = FailureList(of: inputs), onFailure: (@Sendable (ItemFailure) -> Void)? = settings.failFast ? nil : failures.add

        var collector = PartCollector(outputs, inputs: inputs, settings, console: console)
        // Enough that no worker waits for reading or writing, few enough that what is in hand stays little.
        let limits = QueueLimits(parts: 2 * engine.configuration.workers, bytes: 64 << 20)
        let stages = Chain([FetchFiles(onFailure: onFailure), identifyParts, pipeline.processor(engine, onFailure: onFailure)])
        do {
            for try await part in stages(parts(of: inputs, onFailure, console), limits: limits) { try collector.take(part) }
            try collector.finish()
        } catch let failure as Failure {
            failures.add(failure)
        } catch {
            failures.add((error as? ItemFailure).map { failures.failure($0) } ?? Failure(error, about: nil))
        }
        journal?.write()
        try events?.finish()

        let all = failures.sorted + collector.failures
        for failure in all where failure.isNews { console.say("atelier: \(failure.message)") }
        let code = exitCode(all, hasMade: !collector.made.isEmpty, problems: problems.count, interrupted: Task.isCancelled)
        let report = RunReport(
            inputCount: inputs.count, made: collector.made, failures: all, problems: problems, statistics: engine.statistics,
            levels: engine.levels.map(\.name), seconds: (ContinuousClock.now - begin).inSeconds)
        if !settings.quiet, code != .brokenPipe { report.say(to: console, verbose: settings.verbose) }
        if settings.json { try console.write(report.json.bytes + [UInt8(ascii: "\n")]) }
        return code
    }

    /// What the operands and lists name, in their order.
    func inputs(_ console: Console) throws(UsageError) -> (inputs: [Input], problems: [String]) {
        let list = try AtelierCommand.inputs(operands, settings, suffixes: Verb.run.suffixes, takesURLs: true, console)
        return (list.inputs, list.problems)
    }

    /// The inputs as parts, each read when it is wanted; of a URL the reference alone.
    private func parts(
        of inputs: [Input], _ onFailure: (@Sendable (ItemFailure) -> Void)?, _ console: Console
    ) -> PartStream {
        let position = Lock(0)
        return PartStream(next: {
            while true {
                let index = position.withLock { position in
                    defer { position += 1 }
                    return position
                }
                guard index < inputs.count else { return nil }
                let input = inputs[index]
                var metadata: Metadata = [Part.fileName: .string(input.relative), "input": .integer(index)]
                let unread = Part(
                    .file(FileReference(uri: input.path, mimeType: "application/octet-stream")), role: "user", metadata: metadata)
                if input.path.isURL { return unread }
                do {
                    let bytes = try console.read(input.path, limit: largestPipelineInput)
                    // A project names pictures beside it.
                    let isJSON = input.path.lowercased().hasSuffix(".json")
                    if isJSON { metadata[Part.filePath] = .string(input.path) }
                    return try Part(
                        bytes: bytes, mimeType: isJSON ? "application/json" : "application/octet-stream", role: "user", metadata: metadata)
                } catch {
                    guard let onFailure else { throw ItemFailure(unread, error) }
                    onFailure(ItemFailure(unread, error))
                }
            }
        })
    }
}

/// Gives parts of bytes the type that their content says; what it does not say stays.
private let identifyParts = PartFunction { part, emitter in
    var part = part
    // Of what is no picture and no drawing, the type that somebody else gave is the best there is.
    if case .bytes(let bytes) = part.payload, let type = mediaType(of: bytes.blob) { part.mimeType = MIMEType(type) }
    emitter.emit(part)
}

/// What went wrong, by input.
private final class FailureList: Sendable {
    private let inputs: [Input]
    private let failures = Lock<[(position: Int, failure: Failure)]>([])

    init(of inputs: [Input]) { self.inputs = inputs }

    /// In the order of the inputs, so that two runs say the same; what is about none comes last.
    var sorted: [Failure] { failures.withLock { $0 }.sorted { $0.position < $1.position }.map(\.failure) }

    func add(_ failure: Failure) { failures.withLock { $0.append((.max, failure)) } }

    func add(_ item: ItemFailure) {
        let failure = failure(item)
        let position = position(of: item) ?? .max
        failures.withLock { $0.append((position, failure)) }
    }

    func failure(_ item: ItemFailure) -> Failure { Failure(item.underlying, about: position(of: item).map { inputs[$0] }) }

    private func position(of item: ItemFailure) -> Int? {
        guard case .integer(let position)? = item.part.metadata["input"], inputs.indices.contains(position) else { return nil }
        return position
    }
}
