/// Checks documents against a JSON Schema (draft 2020-12), as far as forms need one.
///
///     let schema = try JSONSchema(["type": "object", "required": ["city"], "properties": ["city": ["type": "string"]]])
///     schema.problem(with: arguments)  // "city: is missing"
///
/// Understood: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `minItems`, `maxItems`, `minLength`, `maxLength`,
/// `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `anyOf`, `oneOf`, `allOf`, and `$ref` to a name in the `$defs` of the whole
/// schema. Words that only describe are passed over. Any other
/// word is refused when the schema is read: what would not be checked must not look as if it were.
public struct JSONSchema: Hashable, Sendable {
    /// The schema as it was given.
    public let document: JSON

    /// A schema that cannot be used, and where.
    public struct Unusable: Error, Hashable, CustomStringConvertible {
        /// Where, such as `properties.city`; empty for the schema itself.
        public var place: String
        /// What is wrong there.
        public var reason: String

        /// One sentence.
        public var description: String { (place.isEmpty ? "the schema" : "the schema at \(place)") + " " + reason }
    }

    /// Reads a schema.
    public init(_ document: JSON) throws(Unusable) {
        self.document = document
        definitions = Self.definitions(of: document)
        try Self.look(at: document, place: "", depth: 0, definitions)
    }

    /// What `$ref` may name.
    private let definitions: [String: JSON]

    private static func definitions(of document: JSON) -> [String: JSON] {
        guard case .object(let members) = document, case .object(let named)? = members.first(where: { $0.name == "$defs" })?.value else {
            return [:]
        }
        return Dictionary(named.map { ("#/$defs/" + $0.name, $0.value) }) { first, _ in first }
    }

    /// What is wrong with a document, with its place in it; nil when it fits.
    public func problem(with value: JSON) -> String? { Self.problem(value, document, place: "", Inside(definitions)) }

