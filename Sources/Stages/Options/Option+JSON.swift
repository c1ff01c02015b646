package import AtelierJSON

extension Array {
    /// Decodes an object over `defaults`: names that are absent leave the default, unknown names are errors.
    package func decode<Options>(_ json: JSON, over defaults: Options) throws(OptionError) -> Options where Element == Option<Options> {
        guard case .object(let members) = json else { throw OptionError("options are an object such as {\"name\": value}") }
        var options = defaults
        for member in members {
            var name = member.name
            if case .string(let word) = member.value { name = ConversionOptions.name(name, with: word) }
            guard let option = first(where: { $0.isCalled(name) }) ?? first(where: { $0.isCalled(member.name) }) else {
                if let advice = ConversionOptions.advice(on: member.name) {
                    throw OptionError("there is no option \"\(member.name)\": \(advice)")
                }
                let question = closest(to: kebabCase(member.name), in: map(\.name)).map { " (did you mean \($0)?)" } ?? ""
                throw OptionError("there is no option \"\(member.name)\"\(question)")
            }
            option.write(&options, try option.value(from: member.value))
        }
        return options
    }

    /// The JSON Schema (draft 2020-12) of an object of these options; `unit` and `group` stand beside the standard words.
    package func schema<Options>(defaults: Options) -> JSON where Element == Option<Options> {
        .object([
            "type": .string("object"),
            "properties": .object(map { JSON.Member($0.name, $0.schema(default: $0.read(defaults))) }),
            "additionalProperties": .bool(false),
        ])
    }
}

extension Option {
    fileprivate func schema(default value: OptionValue) -> JSON {
        let (type, minimum, maximum, words): (String, JSON?, JSON?, [String]?) =
            switch kind {
            case .flag: ("boolean", nil, nil, nil)
            case .integer(let range):
                ("integer", .integer(range.lowerBound), range.upperBound == .max ? nil : .integer(range.upperBound), nil)
            case .number(let range): ("number", .number(range.lowerBound), .number(range.upperBound), nil)
            case .bytes: ("string", nil, nil, nil)
            case .choice(let words): ("string", nil, nil, words)
            case .text: ("string", nil, nil, nil)
            }
        let fallback: JSON? =
            switch value {
            case .absent: absence == nil ? nil : .null
            case .flag(let on): .bool(on)
            case .integer(let number): if case .bytes = kind { .string(written(byteCount: number)) } else { .integer(number) }
            case .number(let number): .number(number)
            case .text(let text): .string(text)
            }
        return .object([
            "type": absence == nil ? .string(type) : .array([.string(type), .string("null")]),
            "minimum": minimum, "maximum": maximum,
            "enum": words.map { .array($0.map(JSON.string)) },
            "default": fallback,
            "unit": unit.isEmpty ? nil : .string(unit),
            "group": .string(group),
            "description": .string(help),
        ])
    }
}
