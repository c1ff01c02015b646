import AtelierMemo
import AtelierStages

/// What is to be done with the cache.
struct CacheCommand: Hashable, Sendable {
    /// The things that can be done.
    enum Action: String, CaseIterable { case stats, clear, verify, simulate, path }

    var action: Action
    /// `said`, `json` and `quiet` matter.
    var settings = Settings()
    /// Of `stats` alone.
    var stats = StatsOptions()
    /// Of `simulate` alone.
    var simulation = SimulationSettings()

    static var options: [Option<CacheCommand>] {
        let talk = Settings.talkOptions.filter { $0.name != "verbose" }
        return StatsOptions.options.map { $0.of(\.stats) } + SimulationSettings.options.map { $0.of(\.simulation) }
            + (Configuration.flags + talk).map { $0.of(\.settings) }
    }

    /// Does it. Only what damage `verify` finds gives another code than `done`.
    func run(_ configuration: Configuration, environment: [String: String], console: Console) async throws -> ExitCode {
        if action == .simulate { return try simulate(console) }
        let path = try configuration.cachePath(environment)
        if action == .path {
            try answer(console, "\(path)", [])
            return .done
        }
        if action == .stats { return try await stats(path, configuration, console: console) }
        // Asking about a cache that is not there makes none.
        guard kind(of: path) != nil else {
            let nothing = action == .verify ? "no entries to verify" : "no entries"
            try answer(
                console, "\(printable(path)): \(nothing)",
                [.init("path", .string(path)), .init("entries", .integer(0)), .init("bytes", .integer(0))])
            return .done
        }
        let store = DiskStore(in: try CacheDirectory(opening: path), limit: configuration.diskLimit)
        switch action {
        case .path, .stats, .simulate: break
        case .clear:
            let removed = store.clear()
            try answer(
                console, "\(printable(path)): removed \(removed.entries) entries, \(megabytes(removed.bytes))", removed.members(path))
        case .verify:
            let result = store.verify()
            for damage in result.damaged { console.say("atelier: \(damage.digest): \(damage.problem); removed") }
            if result.unreadable > 0 { console.say("atelier: \(result.unreadable) entries could not be read; they are kept") }
            try answer(
                console,
                "\(printable(path)): \(result.intact) entries intact, \(result.damaged.count) damaged, \(result.foreign) of other versions",
                StoreContents(entries: result.intact, bytes: result.intactBytes).members(path) + [
                    .init(
                        "damaged",
                        .array(result.damaged.map { .object(["digest": .string("\($0.digest)"), "problem": .string($0.problem)]) })),
                    .init("foreign", .integer(result.foreign)), .init("unreadable", .integer(result.unreadable)),
                ])
            return result.damaged.isEmpty ? .done : .checkFailed
        }
        return .done
    }

    func answer(_ console: Console, _ text: String, _ members: [JSON.Member]) throws(SystemError) {
        let members = action == .path ? [JSON.Member("path", .string(text))] : members
        try console.write((settings.json ? JSON.object([.init("version", .integer(1))] + members).text : text) + "\n")
    }
}

extension StoreContents {
    fileprivate func members(_ path: String) -> [JSON.Member] {
        [.init("path", .string(path)), .init("entries", .integer(entries)), .init("bytes", .integer(bytes))]
    }
}

private func megabytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1_048_576, 1) + " MiB" }
