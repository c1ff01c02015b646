import AtelierScheduling

/// One request on its way: what the loop's thread receives and the reader takes.
final class Transfer: Sendable {
    /// Bytes that may wait for the reader; then the connection is not read any further.
    static let mostWaiting = 256 << 10

    private struct State {
        var head: (status: Int, headers: [HTTPHeader])?
        var waiting: [UInt8] = []
        var isPaused = false
        /// How it ended; nil while it lasts.
        var end: Result<Void, any Error>?
        /// The one reader, while there is nothing for it.
        var reader: CheckedContinuation<Void, Never>?
    }

    let request: HTTPRequest
    private let state = Lock(State())

    init(_ request: HTTPRequest) { self.request = request }

    /// The head of the answer, once it is complete.
    func head() async throws -> (status: Int, headers: [HTTPHeader]) {
        await wait { $0.head != nil || $0.end != nil }
        let (head, end) = state.withLock { ($0.head, $0.end) }
        if let head { return head }
        try end?.get()
        throw HTTPError.cut(url: request.shownURL, received: 0)
    }

    /// The bytes that came since, at least one; nil after the last. `resume` is called when the connection may be read again.
    func next(resume: () -> Void) async throws -> [UInt8]? {
        await wait { !$0.waiting.isEmpty || $0.end != nil }
        let (bytes, end, wasPaused) = state.withLock { state in
            let bytes = state.waiting, wasPaused = state.isPaused
            state.waiting = []
            state.isPaused = false
            return (bytes, state.end, wasPaused)
        }
        if wasPaused { resume() }
        if !bytes.isEmpty { return bytes }
        try end?.get()
        return nil
    }

    /// Waits until there is something for the reader.
    private func wait(for isThere: @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if isThere(state) { return true }
                precondition(state.reader == nil, "a body has one reader")
                state.reader = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    func receive(head: (status: Int, headers: [HTTPHeader])) {
        change { $0.head = head }
    }

    /// Takes bytes; false when the reader is behind and they shall be offered again.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var isTaken = true
        change { state in
            if !state.waiting.isEmpty, state.waiting.count + bytes.count > Self.mostWaiting {
                state.isPaused = true
                isTaken = false
            } else {
                state.waiting.append(contentsOf: bytes)
            }
        }
        return isTaken
    }

    /// Whether the reader is behind.
    var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Whether it has ended.
    var hasEnded: Bool { state.withLock { $0.end != nil } }

    /// Ends it; false when it has ended before.
    @discardableResult
    func end(_ end: Result<Void, any Error>) -> Bool {
        var isFirst = false
        change { state in
            isFirst = state.end == nil
            if isFirst { state.end = end }
        }
        return isFirst
    }

    private func change(_ body: (inout State) -> Void) {
        let reader = state.withLock { state in
            body(&state)
            return state.reader.take()
        }
        reader?.resume()
    }
}
