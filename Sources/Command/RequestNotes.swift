#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierMemo
import AtelierScheduling
import AtelierStages

/// Requests of a run on their way to the log.
///
/// They are written when the run is over, so that no conversion waits for the file; of a large batch after every 1,024, so
/// that memory stays bounded.
final class RequestNotes: Sendable {
    private let log: RequestLog
    private let pending = Lock<[LoggedRequest]>([])

    init(in log: RequestLog) { self.log = log }

    /// Notes a request that was answered. Files are remembered by absolute path; a pipe has none.
    func add(_ request: Request, from inputs: [Input], output: Digest, cost: UInt64) {
        let paths = inputs.map { $0.isStandardInput || kind(of: $0.path) != .file ? nil : absolute($0.path) }
        let logged = LoggedRequest(request, paths: paths, use: RequestUse(of: output, cost: cost, at: systemSeconds()))
        let isFull = pending.withLock { pending in
            pending.append(logged)
            return pending.count >= 1024
        }
        if isFull { flush() }
    }

    /// Writes what is left.
    func flush() {
        let requests = pending.withLock { pending -> [LoggedRequest] in
            defer { pending = [] }
            return pending
        }
        log.note(requests)
    }
}

/// A path from the root. Links are not followed: the record says what was said.
func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
}
