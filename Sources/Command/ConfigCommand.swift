import AtelierJSON
import AtelierMemo
import AtelierStages

/// Shows the configuration.
struct ConfigCommand: ActingCommand, Hashable, Sendable {
    /// What is shown: every value, or where the files are.
    enum Action: String, CaseIterable { case show, path }

    var action: Action
    /// `said` and `json` matter.
    var settings = Settings()
    /// Whether it is shown who says so.
    var showsOrigin = false

    /// The options that this action alone takes.
    static func options(of action: Action) -> [Option<ConfigCommand>] {
        switch action {
        case .show: [.flag("origin", \.showsOrigin, group: "Talk", "Says beside each value who set it.")]
        case .path: []
        }
    }

    /// The options that both take.
    static var sharedOptions: [Option<ConfigCommand>] {
        (Configuration.flags + Settings.talkOptions.filter { $0.name == "json" }).map { $0.of(\.settings) }
    }

    /// Prints it.
    func run(_ layers: ConfigurationLayers, environment: [String: String], console: Console) throws -> ExitCode {
        switch action {
        case .show: try show(layers, environment, console)
        case .path: try showFiles(environment, console)
        }
        return .done
    }

    private func show(_ layers: ConfigurationLayers, _ environment: [String: String], _ console: Console) throws(SystemError) {
        var configuration = layers.configuration
        // A folder that nobody names is one of the system's; without a home there is none to show.
        if configuration.cacheDirectory == nil { configuration.cacheDirectory = try? configuration.cachePath(environment) }
        let serve = layers.settings(ServeCommand(), ServeCommand.ownOptions, of: .serve)
        let batch = layers.settings(Settings(), Settings.batchDefaults, of: .batch)
        let rows =
            Configuration.options.map { Row($0, of: configuration, in: nil, layers) }
            + ServeCommand.ownOptions.map { Row($0, of: serve, in: .serve, layers) }
            + Settings.batchDefaults.map { Row($0, of: batch, in: .batch, layers) }
        if settings.json {
            let options = JSON.array(rows.map(\.json))
            try console.write(JSON.object(["version": .integer(1), "options": options]).prettyBytes)
        } else {
            let texts = rows.map(\.text), width = texts.map(\.count).max() ?? 0
            let nameWidth = 2 + (rows.map(\.name.count).max() ?? 0)
            for (row, text) in zip(rows, texts) {
                let line = row.name.padded(to: nameWidth) + (showsOrigin ? text.padded(to: width + 2) + row.originText : text)
                try console.write(line + "\n")
            }
        }
    }

    private func showFiles(_ environment: [String: String], _ console: Console) throws(SystemError) {
        let files = ConfigurationFiles(environment: environment, workingDirectory: ConfigurationFiles.workingDirectory)
        if settings.json {
            let user: JSON? = files.user.map { .object(["path": .string($0), "exists": .bool(kind(of: $0) != nil)]) }
            let project: JSON? = files.project.map { .object(["path": .string($0), "exists": .bool(true)]) }
            try console.write(JSON.object(["version": .integer(1), "user": user, "project": project]).text + "\n")
        } else {
            let user = files.user.map { printable($0) + (kind(of: $0) == nil ? " (not there)" : "") }
            try console.write("user     \(user ?? "none: neither HOME nor XDG_CONFIG_HOME is set")\n")
            let project = files.project.map(printable)
            try console.write("project  \(project ?? "none: no atelier.json at or above this folder")\n")
        }
    }
}

/// One option with what holds for it.
private struct Row {
    let name: String
    /// The value as it may be shown: of a secret only that there is one.
    let value: OptionValue, text: String
    let originText: String

    init<Root>(_ option: Option<Root>, of root: Root, in section: ConfigurationSection?, _ layers: ConfigurationLayers) {
        name = section?.path(of: option.name) ?? option.name
        let value = option.read(root)
        if option.isSecret, case .text(let text) = value {
            self.value = .text(option.name == "redis-url" ? masked(address: text) : "***")
        } else {
            self.value = value
        }
        text = printable(option.text(of: self.value) ?? "none")
        originText = layers.origin(of: name)?.shown(name) ?? "default"
    }

    var json: JSON {
        let json: JSON =
            switch value {
            case .absent: .null
            case .flag(let on): .bool(on)
            case .integer(let number): .integer(number)
            case .number(let number): .number(number)
            case .text(let text): .string(text)
            }
        return .object(["name": .string(name), "value": json, "origin": .string(originText)])
    }
}

/// An address as it may be shown: without its password.
func masked(address: String) -> String {
    guard let at = address.lastIndex(of: "@") else { return address }
    guard address.hasPrefix("redis://") else { return "***" }
    let user = address[..<at].dropFirst("redis://".count).prefix { $0 != ":" }
    return "redis://" + user + (user.endIndex == at ? "" : ":***") + address[at...]
}

extension String {
    /// With spaces behind it, so that a column is that wide.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
