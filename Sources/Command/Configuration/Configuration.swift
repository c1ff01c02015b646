import AtelierMemo
import AtelierStages

/// Where results are kept and how hard the machine is worked: what decides when a result comes, and never what it is.
///
/// A value of it is made from layers (`ConfigurationLayers`): the built-in defaults are those below, and a preset, files,
/// environment and flags go over them.
struct Configuration: Hashable, Sendable {
    /// Which set of switches lies under everything that is said.
    var preset = Preset.aggressive
    /// How the cache is used.
    var cache = CachePolicy.on
    /// Workers of the engine; nil for one for each processor.
    var threads: Int?
    /// Bytes that running steps may hold together.
    var byteBudget = 2 << 30

    /// Whether threads note what they do, for profiles.
    var spans = true

    /// Whether there is a level in memory.
    var memory = true
    /// Most bytes and most entries of the level in memory.
    var memoryLimit = 512 << 20, memoryEntries = 1 << 20

    /// Whether there is a level on disk.
    var disk = true
    /// Folder of the level on disk; nil for the user's cache folder.
    var cacheDirectory: String?
    /// Most bytes of the level on disk.
    var diskLimit = 5 << 30

    /// Whether there is a level on the server of `redisURL`.
    var redis = false
    /// The server; nil for none.
    var redisURL: String?
    /// As whom to speak to it, where `redisURL` does not say.
    var redisUser: String?, redisPassword: String?
    /// Stands before every key.
    var redisPrefix: String?
    /// Seconds an entry is kept on the server since it was last used.
    var redisTTL = 7 * 86_400

    /// Whether what is asked for most is brought nearer while nobody waits.
    var warming = false
    /// Seconds that may take after a start.
    var warmingBudget = 30

    /// Most bytes of each partition in memory, and as many on disk; nil for no quotas.
    var quotas: [String: Int]?
}
