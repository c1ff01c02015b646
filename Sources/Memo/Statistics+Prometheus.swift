import AtelierTelemetry

extension Statistics {
    /// Everything in Prometheus' text format; see `PrometheusText`.
    ///
    /// - Parameter contents: What levels hold now, by name, as far as that is known.
    public func prometheusText(contents: [String: StoreContents] = [:]) -> String {
        var text = PrometheusText()
        text.family("atelier_requests_total", .counter, "Artifacts asked for, by whether a level had them.")
        text.sample(allHits, ["result": "hit"])
        text.sample(misses, ["result": "miss"])
        text.family("atelier_runs_total", .counter, "Stages and plans that ran to their end.")
        text.sample(runs)
        text.family("atelier_failures_total", .counter, "Stages and plans that threw.")
        text.sample(failures)
        text.family("atelier_spent_seconds_total", .counter, "Time that stages and plans took.")
        text.sample(seconds(nanosecondsSpent))
        text.family("atelier_saved_seconds_total", .counter, "Time that making what was found would have taken.")
        text.sample(seconds(nanosecondsSaved))
        add(levels, contents, to: &text)
        add("stage", "the stage or plan asked for", stages, to: &text)
        add("tag", "tag", tags, to: &text)
        add("partition", "partition", partitions, to: &text)
        return text.text
    }

    private func add(_ levels: [LevelStatistics], _ contents: [String: StoreContents], to text: inout PrometheusText) {
        let prefix = "atelier_cache_level"
        text.family("\(prefix)_hits_total", .counter, "Look-ups a level answered.")
        for level in levels { text.sample(level.hits, ["level": level.name]) }
        text.family("\(prefix)_misses_total", .counter, "Look-ups a level could not answer, by reason.")
        for level in levels {
            for reason in MissReason.allCases { text.sample(level.misses[reason] ?? 0, ["level": level.name, "reason": reason.rawValue]) }
        }
        text.family("\(prefix)_puts_total", .counter, "Entries given to a level, by outcome.")
        for level in levels {
            for outcome in PutOutcome.allCases {
                text.sample(level.puts[outcome] ?? 0, ["level": level.name, "outcome": outcome.rawValue])
            }
        }
        text.family("\(prefix)_evictions_total", .counter, "Entries a level let go to make room.")
        for level in levels { text.sample(level.evictions, ["level": level.name]) }
        text.family("\(prefix)_ghost_hits_total", .counter, "Look-ups that twice the bytes would have answered.")
        for level in levels { text.sample(level.ghostHits, ["level": level.name]) }
        text.family("\(prefix)_written_bytes_total", .counter, "Weight of the values put.")
        for level in levels { text.sample(level.bytesIn, ["level": level.name]) }
        text.family("\(prefix)_read_bytes_total", .counter, "Weight of the values found.")
        for level in levels { text.sample(level.bytesOut, ["level": level.name]) }
        text.family("\(prefix)_saved_seconds_total", .counter, "Time that making what the level had would have taken.")
        for level in levels { text.sample(seconds(level.nanosecondsSaved), ["level": level.name]) }
        text.family("\(prefix)_lookup_seconds", .histogram, "How long a level took to answer.")
        for level in levels {
            text.sample(level.hitLatency, ["level": level.name, "result": "hit"])
            text.sample(level.missLatency, ["level": level.name, "result": "miss"])
        }
        let held = contents.sorted { $0.key < $1.key }
        text.family("\(prefix)_entries", .gauge, "Entries a level holds.")
        for (level, contents) in held { text.sample(contents.entries, ["level": level]) }
        text.family("\(prefix)_bytes", .gauge, "Bytes a level takes.")
        for (level, contents) in held { text.sample(contents.bytes, ["level": level]) }
        text.family("\(prefix)_limit_bytes", .gauge, "Most bytes a level may take.")
        for (level, contents) in held { if let limit = contents.byteLimit { text.sample(limit, ["level": level]) } }
    }

    private func add(_ label: String, _ what: String, _ breakdown: Breakdown, to text: inout PrometheusText) {
        let names = breakdown.usage.sorted { $0.key < $1.key }
        for (name, help, number) in [
            ("hits_total", "Requests a level answered", \UsageStatistics.hits), ("misses_total", "Requests none answered", \.misses),
            ("runs_total", "Runs", \.runs), ("bytes_total", "Weight of the values found and made", \.bytes),
        ] {
            text.family("atelier_\(label)_\(name)", .counter, "\(help), by \(what).")
            for (name, usage) in names { text.sample(usage[keyPath: number], [label: name]) }
        }
        for (name, help, number) in [
            ("spent_seconds_total", "Time that runs took", \UsageStatistics.nanosecondsSpent),
            ("saved_seconds_total", "Time that hits saved", \.nanosecondsSaved),
        ] {
            text.family("atelier_\(label)_\(name)", .counter, "\(help), by \(what).")
            for (name, usage) in names { text.sample(seconds(usage[keyPath: number]), [label: name]) }
        }
    }
}

private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) * 1e-9 }
