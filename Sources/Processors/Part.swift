// Processors: streams of typed content parts and what turns them into other streams. A `Part` is text, a picture, a call of
// a function, with a role and a substream; a `PartProcessor` turns one into any number, a `Processor` a whole stream. Both
// compose into values that run fused, bounded and in order. Nothing here knows of pictures, models or files.

import AtelierJSON
public import AtelierMemo

/// One typed piece of a stream.
///
///     let question = Part("What is this?", role: "user")
///     let picture = try Part(bytes: Blob(png), mimeType: "image/png", metadata: ["page": 1])
///
/// A value of a payload and one reference to a shared header, so copies cost two references, and a changed copy keeps
/// what it does not change.
public struct Part: Sendable {
    /// What it carries.
    public var payload: Payload
    /// Nil stands for a header of defaults.
    private(set) var header: Header?

    /// Everything but the payload. Shared by copies and by what is made from them.
    final class Header: Sendable {
        let role: String
        let substream: String
        /// As given; nil follows from the payload.
        let mimeType: MIMEType?
        let metadata: Metadata
        let isThought: Bool
        let isOtherThanText: Bool
        let isOnSubstream: Bool

        init(role: String, substream: String, mimeType: MIMEType?, metadata: Metadata, isThought: Bool) {
            self.role = role
            self.substream = substream
            self.mimeType = mimeType
            self.metadata = metadata
            self.isThought = isThought
            isOtherThanText = mimeType.map { !$0.isText } ?? false
            isOnSubstream = !substream.isEmpty
        }
    }

    /// A part of any payload.
    ///
    /// - Parameters:
    ///   - role: Who made it, usually `user` or `model`.
    ///   - substream: Names one of several streams in one; empty is the main one. See `ReservedSubstreams`.
    ///   - mimeType: Nil for what the payload says: `text/plain`, or that of a function call or response.
    ///   - isThought: Whether it is a model's reasoning rather than its answer.
    public init(
        _ payload: Payload, role: String = "", substream: String = "", mimeType: MIMEType? = nil, metadata: Metadata = Metadata(),
        isThought: Bool = false
    ) {
        self.payload = payload
        if !role.isEmpty || !substream.isEmpty || mimeType != nil || !metadata.isEmpty || isThought {
            header = Header(role: role, substream: substream, mimeType: mimeType, metadata: metadata, isThought: isThought)
        }
    }

    /// A part of text.
    public init(
        _ text: String, role: String = "", substream: String = "", mimeType: MIMEType? = nil, metadata: Metadata = Metadata()
    ) {
        self.init(.text(text), role: role, substream: substream, mimeType: mimeType, metadata: metadata)
    }

    /// A part of bytes. Those of a text type become text and must be UTF-8.
    public init(bytes: Blob, mimeType: MIMEType, role: String = "", substream: String = "", metadata: Metadata = Metadata())
        throws(PartError)
    {
        var payload = Payload.bytes(PayloadBytes(bytes))
        if mimeType.isText {
            guard let text = String(validating: bytes.bytes, as: UTF8.self) else { throw .notUTF8(mimeType) }
            payload = .text(text)
        }
        self.init(payload, role: role, substream: substream, mimeType: mimeType, metadata: metadata)
    }

    /// The same header over another text: what most processors emit. A part that was not text becomes `text/plain`.
    public func replacing(text: consuming String) -> Part {
        var part = Part(payload: .text(text), header: header)
        if let header, header.isOtherThanText { part.change(mimeType: .some(nil)) }
        return part
    }

    private init(payload: Payload, header: Header?) {
        self.payload = payload
        self.header = header
    }

    private mutating func change(
        role: String? = nil, substream: String? = nil, mimeType: MIMEType?? = nil, metadata: Metadata? = nil, isThought: Bool? = nil
    ) {
        self = Part(
            payload, role: role ?? self.role, substream: substream ?? self.substream, mimeType: mimeType ?? header?.mimeType,
            metadata: metadata ?? self.metadata, isThought: isThought ?? self.isThought)
    }

    /// Who made it; letter case does not count in comparisons.
    public var role: String {
        get { header?.role ?? "" }
        set { change(role: newValue) }
    }

    /// Which of several streams in one it belongs to; empty is the main one.
    public var substream: String {
        get { header?.substream ?? "" }
        set { change(substream: newValue) }
    }

    /// Whether it is on another substream than the main one.
    var isOnSubstream: Bool { header?.isOnSubstream ?? false }

    /// What the payload is.
    public var mimeType: MIMEType {
        get { header?.mimeType ?? payload.mimeType }
        set { change(mimeType: .some(newValue)) }
    }

