/// A stage that failed, with what it threw. Everyone who waits for it, directly or through other stages, gets this.
public struct StageFailure: Error, CustomStringConvertible {
    /// Name of the stage or plan; `source` for bytes that could not be read.
    public let stage: String
    /// The artifact it was to make.
    public let digest: Digest
    /// What it threw.
    public let underlying: any Error

    /// The underlying error's sentence with the stage in front; a source's error speaks for itself.
    public var description: String { stage == "source" ? "\(underlying)" : "\(stage): \(underlying)" }
}

/// An error that follows from the input alone, so that asking again soon is answered without running again.
///
/// Whoever asks gets the error itself, as if the stage had just thrown it. Bad input qualifies. I/O, limits and
/// cancellation never do: they may be gone next time.
public protocol StorableFailure: Error {
    /// Seconds for which this failure is an answer, taken as 60 at least and 600 at most; 0 or less for one that is not kept.
    var secondsKept: Int64 { get }

    /// How it is written as UTF-8 text in levels that keep bytes; nil to stay in memory (the default). The stage that
    /// throws it names it in `failures`.
    static var format: StorageFormat<Self>? { get }
}

extension StorableFailure {
    /// Five minutes.
    public var secondsKept: Int64 { 300 }

    /// Memory only.
    public static var format: StorageFormat<Self>? { nil }

    /// Name and version of the format; empty and 0 when there is none.
    static var formatName: (name: String, version: Int) { format.map { ($0.name, $0.version) } ?? ("", 0) }

    /// Written in its format; nil when it has none.
    var written: String? {
        Self.format.map { $0.encode(self).withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }

    /// Reads what `written` gave; nil for another format.
    static func read(_ text: String, _ header: EntryHeader) throws -> Self? {
        guard let format, header.format == format.name, header.formatVersion == format.version else { return nil }
        return try format.decode(Blob(text))
    }
}
