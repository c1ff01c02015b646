import AtelierOOXML
import AtelierSVG
import Foundation
import Testing

/// `docs/formats/svg-to-drawingml.md` is made from the drawings in `Features`: small ones that show one feature each, whose title says
/// "Area: Feature". A new file there is a new row.
@Suite("Features of SVG on slides")
struct FeatureTableTests {
    private static let folder = Sample.root + "/Tests/StagesTests/Features", page = Sample.root + "/docs/formats/svg-to-drawingml.md"

    @Test("The page on what becomes of each feature is what the cases give; UPDATE_REFERENCES=1 writes it")
    func page() throws {
        let text = try Self.text()
        if ProcessInfo.processInfo.environment["UPDATE_REFERENCES"] == "1" {
            try text.write(toFile: Self.page, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOfFile: Self.page, encoding: .utf8)
        let stale = zip(written.split(separator: "\n"), text.split(separator: "\n")).first { $0 != $1 }
        #expect(written == text, "run with UPDATE_REFERENCES=1 and look at what changed, first: \(stale.map { "\($0)" } ?? "its length")")
    }

    private static func text() throws -> String {
        var text = """
            # From SVG to DrawingML

            What becomes of each feature under each profile, found out by converting the drawings in `Tests/StagesTests/Features`; a test holds this page to
            them and writes it. *native*: shapes, as drawn (an image: a picture). *approximated*: shapes that are off by something. *picture*: a picture of that
            element alone. *unsupported*: left out or drawn without it. Everything but *native* is listed in the report of a conversion. The rules are in
            [pptx-output](pptx-output.md) and [svg-input](svg-input.md).

            """
        var area = ""
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).filter({ $0.hasSuffix(".svg") }).sorted() {
            let tree = try SVG.read([UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))).span)
            let parts = try #require(tree.title, "\(name) has no title").split(separator: ": ", maxSplits: 1).map(String.init)
            try #require(parts.count == 2, "the title of \(name) is not \"Area: Feature\"")
            if parts[0] != area {
                area = parts[0]
                text += "\n## \(area)\n\n| feature | editable | balanced | exact | what is said of it |\n| --- | --- | --- | --- | --- |\n"
            }
            let verdicts = Profile.allCases.map { Verdict(tree, $0) }
            let said = verdicts[1].message ?? verdicts[0].message ?? verdicts[2].message ?? ""
            text +=
                "| \(parts[1]) | \(verdicts.map(\.word).joined(separator: " | ")) | \(said.replacingOccurrences(of: "|", with: "\\|")) |\n"
        }
        return text
    }
}

/// What becomes of a drawing of one feature: the worst of what becomes of its elements.
private struct Verdict {
    var word = "native"
    var message: String?

    init(_ tree: SVG.Tree, _ profile: Profile) {
        let words = ["native", "approximated", "picture", "unsupported"]
        func take(_ other: String, _ why: String?) {
            guard words.firstIndex(of: other)! > words.firstIndex(of: word)! else { return }
            (word, message) = (other, why)
        }
        for finding in tree.diagnostics { take(finding.outcome == .approximated ? "approximated" : "unsupported", finding.message) }
        let slide = mapSlide(tree, SlideOptions(profile: profile))
        slide.visitDecisions(on: tree) { decision in
            let why = decision.findings.first?.message
            switch decision.outcome {
            case .native: break
            case .approximated, .picture: take(decision.outcome.rawValue, why)
            // Nothing to be seen is no loss; what should be seen has a finding.
            case .omitted: if why != nil { take("unsupported", why) }
            }
            if let missing = decision.findings.first(where: { $0.outcome == .unsupported }) { take("unsupported", missing.message) }
        }
    }
}
