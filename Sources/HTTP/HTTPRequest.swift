// HTTP: requests out, streamed answers in, by libcurl. Nothing is linked; the library is opened when the first request is sent. Every
// wait has a limit, every buffer a bound, and leaving an answer ends its transfer. Server-sent events are read here too. It knows
// nothing of what the bytes mean. Start with `HTTPClient`.

/// What is sent, and the limits under which the answer may come.
public struct HTTPRequest: Sendable {
    /// `GET`, `POST` or another method.
    public var method: String
    /// An absolute `http` or `https` URL, percent-encoded.
    public var url: String
    /// Further header fields.
    public var headers: [HTTPHeader]
    /// What is sent after the header; nil for nothing.
    public var body: [UInt8]?
    /// How long, how much.
    public var limits: HTTPLimits
    /// How many redirections are followed. Header fields go along, `Authorization` only to the same host.
    public var redirects: Int
    /// Whether only addresses that anybody can reach are connected to, whatever a name leads to. No proxy is used then. Connections that
    /// are open already are used again, so a client for such requests sends no others.
    public var isPublicOnly = false

    /// A request from its parts; `GET` without a body.
    public init(
        _ url: String, method: String = "GET", headers: [HTTPHeader] = [], body: [UInt8]? = nil, limits: HTTPLimits = .init(),
        redirects: Int = 0
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
        self.redirects = redirects
    }

    /// The URL without user, password, query and fragment, for messages: all four may hold secrets.
    package var shownURL: String {
        let plain = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = plain.firstRange(of: "://") else { return String(plain) }
        let host = plain[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return String(plain) }
        return String(plain[..<scheme.upperBound] + plain[plain.index(after: at)...])
    }

    /// What cannot be sent, in words; nil when all of it can.
    var problem: String? {
        let scheme = url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme == "https://" else { return "a URL begins with http:// or https://" }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return "the URL has spaces or control characters" }
        let isWord = { (text: String) in !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") } }
        guard isWord(method) else { return "the method is no word" }
        for header in headers {
            guard isWord(header.name) else { return "a header field has no proper name" }
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                return "the header field \(header.name) has control characters"
            }
        }
        return nil
    }
}

/// A header field. Names are compared without regard to case.
public struct HTTPHeader: Hashable, Sendable {
    /// Such as `Content-Type`.
    public var name: String
    /// Without white space around it.
    public var value: String

    /// A field from its parts.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// How long a request may take, and how much may come.
public struct HTTPLimits: Hashable, Sendable {
    /// Until the connection stands, name look-up and TLS included.
    public var connect: Duration
    /// Without a byte in either direction. Time in which the reader of the answer is behind does not count.
    public var idle: Duration
    /// For everything; nil for no limit.
    public var total: Duration?
    /// Most bytes of the body.
    public var byteCount: Int

    /// Ten seconds to connect, a minute idle, no limit for all of it, 64 MiB.
    public init(
        connect: Duration = .seconds(10), idle: Duration = .seconds(60), total: Duration? = nil, byteCount: Int = 64 << 20
    ) {
        self.connect = connect
        self.idle = idle
        self.total = total
        self.byteCount = byteCount
    }
}

/// The head of an answer, and its body as it comes.
public struct HTTPResponse: Sendable {
    /// Such as 200.
    public var status: Int
    /// In their order.
    public var headers: [HTTPHeader]
    /// Read once. What nobody reads any more is not received either.
    public var body: HTTPBody

    /// The first field of this name.
    public subscript(name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}

/// Why a request has no answer, or only part of one.
public enum HTTPError: Error, Hashable, CustomStringConvertible {
    /// libcurl is not on this machine, or too old.
    case noLibrary
    /// The request cannot be sent.
    case invalid(url: String, String)
    /// No connection; in the library's words.
    case unreachable(url: String, String)
    /// A limit of time; what was waited for.
    case timedOut(url: String, Wait)
    /// The connection ended before the answer did, after so many bytes of the body.
    case cut(url: String, received: Int)
    /// The body is longer than allowed.
    case tooLarge(url: String, limit: Int)
    /// Anything else; in the library's words.
    case failed(url: String, String)

    /// What takes too long.
    public enum Wait: Hashable, Sendable {
        /// The connection.
        case connecting(Duration)
        /// The next byte.
        case idle(Duration)
        /// The whole answer.
        case total(Duration)
    }

    /// One sentence: where, what, and what helps.
    public var description: String {
        switch self {
        case .noLibrary: "libcurl 7.68 or newer is not installed (Debian package libcurl4)"
        case .invalid(let url, let why): "\(url): \(why)"
        case .unreachable(let url, let why): "\(url): no connection: \(why)"
        case .timedOut(let url, .connecting(let limit)): "\(url): no connection within \(limit)"
        case .timedOut(let url, .idle(let limit)): "\(url): not a byte came for \(limit)"
        case .timedOut(let url, .total(let limit)): "\(url): the answer was not complete after \(limit)"
        case .cut(let url, let received): "\(url): the connection was cut after \(received) bytes of the answer"
        case .tooLarge(let url, let limit): "\(url): the answer has more bytes than the limit of \(limit)"
        case .failed(let url, let why): "\(url): \(why)"
        }
    }
}
