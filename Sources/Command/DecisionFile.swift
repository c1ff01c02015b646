import AtelierJSON
import AtelierOOXML
import AtelierSVG
import AtelierStages

/// What became of every element on every slide, as one JSON document (docs/formats/command-json.md).
///
/// It holds no times and no paths but those given, so two runs write the same.
struct DecisionFile {
    let outcomes: [Outcome?]
    let options: SlideOptions

    /// Writes the document, over an older one too.
    func write(to path: String) throws {
        let bytes = json.bytes + [UInt8(ascii: "\n")]
        _ = try bytes.withUnsafeBytes { try deliver($0, to: path, force: true) }
    }

    private var json: JSON {
        let made = outcomes.compactMap { outcome in outcome?.made.map { (outcome!.job, $0) } }
        return .object([
            "version": .integer(1),
            "profile": .string(options.profile.rawValue),
            "text": .string(options.text.rawValue),
            "totals": made.flatMap(\.1.slides).reduce(SlideSummary()) { $0 + $1.summary }.json,
            "outputs": .array(
                made.map { job, made in
                    .object([
                        "output": .string(job.output),
                        "slides": .array(
                            made.slides.enumerated().map { index, slide in
                                .object([
                                    "slide": job.numbersInputs ? .integer(index + 1) : nil, "input": .string(slide.input),
                                    "totals": slide.summary.json,
                                    "elements": .array(slide.summary.decisions.map(\.json)),
                                    // What is not in the tree was found out on reading and belongs to no element of it.
                                    "reading": .array(findings(made.remarks.filter { $0.input == slide.input }, beside: slide.summary)),
                                ])
                            }),
                    ])
                }),
        ])
    }

    /// Remarks that no decision repeats.
    private func findings(_ remarks: [Remark], beside summary: SlideSummary) -> [JSON] {
        var known: [Remark: Int] = [:]
        for decision in summary.decisions {
            for finding in decision.findings { known[Remark(finding, in: ""), default: 0] += 1 }
        }
        return remarks.compactMap { remark in
            var key = remark
            key.input = ""
            guard let count = known[key], count > 0 else { return remark.json }
            known[key] = count - 1
            return nil
        }
    }
}

extension [SlideSummary] {
    /// `40 native, 2 approximated, 1 picture, 3 omitted`, without what there is none of; nil where nothing was to be drawn.
    var inWords: String? {
        let sum = reduce(SlideSummary(), +)
        let words = Decision.Outcome.allCases.compactMap { outcome in
            let count = sum.count(of: outcome)
            return count == 0 ? nil : "\(count) \(outcome.rawValue)"
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}
