extension Pipeline {
    /// The steps that a part of a media type goes through alone, one after the other; those that do not take it, it passes.
    package func way(of mediaType: String) -> [Step] {
        var type = mediaType
        return steps.filter { step in
            guard isTaken(type, by: step.sources) else { return false }
            type = step.output
            return true
        }
    }
}

/// Whether a media type is among some, of which `image/*` stands for all that begin so.
func isTaken(_ type: String, by sources: [String]) -> Bool {
    let name = type.lowercased().prefix { $0 != ";" && $0 != " " }
    return sources.contains { source in source.hasSuffix("/*") ? name.hasPrefix(source.dropLast()) : name == source }
}
