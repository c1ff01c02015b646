import AtelierImageTracing
import AtelierJSON
import AtelierOOXML
import AtelierStages
import Testing

@testable import AtelierPipelines

@Suite("Pipelines as documents")
struct PipelineTests {
    private static let folder = {
        let names = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return names.dropLast(3).joined(separator: "/") + "/docs/formats/"
    }()

    private func pipeline(_ text: String) throws -> Pipeline { try Pipeline(parsing: Array(text.utf8)) }

    @Test("A document says what is made, of what and how")
    func reading() throws {
        let read = try pipeline(
            #"""
            {"$schema": "pipeline.schema.json", "steps": [
                {"make": "svg", "from": "image/PNG", "options": {"colours": 12}},
                {"make": "png", "options": {"width": 300}},
                {"make": "pptx", "from": ["image/*"], "each": true, "title": "Pictures", "options": {"slide-size": "4:3"}}
            ]}
            """#)
        var expected = [Pipeline.Step(.svg, of: ["image/png"]), .init(.png, size: .init(width: 300))]
        expected[0].options.trace.quantize.colors = 12
        expected.append(.init(.pptx, of: ["image/*"], options: read.steps[2].options, each: true, title: "Pictures"))
        #expect(read == Pipeline(expected))
        #expect(read.steps[2].options.slide.size != nil)
        #expect(read.steps[1].sources == ["image/svg+xml"])
    }

    /// Documents that are refused, and the error.
    static let refused: [(document: String, error: String)] = [
        ("[", "not JSON: line 1, column 2: expected a value, found the end"),
        ("[]", "wants an object with $schema, steps"),
        (#"{"stps": []}"#, #"there is no "stps" here (did you mean steps?)"#),
        ("{}", #""steps" is missing"#),
        (#"{"steps": []}"#, "steps: wants a list of 1 to 64 steps"),
        (#"{"steps": [{}]}"#, #"steps[0]: "make" is missing: svg, png, pptx"#),
        (#"{"steps": [{"make": "sgv"}]}"#, #"steps[0].make: wants one of svg, png, pptx, not "sgv" (did you mean svg?)"#),
        (#"{"steps": [{"make": 1}]}"#, "steps[0].make: wants one of svg, png, pptx, not 1"),
        (#"{"steps": [{"make": "svg"}, {"make": "png", "form": "x/y"}]}"#, #"steps[1]: there is no "form" here (did you mean from?)"#),
        (#"{"steps": [{"make": "svg", "from": "png"}]}"#, #"steps[0].from: wants media types such as image/png or image/*, not "png""#),
        (#"{"steps": [{"make": "svg", "from": []}]}"#, "steps[0].from: wants at least one media type"),
        (#"{"steps": [{"make": "svg", "title": "x"}]}"#, "steps[0].title: says something about pptx only, not about svg"),
        (#"{"steps": [{"make": "pptx", "each": 1}]}"#, "steps[0].each: wants true or false"),
        (#"{"steps": [{"make": "pptx", "title": 1}]}"#, "steps[0].title: wants a text"),
        (
            #"{"steps": [{"make": "svg", "options": {"colers": 3}}]}"#,
            #"steps[0].options: there is no option "colers" (did you mean colors?)"#
        ),
        (
            #"{"steps": [{"make": "svg", "options": {"colors": 1000}}]}"#,
            "steps[0].options: --colors wants a whole number from 1 to 250, or auto, not 1000"
        ),
        (#"{"steps": [{"make": "png", "options": {"colors": 3}}]}"#, #"steps[0].options: there is no option "colors""#),
        (#"{"steps": [{"make": "svg", "options": 3}]}"#, #"steps[0].options: options are an object such as {"name": value}"#),
    ]

    @Test("What is wrong is said with its place and the nearest name", arguments: refused)
    func errors(document: String, error: String) {
        let thrown = #expect(throws: PipelineError.self) { try pipeline(document) }
        #expect(thrown?.description == error)
    }

    @Test("The published schema is the one that documents are read by")
    func schemaFile() throws {
        let file = try #require(contents(of: Self.folder + "pipeline.schema.json"))
        #expect(file == Pipeline.schema.prettyBytes, "write the output of `atelier run --schema` there")
    }

    @Test("The schema takes what is read, the page's examples among it, and refuses what is not")
    func schemaAgrees() throws {
        let schema = try JSONSchema(Pipeline.schema)
        let page = String(decoding: try #require(contents(of: Self.folder + "pipeline.md")), as: UTF8.self)
        let examples = page.split(separator: "```json\n").dropFirst().map { String($0.prefix(upTo: $0.firstRange(of: "```")!.lowerBound)) }
        #expect(examples.count >= 2)
        for example in examples {
            _ = try pipeline(example)
            #expect(schema.problem(with: try JSON(parsing: Array(example.utf8))) == nil, "\(example)")
        }
        for (document, _) in Self.refused.dropFirst() where !document.contains(#""from": "png""#) {
            #expect(schema.problem(with: try JSON(parsing: Array(document.utf8))) != nil, "\(document)")
        }
    }

    @Test("A pipeline is drawn as text and as SVG, with what is not as usual")
    func graphs() throws {
        let drawn = try pipeline(
            #"{"steps": [{"make": "svg", "options": {"colors": 12, "tone": "grey"}}, {"make": "pptx", "title": "A & B"}]}"#)
        let lines = drawn.textGraph.split(separator: "\n").map { $0.drop { $0 == "│" || $0 == " " }.filter { $0 != "│" && $0 != "─" } }
        let words = lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }
        #expect(
            words == [
                "┌┐", "inputs", "└┘", "", "▼", "┌┐", "1 svg", "of image/png, image/jpeg (each); others pass", "colors 12, tone grey", "└┘",
                "", "▼", "┌┐", "2 pptx", "of image/png, image/jpeg, image/svg+xml (all, held until the last); others pass",
                "title \"A & B\"", "└┘", "", "▼", "┌┐", "outputs", "└┘",
            ])
        let svg = drawn.svgGraph
        #expect(svg.contains(#"title "A &amp; B""#) && svg.contains("colors 12, tone grey"))
    }
}
