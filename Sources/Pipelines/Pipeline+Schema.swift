package import AtelierJSON
import AtelierStages

extension Pipeline {
    /// The JSON Schema (draft 2020-12) of the document.
    package static var schema: JSON {
        .object([
            "$schema": .string("https://json-schema.org/draft/2020-12/schema"),
            "title": .string("Pipeline of atelier run"),
            "type": .string("object"),
            "required": .array([.string("steps")]),
            "properties": .object([
                "$schema": .object(["description": .string("Where this schema lies; for editors, and passed over.")]),
                "variables": .object([
                    "type": .string("object"),
                    "description": .string("Values that ${name} stands for in texts, and --set NAME=VALUE replaces; null must be set."),
                    "additionalProperties": .object(["type": .array(["string", "number", "boolean", "null"].map(JSON.string))]),
                ]),
                "steps": .object([
                    "type": .string("array"), "minItems": .integer(1), "maxItems": .integer(mostSteps), "items": reference("step"),
                ]),
            ]),
            "additionalProperties": .bool(false),
            "$defs": .object(definitions),
        ])
    }

    private static var definitions: [JSON.Member] {
        let kinds = Target.allCases.map(\.rawValue) + ["parallel", "switch"]
        return [
            .init("steps", .object(["type": .string("array"), "maxItems": .integer(mostSteps), "items": reference("step")])),
            .init("step", .object(["oneOf": .array(kinds.map(reference))])),
            .init("parallel", parallel), .init("switch", choice),
            .init(
                "types",
                .object(["oneOf": .array([mediaType, .object(["type": .string("array"), "minItems": .integer(1), "items": mediaType])])])),
        ] + Target.allCases.map { .init($0.rawValue, making($0)) }
    }

    private static func reference(_ name: String) -> JSON { .object(["$ref": .string("#/$defs/" + name)]) }

    private static func making(_ target: Target) -> JSON {
        let making = Making(target)
        return .object([
            "type": .string("object"),
            "required": .array([.string("make")]),
            "properties": .object([
                "make": .object(["const": .string(target.rawValue), "description": .string(target.summary)]),
                "from": .object([
                    "description": .string("Media types of the parts it is made of, such as image/*; the others pass."),
                    "$ref": .string("#/$defs/types"),
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
                        "type": .string("string"),
                        "description": .string("Title in the properties of the presentation; of each, with ${part.name} and such."),
                    ]),
                "name": .object([
                    "type": .string("string"), "minLength": .integer(1),
                    "description": .string("What is made is called so, with ${part.stem}, ${part.name} and ${part.ENTRY} of the metadata."),
                ]),
                "options": options(of: making),
                "fallback": .object([
                    "description": .string("What becomes of parts that nothing could be made of."), "$ref": .string("#/$defs/steps"),
                ]),
            ]),
            "additionalProperties": .bool(false),
        ])
    }

    /// Those of a step, any of which may be a variable.
    private static func options(of making: Making) -> JSON {
        guard case .object(var members) = Making.options(of: making.target).schema(defaults: making),
            let place = members.firstIndex(where: { $0.name == "properties" }), case .object(let properties) = members[place].value
        else { preconditionFailure("options are an object with properties") }
        members[place].value = .object(properties.map { .init($0.name, .object(["anyOf": .array([$0.value, variable])])) })
        return .object(members)
    }

    private static var variable: JSON {
        .object(["type": .string("string"), "minLength": .integer(4), "examples": .array([.string("${name}")])])
    }

    private static var parallel: JSON {
        .object([
            "type": .string("object"), "required": .array([.string("parallel")]),
            "properties": .object([
                "parallel": .object([
                    "type": .string("array"), "minItems": .integer(2), "maxItems": .integer(mostBranches), "items": reference("steps"),
                    "description": .string("Every part goes through each of these branches; what becomes of it comes in their order."),
                ])
            ]),
            "additionalProperties": .bool(false),
        ])
    }

    private static var choice: JSON {
        .object([
            "type": .string("object"), "required": .array([.string("switch")]),
            "properties": .object([
                "switch": .object([
                    "type": .string("array"), "minItems": .integer(1), "maxItems": .integer(mostBranches),
                    "description": .string("Every part goes through the first case that takes its type."),
                    "items": .object([
                        "type": .string("object"), "required": .array([.string("from"), .string("steps")]),
                        "properties": .object(["from": reference("types"), "steps": reference("steps")]),
                        "additionalProperties": .bool(false),
                    ]),
                ]),
                "default": .object([
                    "description": .string("What becomes of the other parts, which pass without it."), "$ref": .string("#/$defs/steps"),
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
        case .items: "A picture of each item of a collection."
        case .features: "What each picture is like in numbers."
        }
    }
}
