import AtelierJSON
import AtelierMemo
import AtelierStages
import AtelierTelemetry

/// What `cache stats` shows.
struct StatsOptions: Hashable, Sendable {
    /// What numbers can be listed by.
    enum Axis: String, CaseIterable { case level, stage, tag, partition }

    /// Whether to go on showing them, once a second.
    var watch = false
    /// What they are listed by.
    var by = Axis.level
    /// Whether they are written in Prometheus' text format.
    var prometheus = false

    static var options: [Option<StatsOptions>] {
        [
            .flag("watch", \.watch, group: "Statistics", "Shows them again every second until interrupted."),
            .choice("by", \.by, group: "Statistics", "What the table lists."),
            .flag("prometheus", \.prometheus, group: "Statistics", "Writes them in Prometheus' text format."),
        ]
    }
}

extension CacheCommand {
    /// Shows what the cache holds and what it has saved, once or every second.
    ///
    /// - Parameter pause: Returns a second later, or throws when the task is cancelled meanwhile.
    func stats(
        _ path: String, _ configuration: Configuration, console: Console,
        pause: () async throws -> Void = { try await Task.sleep(for: .seconds(1)) }
    ) async throws -> ExitCode {
        // On a terminal every block takes the place of the one before: to the top left corner, and clear what is below.
        let goesBack = stats.watch && console.outputIsOnTerminal
        while true {
            let report = CacheStatistics(path: path, limit: configuration.diskLimit, now: systemSeconds())
            try console.write((goesBack ? "\u{1b}[H\u{1b}[J" : "") + text(of: report))
            guard stats.watch else { return .done }
            do { try await pause() } catch { return .interrupted }
        }
    }

    private func text(of report: CacheStatistics) -> String {
        if stats.prometheus { return report.prometheusText }
        if settings.json { return report.json.text + "\n" }
        return report.text(by: stats.by) + (stats.watch ? "\n" : "")
    }
}

/// The numbers of a cache directory: what is there now, and what the processes that used it have done.
struct CacheStatistics {
    let path: String
    /// What the level on disk holds; nil when there is no directory.
    let contents: StoreContents?
    let history: History
    /// Seconds since 1970.
    let now: Int64

    /// Reads a directory; one that is not there, or cannot be used, has nothing.
    init(path: String, limit: Int, now: Int64) {
        var contents: StoreContents?, history = History([])
        // Why a folder cannot be used is said by the commands that need it.
        if kind(of: path) != nil, let directory = try? CacheDirectory(opening: path, writing: false) {
            let store = DiskStore(in: directory, limit: limit)
            contents = store.contents
            history = History(of: directory)
        }
        self.init(path: path, contents: contents, history: history, now: now)
    }

    init(path: String, contents: StoreContents?, history: History, now: Int64) {
        (self.path, self.contents, self.history, self.now) = (path, contents, history, now)
    }

    /// What processes told, with what the directory has counted of all of them.
    private var total: Statistics {
        var total = history.total
        if let contents, let disk = total.levels.firstIndex(where: { $0.name == "disk" }) {
            total.levels[disk].ghostHits = contents.ghostHits
            total.levels[disk].evictions = max(total.levels[disk].evictions, contents.evictions)
        }
        return total
    }

    private var held: [String: StoreContents] { contents.map { ["disk": $0] } ?? [:] }

    var recommendations: [Recommendation] { Recommendation.all(from: total, contents: held) }

    var prometheusText: String { total.prometheusText(contents: held) }
}

// MARK: - For people

extension CacheStatistics {
    /// Lines, each with its end.
    func text(by axis: StatsOptions.Axis) -> String {
        let total = total
        var lines: [String] = []
        if let contents {
            let limit = contents.byteLimit.map { " of " + mebibytes($0) } ?? ""
            lines.append("\(printable(path)): \(contents.entries) entries, \(mebibytes(contents.bytes))\(limit)")
        } else {
            lines.append("\(printable(path)): no entries")
        }
        guard !total.isEmpty else { return lines.map { $0 + "\n" }.joined() }
        var first = "\(seconds(total.nanosecondsSaved)) saved"
        if let speedUp = total.speedUp {
            first += ", \(decimal(speedUp, speedUp < 100 ? 1 : 0)) times as fast as without (\(seconds(total.nanosecondsSpent)) spent)"
        }
        lines.append(first)
        let asked = total.allHits + total.misses
        if let rate = total.hitRate {
            lines.append("\(percent(rate)) of \(asked) requests found, \(total.runs) steps run, \(total.failures) failed")
        }
        lines.append("")
        lines += axis == .level ? levelLines(total) : usageLines(axis, total)
        lines += historyLines
        let advice = recommendations
        if !advice.isEmpty { lines += [""] + advice.map { "→ " + $0.text } }
        return lines.map { $0 + "\n" }.joined()
    }

