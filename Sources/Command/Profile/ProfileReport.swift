import AtelierJSON
import AtelierTelemetry

/// Where the time of a command went, and what its numbers advise.
struct ProfileReport {
    let timeline: Timeline
    let command: [String]
    /// Processor time of all threads, in nanoseconds.
    let processor: UInt64
    private let table: [SpanTotals]
    private let functions: [(name: String, own: UInt64, all: UInt64)]
    private let sampleCount: UInt64

    init(_ timeline: Timeline, of command: [String], processor: UInt64) {
        (self.timeline, self.command, self.processor) = (timeline, command, processor)
        table = timeline.table
        let comparison = ProfileComparison(before: [], after: timeline.stacksOfSamples)
        sampleCount = comparison.after
        let spans = Set(table.map(\.name))
        functions = comparison.rows.filter { !spans.contains($0.name) }.map { (name: $0.name, own: $0.ownAfter, all: $0.after) }
            .sorted { ($0.own, $0.all, $1.name) > ($1.own, $1.all, $0.name) }
    }

    private static let rowCount = 12

    /// For people.
    var text: String {
        var text = "profile of atelier \(command.map(printable).joined(separator: " "))\n"
        text += "\(milliseconds(timeline.nanoseconds)) ms, \(milliseconds(processor)) ms of processor time, \(sampleCount) samples"
        text += timeline.lost > 0 ? ", \(timeline.lost) records lost\n" : "\n"
        text += "\n" + Self.head.map { $0.padded(onTheLeftTo: $1) }.joined() + "  span\n"
        for row in table.prefix(Self.rowCount) {
            let cells = [
                milliseconds(row.own), share(row.own, of: spanTime), milliseconds(row.wall), milliseconds(row.processor), "\(row.count)",
                milliseconds(row.waited), megabytes(row.allocated), megabytes(row.peak),
            ]
            text += zip(cells, Self.head).map { $0.padded(onTheLeftTo: $1.1) }.joined() + "  \(printable(row.name))\n"
        }
        if table.count > Self.rowCount { text += "  and \(table.count - Self.rowCount) more\n" }
        if sampleCount > 0 {
            text += "\n" + "in itself".padded(onTheLeftTo: 11) + "with callees".padded(onTheLeftTo: 14) + "  function\n"
            for row in functions.prefix(Self.rowCount) where row.own > 0 {
                text += share(row.own, of: sampleCount).padded(onTheLeftTo: 11) + share(row.all, of: sampleCount).padded(onTheLeftTo: 14)
                text += "  \(printable(row.name))\n"
            }
        }
        let advice = advice
        text += advice.isEmpty ? "\nNothing stands out.\n" : "\n" + advice.map { "- \($0)\n" }.joined()
        return text
    }

    private static let head = [
        ("own ms", 10), ("share", 9), ("wall ms", 11), ("CPU ms", 10), ("count", 8), ("waited", 9), ("allocated", 12), ("peak MB", 10),
    ]

    /// For programs.
    var json: JSON {
        .object([
            "version": .integer(1), "command": .array(command.map(JSON.string)), "milliseconds": json(timeline.nanoseconds),
            "processorMilliseconds": json(processor), "samples": .integer(Int(sampleCount)), "lost": .integer(timeline.lost),
            "spans": .array(
                table.map { row in
                    .object([
                        "name": .string(row.name), "count": .integer(row.count), "ownMilliseconds": json(row.own),
                        "milliseconds": json(row.wall), "longestMilliseconds": json(row.longest),
                        "processorMilliseconds": json(row.processor),
                        "waitedMilliseconds": json(row.waited), "bytes": .integer(row.byteCount), "allocatedBytes": .integer(row.allocated),
                        "peakBytes": .integer(row.peak),
                    ])
                }),
            "functions": .array(
                functions.filter { $0.own > 0 }.map { row in
                    .object(["name": .string(row.name), "own": .integer(Int(row.own)), "all": .integer(Int(row.all))])
                }),
            "busyThreadsMilliseconds": .array(timeline.concurrency.map(json)), "advice": .array(advice.map(JSON.string)),
        ])
    }

    private func json(_ nanoseconds: UInt64) -> JSON { .number(Double(nanoseconds / 1000) / 1000) }

    // MARK: Advice

    /// Sentences that follow from the numbers, each with the number it follows from.
    var advice: [String] { levelAdvice + threadAdvice + spanAdvice + memoryAdvice }

    /// Time inside spans on all threads.
    private var spanTime: UInt64 { table.reduce(0) { $0 + $1.own } }

    private var levelAdvice: [String] {
        ["disk", "redis"].compactMap { level in
            func wall(_ what: String) -> UInt64 { table.first { $0.name == "\(level).\(what)" }?.own ?? 0 }
            let reads = wall("get") + wall("read"), writes = wall("put")
            guard part(reads + writes, of: spanTime) >= 0.1 else { return nil }
            let said =
                "cache level \(level): \(share(reads + writes, of: spanTime)) of the time in spans, \(milliseconds(reads)) ms reading "
                + "and \(milliseconds(writes)) ms writing: "
            return reads >= writes
                ? said + "what is asked for again in one run is found sooner with a larger --memory-limit"
                : said + "where nothing is converted twice, --no-\(level) saves the writing"
        }
    }

