import AtelierMemo
import AtelierStages

extension Configuration {
    /// Everything that can be said. Of each there is a variable (`ATELIER_MEMORY_LIMIT`), a key of `atelier.json`
    /// (`memory-limit`) and, the password apart, a flag (`--memory-limit`).
    static let options: [Option<Configuration>] = [
        .choice(
            "preset", \.preset, group: "Engine",
            "Levels to use where nothing else is said: memory; memory and disk; all of them and warming."),
        .integer(
            "threads", letter: "j", aliases: ["jobs"], \.threads, 1...1024, or: "auto", group: "Engine",
            "Workers; auto means one for each processor."),
        .flag("spans", \.spans, group: "Engine", "Threads note what they do, for profiles; costs less than 1 %."),
        .bytes(
            "byte-budget", \.byteBudget, group: "Engine",
            "Most bytes that steps hold together while they run; what needs more runs alone."),
        .choice(
            "cache", \.cache, group: "Cache",
            "on reads and writes, read never writes, refresh makes everything again and writes, off does neither."),
        .flag("memory", \.memory, group: "Cache", "Keeps results in memory."),
        .bytes("memory-limit", \.memoryLimit, group: "Cache", "Most bytes kept in memory."),
        .integer("memory-entries", \.memoryEntries, 0...Int.max, group: "Cache", "Most results kept in memory."),
        .flag("disk", \.disk, group: "Cache", "Keeps results on disk."),
        .text(
            "cache-dir", \.cacheDirectory, "DIR", group: "Cache",
            "Folder of the level on disk; without, $XDG_CACHE_HOME/atelier or ~/.cache/atelier."),
        .bytes("disk-limit", \.diskLimit, group: "Cache", "Most bytes kept on disk."),
        .flag("redis", \.redis, group: "Cache", "Keeps results on a Redis that machines share; --redis-url names it."),
        .text(
            "redis-url", \.redisURL, "URL", group: "Cache",
            "redis://[user:password@]host[:port][/db] or unix:/path; a password is better in $ATELIER_REDIS_PASSWORD."
        ).secret,
        .text("redis-user", \.redisUser, "NAME", group: "Cache", "User of the Redis, where its URL names none."),
        .text(passwordName, \.redisPassword, "TEXT", group: "Cache", "Password of the Redis, where its URL has none.").secret,
        .text("redis-prefix", \.redisPrefix, "TEXT", group: "Cache", "Stands before every key, for several projects in one Redis."),
        .integer(
            "redis-ttl", \.redisTTL, 1...315_360_000, unit: "seconds", group: "Cache",
            "How long the Redis keeps what nobody uses."),
        .flag(
            "warming", \.warming, group: "Cache",
            "Brings what is asked for most nearer while nobody waits: here while standard input is awaited."),
        .integer(
            "warming-budget", \.warmingBudget, 0...86_400, unit: "seconds", group: "Cache", "How long that may take after a start."),
        .parsed(
            "quotas", \.quotas, "LIST", form: "NAME=SIZE, with commas between several", or: "none", group: "Cache",
            "Most bytes of partitions, in memory and on disk each.", parse: partitionQuotas(written:), text: written(partitionQuotas:)),
    ]

    /// There is no flag of it: other users of the machine see the arguments of a process.
    private static let passwordName = "redis-password"

    /// The flags of commands that use the cache. They note what was said, because files and environment go under it.
    static var flags: [Option<Settings>] {
        options.filter { $0.name != passwordName }.map { option in
            option.kept(
                read: { [name = option.name, read = option.read] in $0.said[name] ?? read(Configuration()) },
                write: { [name = option.name] in $0.said[name] = $1 })
        }
    }
}

/// The variable of the environment that sets an option: `ATELIER_MEMORY_LIMIT` for `memory-limit`.
func variable(of option: String) -> String {
    "ATELIER_" + String(decoding: option.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 & ~0x20 }, as: UTF8.self)
}

/// Reads `studio=2GiB,web=500MiB`; nil when a part is no name and size, or a name stands twice.
private func partitionQuotas(written text: String) -> [String: Int]? {
    var quotas: [String: Int] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let pair = part.split(separator: "=", omittingEmptySubsequences: false)
        guard pair.count == 2, !pair[0].isEmpty, let count = byteCount(written: String(pair[1])),
            quotas.updateValue(count, forKey: String(pair[0])) == nil
        else { return nil }
    }
    return quotas
}

/// As `partitionQuotas(written:)` reads it, by name.
private func written(partitionQuotas quotas: [String: Int]) -> String {
    quotas.sorted { $0.key < $1.key }.map { "\($0.key)=\(written(byteCount: $0.value))" }.joined(separator: ",")
}
