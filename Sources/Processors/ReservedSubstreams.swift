import Synchronization

/// Substreams whose parts no processor of a chain or parallel sees: they go to the output at once and may overtake others.
///
///     await ReservedSubstreams.reserving(["trace"]) { … }   // nothing but trace… is reserved inside
///
/// A name stands for every substream that begins with it.
public struct ReservedSubstreams: Sendable, ExpressibleByArrayLiteral {
    /// How reserved names begin.
    public let prefixes: [String]

    /// Reserved by these beginnings; no empty ones.
    public init(arrayLiteral prefixes: String...) { self.init(prefixes) }

    /// Reserved by these beginnings; empty ones are left out, as they would reserve every part.
    public init(_ prefixes: [String]) { self.prefixes = prefixes.filter { !$0.isEmpty } }

    /// In force for streams that are begun here: `debug`, `status` and `ui` unless set otherwise.
    ///
    /// A task's own value is looked for only once there has been one: the first look takes a process 9,000 instructions, to make the
    /// type of what holds it.
    public static var current: ReservedSubstreams { hasBeenSet.load(ordering: .relaxed) ? inForce ?? usual : usual }

    /// Reserves these and no others for streams that are begun in `body`.
    public static nonisolated(nonsending) func reserving<Result>(
        _ names: ReservedSubstreams, _ body: nonisolated(nonsending) () async throws -> Result
    ) async rethrows -> Result {
        hasBeenSet.store(true, ordering: .relaxed)
        return try await $inForce.withValue(names, operation: body)
    }

    private static let usual = ReservedSubstreams(unchecked: ["debug", "status", "ui"])
    private static let hasBeenSet = Atomic(false)
    @TaskLocal private static var inForce: ReservedSubstreams?

    private init(unchecked prefixes: [String]) { self.prefixes = prefixes }

    /// Whether a substream is reserved.
    public func contains(_ substream: String) -> Bool {
        !substream.isEmpty && prefixes.contains { substream.utf8.starts(with: $0.utf8) }
    }

    /// Whether a part is on a reserved substream.
    func reserves(_ part: borrowing Part) -> Bool {
        part.isOnSubstream && contains(part.substream)
    }
}
