package import AtelierScheduling
import AtelierServing

/// What is asked of callers before they are heard.
package struct AccessRules: Sendable {
    /// What callers without a key may do; nil for what suits the address: everything on this machine as long as there are no keys, reading
    /// and converting for others, and nothing once there are keys.
    package var anonymous: Set<Scope>?
    /// Names by which the service is called, beside addresses and `localhost`.
    package var hosts: [String] = []
    /// Addresses of servers in front of this one, whose word about the client's address is taken.
    package var proxies: Set<String> = []
    /// How much a client may ask for; nil for no limit.
    package var rate: RateLimiter.Rate?

    package init() {}
}

/// Who is let in: as whom, for what, and how often.
struct Access: Sendable {
    private let rules: AccessRules, keys: KeyRing, rates: ClientRates?
    /// Whether it listens for this machine only.
    private let isLocal: Bool

    /// - Parameter host: Where the service listens.
    init(_ rules: AccessRules, keys: KeyRing, host: String, clock: @escaping @Sendable () -> UInt64) {
        (self.rules, self.keys) = (rules, keys)
        rates = rules.rate.map { ClientRates($0, clock: clock) }
        isLocal = isLoopback(host)
    }

    /// Finds out who asks and whether that is allowed; what is there to be seen by all costs nothing.
    func letIn(_ caller: inout Caller, asking head: RequestHead, for scope: Scope) throws(Problem) {
        caller.client = ClientRates.Client(.address, address(of: head))
        guard scope != .open else { return }
        var key: APIKey?
        if let field = head.field("authorization") {
            key = bearer(field).flatMap(keys.find)
            // Who guesses keys has a rate as well.
            guard let key else {
                try count(&caller)
                throw Problem(401, "unknown-key", "there is no such key", hint: Self.hint)
            }
            caller.client = ClientRates.Client(.key, key.name, share: key.share)
            caller.scopes = key.scopes
        } else {
            caller.scopes = anonymous
            try checkHost(head)
        }
        try checkOrigin(head)
        try count(&caller)
        if caller.scopes.contains(scope) { return }
        if key == nil { throw Problem(401, "key-wanted", "a key is wanted here", hint: Self.hint) }
        throw Problem(403, "scope-wanted", "this key does not allow to \(scope.verb)", hint: "use a key with the scope \(scope.rawValue)")
    }

    /// What a caller has to bring.
    enum Proof {
        /// There are no keys, or none is asked for.
        case nothing
        /// A key gives a name and a rate of its own; there is no need for one.
        case keyOrNothing
        case key
    }

    /// What callers have to bring now for what a scope allows.
    func proof(for scope: Scope) -> Proof {
        if scope == .open { return .nothing }
        return anonymous.contains(scope) ? keys.isEmpty ? .nothing : .keyOrNothing : .key
    }

    private static let hint = "send one as 'Authorization: Bearer KEY'; 'atelier keys add' makes one"

    /// Spends what a conversion is predicted to take beyond what any request does.
    func spend(_ nanoseconds: UInt64, by caller: Caller) throws(Problem) {
        guard let rates else { return }
        let standing = rates.spend(Double(nanoseconds) / ClientRates.nanosecondsOfRequest, by: caller.client)
        if let problem = Problem(standing) { throw problem }
    }

    private static let everything = Set(Scope.grantable), usual: Set<Scope> = [.read, .convert]

    private var anonymous: Set<Scope> {
        if let said = rules.anonymous { return said }
        if !keys.isEmpty { return [] }
        return isLocal ? Self.everything : Self.usual
    }

    /// Counts a request.
    private func count(_ caller: inout Caller) throws(Problem) {
        guard let standing = rates?.spend(1, by: caller.client) else { return }
        caller.standing = standing
        if let problem = Problem(standing) { throw problem }
    }

    /// Of the client, where a server in front of this one tells it: the last address that is not such a server's own.
    private func address(of head: RequestHead) -> String {
        guard rules.proxies.contains(head.client), let field = head.field("x-forwarded-for") else { return head.client }
        let addresses = field.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        let last = addresses.last { !rules.proxies.contains($0) } ?? addresses.first
        // What is no address would be a client of its own for every word.
        guard let last, 2...45 ~= last.utf8.count, last.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" }) else { return head.client }
        return last
    }

    /// A page of another site whose name was made to mean this machine must not ask as if somebody here did (DNS rebinding).
    private func checkHost(_ head: RequestHead) throws(Problem) {
        guard isLocal || !rules.hosts.isEmpty else { return }
        guard let field = head.field("host") else { return }
        let name = hostName(field)
        guard !isAddress(name), name != "localhost", !name.hasSuffix(".localhost"), !rules.hosts.contains(name) else { return }
        throw Problem(
            421, "unknown-host", "this service does not answer for \(name.prefix(80))", hint: "name it with --hosts, or send a key")
    }

    /// Pages of other sites may show what is here, and change nothing: there is no CORS.
    private func checkOrigin(_ head: RequestHead) throws(Problem) {
        guard head.method != "GET", head.method != "HEAD", let origin = head.field("origin") else { return }
        let own = head.field("host").map { $0.lowercased() } ?? ""
        guard origin.lowercased() != "http://\(own)", origin.lowercased() != "https://\(own)" else { return }
        throw Problem(
            403, "other-origin", "pages of other sites are not let in", hint: "ask from a program, or through a server of your own")
    }
}

extension Scope {
    fileprivate var verb: String {
        switch self {
        case .open, .read: "read"
        case .convert: "convert"
        case .admin: "administer"
        }
    }
}

extension Problem {
    /// Too many requests; nil where there were not.
    fileprivate init?(_ standing: ClientRates.Standing) {
        guard let seconds = standing.retryAfter else { return nil }
        self.init(
            429, "rate-limited", "more was asked for than this client may", hint: "ask again after \(seconds) s",
            limit: standing.quota, retryAfter: seconds)
        self.fields = standing.fields
    }
}

/// Whether only this machine reaches an address.
package func isLoopback(_ host: String) -> Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

/// The name in a `Host` field, in lower case and without the port.
private func hostName(_ field: String) -> String {
    if field.hasPrefix("["), let end = field.firstIndex(of: "]") { return String(field[field.index(after: field.startIndex)..<end]) }
    return Substring(field.utf8.prefix { $0 != UInt8(ascii: ":") }).lowercased()
}

private func isAddress(_ name: String) -> Bool {
    func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: ".") }
    func isInVersion6(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20 || byte == UInt8(ascii: ":")
    }
    return name.utf8.allSatisfy(isDigit) || name.utf8.contains(UInt8(ascii: ":")) && name.utf8.allSatisfy(isInVersion6)
}

/// The token of `Bearer TOKEN` (RFC 6750, section 2.1).
private func bearer(_ field: String) -> String? {
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1].filter { $0 != " " })
}
