/// A level through which processes or machines agree on who makes a digest.
///
/// It saves work and decides nothing: results follow from their digests, so that twice is allowed and wrong cannot be.
public protocol LeaseKeeper: Store {
    /// Tries to become the one who makes a digest. Returns without waiting for others.
    func lease(_ digest: Digest) -> LeaseOutcome
}

/// What came of asking for a lease.
public enum LeaseOutcome: Sendable {
    /// It is ours until released, or until the process ends.
    case granted(Lease)
    /// Somebody else makes the digest.
    case taken
    /// The level could not be asked: go on without.
    case unavailable
}

/// The right to make a digest alone.
public struct Lease: Sendable {
    /// Gives it back. Called once, when the entry has been put or its making has failed.
    public var release: @Sendable () -> Void

    /// A lease from its parts.
    public init(release: @escaping @Sendable () -> Void) { self.release = release }
}
