import AtelierStages

/// What `atelier.json` says of one command, as an object in it: `{"serve": {"rate": "1800/m"}, "batch": {"retries": 2}}`.
enum ConfigurationSection: String, CaseIterable, Sendable {
    /// `atelier serve`.
    case serve
    /// Commands that take many inputs.
    case batch

    /// What its settings are called among those of all sections.
    func path(of option: String) -> String { "\(rawValue).\(option)" }

    /// An example of it.
    var example: String {
        switch self {
        case .serve: #"{"serve": {"rate": "1800/m"}}"#
        case .batch: #"{"batch": {"retries": 2}}"#
        }
    }
}

extension Settings {
    /// What holds for all runs over many inputs; the other flags say what one run does.
    static var batchDefaults: [Option<Settings>] { batchOptions.filter { ["item-timeout", "retries"].contains($0.name) } }
}

extension ConfigurationLayers {
    /// What files say of a command, over its defaults; flags are read over that.
    func settings<Root>(_ defaults: Root, _ options: [Option<Root>], of section: ConfigurationSection) -> Root {
        var settings = defaults
        for option in options {
            let path = section.path(of: option.name)
            if let value = layers.lazy.reversed().compactMap({ $0.values[path] }).first { option.write(&settings, value) }
        }
        return settings
    }

    /// Whether files say something of a command.
    func says(_ section: ConfigurationSection) -> Bool {
        layers.contains { $0.values.keys.contains { $0.hasPrefix(section.path(of: "")) } }
    }
}
