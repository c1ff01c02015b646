/// A line about how far a run is, redrawn in place on a terminal, or printed every ten seconds elsewhere.
struct ProgressLine {
    /// How it is shown.
    enum Style { case hidden, redrawn, printed }

    private let style: Style, total: Int, console: Console, begin: ContinuousClock.Instant
    private var counts = Counts(), lastShown: ContinuousClock.Instant, isDrawn = false

    /// A line for `total` jobs that begin now.
    init(_ style: Style, total: Int, console: Console, now: ContinuousClock.Instant = .now) {
        (self.style, self.total, self.console, begin, lastShown) = (style, total, console, now, now)
    }

    /// What to show where: a terminal that can redraw a line gets one, `never` and `-q` nothing.
    static func style(_ settings: Settings, isTerminal: Bool, terminal: String?) -> Style {
        if settings.quiet || settings.progress == .never { return .hidden }
        if settings.progress == .bar { return .redrawn }
        return isTerminal && terminal != nil && terminal != "dumb" ? .redrawn : .printed
    }

    /// How many jobs came to an end, and how.
    struct Counts: Hashable {
        var done = 0, failed = 0, cached = 0, kept = 0
    }

    /// Counts one job and shows the line when it is time: at most ten times a second on a terminal.
    mutating func advance(failed: Bool, cached: Bool = false, kept: Bool = false, now: ContinuousClock.Instant = .now) {
        counts.done += 1
        if failed { counts.failed += 1 }
        if cached { counts.cached += 1 }
        if kept { counts.kept += 1 }
        guard style != .hidden, total > 1, counts.done < total else { return }
        guard now - lastShown >= (style == .redrawn ? .milliseconds(100) : .seconds(10)) else { return }
        lastShown = now
        let text = ProgressLine.text(counts, total: total, seconds: (now - begin).inSeconds)
        if style == .redrawn {
            console.sayWithoutEnd("\r\u{1B}[K" + text)
            isDrawn = true
        } else {
            console.say(text)
        }
    }

    /// Takes the line away, before another is said and at the end.
    mutating func clear() {
        if isDrawn { console.sayWithoutEnd("\r\u{1B}[K") }
        isDrawn = false
    }

    /// `[#######·········] 12/64, 5 from the cache, 1 failed, 8.3/s, 0:06 left`. What was kept takes no time and counts for no rate.
    static func text(_ counts: Counts, total: Int, seconds: Double) -> String {
        let done = counts.done, filled = total > 0 ? done * 24 / total : 0
        let rate = seconds > 0 ? Double(done - counts.kept) / seconds : 0
        var text = "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled) + "] \(done)/\(total)"
        if counts.kept > 0 { text += ", \(counts.kept) kept" }
        if counts.cached > 0 { text += ", \(counts.cached) from the cache" }
        if counts.failed > 0 { text += ", \(counts.failed) failed" }
        if rate > 0 {
            let left = Int((Double(total - done) / rate).rounded(.up))
            let minutes = left / 60 % 60, hours = left / 3600
            func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
            text += ", \(decimal(rate, 1))/s, " + (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":\(two(left % 60)) left"
        }
        return text
    }
}

/// A number with a fixed count of decimals, rounded half up, for people.
func decimal(_ number: Double, _ places: Int) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((abs(number) * Double(scale) + 0.5).rounded(.down))
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + String(scaled) }
    let fraction = String(scaled % scale)
    return sign + "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
}

/// An amount of memory or disk, for people.
func mebibytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1_048_576, 1) + " MiB" }
