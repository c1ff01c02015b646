import AtelierScheduling

/// How often each tag was invalidated. A tag never invalidated has generation 0 and no place here.
///
/// Lives as long as the engine: entries that outlive the process were written under the generations of theirs.
final class TagTable: Sendable {
    private let generations = Lock<[String: UInt64]>([:])

    func invalidate(_ tag: String) { generations.withLock { $0[tag, default: 0] += 1 } }

    /// The generations of tags and of all levels above them: `font/Lato` also stands under `font`.
    func generations(of tags: [String]) -> [TagGeneration] {
        if tags.isEmpty { return [] }
        let names = Set(tags.flatMap(Self.levels)).sorted()
        return generations.withLock { table in names.map { TagGeneration(tag: $0, generation: table[$0] ?? 0) } }
    }

    /// Whether nothing was invalidated since an entry was begun.
    ///
    /// - Parameters:
    ///   - recorded: What the entry remembers.
    ///   - tags: Tags of the artifact asked for. An entry that was made under none of them is as old as generation 0.
    func areCurrent(_ recorded: [TagGeneration], _ tags: [String]) -> Bool {
        generations.withLock { table in
            if table.isEmpty { return recorded.allSatisfy { $0.generation == 0 } }
            return recorded.allSatisfy { table[$0.tag] ?? 0 == $0.generation }
                && tags.lazy.flatMap(Self.levels).allSatisfy { name in
                    table[name] == nil || recorded.contains { $0.tag == name }
                }
        }
    }

    private static func levels(of tag: String) -> [String] {
        tag.indices.filter { tag[$0] == "/" }.map { String(tag[..<$0]) } + [tag]
    }
}

extension TagGeneration {
    /// Both, sorted by tag; of two generations of one tag the older, because the value is built on it.
    static func merged(_ a: [TagGeneration], _ b: [TagGeneration]) -> [TagGeneration] {
        if b.isEmpty || a == b { return a }
        if a.isEmpty { return b }
        var oldest = Dictionary(a.map { ($0.tag, $0.generation) }, uniquingKeysWith: min)
        for tag in b { oldest[tag.tag] = min(oldest[tag.tag] ?? .max, tag.generation) }
        return oldest.map { TagGeneration(tag: $0.key, generation: $0.value) }.sorted { $0.tag < $1.tag }
    }
}
