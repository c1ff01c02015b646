import AtelierStages

/// A named set of switches. What is said anywhere else goes over it.
enum Preset: String, CaseIterable, Sendable {
    /// Nothing outlives the process.
    case conservative
    /// What is made once is found by every later run of this user.
    case aggressive
    /// Everything there is: a server shared by machines, and memory filled before anybody asks.
    case ludicrous

    /// What it says, by name of option.
    var values: [String: OptionValue] {
        switch self {
        case .conservative: ["memory": .flag(true), "disk": .flag(false), "redis": .flag(false), "warming": .flag(false)]
        case .aggressive: ["memory": .flag(true), "disk": .flag(true), "redis": .flag(false), "warming": .flag(false)]
        case .ludicrous:
            ["memory": .flag(true), "disk": .flag(true), "redis": .flag(true), "warming": .flag(true), "threads": .absent]
        }
    }

    /// Sets its switches, whatever they were.
    func apply(to configuration: inout Configuration) {
        let values = values
        for option in Configuration.options {
            if let value = values[option.name] { option.write(&configuration, value) }
        }
    }
}
