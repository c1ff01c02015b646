// Command: the command line. Arguments become an `Invocation`, a value; running one writes data to standard output,
// everything else to standard error, and ends in an `ExitCode`. Nothing here knows how a picture is traced.
// Start with `Command.run`, then `Invocation`, then `ConvertCommand+Run.swift`.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierJSON
import AtelierScheduling
import AtelierStages
import Synchronization

/// The command line as functions: `main` for a process, `run` for everyone else.
public enum Command {
    /// Runs the arguments of the process (the first is its name) and ends it.
    ///
    /// Ctrl-C and a request to end cancel the work: files that are complete stay, nothing half-written appears, the exit code
    /// is `interrupted`. The second one ends the process at once, and so do two seconds in which nothing came of the first:
    /// somebody may be waiting for input that never comes.
    public static func main(_ arguments: [String]) -> Never {
        // A reader that has gone is an error of `write`, not the end of the process with half a file on its way.
        signal(SIGPIPE, SIG_IGN)
        // So is a limit on file sizes.
        signal(SIGXFSZ, SIG_IGN)
        let console = Console(), arguments = Array(arguments.dropFirst())
        let invocation: Invocation
        do throws(UsageError) { invocation = try Invocation(parsing: arguments) } catch { exit(say(error, console).rawValue) }
        if let code = answer(invocation, console) { exit(code.rawValue) }

        // Threads inherit the mask, so that signals wait for this thread, which does nothing else.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let environment = environment()
        // A thread of our own from the first step to the last: the pool of the runtime would begin with three, for nothing.
        let workers = WorkerPool(threads: 1)
        // Owned by this function: cancelled below, and the process ends with it.
        let work = Task.detached(executorPreference: workers) {
            exit(await perform(invocation, arguments, on: workers, environment: environment, console: console).rawValue)
        }
        var received: Int32 = 0
        sigwait(&signals, &received)
        work.cancel()
        console.say("atelier: stopping")
        var patience = timespec(tv_sec: secondsToEnd.load(ordering: .relaxed), tv_nsec: 0)
        sigtimedwait(&signals, nil, &patience)
        _exit(ExitCode.interrupted.rawValue)
    }

    /// How long a run may take to end when it is asked to; what runs says so when it needs more.
    static let secondsToEnd = Atomic(2)

    /// Runs a command line (without the program's name). Cancelling the task interrupts it.
    ///
    ///     let code = await Command.run(["trace", "logo.png", "-o", "logo.svg"], environment: [:], console: Console())
    public static func run(_ arguments: [String], environment: [String: String], console: Console) async -> ExitCode {
        let invocation: Invocation
        do throws(UsageError) { invocation = try Invocation(parsing: arguments) } catch { return say(error, console) }
        return await perform(invocation, arguments, environment: environment, console: console)
    }

    /// Does what was parsed from `arguments`, and writes or prints a profile of it where one is wanted.
    private static func perform(
        _ invocation: Invocation, _ arguments: [String], on workers: WorkerPool? = nil, environment: [String: String], console: Console
    ) async -> ExitCode {
        func work(_ invocation: Invocation, _ arguments: [String]) async -> ExitCode {
            await Self.work(invocation, arguments, on: workers, environment: environment, console: console)
        }
        do {
            if case .profile(let command) = invocation {
                if !command.compared.isEmpty { return try command.compare(console: console) }
                let inner = try Invocation(parsing: command.arguments)
                let (code, report) = try await profiled(into: command.settings.profile, command.arguments) {
                    await work(inner, command.arguments)
                }
                try console.write(command.settings.json ? report.json.prettyBytes : Array(report.text.utf8))
                return code
            }
            guard let file = invocation.settings?.profile else { return await work(invocation, arguments) }
            return try await profiled(into: file, arguments) { await work(invocation, arguments) }.code
        } catch { return say(error, console) }
    }

