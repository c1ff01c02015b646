/// What the bytes of a part are: a type and subtype, with parameters if any (RFC 2045, section 5).
///
///     MIMEType("image/png").isImage  // true
///
/// Letter case is kept as given and does not count when types are told apart.
public struct MIMEType: Sendable, ExpressibleByStringLiteral {
    /// As it was given.
    public let text: String
    let kinds: Kinds

    struct Kinds: OptionSet, Sendable {
        let rawValue: UInt8
        static let text = Kinds(rawValue: 1), json = Kinds(rawValue: 2), image = Kinds(rawValue: 4), audio = Kinds(rawValue: 8)
        static let video = Kinds(rawValue: 16), exception = Kinds(rawValue: 32), streamingAudio = Kinds(rawValue: 64)
    }

    /// A type from its text.
    public init(_ text: String) {
        self.text = text
        kinds = MIMEType.kinds(of: text)
    }

    /// A type from its text.
    public init(stringLiteral text: String) { self.init(text) }

    private init(known text: String, _ kinds: Kinds) {
        self.text = text
        self.kinds = kinds
    }

    /// Text a reader can take as it is: `text/…` and JSON.
    public var isText: Bool { kinds.contains(.text) }
    /// JSON, with or without parameters.
    public var isJSON: Bool { kinds.contains(.json) }
    /// A picture.
    public var isImage: Bool { kinds.contains(.image) }
    /// Sound.
    public var isAudio: Bool { kinds.contains(.audio) }
    /// Sound as raw samples (`audio/l16`), which can be cut anywhere between two of them.
    public var isStreamingAudio: Bool { kinds.contains(.streamingAudio) }
    /// Moving pictures.
    public var isVideo: Bool { kinds.contains(.video) }
    /// An error that travels as a part.
    public var isException: Bool { kinds.contains(.exception) }

    /// Whether the type, in lower case, begins with `prefix`, which must be in lower case.
    public func begins(with prefix: String) -> Bool { MIMEType.begins(text, with: prefix) }

    /// Plain text, the type of every part that says nothing else.
    public static let plainText = MIMEType(known: "text/plain", .text)
    /// JSON.
    public static let json = MIMEType(known: "application/json", [.text, .json])
    /// An error as text.
    public static let exception = MIMEType(known: "text/x-exception", [.text, .exception])
    /// A call of a function by a model. The name is that of the peer's wire format.
    public static let functionCall = MIMEType(
        known: "application/x-protobuf; type=google.ai.generativelanguage.v1main.FunctionCall", [])
    /// The answer to such a call.
    public static let functionResponse = MIMEType(
        known: "application/x-protobuf; type=google.ai.generativelanguage.v1main.FunctionResponse", [])

    private static func kinds(of text: String) -> Kinds {
        if begins(text, with: "text/") { return equals(text, "text/x-exception") ? [.text, .exception] : .text }
        if begins(text, with: "application/json") { return [.text, .json] }
        if begins(text, with: "image/") { return .image }
        if begins(text, with: "audio/") { return begins(text, with: "audio/l16") ? [.audio, .streamingAudio] : .audio }
        return begins(text, with: "video/") ? .video : []
    }

    private static func begins(_ text: String, with prefix: String) -> Bool {
        var rest = text.utf8.makeIterator()
        for byte in prefix.utf8 {
            guard let other = rest.next(), lowercase(other) == byte else { return false }
        }
        return true
    }

    private static func equals(_ text: String, _ other: String) -> Bool { text.utf8.count == other.utf8.count && begins(text, with: other) }
}

extension MIMEType: Hashable {
    /// Whether both name the same type; letter case does not count.
    public static func == (a: MIMEType, b: MIMEType) -> Bool { a.text == b.text || equalIgnoringCase(a.text, b.text) }

    /// Agrees with `==`.
    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(lowercase(byte)) }
    }
}

extension MIMEType: CustomStringConvertible {
    /// As it was given.
    public var description: String { text }
}

/// An ASCII letter in lower case; any other byte as it is.
func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

/// Whether two texts are the same but for the case of ASCII letters.
func equalIgnoringCase(_ a: String, _ b: String) -> Bool {
    a == b || a.utf8.count == b.utf8.count && a.utf8.elementsEqual(b.utf8) { lowercase($0) == lowercase($1) }
}
