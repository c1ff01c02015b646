import AtelierJSON

/// Names that stand for values in a document: `${title}` in its texts.
///
/// A text that is nothing but one such place becomes the value, so that numbers stay numbers. `${part.…}` is left for `PartTemplate`.
struct Variables {
    private var values: [String: JSON] = [:]

    /// The variables of a document, with other values for some.
    ///
    /// - Parameter settings: Read as what they replace is: a number, a text, true or false.
    init(_ declared: JSON?, setting settings: [(name: String, value: String)]) throws(PipelineError) {
        if let declared {
            guard case .object(let members) = declared else {
                throw PipelineError(place: "variables", reason: "wants an object such as {\"title\": \"Pictures\"}")
            }
            for member in members {
                let name = member.name, place = "variables.\(name)"
                let isName =
                    !name.isEmpty && name.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x5F || $0 == 0x2D }
                guard isName else { throw PipelineError(place: place, reason: "a name has letters, digits, - and _ only") }
                switch member.value {
                case .array, .object:
                    throw PipelineError(place: place, reason: "wants a text, a number, true or false, or null for what must be set")
                default: values[name] = member.value
                }
            }
        }
        for (name, text) in settings {
            guard let usual = values[name] else {
                let question = closest(to: name, in: values.keys.sorted()).map { " (did you mean \($0)?)" } ?? ""
                throw PipelineError(place: "--set \(name)", reason: "the pipeline has no variable \"\(name)\"\(question)")
            }
            values[name] = try Self.value(text, like: usual, name)
        }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where value == .null {
            throw PipelineError(place: "variables.\(name)", reason: "has no value; say --set \(name)=VALUE")
        }
    }

    private static func value(_ text: String, like usual: JSON, _ name: String) throws(PipelineError) -> JSON {
        switch usual {
        case .bool:
            guard text == "true" || text == "false" else {
                throw PipelineError(
                    place: "--set \(name)", reason: "wants true or false, as the pipeline says \(usual.text), not \"\(text)\"")
            }
            return .bool(text == "true")
        case .integer, .number:
            if let number = Int(text) { return .integer(number) }
            guard let number = Double(text), number.isFinite else {
                throw PipelineError(place: "--set \(name)", reason: "wants a number, as the pipeline says \(usual.text), not \"\(text)\"")
            }
            return .number(number)
        default: return .string(text)
        }
    }

    /// A piece of the document with values in all its texts.
    ///
    /// - Parameter mayNamePart: Whether a text may hold `${part.…}`.
    func resolved(_ json: JSON, at place: String, mayNamePart: Bool = false) throws(PipelineError) -> JSON {
        switch json {
        case .array(let elements):
            var list: [JSON] = []
            for (index, element) in elements.enumerated() { list.append(try resolved(element, at: "\(place)[\(index)]")) }
            return .array(list)
        case .object(let members):
            let isStep = members.contains { $0.name == "make" }
            var object: [JSON.Member] = []
            for member in members {
                let mayNamePart = isStep && ["title", "name"].contains(member.name)
                object.append(.init(member.name, try resolved(member.value, at: "\(place).\(member.name)", mayNamePart: mayNamePart)))
            }
            return .object(object)
        case .string(let text): return try resolved(text, at: place, mayNamePart: mayNamePart)
        default: return json
        }
    }

    private func resolved(_ text: String, at place: String, mayNamePart: Bool) throws(PipelineError) -> JSON {
        var result = "", rest = text[...]
        while let begin = rest.firstRange(of: "${") {
            guard let end = rest[begin.upperBound...].firstIndex(of: "}") else {
                throw PipelineError(place: place, reason: "\"${\" begins the name of a variable, and no \"}\" ends it")
            }
            let name = String(rest[begin.upperBound..<end]), after = rest.index(after: end)
            if name.hasPrefix("part.") {
                guard mayNamePart else {
                    throw PipelineError(place: place, reason: "${\(name)} is known where a part is made: in \"name\" and \"title\"")
                }
                result += rest[..<after]
            } else {
                guard let value = values[name] else {
                    let question = closest(to: name, in: values.keys.sorted()).map { " (did you mean \($0)?)" } ?? ""
                    throw PipelineError(place: place, reason: "there is no variable \"\(name)\"\(question)")
                }
                if begin.lowerBound == text.startIndex, after == text.endIndex { return value }
                result += rest[..<begin.lowerBound]
                if case .string(let words) = value { result += words } else { result += value.text }
            }
            rest = rest[after...]
        }
        return .string(result + rest)
    }
}
