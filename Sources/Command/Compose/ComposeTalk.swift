import AtelierJSON
import AtelierLayers
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a run did; each number was counted where it happened.
struct ComposeStatistics: Sendable {
    /// Items of the plan, and those that were there already.
    var planned: Int, kept: Int
    /// Images that were read, the memory they take, and the time it took.
    var images = 0, imageBytes = 0, decodingSeconds = 0.0
    /// Pieces of work, and what was done in them.
    var groups = 0, drawing = DrawingStatistics()
    /// Of all threads together.
    var writingSeconds = 0.0
    /// The contact sheet, and everything.
    var sheetSeconds = 0.0, seconds = 0.0

    init(planned: Int, kept: Int) { (self.planned, self.kept) = (planned, kept) }
}

/// What is said while a collection is made: a line for people, or JSON lines for programs.
struct ComposeTalk: Sendable {
    private let console: Console, isJSON: Bool, isQuiet: Bool, style: ProgressLine.Style
    private var line: ProgressLine?
    private var done = 0, total = 0, begin = ContinuousClock.now, lastSaid = ContinuousClock.now

    init(_ settings: Settings, console: Console, environment: [String: String]) {
        self.console = console
        (isJSON, isQuiet) = (settings.json, settings.quiet)
        style =
            settings.json ? .hidden : ProgressLine.style(settings, isTerminal: console.errorsAreOnTerminal, terminal: environment["TERM"])
    }

    /// Says that the plan is made.
    func planned(_ plan: CollectionPlan, seconds: Double) {
        if isJSON {
            emit(.object(["event": .string("planned"), "items": .integer(plan.count), "milliseconds": .milliseconds(seconds)]))
        }
    }

    /// Drawing of so many items begins.
    mutating func begin(_ total: Int) {
        self.total = total
        begin = .now
        lastSaid = begin
        line = ProgressLine(style, total: total, console: console)
    }

    /// So many more items are done; says so at most once a second as JSON, and as `ProgressLine` does for people.
    mutating func advance(_ count: Int) {
        done += count
        for _ in 0..<count { line?.advance(failed: false) }
        let now = ContinuousClock.now
        guard isJSON, now - lastSaid >= .seconds(1), done < total else { return }
        lastSaid = now
        let rate = Double(done) / max(1e-9, (now - begin).inSeconds)
        emit(
            .object([
                "event": .string("progress"), "done": .integer(done), "total": .integer(total),
                "itemsPerSecond": .number((rate * 10).rounded() / 10),
                "secondsLeft": .integer(Int((Double(total - done) / rate).rounded(.up))),
            ]))
    }

    /// Takes the line away.
    mutating func clear() { line?.clear() }

    /// Says what was done; nil when nothing was to be drawn.
    func end(_ statistics: ComposeStatistics?, plan: CollectionPlan, seconds: Double) {
        if isJSON {
            emit(json(statistics, plan, seconds))
        } else if !isQuiet {
            guard let statistics else { return console.say("\(plan.count) items planned, \(decimal(seconds, 2)) s") }
            for line in text(statistics) { console.say(line) }
        }
    }

    /// Says what became of one archive.
    ///
    /// - Parameter missing: The traits that no item has although they were asked for.
    func archived(byteCount: Int, rangesDrawn: Int, missing: [String], seconds: Double) {
        if isJSON {
            emit(
                .object([
                    "event": .string("end"), "bytes": .integer(byteCount), "rangesDrawn": .integer(rangesDrawn),
                    "traitsInNoItem": .array(missing.map(JSON.string)), "peakBytes": .integer(peakMemory),
                    "milliseconds": .milliseconds(seconds),
                ]))
        } else if !isQuiet {
            console.say("\(mebibytes(byteCount)), \(rangesDrawn) ranges of items drawn in \(decimal(seconds, 2)) s")
            for trait in missing { console.say("no item has \(printable(trait)), which was asked for") }
        }
    }

    private func text(_ s: ComposeStatistics) -> [String] {
        let made = s.drawing.items
        var lines = ["\(s.planned) items" + (s.kept > 0 ? ", \(s.kept) were there" : "") + ", \(made) drawn in \(decimal(s.seconds, 2)) s"]
        guard made > 0 else { return lines }
        lines[0] +=
            " (\(decimal(Double(made) / max(s.seconds, 1e-9), 1))/s), \(decimal(Double(s.drawing.bytes) / Double(made) / 1000, 1)) KB each"
        lines.append("images   \(s.images) read in \(decimal(s.decodingSeconds, 2)) s, \(mebibytes(s.imageBytes)) in memory")
        let bands = s.drawing.bands + s.drawing.repeatedBands
        if bands > 0 {
            lines.append(
                "bands    \(bands), of which \(s.drawing.repeatedBands) ("
                    + "\(decimal(100 * Double(s.drawing.repeatedBands) / Double(bands), 1)) %, "
                    + "\(mebibytes(s.drawing.repeatedBytes))) were taken from another item")
        }
        lines.append(
            "time     drawing \(decimal(s.drawing.drawingSeconds, 2)) s, coding \(decimal(s.drawing.codingSeconds, 2)) s, writing "
                + "\(decimal(s.writingSeconds, 2)) s (all threads), contact sheet \(decimal(s.sheetSeconds, 2)) s")
        lines.append("memory   \(mebibytes(peakMemory)) at most")
        return lines
    }

    private func json(_ statistics: ComposeStatistics?, _ plan: CollectionPlan, _ seconds: Double) -> JSON {
        let s = statistics
        return .object([
            "event": .string("end"), "items": .integer(plan.count), "kept": s.map { .integer($0.kept) },
            "drawn": s.map { .integer($0.drawing.items) },
            "bytes": s.map { .integer($0.drawing.bytes) }, "images": s.map { .integer($0.images) },
            "imageBytes": s.map { .integer($0.imageBytes) },
            "bands": s.map { .integer($0.drawing.bands + $0.drawing.repeatedBands) },
            "repeatedBands": s.map { .integer($0.drawing.repeatedBands) }, "repeatedBytes": s.map { .integer($0.drawing.repeatedBytes) },
            "decodingMilliseconds": s.map { .milliseconds($0.decodingSeconds) },
            "drawingMilliseconds": s.map { .milliseconds($0.drawing.drawingSeconds) },
            "codingMilliseconds": s.map { .milliseconds($0.drawing.codingSeconds) },
            "writingMilliseconds": s.map { .milliseconds($0.writingSeconds) },
            "peakBytes": .integer(peakMemory), "milliseconds": .milliseconds(seconds),
        ])
    }

    private func emit(_ json: JSON) {
        // A reader that has gone is no reason to stop: the pictures are still wanted.
        try? console.write(json.bytes + [UInt8(ascii: "\n")])
    }

    /// The most memory the process has had.
    private var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss) * 1024
    }
}