    /// Does what was parsed from `arguments`, which are read once more when options from a file lie under the flags.
    private static func work(
        _ invocation: Invocation, _ arguments: [String], on workers: WorkerPool? = nil, environment: [String: String], console: Console
    ) async -> ExitCode {
        if let code = answer(invocation, console) { return code }
        do {
            switch invocation {
            case .version, .help, .profile: return .done  // answered above
            case .cache(let command):
                let configuration = try layers(command.settings, environment, console).configuration
                return try await command.run(configuration, environment: environment, console: console)
            case .bench(let command):
                let configuration = try layers(command.settings, environment, console).configuration
                return try await command.run(configuration, environment: environment, console: console)
            case .compose(let command):
                let configuration = try layers(command.settings, environment, console).configuration
                return try await command.run(configuration, on: workers, environment: environment, console: console)
            case .check(let command): return try command.run(console: console)
            case .features(let command): return try command.run(console: console)
            case .keys(let command): return try command.run(environment: environment, console: console)
            case .run(let command):
                if let code = try command.answer(console) { return code }
                let layers = try layers(command.settings, environment, console)
                var base = RunCommand()
                base.settings = layers.settings(base.settings, Settings.batchDefaults, of: .batch)
                return try await RunCommand(parsing: arguments.dropFirst(), over: base).run(
                    layers.configuration, on: workers, environment: environment, console: console)
            case .serve(let command):
                let layers = try layers(command.settings, environment, console)
                let base = layers.settings(ServeCommand(), ServeCommand.ownOptions, of: .serve)
                return try await ServeCommand(parsing: arguments.dropFirst(), over: base).run(
                    layers.configuration, environment: environment, console: console)
            case .config(let command):
                return try command.run(layers(command.settings, environment, console), environment: environment, console: console)
            case .convert(var command), .explain(var command):
                if command.readsStandardInput, console.inputIsTerminal {
                    console.say("atelier: standard input is a terminal; pipe a file into the command or name one\n")
                    console.sayWithoutEnd(helpText(on: command.verb))
                    return .usage
                }
                let profile = command.settings.profile, file = command.settings.optionsFile
                // With an options file, which may say more, this is looked at once more.
                var layers = try layers(command.settings, environment, console, warns: file == nil)
                if file != nil || layers.says(.batch) {
                    var base = ConvertCommand(verb: command.verb)
                    base.settings = layers.settings(base.settings, Settings.batchDefaults, of: .batch)
                    if let file { base = try base.decodingOptions(from: file, console) }
                    command = try Invocation(parsing: arguments, over: base).conversion ?? command
                    if command.settings.profile != profile { throw UsageError("--profile belongs on the command line, not into --options") }
                }
                if file != nil { layers = try Self.layers(command.settings, environment, console) }
                let configuration = layers.configuration
                if case .explain = invocation { return try command.explain(configuration, environment: environment, console: console) }
                return try await command.run(configuration, on: workers, environment: environment, console: console)
            }
        } catch { return say(error, console) }
    }

    /// The configuration of a command: what files and environment say, under its flags.
    private static func layers(
        _ settings: Settings, _ environment: [String: String], _ console: Console, warns: Bool = true
    ) throws(UsageError) -> ConfigurationLayers {
        try ConfigurationLayers(
            flags: settings.said, environment: environment, workingDirectory: ConfigurationFiles.workingDirectory,
            warn: { if warns { console.say($0) } })
    }

    /// Answers what needs no engine; nil for everything else.
    private static func answer(_ invocation: Invocation, _ console: Console) -> ExitCode? {
        do throws(SystemError) {
            switch invocation {
            case .version(let json):
                let text = json ? JSON.object(["version": .string(version)]).text : "atelier \(version)"
                try console.write(text + "\n")
            case .help(let verb, let json):
                if json { try console.write(helpJSON(on: verb).prettyBytes) } else { try console.write(helpText(on: verb)) }
            default: return nil
            }
            return .done
        } catch { return say(error, console) }
    }

    /// Says what ended a run, and what that means for the caller.
    private static func say(_ error: any Error, _ console: Console) -> ExitCode {
        if let error = error as? SystemError, error.isBrokenPipe { return .brokenPipe }
        if error is CancellationError { return .interrupted }
        console.say("atelier: \(error)")
        return error is UsageError ? .usage : .someFailed
    }

    /// The project's version.
    static let version = "0.1.0"

    /// The variables this program reads, and others that begin like its own, which may be misspelt.
    private static func environment() -> [String: String] {
        let beginnings: [String] = ["ATELIER_", "XDG_C", "XDG_S", "HOME=", "TERM=", "TMPDIR="]
        // Most variables are told apart by their first letter.
        let initials = beginnings.map { $0.utf8.first! }
        var variables: [String: String] = [:]
        var next = environ
        while let variable = next.pointee {
            next += 1
            guard initials.contains(UInt8(bitPattern: variable[0])),
                beginnings.contains(where: { strncmp(variable, $0, $0.utf8.count) == 0 })
            else { continue }
            let text = String(cString: variable)
            guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            variables[String(text[..<equals])] = String(text[equals...].dropFirst())
        }
        return variables
    }
}
