// Redis: the level that machines share, and the only room that knows Redis. A client over blocking sockets that speaks
// RESP2, a circuit breaker, and a `Store` on top that also keeps tags and leases for everybody. A Redis is never
// trusted: what it says is bounded before memory is taken and checked before it is used. Start with `RedisStore`, then
// `RedisClient`, then `Connection`; docs/formats/redis.md says what is kept under which key.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a Redis is, and as whom to speak to it.
///
///     let address = try RedisAddress("redis://cache.example:6379/1")
///     let local = try RedisAddress("unix:/run/redis/redis.sock?db=1")
///
/// A password comes from the address or from the environment and is never printed.
public struct RedisAddress: Sendable, Equatable {
    enum Place: Sendable, Equatable {
        case unix(path: String)
        case tcp(host: String, port: UInt16)
    }

    let place: Place
    let database: Int
    let user: String?
    let password: Secret?

    /// Reads `redis://[[user]:password@]host[:port][/database]` or `unix:PATH[?db=database]`. A part of the credentials
    /// that the text leaves out is taken from `ATELIER_REDIS_USER` and `ATELIER_REDIS_PASSWORD`.
    ///
    /// - Parameter environment: The process's unless given.
    public init(_ text: String, environment: ((String) -> String?)? = nil) throws(RedisAddressError) {
        let environment = environment ?? { name in getenv(name).map { String(cString: $0) } }
        func variable(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        var user: Substring?, password: Substring?
        if text.hasPrefix("unix:") {
            var path = text.dropFirst(5), database: Substring = "0"
            if let mark = path.firstIndex(of: "?") {
                let query = path[path.index(after: mark)...]
                guard query.hasPrefix("db=") else { throw .malformed("after the path only ?db=NUMBER may follow") }
                (path, database) = (path[..<mark], query.dropFirst(3))
            }
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            // 108 bytes hold the path of a socket and its zero byte (unix(7)).
            guard path.hasPrefix("/"), path.utf8.count < 108 else {
                throw .malformed("the path of the socket begins with / and has at most 107 bytes")
            }
            place = .unix(path: String(path))
            self.database = try Self.database(database)
        } else if text.hasPrefix("redis://") {
            var rest = text.dropFirst(8), database: Substring = "0"
            if let at = rest.lastIndex(of: "@") {
                let credentials = rest[..<at]
                rest = rest[rest.index(after: at)...]
                let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
                user = credentials[..<colon]
                password = credentials[colon...].dropFirst()
            }
            if let slash = rest.firstIndex(of: "/") {
                database = rest[rest.index(after: slash)...]
                rest = rest[..<slash]
            }
            var host = rest, port: Substring = "6379"
            if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
                host = rest[..<end].dropFirst()
                let tail = rest[end...].dropFirst()
                guard tail.isEmpty || tail.hasPrefix(":") else { throw .malformed("after [host] only :PORT may follow") }
                if !tail.isEmpty { port = tail.dropFirst() }
            } else if let colon = rest.lastIndex(of: ":") {
                (host, port) = (rest[..<colon], rest[colon...].dropFirst())
            }
            guard !host.isEmpty, !host.utf8.contains(0) else { throw .malformed("the host is missing") }
            guard let number = UInt16(port), number > 0 else { throw .malformed("the port is a number from 1 to 65535") }
            place = .tcp(host: String(host), port: number)
            self.database = try Self.database(database.isEmpty ? "0" : database)
        } else if text.hasPrefix("rediss:") {
            throw .encrypted
        } else {
            throw .malformed("it begins with redis:// or unix:")
        }
        self.user = try Self.decoded(user) ?? variable("ATELIER_REDIS_USER")
        self.password = (try Self.decoded(password) ?? variable("ATELIER_REDIS_PASSWORD")).map(Secret.init)
    }

    /// Whether the server, or the tunnel to it, is on this machine.
    var isLocal: Bool {
        switch place {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }

    private static func database(_ text: Substring) throws(RedisAddressError) -> Int {
        guard let number = UInt16(text) else { throw .malformed("the database is a number") }
        return Int(number)
    }

    /// Percent-decoded; nil for nothing.
    private static func decoded(_ text: Substring?) throws(RedisAddressError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) else {
                throw .malformed("a % in user or password stands before two hexadecimal digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension RedisAddress: CustomStringConvertible {
    /// The address without user and password.
    public var description: String {
        switch place {
        case .unix(let path): "unix:\(path)" + (database == 0 ? "" : "?db=\(database)")
        case .tcp(let host, let port): "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)" + (database == 0 ? "" : "/\(database)")
        }
    }
}

/// Why a text is no address. The text itself is not repeated: it may hold a password.
public enum RedisAddressError: Error, Equatable, CustomStringConvertible {
    /// It has not the form; the text says what is expected.
    case malformed(String)
    /// It asks for TLS.
    case encrypted

    /// One sentence: what, and what helps.
    public var description: String {
        switch self {
        case .malformed(let what): "the address of the Redis cannot be read: \(what)"
        case .encrypted:
            "rediss:// is not spoken: let a TLS front (stunnel, an Envoy sidecar, ssh -L) take the encrypted connection and name its local "
                + "end as redis:// or unix:"
        }
    }
}

/// A text that no description shows.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    var description: String { "(secret)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
