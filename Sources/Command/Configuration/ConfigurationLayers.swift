import AtelierJSON
import AtelierStages

/// Everything that is said about the configuration, by whom.
///
/// Of two layers that say something of the same option the later one holds: built-in defaults, the preset, the user's
/// file, the nearest `atelier.json` at or above the working directory, the environment, flags.
struct ConfigurationLayers: Hashable, Sendable {
    /// Who says something.
    enum Origin: Hashable, Sendable {
        case preset(Preset)
        case file(String)
        case environment
        case flags

        /// What messages call an option that was said here.
        func shown(_ option: String) -> String {
            switch self {
            case .preset(let preset): "preset \(preset.rawValue)"
            case .file(let path): "\(printable(path)): \(option)"
            case .environment: variable(of: option)
            case .flags: "--\(option)"
            }
        }
    }

    /// What one of them says, by name of option.
    struct Layer: Hashable, Sendable {
        var origin: Origin, values: [String: OptionValue]
    }

    /// Later ones hold.
    private(set) var layers: [Layer]

    /// Puts the preset that the highest layer names under all of them.
    init(_ said: [Layer]) {
        layers = said
        var chosen = Configuration().preset
        if case .text(let word)? = said.last(where: { $0.values["preset"] != nil })?.values["preset"] {
            chosen = Preset(rawValue: word) ?? chosen
        }
        layers.insert(Layer(origin: .preset(chosen), values: chosen.values), at: 0)
    }

    /// What holds.
    var configuration: Configuration { Configuration(layers) }

    /// Who said what holds for an option; nil for the built-in default.
    ///
    /// - Parameter option: Its name; of a section's with that before it.
    func origin(of option: String) -> Origin? { layers.last { $0.values[option] != nil }?.origin }
}

extension Configuration {
    /// The defaults, with what layers say over them.
    fileprivate init(_ layers: [ConfigurationLayers.Layer]) {
        self.init()
        for option in Configuration.options {
            if let value = layers.lazy.reversed().compactMap({ $0.values[option.name] }).first { option.write(&self, value) }
        }
    }
}

// MARK: - Reading the sources

extension ConfigurationLayers {
    /// Reads the files and the environment and puts the flags over them.
    ///
    /// - Parameters:
    ///   - flags: What was said on the command line, by name of option.
    ///   - workingDirectory: Where the search for `atelier.json` begins; nil for nowhere.
    ///   - warn: Told of what is passed over.
    init(
        flags: [String: OptionValue], environment: [String: String], workingDirectory: String?, warn: (String) -> Void
    ) throws(UsageError) {
        let files = ConfigurationFiles(environment: environment, workingDirectory: workingDirectory)
        var layers: [Layer] = []
        if let path = files.user, let values = try ConfigurationFiles.values(in: path, home: environment["HOME"]) {
            layers.append(Layer(origin: .file(path), values: values))
        }
        if let path = files.project, let folder = workingDirectory {
            if ConfigurationFiles.isForeign(path, above: folder) {
                warn("atelier: warning: \(printable(path)) belongs to another user and is not read")
            } else if let values = try ConfigurationFiles.values(in: path, home: environment["HOME"]) {
                layers.append(Layer(origin: .file(path), values: values))
            }
        }
        let variables = try ConfigurationLayers.variables(environment, warn: warn)
        if !variables.isEmpty { layers.append(Layer(origin: .environment, values: variables)) }
        if !flags.isEmpty { layers.append(Layer(origin: .flags, values: flags)) }
        self.init(layers)
        try checkRedis()
    }

    /// Refuses an address that is none, and a Redis that somebody wants and nobody names. A preset only wants what there is.
    private func checkRedis() throws(UsageError) {
        let configuration = configuration
        guard let origin = layers.last(where: { $0.values["redis-url"] != nil })?.origin else {
            guard configuration.redis, let origin = layers.last(where: { $0.values["redis"] != nil })?.origin else { return }
            if case .preset = origin { return }
            throw UsageError("\(origin.shown("redis")) wants a Redis, and redis-url does not say where it is")
        }
        do { _ = try configuration.redisAddress } catch { throw UsageError("\(origin.shown("redis-url")): \(sentence(error))") }
    }

    /// What variables say. An empty one counts as unset; one that only begins like ours may belong to another version, or be
    /// misspelt, so it is a warning.
    private static func variables(
        _ environment: [String: String], warn: (String) -> Void
    ) throws(UsageError) -> [String: OptionValue] {
        var values: [String: OptionValue] = [:]
        let ours = environment.filter { $0.key.hasPrefix("ATELIER_") && !$0.value.isEmpty }
        guard !ours.isEmpty else { return values }
        let options = Configuration.options, variables = options.map { variable(of: $0.name) }
        for name in ours.keys.sorted() where !variables.contains(name) {
            let question = closest(to: name, in: variables).map { " (did you mean \($0)?)" } ?? ""
            warn("atelier: warning: there is no variable \(printable(name))\(question)")
        }
        for option in options {
            guard let text = ours[variable(of: option.name)] else { continue }
            do { values[option.name] = try option.value(from: text, called: variable(of: option.name)) } catch {
                throw UsageError(error.description)
            }
        }
        return values
    }
}
