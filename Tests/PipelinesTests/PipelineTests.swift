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
        guard case .make(let last)? = read.steps.last else { throw PipelineError(place: "", reason: "no request") }
        var expected = [Pipeline.Making(.svg, of: ["image/png"]), .init(.png, size: .init(width: 300))]
        expected[0].options.trace.quantize.colors = 12
        expected.append(.init(.pptx, of: ["image/*"], options: last.options, each: true, title: "Pictures"))
        #expect(read == Pipeline(expected.map { .make($0) }))
        #expect(last.options.slide.size != nil && expected[1].sources == ["image/svg+xml"])
    }

    @Test("Branches, cases and fallbacks hold steps, items their own options")
    func branches() throws {
        let read = try pipeline(
            #"""
            {"steps": [
                {"parallel": [[{"make": "svg"}, {"make": "pptx"}], []]},
                {"switch": [{"from": "image/png", "steps": [{"make": "svg", "fallback": []}]}], "default": [{"make": "png"}]},
                {"make": "items", "name": "${part.number}.png", "options": {"count": 3, "metadata": true}}
            ]}
            """#)
        var items = Pipeline.Making(.items, name: "${part.number}.png")
        (items.items.collection.count, items.items.hasPapers) = (3, true)
        #expect(
            read.steps == [
                .parallel([[.make(.svg), .make(.pptx)], []]),
                .choose([.init(of: ["image/png"], [.make(.init(.svg, fallback: []))])], rest: [.make(.png)]), .make(items),
            ])
    }

    @Test("Variables stand in texts; a text that is one becomes its value; settings are read as what they replace")
    func variables() throws {
        let document = #"""
            {"variables": {"colors": 12, "what": "Pictures", "each": false},
             "steps": [{"make": "svg", "options": {"colors": "${colors}"}},
                       {"make": "pptx", "each": "${each}", "title": "${what} in ${colors} colours"}]}
            """#
        func read(_ settings: [(name: String, value: String)]) throws -> [Pipeline.Making] {
            try Pipeline(parsing: Array(document.utf8), setting: settings).steps.compactMap {
                if case .make(let step) = $0 { step } else { nil }
            }
        }
        let usual = try read([])
        #expect(usual[0].options.trace.quantize.colors == 12 && usual[1].title?.text == "Pictures in 12 colours" && !usual[1].isEach)
        let other = try read([("colors", "9"), ("what", "Logos, ${x}"), ("each", "true")])
        #expect(other[0].options.trace.quantize.colors == 9 && other[1].title?.text == "Logos, ${x} in 9 colours" && other[1].isEach)
        for (name, value, error) in [
            ("colors", "many", #"--set colors: wants a number, as the pipeline says 12, not "many""#),
            ("each", "1", #"--set each: wants true or false, as the pipeline says false, not "1""#),
            ("color", "1", #"--set color: the pipeline has no variable "color" (did you mean colors?)"#),
        ] {
            let thrown = #expect(throws: PipelineError.self) { try read([(name, value)]) }
            #expect(thrown?.description == error)
        }
    }

    /// Documents that are refused, and the error.
    static let refused: [(document: String, error: String)] = [
        ("[", "not JSON: line 1, column 2: expected a value, found the end"),
        ("[]", "wants an object with $schema, variables, steps"),
        (#"{"stps": []}"#, #"there is no "stps" here (did you mean steps?)"#),
        ("{}", #""steps" is missing"#),
        (#"{"steps": []}"#, "steps: wants a list of 1 to 64 steps"),
        (#"{"steps": [{}]}"#, #"steps[0]: "make" is missing: svg, png, pptx, items, features; or "parallel", or "switch""#),
        (#"{"steps": [{"make": "sgv"}]}"#, #"steps[0].make: wants one of svg, png, pptx, items, features, not "sgv" (did you mean svg?)"#),
        (#"{"steps": [{"make": 1}]}"#, "steps[0].make: wants one of svg, png, pptx, items, features, not 1"),
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
        (#"{"steps": [{"parallel": [[]]}]}"#, "steps[0].parallel: wants a list of 2 to 16 branches, each a list of steps"),
        (
            #"{"steps": [{"parallel": [[], [{"make": "gif"}]]}]}"#,
            #"steps[0].parallel[1][0].make: wants one of svg, png, pptx, items, features, not "gif""#
        ),
        (#"{"steps": [{"parallel": [[], []], "make": "svg"}]}"#, #"steps[0]: there is no "make" here"#),
        (#"{"steps": [{"switch": []}]}"#, "steps[0].switch: wants a list of 1 to 16 cases, each with from and steps"),
        (#"{"steps": [{"switch": [{"from": "image/png"}]}]}"#, "steps[0].switch[0]: a case wants from, media types, and steps, a list"),
        (#"{"steps": [{"make": "svg", "name": ""}]}"#, "steps[0].name: wants a text that is not empty"),
        (
            #"{"variables": {"a": []}, "steps": [{"make": "svg"}]}"#,
            "variables.a: wants a text, a number, true or false, or null for what must be set"
        ),
        (#"{"steps": [{"make": "svg", "options": 3}]}"#, #"steps[0].options: options are an object such as {"name": value}"#),
    ]

    @Test("What is wrong is said with its place and the nearest name", arguments: refused)
    func errors(document: String, error: String) {
        let thrown = #expect(throws: PipelineError.self) { try pipeline(document) }
        #expect(thrown?.description == error)
    }

    /// Documents that a schema cannot tell from good ones.
    static let meaningless: [(document: String, error: String)] = [
        (
            #"{"steps": [{"make": "svg", "name": "a.svg"}]}"#,
            "steps[0].name: all parts would be called the same; say which is which, as in ${part.stem}-2.svg"
        ),
        (
            #"{"steps": [{"make": "pptx", "title": "${part.name}"}]}"#,
            #"steps[0].title: a presentation of all parts has no one part that ${part.…} could stand for; say "each": true"#
        ),
        (
            #"{"steps": [{"make": "pptx", "fallback": []}]}"#,
            #"steps[0].fallback: is for steps that look at single parts; say "each": true"#
        ),
        (#"{"variables": {"a": null}, "steps": [{"make": "svg"}]}"#, "variables.a: has no value; say --set a=VALUE"),
        (#"{"variables": {"ab": 1}, "steps": [{"make": "${ac}"}]}"#, #"steps[0].make: there is no variable "ac" (did you mean ab?)"#),
        (#"{"steps": [{"make": "${part.name}"}]}"#, #"steps[0].make: ${part.name} is known where a part is made: in "name" and "title""#),
        (#"{"steps": [{"make": "svg", "from": "${"}]}"#, #"steps[0].from: "${" begins the name of a variable, and no "}" ends it"#),
    ]

    @Test("What makes no sense is said with its place", arguments: meaningless)
    func meaninglessDocuments(document: String, error: String) {
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
                "┌┐", "inputs", "└┘", "", "▼", "┌┐", "1 svg", "of image/png, image/jpeg, image/webp (each); others pass",
                "colors 12, tone grey", "└┘",
                "", "▼", "┌┐", "2 pptx", "of image/png, image/jpeg, image/webp, image/svg+xml (all, held until the last); others pass",
                "title \"A & B\"", "└┘", "", "▼", "┌┐", "outputs", "└┘",
            ])
        let svg = drawn.svgGraph
        #expect(svg.contains(#"title "A &amp; B""#) && svg.contains("colors 12, tone grey"))
        let branched = try pipeline(
            #"""
            {"steps": [{"parallel": [[{"make": "svg", "fallback": [{"make": "pptx", "each": true}]}], []]},
                       {"switch": [{"from": "image/png", "steps": []}]}]}
            """#)
        let text = branched.textGraph
        for line in [
            "│ 1 parallel", "      branch 1", "    │ 1.1.1 svg", "          what fails", "        │ 1.1.1.1.1 pptx",
            "      branch 2: as it is",
            "│ 2 switch", "      image/png: as it is",
        ] { #expect(text.contains("\n" + line), "\(line)\n\(text)") }
        #expect(branched.svgGraph.contains("1.1.1.1.1 pptx"))
    }
}
