import AtelierScheduling

/// Sends requests; answers come as streams.
///
///     let client = HTTPClient()
///     let answer = try await client.send(HTTPRequest("https://example.org/logo.png"))
///     let picture = try await answer.body.bytes()
///
/// Any number of requests at a time share one thread and its open connections. Cancelling the task ends the transfer and so does
/// dropping the answer; a reader that is behind holds the sender up after 256 KiB.
///
/// How many wait for the head of an answer from one server at a time is found by how long its heads take (`AdaptiveLimit`): 16 at first,
/// fewer when it gets slower or answers 429 or 503. Others wait for their turn, outside the time limits of their requests. A body that
/// is being read counts no more, so answers may be read in any order.
public final class HTTPClient: Sendable {
    /// Nil until it is needed: a client that sends nothing opens nothing.
    private let loop = Lock<TransferLoop?>(nil)
    private let gates = OriginGates()

    /// Whether libcurl is on this machine.
    public static var isAvailable: Bool { Libcurl.shared != nil }

    /// A client without connections.
    public init() {}

    /// Sends a request and waits for the head of the answer, whatever its status.
    /// - Throws: `HTTPError`, or `CancellationError`.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let problem = request.problem { throw HTTPError.invalid(url: request.shownURL, problem) }
        guard let curl = Libcurl.shared else { throw HTTPError.noLibrary }
        let loop = self.loop.withLock { loop in
            if loop == nil { loop = TransferLoop(curl) }
            return loop
        }
        guard let loop else { throw HTTPError.failed(url: request.shownURL, "there is not enough memory") }
        let held = HeldTransfer(Transfer(request), loop)
        let head = try await gates.pass(to: request.origin) {
            try await withTaskCancellationHandler {
                try Task.checkCancellation()
                loop.begin(held.transfer)
                return try await held.transfer.head()
            } onCancel: {
                held.cancel()
            }
        }
        return HTTPResponse(status: head.status, headers: head.headers, body: HTTPBody(held))
    }
}

/// Ends a transfer when nobody holds it any more.
private final class HeldTransfer: Sendable {
    let transfer: Transfer
    private let loop: TransferLoop

    init(_ transfer: Transfer, _ loop: TransferLoop) { (self.transfer, self.loop) = (transfer, loop) }

    deinit { cancel() }

    func cancel() { loop.cancel(transfer) }

    func next() async throws -> [UInt8]? { try await transfer.next { loop.resume(transfer) } }
}

/// The body of an answer, as pieces of at least one byte. It is read once, by one reader.
public struct HTTPBody: AsyncSequence, Sendable {
    private let held: HeldTransfer

    fileprivate init(_ held: HeldTransfer) { self.held = held }

    /// Begins or goes on.
    public func makeAsyncIterator() -> Iterator { Iterator(held: held) }

    /// Takes the pieces as they come.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let held: HeldTransfer

        /// The bytes that came since, or waits for some; nil after the last.
        /// - Throws: `HTTPError`, or `CancellationError`.
        public func next() async throws -> [UInt8]? {
            let held = held
            return try await withTaskCancellationHandler {
                try await held.next()
            } onCancel: {
                held.cancel()
            }
        }
    }

    /// All of it; no more than the request's limit.
    public func bytes() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self { bytes += piece }
        return bytes
    }
}
