/// What a running stage sees: the values of its inputs, cancellation, progress.
public struct Context: Sendable {}
