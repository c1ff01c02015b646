import AtelierMemo
import AtelierScheduling
import AtelierService
import AtelierServing
import AtelierStages
import Synchronization

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
    /// How much a client may ask for, as `1800/m`, `off`, or nil for what suits the address; and how much at once.
    var rate: String?, burst: Int?
    /// What callers without a key may do; nil for what suits the address.
    var anonymous: String?
    /// Names by which the service is called, and servers in front of it, with commas between them.
    var hosts: String?, proxies: String?
    /// Whether requests are logged.
    var log = LogForm.json
    /// Where `/metrics` is served; nil for with everything else.
    var metricsPort: Int?
    /// Seconds that a request may wait for its turn, and that a conversion may work.
    var waitLimit = 60.0, workLimit = 600.0
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

    /// How the log is written.
    enum LogForm: String, CaseIterable { case json, off }

    /// Whom it hears, and how much of each.
    private static let guardOptions: [Option<ServeCommand>] = [
        .parsed(
            "rate", \.rate, "RATE", form: "a count for a second, minute or hour, such as 1800/m, or off", or: "auto", group: "Clients",
            "How much a client may ask for: a request counts as one, and as one more for each tenth of a second that a conversion is "
                + "predicted to work. auto is off for this machine alone, else 1800/m.",
            parse: { $0 == "off" || RateLimiter.Rate(written: $0, burst: nil) != nil ? $0 : nil }, text: { $0 }),
        .integer("burst", \.burst, 1...1_000_000, or: "auto", group: "Clients", "How much of it at once; auto is that of ten seconds."),
        .parsed(
            "anonymous", \.anonymous, "SCOPES", form: "read, convert, admin with commas between them, all, or none", or: "auto",
            group: "Clients",
            "What callers without a key may do. auto is none as soon as there are keys; else everything for this machine alone, and reading and "
                + "converting for others.", parse: { Scope.set(written: $0) == nil ? nil : $0 }, text: { $0 }),
        .text(
            "hosts", \.hosts, "NAMES", group: "Clients",
            "Names by which the service is called, beside addresses and localhost; others are refused without a key."),
        .text(
            "proxies", \.proxies, "ADDRESSES", group: "Clients",
            "Addresses of servers in front of it, whose X-Forwarded-For tells who the client is."),
        .number(
            "wait-limit", \.waitLimit, 0.001...86_400, unit: "seconds", group: "Clients",
            "How long a request may wait for its turn; one that would wait longer is refused at once."),
        .number("work-limit", \.workLimit, 0.001...86_400, unit: "seconds", group: "Clients", "How long a conversion may work."),
        .choice("log", \.log, group: "Service", "Lines of JSON about every request on standard error, or none."),
        .integer(
            "metrics-port", \.metricsPort, 0...65_535, or: "none", group: "Service",
            "Serves /metrics on a port of its own, without keys, and no longer with everything else."),
    ]

    /// All flags.
    static var options: [Option<ServeCommand>] { ownOptions + Configuration.flags.map { $0.of(\.settings) } }

    /// Those of this command alone, which `atelier.json` has under "serve".
    static var ownOptions: [Option<ServeCommand>] {
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
        ] + guardOptions + ConversionOptions.limits.map { $0.of(\.conversion) }
    }

    /// What holds before anything is said.
    init() {}

    /// Reads a command line behind `serve`.
    ///
    /// - Parameter base: What holds where flags say nothing.
    init(parsing arguments: ArraySlice<String>, over base: ServeCommand = ServeCommand()) throws(UsageError) {
        self = base
        let operands = try parse(arguments, options: Self.options, into: &self)
        if let operand = operands.first { throw UsageError("serve takes no \(printable(operand)); it answers requests") }
    }

    /// Serves until the task is cancelled; then what runs ends.
    func run(_ configuration: Configuration, environment: [String: String], console: Console) async throws -> ExitCode {
        Command.secondsToEnd.store(drain + 5, ordering: .relaxed)
        // With every processor at work, who asks is still answered at once.
        let background = WorkerPool(threads: 1, niceness: 5)
        let engine = configuration.makeEngine(makesCache: true, on: background, environment: environment, console: console)
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
            server: server, folder: try Self.folder(data, environment), version: Command.version, slots: engine.configuration.workers)
        service.profile = { timeline, form in
            let forms: [ProfileForm: ProfileFile.Form] = [.svg: .svg, .folded: .folded, .perfetto: .json]
            return forms[form]!.bytes(of: timeline, ["serve"])
        }
        service.access = try access
        service.log = log == .json ? ServiceLog() : nil
        if let metricsPort {
            service.metrics = HTTPServer.Configuration(host: server.host, port: UInt16(metricsPort), threads: 1)
        }
        (service.waitLimit, service.workLimit) = (waitLimit, workLimit)
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

    /// Whom it hears.
    private var access: AccessRules {
        get throws(UsageError) {
            var access = AccessRules()
            access.anonymous = anonymous.flatMap(Scope.set)
            access.hosts = names(hosts).map { $0.lowercased() }
            access.proxies = Set(names(proxies))
            switch rate {
            case "off": if burst != nil { throw UsageError("--burst says something about --rate, which is off") }
            case nil where isLoopback(host ?? "127.0.0.1"): if burst != nil { throw UsageError("--burst wants a --rate") }
            default: access.rate = RateLimiter.Rate(written: rate ?? "1800/m", burst: burst)
            }
            return access
        }
    }

    private func names(_ list: String?) -> [String] { list.map { $0.split(separator: ",").map(String.init) } ?? [] }

    /// The folder of a service's state.
    static func folder(_ data: String?, _ environment: [String: String]) throws(UsageError) -> String {
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
