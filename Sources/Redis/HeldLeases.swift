import AtelierMemo
import AtelierScheduling

/// The leases this process holds.
///
/// A lease is a key `atelier:lock:<digest>` with our token that goes by itself; it is renewed while it is held. With it
/// comes a fencing number, larger than all before it (Kleppmann, "How to do distributed locking", 2016): a put under a
/// lease is refused once one with a larger number was put, so that a holder that slept through its lease replaces
/// nothing.
final class HeldLeases: Sendable {
    /// What a holder has to show.
    struct Held: Sendable {
        var token: String
        /// Decimal digits.
        var fence: String
        /// By the client's clock; nil once somebody else may have the lease.
        var renewed: UInt64?
    }

    private let client: RedisClient
    private let prefix: String
    /// Nanoseconds a lease lasts without being renewed.
    private let time: UInt64
    private let held = Lock<[Digest: Held]>([:])

    /// A fencing number is at least the time in microseconds: larger than those before though the server lost the last.
    private static let takeScript = """
        if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
        local time = redis.call('TIME')
        local fence = math.max(time[1] * 1000000 + time[2], tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
        fence = string.format('%.0f', fence)
        redis.call('SET', KEYS[2], fence)
        return fence
        """
    private static let renewScript = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        """
    private static let releaseScript = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])
        """
    /// `SET` of an entry, unless one was put under a larger fencing number.
    static let putScript = """
        local last = redis.call('GET', KEYS[2])
        if last and (#last > #ARGV[2] or (#last == #ARGV[2] and last > ARGV[2])) then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
        redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
        return 1
        """

    init(_ client: RedisClient, prefix: String, time: UInt64) {
        self.client = client
        self.prefix = "\(prefix)atelier:"
        self.time = time
    }

    private func lock(_ digest: Digest) -> String { "\(prefix)lock:\(digest)" }

    /// Where the fencing number of the last put under a lease stands.
    func fenceKey(_ digest: Digest) -> String { "\(prefix)fence:\(digest)" }

    /// The number a put of an entry shows; nil when we do not make it under a lease.
    func fence(_ digest: Digest) -> String? { held.withLock { $0[digest]?.fence } }

    /// True when the lease is ours, false when it is somebody else's, nil when nobody could be asked.
    func take(_ digest: Digest) -> Bool? {
        let token = "\(String(UInt64.random(in: .min ... .max), radix: 16))\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let start = client.clock()
        let command = Command("EVAL", Self.takeScript, "2", lock(digest), "\(prefix)fence", token, "\(time / 1_000_000)")
        let answer = try? client.call(command)  // away: nil says it
        switch answer {
        case .integer(0): return false
        case .bulk:
            guard let fence = answer?.text else { return nil }
            held.withLock { $0[digest] = Held(token: token, fence: fence, renewed: start) }
            return true
        default: return nil
        }
    }

    /// Gives one back.
    func release(_ digest: Digest) {
        guard let lease = held.withLock({ $0.removeValue(forKey: digest) }), lease.renewed != nil else { return }
        // One that cannot be given back goes by itself.
        _ = try? client.call(Command("EVAL", Self.releaseScript, "1", lock(digest), lease.token))
    }

    /// Nanoseconds between two renewals of a lease.
    var pace: UInt64 { time / 3 }

    /// Whether there is anything to renew.
    var isEmpty: Bool { held.withLock { $0.isEmpty } }

    /// Renews those whose time is a third over.
    func renew() {
        let now = client.clock()
        let due = held.withLock { held in held.filter { $0.value.renewed.map { now &- $0 >= pace } ?? false } }
        for (digest, lease) in due {
            // Not asked is nil: there is time for another try.
            let answer = try? client.call(Command("EVAL", Self.renewScript, "1", lock(digest), lease.token, "\(time / 1_000_000)"))
            held.withLock { held in
                guard held[digest]?.token == lease.token else { return }
                switch answer {
                case .integer(1): held[digest]?.renewed = now
                case nil: break
                default: held[digest]?.renewed = nil
                }
            }
        }
    }
}
