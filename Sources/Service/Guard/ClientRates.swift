package import AtelierScheduling

/// How much clients may ask for, and the header fields that tell them.
///
/// What is spent is counted in requests: any request is one, and one that makes something is as many more as it is predicted to take tenths
/// of a second of a processor. So a client that drags a slider over a small logo and one that sends a large deck are held to the same work.
package final class ClientRates: Sendable {
    /// Who asks, for a rate.
    package struct Client: Hashable, Sendable {
        /// What it is told apart by: `key` or `address`.
        package var kind: Kind
        /// Name of the key, or the address.
        package var name: String
        /// How many times the rate of others it has.
        package var share = 1.0

        package enum Kind: String, Sendable { case key, address }

        package init(_ kind: Kind, _ name: String, share: Double = 1) { (self.kind, self.name, self.share) = (kind, name, share) }

        /// For tables that hold both kinds.
        package var id: String { "\(kind.rawValue):\(name)" }
    }

    /// What a client may do and has left.
    package struct Standing: Hashable, Sendable {
        /// The most at once, and after how many seconds as much is there again.
        package var quota: Int, window: Int
        /// What is left, and after how many seconds all is there again.
        package var rest: Int, reset: Int
        /// Seconds after which the request would be allowed; nil when it is.
        package var retryAfter: Int?
        package var kind: Client.Kind

        /// `RateLimit-Policy` and `RateLimit` in their structured form (draft-ietf-httpapi-ratelimit-headers, 2024 and later).
        package var fields: [(name: String, value: String)] {
            [
                ("RateLimit-Policy", "\"\(kind.rawValue)\";q=\(quota);w=\(window)"),
                ("RateLimit", "\"\(kind.rawValue)\";r=\(rest);t=\(reset)"),
            ]
        }
    }

    /// Nanoseconds of predicted work that count as one request.
    package static let nanosecondsOfRequest = 100_000_000.0

    private let limiter: Lock<RateLimiter>
    private let clock: @Sendable () -> UInt64

    /// - Parameter clock: Nanoseconds that never go back.
    package init(_ rate: RateLimiter.Rate, clock: @escaping @Sendable () -> UInt64) {
        limiter = Lock(RateLimiter(perClient: rate))
        self.clock = clock
    }

    /// Spends an amount of requests, where there is so much left.
    package func spend(_ amount: Double, by client: Client) -> Standing {
        let now = clock()
        return limiter.withLock { limiter in
            let wait = limiter.spend(amount / client.share, by: client.id, now: now)
            let room = limiter.room(of: client.id, now: now), rate = limiter.perClient
            return Standing(
                quota: Int(rate.burst * client.share), window: max(1, Int((rate.burst / rate.perSecond).rounded(.up))),
                rest: Int(room.amount * client.share), reset: seconds(room.full), retryAfter: wait.map { max(1, seconds($0)) },
                kind: client.kind)
        }
    }
}

/// Whole seconds, rounded up.
private func seconds(_ nanoseconds: UInt64) -> Int { Int((nanoseconds + 999_999_999) / 1_000_000_000) }

extension RateLimiter.Rate {
    /// `720/m`, `12/s` or `3600/h`, and how much at once; nil for anything else.
    package init?(written text: String, burst: Int?) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Double(parts[0]), count > 0, count <= 1e9,
            let seconds = ["s": 1.0, "m": 60.0, "h": 3600.0][String(parts[1])]
        else { return nil }
        let perSecond = count / seconds
        self.init(perSecond: perSecond, burst: max(1, burst.map(Double.init) ?? (perSecond * 10).rounded(.up)))
    }
}
