import AtelierMemo
import AtelierStages

/// What each preset gains over no cache at all, on the same files and in turn, with every output compared.
struct CacheBench: Sendable {
    /// A way of caching under measurement.
    struct Candidate: Sendable {
        /// `no cache`, or the preset's.
        var name: String
        var configuration: Configuration
    }

    /// What is measured, in this order. All files are asked for together each time.
    enum Pass: String, CaseIterable {
        /// Nothing is known yet.
        case cold
        /// The same again in the same engine.
        case warm
        /// One option is another, in the same engine.
        case changed
        /// The first again in a new engine, as a new process would.
        case restarted
        /// The first again in a new engine with an empty disk, as another machine would. Measured when there is a server.
        case elsewhere
    }

    /// One pass.
    struct Measurement: Hashable, Sendable {
        /// Wall-clock seconds of all files.
        var seconds: Double
        /// Look-ups that levels answered, and all of them.
        var hits: Int, lookups: Int
        /// Stages and plans that ran.
        var stagesRun: Int
        /// Outputs whose bytes are not those made without a cache.
        var differences: Int
    }

    /// Everything measured of a candidate.
    struct Result: Sendable {
        var candidate: Candidate
        /// By pass, a measurement for each round.
        var passes: [Pass: [Measurement]] = [:]
        /// Bytes in memory and on disk after the last round.
        var memoryBytes = 0, diskBytes = 0
    }

    let files: [String]
    let rounds: Int
    /// What is measured of each candidate.
    let passes: [Pass]
    let environment: [String: String]
    let console: Console

    /// Entries on a server are gone by themselves soon after they were measured.
    private static let secondsOnServer = 120
    private static let options = ConversionOptions()
    /// Twice the tolerance of the fit: a common wish, and the early steps need not run again.
    private static let changedOptions: ConversionOptions = {
        var options = ConversionOptions()
        if let option = ConversionOptions.tracing.first(where: { $0.name == "tolerance" }),
            case .number(let tolerance) = option.read(options)
        {
            option.write(&options, .number(2 * tolerance))
        }
        return options
    }()

    /// Measures the candidates, round by round, so that what else the machine does meets all of them.
    ///
    /// - Parameter folder: Where caches are kept meanwhile.
    func measure(_ candidates: [Candidate], in folder: String) async throws -> [Result] {
        let uncached = Engine(levels: [])
        let expected = try await outputs(of: uncached, CacheBench.options)
        let expectedChanged = try await outputs(of: uncached, CacheBench.changedOptions)
        var results = candidates.map { Result(candidate: $0) }
        for round in 0..<rounds {
            for index in candidates.indices {
                try await measure(&results[index], round, in: folder, expected, expectedChanged)
            }
        }
        return results
    }

    /// One round of a candidate, with an empty folder and keys of its own on the server.
    private func measure(
        _ result: inout Result, _ round: Int, in folder: String, _ expected: [Blob], _ expectedChanged: [Blob]
    ) async throws {
        var configuration = result.candidate.configuration
        configuration.redisPrefix = "\(lastName(of: folder)):\(round):"
        configuration.redisTTL = CacheBench.secondsOnServer
        defer { for name in ["here", "elsewhere"] { removeFolder(folder + "/" + name) } }
        // An engine lives for its passes only: two at once would not be what two processes are.
        for passes in [[Pass.cold, .warm, .changed], [.restarted], [.elsewhere]] where passes.allSatisfy(self.passes.contains) {
            configuration.cacheDirectory = folder + (passes == [.elsewhere] ? "/elsewhere" : "/here")
            let engine = configuration.makeEngine(makesCache: true, environment: environment, console: console)
            // As a server would after its start. What it takes is not measured: nobody waits for it.
            if passes == [.restarted] { _ = await configuration.warm(engine, from: RequestLog(in: folder + "/here"))?.value }
            for pass in passes {
                let isChanged = pass == .changed
                let measurement = try await measure(
                    engine, isChanged ? CacheBench.changedOptions : CacheBench.options, isChanged ? expectedChanged : expected)
                result.passes[pass, default: []].append(measurement)
                if pass == .cold, configuration.warming, configuration.disk { try note(measurement, in: folder + "/here") }
                if pass == .changed { (result.memoryBytes, result.diskBytes) = bytesKept(by: engine) }
            }
        }
    }

    private func measure(_ engine: Engine, _ options: ConversionOptions, _ expected: [Blob]) async throws -> Measurement {
        let before = engine.statistics, clock = ContinuousClock(), begin = clock.now
        let outputs = try await outputs(of: engine, options)
        let seconds = (clock.now - begin).inSeconds, after = engine.statistics
        let hits = after.hits.reduce(0, +) - before.hits.reduce(0, +)
        return Measurement(
            seconds: seconds, hits: hits, lookups: hits + after.misses - before.misses, stagesRun: after.runs - before.runs,
            differences: zip(outputs, expected).count { $0 != $1 })
    }

    /// Every file as SVG and as a slide, in this order.
    private func outputs(of engine: Engine, _ options: ConversionOptions) async throws -> [Blob] {
        let wanted = files.flatMap { file in Request.Target.allCases.map { (file, $0) } }
        return try await withThrowingTaskGroup(of: (Int, Blob).self) { group in
            var next = 0, outputs = [Blob](repeating: Blob([]), count: wanted.count)
            func begin() {
                guard next < wanted.count else { return }
                let (index, (file, target)) = (next, wanted[next])
                next += 1
                group.addTask { (index, try await output(file, target, engine, options)) }
            }
            for _ in 0..<2 * engine.configuration.workers { begin() }
            while let (index, output) = try await group.next() {
                outputs[index] = output
                begin()
            }
            return outputs
        }
    }

    /// Notes what was asked for, as conversions do, each request at the mean cost.
    private func note(_ measurement: Measurement, in folder: String) throws {
        let cost = UInt64(measurement.seconds * 1e9) / UInt64(max(1, files.count * Request.Target.allCases.count))
        let requests = try files.flatMap { file in
            let source = try Artifact.file(path: file)
            return try Request.Target.allCases.map { target in
                let request = Request(target: target, sources: [source.digest], options: CacheBench.options)
                let output = try request.conversion(of: [source]).output.digest
                return LoggedRequest(request, paths: [absolute(file)], use: RequestUse(of: output, cost: cost, at: systemSeconds()))
            }
        }
        RequestLog(in: folder).note(requests)
    }

    private func output(
        _ file: String, _ target: Request.Target, _ engine: Engine, _ options: ConversionOptions
    ) async throws -> Blob {
        let source = try Artifact.file(path: file)
        let conversion = try Request(target: target, sources: [source.digest], options: options).conversion(of: [source])
        do { return try await engine.value(of: conversion.output) } catch let error as StageFailure {
            throw UsageError("\(printable(file)): \(sentence(error.underlying))")
        }
    }

    private func bytesKept(by engine: Engine) -> (memory: Int, disk: Int) {
        var (memory, disk) = (0, 0)
        for level in engine.levels {
            if let level = level as? MemoryStore { memory += level.byteCount }
            if let level = level as? DiskStore { disk += level.contents.bytes }
        }
        return (memory, disk)
    }
}
