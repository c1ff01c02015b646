import AtelierJSON

/// What is wrong with a project, and where.
public struct ProjectError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A path into the document such as `layers[2].traits[0]`, or of a file.
    public var place: String
    /// What is wrong there and what would help.
    public var reason: String

    /// One sentence for people.
    public var description: String { "\(place.isEmpty ? "project" : place): \(reason)" }
}

/// The name that needs the fewest letters changed to become `name`, when it is near enough to be what was meant.
///
/// Edit distance with exchanges of neighbors counting one (optimal string alignment), upper and lower case alike.
func nearestName(to name: String, among names: [String]) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    var best: (distance: Int, name: String)?
    for candidate in names {
        let distance = editDistance(wanted, Array(candidate.lowercased().unicodeScalars))
        if distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    guard let best, best.distance <= max(1, wanted.count / 2) else { return nil }
    return best.name
}

/// "; did you mean 'x'?" or the names there are, when they are few.
func advice(for name: String, among names: [String]) -> String {
    if let nearest = nearestName(to: name, among: names) { return "; did you mean '\(nearest)'?" }
    return (1...12).contains(names.count) ? "; there is " + names.map { "'\($0)'" }.joined(separator: ", ") : ""
}
