import AtelierMemo
import AtelierScheduling
import Synchronization

/// What this process knows of the tags everybody invalidates: a copy of the hash on the server, never older than it was
/// last read, merged by taking the largest generation.
final class TagCopy: Sendable {
    /// Grows with every change of the copy.
    let epoch = Atomic<UInt64>(0)
    /// When the server was last known to say the same, by the client's clock; 0 for never.
    private let read = Atomic<UInt64>(0)
    private let isUsed = Atomic<Bool>(false)
    private let state = Lock(State())
    private let client: RedisClient
    private let keys: (tags: String, epoch: String, channel: String)

    private struct State: Sendable {
        var generations: [String: UInt64] = [:]
        /// The server's epoch when the copy was last read in full.
        var epoch = ""
    }

    /// Oldest a copy may be that decides what is an answer, in nanoseconds.
    static let oldest: UInt64 = 1_000_000_000

    /// Raises one tag, counts the epoch up, tells who listens. Numbers are compared as text: Lua's lose digits above 2⁵³. An
    /// epoch is at least the time in microseconds, so that none comes twice though the server lost the last one.
    private static let raiseScript = """
        local old = redis.call('HGET', KEYS[1], ARGV[1])
        if old and (#old > #ARGV[2] or (#old == #ARGV[2] and old >= ARGV[2])) then return 0 end
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
        local time = redis.call('TIME')
        local epoch = math.max(time[1] * 1000000 + time[2], tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
        epoch = string.format('%.0f', epoch)
        redis.call('SET', KEYS[2], epoch)
        redis.call('PUBLISH', ARGV[3], epoch)
        return 1
        """

    /// The epoch, and all tags unless it is the one we know.
    private static let readScript = """
        local epoch = redis.call('GET', KEYS[2]) or '0'
        if epoch == ARGV[1] then return {epoch} end
        return {epoch, redis.call('HGETALL', KEYS[1])}
        """

    init(_ client: RedisClient, prefix: String) {
        self.client = client
        keys = ("\(prefix)atelier:tags", "\(prefix)atelier:tags:epoch", "\(prefix)atelier:tags")
    }

    /// What a listener subscribes to.
    var channel: String { keys.channel }

    /// Whether anybody asked for tags; from then on the copy is kept young. True the first time.
    func use() -> Bool { !isUsed.load(ordering: .relaxed) && !isUsed.exchange(true, ordering: .relaxed) }

    /// Everything known, read anew when it is too old; nil when that cannot be done.
    func generations() -> [String: UInt64]? { isYoung() ? state.withLock { $0.generations } : nil }

    /// Makes sure that a copy in use is not too old; false when that cannot be done.
    func isYoung() -> Bool {
        guard isUsed.load(ordering: .relaxed) else { return true }
        let last = read.load(ordering: .acquiring)
        if last != 0, client.clock() &- last <= Self.oldest { return true }
        return refresh()
    }

    /// Reads what has changed. One round trip.
    func refresh() -> Bool {
        guard isUsed.load(ordering: .relaxed) else { return true }
        let start = client.clock()
        let known = state.withLock { $0.epoch }
        // Away, or no Redis: the copy stays as old as it is.
        guard case .array(let parts)? = try? client.call(Command("EVAL", Self.readScript, "2", keys.tags, keys.epoch, known)),
            case .bulk(let epoch)? = parts.first, let epoch = epoch.text
        else { return false }
        var lost: [String: UInt64] = [:]
        if parts.count == 2, case .array(let fields) = parts[1] {
            lost = merge(fields, epoch)
        }
        // From when it was asked: a tag may have been raised while the answer was on its way.
        read.store(max(start, 1), ordering: .releasing)
        // The server has forgotten what we know: an operator emptied it, or it was restarted.
        for (tag, generation) in lost { _ = send(tag, generation) }
        return true
    }

    /// Raises a tag here and for everybody.
    func raise(_ tag: String, _ generation: UInt64) -> Bool {
        add([tag: generation])
        return send(tag, generation)
    }

    private func send(_ tag: String, _ generation: UInt64) -> Bool {
        let command = Command("EVAL", Self.raiseScript, "2", keys.tags, keys.epoch, tag, "\(generation)", keys.channel)
        guard case .integer? = try? client.call(command) else { return false }  // false says it
        return true
    }

    /// Takes over what the server says; gives back what it should say and does not.
    private func merge(_ fields: [Reply], _ epoch: String) -> [String: UInt64] {
        var theirs: [String: UInt64] = [:]
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            // A field of somebody else's making is none of ours.
            guard case .bulk(let tag) = fields[index], case .bulk(let number) = fields[index + 1], let tag = tag.text,
                let generation = number.text.flatMap(UInt64.init)
            else { continue }
            theirs[tag] = generation
        }
        add(theirs)
        return state.withLock { state in
            state.epoch = epoch
            return state.generations.filter { $0.value > theirs[$0.key] ?? 0 }
        }
    }

    private func add(_ generations: [String: UInt64]) {
        let hasChanged = state.withLock { state in
            var hasChanged = false
            for (tag, generation) in generations where generation > state.generations[tag] ?? 0 {
                state.generations[tag] = generation
                hasChanged = true
            }
            return hasChanged
        }
        if hasChanged { epoch.wrappingAdd(1, ordering: .releasing) }
    }
}

extension Blob {
    /// The bytes as UTF-8; nil when they are not.
    var text: String? { withUnsafeBytes { String(validating: $0, as: UTF8.self) } }
}
