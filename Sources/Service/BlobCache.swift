import AtelierMemo
import AtelierScheduling
import AtelierServing

/// Bytes by name, of which those in use are kept up to some count: what is sent often is sent without asking anybody.
final class BlobCache: Sendable {
    private struct Entry {
        var blob: Blob, type: String, used: UInt64
        /// The answers with all of them, to those who take gzip and to those who do not.
        var packed: PreparedResponse?, plain: PreparedResponse?
    }

    private struct State {
        var blobs: [String: Entry] = [:]
        var byteCount = 0
        var number: UInt64 = 0
    }

    private let capacity: Int
    private let state = Lock(State())

    /// - Parameter capacity: Most bytes of all; one blob has a sixteenth of them at most.
    init(capacity: Int) { self.capacity = capacity }

    subscript(name: String) -> (blob: Blob, type: String)? {
        found(name) { ($0.blob, $0.type) }
    }

    /// The answer with all bytes of a name, if it was prepared.
    func answer(_ name: String, isPacked: Bool) -> PreparedResponse? {
        found(name) { isPacked ? $0.packed : $0.plain } ?? nil
    }

    /// Keeps an answer for as long as the bytes of that name.
    func prepare(_ answer: PreparedResponse, _ name: String, isPacked: Bool) {
        found(name) { if isPacked { $0.packed = answer } else { $0.plain = answer } }
    }

    @discardableResult
    private func found<Found: Sendable>(_ name: String, _ take: (inout Entry) -> Found) -> Found? {
        state.withLock { state in
            guard let place = state.blobs.index(forKey: name) else { return nil }
            state.number += 1
            state.blobs.values[place].used = state.number
            return take(&state.blobs.values[place])
        }
    }

    /// Keeps a blob. O(blobs) when others go for it, an eighth of the bytes at a time.
    func note(_ name: String, _ blob: Blob, type: String) {
        guard blob.count <= capacity / 16 else { return }
        state.withLock { state in
            state.number += 1
            state.byteCount += blob.count - (state.blobs[name]?.blob.count ?? 0)
            state.blobs[name] = Entry(blob: blob, type: type, used: state.number)
            guard state.byteCount > capacity else { return }
            for (name, entry) in state.blobs.sorted(by: { $0.value.used < $1.value.used }) where state.byteCount > capacity / 8 * 7 {
                state.blobs[name] = nil
                state.byteCount -= entry.blob.count
            }
        }
    }
}
