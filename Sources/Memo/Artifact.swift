/// The promise of a value, lazy, named by digest.
public struct Artifact<Value: Storable>: Sendable {
    /// Identity of the derivation (of the bytes themselves for a source).
    public let digest: Digest
}
