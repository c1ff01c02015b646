import AtelierMemo
import AtelierStages
import Testing

@testable import AtelierCommand

/// What `body` refuses, as the person at the command line reads it.
func refusal(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "no error"
}

/// A folder with a user's file and a project's file, and what comes of them.
private struct Place {
    let scratch = Scratch()
    var environment: [String: String] = [:]
    var flags: [String: OptionValue] = [:]
    /// Where the command is run, below the scratch folder.
    var folder = "home/project/deep/er"

    init() { scratch.write("", to: folder + "/here") }

    func userFile(_ text: String) { scratch.write(text, to: "home/.config/atelier/atelier.json") }
    func projectFile(_ text: String) { scratch.write(text, to: "home/project/atelier.json") }

    var layers: ConfigurationLayers {
        get throws {
            var environment = environment
            environment["HOME"] = scratch["home"]
            return try ConfigurationLayers(
                flags: flags, environment: environment, workingDirectory: scratch[folder], warn: { Issue.record("\($0)") })
        }
    }
}

@Suite("Layers of the configuration")
struct ConfigurationLayersTests {
    @Test("Of every set of sources the highest holds, and says who it is")
    func precedence() throws {
        // Bit by bit: user's file, project's file, environment, flags.
        for sources in 0..<16 {
            var place = Place()
            if sources & 1 != 0 { place.userFile(#"{"memory-entries": 1}"#) }
            if sources & 2 != 0 { place.projectFile(#"{"memory_entries": 2}"#) }
            if sources & 4 != 0 { place.environment["ATELIER_MEMORY_ENTRIES"] = "3" }
            if sources & 8 != 0 { place.flags["memory-entries"] = .integer(4) }
            let layers = try place.layers, option = try #require(Configuration.options.first { $0.name == "memory-entries" })
            let highest = (0..<4).last { sources & 1 << $0 != 0 }
            #expect(layers.configuration.memoryEntries == highest.map { $0 + 1 } ?? Configuration().memoryEntries, "sources \(sources)")
            let origins: [ConfigurationLayers.Origin] = [
                .file(place.scratch["home/.config/atelier/atelier.json"]), .file(place.scratch["home/project/atelier.json"]),
                .environment, .flags,
            ]
            #expect(layers.origin(of: option.name) == highest.map { origins[$0] }, "sources \(sources)")
        }
    }

    @Test("Sources say different things side by side")
    func together() throws {
        var place = Place()
        place.userFile(#"{"threads": 3, "disk-limit": "1GiB", "memory-limit": 4096}"#)
        place.projectFile(#"{"disk-limit": "2 GB", "threads": "auto"}"#)
        place.environment = ["ATELIER_CACHE": "read", "ATELIER_DISK": "", "ATELIER_BYTE_BUDGET": "1GiB"]
        place.flags = ["memory": .flag(false)]
        let configuration = try place.layers.configuration
        #expect(configuration.threads == nil && configuration.diskLimit == 2_000_000_000 && configuration.memoryLimit == 4096)
        #expect(configuration.cache == .read && configuration.disk && !configuration.memory)
        #expect(configuration.byteBudget == 1 << 30)
    }

    @Test("Without any source the defaults hold, under the preset for the command line")
    func nothing() throws {
        let layers = try Place().layers
        #expect(layers.configuration == Configuration())
        #expect(layers.configuration.preset == .aggressive)
    }

    @Test("A preset may be named anywhere, lies under everything else that is said, and the highest name holds", arguments: 0..<4)
    func presets(source: Int) throws {
        var place = Place()
        place.userFile(source == 0 ? #"{"preset": "conservative", "disk": true}"# : #"{"preset": "ludicrous"}"#)
        if source == 1 { place.projectFile(#"{"preset": "conservative"}"#) }
        if source == 2 { place.environment["ATELIER_PRESET"] = "conservative" }
        if source == 3 { place.flags["preset"] = .text("conservative") }
        let configuration = try place.layers.configuration
        #expect(configuration.preset == .conservative)
        #expect(configuration.disk == (source == 0) && configuration.memory)
    }

    @Test("Every preset sets only options there are, to values they accept", arguments: Preset.allCases)
    func presetValues(preset: Preset) {
        let options = Configuration.options
        for (name, value) in preset.values {
            guard let option = options.first(where: { $0.name == name }) else {
                Issue.record("there is no option \(name)")
                continue
            }
            var configuration = Configuration()
            option.write(&configuration, value)
            #expect(option.read(configuration) == value)
        }
    }

    @Test("Every option has a variable of its own, read as a command line is")
    func variables() throws {
        var place = Place()
        let given = [
            "ATELIER_PRESET": "conservative", "ATELIER_THREADS": "7", "ATELIER_CACHE": "off", "ATELIER_MEMORY": "off",
            "ATELIER_MEMORY_LIMIT": "1.5GiB", "ATELIER_MEMORY_ENTRIES": "9", "ATELIER_DISK": "on", "ATELIER_CACHE_DIR": "rel/ative",
            "ATELIER_DISK_LIMIT": "64k", "ATELIER_REDIS": "on", "ATELIER_REDIS_URL": "redis://host", "ATELIER_REDIS_USER": "me",
            "ATELIER_REDIS_PASSWORD": "secret", "ATELIER_REDIS_PREFIX": "a:", "ATELIER_REDIS_TTL": "60",
            "ATELIER_QUOTAS": "web=1MiB,studio=2GiB", "ATELIER_WARMING": "on", "ATELIER_WARMING_BUDGET": "5", "ATELIER_BYTE_BUDGET": "3MiB",
            "ATELIER_SPANS": "off",
        ]
        place.environment = given
        let layers = try place.layers, configuration = layers.configuration
        #expect(configuration.preset == .conservative && configuration.threads == 7 && configuration.cache == .off)
        #expect(configuration.byteBudget == 3 << 20)
        #expect(!configuration.memory && configuration.memoryLimit == 3 << 29 && configuration.memoryEntries == 9)
        #expect(configuration.disk && configuration.cacheDirectory == "rel/ative" && configuration.diskLimit == 65_536)
        #expect(configuration.redis && configuration.redisURL == "redis://host" && configuration.redisUser == "me")
        #expect(configuration.redisPassword == "secret" && configuration.redisPrefix == "a:" && configuration.redisTTL == 60)
        #expect(configuration.warming && configuration.warmingBudget == 5 && !configuration.spans)
        #expect(configuration.quotas == ["web": 1 << 20, "studio": 2 << 30])
        for option in Configuration.options {
            #expect(given[variable(of: option.name)] != nil, "\(option.name)")
            #expect(layers.origin(of: option.name) == .environment)
        }
    }

    @Test("A variable that cannot be followed is named as it was written")
    func badVariable() {
        var place = Place()
        place.environment = ["ATELIER_MEMORY_LIMIT": "much"]
        #expect(refusal { _ = try place.layers } == "ATELIER_MEMORY_LIMIT wants a size such as 512MiB or 2GB, not much")
    }

    @Test(
        "Quotas that are none are refused",
        arguments: ["", "web", "web=", "=1k", "web=much", "web=1k,", "web=1k,web=2k", "web=1k;studio=1k", "a=b=1k"])
    func badQuotas(text: String) throws {
        let option = try #require(Configuration.options.first { $0.name == "quotas" })
        #expect(throws: OptionError.self) { try option.value(from: text) }
    }

    @Test("An address that is none is refused without being repeated, and a Redis that is wanted has to be named")
    func redis() throws {
        var place = Place()
        place.environment["ATELIER_REDIS_URL"] = "http://me:secret@host"
        let malformed = refusal { _ = try place.layers }
        #expect(malformed.hasPrefix("ATELIER_REDIS_URL: ") && !malformed.contains("secret"))
        place.environment = [:]
        place.userFile(#"{"redis": true}"#)
        #expect(
            refusal { _ = try place.layers }
                == "\(place.scratch["home/.config/atelier/atelier.json"]): redis wants a Redis, and redis-url does not say where it is")
        place.userFile(#"{"redis-password": 12}"#)
        #expect(refusal { _ = try place.layers }.hasSuffix(#": "redis-password" wants TEXT"#))
        // A preset wants what there is.
        place.userFile(#"{"preset": "ludicrous"}"#)
        let configuration = try place.layers.configuration
        #expect(configuration.redis && configuration.redisURL == nil)
        #expect(
            configuration.makeEngine(makesCache: false, environment: [:], console: place.scratch.console()).levels.map(\.name) == ["memory"]
        )
    }

    @Test("Switches decide which levels an engine has, and in which order", arguments: 0..<8)
    func levels(switches: Int) {
        let scratch = Scratch()
        var configuration = Configuration()
        (configuration.memory, configuration.disk, configuration.redis) = (switches & 1 != 0, switches & 2 != 0, switches & 4 != 0)
        configuration.cacheDirectory = scratch["cache"]
        configuration.redisURL = "unix:" + scratch["socket"]
        func names() -> [String] {
            configuration.makeEngine(makesCache: true, environment: [:], console: scratch.console()).levels.map(\.name)
        }
        #expect(names() == (0..<3).filter { switches & 1 << $0 != 0 }.map { ["memory", "disk", "redis"][$0] })
        configuration.cache = .off
        #expect(names() == (switches & 1 != 0 ? ["memory"] : []))
    }

    @Test("A variable that only begins like ours is a warning with the nearest name")
    func strangeVariable() throws {
        var warnings: [String] = []
        let layers = try ConfigurationLayers(
            flags: [:], environment: ["ATELIER_MEMROY": "off", "ATELIER_X": ""], workingDirectory: nil, warn: { warnings.append($0) })
        #expect(layers.configuration == Configuration())
        #expect(warnings == ["atelier: warning: there is no variable ATELIER_MEMROY (did you mean ATELIER_MEMORY?)"])
    }

    @Test("Names of options, of variables and of flags are unique, and every default is a value its option accepts")
    func schema() throws {
        let options = Configuration.options
        #expect(Set(options.map(\.name)).count == options.count && Set(options.map { variable(of: $0.name) }).count == options.count)
        for option in options {
            let value = option.read(Configuration())
            if let text = option.text(of: value) { #expect(try option.value(from: text) == value, "\(option.name)") }
        }
    }
}
