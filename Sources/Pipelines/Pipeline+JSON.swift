import AtelierJSON
import AtelierStages

// The document: `{"steps": [{"make": "svg", "from": "image/png", "options": {"colors": 12}}, …]}`. What is read and what the schema
// says (`Pipeline+Schema`) follow from the same tables.

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
    /// Most steps, those inside of others among them, and most branches of one step.
    static let mostSteps = 64, mostBranches = 16

    /// Reads a document. Names that are not known, values out of range and texts that are no JSON are refused.
    ///
    /// - Parameter settings: Values for the document's variables, by name, as texts.
    public init(parsing bytes: [UInt8], setting settings: KeyValuePairs<String, String> = [:]) throws(PipelineError) {
        try self.init(parsing: bytes, setting: settings.map { (name: $0.key, value: $0.value) })
    }

    /// Reads a document.
    package init(parsing bytes: [UInt8], setting settings: [(name: String, value: String)]) throws(PipelineError) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw PipelineError(place: "", reason: "not JSON: \(error)") }
        let members = try Members(json, at: "", names: ["$schema", "variables", "steps"])
        let variables = try Variables(members["variables"], setting: settings)
        guard let list = members["steps"] else { throw PipelineError(place: "", reason: "\"steps\" is missing") }
        var reader = StepReader()
        steps = try reader.steps(try variables.resolved(list, at: "steps"), at: "steps", fewest: 1)
    }
}

/// Reads steps, and counts them.
private struct StepReader {
    private var count = 0

    mutating func steps(_ json: JSON, at place: String, fewest: Int = 0) throws(PipelineError) -> [Pipeline.Step] {
        guard case .array(let list) = json, list.count >= fewest, list.count <= Pipeline.mostSteps else {
            throw PipelineError(place: place, reason: "wants a list of \(fewest) to \(Pipeline.mostSteps) steps")
        }
        var steps: [Pipeline.Step] = []
        for (index, step) in list.enumerated() { steps.append(try self.step(step, at: "\(place)[\(index)]")) }
        return steps
    }

    private mutating func step(_ json: JSON, at place: String) throws(PipelineError) -> Pipeline.Step {
        count += 1
        guard count <= Pipeline.mostSteps else {
            throw PipelineError(place: place, reason: "there are more than \(Pipeline.mostSteps) steps, with those inside of others")
        }
        guard case .object(let members) = json else { return .make(try making(json, at: place)) }
        if members.contains(where: { $0.name == "parallel" }) { return try parallel(json, at: place) }
        if members.contains(where: { $0.name == "switch" }) { return try choice(json, at: place) }
        return .make(try making(json, at: place))
    }

    private mutating func parallel(_ json: JSON, at place: String) throws(PipelineError) -> Pipeline.Step {
        let members = try Members(json, at: place, names: ["parallel"])
        guard case .array(let list)? = members["parallel"], (2...Pipeline.mostBranches).contains(list.count) else {
            throw PipelineError(
                place: place + ".parallel", reason: "wants a list of 2 to \(Pipeline.mostBranches) branches, each a list of steps")
        }
        var branches: [[Pipeline.Step]] = []
        for (index, branch) in list.enumerated() { branches.append(try steps(branch, at: "\(place).parallel[\(index)]")) }
        return .parallel(branches)
    }

    private mutating func choice(_ json: JSON, at place: String) throws(PipelineError) -> Pipeline.Step {
        let members = try Members(json, at: place, names: ["switch", "default"])
        guard case .array(let list)? = members["switch"], (1...Pipeline.mostBranches).contains(list.count) else {
            throw PipelineError(
                place: place + ".switch", reason: "wants a list of 1 to \(Pipeline.mostBranches) cases, each with from and steps")
        }
        var cases: [Pipeline.Case] = []
        for (index, json) in list.enumerated() {
            let at = "\(place).switch[\(index)]", members = try Members(json, at: at, names: ["from", "steps"])
            guard let types = members["from"], let inner = members["steps"] else {
                throw PipelineError(place: at, reason: "a case wants from, media types, and steps, a list")
            }
            cases.append(Pipeline.Case(of: try mediaTypes(types, at: at + ".from"), try steps(inner, at: at + ".steps")))
        }
        var rest: [Pipeline.Step]?
        if let value = members["default"] { rest = try steps(value, at: place + ".default") }
        return .choose(cases, rest: rest)
    }

