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
/// Bad input qualifies. I/O, limits and cancellation never do: they may be gone next time.
public protocol StorableFailure: Error {
    /// Seconds for which the failure is an answer.
    var secondsKept: Int64 { get }
}

extension StorableFailure {
    /// Five minutes.
    public var secondsKept: Int64 { 300 }
}

/// A failure kept from an earlier run: the text of what was thrown then.
public struct RememberedFailure: Error, Equatable, CustomStringConvertible {
    /// What the original error said.
    public let description: String
}
