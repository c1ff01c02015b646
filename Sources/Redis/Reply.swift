import AtelierMemo

/// What a server answers to one command (RESP2, redis.io/docs/reference/protocol-spec). What RESP3 adds is only sent to
/// clients that ask for it.
enum Reply: Sendable, Equatable {
    case status(String)
    case integer(Int64)
    case bulk(Blob)
    case null
    case array([Reply])
    case failure(ServerError)

    /// A bulk as UTF-8; nil for anything else.
    var text: String? {
        guard case .bulk(let bytes) = self else { return nil }
        return bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }
}

/// An error the server sent in place of a result.
struct ServerError: Error, Sendable, Equatable {
    /// Its first word, as far as it means something to us.
    enum Kind: String, Sendable, CaseIterable {
        case wrongType = "WRONGTYPE"
        case loading = "LOADING"
        case readOnly = "READONLY"
        case outOfMemory = "OOM"
        case cannotPersist = "MISCONF"
        case tooFewReplicas = "NOREPLICAS"
        case moved = "MOVED"
        case ask = "ASK"
        case notAuthenticated = "NOAUTH"
        case wrongPassword = "WRONGPASS"
        case notPermitted = "NOPERM"
        case busy = "BUSY"
        case masterDown = "MASTERDOWN"
        case clusterDown = "CLUSTERDOWN"
        case other = "ERR"
    }

    let kind: Kind
    /// Printable ASCII, at most 200 characters: servers may send anything.
    let text: String

    init(_ line: some Collection<UInt8>) {
        text = String(decoding: line.prefix(200).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        kind = Kind(rawValue: String(text.prefix { $0 != " " })) ?? .other
    }
}

/// Why a command has no result.
enum RedisError: Error, Sendable, Equatable {
    case server(ServerError)
    /// Nothing listens there, or nobody could be found.
    case unreachable(String)
    /// The limit for connecting or for a call has passed.
    case timedOut
    /// The server closed the connection in the middle.
    case closed
    /// The bytes are no RESP, or announce more than they may.
    case malformed(String)
    /// A bulk of a size that Redis may well keep, but larger than asked for.
    case tooLarge(Int)
    /// Not asked: the circuit breaker is open.
    case resting

    /// What is said to the owner; never holds more of foreign text than `ServerError.text`.
    var sentence: String {
        switch self {
        case .server(let error): "answers \(error.text)"
        case .unreachable(let why): "cannot be reached (\(why))"
        case .timedOut: "does not answer in time"
        case .closed: "closed the connection in the middle of an answer"
        case .malformed(let what): "does not speak Redis' protocol (\(what))"
        case .tooLarge(let count): "announces \(count) bytes, more than asked for"
        case .resting: "rests after failures"
        }
    }
}