    private static let describing: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "format", "unit", "group",
    ]

    /// What a schema refers to, and what following it took so far: a schema may refer to itself, and then only the value ends it.
    private final class Inside {
        let definitions: [String: JSON]
        var depth = 0, steps = 0

        init(_ definitions: [String: JSON]) { self.definitions = definitions }
    }

    private static let deepest = 256, mostSteps = 1 << 20

    private static func look(at schema: JSON, place: String, depth: Int, _ definitions: [String: JSON]) throws(Unusable) {
        guard depth <= 64 else { throw Unusable(place: place, reason: "is nested too deeply") }
        if case .bool = schema { return }
        guard case .object(let members) = schema else { throw Unusable(place: place, reason: "is no object") }
        for member in members {
            let at = place.isEmpty ? member.name : place + "." + member.name
            var inner: [(JSON, String)] = []
            switch (member.name, member.value) {
            case ("properties", .object(let properties)), ("$defs", .object(let properties)):
                inner = properties.map { ($0.value, at + "." + $0.name) }
            case ("items", let value), ("additionalProperties", let value): inner = [(value, at)]
            case ("anyOf", .array(let list)), ("oneOf", .array(let list)), ("allOf", .array(let list)):
                inner = list.enumerated().map { ($1, "\(at)[\($0)]") }
            case ("type", .string(let name)) where types.contains(name): break
            case ("type", .array(let names))
            where names.allSatisfy({ if case .string(let name) = $0 { types.contains(name) } else { false } }):
                break
            case ("enum", .array), ("required", .array), ("const", _): break
            case ("$ref", .string(let name)):
                guard definitions[name] != nil else { throw Unusable(place: at, reason: "names \(name), which is not among \"$defs\"") }
            case ("minimum", let value), ("maximum", let value), ("exclusiveMinimum", let value), ("exclusiveMaximum", let value):
                guard number(value) != nil else { throw Unusable(place: at, reason: "wants a number") }
            case ("minItems", .integer), ("maxItems", .integer), ("minLength", .integer), ("maxLength", .integer): break
            case (let name, _) where describing.contains(name): break
            default: throw Unusable(place: at, reason: "says \(member.value.text), which is not understood")
            }
            for (schema, place) in inner { try look(at: schema, place: place, depth: depth + 1, definitions) }
        }
    }

    private static let types: Set<String> = ["null", "boolean", "integer", "number", "string", "array", "object"]

    private static func problem(_ value: JSON, _ schema: JSON, place: String, _ inside: Inside) -> String? {
        func say(_ words: String) -> String { (place.isEmpty ? "the value" : place) + (place.isEmpty ? " " : ": ") + words }
        guard case .object(let words) = schema else { return schema == .bool(false) ? say("is not allowed") : nil }
        for word in words {
            var problem: String?
            switch (word.name, word.value) {
            case ("type", .string(let name)): problem = isType(value, name) ? nil : say("wants \(name), not \(value.text)")
            case ("type", .array(let names)):
                let names = names.compactMap { if case .string(let name) = $0 { name } else { nil } }
                problem = names.contains { isType(value, $0) } ? nil : say("wants \(names.joined(separator: " or ")), not \(value.text)")
            case ("enum", .array(let choices)):
                problem =
                    choices.contains(value) ? nil : say("wants one of \(choices.map(\.text).joined(separator: ", ")), not \(value.text)")
            case ("const", let only): problem = value == only ? nil : say("wants \(only.text), not \(value.text)")
            case ("anyOf", .array(let list)):
                problem = closest(list.map { Self.problem(value, $0, place: place, inside) })
            case ("oneOf", .array(let list)):
                let problems = list.map { Self.problem(value, $0, place: place, inside) }, fitting = problems.count { $0 == nil }
                problem = fitting > 1 ? say("fits \(fitting) forms where one is wanted") : closest(problems)
            case ("allOf", .array(let list)): problem = list.lazy.compactMap { Self.problem(value, $0, place: place, inside) }.first
            case ("$ref", .string(let name)):
                inside.depth += 1
                inside.steps += 1
                defer { inside.depth -= 1 }
                guard inside.depth <= deepest, inside.steps <= mostSteps else { return say("is nested too deeply for the schema") }
                problem = inside.definitions[name].flatMap { Self.problem(value, $0, place: place, inside) }
            default: problem = sized(value, word, say) ?? structured(value, word, words, place, inside)
            }
            if let problem { return problem }
        }
        return nil
    }

    /// Words on how large or long something is.
    private static func sized(_ value: JSON, _ word: JSON.Member, _ say: (String) -> String) -> String? {
        if let limit = number(word.value), let number = number(value) {
            switch word.name {
            case "minimum" where number < limit: return say("is less than \(word.value.text)")
            case "maximum" where number > limit: return say("is more than \(word.value.text)")
            case "exclusiveMinimum" where number <= limit: return say("is not more than \(word.value.text)")
            case "exclusiveMaximum" where number >= limit: return say("is not less than \(word.value.text)")
            default: return nil
            }
        }
        guard case .integer(let limit) = word.value else { return nil }
        switch (word.name, value) {
        case ("minItems", .array(let list)) where list.count < limit: return say("has fewer than \(limit) elements")
        case ("maxItems", .array(let list)) where list.count > limit: return say("has more than \(limit) elements")
        case ("minLength", .string(let text)) where text.unicodeScalars.count < limit: return say("has fewer than \(limit) characters")
        case ("maxLength", .string(let text)) where text.unicodeScalars.count > limit: return say("has more than \(limit) characters")
        default: return nil
        }
    }

    /// Words on what is inside.
    private static func structured(_ value: JSON, _ word: JSON.Member, _ words: [JSON.Member], _ place: String, _ inside: Inside) -> String?
    {
        switch (word.name, value) {
        case ("items", .array(let list)):
            return list.enumerated().lazy.compactMap { problem($1, word.value, place: "\(place)[\($0)]", inside) }.first
        case ("required", .object(let members)):
            guard case .array(let names) = word.value else { return nil }
            for case .string(let name) in names where !members.contains(where: { $0.name == name }) {
                return "\(path(place, name)): is missing"
            }
        case ("properties", .object(let members)):
            guard case .object(let properties) = word.value else { return nil }
            for member in members {
                guard let schema = properties.first(where: { $0.name == member.name })?.value else { continue }
                if let problem = problem(member.value, schema, place: path(place, member.name), inside) { return problem }
            }
        case ("additionalProperties", .object(let members)):
            var known: [String] = []
            if case .object(let properties)? = words.first(where: { $0.name == "properties" })?.value { known = properties.map(\.name) }
            for member in members where !known.contains(member.name) {
                if word.value == .bool(false) { return "\(path(place, member.name)): is not known" }
                if let problem = problem(member.value, word.value, place: path(place, member.name), inside) { return problem }
            }
        default: break
        }
        return nil
    }

    /// What keeps a value from the form it is nearest to, that which its constants fit; nil when it fits one.
    private static func closest(_ problems: [String?]) -> String? {
        guard !problems.contains(nil) else { return nil }
        let problems = problems.compactMap(\.self)
        return problems.first { !$0.contains(": wants \"") } ?? problems.first
    }

    private static func path(_ place: String, _ name: String) -> String { place.isEmpty ? name : place + "." + name }

    private static func number(_ value: JSON) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    private static func isType(_ value: JSON, _ name: String) -> Bool {
        switch value {
        case .null: name == "null"
        case .bool: name == "boolean"
        case .integer: name == "integer" || name == "number"
        case .number(let number): name == "number" || name == "integer" && number == number.rounded()
        case .string: name == "string"
        case .array: name == "array"
        case .object: name == "object"
        }
    }
}
