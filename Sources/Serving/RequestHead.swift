import CAtelierMicroHTTPD

/// What a request says before its body.
public struct RequestHead: Sendable {
    /// `GET`, `POST` …, as sent.
    public let method: String
    /// The path as sent, still percent-encoded, without the query.
    public let rawPath: String
    /// Parts of the path, decoded; nil when it is not UTF-8 or has a broken escape. `/` has none; `/a//b` has an empty one.
    public let path: [String]?
    /// Names and values of the query in their order, decoded.
    public let query: [(name: String, value: String)]
    /// Header fields in their order; names in lower case.
    public let fields: [(name: String, value: String)]
    /// The numeric address the request came from.
    public let client: String

    /// The value of a header field; the first when there are several. `name` is in lower case.
    public func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The first value of a name of the query.
    public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Bytes of the body, where the request declares them.
    public var declaredLength: Int? { field("content-length").flatMap { Int($0) } }

    /// Whether a body may follow.
    public var hasBody: Bool { declaredLength ?? 0 > 0 || field("transfer-encoding") != nil }

    /// A head from its parts; the path is as sent, without a query.
    public init(
        method: String, rawPath: String, query: [(name: String, value: String)] = [], fields: [(name: String, value: String)] = [],
        client: String = ""
    ) {
        self.method = method
        self.rawPath = rawPath
        self.query = query
        self.fields = fields
        self.client = client
        path = Self.parts(of: rawPath)
    }

    private static func parts(of path: String) -> [String]? {
        guard path != "/" else { return [] }
        let bytes = path.utf8.span
        var parts: [String] = [], begin = min(1, bytes.count)
        while true {
            var end = begin
            while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end += 1 }
            guard let part = String(percentDecoding: bytes.extracting(begin..<end)) else { return nil }
            parts.append(part)
            guard end < bytes.count else { return parts }
            begin = end + 1
        }
    }

    /// Reads the head of a request that is being handled.
    init(
        of connection: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>, client: String, library: Libmicrohttpd
    ) {
        final class Box { var fields: [(name: String, value: String)] = [], query: [(name: String, value: String)] = [] }
        let box = Box()
        _ = library.values(
            connection, Int32(AtelierMHDHeaderKind | AtelierMHDArgumentKind),
            { user, kind, name, value in
                let box = Unmanaged<Box>.fromOpaque(user!).takeUnretainedValue()
                let (name, value) = (name.map { String(cString: $0) } ?? "", value.map { String(cString: $0) } ?? "")
                if kind == Int32(AtelierMHDHeaderKind) {
                    box.fields.append((name.lowercased(), value))
                } else {
                    box.query.append((String(percentDecoding: name.utf8.span) ?? name, String(percentDecoding: value.utf8.span) ?? value))
                }
                return Int32(AtelierMHDYes)
            }, Unmanaged.passUnretained(box).toOpaque())
        self.init(
            method: String(cString: method), rawPath: String(cString: path), query: box.query, fields: box.fields, client: client)
    }
}

extension String {
    /// Text with `%XX` resolved (RFC 3986, section 2.1); nil for a broken escape, a zero byte or bytes that are not UTF-8.
    public init?(percentDecoding bytes: Span<UInt8>) {
        var isPlain = true
        for place in bytes.indices where bytes[place] == UInt8(ascii: "%") || bytes[place] == 0 { isPlain = false }
        if isPlain {
            do { self.init(copying: try UTF8Span(validating: bytes)) } catch { return nil }
            return
        }
        var decoded: [UInt8] = [], place = 0
        decoded.reserveCapacity(bytes.count)
        while place < bytes.count {
            var byte = bytes[place]
            if byte == UInt8(ascii: "%") {
                guard place + 2 < bytes.count, let high = hexadecimal(bytes[place + 1]), let low = hexadecimal(bytes[place + 2]) else {
                    return nil
                }
                byte = high << 4 | low
                place += 2
            }
            guard byte != 0 else { return nil }
            decoded.append(byte)
            place += 1
        }
        guard let text = String(validating: decoded, as: UTF8.self) else { return nil }
        self = text
    }
}

private func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
