import AtelierJSON
import AtelierProcessors

/// One of the ways that parts go beside each other, though all go through one row of processors: what a part is not on the way of lets it pass.
///
/// So branches need no queues of their own: parts stay in order, within the limits of the run, and a step that holds all of its parts holds
/// those of its branch only. The way is kept in the part's metadata, and taken out where ways meet again.
struct Lane: Hashable, Sendable {
    let number: Int

    /// The way of parts that have taken no branch.
    static let main = Lane(number: 0)
    static let entry = "atelier_lane"
}

extension Part {
    /// The way it goes.
    var lane: Lane { if case .integer(let number)? = metadata[Lane.entry] { Lane(number: number) } else { .main } }

    /// The part on another way.
    func going(_ lane: Lane) -> Part {
        var part = self
        part.metadata[Lane.entry] = lane == .main ? nil : .integer(lane.number)
        return part
    }
}
