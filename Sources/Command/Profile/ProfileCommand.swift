import AtelierJSON
import AtelierMemo
import AtelierStages
import AtelierTelemetry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs a command and says where its time went, or compares two such runs.
struct ProfileCommand: Hashable, Sendable {
    /// What is profiled, as it was written; empty for a comparison.
    var arguments: [String] = []
    /// Two profiles to compare, the earlier first.
    var compared: [String] = []
    /// `json` and `profile` matter.
    var settings = Settings()

    static let options: [Option<ProfileCommand>] =
        ([Settings.profileOption()] + Settings.talkOptions.filter { $0.name == "json" }).map { $0.of(\ProfileCommand.settings) }

    /// What holds before anything is said.
    init() {}

    /// Reads a command line behind `profile`.
    init(parsing rest: ArraySlice<String>) throws(UsageError) {
        let own = rest.prefix { $0 != "--" }
        let operands = try parse(own, options: Self.options, into: &self)
        arguments = Array(rest.dropFirst(own.count + 1))
        guard operands.isEmpty else {
            guard operands[0] == "compare", operands.count == 3, arguments.isEmpty else {
                throw UsageError("profile wants -- and a command after it, or: compare EARLIER.json LATER.json")
            }
            if settings.profile != nil { throw UsageError("profile compare writes no profile; leave --profile away") }
            compared = Array(operands.dropFirst())
            return
        }
        guard !arguments.isEmpty else {
            throw UsageError("profile wants -- and a command after it, such as: -- convert logo.png -o logo.svg")
        }
        let invocation = try Invocation(parsing: arguments)
        switch invocation {
        case .profile, .version, .help: throw UsageError("profile wants a command that works after --, not \(printable(arguments[0]))")
        default: break
        }
        if invocation.settings?.profile != nil {
            throw UsageError("--profile belongs in front of --, or to the command without \"profile\"")
        }
        if invocation.settings?.output == "-" || invocation.settings?.json == true {
            throw UsageError(
                "the command and its profile would both write to standard output; give the command a file with -o, without --json")
        }
    }

    /// Compares two files.
    func compare(console: Console) throws -> ExitCode {
        let stacks = try compared.map { try ProfileFile($0).stacks(console) }
        let comparison = ProfileComparison(before: stacks[0], after: stacks[1])
        try console.write(settings.json ? comparison.json.prettyBytes : Array(comparison.text.utf8))
        return .done
    }
}

/// Runs something while everything is recorded.
///
/// - Parameters:
///   - file: Where the profile goes; nil for nowhere.
///   - arguments: What is run, as it was written.
/// - Returns: What `work` came to, and the profile.
/// - Throws: When the file's name says no form, before anything is run, or when it cannot be written.
func profiled(
    into file: String?, _ arguments: [String], _ work: () async throws -> ExitCode
) async throws -> (code: ExitCode, report: ProfileReport) {
    let file = try file.map { path throws(UsageError) in try ProfileFile(path) }
    guard let recorder = ProfileRecorder() else { throw UsageError("this process is being profiled already") }
    let begin = processorNanoseconds()
    let outcome: Result<ExitCode, any Error>
    do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
    let processor = processorNanoseconds() - begin
    let timeline = recorder.finish()
    // Also of what failed: where it went until then may be what somebody wants to know.
    try file?.write(timeline, of: arguments)
    return (try outcome.get(), ProfileReport(timeline, of: arguments, processor: processor))
}

extension Invocation {
    /// The settings of a command that works; nil for one that does not.
    var settings: Settings? {
        switch self {
        case .convert(let command), .explain(let command): command.settings
        case .compose(let command): command.settings
        case .cache(let command): command.settings
        case .config(let command): command.settings
        case .bench(let command): command.settings
        case .check(let command): command.settings
        case .features(let command): command.settings
        case .run(let command): command.settings
        case .serve(let command): command.settings
        case .keys, .profile, .version, .help: nil
        }
    }
}
