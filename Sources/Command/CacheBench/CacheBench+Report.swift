import AtelierJSON
import AtelierMemo
import AtelierStages

/// Middle, least and most of some numbers; the mean of the two middle ones when their count is even.
struct Spread: Hashable, Sendable {
    var median: Double, least: Double, most: Double

    /// - Parameter numbers: At least one.
    init(_ numbers: [Double]) {
        let sorted = numbers.sorted(), half = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
        (least, most) = (sorted[0], sorted[sorted.count - 1])
    }
}

extension CacheBench {
    /// One line of the report: a candidate in a pass, beside no cache in the same pass of the same rounds.
    struct Line: Hashable, Sendable {
        var candidate: String, pass: Pass
        /// Seconds of all files.
        var seconds: Spread
        /// How many times as long no cache took: of the medians, and the least and most of any round.
        var gain: Spread
        /// Share of look-ups that a level answered; nil where none was asked.
        var hitRate: Double?
        /// Stages and plans that ran in the last round.
        var stagesRun: Int
    }

    /// The lines of some results; the first is taken as the one without a cache.
    static func lines(_ results: [Result]) -> [Line] {
        results.flatMap { result in
            Pass.allCases.compactMap { pass in
                guard let plain = results[0].passes[pass], let passes = result.passes[pass], let last = passes.last else { return nil }
                let seconds = Spread(passes.map(\.seconds))
                var gain = Spread(zip(plain, passes).map { $0.seconds / $1.seconds })
                gain.median = Spread(plain.map(\.seconds)).median / seconds.median
                let lookups = passes.reduce(0) { $0 + $1.lookups }, hits = passes.reduce(0) { $0 + $1.hits }
                return Line(
                    candidate: result.candidate.name, pass: pass, seconds: seconds, gain: gain,
                    hitRate: lookups > 0 && result.candidate.configuration.cache != .off ? Double(hits) / Double(lookups) : nil,
                    stagesRun: last.stagesRun)
            }
        }
    }

    /// The report as a table for people.
    func table(_ results: [Result], remarks: [String]) -> String {
        var text = "\(files.count) files, each to SVG and to a slide; \(rounds) rounds; changed: twice the tolerance\n\n"
        text += CacheBench.row("", "", "ms", "gain", "(least to most)", "hits", "stages run")
        for line in CacheBench.lines(results) {
            let isPlain = line.candidate == results[0].candidate.name
            text += CacheBench.row(
                line.pass == .cold ? line.candidate : "", line.pass.rawValue, decimal(line.seconds.median * 1000, 1),
                isPlain ? "" : CacheBench.times(line.gain.median),
                isPlain ? "" : "(\(CacheBench.times(line.gain.least)) to \(CacheBench.times(line.gain.most)))",
                line.hitRate.map { decimal($0 * 100, 0) + " %" } ?? "", String(line.stagesRun))
        }
        text += "\n"
        for result in results.dropFirst() {
            text += "\(result.candidate.name): \(mebibytes(result.memoryBytes)) in memory, \(mebibytes(result.diskBytes)) on disk\n"
        }
        for remark in remarks { text += remark + "\n" }
        return text + verdict(results) + "\n"
    }

    /// What the comparison of outputs found.
    func verdict(_ results: [Result]) -> String {
        let differing = results.map { ($0.candidate.name, CacheBench.differences($0)) }.filter { $0.1 > 0 }
        guard differing.isEmpty else {
            return "DIFFERENT OUTPUT: " + differing.map { "\($0.0) in \($0.1) outputs" }.joined(separator: ", ")
        }
        let compared = results.count * passes.count * rounds * files.count * Request.Target.allCases.count
        return "no difference in output: \(compared) outputs compared byte by byte with those made without a cache"
    }

    static func differences(_ result: Result) -> Int { result.passes.values.joined().reduce(0) { $0 + $1.differences } }

    /// The report for programs.
    func json(_ results: [Result], remarks: [String]) -> JSON {
        func spread(_ spread: Spread, _ number: (Double) -> JSON) -> JSON {
            .object(["median": number(spread.median), "least": number(spread.least), "most": number(spread.most)])
        }
        func rounded(_ number: Double) -> JSON { .number((number * 1000).rounded() / 1000) }
        let lines = CacheBench.lines(results)
        return .object([
            "version": .integer(1), "command": .string("bench cache"), "files": .integer(files.count), "rounds": .integer(rounds),
            "candidates": .array(
                results.map { result in
                    .object([
                        "name": .string(result.candidate.name),
                        "memoryBytes": .integer(result.memoryBytes), "diskBytes": .integer(result.diskBytes),
                        "differences": .integer(CacheBench.differences(result)),
                        "passes": .array(
                            lines.filter { $0.candidate == result.candidate.name }.map { line in
                                .object([
                                    "pass": .string(line.pass.rawValue),
                                    "milliseconds": spread(line.seconds, JSON.milliseconds), "gain": spread(line.gain, rounded),
                                    "hitRate": line.hitRate.map(rounded), "stagesRun": .integer(line.stagesRun),
                                ])
                            }),
                    ])
                }),
            "remarks": remarks.isEmpty ? nil : .array(remarks.map(JSON.string)),
        ])
    }

    private static func row(
        _ name: String, _ pass: String, _ milliseconds: String, _ gain: String, _ spread: String, _ hits: String, _ stages: String
    ) -> String {
        func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        return name.padded(to: 14) + pass.padded(to: 10) + right(milliseconds, 9) + right(gain, 8) + "  " + spread.padded(to: 20)
            + right(hits, 6) + right(stages, 12) + "\n"
    }

    /// `0.98×`, `12.3×`, `640×`.
    private static func times(_ factor: Double) -> String { decimal(factor, factor < 9.95 ? 2 : factor < 99.5 ? 1 : 0) + "×" }
}
