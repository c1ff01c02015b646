import AtelierJSON
import AtelierMemo
import AtelierStages

/// What is to be done with the cache.
struct CacheCommand: ActingCommand, Hashable, Sendable {
    /// The things that can be done.
    enum Action: String, CaseIterable, Sendable { case stats, clear, verify, warm, simulate, path }

    var action: Action
    /// `said`, `json` and `quiet` matter.
    var settings = Settings()
    /// Of `stats`.
    var stats = StatsOptions()
    /// Of `simulate`.
    var simulation = SimulationSettings()
    /// Of `warm`.
    var warming = WarmSettings()
    /// Of `verify`.
    var checking = CheckSettings()

    /// The options that this action alone takes.
    static func options(of action: Action) -> [Option<CacheCommand>] {
        switch action {
        case .stats: StatsOptions.options.map { $0.of(\.stats) }
        case .verify: CheckSettings.options.map { $0.of(\.checking) }
        case .warm: WarmSettings.options.map { $0.of(\.warming) }
        case .simulate: SimulationSettings.options.map { $0.of(\.simulation) }
        case .clear, .path: []
        }
    }

    /// The options that all of them take.
    static var sharedOptions: [Option<CacheCommand>] {
        (Configuration.flags + [Settings.profileOption()] + Settings.talkOptions.filter { $0.name != "verbose" }).map { $0.of(\.settings) }
    }

    /// Does it. What `verify` finds and what `warm` cannot make give another code than `done`.
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
            let nothing = action == .verify ? "no entries to verify" : action == .warm ? "nothing to warm" : "no entries"
            try answer(
                console, "\(printable(path)): \(nothing)",
                [.init("path", .string(path)), .init("entries", .integer(0)), .init("bytes", .integer(0))])
            return .done
        }
        let store = DiskStore(in: try CacheDirectory(opening: path), limit: configuration.diskLimit, quotas: configuration.quotas ?? [:])
        switch action {
        case .path, .stats, .simulate: break
        case .clear:
            let removed = store.clear()
            RequestLog(in: path).clear()
            try answer(
                console, "\(printable(path)): removed \(removed.entries) entries, \(mebibytes(removed.bytes))", removed.members(path))
        case .verify: return try await verify(store, configuration, console)
        case .warm: return try await warm(store, configuration, console)
        }
        return .done
    }

    func answer(_ console: Console, _ text: String, _ members: [JSON.Member]) throws(SystemError) {
        let members = action == .path ? [JSON.Member("path", .string(text))] : members
        try console.write((settings.json ? JSON.object([.init("version", .integer(1))] + members).text : text) + "\n")
    }
}

extension StoreContents {
    func members(_ path: String) -> [JSON.Member] {
        [.init("path", .string(path)), .init("entries", .integer(entries)), .init("bytes", .integer(bytes))]
    }
}