    private func levelLines(_ total: Statistics) -> [String] {
        let head = ["level", "hits", "misses", "rate", "at twice", "puts", "evicted", "saved", "hit p50", "p99", "miss p50", "p99"]
        let rows = total.levels.map { level in
            [
                level.name, "\(level.hits)", "\(level.allMisses)", percent(level.hitRate),
                level.ghostHits > 0 ? percent(level.hitRateAtTwiceTheSize) : "-", "\(level.puts[.kept] ?? 0)", "\(level.evictions)",
                seconds(level.nanosecondsSaved), latency(level.hitLatency, 0.5), latency(level.hitLatency, 0.99),
                latency(level.missLatency, 0.5), latency(level.missLatency, 0.99),
            ]
        }
        var lines = table([head] + rows)
        for level in total.levels where level.allMisses > 0 {
            lines.append("\(level.name) misses: " + counts(level.misses))
        }
        for level in total.levels {
            let refused = level.puts.filter { $0.key != .kept }
            if !refused.isEmpty { lines.append("\(level.name) did not keep: " + counts(refused)) }
        }
        return lines
    }

    private func usageLines(_ axis: StatsOptions.Axis, _ total: Statistics) -> [String] {
        let usage = total.breakdown(axis).usage.sorted {
            ($1.value.nanosecondsSaved, $1.value.nanosecondsSpent, $0.key) < ($0.value.nanosecondsSaved, $0.value.nanosecondsSpent, $1.key)
        }
        if usage.isEmpty { return ["no \(axis.rawValue) was used"] }
        let head = [axis.rawValue, "hits", "misses", "rate", "runs", "spent", "saved", "bytes"]
        return table(
            [head]
                + usage.map { name, usage in
                    let asked = usage.hits + usage.misses
                    return [
                        printable(name), "\(usage.hits)", "\(usage.misses)",
                        asked == 0 ? "-" : percent(Double(usage.hits) / Double(asked)), "\(usage.runs)", seconds(usage.nanosecondsSpent),
                        seconds(usage.nanosecondsSaved), mebibytes(usage.bytes),
                    ]
                })
    }

    /// Hit rates of the last day by the hour and of the last two weeks by the day, an eighth of a letter's height for each 12.5 %.
    private var historyLines: [String] {
        let hours = history.hours(24, until: now), days = history.days(14, until: now)
        guard days.contains(where: { $0.reports > 0 }) else { return [] }
        return [
            "", "hit rate, last 24 hours  \(bars(hours))  last 14 days  \(bars(days))",
        ]
    }

    private func bars(_ stretches: [History.Stretch]) -> String {
        let marks = Array("▁▂▃▄▅▆▇█")
        return String(stretches.map { $0.statistics.hitRate.map { marks[min(7, Int($0 * 8))] } ?? "·" })
    }
}

extension Statistics {
    fileprivate func breakdown(_ axis: StatsOptions.Axis) -> Breakdown {
        switch axis {
        case .stage: stages
        case .tag: tags
        case .partition: partitions
        case .level: Breakdown()
        }
    }
}

/// Columns as wide as their widest cell, the first to the left and all others to the right.
private func table(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        zip(row, widths).enumerated().map { column, cell in
            let margin = String(repeating: " ", count: cell.1 - cell.0.count)
            return column == 0 ? cell.0 + margin : margin + cell.0
        }.joined(separator: "  ")
    }
}

/// `never seen 12, evicted 3`, most first.
private func counts<Name: RawRepresentable<String>>(_ counts: [Name: Int]) -> String {
    counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        .map { "\(words($0.key.rawValue)) \($0.value)" }.joined(separator: ", ")
}

/// `neverSeen` as words: `never seen`.
func words(_ camel: String) -> String { camel.map { $0.isUppercase ? " " + $0.lowercased() : String($0) }.joined() }

