import AtelierMemo
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

    /// An engine over memory and, unless that cannot be had or is not wanted, the disk.
    func makeEngine(makesCache: Bool, environment: [String: String], console: Console) -> Engine {
        var levels: [any Store] = [MemoryStore()]
        disk: if settings.cache != .off {
            do throws(CacheDirectoryError) {
                let path = try CacheDirectory.path(option: settings.cacheDirectory) { environment[$0] }
                if !makesCache, kind(of: path) == nil { break disk }
                let directory = try CacheDirectory(opening: path, writing: settings.cache != .read)
                levels.append(DiskStore(in: directory, limit: diskLimit))
            } catch {
                console.say("atelier: warning: \(error)")
            }
        }
        var configuration = Engine.Configuration(cachePolicy: settings.cache)
        if let threads = settings.threads { configuration.workers = threads }
        return Engine(levels: levels, configuration: configuration)
    }
}
