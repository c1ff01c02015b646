public import AtelierMemo

/// What a request is answered with.
public struct ServerResponse: Sendable {
    /// What follows the head.
    public enum Body: Sendable {
        /// Bytes in memory; nothing is copied.
        case blob(Blob)
        /// An answer made before; the fields are those of this request alone.
        case prepared(PreparedResponse)
        /// Part of a file, which the system sends: no memory is needed for it. A file that has gone cuts the connection.
        case file(path: String, range: Range<Int>)
        /// Pieces as they come. A reader that is behind holds the sequence up; one that leaves cancels it. An error cuts the connection,
        /// so that nobody takes half for the whole. Where the count of all bytes is known it is said, and fewer are an error; else they
        /// are sent with chunked coding.
        case stream(any AsyncSequence<[UInt8], any Error> & Sendable, byteCount: Int? = nil)
    }

    /// The status code (RFC 9110, section 15).
    public var status: Int
    /// Header fields. The length, date and connection are added; line breaks in values become spaces.
    public var fields: [(name: String, value: String)]
    /// What follows; for `HEAD` its length is said and nothing is sent.
    public var body: Body

    /// A response from its parts.
    public init(status: Int, fields: [(name: String, value: String)] = [], body: Body = .blob(Blob([]))) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A response that was made before.
    public init(_ prepared: PreparedResponse) { self.init(status: prepared.status, body: .prepared(prepared)) }

    /// A response with a body of one type.
    public init(status: Int = 200, type: String, _ body: Blob, fields: [(name: String, value: String)] = []) {
        self.init(status: status, fields: [("Content-Type", type)] + fields, body: .blob(body))
    }
}

/// What is done with a request once its head is known.
public enum Reception: Sendable {
    /// It is answered at once. A body that follows is not read; the connection ends after the answer.
    case answer(ServerResponse)
    /// Its body, if any, goes to the sink; then the closure, in a task of its own, says what is answered. The task is cancelled when the
    /// client leaves.
    case receive(any BodySink, then: @Sendable () async -> ServerResponse)
}

/// Where the bytes of a body go, piece by piece, on a thread of the server's: writing to a file is fine, waiting for others is not.
///
/// One thread at a time calls it, and the closure that answers follows the last piece.
public protocol BodySink: Sendable {
    /// Takes the next bytes.
    ///
    /// - Throws: `Refusal` when the body is not wanted any further; what still comes is passed over, up to a limit.
    func take(_ bytes: UnsafeRawBufferPointer) throws(Refusal)
}

/// Why a body is not taken any further.
public struct Refusal: Error {
    /// What is answered when the rest has come.
    public let response: ServerResponse

    /// A refusal with its answer.
    public init(_ response: ServerResponse) { self.response = response }
}
