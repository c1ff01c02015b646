import AtelierMemo
import AtelierScheduling

/// Bytes by name, of which those in use are kept up to some count: what is sent often is sent without asking anybody.
final class BlobCache: Sendable {
    private struct State {
        var blobs: [String: (blob: Blob, type: String, used: UInt64)] = [:]
        var byteCount = 0
        var number: UInt64 = 0
    }

    private let capacity: Int
    private let state = Lock(State())

    /// - Parameter capacity: Most bytes of all; one blob has a sixteenth of them at most.
    init(capacity: Int) { self.capacity = capacity }

    subscript(name: String) -> (blob: Blob, type: String)? {
        state.withLock { state in
            guard let place = state.blobs.index(forKey: name) else { return nil }
            state.number += 1
            state.blobs.values[place].used = state.number
            let found = state.blobs.values[place]
            return (found.blob, found.type)
        }
    }

    /// Keeps a blob. O(blobs) when others go for it, an eighth of the bytes at a time.
    func note(_ name: String, _ blob: Blob, type: String) {
        guard blob.count <= capacity / 16 else { return }
        state.withLock { state in
            state.number += 1
            state.byteCount += blob.count - (state.blobs[name]?.blob.count ?? 0)
            state.blobs[name] = (blob, type, state.number)
            guard state.byteCount > capacity else { return }
            for (name, entry) in state.blobs.sorted(by: { $0.value.used < $1.value.used }) where state.byteCount > capacity / 8 * 7 {
                state.blobs[name] = nil
                state.byteCount -= entry.blob.count
            }
        }
    }
}
