import AtelierTelemetry

/// Something worth changing, with the number that says so.
public struct Recommendation: Sendable, Hashable {
    /// What it is about, for programs.
    public enum Topic: String, Sendable, CaseIterable {
        /// A level would find more with more room.
        case moreRoom
        /// A level has more room than anything uses.
        case lessRoom
        /// A level takes longer to answer than making takes.
        case slowLevel
        /// A level cannot be asked.
        case unavailable
        /// Entries expire before they are asked for again.
        case expired
        /// Tags are invalidated more often than their entries are used.
        case invalidated
        /// Entries fail their checks.
        case damaged
        /// Another version wrote them.
        case otherVersion
        /// A level cannot keep what it is given.
        case noRoom
        /// Entries are too large for a level.
        case tooLarge
        /// Next to nothing is asked for twice.
        case neverSeen
    }

    /// What it is about.
    public var topic: Topic
    /// Name of the level; nil for one about all of them.
    public var level: String?
    /// One sentence: the number, and what would help.
    public var text: String
}

extension Recommendation {
    /// Fewer look-ups than this say nothing about a share of them.
    private static let fewest = 200

    /// What the numbers say, the most telling first for each level, in the order of the levels.
    ///
    /// - Parameters:
    ///   - statistics: What was done.
    ///   - contents: By name, what levels hold now, as far as they know.
    public static func all(from statistics: Statistics, contents: [String: StoreContents] = [:]) -> [Recommendation] {
        var found: [Recommendation] = []
        for level in statistics.levels { found += ofLevel(level, statistics, contents[level.name]) }
        let asked = statistics.allHits + statistics.misses
        if asked >= fewest, let rate = statistics.hitRate, rate < 0.02 {
            found.append(
                .init(
                    topic: .neverSeen, level: nil,
                    text: "\(percent(1 - rate)) of \(asked) requests were asked for the first time: a cache saves nothing here, "
                        + "--cache off spares its upkeep"))
        }
        return found
    }

    private static func ofLevel(_ level: LevelStatistics, _ statistics: Statistics, _ contents: StoreContents?) -> [Recommendation] {
        var found: [Recommendation] = []
        func say(_ topic: Topic, _ text: String) { found.append(Recommendation(topic: topic, level: level.name, text: text)) }
        let misses = level.allMisses, asked = level.hits + misses, puts = level.puts.values.reduce(0, +)
        func missed(_ reason: MissReason) -> Int { level.misses[reason] ?? 0 }
        func isTelling(_ count: Int, of all: Int, atLeast share: Double) -> Bool {
            all >= fewest && Double(count) >= share * Double(all)
        }

        // A level may have counted ghosts for longer than its history reaches back.
        let ghosts = min(level.ghostHits, misses)
        let moreRoom =
            ["memory", "disk"].contains(level.name)
            ? "raise its limit (--\(level.name)-limit)" : "raise the limit of its server (maxmemory)"

        if isTelling(missed(.unavailable), of: asked, atLeast: 0.02) {
            say(
                .unavailable,
                "\(level.name) could not be asked in \(percent(missed(.unavailable), of: asked)) of look-ups: see that it runs and is reachable, "
                    + "or switch it off")
        }
        if level.hitLatency.count >= UInt64(fewest), statistics.runs >= fewest, statistics.nanosecondsSpent > 0 {
            let answer = level.hitLatency.quantile(0.5), saved = level.nanosecondsSaved / level.hitLatency.count
            if saved < answer {
                say(
                    .slowLevel,
                    "\(level.name) answers in \(duration(answer)) what is made in \(duration(saved)): raise the cost from which it is used, "
                        + "or switch it off")
            }
        }
        if isTelling(ghosts, of: misses, atLeast: 0.05) {
            say(.moreRoom, "\(percent(ghosts, of: misses)) of \(level.name) misses would have been hits at twice the size: \(moreRoom)")
        } else if isTelling(missed(.evicted), of: misses, atLeast: 0.2) {
            say(.moreRoom, "\(percent(missed(.evicted), of: misses)) of \(level.name) misses had to make room: \(moreRoom)")
        } else if let contents, let limit = contents.byteLimit, asked >= 10 * fewest, level.evictions == 0, contents.evictions == 0,
            contents.bytes < limit / 20, contents.bytes > 0
        {
            say(
                .lessRoom,
                "\(level.name) uses \(percent(contents.bytes, of: limit)) of its room and nothing had to go: its limit can be lowered")
        }
        if isTelling(missed(.expired), of: misses, atLeast: 0.1) {
            say(
                .expired,
                "\(percent(missed(.expired), of: misses)) of \(level.name) misses had expired before they were used: raise their time to live"
            )
        }
        if isTelling(missed(.invalidated), of: misses, atLeast: 0.2) {
            say(
                .invalidated,
                "\(percent(missed(.invalidated), of: misses)) of \(level.name) misses were invalidated by a tag: use narrower tags, "
                    + "such as font/Lato instead of font")
        }
        // Once is too often: bytes do not change by themselves.
        if missed(.damaged) > 0, asked >= fewest {
            say(
                .damaged,
                "\(missed(.damaged)) of \(asked) look-ups in \(level.name) found a damaged entry: run atelier cache verify, and check the medium"
            )
        }
        if isTelling(missed(.otherVersion), of: misses, atLeast: 0.1) {
            say(
                .otherVersion,
                "\(percent(missed(.otherVersion), of: misses)) of \(level.name) misses were another version: nothing to do, they are remade once"
            )
        }
        if isTelling(level.puts[.noRoom] ?? 0, of: puts, atLeast: 0.02) {
            say(
                .noRoom,
                "\(percent(level.puts[.noRoom] ?? 0, of: puts)) of entries for \(level.name) found no room: free the disk, or raise the quota of "
                    + "their partition")
        }
        if isTelling(level.puts[.tooLarge] ?? 0, of: puts, atLeast: 0.05) {
            say(
                .tooLarge,
                "\(percent(level.puts[.tooLarge] ?? 0, of: puts)) of entries for \(level.name) are larger than it takes: \(moreRoom)")
        }
        return found
    }
}

private func percent(_ part: Int, of whole: Int) -> String { percent(Double(part) / Double(max(1, whole))) }

private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

/// Two digits of a length of time in its own unit.
private func duration(_ nanoseconds: UInt64) -> String {
    switch nanoseconds {
    case ..<10_000: "\(nanoseconds / 100 / 10).\(nanoseconds / 100 % 10) µs"
    case ..<1_000_000: "\(nanoseconds / 1000) µs"
    case ..<10_000_000: "\(nanoseconds / 100_000 / 10).\(nanoseconds / 100_000 % 10) ms"
    default: "\(nanoseconds / 1_000_000) ms"
    }
}
