/// Units a count of bytes may be written in, by name or by letter: `MiB` and `M` are 1024², `MB` is 1000².
private let units: [(name: String, letter: String, bytes: Int)] = [
    ("TiB", "t", 1 << 40), ("GiB", "g", 1 << 30), ("MiB", "m", 1 << 20), ("KiB", "k", 1 << 10), ("B", "", 1),
    ("KB", "kb", 1_000), ("MB", "mb", 1_000_000), ("GB", "gb", 1_000_000_000), ("TB", "tb", 1_000_000_000_000),
]

/// Reads `65536`, `512MiB`, `1.5 GB`; nil for what is no whole count of bytes.
package func byteCount(written text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    let name = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    guard let unit = units.first(where: { $0.name.lowercased() == name || $0.letter == name })?.bytes else { return nil }
    if let whole = Int(digits) {
        let (count, hasOverflowed) = whole.multipliedReportingOverflow(by: unit)
        return hasOverflowed ? nil : count
    }
    guard unit > 1, let number = Double(digits) else { return nil }
    return Int(exactly: (number * Double(unit)).rounded())
}

/// A count of bytes in the largest unit of 1024 that divides it: `512MiB`; `byteCount(written:)` reads it again.
package func written(byteCount count: Int) -> String {
    guard count != 0, let unit = units.prefix(4).first(where: { count % $0.bytes == 0 }) else { return String(count) }
    return "\(count / unit.bytes)\(unit.name)"
}