    private var threadAdvice: [String] {
        var advice: [String] = []
        let concurrency = timeline.concurrency, length = timeline.nanoseconds
        if part(concurrency[0], of: length) >= 0.3 {
            advice.append(
                "\(share(concurrency[0], of: length)) of the time no thread was inside a span: the command starts, looks for its files or waits "
                    + "for input")
        }
        if concurrency.count > 1, part(concurrency[1], of: length) >= 0.6, let first = timeline.alone.first {
            advice.append(
                "one thread busy \(share(concurrency[1], of: length)) of the time, \(share(first.nanoseconds, of: length)) in \(first.name): "
                    + "other threads help only with further files in the same run")
        }
        let waited = table.reduce(0) { $0 + $1.waited }, run = table.reduce(0) { $0 + ($1.waited > 0 ? $1.wall : 0) }
        if part(waited, of: run) >= 0.25, waited > 1_000_000 {
            advice.append(
                "steps that were ready waited \(milliseconds(waited)) ms for a thread, \(share(waited, of: run)) of what they then ran: a larger "
                    + "-j, where there are processors for it")
        }
        return advice
    }

    private var spanAdvice: [String] {
        guard let first = table.first(where: { !$0.name.hasPrefix("disk.") && !$0.name.hasPrefix("redis.") }),
            part(first.own, of: spanTime) >= 0.4
        else { return [] }
        // Where in it, by the samples taken there.
        let inside = timeline.stacksOfSamples.filter { $0.spanCount > 0 && $0.names[$0.spanCount - 1] == first.name }
        let comparison = ProfileComparison(before: [], after: inside), spans = Set(table.map(\.name))
        let functions = comparison.rows.filter { !spans.contains($0.name) && $0.ownAfter > 0 }.sorted { $0.ownAfter > $1.ownAfter }.prefix(
            2)
        let places = functions.map { "\($0.name) (\(share($0.ownAfter, of: comparison.after)))" }.joined(separator: " and ")
        return [
            "\(first.name): \(share(first.own, of: spanTime)) of the time in spans" + (places.isEmpty ? "" : ", there most in \(places)")
                + (Self.levers[first.name].map { ": \($0)" } ?? "")
        ]
    }

    /// What a user can do about a span that takes most of the time.
    private static let levers = [
        "compose.draw": "--level stored or fast and a smaller --size make drawing cheaper",
        "svg.rasterize.draw": "a smaller --size has fewer pixels to draw",
        "svg.rasterize.encode": "a smaller --size has fewer pixels to encode",
    ]

    private var memoryAdvice: [String] {
        var advice = table.filter { $0.allocated >= 64 << 20 && $0.allocated >= 20 * max(1, $0.peak) }.prefix(3).map { row in
            "\(row.name) took \(megabytes(row.allocated)) MB from the allocator and held \(megabytes(row.peak)) MB at most: many short-lived "
                + "values"
        }
        let inAllocator = functions.filter { Self.allocating.contains($0.name) }.reduce(0) { $0 + $1.own }
        if part(inAllocator, of: sampleCount) >= 0.15, sampleCount >= 50 {
            advice.append("\(share(inAllocator, of: sampleCount)) of the samples are in the allocator or count references")
        }
        return advice
    }

    private static let allocating: Set<String> = [
        "malloc", "free", "calloc", "realloc", "cfree", "swift_retain", "swift_release", "swift_allocObject", "swift_slowAlloc",
        "swift_bridgeObjectRetain", "swift_bridgeObjectRelease",
    ]

    // MARK: Numbers

    private func part(_ number: UInt64, of whole: UInt64) -> Double { whole == 0 ? 0 : Double(number) / Double(whole) }
    private func share(_ number: UInt64, of whole: UInt64) -> String { decimal(100 * part(number, of: whole), 1) + " %" }
    private func milliseconds(_ nanoseconds: UInt64) -> String { decimal(Double(nanoseconds) * 1e-6, 2) }
    private func megabytes(_ bytes: Int) -> String { decimal(Double(bytes) * 1e-6, 2) }
}

extension ProfileComparison {
    /// For people: what differs for certain, the surest first, and the rest as a number.
    var text: String {
        let sum = after >= before ? "+\(after - before)" : "-\(before - after)"
        var text = "samples: \(before) before, \(after) now (\(sum), \(decimal(deviations, 1)) deviations)\n"
        let shown = rows.filter(\.isSignificant)
        if !shown.isEmpty {
            text += "\n" + ["in itself", "with callees", "deviations"].map { $0.padded(onTheLeftTo: 18) }.joined() + "\n"
        }
        for row in shown.prefix(40) {
            let largest = abs(row.ownDeviations) > abs(row.deviations) ? row.ownDeviations : row.deviations
            text += "\(row.ownBefore) → \(row.ownAfter)".padded(onTheLeftTo: 18) + "\(row.before) → \(row.after)".padded(onTheLeftTo: 18)
            text += decimal(largest, 1).padded(onTheLeftTo: 18) + "  \(printable(row.name))\n"
        }
        if shown.count > 40 { text += "and \(shown.count - 40) more\n" }
        return text
            + "\n\(rows.count - shown.count) of \(rows.count) functions and spans differ by less than 3 deviations, which may be chance.\n"
    }

    /// For programs: every row.
    var json: JSON {
        .object([
            "version": .integer(1), "before": .integer(Int(before)), "after": .integer(Int(after)), "deviations": .number(deviations),
            "rows": .array(
                rows.map { row in
                    .object([
                        "name": .string(row.name), "before": .integer(Int(row.before)), "after": .integer(Int(row.after)),
                        "ownBefore": .integer(Int(row.ownBefore)), "ownAfter": .integer(Int(row.ownAfter)),
                        "deviations": .number(row.deviations), "ownDeviations": .number(row.ownDeviations),
                        "significant": .bool(row.isSignificant),
                    ])
                }),
        ])
    }
}

extension String {
    /// With spaces in front of it, so that a column is that wide.
    fileprivate func padded(onTheLeftTo width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
