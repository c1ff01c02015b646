public import AtelierStages

/// Which items of a collection are drawn, and how.
public struct ItemOptions: Hashable, Sendable {
    /// What the collection is to be.
    public var collection = CompositionOptions()
    /// Whether the metadata of each item follow its picture as a part of their own.
    public var hasPapers = false

    /// As the project says.
    public init() {}

    /// What a person can say about it.
    package static let options: [Option<ItemOptions>] =
        CompositionOptions.all.filter { ["count", "seed", "start", "size", "format", "level"].contains($0.name) }
        .map { $0.of(\.collection) } + [
            .flag("metadata", \.hasPapers, group: "Pictures", "The metadata of each item follow its picture as a JSON file.")
        ]
}
