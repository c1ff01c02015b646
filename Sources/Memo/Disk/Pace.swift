import Synchronization

/// Whether a level has answered in about the time it says it takes: a running average of how late its last answers were.
///
/// It begins as kept, is lost by three late answers in a row, and comes back with some ten that are not. One late answer
/// among many proves nothing: on a busy machine anything waits for a processor now and then.
struct Pace: ~Copyable, Sendable {
    private let lateness = Atomic<UInt64>(0)

    /// Nanoseconds of lateness, about what waking another thread takes, and the most that one answer counts.
    private static let mostLateness: UInt64 = 50_000, largestNoted: UInt64 = 400_000
    /// How many answers the average is of.
    private static let span: UInt64 = 16

    var isKept: Bool { lateness.load(ordering: .relaxed) < Self.mostLateness }

    /// Notes what an answer took.
    func note(_ nanoseconds: UInt64, expected: UInt64) {
        let late = nanoseconds > expected ? min(nanoseconds - expected, Self.largestNoted) : 0
        let average = lateness.load(ordering: .relaxed)
        // Two threads at the same time lose one of two notes.
        lateness.store(average - average / Self.span + late / Self.span, ordering: .relaxed)
    }
}
