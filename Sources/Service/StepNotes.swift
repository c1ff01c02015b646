import AtelierMemo
import AtelierScheduling

/// What became of artifacts lately: which stages ran, and where others were found. Bounded: the oldest goes for the newest.
final class StepNotes: Sendable {
    /// What became of one artifact.
    struct Note: Sendable {
        var stage: String
        /// Numbers of the events that said so; 0 for never.
        var ran: UInt64 = 0, found: UInt64 = 0
        /// Nanoseconds of the run, and of the look-up.
        var cost: UInt64 = 0, latency: UInt64 = 0
        /// Where it was found.
        var level: String?
    }

    private struct State {
        var notes: [Digest: Note] = [:]
        var order: [Digest] = [], next = 0
        var number: UInt64 = 0
    }

    private static let capacity = 16_384
    private let state = Lock(State())

    init(of engine: Engine) {
        engine.observe { [self] event in note(event) }
    }

    /// Before everything that happens from now on.
    var now: UInt64 { state.withLock { $0.number } }

    subscript(digest: Digest) -> Note? { state.withLock { $0.notes[digest] } }

    private func note(_ event: Event) {
        guard event.kind == .run || event.kind == .hit else { return }
        state.withLock { state in
            state.number += 1
            if state.notes[event.digest] == nil {
                if state.order.count < Self.capacity {
                    state.order.append(event.digest)
                } else {
                    state.notes[state.order[state.next]] = nil
                    state.order[state.next] = event.digest
                    state.next = (state.next + 1) % Self.capacity
                }
            }
            var note = state.notes[event.digest] ?? Note(stage: event.stage)
            if event.kind == .run {
                (note.ran, note.cost) = (state.number, event.selfCost)
            } else {
                (note.found, note.latency, note.level) = (state.number, event.latency, event.level)
            }
            state.notes[event.digest] = note
        }
    }
}
