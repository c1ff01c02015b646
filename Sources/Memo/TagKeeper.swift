/// A level through which processes or machines tell each other which tags were invalidated.
///
/// The generation of a tag is the moment of its last invalidation in microseconds since 1970, and at least one more than
/// the generation before; 0 for a tag that never was. So generations only grow, what several keepers know is merged by
/// taking the largest, and two machines that were apart agree again. An entry made under an older generation of any of
/// its tags is no answer.
public protocol TagKeeper: Store {
    /// A number that changes with every generation here. Asked often: it costs an atomic load, not a round trip.
    var tagEpoch: UInt64 { get }

    /// All generations known here; nil when they cannot be read just now.
    func tagGenerations() -> [String: UInt64]?

    /// Makes the generation of a tag at least this one, for everybody; false when that could not be said.
    func raise(tag: String, to generation: UInt64) -> Bool
}
