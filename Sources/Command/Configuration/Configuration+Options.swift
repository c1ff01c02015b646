import AtelierMemo
import AtelierStages

extension Configuration {
    /// Everything that can be said. Of each there is a flag, a variable (`--memory-limit`, `ATELIER_MEMORY_LIMIT`) and a key of
    /// `atelier.json`.
    static let options: [Option<Configuration>] = [
        .choice(
            "preset", \.preset, group: "Engine",
            "Levels to use where nothing else is said: memory; memory and disk; all of them and warming."),
        .integer(
            "threads", letter: "j", aliases: ["jobs"], \.threads, 1...1024, or: "auto", group: "Engine",
            "Workers; auto means one for each processor."),
        .choice(
            "cache", \.cache, group: "Cache",
            "on reads and writes, read never writes, refresh makes everything again and writes, off does neither."),
        .flag("memory", \.memory, group: "Cache", "Keeps results in memory."),
        .bytes("memory-limit", \.memoryLimit, group: "Cache", "Most bytes kept in memory."),
        .integer("memory-entries", \.memoryEntries, 0...Int.max, unit: "entries", group: "Cache", "Most results kept in memory."),
        .flag("disk", \.disk, group: "Cache", "Keeps results on disk."),
        .text(
            "cache-dir", \.cacheDirectory, "DIR", group: "Cache",
            "Folder of the level on disk; without, $XDG_CACHE_HOME/atelier or ~/.cache/atelier."),
        .bytes("disk-limit", \.diskLimit, group: "Cache", "Most bytes kept on disk."),
    ]

    /// The flags of commands that use the cache. They note what was said, because files and environment go under it.
    static var flags: [Option<Settings>] {
        options.map { option in
            option.kept(
                read: { [name = option.name, read = option.read] in $0.said[name] ?? read(Configuration()) },
                write: { [name = option.name] in $0.said[name] = $1 })
        }
    }
}

extension Option where Options == Configuration {
    /// The variable of the environment that sets it: `ATELIER_MEMORY_LIMIT`.
    var variable: String {
        "ATELIER_" + String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 & ~0x20 }, as: UTF8.self)
    }
}
