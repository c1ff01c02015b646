public import AtelierJSON
public import AtelierMemo
import AtelierScheduling

/// What a part carries.
public enum Payload: Sendable, Hashable {
    /// Text; an empty one where a part is only a signal.
    case text(String)
    /// Bytes of the part's MIME type, shared by every copy of the part.
    case bytes(PayloadBytes)
    /// Content that lies elsewhere.
    indirect case file(FileReference)
    /// A model asks for a function to be called.
    indirect case functionCall(FunctionCall)
    /// What such a call gave.
    indirect case functionResponse(FunctionResponse)
    /// Source code that a model wants to be run.
    indirect case executableCode(code: String, language: String)
    /// What running it gave.
    indirect case codeResult(outcome: String, output: String?)
}

/// Immutable bytes behind one reference, so that parts stay small and copies share them.
public final class PayloadBytes: Sendable {
    /// The bytes, possibly a slice of something larger.
    public let blob: Blob

    /// Keys under which caches know the bytes, once they were asked for.
    let remembered = Lock(Remembered())

    /// Nothing is copied.
    public init(_ blob: Blob) { self.blob = blob }
}

extension PayloadBytes: Hashable {
    /// Whether both hold the same bytes.
    public static func == (a: PayloadBytes, b: PayloadBytes) -> Bool { a === b || a.blob == b.blob }

    /// Agrees with `==`.
    public func hash(into hasher: inout Hasher) { blob.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// Content named by its address.
public struct FileReference: Sendable, Hashable {
    /// Where it lies.
    public var uri: String
    /// What it is.
    public var mimeType: MIMEType
    /// What to call it, if it has a name.
    public var name: String?

    /// A reference.
    public init(uri: String, mimeType: MIMEType, name: String? = nil) {
        self.uri = uri
        self.mimeType = mimeType
        self.name = name
    }
}

/// A call of a function, asked for by a model.
public struct FunctionCall: Sendable, Hashable {
    /// Tells calls of the same function apart.
    public var id: String?
    /// Which function.
    public var name: String
    /// A JSON object: its arguments by name.
    public var arguments: JSON

    /// A call.
    public init(id: String? = nil, name: String, arguments: JSON = .object([])) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// What a called function gave: a JSON value under `result` or `error`, or parts with bytes.
public struct FunctionResponse: Sendable, Hashable {
    /// When the model is told.
    public enum Scheduling: String, Sendable, Hashable {
        /// Added to what it knows; it is not asked to answer.
        case silent = "SILENT"
        /// When it has finished what it says.
        case whenIdle = "WHEN_IDLE"
        /// At once.
        case interrupt = "INTERRUPT"
    }

    /// One piece of an answer that is not text.
    public struct Piece: Sendable, Hashable {
        /// What the bytes are.
        public var mimeType: MIMEType
        /// The bytes.
        public var bytes: PayloadBytes

        /// A piece.
        public init(mimeType: MIMEType, bytes: PayloadBytes) {
            self.mimeType = mimeType
            self.bytes = bytes
        }
    }

    /// The call that this answers.
    public var callID: String?
    /// The function; nil when only the call is known.
    public var name: String?
    /// A JSON object, usually with the one member `result` or `error`; nil when the answer is in `pieces`.
    public var response: JSON?
    /// An answer that is not text.
    public var pieces: [Piece]
    /// Whether more answers to the same call follow.
    public var willContinue: Bool?
    /// When the model is told; nil leaves it to the model.
    public var scheduling: Scheduling?

    /// An answer with its response object as it is.
    public init(
        callID: String? = nil, name: String?, response: JSON?, pieces: [Piece] = [], willContinue: Bool? = nil,
        scheduling: Scheduling? = nil
    ) {
        self.callID = callID
        self.name = name
        self.response = response
        self.pieces = pieces
        self.willContinue = willContinue
        self.scheduling = scheduling
    }

    /// The name under which a call is taken back.
    static let cancellation = "tool_cancellation"
}
