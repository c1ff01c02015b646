import Testing

@testable import AtelierTelemetry

/// What a reader of the text format sees; refuses what the format does not allow.
private struct Parsed {
    var kinds: [String: String] = [:], helps: [String: String] = [:]
    var samples: [(name: String, labels: [String: String], value: Double)] = []

    struct Refusal: Error { var line: String }

    init(_ text: String) throws {
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard helps.updateValue(words[3], forKey: words[2]) == nil else { throw Refusal(line: String(line)) }
            } else if line.hasPrefix("# TYPE ") {
                let isKnown = ["counter", "gauge", "histogram"].contains(words[3])
                guard isKnown, kinds.updateValue(words[3], forKey: words[2]) == nil else { throw Refusal(line: String(line)) }
            } else {
                samples.append(try Self.sample(String(line)))
                let name = samples.last!.name
                // Every sample belongs to the family that was declared last before it.
                let family =
                    ["_bucket", "_sum", "_count"].lazy.filter(name.hasSuffix).map { String(name.dropLast($0.count)) }.first ?? name
                guard kinds[name] != nil || kinds[family] == "histogram" else { throw Refusal(line: String(line)) }
            }
        }
    }

    private static func sample(_ line: String) throws -> (String, [String: String], Double) {
        var rest = Substring(line)
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                let label = rest.prefix { $0.isLetter || $0 == "_" }
                rest = rest.dropFirst(label.count)
                guard rest.hasPrefix("=\"") else { throw Refusal(line: line) }
                rest = rest.dropFirst(2)
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    guard character == "\\" else {
                        value.append(character)
                        continue
                    }
                    switch rest.popFirst() {
                    case "n": value += "\n"
                    case "\\": value += "\\"
                    case "\"": value += "\""
                    default: throw Refusal(line: line)
                    }
                }
                guard labels.updateValue(value, forKey: String(label)) == nil else { throw Refusal(line: line) }
                if rest.first == "," { rest.removeFirst() }
            }
            rest.removeFirst()
        }
        guard !name.isEmpty, rest.first == " ", let value = Double(rest.dropFirst()) else { throw Refusal(line: line) }
        return (String(name), labels, value)
    }
}

@Suite("Prometheus text")
struct PrometheusTextTests {
    @Test("Numbers come back with the labels they were given, whatever stands in these")
    func labels() throws {
        var text = PrometheusText()
        text.family("a_total", .counter, "What \\ it\nmeans.")
        text.sample(3, ["name": "plain"])
        text.sample(0.25, ["name": "quote \" backslash \\ line\nfeed", "level": "é"])
        text.sample(7)
        let parsed = try Parsed(text.text)
        #expect(parsed.kinds == ["a_total": "counter"] && parsed.helps == ["a_total": "What \\\\ it\\nmeans."])
        #expect(parsed.samples.map(\.value) == [3, 0.25, 7])
        #expect(parsed.samples[1].labels == ["name": "quote \" backslash \\ line\nfeed", "level": "é"])
    }

    @Test("Buckets of a histogram only grow, end at infinity with the count, and hold what was recorded")
    func histogram() throws {
        var histogram = LatencyHistogram()
        for nanoseconds: UInt64 in [150, 3_000, 3_100, 40_000_000, 30_000_000_000] { histogram.record(nanoseconds: nanoseconds) }
        var text = PrometheusText()
        text.family("t_seconds", .histogram, "Time.")
        text.sample(histogram, ["level": "disk"])
        let parsed = try Parsed(text.text)
        let buckets = parsed.samples.filter { $0.name == "t_seconds_bucket" }
        #expect(buckets.map(\.value) == buckets.map(\.value).sorted())
        #expect(buckets.last?.labels["le"] == "+Inf" && buckets.last?.value == 5)
        func upTo(_ seconds: Double) -> Double? { buckets.first { Double($0.labels["le"]!)! >= seconds * 0.999 }?.value }
        #expect(upTo(200e-9) == 1 && upTo(5e-6) == 3 && upTo(0.1) == 4 && upTo(10) == 4)
        #expect(parsed.samples.first { $0.name == "t_seconds_count" }?.value == 5)
        #expect(abs(parsed.samples.first { $0.name == "t_seconds_sum" }!.value - 30.040_006_25) < 1e-9)
    }
}
