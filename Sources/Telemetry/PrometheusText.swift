/// Numbers in Prometheus' text format (its version 0.0.4, prometheus.io/docs/instrumenting/exposition_formats).
///
///     var text = PrometheusText()
///     text.family("atelier_runs_total", .counter, "Stages that ran to their end.")
///     text.sample(12, ["stage": "tracing.fit"])
///     print(text.text)
///
/// Families are written one after another, each with the samples that follow it.
public struct PrometheusText: Sendable {
    /// What kind of number a family holds.
    public enum Kind: String, Sendable {
        /// Only grows; its name ends in `_total`.
        case counter
        /// What is there now.
        case gauge
        /// Durations by length.
        case histogram
    }

    /// What was written, every line with its end.
    public private(set) var text = ""
    private var name = ""

    /// Upper bounds of a histogram's buckets in nanoseconds: 1, 2, 5 in every decade from 200 ns to 10 s.
    private static let bounds: [UInt64] = {
        var bounds: [UInt64] = []
        var decade: UInt64 = 100
        while decade < 10_000_000_000 {
            bounds += [decade, 2 * decade, 5 * decade]
            decade *= 10
        }
        return bounds.dropFirst() + [10_000_000_000]
    }()

    /// Nothing yet.
    public init() {}

    /// Begins a family. Names consist of letters, digits and `_`.
    public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A number of the family. Labels stand in the order given; their values may be any text.
    public mutating func sample(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
        write(name, labels.map { ($0, $1) }, "\(value)")
    }

    /// The same, as a fraction.
    public mutating func sample(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        write(name, labels.map { ($0, $1) }, "\(value)")
    }

    /// The durations of a histogram family, in seconds as is the custom.
    public mutating func sample(_ histogram: LatencyHistogram, _ labels: KeyValuePairs<String, String> = [:]) {
        let labels = labels.map { ($0, $1) }
        for bound in Self.bounds {
            write(name + "_bucket", labels + [("le", "\(Double(bound) * 1e-9)")], "\(histogram.count(upTo: bound))")
        }
        write(name + "_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
        write(name + "_sum", labels, "\(Double(histogram.total) * 1e-9)")
        write(name + "_count", labels, "\(histogram.count)")
    }

    private mutating func write(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty { text += "{" + labels.map { "\($0)=\"\(escaped($1, quotes: true))\"" }.joined(separator: ",") + "}" }
        text += " \(value)\n"
    }
}

/// Backslashes, line feeds and, in label values, quotes, as the format wants them.
private func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
        switch character {
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\"" where quotes: escaped += "\\\""
        default: escaped.unicodeScalars.append(character)
        }
    }
    return escaped
}
