import AtelierMemo
import AtelierScheduling
import AtelierService
import AtelierServing
import AtelierStages

/// Serves conversions and the studio over HTTP.
struct ServeCommand: Hashable, Sendable {
    /// Where it listens.
    var host: String? = nil
    var port = 8080
    /// Threads that read and write for clients.
    var serverThreads = 2
    /// Folder of uploads and jobs; nil for the user's folder of state.
    var data: String?
    /// Folder of the studio's files, instead of those in the program.
    var studio: String?
    /// How many conversions wait.
    var queue = 1000
    /// Most bytes of a body, and of all files that are kept.
    var bodyLimit = 256 << 20, storeLimit = 8 << 30
    /// Seconds of work that a client is kept waiting for.
    var syncLimit = 20.0
    /// Seconds that running work has to end in.
    var drain = 30
    /// Hosts that may be called back, with commas between them, and the file with what those calls are signed with.
    var webhookHosts: String?, webhookSecret: String?
    /// Whether such hosts may be in private networks.
    var webhookPrivate = false
    /// What every conversion starts from; of it, only limits are said here.
    var conversion = ConversionOptions()
    /// `said` and talk matter.
    var settings = Settings()

    static var options: [Option<ServeCommand>] {
        let group = "Service"
        return [
            .text(
                "host", \.host, "ADDRESS", group: group,
                "Where to listen: a numeric address, localhost, or * for all of the machine's; 127.0.0.1 unless said."),
            .integer("port", letter: "p", \.port, 0...65_535, group: group, "The port; 0 takes a free one."),
            .text(
                "data", \.data, "DIR", group: group,
                "Folder of uploads and jobs; $XDG_STATE_HOME/atelier (~/.local/state/atelier) unless said."),
            .integer("queue", \.queue, 1...1_000_000, unit: "conversions", group: group, "How many wait before others are refused."),
            .bytes("max-body", \.bodyLimit, group: group, "Largest body of a request."),
            .bytes("max-store", \.storeLimit, group: group, "Most bytes of uploaded files; those that no job names go first."),
            .number(
                "sync-limit", \.syncLimit, 0...3600, unit: "seconds", group: group,
                "What is expected to take longer becomes a job that the client asks for later."),
            .integer(
                "drain", \.drain, 0...3600, unit: "seconds", group: group, "How long running work may take to end when the service ends."),
            .text(
                "webhook-allow", \.webhookHosts, "HOSTS", group: group,
                "Hosts that clients may have told of the end of their jobs, such as hooks.example.org,*.example.com; none unless said."),
            .text(
                "webhook-secret", \.webhookSecret, "FILE", group: group,
                "File with the key that these messages are signed with (HMAC-SHA256), 16 bytes at least."),
            .flag(
                "webhook-private", \.webhookPrivate, group: group,
                "Lets these hosts be in private networks, and be spoken to without TLS."),
            .integer("server-threads", \.serverThreads, 1...256, group: group, "Threads that read and write for clients."),
            .text("studio", \.studio, "DIR", group: group, "Serves the studio's files from a folder, for those who work on them."),
        ] + ConversionOptions.limits.map { $0.of(\.conversion) } + Configuration.flags.map { $0.of(\.settings) }
    }

    /// Serves until the task is cancelled; then what runs ends.
    func run(
        _ configuration: Configuration, on workers: WorkerPool?, environment: [String: String], console: Console
    ) async throws -> ExitCode {
        let engine = configuration.makeEngine(makesCache: true, on: workers, environment: environment, console: console)
        let journal = configuration.journal(of: engine)
        let service = try Service(engine: engine, service(for: engine, environment, console))
        let address = "http://" + shownHost + ":\(service.port)/"
        console.say("atelier: listening on " + address)
        while !Task.isCancelled {
            // Cancelled, it ends with the loop.
            try? await Task.sleep(for: .seconds(60))
            journal?.write(ifOlderThan: 60)
        }
        // A task of its own, because this one is cancelled; awaited here.
        await Task {
            await service.drain(within: Double(drain))
            await service.stop()
        }.value
        journal?.write()
        return .done
    }

    private func service(
        for engine: Engine, _ environment: [String: String], _ console: Console
    ) throws(UsageError) -> ServiceConfiguration {
        let server = HTTPServer.Configuration(host: host ?? "127.0.0.1", port: UInt16(port), threads: serverThreads)
        var service = ServiceConfiguration(
            server: server, folder: try folder(environment), version: Command.version, slots: engine.configuration.workers)
        service.studioFolder = studio
        (service.bodyLimit, service.storeLimit) = (bodyLimit, storeLimit)
        (service.queue, service.syncLimit, service.conversion) = (queue, syncLimit, conversion)
        service.webhooks = try webhooks()
        service.tell = { console.say("atelier: \(printable($0))") }
        service.byteBudget = engine.configuration.byteBudget
        return service
    }

    private func webhooks() throws(UsageError) -> WebhookRules {
        var rules = WebhookRules()
        guard let webhookHosts else { return rules }
        rules.hosts = webhookHosts.lowercased().split(separator: ",").map { String($0.filter { $0 != " " }) }
        rules.allowsPrivate = webhookPrivate
        guard let file = webhookSecret else { throw UsageError("--webhook-allow wants a key to sign with: --webhook-secret FILE") }
        do { rules.secret = Array(try Blob.reading(path: file, limit: 4096).bytes) } catch {
            throw UsageError("--webhook-secret \(sentence(error))")
        }
        while let last = rules.secret.last, last == 0x0A || last == 0x0D { rules.secret.removeLast() }
        guard rules.secret.count >= 16 else { throw UsageError("--webhook-secret \(printable(file)): a key has 16 bytes at least") }
        return rules
    }

    private func folder(_ environment: [String: String]) throws(UsageError) -> String {
        if let data { return data }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/atelier" }
        if let home = environment["HOME"], !home.isEmpty { return home + "/.local/state/atelier" }
        throw UsageError("neither HOME nor XDG_STATE_HOME is set; say where uploads and jobs are kept with --data DIR")
    }

    /// The address as it stands in a URL.
    private var shownHost: String {
        let host = host ?? "127.0.0.1"
        return host == "*" ? "localhost" : host.contains(":") ? "[\(host)]" : host
    }
}

extension Invocation {
    /// How long a run may take to end when it is asked to.
    var secondsToEnd: Int { if case .serve(let command) = self { command.drain + 5 } else { 2 } }
}
