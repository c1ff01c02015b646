package import AtelierJSON
import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Lines of JSON about what happens, one each, written by a thread of its own so that nobody waits for a slow reader.
///
/// Never a key, a body or a query: paths, names of keys and numbers.
package final class ServiceLog: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isWriting = false
        var dropped = 0
    }

    private let state = Lock(State()), worker: WorkerPool
    private let write: @Sendable ([UInt8]) -> Void, wall: @Sendable () -> Int64
    /// Most bytes that wait to be written; what comes then is counted.
    private static let mostWaiting = 1 << 20

    /// A log to standard error.
    package convenience init() {
        self.init(wall: wallMilliseconds) { bytes in
            // Nobody is left to tell when standard error is closed.
            try? Blob(bytes).write(to: STDERR_FILENO)
        }
    }

    /// - Parameter write: Writes bytes, on the log's thread.
    package init(wall: @escaping @Sendable () -> Int64, write: @escaping @Sendable ([UInt8]) -> Void) {
        (self.wall, self.write, worker) = (wall, write, WorkerPool(threads: 1, name: "log"))
    }

    /// Adds a line: time, what happened, and members that have a value.
    package func note(_ event: String, _ members: KeyValuePairs<String, JSON?>) {
        let line = JSON.object(
            [JSON.Member("time", .string(moment(wall()))), JSON.Member("event", .string(event))]
                + members.compactMap { name, value in value.map { JSON.Member(name, $0) } })
        var bytes: [UInt8] = []
        line.append(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        let begins = state.withLock { state in
            guard state.bytes.count + bytes.count <= Self.mostWaiting else {
                state.dropped += 1
                return false
            }
            state.bytes += bytes
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { worker.async { [self] in writeAll() } }
    }

    private func writeAll() {
        while true {
            let (bytes, dropped): ([UInt8], Int) = state.withLock { state in
                if state.bytes.isEmpty { state.isWriting = false }
                defer { (state.bytes, state.dropped) = ([], 0) }
                return (state.bytes, state.dropped)
            }
            if bytes.isEmpty { return }
            write(bytes)
            if dropped > 0 { note("dropped", ["lines": .integer(dropped)]) }
        }
    }
}

/// A moment as RFC 3339 writes it, in UTC with milliseconds.
private func moment(_ milliseconds: Int64) -> String {
    "\(utc(milliseconds / 1000).dropLast()).\(String(1000 + milliseconds % 1000).dropFirst())Z"
}
