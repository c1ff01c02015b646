import AtelierJSON

/// Reads rules by the names of layers and traits. A name that is not there is an error, for a rule that never applies looks like
/// one that works.
struct RuleReader {
    private let layers: [Layer]
    private let sets: [JSON.Member]

    /// The most rules that one of them may stand for.
    private static let expansionLimit = 10_000

    init(layers: [Layer], sets: JSON?) throws(ProjectError) {
        self.layers = layers
        guard let sets else {
            self.sets = []
            return
        }
        guard case .object(let members) = sets else {
            throw ProjectError(place: "sets", reason: "expected an object {\"name\": [layer, trait]}")
        }
        self.sets = members
        // A set that no rule uses must be right as well.
        for member in members { _ = try side(member.value, place: "sets.\(member.name)", depth: 1) }
    }

    /// The index of a layer.
    func layer(_ json: JSON, place: String) throws(ProjectError) -> Int {
        guard case .string(let name) = json else {
            throw ProjectError(place: place, reason: "expected the name of a layer in double quotes")
        }
        guard let index = layers.firstIndex(where: { $0.name == name }) else {
            throw ProjectError(place: place, reason: "there is no layer '\(name)'" + advice(for: name, among: layers.map(\.name)))
        }
        return index
    }

    /// The rules that an element of `rules` stands for.
    func rules(_ json: JSON, place: String) throws(ProjectError) -> [Rule] {
        let fields = try ProjectFields(json, place: place, known: Project.members["rule"] ?? [])
        let kind = try fields.text("kind") ?? ""
        func side(_ name: String) throws(ProjectError) -> [Rule.Condition] {
            guard let json = fields[name] else { throw fields.error(name, "missing; a rule '\(kind)' has one") }
            return try self.side(json, place: "\(place).\(name)", depth: 0)
        }
        func sides(_ name: String) throws(ProjectError) -> [[Rule.Condition]] {
            guard let elements = try fields.elements(name), !elements.isEmpty else {
                throw fields.error(name, "expected a list of choices such as [\"Layer\", \"Trait\"]")
            }
            var sides: [[Rule.Condition]] = []
            for (index, json) in elements.enumerated() { sides.append(try self.side(json, place: "\(place).\(name)[\(index)]", depth: 0)) }
            return sides
        }
        func only(_ names: [String]) throws(ProjectError) {
            for name in Project.members["rule"] ?? [] where fields[name] != nil && !(names + ["kind"]).contains(name) {
                throw fields.error(name, "a rule '\(kind)' has \(names.map { "\"\($0)\"" }.joined(separator: ", ")) only")
            }
        }
        switch kind {
        case "exclude":
            let isPair = fields["all"] == nil
            try only(isPair ? ["a", "b"] : ["all"])
            let sides = try isPair ? [side("a"), side("b")] : sides("all")
            guard sides.count > 1 else { throw fields.error("all", "at least two choices exclude each other") }
            return try expanded(sides, place: place).map { conditions in
                Rule(
                    text: "exclude " + conditions.map(text).joined(separator: " with "), conditions: conditions,
                    allowedCounts: 1 << UInt64(conditions.count) - 1)
            }
        case "require":
            try only(["a", "b", "all", "any"])
            guard (fields["a"] == nil) != (fields["all"] == nil), (fields["b"] == nil) != (fields["any"] == nil) else {
                throw ProjectError(place: place, reason: "a rule 'require' has \"a\" or \"all\", and \"b\" or \"any\"")
            }
            let causes = try fields["a"] == nil ? sides("all") : [side("a")]
            let effects = merged(try fields["b"] == nil ? sides("any").flatMap { $0 } : side("b"))
            var rules: [Rule] = []
            for causes in try expanded(causes, place: place) {
                let conditions = causes.map { Rule.Condition(layer: $0.layer, isMet: $0.isMet.map { !$0 }) } + effects
                try limit(conditions, place)
                rules.append(
                    Rule(
                        text: "\(causes.map(text).joined(separator: " with ")) requires \(effects.map(text).joined(separator: " or "))",
                        conditions: conditions, allowedCounts: (2 << UInt64(conditions.count)) - 2))
            }
            return rules
        case "at-most", "at-least", "exactly", "together":
            try only(kind == "together" ? ["of"] : ["of", "count"])
            let conditions = try sides("of").flatMap { $0 }
            try limit(conditions, place)
            let all: UInt64 = (2 << UInt64(conditions.count)) - 1
            let text = conditions.map(text).joined(separator: ", ")
            if kind == "together" {
                return [Rule(text: "together \(text)", conditions: conditions, allowedCounts: 1 | 1 << UInt64(conditions.count))]
            }
            guard let count = try fields.integer("count", in: 0...conditions.count) else { throw fields.error("count", "how many?") }
            let upTo: UInt64 = (2 << UInt64(count)) - 1, below: UInt64 = (1 << UInt64(count)) - 1
            let allowed = kind == "at-most" ? upTo : kind == "at-least" ? all & ~below : upTo & ~below
            return [Rule(text: "\(kind) \(count) of \(text)", conditions: conditions, allowedCounts: allowed)]
        default:
            let kinds = ["exclude", "require", "at-most", "at-least", "exactly", "together"]
            throw fields.error("kind", "there is no kind of rule '\(kind)'" + advice(for: kind, among: kinds))
        }
    }

    // MARK: - Choices

    /// A choice: a list of conditions of which any is enough, one for each layer.
    ///
    /// `["Layer", "Trait"]`, `["Layer", ["A", "B"]]`, `["Layer"]` for any but none, `null` among traits for none; `{"set": "name"}`; a
    /// list of these.
    private func side(_ json: JSON, place: String, depth: Int) throws(ProjectError) -> [Rule.Condition] {
        switch json {
        case .object:
            let fields = try ProjectFields(json, place: place, known: ["set"])
            guard let name = try fields.text("set") else { throw fields.error("set", "which set?") }
            guard depth == 0 else { throw ProjectError(place: place, reason: "a set has no sets inside") }
            guard let set = sets.first(where: { $0.name == name }) else {
                throw ProjectError(place: place, reason: "there is no set '\(name)'" + advice(for: name, among: sets.map(\.name)))
            }
            return try side(set.value, place: "sets.\(name)", depth: 1)
        case .array(let elements):
            guard let first = elements.first else { throw ProjectError(place: place, reason: "no layer and no trait") }
            if case .string = first { return [try condition(elements, place: place)] }
            var conditions: [Rule.Condition] = []
            for (index, element) in elements.enumerated() {
                conditions += try side(element, place: "\(place)[\(index)]", depth: depth)
            }
            return merged(conditions)
        default: throw ProjectError(place: place, reason: "expected [\"Layer\", \"Trait\"] or {\"set\": \"name\"}")
        }
    }

    private func condition(_ elements: [JSON], place: String) throws(ProjectError) -> Rule.Condition {
        let index = try layer(elements[0], place: place), layer = layers[index]
        var isMet = [Bool](repeating: false, count: layer.traits.count + 1)
        guard elements.count <= 2 else {
            throw ProjectError(place: place, reason: "expected [\"\(layer.name)\", \"Trait\"]; several traits are a list of their own")
        }
        let chosen: [JSON]
        switch elements.dropFirst().first {
        case nil: chosen = [.string("*")]
        case .array(let list)?: chosen = list
        case let one?: chosen = [one]
        }
        guard !chosen.isEmpty else { throw ProjectError(place: place, reason: "no trait of '\(layer.name)'") }
        for json in chosen {
            switch json {
            case .null:
                guard layer.probability != nil else {
                    throw ProjectError(place: place, reason: "the layer '\(layer.name)' is never left out; give it a \"probability\"")
                }
                isMet[layer.traits.count] = true
            case .string(let name):
                if let trait = layer.traits.firstIndex(where: { $0.name == name }) {
                    isMet[trait] = true
                } else if name == "*" {
                    for (trait, value) in layer.traits.enumerated() where !value.isNone { isMet[trait] = true }
                } else {
                    throw ProjectError(
                        place: place,
                        reason: "there is no trait '\(name)' in the layer '\(layer.name)'"
                            + advice(for: name, among: layer.traits.map(\.name)))
                }
            default: throw ProjectError(place: place, reason: "expected the name of a trait in double quotes, or null for none")
            }
        }
        return Rule.Condition(layer: index, isMet: isMet)
    }

    /// Conditions on one layer become one, in the order of their layers' first mention.
    private func merged(_ conditions: [Rule.Condition]) -> [Rule.Condition] {
        var merged: [Rule.Condition] = []
        for condition in conditions {
            if let index = merged.firstIndex(where: { $0.layer == condition.layer }) {
                for place in condition.isMet.indices where condition.isMet[place] { merged[index].isMet[place] = true }
            } else {
                merged.append(condition)
            }
        }
        return merged
    }

    /// Every way to take one condition from each side.
    private func expanded(_ sides: [[Rule.Condition]], place: String) throws(ProjectError) -> [[Rule.Condition]] {
        try limit(sides.compactMap(\.first), place)
        var ways: [[Rule.Condition]] = [[]]
        for side in sides {
            guard ways.count * side.count <= Self.expansionLimit else {
                throw ProjectError(place: place, reason: "its sets stand for more than \(Self.expansionLimit) rules")
            }
            ways = ways.flatMap { way in side.map { way + [$0] } }
        }
        return ways
    }

    private func limit(_ conditions: [Rule.Condition], _ place: String) throws(ProjectError) {
        guard conditions.count <= 62 else {
            throw ProjectError(place: place, reason: "\(conditions.count) choices in one rule; at most 62")
        }
    }

    private func text(_ condition: Rule.Condition) -> String {
        let layer = layers[condition.layer]
        var names = layer.traits.indices.filter { condition.isMet[$0] }.map { layer.traits[$0].name }
        if condition.isMet.last == true { names.append("nothing") }
        return "\(layer.name): \(names.joined(separator: "/"))"
    }
}
