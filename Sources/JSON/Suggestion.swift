/// The candidate a person most likely meant; nil when none is near.
///
/// Near is at most one edit in three letters, where an edit inserts, drops, replaces or swaps neighbours
/// (optimal string alignment). Of equally near candidates one that continues what was given wins, then the first.
/// - Complexity: O(*n* · *m*) for each candidate, of at most 64 letters each.
package func closest(to given: String, in candidates: [String]) -> String? {
    let letters = Array(given.utf8.prefix(64))
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let edits = editDistance(letters, Array(candidate.utf8.prefix(64)))
        let distance = 2 * edits - (candidate.hasPrefix(given) ? 1 : 0)
        if edits <= max(1, letters.count / 3), distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
}

/// How many letters have to be inserted, dropped, replaced or swapped with their neighbour (optimal string alignment).
/// - Complexity: O(*n* · *m*)
package func editDistance<Letter: Equatable>(_ a: [Letter], _ b: [Letter]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var edits = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, beforeLast[j - 1] + 1) }
            row.append(edits)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
