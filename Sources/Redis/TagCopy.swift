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

    /// Reads what has changed: one round trip, a second one when the epoch is another.
    func refresh() -> Bool {
        guard isUsed.load(ordering: .relaxed) else { return true }
        // A tag may be raised while the answer is on its way. The epoch first: the tags are at least as new.
        let start = client.clock()
        var lost: [String: UInt64] = [:]
        do throws(RedisError) {
            let answer = try client.call(Command("GET", keys.epoch))
            // Not there: no tag was raised, or the server lost it.
            guard answer == .null || answer.text != nil else { return false }
            let epoch = answer.text ?? ""
            let isKnown = state.withLock { $0.epoch == epoch && !epoch.isEmpty }
            if !isKnown {
                guard case .array(let fields) = try client.call(Command("HGETALL", keys.tags)) else { return false }
                lost = merge(fields, epoch)
            }
        } catch {
            return false
        }
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
            guard let tag = fields[index].text, let generation = fields[index + 1].text.flatMap(UInt64.init) else { continue }
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
