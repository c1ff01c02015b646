package import AtelierJSON
import AtelierStages

// The document: `{"steps": [{"make": "svg", "from": "image/png", "options": {"colors": 12}}, …]}`. What is read and what the schema
// says follow from the same tables.

/// Why a document is no pipeline: the place in it, and what would help.
public struct PipelineError: Error, Hashable, CustomStringConvertible {
    /// Such as `steps[1].options`; empty for the document itself.
    public var place: String
    /// A sentence without a full stop.
    public var reason: String

    /// Place and reason.
    public var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
}

extension Pipeline {
    /// Most steps.
    static let mostSteps = 64

    /// Reads a document. Names that are not known, values out of range and texts that are no JSON are refused.
    public init(parsing bytes: [UInt8]) throws(PipelineError) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw PipelineError(place: "", reason: "not JSON: \(error)") }
        let members = try Members(json, at: "", names: ["$schema", "steps"])
        guard let list = members["steps"] else { throw PipelineError(place: "", reason: "\"steps\" is missing") }
        guard case .array(let steps) = list, (1...Self.mostSteps).contains(steps.count) else {
            throw PipelineError(place: "steps", reason: "wants a list of 1 to \(Self.mostSteps) steps")
        }
        self.steps = []
        for (index, step) in steps.enumerated() { self.steps.append(try Step(step, at: "steps[\(index)]")) }
    }
}

extension Pipeline.Step {
    fileprivate init(_ json: JSON, at place: String) throws(PipelineError) {
        let members = try Members(json, at: place, names: ["make", "from", "each", "title", "options"])
        let words = Pipeline.Target.allCases.map(\.rawValue)
        guard let made = members["make"] else {
            throw PipelineError(place: place, reason: "\"make\" is missing: \(words.joined(separator: ", "))")
        }
        guard case .string(let word) = made, let target = Pipeline.Target(rawValue: word) else {
            var question = ""
            if case .string(let word) = made, let near = closest(to: word.lowercased(), in: words) { question = " (did you mean \(near)?)" }
            throw PipelineError(
                place: place + ".make", reason: "wants one of \(words.joined(separator: ", ")), not \(made.text)\(question)")
        }
        self.init(target)
        if let value = members["from"] { sources = try Self.mediaTypes(value, at: place + ".from") }
        for name in ["each", "title"] where target != .pptx && members[name] != nil {
            throw PipelineError(place: "\(place).\(name)", reason: "says something about pptx only, not about \(word)")
        }
        if let value = members["each"] {
            guard case .bool(let flag) = value else { throw PipelineError(place: place + ".each", reason: "wants true or false") }
            isEach = flag
        }
        if let value = members["title"] {
            guard case .string(let text) = value else { throw PipelineError(place: place + ".title", reason: "wants a text") }
            title = text
        }
        if let value = members["options"] {
            do {
                self = try Self.options(of: target).decode(value, over: self)
            } catch { throw PipelineError(place: place + ".options", reason: error.description) }
        }
    }

    private static func mediaTypes(_ json: JSON, at place: String) throws(PipelineError) -> [String] {
        let list: [JSON]
        if case .array(let elements) = json { list = elements } else { list = [json] }
        guard !list.isEmpty else { throw PipelineError(place: place, reason: "wants at least one media type") }
        var types: [String] = []
        for element in list {
            guard case .string(let text) = element, text.split(separator: "/", omittingEmptySubsequences: false).count == 2 else {
                throw PipelineError(place: place, reason: "wants media types such as image/png or image/*, not \(element.text)")
            }
            types.append(text.lowercased())
        }
        return types
    }

    /// What can be said about a step.
    static func options(of target: Pipeline.Target) -> [Option<Pipeline.Step>] {
        let limits = ConversionOptions.limits.map { $0.of(\Pipeline.Step.options) }
        let tracing = ConversionOptions.tracing.map { $0.of(\Pipeline.Step.options) }
        switch target {
        case .svg: return tracing + limits
        case .png: return RenderingSize.options.map { $0.of(\Pipeline.Step.size) } + limits
        case .pptx:
            // Layouts and placeholders are those of a template, and a pipeline has none.
            let slides = ConversionOptions.slides.filter { $0.name != "layout" && $0.name != "placeholder" }
            return slides.map { $0.of(\Pipeline.Step.options) } + tracing + limits
        }
    }
}

/// The members of an object whose names are known.
private struct Members {
    private let values: [String: JSON]

    init(_ json: JSON, at place: String, names: [String]) throws(PipelineError) {
        guard case .object(let members) = json else {
            throw PipelineError(place: place, reason: "wants an object with \(names.joined(separator: ", "))")
        }
        for member in members where !names.contains(member.name) {
            let question = closest(to: member.name, in: names).map { " (did you mean \($0)?)" } ?? ""
            throw PipelineError(place: place, reason: "there is no \"\(member.name)\" here\(question)")
        }
        values = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
    }

    subscript(name: String) -> JSON? { values[name] }
}

// MARK: - Schema

extension Pipeline {
    /// The JSON Schema (draft 2020-12) of the document.
    package static var schema: JSON {
        let steps = Target.allCases.map { target -> JSON in
            let step = Step(target)
            return .object([
                "type": .string("object"),
                "required": .array([.string("make")]),
                "properties": .object([
                    "make": .object(["const": .string(target.rawValue), "description": .string(target.summary)]),
                    "from": .object([
                        "description": .string("Media types of the parts it is made of, such as image/*; the others pass."),
                        "oneOf": .array([mediaType, .object(["type": .string("array"), "minItems": .integer(1), "items": mediaType])]),
                        "default": .array(target.usualSources.map(JSON.string)),
                    ]),
                    "each": target != .pptx
                        ? nil
                        : .object([
                            "type": .string("boolean"), "default": .bool(false),
                            "description": .string("A presentation of each part instead of one of all."),
                        ]),
                    "title": target != .pptx
                        ? nil
                        : .object([
                            "type": .string("string"), "description": .string("Title in the properties of the presentation."),
                        ]),
                    "options": Step.options(of: target).schema(defaults: step),
                ]),
                "additionalProperties": .bool(false),
            ])
        }
        return .object([
            "$schema": .string("https://json-schema.org/draft/2020-12/schema"),
            "title": .string("Pipeline of atelier run"),
            "type": .string("object"),
            "required": .array([.string("steps")]),
            "properties": .object([
                "$schema": .object(["description": .string("Where this schema lies; for editors, and passed over.")]),
                "steps": .object([
                    "type": .string("array"), "minItems": .integer(1), "maxItems": .integer(mostSteps),
                    "items": .object(["oneOf": .array(steps)]),
                ]),
            ]),
            "additionalProperties": .bool(false),
        ])
    }

    private static var mediaType: JSON {
        .object(["type": .string("string"), "examples": .array([.string("image/png"), .string("image/*")])])
    }
}

extension Pipeline.Target {
    /// What is made, in a sentence.
    var summary: String {
        switch self {
        case .svg: "A drawing of each picture, traced."
        case .png: "A picture of each drawing."
        case .pptx: "A presentation with a slide for each part."
        }
    }
}
