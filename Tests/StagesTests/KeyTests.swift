import AtelierImageCodecs
import AtelierImageTracing
import AtelierMemo
import AtelierOOXML
import AtelierSVG
import Foundation
import Testing

@testable import AtelierStages

/// Rule 1: everything a result depends on is in its key. Every stage and plan of the room stands in `cases`.
@Suite("Keys of stages")
struct KeyTests {
    /// One stage or plan: what its key holds, and the digests of values that differ in one stored property each.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let properties: [String], fields: [String]
        let digest: Digest
        let changed: [(property: String, digest: Digest)]

        var testDescription: String { name }

        init<S: Stage>(_ stage: S, _ changes: [(String, (inout S) -> Void)]) {
            self.init(S.name, stage, KeyRecord(of: stage).fields, { Artifact($0).digest }, changes)
        }

        init<P: Plan>(plan: P, _ changes: [(String, (inout P) -> Void)]) {
            self.init(P.name, plan, KeyRecord(of: plan).fields, { Artifact($0).digest }, changes)
        }

        private init<V>(
            _ name: String, _ value: V, _ fields: [String], _ digest: (V) -> Digest, _ changes: [(String, (inout V) -> Void)]
        ) {
            self.name = name
            self.fields = fields
            self.digest = digest(value)
            properties = Mirror(reflecting: value).children.compactMap(\.label)
            changed = changes.map { property, change in
                var copy = value
                change(&copy)
                return (property, digest(copy))
            }
        }
    }

    static let file = Artifact<Blob>.bytes([1]), otherFile = Artifact<Blob>.bytes([2])
    static let image = Artifact(DecodeImage(source: file)), otherImage = Artifact(DecodeImage(source: otherFile))
    static let quantized = Artifact(QuantizeColors(image: image)), otherQuantized = Artifact(QuantizeColors(image: otherImage))
    static let regions = Artifact(SegmentRegions(image: image, quantized: quantized))
    static let otherRegions = Artifact(SegmentRegions(image: otherImage, quantized: quantized))
    static let drawing = Artifact(FitPaths(segmentation: regions)), otherDrawing = Artifact(FitPaths(segmentation: otherRegions))
    static let tree = Artifact(ParseSVG(source: file)), otherTree = Artifact(ParseSVG(source: otherFile))
    static let slide = Artifact(MapSlide(tree: tree)), otherSlide = Artifact(MapSlide(tree: otherTree))

    /// Options in which everything optional is set, so that JSON shows every leaf.
    static let options: ConversionOptions = {
        var options = ConversionOptions()
        options.trace.quantize.colors = 9
        options.slide.size = SlideSize(width: EMU(rawValue: 2_000_000), height: EMU(rawValue: 3_000_000))
        return options
    }()

    static let cases: [Case] = [
        Case(
            DecodeImage(source: file, limits: options.image),
            [("source", { $0.source = otherFile }), ("decoders", { $0.decoders.append("another") })]
                + leaves(of: \.limits, "limits", options.image)),
        Case(
            QuantizeColors(image: image, options: options.trace.quantize),
            [("image", { $0.image = otherImage })] + leaves(of: \.options, "options", options.trace.quantize)),
        Case(
            SegmentRegions(image: image, quantized: quantized, options: options.trace.segment),
            [("image", { $0.image = otherImage }), ("quantized", { $0.quantized = otherQuantized })]
                + leaves(of: \.options, "options", options.trace.segment)),
        Case(
            FitPaths(segmentation: regions, options: options.trace.fit),
            [("segmentation", { $0.segmentation = otherRegions })] + leaves(of: \.options, "options", options.trace.fit)),
        Case(
            WriteDrawing(drawing: drawing, options: options.trace.write),
            [("drawing", { $0.drawing = otherDrawing })] + leaves(of: \.options, "options", options.trace.write)),
        Case(
            ParseSVG(source: file, options: options.svg),
            [("source", { $0.source = otherFile })] + leaves(of: \.options, "options", options.svg)),
        Case(
            MapSlide(tree: tree, options: options.slide),
            [("tree", { $0.tree = otherTree })] + leaves(of: \.options, "options", options.slide)),
        Case(
            PackPPTX(slides: [slide], title: "a"),
            [
                ("slides", { $0.slides = [otherSlide] }), ("slides", { $0.slides.append(slide) }), ("title", { $0.title = nil }),
                ("title", { $0.title = "b" }), ("library", { $0.library += "!" }),
            ]),
        Case(
            ReportSlides(trees: [tree], slides: [slide]),
            [("trees", { $0.trees = [otherTree] }), ("slides", { $0.slides = [otherSlide] })]),
        Case(ReportTree(tree: tree), [("tree", { $0.tree = otherTree }), ("tree", { $0.tree = nil })]),
        Case(
            plan: SVGFromSource(source: file, options: options, drawings: .kept),
            [
                ("source", { $0.source = otherFile }), ("drawings", { $0.drawings = .rewritten }),
                ("stages", { $0.stages[0] += "!" }),
            ] + leaves(of: \.options, "options", options)),
        Case(
            plan: ReportOnSource(source: file, options: options.svg),
            [("source", { $0.source = otherFile }), ("stages", { $0.stages[0] += "!" })] + leaves(of: \.options, "options", options.svg)),
        Case(
            plan: DeckOfPages(trees: [tree], options: options.slide, title: "a"),
            [
                ("trees", { $0.trees.append(tree) }), ("title", { $0.title = nil }), ("stages", { $0.stages[0] += "!" }),
            ] + leaves(of: \.options, "options", options.slide)),
        Case(
            plan: ReportOnPages(trees: [tree], options: options.slide),
            [("trees", { $0.trees.append(tree) }), ("stages", { $0.stages[0] += "!" })] + leaves(of: \.options, "options", options.slide)),
    ]

    @Test("Every stored property is in the key", arguments: cases)
    func fields(_ stage: Case) {
        #expect(stage.fields.sorted() == stage.properties.sorted())
        #expect(Set(stage.changed.map(\.property)) == Set(stage.properties), "a property is not perturbed")
    }

    @Test("A change of any stored property, down to every leaf of the options, changes the digest", arguments: cases)
    func perturbation(_ stage: Case) {
        let digests = [stage.digest] + stage.changed.map(\.digest)
        #expect(Set(digests).count == digests.count)
    }

    @Test("Names are unique")
    func names() {
        #expect(Set(Self.cases.map(\.name)).count == Self.cases.count)
    }

    @Test("Every stage and plan of the room is held to this")
    func complete() throws {
        let folder = Sample.root + "/Sources/Stages"
        let sources = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        let declared = try sources.flatMap { file in
            try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).matches(of: #/public struct \w+: (Stage|Plan) /#)
        }
        #expect(declared.count == Self.cases.count)
    }
}

