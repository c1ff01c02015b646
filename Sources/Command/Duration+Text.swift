/// What `duration(written:)` reads, in words.
let durationForm = "seconds such as 30s or minutes such as 2m"

/// Reads `30`, `30s`, `1.5m`. A function, because looking for initialisers of `Duration` makes the compiler take `timespec`
/// for a type of another module (Swift 6.3).
func duration(written text: String) -> Duration? {
    let unit = text.last == "m" ? 60.0 : 1.0
    guard let number = Double(text.last == "m" || text.last == "s" ? text.dropLast() : text[...]), (0...1e7).contains(number) else {
        return nil
    }
    return .seconds(number * unit)
}

/// As `duration(written:)` reads it.
func written(_ duration: Duration) -> String {
    let seconds = duration.inSeconds
    return decimal(seconds, seconds == seconds.rounded() ? 0 : 3) + "s"
}

extension Duration {
    /// The length in seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