private func percent(_ share: Double?) -> String { share.map { decimal($0 * 100, 1) + " %" } ?? "-" }

private func seconds(_ nanoseconds: UInt64) -> String {
    let seconds = Double(nanoseconds) * 1e-9
    return decimal(seconds, seconds < 10 ? 2 : seconds < 1000 ? 1 : 0) + " s"
}

private func latency(_ histogram: LatencyHistogram, _ share: Double) -> String {
    guard histogram.count > 0 else { return "-" }
    let microseconds = Double(histogram.quantile(share)) / 1000
    return microseconds < 1000 ? decimal(microseconds, microseconds < 10 ? 1 : 0) + " µs" : decimal(microseconds / 1000, 1) + " ms"
}

// MARK: - For programs

extension CacheStatistics {
    /// As `docs/formats/command-json.md` describes it.
    var json: JSON {
        let total = total
        return .object([
            "version": .integer(1), "path": .string(path), "entries": .integer(contents?.entries ?? 0),
            "bytes": .integer(contents?.bytes ?? 0), "limit": contents?.byteLimit.map(JSON.integer),
            "totals": .object([
                "hits": .integer(total.allHits), "misses": .integer(total.misses), "hitRate": total.hitRate.map(JSON.number),
                "runs": .integer(total.runs), "failures": .integer(total.failures),
                "millisecondsSaved": .milliseconds(Double(total.nanosecondsSaved) * 1e-9),
                "millisecondsSpent": .milliseconds(Double(total.nanosecondsSpent) * 1e-9),
                "speedUp": total.speedUp.map(JSON.number),
            ]),
            "levels": .array(total.levels.map(\.json)),
            "stages": total.stages.json, "tags": total.tags.json, "partitions": total.partitions.json,
            "history": .object([
                "hours": .array(history.hours(24, until: now).map(\.json)), "days": .array(history.days(14, until: now).map(\.json)),
            ]),
            "recommendations": .array(
                recommendations.map {
                    .object(["topic": .string($0.topic.rawValue), "level": $0.level.map(JSON.string), "text": .string($0.text)])
                }),
        ])
    }
}

extension LevelStatistics {
    fileprivate var json: JSON {
        func counts<Name: RawRepresentable<String> & CaseIterable>(_ counts: [Name: Int]) -> JSON {
            .object(Name.allCases.map { .init($0.rawValue, .integer(counts[$0] ?? 0)) })
        }
        return .object([
            "level": .string(name), "hits": .integer(hits), "hitRate": hitRate.map(JSON.number),
            "hitRateAtTwiceTheSize": hitRateAtTwiceTheSize.map(JSON.number), "misses": counts(misses), "puts": counts(puts),
            "evictions": .integer(evictions), "ghostHits": .integer(ghostHits), "bytesIn": .integer(bytesIn),
            "bytesOut": .integer(bytesOut), "millisecondsSaved": .milliseconds(Double(nanosecondsSaved) * 1e-9),
            "hitLatency": hitLatency.json, "missLatency": missLatency.json,
        ])
    }
}

extension LatencyHistogram {
    fileprivate var json: JSON {
        .object([
            "count": .integer(Int(clamping: count)), "p50": .milliseconds(Double(quantile(0.5)) * 1e-9),
            "p99": .milliseconds(Double(quantile(0.99)) * 1e-9), "longest": .milliseconds(Double(longest) * 1e-9),
        ])
    }
}

extension Breakdown {
    fileprivate var json: JSON {
        .array(
            usage.sorted { $0.key < $1.key }.map { name, usage in
                .object([
                    "name": .string(name), "hits": .integer(usage.hits), "misses": .integer(usage.misses), "runs": .integer(usage.runs),
                    "millisecondsSpent": .milliseconds(Double(usage.nanosecondsSpent) * 1e-9),
                    "millisecondsSaved": .milliseconds(Double(usage.nanosecondsSaved) * 1e-9), "bytes": .integer(usage.bytes),
                ])
            })
    }
}

extension History.Stretch {
    fileprivate var json: JSON {
        .object([
            "begin": .integer(Int(begin)), "reports": .integer(reports), "hits": .integer(statistics.allHits),
            "misses": .integer(statistics.misses), "hitRate": statistics.hitRate.map(JSON.number),
            "millisecondsSaved": .milliseconds(Double(statistics.nanosecondsSaved) * 1e-9),
        ])
    }
}