    private mutating func making(_ json: JSON, at place: String) throws(PipelineError) -> Pipeline.Making {
        let members = try Members(json, at: place, names: ["make", "from", "each", "title", "name", "options", "fallback"])
        let words = Pipeline.Target.allCases.map(\.rawValue)
        guard let made = members["make"] else {
            throw PipelineError(
                place: place, reason: "\"make\" is missing: \(words.joined(separator: ", ")); or \"parallel\", or \"switch\"")
        }
        guard case .string(let word) = made, let target = Pipeline.Target(rawValue: word) else {
            var question = ""
            if case .string(let word) = made, let near = closest(to: word.lowercased(), in: words) { question = " (did you mean \(near)?)" }
            throw PipelineError(
                place: place + ".make", reason: "wants one of \(words.joined(separator: ", ")), not \(made.text)\(question)")
        }
        var making = Pipeline.Making(target)
        if let value = members["from"] { making.sources = try mediaTypes(value, at: place + ".from") }
        for name in ["each", "title"] where target != .pptx && members[name] != nil {
            throw PipelineError(place: "\(place).\(name)", reason: "says something about pptx only, not about \(word)")
        }
        if let value = members["each"] {
            guard case .bool(let flag) = value else { throw PipelineError(place: place + ".each", reason: "wants true or false") }
            making.isEach = flag
        }
        making.title = try template(members, "title", at: place)
        making.name = try template(members, "name", at: place)
        for (name, template) in [("title", making.title), ("name", making.name)] where !making.isPartByPart && template?.isConstant == false
        {
            throw PipelineError(
                place: "\(place).\(name)",
                reason: "a presentation of all parts has no one part that ${part.…} could stand for; say \"each\": true")
        }
        if making.isPartByPart, making.name?.isConstant == true {
            throw PipelineError(
                place: place + ".name",
                reason: "all parts would be called the same; say which is which, as in ${part.stem}-2.\(target.ending)")
        }
        if let value = members["options"] {
            do {
                making = try Pipeline.Making.options(of: target).decode(value, over: making)
            } catch { throw PipelineError(place: place + ".options", reason: error.description) }
        }
        if let value = members["fallback"] {
            guard making.isPartByPart else {
                throw PipelineError(place: place + ".fallback", reason: "is for steps that look at single parts; say \"each\": true")
            }
            making.fallback = try steps(value, at: place + ".fallback")
        }
        return making
    }

    private func template(_ members: Members, _ name: String, at place: String) throws(PipelineError) -> PartTemplate? {
        guard let value = members[name] else { return nil }
        guard case .string(let text) = value else { throw PipelineError(place: "\(place).\(name)", reason: "wants a text") }
        if name == "name", text.isEmpty { throw PipelineError(place: "\(place).\(name)", reason: "wants a text that is not empty") }
        return PartTemplate(text)
    }

    private func mediaTypes(_ json: JSON, at place: String) throws(PipelineError) -> [String] {
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
}

extension Pipeline.Making {
    /// What can be said about a step.
    static func options(of target: Pipeline.Target) -> [Option<Pipeline.Making>] {
        let limits = ConversionOptions.limits.map { $0.of(\Pipeline.Making.options) }
        let tracing = ConversionOptions.tracing.map { $0.of(\Pipeline.Making.options) }
        switch target {
        case .svg: return tracing + limits
        case .png: return RenderingSize.options.map { $0.of(\Pipeline.Making.size) } + limits
        case .features: return limits
        case .pptx:
            // Layouts and placeholders are those of a template, and a pipeline has none.
            let slides = ConversionOptions.slides.filter { $0.name != "layout" && $0.name != "placeholder" }
            return slides.map { $0.of(\Pipeline.Making.options) } + tracing + limits
        case .items: return ItemOptions.options.map { $0.of(\Pipeline.Making.items) }
        }
    }
}

/// The members of an object whose names are known.
struct Members {
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
