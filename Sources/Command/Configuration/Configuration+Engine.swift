import AtelierMemo
import AtelierRedis
import AtelierScheduling
import AtelierStages
import AtelierTelemetry

extension Configuration {
    /// An engine over the levels that are wanted and can be had. One that cannot be had is a warning, not an error.
    ///
    /// - Parameters:
    ///   - makesCache: Whether a folder for the level on disk is made when there is none.
    ///   - workers: Threads for its stages; nil for its own.
    func makeEngine(
        makesCache: Bool, on workers: WorkerPool? = nil, environment: [String: String], console: Console
    ) -> Engine {
        if !spans { OpenSpan.isRecording = false }
        var levels: [any Store] = []
        if memory { levels.append(MemoryStore(byteLimit: memoryLimit, entryLimit: memoryEntries, quotas: quotas ?? [:])) }
        do throws(CacheDirectoryError) {
            if let store = try diskLevel(makesCache: makesCache, environment) { levels.append(store) }
        } catch {
            console.say("atelier: warning: \(error)")
        }
        if let store = redisLevel(console) { levels.append(store) }
        var configuration = Engine.Configuration(byteBudget: byteBudget, cachePolicy: cache)
        if let threads { configuration.workers = threads }
        guard let workers else { return Engine(levels: levels, configuration: configuration) }
        return Engine(levels: levels, configuration: configuration, on: workers)
    }

    /// What tells the cache directory of the engine's work; nil when it has none that may be written.
    func journal(of engine: Engine) -> CacheJournal? {
        guard cache == .on || cache == .refresh else { return nil }
        return engine.levels.lazy.compactMap { $0 as? DiskStore }.first.map { CacheJournal(of: engine, in: $0.directory) }
    }

    /// The level on disk; nil when none is wanted, or when there is none yet and none is to be made.
    private func diskLevel(makesCache: Bool, _ environment: [String: String]) throws(CacheDirectoryError) -> DiskStore? {
        guard disk, cache != .off else { return nil }
        let path = try cachePath(environment)
        guard makesCache || kind(of: path) != nil else { return nil }
        return DiskStore(in: try CacheDirectory(opening: path, writing: cache != .read), limit: diskLimit, quotas: quotas ?? [:])
    }

    /// The level on a server; nil when none is wanted or named. Nothing is connected yet; of a server that is away the first
    /// sentence is said, and the work goes on without.
    private func redisLevel(_ console: Console) -> RedisStore? {
        // A text that is no address was refused when the configuration was read.
        guard redis, cache != .off, let address = try? redisAddress else { return nil }
        var options = RedisOptions()
        options.prefix = redisPrefix ?? ""
        options.secondsKept = Int64(redisTTL)
        let isSaid = Lock(false)
        return RedisStore(at: address, options: options) { sentence in
            let isFirst = isSaid.withLock { said in
                defer { said = true }
                return !said
            }
            if isFirst { console.say("atelier: warning: \(printable(sentence))") }
        }
    }

    /// Where the server is and as whom to speak to it; nil when none is named.
    var redisAddress: RedisAddress? {
        get throws(RedisAddressError) {
            guard let redisURL else { return nil }
            return try RedisAddress(redisURL) { ["ATELIER_REDIS_USER": redisUser, "ATELIER_REDIS_PASSWORD": redisPassword][$0] ?? nil }
        }
    }

    /// Begins to warm an engine, when that is wanted; it gives way to everybody who asks for something. The caller cancels it.
    func warm(_ engine: Engine, from log: RequestLog) -> Task<WarmReport, Never>? {
        guard warming, warmingBudget > 0 else { return nil }
        let budget = Duration.seconds(warmingBudget), now = systemSeconds()
        return Task { await AtelierStages.warm(engine, from: log, budget: budget, now: now) }
    }

    /// Folder of the level on disk.
    func cachePath(_ environment: [String: String]) throws(CacheDirectoryError) -> String {
        try CacheDirectory.path(option: cacheDirectory) { environment[$0] }
    }
}
