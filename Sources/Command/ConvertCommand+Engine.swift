#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierMemo
import AtelierScheduling
import AtelierStages

extension ConvertCommand {
    /// Makes everything with an engine of its own.
    func run(environment: [String: String], console: Console) async throws -> ExitCode {
        let engine = makeEngine(makesCache: true, environment: environment, console: console)
        let events = try settings.events.map { try EventFile($0, of: engine) }
        // Enough that no worker waits for reading or writing, few enough that sources and outputs in hand stay few.
        let window = 2 * engine.configuration.workers
        let code = try await run(
            EngineMaker(engine: engine, command: self, console: console), window: window, environment: environment, console: console)
        try events?.finish()
        return code
    }

    /// Shows what making it would take. No stage runs.
    func explain(environment: [String: String], console: Console) throws -> ExitCode {
        let engine = makeEngine(makesCache: false, environment: environment, console: console)
        let maker = EngineMaker(engine: engine, command: self, console: console)
        let (jobs, problems) = try jobs(console)
        for problem in problems { console.say("atelier: \(problem)") }
        var explained: [ExplainedJob] = [], outcomes: [Outcome?] = []
        for job in jobs {
            do throws(Failure) {
                explained.append(try maker.explain(job))
                outcomes.append(nil)
            } catch {
                console.say("atelier: \(error.message)")
                outcomes.append(Outcome(job: job, made: nil, failures: [error], seconds: 0))
            }
        }
        if settings.json {
            try console.write(
                JSON.object(["version": .integer(1), "command": .string("explain"), "outputs": .array(explained.map(\.json))]).bytes
                    + [UInt8(ascii: "\n")])
        } else {
            try console.write(explained.map(\.text).joined(separator: "\n"))
        }
        if explained.isEmpty { return .nothingRead }
        return exitCode(outcomes, problems: problems.count, interrupted: false) == .done ? .done : .someFailed
    }

    /// An engine over memory and, unless that cannot be had or is not wanted, the disk.
    private func makeEngine(makesCache: Bool, environment: [String: String], console: Console) -> Engine {
        var levels: [any Store] = [MemoryStore()]
        disk: if settings.cache != .off {
            do throws(CacheDirectoryError) {
                let path = try CacheDirectory.path(option: settings.cacheDirectory) { environment[$0] }
                if !makesCache, kind(of: path) == nil { break disk }
                levels.append(DiskStore(in: try CacheDirectory(opening: path), limit: diskLimit))
            } catch {
                console.say("atelier: warning: \(error)")
            }
        }
        var configuration = Engine.Configuration(cachePolicy: settings.cache)
        if let threads = settings.threads { configuration.workers = threads }
        return Engine(levels: levels, configuration: configuration)
    }
}

/// A job and where everything it is built on lies.
struct ExplainedJob {
    let job: Job
    /// The artifact of the output first, then what each is built on, one level deeper.
    let lines: [Explanation.Line]

    /// The output's name, then a line for each artifact, deeper ones further in:
    /// `svg.fromSource@1 8a21f0c3d4e5  disk  12.3 ms  4512 bytes`.
    var text: String {
        var text = (job.output == "-" ? "standard output" : printable(job.output)) + "\n"
        for line in lines {
            text += String(repeating: "  ", count: line.depth + 1) + line.stage + (line.isSource ? "" : "@\(line.version)")
            text += " " + line.digest.description.prefix(12)
            if line.isRepeated {
                text += "  (as above)"
            } else if let level = line.level, let header = line.header {
                text += "  \(level)  \(decimal(Double(header.selfCost) * 1e-6, 1)) ms"
                text += line.leadsTo.map { "  leads to \($0.description.prefix(12))" } ?? "  \(header.byteCount) bytes"
            } else if !line.isSource {
                text += line.isPlan ? "  to be decided" : "  to be made"
            }
            text += "\n"
        }
        return text
    }

    var json: JSON {
        .object([
            "output": .string(job.output),
            "inputs": .array(job.inputs.map { .string($0.path) }),
            "artifacts": .array(
                lines.map { line in
                    .object([
                        "depth": .integer(line.depth), "digest": .string(line.digest.description), "stage": .string(line.stage),
                        "stageVersion": .integer(line.version),
                        "kind": .string(line.isSource ? "source" : line.isPlan ? "plan" : "stage"),
                        "level": line.level.map(JSON.string),
                        "milliseconds": line.header.map { .milliseconds(Double($0.selfCost) * 1e-9) },
                        "chainMilliseconds": line.header.map { .milliseconds(Double($0.chainCost) * 1e-9) },
                        "bytes": line.header.map { .integer($0.byteCount) },
                        "leadsTo": line.leadsTo.map { .string($0.description) },
                    ])
                }),
        ])
    }
}

/// A file that receives the events of an engine as they happen, one JSON object a line.
private final class EventFile: Sendable {
    private struct State: Sendable {
        var bytes: [UInt8] = []
        var failure: SystemError?

        mutating func take() -> [UInt8] {
            defer { bytes.removeAll(keepingCapacity: true) }
            return bytes
        }
    }

    private let descriptor: Int32, name: String, begin = ContinuousClock.now
    private let state = Lock(State())

    /// Creates or empties the file and listens from now on.
    init(_ path: String, of engine: Engine) throws(UsageError) {
        name = printable(path)
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw UsageError("--events \(SystemError("\(name): cannot create"))") }
        engine.observe { [self] event in add(event) }
    }

    private func add(_ event: Event) {
        let line = event.json(at: (.now - begin).inSeconds).bytes
        let full = state.withLock { state -> [UInt8]? in
            state.bytes += line
            state.bytes.append(UInt8(ascii: "\n"))
            return state.bytes.count >= 1 << 16 ? state.take() : nil
        }
        if let full { write(full) }
    }

    /// Writes what is left.
    /// - Throws: What went wrong with any line.
    func finish() throws(SystemError) {
        write(state.withLock { $0.take() })
        close(descriptor)
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Writes whole lines; outside the lock, so that stages on other threads do not wait for the disk.
    private func write(_ lines: [UInt8]) {
        do throws(SystemError) { try writeAll(lines, to: descriptor, called: name) } catch { state.withLock { $0.failure = error } }
    }
}

extension Event {
    fileprivate func json(at seconds: Double) -> JSON {
        .object([
            "at": .milliseconds(seconds), "event": .string(kind.rawValue), "stage": .string(stage),
            "stageVersion": .integer(version), "digest": .string(digest.description), "level": level.map(JSON.string),
            "milliseconds": selfCost == 0 ? nil : .milliseconds(Double(selfCost) * 1e-9),
            "chainMilliseconds": chainCost == 0 ? nil : .milliseconds(Double(chainCost) * 1e-9),
            "bytes": byteCount == 0 ? nil : .integer(byteCount), "fraction": kind == .progress ? .number(fraction) : nil,
        ])
    }
}
