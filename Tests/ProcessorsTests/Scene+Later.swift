import AtelierJSON
import AtelierProcessors

// Windows, events, caches, text and time.

extension Scene {
    func laterProcessor(_ name: String, _ args: JSON) throws -> any Processor { throw Problem("unknown processor \(name)") }

    /// What does not hold, or nil when there is no such kind.
    func laterProblems(ofKind kind: String, _ args: JSON, expecting expected: JSON) async throws -> [String]? { nil }
}
