import AtelierMemo
import AtelierScheduling

/// Which artifact has which bytes: what was made is asked of the engine again by the digest of its content, which a client knows. Bounded:
/// the one that was named longest ago goes first.
final class ResultTable: Sendable {
    /// Bytes that a conversion made.
    struct Result: Sendable {
        var output: Artifact<Blob>
        var type: String
        var byteCount: Int
    }

    private struct State {
        var results: [Digest: (result: Result, used: UInt64)] = [:]
        var number: UInt64 = 0
    }

    private static let capacity = 50_000
    private let state = Lock(State())

    subscript(digest: Digest) -> Result? {
        state.withLock { state in
            guard let found = state.results[digest] else { return nil }
            state.number += 1
            state.results[digest]!.used = state.number
            return found.result
        }
    }

    func note(_ digest: Digest, _ result: Result) {
        state.withLock { state in
            state.number += 1
            state.results[digest] = (result, state.number)
            guard state.results.count > Self.capacity else { return }
            // A tenth at a time, so that finding the oldest costs little for each.
            let uses = state.results.values.map(\.used).sorted(), last = uses[Self.capacity / 10]
            state.results = state.results.filter { $0.value.used > last }
        }
    }
}
