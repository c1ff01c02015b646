import AtelierJSON
import AtelierPixels

/// The members of an object of a project, read by name. Names that nobody knows are errors, so that a typing error has no quiet effect.
struct ProjectFields {
    let place: String
    private let members: [JSON.Member]

    /// - Parameter known: Every name the object may have.
    init(_ json: JSON, place: String, known: [String]) throws(ProjectError) {
        guard case .object(let members) = json else { throw ProjectError(place: place, reason: "expected an object {…}") }
        for member in members where !known.contains(member.name) {
            throw ProjectError(place: place, reason: "there is no \"\(member.name)\"" + advice(for: member.name, among: known))
        }
        self.place = place
        self.members = members
    }

    subscript(name: String) -> JSON? { members.first { $0.name == name }?.value }

    /// An error about a member.
    func error(_ name: String, _ reason: String) -> ProjectError {
        ProjectError(place: place.isEmpty ? name : "\(place).\(name)", reason: reason)
    }

    func text(_ name: String) throws(ProjectError) -> String? {
        switch self[name] {
        case nil: return nil
        case .string(let text): return text
        default: throw error(name, "expected a text in double quotes")
        }
    }

    func flag(_ name: String) throws(ProjectError) -> Bool? {
        switch self[name] {
        case nil: return nil
        case .bool(let value): return value
        default: throw error(name, "expected true or false")
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ProjectError) -> Int? {
        guard let json = self[name] else { return nil }
        guard case .integer(let value) = json, range.contains(value) else {
            throw error(name, "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(ProjectError) -> Double? {
        let value: Double
        switch self[name] {
        case nil: return nil
        case .integer(let whole): value = Double(whole)
        case .number(let number): value = number
        default: throw error(name, "expected a number")
        }
        guard range.contains(value) else { throw error(name, "expected a number from \(range.lowerBound) to \(range.upperBound)") }
        return value
    }

    /// A number not below 0 as it was written, up to 17 significant digits.
    func weight(_ name: String) throws(ProjectError) -> Weight? {
        let text: String
        switch self[name] {
        case nil: return nil
        case .integer(let whole): text = String(whole)
        case .number(let number): text = number.description
        default: throw error(name, "expected a number")
        }
        guard let weight = Weight(text) else { throw error(name, "expected a number not below 0, not \(text)") }
        return weight
    }

    func elements(_ name: String) throws(ProjectError) -> [JSON]? {
        switch self[name] {
        case nil: return nil
        case .array(let elements): return elements
        default: throw error(name, "expected a list […]")
        }
    }

    /// A name from a list of names.
    func names(_ name: String) throws(ProjectError) -> [String]? {
        guard let elements = try elements(name) else { return nil }
        var names: [String] = []
        for element in elements {
            guard case .string(let text) = element else { throw error(name, "expected names in double quotes") }
            names.append(text)
        }
        return names
    }

    func blend(_ name: String) throws(ProjectError) -> BlendMode? {
        guard let text = try text(name) else { return nil }
        // The name a canvas has for it.
        if text == "source-over" { return .normal }
        guard let mode = BlendMode(rawValue: text) else {
            throw error(name, "there is no blend mode '\(text)'" + advice(for: text, among: BlendMode.allCases.map(\.rawValue)))
        }
        return mode
    }

    /// The members `x` and `y`.
    func offset() throws(ProjectError) -> PixelOffset {
        PixelOffset(x: try integer("x", in: -65_535...65_535) ?? 0, y: try integer("y", in: -65_535...65_535) ?? 0)
    }

    /// A path that stays in the project's folder.
    func file(_ name: String, among files: Set<String>?) throws(ProjectError) -> String? {
        guard let path = try text(name) else { return nil }
        guard !path.isEmpty, !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw error(name, "expected a path inside the project's folder, not '\(path)'")
        }
        if let files, !files.contains(path) {
            throw error(
                name, "there is no file '\(path)'" + (nearestName(to: path, among: files.sorted()).map { "; did you mean '\($0)'?" } ?? ""))
        }
        return path
    }
}