    /// What else is known of it.
    public var metadata: Metadata {
        get { header?.metadata ?? Metadata() }
        set { change(metadata: newValue) }
    }

    /// Whether it is a model's reasoning rather than its answer.
    public var isThought: Bool {
        get { header?.isThought ?? false }
        set { change(isThought: newValue) }
    }
}

// MARK: - Looking at the payload

extension Payload {
    /// The MIME type of a part that does not give one.
    var mimeType: MIMEType {
        switch self {
        case .functionCall: .functionCall
        case .functionResponse: .functionResponse
        case .text, .bytes, .file, .executableCode, .codeResult: .plainText
        }
    }
}

extension Part {
    /// Whether its type is a text.
    public var isText: Bool {
        if let header, header.isOtherThanText { return false }
        if case .text = payload { return true }
        return mimeType.isText
    }

    /// The text; empty where a part of a text type carries none. A part of another type has no text, though it may have
    /// `bytes`.
    public var text: String {
        get throws(PartError) {
            guard isText else { throw .notText(mimeType) }
            return plainText
        }
    }

    /// The text of a part that is known to be of a text type.
    var plainText: String {
        switch payload {
        case .text(let text): text
        case .bytes(let bytes): String(decoding: bytes.blob.bytes, as: UTF8.self)
        case .file, .functionCall, .functionResponse, .executableCode, .codeResult: ""
        }
    }

    /// The payload's bytes, those of a text as UTF-8; nil for a reference, a call or code. Text is copied.
    public var bytes: Blob? {
        switch payload {
        case .text(let text): Blob(text)
        case .bytes(let bytes): bytes.blob
        case .file, .functionCall, .functionResponse, .executableCode, .codeResult: nil
        }
    }

    /// About how many bytes it holds in memory, for budgets.
    public var footprint: Int {
        switch payload {
        case .text(let text): 64 + text.utf8.count
        case .bytes(let bytes): 128 + bytes.blob.count
        case .file, .functionCall, .functionResponse, .executableCode, .codeResult: 512
        }
    }

    /// Whether it ends a turn of a conversation.
    public var isEndOfTurn: Bool { header.map { $0.metadata[Part.turnComplete] == .bool(true) } ?? false }

    /// The function call it carries, if it is one.
    public var functionCall: FunctionCall? {
        if case .functionCall(let call) = payload { call } else { nil }
    }

    /// The answer to a function call it carries, if it is one.
    public var functionResponse: FunctionResponse? {
        if case .functionResponse(let response) = payload { response } else { nil }
    }

    /// The call that it takes back, if it does.
    public var cancelledCallID: String? {
        guard let response = functionResponse, response.name == FunctionResponse.cancellation,
            case .object(let members)? = response.response,
            case .string(let id)? = members.first(where: { $0.name == "function_call_id" })?.value
        else { return nil }
        return id
    }

    static let turnComplete = "turn_complete"
}

extension Part: Equatable {
    /// Whether both say the same. The case of role and substream and the entry `capture_time` do not count; the type
    /// counts for bytes only, as text is the same under any name.
    public static func == (a: Part, b: Part) -> Bool {
        guard a.payload == b.payload else { return false }
        if a.header === b.header { return true }
        if case .bytes = a.payload, a.mimeType != b.mimeType { return false }
        return a.isThought == b.isThought && equalIgnoringCase(a.role, b.role) && equalIgnoringCase(a.substream, b.substream)
            && a.metadata.isEqualButForCaptureTime(b.metadata)
    }
}

extension Part: ExpressibleByStringLiteral {
    /// A part of text.
    public init(stringLiteral text: String) { self.init(text) }
}

/// Why a part cannot be made or read.
public enum PartError: Error, Hashable, CustomStringConvertible {
    /// Text was asked of a part of another type.
    case notText(MIMEType)
    /// The bytes of a text type are not UTF-8.
    case notUTF8(MIMEType)
    /// A record was asked of a part that holds none of this name.
    case notRecord(MIMEType, wanted: String)
    /// A JSON text is not a part; what is wrong with it.
    case malformed(String)

    /// One sentence.
    public var description: String {
        switch self {
        case .notText(let type): "a part of type \(type) is not text; its bytes can be read"
        case .notUTF8(let type): "the bytes of a part of type \(type) are not UTF-8"
        case .notRecord(let type, let wanted): "a part of type \(type) is not a record of type \(wanted)"
        case .malformed(let reason): "not a part: \(reason)"
        }
    }
}
