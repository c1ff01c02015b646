import AtelierJSON
import AtelierMemo
import AtelierRedis
import AtelierScheduling
import AtelierStages

/// Measures what the cache gains here.
struct BenchCommand: Hashable, Sendable {
    /// What is measured.
    enum Subject: String, CaseIterable { case cache }

    /// Files, folders and patterns; none for files of its own.
    var operands: [String] = []
    /// How often everything is measured.
    var rounds = 5
    /// `said` and `json` matter.
    var settings = Settings()

    static var options: [Option<BenchCommand>] {
        [.integer("rounds", \.rounds, 1...1000, group: "Measuring", "How often everything is measured.")]
            + (Configuration.flags.filter { $0.name != "preset" && $0.name != "cache" } + [Settings.profileOption()]
            + Settings.talkOptions.filter { $0.name == "json" })
            .map { $0.of(\.settings) }
    }

    /// Measures and prints. A difference in output is `checkFailed`.
    func run(_ configuration: Configuration, environment: [String: String], console: Console) async throws -> ExitCode {
        let list = try expand(operands, suffixes: Verb.convert.suffixes)
        for problem in list.problems { console.say("atelier: \(problem)") }
        guard list.problems.isEmpty else { return .nothingRead }
        if list.inputs.contains(where: \.isStandardInput) { throw UsageError("bench reads its inputs again and again; name files") }
        return try await withTemporaryFolder(environment: environment) { folder in
            let files = operands.isEmpty ? try Workload.write(in: folder) : list.inputs.map(\.path)
            let (candidates, remarks) = BenchCommand.candidates(configuration)
            let isShared = candidates.contains { $0.configuration.redis }
            let bench = CacheBench(
                files: files, rounds: rounds, passes: CacheBench.Pass.allCases.filter { $0 != .elsewhere || isShared },
                environment: environment, console: console)
            let results = try await bench.measure(candidates, in: folder)
            try console.write(
                settings.json
                    ? bench.json(results, remarks: remarks).prettyBytes : Array(bench.table(results, remarks: remarks).utf8))
            return results.allSatisfy { CacheBench.differences($0) == 0 } ? .done : .checkFailed
        }
    }

    /// No cache, and every preset over what is configured: its switches are its own, sizes and threads are those in use here.
    static func candidates(_ configuration: Configuration) -> (candidates: [CacheBench.Candidate], remarks: [String]) {
        var plain = configuration
        plain.cache = .off
        (plain.memory, plain.disk, plain.redis) = (false, false, false)
        var candidates = [CacheBench.Candidate(name: "no cache", configuration: plain)]
        var remarks: [String] = []
        for preset in Preset.allCases {
            var own = configuration
            own.cache = .on
            preset.apply(to: &own)
            if own.redis, let reason = reasonAgainstRedis(own) {
                own.redis = false
                remarks.append("\(preset.rawValue) without Redis: \(reason)")
            }
            candidates.append(.init(name: preset.rawValue, configuration: own))
        }
        return (candidates, remarks)
    }

    /// Why the server cannot be part of a measurement; nil when it answers.
    private static func reasonAgainstRedis(_ configuration: Configuration) -> String? {
        guard let address = try? configuration.redisAddress else { return "redis-url does not say where one is" }  // refused before
        let reason = Lock("it does not answer")
        let store = RedisStore(at: address) { sentence in reason.withLock { $0 = printable(sentence) } }
        guard case .miss(.unavailable) = store.get(Artifact.blob(Blob([])).digest) else { return nil }
        return reason.withLock { $0 }
    }
}
