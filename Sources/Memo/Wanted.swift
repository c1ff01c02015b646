/// How one caller wants artifacts found: those who differ in it never share a flight, so that nobody is answered by a
/// level they have ruled out.
struct Asking: Hashable, Sendable {
    var levels: LevelMask
    var policy: CachePolicy
}

/// An artifact as somebody asks for it.
struct Wanted: FlightWork {
    struct Identity: Hashable, Sendable {
        var digest: Digest
        var asking: Asking
    }

    let node: Node
    let asking: Asking

    var digest: Digest { node.digest }
    var identity: Identity { Identity(digest: node.digest, asking: asking) }
    /// In the same way.
    var inputs: [Wanted] { node.inputs.map { Wanted(node: $0, asking: asking) } }

    func failure(_ error: any Error) -> any Error {
        StageFailure(stage: node.name, digest: node.digest, underlying: error)
    }
}
