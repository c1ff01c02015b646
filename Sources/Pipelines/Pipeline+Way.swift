extension Pipeline {
    /// Whether of each part comes one part, under its name with another ending: then parts can go through apart from each other.
    package var givesOneForOne: Bool {
        steps.allSatisfy { step in
            guard case .make(let making) = step else { return false }
            return making.isPartByPart && making.target != .items && making.fallback == nil && making.name == nil
                && making.title?.isConstant != false
        }
    }

    /// The requests that a part of a media type goes through alone, one after the other; those that do not take it, it passes.
    /// For pipelines that give one for one.
    package func way(of mediaType: String) -> [Making] {
        var type = mediaType
        return steps.compactMap { step in
            guard case .make(let making) = step, isTaken(type, by: making.sources) else { return nil }
            type = making.output
            return making
        }
    }
}

/// Whether a media type is among some, of which `image/*` stands for all that begin so.
func isTaken(_ type: String, by sources: [String]) -> Bool {
    let name = type.lowercased().prefix { $0 != ";" && $0 != " " }
    return sources.contains { source in source.hasSuffix("/*") ? name.hasPrefix(source.dropLast()) : name == source }
}
