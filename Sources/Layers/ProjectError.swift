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

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var rows = [[Int]](repeating: Array(0...b.count), count: a.count + 1)
    for i in a.indices {
        rows[i + 1][0] = i + 1
        for j in b.indices {
            var least = min(rows[i][j + 1], rows[i + 1][j]) + 1
            least = min(least, rows[i][j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
            rows[i + 1][j + 1] = least
        }
    }
    return rows[a.count][b.count]
}

/// "; did you mean 'x'?" or the names there are, when they are few.
func advice(for name: String, among names: [String]) -> String {
    if let nearest = nearestName(to: name, among: names) { return "; did you mean '\(nearest)'?" }
    return (1...12).contains(names.count) ? "; there is " + names.map { "'\($0)'" }.joined(separator: ", ") : ""
}