/// Changes that set `path` to a copy of `options` with one leaf of its JSON altered, for every leaf.
private func leaves<Whole, Options: Codable>(
    of path: WritableKeyPath<Whole, Options>, _ property: String, _ options: Options
) -> [(String, (inout Whole) -> Void)] {
    do {
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(options))
        return try alterations(of: json).map { altered in
            let changed = try JSONDecoder().decode(Options.self, from: JSONSerialization.data(withJSONObject: altered))
            return (property, { $0[keyPath: path] = changed })
        }
    } catch {
        Issue.record("\(Options.self) does not survive a changed leaf: \(error)")
        return []
    }
}

/// Every copy of a JSON value in which one leaf differs.
private func alterations(of json: Any) -> [Any] {
    if let object = json as? [String: Any] {
        return object.keys.sorted().flatMap { key -> [Any] in
            alterations(of: object[key]!).map { object.merging([key: $0]) { $1 } }
        }
    }
    if let array = json as? [Any] {
        return array.indices.flatMap { index -> [Any] in
            alterations(of: array[index]).map { array[..<index] + [$0] + array[(index + 1)...] }
        }
    }
    if let number = json as? NSNumber {
        let isBoolean = String(cString: number.objCType) == "c"
        return isBoolean ? [!number.boolValue] : [NSNumber(value: number.doubleValue + 1)]
    }
    return (json as? String).map { [$0 + "x"] } ?? []
}
